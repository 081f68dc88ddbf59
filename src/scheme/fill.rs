//! Fills a tensor with the values of a scheme.

use core::mem::MaybeUninit;

use super::{
    init::{Init, Recipe},
    shape::Shape,
};
use crate::{
    backend::Backend,
    distribution::Distribution,
    error::InitError,
    slot::{Element, Fixed, FixedPoint, Float, NoRounding, Rounding},
    stream::Stream,
};

impl Init {
    /// Fills a whole tensor.
    ///
    /// Every call with the same scheme, stream and shape writes the same bits, on every machine.
    ///
    /// # Errors
    ///
    /// Returns an error if the slice's length is not [`shape.len()`](Shape::len), or if the scheme, the
    /// shape or the gain is invalid. On an error, nothing is written.
    // `#[inline]` along the whole call chain, so that a constant scheme removes the code of the others.
    // Without it, a program without link-time optimisation carries 20 KiB of them in flash.
    #[inline]
    pub fn fill(&self, stream: Stream, shape: &Shape, out: &mut [f32]) -> Result<(), InitError> {
        self.fill_with(Backend::detect(), stream, shape, out)
    }

    /// Does the same as [`fill`](Self::fill) with a chosen backend, for tests and benches. The bits are the
    /// same.
    ///
    /// ```
    /// use weight_init::{Backend, Init, Shape, Stream};
    ///
    /// let (stream, shape) = (Stream::new(42), Shape::dense(784, 100));
    /// let mut expected = vec![0.0; shape.try_len()?];
    /// Init::he_normal().fill(stream, &shape, &mut expected)?;
    /// for backend in Backend::available() {
    ///     let mut weights = vec![0.0; shape.try_len()?];
    ///     Init::he_normal().fill_with(backend, stream, &shape, &mut weights)?;
    ///     assert_eq!(weights, expected, "{backend}");
    /// }
    /// # Ok::<(), weight_init::InitError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the errors of [`fill`](Self::fill).
    #[inline]
    pub fn fill_with(
        &self,
        backend: Backend,
        stream: Stream,
        shape: &Shape,
        out: &mut [f32],
    ) -> Result<(), InitError> {
        match self.whole_recipe(shape, out.len())? {
            Recipe::Drawn(distribution) => {
                distribution.prepare_unchecked(backend, stream, 0).write(out)
            }
            Recipe::Structured(structure) => structure.write(backend, stream, shape, out),
        }
        Ok(())
    }

    /// Fills the bias of a layer whose weights have this shape, one value for each output channel. A
    /// scheme that needs a fan takes that of the weights, as PyTorch's default layers do.
    ///
    /// ```
    /// use weight_init::{Init, Shape, Stream};
    ///
    /// let fc = Shape::dense(400, 10);
    /// let mut bias = [0.0; 10];
    /// Init::pytorch_default().fill_bias(Stream::new(42).named("fc.bias"), &fc, &mut bias)?;
    /// assert!(bias.iter().all(|b| b.abs() < 1.0 / 20.0));
    /// # Ok::<(), weight_init::InitError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the errors of [`distribution`](Self::distribution), and
    /// [`WrongLength`](InitError::WrongLength). On an error, nothing is written.
    pub fn fill_bias(
        &self,
        stream: Stream,
        weights: &Shape,
        out: &mut [f32],
    ) -> Result<(), InitError> {
        let (expected, given) = (weights.out_channels(), out.len());
        if expected != given {
            return Err(InitError::WrongLength { expected, given });
        }
        weights.try_len()?;
        let distribution = self.resolve_for(given, weights)?;
        distribution.prepare_unchecked(Backend::detect(), stream, 0).write(out);
        Ok(())
    }

    /// Does the same as [`fill`](Self::fill) for memory that is not initialised yet, so that it is written
    /// only once. Returns the given slice as initialised.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`fill`](Self::fill).
    pub fn fill_uninit<'a>(
        &self,
        stream: Stream,
        shape: &Shape,
        out: &'a mut [MaybeUninit<f32>],
    ) -> Result<&'a mut [f32], InitError> {
        let backend = Backend::detect();
        match self.whole_recipe(shape, out.len())? {
            Recipe::Drawn(distribution) => {
                Ok(distribution.prepare_unchecked(backend, stream, 0).write_uninit(out))
            }
            Recipe::Structured(structure) => {
                let out =
                    Distribution::ZERO.prepare_unchecked(backend, stream, 0).write_uninit(out);
                structure.write(backend, stream, shape, out);
                Ok(out)
            }
        }
    }

    /// Fills the part of a tensor that begins at the flat index `start`, such as a shard or a flash page,
    /// with the bits that [`fill`](Self::fill) writes there.
    ///
    /// Every call seeds the lanes of the blocks (4096 values) that it touches, and steps them to the first
    /// value. Whole blocks cost nothing extra. Pages of 64 values cost several times as much per value: 7
    /// times on x86-64, and 4 to 9 times on microcontrollers. [`Plan::pages`](crate::Plan::pages) computes
    /// successive pages for less. The cost follows the part and not the tensor, except for
    /// [`sparse`](Self::sparse), whose docs state the cost of a part.
    ///
    /// ```
    /// use weight_init::{Init, Shape, Stream};
    ///
    /// let (stream, shape) = (Stream::new(42), Shape::dense(784, 100));
    /// let mut whole = vec![0.0; shape.try_len()?];
    /// Init::he_normal().fill(stream, &shape, &mut whole)?;
    ///
    /// let mut page = [0.0; 64];
    /// Init::he_normal().fill_range(stream, &shape, 10_000, &mut page)?;
    /// assert_eq!(page, whole[10_000..10_064]);
    /// # Ok::<(), weight_init::InitError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the range does not end within the shape, or if the scheme, the shape or the gain
    /// is invalid, and [`WholeTensorOnly`](InitError::WholeTensorOnly) for orthogonal matrices. On an
    /// error, nothing is written.
    #[inline]
    pub fn fill_range(
        &self,
        stream: Stream,
        shape: &Shape,
        start: u64,
        out: &mut [f32],
    ) -> Result<(), InitError> {
        let backend = Backend::detect();
        match self.part_recipe(shape, start, out.len())? {
            Recipe::Drawn(distribution) => {
                distribution.prepare_unchecked(backend, stream, start).write(out)
            }
            Recipe::Structured(structure) => {
                structure.write_part(
                    backend,
                    NoRounding::new(),
                    stream,
                    shape,
                    start as usize,
                    out,
                )?;
            }
        }
        Ok(())
    }

    /// Returns the recipe for a whole tensor, if the shape has the given length.
    #[inline]
    pub(crate) fn whole_recipe(&self, shape: &Shape, given: usize) -> Result<Recipe, InitError> {
        let expected = shape.try_len()?;
        if expected != given {
            return Err(InitError::WrongLength { expected, given });
        }
        self.recipe(shape, expected)
    }

    /// Returns the recipe for a part, if the shape has that many values from `start` on.
    #[inline]
    pub(crate) fn part_recipe(
        &self,
        shape: &Shape,
        start: u64,
        given: usize,
    ) -> Result<Recipe, InitError> {
        let end = shape.try_len()?;
        let room = (end as u64).checked_sub(start);
        if room.is_none_or(|room| room < given as u64) {
            return Err(InitError::RangePastEnd { start, given, end });
        }
        self.recipe(shape, end)
    }
}

/// Fills slots of other formats than `f32`.
impl Init {
    /// Does the same as [`fill`](Self::fill) for slots of another floating-point format. See
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
    /// Returns the errors of [`fill`](Self::fill) and [`Distribution::fill_as`], and
    /// [`WholeTensorOnly`](InitError::WholeTensorOnly) for orthogonal matrices, which need slots of
    /// `f32`. On an error, nothing is written.
    pub fn fill_as<E: Element>(
        &self,
        stream: Stream,
        shape: &Shape,
        out: &mut [E],
    ) -> Result<(), InitError> {
        Self::write_as(self.whole_recipe(shape, out.len())?, stream, shape, 0, out)
    }

    /// Does the same as [`fill_range`](Self::fill_range) for slots of another floating-point format.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`fill_range`](Self::fill_range) and [`fill_as`](Self::fill_as).
    pub fn fill_range_as<E: Element>(
        &self,
        stream: Stream,
        shape: &Shape,
        start: u64,
        out: &mut [E],
    ) -> Result<(), InitError> {
        Self::write_as(self.part_recipe(shape, start, out.len())?, stream, shape, start, out)
    }

    /// Does the same as [`fill`](Self::fill) for fixed-point slots. See [`Distribution::fill_fixed`].
    /// Returns the number of values that saturated.
    ///
    /// ```
    /// use weight_init::{Init, Shape, Stream};
    ///
    /// const FC1: Shape = Shape::dense(64, 32);
    /// let mut weights = [0_i8; FC1.len()];
    /// // He's std is 0.18. With six fraction bits, ±2 fits, which is eleven of them.
    /// let saturated = Init::he_normal().fill_fixed(Stream::new(42).named("fc1"), &FC1, 6, &mut weights)?;
    /// assert_eq!(saturated, 0);
    /// # Ok::<(), weight_init::InitError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the errors of [`fill`](Self::fill) and [`Distribution::fill_fixed`], and
    /// [`WholeTensorOnly`](InitError::WholeTensorOnly) for orthogonal matrices, which need slots of
    /// `f32`. On an error, nothing is written.
    pub fn fill_fixed<Q: FixedPoint>(
        &self,
        stream: Stream,
        shape: &Shape,
        fraction_bits: u32,
        out: &mut [Q],
    ) -> Result<usize, InitError> {
        Self::write_fixed(
            self.whole_recipe(shape, out.len())?,
            stream,
            shape,
            0,
            fraction_bits,
            out,
        )
    }

    /// Does the same as [`fill_range`](Self::fill_range) for fixed-point slots. Returns the number of values
    /// that saturated.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`fill_range`](Self::fill_range) and [`fill_fixed`](Self::fill_fixed).
    pub fn fill_range_fixed<Q: FixedPoint>(
        &self,
        stream: Stream,
        shape: &Shape,
        start: u64,
        fraction_bits: u32,
        out: &mut [Q],
    ) -> Result<usize, InitError> {
        let values = self.part_recipe(shape, start, out.len())?;
        Self::write_fixed(values, stream, shape, start, fraction_bits, out)
    }

    fn write_as<E: Element>(
        values: Recipe,
        stream: Stream,
        shape: &Shape,
        start: u64,
        out: &mut [E],
    ) -> Result<(), InitError> {
        let rounding = Float::up_to(values.farthest())?;
        values.write(rounding, stream, shape, start, out).map(|_| ())
    }

    fn write_fixed<Q: FixedPoint>(
        values: Recipe,
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

#[cfg(feature = "rayon")]
/// Fills on many threads, with feature `rayon`.
impl Init {
    /// Does the same as [`fill`](Self::fill) on the threads of rayon's current pool. The bits are the same
    /// on any number of threads. Structured schemes, such as [`orthogonal`](Self::orthogonal), are filled on
    /// one thread.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`fill`](Self::fill).
    pub fn par_fill(
        &self,
        stream: Stream,
        shape: &Shape,
        out: &mut [f32],
    ) -> Result<(), InitError> {
        match self.whole_recipe(shape, out.len())? {
            Recipe::Drawn(distribution) => {
                distribution.prepare_unchecked(Backend::detect(), stream, 0).par_write(out);
                Ok(())
            }
            Recipe::Structured(_) => self.fill(stream, shape, out),
        }
    }

    /// Does the same as [`fill_uninit`](Self::fill_uninit) on the threads of rayon's current pool.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`fill`](Self::fill).
    pub fn par_fill_uninit<'a>(
        &self,
        stream: Stream,
        shape: &Shape,
        out: &'a mut [MaybeUninit<f32>],
    ) -> Result<&'a mut [f32], InitError> {
        match self.whole_recipe(shape, out.len())? {
            Recipe::Drawn(distribution) => Ok(distribution
                .prepare_unchecked(Backend::detect(), stream, 0)
                .par_write_uninit(out)),
            Recipe::Structured(_) => self.fill_uninit(stream, shape, out),
        }
    }
}

impl Recipe {
    /// Returns a bound on the magnitude of all values.
    fn farthest(&self) -> f32 {
        match self {
            Self::Drawn(distribution) => distribution.farthest(),
            Self::Structured(structure) => structure.farthest(),
        }
    }

    /// Fills the part of a tensor from `start` on. Returns the number of values that saturated.
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
            Self::Drawn(distribution) => Ok(distribution
                .prepare_unchecked(backend, stream, start)
                .write_rounded(rounding, out)),
            Self::Structured(structure) => {
                structure.write_part(backend, rounding, stream, shape, start as usize, out)
            }
        }
    }
}
