//! How integers stand for values.

use crate::error::InitError;

/// How an integer stands for a value: value = scale × (integer − zero point). It is the affine
/// quantisation of TensorFlow Lite, ONNX and PyTorch. With a scale of 2⁻ᵇ it is a fixed-point format with b
/// fraction bits.
///
/// A value becomes the integer nearest to value × (1 / scale), ties to even, plus the zero point. The
/// reciprocal is rounded to `f32`, and so is the product. With fraction bits both are exact. Integers outside the
/// range of the slot saturate: they become the smallest or the largest integer.
///
/// | | admissible |
/// | --- | --- |
/// | fraction bits | 0 to 120; more than the slot has are for values that are smaller than 1 |
/// | scale | 2⁻¹²⁰ to 2¹²⁰ |
/// | zero point | 0 to 255 for `u8`, otherwise 0 |
///
/// A number where a quantisation is expected is a number of fraction bits:
///
/// ```
/// use weight_init::{Init, Quantization, Shape, Stream};
///
/// const FC1: Shape = Shape::dense(64, 32);
/// let draw = Init::he_normal().draw(Stream::new(42).named("fc1"), &FC1)?;
///
/// let (mut q7, mut int8, mut uint8) = ([0_i8; FC1.len()], [0_i8; FC1.len()], [0_u8; FC1.len()]);
/// draw.write_fixed(7, &mut q7)?;
/// draw.write_fixed(Quantization::from_scale(0.006), &mut int8)?;
/// draw.write_fixed(Quantization::from_scale(0.006).with_zero_point(128), &mut uint8)?;
/// assert!(int8.iter().zip(uint8).all(|(&a, b)| i32::from(a) == i32::from(b) - 128));
/// # Ok::<(), weight_init::InitError>(())
/// ```
///
/// CMSIS' format Q-2.9 holds weights below ±0.25 in an `i8` with nine fraction bits, and Q-3.10 those below ±0.125:
///
/// ```
/// use weight_init::{Init, Shape, Stream};
///
/// const CONV: Shape = Shape::dense(2304, 8); // He's std is 0.029.
/// let draw = Init::he_normal().draw(Stream::new(42).named("conv"), &CONV)?;
/// let (mut q7, mut q10) = (vec![0_i8; CONV.len()], vec![0_i8; CONV.len()]);
/// draw.write_fixed(7, &mut q7)?;
/// let saturated = draw.write_fixed(10, &mut q10)?;
/// let zeros = |weights: &[i8]| weights.iter().filter(|weight| **weight == 0).count();
/// assert!(zeros(&q7) > CONV.len() / 12 && zeros(&q10) < CONV.len() / 50);
/// assert!(saturated < 10);
/// # Ok::<(), weight_init::InitError>(())
/// ```
///
/// NumPy's `clip(rint(x * (1 / scale)) + zero_point)` in `float32` gives the same integers, and so does PyTorch's
/// `quantize_per_tensor` below 2³¹ steps. ONNX divides by the scale, which rounds a few values to the integer next to
/// that if the scale is no power of two.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantization {
    scale: f32,
    zero_point: i32,
}

impl Quantization {
    /// The smallest and the largest scale. With them, the product of a subnormal value is less than half.
    const SCALES: core::ops::RangeInclusive<f32> = power_of_two(-120)..=power_of_two(120);

    /// Returns the quantisation with a scale of 2 to the power of −`fraction_bits`.
    #[must_use]
    pub const fn from_fraction_bits(fraction_bits: u32) -> Self {
        // A scale of 0 is refused where it is used.
        let scale = if fraction_bits <= 120 { power_of_two(-(fraction_bits as i32)) } else { 0.0 };
        Self::from_scale(scale)
    }

    /// Returns the quantisation with that difference between the values of two successive integers.
    #[must_use]
    pub const fn from_scale(scale: f32) -> Self {
        Self { scale, zero_point: 0 }
    }

    /// Returns the quantisation in which this integer stands for 0. It is meant for `u8`.
    #[must_use]
    pub const fn with_zero_point(self, zero_point: i32) -> Self {
        Self { zero_point, ..self }
    }

    /// Returns the difference between the values of two successive integers.
    #[must_use]
    pub const fn scale(&self) -> f32 {
        self.scale
    }

    /// Returns the number of fraction bits, if the scale is a power of two that is not above 1.
    #[must_use]
    pub const fn fraction_bits(&self) -> Option<u32> {
        let bits = self.scale.to_bits();
        let is_power = bits & 0x007f_ffff == 0 && bits > 0;
        if is_power { 127_u32.checked_sub(bits >> 23) } else { None }
    }

    /// Returns the integer that stands for 0.
    #[must_use]
    pub const fn zero_point(&self) -> i32 {
        self.zero_point
    }

    /// Returns an error if the scale is inadmissible, or the zero point exceeds `largest`.
    pub(super) fn check(&self, largest: i32) -> Result<(), InitError> {
        let Self { scale, zero_point } = *self;
        if !Self::SCALES.contains(&scale) {
            Err(InitError::QuantizationScale { given: scale })
        } else if !(0..=largest).contains(&zero_point) {
            Err(InitError::ZeroPoint { largest, given: zero_point })
        } else {
            Ok(())
        }
    }
}

impl From<u32> for Quantization {
    /// Returns the quantisation with that number of fraction bits.
    fn from(fraction_bits: u32) -> Self {
        Self::from_fraction_bits(fraction_bits)
    }
}

/// Returns 2ⁿ for −126 ≤ n ≤ 127.
pub(crate) const fn power_of_two(n: i32) -> f32 {
    f32::from_bits(((n + 127) as u32) << 23)
}
