//! Fills whose indices are not consecutive: blocks of a tensor, and slots with strides.

use core::mem::MaybeUninit;

use super::{
    batch::{Batch, PART, Parts},
    bounds,
    detect::{Backend, Kind},
    fill::Fill,
    for_each_block::for_each_block,
    job::Job,
    lanewise::Resumed,
    portable,
    runs::{Run, Runs},
    simd::entry::Entry,
    slots::{init, uninit},
};
use crate::{
    sampler::{BLOCK, bounded::Bounded},
    slot::{NoRounding, Rounding, Sink},
    stream::Stream,
    target::NO_VECTORS,
};

impl Fill {
    /// Writes the slots of a block. `start` does not matter, because the runs have their own. Slots beyond
    /// the slice are skipped. Returns the number of values that saturated.
    pub(crate) fn write_runs<R: Rounding>(
        &self,
        rounding: R,
        runs: Runs,
        out: &mut [R::Slot],
    ) -> usize {
        // SAFETY: `dispatch_runs` leaves every slot initialised when it returns.
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
        // SAFETY: `covers` proves that the block's slots are exactly 0 to `out.len()`, each once, and
        // `dispatch_runs` writes each slot of the block that lies in the slice.
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
        let Self { executor, ref job, stream, .. } = *self;
        if let Job::Constant(value) = *job {
            return fill_constant(rounding, value, runs, out);
        }
        let backend = executor.backend();
        // Values outside of bounds are found and redrawn in the slots, which takes `f32` slots.
        let bounded = match *job {
            Job::Bounded { mean, std, sigmas } => Some(Bounded::new(mean, std, sigmas)),
            _ => None,
        };
        let by_lanes = bounded.is_some() && R::as_f32(&mut []).is_none();
        if by_lanes || NO_VECTORS && matches!(backend.0, Kind::Portable) {
            return self.runs_by_lanes(rounding, runs, out);
        }
        let is_common = job.is_common() && !rounding.is_far();
        let all = runs;
        let mut runs = Parts::new(runs);
        let mut saturated = 0;
        while let Some(base) = runs.begin_part() {
            let slots = out.get_mut(base..).unwrap_or_default();
            let len = slots.len().min(PART);
            let slots = slots.get_mut(..len).unwrap_or_default();
            if let Some(slots) = R::as_f32(slots) {
                backend.fill_runs(job, stream, &mut runs, slots);
                continue;
            }
            let mut part = Sink::new(rounding, slots);
            match backend.0 {
                Kind::Avx512(proof) if R::NARROW && is_common => {
                    proof.fill_runs(job, stream, &mut runs, &mut part);
                }
                Kind::Avx2(proof) if R::NARROW && is_common => {
                    proof.fill_runs(job, stream, &mut runs, &mut part);
                }
                Kind::Neon(proof) if R::NARROW && is_common => {
                    proof.fill_runs(job, stream, &mut runs, &mut part);
                }
                _ => backend.batches(job, stream, &mut runs, &mut |batch| batch.write(&mut part)),
            }
            saturated += part.saturated;
        }
        if let (Some(bounded), Some(slots)) = (bounded, R::as_f32(out)) {
            redraw_runs(&bounded, stream, all, slots);
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
                Self { start, ..*self }.fill_lanes(NoRounding::new(), &mut lanes, part);
                // SAFETY: `fill_lanes` has written every slot of `part`.
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

impl Backend {
    /// Fills the `f32` slots of the runs at the front that lie in one part of the slice.
    fn fill_runs(
        self,
        job: &Job,
        stream: Stream,
        runs: &mut Parts,
        slots: &mut [MaybeUninit<f32>],
    ) {
        let mut part = Sink::new(NoRounding::new(), slots);
        match self.0 {
            Kind::Portable => {
                portable::batches(job, stream, runs, &mut |batch| batch.write(&mut part));
            }
            Kind::Avx512(proof) => proof.fill_runs(job, stream, runs, &mut part),
            Kind::Avx2(proof) => proof.fill_runs(job, stream, runs, &mut part),
            Kind::Neon(proof) => proof.fill_runs(job, stream, runs, &mut part),
        }
    }

    /// Computes the runs at the front that lie in one part of the slice, and passes the batches with their values
    /// to `write`.
    fn batches(self, job: &Job, stream: Stream, runs: &mut Parts, write: &mut dyn FnMut(&Batch)) {
        match self.0 {
            Kind::Portable => portable::batches(job, stream, runs, write),
            Kind::Avx512(proof) => proof.batches(job, stream, runs, write),
            Kind::Avx2(proof) => proof.batches(job, stream, runs, write),
            Kind::Neon(proof) => proof.batches(job, stream, runs, write),
        }
    }
}

/// Replaces each value outside the bounds, in the slots of runs that have been written.
#[inline(never)]
fn redraw_runs(bounded: &Bounded, stream: Stream, runs: Runs, out: &mut [MaybeUninit<f32>]) {
    for Run { mut start, len, mut offset, stride } in runs {
        if stride == 1
            && let Some(slots) = out.get_mut(offset..offset.saturating_add(len))
        {
            for_each_block(stream, start, slots, |block_key, position, part| {
                // SAFETY: `dispatch_runs` has written each slot of the runs that lies in the slice.
                bounds::redraw(bounded, block_key, position, unsafe { init(part) });
            });
            continue;
        }
        for _ in 0..len {
            if let Some(slot) = out.get_mut(offset) {
                // SAFETY: the same.
                let value = unsafe { slot.assume_init() };
                if !bounded.contains(value) {
                    let block_key = stream.block_key(start / BLOCK as u64);
                    slot.write(bounded.redraw(block_key, (start % BLOCK as u64) as usize));
                }
            }
            start = start.wrapping_add(1);
            offset = offset.wrapping_add(stride);
        }
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
