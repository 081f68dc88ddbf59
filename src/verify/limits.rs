//! The limits within which the statistics of a good buffer lie.

use super::{
    mismatch::Mismatch,
    stats::{Stats, root},
};
use crate::{
    distribution::{Cut, Distribution, share_within, variance},
    gaussian::density,
    sampler::{bounded::Bounded, overhang::FARTHEST, uniform::Uniform},
};

/// Minus the natural logarithm of the probability of a false alarm, for each of the eight limits of a
/// check. The probability of any false alarm stays below 8 e⁻²³ = 8.2 × 10⁻¹⁰.
const RARITY: f32 = 23.0;

/// The properties of a distribution from which the limits for n values follow.
pub(crate) struct Limits {
    pub(super) mean: f32,
    /// 0 if all values are the same. Then only `low` and `high` are checked.
    pub(super) std: f32,
    /// The lowest value.
    pub(super) low: f32,
    /// The highest value.
    pub(super) high: f32,
    /// The variance of ((x − mean) / std)², which is the kurtosis minus 1.
    spread: f32,
    /// A third of the largest distance of ((x − mean) / std)² above its mean, which is 1. Bernstein's
    /// bound needs it. For the normal that distance is unbounded, and the bound of Laurent and Massart
    /// has a 2 instead.
    peak: f32,
    /// The share of values beyond 2 standard deviations.
    beyond_2: f32,
    /// The share of values beyond 3 standard deviations.
    beyond_3: f32,
}

impl Limits {
    /// Returns the limits for values that are all the same.
    fn constant(value: f32) -> Self {
        Self {
            mean: value,
            std: 0.0,
            low: value,
            high: value,
            spread: 0.0,
            peak: 0.0,
            beyond_2: 0.0,
            beyond_3: 0.0,
        }
    }

    fn normal(mean: f32, std: f32) -> Self {
        Self {
            mean,
            std,
            low: mean - FARTHEST * std,
            high: mean + FARTHEST * std,
            spread: 2.0,
            peak: 2.0,
            beyond_2: 0.045_500_264,
            beyond_3: 0.002_699_796,
        }
    }

    /// Returns the limits for a normal that is truncated at ±k standard deviations before truncation, except
    /// for its bounds. `std` is the standard deviation after truncation.
    fn truncated(mean: f32, std: f32, k: f64) -> Self {
        let variance = variance(k);
        // The fourth moment: E z⁴ = 3 E z² − 2 k³ φ(k) ÷ (2 Φ(k) − 1).
        let fourth = 3.0 * variance - 2.0 * k * k * k * density(k) / share_within(k);
        // The share beyond so many standard deviations after truncation.
        let beyond = |stds: f64| {
            let end = stds * f64::from(Cut::at(k as f32).ratio());
            if end < k { 1.0 - share_within(end) / share_within(k) } else { 0.0 }
        };
        Self {
            mean,
            std,
            low: 0.0,
            high: 0.0,
            spread: (fourth / (variance * variance) - 1.0) as f32,
            peak: ((k * k / variance - 1.0) / 3.0) as f32,
            beyond_2: beyond(2.0) as f32,
            beyond_3: beyond(3.0) as f32,
        }
    }

    /// Compares statistics with the limits. Returns the first mismatch.
    #[inline(never)]
    pub(super) fn check(&self, stats: &Stats) -> Result<(), Mismatch> {
        let &Self { mean, std, low, high, spread, peak, beyond_2, beyond_3 } = self;
        let &Stats { min, max, not_finite, zeros, repeats, .. } = stats;
        if not_finite > 0 {
            return Err(Mismatch::NotFinite { given: not_finite });
        }
        if stats.len == 0 {
            return Ok(());
        }
        if !(low <= min && max <= high) {
            return Err(Mismatch::Range { low, high, min, max });
        }
        if std == 0.0 {
            return Ok(());
        }
        let n = stats.len as f32;
        // A generous bound on the effect of rounding, in standard deviations: the rounding of a value as
        // large as the mean, and that of the sums. No probability density here exceeds 1 / std, so this
        // is also a bound on the change of a share.
        let rounding = (mean.abs() / std + 2.0) / 4_194_304.0;

        let rare = most(n, rounding);
        let high = if mean == 0.0 { 0 } else { rare };
        if zeros > high {
            return Err(Mismatch::Zeros { high, given: zeros });
        }
        if repeats > rare {
            return Err(Mismatch::Repeats { high: rare, given: repeats });
        }

        let tolerance = std * (root(2.0 * RARITY / n) + rounding);
        let (low, high, given) = (mean - tolerance, mean + tolerance, stats.mean);
        if !(low <= given && given <= high) {
            return Err(Mismatch::Mean { low, high, given });
        }

        let tolerance = root(2.0 * spread * RARITY / n);
        let low = root((1.0 - tolerance - RARITY / (3.0 * n)).max(0.0)) - rounding;
        let high = root(1.0 + tolerance + peak * RARITY / n) + rounding;
        let (own, offset) = (stats.std / std, (stats.mean - mean) / std);
        let given = root(own * own + offset * offset);
        if !(low <= given && given <= high) {
            let low = low.max(0.0);
            return Err(Mismatch::Std { low: low * std, high: high * std, given: given * std });
        }

        for (stds, share, given) in
            [(2, beyond_2, stats.beyond_2_std), (3, beyond_3, stats.beyond_3_std)]
        {
            check_share(n, share, rounding, stds, given)?;
        }
        Ok(())
    }
}

/// Returns the largest number of n values expected in an event whose probability is `share`. Not inlined, because
/// without an FPU it is a long sequence of calls.
#[inline(never)]
fn most(n: f32, share: f32) -> usize {
    let expected = n * share;
    (expected + root(2.0 * expected * RARITY) + RARITY / 3.0) as usize
}

/// Returns an error if too few or too many of n values are far from the mean. Not inlined for the same reason.
#[inline(never)]
fn check_share(n: f32, share: f32, rounding: f32, stds: u8, given: usize) -> Result<(), Mismatch> {
    let fewest = n * (share - rounding) - root(2.0 * n * share * RARITY);
    // The conversion to `usize` turns negative numbers into 0.
    let (low, high) = (fewest as usize, most(n, share + rounding));
    if (low..=high).contains(&given) {
        Ok(())
    } else {
        Err(Mismatch::Beyond { stds, low, high, given })
    }
}

impl Distribution {
    /// Returns the limits for values of this distribution.
    pub(crate) fn limits(&self) -> Limits {
        match *self {
            Self::TruncatedNormal { mean, std, cut } if std > 0.0 && !cut.is_beyond_all() => {
                let Bounded { low, high, .. } = Bounded::new(mean, cut.sigma(std), cut.sigmas());
                Limits { low, high, ..Limits::truncated(mean, self.std(), cut.sigmas().into()) }
            }
            _ => self.limits_unless_truncated(),
        }
    }

    /// Returns the limits for values of a distribution that is not truncated. A program that has no others does not
    /// contain the arithmetic in `f64` for them.
    pub(crate) fn limits_unless_truncated(&self) -> Limits {
        match *self {
            Self::Constant { value } => Limits::constant(value),
            Self::Normal { mean, std: 0.0 } | Self::TruncatedNormal { mean, std: 0.0, .. } => {
                Limits::constant(mean)
            }
            Self::Uniform { low, high } if low == high => Limits::constant(high),
            Self::Normal { mean, std } | Self::TruncatedNormal { mean, std, .. } => {
                Limits::normal(mean, std)
            }
            Self::Uniform { low, high } => Limits {
                mean: Uniform::new(low, high).middle,
                std: self.std(),
                low,
                high,
                spread: 0.8,
                peak: 2.0 / 3.0,
                beyond_2: 0.0,
                beyond_3: 0.0,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limits_at_two_are_the_known_ones() {
        let Limits { spread, peak, beyond_2, beyond_3, .. } = Limits::truncated(0.0, 1.0, 2.0);
        let close = |given: f32, expected: f32| (given / expected - 1.0).abs() < 3e-7;
        assert!(close(spread, 1.365_536_7), "{spread}");
        assert!(close(peak, 1.389_895_5), "{peak}");
        assert!(close(beyond_2, 0.034_609_3), "{beyond_2}");
        assert_eq!(beyond_3, 0.0);
    }

    /// Compares with sums over a grid. The farthest cut has nearly the moments of the normal.
    #[test]
    fn the_limits_are_those_of_the_density() {
        for k in [1.0, 1.5, 2.5, 3.0, 4.0, 7.0] {
            const CELLS: i32 = 100_000;
            let cells = (0..CELLS).map(|i| {
                let z = k * (f64::from(i) + 0.5) / f64::from(CELLS);
                (z, libm::exp(-0.5 * z * z))
            });
            let total: f64 = cells.clone().map(|(_, mass)| mass).sum();
            let mean_of = |value: &dyn Fn(f64) -> f64| {
                cells.clone().map(|(z, mass)| value(z) * mass).sum::<f64>() / total
            };
            let variance = mean_of(&|z| z * z);
            let spread = mean_of(&|z| (z * z / variance - 1.0) * (z * z / variance - 1.0));
            let std = libm::sqrt(variance);
            let beyond = |stds: f64| mean_of(&|z| f64::from(u8::from(z > stds * std)));
            let limits = Limits::truncated(0.0, 1.0, k);
            let close = |given: f32, expected: f64, error: f64| {
                assert!((f64::from(given) - expected).abs() < error, "{k}: {given} {expected}");
            };
            close(limits.spread, spread, 1e-6);
            close(limits.peak, (k * k / variance - 1.0) / 3.0, 1e-5);
            close(limits.beyond_2, beyond(2.0), 3e-5);
            close(limits.beyond_3, beyond(3.0), 3e-5);
        }
        let (far, normal) = (Limits::truncated(0.0, 1.0, 7.9), Limits::normal(0.0, 1.0));
        let close = |given: f32, expected: f32| (given / expected - 1.0).abs() < 1e-6;
        assert!(close(far.spread, normal.spread), "{}", far.spread);
        assert!(close(far.beyond_2, normal.beyond_2), "{}", far.beyond_2);
        assert!(close(far.beyond_3, normal.beyond_3), "{}", far.beyond_3);
    }
}
