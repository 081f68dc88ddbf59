//! The statistics that a verdict needs, and no others, with sums in integers. A plan checks its tensors by them.
//!
//! [`Stats`] has the sums of a slice to the precision of `f32`, which takes soft-float calls for each value on a
//! processor without an FPU. A verdict needs less precision than that, because its limits are as wide as several
//! standard errors. So each distance |d| from the expected mean becomes the integer ⌊|d| ÷ unit⌋, where the unit is
//! 2⁻¹¹ to 2⁻¹⁰ standard deviations, and stands for the middle of its interval. The sums of these middles, in
//! halves of a unit, are exact, so their order makes no difference. The error of a middle is at most half a unit in
//! either direction. It widens the distribution of the computed variance by less than 10⁻⁶ of its width.
//!
//! All values must lie within the bounds of the distribution, which are less than 2¹⁵ units away. If one does not,
//! the sums have no meaning. They are not needed, because the verdict is then that the value is out of range.
//!
//! On a Cortex-M0 `Plan::verify` takes 744 cycles per value with the sums of [`Stats`].

use super::{
    limits::Limits,
    stats::{CHUNK, Stats, higher, lower, magnitude, root},
};
use crate::{
    sampler::LANES,
    target::{NO_FPU, ordered},
};

/// The binary exponent of a unit below that of the standard deviation.
const PRECISION: u32 = 10;

/// The counts of a chunk, in ten bits each: zeros, values beyond 2 and beyond 3 standard deviations.
const COUNT_BITS: u32 = 10;

/// The sums over the chunks so far.
#[derive(Default)]
struct Sums {
    /// The sum of the distances, in halves of a unit.
    distances: i64,
    /// The sum of the squares of the distances.
    squares: u64,
    zeros: usize,
    repeats: usize,
    beyond_2: usize,
    beyond_3: usize,
    /// Whether a value is out of range.
    outside: bool,
}

/// The parameters of a check, as integers and as factors that are powers of two.
struct Measure {
    mean: f32,
    /// The lowest value, and the distance from it to the highest one, as [`ordered`] integers.
    low: i32,
    width: u32,
    /// The bits of 2 and 3 standard deviations.
    limits: [i32; 2],
    unit: Unit,
}

/// The unit in which distances are counted.
#[derive(Clone, Copy)]
struct Unit {
    /// The biased exponent of the standard deviation.
    exponent: u32,
}

impl Unit {
    const fn new(std: f32) -> Self {
        Self { exponent: std.to_bits() >> 23 }
    }

    /// Returns how many halves of a unit the middle of a distance's interval is, an odd number below 2¹⁶.
    #[inline]
    fn middle(self, magnitude: i32) -> i32 {
        let whole = if NO_FPU { self.whole(magnitude) } else { self.whole_by_fpu(magnitude) };
        2 * whole + 1
    }

    /// Returns how many whole units a distance is, in integers.
    #[inline]
    fn whole(self, magnitude: i32) -> i32 {
        const ONE: i32 = 1 << 23;
        let significand = magnitude & (ONE - 1) | ONE;
        // A distance of 2ᵉ units has the significand 2²³. All 24 bits are shifted out of one that is far smaller, or zero.
        let shift = (self.exponent + 23 - PRECISION).wrapping_sub(magnitude as u32 >> 23);
        significand >> shift.min(31)
    }

    /// Returns the same by the FPU. The product is exact, because the factor is a power of two.
    #[inline]
    fn whole_by_fpu(self, magnitude: i32) -> i32 {
        let factor = f32::from_bits(254 + PRECISION - self.exponent << 23);
        (f32::from_bits(magnitude as u32) * factor) as i32
    }

    /// Returns half a unit.
    fn half(self) -> f32 {
        f32::from_bits(self.exponent - PRECISION - 1 << 23)
    }
}

impl Sums {
    /// Adds the values of a chunk.
    fn add(&mut self, chunk: &[f32], measure: &Measure) {
        let &Measure { mean, low, width, limits: [limit_2, limit_3], unit } = measure;
        let later = chunk.get(LANES..).unwrap_or_default();
        let repeats = chunk.iter().zip(later).map(|(a, b)| u32::from(a.to_bits() == b.to_bits()));
        self.repeats += repeats.sum::<u32>() as usize;

        // In soft-float even the subtraction of zero is a call.
        let is_centred = NO_FPU && mean.to_bits() == 0;
        let (mut sum, mut squares, mut counts, mut outside) = (0_i32, 0_u64, 0_u32, false);
        for &value in chunk {
            outside |= ordered(value).wrapping_sub(low) as u32 > width;
            let d = if is_centred { value } else { value - mean };
            let magnitude = magnitude(d);
            let middle = unit.middle(magnitude);
            let sign = d.to_bits() as i32 >> 31;
            sum = sum.wrapping_add((middle ^ sign) - sign);
            squares = squares.wrapping_add(u64::from((middle as u32).wrapping_mul(middle as u32)));
            counts = counts
                .wrapping_add(u32::from(value.to_bits() << 1 == 0))
                .wrapping_add(u32::from(magnitude > limit_2) << COUNT_BITS)
                .wrapping_add(u32::from(magnitude > limit_3) << (2 * COUNT_BITS));
        }
        self.distances += i64::from(sum);
        // A wrapped sum could be that of a good buffer. It takes 2³² values at the farthest distance.
        self.squares = self.squares.saturating_add(squares);
        let count = |i: u32| (counts >> (i * COUNT_BITS)) as usize % (1 << COUNT_BITS);
        self.zeros += count(0);
        self.beyond_2 += count(1);
        self.beyond_3 += count(2);
        self.outside |= outside;
    }
}

impl Stats {
    /// Returns the statistics that [`Limits::check`] needs. If a value is out of range, only `not_finite`, `min` and
    /// `max` have a meaning. Otherwise `min` and `max` are the bounds of the range.
    pub(super) fn for_verdict(values: &[f32], limits: &Limits) -> Self {
        let &Limits { mean, std, low, high, .. } = limits;
        let ordered_low = ordered(low);
        let measure = Measure {
            mean,
            low: ordered_low,
            width: ordered(high).wrapping_sub(ordered_low) as u32,
            limits: [2.0, 3.0].map(|stds| magnitude(stds * std)),
            unit: Unit::new(std),
        };
        let mut sums = Sums::default();
        for chunk in values.chunks(CHUNK) {
            sums.add(chunk, &measure);
        }
        let (mut not_finite, mut min, mut max) = (0, low, high);
        if sums.outside {
            (not_finite, min, max) = extremes(values);
        }
        let n = values.len() as f32;
        let (offset, square) = (sums.distances as f32 / n, sums.squares as f32 / n);
        let half = measure.unit.half();
        Self {
            len: values.len(),
            not_finite,
            zeros: sums.zeros,
            repeats: sums.repeats,
            beyond_2_std: sums.beyond_2,
            beyond_3_std: sums.beyond_3,
            mean: mean + half * offset,
            std: half * root((square - offset * offset).max(0.0)),
            min,
            max,
        }
    }
}

/// Returns the number of values that are not finite, and the smallest and the largest of the others.
#[cold]
fn extremes(values: &[f32]) -> (usize, f32, f32) {
    let (mut not_finite, mut min, mut max) = (0, f32::INFINITY, f32::NEG_INFINITY);
    for &value in values {
        if value.is_finite() {
            min = lower(min, value);
            max = higher(max, value);
        } else {
            not_finite += 1;
        }
    }
    // The addition of +0 turns −0 into +0.
    (not_finite, min + 0.0, max + 0.0)
}
