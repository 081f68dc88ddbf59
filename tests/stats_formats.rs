//! The check of slots of other formats than `f32`: good buffers are accepted at any length, whatever the format
//! and the scale, and every mistake is detected from the length on that the docs name.
//!
//! The unit tests compare the expectations with the values. Here they are only used.

use weight_init::{
    Cut, Distribution, FixedPoint, Init, InitError, Mismatch, Quantization, Shape, Stats, Stream,
};

use Distribution::{Constant, Normal, TruncatedNormal, Uniform};

use crate::cases::{ROUNDED, SAMPLERS, draw};

const STREAM: Stream = Stream::new(42).named("stats");

fn fixed<Q: FixedPoint + Default>(
    distribution: Distribution,
    quantization: impl Into<Quantization>,
    seed: u64,
    len: usize,
) -> Vec<Q> {
    let mut slots = vec![Q::default(); len];
    let draw = draw(distribution, STREAM.substream(seed), 0, len).unwrap();
    draw.write_fixed(quantization, &mut slots).unwrap();
    slots
}

/// Around zero and elsewhere, with steps from a few to a thousandth of the standard deviation.
fn distributions(std: f32) -> [Distribution; 8] {
    [
        Normal { mean: 0.0, std },
        Normal { mean: -1.7 * std, std },
        Normal { mean: 30.0 * std, std },
        TruncatedNormal { mean: 0.0, std, cut: Cut::TWO },
        TruncatedNormal { mean: std, std, cut: Cut::std_before(3.0) },
        Uniform { low: -std, high: std },
        Uniform { low: 0.0, high: 3.0 * std },
        Uniform { low: -7.0 * std, high: -6.0 * std },
    ]
}

/// Lengths up to 5000, of which half are short, because there the tails decide.
fn len(seed: u64) -> usize {
    (if seed % 2 == 0 { seed / 2 % 64 } else { seed * 7919 % 5001 }) as usize
}

#[test]
fn no_good_buffer_of_fixed_point_is_rejected() {
    fn check<Q: FixedPoint + Default>(quantizations: &[Quantization], rounds: u64) {
        for (i, std) in [0.002, 0.01, 0.06, 0.3, 1.0, 9.0].into_iter().enumerate() {
            for (j, distribution) in distributions(std).into_iter().enumerate() {
                for &quantization in quantizations {
                    for seed in 0..rounds {
                        let len = len(seed);
                        let slots = fixed::<Q>(distribution, quantization, seed + 1000 * i as u64 + 10_000 * j as u64, len);
                        let result = distribution.verify_fixed(quantization, &slots);
                        assert!(
                            result.is_ok(),
                            "{distribution:?}, {quantization:?}, {len} values, seed {seed}: {result:?}"
                        );
                    }
                }
            }
        }
    }
    let rounds = if cfg!(debug_assertions) { 40 } else { 1000 };
    let (bits, scale) = (Quantization::from_fraction_bits, Quantization::from_scale(0.006));
    check::<i8>(&[bits(3), bits(7), bits(10), scale], rounds);
    check::<i16>(&[bits(9), bits(15), scale], rounds);
    check::<i32>(&[bits(31), scale], rounds);
    check::<u8>(&[0, 7, 128, 255].map(|zero_point| scale.with_zero_point(zero_point)), rounds);
}

/// All samplers that a format can hold, at any length.
#[test]
fn no_good_buffer_of_any_sampler_is_rejected() {
    for distribution in SAMPLERS.into_iter().chain(ROUNDED) {
        for (seed, len) in [1, 2, 17, 100, 1000, 40_000].into_iter().enumerate() {
            let seed = seed as u64;
            for quantization in [0, 7, 20].map(Quantization::from_fraction_bits) {
                let slots = fixed::<i8>(distribution, quantization, seed, len);
                let result = distribution.verify_fixed(quantization, &slots);
                assert!(result.is_ok(), "{distribution:?}, i8, {len} values: {result:?}");
                let slots = fixed::<i32>(distribution, quantization, seed, len);
                let result = distribution.verify_fixed(quantization, &slots);
                assert!(result.is_ok(), "{distribution:?}, i32, {len} values: {result:?}");
            }
            for scale in [1e-36, 1e36].map(Quantization::from_scale) {
                let slots = fixed::<i16>(distribution, scale, seed, len);
                let result = distribution.verify_fixed(scale, &slots);
                assert!(result.is_ok(), "{distribution:?}, i16, {len} values: {result:?}");
            }
            #[cfg(feature = "half")]
            {
                let slots: Vec<half::bf16> = float::filled(distribution, seed, len).unwrap();
                let result = distribution.verify_as(&slots);
                assert!(result.is_ok(), "{distribution:?}, bf16, {len} values: {result:?}");
                match float::filled::<half::f16>(distribution, seed, len) {
                    Ok(slots) => {
                        let result = distribution.verify_as(&slots);
                        assert!(result.is_ok(), "{distribution:?}, f16, {len} values: {result:?}");
                    }
                    Err(error) => {
                        let result = distribution.verify_as(&[half::f16::ONE]);
                        assert_eq!(result, Err(Mismatch::Request(error)));
                    }
                }
            }
        }
    }
}

/// Large buffers have narrow limits.
#[test]
fn no_large_buffer_is_rejected() {
    let len = if cfg!(debug_assertions) { 1_000_000 } else { 1 << 25 };
    for (seed, distribution) in distributions(0.1).into_iter().enumerate() {
        let seed = seed as u64;
        for fraction_bits in [2, 4, 8] {
            let slots = fixed::<i8>(distribution, fraction_bits, seed, len);
            let result = distribution.verify_fixed(fraction_bits, &slots);
            assert!(result.is_ok(), "{distribution:?}, {fraction_bits}: {result:?}");
        }
        #[cfg(feature = "half")]
        {
            let slots: Vec<half::bf16> = float::filled(distribution, seed, len).unwrap();
            let result = distribution.verify_as(&slots);
            assert!(result.is_ok(), "{distribution:?}: {result:?}");
        }
    }
}

/// The statistics are those of the values that the slots stand for.
#[test]
fn statistics_are_those_of_the_values() {
    let distribution = Normal { mean: 0.1, std: 0.3 };
    for len in [0, 1, 255, 256, 257, 1000, 5000] {
        let scale = Quantization::from_scale(0.01).with_zero_point(100);
        let slots = fixed::<u8>(distribution, scale, 1, len);
        let values: Vec<f32> =
            slots.iter().map(|&slot| (i32::from(slot) - 100) as f32 * 0.01).collect();
        let [given, expected] = [distribution.stats_fixed(scale, &slots), distribution.stats(&values)];
        assert_eq!(format!("{given:?}"), format!("{expected:?}"));

        let mut values = vec![0.0; len];
        distribution.fill(STREAM, 0, &mut values).unwrap();
        let [given, expected] = [distribution.stats_as(&values), distribution.stats(&values)];
        assert_eq!(format!("{given:?}"), format!("{expected:?}"));
        assert_eq!(
            format!("{:?}", distribution.verify_as(&values)),
            format!("{:?}", distribution.verify(&values))
        );
    }
    // An integer stands for a finite value, even if that is too large for an `f32`.
    let largest = Quantization::from_fraction_bits(0);
    let stats = distribution.stats_fixed(largest, &[i32::MIN, i32::MAX]);
    assert_eq!((stats.min, stats.max), (-2_147_483_648.0, 2_147_483_648.0));
    let largest = Quantization::from_scale((1_u128 << 120) as f32);
    let stats = distribution.stats_fixed(largest, &[i32::MIN, i32::MAX]);
    assert_eq!((stats.not_finite, stats.min, stats.max), (0, f32::MIN, f32::MAX));
}

/// The bounds are those of the values, rounded and saturated as the values are.
#[test]
fn bounds_are_rounded() {
    let in_range = |distribution: Distribution, quantization: Quantization, slot: i8| {
        !matches!(distribution.verify_fixed(quantization, &[slot]), Err(Mismatch::Range { .. }))
    };
    let uniform = Uniform { low: -0.26, high: 0.51 };
    let bits = Quantization::from_fraction_bits;
    // −33.28 and 65.28 steps.
    for (slot, expected) in [(-34, false), (-33, true), (0, true), (65, true), (66, false)] {
        assert_eq!(in_range(uniform, bits(7), slot), expected, "{slot}");
    }
    // The ends saturate.
    for slot in [-128, 0, 127] {
        assert!(in_range(uniform, bits(9), slot));
    }
    let positive = Uniform { low: 0.51, high: 0.6 };
    assert!(in_range(positive, bits(8), 127) && !in_range(positive, bits(8), 126));
    // Values that are all the same are rounded as well.
    for constant in [Constant { value: 0.3 }, Normal { mean: 0.3, std: 0.0 }] {
        assert!(constant.verify_fixed(7, &[38_i8; 100]).is_ok());
        let expected = Mismatch::Range { low: 0.296_875, high: 0.296_875, min: 0.0, max: 0.296_875 };
        assert_eq!(constant.verify_fixed(7, &[38, 0_i8]), Err(expected));
        assert!(constant.verify_fixed(10, &[127_i8; 100]).is_ok());
    }
}

#[test]
fn a_request_that_a_fill_refuses_is_refused() {
    let normal = Normal { mean: 0.0, std: 1.0 };
    let scale = Quantization::from_scale(-1.0);
    let expected = InitError::QuantizationScale { given: -1.0 };
    assert_eq!(normal.verify_fixed(scale, &[0_i8]), Err(Mismatch::Request(expected)));
    let zero_point = Quantization::from_scale(1.0).with_zero_point(3);
    let expected = InitError::ZeroPoint { largest: 0, given: 3 };
    assert_eq!(normal.verify_fixed(zero_point, &[0_i8]), Err(Mismatch::Request(expected)));
    let expected = InitError::Std { given: -1.0 };
    let wrong = Normal { mean: 0.0, std: -1.0 };
    assert_eq!(wrong.verify_fixed(7, &[0_i8]), Err(Mismatch::Request(expected)));
    assert_eq!(wrong.verify_as(&[0.0_f32]), Err(Mismatch::Request(expected)));

    let shape = Shape::dense(30, 10);
    let expected = InitError::WrongLength { expected: 300, given: 3 };
    let given = Init::he_normal().verify_fixed(&shape, 7, &[0_i8; 3]);
    assert_eq!(given, Err(Mismatch::Request(expected)));
    let given = Init::he_normal().verify_as(&shape, &[0.0_f32; 3]);
    assert_eq!(given, Err(Mismatch::Request(expected)));
    let given = Init::orthogonal().verify_fixed(&shape, 7, &[0_i8; 300]);
    assert_eq!(given, Err(Mismatch::Request(InitError::NoDistribution)));
}

#[test]
fn a_scheme_has_its_fan_in_every_format() {
    let shape = Shape::dense(256, 256);
    for (init, good) in [(Init::he_normal(), true), (Init::lecun_normal(), false)] {
        let mut slots = vec![0_i8; shape.len()];
        init.draw(STREAM, &shape).unwrap().write_fixed(8, &mut slots).unwrap();
        assert_eq!(Init::he_normal().verify_fixed(&shape, 8, &slots).is_ok(), good);
        #[cfg(feature = "half")]
        {
            let mut slots = vec![half::bf16::ZERO; shape.len()];
            init.draw(STREAM, &shape).unwrap().write_as(&mut slots).unwrap();
            assert_eq!(Init::he_normal().verify_as(&shape, &slots).is_ok(), good);
        }
    }
}

fn name(mismatch: Mismatch) -> &'static str {
    match mismatch {
        Mismatch::NotFinite { .. } => "not finite",
        Mismatch::Range { .. } => "range",
        Mismatch::Zeros { .. } => "zeros",
        Mismatch::Repeats { .. } => "repeats",
        Mismatch::Mean { .. } => "mean",
        Mismatch::Std { .. } => "std",
        Mismatch::Beyond { .. } => "beyond",
        _ => "something else",
    }
}

/// Checks that 999 of 1000 buffers are rejected, at the length that the docs name and at twice that.
#[track_caller]
fn assert_seen(
    what: &str,
    len: usize,
    expected: &[&str],
    verify: impl Fn(u64, usize) -> Result<Stats, Mismatch>,
) {
    let rounds = if len > 5000 { 100 } else { 1000 };
    for len in [len, 2 * len] {
        let found: Vec<_> =
            (0..rounds).filter_map(|seed| verify(seed, len).err().map(name)).collect();
        let seen = found.len();
        assert!(seen >= rounds as usize - 1, "{what}, {len} values: {seen} of {rounds} seen");
        let other = found.iter().find(|name| !expected.contains(name));
        assert_eq!(other, None, "{what}, {len} values");
    }
}
