//! What stands in for a backend that this target can't have, or that was forced away.

use core::mem::MaybeUninit;

use super::job::Job;
use crate::{slot::Rounding, stream::Stream};

/// That this processor has the instructions: there is no such thing, and so the compiler drops all
/// that would follow from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Proof {}

pub(super) const fn available() -> Option<Proof> {
    None
}

pub(super) unsafe fn fill<R: Rounding>(
    _: &Job,
    _: Stream,
    _: u64,
    _: R,
    _: &mut [MaybeUninit<R::Slot>],
) -> usize {
    0
}

#[cfg(test)]
pub(super) unsafe fn round_all<R: Rounding>(
    _: R,
    _: &[f32],
    _: &mut [MaybeUninit<R::Slot>],
) -> usize {
    0
}

pub(super) unsafe fn orthogonal(_: usize, _: f32, _: &mut [f32]) {}

#[cfg(test)]
pub(super) unsafe fn fast_path(
    _: f32,
    _: impl Iterator<Item = [u32; 64]>,
    _: impl FnMut(&[u32; 64], &[f32; 64], &[u16]),
) {
    unreachable!("no backend of this kind is made");
}
