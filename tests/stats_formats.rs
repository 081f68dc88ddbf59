//! The check of slots of other formats than `f32`: good buffers are accepted at any length, whatever the format
//! and the scale, and every mistake is detected from the length on that the docs name.
//!
//! The unit tests compare the expectations with the values. Here they are only used.

use weight_init::{
    Cut, Distribution, FixedPoint, Init, InitError, Mismatch, Quantization, Shape, Stream,
};

use Distribution::{Constant, Normal, TruncatedNormal, Uniform};

use crate::{
    cases::{ROUNDED, SAMPLERS, draw},
    size::size,
};

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
    (if seed.is_multiple_of(2) { seed / 2 % 64 } else { seed * 7919 % 5001 }) as usize
}

#[test]
fn no_good_buffer_of_fixed_point_is_rejected() {
    fn check<Q: FixedPoint + Default>(quantizations: &[Quantization], rounds: u64) {
        for (i, std) in [0.002, 0.01, 0.06, 0.3, 1.0, 9.0].into_iter().enumerate() {
            for (j, distribution) in distributions(std).into_iter().enumerate() {
                for &quantization in quantizations {
                    for seed in 0..rounds {
                        let len = len(seed);
                        let slots = fixed::<Q>(
                            distribution,
                            quantization,
                            seed + 1000 * i as u64 + 10_000 * j as u64,
                            len,
                        );
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
    let rounds = size(40, 1000);
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
                float::check::<half::bf16>(distribution, seed, len);
                float::check::<half::f16>(distribution, seed, len);
            }
        }
    }
}

/// Large buffers have narrow limits.
#[test]
fn no_large_buffer_is_rejected() {
    let len = size(1_000_000, 1 << 25);
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
        let [given, expected] =
            [distribution.stats_fixed(scale, &slots), distribution.stats(&values)];
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
        let expected =
            Mismatch::Range { low: 0.296_875, high: 0.296_875, min: 0.0, max: 0.296_875 };
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
    verify: impl Fn(u64, usize) -> Result<(), Mismatch>,
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

/// The lengths in a column of the table in the docs.
struct Lengths {
    all_the_same: usize,
    a_lane: usize,
    zeros: usize,
    half: usize,
    /// The longest buffer in which 256 overwritten values are seen.
    overwritten: usize,
}

/// Checks a column of the table for a normal. `same` is the slot of a value at 0.4 standard deviations.
fn check_column<T: Copy + Default>(
    what: &str,
    lengths: &Lengths,
    same: T,
    fill: impl Fn(Distribution, u64, usize) -> Vec<T>,
    verify: impl Fn(&[T]) -> Result<(), Mismatch>,
    std: f32,
) {
    let normal = |mean: f32, factor: f32| Normal { mean: mean * std, std: std * factor };
    let seen = |mistake: &str, len, expected: &[&str], make: &dyn Fn(u64, usize) -> Vec<T>| {
        assert_seen(&format!("{what}, {mistake}"), len, expected, |seed, len| {
            verify(&make(seed, len))
        });
    };
    let flat = ["repeats", "zeros", "beyond"];
    seen("all the same", lengths.all_the_same, &flat, &|_, len| vec![same; len]);
    seen("all zeros", lengths.zeros, &flat, &|_, len| vec![T::default(); len]);
    seen("a lane stands still", lengths.a_lane, &flat, &|seed, len| {
        let mut slots = fill(normal(0.0, 1.0), seed, len);
        slots.iter_mut().skip(seed as usize % 16).step_by(16).for_each(|slot| *slot = same);
        slots
    });
    let root_2 = std::f32::consts::SQRT_2;
    let spread = ["std", "range", "zeros", "beyond"];
    for (mistake, len, factor) in [
        ("twice the variance", 500, root_2),
        ("half the variance", lengths.half, 1.0 / root_2),
        ("twice the scale", 120, 2.0),
        ("half the scale", 400, 0.5),
        ("a gain of 1.1", 8000, 1.1),
    ] {
        seen(mistake, len, &spread, &|seed, len| fill(normal(0.0, factor), seed, len));
    }
    seen("a mean", 12_000, &["mean"], &|seed, len| fill(normal(0.1, 1.0), seed, len));
    let end = 3_f32.sqrt() * std;
    seen("a uniform", 5000, &["beyond"], &|seed, len| {
        fill(Uniform { low: -end, high: end }, seed, len)
    });

    let good = fill(normal(0.0, 1.0), 7, lengths.overwritten);
    for seed in 0..100 {
        let first = seed * 7919 % (good.len() - 255);
        let mut slots = good.clone();
        slots[first..first + 256].fill(same);
        let result = verify(&slots).map_err(name);
        assert!(
            matches!(result, Err("repeats" | "zeros")),
            "{what}, overwritten from {first} on: {result:?}"
        );
    }
}

#[test]
fn mistakes_in_fixed_point_are_seen_at_the_documented_length() {
    fn check<Q: FixedPoint + Default>(
        quantization: impl Into<Quantization>,
        steps: f32,
        same: Q,
        lengths: Lengths,
    ) {
        let quantization = quantization.into();
        let std = steps * quantization.scale();
        check_column(
            &format!("{quantization:?}, {steps} steps"),
            &lengths,
            same,
            |distribution, seed, len| fixed(distribution, quantization, seed, len),
            |slots| Normal { mean: 0.0, std }.verify_fixed(quantization, slots),
            std,
        );
    }
    let column = |all_the_same, a_lane, zeros, half, overwritten| Lengths {
        all_the_same,
        a_lane,
        zeros,
        half,
        overwritten,
    };
    check(15, 1638.4, 655_i16, column(30, 300, 10, 700, 100_000));
    check(7, 32.0, 13_i8, column(30, 800, 16, 700, 20_000));
    check(9, 4.0, 2_i8, column(40, 5000, 20, 700, 3000));
    check(10, 1.0, 0_i8, column(60, 20_000, 60, 900, 1000));
}

#[cfg(feature = "half")]
#[test]
fn mistakes_in_floating_point_are_seen_at_the_documented_length() {
    let std = 0.05;
    let promised = Normal { mean: 0.0, std };
    let lengths =
        Lengths { all_the_same: 30, a_lane: 400, zeros: 10, half: 700, overwritten: 100_000 };
    check_column(
        "bf16",
        &lengths,
        half::bf16::from_f32(0.02),
        |distribution, seed, len| float::filled(distribution, seed, len).unwrap(),
        |slots| promised.verify_as(slots),
        std,
    );
    check_column(
        "f16",
        &lengths,
        half::f16::from_f32(0.02),
        |distribution, seed, len| float::filled(distribution, seed, len).unwrap(),
        |slots| promised.verify_as(slots),
        std,
    );
    // Erased flash.
    let slots = [half::bf16::from_bits(0xffff); 3];
    assert_eq!(promised.verify_as(&slots), Err(Mismatch::NotFinite { given: 3 }));
    let slots = [half::f16::from_bits(0xffff); 3];
    assert_eq!(promised.verify_as(&slots), Err(Mismatch::NotFinite { given: 3 }));
}

/// Erased flash, another zero point, and the bytes of another format.
#[test]
fn slots_of_another_format_are_seen() {
    let std = 0.25;
    let normal = Normal { mean: 0.0, std };
    let bits = Quantization::from_fraction_bits;
    for (steps, len) in [(32.0, 30), (4.0, 40), (1.0, 70)] {
        let normal = Normal { mean: 0.0, std: steps / 128.0 };
        assert_seen("0xFF", len, &["repeats", "mean"], |_, len| {
            normal.verify_fixed(7, &vec![-1_i8; len])
        });
    }
    let promised = bits(7).with_zero_point(128);
    for (zero_point, len) in [(124, 8000), (120, 2500), (136, 2500)] {
        assert_seen("zero point", len, &["mean"], |seed, len| {
            let given = bits(7).with_zero_point(zero_point);
            normal.verify_fixed(promised, &fixed::<u8>(normal, given, seed, len))
        });
    }
    assert_seen("i8 in u8", 20, &["std", "mean", "range", "beyond"], |seed, len| {
        let slots: Vec<u8> =
            fixed::<i8>(normal, 7, seed, len).into_iter().map(|slot| slot as u8).collect();
        normal.verify_fixed(promised, &slots)
    });
    assert_seen("i16 in i8", 200, &["std", "mean", "range", "beyond"], |seed, len| {
        let bytes = fixed::<i16>(normal, 15, seed, len / 2).into_iter().flat_map(i16::to_le_bytes);
        let slots: Vec<i8> = bytes.map(|byte| byte as i8).collect();
        normal.verify_fixed(7, &slots)
    });
    assert_seen("f32 in i8", 200, &["std", "mean", "range", "beyond", "repeats"], |seed, len| {
        let mut values = vec![0.0; len / 4];
        normal.fill(STREAM.substream(seed), 0, &mut values).unwrap();
        let bytes = values.into_iter().flat_map(f32::to_le_bytes);
        normal.verify_fixed(7, &bytes.map(|byte| byte as i8).collect::<Vec<_>>())
    });
}

#[cfg(feature = "half")]
mod float {
    use weight_init::{Distribution, Element, InitError, Mismatch};

    use super::STREAM;
    use crate::{cases::fill_as, size::size};

    pub fn filled<E: Element + Default>(
        distribution: Distribution,
        seed: u64,
        len: usize,
    ) -> Result<Vec<E>, InitError> {
        let mut slots = vec![E::default(); len];
        fill_as(distribution, STREAM.substream(seed), 0, &mut slots)?;
        Ok(slots)
    }

    /// Checks that good values are accepted. Distributions that the format can't hold are refused, as by a fill.
    #[track_caller]
    pub fn check<E: Element + Default>(distribution: Distribution, seed: u64, len: usize) {
        match filled::<E>(distribution, seed, len) {
            Ok(slots) => {
                let result = distribution.verify_as(&slots);
                assert!(result.is_ok(), "{distribution:?}, {len} values, seed {seed}: {result:?}");
            }
            Err(error) => {
                let result = distribution.verify_as(&[E::default()]);
                assert_eq!(result, Err(Mismatch::Request(error)));
            }
        }
    }

    /// From values of which each has its own `f16` to subnormal ones, and with values that are all next to each
    /// other.
    #[test]
    fn no_good_buffer_of_floating_point_is_rejected() {
        let rounds = size(40, 1000);
        for std in [1e-8, 1e-7, 3e-6, 1e-4, 0.05, 1.0, 500.0] {
            let far = Distribution::Normal { mean: 300.0 * std, std };
            for (i, distribution) in super::distributions(std).into_iter().chain([far]).enumerate()
            {
                for seed in 0..rounds {
                    let len = super::len(seed);
                    check::<half::f16>(distribution, seed + 1000 * i as u64, len);
                    check::<half::bf16>(distribution, seed + 1000 * i as u64, len);
                }
            }
        }
    }
}
