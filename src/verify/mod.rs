//! Whether a buffer can have been filled as intended: its statistics in one pass, and the limits within
//! which those of a good buffer lie.

mod mismatch;
mod promise;
mod stats;

pub use self::{mismatch::Mismatch, stats::Stats};
use crate::{
    distribution::Distribution,
    error::InitError,
    scheme::{Init, Recipe, Shape},
};

impl Distribution {
    /// The statistics of values that may be of this distribution, in one pass. It has the mean and the
    /// standard deviation about which the values are looked at, so if its parameters are not admissible
    /// they mean nothing.
    ///
    /// Exact counts; sums in `f32` for 256 values and then in `f64`, so 2²⁸ values are as well served as
    /// ten. The same values give the same bits on every machine.
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
        let promise = self.promise();
        Stats::new(values, promise.mean, promise.std)
    }

    /// Whether values can be of this distribution: for firmware, which looks at a buffer before it
    /// trusts it. What they are like, if they can.
    ///
    /// A good buffer of whatever length is refused with a probability below 10⁻⁹. With n values,
    /// x = 23 and the promised σ, the limits are these:
    ///
    /// | what | expected |
    /// | --- | --- |
    /// | NaN and infinities | none |
    /// | all values | within the bounds; normal: within 8 σ; constant: the constant |
    /// | zeros | none, if the mean is 0 |
    /// | values that repeat the one 16 before | as rare as rounding makes them |
    /// | mean | ± σ √(2x / n) |
    /// | variance about the promised mean, over σ² | 1 − √(2vx / n) − x / 3n to 1 + √(2vx / n) + cx / n, with v = 2 and c = 2 for the normal, v = 4/5 and c = 2/3 for the uniform |
    /// | values beyond 2 σ and 3 σ | np − √(2npx) to np + √(2npx) + x / 3, with p = 0.0455 and 0.0027 for the normal, and 0 for the uniform |
    ///
    /// These are not the usual multiples of a standard error, which are wrong for few values, but
    /// bounds of each tail by e⁻ˣ at every n: of χ² by Laurent and Massart (2000), else Bernstein's
    /// and Chernoff's. All are widened by what rounding does if |mean| is much larger than σ.
    ///
    /// From as many values on as this the classic mistakes are seen, in at least 999 of 1000 buffers:
    ///
    /// | mistake | normal | uniform |
    /// | --- | ---: | ---: |
    /// | a NaN, an infinity, a zero where the mean is 0, a value out of range | 1 | 1 |
    /// | all the same | 24 | 24 |
    /// | 48 of up to 100,000 values in a row overwritten with any one value | 48 | 48 |
    /// | one of the 16 lanes stands still | 144 | 144 |
    /// | 2 / √fan for √(2 / fan), twice the variance | 400 | 20 |
    /// | half the variance | 600 | 300 |
    /// | the other family, with the same variance | 1200 | 100 |
    /// | cut off at 2 σ | 20,000 | |
    /// | a gain of 1.1 | 6000 | 100 |
    /// | the mean off by σ / 10 | 10,000 | 300 |
    ///
    /// The truncated normal is like the normal, with v = 1.37 and c = 1.39, a share of 0.0346 beyond 2 σ,
    /// and bounds of its own, so that a normal in its place is seen from 1200 values on.
    ///
    /// What is promised is a distribution and not these values: [`fill_range`](Init::fill_range) makes a
    /// part of them again, to be compared.
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
    /// A [`Mismatch`]: the first that was found, in the order of the table; and before all, parameters
    /// that are not admissible.
    pub fn verify(&self, values: &[f32]) -> Result<Stats, Mismatch> {
        self.check()?;
        let stats = self.stats(values);
        self.promise().check(&stats)?;
        Ok(stats)
    }
}

impl Init {
    /// Whether values can be those of a tensor that this scheme has filled. See
    /// [`Distribution::verify`] for what is looked at, and from how many values on what is seen.
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
    /// As [`Distribution::verify`]; and [`Request`](Mismatch::Request), if the slice's length is not
    /// [`shape.len()`](Shape::len), or the scheme, the shape or the gain is not sound.
    pub fn verify(&self, shape: &Shape, values: &[f32]) -> Result<Stats, Mismatch> {
        match self.whole(shape, values.len())? {
            Recipe::Drawn(distribution) => distribution.verify(values),
            Recipe::Structured(_) => Err(InitError::NoDistribution.into()),
        }
    }
}
