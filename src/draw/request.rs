//! A checked request for a whole tensor, and how its parts are written.

use crate::{
    backend::{Executor, Fill, Runs},
    error::InitError,
    scheme::{Block, Recipe, Shape, blocks_of_range, transpose},
    slot::Rounding,
    stream::Stream,
};

/// Values in a task, 512 KiB.
#[cfg(feature = "rayon")]
const TASK: usize = 1 << 17;

/// The values of a tensor, after all checks have passed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request<'a> {
    pub(crate) recipe: Recipe,
    pub(crate) stream: Stream,
    pub(crate) shape: &'a Shape,
    pub(crate) executor: Executor,
}

impl Request<'_> {
    /// Returns the fill from `start` on, if all values are drawn from one stream.
    pub(super) fn fill(&self, start: u64) -> Option<Fill> {
        match self.recipe {
            Recipe::Drawn(distribution) if self.shape.stack().is_none() => {
                Some(distribution.fill_from(self.executor, self.stream, start))
            }
            _ => None,
        }
    }

    /// Returns the fill of a block and its runs, if all values are drawn from one stream by one thread.
    pub(super) fn fill_runs(&self, block: &Block) -> Option<(Fill, Runs)> {
        #[cfg(feature = "rayon")]
        if self.executor.threads {
            return None;
        }
        let runs = block.runs(&self.shape.dims().ok()?)?;
        Some((self.fill(0)?, runs))
    }

    /// Returns an error if the values of a part can't be computed alone in the format, because they depend
    /// on each other.
    #[inline]
    pub(crate) fn check_range<R: Rounding>(&self, start: u64, len: usize) -> Result<(), InitError> {
        self.check_part(R::values(&mut []).is_some(), start, len)
    }

    /// The same for slots of `f32` or not.
    #[inline]
    pub(crate) fn check_part(&self, is_f32: bool, start: u64, len: usize) -> Result<(), InitError> {
        match self.recipe {
            Recipe::Structured(structure) if structure.is_orthogonal() && len > 0 => {
                // A stack may be cut between its tensors, if they follow one another in memory.
                let alone = match self.shape.packed_axis() {
                    None | Some(0) => self.shape.unstacked().len() as u64,
                    Some(_) => self.shape.len() as u64,
                };
                let whole = start.is_multiple_of(alone) && (len as u64).is_multiple_of(alone);
                if whole && is_f32 { Ok(()) } else { Err(InitError::WholeTensorOnly) }
            }
            _ => Ok(()),
        }
    }

    /// Fills the part of the tensor from `start` on, which must end within it. Returns the number of values
    /// that saturated.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn write_range<R: Rounding>(
        &self,
        rounding: R,
        start: u64,
        out: &mut [R::Slot],
    ) -> usize {
        if self.shape.stack().is_none() {
            self.write_range_of_one(rounding, start, out)
        } else {
            // A copy, because a call that takes the address keeps the whole `Draw` on the stack.
            let request = *self;
            request.write_range_of_stack(rounding, start, out)
        }
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn write_range_of_one<R: Rounding>(
        &self,
        rounding: R,
        start: u64,
        out: &mut [R::Slot],
    ) -> usize {
        let Self { ref recipe, stream, shape, executor } = *self;
        match recipe {
            Recipe::Drawn(distribution) => {
                distribution.fill_from(executor, stream, start).write(rounding, out)
            }
            Recipe::Structured(structure) => {
                structure.write(executor, rounding, stream, shape, start as usize, out)
            }
        }
    }

    /// Not inlined, so that fills of a single tensor don't pay for it in stack and code size.
    #[inline(never)]
    fn write_range_of_stack<R: Rounding>(
        &self,
        rounding: R,
        start: u64,
        mut out: &mut [R::Slot],
    ) -> usize {
        let one = self.shape.unstacked();
        let (len, count) = (one.len(), self.shape.stack().unwrap_or(1));
        if out.is_empty() || len == 0 {
            return 0;
        }
        let mut start = start as usize;
        let mut saturated = 0;
        match self.shape.packed_axis() {
            None | Some(0) => {
                #[cfg(feature = "rayon")]
                if self.executor.threads && out.len() > TASK {
                    // Between two tensors, as near to the middle as possible.
                    let cut = ((start + out.len() / 2) / len * len).saturating_sub(start);
                    if let Some((left, right)) = out.split_at_mut_checked(cut)
                        && !left.is_empty()
                    {
                        let next = (start + cut) as u64;
                        let (left, right) = rayon::join(
                            || self.write_range_of_stack(rounding, start as u64, left),
                            || self.write_range_of_stack(rounding, next, right),
                        );
                        return left + right;
                    }
                }
                while !out.is_empty() {
                    let (number, first) = (start / len, start % len);
                    let part = out.split_off_mut(..out.len().min(len - first)).unwrap_or_default();
                    start += part.len();
                    let request = self.of_tensor(number, &one);
                    saturated += request.write_range_of_one(rounding, first as u64, part);
                }
            }
            Some(axis) if self.recipe.is_orthogonal() => {
                // Only whole tensors come here. They are filled one after the other, and then interleaved.
                // Not `chunks_exact_mut`, whose panic stays in code that is optimised for size.
                let (mut rest, mut number) = (&mut *out, 0);
                while let Some(part) = rest.split_off_mut(..len) {
                    self.of_tensor(number, &one).write_range_of_one(rounding, 0, part);
                    number += 1;
                }
                if let (Ok(dims), Some(values)) = (one.dims(), R::values(out)) {
                    let row = dims.iter().skip(axis).product();
                    transpose(count, len.checked_div(row).unwrap_or(0), row, values);
                }
            }
            Some(_) => {
                let Ok(dims) = self.shape.dims() else { return 0 };
                let end = start + out.len();
                blocks_of_range(&dims, start, end, |block, slot| {
                    let part = out.get_mut(slot..slot + block.len()).unwrap_or_default();
                    saturated += self.write_block(rounding, block, part);
                });
            }
        }
        saturated
    }

    /// Fills a block that is not empty and whose slots lie in the slice. Returns the number of values that
    /// saturated.
    #[inline(never)]
    pub(super) fn write_block<R: Rounding>(
        &self,
        rounding: R,
        block: &Block,
        out: &mut [R::Slot],
    ) -> usize {
        let one = self.shape.unstacked();
        if self.shape.stack().is_none() {
            return self.write_block_of_one(rounding, block, out);
        }
        let Ok(dims) = one.dims() else { return 0 };
        let axis = self.shape.packed_axis();
        let size = axis.and_then(|axis| dims.get(axis).copied()).unwrap_or(1);
        let stacked_axis = axis.unwrap_or(0);
        let (Some(&offset), Some(&len)) =
            (block.offsets.get(stacked_axis), block.sizes.get(stacked_axis))
        else {
            return 0;
        };
        let mut saturated = 0;
        let mut number = offset.checked_div(size).unwrap_or(0);
        while number * size < offset + len {
            let part = match axis {
                Some(axis) => block.part_along(axis, number * size, (number + 1) * size),
                None => block.without_first(number),
            };
            if let Some(part) = part {
                saturated += self.of_tensor(number, &one).write_block_of_one(rounding, &part, out);
            }
            number += 1;
        }
        saturated
    }

    fn write_block_of_one<R: Rounding>(
        &self,
        rounding: R,
        block: &Block,
        out: &mut [R::Slot],
    ) -> usize {
        #[cfg(feature = "rayon")]
        if self.executor.threads {
            return self.write_block_in_halves(rounding, block, out);
        }
        let Self { ref recipe, stream, shape, executor } = *self;
        match recipe {
            Recipe::Drawn(distribution) => {
                let Ok(dims) = shape.dims() else { return 0 };
                let Some(runs) = block.runs(&dims) else { return 0 };
                distribution.fill_from(executor, stream, 0).write_runs(rounding, runs, out)
            }
            Recipe::Structured(structure) => {
                structure.write_block(executor, rounding, stream, shape, block, out)
            }
        }
    }

    /// Fills a block on the threads of rayon's current pool: halves it until the parts are small.
    #[cfg(feature = "rayon")]
    fn write_block_in_halves<R: Rounding>(
        &self,
        rounding: R,
        block: &Block,
        out: &mut [R::Slot],
    ) -> usize {
        if block.len() > TASK
            && let Some((first, second, cut)) = block.halves()
            && let Some((left, right)) = out.split_at_mut_checked(cut)
        {
            let (left, right) = rayon::join(
                || self.write_block_in_halves(rounding, &first, left),
                || self.write_block_in_halves(rounding, &second, right),
            );
            return left + right;
        }
        let executor = Executor { threads: false, ..self.executor };
        Self { executor, ..*self }.write_block_of_one(rounding, block, out)
    }

    /// Returns the request for tensor `number` of the stack, whose shape is `one`.
    fn of_tensor<'b>(&self, number: usize, one: &'b Shape) -> Request<'b> {
        let Self { recipe, stream, executor, .. } = *self;
        let recipe = recipe.of_tensor(number);
        Request { recipe, stream: stream.substream(number as u64), shape: one, executor }
    }
}
