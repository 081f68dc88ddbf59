//! The expectations for rounded values are compared with the values themselves.

extern crate std;

use std::{format, string::String, vec, vec::Vec};

use super::{
    grid::{self, Grid},
    rounded::{Expected, Rounded},
    stats::Stats,
};
use crate::{
    distribution::{Cut, Distribution},
    sampler::LANES,
    slot::{Element, FixedPoint, Quantization},
    stream::Stream,
};

use Distribution::{Normal, TruncatedNormal, Uniform};

const LEN: usize = 1 << 18;

/// A distribution, its values in slots of another format, and the expectations for them.
struct Case {
    what: String,
    distribution: Distribution,
    stats: Stats,
    values: Vec<f32>,
    expected: Expected,
    single: bool,
}

impl Case {
    fn new(what: String, distribution: Distribution, grid: Grid, values: Vec<f32>) -> Self {
        let limits = distribution.limits();
        let rounded = Rounded::new(&distribution, &limits, grid);
        let stats = Stats::new(&values, limits.mean, limits.std);
        let result = rounded.check(&stats);
        assert!(result.is_ok(), "{what}: {result:?}");
        let (expected, single) = (rounded.expected(0.1), rounded.is_single());
        Self { what, distribution, stats, values, expected, single }
    }

    fn float<E: Element>(name: &str, distribution: Distribution, seed: u64) -> Self {
        let mut slots = vec![E::round(0.0); LEN];
        let stream = Stream::new(seed).named("rounded");
        distribution.draw_range(stream, 0..LEN as u64).unwrap().write_as(&mut slots).unwrap();
        let values = slots.into_iter().map(E::to_f32).collect();
        Self::new(format!("{name}, {distribution:?}"), distribution, Grid::float::<E>(), values)
    }

    fn fixed<Q: FixedPoint>(
        name: &str,
        distribution: Distribution,
        quantization: impl Into<Quantization>,
        seed: u64,
    ) -> Self {
        let quantization = quantization.into();
        let mut slots = vec![Q::of(0); LEN];
        let stream = Stream::new(seed).named("rounded");
        let draw = distribution.draw_range(stream, 0..LEN as u64).unwrap();
        draw.write_fixed(quantization, &mut slots).unwrap();
        let values = slots.into_iter().map(|slot| grid::value(quantization, slot)).collect();
        let what = format!("{name}, {quantization:?}, {distribution:?}");
        Self::new(what, distribution, Grid::fixed::<Q>(quantization), values)
    }

    /// Checks that each quantity is as expected within 5 standard errors.
    fn check(&self) {
        let Self { what, distribution, stats, values, expected, single } = self;
        if *single {
            assert!(values.iter().all(|value| *value == values[0]), "{what}");
            return;
        }
        let n = values.len() as f64;
        let (mean, std) = (f64::from(distribution.limits().mean), f64::from(distribution.std()));
        let rounding = (mean.abs() / std + 2.0) / 4_194_304.0;
        let share = |quantity: &str, given: usize, n: f64, expected: f64, factor: f64| {
            let error = libm::sqrt(factor * n * expected * (1.0 - expected).max(0.0)) + 1.0;
            let off = given as f64 - n * expected;
            assert!(
                off.abs() < 5.0 * error + n * rounding,
                "{what}: {quantity}: {given}, not {}: {} errors",
                n * expected,
                off / error
            );
        };
        share("zeros", stats.zeros, n, expected.zeros, 1.0);
        share("beyond 2 std", stats.beyond_2_std, n, expected.beyond[0], 1.0);
        share("beyond 3 std", stats.beyond_3_std, n, expected.beyond[1], 1.0);
        let pairs = (n / 256.0) as usize * (256 - LANES);
        share("repeats", stats.repeats, pairs as f64, expected.repeats, 2.0);

        let moment = |quantity: &str, power: &dyn Fn(f64) -> f64, expected: f64| {
            let powers = || values.iter().map(|&value| power((f64::from(value) - mean) / std));
            let given = powers().sum::<f64>() / n;
            let variance = powers().map(|x| (x - given) * (x - given)).sum::<f64>() / n;
            let off = given - expected;
            let error = libm::sqrt(variance / n);
            assert!(
                off.abs() < 5.0 * error + rounding * (1.0 + expected.abs()) * 2.0 + 1e-9,
                "{what}: {quantity}: {given}, not {expected}: {} errors",
                off / error
            );
        };
        moment("mean", &|d| d, expected.mean);
        moment("square", &|d| d * d, expected.square);
        moment("fourth power", &|d| d * d * d * d, expected.fourth);
    }
}

/// Every kind of distribution: around zero and elsewhere.
fn distributions(std: f32) -> [Distribution; 9] {
    [
        Normal { mean: 0.0, std },
        Normal { mean: 0.7 * std, std },
        Normal { mean: -5.3 * std, std },
        Normal { mean: 40.0 * std, std },
        TruncatedNormal { mean: 0.0, std, cut: Cut::TWO },
        TruncatedNormal { mean: 1.3 * std, std, cut: Cut::std_before(3.0) },
        Uniform { low: -std, high: std },
        Uniform { low: 0.0, high: 2.5 * std },
        Uniform { low: -7.5 * std, high: -3.0 * std },
    ]
}

#[test]
fn fixed_point_is_as_expected() {
    // From nearly all zeros to nearly all saturated. The step of an `i8` is then 8 to 0.001 standard deviations.
    let mut seed = 0;
    for steps in [0.13, 0.3, 0.51, 1.0, 2.7, 6.1, 16.3, 40.0, 100.0, 1000.0] {
        for distribution in distributions(steps / 128.0) {
            seed += 1;
            Case::fixed::<i8>("i8", distribution, 7, seed).check();
            let scale = Quantization::from_scale(1.0 / 120.0);
            for zero_point in [0, 3, 128, 255] {
                let quantization = scale.with_zero_point(zero_point);
                Case::fixed::<u8>("u8", distribution, quantization, seed).check();
            }
            for fraction_bits in [7, 9, 15, 20] {
                Case::fixed::<i16>("i16", distribution, fraction_bits, seed).check();
            }
            for fraction_bits in [8, 31] {
                Case::fixed::<i32>("i32", distribution, fraction_bits, seed).check();
            }
        }
    }
}

#[cfg(feature = "half")]
#[test]
fn floating_point_is_as_expected() {
    let mut seed = 1000;
    for std in [2e-8, 1e-7, 1e-6, 5e-5, 0.03, 1.0, 700.0] {
        for distribution in distributions(std) {
            seed += 1;
            Case::float::<half::f16>("f16", distribution, seed).check();
            Case::float::<half::bf16>("bf16", distribution, seed).check();
        }
    }
    for (mean, std) in [(1000.0, 1.0), (1000.0, 0.1), (1.0, 0.01), (1.0, 0.001), (-3.0, 0.3)] {
        for distribution in [
            Normal { mean, std },
            TruncatedNormal { mean, std, cut: Cut::TWO },
            Uniform { low: mean, high: mean + 3.0 * std },
        ] {
            seed += 1;
            Case::float::<half::f16>("f16", distribution, seed).check();
            Case::float::<half::bf16>("bf16", distribution, seed).check();
        }
    }
}
