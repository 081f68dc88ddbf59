//! The choice of a quantisation for the weights of a layer.

use super::{init::Init, shape::Shape};
use crate::{
    distribution::Distribution,
    error::InitError,
    slot::{FixedPoint, Quantization},
};

impl Init {
    /// Returns the fixed-point format with the most fraction bits in which no more than `share` of a tensor's
    /// values saturate. See [`Distribution::fixed_point`].
    ///
    /// ```
    /// use weight_init::{Init, Quantization, Shape, Stream};
    ///
    /// const FC1: Shape = Shape::dense(2304, 8);
    /// // The compiler computes it.
    /// const Q: Quantization = match Init::he_normal().fixed_point::<i8>(&FC1, 1e-4) {
    ///     Ok(quantization) => quantization,
    ///     Err(_) => panic!(),
    /// };
    /// assert_eq!(Q.fraction_bits(), Some(10));
    ///
    /// let mut weights = [0_i8; FC1.len()];
    /// let draw = Init::he_normal().draw(Stream::new(42).named("fc1"), &FC1)?;
    /// let saturated = draw.write_fixed(Q, &mut weights)?;
    /// assert!(saturated < 5); // of 18,432
    /// # Ok::<(), weight_init::InitError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the errors of [`distribution`](Self::distribution) and of [`Shape::fan`].
    pub const fn fixed_point<Q: FixedPoint>(
        &self,
        shape: &Shape,
        share: f32,
    ) -> Result<Quantization, InitError> {
        match self.const_distribution(shape) {
            Ok(distribution) => Ok(distribution.fixed_point::<Q>(share)),
            Err(error) => Err(error),
        }
    }

    /// Returns the quantisation with the finest scale with which no more than `share` of a tensor's values
    /// saturate. See [`Distribution::quantization`].
    ///
    /// # Errors
    ///
    /// Returns the errors of [`fixed_point`](Self::fixed_point).
    pub const fn quantization<Q: FixedPoint>(
        &self,
        shape: &Shape,
        share: f32,
    ) -> Result<Quantization, InitError> {
        match self.const_distribution(shape) {
            Ok(distribution) => Ok(distribution.quantization::<Q>(share)),
            Err(error) => Err(error),
        }
    }

    /// Returns the distribution of a tensor's values. The values of an empty tensor need no fan.
    const fn const_distribution(&self, shape: &Shape) -> Result<Distribution, InitError> {
        if self.is_special() {
            return Err(InitError::NoDistribution);
        }
        match self.const_plain(shape.fan()) {
            Err(InitError::ZeroFan { .. }) if shape.is_empty() => Ok(Distribution::ZERO),
            result => result,
        }
    }
}
