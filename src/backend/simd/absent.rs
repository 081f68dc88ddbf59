//! Stands in for a backend that is not compiled, because this target can't have it or because another one is
//! forced.

use core::mem::MaybeUninit;

use super::entry::Entry;
use crate::{
    backend::{
        batch::{Batch, Parts},
        householder::Step,
        job::{Job, Packed},
    },
    slot::{Rounding, Sink},
    stream::Stream,
};

/// The proof of this backend. It has no values, so the compiler drops all code that needs one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Proof {}

/// Always returns `None`, because this backend is not compiled.
pub(crate) const fn available() -> Option<Proof> {
    None
}

impl Entry for Proof {
    fn fill<R: Rounding>(
        self,
        _: Packed,
        _: Stream,
        _: u64,
        _: R,
        _: &mut [MaybeUninit<R::Slot>],
    ) -> usize {
        match self {}
    }

    fn fill_runs<R: Rounding>(self, _: &Job, _: Stream, _: &mut Parts, _: &mut Sink<R>) {
        match self {}
    }

    fn batches(self, _: &Job, _: Stream, _: &mut Parts, _: &mut dyn FnMut(&Batch)) {
        match self {}
    }

    fn round<R: Rounding>(self, _: R, _: &[f32], _: &mut [MaybeUninit<R::Slot>]) -> usize {
        match self {}
    }

    fn orthogonal(self, _: Step, _: usize, _: f32, _: &mut [f32]) {
        match self {}
    }

    #[cfg(test)]
    fn round_all<R: Rounding>(self, _: R, _: &[f32], _: &mut [MaybeUninit<R::Slot>]) -> usize {
        match self {}
    }

    #[cfg(test)]
    fn fast_path(
        self,
        _: f32,
        _: impl Iterator<Item = [u32; 64]>,
        _: impl FnMut(&[u32; 64], &[f32; 64], &[u16]),
    ) {
        match self {}
    }

    #[cfg(test)]
    fn density_and_ln(self, _: &[f32; 16]) -> [[f32; 16]; 2] {
        match self {}
    }
}
