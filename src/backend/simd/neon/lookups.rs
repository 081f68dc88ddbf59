//! The fast path and the overhang: tables, hashes, lists and queues.

use core::mem::MaybeUninit;

use super::{
    super::kernel::{
        queue::{Queue, first_state, list_bits},
        sizes::{GROUP, WINDOW},
        tables::Overhang,
    },
    vectors::*,
};
use crate::{sampler::ziggurat::Density, stream::mix};

/// The table times std, as bits.
pub(crate) struct Edges([u32; 128]);

#[inline]
#[target_feature(enable = "neon")]
pub(super) fn scaled_edges<D: Density>(std: f32) -> Edges {
    Edges(D::TABLES.edges.map(|edge| (edge * std).to_bits()))
}

/// Returns the entry at the index in each lane's low 7 bits.
#[inline]
#[target_feature(enable = "neon")]
pub(super) fn look_up(table: &[u32; 128], index: U32) -> U32 {
    let index = to_array(index);
    let mut entries = [0; 16];
    for (entry, index) in entries.iter_mut().zip(index) {
        *entry = table[index as usize & 127];
    }
    load(&entries)
}

/// The position in a group that bit i of the rejected positions belongs to.
static ORDER: [u8; GROUP] = {
    let mut order = [0; GROUP];
    let mut i = 0;
    while i < GROUP {
        order[i] = i as u8;
        i += 1;
    }
    order
};

/// Returns the values of a step in the fast path, and a bit for each rejected position.
#[inline]
#[target_feature(enable = "neon")]
pub(super) fn fast(words: U32, edges: &Edges) -> (F32, u16) {
    let layers = and(words, splat(127));
    let values = mul_f(signed(words), float_of_bits(look_up(&edges.0, layers)));
    (values, bits(less(splat(125), layers)))
}

#[inline]
#[target_feature(enable = "neon")]
pub(super) fn append_rejected(list: &mut [u16], rejected: u64, first: u16) {
    list_bits(list, rejected, first, &ORDER);
}

#[inline]
#[target_feature(enable = "neon")]
pub(super) fn load_states(states: &[u64; 16]) -> U64 {
    *states
}

#[inline]
#[target_feature(enable = "neon")]
pub(super) fn add_state(mut states: U64, addend: u64) -> U64 {
    for state in &mut states {
        *state = state.wrapping_add(addend);
    }
    states
}

#[inline]
#[target_feature(enable = "neon")]
pub(super) fn first_states(rejected: &[u16; 16], states: &[u64; WINDOW]) -> U64 {
    let mut all = [0; 16];
    for (to, rejected) in all.iter_mut().zip(rejected) {
        *to = first_state(*rejected, states);
    }
    all
}

#[inline]
#[target_feature(enable = "neon")]
pub(super) fn hash(states: U64) -> (U32, U32) {
    let (mut low, mut high) = ([0; 16], [0; 16]);
    for i in 0..16 {
        let hash = mix(states[i]);
        (low[i], high[i]) = (hash as u32, (hash >> 32) as u32);
    }
    (load(&low), load(&high))
}

#[inline]
#[target_feature(enable = "neon")]
pub(super) fn look_up_alias<D: Overhang>(column: U32, share: U32) -> U32 {
    let columns = look_up(D::COLUMNS, column);
    select(less(share, shr::<16>(columns)), column, and(columns, splat(127)))
}

#[inline]
#[target_feature(enable = "neon")]
pub(super) fn look_up_region<D: Overhang>(region: U32) -> [F32; 4] {
    let regions = to_array(region);
    let mut fields = [[0; 16]; 4];
    for (i, region) in regions.into_iter().enumerate() {
        let row = D::ROWS[region as usize & 127];
        for (field, entry) in fields.iter_mut().zip(row) {
            field[i] = entry.to_bits();
        }
    }
    fields.map(|field| float_of_bits(load(&field)))
}

#[inline]
#[target_feature(enable = "neon")]
pub(super) fn append(queue: &mut Queue, states: U64, offsets: U32, mut mask: u16) {
    let offsets = to_array(offsets);
    while mask != 0 {
        let i = mask.trailing_zeros() as usize & 15;
        let entry = (queue.states.get_mut(queue.len), queue.offsets.get_mut(queue.len));
        if let (Some(state), Some(offset)) = entry {
            (*state, *offset) = (states[i], offsets[i]);
        }
        queue.len += 1;
        mask &= mask - 1;
    }
}

#[inline]
#[target_feature(enable = "neon")]
pub(super) fn scatter(slots: &mut [MaybeUninit<f32>], offsets: U32, values: F32) {
    for (offset, value) in to_array(offsets).into_iter().zip(to_array(to_bits(values))) {
        if let Some(slot) = slots.get_mut(offset as usize) {
            slot.write(f32::from_bits(value));
        }
    }
}
