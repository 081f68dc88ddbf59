//! A request for the values of a whole plan or a range of it.

use core::{mem::MaybeUninit, ops::Range};

use super::tensor::{Tensor, parts};
#[cfg(feature = "alloc")]
use crate::backend::collect;
use crate::{
    backend::{Backend, Executor},
    distribution::Distribution,
    draw::Draw,
    error::{InitError, within},
    slot::{Element, FixedPoint, NoRounding, Quantization, Rounding},
    stream::Stream,
};

/// A request for the values of a [`Plan`](crate::Plan) or of a range of it. [`PlanOf::draw`](crate::PlanOf::draw) returns
/// it. See [`Draw`] for what the methods do. A plan is a list of tensors, so it has no blocks and no strides: for
/// these take [`Tensor::draw`].
///
/// ```
/// use weight_init::{Activation, Layer, Plan, Shape, Stream};
///
/// let layers = [Layer::new("fc", Shape::dense(30, 10), Activation::Relu)];
/// let plan: Plan<2> = Plan::from_layers(&layers)?;
/// let mut weights = [0_i8; 310];
/// plan.draw(Stream::new(42)).write_fixed(6, &mut weights)?;
/// let mut page = [0_i8; 64];
/// plan.draw(Stream::new(42)).range(64..128)?.write_fixed(6, &mut page)?;
/// assert_eq!(page, weights[64..128]);
/// # Ok::<(), weight_init::InitError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct PlanDraw<'plan, 'a> {
    tensors: &'plan [Tensor<'a>],
    stream: Stream,
    executor: Executor,
    whole: usize,
    start: usize,
    len: usize,
}

impl<'plan, 'a> PlanDraw<'plan, 'a> {
    pub(super) fn new(tensors: &'plan [Tensor<'a>], stream: Stream, len: usize) -> Self {
        Self { tensors, stream, executor: Executor::FASTEST, whole: len, start: 0, len }
    }

    /// Selects the values at a range of the plan's flat indices.
    ///
    /// # Errors
    ///
    /// Returns [`RangePastEnd`](InitError::RangePastEnd).
    pub fn range(self, range: Range<u64>) -> Result<Self, InitError> {
        let (start, len) = within(range, self.whole)?;
        Ok(Self { start: start as usize, len, ..self })
    }

    /// Selects the backend, as in [`Draw::on`].
    #[must_use]
    pub fn on(self, backend: Backend) -> Self {
        Self { executor: self.executor.on(backend), ..self }
    }

    /// Selects the threads of rayon's current pool, as in [`Draw::parallel`].
    #[cfg(feature = "rayon")]
    #[must_use]
    pub fn parallel(self) -> Self {
        Self { executor: Executor { threads: true, ..self.executor }, ..self }
    }

    /// Returns the number of values.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Returns whether there are no values.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Writes the values to a slice.
    ///
    /// # Errors
    ///
    /// Returns [`WrongLength`](InitError::WrongLength), and
    /// [`WholeTensorOnly`](InitError::WholeTensorOnly) for a part of an orthogonal matrix. On an error,
    /// nothing is written.
    pub fn write(&self, out: &mut [f32]) -> Result<(), InitError> {
        self.put(|_| Ok(NoRounding::new()), out)?;
        Ok(())
    }

    /// Writes the values to slots of another floating-point format, as in [`Draw::write_as`].
    ///
    /// # Errors
    ///
    /// Returns the errors of [`write`](Self::write) and [`Draw::write_as`].
    pub fn write_as<E: Element>(&self, out: &mut [E]) -> Result<(), InitError> {
        self.put(|draw| draw.float(), out)?;
        Ok(())
    }

    /// Writes the values to fixed-point slots, as in [`Draw::write_fixed`]. All tensors have the same
    /// quantisation. Returns the number of values that saturated.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`write`](Self::write) and [`Draw::write_fixed`].
    pub fn write_fixed<Q: FixedPoint>(
        &self,
        quantization: impl Into<Quantization>,
        out: &mut [Q],
    ) -> Result<usize, InitError> {
        let quantization = quantization.into();
        self.put(|draw| draw.fixed(quantization), out)
    }

    /// Writes the values to memory that is not initialised yet. Sets the slots to zero and then writes the
    /// values. Returns the slice as initialised.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`write_as`](Self::write_as).
    pub fn write_uninit<'out, E: Element>(
        &self,
        out: &'out mut [MaybeUninit<E>],
    ) -> Result<&'out mut [E], InitError> {
        Ok(self.put_uninit(|draw| draw.float(), out)?.0)
    }

    /// Does the same as [`write_fixed`](Self::write_fixed) for memory that is not initialised yet. Returns the
    /// same slice as initialised, and the number of values that saturated.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`write_fixed`](Self::write_fixed).
    pub fn write_fixed_uninit<'out, Q: FixedPoint>(
        &self,
        quantization: impl Into<Quantization>,
        out: &'out mut [MaybeUninit<Q>],
    ) -> Result<(&'out mut [Q], usize), InitError> {
        let quantization = quantization.into();
        self.put_uninit(|draw| draw.fixed(quantization), out)
    }

    /// Returns the values in a `Vec`.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`write`](Self::write), and
    /// [`OutOfMemory`](InitError::OutOfMemory).
    #[cfg(feature = "alloc")]
    pub fn to_vec(&self) -> Result<alloc::vec::Vec<f32>, InitError> {
        self.to_vec_as()
    }

    /// Returns the values in a `Vec` of another floating-point format.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`to_vec`](Self::to_vec) and [`write_as`](Self::write_as).
    #[cfg(feature = "alloc")]
    pub fn to_vec_as<E: Element>(&self) -> Result<alloc::vec::Vec<E>, InitError> {
        let values = collect(self.len, |slots| Ok((self.write_uninit(slots)?, ())))?;
        Ok(values.0)
    }

    /// Returns the values in a `Vec` of fixed-point numbers, and the number of values that saturated.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`to_vec`](Self::to_vec) and [`write_fixed`](Self::write_fixed).
    #[cfg(feature = "alloc")]
    pub fn to_vec_fixed<Q: FixedPoint>(
        &self,
        quantization: impl Into<Quantization>,
    ) -> Result<(alloc::vec::Vec<Q>, usize), InitError> {
        collect(self.len, |slots| self.write_fixed_uninit(quantization, slots))
    }

    fn put_uninit<'out, R: Rounding>(
        &self,
        rounding: impl Fn(&Draw) -> Result<R, InitError> + Copy,
        out: &'out mut [MaybeUninit<R::Slot>],
    ) -> Result<(&'out mut [R::Slot], usize), InitError> {
        self.check(rounding, out.len())?;
        let zeros = Distribution::ZERO.fill_from(self.executor, self.stream, 0);
        // Any tensor's rounding gives the same zero.
        let mut parts = parts(self.tensors, self.start, self.len);
        let Some((tensor, ..)) = parts.next() else { return Ok((Default::default(), 0)) };
        let (out, _) = zeros.write_uninit(rounding(&self.draw_part(tensor, 0, 0))?, out);
        let saturated = self.put(rounding, out)?;
        Ok((out, saturated))
    }

    /// Returns the request for a part of a tensor.
    fn draw_part(&self, tensor: &'plan Tensor<'a>, start: usize, len: usize) -> Draw<'plan> {
        tensor.draw(self.stream).part(self.executor, start as u64, len)
    }

    /// Returns an error if any part can't be written.
    fn check<R: Rounding>(
        &self,
        rounding: impl Fn(&Draw) -> Result<R, InitError>,
        given: usize,
    ) -> Result<(), InitError> {
        if given != self.len {
            return Err(InitError::WrongLength { expected: self.len, given });
        }
        for (tensor, start, range) in parts(self.tensors, self.start, self.len) {
            let draw = self.draw_part(tensor, start, range.len());
            rounding(&draw)?;
            draw.check::<R>(range.len())?;
        }
        Ok(())
    }

    fn put<R: Rounding>(
        &self,
        rounding: impl Fn(&Draw) -> Result<R, InitError>,
        out: &mut [R::Slot],
    ) -> Result<usize, InitError> {
        self.check(&rounding, out.len())?;
        let mut saturated = 0;
        for (tensor, start, range) in parts(self.tensors, self.start, self.len) {
            let draw = self.draw_part(tensor, start, range.len());
            let part = out.get_mut(range).unwrap_or_default();
            saturated += draw.put(rounding(&draw)?, part)?;
        }
        Ok(saturated)
    }
}
