//! The checked request: which part of which tensor, into which slots, by whom. [`Draw`] is its public face,
//! and `Init::fill` and its relatives are the short forms.

mod calls;
mod request;

use core::{mem::MaybeUninit, ops::Range};

pub(crate) use self::request::Request;
#[cfg(feature = "alloc")]
use crate::backend::collect;
use crate::{
    backend::Backend,
    distribution::Distribution,
    error::{InitError, within},
    scheme::{Block, Dims},
    slot::{Element, Fixed, FixedPoint, Float, NoRounding, Quantization, Rounding},
};

/// A checked request for a tensor or a part of it. [`Init::draw`](crate::Init::draw),
/// [`Distribution::draw`] and [`Tensor::draw`](crate::Tensor::draw) return it.
///
/// It is a small `Copy` value that borrows the shape. Nothing is computed until it is written. Each of its
/// parts can be chosen independently of the others. Call `strided` last, because `range`, `block` and `shard`
/// set contiguous slots:
///
/// | | choose with | unless chosen |
/// | --- | --- | --- |
/// | the part | [`range`](Self::range), [`block`](Self::block), [`shard`](Self::shard) | the whole tensor |
/// | where its slots are | [`strided`](Self::strided) | one after the other |
/// | who computes it | [`on`](Self::on), `parallel` (with feature `rayon`) | the fastest backend, one thread |
/// | what a slot holds | [`write`](Self::write) for `f32`, [`write_as`](Self::write_as) for `f16` and `bf16`, [`write_fixed`](Self::write_fixed), [`write_uninit`](Self::write_uninit) | |
///
/// A part has the bits of that part of the whole tensor, whoever computes it. Its cost follows the part.
///
/// ```
/// use weight_init::{Init, Shape, Stream};
///
/// let (stream, shape) = (Stream::new(42).named("mlp.weight"), Shape::dense(11008, 4096));
///
/// // The columns from 4128 to 5503, for one of eight machines.
/// let mut columns = vec![0.0; 4096 * 1376];
/// Init::he_normal().draw(stream, &shape)?.block(&[0, 4128], &[4096, 1376])?.write(&mut columns)?;
///
/// let mut row = [0.0; 11008];
/// Init::he_normal().draw(stream, &shape)?.range(0..11008)?.write(&mut row)?;
/// assert_eq!(row[4128..5504], columns[..1376]);
/// # Ok::<(), weight_init::InitError>(())
/// ```
///
/// Orthogonal matrices are refused in parts, with strides and in other formats than `f32`, because their
/// values depend on each other. [`write_through`](Self::write_through) does all of that with a second slice.
#[derive(Clone, Copy, Debug)]
pub struct Draw<'a> {
    request: Request<'a>,
    extent: Extent,
}

/// The part of a tensor.
#[derive(Clone, Copy, Debug)]
#[allow(clippy::large_enum_variant, reason = "there is no allocator")]
enum Extent {
    /// Consecutive values in consecutive slots.
    Range {
        start: u64,
        len: usize,
    },
    Block(Block),
}

impl<'a> Draw<'a> {
    #[inline(always)]
    pub(crate) const fn new(request: Request<'a>, start: u64, len: usize) -> Self {
        Self { request, extent: Extent::Range { start, len } }
    }

    /// Selects the values at a range of flat indices, such as a flash page. The tensor's last axis is
    /// contiguous.
    ///
    /// The indices are those of the whole tensor, also after another `range`, `block` or `shard`, which this
    /// call replaces.
    ///
    /// # Errors
    ///
    /// Returns [`RangePastEnd`](InitError::RangePastEnd) if the range does not end within the tensor.
    #[inline]
    pub fn range(self, range: Range<u64>) -> Result<Self, InitError> {
        let (start, len) = within(range, self.request.shape.try_len()?)?;
        Ok(Self::new(self.request, start, len))
    }

    /// Selects a block of the tensor: along each axis, `size` indices from `offset` on. The axes are those
    /// of [`Shape::dims`](crate::Shape::dims). The block's values are written in the order of its own
    /// row-major indices.
    ///
    /// The indices are those of the whole tensor, also after another `range`, `block` or `shard`, which this
    /// call replaces. Call [`strided`](Self::strided) last, because this call sets contiguous slots.
    ///
    /// Known as an index in JAX' sharded arrays, and as `partition_offset` and `partition_shape` in Keras'
    /// initializers.
    ///
    /// ```
    /// use weight_init::{Init, Shape, Stream};
    ///
    /// let shape = Shape::conv2d(16, 32, [3, 3]);
    /// let draw = Init::he_normal().draw(Stream::new(42).named("conv"), &shape)?;
    /// let mut whole = vec![0.0; shape.len()];
    /// draw.write(&mut whole)?;
    ///
    /// // Input channels 4 to 11, and the middle row of the kernel.
    /// let part = draw.block(&[0, 4, 1, 0], &[32, 8, 1, 3])?;
    /// let mut values = vec![0.0; part.len()];
    /// part.write(&mut values)?;
    /// assert_eq!(values[..3], whole[4 * 9 + 3..][..3]);
    /// # Ok::<(), weight_init::InitError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`WrongRank`](InitError::WrongRank) or [`BlockPastEnd`](InitError::BlockPastEnd).
    #[inline]
    pub fn block(self, offsets: &[usize], sizes: &[usize]) -> Result<Self, InitError> {
        let dims = self.request.shape.dims()?;
        let extent = Extent::Block(Block::new(&dims, offsets, sizes)?);
        Ok(Self { extent, ..self })
    }

    /// Selects part `rank` of `world_size` parts along an axis. The parts are cut as `torch.chunk` and
    /// PyTorch's `DTensor` cut them: each has ⌈size / `world_size`⌉ indices, except for the last ones, which
    /// have fewer or none.
    ///
    /// It cuts the part that was selected before, so a second call cuts again, along the same axis or another.
    /// Call [`strided`](Self::strided) last, because this call sets contiguous slots.
    ///
    /// ```
    /// use weight_init::{Init, Shape, Stream};
    ///
    /// let shape = Shape::dense(64, 10); // 10 rows
    /// let draw = Init::he_normal().draw(Stream::new(42).named("fc"), &shape)?;
    /// let rows = |rank| Ok::<_, weight_init::InitError>(draw.shard(0, rank, 4)?.dims()?[0]);
    /// assert_eq!([rows(0)?, rows(1)?, rows(2)?, rows(3)?], [3, 3, 3, 1]);
    /// # Ok::<(), weight_init::InitError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`Shard`](InitError::Shard) if there is no such axis or no such part, and
    /// [`WrongRank`](InitError::WrongRank) after a [`range`](Self::range) that is only a part of a tensor with
    /// several axes.
    #[inline]
    pub fn shard(self, axis: usize, rank: usize, world_size: usize) -> Result<Self, InitError> {
        let extent = Extent::Block(self.as_block()?.shard(axis, rank, world_size)?);
        Ok(Self { extent, ..self })
    }

    /// Sets where the slots of the values are. Two neighbours along an axis have slots that are `stride`
    /// apart in the slice. Strides count slots and not bytes. The values stay where they are in the tensor:
    /// a matrix that is written column by column is the same matrix as one that is written row by row.
    ///
    /// Call it last, because [`range`](Self::range), [`block`](Self::block) and [`shard`](Self::shard) set
    /// contiguous slots.
    ///
    /// ```
    /// use weight_init::{Init, Shape, Stream};
    ///
    /// // nalgebra's and Fortran's matrices are column-major: 3 rows of 5 columns.
    /// let shape = Shape::dense(5, 3);
    /// let draw = Init::he_normal().draw(Stream::new(42), &shape)?;
    /// let (mut rows, mut columns) = ([0.0; 15], [0.0; 15]);
    /// draw.write(&mut rows)?;
    /// draw.strided(&[1, 3])?.write(&mut columns)?;
    /// assert_eq!(rows[5 * 2 + 4], columns[2 + 3 * 4]);
    /// # Ok::<(), weight_init::InitError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`WrongRank`](InitError::WrongRank) if there is not one stride per axis, or after a
    /// [`range`](Self::range) that is only a part of a tensor with several axes, [`OverlappingStrides`](InitError::OverlappingStrides) or
    /// [`Overflow`](InitError::Overflow).
    #[inline]
    pub fn strided(self, strides: &[usize]) -> Result<Self, InitError> {
        let extent = Extent::Block(self.as_block()?.strided(strides)?);
        Ok(Self { extent, ..self })
    }

    /// Selects the backend. All backends write the same bits, so this is for tests and benches.
    ///
    /// ```
    /// use weight_init::{Backend, Init, Shape, Stream};
    ///
    /// let (stream, shape) = (Stream::new(42), Shape::dense(784, 100));
    /// let mut expected = vec![0.0; shape.try_len()?];
    /// Init::he_normal().fill(stream, &shape, &mut expected)?;
    /// for backend in Backend::available() {
    ///     let mut weights = vec![0.0; shape.try_len()?];
    ///     Init::he_normal().draw(stream, &shape)?.on(backend).write(&mut weights)?;
    ///     assert_eq!(weights, expected, "{backend}");
    /// }
    /// # Ok::<(), weight_init::InitError>(())
    /// ```
    #[must_use]
    #[inline]
    pub fn on(self, backend: Backend) -> Self {
        let executor = self.request.executor.on(backend);
        Self { request: Request { executor, ..self.request }, ..self }
    }

    /// Selects the threads of rayon's current pool. They write the same bits in any number.
    ///
    /// ```
    /// use weight_init::{Distribution, Shape, Stream};
    ///
    /// let shape = Shape::vector(1_000_000);
    /// let noise = Distribution::Normal { mean: 0.0, std: 0.1 }.draw(Stream::new(42), &shape)?;
    /// let (mut one, mut many) = (vec![0.0; 1_000_000], vec![0.0; 1_000_000]);
    /// noise.write(&mut one)?;
    /// noise.parallel().write(&mut many)?;
    /// assert_eq!(one, many);
    /// # Ok::<(), weight_init::InitError>(())
    /// ```
    #[cfg(feature = "rayon")]
    #[must_use]
    #[inline]
    pub fn parallel(self) -> Self {
        let mut request = self.request;
        request.executor.threads = true;
        Self { request, ..self }
    }

    /// Returns the number of values.
    #[must_use]
    #[inline]
    pub fn len(&self) -> usize {
        match &self.extent {
            Extent::Range { len, .. } => *len,
            Extent::Block(block) => block.len(),
        }
    }

    /// Returns whether there are no values.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the dimensions of the part.
    ///
    /// # Errors
    ///
    /// Returns [`WrongRank`](InitError::WrongRank) after a [`range`](Self::range) that is only a part of a
    /// tensor with several axes.
    pub fn dims(&self) -> Result<Dims, InitError> {
        self.as_block().map(|block| block.sizes)
    }

    /// Writes the values to a slice.
    ///
    /// # Errors
    ///
    /// Returns [`WrongLength`](InitError::WrongLength) if the slice does not have as many slots as there
    /// are values, or with strides fewer slots than reach to the last value, and
    /// [`WholeTensorOnly`](InitError::WholeTensorOnly) for a part of an orthogonal matrix. On an error,
    /// nothing is written.
    #[inline(always)]
    pub fn write(&self, out: &mut [f32]) -> Result<(), InitError> {
        self.put(NoRounding::new(), out)?;
        Ok(())
    }

    /// Writes the values to slots of another floating-point format. Each value is rounded to nearest, ties
    /// to even. Values near zero may be rounded to zero.
    ///
    /// The portable code uses a buffer of 16 KiB on the stack. On small processors, which have no vectors,
    /// the buffer takes 256 bytes, and the state of the lanes 256 more.
    ///
    /// ```
    /// # #[cfg(feature = "half")] {
    /// use half::bf16;
    /// use weight_init::{Init, Shape, Stream};
    ///
    /// let shape = Shape::dense(784, 100);
    /// let mut weights = vec![bf16::ZERO; shape.len()];
    /// Init::he_normal().draw(Stream::new(42).named("fc1"), &shape)?.write_as(&mut weights)?;
    /// # }
    /// # Ok::<(), weight_init::InitError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the errors of [`write`](Self::write), and
    /// [`TooLargeForFormat`](InitError::TooLargeForFormat) if a value could round to infinity. A normal is
    /// refused if |mean| + 8 std rounds to infinity.
    #[inline(always)]
    pub fn write_as<E: Element>(&self, out: &mut [E]) -> Result<(), InitError> {
        self.put(self.float()?, out)?;
        Ok(())
    }

    /// Writes the values to slots of integers. `quantization` is a number of fraction bits or a
    /// [`Quantization`], which states the rounding. A slot with *b* fraction bits gets the value times 2ᵇ,
    /// rounded to the nearest integer, ties to even.
    ///
    /// Integers outside the range of the format saturate: they become the smallest or the largest integer.
    /// Returns the number of values that saturated.
    ///
    /// The portable code uses the buffer of [`write_as`](Self::write_as).
    ///
    /// ```
    /// use weight_init::{Init, Shape, Stream};
    ///
    /// const FC1: Shape = Shape::dense(64, 32);
    /// let mut weights = [0_i8; FC1.len()];
    /// // He's std is 0.18. With six fraction bits, ±2 fits, which is eleven of them.
    /// let draw = Init::he_normal().draw(Stream::new(42).named("fc1"), &FC1)?;
    /// assert_eq!(draw.write_fixed(6, &mut weights)?, 0);
    /// # Ok::<(), weight_init::InitError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the errors of [`write`](Self::write), and
    /// [`QuantizationScale`](InitError::QuantizationScale) or [`ZeroPoint`](InitError::ZeroPoint).
    #[inline(always)]
    pub fn write_fixed<Q: FixedPoint>(
        &self,
        quantization: impl Into<Quantization>,
        out: &mut [Q],
    ) -> Result<usize, InitError> {
        self.put(self.fixed(quantization)?, out)
    }

    /// Writes the values to memory that is not initialised yet, such as the spare capacity of a `Vec`.
    /// Returns the same slice as initialised. Slots between strides become zeros.
    ///
    /// A tensor, a range or a block without gaps is written only once. Stacks, structured schemes and blocks on
    /// many threads are written after zeros.
    ///
    /// ```
    /// use std::mem::MaybeUninit;
    /// use weight_init::{Init, Shape, Stream};
    ///
    /// const FC1: Shape = Shape::dense(64, 32);
    /// let mut slots = [MaybeUninit::uninit(); FC1.len()];
    /// let draw = Init::he_normal().draw(Stream::new(42).named("fc1"), &FC1)?;
    /// let weights: &mut [f32] = draw.write_uninit(&mut slots)?;
    /// assert!(weights.iter().all(|v| *v != 0.0));
    /// # Ok::<(), weight_init::InitError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the errors of [`write_as`](Self::write_as).
    #[inline]
    pub fn write_uninit<'out, E: Element>(
        &self,
        out: &'out mut [MaybeUninit<E>],
    ) -> Result<&'out mut [E], InitError> {
        Ok(self.put_uninit(self.float()?, out)?.0)
    }

    /// Does the same as [`write_fixed`](Self::write_fixed) for memory that is not initialised yet. Returns
    /// the same slice as initialised, and the number of values that saturated.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`write_fixed`](Self::write_fixed).
    #[inline]
    pub fn write_fixed_uninit<'out, Q: FixedPoint>(
        &self,
        quantization: impl Into<Quantization>,
        out: &'out mut [MaybeUninit<Q>],
    ) -> Result<(&'out mut [Q], usize), InitError> {
        self.put_uninit(self.fixed(quantization)?, out)
    }

    /// Writes any part of any tensor by way of the whole, which is computed in `scratch`. It is meant for
    /// orthogonal matrices, whose values depend on each other.
    ///
    /// ```
    /// use weight_init::{Init, Shape, Stream};
    ///
    /// let shape = Shape::dense(64, 64);
    /// let draw = Init::orthogonal().draw(Stream::new(42).named("rnn"), &shape)?.shard(0, 3, 4)?;
    /// let (mut scratch, mut rows) = (vec![0.0; draw.scratch_len()], vec![0.0; draw.len()]);
    /// draw.write_through(&mut scratch, &mut rows)?;
    /// assert_eq!(rows, scratch[48 * 64..]);
    /// # Ok::<(), weight_init::InitError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the errors of [`write_as`](Self::write_as), and [`WrongLength`](InitError::WrongLength) if
    /// `scratch` does not have the length [`scratch_len`](Self::scratch_len). On an error, nothing is written.
    pub fn write_through<E: Element>(
        &self,
        scratch: &mut [f32],
        out: &mut [E],
    ) -> Result<(), InitError> {
        self.put_through(self.float()?, scratch, out)?;
        Ok(())
    }

    /// Returns the length of the scratch slice for [`write_through`](Self::write_through), which is that of the whole
    /// tensor.
    #[must_use]
    pub fn scratch_len(&self) -> usize {
        // The request has been checked, so the length does not overflow.
        self.request.shape.try_len().unwrap_or_default()
    }

    /// Does the same as [`write_through`](Self::write_through) for fixed-point slots. Returns the number of
    /// values that saturated.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`write_fixed`](Self::write_fixed) and [`write_through`](Self::write_through).
    pub fn write_fixed_through<Q: FixedPoint>(
        &self,
        scratch: &mut [f32],
        quantization: impl Into<Quantization>,
        out: &mut [Q],
    ) -> Result<usize, InitError> {
        self.put_through(self.fixed(quantization)?, scratch, out)
    }

    /// Returns the values in a `Vec`. Slots between strides are zero.
    ///
    /// ```
    /// use weight_init::{Init, Shape, Stream};
    ///
    /// let shape = Shape::dense(784, 100);
    /// let weights = Init::he_normal().draw(Stream::new(42).named("fc1"), &shape)?.to_vec()?;
    /// assert_eq!(weights.len(), 78_400);
    /// # Ok::<(), weight_init::InitError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the errors of [`write`](Self::write), and
    /// [`OutOfMemory`](InitError::OutOfMemory).
    #[cfg(feature = "alloc")]
    pub fn to_vec(&self) -> Result<alloc::vec::Vec<f32>, InitError> {
        self.to_vec_as()
    }

    /// Returns the values in a `Vec` of another floating-point format. See [`write_as`](Self::write_as).
    ///
    /// # Errors
    ///
    /// Returns the errors of [`write_as`](Self::write_as).
    #[cfg(feature = "alloc")]
    pub fn to_vec_as<E: Element>(&self) -> Result<alloc::vec::Vec<E>, InitError> {
        let values = collect(self.span()?, |slots| Ok((self.write_uninit(slots)?, ())))?;
        Ok(values.0)
    }

    /// Returns the values in a `Vec` of fixed-point numbers, and the number of values that saturated. See
    /// [`write_fixed`](Self::write_fixed).
    ///
    /// # Errors
    ///
    /// Returns the errors of [`write_fixed`](Self::write_fixed).
    #[cfg(feature = "alloc")]
    pub fn to_vec_fixed<Q: FixedPoint>(
        &self,
        quantization: impl Into<Quantization>,
    ) -> Result<(alloc::vec::Vec<Q>, usize), InitError> {
        collect(self.span()?, |slots| self.write_fixed_uninit(quantization, slots))
    }

    /// Returns the number of slots from the first to the last one.
    #[cfg(feature = "alloc")]
    fn span(&self) -> Result<usize, InitError> {
        match &self.extent {
            Extent::Range { len, .. } => Ok(*len),
            Extent::Block(block) => block.span(),
        }
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn float<E: Element>(&self) -> Result<Float<E>, InitError> {
        Float::up_to(self.request.recipe.farthest())
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn fixed<Q: FixedPoint>(
        &self,
        quantization: impl Into<Quantization>,
    ) -> Result<Fixed<Q>, InitError> {
        Fixed::up_to(self.request.recipe.farthest(), quantization)
    }

    /// Returns the part as a block. A range of a tensor with several axes is none, unless it is the whole.
    fn as_block(&self) -> Result<Block, InitError> {
        let dims = self.request.shape.dims()?;
        match self.extent {
            Extent::Block(block) => Ok(block),
            Extent::Range { start: 0, len } if self.request.shape.try_len()? == len => {
                Ok(Block::whole(dims))
            }
            // A vector has only one axis.
            Extent::Range { start, len } if dims.len() == 1 => {
                let start = usize::try_from(start).map_err(|_| InitError::Overflow)?;
                Block::new(&dims, &[start], &[len])
            }
            Extent::Range { .. } => Err(InitError::WrongRank { expected: dims.len(), given: 1 }),
        }
    }

    /// Returns an error if the slice has the wrong length or the values can't be computed as requested.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn check<R: Rounding>(&self, given: usize) -> Result<(), InitError> {
        match &self.extent {
            &Extent::Range { len: expected, .. } if expected != given => {
                Err(InitError::WrongLength { expected, given })
            }
            &Extent::Range { start, len } => self.request.check_range::<R>(start, len),
            Extent::Block(block) => {
                check_span(block, given)?;
                if !self.request.recipe.is_orthogonal() || block.is_empty() {
                    return Ok(());
                }
                match block.as_range(&self.request.shape.dims()?) {
                    Some(start) => self.request.check_range::<R>(start, given),
                    None => Err(InitError::WholeTensorOnly),
                }
            }
        }
    }

    /// Writes slots of any format. Returns the number of values that saturated.
    #[inline(always)]
    pub(crate) fn put<R: Rounding>(
        &self,
        rounding: R,
        out: &mut [R::Slot],
    ) -> Result<usize, InitError> {
        self.check::<R>(out.len())?;
        Ok(match &self.extent {
            Extent::Range { start, .. } => self.request.write_range(rounding, *start, out),
            Extent::Block(block) => self.put_block(rounding, block, out),
        })
    }

    #[inline(never)]
    fn put_block<R: Rounding>(&self, rounding: R, block: &Block, out: &mut [R::Slot]) -> usize {
        if block.is_empty() {
            return 0;
        }
        match self.request.shape.dims().ok().and_then(|dims| block.as_range(&dims)) {
            Some(start) => self.request.write_range(rounding, start, out),
            None => self.request.write_block(rounding, block, out),
        }
    }

    fn put_uninit<'out, R: Rounding>(
        &self,
        rounding: R,
        out: &'out mut [MaybeUninit<R::Slot>],
    ) -> Result<(&'out mut [R::Slot], usize), InitError> {
        self.check::<R>(out.len())?;
        if let Extent::Range { start, .. } = self.extent
            && let Some(fill) = self.request.fill(start)
        {
            return Ok(fill.write_uninit(rounding, out));
        }
        if let Extent::Block(block) = self.extent
            && let Some((fill, runs)) = self.request.fill_runs(&block)
            && runs.covers(out.len())
        {
            let expected = InitError::WrongLength { expected: self.len(), given: out.len() };
            return fill.write_uninit_runs(rounding, runs, out).ok_or(expected);
        }
        let Request { stream, executor, .. } = self.request;
        let (out, _) =
            Distribution::ZERO.fill_from(executor, stream, 0).write_uninit(rounding, out);
        let saturated = self.put(rounding, out)?;
        Ok((out, saturated))
    }

    fn put_through<R: Rounding>(
        &self,
        rounding: R,
        scratch: &mut [f32],
        out: &mut [R::Slot],
    ) -> Result<usize, InitError> {
        let (expected, given) = (self.request.shape.try_len()?, scratch.len());
        if expected != given {
            return Err(InitError::WrongLength { expected, given });
        }
        let (block, dims) = match self.extent {
            Extent::Range { start, len } => {
                // Not the shape's dimensions: those of an empty packed tensor may overflow.
                let dims = Dims::from_slice(&[expected]).ok_or(InitError::Overflow)?;
                let start = usize::try_from(start).map_err(|_| InitError::Overflow)?;
                (Block::new(&dims, &[start], &[len])?, dims)
            }
            Extent::Block(block) => (block, self.request.shape.dims()?),
        };
        check_span(&block, out.len())?;
        self.request.write_range(NoRounding::new(), 0, scratch);
        let mut saturated = 0;
        for run in block.runs(&dims).into_iter().flatten() {
            let values = scratch.get(run.start as usize..).unwrap_or_default();
            let mut offset = run.offset;
            for value in values.iter().take(run.len) {
                let (rounded, saturates) = rounding.round(*value);
                if let Some(slot) = out.get_mut(offset) {
                    *slot = rounded;
                }
                saturated += usize::from(saturates);
                offset = offset.wrapping_add(run.stride);
            }
        }
        Ok(saturated)
    }
}

/// Returns an error unless the slice has exactly the slots of a block without gaps, or at least the span of a
/// block with gaps.
fn check_span(block: &Block, given: usize) -> Result<(), InitError> {
    let expected = block.span()?;
    let wrong = if expected == block.len() { expected != given } else { expected > given };
    if wrong { Err(InitError::WrongLength { expected, given }) } else { Ok(()) }
}
