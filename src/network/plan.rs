//! A whole network in one flat buffer that the caller owns.

use core::fmt;

use heapless::Vec;

use super::{
    layer::Layer,
    tensor::{Role, Tensor, TensorName},
};
use crate::{
    backend::Resumed,
    error::InitError,
    scheme::{Init, Shape},
    stream::Stream,
    verify::Mismatch,
};

/// Up to `N` tensors in one flat buffer: a network, in the order of its layers, each with its
/// weights before its biases.
///
/// Every tensor has a stream of its own, by its name: that of `fc1.weight` is
/// `stream.named("fc1.weight")`. So a layer that is added, removed or moved leaves the values of
/// all others as they were.
///
/// ```
/// use weight_init::{Activation, Init, Layer, Plan, Shape, Stream};
///
/// const LAYERS: [Layer; 2] = [
///     Layer::new("fc1", Shape::dense(64, 32), Activation::Relu),
///     Layer::new("fc2", Shape::dense(32, 10), Activation::Linear),
/// ];
/// const LEN: usize = Layer::total_len(&LAYERS);
/// let plan: Plan<{ Layer::tensor_count(&LAYERS) }> = Plan::from_layers(&LAYERS)?;
///
/// // All of it.
/// let model = Stream::new(42);
/// let mut weights = [0.0; LEN];
/// plan.fill(model, &mut weights)?;
/// for (tensor, values) in plan.slices(&weights)? {
///     println!("{}: {} values", tensor.name(), values.len()); // fc1.weight: 2048 values, …
/// }
///
/// // A page of it, alone.
/// let mut page = [0.0; 64];
/// plan.fill_range(model, 2000, &mut page)?;
/// assert_eq!(page, weights[2000..2064]);
///
/// // A new head on a trained body.
/// plan.fill_tensor(Stream::new(43), "fc2.weight", &mut weights)?;
/// plan.fill_tensor(Stream::new(43), "fc2.bias", &mut weights)?;
/// # let mut head = [0.0; 320];
/// # Activation::Linear.init().fill(Stream::new(43).named("fc2.weight"), &Shape::dense(32, 10), &mut head)?;
/// # assert_eq!(weights[2080..2400], head);
/// # Ok::<(), weight_init::InitError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Plan<const N: usize> {
    tensors: Vec<Tensor, N>,
    len: usize,
}

impl<const N: usize> Plan<N> {
    /// A plan without a tensor.
    #[must_use]
    pub const fn new() -> Self {
        Self { tensors: Vec::new(), len: 0 }
    }

    /// The plan of these layers. It is returned by value; where the stack is short, [`push`](Self::push)
    /// them to a plan in its place, which takes half as much.
    ///
    /// # Errors
    ///
    /// As [`push`](Self::push).
    pub fn from_layers(layers: &[Layer]) -> Result<Self, InitError> {
        let mut plan = Self::new();
        for &layer in layers {
            plan.push(layer)?;
        }
        Ok(plan)
    }

    /// Adds a layer after the others.
    ///
    /// # Errors
    ///
    /// [`DuplicateName`](InitError::DuplicateName); [`PlanFull`](InitError::PlanFull), if the tensors
    /// would be more than `N`; [`Overflow`](InitError::Overflow), if the whole is longer than a
    /// `usize` tells; [`NoDistribution`](InitError::NoDistribution) for schemes whose values depend on
    /// their places, such as orthogonal matrices (a page of such a plan could not be computed; fill
    /// their part of [`slices_mut`](Self::slices_mut) apart); and whatever is wrong with the layer's
    /// shape and schemes. On an error the plan
    /// is as it was. So a fill has nothing to find but a wrong slice, range or name.
    pub fn push(&mut self, layer: Layer) -> Result<(), InitError> {
        let Layer { name, shape, weights, bias } = layer;
        if self.tensors.iter().any(|tensor| tensor.name.layer == name) {
            return Err(InitError::DuplicateName { layer: name });
        }
        let tensor = |role, shape: Shape, init: Init, start: usize| {
            let (name, len) = (TensorName { layer: name, role }, shape.try_len()?);
            let end = start.checked_add(len).ok_or(InitError::Overflow)?;
            let distribution = init.resolve(layer.shape.fan())?;
            Ok((Tensor { name, shape, distribution, start, len }, end))
        };
        let (weights, end) = tensor(Role::Weight, shape, weights, self.len)?;
        let needed = self.tensors.len() + 1 + usize::from(bias.is_some());
        // Both or none; and not `extend`, which panics when the vector is full.
        let (pushed, end) = match bias {
            Some(init) => {
                let shape = Shape::vector(shape.out_channels());
                let (bias, end) = tensor(Role::Bias, shape, init, end)?;
                (self.tensors.extend_from_slice(&[weights, bias]).is_ok(), end)
            }
            None => (self.tensors.push(weights).is_ok(), end),
        };
        if !pushed {
            return Err(InitError::PlanFull { capacity: N, needed });
        }
        self.len = end;
        Ok(())
    }

    /// The number of values in all tensors: what the flat buffer must have room for.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no values at all.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The tensors, in the order in which they lie in the buffer.
    #[must_use]
    pub fn tensors(&self) -> &[Tensor] {
        &self.tensors
    }

    /// The tensor of that name, such as `fc1.weight`.
    #[must_use]
    pub fn tensor(&self, name: &str) -> Option<&Tensor> {
        self.tensors.iter().find(|tensor| tensor.name == *name)
    }

    /// The tensors with their values.
    ///
    /// # Errors
    ///
    /// [`WrongLength`](InitError::WrongLength), unless the buffer has the plan's length.
    pub fn slices<'plan, 'buffer>(
        &'plan self,
        buffer: &'buffer [f32],
    ) -> Result<impl Iterator<Item = (&'plan Tensor, &'buffer [f32])>, InitError> {
        self.check_len(buffer.len())?;
        Ok(self
            .tensors
            .iter()
            .map(|tensor| (tensor, buffer.get(tensor.range()).unwrap_or_default())))
    }

    /// The tensors with their values, to be changed.
    ///
    /// # Errors
    ///
    /// As [`slices`](Self::slices).
    pub fn slices_mut<'plan, 'buffer>(
        &'plan self,
        buffer: &'buffer mut [f32],
    ) -> Result<impl Iterator<Item = (&'plan Tensor, &'buffer mut [f32])>, InitError> {
        self.check_len(buffer.len())?;
        let mut rest = buffer;
        Ok(self
            .tensors
            .iter()
            .map(move |tensor| (tensor, rest.split_off_mut(..tensor.len).unwrap_or_default())))
    }

    /// Fills all tensors.
    ///
    /// # Errors
    ///
    /// [`WrongLength`](InitError::WrongLength), unless the buffer has the plan's length. Then
    /// nothing was written.
    pub fn fill(&self, stream: Stream, buffer: &mut [f32]) -> Result<(), InitError> {
        for (tensor, values) in self.slices_mut(buffer)? {
            tensor.write(stream, 0, values);
        }
        Ok(())
    }

    /// Fills one tensor and leaves the rest of the buffer as it is: a new head on a trained body.
    ///
    /// # Errors
    ///
    /// [`WrongLength`](InitError::WrongLength), unless the buffer has the plan's length;
    /// [`UnknownName`](InitError::UnknownName). Then nothing was written.
    pub fn fill_tensor(
        &self,
        stream: Stream,
        name: &str,
        buffer: &mut [f32],
    ) -> Result<(), InitError> {
        let (tensor, values) = self
            .slices_mut(buffer)?
            .find(|(tensor, _)| tensor.name == *name)
            .ok_or(InitError::UnknownName)?;
        tensor.write(stream, 0, values);
        Ok(())
    }

    /// Whether the buffer can be one that [`fill`](Self::fill) wrote, tensor by tensor: see
    /// [`Distribution::verify`].
    ///
    /// ```
    /// use weight_init::{Activation, Layer, Plan, Shape, Stream};
    ///
    /// let plan: Plan<2> =
    ///     Plan::from_layers(&[Layer::new("fc", Shape::dense(30, 10), Activation::Relu)])?;
    /// let mut weights = [0.0; 310];
    /// let error = plan.verify(&weights).unwrap_err();
    /// assert_eq!(error.to_string(), "fc.weight: too many zeros: expected at most 0, found 300");
    ///
    /// plan.fill(Stream::new(42), &mut weights)?;
    /// assert_eq!(plan.verify(&weights), Ok(()));
    /// # Ok::<(), weight_init::InitError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// What is wrong with the first tensor where something is; or
    /// [`WrongLength`](InitError::WrongLength), unless the buffer has the plan's length.
    pub fn verify(&self, buffer: &[f32]) -> Result<(), PlanMismatch> {
        for (tensor, values) in self.slices(buffer)? {
            if let Err(mismatch) = tensor.distribution.verify(values) {
                return Err(PlanMismatch::Tensor { name: tensor.name, mismatch });
            }
        }
        Ok(())
    }

    /// Fills the part of the flat buffer that begins at index `start`, whatever tensors it touches: a
    /// flash page. It has the bits that [`fill`](Self::fill) writes there.
    ///
    /// # Errors
    ///
    /// [`RangePastEnd`](InitError::RangePastEnd), unless the range ends within the plan. Then nothing
    /// was written.
    pub fn fill_range(&self, stream: Stream, start: u64, out: &mut [f32]) -> Result<(), InitError> {
        let (end, given) = (self.len, out.len());
        let room = (end as u64).checked_sub(start);
        if room.is_none_or(|room| room < given as u64) {
            return Err(InitError::RangePastEnd { start, given, end });
        }
        self.for_each_part(start as usize, out, |tensor, skipped, part| {
            tensor.write(stream, skipped, part);
        });
        Ok(())
    }

    /// The plan's values from the first on, a page at a time. It keeps the lanes, 256 bytes, from page
    /// to page, where [`fill_range`](Self::fill_range) steps them to each: in pages of 64 on a
    /// Cortex-M4F, 46 instructions per value, and 244 on average.
    ///
    /// ```
    /// use weight_init::{Activation, Layer, Plan, Shape, Stream};
    ///
    /// let plan: Plan<2> =
    ///     Plan::from_layers(&[Layer::new("fc", Shape::dense(30, 10), Activation::Relu)])?;
    /// let mut weights = [0.0; 310];
    /// plan.fill(Stream::new(42), &mut weights)?;
    ///
    /// let mut pages = plan.pages(Stream::new(42));
    /// let mut page = [0.0; 64];
    /// while let Some((start, values)) = pages.next_page(&mut page) {
    ///     // 64 values each, and 54 at the end.
    ///     assert_eq!(values, &weights[start..start + values.len()]);
    /// }
    /// # Ok::<(), weight_init::InitError>(())
    /// ```
    #[must_use]
    pub const fn pages(&self, stream: Stream) -> Pages<'_, N> {
        Pages { plan: self, stream, start: 0, lanes: Resumed::new() }
    }

    /// Cuts a part of the flat buffer where the tensors meet, and hands on each piece with its tensor
    /// and the tensor's index at which it begins.
    fn for_each_part(
        &self,
        start: usize,
        mut out: &mut [f32],
        mut write: impl FnMut(&Tensor, usize, &mut [f32]),
    ) {
        for tensor in self.tensors.iter().skip_while(|tensor| tensor.range().end <= start) {
            if out.is_empty() {
                break;
            }
            // Zero in all but the first of them.
            let skipped = start.saturating_sub(tensor.start);
            let len = out.len().min(tensor.len - skipped);
            write(tensor, skipped, out.split_off_mut(..len).unwrap_or_default());
        }
    }

    fn check_len(&self, given: usize) -> Result<(), InitError> {
        let expected = self.len;
        if expected == given { Ok(()) } else { Err(InitError::WrongLength { expected, given }) }
    }
}

/// The values of a [`Plan`] from the first on, a page at a time: [`Plan::pages`].
#[derive(Clone, Debug)]
pub struct Pages<'plan, const N: usize> {
    plan: &'plan Plan<N>,
    stream: Stream,
    start: usize,
    lanes: Resumed,
}

impl<const N: usize> Pages<'_, N> {
    /// Fills the next page: the flat index at which it begins, and its values, which at the end of
    /// the plan are fewer than there is room for. `None` behind the end, and for a page without room.
    /// Pages may differ in length.
    pub fn next_page<'page>(
        &mut self,
        page: &'page mut [f32],
    ) -> Option<(usize, &'page mut [f32])> {
        let Self { plan, stream, start, ref mut lanes } = *self;
        let values = page.get_mut(..page.len().min(plan.len - start))?;
        if values.is_empty() {
            return None;
        }
        plan.for_each_part(start, values, |tensor, skipped, part| {
            tensor.fill_from(stream, skipped).write_resumed(lanes, part);
        });
        self.start += values.len();
        Some((start, values))
    }
}

/// Why a buffer can't be what a [`Plan`](crate::Plan) has filled: [`Plan::verify`](crate::Plan::verify).
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum PlanMismatch {
    /// The buffer does not have the plan's length.
    Request(InitError),
    /// The values of a tensor are not those that its distribution promises.
    Tensor {
        /// The tensor's name.
        name: TensorName,
        /// What was found.
        mismatch: Mismatch,
    },
}

impl From<InitError> for PlanMismatch {
    fn from(error: InitError) -> Self {
        Self::Request(error)
    }
}

impl fmt::Display for PlanMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request(error) => error.fmt(f),
            Self::Tensor { name, mismatch } => write!(f, "{name}: {mismatch}"),
        }
    }
}

impl core::error::Error for PlanMismatch {}
