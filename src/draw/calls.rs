//! The calls that make a request, and the short forms that also write it.

use core::ops::Range;

use super::{Draw, Request};
use crate::{
    backend::Executor,
    distribution::{Distribution, check_range},
    error::{InitError, check_end},
    scheme::{Init, Recipe, Shape},
    slot::NoRounding,
    stream::Stream,
};

impl Init {
    /// Returns the request for a tensor, from which any part can be written to slots of any format. See
    /// [`Draw`].
    ///
    /// # Errors
    ///
    /// Returns an error if the scheme, the shape or the gain is invalid.
    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn draw<'a>(&self, stream: Stream, shape: &'a Shape) -> Result<Draw<'a>, InitError> {
        let len = shape.try_len()?;
        Ok(Draw::new(self.request(stream, shape, len)?, 0, len))
    }

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
        let (expected, given) = (shape.try_len()?, out.len());
        if expected != given {
            return Err(InitError::WrongLength { expected, given });
        }
        if self.is_special() || shape.stack().is_some() {
            return self.fill_special(stream, shape, 0, out);
        }
        let fill = self.drawn(shape, given)?.fill_from(Executor::FASTEST, stream, 0);
        fill.write(NoRounding::new(), out);
        Ok(())
    }

    /// Fills the part of a tensor that begins at the flat index `start`, such as a shard or a flash page,
    /// with the bits that [`fill`](Self::fill) writes there.
    ///
    /// Every call seeds the lanes of the blocks (4096 values) that it touches, and steps them to the first
    /// value. Whole blocks cost nothing extra. Pages of 64 values cost several times as much per value: 8
    /// to 12 times on x86-64, and 4 to 9 times on microcontrollers. [`Plan::pages`](crate::Plan::pages) computes
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
    /// is invalid, and [`WholeTensorOnly`](InitError::WholeTensorOnly) for a part of an orthogonal matrix.
    /// On an error, nothing is written.
    #[inline]
    pub fn fill_range(
        &self,
        stream: Stream,
        shape: &Shape,
        start: u64,
        out: &mut [f32],
    ) -> Result<(), InitError> {
        let (end, given) = (shape.try_len()?, out.len());
        check_end(start, given, end)?;
        if self.is_special() || shape.stack().is_some() {
            return self.fill_special(stream, shape, start, out);
        }
        let fill = self.drawn(shape, end)?.fill_from(Executor::FASTEST, stream, start);
        fill.write(NoRounding::new(), out);
        Ok(())
    }

    /// Fills the part from `start` on of a tensor with a structured scheme, or of a stack. The part ends within
    /// the tensor. Not inlined, so that fills of the other tensors don't pay for it in stack and code size.
    #[inline(never)]
    fn fill_special(
        &self,
        stream: Stream,
        shape: &Shape,
        start: u64,
        out: &mut [f32],
    ) -> Result<(), InitError> {
        let request = self.request(stream, shape, shape.try_len()?)?;
        request.check_range::<NoRounding>(start, out.len())?;
        request.write_range(NoRounding::new(), start, out);
        Ok(())
    }

    /// Returns the request for a tensor of `len` values.
    #[inline(always)]
    fn request<'a>(
        &self,
        stream: Stream,
        shape: &'a Shape,
        len: usize,
    ) -> Result<Request<'a>, InitError> {
        let recipe = self.recipe(shape, len)?;
        Ok(Request { recipe, stream, shape, executor: Executor::FASTEST })
    }
}

impl Distribution {
    /// Returns the request for a tensor whose values are drawn from this distribution, whatever its fan. See
    /// [`Draw`]. In a stack, tensor i has the stream `stream.substream(i)`.
    ///
    /// # Errors
    ///
    /// Returns an error if the shape or a parameter of the distribution is invalid.
    #[inline]
    pub fn draw<'a>(&self, stream: Stream, shape: &'a Shape) -> Result<Draw<'a>, InitError> {
        let len = shape.try_len()?;
        Ok(Draw::new(self.request(stream, shape)?, 0, len))
    }

    /// Returns the request for a range of a stream's indices, which [`fill`](Self::fill) fills.
    ///
    /// ```
    /// use weight_init::{Distribution, Stream};
    ///
    /// let mut weights = [0_i8; 1000];
    /// let normal = Distribution::Normal { mean: 0.0, std: 0.1 };
    /// let saturated = normal.draw_range(Stream::new(42), 0..1000)?.write_fixed(7, &mut weights)?;
    /// assert_eq!(saturated, 0); // ±1 is ten standard deviations away
    /// # Ok::<(), weight_init::InitError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the errors of [`fill`](Self::fill), and [`Overflow`](InitError::Overflow) if the length of
    /// the range does not fit in a `usize`.
    #[inline]
    pub fn draw_range(
        &self,
        stream: Stream,
        range: Range<u64>,
    ) -> Result<Draw<'static>, InitError> {
        static ENDLESS: Shape = Shape::vector(usize::MAX);
        let Range { start, end } = range;
        let len = usize::try_from(end.saturating_sub(start)).map_err(|_| InitError::Overflow)?;
        check_range(start, len)?;
        Ok(Draw::new(self.request(stream, &ENDLESS)?, start, len))
    }

    #[inline]
    fn request<'a>(&self, stream: Stream, shape: &'a Shape) -> Result<Request<'a>, InitError> {
        self.check()?;
        Ok(Request { recipe: Recipe::Drawn(*self), stream, shape, executor: Executor::FASTEST })
    }
}
