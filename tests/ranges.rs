//! The value at an index depends on the index alone: any part of a tensor equals that part of the whole.

use weight_init::{Distribution, Init, InitError, Shape, Stream};

use crate::cases::{SAMPLERS, bits, for_each_tensor, schemes, shapes};

const STREAM: Stream = Stream::new(7);

fn part(sampler: Distribution, start: u64, len: usize) -> Vec<f32> {
    let mut out = vec![f32::NAN; len];
    sampler.fill(STREAM, start, &mut out).unwrap();
    out
}

#[track_caller]
fn assert_bits(given: &[f32], expected: &[f32]) {
    assert_eq!(given.len(), expected.len());
    for (i, (a, b)) in given.iter().zip(expected).enumerate() {
        assert_eq!(a.to_bits(), b.to_bits(), "value {i}: {a} and not {b}");
    }
}

/// Takes starts 0 to 64 and lengths that end on every residue, at the edges of blocks near index 0, near
/// 2³² and near the end of the stream.
#[test]
fn every_range_is_that_part_of_the_whole() {
    const WHOLE: usize = 3 * 4096 + 17;
    for sampler in SAMPLERS {
        for base in [0, (1 << 32) - 4096, (1 << 40) + 5, u64::MAX - WHOLE as u64] {
            let whole = part(sampler, base, WHOLE);
            for start in (0..=64).chain(4096 - 20..4096 + 20).chain([8191, 8192, WHOLE]) {
                for len in (0..=33).chain([64, 4095, 4096, 4097, 8200]) {
                    let len = len.min(WHOLE - start);
                    let given = part(sampler, base + start as u64, len);
                    assert_bits(&given, &whole[start..start + len]);
                }
            }
        }
    }
}

#[test]
fn a_prefix_is_a_prefix() {
    for sampler in SAMPLERS {
        let whole = part(sampler, 0, 2 * 4096 + 100);
        for len in (0..100).chain(4000..4200).chain(8190..8292) {
            assert_bits(&part(sampler, 0, len), &whole[..len]);
        }
    }
}

/// Fills every tensor in pages of several sizes. An orthogonal matrix can't be filled in parts.
#[test]
fn the_pages_of_a_tensor_make_the_tensor() {
    let mut in_pages = 0;
    for_each_tensor(&schemes(), STREAM, |init, shape, whole| {
        for size in [1, 7, 64, 100, 5000] {
            let mut pages = vec![f32::NAN; shape.len()];
            for (number, page) in pages.chunks_mut(size).enumerate() {
                match init.fill_range(STREAM, shape, (number * size) as u64, page) {
                    Ok(()) => in_pages += 1,
                    Err(error) => {
                        assert_eq!(error, InitError::WholeTensorOnly, "{init}, {shape:?}");
                        assert!(init.to_string().contains("orthogonal"), "{init}");
                        return;
                    }
                }
            }
            assert_eq!(bits(&pages), bits(whole), "{init}, {shape:?}, pages of {size}");
        }
    });
    assert!(in_pages > 100_000, "{in_pages} pages only");
}

/// A tensor of several blocks, because the tensors of the list are smaller than one.
#[test]
fn the_pages_of_a_large_tensor_make_the_tensor() {
    let shape = Shape::conv2d(16, 32, [5, 7]);
    for init in schemes() {
        let mut whole = vec![f32::NAN; shape.len()];
        let mut part = vec![f32::NAN; 5000];
        if init.fill(STREAM, &shape, &mut whole).is_err()
            || init.fill_range(STREAM, &shape, 4000, &mut part).is_err()
        {
            continue;
        }
        assert_eq!(bits(&part), bits(&whole[4000..9000]), "{init}");
    }
}

/// A scheme that can't fill a tensor can't fill a part of it either, and says so by the same error.
#[test]
fn a_part_is_refused_as_the_whole_is() {
    let mut refused = 0;
    for init in schemes() {
        for shape in shapes() {
            let mut whole = vec![-7.0; shape.len()];
            let Err(error) = init.fill(STREAM, &shape, &mut whole) else { continue };
            let mut part = [-7.0; 5];
            let given = init.fill_range(STREAM, &shape, 1, &mut part);
            assert_eq!(given, Err(error), "{init}, {shape:?}");
            assert!(whole.iter().chain(&part).all(|&v| v == -7.0), "{init}, {shape:?}");
            refused += 1;
        }
    }
    assert!(refused > 100, "{refused} refused only");
}

/// A tensor of more than 2³² values can't be held here, but its parts can.
#[cfg(target_pointer_width = "64")]
#[test]
fn parts_of_a_tensor_larger_than_any_memory() {
    let shape = Shape::dense(1 << 31, 1 << 20);
    let normal = Init::he_normal().distribution(shape.fan().unwrap()).unwrap();
    for start in [(1 << 32) + 3, (1 << 51) - 100] {
        let mut given = [f32::NAN; 100];
        Init::he_normal().fill_range(STREAM, &shape, start, &mut given).unwrap();
        assert_bits(&given, &part(normal, start, 100));
    }
}

/// Fills the middle of a buffer, and checks that its neighbours stay as they were.
#[test]
fn nothing_is_written_outside_the_slice() {
    let mut guarded = [f32::NEG_INFINITY; 300];
    for sampler in SAMPLERS {
        sampler.fill(STREAM, 4000, &mut guarded[100..200]).unwrap();
        assert!(guarded[..100].iter().chain(&guarded[200..]).all(|&v| v == f32::NEG_INFINITY));
        assert!(guarded[100..200].iter().all(|v| v.is_finite()));
    }
}
