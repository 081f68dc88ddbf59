//! Every backend gives the bits of the portable one.

use std::mem::MaybeUninit;

use weight_init::{Backend, Distribution, Init, InitError, Shape, Stream};

use crate::{
    cases::{SAMPLERS, bits, draw, for_each_tensor, schemes},
    size::size,
};

const STREAM: Stream = Stream::new(11);
const GUARD: f32 = -12345.0;
const WHOLE: usize = 3 * 4096 + 17;

/// The portable backend is in the list, last, because the others are compared with it. The standard library
/// detects in a way of its own which backends this processor has. If the best of them is not in the list,
/// the other tests here would not run it.
#[test]
fn the_best_backend_of_this_processor_is_tested() {
    let available: Vec<&str> = Backend::available().map(Backend::name).collect();
    println!("backends: {}; detected: {}", available.join(", "), Backend::detect());

    let mut expected = vec!["portable"];
    #[cfg(target_arch = "x86_64")]
    {
        let avx2 = is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("popcnt");
        let avx512 = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vbmi")
            && is_x86_feature_detected!("avx512vbmi2")
            && is_x86_feature_detected!("popcnt");
        if avx2 {
            expected.insert(0, "avx2");
        }
        if avx512 {
            expected.insert(0, "avx512");
        }
    }
    if cfg!(all(target_arch = "aarch64", target_endian = "little")) {
        expected.insert(0, "neon");
    }
    if let Some(forced) = FORCED {
        expected.retain(|&name| name == forced || name == "portable");
        assert_eq!(expected[0], forced, "this processor can't run the forced backend");
    }
    assert_eq!(available, expected);
    assert_eq!(Backend::detect().name(), expected[0]);
}

const FORCED: Option<&str> = if cfg!(weight_init_backend = "portable") {
    Some("portable")
} else if cfg!(weight_init_backend = "avx2") {
    Some("avx2")
} else if cfg!(weight_init_backend = "avx512") {
    Some("avx512")
} else if cfg!(weight_init_backend = "neon") {
    Some("neon")
} else {
    None
};

/// Fills `out[offset..offset + len]`, and checks it and the neighbours on both sides.
#[track_caller]
fn check(
    backend: Backend,
    sampler: Distribution,
    start: u64,
    offset: usize,
    expected: &[f32],
    out: &mut [f32],
) {
    let end = offset + expected.len();
    let out = &mut out[..end + 32];
    out.fill(GUARD);
    let draw = draw(sampler, STREAM, start, expected.len()).unwrap();
    draw.on(backend).write(&mut out[offset..end]).unwrap();
    let what = || format!("{backend}, {sampler:?}, {} values from {start}", expected.len());
    for (i, (a, b)) in out[offset..end].iter().zip(expected).enumerate() {
        assert_eq!(a.to_bits(), b.to_bits(), "{}: value {i} is {a} and not {b}", what());
    }
    assert!(
        out[..offset].iter().chain(&out[end..]).all(|&v| v == GUARD),
        "{}: a value outside of the slice was written",
        what()
    );
}

fn portable(sampler: Distribution, start: u64, len: usize) -> Vec<f32> {
    let mut out = vec![f32::NAN; len];
    draw(sampler, STREAM, start, len).unwrap().on(Backend::PORTABLE).write(&mut out).unwrap();
    out
}

/// Takes every length from 0 on. The start and the alignment change with it, so that the residues of any two
/// meet at the edges of groups and blocks. At less than full size, every 61st beyond 300.
#[test]
fn at_every_length() {
    for sampler in SAMPLERS {
        let whole = portable(sampler, 0, WHOLE + 64);
        let mut out = vec![0.0; WHOLE + 64];
        for backend in Backend::available() {
            let step = size(61, 1);
            for len in (0..300).chain((300..=WHOLE).step_by(step)) {
                let start = len * 7 % 65;
                check(
                    backend,
                    sampler,
                    start as u64,
                    1 + len % 31,
                    &whole[start..][..len],
                    &mut out,
                );
            }
        }
    }
}

/// Takes every start from 0 to 64 and around a block's end, with lengths on both sides of a step, a group, a
/// block and two blocks, also up to the end of the stream. At less than full size, lengths of about a block
/// and more meet every 19th start only.
#[test]
fn at_every_start() {
    const REACH: usize = 4096 + 64 + 8195;
    for sampler in SAMPLERS {
        for base in [0, (1 << 32) - 4096, u64::MAX - REACH as u64] {
            let whole = portable(sampler, base, REACH);
            let mut out = vec![0.0; WHOLE + 64];
            for backend in Backend::available() {
                for start in (0..=64).chain(4096 - 65..4096 + 65) {
                    for len in [1, 15, 16, 17, 63, 64, 65, 130, 4095, 4097, 8192, 8195] {
                        if len > 4000 && start % size(19, 1) != 0 {
                            continue;
                        }
                        let expected = &whole[start..][..len];
                        check(
                            backend,
                            sampler,
                            base + start as u64,
                            start % 17,
                            expected,
                            &mut out,
                        );
                    }
                }
            }
        }
    }
}

/// Fills more blocks than share a queue of rejected positions, so that every queue fills up many times.
#[test]
fn over_many_blocks() {
    let len = size(300_000, 4_000_000);
    for sampler in SAMPLERS {
        for start in [0, 4095, 8192 + 100] {
            let whole = portable(sampler, start, len);
            let mut out = vec![0.0; len + 33];
            for backend in Backend::available() {
                check(backend, sampler, start, 1, &whole, &mut out);
            }
        }
    }
}

#[test]
fn in_every_scheme() {
    for_each_tensor(&schemes(), STREAM, |init, shape, expected| {
        for backend in Backend::available() {
            let mut out = vec![f32::NAN; shape.len()];
            init.draw(STREAM, shape).unwrap().on(backend).write(&mut out).unwrap();
            assert_eq!(bits(&out), bits(expected), "{backend}, {init}, {shape:?}");
        }
    });
}

/// A tensor of several blocks, because the tensors of the list are smaller than one.
#[test]
fn in_every_scheme_of_a_large_tensor() {
    let shape = Shape::conv2d(16, 32, [5, 7]);
    let mut filled = 0;
    for init in schemes() {
        let fill = |backend| -> Result<_, InitError> {
            let mut out = vec![f32::NAN; shape.len()];
            init.draw(STREAM, &shape)?.on(backend).write(&mut out).map(|()| bits(&out))
        };
        let expected = fill(Backend::PORTABLE);
        filled += usize::from(expected.is_ok());
        for backend in Backend::available() {
            assert_eq!(fill(backend), expected, "{backend}, {init}");
        }
    }
    assert!(filled > 40, "{filled} schemes only");
}

/// A fresh buffer gets the same bits, and a refused request writes nothing.
#[test]
fn for_memory_that_is_not_initialised() {
    for len in [0, 1, 63, 100, 4096, 20_000] {
        let shape = Shape::dense(len.max(1), 1);
        let sampler = Init::he_normal().distribution(shape.fan().unwrap()).unwrap();
        let mut fresh = Vec::<f32>::with_capacity(len);
        let slots = &mut fresh.spare_capacity_mut()[..len];
        let given = draw(sampler, STREAM, 9, len).unwrap().write_uninit(slots).unwrap();
        assert_eq!(given, portable(sampler, 9, len));
    }
    let mut slots = [MaybeUninit::new(GUARD); 10];
    let larger = Shape::dense(4, 3);
    assert!(Init::he_normal().draw(STREAM, &larger).unwrap().write_uninit(&mut slots).is_err());
    // SAFETY: initialised above, and a refused fill writes nothing.
    assert!(slots.iter().all(|slot| unsafe { slot.assume_init() } == GUARD));
    let shape = Shape::dense(5, 2);
    let given = Init::he_normal().draw(STREAM, &shape).unwrap().write_uninit(&mut slots).unwrap();
    let mut expected = [0.0; 10];
    Init::he_normal().fill(STREAM, &shape, &mut expected).unwrap();
    assert_eq!(given, expected);
}

#[cfg(feature = "rayon")]
fn same(a: &[f32], b: &[f32]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits())
}

/// Any number of threads writes the same bits, at any start.
#[cfg(feature = "rayon")]
#[test]
fn on_many_threads() {
    for threads in [1, 2, 3, 8] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        for sampler in SAMPLERS {
            for (start, len) in [(0, 0), (1, 10), (4095, 4098), (5, 700_001), (8192, 1 << 20)] {
                let expected = portable(sampler, start, len);
                let mut out = vec![GUARD; len];
                let draw = draw(sampler, STREAM, start, len).unwrap().parallel();
                pool.install(|| draw.write(&mut out)).unwrap();
                assert!(
                    same(&out, &expected),
                    "{sampler:?}, {len} from {start}, {threads} threads"
                );

                let mut fresh = Vec::<f32>::with_capacity(len);
                let slots = &mut fresh.spare_capacity_mut()[..len];
                let given = pool.install(|| draw.write_uninit(slots)).unwrap();
                assert!(
                    same(given, &expected),
                    "{sampler:?}, {len} from {start}, {threads} threads"
                );
            }
        }
    }
    let shape = Shape::dense(300, 200);
    let (mut one, mut many) = (vec![0.0; shape.len()], vec![0.0; shape.len()]);
    Init::he_normal().fill(STREAM, &shape, &mut one).unwrap();
    let draw = Init::he_normal().draw(STREAM, &shape).unwrap().parallel();
    draw.write(&mut many).unwrap();
    assert_eq!(one, many);
    assert!(draw.write(&mut many[1..]).is_err());
    assert!(draw.write_uninit::<f32>(&mut []).is_err());
}
