//! The interface between the dispatch and the SIMD backends.

use core::mem::MaybeUninit;

use crate::{
    backend::{
        batch::{Batch, Parts},
        householder::Step,
        job::{Job, Packed},
    },
    slot::{Rounding, Sink},
    stream::Stream,
};

/// The entry points of a backend. The type is the backend's `Proof`: a value of it proves that the
/// processor has the instructions.
pub(crate) trait Entry: Copy {
    /// Fills slots with the values of the indices from `start` on. Returns how many saturated. If the slots are
    /// narrow, the job is a common one.
    fn fill<R: Rounding>(
        self,
        job: Packed,
        stream: Stream,
        start: u64,
        rounding: R,
        slots: &mut [MaybeUninit<R::Slot>],
    ) -> usize;

    /// Fills the slots of the runs at the front that lie in one part of the slice. If the slots are narrow, the
    /// job is a common one.
    fn fill_runs<R: Rounding>(self, job: &Job, stream: Stream, runs: &mut Parts, out: &mut Sink<R>);

    /// Computes the runs at the front that lie in one part of the slice, and passes the batches with their values to
    /// `write`.
    fn batches(self, job: &Job, stream: Stream, runs: &mut Parts, write: &mut dyn FnMut(&Batch));

    /// Rounds values to their slots. Returns how many saturated.
    fn round<R: Rounding>(
        self,
        rounding: R,
        values: &[f32],
        slots: &mut [MaybeUninit<R::Slot>],
    ) -> usize;

    /// Does a step of the work on an orthogonal matrix.
    fn orthogonal(self, step: Step, cols: usize, gain: f32, rows: &mut [f32]);

    /// Rounds values, whose number is a multiple of 64, to narrow slots in registers. Returns how many saturated.
    #[cfg(test)]
    fn round_all<R: Rounding>(
        self,
        rounding: R,
        values: &[f32],
        slots: &mut [MaybeUninit<R::Slot>],
    ) -> usize;

    /// Runs the fast path on the given words, group by group, and passes the words, their values and the
    /// rejected positions to `check`.
    #[cfg(test)]
    fn fast_path(
        self,
        std: f32,
        groups: impl Iterator<Item = [u32; 64]>,
        check: impl FnMut(&[u32; 64], &[f32; 64], &[u16]),
    );

    /// Returns exp(-x²/2) and ln x, as the overhang computes them.
    #[cfg(test)]
    fn density_and_ln(self, x: &[f32; 16]) -> [[f32; 16]; 2];
}
