//! Blocks of structured tensors.

use core::ops::Range;

use super::{Structure, SubPixel, replace_by_zero, sparse::zeros_of_block};
use crate::{
    backend::{Executor, Fill, Run},
    distribution::Distribution,
    scheme::{block::Block, dims::Dims, shape::Shape},
    slot::Rounding,
    stream::Stream,
};

impl Structure {
    /// Fills a block that is not empty. Returns the number of values that saturated.
    pub(crate) fn write_block<R: Rounding>(
        &self,
        executor: Executor,
        rounding: R,
        stream: Stream,
        shape: &Shape,
        block: &Block,
        out: &mut [R::Slot],
    ) -> usize {
        let (Ok(axes), Ok(dims)) = (shape.axes(), shape.dims()) else { return 0 };
        let Some(runs) = block.runs(&dims) else { return 0 };
        let mut saturated = 0;
        match *self {
            Self::Sparse { sparsity, std } => {
                let fill = Distribution::Normal { mean: 0.0, std }.fill_from(executor, stream, 0);
                saturated += fill.write_runs(rounding, runs, out);
                let output_axis = shape.output_axis();
                zeros_of_block(&axes, sparsity, stream, block, output_axis, |index, slot| {
                    let Some(slot) = out.get_mut(slot) else { return };
                    let fill = Fill { start: index as u64, ..fill };
                    saturated -= replace_by_zero(rounding, slot, saturated, fill);
                });
                return saturated;
            }
            Self::SubPixel { distribution, .. } | Self::Upsampled { distribution, .. } => {
                let fill = distribution.fill_from(executor, stream, 0);
                self.for_each_copy(shape, *block, dims, &mut |block, dims| {
                    if let Some(runs) = block.runs(dims) {
                        saturated += fill.write_runs(rounding, runs, out);
                    }
                });
                return saturated;
            }
            _ => {}
        }
        for Run { start, len, mut offset, stride } in runs {
            let mut start = start as usize;
            if stride == 1 {
                let part = out.get_mut(offset..offset + len).unwrap_or_default();
                saturated += self.write(executor, rounding, stream, shape, start, part);
                continue;
            }
            let (zero, _) = rounding.round(0.0);
            let end = start + len;
            while start < end {
                let mut buffer = [zero; 64];
                let part = buffer.get_mut(..(end - start).min(64)).unwrap_or_default();
                saturated += self.write(executor, rounding, stream, shape, start, part);
                start += part.len();
                for value in part {
                    if let Some(slot) = out.get_mut(offset) {
                        *slot = *value;
                    }
                    offset += stride;
                }
            }
        }
        saturated
    }
}

impl Structure {
    /// Calls `write` for parts of a block that together are the block. Each is a block of the tensor before
    /// upscaling, whose dimensions are passed with it, and has every value of that tensor at most once.
    fn for_each_copy(
        &self,
        shape: &Shape,
        block: Block,
        mut dims: Dims,
        write: &mut dyn FnMut(&Block, &Dims),
    ) {
        match *self {
            Self::SubPixel { outputs, order, .. } => {
                let axis = shape.output_axis();
                let Some(all) = dims.get_mut(axis) else { return };
                let copies = all.checked_div(outputs).unwrap_or(0);
                *all = outputs;
                let (offset, size) = block.along(axis);
                match order {
                    SubPixel::PixelShuffle => {
                        for_each_phase(block, axis..axis + 1, copies, &mut |block| {
                            write(block, &dims)
                        });
                    }
                    SubPixel::DepthToSpace => {
                        let first = offset.checked_div(outputs).unwrap_or(0);
                        let last = (offset + size - 1).checked_div(outputs).unwrap_or(0);
                        for copy in first..=last {
                            let part = block.part_along(axis, copy * outputs, (copy + 1) * outputs);
                            part.iter().for_each(|part| write(part, &dims));
                        }
                    }
                }
            }
            Self::Upsampled { upscale, .. } => {
                let first = shape.first_kernel_axis();
                let end = first + shape.rank().saturating_sub(2);
                for size in dims.iter_mut().take(end).skip(first) {
                    *size = size.checked_div(upscale).unwrap_or(0);
                }
                for_each_phase(block, first..end, upscale, &mut |block| write(block, &dims));
            }
            _ => {}
        }
    }
}

/// Calls `write` for the part of a block with each combination of remainders modulo `step` along some axes.
fn for_each_phase(block: Block, axes: Range<usize>, step: usize, write: &mut dyn FnMut(&Block)) {
    if axes.is_empty() {
        return write(&block);
    }
    // A short block has only some of the remainders.
    let (offset, size) = block.along(axes.start);
    for distance in 0..size.min(step) {
        let phase = (offset + distance).checked_rem(step).unwrap_or(0);
        if let Some(part) = block.every(axes.start, step, phase) {
            for_each_phase(part, axes.start + 1..axes.end, step, write);
        }
    }
}
