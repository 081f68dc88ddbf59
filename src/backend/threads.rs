//! Many threads. Because a value depends on its index alone, it does not matter which thread fills which
//! block. A row of Q needs only the reflectors of its own row and of those above, so threads can make rows
//! independently.

use core::mem::MaybeUninit;

use rayon::prelude::*;

use super::{
    detect::Backend,
    fill::Fill,
    householder::{self, Step},
};
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

impl Backend {
    /// Makes rows of normals orthonormal in place, and multiplies them by `gain`, on the threads of rayon's
    /// current pool.
    ///
    /// The rows are made in bands, from the last to the first, because a row needs the reflectors of those above
    /// it. One thread makes the rows of a band as far as its own reflections go. All threads then apply the
    /// reflections above the band, which is most of the work.
    pub(super) fn par_orthogonal(self, cols: usize, gain: f32, out: &mut [f32]) {
        let Some(mut end) = out.len().checked_div(cols) else { return };
        // Rows in a task, a multiple of a block. With more, the reflectors come from memory less often, but the
        // work of one thread takes longer.
        let task = householder::BLOCK << u32::from(end >= 2048);
        // Two tasks for each thread hide that some take longer.
        let band = 2 * task * rayon::current_num_threads();
        out.par_chunks_mut(task * cols).enumerate().for_each(|(i, rows)| {
            self.orthogonal(Step::Reflectors { first: i * task }, cols, gain, rows);
        });
        while end > 0 {
            let first = (end - 1) / band * band;
            let (reflectors, rows) = out.split_at_mut(first * cols);
            let rows = &mut rows[..(end - first) * cols];
            self.orthogonal(Step::Within { first }, cols, gain, rows);
            rows.par_chunks_mut(task * cols).for_each(|rows| {
                self.orthogonal(Step::Above { reflectors }, cols, gain, rows);
            });
            end = first;
        }
    }
}
