//! Checks whether a buffer can have been filled as intended: computes its statistics in one pass, and
//! compares them with the limits for a good buffer.
//!
//! `limits` has those for `f32`, `sums` adds the values in units of `unit`, and `verdict` compares both. For slots of
//! other formats, the sums are those of `stats`, and `rounded` computes the statistics to expect from the probabilities
//! of the distribution (`law`) and the values of the format (`grid`). Firmware that checks only `f32` contains neither
//! the sums of `stats` nor the last three.

mod grid;
mod law;
mod limits;
mod mismatch;
mod rounded;
mod stats;
mod sums;
#[cfg(test)]
mod tests;
mod unit;
mod verdict;

pub(crate) use self::limits::Limits;
use self::{grid::Grid, rounded::Rounded};
pub use self::{mismatch::Mismatch, stats::Stats};
use crate::{
    distribution::Distribution,
    error::InitError,
    scheme::{Init, Recipe, Shape},
    slot::{Element, Fixed, FixedPoint, Float, Quantization},
};

impl Distribution {
    /// Computes the statistics of values in one pass. Deviations are measured from the mean of this
    /// distribution and in its standard deviations, so the result is meaningless if its parameters are
    /// invalid.
    ///
    /// The counts are exact. Sums are in `f32` for 256 values and then in `f64`, so they are as accurate
    /// for 2²⁸ values as for ten. The same values give the same bits on every machine.
    ///
    /// ```
    /// use weight_init::{Distribution, Stream};
    ///
    /// let normal = Distribution::Normal { mean: 100.0, std: 0.5 };
    /// let mut values = [0.0; 10_000];
    /// normal.fill(Stream::new(42), 0, &mut values)?;
    ///
    /// let stats = normal.stats(&values);
    /// assert!((stats.mean - 100.0).abs() < 0.02 && (stats.std - 0.5).abs() < 0.02);
    /// assert!((stats.beyond_2_std as f32 / stats.len as f32 - 0.0455).abs() < 0.01);
    /// # Ok::<(), weight_init::InitError>(())
    /// ```
    #[must_use]
    pub fn stats(&self, values: &[f32]) -> Stats {
        let limits = self.limits();
        Stats::new(values, limits.mean, limits.std)
    }

    /// Checks by their statistics whether values can have been drawn from this distribution.
    ///
    /// A good buffer of any length is rejected with a probability below 10⁻⁹. For n values, x = 23 and the
    /// standard deviation σ of the distribution, the limits are:
    ///
    /// | quantity | expected |
    /// | --- | --- |
    /// | NaN and infinities | none |
    /// | all values | within the bounds; for a normal, within 8 σ of the mean; for a constant, the constant |
    /// | zeros | none if the mean is 0 |
    /// | values equal to the value 16 before them | no more than rounding can cause |
    /// | mean | the mean of the distribution ± σ √(2x / n) |
    /// | variance about the mean of the distribution, over σ² | 1 − √(2vx / n) − x / 3n to 1 + √(2vx / n) + cx / n, with v = 2 and c = 2 for the normal, v = 4/5 and c = 2/3 for the uniform |
    /// | values beyond 2 σ and 3 σ | np − √(2npx) to np + √(2npx) + x / 3, with p = 0.0455 and 0.0027 for the normal, and 0 for the uniform |
    ///
    /// The usual multiples of a standard error are wrong for small n. These limits bound the probability
    /// of each tail by e⁻ˣ at every n. The bounds are those of Laurent and Massart (2000) for χ², and
    /// otherwise those of Bernstein and Chernoff. All are widened by the effect of rounding, which
    /// matters if |mean| is much larger than σ.
    ///
    /// With at least this number of values, a mistake is found in at least 999 of 1000 buffers:
    ///
    /// | mistake | normal | uniform |
    /// | --- | ---: | ---: |
    /// | a NaN, an infinity, a zero where the mean is 0, a value out of range | 1 | 1 |
    /// | all values the same | 24 | 24 |
    /// | 48 values in a row overwritten with any one value, among up to 100,000 values | 48 | 48 |
    /// | one of the 16 lanes stuck | 144 | 144 |
    /// | 2 / √fan instead of √(2 / fan), which is twice the variance | 400 | 20 |
    /// | half the variance | 600 | 300 |
    /// | uniform instead of normal, or normal instead of uniform, with the same variance | 1200 | 100 |
    /// | truncated at 2 σ | 20,000 | |
    /// | a gain of 1.1 | 6000 | 100 |
    /// | the mean off by σ / 10 | 10,000 | 300 |
    ///
    /// For the truncated normal the figures are those of the normal, except that v = 1.37, c = 1.39, and
    /// p = 0.0346 beyond 2 σ and 0 beyond 3 σ. It also has bounds, so that a normal in its place is found
    /// with at least 1200 values.
    ///
    /// The sums are in integers, which a processor without an FPU adds fast: the distance of a value from the mean is
    /// rounded to a unit of 2⁻¹⁰ to 2⁻⁹ σ. Therefore the mean and the standard deviation in a [`Mismatch`] may be off by
    /// half a unit, at most a thousandth of σ. All other numbers in it are exact. [`stats`](Self::stats) is more precise.
    ///
    /// The check is for a distribution and not for particular values. It passes the values of another stream, a page
    /// that was written twice, and most flipped bits. To check every bit, compute the values again with
    /// [`fill_range`](Init::fill_range) and compare them, as [`Plan::matches`](crate::PlanOf::matches) does.
    ///
    /// ```
    /// use weight_init::{Distribution, Mismatch, Stream};
    ///
    /// let (he, slip) = (
    ///     Distribution::Normal { mean: 0.0, std: (2.0_f32 / 512.0).sqrt() },
    ///     Distribution::Normal { mean: 0.0, std: 2.0 / 512.0_f32.sqrt() },
    /// );
    /// let mut values = [0.0; 5120];
    /// slip.fill(Stream::new(42), 0, &mut values)?;
    /// assert!(matches!(he.verify(&values), Err(Mismatch::Std { high, .. }) if high < 0.07));
    ///
    /// he.fill(Stream::new(42), 0, &mut values)?;
    /// assert!(he.verify(&values).is_ok());
    ///
    /// values[17] = 0.0;
    /// assert_eq!(he.verify(&values), Err(Mismatch::Zeros { high: 0, given: 1 }));
    /// # Ok::<(), weight_init::InitError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the first [`Mismatch`] in the order of the first table. Invalid parameters are reported
    /// before all others.
    pub fn verify(&self, values: &[f32]) -> Result<(), Mismatch> {
        self.check()?;
        self.limits().verify(values)
    }

    /// Computes the same statistics as [`stats`](Self::stats) for slots of any floating-point format. The slots
    /// are converted to `f32` in a buffer of 1 KiB on the stack.
    #[must_use]
    pub fn stats_as<E: Element>(&self, values: &[E]) -> Stats {
        let limits = self.limits();
        Stats::of_slots(values, E::to_f32, limits.mean, limits.std)
    }

    /// Computes the same statistics as [`stats`](Self::stats) for the values that the slots of a fixed-point
    /// format stand for. The slots are converted to `f32` in a buffer of 1 KiB on the stack.
    #[must_use]
    pub fn stats_fixed<Q: FixedPoint>(
        &self,
        quantization: impl Into<Quantization>,
        values: &[Q],
    ) -> Stats {
        let (limits, quantization) = (self.limits(), quantization.into());
        let value = |slot| grid::value(quantization, slot);
        Stats::of_slots(values, value, limits.mean, limits.std)
    }

    /// Checks whether slots of a floating-point format can hold values that were drawn from this distribution.
    /// For `f32` the result is that of [`verify`](Self::verify).
    ///
    /// A good buffer of any length is rejected with a probability below 10⁻⁹. The checks are those of
    /// [`verify`](Self::verify), and what they expect is computed for rounded values: how many become zero, how
    /// often a value has the bits of the value 16 before it, and how many count as beyond 2 and 3 σ, because
    /// these thresholds fall into the cell of a rounded value. This also holds for the subnormal numbers of `f16`,
    /// and for means that are so large that few values of the format are within reach.
    ///
    /// With at least this number of values, a mistake is found in at least 999 of 1000 buffers of a normal with a
    /// mean of 0:
    ///
    /// | mistake | `bf16` and `f16` |
    /// | --- | ---: |
    /// | a NaN, an infinity, a value out of range | 1 |
    /// | all values zero | 10 |
    /// | all values the same | 30 |
    /// | 256 values in a row overwritten with any one value, among up to 100,000 values | 256 |
    /// | one of the 16 lanes stuck | 400 |
    /// | twice the variance; half of it | 500; 700 |
    /// | every value doubled; halved | 120; 400 |
    /// | uniform instead of normal, with the same variance | 5000 |
    /// | a gain of 1.1 | 8000 |
    /// | the mean off by σ / 10 | 12,000 |
    ///
    /// The slots are converted to `f32` in a buffer of 1 KiB on the stack, unless they are `f32`. Besides the pass over
    /// the values, a check of 16-bit slots takes at most 70 evaluations of the normal's tail in `f64`.
    ///
    /// ```
    /// # #[cfg(feature = "half")] {
    /// use half::bf16;
    /// use weight_init::{Distribution, Mismatch, Stream};
    ///
    /// let he = Distribution::Normal { mean: 0.0, std: 0.05 };
    /// let mut weights = [bf16::ZERO; 4096];
    /// he.draw_range(Stream::new(42), 0..4096)?.write_as(&mut weights)?;
    /// assert!(he.verify_as(&weights).is_ok());
    ///
    /// weights[99] = bf16::NAN;
    /// assert_eq!(he.verify_as(&weights), Err(Mismatch::NotFinite { given: 1 }));
    /// # }
    /// # Ok::<(), weight_init::InitError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the errors of [`verify`](Self::verify), and [`Request`](Mismatch::Request) with
    /// [`TooLargeForFormat`](InitError::TooLargeForFormat) if a value could become infinite.
    pub fn verify_as<E: Element>(&self, values: &[E]) -> Result<(), Mismatch> {
        self.check()?;
        Float::<E>::up_to(self.farthest())?;
        let limits = self.limits();
        if let Some(values) = E::as_values(values) {
            return limits.verify(values);
        }
        let stats = self.stats_as(values);
        // `f64` holds the values as they are.
        if E::SIGNIFICANT_BITS == 24 {
            limits.check(&stats)
        } else {
            Rounded::new(self, &limits, Grid::float::<E>()).check(&stats)
        }
    }

    /// Checks whether slots of a fixed-point format can hold values that were drawn from this distribution.
    ///
    /// A good buffer of any length is rejected with a probability below 10⁻⁹, at every scale: where nearly all
    /// values become zero, and where most saturate. The checks are those of [`verify`](Self::verify), and what they
    /// expect is computed for rounded and saturated values: their mean and variance, how many become zero, how
    /// often a value equals the value 16 before it, and how many count as beyond 2 and 3 σ. σ and the mean from
    /// which deviations are measured are those of the distribution.
    ///
    /// With at least this number of values, a mistake is found in at least 999 of 1000 buffers of a normal with a
    /// mean of 0. The columns differ in the number of steps per standard deviation:
    ///
    /// | mistake | 1638: `i16` with σ = 0.05 | 32: `i8` | 4 | 1 |
    /// | --- | ---: | ---: | ---: | ---: |
    /// | a value out of range | 1 | 1 | 1 | 1 |
    /// | all values zero | 10 | 16 | 20 | 60 |
    /// | all values the same | 30 | 30 | 40 | 70 |
    /// | one of the 16 lanes stuck | 300 | 800 | 5000 | 20,000 |
    /// | twice the variance | 500 | 500 | 500 | 500 |
    /// | half the variance | 700 | 700 | 700 | 900 |
    /// | a fraction bit too many; too few | 120; 400 | 120; 400 | 120; 400 | 120; 400 |
    /// | uniform instead of normal, with the same variance | 5000 | 5000 | 5000 | 5000 |
    /// | a gain of 1.1 | 8000 | 8000 | 8000 | 8000 |
    /// | a zero point that is off by 4 steps | | 8000 | | |
    /// | the mean off by σ / 10 | 12,000 | 12,000 | 12,000 | 12,000 |
    /// | 256 values in a row overwritten with any one value, in a buffer of up to | 100,000 | 20,000 | 3000 | 1000 |
    ///
    /// The fewer values a format has within reach, the more often good values are the same. Therefore stuck lanes
    /// and overwritten values take more values to be found. [`Plan::matches_fixed`](crate::PlanOf::matches_fixed)
    /// compares slots with the values of a stream.
    ///
    /// The slots are converted to `f32` in a buffer of 1 KiB on the stack. Besides the pass over the values, a
    /// check takes at most 70 evaluations of the normal's tail in `f64`, and 10 to 20 if more than 64 integers are
    /// within reach.
    ///
    /// ```
    /// use weight_init::{Distribution, Mismatch, Stream};
    ///
    /// let he = Distribution::Normal { mean: 0.0, std: 0.05 };
    /// let mut weights = [0_i8; 4096];
    /// he.draw_range(Stream::new(42), 0..4096)?.write_fixed(9, &mut weights)?;
    /// assert!(he.verify_fixed(9, &weights).is_ok());
    ///
    /// // Taken for another number of fraction bits.
    /// let error = he.verify_fixed(8, &weights).unwrap_err();
    /// assert!(matches!(error, Mismatch::Std { given, .. } if (given - 0.1).abs() < 0.01));
    /// # Ok::<(), weight_init::InitError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the errors of [`verify`](Self::verify), and [`Request`](Mismatch::Request) with
    /// [`QuantizationScale`](InitError::QuantizationScale) or [`ZeroPoint`](InitError::ZeroPoint) if the
    /// quantisation is inadmissible. No integer is a NaN or an infinity.
    pub fn verify_fixed<Q: FixedPoint>(
        &self,
        quantization: impl Into<Quantization>,
        values: &[Q],
    ) -> Result<(), Mismatch> {
        let quantization = quantization.into();
        self.check()?;
        Fixed::<Q>::up_to(self.farthest(), quantization)?;
        let stats = self.stats_fixed(quantization, values);
        Rounded::new(self, &self.limits(), Grid::fixed::<Q>(quantization)).check(&stats)
    }
}

impl Init {
    /// Checks by their statistics whether values can be those of a tensor that this scheme has filled.
    /// [`Distribution::verify`] lists the checks, the number of values that each mistake takes to be found, and what
    /// passes.
    ///
    /// ```
    /// use weight_init::{Init, Mismatch, Shape, Stream};
    ///
    /// let shape = Shape::dense(784, 100);
    /// let mut weights = vec![0.0; shape.try_len()?];
    /// Init::xavier_normal().fill(Stream::new(42).named("fc1"), &shape, &mut weights)?;
    /// assert!(Init::xavier_normal().verify(&shape, &weights).is_ok());
    ///
    /// let error = Init::he_normal().verify(&shape, &weights).unwrap_err();
    /// assert!(matches!(error, Mismatch::Std { .. }));
    /// # Ok::<(), weight_init::InitError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Distribution::verify`]. Returns [`Request`](Mismatch::Request) if the
    /// length of the slice is not [`shape.len()`](Shape::len), if the scheme, the shape or the gain is
    /// invalid, or if the scheme has no distribution.
    pub fn verify(&self, shape: &Shape, values: &[f32]) -> Result<(), Mismatch> {
        self.drawn_from(shape, values.len())?.verify(values)
    }

    /// Checks whether slots of a floating-point format can hold a tensor that this scheme has filled.
    /// [`Distribution::verify_as`] lists the checks.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Distribution::verify_as`] and of [`verify`](Self::verify).
    pub fn verify_as<E: Element>(&self, shape: &Shape, values: &[E]) -> Result<(), Mismatch> {
        self.drawn_from(shape, values.len())?.verify_as(values)
    }

    /// Checks whether slots of a fixed-point format can hold a tensor that this scheme has filled.
    /// [`Distribution::verify_fixed`] lists the checks.
    ///
    /// ```
    /// use weight_init::{Init, Shape, Stream};
    ///
    /// let shape = Shape::dense(256, 256);
    /// let mut weights = vec![0_i8; shape.try_len()?];
    /// Init::he_normal().draw(Stream::new(42).named("fc1"), &shape)?.write_fixed(8, &mut weights)?;
    /// assert!(Init::he_normal().verify_fixed(&shape, 8, &weights).is_ok());
    /// assert!(Init::lecun_normal().verify_fixed(&shape, 8, &weights).is_err());
    /// # Ok::<(), weight_init::InitError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Distribution::verify_fixed`] and of [`verify`](Self::verify).
    pub fn verify_fixed<Q: FixedPoint>(
        &self,
        shape: &Shape,
        quantization: impl Into<Quantization>,
        values: &[Q],
    ) -> Result<(), Mismatch> {
        self.drawn_from(shape, values.len())?.verify_fixed(quantization, values)
    }

    /// Returns the distribution of a tensor of this shape, which must have `given` values.
    fn drawn_from(&self, shape: &Shape, given: usize) -> Result<Distribution, InitError> {
        let expected = shape.try_len()?;
        if expected != given {
            return Err(InitError::WrongLength { expected, given });
        }
        match self.recipe(shape, given)? {
            Recipe::Drawn(distribution) => Ok(distribution),
            Recipe::Structured(_) => Err(InitError::NoDistribution),
        }
    }
}
