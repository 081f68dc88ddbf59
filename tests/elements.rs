//! Slots of other formats than `f32`: each holds the value that an `f32` slot has there, rounded once.
//!
//! The references are `half`'s own conversions, and for fixed point a product in `f64`, which is exact.
//! The unit tests of the backends check that every `f32` is rounded correctly.

use std::fmt::Debug;

use weight_init::{Backend, Distribution, FixedPoint, InitError, Quantization, Stream};

use crate::{
    cases::{ROUNDED, SAMPLERS, draw, fill_as, fill_fixed},
    size::size,
};

const STREAM: Stream = Stream::new(23);

/// Returns the slot of a value, and whether it saturates.
fn fixed<Q: FixedPoint + TryFrom<i64>>(value: f32, fraction_bits: u32) -> (Q, bool) {
    let nearest = (f64::from(value) * 2_f64.powi(fraction_bits as i32)).round_ties_even();
    let end = (1_i64 << (8 * size_of::<Q>() - 1)) as f64;
    let slot = nearest.clamp(-end, end - 1.0);
    (Q::try_from(slot as i64).ok().unwrap(), slot != nearest)
}

/// Checks every backend, at starts and lengths on both sides of a step, a group, a block and a chunk, with
/// guard values around the slice. Samplers that the format can't hold are refused. Returns the number of
/// values that saturated.
#[track_caller]
fn check<T: Copy + PartialEq + Debug>(
    guard: T,
    slot: impl Fn(f32) -> (T, bool),
    fill: impl Fn(Backend, Distribution, u64, &mut [T]) -> Result<usize, InitError>,
) -> usize {
    const REACH: usize = 8193 + 2 * 8192 + 100;
    let (mut saturated, mut checked) = (0, 0);
    for sampler in SAMPLERS.into_iter().chain(ROUNDED) {
        if let Err(error) = fill(Backend::PORTABLE, sampler, 0, &mut []) {
            assert!(matches!(error, InitError::TooLargeForFormat { .. }), "{sampler:?}: {error}");
            continue;
        }
        checked += 1;
        for base in [0, (1 << 32) - 8192, u64::MAX - REACH as u64] {
            let mut values = [0.0; REACH];
            sampler.fill(STREAM, base, &mut values).unwrap();
            let expected: Vec<(T, bool)> = values.into_iter().map(&slot).collect();
            for backend in Backend::available() {
                for start in [0, 1, 63, 64, 100, 4095, 4096, 4097, 8191, 8192, 8193] {
                    for len in [0, 1, 15, 16, 17, 63, 64, 65, 4095, 4097, 8191, 8193, 16_484] {
                        // At less than full size, long ranges begin off a step's edge and at a block's end only.
                        if len > 4000 && size(!matches!(start, 1 | 4096), false) {
                            continue;
                        }
                        let what = format!("{backend}, {sampler:?}, {len} from {base} + {start}");
                        let mut out = vec![guard; len + 2];
                        let slots = &mut out[1..=len];
                        let count = fill(backend, sampler, base + start as u64, slots).unwrap();
                        let expected = &expected[start..start + len];
                        let differ = (0..len).find(|&i| slots[i] != expected[i].0);
                        let values = differ.map(|i| (i, slots[i], expected[i].0));
                        assert_eq!(values, None, "{what}: index, given, expected");
                        let expected = expected.iter().filter(|(_, saturates)| *saturates).count();
                        assert_eq!(count, expected, "{what}: saturated");
                        assert_eq!(
                            (out[0], out[len + 1]),
                            (guard, guard),
                            "{what}: a value outside of the slice was written"
                        );
                        saturated += count;
                    }
                }
            }
        }
    }
    assert!(checked >= SAMPLERS.len() + ROUNDED.len() - 4, "{checked} samplers only");
    saturated
}

fn check_fixed<Q: FixedPoint + TryFrom<i64> + PartialEq + Debug>(guard: Q, fraction_bits: u32) {
    let fill = |backend, sampler: Distribution, start, out: &mut [Q]| {
        draw(sampler, STREAM, start, out.len())?.on(backend).write_fixed(fraction_bits, out)
    };
    let saturated = check(guard, |value| fixed(value, fraction_bits), fill);
    assert!(saturated > 1000, "too few values saturated to test the counts");
}

#[test]
fn i8_is_the_f32_rounded() {
    check_fixed(0x55_i8, 7);
}

#[test]
fn i16_is_the_f32_rounded() {
    check_fixed(0x5555_i16, 15);
}

#[test]
fn i32_is_the_f32_rounded() {
    check_fixed(0x5555_5555_i32, 31);
}

/// The zero point is odd, so that a tie before its addition is not one after it.
#[test]
fn u8_is_the_f32_rounded() {
    let quantization = Quantization::from_scale(0.006).with_zero_point(131);
    let fill = |backend, sampler: Distribution, start, out: &mut [u8]| {
        draw(sampler, STREAM, start, out.len())?.on(backend).write_fixed(quantization, out)
    };
    let slot = |value: f32| {
        let nearest = (value * (1.0 / 0.006)).round_ties_even() + 131.0;
        (nearest as u8, !(0.0..=255.0).contains(&nearest))
    };
    assert!(check(0x55_u8, slot, fill) > 1000);
}

#[test]
fn f64_is_the_f32_widened() {
    let fill = |backend, sampler: Distribution, start, out: &mut [f64]| {
        draw(sampler, STREAM, start, out.len())?.on(backend).write_as(out).map(|()| 0)
    };
    check(-12345.0_f64, |value| (value.into(), false), fill);
}

/// Takes every number of fraction bits up to ten more than the format has.
#[test]
fn every_scale_is_the_f32_rounded() {
    let mut values = [0.0; 5000];
    for std in [0.01, 1.0, 100.0, 1e9] {
        let sampler = Distribution::Normal { mean: 0.0, std };
        sampler.fill(STREAM, 0, &mut values).unwrap();
        fn check<Q: FixedPoint + TryFrom<i64> + PartialEq + Debug + Default>(
            sampler: Distribution,
            values: &[f32],
        ) {
            for fraction_bits in 0..8 * size_of::<Q>() as u32 + 10 {
                let expected = values.iter().map(|&value| fixed::<Q>(value, fraction_bits));
                let (expected, saturates): (Vec<Q>, Vec<bool>) = expected.unzip();
                let mut out = vec![Q::default(); values.len()];
                let given = fill_fixed(sampler, STREAM, 0, fraction_bits, &mut out).unwrap();
                assert!(out == expected, "{sampler:?}, {fraction_bits} fraction bits");
                assert_eq!(given, saturates.into_iter().filter(|&saturates| saturates).count());
            }
        }
        check::<i8>(sampler, &values);
        check::<i16>(sampler, &values);
        check::<i32>(sampler, &values);
    }
}

#[test]
fn f32_is_itself() {
    let fill = |backend, sampler: Distribution, start, out: &mut [f32]| {
        draw(sampler, STREAM, start, out.len())?.on(backend).write_as(out).map(|()| 0)
    };
    check(-12345.0_f32, |value| (value, false), fill);
}

#[cfg(feature = "half")]
#[test]
fn bf16_is_the_f32_rounded() {
    use half::bf16;
    let fill = |backend, sampler: Distribution, start, out: &mut [bf16]| {
        draw(sampler, STREAM, start, out.len())?.on(backend).write_as(out).map(|()| 0)
    };
    check(bf16::MAX, |value| (bf16::from_f32(value), false), fill);
}

#[cfg(feature = "half")]
#[test]
fn f16_is_the_f32_rounded() {
    use half::f16;
    let fill = |backend, sampler: Distribution, start, out: &mut [f16]| {
        draw(sampler, STREAM, start, out.len())?.on(backend).write_as(out).map(|()| 0)
    };
    check(f16::MAX, |value| (f16::from_f32(value), false), fill);
}

/// The count is that of a normal beyond the largest and the smallest integer and half a step, within five
/// standard errors.
#[test]
fn as_many_saturate_as_the_density_says() {
    let mut out = vec![0_i8; 1 << 20];
    let beyond = |x: f64| 0.5 * libm::erfc(x / 2_f64.sqrt());
    for std in [0.2, 0.3, 0.5, 2.0] {
        let sampler = Distribution::Normal { mean: 0.0, std };
        let given = fill_fixed(sampler, STREAM, 0, 7, &mut out).unwrap() as f64;
        let share = [127.5, 128.5].map(|end| beyond(end / 128.0 / f64::from(std)));
        let (n, share) = (out.len() as f64, share[0] + share[1]);
        let error = (n * share * (1.0 - share)).sqrt();
        assert!((given - n * share).abs() < 5.0 * error, "std {std}: {given}, not {}", n * share);
    }
}

/// Neither, one or both ends of the range saturate.
#[test]
fn the_ends_of_fixed_point() {
    let fill = |value, fraction_bits| {
        let mut out = [1_i8; 100];
        let constant = Distribution::Constant { value };
        let saturated = fill_fixed(constant, STREAM, 0, fraction_bits, &mut out).unwrap();
        assert!(out.iter().all(|&slot| slot == out[0]));
        (out[0], saturated)
    };
    assert_eq!(fill(0.0, 7), (0, 0));
    assert_eq!(fill(-0.0, 0), (0, 0));
    assert_eq!(fill(127.0 / 128.0, 7), (127, 0));
    assert_eq!(fill(127.49 / 128.0, 7), (127, 0));
    assert_eq!(fill(127.5 / 128.0, 7), (127, 100)); // the even one is 128
    assert_eq!(fill(1.0, 7), (127, 100));
    assert_eq!(fill(-1.0, 7), (-128, 0));
    assert_eq!(fill(-128.5 / 128.0, 7), (-128, 0)); // the even one is -128
    assert_eq!(fill(-128.51 / 128.0, 7), (-128, 100));
    assert_eq!(fill(0.5, 0), (0, 0));
    assert_eq!(fill(1.5, 0), (2, 0));
    assert_eq!(fill(-2.5, 0), (-2, 0));
    assert_eq!(fill(f32::MAX, 7), (127, 100));
    assert_eq!(fill(f32::MIN, 0), (-128, 100));
    assert_eq!(fill(f32::from_bits(1), 7), (0, 0));

    let mut wide = [1_i32; 10];
    let fixed = |value, wide: &mut [i32]| {
        fill_fixed(Distribution::Constant { value }, STREAM, 0, 31, wide).unwrap()
    };
    assert_eq!((fixed(1.0, &mut wide), wide), (10, [i32::MAX; 10]));
    assert_eq!((fixed(-1.0, &mut wide), wide), (0, [i32::MIN; 10]));
    assert_eq!((fixed(1.0_f32.next_down(), &mut wide), wide), (0, [i32::MAX - 127; 10]));
}

/// Inadmissible quantisations are refused, and nothing is written.
#[test]
fn inadmissible_quantisations() {
    fn check<Q: FixedPoint + PartialEq + Debug + From<u8>>(
        quantization: Quantization,
        expected: InitError,
    ) {
        for value in [0.0, 1.0] {
            let mut out = [Q::from(77); 20];
            let constant = Distribution::Constant { value };
            let error = draw(constant, STREAM, 0, 20).unwrap().write_fixed(quantization, &mut out);
            assert_eq!(error, Err(expected));
            assert_eq!(out, [Q::from(77); 20]);
        }
    }
    for bits in [121, 127, 128, u32::MAX] {
        check::<u8>(bits.into(), InitError::QuantizationScale { given: 0.0 });
        check::<i32>(bits.into(), InitError::QuantizationScale { given: 0.0 });
    }
    let limit = 2_f32.powi(120);
    for given in [0.0, -0.1, limit.next_up(), (1.0 / limit).next_down(), f32::INFINITY] {
        check::<i16>(Quantization::from_scale(given), InitError::QuantizationScale { given });
    }
    for given in [-1, 256, i32::MIN, i32::MAX] {
        let quantization = Quantization::from(7).with_zero_point(given);
        check::<u8>(quantization, InitError::ZeroPoint { largest: 255, given });
        check::<i32>(quantization, InitError::ZeroPoint { largest: 0, given });
    }
    let one = Distribution::Constant { value: 1.0 };
    let mut out = [0_i8; 3];
    for (quantization, expected) in [
        (Quantization::from_scale(limit), (0, [0; 3])),
        (Quantization::from_scale(1.0 / limit), (3, [127; 3])),
        (Quantization::from(120), (3, [127; 3])),
    ] {
        let count = draw(one, STREAM, 0, 3).unwrap().write_fixed(quantization, &mut out).unwrap();
        assert_eq!((count, out), expected);
    }
}

/// A request that is refused for `f32` is refused for the others by the same error, and nothing is written.
#[test]
fn the_errors_are_those_of_f32() {
    let (nan, past) = (Distribution::Constant { value: f32::NAN }, u64::MAX - 5);
    let ones = Distribution::Constant { value: 1.0 };
    let exhausted = InitError::StreamExhausted { start: past, given: 10 };
    let mut fixed = [77_i16; 10];
    assert!(matches!(fill_fixed(nan, STREAM, 0, 3, &mut fixed), Err(InitError::Constant { .. })));
    assert_eq!(fixed, [77; 10]);
    let mut float = [77_f32; 10];
    assert!(matches!(fill_as(nan, STREAM, 0, &mut float), Err(InitError::Constant { .. })));
    assert_eq!(ones.fill(STREAM, past, &mut float), Err(exhausted));
    assert_eq!(float, [77.0; 10]);
}

/// Takes the last value that does not round to infinity, and the first that does.
#[cfg(feature = "half")]
#[test]
fn too_large_for_the_format() {
    use weight_init::Element;
    fn check<E: Element + PartialEq + Debug + Into<f32>>(mark: E, largest: f32, infinite: f32) {
        let last = infinite.next_down();
        let fits = [
            Distribution::Constant { value: last },
            Distribution::Constant { value: -last },
            Distribution::Uniform { low: -last, high: 0.0 },
            Distribution::Uniform { low: -1.0, high: last },
            Distribution::Normal { mean: 0.0, std: last / 8.0 },
            Distribution::Normal { mean: -last / 2.0, std: last / 16.0 },
        ];
        for sampler in fits {
            let mut out = [mark; 100];
            assert_eq!(fill_as(sampler, STREAM, 0, &mut out), Ok(()), "{sampler:?}");
            assert!(out.iter().all(|&slot| slot.into().abs() <= largest), "{sampler:?}");
        }
        let mut out = [mark; 100];
        fill_as(fits[0], STREAM, 0, &mut out).unwrap();
        assert_eq!(out.map(Into::into), [largest; 100]);

        let refused = [
            Distribution::Constant { value: infinite },
            Distribution::Constant { value: -infinite },
            Distribution::Uniform { low: -infinite, high: 0.0 },
            Distribution::Uniform { low: -1.0, high: infinite },
            Distribution::Normal { mean: 0.0, std: infinite / 8.0 },
            Distribution::Normal { mean: -infinite / 2.0, std: infinite / 16.0 },
        ];
        for sampler in refused {
            let mut out = [mark; 100];
            let error = fill_as(sampler, STREAM, 0, &mut out).unwrap_err();
            assert_eq!(error, InitError::TooLargeForFormat { largest, given: infinite });
            assert_eq!(out, [mark; 100]);
            assert!(error.to_string().contains(&format!("{largest:e}")), "{error}");
            assert!(error.to_string().contains(&format!("{infinite:e}")), "{error}");
        }
    }
    check(half::f16::ONE, 65_504.0, 65_520.0);
    check(half::bf16::ONE, half::bf16::MAX.to_f32(), f32::from_bits(0x7f7f_8000));
    let largest = Distribution::Constant { value: f32::MAX };
    assert_eq!(fill_as(largest, STREAM, 0, &mut [0.0_f32]), Ok(()));
}

/// Any number of threads writes the same slots and returns the same count.
#[cfg(feature = "rayon")]
#[test]
fn on_many_threads() {
    let sampler = Distribution::Normal { mean: 0.0, std: 0.5 };
    for threads in [1, 2, 3] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        for (start, len) in [(0, 0), (1, 10), (4095, 4098), (5, 700_001), (8192, 1 << 19)] {
            let (mut one, mut many) = (vec![0_i8; len], vec![0_i8; len]);
            let expected = fill_fixed(sampler, STREAM, start, 7, &mut one).unwrap();
            let given = pool.install(|| {
                draw(sampler, STREAM, start, len)?.parallel().write_fixed(7, &mut many)
            });
            assert_eq!(given, Ok(expected), "{len} from {start}");
            assert!(one == many, "{len} from {start}");

            let (mut one, mut many) = (vec![0_f32; len], vec![0_f32; len]);
            fill_as(sampler, STREAM, start, &mut one).unwrap();
            pool.install(|| draw(sampler, STREAM, start, len)?.parallel().write_as(&mut many))
                .unwrap();
            assert!(one == many, "{len} from {start}");

            let mut wide = vec![0_f64; len];
            pool.install(|| draw(sampler, STREAM, start, len)?.parallel().write_as(&mut wide))
                .unwrap();
            assert!(one.iter().map(|&value| f64::from(value)).eq(wide), "{len} from {start}");
        }
    }
    let error = InitError::QuantizationScale { given: 0.0 };
    let many = draw(sampler, STREAM, 0, 4).unwrap().parallel();
    assert_eq!(many.write_fixed(121, &mut [0_i8; 4]), Err(error));
}
