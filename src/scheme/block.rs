//! Blocks of a tensor: where they begin, how large they are, and where their slots are.

use super::dims::{Dims, RANK};
use crate::{
    backend::{AXES, Axis, Runs},
    error::InitError,
};

const _: () = assert!(RANK <= AXES);

/// A block of a tensor, and the slots of its values. All arrays have one entry per axis of the tensor.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Block {
    /// The index along each axis at which the block begins.
    pub(crate) offsets: Dims,
    pub(crate) sizes: Dims,
    /// The distance of the slots of two neighbours along each axis.
    pub(crate) strides: Dims,
    /// The offset of the first slot in the slice.
    pub(crate) first_slot: usize,
}

impl Block {
    /// Returns the whole tensor in contiguous slots.
    pub(crate) fn whole(dims: Dims) -> Self {
        Self { offsets: dims.map(|_| 0), sizes: dims, strides: contiguous(&dims), first_slot: 0 }
    }

    /// Returns the block that begins at the given indices and has the given sizes, in contiguous slots.
    pub(crate) fn new(dims: &Dims, offsets: &[usize], sizes: &[usize]) -> Result<Self, InitError> {
        let (offsets, sizes) = (with_rank(dims, offsets)?, with_rank(dims, sizes)?);
        for (axis, (&end, (&offset, &given))) in
            dims.iter().zip(offsets.iter().zip(&*sizes)).enumerate()
        {
            if end.checked_sub(offset).is_none_or(|room| room < given) {
                return Err(InitError::BlockPastEnd { axis, offset, given, end });
            }
        }
        Ok(Self { offsets, sizes, strides: contiguous(&sizes), first_slot: 0 })
    }

    /// Returns part `rank` of `world_size` parts of the block along an axis, as `torch.chunk` cuts them.
    pub(crate) fn shard(
        &self,
        axis: usize,
        rank: usize,
        world_size: usize,
    ) -> Result<Self, InitError> {
        let mut block = *self;
        let (Some(size), Some(offset), true) =
            (block.sizes.get_mut(axis), block.offsets.get_mut(axis), rank < world_size)
        else {
            return Err(InitError::Shard { axis, rank, world_size });
        };
        let chunk = quotient_up(*size, world_size);
        let start = chunk.saturating_mul(rank).min(*size);
        (*size, *offset) = (chunk.min(*size - start), *offset + start);
        block.strides = contiguous(&block.sizes);
        Ok(block)
    }

    /// Returns the block with other strides, if no two values have the same slot.
    pub(crate) fn strided(&self, strides: &[usize]) -> Result<Self, InitError> {
        let strides = with_rank(&self.sizes, strides)?;
        let block = Self { strides, ..*self };
        if block.is_empty() {
            return Ok(block);
        }
        let axes =
            || block.sizes.iter().zip(&*strides).enumerate().filter(|(_, (size, _))| **size > 1);
        for (axis, (_, &given)) in axes() {
            // Axes with smaller strides, and of axes with equal ones those before this one.
            let below = axes().filter(|&(other, (_, &stride))| (stride, other) < (given, axis));
            let reach = below.fold(0_usize, |reach, (_, (size, stride))| {
                reach.saturating_add((size - 1).saturating_mul(*stride))
            });
            if given <= reach {
                return Err(InitError::OverlappingStrides { axis, given });
            }
        }
        block.span().map(|_| block)
    }

    /// Returns the number of values.
    pub(crate) fn len(&self) -> usize {
        // The product of the other sizes of an empty block may overflow.
        if self.is_empty() { 0 } else { self.sizes.iter().product() }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.sizes.contains(&0)
    }

    /// Returns the number of slots from the first to the last one, both included.
    pub(crate) fn span(&self) -> Result<usize, InitError> {
        if self.is_empty() {
            return Ok(0);
        }
        let mut span = 1_usize;
        for (size, stride) in self.sizes.iter().zip(&*self.strides) {
            let reach = (size - 1).checked_mul(*stride);
            let longer = reach.and_then(|reach| span.checked_add(reach));
            span = longer.ok_or(InitError::Overflow)?;
        }
        Ok(span)
    }

    /// Returns the index of the first value if the values are consecutive in the tensor and in the slots.
    pub(crate) fn as_range(&self, dims: &Dims) -> Option<u64> {
        let run = self.runs(dims)?.next()?;
        (run.len == self.len() && (run.stride == 1 || run.len == 1)).then_some(run.start)
    }

    /// Returns the runs of the block in a tensor of the given dimensions, or `None` if the block is empty.
    pub(crate) fn runs(&self, dims: &Dims) -> Option<Runs> {
        if self.is_empty() {
            return None;
        }
        let mut axes = [Axis::default(); RANK];
        // The axes are found from the last to the first, which is also their order in the array.
        let mut first = RANK;
        let (mut step, mut start) = (1_u64, 0_u64);
        for (((dim, len), stride), offset) in
            dims.iter().zip(&*self.sizes).zip(&*self.strides).zip(&*self.offsets).rev()
        {
            let axis = Axis { len: *len, step, stride: *stride };
            start = start.wrapping_add(step.wrapping_mul(*offset as u64));
            step = step.wrapping_mul(*dim as u64);
            if axis.len == 1 {
                continue;
            }
            // Neighbouring axes that are one in the tensor and in the slots are joined, so that runs are long.
            if let Some(inner) = axes.get_mut(first)
                && axis.step == inner.step.wrapping_mul(inner.len as u64)
                && axis.stride == inner.stride.wrapping_mul(inner.len)
            {
                inner.len *= axis.len;
            } else {
                first = first.checked_sub(1)?;
                *axes.get_mut(first)? = axis;
            }
        }
        Runs::new(axes.get(first..).unwrap_or_default(), start, self.first_slot)
    }

    /// Returns the offset and the size along an axis, which are zero if there is no such axis.
    pub(crate) fn along(&self, axis: usize) -> (usize, usize) {
        let [offset, size] = [&self.offsets, &self.sizes].map(|all| all.get(axis).copied());
        (offset.unwrap_or(0), size.unwrap_or(0))
    }

    /// Returns the offset of the slot of a value, given its index along each axis, or `None` if it is not in
    /// the block.
    pub(crate) fn slot(&self, indices: &[usize]) -> Option<usize> {
        let mut slot = self.first_slot;
        for (((index, offset), size), stride) in
            indices.iter().zip(&*self.offsets).zip(&*self.sizes).zip(&*self.strides)
        {
            slot += index.checked_sub(*offset).filter(|index| index < size)? * stride;
        }
        Some(slot)
    }

    /// Returns the part of the block in one tensor of a stack that lies along the given axis, for the
    /// tensor's indices from `start` to `end` along it. The part is relative to the tensor.
    pub(crate) fn part_along(&self, axis: usize, start: usize, end: usize) -> Option<Self> {
        let mut part = *self;
        let offset = part.offsets.get_mut(axis)?;
        let size = part.sizes.get_mut(axis)?;
        let first = start.max(*offset);
        let len = end.min(*offset + *size).checked_sub(first).filter(|len| *len > 0)?;
        part.first_slot += (first - *offset) * self.strides.get(axis)?;
        (*offset, *size) = (first - start, len);
        Some(part)
    }

    /// Returns the part of the block at every `step`-th index along an axis, those whose remainder is `phase`.
    /// Along this axis the part is relative to a tensor that has only these indices.
    pub(crate) fn every(&self, axis: usize, step: usize, phase: usize) -> Option<Self> {
        let mut part = *self;
        let (offset, size) = (part.offsets.get_mut(axis)?, part.sizes.get_mut(axis)?);
        let stride = part.strides.get_mut(axis)?;
        let end = *offset + *size;
        // The number of such indices before an index.
        let before = |index: usize| quotient_up(index.saturating_sub(phase), step);
        let first = before(*offset);
        let count = before(end).checked_sub(first).filter(|count| *count > 0)?;
        part.first_slot += (first * step + phase - *offset) * *stride;
        // The stride of a single index has no meaning, and its product may overflow.
        (*offset, *size, *stride) = (first, count, stride.saturating_mul(step));
        Some(part)
    }

    /// Returns the block without its first axis, along which it has the given index.
    pub(crate) fn without_first(&self, index: usize) -> Option<Self> {
        let (first, offsets) = self.offsets.split_first()?;
        let (_, sizes) = self.sizes.split_first()?;
        let (stride, strides) = self.strides.split_first()?;
        Some(Self {
            offsets: Dims::from_slice(offsets)?,
            sizes: Dims::from_slice(sizes)?,
            strides: Dims::from_slice(strides)?,
            first_slot: self.first_slot + (index - first) * stride,
        })
    }

    /// Cuts the block into two halves along the axis with the largest stride. Returns them with the offset
    /// of the first slot that may belong to the second one, or `None` if the block has only one value. The
    /// second half is relative to that slot.
    #[cfg(feature = "rayon")]
    pub(crate) fn halves(&self) -> Option<(Self, Self, usize)> {
        let wide = |axis: &usize| self.sizes.get(*axis).is_some_and(|size| *size > 1);
        let axes = (0..self.sizes.len()).filter(wide);
        let axis = axes.max_by_key(|axis| self.strides.get(*axis).copied().unwrap_or(0))?;
        let (mut first, mut second) = (*self, *self);
        let half = *self.sizes.get(axis)? / 2;
        *first.sizes.get_mut(axis)? = half;
        *second.sizes.get_mut(axis)? -= half;
        *second.offsets.get_mut(axis)? += half;
        second.first_slot = 0;
        Some((first, second, self.first_slot + half * self.strides.get(axis)?))
    }
}

/// Calls `part` for blocks that together are the range of a tensor from `start` to `end`, in ascending order.
/// Each block is contiguous in the tensor. Its slots begin at the offset that is passed with it.
pub(crate) fn blocks_of_range(
    dims: &Dims,
    mut start: usize,
    end: usize,
    mut part: impl FnMut(&Block, usize),
) {
    let mut slot = 0;
    while start < end {
        // The outermost axis along which a whole row begins here and ends within the range.
        let (mut row, mut axis) = (1, dims.len() - 1);
        for (outer, size) in dims.iter().enumerate().skip(1).rev() {
            let longer = row * size;
            if !start.is_multiple_of(longer) || end - start < longer {
                break;
            }
            (row, axis) = (longer, outer - 1);
        }
        let mut block = Block::whole(*dims);
        let mut rest = start;
        let mut within = 1;
        for (i, size) in dims.iter().enumerate().rev() {
            let index = rest.checked_rem(*size).unwrap_or(0);
            rest = rest.checked_div(*size).unwrap_or(0);
            if i <= axis
                && let (Some(offset), Some(len)) =
                    (block.offsets.get_mut(i), block.sizes.get_mut(i))
            {
                *offset = index;
                *len = if i == axis {
                    (size - index).min((end - start).checked_div(row).unwrap_or(0))
                } else {
                    1
                };
                within *= *len;
            }
        }
        block.strides = contiguous(&block.sizes);
        let len = within * row;
        part(&block, slot);
        (start, slot) = (start + len, slot + len);
    }
}

/// Returns a ÷ b, rounded up, or 0 if b is 0. `usize::div_ceil` keeps a panic where the code is optimised for size.
fn quotient_up(a: usize, b: usize) -> usize {
    a.checked_div(b).map_or(0, |quotient| quotient + usize::from(quotient * b != a))
}

/// Returns the strides of a row-major tensor.
fn contiguous(sizes: &Dims) -> Dims {
    let mut strides = *sizes;
    let mut stride = 1_usize;
    for size in strides.iter_mut().rev() {
        (*size, stride) = (stride, stride.saturating_mul(*size));
    }
    strides
}

/// Returns one entry per axis, if that many are given.
fn with_rank(dims: &Dims, given: &[usize]) -> Result<Dims, InitError> {
    let (expected, count) = (dims.len(), given.len());
    Dims::from_slice(given)
        .filter(|_| expected == count)
        .ok_or(InitError::WrongRank { expected, given: count })
}
