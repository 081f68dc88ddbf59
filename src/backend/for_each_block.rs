//! Cutting a range of a stream into blocks.

use core::mem::MaybeUninit;

use crate::{sampler::BLOCK, stream::Stream};

/// Cuts a range at the boundaries of blocks. For each piece, calls `fill` with the block's key and the
/// position within the block at which the piece begins.
#[inline]
pub(super) fn for_each_block<T>(
    stream: Stream,
    start: u64,
    mut out: &mut [MaybeUninit<T>],
    mut fill: impl FnMut(u64, usize, &mut [MaybeUninit<T>]),
) {
    let mut block = start / BLOCK as u64;
    let mut position = (start % BLOCK as u64) as usize;
    while !out.is_empty() {
        let len = out.len().min(BLOCK - position);
        // Not `split_at_mut`, because its panic stays in code that is optimised for size.
        let part = out.split_off_mut(..len).unwrap_or_default();
        fill(stream.block_key(block), position, part);
        (block, position) = (block + 1, 0);
    }
}
