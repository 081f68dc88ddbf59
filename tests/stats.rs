//! Statistics of a slice. They are compared with two passes in `f64`, and bit for bit with the documented
//! order of operations. Good buffers are accepted at any length, and every classic mistake is detected from
//! the length on that the docs name.

use weight_init::{
    Activation, Cut, Distribution, Init, InitError, Layer, Mismatch, Plan, PlanMismatch, Shape,
    Stats, Stream,
};

use Distribution::{Constant, Normal, TruncatedNormal, Uniform};

use crate::{cases::SAMPLERS, size::size};

const STREAM: Stream = Stream::new(42).named("stats");
const HE: Distribution = Normal { mean: 0.0, std: 0.05 };
const LECUN: Distribution = Uniform { low: -0.1, high: 0.1 };

/// Distributions for which rounding, range or a lack of digits could spoil the statistics, besides the common
/// list of samplers.
const ROUNDED: [Distribution; 10] = [
    Normal { mean: 0.0, std: 1.0 },
    Normal { mean: 0.5, std: 0.1 },
    Normal { mean: -3.0, std: 7.0 },
    Normal { mean: 100.0, std: 1e-3 },
    Normal { mean: 1e6, std: 0.1 },
    Normal { mean: 1e6, std: 1e-3 },
    Normal { mean: 1e-20, std: 1e-22 },
    TruncatedNormal { mean: 3.0, std: 0.5, cut: Cut::TWO },
    Uniform { low: 1e6, high: 1e6 + 0.125 },
    Uniform { low: 1e6, high: 1e6 + 0.062_5 },
];

fn distributions() -> impl Iterator<Item = Distribution> {
    [HE, LECUN].into_iter().chain(ROUNDED).chain(SAMPLERS)
}

fn filled(distribution: Distribution, seed: u64, len: usize) -> Vec<f32> {
    let mut values = vec![f32::NAN; len];
    distribution.fill(STREAM.substream(seed), 0, &mut values).unwrap();
    values
}

fn mean_and_std(distribution: Distribution) -> (f32, f32) {
    let mean = match distribution {
        Constant { value } => value,
        Normal { mean, .. } | TruncatedNormal { mean, .. } => mean,
        Uniform { low, high } => 0.5 * low + 0.5 * high,
        _ => unreachable!(),
    };
    (mean, distribution.std())
}

/// Computes every quantity by itself, and mean and std in two passes of `f64`.
fn expected(distribution: Distribution, values: &[f32]) -> Stats {
    let (mean, std) = mean_and_std(distribution);
    let finite: Vec<f32> = values.iter().copied().filter(|v| v.is_finite()).collect();
    let count = |f: &dyn Fn(f32) -> bool| finite.iter().filter(|&&v| f(v)).count();
    let n = finite.len() as f64;
    let own_mean = finite.iter().map(|&v| f64::from(v)).sum::<f64>() / n;
    let variance = finite.iter().map(|&v| (f64::from(v) - own_mean).powi(2)).sum::<f64>() / n;

    let mut stats = HE.stats(&[]);
    stats.len = values.len();
    stats.not_finite = values.len() - finite.len();
    stats.zeros = count(&|v| v == 0.0);
    stats.repeats = values
        .chunks(256)
        .flat_map(|chunk| chunk.windows(17))
        .filter(|w| w[0].to_bits() == w[16].to_bits())
        .count();
    stats.beyond_2_std = count(&|v| (v - mean).abs() > 2.0 * std);
    stats.beyond_3_std = count(&|v| (v - mean).abs() > 3.0 * std);
    stats.mean = own_mean as f32;
    stats.std = variance.sqrt() as f32;
    // -0 becomes +0.
    stats.min = finite.iter().copied().fold(f32::NAN, f32::min) + 0.0;
    stats.max = finite.iter().copied().fold(f32::NAN, f32::max) + 0.0;
    stats
}

#[track_caller]
fn assert_close(distribution: Distribution, values: &[f32], what: &str) {
    let (given, expected) = (&distribution.stats(values), &expected(distribution, values));
    let exact = |s: &Stats| {
        let counts = [s.len, s.not_finite, s.zeros, s.repeats, s.beyond_2_std, s.beyond_3_std];
        (counts, [s.min, s.max].map(f32::to_bits))
    };
    assert_eq!(exact(given), exact(expected), "{what}");
    if expected.mean.is_nan() {
        assert!(given.mean.is_nan() && given.std.is_nan(), "{what}: {given:?}");
        return;
    }
    let offset = expected.mean - mean_and_std(distribution).0;
    // Two ulp of the larger one. A partial sum of σ is rounded 64 times.
    let ulp = f32::EPSILON * (expected.mean.abs() + expected.std);
    assert!((given.mean - expected.mean).abs() <= ulp, "{what}: {given:?}, {expected:?}");
    let tolerance = 3.0 * f32::EPSILON * (expected.std + offset * (offset / expected.std));
    assert!(
        (given.std - expected.std).abs() <= tolerance || expected.std == 0.0 && given.std == 0.0,
        "{what}: {given:?}, {expected:?}"
    );
}

#[test]
fn statistics_are_those_of_two_passes_in_f64() {
    let lens = (0..70).chain([127, 128, 255, 256, 257, 259, 511, 512, 515, 1023, 5000, 40_000]);
    for len in lens {
        for (seed, distribution) in distributions().enumerate() {
            let values = filled(distribution, seed as u64, len);
            let what = format!("{distribution:?}, {len} values");
            assert_close(distribution, &values, &what);
        }
    }
}

/// Puts a value that is not finite into the fast loop and into the last values, which the loop leaves out.
#[test]
fn values_that_are_not_finite_are_only_counted() {
    let bad = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -f32::NAN];
    for len in [1, 3, 4, 5, 255, 256, 257, 1000] {
        for (i, bad) in bad.into_iter().enumerate() {
            for at in [0, 1, len / 2, len - 1].into_iter().filter(|&at| at < len) {
                let mut values = filled(HE, i as u64, len);
                values[at] = bad;
                let what = format!("{bad} at {at} of {len}");
                let given = HE.stats(&values);
                assert_eq!(given.not_finite, 1, "{what}");
                assert_close(HE, &values, &what);
                assert_eq!(HE.verify(&values), Err(Mismatch::NotFinite { given: 1 }), "{what}");
            }
        }
    }
    let erased = [f32::from_bits(u32::MAX); 300];
    let stats = HE.stats(&erased);
    assert_close(HE, &erased, "erased");
    assert!(stats.min.is_nan() && stats.max.is_nan());
    assert_eq!(HE.verify(&erased), Err(Mismatch::NotFinite { given: 300 }));
}

#[test]
fn values_of_any_size_are_counted_and_summed() {
    // None of these has the promised scale: squares underflow, overflow, or do both in one chunk.
    for scale in [1e-45, 1e-38, 1e-30, 1e-20, 1e-12, 1e12, 1e19, 1e25, 1e38] {
        let mut values: Vec<f32> =
            filled(LECUN, 1, 1000).into_iter().map(|v| v * 10.0 * scale).collect();
        assert_close(HE, &values, &format!("{scale:e}"));
        values[300] = f32::MAX;
        values[301] = f32::MIN;
        assert_close(HE, &values, &format!("{scale:e} and more"));
    }
    // Squares of ¾ of the smallest subnormal, which round up by a third, beside one that is not subnormal.
    let tiny = 0.613 / (1_u128 << 74) as f32;
    let mut values = [tiny; 256];
    values[7] = 1.0 / (1_u64 << 63) as f32;
    assert_close(HE, &values, "subnormal squares");
    // Equal values of any size have no variance.
    for value in [1e-45, 1e-12, 0.05, 0.1, 100.0, 1e38] {
        for distribution in distributions() {
            let stats = distribution.stats(&[value; 1000]);
            assert_eq!((stats.mean, stats.std, stats.min, stats.max), (value, 0.0, value, value));
        }
    }
}

#[test]
fn no_length_and_no_mean_costs_precision() {
    let len = size(1 << 21, 1 << 24);
    for distribution in [Normal { mean: 100.0, std: 1e-3 }, Normal { mean: 0.0, std: 1e-3 }] {
        let values = filled(distribution, 1, len);
        let (given, exact) = (distribution.stats(&values), expected(distribution, &values));
        assert!((given.mean - exact.mean).abs() <= f32::EPSILON * exact.mean.abs().max(1e-3));
        assert!((given.std - exact.std).abs() <= f32::EPSILON * exact.std);
        assert_eq!(distribution.verify(&values), Ok(()));
    }
}

/// Follows the documented order of operations. This is a second implementation, for the bits.
fn in_the_documented_order(mean: f32, values: &[f32]) -> (f32, f32) {
    let (mut sum, mut squares) = (0.0_f64, 0.0_f64);
    for chunk in values.chunks(256) {
        let fours = chunk.len() / 4 * 4;
        let part = |first: usize, f: &dyn Fn(f32) -> f32| {
            chunk[..fours].iter().skip(first).step_by(4).fold(0.0_f32, |sum, &v| sum + f(v - mean))
        };
        let all = |f: &dyn Fn(f32) -> f32| (part(0, f) + part(2, f)) + (part(1, f) + part(3, f));
        if all(&|d| d * d) > 0.0 {
            sum += f64::from(all(&|d| d));
            squares += f64::from(all(&|d| d * d));
        }
        for &v in &chunk[fours..] {
            let d = f64::from(v) - f64::from(mean);
            sum += d;
            squares += d * d;
        }
    }
    let n = values.len() as f64;
    let offset = sum / n;
    let variance = squares / n - offset * offset;
    ((f64::from(mean) + offset) as f32, (variance as f32).sqrt())
}

#[test]
fn the_bits_are_those_of_the_documented_order() {
    // Other scales take the slow path in `f64`.
    let usual = |distribution: &Distribution| (1e-10..1e10).contains(&distribution.std());
    for (seed, distribution) in distributions().filter(usual).enumerate() {
        for len in [2, 3, 4, 5, 31, 100, 255, 256, 257, 258, 300, 1000, 5000, 10_000] {
            let values = filled(distribution, seed as u64, len);
            let stats = distribution.stats(&values);
            let (mean, std) = in_the_documented_order(mean_and_std(distribution).0, &values);
            let given = [stats.mean, stats.std].map(f32::to_bits);
            assert_eq!(given, [mean, std].map(f32::to_bits), "{distribution:?}, {len} values");
        }
    }
}

#[test]
fn an_empty_slice_is_always_accepted() {
    for distribution in distributions() {
        assert_eq!(distribution.verify(&[]), Ok(()));
        let stats = distribution.stats(&[]);
        assert_eq!((stats.len, stats.not_finite, stats.zeros, stats.repeats), (0, 0, 0, 0));
        assert!([stats.mean, stats.std, stats.min, stats.max].iter().all(|v| v.is_nan()));
    }
}

/// Tens of thousands of good buffers, of which one in 10⁹ may be rejected. Half of them are short, because
/// there the tails decide.
#[test]
fn no_good_buffer_is_rejected() {
    let rounds = size(1_100, 5_500);
    let mut values = vec![0.0; 5000];
    for seed in 0..rounds {
        for (i, distribution) in distributions().enumerate() {
            let len = if seed % 2 == 0 { seed / 2 % 64 } else { seed * 7919 % 5001 };
            let values = &mut values[..len as usize];
            let stream = STREAM.named("good").substream(seed).substream(i as u64);
            distribution.fill(stream, 0, values).unwrap();
            let result = distribution.verify(values);
            assert!(result.is_ok(), "{distribution:?}, {len} values, seed {seed}: {result:?}");
        }
    }
}

/// Large buffers have narrow limits, which must leave room for rounding.
#[test]
fn no_large_buffer_is_rejected() {
    let len = size(1 << 20, 1 << 25);
    for (seed, distribution) in distributions().enumerate() {
        let result = distribution.verify(&filled(distribution, seed as u64, len));
        assert!(result.is_ok(), "{distribution:?}: {result:?}");
    }
}

/// Returns the mismatches that are found in the buffers of 1000 seeds.
fn found(promised: Distribution, make: impl Fn(u64) -> Vec<f32>) -> Vec<&'static str> {
    let name = |mismatch| match mismatch {
        Mismatch::Range { .. } => "range",
        Mismatch::Zeros { .. } => "zeros",
        Mismatch::Repeats { .. } => "repeats",
        Mismatch::Mean { .. } => "mean",
        Mismatch::Std { .. } => "std",
        Mismatch::Beyond { .. } => "beyond",
        _ => "something else",
    };
    (0..1000).filter_map(|seed| promised.verify(&make(seed)).err().map(name)).collect()
}

/// Checks that 999 of 1000 buffers are rejected, at the length that the docs name and at twice that.
#[track_caller]
fn assert_seen(
    what: &str,
    promised: Distribution,
    len: usize,
    expected: &[&str],
    make: impl Fn(u64, usize) -> Vec<f32>,
) {
    for len in [len, 2 * len] {
        let found = found(promised, |seed| make(seed, len));
        assert!(found.len() >= 999, "{what}, {promised:?}, {len} values: {} seen", found.len());
        let other = found.iter().find(|name| !expected.contains(name));
        assert_eq!(other, None, "{what}, {promised:?}, {len} values");
    }
}

#[test]
fn zeros_and_repeats_are_seen_at_the_documented_length() {
    for promised in [HE, LECUN] {
        assert_seen("zeros", promised, 1, &["zeros"], |_, len| vec![0.0; len]);
        assert_seen("one zero", promised, 1, &["zeros"], |seed, len| {
            let mut values = filled(promised, seed, len);
            values[seed as usize % len] = if seed % 2 == 0 { 0.0 } else { -0.0 };
            values
        });
        assert_seen("all the same", promised, 24, &["repeats"], |_, len| vec![0.01; len]);
        assert_seen("a lane stands still", promised, 144, &["repeats"], |seed, len| {
            let mut values = filled(promised, seed, len);
            values.iter_mut().skip(seed as usize % 16).step_by(16).for_each(|v| *v = 0.02);
            values
        });
        for len in [100, 1000, 100_000] {
            let values = filled(promised, 7, len);
            let found = found(promised, |seed| {
                let first = seed as usize * 7919 % (len - 48 + 1);
                let mut values = values.clone();
                values[first..first + 48].fill(0.01);
                values
            });
            assert_eq!(found, ["repeats"; 1000], "a part of {len} overwritten");
        }
    }
}

#[test]
fn another_distribution_is_seen_at_the_documented_length() {
    let normal = |mean, std| Normal { mean, std };
    let truncated = |std| TruncatedNormal { mean: 0.0, std, cut: Cut::TWO };
    let cut = |cut| TruncatedNormal { mean: 0.0, std: 0.05, cut };
    let uniform = |mean: f32, std: f32| {
        let half = 3_f32.sqrt() * std;
        Uniform { low: mean - half, high: mean + half }
    };
    let root_2 = std::f32::consts::SQRT_2;
    for (what, len, promised, given, expected) in [
        ("2 / √fan", 400, normal(0.0, 0.05), normal(0.0, 0.05 * root_2), &["std"][..]),
        ("2 / √fan", 200, truncated(0.05), truncated(0.05 * root_2), &["range"]),
        ("half", 600, truncated(0.05), truncated(0.05 / root_2), &["std"]),
        ("not cut off", 1200, truncated(0.05), normal(0.0, 0.05), &["range"]),
        ("not cut off at 3", 3000, cut(Cut::at(3.0)), normal(0.0, 0.05), &["range"]),
        ("std before", 200, cut(Cut::at(1.0)), cut(Cut::std_before(1.0)), &["std"]),
        ("std after", 200, cut(Cut::std_before(1.0)), cut(Cut::at(1.0)), &["range"]),
        ("cut off", 20_000, normal(0.0, 0.05), truncated(0.05), &["beyond"]),
        ("2 / √fan", 20, uniform(0.0, 0.05), uniform(0.0, 0.05 * root_2), &["range"]),
        ("half", 600, normal(0.0, 0.05), normal(0.0, 0.05 / root_2), &["std"]),
        ("half", 300, uniform(0.0, 0.05), uniform(0.0, 0.05 / root_2), &["std"]),
        ("family", 1200, normal(0.0, 0.05), uniform(0.0, 0.05), &["beyond"]),
        ("family", 100, uniform(0.0, 0.05), normal(0.0, 0.05), &["range"]),
        ("gain", 6000, normal(0.0, 0.05), normal(0.0, 0.055), &["std", "beyond"]),
        ("gain", 100, uniform(0.0, 0.05), uniform(0.0, 0.055), &["range"]),
        ("mean", 10_000, normal(0.0, 0.05), normal(0.005, 0.05), &["mean"]),
        ("mean", 300, uniform(0.0, 0.05), uniform(0.005, 0.05), &["range"]),
    ] {
        assert_seen(what, promised, len, expected, |seed, len| filled(given, seed, len));
    }
    // Only the tails differ, and the variance is as promised: no tails, then three times as much.
    let clipped = |seed, len| -> Vec<f32> {
        filled(HE, seed, len).into_iter().map(|v| 1.0033 * v.clamp(-0.1495, 0.1495)).collect()
    };
    assert_seen("no tails", HE, 30_000, &["beyond"], clipped);
    let heavy = |seed, len| -> Vec<f32> {
        let mut values = filled(HE, seed, len);
        for (i, v) in values.iter_mut().enumerate() {
            *v = if i % 160 == 0 { (0.15 + 0.1 * v.abs()).copysign(*v) } else { 0.9725 * *v };
        }
        values
    };
    assert_seen("tails", HE, 20_000, &["beyond"], heavy);
    // More values beyond 2 σ and fewer far beyond: a ninth lies at ± 2.05 σ, and the rest moves inwards.
    let shoulders = |seed, len| -> Vec<f32> {
        let mut values = filled(HE, seed, len);
        for (i, v) in values.iter_mut().enumerate() {
            *v = if i % 9 == 0 { (0.1 + 0.06 * v.abs()).copysign(*v) } else { 0.77 * *v };
        }
        values
    };
    assert_seen("shoulders", HE, 3_000, &["beyond"], shoulders);
}

#[test]
fn zeros_are_no_mistake_if_the_mean_is_not_zero() {
    for promised in [Uniform { low: 0.0, high: 1.0 }, Normal { mean: 0.05, std: 0.05 }] {
        let mut values = filled(promised, 1, 1000);
        for (zeros, at) in (1..=7).zip([0, 1, 2, 3, 500, 998, 999]) {
            values[at] = 0.0;
            assert_eq!(promised.stats(&values).zeros, zeros);
            assert_eq!(promised.verify(&values), Ok(()));
        }
        values[300] = -0.0;
        assert_eq!(promised.verify(&values), Err(Mismatch::Zeros { high: 7, given: 8 }));
    }
}

/// The limits are those of the table in the docs. One quantity is wrong and all others are right.
#[test]
fn the_limits_are_those_of_the_docs() {
    const X: f64 = 23.0;
    // With a standard deviation of 1, a unit of the sums is 2⁻⁹. No root of a mean square is off by more than the
    // distances are.
    const HALF_UNIT: f32 = 1.0 / 1024.0;
    let close = |given: f32, expected: f64| {
        assert!(
            (f64::from(given) - expected).abs() <= 1e-6 * (1.0 + expected),
            "{given}, {expected}"
        );
    };
    let half = 3_f32.sqrt();
    let uniform = Uniform { low: -half, high: half };
    let normal = Normal { mean: 0.0, std: 1.0 };
    let truncated = TruncatedNormal { mean: 0.0, std: 1.0, cut: Cut::at(3.0) };
    for (promised, spread, peak, far) in [
        (normal, 2.0, 2.0, 5.0),
        (uniform, 0.8, 2.0 / 3.0, 1.7),
        (truncated, 1.828885564, 2.748847075, 2.9),
    ] {
        for len in [40, 200, 1000, 100_000] {
            let n = len as f64;
            // Values around ±`at`, with alternating signs or all positive.
            let verify = |at: f32, sign: f32| {
                let noise = filled(uniform, 1, len).into_iter().map(|v| 1.0 + 1e-3 * v).enumerate();
                let values = noise.map(|(i, v)| if i % 2 == 0 { at * v } else { at * sign * v });
                promised.verify(&values.collect::<Vec<_>>()).unwrap_err()
            };
            match verify(1.6, 1.0) {
                Mismatch::Mean { low, high, given } => {
                    close(high, (2.0 * X / n).sqrt());
                    assert_eq!(low, -high);
                    assert!((given - 1.6).abs() < 0.01);
                }
                other => panic!("{other:?}"),
            }
            let limits = [
                (1.0 - (2.0 * spread * X / n).sqrt() - X / (3.0 * n)).max(0.0).sqrt(),
                (1.0 + (2.0 * spread * X / n).sqrt() + peak * X / n).sqrt(),
            ];
            for at in [0.01, far] {
                // Too few values to be rejected.
                if (len, at) == (40, 0.01) {
                    continue;
                }
                match verify(at, -1.0) {
                    Mismatch::Std { low, high, given } => {
                        close(low, limits[0]);
                        close(high, limits[1]);
                        assert!((given - at).abs() < 0.01 * at + HALF_UNIT);
                    }
                    other => panic!("{other:?}"),
                }
            }
        }
    }
    // The standard deviation is taken about the promised mean. The distances are rounded to 2⁻⁹. Five standard errors of
    // 1000 roundings are 5 × 2⁻⁹ / √12 / √1000.
    let values: Vec<f32> = filled(normal, 1, 1000).into_iter().map(|v| 0.2 + 0.1 * v).collect();
    let exact = values.iter().map(|&v| f64::from(v).powi(2)).sum::<f64>() / 1000.0;
    match normal.verify(&values) {
        Err(Mismatch::Std { given, .. }) => {
            assert!((f64::from(given) - exact.sqrt()).abs() < 9e-5, "{given}, {}", exact.sqrt());
        }
        other => panic!("{other:?}"),
    }
    // Mean and variance as promised, with other shares beyond 2 and 3 σ, in tenths of a per cent.
    for (stds, p, beyond_2, beyond_3) in [
        (2, 0.045_500_264, 0, 0),
        (2, 0.045_500_264, 100, 0),
        (3, 0.002_699_796, 46, 0),
        (3, 0.002_699_796, 46, 10),
    ] {
        let (n, noise) = (30_000.0, filled(uniform, 1, 30_000));
        let (far, farther) = (f64::from(beyond_2 - beyond_3) / 1e3, f64::from(beyond_3) / 1e3);
        let rest = 1.0 - far - farther;
        let near = ((1.0 - far * 2.1_f64.powi(2) - farther * 3.1_f64.powi(2)) / rest).sqrt();
        let values = noise.iter().zip((0..1000).cycle()).map(|(v, i)| {
            let at = match i {
                i if i < beyond_3 => 3.1,
                i if i < beyond_2 => 2.1,
                _ => near as f32,
            };
            (if i % 2 == 0 { at } else { -at }) + 1e-3 * v
        });
        let values: Vec<f32> = values.collect();
        let spread = (2.0 * n * p * X).sqrt();
        let expected = Mismatch::Beyond {
            stds,
            low: (n * p - spread) as usize,
            high: (n * p + spread + X / 3.0) as usize,
            given: 30 * if stds == 2 { beyond_2 } else { beyond_3 } as usize,
        };
        assert_eq!(normal.verify(&values), Err(expected));
    }
}

#[test]
fn bounds_are_exact() {
    let seen = |distribution: Distribution, value: f32| {
        matches!(distribution.verify(&[value]), Err(Mismatch::Range { .. }))
    };
    for (low, high) in [(-0.1, 0.1), (0.0, 1.0), (1e6, 1e6 + 0.125)] {
        let uniform = Uniform { low, high };
        assert!(!seen(uniform, low) && !seen(uniform, high));
        assert!(seen(uniform, low.next_down()) && seen(uniform, high.next_up()));
    }
    for (mean, std) in [(0.0, 0.05), (3.0, 0.05)] {
        let normal = Normal { mean, std };
        assert!(seen(normal, mean - 8.01 * std) && seen(normal, mean + 8.01 * std));
        assert!(!seen(normal, mean - 7.68 * std) && !seen(normal, mean + 7.68 * std));
        // One such value is accepted, and two are not.
        assert!(matches!(normal.verify(&[mean + 7.6 * std; 2]), Err(Mismatch::Mean { .. })));
    }
    let (cut, unit) = (2.273_694, TruncatedNormal { mean: 0.0, std: 1.0, cut: Cut::TWO });
    assert!(!seen(unit, cut) && seen(unit, cut + 1e-5) && seen(unit, -cut - 1e-5));
    for value in [0.0, 1.5] {
        for constant in [
            Constant { value },
            Normal { mean: value, std: 0.0 },
            Uniform { low: value, high: value },
        ] {
            let mut values = [value; 1000];
            assert_eq!(constant.stats(&values).std, 0.0);
            assert_eq!(constant.verify(&values), Ok(()));
            for at in [0, 500, 999] {
                values[at] = value.next_up();
                let max = value.next_up();
                let expected = Mismatch::Range { low: value, high: value, min: value, max };
                assert_eq!(constant.verify(&values), Err(expected));
                values[at] = value;
            }
        }
    }
}

#[test]
fn a_scheme_has_its_fan_and_its_length() {
    let shape = Shape::dense(300, 100);
    let mut weights = vec![0.0; 30_000];
    for (name, init) in [
        ("he", Init::he_normal()),
        ("xavier", Init::xavier_uniform()),
        ("gain", Init::lecun_normal().gain(1.53)),
        ("zeros", Init::zeros()),
    ] {
        init.fill(STREAM.named(name), &shape, &mut weights).unwrap();
        assert!(init.verify(&shape, &weights).is_ok(), "{name}");
        // The fan of the layer transposed.
        let transposed = init.verify(&Shape::dense(100, 300), &weights).is_ok();
        assert_eq!(transposed, ["zeros", "xavier"].contains(&name), "{name}");
    }
    let request = |init: Init, len| match init.verify(&shape, &weights[..len]) {
        Err(Mismatch::Request(error)) => error,
        other => panic!("{other:?}"),
    };
    let expected = InitError::WrongLength { expected: 30_000, given: 10 };
    assert_eq!(request(Init::he_normal(), 10), expected);
    let expected = InitError::Gain { given: -1.0 };
    assert_eq!(request(Init::he_normal().gain(-1.0), 30_000), expected);
    let expected = InitError::Std { given: -1.0 };
    assert_eq!(request(Init::normal(0.0, -1.0), 30_000), expected);
}

#[test]
fn parameters_that_are_not_admissible_are_refused() {
    for distribution in [
        Normal { mean: f32::NAN, std: 1.0 },
        Normal { mean: 0.0, std: f32::NAN },
        Normal { mean: f32::MAX, std: f32::INFINITY },
        Normal { mean: 0.0, std: -1.0 },
        Uniform { low: f32::INFINITY, high: f32::NEG_INFINITY },
        Uniform { low: f32::NAN, high: 1.0 },
        Constant { value: f32::NAN },
        Constant { value: f32::INFINITY },
    ] {
        for len in [0, 3, 1000] {
            let values = filled(HE, 1, len);
            let expected = distribution.fill(STREAM, 0, &mut [0.0]).unwrap_err();
            let same = match distribution.verify(&values) {
                Err(Mismatch::Request(error)) => format!("{error:?}") == format!("{expected:?}"),
                _ => false,
            };
            assert!(same, "{distribution:?}");
            // The statistics mean nothing, but exist.
            assert_eq!(distribution.stats(&values).len, len);
        }
    }
}

#[test]
fn a_plan_names_the_tensor() {
    const LAYERS: [Layer; 3] = [
        Layer::new("fc1", Shape::dense(64, 32), Activation::Relu),
        Layer::with_init("norm", Shape::vector(32), Init::ones()),
        Layer::new("fc2", Shape::dense(32, 10), Activation::Linear),
    ];
    let plan: Plan<6> = Plan::from_layers(&LAYERS).unwrap();
    let mut buffer = vec![0.0; plan.len()];
    plan.fill(STREAM, &mut buffer).unwrap();
    assert_eq!(plan.verify(&buffer), Ok(()));

    for tensor in plan.tensors() {
        let mut wrong = buffer.clone();
        wrong[tensor.range().end - 1] = f32::NAN;
        let mismatch = Mismatch::NotFinite { given: 1 };
        let expected = PlanMismatch::Tensor { name: tensor.name(), mismatch };
        assert_eq!(plan.verify(&wrong), Err(expected));
        let message = format!("{}: NaN or infinite values: expected none, found 1", tensor.name());
        assert_eq!(expected.to_string(), message);
    }
    let error = InitError::WrongLength { expected: plan.len(), given: 3 };
    assert_eq!(plan.verify(&buffer[..3]), Err(PlanMismatch::Request(error)));
    assert_eq!(PlanMismatch::Request(error).to_string(), error.to_string());
}

/// An error that holds another one names it as its source.
#[test]
fn a_mismatch_names_its_source() {
    use std::error::Error;

    let request = InitError::ZeroFan { fan_in: 0, fan_out: 3 };
    let is_request = |source: Option<&(dyn Error + 'static)>| {
        source.and_then(|source| source.downcast_ref::<InitError>()) == Some(&request)
    };
    let mismatch = Mismatch::Request(request);
    assert!(is_request(mismatch.source()));
    assert!(is_request(PlanMismatch::Request(request).source()));
    assert!(Mismatch::NotFinite { given: 1 }.source().is_none());
    assert!(request.source().is_none());

    let plan: Plan<2> =
        Plan::from_layers(&[Layer::new("fc", Shape::dense(9, 5), Activation::Relu)]).unwrap();
    let name = plan.tensors()[0].name();
    let outer = PlanMismatch::Tensor { name, mismatch };
    let inner = outer.source().and_then(|source| source.downcast_ref::<Mismatch>());
    assert_eq!(inner, Some(&mismatch));
    assert!(is_request(inner.unwrap().source()));
}

#[test]
fn messages_say_what_was_expected_and_given() {
    for (mismatch, message) in [
        (Mismatch::Request(InitError::UnknownName), InitError::UnknownName.to_string().as_str()),
        (Mismatch::NotFinite { given: 3 }, "NaN or infinite values: expected none, found 3"),
        (
            Mismatch::Range { low: -0.5, high: 0.5, min: -0.7, max: 0.25 },
            "values out of range: expected -0.5 to 0.5, found -0.7 to 0.25",
        ),
        (Mismatch::Zeros { high: 0, given: 3 }, "too many zeros: expected at most 0, found 3"),
        (
            Mismatch::Repeats { high: 7, given: 9 },
            "too many values equal to the value 16 before them: expected at most 7, found 9",
        ),
        (
            Mismatch::Mean { low: -0.5, high: 0.5, given: 0.75 },
            "wrong mean: expected -0.5 to 0.5, found 0.75",
        ),
        (
            Mismatch::Std { low: 0.5, high: 1.5, given: 2.0 },
            "wrong standard deviation: expected 0.5 to 1.5, found 2",
        ),
        (
            Mismatch::Beyond { stds: 2, low: 10, high: 20, given: 30 },
            "wrong number of values beyond 2 standard deviations: expected 10 to 20, found 30",
        ),
    ] {
        assert_eq!(mismatch.to_string(), message);
    }
}

/// Also where every other value is the promised mean, and all distances that count are zero.
#[test]
fn a_nan_among_values_that_are_the_mean_is_counted() {
    for value in [0.0, -0.0, 2.5] {
        for distribution in
            [Distribution::Constant { value }, Distribution::Normal { mean: value, std: 1.0 }]
        {
            for len in 1..40 {
                for at in 0..len {
                    let mut values = vec![value; len];
                    values[at] = f32::NAN;
                    let stats = distribution.stats(&values);
                    let finite = len - 1;
                    let zeros = if value == 0.0 { finite } else { 0 };
                    assert_eq!((stats.not_finite, stats.zeros), (1, zeros), "{len}, {at}");
                    let mean = if finite == 0 { f32::NAN } else { value + 0.0 };
                    assert_eq!(stats.mean.to_bits(), mean.to_bits());
                    let error = distribution.verify(&values).unwrap_err();
                    assert_eq!(error, Mismatch::NotFinite { given: 1 });
                }
            }
        }
    }
}
