//! The list of rejected positions and the queue of tries, as the backends write to them.

use super::sizes::{GROUP, QUEUE_ROOM, WINDOW};
use crate::{sampler::BLOCK, stream::GOLDEN};

/// Tries that wait until they fill a vector.
pub(crate) struct Queue {
    /// The states of SplitMix64. A try is the hash of its state.
    pub(crate) states: [u64; QUEUE_ROOM],
    /// Each try's offset in the slice.
    pub(crate) offsets: [u32; QUEUE_ROOM],
    pub(crate) len: usize,
}

impl Queue {
    pub(crate) const fn new() -> Self {
        Self { states: [0; QUEUE_ROOM], offsets: [0; QUEUE_ROOM], len: 0 }
    }
}

/// Returns the state of a rejected position's first try. `states` holds, for each block of the window,
/// the state of the first try of position 0.
#[inline]
pub(crate) fn first_state(rejected: u16, states: &[u64; WINDOW]) -> u64 {
    let (block, position) = (usize::from(rejected) / BLOCK, u64::from(rejected) % BLOCK as u64);
    states[block % WINDOW].wrapping_add(GOLDEN.wrapping_mul(position))
}

/// Appends `first + order[i]` for each set bit i, for backends without a compress instruction.
///
/// Three entries are written whether or not there are as many, because a loop that runs 0, 1 or 2
/// times is mispredicted.
#[inline]
#[allow(dead_code, reason = "AVX-512 has a compress instruction")]
pub(crate) fn list_bits(list: &mut [u16], mut bits: u64, first: u16, order: &[u8; GROUP]) {
    let count = bits.count_ones() as usize;
    let mut append = |entry: &mut u16| {
        *entry = first + u16::from(order[bits.trailing_zeros() as usize % GROUP]);
        bits &= bits.wrapping_sub(1);
    };
    let Some((few, rest)) = list.split_first_chunk_mut::<3>() else { return };
    few.iter_mut().for_each(&mut append);
    if count > 3 {
        rest.iter_mut().take(count - 3).for_each(&mut append);
    }
}
