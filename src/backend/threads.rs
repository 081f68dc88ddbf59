//! Whole blocks on many threads. Since a value depends on its index alone, who fills which block can't
//! matter.

use core::mem::MaybeUninit;

use rayon::prelude::*;

use super::{Fill, Rounding};
use crate::sampler::BLOCK;

/// Values in a task, 512 KiB: long enough that handing it out doesn't show, short enough that the
/// last one is not waited for.
const TASK: usize = 32 * BLOCK;

impl Fill {
    /// Writes every slot, as `fill_rounded` does.
    pub(super) fn par_fill_rounded<R: Rounding>(
        &self,
        rounding: R,
        out: &mut [MaybeUninit<R::Slot>],
    ) -> usize {
        if out.len() <= TASK {
            return self.fill_rounded(rounding, out);
        }
        // Tasks begin where blocks do; what comes before is one more.
        let head = (BLOCK - (self.start % BLOCK as u64) as usize) % BLOCK;
        let (head, body) = out.split_at_mut(head.min(out.len()));
        let body_start = self.start.wrapping_add(head.len() as u64);
        let saturated = self.fill_rounded(rounding, head);
        let tasks = body.par_chunks_mut(TASK).enumerate().map(|(task, part)| {
            let start = body_start.wrapping_add((task * TASK) as u64);
            Self { start, ..*self }.fill_rounded(rounding, part)
        });
        saturated + tasks.sum::<usize>()
    }
}
