//! A whole network in one flat buffer that the caller owns.

use core::{fmt, marker::PhantomData, ops::Range};

use super::{
    layer::{Layer, Planned, PlannedValues},
    pages::Pages,
    plan_draw::PlanDraw,
    storage::{Borrowed, Storage},
    tensor::{Tensor, TensorName, Values, parts},
};
use crate::{
    error::{InitError, check_end, within},
    slot::{Element, FixedPoint, NoRounding, Quantization, Rounding},
    stream::Stream,
    verify::Mismatch,
};

/// A plan of up to `N` tensors, which needs no allocator.
pub type Plan<'a, const N: usize> = PlanOf<'a, heapless::Vec<Tensor<'a>, N>>;

/// A plan whose tensors lie in a slice of the caller's, for a number of tensors that is known at run time only.
///
/// ```
/// use weight_init::{Activation, BorrowedPlan, Layer, Shape, Stream, Tensor};
///
/// let mut slots = [Tensor::EMPTY; 2];
/// let mut plan = BorrowedPlan::in_slots(&mut slots);
/// plan.push(Layer::new("fc", Shape::dense(64, 32), Activation::Relu))?;
/// let mut weights = [0.0; 64 * 32 + 32];
/// plan.fill(Stream::new(42), &mut weights)?;
/// # Ok::<(), weight_init::InitError>(())
/// ```
pub type BorrowedPlan<'slots, 'a> = PlanOf<'a, Borrowed<'slots, 'a>>;

/// A plan of any number of tensors, with feature `alloc`.
#[cfg(feature = "alloc")]
pub type VecPlan<'a> = PlanOf<'a, alloc::vec::Vec<Tensor<'a>>>;

/// A layout of tensors in one flat buffer. The tensors are in the order of the network's layers, and the
/// weights of a layer come before its biases. [`Plan`] is the one for microcontrollers.
///
/// The names of the layers are borrowed, so they can be made at run time.
///
/// Every tensor has a stream of its own, derived from its name. The stream of `fc1.weight` is
/// `stream.named("fc1.weight")`. Therefore a layer can be added, removed or moved without changing the
/// values of the others.
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
/// // The whole network.
/// let model = Stream::new(42);
/// let mut weights = [0.0; LEN];
/// plan.fill(model, &mut weights)?;
/// for (tensor, values) in plan.slices(&weights)? {
///     println!("{}: {} values", tensor.name(), values.len()); // fc1.weight: 2048 values, …
/// }
///
/// // One page, without the others.
/// let mut page = [0.0; 64];
/// plan.fill_range(model, 2000, &mut page)?;
/// assert_eq!(page, weights[2000..2064]);
///
/// // A new last layer for a trained network.
/// plan.fill_tensor(Stream::new(43), "fc2.weight", &mut weights)?;
/// plan.fill_tensor(Stream::new(43), "fc2.bias", &mut weights)?;
/// # let mut head = [0.0; 320];
/// # Activation::Linear.init().fill(Stream::new(43).named("fc2.weight"), &Shape::dense(32, 10), &mut head)?;
/// # assert_eq!(weights[2080..2400], head);
/// # Ok::<(), weight_init::InitError>(())
/// ```
#[derive(Clone, Debug)]
pub struct PlanOf<'a, S> {
    tensors: S,
    len: usize,
    names: PhantomData<&'a str>,
}

impl<const N: usize> Plan<'_, N> {
    /// Returns a plan without tensors.
    #[must_use]
    pub const fn new() -> Self {
        Self { tensors: heapless::Vec::new(), len: 0, names: PhantomData }
    }
}

impl<'slots, 'a> BorrowedPlan<'slots, 'a> {
    /// Returns a plan without tensors, which has room for as many tensors as there are slots. The slots' values
    /// don't matter.
    #[must_use]
    pub const fn in_slots(slots: &'slots mut [Tensor<'a>]) -> Self {
        Self { tensors: Borrowed::new(slots), len: 0, names: PhantomData }
    }
}

impl<'a, S: Storage<'a> + Default> Default for PlanOf<'a, S> {
    fn default() -> Self {
        Self { tensors: S::default(), len: 0, names: PhantomData }
    }
}

impl<'a, S: Storage<'a> + Default> PlanOf<'a, S> {
    /// Returns the plan of some layers. It is returned by value. If the stack is small, create the plan
    /// where it stays and [`push`](Self::push) the layers, which takes half as much stack.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`push`](Self::push).
    pub fn from_layers(layers: &[Layer<'a>]) -> Result<Self, InitError> {
        let mut plan = Self::default();
        for layer in layers {
            plan.add(layer)?;
        }
        Ok(plan)
    }
}

impl<'a, S: Storage<'a>> PlanOf<'a, S> {
    /// Adds a layer after the others. An error of the layer is returned here, so that a fill can only fail because
    /// of a wrong slice, range or name. A layer without inputs or outputs has no weights, so their scheme needs
    /// no fan.
    ///
    /// # Errors
    ///
    /// On an error, the plan is unchanged. It returns:
    ///
    /// - [`DuplicateName`](InitError::DuplicateName) if a tensor would have the name of another one, or one with the
    ///   same hash, which would give both the same stream.
    /// - [`PlanFull`](InitError::PlanFull) if there would be more tensors than there is room for.
    /// - [`Overflow`](InitError::Overflow) if the length of the plan does not fit in a `usize`.
    /// - any error of the layer's shape and schemes.
    pub fn push(&mut self, layer: Layer<'a>) -> Result<(), InitError> {
        self.add(&layer)
    }

    /// Adds a layer by reference, which saves a copy of it on the stack. Not inlined, so that `push` and
    /// `from_layers` share it.
    #[inline(never)]
    fn add(&mut self, layer: &Layer<'a>) -> Result<(), InitError> {
        let Layer { ref weights, ref bias, .. } = *layer;
        let before = (self.tensors().len(), self.len);
        let needed = before.0 + 1 + usize::from(bias.is_some());
        self.push_tensor(layer, weights, needed)?;
        let Some(bias) = bias else { return Ok(()) };
        self.push_tensor(layer, bias, needed).inspect_err(|_| {
            self.tensors.truncate(before.0);
            self.len = before.1;
        })
    }

    /// Adds one tensor. A plan without room for it would need room for `needed` tensors.
    #[inline(never)]
    fn push_tensor(
        &mut self,
        layer: &Layer<'a>,
        planned: &Planned,
        needed: usize,
    ) -> Result<(), InitError> {
        let Planned { role, hash, len, .. } = *planned;
        let shape = layer.shape_of(role);
        let values = match planned.values {
            PlannedValues::Refused(error) => return Err(error),
            PlannedValues::Drawn(distribution, code) => Values::Drawn(distribution, code),
            PlannedValues::Special(ref init, code) => {
                Values::Special((code.recipe)(init, &shape, len)?, code)
            }
        };
        let start = self.len;
        if let Some(tensor) = self.tensors().iter().position(|tensor| tensor.hash == hash) {
            return Err(InitError::DuplicateName { tensor });
        }
        let end = start.checked_add(len).ok_or(InitError::Overflow)?;
        let name = TensorName { layer: layer.name, role };
        let added = self.tensors.add(Tensor { name, hash, shape, values, start, len });
        added.map_err(|capacity| InitError::PlanFull { capacity, needed })?;
        self.len = end;
        Ok(())
    }

    /// Returns the number of values in all tensors, which is the length of the flat buffer.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Returns whether the plan has no values.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Returns the tensors in the order of the buffer.
    #[must_use]
    pub fn tensors(&self) -> &[Tensor<'a>] {
        self.tensors.tensors()
    }

    /// Returns the tensor with that name, such as `fc1.weight`.
    #[must_use]
    pub fn tensor(&self, name: &str) -> Option<&Tensor<'a>> {
        self.tensors().iter().find(|tensor| tensor.name == *name)
    }

    /// Returns the tensors with their values.
    ///
    /// # Errors
    ///
    /// Returns [`WrongLength`](InitError::WrongLength) if the buffer does not have the plan's length.
    pub fn slices<'plan, 'buffer, T>(
        &'plan self,
        buffer: &'buffer [T],
    ) -> Result<impl Iterator<Item = (&'plan Tensor<'a>, &'buffer [T])>, InitError> {
        self.check_len(buffer.len())?;
        Ok(self
            .tensors()
            .iter()
            .map(|tensor| (tensor, buffer.get(tensor.range()).unwrap_or_default())))
    }

    /// Returns the tensors with their values, which can be changed.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`slices`](Self::slices).
    pub fn slices_mut<'plan, 'buffer, T>(
        &'plan self,
        buffer: &'buffer mut [T],
    ) -> Result<impl Iterator<Item = (&'plan Tensor<'a>, &'buffer mut [T])>, InitError> {
        self.check_len(buffer.len())?;
        let mut rest = buffer;
        Ok(self
            .tensors()
            .iter()
            .map(move |tensor| (tensor, rest.split_off_mut(..tensor.len).unwrap_or_default())))
    }

    /// Fills all tensors.
    ///
    /// # Errors
    ///
    /// Returns [`WrongLength`](InitError::WrongLength) if the buffer does not have the plan's length. On
    /// an error, nothing is written.
    pub fn fill(&self, stream: Stream, buffer: &mut [f32]) -> Result<(), InitError> {
        for (tensor, values) in self.slices_mut(buffer)? {
            tensor.fill(stream, 0, values);
        }
        Ok(())
    }

    /// Returns the request for the values of the plan in the network with that stream, for slots of other
    /// formats, for ranges and for threads. See [`PlanDraw`].
    #[must_use]
    pub fn draw(&self, stream: Stream) -> PlanDraw<'_, 'a> {
        PlanDraw::new(self.tensors(), stream, self.len)
    }

    /// Fills one tensor and leaves the rest of the buffer unchanged, to replace the last layer of a
    /// trained network, for example.
    ///
    /// It writes the values that [`fill`](Self::fill) writes there for the same stream. For a new start, take another
    /// stream than the one that filled the network:
    ///
    /// ```
    /// use weight_init::{Activation, Layer, Plan, Shape, Stream};
    ///
    /// let layers = [Layer::new("fc", Shape::dense(30, 10), Activation::Linear)];
    /// let plan: Plan<2> = Plan::from_layers(&layers)?;
    /// let (model, mut weights) = (Stream::new(42), [0.0; 310]);
    /// plan.fill(model, &mut weights)?;
    ///
    /// let before = weights;
    /// plan.fill_tensor(model, "fc.weight", &mut weights)?;
    /// assert_eq!(weights, before);
    /// plan.fill_tensor(model.substream(1), "fc.weight", &mut weights)?;
    /// assert_ne!(weights, before);
    /// # Ok::<(), weight_init::InitError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`WrongLength`](InitError::WrongLength) if the buffer does not have the plan's length, and
    /// [`UnknownName`](InitError::UnknownName) if the plan has no tensor of that name. On an error, nothing
    /// is written.
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
        tensor.fill(stream, 0, values);
        Ok(())
    }

    /// Checks by its statistics whether [`fill`](Self::fill) can have written the buffer, with any stream. It checks
    /// each tensor as [`Distribution::verify`](crate::Distribution::verify) does. For tensors with a structured
    /// scheme it checks only that all values are finite.
    ///
    /// It finds a wrong scheme or scale, constants, zeros and NaNs. It passes values of another stream, a page that was
    /// written twice, and most flipped bits, which [`matches`](Self::matches) finds.
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
    /// Returns the mismatch of the first tensor that fails, or [`WrongLength`](InitError::WrongLength)
    /// if the buffer does not have the plan's length.
    pub fn verify(&self, buffer: &[f32]) -> Result<(), PlanMismatch<'a>> {
        self.verify_by(buffer, |tensor, values| match tensor.limits() {
            Some(limits) => limits.verify(values),
            None => finite(values),
        })
    }

    /// Does the same as [`verify`](Self::verify) for slots of another floating-point format. It checks each tensor
    /// as [`Distribution::verify_as`](crate::Distribution::verify_as) does.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`verify`](Self::verify).
    pub fn verify_as<E: Element>(&self, buffer: &[E]) -> Result<(), PlanMismatch<'a>> {
        self.verify_by(buffer, |tensor, values| match tensor.distribution() {
            Some(distribution) => distribution.verify_as(values),
            None => finite(values),
        })
    }

    /// Does the same as [`verify`](Self::verify) for slots of integers, with the quantisation of each tensor. It
    /// checks each tensor as [`Distribution::verify_fixed`](crate::Distribution::verify_fixed) does. For tensors
    /// with a structured scheme it checks only the quantisation.
    ///
    /// ```
    /// use weight_init::{Activation, Layer, Plan, Shape, Stream};
    ///
    /// let layers = [Layer::new("fc", Shape::dense(300, 10), Activation::Relu)];
    /// let plan: Plan<2> = Plan::from_layers(&layers)?;
    /// let mut weights = vec![0_i8; plan.len()];
    /// plan.draw(Stream::new(42)).write_fixed(|_| 8, &mut weights)?;
    /// assert_eq!(plan.verify_fixed(|_| 8, &weights), Ok(()));
    ///
    /// let error = plan.verify_fixed(|_| 7, &weights).unwrap_err();
    /// assert!(error.to_string().starts_with("fc.weight: "), "{error}");
    /// # Ok::<(), weight_init::InitError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the errors of [`verify`](Self::verify). An inadmissible quantisation is a
    /// [`Mismatch::Request`] of the tensor.
    pub fn verify_fixed<Q: FixedPoint, T: Into<Quantization>>(
        &self,
        quantization: impl Fn(&Tensor<'a>) -> T,
        buffer: &[Q],
    ) -> Result<(), PlanMismatch<'a>> {
        self.verify_by(buffer, |tensor, values| match tensor.distribution() {
            Some(distribution) => distribution.verify_fixed(quantization(tensor), values),
            None => Ok(tensor.fixed::<Q>(quantization(tensor)).map(drop)?),
        })
    }

    /// Returns the mismatch of the first tensor that fails.
    fn verify_by<T>(
        &self,
        buffer: &[T],
        check: impl Fn(&Tensor<'a>, &[T]) -> Result<(), Mismatch>,
    ) -> Result<(), PlanMismatch<'a>> {
        for (tensor, values) in self.slices(buffer)? {
            check(tensor, values)
                .map_err(|mismatch| PlanMismatch::Tensor { name: tensor.name, mismatch })?;
        }
        Ok(())
    }

    /// Fills the part of the flat buffer that begins at index `start`, such as a flash page. It may span
    /// several tensors. It gets the bits that [`fill`](Self::fill) writes there.
    ///
    /// # Errors
    ///
    /// Returns [`RangePastEnd`](InitError::RangePastEnd) if the range reaches past the end of the plan, and
    /// [`WholeTensorOnly`](InitError::WholeTensorOnly) if it contains only a part of an orthogonal matrix.
    /// On an error, nothing is written.
    pub fn fill_range(&self, stream: Stream, start: u64, out: &mut [f32]) -> Result<(), InitError> {
        check_end(start, out.len(), self.len)?;
        let start = start as usize;
        for (tensor, skipped, part) in parts(self.tensors(), start, out.len()) {
            tensor.check_range::<NoRounding>(skipped, part.len())?;
        }
        for (tensor, skipped, part) in parts(self.tensors(), start, out.len()) {
            tensor.fill(stream, skipped, out.get_mut(part).unwrap_or_default());
        }
        Ok(())
    }

    /// Returns whether values are those that this plan and this stream give from index `start` on, bit for bit. It
    /// computes them again, 64 at a time. After a power cut it tells a page of the new weights from a page of the old
    /// ones, which have the same statistics and therefore pass [`verify`](Self::verify).
    ///
    /// ```
    /// use weight_init::{Activation, Layer, Plan, Shape, Stream};
    ///
    /// let layers = [Layer::new("fc", Shape::dense(30, 10), Activation::Relu)];
    /// let plan: Plan<2> = Plan::from_layers(&layers)?;
    /// let mut page = [0.0; 64];
    /// plan.fill_range(Stream::new(42), 128, &mut page)?;
    /// assert!(plan.matches(Stream::new(42), 128, &page)?);
    /// assert!(!plan.matches(Stream::new(43), 128, &page)?);
    ///
    /// page[7] = f32::from_bits(page[7].to_bits() ^ 1);
    /// assert!(!plan.matches(Stream::new(42), 128, &page)?);
    /// # Ok::<(), weight_init::InitError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`RangePastEnd`](InitError::RangePastEnd), and
    /// [`WholeTensorOnly`](InitError::WholeTensorOnly) if the range touches an orthogonal matrix, which can't
    /// be computed without room for it.
    pub fn matches(&self, stream: Stream, start: u64, values: &[f32]) -> Result<bool, InitError> {
        self.matches_as(stream, start, values)
    }

    /// Does the same as [`matches`](Self::matches) for slots of another floating-point format.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`matches`](Self::matches) and of [`PlanDraw::write_as`].
    pub fn matches_as<E: Element>(
        &self,
        stream: Stream,
        start: u64,
        values: &[E],
    ) -> Result<bool, InitError> {
        self.matches_by(stream, start, Tensor::float, values)
    }

    /// Does the same as [`matches`](Self::matches) for slots of integers, with the quantisation of each tensor.
    ///
    /// ```
    /// use weight_init::{Activation, Layer, Plan, Shape, Stream};
    ///
    /// let layers = [Layer::new("fc", Shape::dense(30, 10), Activation::Relu)];
    /// let plan: Plan<2> = Plan::from_layers(&layers)?;
    /// let mut page = [0_i8; 64];
    /// plan.draw(Stream::new(42)).range(128..192)?.write_fixed(|_| 6, &mut page)?;
    /// assert!(plan.matches_fixed(Stream::new(42), 128, |_| 6, &page)?);
    /// assert!(!plan.matches_fixed(Stream::new(43), 128, |_| 6, &page)?);
    /// # Ok::<(), weight_init::InitError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the errors of [`matches`](Self::matches) and of [`PlanDraw::write_fixed`].
    pub fn matches_fixed<Q: FixedPoint, T: Into<Quantization>>(
        &self,
        stream: Stream,
        start: u64,
        quantization: impl Fn(&Tensor<'a>) -> T,
        values: &[Q],
    ) -> Result<bool, InitError> {
        self.matches_by(stream, start, |tensor| tensor.fixed(quantization(tensor)), values)
    }

    fn matches_by<R: Rounding>(
        &self,
        stream: Stream,
        start: u64,
        rounding: impl Fn(&Tensor<'a>) -> Result<R, InitError>,
        mut values: &[R::Slot],
    ) -> Result<bool, InitError> {
        let range = start..start.saturating_add(values.len() as u64);
        // Made here and not by `pages_in`: a result of that size is on the stack several times if the code is not
        // optimised.
        let range = self.range_of_pages(range)?;
        let mut pages = Pages::new(self.tensors(), stream, range);
        let Some(&any) = values.first() else { return Ok(true) };
        let mut page = [any; 64];
        let mut matches = true;
        while let Some((_, expected)) = pages.next_by(&rounding, &mut page)? {
            let part = values.split_off(..expected.len()).unwrap_or_default();
            matches &= part.iter().zip(expected).all(|(&given, slot)| R::same(given, *slot));
        }
        Ok(matches)
    }

    /// Returns the plan's values in order, a page at a time.
    ///
    /// It keeps the state of the lanes, 256 bytes, from page to page. [`fill_range`](Self::fill_range)
    /// steps the lanes from the beginning of the block to each page. With pages of 64 values on a
    /// Cortex-M4F, this takes 51 instructions per value, against 247 on average with `fill_range`.
    ///
    /// Lanes are kept only within tensors that are neither stacks nor structured. Each page of the others is
    /// computed as by `fill_range`.
    ///
    /// ```
    /// use weight_init::{Activation, Layer, Plan, Shape, Stream};
    ///
    /// let layers = [Layer::new("fc", Shape::dense(30, 10), Activation::Relu)];
    /// let plan: Plan<2> = Plan::from_layers(&layers)?;
    /// let mut weights = [0.0; 310];
    /// plan.fill(Stream::new(42), &mut weights)?;
    ///
    /// let mut pages = plan.pages(Stream::new(42))?;
    /// let mut page = [0.0; 64];
    /// while let Some((start, values)) = pages.next_page(&mut page) {
    ///     // Each page has 64 values, and the last one has 54.
    ///     assert_eq!(values, &weights[start..start + values.len()]);
    /// }
    /// # Ok::<(), weight_init::InitError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`WholeTensorOnly`](InitError::WholeTensorOnly) if the plan has an orthogonal matrix.
    pub fn pages(&self, stream: Stream) -> Result<Pages<'_, 'a>, InitError> {
        self.pages_in(stream, 0..self.len as u64)
    }

    /// Returns the values of a range in order, a page at a time, to resume after a reset at any page. See
    /// [`pages`](Self::pages).
    ///
    /// # Errors
    ///
    /// Returns [`RangePastEnd`](InitError::RangePastEnd), and
    /// [`WholeTensorOnly`](InitError::WholeTensorOnly) if the range touches an orthogonal matrix.
    pub fn pages_in(&self, stream: Stream, range: Range<u64>) -> Result<Pages<'_, 'a>, InitError> {
        Ok(Pages::new(self.tensors(), stream, self.range_of_pages(range)?))
    }

    /// Returns the range if pages can be made of it.
    fn range_of_pages(&self, range: Range<u64>) -> Result<Range<usize>, InitError> {
        let (start, len) = within(range, self.len)?;
        let start = start as usize;
        for (tensor, ..) in parts(self.tensors(), start, len) {
            // A page may be as short as one value.
            tensor.check_range::<NoRounding>(0, 1)?;
        }
        Ok(start..start + len)
    }

    /// Returns an error if a buffer does not have the plan's length.
    fn check_len(&self, given: usize) -> Result<(), InitError> {
        let expected = self.len;
        if expected == given { Ok(()) } else { Err(InitError::WrongLength { expected, given }) }
    }
}

/// Returns an error if a value is infinite or NaN.
fn finite<E: Element>(values: &[E]) -> Result<(), Mismatch> {
    let given = values.iter().filter(|value| !value.to_f32().is_finite()).count();
    if given == 0 { Ok(()) } else { Err(Mismatch::NotFinite { given }) }
}

/// The reason why a [`Plan`] can't have filled a buffer. [`Plan::verify`] returns it.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum PlanMismatch<'a> {
    /// The buffer does not have the plan's length.
    Request(InitError),
    /// The values of a tensor can't have been drawn from its distribution.
    Tensor {
        /// The tensor's name.
        name: TensorName<'a>,
        /// The reason.
        mismatch: Mismatch,
    },
}

impl From<InitError> for PlanMismatch<'_> {
    fn from(error: InitError) -> Self {
        Self::Request(error)
    }
}

impl fmt::Display for PlanMismatch<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request(error) => error.fmt(f),
            Self::Tensor { name, mismatch } => write!(f, "{name}: {mismatch}"),
        }
    }
}

/// The source is the [`InitError`] or the [`Mismatch`] that the variant holds.
impl core::error::Error for PlanMismatch<'_> {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Request(error) => Some(error),
            Self::Tensor { mismatch, .. } => Some(mismatch),
        }
    }
}
