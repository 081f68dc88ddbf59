//! The statistics that a verdict needs, and no others, with sums in integers. A plan checks its tensors by them.
//!
//! [`Stats`] has the sums of a slice to the precision of `f32`, which takes soft-float calls for each value on a
//! processor without an FPU. A verdict needs less precision than that, because its limits are as wide as several
//! standard errors. So each distance from the expected mean is rounded to a whole number of units, where a
//! unit is 2⁻¹¹ to 2⁻¹⁰ standard deviations. The sums are exact, so their order makes no difference. An error of up to
//! half a unit in either direction widens the distribution of the computed variance by less than 10⁻⁶ of its width.
//!
//! All values must lie within the bounds of the distribution, which are less than 2¹⁵ units away. If one does not,
//! the sums have no meaning. They are not needed, because the verdict is then that the value is out of range. The
//! smallest and the largest value take another pass if a distance is too large, or if the mean is not zero.
//!
//! On a Cortex-M0 `Plan::verify` takes 157 cycles per value about zero, against 734 with the sums of [`Stats`]. With
//! another mean it takes 394, because the subtraction is a call. A processor with vectors pays for the rounding: with
//! SSE2 on an AMD EPYC a value takes 0.73 ns, against 0.37. [`Stats`] keeps its own sums, because vectors fix the bits
//! of its mean and its std.
//!
//! Tried and dropped: one sum of squares in `u64` (1.49 ns with SSE2 against 0.78, and no gain on a Cortex-M0 or M4F); a
//! conversion by `as i32` (1.6 ns with SSE2, which has no vector instruction for it that saturates); the shift in place of
//! the FPU (56 instructions on a Cortex-M4F against 47); and a comparison of each value with both bounds in the loop
//! (107.9 instructions on a Cortex-M0 against 100.6).

use super::{
    limits::Limits,
    stats::{CHUNK, Stats, higher, lower, magnitude, root},
};
use crate::{sampler::LANES, target::NO_FPU};

/// The binary exponent of a unit below that of the standard deviation.
const PRECISION: u32 = 10;

/// One in the exponent of an `f32`, and the implicit leading bit of its significand.
const ONE: i32 = 1 << 23;

/// The counts of a chunk, in ten bits each: zeros, values beyond 2 and beyond 3 standard deviations.
const COUNT_BITS: u32 = 10;

/// The sums over the chunks so far.
#[derive(Default)]
struct Sums {
    /// The sum of the signed distances.
    distances: i64,
    /// The sum of the squares of the distances.
    squares: u64,
    zeros: usize,
    repeats: usize,
    beyond_2: usize,
    beyond_3: usize,
    /// Whether a distance is that of no value within range.
    outside: bool,
}

/// The parameters of a check, as integers and as factors that are powers of two.
struct Measure {
    mean: f32,
    /// The bits of 2 and 3 standard deviations.
    limits: [i32; 2],
    /// The bits of the farthest distance.
    farthest: i32,
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

    /// Returns how many units a distance is, to the nearest and halfway upwards. A distance within range has fewer
    /// than 2¹⁵ units. The mask, which changes none of them, tells the compiler that they fit in 16 bits.
    #[inline]
    fn count(self, magnitude: i32) -> i32 {
        (if NO_FPU { self.count_by_shift(magnitude) } else { self.count_by_fpu(magnitude) })
            & 0x7fff
    }

    #[inline]
    fn count_by_shift(self, magnitude: i32) -> i32 {
        let significand = magnitude & (ONE - 1) | ONE;
        // One unit has the significand 2²³, which a shift by 22 bits turns into two halves. All bits are shifted out of
        // a distance that is far smaller, or zero.
        let exponent = self.exponent + 22 - PRECISION;
        let halves = significand >> exponent.wrapping_sub(magnitude as u32 >> 23).min(31);
        (halves + 1) >> 1
    }

    /// Adds 2²³, where the distance between two numbers is 1. The last bit is set, so that no number is halfway
    /// between two integers. The product is exact, because the factor is a power of two.
    #[inline]
    fn count_by_fpu(self, magnitude: i32) -> i32 {
        let units = f32::from_bits(magnitude as u32 | 1) * self.per_unit();
        ((units + ONE as f32).to_bits() as i32).wrapping_sub((ONE as f32).to_bits() as i32)
    }

    /// Returns 1 divided by the unit.
    fn per_unit(self) -> f32 {
        f32::from_bits((254 + PRECISION).wrapping_sub(self.exponent) << 23)
    }

    /// Returns the unit, which has no meaning for a standard deviation of 0.
    fn size(self) -> f32 {
        f32::from_bits(self.exponent.wrapping_sub(PRECISION) << 23)
    }
}

impl Sums {
    /// Adds the values of a chunk. This is the hot loop.
    #[inline(never)]
    fn add(&mut self, chunk: &[f32], measure: &Measure) {
        let &Measure { mean, limits: [limit_2, limit_3], farthest, unit } = measure;
        let later = chunk.get(LANES..).unwrap_or_default();
        let repeats = chunk.iter().zip(later).map(|(a, b)| u32::from(a.to_bits() == b.to_bits()));
        self.repeats += repeats.sum::<u32>() as usize;

        // Without an FPU even the subtraction of zero is a call.
        let is_centred = NO_FPU && mean.to_bits() == 0;
        let (mut sum, mut low_squares, mut high_squares) = (0_i32, 0_u32, 0_u32);
        let (mut counts, mut outside) = (0_u32, 0_u32);
        for &value in chunk {
            let d = if is_centred { value } else { value - mean };
            let magnitude = magnitude(d);
            outside |= u32::from(magnitude > farthest);
            let units = unit.count(magnitude);
            let sign = d.to_bits() as i32 >> 31;
            sum = sum.wrapping_add((units ^ sign) - sign);
            let square = units.wrapping_mul(units) as u32;
            low_squares = low_squares.wrapping_add(square & 0xffff);
            high_squares = high_squares.wrapping_add(square >> 16);
            counts = counts
                .wrapping_add(u32::from(value.to_bits() << 1 == 0))
                .wrapping_add(u32::from(magnitude > limit_2) << COUNT_BITS)
                .wrapping_add(u32::from(magnitude > limit_3) << (2 * COUNT_BITS));
        }
        self.distances += i64::from(sum);
        // A wrapped sum could be that of a good buffer. It takes 2³² values at the farthest distance.
        let squares = u64::from(high_squares) << 16;
        self.squares = self.squares.saturating_add(squares + u64::from(low_squares));
        let count = |i: u32| (counts >> (i * COUNT_BITS)) as usize % (1 << COUNT_BITS);
        self.zeros += count(0);
        self.beyond_2 += count(1);
        self.beyond_3 += count(2);
        self.outside |= outside != 0;
    }
}

impl Stats {
    /// Returns the statistics that [`Limits::check`] needs. If a value is out of range, only `not_finite`, `min` and
    /// `max` have a meaning. Otherwise `min` and `max` may be the bounds of the range.
    pub(super) fn for_verdict(values: &[f32], limits: &Limits) -> Self {
        let &Limits { mean, std, low, high, .. } = limits;
        let measure = Measure {
            mean,
            limits: [2.0, 3.0].map(|stds| magnitude(stds * std)),
            farthest: magnitude(low - mean).max(magnitude(high - mean)),
            unit: Unit::new(std),
        };
        let mut sums = Sums::default();
        for chunk in values.chunks(CHUNK) {
            sums.add(chunk, &measure);
        }
        let (mut not_finite, mut min, mut max) = (0, low, high);
        // About zero, a value is out of range if its distance is.
        if sums.outside || mean != 0.0 || low != -high {
            (not_finite, min, max) = extremes(values);
        }
        let n = values.len() as f32;
        let (offset, square) = (sums.distances as f32 / n, sums.squares as f32 / n);
        let unit = measure.unit.size();
        Self {
            len: values.len(),
            not_finite,
            zeros: sums.zeros,
            repeats: sums.repeats,
            beyond_2_std: sums.beyond_2,
            beyond_3_std: sums.beyond_3,
            mean: mean + unit * offset,
            std: unit * root((square - offset * offset).max(0.0)),
            min,
            max,
        }
    }
}

/// Returns the number of values that are not finite, and the smallest and the largest of the others. Not inlined,
/// because few checks need it.
#[inline(never)]
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

#[cfg(test)]
mod tests {
    extern crate std;

    use std::{collections::BTreeMap, format, string::String};

    use super::*;
    use crate::{
        distribution::{Cut, Distribution},
        stream::Stream,
        verify::Mismatch,
    };

    use Distribution::{Constant, Normal, TruncatedNormal, Uniform};

    /// Without an FPU a distance is the same number of units, which is the nearest one.
    #[test]
    fn a_distance_is_rounded_to_the_nearest_unit() {
        for std in [1.0, 1.9999999, 0.05, 1e-27, 3e37_f32] {
            let unit = Unit::new(std);
            assert_eq!(unit.per_unit() * unit.size(), 1.0);
            let farthest = magnitude(8.0 * std);
            let near_halves = (1..16 << PRECISION).flat_map(|halves| {
                let half = magnitude(0.5 * halves as f32 * unit.size());
                [half - 1, half, half + 1]
            });
            let others = (0..farthest).step_by(9973).chain([0, 1, 1 << 23, farthest]);
            for magnitude in near_halves.chain(others).filter(|&magnitude| magnitude <= farthest) {
                let exact = f64::from(f32::from_bits(magnitude as u32)) / f64::from(unit.size());
                let expected = (exact + 0.5) as i32;
                assert_eq!(unit.count_by_shift(magnitude), expected, "{exact}");
                assert_eq!(unit.count_by_fpu(magnitude) & 0x7fff, expected, "{exact}");
            }
        }
    }

    /// The name of a mismatch, and the numbers that the sums decide.
    fn parts(result: Result<(), Mismatch>) -> (String, f32) {
        match result {
            Err(Mismatch::Mean { low, high, given }) => (format!("Err(Mean {low} {high}"), given),
            Err(Mismatch::Std { low, high, given }) => (format!("Err(Std {low} {high}"), given),
            result => (format!("{result:?}"), 0.0),
        }
    }

    /// Every mistake gives the mismatch of [`Distribution::verify`]. Its mean and std are the same to the precision
    /// of a unit.
    #[test]
    fn the_verdict_is_that_of_the_statistics() {
        let distributions = [
            Normal { mean: 0.0, std: 0.05 },
            Normal { mean: 0.0, std: 0.0625 },
            Normal { mean: 0.0, std: 1e-27 },
            Normal { mean: 0.0, std: 3e36 },
            Normal { mean: -1.5, std: 0.3 },
            Normal { mean: 100.0, std: 1e-3 },
            Normal { mean: 1e6, std: 1e-3 },
            Normal { mean: 0.0, std: 0.0 },
            Constant { value: 1.0 },
            Uniform { low: -0.1, high: 0.1 },
            Uniform { low: 0.0, high: 0.1 },
            TruncatedNormal { mean: 0.0, std: 0.5, cut: Cut::TWO },
            TruncatedNormal { mean: 3.0, std: 0.5, cut: Cut::std_before(3.0) },
        ];
        // `around` is the mean, and `std` the standard deviation.
        type Mistake = fn(values: &mut [f32], around: f32, std: f32);
        let mistakes: [Mistake; 14] = [
            |_, _, _| {},
            |values, _, _| values[0] = f32::NAN,
            |values, _, _| values[values.len() / 2] = f32::NEG_INFINITY,
            |values, _, _| values[values.len() - 1] = -0.0,
            |values, around, std| values[values.len() - 1] = around + 30.0 * std,
            |values, around, std| values[values.len() - 1] = around - 8.5 * std,
            |values, around, std| values.fill(around + 0.5 * std),
            |values, around, std| {
                values.iter_mut().skip(3).step_by(16).for_each(|v| *v = around + std)
            },
            |values, around, _| values.iter_mut().for_each(|v| *v = around + 0.7 * (*v - around)),
            |values, around, _| values.iter_mut().for_each(|v| *v = around + 1.3 * (*v - around)),
            |values, _, std| values.iter_mut().for_each(|v| *v += 0.2 * std),
            // Two values alone have a mean and a std that are just within their limits.
            |values, around, std| values.iter_mut().take(2).for_each(|v| *v = around + 4.7 * std),
            |values, around, std| {
                let half = 1.732 * std;
                let uniform = Uniform { low: around - half, high: around + half };
                uniform.fill(Stream::new(99), 0, values).ok();
            },
            |values, around, _| values.iter_mut().for_each(|v| *v = around + (*v - around).abs()),
        ];
        let mut kinds = BTreeMap::new();
        for (seed, distribution) in distributions.into_iter().enumerate() {
            let limits = distribution.limits();
            let Limits { mean, std, .. } = limits;
            for (i, mistake) in mistakes.into_iter().enumerate() {
                for len in [1, 2, 15, 17, 255, 256, 257, 1000, 20_000] {
                    let mut values = [0.0; 20_000];
                    let values = &mut values[..len];
                    distribution.fill(Stream::new(seed as u64), 0, values).unwrap();
                    mistake(values, mean, std);
                    let (verdict, given) = parts(limits.verify(values));
                    let (expected, exact) = parts(distribution.verify(values).map(drop));
                    assert_eq!(verdict, expected, "{distribution:?}, mistake {i}, {len} values");
                    assert!((given - exact).abs() <= std / 1024.0, "{given}, not {exact}");
                    let kind = verdict.split([' ', '{']).next().unwrap_or_default();
                    *kinds.entry(String::from(kind)).or_insert(0) += 1;
                }
            }
        }
        // Every kind of mismatch is among them, and good buffers.
        assert!(kinds.len() == 8 && kinds.values().all(|&count| count >= 3), "{kinds:?}");
        assert_eq!(Normal { mean: 0.0, std: 1.0 }.limits().verify(&[]), Ok(()));
    }
}
