//! A request for the values of a whole plan or a range of it.

use core::{mem::MaybeUninit, ops::Range};

use super::tensor::{Tensor, check_parts, parts};
#[cfg(feature = "alloc")]
use crate::backend::collect;
use crate::{
    backend::{Backend, Executor},
    distribution::Distribution,
    error::{InitError, within},
    slot::{Element, FixedPoint, NoRounding, Quantization, Rounding},
    stream::Stream,
};

/// A request for the values of a [`Plan`](crate::Plan) or of a range of it. [`PlanOf::draw`](crate::PlanOf::draw) returns
/// it. See [`Draw`](crate::Draw) for what the methods do. A plan is a list of tensors, so it has no blocks and no strides: for
/// these take [`Tensor::draw`].
///
/// ```
/// use weight_init::{Activation, Layer, Plan, Shape, Stream};
///
/// let layers = [Layer::new("fc", Shape::dense(30, 10), Activation::Relu)];
/// let plan: Plan<2> = Plan::from_layers(&layers)?;
/// let mut weights = [0_i8; 310];
/// plan.draw(Stream::new(42)).write_fixed(|_| 6, &mut weights)?; // 6 fraction bits for all tensors
/// let mut page = [0_i8; 64];
/// plan.draw(Stream::new(42)).range(64..128)?.write_fixed(|_| 6, &mut page)?;
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

    /// Selects one tensor, such as `fc2.weight`, to replace the last layer of a trained network, for example. For new
    /// values the request needs another stream than the one that filled the network. The tensor's slots in the flat
    /// buffer are those of [`Tensor::range`].
    ///
    /// # Errors
    ///
    /// Returns [`UnknownName`](InitError::UnknownName) if the plan has no tensor of that name.
    pub fn tensor(self, name: &str) -> Result<Self, InitError> {
        let tensor = self.tensors.iter().find(|tensor| tensor.name == *name);
        let tensor = tensor.ok_or(InitError::UnknownName)?;
        Ok(Self { start: tensor.start, len: tensor.len, ..self })
    }

    /// Selects the backend, as in [`Draw::on`](crate::Draw::on).
    #[must_use]
    pub fn on(self, backend: Backend) -> Self {
        Self { executor: self.executor.on(backend), ..self }
    }

    /// Selects the threads of rayon's current pool, as in [`Draw::parallel`](crate::Draw::parallel).
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

    /// Writes the values to slots of another floating-point format, as in [`Draw::write_as`](crate::Draw::write_as).
    ///
    /// # Errors
    ///
    /// Returns the errors of [`write`](Self::write) and [`Draw::write_as`](crate::Draw::write_as).
    pub fn write_as<E: Element>(&self, out: &mut [E]) -> Result<(), InitError> {
        self.put(Tensor::float, out)?;
        Ok(())
    }

    /// Writes the values to slots of integers, as in [`Draw::write_fixed`](crate::Draw::write_fixed). `quantization` chooses the fraction
    /// bits or the [`Quantization`] of each tensor. Returns the number of values that saturated.
    ///
    /// ```
    /// use weight_init::{Activation, Layer, Plan, Shape, Stream};
    ///
    /// let layers = [
    ///     Layer::new("fc1", Shape::dense(784, 32), Activation::Relu),
    ///     Layer::new("fc2", Shape::dense(32, 10), Activation::Linear),
    /// ];
    /// let plan: Plan<4> = Plan::from_layers(&layers)?;
    /// let bits = |name: &str| if name == "fc1" { 8_u32 } else { 7 };
    /// let mut weights = vec![0_i8; plan.len()];
    /// plan.draw(Stream::new(42)).write_fixed(|tensor| bits(tensor.name().layer()), &mut weights)?;
    /// # let mut last = [0_i8; 320];
    /// # plan.draw(Stream::new(42)).tensor("fc2.weight")?.write_fixed(|_| 7, &mut last)?;
    /// # assert_eq!(plan.slices(&weights)?.nth(2).unwrap().1, last);
    /// # Ok::<(), weight_init::InitError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the errors of [`write`](Self::write) and [`Draw::write_fixed`](crate::Draw::write_fixed).
    pub fn write_fixed<Q: FixedPoint, T: Into<Quantization>>(
        &self,
        quantization: impl Fn(&Tensor<'a>) -> T,
        out: &mut [Q],
    ) -> Result<usize, InitError> {
        self.put(|tensor| tensor.fixed(quantization(tensor)), out)
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
        Ok(self.put_uninit(Tensor::float, out)?.0)
    }

    /// Does the same as [`write_fixed`](Self::write_fixed) for memory that is not initialised yet. Returns the
    /// same slice as initialised, and the number of values that saturated.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`write_fixed`](Self::write_fixed).
    pub fn write_fixed_uninit<'out, Q: FixedPoint, T: Into<Quantization>>(
        &self,
        quantization: impl Fn(&Tensor<'a>) -> T,
        out: &'out mut [MaybeUninit<Q>],
    ) -> Result<(&'out mut [Q], usize), InitError> {
        self.put_uninit(|tensor| tensor.fixed(quantization(tensor)), out)
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
    pub fn to_vec_fixed<Q: FixedPoint, T: Into<Quantization>>(
        &self,
        quantization: impl Fn(&Tensor<'a>) -> T,
    ) -> Result<(alloc::vec::Vec<Q>, usize), InitError> {
        collect(self.len, |slots| self.write_fixed_uninit(quantization, slots))
    }

    fn put_uninit<'out, R: Rounding>(
        &self,
        rounding: impl Fn(&Tensor<'a>) -> Result<R, InitError>,
        out: &'out mut [MaybeUninit<R::Slot>],
    ) -> Result<(&'out mut [R::Slot], usize), InitError> {
        self.check(&rounding, out.len())?;
        let zeros = Distribution::ZERO.fill_from(self.executor, self.stream, 0);
        // Any tensor's rounding gives slots that are initialised.
        let mut parts = parts(self.tensors, self.start, self.len);
        let Some((tensor, ..)) = parts.next() else { return Ok((Default::default(), 0)) };
        let (out, _) = zeros.write_uninit(rounding(tensor)?, out);
        let saturated = self.put(rounding, out)?;
        Ok((out, saturated))
    }

    /// Returns an error if any part can't be written.
    fn check<R: Rounding>(
        &self,
        rounding: impl Fn(&Tensor<'a>) -> Result<R, InitError>,
        given: usize,
    ) -> Result<(), InitError> {
        if given != self.len {
            return Err(InitError::WrongLength { expected: self.len, given });
        }
        check_parts(self.tensors, self.start, self.len, rounding)
    }

    fn put<R: Rounding>(
        &self,
        rounding: impl Fn(&Tensor<'a>) -> Result<R, InitError>,
        out: &mut [R::Slot],
    ) -> Result<usize, InitError> {
        self.check(&rounding, out.len())?;
        let mut saturated = 0;
        for (tensor, start, range) in parts(self.tensors, self.start, self.len) {
            let part = out.get_mut(range).unwrap_or_default();
            saturated += tensor.write(self.executor, rounding(tensor)?, self.stream, start, part);
        }
        Ok(saturated)
    }
}
