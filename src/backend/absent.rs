//! What stands in for a backend that this target can't have, or that was forced away.

use core::mem::MaybeUninit;

use super::{Job, portable};
use crate::Stream;

pub(super) const fn available() -> bool {
    false
}

/// Not reached: no [`Backend`](super::Backend) of this kind is made.
pub(super) unsafe fn fill(job: &Job, stream: Stream, start: u64, out: &mut [MaybeUninit<f32>]) {
    portable::fill(job, stream, start, out);
}

#[cfg(test)]
pub(super) unsafe fn fast_path(
    _: f32,
    _: impl Iterator<Item = [u32; 64]>,
    _: impl FnMut(&[u32; 64], &[f32; 64], &[u16]),
) {
    unreachable!("no backend of this kind is made");
}
