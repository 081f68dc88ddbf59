//! Fixed-point slots.

use core::marker::PhantomData;

use super::rounding::{Format, Rounding};
use crate::{error::InitError, sampler::math::INTEGER, target::NO_FPU};

/// A fixed-point format that a slot can hold: `i8`, `i16` or `i32`, with a number of fraction bits that
/// each call chooses. An integer *n* with *b* fraction bits stands for *n* · 2⁻ᵇ.
///
/// | | also known as | fraction bits | with all of them, values lie in |
/// | --- | --- | --- | --- |
/// | `i8` | Q7 | 0 to 7 | −1 to 1 − 2⁻⁷ |
/// | `i16` | Q15 | 0 to 15 | −1 to 1 − 2⁻¹⁵ |
/// | `i32` | Q31 | 0 to 31 | −1 to 1 − 2⁻³¹ |
///
/// A value has the 24 significant bits of an `f32`. The lower bits of an `i32` are zero.
pub trait FixedPoint: sealed::FixedPoint {}

mod sealed {
    pub trait FixedPoint: Copy + PartialEq + Send + Sync {
        /// The largest number of fraction bits: all bits but the sign.
        const LARGEST_FRACTION: u32;
        /// The lowest number of steps that rounds to the smallest integer. It is a tie, and goes to even.
        const LOW: f32;
        /// The highest number of steps that rounds to the largest integer.
        const HIGH: f32;

        /// Returns the nearest integer to a value from `LOW` to `HIGH` steps.
        fn nearest(within: f32, fraction_bits: u32) -> Self;

        /// Returns the nearest value of the format, and whether it saturated.
        fn round(value: f32, fraction_bits: u32) -> (Self, bool);

        /// Returns the same as [`round`](Self::round) by integer arithmetic, for processors without an
        /// FPU.
        fn round_in_integers(value: f32, fraction_bits: u32) -> (Self, bool);
    }
}

/// The rounding to a [`FixedPoint`] format.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fixed<Q> {
    fraction_bits: u32,
    /// Whether any value can saturate. If none can, the check is skipped.
    saturates: bool,
    format: PhantomData<Q>,
}

impl<Q: FixedPoint> Fixed<Q> {
    /// Returns the rounding for values whose magnitude is at most `farthest`.
    pub(crate) fn up_to(farthest: f32, fraction_bits: u32) -> Result<Self, InitError> {
        let largest = Q::LARGEST_FRACTION;
        if fraction_bits > largest {
            return Err(InitError::FractionBits { largest, given: fraction_bits });
        }
        let saturates = farthest > Q::HIGH * step(fraction_bits);
        Ok(Self { fraction_bits, saturates, format: PhantomData })
    }
}

impl<Q: FixedPoint> Rounding for Fixed<Q> {
    type Slot = Q;

    #[inline(always)]
    fn round(self, value: f32) -> (Q, bool) {
        if NO_FPU {
            Q::round_in_integers(value, self.fraction_bits)
        } else if self.saturates {
            Q::round(value, self.fraction_bits)
        } else {
            (Q::nearest(value, self.fraction_bits), false)
        }
    }

    #[inline(always)]
    fn format(self) -> Format {
        let step = step(self.fraction_bits);
        Format::Fixed {
            low: Q::LOW * step,
            high: Q::HIGH * step,
            scale: 1.0 / step,
            saturates: self.saturates,
        }
    }
}

/// Returns 2⁻ᵇ, the step of a format with b ≤ 31 fraction bits.
#[inline(always)]
const fn step(fraction_bits: u32) -> f32 {
    f32::from_bits(127_u32.wrapping_sub(fraction_bits) << 23)
}

macro_rules! fixed_point {
    ($($t:ty)*) => {$(
        impl FixedPoint for $t {}

        impl sealed::FixedPoint for $t {
            const LARGEST_FRACTION: u32 = <$t>::BITS - 1;
            const LOW: f32 = <$t>::MIN as f32 - 0.5;
            const HIGH: f32 = (<$t>::MAX as f32 + 0.5).next_down();

            #[inline(always)]
            fn nearest(within: f32, fraction_bits: u32) -> Self {
                let step = step(fraction_bits);
                (if <$t>::BITS <= 16 { narrow(within, step) } else { wide(within, step) }) as $t
            }

            #[inline(always)]
            fn round(value: f32, fraction_bits: u32) -> (Self, bool) {
                // The bounds are scaled instead of the value, because the value could overflow.
                let step = step(fraction_bits);
                let (low, high) = (Self::LOW * step, Self::HIGH * step);
                let within = if value < low { low } else { value };
                let within = if within > high { high } else { within };
                let nearest = Self::nearest(within, fraction_bits);
                // For `i32`, an `f32` has too few bits to hold the largest integer, so HIGH is below it.
                let nearest = if value > high { <$t>::MAX } else { nearest };
                (nearest, (value < low) | (value > high))
            }

            #[inline(always)]
            fn round_in_integers(value: f32, fraction_bits: u32) -> (Self, bool) {
                let (rounded, saturates) = round_in_integers(value, fraction_bits, Self::BITS);
                (rounded as $t, saturates)
            }
        }
    )*};
}

fixed_point!(i8 i16 i32);

/// Returns the nearest number of steps, if it is less than 2²² of them.
#[inline(always)]
const fn narrow(value: f32, step: f32) -> i32 {
    let zero = INTEGER * step;
    (value + zero).to_bits().wrapping_sub(zero.to_bits()) as i32
}

/// Returns the nearest number of steps, if it is less than 2³² of them: first the multiples of 2¹⁶
/// steps, then the remainder, which is exact.
#[inline(always)]
const fn wide(value: f32, step: f32) -> i32 {
    let long = step * 65_536.0;
    let rest = value - ((value + INTEGER * long) - INTEGER * long);
    (narrow(value, long) << 16).wrapping_add(narrow(rest, step))
}

/// Returns the nearest `bits`-bit integer to a value with that many fraction bits, and whether it
/// saturated, from the bits of an `f32`.
#[inline(always)]
fn round_in_integers(value: f32, fraction_bits: u32, bits: u32) -> (i32, bool) {
    let float = value.to_bits();
    let negative = float >> 31;
    let significand = float & 0x007f_ffff | 0x0080_0000;
    // The number of significand bits below the step. (For subnormals it is at least 25 as well.)
    let below = 150_u32.wrapping_sub(float >> 23 & 0xff).wrapping_sub(fraction_bits) as i32;
    let magnitude = match below {
        // Less than half a step.
        25.. => 0,
        1.. => {
            let odd = significand >> below & 1;
            (significand + (1 << (below - 1)) - 1 + odd) >> below
        }
        -8.. => significand << -below,
        _ => u32::MAX,
    };
    let last = (1 << (bits - 1)) - 1 + negative;
    let within = magnitude.min(last);
    let rounded = if negative == 0 { within } else { within.wrapping_neg() };
    (rounded as i32, magnitude > last)
}

#[cfg(test)]
mod tests {
    use core::fmt::Debug;

    use super::{Fixed, FixedPoint, Format, Rounding, step};

    /// The check for saturation is skipped exactly if no value can saturate.
    #[test]
    fn the_check_is_skipped_up_to_the_highest_value_that_fits() {
        fn check<Q: FixedPoint + Debug>() {
            for fraction_bits in 0..=Q::LARGEST_FRACTION {
                let saturates = |value| {
                    let rounding = Fixed::<Q>::up_to(value, fraction_bits).unwrap();
                    assert_eq!(rounding.round(value).1, rounding.saturates, "{value:e}");
                    rounding.saturates
                };
                let highest = Q::HIGH * step(fraction_bits);
                assert!(!saturates(highest), "{fraction_bits} fraction bits");
                assert!(saturates(highest.next_up()), "{fraction_bits} fraction bits");
            }
        }
        check::<i8>();
        check::<i16>();
        check::<i32>();
    }

    /// The SIMD backends get the bounds beyond which values saturate, and the number of steps in 1.0.
    #[test]
    fn the_format_is_that_of_the_rounding() {
        fn check<Q: FixedPoint + Debug>() {
            for fraction_bits in 0..=Q::LARGEST_FRACTION {
                let rounding = Fixed::<Q>::up_to(f32::MAX, fraction_bits).unwrap();
                let Format::Fixed { low, high, scale, saturates } = rounding.format() else {
                    panic!("{fraction_bits} fraction bits");
                };
                assert!(saturates);
                assert_eq!(scale, (1_u32 << fraction_bits) as f32);
                for (bound, beyond) in [(low, low.next_down()), (high, high.next_up())] {
                    assert!(!rounding.round(bound).1, "{bound:e}, {fraction_bits} fraction bits");
                    assert!(rounding.round(beyond).1, "{beyond:e}, {fraction_bits} fraction bits");
                }
            }
        }
        check::<i8>();
        check::<i16>();
        check::<i32>();
    }
}
