//! The unit in which the sums of a verdict count distances.

use super::stats::magnitude;
use crate::target::unlikely;

/// The binary exponent of a unit below that of the standard deviation.
const PRECISION: u32 = 9;

/// One in the exponent of an `f32`, and the implicit leading bit of its significand.
const ONE: i32 = 1 << 23;

/// 1.5 × 2²³. Within 2²² of it, the numbers of `f32` are the integers, so that a sum with it is rounded to one.
const MAGIC: f32 = 12_582_912.0;

/// The unit in which distances are counted.
#[derive(Clone, Copy)]
pub(super) struct Unit {
    /// The biased exponent of the standard deviation. It is 0 if all values are the same, and then units have no
    /// meaning.
    exponent: u32,
}

impl Unit {
    pub(super) const fn new(std: f32) -> Self {
        Self { exponent: std.to_bits() >> 23 }
    }

    /// Returns how many units a distance is, to the nearest and ties to even. A distance within range has at most 2¹³
    /// units.
    #[inline]
    pub(super) fn count<const NO_FPU: bool>(self, d: f32) -> i32 {
        if NO_FPU {
            let units = self.count_by_shift(magnitude(d));
            let sign = d.to_bits() as i32 >> 31;
            (units ^ sign) - sign
        } else {
            // The product is exact, because the factor is a power of two. The last 16 bits of the sum are the number
            // in two's complement.
            i32::from((d * self.per_unit() + MAGIC).to_bits() as i16)
        }
    }

    /// Returns how many units a magnitude is.
    #[inline]
    fn count_by_shift(self, magnitude: i32) -> i32 {
        let significand = magnitude & (ONE - 1) | ONE;
        // One unit has the significand 2²³, which a shift by 22 bits turns into two halves. All bits are shifted out of
        // a distance that is far smaller, or zero.
        let exponent = self.exponent + 22 - PRECISION;
        let digits = exponent.wrapping_sub(magnitude as u32 >> 23).min(31);
        let halves = significand >> digits;
        let mut units = (halves + 1) >> 1;
        if halves << digits == significand {
            unlikely();
            // One half more than an even number of units.
            if halves & 3 == 1 {
                units -= 1;
            }
        }
        units
    }

    /// Returns 1 divided by the unit.
    fn per_unit(self) -> f32 {
        f32::from_bits((254 + PRECISION).wrapping_sub(self.exponent) << 23)
    }

    /// Returns the unit.
    pub(super) fn size(self) -> f32 {
        f32::from_bits(self.exponent.wrapping_sub(PRECISION) << 23)
    }

    /// Returns [`MAGIC`] units. The sum of a distance and this number has the same last 16 bits as that of the distance
    /// in units and [`MAGIC`]. Returns `None` if it is too large for an `f32`, from a standard deviation of 2¹¹⁴ on.
    pub(super) fn magic(self) -> Option<f32> {
        let exponent = self.exponent + (23 - PRECISION);
        (exponent < 255).then(|| f32::from_bits(exponent << 23 | 1 << 22))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// The definition, with neither an FPU's trick nor a shift.
    pub(in crate::verify) fn exact_units(d: f32, unit: Unit) -> i128 {
        (f64::from(d) / f64::from(unit.size())).round_ties_even() as i128
    }

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
                let magnitude = f32::from_bits(magnitude as u32);
                for d in [magnitude, -magnitude] {
                    let expected = exact_units(d, unit);
                    assert!(expected.abs() <= 1 << (PRECISION + 4));
                    assert_eq!(i128::from(unit.count::<true>(d)), expected, "{d}");
                    assert_eq!(i128::from(unit.count::<false>(d)), expected, "{d}");
                    // The sum of the vectors, which has only the last bits in common.
                    if let Some(magic) = unit.magic() {
                        let units = (d + magic).to_bits().wrapping_sub(magic.to_bits());
                        assert_eq!(i128::from(units as i32), expected, "{d}");
                    }
                }
            }
        }
        assert!(Unit::new(2e34).magic().is_some_and(f32::is_finite));
        assert_eq!(Unit::new(2.1e34).magic(), None);
    }
}
