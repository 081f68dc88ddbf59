//! Floating-point slots.

use core::{marker::PhantomData, mem::MaybeUninit};

use super::rounding::{Format, Rounding};
use crate::error::InitError;

/// A floating-point format that a slot can hold: `f32`, `f64`, and with feature `half` also [`half::f16`]
/// and [`half::bf16`].
///
/// | | significant bits | smallest normal, smallest | largest |
/// | --- | ---: | ---: | ---: |
/// | `f32` | 24 | 1.2 × 10⁻³⁸, 1.4 × 10⁻⁴⁵ | 3.4 × 10³⁸ |
/// | `f64` | 53, of which the lower 29 are 0 | the same as `f32` | the same as `f32` |
/// | `f16` | 11 | 6.1 × 10⁻⁵, 6.0 × 10⁻⁸ | 65504 |
/// | `bf16` | 8 | 1.2 × 10⁻³⁸, 9.2 × 10⁻⁴¹ | 3.4 × 10³⁸ |
///
/// An `f64` slot holds the value of the `f32` slot, widened. It has no more digits than that.
///
/// ```
/// use weight_init::{Init, Shape, Stream};
///
/// const FC1: Shape = Shape::dense(64, 32);
/// let draw = Init::he_normal().draw(Stream::new(42).named("fc1"), &FC1)?;
/// let (mut single, mut double) = ([0_f32; FC1.len()], [0_f64; FC1.len()]);
/// draw.write(&mut single)?;
/// draw.write_as(&mut double)?;
/// assert_eq!(single.map(f64::from), double);
/// # Ok::<(), weight_init::InitError>(())
/// ```
///
/// [`half::f16`]: https://docs.rs/half/2/half/struct.f16.html
/// [`half::bf16`]: https://docs.rs/half/2/half/struct.bf16.html
pub trait Element: sealed::Element {}

mod sealed {
    use core::mem::MaybeUninit;

    use crate::slot::rounding::Format;

    pub trait Element: Copy + PartialEq + Send + Sync {
        /// The largest finite value.
        const LARGEST: f32;
        /// The smallest magnitude that rounds to infinity: half a step above the largest finite value.
        const INFINITE: f32;
        /// The format, for the SIMD backends.
        const FORMAT: Format;
        /// The number of bits of a significand, with its first one.
        const SIGNIFICANT_BITS: i32 = 24;
        /// The binary exponent of the smallest magnitude.
        const SMALLEST_EXPONENT: i32 = -149;

        /// Returns the nearest value. Callers have refused values that would become infinite. NaN, which
        /// marks a rejected position and is overwritten later, may become anything.
        fn round(value: f32) -> Self;

        /// Returns the value.
        fn to_f32(self) -> f32;

        /// Returns whether both have the same bits.
        fn same(self, other: Self) -> bool;

        /// Returns the slots themselves if the format is `f32`.
        fn as_f32(_: &mut [MaybeUninit<Self>]) -> Option<&mut [MaybeUninit<f32>]> {
            None
        }

        /// Returns slots that are only read, if the format is `f32`.
        fn as_values(_: &[Self]) -> Option<&[f32]> {
            None
        }

        /// Returns initialised slots themselves if the format is `f32`.
        fn values(_: &mut [Self]) -> Option<&mut [f32]> {
            None
        }
    }
}

/// The rounding to an [`Element`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Float<E>(PhantomData<E>);

/// The rounding for `f32` slots, which leaves values unchanged.
pub(crate) type NoRounding = Float<f32>;

impl<E: Element> Float<E> {
    pub(crate) const fn new() -> Self {
        Self(PhantomData)
    }

    /// Returns the rounding, unless a value of magnitude `farthest` would become infinite.
    pub(crate) fn up_to(farthest: f32) -> Result<Self, InitError> {
        if farthest < E::INFINITE {
            Ok(Self(PhantomData))
        } else {
            Err(InitError::TooLargeForFormat { largest: E::LARGEST, given: farthest })
        }
    }
}

impl<E: Element> Rounding for Float<E> {
    type Slot = E;

    #[inline(always)]
    fn round(self, value: f32) -> (E, bool) {
        (E::round(value), false)
    }

    #[inline(always)]
    fn format(self) -> Format {
        E::FORMAT
    }

    #[inline(always)]
    fn as_f32(slots: &mut [MaybeUninit<E>]) -> Option<&mut [MaybeUninit<f32>]> {
        E::as_f32(slots)
    }

    fn values(slots: &mut [E]) -> Option<&mut [f32]> {
        E::values(slots)
    }

    fn same(a: E, b: E) -> bool {
        a.same(b)
    }
}

impl Element for f32 {}

impl sealed::Element for f32 {
    const LARGEST: f32 = f32::MAX;
    const INFINITE: f32 = f32::INFINITY;
    const FORMAT: Format = Format::Wide;

    #[inline(always)]
    fn round(value: f32) -> Self {
        value
    }

    #[inline(always)]
    fn to_f32(self) -> f32 {
        self
    }

    #[inline(always)]
    fn as_f32(slots: &mut [MaybeUninit<Self>]) -> Option<&mut [MaybeUninit<f32>]> {
        Some(slots)
    }

    fn as_values(slots: &[Self]) -> Option<&[f32]> {
        Some(slots)
    }

    fn values(slots: &mut [Self]) -> Option<&mut [f32]> {
        Some(slots)
    }

    fn same(self, other: Self) -> bool {
        self.to_bits() == other.to_bits()
    }
}

impl Element for f64 {}

/// Widening is exact.
impl sealed::Element for f64 {
    const LARGEST: f32 = f32::MAX;
    const INFINITE: f32 = f32::INFINITY;
    const FORMAT: Format = Format::Wide;

    #[inline(always)]
    fn round(value: f32) -> Self {
        Self::from(value)
    }

    /// The slots that a fill has written hold values of an `f32`.
    fn to_f32(self) -> f32 {
        self as f32
    }

    fn same(self, other: Self) -> bool {
        self.to_bits() == other.to_bits()
    }
}

#[cfg(feature = "half")]
impl Element for half::bf16 {}

#[cfg(feature = "half")]
impl sealed::Element for half::bf16 {
    const LARGEST: f32 = Self::MAX.to_f32_const();
    const INFINITE: f32 = f32::from_bits(0x7f7f_8000);
    const FORMAT: Format = Format::Bf16;
    const SIGNIFICANT_BITS: i32 = 8;
    const SMALLEST_EXPONENT: i32 = -133;

    /// A `bf16` is the upper half of an `f32`. A carry out of the significand increments the exponent, as
    /// it should.
    #[inline(always)]
    fn round(value: f32) -> Self {
        let bits = value.to_bits();
        let odd = bits >> 16 & 1;
        Self::from_bits((bits.wrapping_add(0x7fff + odd) >> 16) as u16)
    }

    #[inline(always)]
    fn to_f32(self) -> f32 {
        f32::from_bits(u32::from(self.to_bits()) << 16)
    }

    fn same(self, other: Self) -> bool {
        self.to_bits() == other.to_bits()
    }
}

#[cfg(feature = "half")]
impl Element for half::f16 {}

#[cfg(feature = "half")]
impl sealed::Element for half::f16 {
    const LARGEST: f32 = 65_504.0;
    const INFINITE: f32 = 65_520.0;
    const FORMAT: Format = Format::F16;
    const SIGNIFICANT_BITS: i32 = 11;
    const SMALLEST_EXPONENT: i32 = -24;

    #[inline(always)]
    fn round(value: f32) -> Self {
        /// The smallest normal `f16`, 2⁻¹⁴.
        const NORMAL: u32 = (127 - 14) << 23;
        /// At ½, the unit in the last place of an `f32` is that of a subnormal `f16`, 2⁻²⁴.
        const STEP: f32 = 0.5;
        /// The difference between the exponent biases of the two formats.
        const BIAS: u32 = (127 - 15) << 23;

        let sign = value.to_bits() >> 16 & 0x8000;
        let bits = value.abs().to_bits();
        let subnormal = (value.abs() + STEP).to_bits().wrapping_sub(STEP.to_bits());
        let odd = bits >> 13 & 1;
        let normal = bits.wrapping_sub(BIAS).wrapping_add(0xfff + odd) >> 13;
        let rounded = if bits < NORMAL { subnormal } else { normal };
        Self::from_bits((rounded | sign) as u16)
    }

    #[inline(always)]
    fn to_f32(self) -> f32 {
        /// The step of the subnormal numbers, 2⁻²⁴.
        const STEP: f32 = 1.0 / 16_777_216.0;
        /// The difference between the exponent biases of the two formats.
        const BIAS: u32 = (127 - 15) << 23;

        let bits = u32::from(self.to_bits());
        let (sign, magnitude) = ((bits & 0x8000) << 16, bits & 0x7fff);
        let magnitude = match magnitude {
            0..0x0400 => (magnitude as f32 * STEP).to_bits(),
            0x0400..0x7c00 => (magnitude << 13) + BIAS,
            _ => magnitude << 13 | 0x7f80_0000,
        };
        f32::from_bits(magnitude | sign)
    }

    fn same(self, other: Self) -> bool {
        self.to_bits() == other.to_bits()
    }
}

#[cfg(test)]
mod tests {
    use core::mem::MaybeUninit;

    use super::{Element, Float, NoRounding, Rounding};
    use crate::error::InitError;

    #[test]
    fn a_value_that_would_become_infinite_is_refused() {
        fn check<E: Element>(largest: f32, infinite: f32) {
            assert!(Float::<E>::up_to(infinite.next_down()).is_ok());
            let error = InitError::TooLargeForFormat { largest, given: infinite };
            assert_eq!(Float::<E>::up_to(infinite).err(), Some(error));
        }
        check::<f32>(f32::MAX, f32::INFINITY);
        check::<f64>(f32::MAX, f32::INFINITY);
        #[cfg(feature = "half")]
        {
            check::<half::f16>(65_504.0, 65_520.0);
            check::<half::bf16>(half::bf16::MAX.to_f32(), f32::from_bits(0x7f7f_8000));
        }
    }

    /// An `f32` is not rounded, and a backend writes its slots without a buffer.
    #[test]
    fn an_f32_is_left_as_it_is() {
        let rounding = NoRounding::new();
        for value in [1.5, -0.1, f32::MIN_POSITIVE, f32::MAX] {
            assert_eq!(rounding.round(value), (value, false));
        }
        let mut slots = [MaybeUninit::uninit(); 3];
        let given = NoRounding::as_f32(&mut slots).map(|slots| slots.as_ptr());
        assert_eq!(given, Some(slots.as_ptr()));
    }
}
