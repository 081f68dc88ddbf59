//! The limits within which the statistics of a good buffer lie.

use super::{
    mismatch::Mismatch,
    stats::{Stats, root},
};
use crate::{
    distribution::{Distribution, TRUNCATED_STD},
    sampler::{overhang::FARTHEST, uniform::Uniform},
};

/// Minus the logarithm of the probability of a false alarm, for each of the eight limits of a check:
/// all of them together stay below 8 e⁻²³ = 8.2 × 10⁻¹⁰.
const RARITY: f32 = 23.0;

/// What a distribution says of its values.
pub(super) struct Promise {
    pub(super) mean: f32,
    /// 0, if there is one value only; then nothing below is looked at but `low` and `high`.
    pub(super) std: f32,
    /// No value is lower.
    low: f32,
    /// No value is higher.
    high: f32,
    /// The variance of ((x − mean) / std)²: the kurtosis less 1.
    spread: f32,
    /// A third of how far ((x − mean) / std)² can be above its mean, 1, as Bernstein's bound wants
    /// it. The normal's has no end; 2 is what Laurent and Massart have in this place.
    peak: f32,
    /// The share of values beyond 2 standard deviations.
    beyond_2: f32,
    /// The share of values beyond 3 standard deviations.
    beyond_3: f32,
}

impl Promise {
    fn of_one(value: f32) -> Self {
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
        // What roundings move, in standard deviations, with room to spare: those of a value that is as
        // large as the mean, and those of the sums. No probability density here exceeds 1 / std, so it
        // is also the most by which they change a share.
        let rounding = (mean.abs() / std + 2.0) / 4_194_304.0;

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
            // As `usize` it is not negative.
            let (low, high) = (fewest as usize, most(share));
            if !(low..=high).contains(&given) {
                return Err(Mismatch::Beyond { stds, low, high, given });
            }
        }
        Ok(())
    }
}

impl Distribution {
    pub(super) fn promise(&self) -> Promise {
        match *self {
            Self::Constant { value } => Promise::of_one(value),
            Self::Normal { mean, std: 0.0 } | Self::TruncatedNormal { mean, std: 0.0 } => {
                Promise::of_one(mean)
            }
            Self::Uniform { low, high } if low == high => Promise::of_one(high),
            Self::Normal { mean, std } => Promise {
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
                Promise {
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
            Self::Uniform { low, high } => Promise {
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
