//! Whole blocks on many threads. Because a value depends on its index alone, it does not matter which
//! thread fills which block.

use core::mem::MaybeUninit;

use rayon::prelude::*;

use super::fill::Fill;
use crate::{sampler::BLOCK, slot::Rounding};

/// Values in a task, 512 KiB: long enough to hide the cost of scheduling it, and short enough that
/// threads finish at nearly the same time.
const TASK: usize = 32 * BLOCK;

impl Fill {
    /// Writes every slot, as [`dispatch`](Self::dispatch) does, on the threads of rayon's current pool.
    pub(super) fn par_dispatch<R: Rounding>(
        &self,
        rounding: R,
        out: &mut [MaybeUninit<R::Slot>],
    ) -> usize {
        if out.len() <= TASK {
            return self.dispatch(rounding, out);
        }
        // Tasks begin where blocks do. The values before the first whole block are a task of their own.
        let head = (BLOCK - (self.start % BLOCK as u64) as usize) % BLOCK;
        let (head, body) = out.split_at_mut(head.min(out.len()));
        let body_start = self.start.wrapping_add(head.len() as u64);
        let saturated = self.dispatch(rounding, head);
        let tasks = body.par_chunks_mut(TASK).enumerate().map(|(task, part)| {
            let start = body_start.wrapping_add((task * TASK) as u64);
            Self { start, ..*self }.dispatch(rounding, part)
        });
        saturated + tasks.sum::<usize>()
    }
}
