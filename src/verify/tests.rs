//! The expectations for rounded values are compared with the values themselves.

extern crate std;

use std::{format, string::String, vec, vec::Vec};

use super::{
    grid::{self, Grid},
    rounded::{Expected, Rounded, pairs},
    stats::{CHUNK, Stats},
};
#[cfg(feature = "half")]
use crate::slot::Element;
use crate::{
    distribution::{Cut, Distribution},
    sampler::LANES,
    size::size,
    slot::{FixedPoint, Quantization},
    stream::Stream,
};

use Distribution::{Normal, TruncatedNormal, Uniform};

fn len() -> usize {
    size(1 << 15, 1 << 20)
}

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

    #[cfg(feature = "half")]
    fn float<E: Element>(name: &str, distribution: Distribution, seed: u64) -> Self {
        let mut slots = vec![E::round(0.0); len()];
        let stream = Stream::new(seed).named("rounded");
        distribution.draw_range(stream, 0..len() as u64).unwrap().write_as(&mut slots).unwrap();
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
        let mut slots = vec![Q::of(0); len()];
        let stream = Stream::new(seed).named("rounded");
        let draw = distribution.draw_range(stream, 0..len() as u64).unwrap();
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

        let moment = |quantity: &str, power: i32, expected: f64, variance: f64| {
            let power = |d: f64| match power {
                1 => d,
                2 => d * d,
                _ => d * d * d * d,
            };
            let powers = || values.iter().map(|&value| power((f64::from(value) - mean) / std));
            let given = powers().sum::<f64>() / n;
            let own = powers().map(|x| (x - given) * (x - given)).sum::<f64>() / n;
            let error = libm::sqrt(own.max(variance) / n);
            let off = given - expected;
            assert!(
                off.abs() < 5.0 * error + 2.0 * rounding * (1.0 + expected.abs()) + 1e-9,
                "{what}: {quantity}: {given}, not {expected}: {} errors",
                off / error
            );
        };
        let &Expected { mean: first, square, fourth, .. } = expected;
        moment("mean", 1, first, square - first * first);
        moment("square", 2, square, fourth - square * square);
        // Its variance is not known if all values were the same.
        if stats.min < stats.max {
            moment("fourth power", 4, fourth, 0.0);
        }
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

/// Counts the false alarms of short buffers, with limits that are so narrow that alarms can be observed. The
/// bounds promise that there are not more of them at any length, in coarse formats or in fine ones.
#[test]
fn alarms_are_as_rare_as_promised() {
    const RARITY: f64 = 4.5;
    let rounds = size(400, 20_000);
    let mut seed = 0;
    for steps in [0.2, 0.7, 3.0, 30.0, 120.0, 400.0] {
        for distribution in distributions(steps / 128.0) {
            let limits = distribution.limits();
            let quantization = Quantization::from_fraction_bits(7);
            let mut rounded = Rounded::new(&distribution, &limits, Grid::fixed::<i8>(quantization));
            rounded.rarity = RARITY;
            let (mut checked, mut alarms, mut last) = (0, 0, None);
            for len in [1, 3, 10, 33, 100, 500] {
                for _ in 0..rounds * 10 / (len + 10) {
                    seed += 1;
                    let draw = distribution.draw_range(Stream::new(seed), 0..len).unwrap();
                    let mut slots = vec![0_i8; len as usize];
                    draw.write_fixed(quantization, &mut slots).unwrap();
                    let value = |slot| grid::value(quantization, slot);
                    let stats = Stats::of_slots(&slots, value, limits.mean, limits.std);
                    checked += 1;
                    if let Err(mismatch) = rounded.check(&stats) {
                        (alarms, last) = (alarms + 1, Some((len, mismatch)));
                    }
                }
            }
            let most = 11.0 * libm::exp(-RARITY) * f64::from(checked);
            assert!(
                f64::from(alarms) < most,
                "{distribution:?}: {alarms} alarms in {checked} buffers, promised {most}: {last:?}"
            );
        }
    }
}

/// The integrals are the sums over cells wherever they replace them, and up to many more cells. The terms of the
/// Euler–Maclaurin formula that are left out have the fourth power of the step.
#[test]
fn integrals_are_the_sums_over_cells() {
    let compared = core::cell::Cell::new(0);
    let compare = |what: &str, distribution: Distribution, grid: Grid| {
        let rounded = Rounded::new(&distribution, &distribution.limits(), grid);
        if !(64.0..100_000.0).contains(&rounded.cells()) {
            return;
        }
        compared.set(compared.get() + 1);
        let (integral, sum) = (rounded.integral(), rounded.sum_of_cells(0.01));
        let step = rounded.largest_step();
        let close = |quantity: &str, given: f64, expected: f64, error: f64| {
            assert!(
                (given - expected).abs() <= error,
                "{what}, {distribution:?}, {step} std per step: {quantity}: {given}, not {expected}"
            );
        };
        let error = 1e-9 + 0.002 * step * step * step * step;
        let unit = libm::pow(1.0 + sum.high - sum.low, 2.0);
        close("mean", integral.mean, sum.mean, error);
        close("square", integral.square, sum.square, error * unit);
        close("fourth power", integral.fourth, sum.fourth, 5.0 * error * unit * unit);
        let likeliest = integral.likeliest / sum.likeliest;
        assert!((1.0 - 1e-9..1.5).contains(&likeliest), "{what}, {distribution:?}: {likeliest}");
        // The value at which a step changes has a cell of 3/4 of the longer step, which the integral takes for more.
        let odd_cells = if rounded.has_even_steps() { 0.0 } else { 2e-3 };
        let error = (0.05 * step * step + odd_cells) * sum.repeats + 1e-12;
        close("repeats", integral.repeats, sum.repeats, error);
        close("zeros", integral.zeros, sum.zeros, 1e-14);
        for i in [0, 1] {
            close("beyond", integral.beyond[i], sum.beyond[i], 1e-12);
        }
    };
    for steps in [5.0, 10.0, 31.0, 100.0, 1000.0] {
        for distribution in distributions(steps / 128.0) {
            let bits = Quantization::from_fraction_bits;
            compare("i8", distribution, Grid::fixed::<i8>(bits(7)));
            for zero_point in [10, 128] {
                let quantization = bits(7).with_zero_point(zero_point);
                compare("u8", distribution, Grid::fixed::<u8>(quantization));
            }
            compare("i16", distribution, Grid::fixed::<i16>(bits(8)));
            compare("i16", distribution, Grid::fixed::<i16>(bits(12)));
        }
    }
    assert!(compared.get() > 100, "{compared:?}");
    #[cfg(feature = "half")]
    for std in [3e-7, 1e-6, 1e-5, 0.03, 1.0] {
        for distribution in distributions(std) {
            compare("f16", distribution, Grid::float::<half::f16>());
            compare("bf16", distribution, Grid::float::<half::bf16>());
        }
    }
}

/// No pair shares a value with another pair of its kind, and together they are all pairs of the statistics.
#[test]
fn pairs_are_split_into_two_kinds() {
    for len in (0..600).chain([1000, 4096, 5000]) {
        let mut expected = [0; 2];
        for start in (0..len).step_by(CHUNK) {
            for at in (start + LANES)..(start + CHUNK).min(len) {
                expected[(at - start) / LANES % 2] += 1;
            }
        }
        let [even, odd] = pairs(len);
        assert_eq!([odd, even], expected, "{len}");
    }
}

/// Every value of a format is found, in order, and each is the middle of the values that become it.
#[test]
fn the_points_of_a_grid_are_the_values_of_a_format() {
    fn check(grid: Grid, round: impl Fn(f32) -> f32, start: f64, len: usize) {
        let mut at = start;
        for i in 0..len {
            let value = grid.value(at);
            assert_eq!(grid.nearest(value), at, "{value}");
            assert_eq!(round(value), value);
            assert_eq!(grid.previous(grid.next(at)), at, "{value}");
            assert_eq!(grid.count(start, at), (i + 1) as f64, "{value}");
            let end = grid.above(at) as f32;
            assert_eq!(f64::from(end), grid.above(at), "{value}");
            assert_eq!(grid.above(at), grid.below(grid.next(at)));
            let next = grid.value(grid.next(at));
            assert_eq!([end.next_down(), end.next_up()].map(&round), [value, next]);
            at = grid.next(at);
        }
    }
    fn fixed<Q: FixedPoint>(fraction_bits: u32) {
        use crate::slot::{Fixed, Rounding};
        let quantization = Quantization::from_fraction_bits(fraction_bits);
        let rounding = Fixed::<Q>::up_to(f32::MAX, quantization).unwrap();
        let round = |value| grid::value(quantization, rounding.round(value).0);
        check(Grid::fixed::<Q>(quantization), round, -128.0, 255);
    }
    fixed::<i8>(7);
    fixed::<i16>(20);
    fixed::<i32>(31);
    #[cfg(feature = "half")]
    {
        let f16 = |value| rounded::<half::f16>(value);
        for start in [-5e-4, -f64::from(1 << 15), 1.0, 200.0] {
            let grid = Grid::float::<half::f16>();
            check(grid, f16, grid.nearest(start as f32), 5000);
        }
        let bf16 = |value| rounded::<half::bf16>(value);
        for start in [-5.0, -1e-39, -1e30, 1.0] {
            let grid = Grid::float::<half::bf16>();
            check(grid, bf16, grid.nearest(start as f32), 1000);
        }
    }
}

#[cfg(feature = "half")]
fn rounded<E: Element>(value: f32) -> f32 {
    E::round(value).to_f32()
}

/// Every slot of 16 bits has the value that `half` gives it.
#[cfg(feature = "half")]
#[test]
fn slots_have_the_values_of_half() {
    fn check<E: Element>(slot: E, expected: f32) {
        let given = slot.to_f32();
        let same = given.to_bits() == expected.to_bits() || given.is_nan() && expected.is_nan();
        assert!(same, "{given}, not {expected}");
    }
    for bits in 0..=u16::MAX {
        let (f16, bf16) = (half::f16::from_bits(bits), half::bf16::from_bits(bits));
        check(f16, f16.to_f32());
        check(bf16, bf16.to_f32());
    }
}

/// Returns the probabilities of 0 to n events of probability `share`.
fn binomial(n: usize, share: f64) -> Vec<f64> {
    let choose = |k: usize| {
        let [n, k, rest] = [n, k, n - k].map(|k| libm::lgamma(k as f64 + 1.0));
        n - k - rest
    };
    let probability = |k: usize| {
        choose(k) + k as f64 * libm::log(share) + (n - k) as f64 * libm::log(1.0 - share)
    };
    (0..=n).map(|k| libm::exp(probability(k))).collect()
}

/// The bounds are rigorous, which no simulation of a probability of 10⁻¹⁰ could show. A format with so coarse steps
/// that a value is zero or one step has exact probabilities.
#[test]
fn limits_hold_with_the_promised_probability() {
    let promised = libm::exp(-23.2);
    for steps in [0.1, 0.15, 0.2, 0.25] {
        let distribution = Normal { mean: 0.0, std: steps / 128.0 };
        let grid = Grid::fixed::<i8>(Quantization::from_fraction_bits(7));
        let rounded = Rounded::new(&distribution, &distribution.limits(), grid);
        for n in [1, 2, 5, 10, 30, 100, 300, 2000] {
            let tilt = rounded.tilt(n as f64);
            let expected = rounded.expected(tilt);
            let share = 1.0 - expected.zeros;
            let probabilities = binomial(n, share);
            let (low, high) = rounded.square_limits(&expected, n as f64, tilt);
            // The number of values that are not zero.
            let of_square = |square: f64| square * n as f64 * f64::from(steps * steps);
            let beyond = |low: f64, high: f64| -> [f64; 2] {
                let all = || probabilities.iter().enumerate();
                let below = all().filter(|&(k, _)| (k as f64) < low).map(|(_, p)| p).sum();
                let above = all().filter(|&(k, _)| (k as f64) > high).map(|(_, p)| p).sum();
                [below, above]
            };
            for (quantity, [below, above]) in [
                ("square", beyond(of_square(low), of_square(high))),
                ("count", {
                    let (low, high) =
                        (rounded.fewest(n as f64, share), rounded.most(n as f64, share));
                    beyond(low as f64, high as f64)
                }),
                ("zeros", {
                    let zeros = rounded.most(n as f64, expected.zeros);
                    beyond(n.saturating_sub(zeros) as f64, n as f64)
                }),
            ] {
                assert!(
                    below <= promised && above <= promised,
                    "{quantity}, {n} values, {steps} steps: {below:e}, {above:e}"
                );
            }
        }
    }
}
