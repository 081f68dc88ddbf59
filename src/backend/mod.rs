//! How the values are computed. The walk over the blocks is here and the same for all; how one
//! block is computed is a backend's affair, and the bits are those of [`sampler`](crate::sampler).

mod portable;

use crate::{
    Stream,
    sampler::{BLOCK, uniform::Uniform},
};

/// Normal values of the indices from `start` on. The parameters have been checked.
pub(crate) fn fill_normal(stream: Stream, start: u64, mean: f32, std: f32, out: &mut [f32]) {
    for_each_block(stream, start, out, |block_key, position, part| {
        portable::fill_normal(block_key, position, mean, std, part);
    });
}

/// Uniform values of the indices from `start` on. The parameters have been checked.
pub(crate) fn fill_uniform(stream: Stream, start: u64, uniform: Uniform, out: &mut [f32]) {
    for_each_block(stream, start, out, |block_key, position, part| {
        portable::fill_uniform(block_key, position, uniform, part);
    });
}

/// Cuts a range where the blocks meet, and hands on each part with its block's key and the
/// position within the block at which it begins.
fn for_each_block(
    stream: Stream,
    start: u64,
    mut out: &mut [f32],
    mut fill: impl FnMut(u64, usize, &mut [f32]),
) {
    let mut block = start / BLOCK as u64;
    let mut position = (start % BLOCK as u64) as usize;
    while !out.is_empty() {
        let (part, rest) = out.split_at_mut(out.len().min(BLOCK - position));
        fill(stream.block_key(block), position, part);
        (out, block, position) = (rest, block + 1, 0);
    }
}
