//! What a slot can hold: `f32`, the two formats of 16 bits, and fixed point.
//!
//! A value is sampled in `f32`, whatever the slot holds, and then rounded once: to the nearest, and
//! to the even one of two that are equally near. The roundings here are written with additions,
//! comparisons and the bits of an `f32`, without a branch, so that a compiler makes vectors of them.

use core::{marker::PhantomData, mem::MaybeUninit};

use crate::{
    Backend, Distribution, Init, InitError, Shape, Stream,
    backend::{Format, NO_FPU, Rounding},
    init::Values,
};

/// A floating-point format that a slot can hold: `f32`, and with feature `half` also [`half::f16`]
/// and [`half::bf16`].
///
/// | | significant bits | smallest normal, smallest | largest |
/// | --- | ---: | ---: | ---: |
/// | `f32` | 24 | 1.2 × 10⁻³⁸, 1.4 × 10⁻⁴⁵ | 3.4 × 10³⁸ |
/// | `f16` | 11 | 6.1 × 10⁻⁵, 6.0 × 10⁻⁸ | 65504 |
/// | `bf16` | 8 | 1.2 × 10⁻³⁸, 9.2 × 10⁻⁴¹ | 3.4 × 10³⁸ |
///
/// [`half::f16`]: https://docs.rs/half/2/half/struct.f16.html
/// [`half::bf16`]: https://docs.rs/half/2/half/struct.bf16.html
pub trait Element: sealed::Element {}

/// A fixed-point format that a slot can hold: `i8`, `i16` or `i32`, with as many fraction bits as the
/// call says. An integer *n* with *b* fraction bits stands for *n* · 2⁻ᵇ.
///
/// | | also known as | fraction bits | with all of them, values lie in |
/// | --- | --- | --- | --- |
/// | `i8` | Q7 | 0 to 7 | −1 to 1 − 2⁻⁷ |
/// | `i16` | Q15 | 0 to 15 | −1 to 1 − 2⁻¹⁵ |
/// | `i32` | Q31 | 0 to 31 | −1 to 1 − 2⁻³¹ |
///
/// A value has the 24 significant bits of an `f32`: in an `i32` those below them are zero.
pub trait FixedPoint: sealed::FixedPoint {}

pub(crate) mod sealed {
    use core::mem::MaybeUninit;

    use crate::backend::Format;

    pub trait Element: Copy + PartialEq + Send + Sync {
        /// The largest finite value.
        const LARGEST: f32;
        /// Where those begin that round to infinity: half a step above the largest.
        const INFINITE: f32;
        /// Itself, for the kernels.
        const FORMAT: Format;

        /// The nearest value. What would become infinite has been refused; of NaN, which a kernel mends
        /// later, nothing is asked.
        fn round(value: f32) -> Self;

        /// The slots themselves, if no rounding is needed.
        fn as_f32(_: &mut [MaybeUninit<Self>]) -> Option<&mut [MaybeUninit<f32>]> {
            None
        }
    }

    pub trait FixedPoint: Copy + PartialEq + Send + Sync {
        /// The bits beside the sign.
        const LARGEST_FRACTION: u32;
        /// The first that rounds to the smallest (if it is a tie, to even), and the last that rounds to
        /// the largest.
        const LOW: f32;
        const HIGH: f32;

        /// The nearest value to one that lies within `LOW` and `HIGH` steps.
        fn nearest(within: f32, fraction_bits: u32) -> Self;

        /// The nearest value, and whether it is not the nearest integer but the last on that side.
        fn round(value: f32, fraction_bits: u32) -> (Self, bool);

        /// The same in integers alone, for processors without an FPU.
        fn round_in_integers(value: f32, fraction_bits: u32) -> (Self, bool);
    }
}

/// How a value becomes an [`Element`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Float<E>(PhantomData<E>);

impl<E: Element> Float<E> {
    pub(crate) const fn new() -> Self {
        Self(PhantomData)
    }

    /// If no value becomes infinite, of those that are no farther from zero than `given`.
    pub(crate) fn up_to(given: f32) -> Result<Self, InitError> {
        if given < E::INFINITE {
            Ok(Self(PhantomData))
        } else {
            Err(InitError::TooLargeForFormat { largest: E::LARGEST, given })
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
}

/// How a value becomes [`FixedPoint`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fixed<Q> {
    fraction_bits: u32,
    /// Whether a value can. If none is so far from zero, it is not looked at.
    saturates: bool,
    format: PhantomData<Q>,
}

impl<Q: FixedPoint> Fixed<Q> {
    /// For values that are no farther from zero than `farthest`.
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

impl Element for f32 {}

impl sealed::Element for f32 {
    const LARGEST: f32 = f32::MAX;
    const INFINITE: f32 = f32::INFINITY;
    const FORMAT: Format = Format::F32;

    #[inline(always)]
    fn round(value: f32) -> Self {
        value
    }

    #[inline(always)]
    fn as_f32(slots: &mut [MaybeUninit<Self>]) -> Option<&mut [MaybeUninit<f32>]> {
        Some(slots)
    }
}

#[cfg(feature = "half")]
impl Element for half::bf16 {}

#[cfg(feature = "half")]
impl sealed::Element for half::bf16 {
    const LARGEST: f32 = Self::MAX.to_f32_const();
    const INFINITE: f32 = f32::from_bits(0x7f7f_8000);
    const FORMAT: Format = Format::Bf16;

    /// The upper half of an `f32`. A carry out of the significand is one in the exponent.
    #[inline(always)]
    fn round(value: f32) -> Self {
        let bits = value.to_bits();
        let odd = bits >> 16 & 1;
        Self::from_bits((bits.wrapping_add(0x7fff + odd) >> 16) as u16)
    }
}

#[cfg(feature = "half")]
impl Element for half::f16 {}

#[cfg(feature = "half")]
impl sealed::Element for half::f16 {
    const LARGEST: f32 = 65_504.0;
    const INFINITE: f32 = 65_520.0;
    const FORMAT: Format = Format::F16;

    #[inline(always)]
    fn round(value: f32) -> Self {
        /// The smallest normal `f16`, 2⁻¹⁴.
        const NORMAL: u32 = (127 - 14) << 23;
        /// An `f32` of this size, ½, has the step of a subnormal `f16`, 2⁻²⁴.
        const STEP: f32 = 0.5;
        /// The difference of the exponents' biases.
        const BIAS: u32 = (127 - 15) << 23;

        let sign = value.to_bits() >> 16 & 0x8000;
        let bits = value.abs().to_bits();
        let subnormal = (value.abs() + STEP).to_bits().wrapping_sub(STEP.to_bits());
        let odd = bits >> 13 & 1;
        let normal = bits.wrapping_sub(BIAS).wrapping_add(0xfff + odd) >> 13;
        let rounded = if bits < NORMAL { subnormal } else { normal };
        Self::from_bits((rounded | sign) as u16)
    }
}

/// 2⁻ᵇ: the step of a format with that many fraction bits, 31 or fewer.
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
                // The bounds are scaled and not the value, which could overflow.
                let step = step(fraction_bits);
                let (low, high) = (Self::LOW * step, Self::HIGH * step);
                let within = if value < low { low } else { value };
                let within = if within > high { high } else { within };
                let nearest = Self::nearest(within, fraction_bits);
                // For want of bits, HIGH may be less than the largest.
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

/// 1.5 · 2²³: a sum with it is rounded to an integer, which is in its low bits.
const INTEGER: f32 = 12_582_912.0;

/// The nearest number of steps, less than 2²² of them.
#[inline(always)]
const fn narrow(value: f32, step: f32) -> i32 {
    let zero = INTEGER * step;
    (value + zero).to_bits().wrapping_sub(zero.to_bits()) as i32
}

/// The nearest number of steps, less than 2³² of them: those of 2¹⁶ and then the rest, which is exact.
#[inline(always)]
const fn wide(value: f32, step: f32) -> i32 {
    let long = step * 65_536.0;
    let rest = value - ((value + INTEGER * long) - INTEGER * long);
    (narrow(value, long) << 16).wrapping_add(narrow(rest, step))
}

/// The nearest integer of so many bits to a value with so many fraction bits, from the bits of an
/// `f32`, and whether it saturates.
#[inline(always)]
fn round_in_integers(value: f32, fraction_bits: u32, bits: u32) -> (i32, bool) {
    let float = value.to_bits();
    let negative = float >> 31;
    let significand = float & 0x007f_ffff | 0x0080_0000;
    // The significand's bits below the step. (For subnormals they are more than 25 as well.)
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

/// Slots of other formats than `f32`.
impl Distribution {
    /// [`fill`](Self::fill) for slots of another floating-point format. Each is the value that `fill`
    /// writes there, rounded to the nearest, ties to even; those nearest to zero may become zero.
    ///
    /// With the portable code the values pass through a buffer on the stack: 16 KiB, and on small
    /// processors, which have no vectors, 256 bytes and as many for the lanes.
    ///
    /// ```
    /// # #[cfg(feature = "half")] {
    /// use half::bf16;
    /// use weight_init::{Distribution, Stream};
    ///
    /// let mut weights = [bf16::ZERO; 1000];
    /// let normal = Distribution::Normal { mean: 0.0, std: 0.1 };
    /// normal.fill_as(Stream::new(42), 0, &mut weights)?;
    /// # }
    /// # Ok::<(), weight_init::InitError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`fill`](Self::fill), and [`TooLargeForFormat`](InitError::TooLargeForFormat) if a value
    /// could round to infinity: for a normal, if |mean| + 8 std does.
    pub fn fill_as<E: Element>(
        &self,
        stream: Stream,
        start: u64,
        out: &mut [E],
    ) -> Result<(), InitError> {
        self.fill_as_with(Backend::detect(), stream, start, out)
    }

    /// [`fill_as`](Self::fill_as) with a backend of one's choice: the same bits, for tests and benches.
    ///
    /// # Errors
    ///
    /// As [`fill_as`](Self::fill_as).
    pub fn fill_as_with<E: Element>(
        &self,
        backend: Backend,
        stream: Stream,
        start: u64,
        out: &mut [E],
    ) -> Result<(), InitError> {
        let fill = self.ready(backend, stream, start, out.len())?;
        fill.write_rounded(Float::up_to(self.farthest())?, out);
        Ok(())
    }

    /// [`fill`](Self::fill) for slots of fixed point, with so many fraction bits. Each is the value
    /// that `fill` writes there times 2 to the power of `fraction_bits`, rounded to the nearest
    /// integer, ties to even.
    ///
    /// What is then larger than the largest integer becomes the largest, and what is smaller than the
    /// smallest the smallest. How many values did is returned: if they are more than a few in a
    /// million, choose fewer fraction bits.
    ///
    /// With the portable code the values pass through a buffer on the stack: 16 KiB, and on small
    /// processors, which have no vectors, 256 bytes and as many for the lanes.
    ///
    /// ```
    /// use weight_init::{Distribution, Stream};
    ///
    /// let mut weights = [0_i8; 1000];
    /// let normal = Distribution::Normal { mean: 0.0, std: 0.1 };
    /// let saturated = normal.fill_fixed(Stream::new(42), 0, 7, &mut weights)?;
    /// assert_eq!(saturated, 0); // one is ten standard deviations away
    ///
    /// let all = Distribution::Constant { value: 1.0 }.fill_fixed(Stream::new(42), 0, 7, &mut weights)?;
    /// assert_eq!((all, weights), (1000, [127; 1000]));
    /// # Ok::<(), weight_init::InitError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`fill`](Self::fill), and [`FractionBits`](InitError::FractionBits) for more of them than
    /// the format has bits beside its sign.
    pub fn fill_fixed<Q: FixedPoint>(
        &self,
        stream: Stream,
        start: u64,
        fraction_bits: u32,
        out: &mut [Q],
    ) -> Result<usize, InitError> {
        self.fill_fixed_with(Backend::detect(), stream, start, fraction_bits, out)
    }

    /// [`fill_fixed`](Self::fill_fixed) with a backend of one's choice: the same bits and the same
    /// count, for tests and benches.
    ///
    /// # Errors
    ///
    /// As [`fill_fixed`](Self::fill_fixed).
    pub fn fill_fixed_with<Q: FixedPoint>(
        &self,
        backend: Backend,
        stream: Stream,
        start: u64,
        fraction_bits: u32,
        out: &mut [Q],
    ) -> Result<usize, InitError> {
        let fill = self.ready(backend, stream, start, out.len())?;
        Ok(fill.write_rounded(Fixed::up_to(self.farthest(), fraction_bits)?, out))
    }
}

/// Slots of other formats than `f32`.
impl Init {
    /// [`fill`](Self::fill) for slots of another floating-point format: see
    /// [`Distribution::fill_as`].
    ///
    /// ```
    /// # #[cfg(feature = "half")] {
    /// use half::f16;
    /// use weight_init::{Init, Shape, Stream};
    ///
    /// let shape = Shape::dense(784, 100);
    /// let mut weights = vec![f16::ZERO; shape.len()];
    /// Init::he_normal().fill_as(Stream::new(42).named("fc1"), &shape, &mut weights)?;
    /// # }
    /// # Ok::<(), weight_init::InitError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`fill`](Self::fill) and [`Distribution::fill_as`], and
    /// [`WholeTensorOnly`](InitError::WholeTensorOnly) for orthogonal matrices, which need slots of
    /// `f32`. On an error nothing was written.
    pub fn fill_as<E: Element>(
        &self,
        stream: Stream,
        shape: &Shape,
        out: &mut [E],
    ) -> Result<(), InitError> {
        Self::write_as(self.whole(shape, out.len())?, stream, shape, 0, out)
    }

    /// [`fill_range`](Self::fill_range) for slots of another floating-point format.
    ///
    /// # Errors
    ///
    /// As [`fill_range`](Self::fill_range) and [`fill_as`](Self::fill_as).
    pub fn fill_range_as<E: Element>(
        &self,
        stream: Stream,
        shape: &Shape,
        start: u64,
        out: &mut [E],
    ) -> Result<(), InitError> {
        Self::write_as(self.part(shape, start, out.len())?, stream, shape, start, out)
    }

    /// [`fill`](Self::fill) for slots of fixed point: see [`Distribution::fill_fixed`]. The number of
    /// values that saturated.
    ///
    /// ```
    /// use weight_init::{Init, Shape, Stream};
    ///
    /// const FC1: Shape = Shape::dense(64, 32);
    /// let mut weights = [0_i8; FC1.len()];
    /// // He's std is 0.18: six bits for the fraction, so that ±2 fits, eleven of them.
    /// let saturated = Init::he_normal().fill_fixed(Stream::new(42).named("fc1"), &FC1, 6, &mut weights)?;
    /// assert_eq!(saturated, 0);
    /// # Ok::<(), weight_init::InitError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`fill`](Self::fill) and [`Distribution::fill_fixed`], and
    /// [`WholeTensorOnly`](InitError::WholeTensorOnly) for orthogonal matrices, which need slots of
    /// `f32`. On an error nothing was written.
    pub fn fill_fixed<Q: FixedPoint>(
        &self,
        stream: Stream,
        shape: &Shape,
        fraction_bits: u32,
        out: &mut [Q],
    ) -> Result<usize, InitError> {
        Self::write_fixed(self.whole(shape, out.len())?, stream, shape, 0, fraction_bits, out)
    }

    /// [`fill_range`](Self::fill_range) for slots of fixed point. The number of values that saturated.
    ///
    /// # Errors
    ///
    /// As [`fill_range`](Self::fill_range) and [`fill_fixed`](Self::fill_fixed).
    pub fn fill_range_fixed<Q: FixedPoint>(
        &self,
        stream: Stream,
        shape: &Shape,
        start: u64,
        fraction_bits: u32,
        out: &mut [Q],
    ) -> Result<usize, InitError> {
        let values = self.part(shape, start, out.len())?;
        Self::write_fixed(values, stream, shape, start, fraction_bits, out)
    }

    fn write_as<E: Element>(
        values: Values,
        stream: Stream,
        shape: &Shape,
        start: u64,
        out: &mut [E],
    ) -> Result<(), InitError> {
        let rounding = Float::up_to(values.farthest())?;
        values.write(rounding, stream, shape, start, out).map(|_| ())
    }

    fn write_fixed<Q: FixedPoint>(
        values: Values,
        stream: Stream,
        shape: &Shape,
        start: u64,
        fraction_bits: u32,
        out: &mut [Q],
    ) -> Result<usize, InitError> {
        let rounding = Fixed::up_to(values.farthest(), fraction_bits)?;
        values.write(rounding, stream, shape, start, out)
    }
}

impl Values {
    fn farthest(&self) -> f32 {
        match self {
            Self::Drawn(distribution) => distribution.farthest(),
            Self::Structured(structure) => structure.farthest(),
        }
    }

    /// Fills the part of a tensor from `start` on. The number of values that saturated.
    fn write<R: Rounding>(
        &self,
        rounding: R,
        stream: Stream,
        shape: &Shape,
        start: u64,
        out: &mut [R::Slot],
    ) -> Result<usize, InitError> {
        let backend = Backend::detect();
        match self {
            Self::Drawn(distribution) => {
                Ok(distribution.checked(backend, stream, start).write_rounded(rounding, out))
            }
            Self::Structured(structure) => {
                structure.write_part(backend, rounding, stream, shape, start as usize, out)
            }
        }
    }
}
