//! The limits within which the statistics of a good buffer lie.

use super::{
    mismatch::Mismatch,
    stats::{Stats, root},
};
use crate::{
    distribution::{Distribution, TRUNCATED_STD},
    sampler::{overhang::FARTHEST, uniform::Uniform},
};

/// Minus the natural logarithm of the probability of a false alarm, for each of the eight limits of a
/// check. The probability of any false alarm stays below 8 e⁻²³ = 8.2 × 10⁻¹⁰.
const RARITY: f32 = 23.0;

/// The properties of a distribution from which the limits for n values follow.
pub(super) struct Limits {
    pub(super) mean: f32,
    /// 0 if all values are the same. Then only `low` and `high` are checked.
    pub(super) std: f32,
    /// The lowest value.
    low: f32,
    /// The highest value.
    high: f32,
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

    /// Compares statistics with the limits. Returns the first mismatch.
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

        // The largest number of values expected in an event whose probability is `share`.
        let most = |share: f32| {
            let expected = n * (share + rounding);
            (expected + root(2.0 * expected * RARITY) + RARITY / 3.0) as usize
        };
        let rare = most(0.0);
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
            let fewest = n * (share - rounding) - root(2.0 * n * share * RARITY);
            // The conversion to `usize` turns negative numbers into 0.
            let (low, high) = (fewest as usize, most(share));
            if !(low..=high).contains(&given) {
                return Err(Mismatch::Beyond { stds, low, high, given });
            }
        }
        Ok(())
    }
}

impl Distribution {
    /// Returns the limits for values of this distribution.
    pub(super) fn limits(&self) -> Limits {
        match *self {
            Self::Constant { value } => Limits::constant(value),
            Self::Normal { mean, std: 0.0 } | Self::TruncatedNormal { mean, std: 0.0 } => {
                Limits::constant(mean)
            }
            Self::Uniform { low, high } if low == high => Limits::constant(high),
            Self::Normal { mean, std } => Limits {
                mean,
                std,
                low: mean - FARTHEST * std,
                high: mean + FARTHEST * std,
                spread: 2.0,
                peak: 2.0,
                beyond_2: 0.045_500_264,
                beyond_3: 0.002_699_796,
            },
            Self::TruncatedNormal { mean, std } => {
                let [low, high] = [-2.0, 2.0].map(|end| mean + end * (std / TRUNCATED_STD));
                Limits {
                    mean,
                    std,
                    low,
                    high,
                    spread: 1.365_536_7,
                    peak: 1.389_895_5,
                    beyond_2: 0.034_609_3,
                    beyond_3: 0.0,
                }
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
