//! The value at an index depends on the index: any part of a tensor equals that part of the whole.

use weight_init::{Distribution, Init, Shape, Stream};

const STREAM: Stream = Stream::new(7);

const SAMPLERS: [Distribution; 5] = [
    Distribution::Normal { mean: 0.0, std: 1.0 },
    Distribution::Normal { mean: 2.0, std: 0.5 },
    Distribution::Uniform { low: -1.0, high: 1.0 },
    Distribution::Uniform { low: 0.0, high: 1.0 },
    Distribution::Constant { value: 3.0 },
];

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

/// Starts 0 to 64 and lengths that end on every residue, at the edges of blocks near index 0, near
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

#[test]
fn the_pages_of_a_tensor_make_the_tensor() {
    let shape = Shape::conv2d(16, 33, [5, 3]);
    for init in [Init::he_normal(), Init::xavier_uniform(), Init::normal(1.0, 0.1), Init::ones()] {
        let mut whole = vec![f32::NAN; shape.len()];
        init.fill(STREAM, &shape, &mut whole).unwrap();
        for size in [1, 64, 100, 4096, 5000] {
            let mut pages = vec![f32::NAN; shape.len()];
            for (number, page) in pages.chunks_mut(size).enumerate() {
                init.fill_range(STREAM, &shape, (number * size) as u64, page).unwrap();
            }
            assert_bits(&pages, &whole);
        }
    }
}

/// A tensor of more than 2³² values can't be held here, but its parts can.
#[cfg(target_pointer_width = "64")]
#[test]
fn parts_of_a_tensor_larger_than_any_memory() {
    let shape = Shape::dense(1 << 31, 1 << 20);
    let std = Init::he_normal().distribution(shape.fan().unwrap()).unwrap();
    for start in [(1 << 32) + 3, (1 << 51) - 100] {
        let mut given = [f32::NAN; 100];
        Init::he_normal().fill_range(STREAM, &shape, start, &mut given).unwrap();
        assert_bits(&given, &part(std, start, 100));
    }
}

/// A part in the middle of a buffer: its neighbours stay as they were.
#[test]
fn nothing_is_written_outside_the_slice() {
    let mut guarded = [f32::NEG_INFINITY; 300];
    for sampler in SAMPLERS {
        sampler.fill(STREAM, 4000, &mut guarded[100..200]).unwrap();
        assert!(guarded[..100].iter().chain(&guarded[200..]).all(|&v| v == f32::NEG_INFINITY));
        assert!(guarded[100..200].iter().all(|v| v.is_finite()));
    }
}
