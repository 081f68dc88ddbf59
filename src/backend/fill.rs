//! A fill that can't fail, and its dispatch to a backend.
//!
//! `f32` slots are filled by code that is not generic, so that a program has it once. The SIMD backends round the
//! common jobs to narrow formats in registers, and the code that computes one lane after the other rounds
//! everything at once. All else goes through a buffer of `f32`: wide formats, other jobs, and all formats of the
//! portable code, which marks the rejected positions by NaN.
//!
//! Tried on a Zen 5 with `avx512` and 2²⁴ normal values, and dropped: the buffer for narrow formats
//! too (0.24 ns per `bf16` and 0.22 per `i8`; in registers 0.18 and 0.19). The slots were then
//! written in bursts, which memory delays, and queues were emptied before they were full. Dropped as well: every
//! job and format in registers. A program with all of them had 1.1 MB of code for each instruction set instead of
//! 0.5 MB. The buffer takes 1.02 to 1.19 times the instructions with AVX2.

use core::mem::MaybeUninit;

use super::{
    detect::{Backend, Executor, Kind},
    householder::Step,
    integer::NativeInteger,
    job::{Job, Packed},
    lanewise::{self, Fpu, Fresh, LaneSource, Resumed},
    portable,
    simd::entry::Entry,
    slots::{init, uninit},
};
use crate::{
    sampler::BLOCK,
    slot::{self, NoRounding, Rounding, Sink},
    stream::Stream,
    target::{NO_FPU, NO_VECTORS},
};

/// Values that are computed before they are rounded: 16 KiB, which a first-level cache holds. With one block, the
/// resolver of the SIMD backends is emptied more often, and a normal into `i32` takes 0.4 more instructions per value.
const BUFFER: usize = 4 * BLOCK;

/// A fill that can't fail: the values of a stream's indices from `start` on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fill {
    pub(crate) executor: Executor,
    pub(crate) job: Job,
    pub(crate) stream: Stream,
    pub(crate) start: u64,
}

impl Fill {
    /// Writes every slot. Returns the number of values that saturated.
    #[inline(always)]
    pub(crate) fn write<R: Rounding>(&self, rounding: R, out: &mut [R::Slot]) -> usize {
        // SAFETY: `execute` leaves every slot initialised when it returns.
        self.execute(rounding, unsafe { uninit(out) })
    }

    /// Initialises every slot. Returns the slice as initialised, and the number of values that saturated.
    #[inline]
    pub(crate) fn write_uninit<'a, R: Rounding>(
        &self,
        rounding: R,
        out: &'a mut [MaybeUninit<R::Slot>],
    ) -> (&'a mut [R::Slot], usize) {
        let saturated = self.execute(rounding, out);
        // SAFETY: `execute` has written every slot.
        (unsafe { init(out) }, saturated)
    }

    /// Writes every slot lane by lane, continuing with lanes that were left at the same position. Returns the
    /// number of values that saturated.
    pub(crate) fn write_resumed<R: Rounding>(
        &self,
        rounding: R,
        lanes: &mut Resumed,
        out: &mut [R::Slot],
    ) -> usize {
        // SAFETY: `fill_lanes` leaves every slot initialised when it returns.
        self.fill_lanes(rounding, lanes, unsafe { uninit(out) })
    }

    /// Writes every slot with an initialised value, on one thread or many. Returns the number of values that
    /// saturated.
    #[inline(always)]
    fn execute<R: Rounding>(&self, rounding: R, out: &mut [MaybeUninit<R::Slot>]) -> usize {
        #[cfg(feature = "rayon")]
        if self.executor.threads {
            return self.par_dispatch(rounding, out);
        }
        self.dispatch(rounding, out)
    }

    /// Hands the fill to its backend, which writes every slot with an initialised value. Returns the
    /// number of values that saturated.
    #[inline(always)]
    pub(super) fn dispatch<R: Rounding>(
        &self,
        rounding: R,
        out: &mut [MaybeUninit<R::Slot>],
    ) -> usize {
        let Self { executor, ref job, stream, start } = *self;
        let backend = executor.backend();
        if NO_VECTORS && matches!(backend.0, Kind::Portable) {
            return self.fill_lanes(rounding, &mut Fresh, out);
        }
        if let Some(out) = R::as_f32(out) {
            backend.fill(Packed::new(*job), stream, start, out);
            return 0;
        }
        let is_common = job.is_common() && !rounding.is_far();
        match backend.0 {
            Kind::Avx512(proof) if R::NARROW && is_common => {
                proof.fill(Packed::new(*job), stream, start, rounding, out)
            }
            Kind::Avx2(proof) if R::NARROW && is_common => {
                proof.fill(Packed::new(*job), stream, start, rounding, out)
            }
            Kind::Neon(proof) if R::NARROW && is_common => {
                proof.fill(Packed::new(*job), stream, start, rounding, out)
            }
            _ => self.fill_blocks(backend, rounding, out),
        }
    }

    /// Writes every slot lane by lane. Returns the number of values that saturated.
    #[inline(always)]
    pub(super) fn fill_lanes<R: Rounding>(
        &self,
        rounding: R,
        lanes: &mut impl LaneSource,
        out: &mut [MaybeUninit<R::Slot>],
    ) -> usize {
        let Self { ref job, stream, start, .. } = *self;
        if NO_FPU {
            lanewise::fill::<NativeInteger, R>(job, stream, start, lanes, rounding, out)
        } else {
            lanewise::fill::<Fpu, R>(job, stream, start, lanes, rounding, out)
        }
    }

    /// Writes every slot by way of a buffer. Returns the number of values that saturated.
    #[inline(never)]
    pub(super) fn fill_blocks<R: Rounding>(
        &self,
        backend: Backend,
        rounding: R,
        slots: &mut [MaybeUninit<R::Slot>],
    ) -> usize {
        if let Job::Constant(value) = self.job {
            let mut out = Sink::new(rounding, slots);
            out.fill(value);
            return out.saturated;
        }
        let mut buffer = [MaybeUninit::uninit(); BUFFER];
        let (mut out, mut start, mut saturated) = (slots, self.start, 0);
        while !out.is_empty() {
            // The first part is shorter, so that the others are whole blocks.
            let room = BUFFER - (start % BUFFER as u64) as usize;
            let slots = out.split_off_mut(..out.len().min(room)).unwrap_or_default();
            let part = buffer.get_mut(..slots.len()).unwrap_or_default();
            backend.fill(Packed::new(self.job), self.stream, start, part);
            // SAFETY: `fill` has written every slot of `part`.
            let values = unsafe { init(part) };
            saturated += backend.round(rounding, values, slots);
            start = start.wrapping_add(slots.len() as u64);
        }
        saturated
    }
}

/// Makes a fill and writes it, for callers with several fills. Returns the number of values that saturated.
///
/// In code that is not optimised, each inlined call keeps its variables on the stack, also if another one is made.
/// This call is not inlined there, so that only the fill that is made takes stack. Each fill still has code of its own,
/// because each closure has a type of its own.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn write_one_of_several<R: Rounding>(
    fill: impl FnOnce() -> Fill,
    rounding: R,
    out: &mut [R::Slot],
) -> usize {
    fill().write(rounding, out)
}

impl Executor {
    /// Makes rows of normals orthonormal in place, and multiplies them by `gain`.
    pub(crate) fn orthogonal(self, cols: usize, gain: f32, out: &mut [f32]) {
        #[cfg(feature = "rayon")]
        if self.threads {
            return self.backend().par_orthogonal(cols, gain, out);
        }
        self.backend().orthogonal(Step::All, cols, gain, out);
    }
}

impl Backend {
    /// Fills `f32` slots with the values of the indices from `start` on. Writes every slot.
    fn fill(self, job: Packed, stream: Stream, start: u64, out: &mut [MaybeUninit<f32>]) {
        const ROUNDING: NoRounding = NoRounding::new();
        _ = match self.0 {
            Kind::Portable => return portable::fill(job, stream, start, out),
            Kind::Avx512(proof) => proof.fill(job, stream, start, ROUNDING, out),
            Kind::Avx2(proof) => proof.fill(job, stream, start, ROUNDING, out),
            Kind::Neon(proof) => proof.fill(job, stream, start, ROUNDING, out),
        };
    }

    /// Rounds values to their slots. Writes every slot that has a value. Returns the number of values that
    /// saturated.
    #[inline]
    pub(super) fn round<R: Rounding>(
        self,
        rounding: R,
        values: &[f32],
        slots: &mut [MaybeUninit<R::Slot>],
    ) -> usize {
        match self.0 {
            Kind::Portable => slot::round(rounding, values, slots),
            Kind::Avx512(proof) => proof.round(rounding, values, slots),
            Kind::Avx2(proof) => proof.round(rounding, values, slots),
            Kind::Neon(proof) => proof.round(rounding, values, slots),
        }
    }

    /// Does a step of the work on an orthogonal matrix for some of its rows.
    pub(super) fn orthogonal(self, step: Step, cols: usize, gain: f32, rows: &mut [f32]) {
        match self.0 {
            Kind::Portable => portable::orthogonal(step, cols, gain, rows),
            Kind::Avx512(proof) => proof.orthogonal(step, cols, gain, rows),
            Kind::Avx2(proof) => proof.orthogonal(step, cols, gain, rows),
            Kind::Neon(proof) => proof.orthogonal(step, cols, gain, rows),
        }
    }
}
