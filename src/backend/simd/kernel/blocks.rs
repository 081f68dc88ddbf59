//! The loop over blocks and groups.

use core::{mem::MaybeUninit, ops::Range};

use super::{
    lanes::Lanes,
    ops::Simd,
    resolver::Resolver,
    round::{Group, round_group},
    sizes::{GROUP, STEPS, WINDOW},
    tables::Overhang,
    values::Values,
};
use crate::{
    sampler::{BLOCK, LANES, ziggurat::Normal},
    slot::{self, Rounding, Sink},
    stream::Stream,
};

/// Returns the resolver of a fill without rejected positions.
#[inline(always)]
pub(crate) fn no_resolver<'a, S>() -> Option<&'a mut Resolver<S, Normal>> {
    None
}

/// Fills the slots with the values of the indices from `start` on.
#[inline(always)]
pub(crate) fn fill_blocks<S: Simd, D: Overhang, R: Rounding>(
    simd: S,
    values: impl Values<S>,
    stream: Stream,
    start: u64,
    out: &mut Sink<R>,
    mut resolver: Option<&mut Resolver<S, D>>,
) {
    const { assert!(S::BLOCKS == 1 || S::BLOCKS == 2) };
    let mut block = start / BLOCK as u64;
    let mut position = (start % BLOCK as u64) as usize;
    // The offset of the next slot, and the next block's number within the window.
    let (mut offset, mut in_window) = (0, WINDOW);
    while offset < out.slots.len() {
        if in_window + S::BLOCKS > WINDOW {
            in_window = 0;
            if let Some(resolver) = &mut resolver {
                resolver.begin_window((offset as u32).wrapping_sub(position as u32), out);
            }
        }
        let left = out.slots.len() - offset;
        let first = in_window * BLOCK + position;
        if position == 0 && left >= S::BLOCKS * BLOCK {
            let last = block.wrapping_add(S::BLOCKS as u64 - 1);
            let keys = [stream.block_key(block), stream.block_key(last)];
            whole_blocks(simd, values, keys, first, offset, out, &mut resolver);
            block = block.wrapping_add(S::BLOCKS as u64);
            offset += S::BLOCKS * BLOCK;
            in_window += S::BLOCKS;
        } else {
            let end = offset + left.min(BLOCK - position);
            let key = stream.block_key(block);
            part_of_block(simd, values, key, first, offset..end, out, &mut resolver);
            block = block.wrapping_add(1);
            (offset, position) = (end, 0);
            in_window += 1;
        }
    }
    if let Some(resolver) = resolver {
        resolver.finish(out);
    }
}

/// Fills one or two whole blocks at once. The first begins at `offset` in the slice, and with position
/// `first` of the window.
#[inline(always)]
fn whole_blocks<S: Simd, D: Overhang, R: Rounding>(
    simd: S,
    values: impl Values<S>,
    keys: [u64; 2],
    first: usize,
    offset: usize,
    out: &mut Sink<R>,
    resolver: &mut Option<&mut Resolver<S, D>>,
) {
    if let Some(resolver) = resolver {
        resolver.set_keys(first / BLOCK, keys);
    }
    // Two variables, because the compiler keeps an array of them in memory.
    let mut lanes = Lanes::new(simd, keys[0]);
    let mut lanes2 = if S::BLOCKS == 2 { Lanes::new(simd, keys[1]) } else { lanes };
    for group in (0..BLOCK).step_by(GROUP) {
        whole_group(simd, values, &mut lanes, first + group, offset + group, out, resolver);
        if S::BLOCKS == 2 {
            let group = group + BLOCK;
            whole_group(simd, values, &mut lanes2, first + group, offset + group, out, resolver);
        }
        if let Some(resolver) = resolver {
            resolver.resolve(out);
        }
    }
}

/// Fills the group that begins at `offset` in the slice, and with position `first` of the window.
#[inline(always)]
pub(crate) fn whole_group<S: Simd, D: Overhang, R: Rounding>(
    simd: S,
    values: impl Values<S>,
    lanes: &mut Lanes<S>,
    first: usize,
    offset: usize,
    out: &mut Sink<R>,
    resolver: &mut Option<&mut Resolver<S, D>>,
) {
    let slots = out.slots.get_mut(offset..).and_then(|slots| slots.first_chunk_mut());
    let Some(slots) = slots else { return };
    let rejected = rounded_group(simd, values, lanes, out.rounding, slots, &mut out.saturated);
    if let Some(resolver) = resolver {
        resolver.list(rejected, first);
    }
}

/// Fills `range` of the slice with the part of a block that begins with position `first` of the window.
/// Its first and last group may reach beyond the range: rejected positions there have an offset outside
/// the slice.
#[inline(always)]
fn part_of_block<S: Simd, D: Overhang, R: Rounding>(
    simd: S,
    values: impl Values<S>,
    key: u64,
    first: usize,
    range: Range<usize>,
    out: &mut Sink<R>,
    resolver: &mut Option<&mut Resolver<S, D>>,
) {
    let mut lanes = Lanes::new(simd, key);
    let before = first % BLOCK / GROUP;
    if before > 0 {
        lanes.skip(before * STEPS);
    }
    if let Some(resolver) = resolver {
        resolver.set_keys(first / BLOCK, [key; 2]);
    }
    let mut offset = range.start;
    let mut skipped = first % GROUP;
    let mut group = first - skipped;
    while offset < range.end {
        let count = (GROUP - skipped).min(range.end - offset);
        let Some(slots) = out.slots.get_mut(offset..offset + count) else { return };
        let (rounding, saturated) = (out.rounding, &mut out.saturated);
        let rejected;
        if let Some(slots) = slots.first_chunk_mut() {
            rejected = rounded_group(simd, values, &mut lanes, rounding, slots, saturated);
        } else {
            // Rounded one by one, so that only the values within the slice are counted.
            let mut group_values = [[0.0; LANES]; STEPS];
            rejected = group_in_memory(simd, values, &mut lanes, &mut group_values);
            let group_values = group_values.as_flattened().get(skipped..).unwrap_or_default();
            *saturated += slot::round(rounding, group_values, slots);
        }
        if let Some(resolver) = resolver {
            resolver.list(rejected, group);
            resolver.resolve(out);
        }
        (offset, group, skipped) = (offset + count, group + GROUP, 0);
    }
}

/// Fills a group's slots of any format. Returns a bit for each rejected position.
#[inline(always)]
fn rounded_group<S: Simd, R: Rounding>(
    simd: S,
    values: impl Values<S>,
    lanes: &mut Lanes<S>,
    rounding: R,
    slots: &mut [MaybeUninit<R::Slot>; GROUP],
    saturated: &mut usize,
) -> u64 {
    if let Some(slots) = R::as_f32(slots) {
        let (steps, _) = slots.as_chunks_mut();
        return values.group(
            simd,
            #[inline(always)]
            || lanes.step(),
            #[inline(always)]
            |step, values| {
                if let Some(slots) = steps.get_mut(step) {
                    simd.write_slots(slots, values);
                }
            },
        );
    }
    round_group(simd, rounding, Sampled { values, lanes }, slots, saturated)
}

/// A group that is computed from the next words of the lanes.
struct Sampled<'a, S: Simd, V> {
    values: V,
    lanes: &'a mut Lanes<S>,
}

impl<S: Simd, V: Values<S>> Group<S> for Sampled<'_, S, V> {
    #[inline(always)]
    fn each_step(self, simd: S, put: impl FnMut(usize, S::F32)) -> u64 {
        let Self { values, lanes } = self;
        values.group(
            simd,
            #[inline(always)]
            || lanes.step(),
            put,
        )
    }
}

/// Fills `group_values` with the values of a group. Returns a bit for each rejected position.
#[inline(always)]
fn group_in_memory<S: Simd>(
    simd: S,
    values: impl Values<S>,
    lanes: &mut Lanes<S>,
    group_values: &mut [[f32; LANES]; STEPS],
) -> u64 {
    values.group(
        simd,
        #[inline(always)]
        || lanes.step(),
        #[inline(always)]
        |step, values| simd.store_f(&mut group_values[step % STEPS], values),
    )
}
