//! Slots of integers.

use core::marker::PhantomData;

use super::{
    quantization::Quantization,
    rounding::{Format, Rounding},
};
use crate::{
    error::InitError,
    sampler::math::INTEGER,
    target::{NO_FPU, NO_LONG_PRODUCT, NO_VECTORS, ONE, Unpacked, product},
};

/// An integer format that a slot can hold: `i8`, `i16`, `i32` or `u8`. The [`Quantization`] of each call says
/// what an integer stands for.
///
/// | | with all bits but the sign as fraction bits, also known as | values then lie in |
/// | --- | --- | --- |
/// | `i8` | Q7 | −1 to 1 − 2⁻⁷ |
/// | `i16` | Q15 | −1 to 1 − 2⁻¹⁵ |
/// | `i32` | Q31 | −1 to 1 − 2⁻³¹ |
/// | `u8` | no sign; with a zero point of 128 and 7 fraction bits | −1 to 1 − 2⁻⁷ |
///
/// A value has the 24 significant bits of an `f32`. The lower bits of an `i32` are zero.
pub trait FixedPoint: sealed::FixedPoint {}

mod sealed {
    pub trait FixedPoint: Copy + PartialEq + Send + Sync {
        /// The smallest integer.
        const SMALLEST: i32;
        /// The largest integer.
        const LARGEST: i32;

        /// Returns the slot that holds an integer of the format.
        fn of(integer: i32) -> Self;

        /// Returns the integer.
        fn integer(self) -> i32;
    }
}

/// The rounding to a [`FixedPoint`] format.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fixed<Q> {
    /// The steps in 1.0.
    multiplier: f32,
    zero_point: i32,
    /// The lowest and the highest number of steps that don't saturate.
    low: f32,
    high: f32,
    /// Whether any value can saturate. If none can, the check is skipped.
    saturates: bool,
    /// Whether any value can be 2³¹ steps or more.
    far: bool,
    format: PhantomData<Q>,
}

impl<Q: FixedPoint> Fixed<Q> {
    /// Returns the rounding for values whose magnitude is at most `farthest`.
    pub(crate) fn up_to(
        farthest: f32,
        quantization: impl Into<Quantization>,
    ) -> Result<Self, InitError> {
        let quantization = quantization.into();
        quantization.check(if Q::SMALLEST == 0 { Q::LARGEST } else { 0 })?;
        let zero_point = quantization.zero_point();
        let (multiplier, (low, high)) = (1.0 / quantization.scale(), limits::<Q>(quantization));
        let most = farthest * multiplier;
        let saturates = !(most <= high && -most >= low);
        let far = most >= -(i32::MIN as f32);
        Ok(Self { multiplier, zero_point, low, high, saturates, far, format: PhantomData })
    }
}

/// Returns the lowest and the highest number of steps that don't saturate.
pub(crate) const fn limits<Q: FixedPoint>(quantization: Quantization) -> (f32, f32) {
    let zero_point = quantization.zero_point();
    (lowest(Q::SMALLEST.wrapping_sub(zero_point)), highest(Q::LARGEST.wrapping_sub(zero_point)))
}

/// Returns the lowest number of steps that rounds to an integer. A tie goes to the even integer.
const fn lowest(integer: i32) -> f32 {
    let tie = integer as f32 - 0.5;
    if integer % 2 == 0 { tie } else { tie.next_up() }
}

/// Returns the highest number of steps that rounds to an integer. For `i32`, whose largest integer is no `f32`,
/// it is the highest `f32` below that.
const fn highest(integer: i32) -> f32 {
    let tie = integer as f32 + 0.5;
    if integer % 2 == 0 { tie } else { tie.next_down() }
}

impl<Q: FixedPoint> Rounding for Fixed<Q> {
    type Slot = Q;

    #[inline(always)]
    fn round(self, value: f32) -> (Q, bool) {
        let Self { multiplier, zero_point, low, high, saturates, .. } = self;
        if NO_FPU {
            let (integer, saturates) = self.round_in_integers::<NO_LONG_PRODUCT>(value);
            return (Q::of(integer), saturates);
        }
        let steps = value * multiplier;
        if NO_VECTORS {
            let near = high.min(-low);
            let (integer, saturates) = if steps.to_bits() << 1 <= near.to_bits() << 1 {
                (nearest::<Q>(steps).wrapping_add(zero_point), false)
            } else {
                far::<Q>(steps, low, high, zero_point)
            };
            return (Q::of(integer), saturates);
        }
        if !saturates {
            return (Q::of(nearest::<Q>(steps).wrapping_add(zero_point)), false);
        }
        let (integer, saturates) = clamped::<Q>(steps, low, high, zero_point);
        (Q::of(integer), saturates)
    }

    #[inline(always)]
    fn is_far(self) -> bool {
        self.far
    }

    #[inline(always)]
    fn format(self) -> Format {
        let Self { multiplier, zero_point, low, high, saturates, .. } = self;
        if !Self::NARROW {
            return Format::Wide;
        }
        let unsigned = Q::SMALLEST == 0;
        Format::Fixed { multiplier, zero_point, low, high, saturates, unsigned }
    }
}

impl<Q: FixedPoint> Fixed<Q> {
    /// Returns the same as [`round`](Rounding::round) for a finite value, by integer arithmetic, for processors
    /// without an FPU.
    #[inline(always)]
    pub(crate) fn round_in_integers<const NO_LONG_PRODUCT: bool>(self, value: f32) -> (i32, bool) {
        let Self { multiplier, zero_point, .. } = self;
        // The bits of the product, with a ninth bit of the exponent, which is biased by 254. A power of two only
        // changes the exponent.
        let power = multiplier.to_bits();
        let steps = if power & (ONE - 1) == 0 {
            (value.to_bits() & !(1 << 31)).wrapping_add(power)
        } else {
            let (a, b) = (Unpacked::new(multiplier), Unpacked::new(value.abs()));
            let b = Unpacked { significand: b.significand << 8, ..b };
            let Unpacked { exponent, significand } = product::<NO_LONG_PRODUCT>(a, b);
            exponent.wrapping_add(significand).wrapping_add(127 * ONE)
        };
        let negative = value.to_bits() >> 31 == 1;
        let bound = if negative { Q::SMALLEST } else { Q::LARGEST };
        let last = bound.wrapping_sub(zero_point).unsigned_abs();
        let magnitude = nearest_of_bits(steps);
        let within = magnitude.min(last);
        let steps = if negative { within.wrapping_neg() } else { within };
        ((steps as i32).wrapping_add(zero_point), magnitude > last)
    }
}

/// Returns the nearest integer to a number of steps, clamped to the format, and whether it saturated.
#[inline(always)]
fn clamped<Q: FixedPoint>(steps: f32, low: f32, high: f32, zero_point: i32) -> (i32, bool) {
    let within = if steps < low { low } else { steps };
    let within = if within > high { high } else { within };
    let integer = nearest::<Q>(within).wrapping_add(zero_point);
    // For `i32`, an `f32` has too few bits to hold the largest integer, so `high` is below it.
    let integer = if steps > high { Q::LARGEST } else { integer };
    (integer, (steps < low) | (steps > high))
}

/// The same, out of line, because few values are so far from zero.
#[cold]
#[inline(never)]
fn far<Q: FixedPoint>(steps: f32, low: f32, high: f32, zero_point: i32) -> (i32, bool) {
    clamped::<Q>(steps, low, high, zero_point)
}

/// Returns the nearest integer to a number of steps within the format.
#[inline(always)]
fn nearest<Q: FixedPoint>(steps: f32) -> i32 {
    if size_of::<Q>() <= 2 { narrow(steps) } else { wide(steps) }
}

macro_rules! fixed_point {
    ($($t:ty)*) => {$(
        impl FixedPoint for $t {}

        impl sealed::FixedPoint for $t {
            const SMALLEST: i32 = <$t>::MIN as i32;
            const LARGEST: i32 = <$t>::MAX as i32;

            #[inline(always)]
            fn of(integer: i32) -> Self {
                integer as $t
            }

            #[inline(always)]
            fn integer(self) -> i32 {
                self as i32
            }
        }
    )*};
}

fixed_point!(i8 i16 i32 u8);

/// Returns the nearest integer to a number below 2²².
#[inline(always)]
const fn narrow(steps: f32) -> i32 {
    (steps + INTEGER).to_bits().wrapping_sub(INTEGER.to_bits()) as i32
}

/// Returns the nearest integer to a number below 2³²: first the multiples of 2¹⁶, then the remainder,
/// which is exact.
#[inline(always)]
const fn wide(steps: f32) -> i32 {
    const LONG: f32 = 65_536.0;
    let high = (steps + INTEGER * LONG) - INTEGER * LONG;
    (narrow(high / LONG) << 16).wrapping_add(narrow(steps - high))
}

/// Returns the nearest integer to a positive number from its bits, whose exponent has nine bits and is biased by
/// 254. From 2³² on it returns the largest integer.
#[inline(always)]
fn nearest_of_bits(number: u32) -> u32 {
    let significand = number & (ONE - 1) | ONE;
    // The number of significand bits below one.
    let fraction = 277 - (number >> 23) as i32;
    match fraction {
        // Less than half, or exactly half. Zero and subnormal values come here, because the multiplier is at most
        // 2¹²⁰.
        25.. => 0,
        1.. => {
            let odd = significand >> fraction & 1;
            (significand + (1 << (fraction - 1)) - 1 + odd) >> fraction
        }
        -8..=0 => significand << -fraction,
        _ => u32::MAX,
    }
}

#[cfg(test)]
mod tests {
    use core::fmt::Debug;

    use super::{Fixed, FixedPoint, Format, Quantization, Rounding};

    /// Returns quantisations of all kinds of scales, with each zero point of the format.
    fn quantizations<Q: FixedPoint>() -> impl Iterator<Item = Quantization> {
        let powers = (0..=32).map(Quantization::from_fraction_bits);
        let others = [0.006, 0.1, 1.0 / 3.0, 3.0, 1e-30, 1e20].map(Quantization::from_scale);
        let last = if Q::SMALLEST == 0 { Q::LARGEST } else { 0 };
        powers.chain(others).flat_map(move |q| (0..=last).map(move |zero| q.with_zero_point(zero)))
    }

    /// The check for saturation is skipped exactly if no value can saturate.
    #[test]
    fn the_check_is_skipped_up_to_the_highest_value_that_fits() {
        fn check<Q: FixedPoint + Debug>() {
            for quantization in quantizations::<Q>() {
                let unchecked = |value: f32| {
                    let rounding = Fixed::<Q>::up_to(value, quantization).unwrap();
                    !rounding.saturates
                };
                let all = Fixed::<Q>::up_to(f32::MAX, quantization).unwrap();
                let fits = |value: f32| !all.round(value).1 && !all.round(-value).1;
                // The highest magnitude that fits, by bisection.
                let (mut low, mut high) = (0_u32, f32::MAX.to_bits());
                while high - low > 1 {
                    let middle = low.midpoint(high);
                    *(if fits(f32::from_bits(middle)) { &mut low } else { &mut high }) = middle;
                }
                assert!(unchecked(f32::from_bits(low)), "{quantization:?}");
                assert!(!unchecked(f32::from_bits(high)), "{quantization:?}");
            }
        }
        check::<i8>();
        check::<i16>();
        check::<i32>();
        check::<u8>();
    }

    /// For narrow formats, the SIMD backends get the bounds beyond which numbers of steps saturate.
    #[test]
    fn the_format_is_that_of_the_rounding() {
        fn check<Q: FixedPoint + Debug>() {
            let one = Quantization::from_scale(1.0);
            let last = if Q::SMALLEST == 0 { Q::LARGEST } else { 0 };
            for quantization in (0..=last).map(|zero| one.with_zero_point(zero)) {
                let rounding = Fixed::<Q>::up_to(f32::MAX, quantization).unwrap();
                let Format::Fixed { low, high, saturates: true, .. } = rounding.format() else {
                    panic!("{quantization:?}");
                };
                for (bound, beyond) in [(low, low.next_down()), (high, high.next_up())] {
                    assert!(!rounding.round(bound).1, "{bound:e}, {quantization:?}");
                    assert!(rounding.round(beyond).1, "{beyond:e}, {quantization:?}");
                }
            }
        }
        check::<i8>();
        check::<i16>();
        check::<u8>();
    }
}
