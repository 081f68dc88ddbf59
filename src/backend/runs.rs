//! Fills whose indices are not consecutive: blocks of a tensor, and slots with strides.

use core::mem::MaybeUninit;

use super::{
    batch::{PART, Parts},
    detect::{Executor, Kind},
    fill::Fill,
    job::Job,
    lanewise::Resumed,
    portable,
    simd::entry::Entry,
    slots::{init, uninit},
};
use crate::{
    slot::{Rounding, Sink},
    target::NO_VECTORS,
};

/// The largest number of axes of [`Runs`].
pub(crate) const AXES: usize = 9;

/// One axis of a block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Axis {
    /// The number of elements along the axis.
    pub(crate) len: usize,
    /// The distance of the indices of two neighbours in the stream.
    pub(crate) step: u64,
    /// The distance of their slots in the slice.
    pub(crate) stride: usize,
}

/// A run of consecutive indices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    /// The first index.
    pub(crate) start: u64,
    /// The number of indices. It is not zero.
    pub(crate) len: usize,
    /// The offset of the first index's slot in the slice.
    pub(crate) offset: usize,
    /// The distance of the slots of two neighbours.
    pub(crate) stride: usize,
}

/// The indices of a block, and where their slots are. It iterates over the block's runs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Runs {
    /// The axes in loop order, the outermost first, without the innermost two.
    axes: [Axis; AXES],
    rank: usize,
    /// The number of elements passed on each of these axes.
    at: [usize; AXES],
    next: Option<Rows>,
    /// What is left of the rows from which the iterator takes its runs.
    rows: Option<Rows>,
}

/// Runs that follow one another along an axis.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rows {
    /// The first run.
    pub(super) run: Run,
    /// The number of runs. It is not zero.
    pub(super) count: usize,
    /// The distance of the first indices of two neighbours.
    pub(super) step: u64,
    /// The distance of their first slots.
    pub(super) stride: usize,
}

impl Rows {
    /// Removes the first run. Returns whether another one is left.
    #[inline(always)]
    pub(super) fn pass(&mut self) -> bool {
        self.run.start = self.run.start.wrapping_add(self.step);
        self.run.offset = self.run.offset.wrapping_add(self.stride);
        self.count -= 1;
        self.count > 0
    }
}

impl Runs {
    /// Returns the runs of a block with the given axes, the outermost first, whose first index is `start`
    /// and has its slot at `offset`. Returns `None` if there are more than [`AXES`] axes.
    pub(crate) fn new(axes: &[Axis], start: u64, offset: usize) -> Option<Self> {
        const ONE: Axis = Axis { len: 1, step: 1, stride: 1 };
        let (mut outer, mut rank) = ([ONE; AXES], 0);
        for axis in axes.iter().filter(|axis| axis.len != 1) {
            *outer.get_mut(rank)? = *axis;
            rank += 1;
        }
        let mut pop = || {
            rank = rank.checked_sub(1)?;
            outer.get(rank).copied()
        };
        // A run consists of consecutive indices.
        let (run, rows) = match pop() {
            Some(run) if run.step == 1 => (run, pop()),
            rows => (ONE, rows),
        };
        let Axis { len, stride, .. } = run;
        let run = Run { start, len, offset, stride };
        let Axis { len: count, step, stride } = rows.unwrap_or(ONE);
        let next = Some(Rows { run, count, step, stride });
        let next = next.filter(|_| axes.iter().all(|axis| axis.len > 0));
        Some(Self { axes: outer, rank, at: [0; AXES], next, rows: None })
    }

    /// Returns whether the block has each of so many slots exactly once. Runs that were iterated before don't.
    pub(crate) fn covers(&self, slots: usize) -> bool {
        let Some(Rows { run, count, stride, .. }) = self.next else { return slots == 0 };
        if run.offset != 0 || self.rows.is_some() || self.at.iter().any(|at| *at != 0) {
            return false;
        }
        let outer = self.axes.iter().take(self.rank).map(|axis| (axis.len, axis.stride));
        let axes = || outer.clone().chain([(count, stride), (run.len, run.stride)]);
        // The slots that the axes with the smallest strides cover, and the number of indices of these axes.
        // Each further axis has to put copies of them side by side.
        let mut covered = 1_usize;
        let next = |covered| axes().find(|&(len, stride)| len > 1 && stride == covered);
        while let Some((len, _)) = next(covered) {
            let Some(more) = covered.checked_mul(len) else { return false };
            covered = more;
        }
        let indices = axes().try_fold(1_usize, |indices, (len, _)| indices.checked_mul(len));
        covered == slots && indices == Some(slots)
    }

    /// Removes the runs that follow one another along the innermost axis but one, and returns them.
    pub(super) fn next_rows(&mut self) -> Option<Rows> {
        let rows = self.next?;
        self.next = None;
        let Run { mut start, mut offset, .. } = rows.run;
        let outer = self.axes.iter().zip(&mut self.at).take(self.rank);
        for (axis, at) in outer.rev() {
            if *at + 1 < axis.len {
                *at += 1;
                start = start.wrapping_add(axis.step);
                offset = offset.wrapping_add(axis.stride);
                self.next = Some(Rows { run: Run { start, offset, ..rows.run }, ..rows });
                break;
            }
            start = start.wrapping_sub(axis.step.wrapping_mul(*at as u64));
            offset = offset.wrapping_sub(axis.stride.wrapping_mul(*at));
            *at = 0;
        }
        Some(rows)
    }
}

impl Iterator for Runs {
    type Item = Run;

    fn next(&mut self) -> Option<Run> {
        let mut rows = self.rows.take().or_else(|| self.next_rows())?;
        let run = rows.run;
        self.rows = rows.pass().then_some(rows);
        Some(run)
    }
}

impl Fill {
    /// Writes the slots of a block. `start` does not matter, because the runs have their own. Slots beyond
    /// the slice are skipped. Returns the number of values that saturated.
    pub(crate) fn write_runs<R: Rounding>(
        &self,
        rounding: R,
        runs: Runs,
        out: &mut [R::Slot],
    ) -> usize {
        // SAFETY: `dispatch_runs` writes initialised values only.
        self.dispatch_runs(rounding, runs, unsafe { uninit(out) })
    }

    /// Initialises every slot of the slice, and returns the slice as initialised with the number of values
    /// that saturated. Returns `None`, and writes nothing, unless the block has every slot of the slice
    /// exactly once.
    #[allow(clippy::type_complexity, reason = "two things that belong together")]
    pub(crate) fn write_uninit_runs<'a, R: Rounding>(
        &self,
        rounding: R,
        runs: Runs,
        out: &'a mut [MaybeUninit<R::Slot>],
    ) -> Option<(&'a mut [R::Slot], usize)> {
        if !runs.covers(out.len()) {
            return None;
        }
        let saturated = self.dispatch_runs(rounding, runs, out);
        // SAFETY: `dispatch_runs` has written all slots of the block, which are all of the slice, as `covers`
        // has found.
        Some((unsafe { init(out) }, saturated))
    }

    /// Writes the slots of a block that lie within the slice with initialised values. Returns the number of
    /// values that saturated.
    fn dispatch_runs<R: Rounding>(
        &self,
        rounding: R,
        runs: Runs,
        out: &mut [MaybeUninit<R::Slot>],
    ) -> usize {
        let Self { executor: Executor { backend, .. }, ref job, stream, .. } = *self;
        if let Job::Constant(value) = *job {
            return fill_constant(rounding, value, runs, out);
        }
        if NO_VECTORS && matches!(backend.0, Kind::Portable) {
            return self.runs_by_lanes(rounding, runs, out);
        }
        let mut runs = Parts::new(runs);
        let mut saturated = 0;
        while let Some(base) = runs.begin_part() {
            let slots = out.get_mut(base..).unwrap_or_default();
            let len = slots.len().min(PART);
            let mut part = Sink::new(rounding, slots.get_mut(..len).unwrap_or_default());
            match backend.0 {
                Kind::Portable => portable::fill_runs(job, stream, &mut runs, &mut part),
                Kind::Avx512(proof) => proof.fill_runs(job, stream, &mut runs, &mut part),
                Kind::Avx2(proof) => proof.fill_runs(job, stream, &mut runs, &mut part),
                Kind::Neon(proof) => proof.fill_runs(job, stream, &mut runs, &mut part),
            }
            saturated += part.saturated;
        }
        saturated
    }

    /// Writes the slots of a block run by run and lane by lane, by way of a small buffer. Lanes are kept from
    /// one run to the next.
    pub(super) fn runs_by_lanes<R: Rounding>(
        &self,
        rounding: R,
        runs: Runs,
        out: &mut [MaybeUninit<R::Slot>],
    ) -> usize {
        let mut lanes = Resumed::new();
        let mut saturated = 0;
        for Run { mut start, mut len, mut offset, stride } in runs {
            let mut buffer = [MaybeUninit::uninit(); 64];
            while len > 0 {
                let part = buffer.get_mut(..len.min(64)).unwrap_or_default();
                Self { start, ..*self }.fill_resumed(&mut lanes, part);
                // SAFETY: `fill_resumed` has written every slot of `part`.
                for value in unsafe { init(part) } {
                    saturated += put(rounding, *value, out, offset);
                    offset = offset.wrapping_add(stride);
                }
                start = start.wrapping_add(part.len() as u64);
                len -= part.len();
            }
        }
        saturated
    }
}

/// Rounds a value to the slot at `offset`, if that is within the slice. Returns 1 if it saturated.
#[inline(always)]
fn put<R: Rounding>(
    rounding: R,
    value: f32,
    out: &mut [MaybeUninit<R::Slot>],
    offset: usize,
) -> usize {
    let Some(slot) = out.get_mut(offset) else { return 0 };
    let (rounded, saturates) = rounding.round(value);
    slot.write(rounded);
    usize::from(saturates)
}

/// Writes one value to all slots of a block. Returns how many of them there are if it saturates.
fn fill_constant<R: Rounding>(
    rounding: R,
    value: f32,
    runs: Runs,
    out: &mut [MaybeUninit<R::Slot>],
) -> usize {
    let (rounded, saturates) = rounding.round(value);
    let mut written = 0;
    for Run { len, mut offset, stride, .. } in runs {
        if stride == 1
            && let Some(slots) = out.get_mut(offset..offset.saturating_add(len))
        {
            slots.fill(MaybeUninit::new(rounded));
            written += len;
            continue;
        }
        for _ in 0..len {
            if let Some(slot) = out.get_mut(offset) {
                slot.write(rounded);
                written += 1;
            }
            offset = offset.wrapping_add(stride);
        }
    }
    if saturates { written } else { 0 }
}
