//! The body of the SIMD backends, written once: sixteen lanes at a time, in terms of a few
//! operations that each backend has to offer.
//!
//! ```text
//! for each block, or for two side by side:
//!     for each group of 64 positions:
//!         four steps of the lanes
//!         value = j × (edge × std), after a look-up
//!         note the places that left the fast path
//!     when enough are noted: one try for each, sixteen or more at a time
//!         accepted                write the value
//!         rejected                queue the next try
//!         in the tail             queue it for the tail
//! at the end: empty the queues
//! ```
//!
//! Mended one by one, a position costs 24 ns on a Zen 5, as a hundred others do: its choices are
//! branches that can't be predicted. Here the only such branch is how full a queue is. The value of
//! a rejected try is written all the same, and written again later.
//!
//! # What a backend offers
//!
//! `U`, `F` and `S` are sixteen `u32`, `f32` and `u64`, in the order of the lanes; `Mask` is a
//! choice among them. The operations on them have the names of Rust's operators. Beside these:
//!
//! | | |
//! | --- | --- |
//! | `SIDE_BY_SIDE` | how many blocks are made together: 2 where one chain of the lanes is all latency |
//! | `BATCH` | how many sixteens are tried together |
//! | `STEPS` | how many words of each lane are looked up together |
//! | `PANEL` | how many rows of an orthogonal matrix are made together |
//! | `SIGNED` | what `signed` is for j = 1: a power of two |
//! | `Edges`, `fast` | the fast path's table times std, and the fast path with it |
//! | `Left`, `none`, `all`, `left_bits` | which left the fast path, as `fast` tells it; none, all; of a whole group, as bits |
//! | `first_states` | the states of first tries |
//! | `hash` | SplitMix64's finaliser, low and high halves apart |
//! | `alias`, `region` | look-ups in the overhang's tables |
//! | `total` | the sum of sixteen: 8 + 8, 4 + 4, 2 + 2, 1 + 1 |
//! | `add_if` | its first argument, and 1 more where a bit of the second is set |
//! | `min_f`, `max_f` | if the first is NaN, the second |
//! | `nearest` | the nearest integer, ties to even |
//! | `pack` | a group to its slots: of each word the low bits, or else the upper half |
//! | `note`, `append`, `scatter` | moving the chosen few |
//!
//! `BATCH` and `SIDE_BY_SIDE` are 1 or 2, `STEPS` 1 or all of a group. Moving sixteen at once: `load`,
//! `unload`, `store`, `load_f`, `store_f`, `load_states`, `add_state`, `widen`.
//!
//! It is a macro because a function can't be generic over the instructions it may use.
#![allow(dead_code, unused_imports, reason = "each backend takes what it needs")]

pub(super) use core::{
    marker::PhantomData,
    mem::{self, MaybeUninit},
    ops::Range,
};

pub(super) use super::{
    householder::{Chunk, from_normals},
    job::Job,
    slots::init,
};
pub(super) use crate::{
    sampler::{
        BLOCK, LANES,
        lanes::SEED_OUTPUTS,
        math::{INTEGER, LN_2_HIGH, LN_2_LOW, SQRT_HALF},
        overhang::{CELL, NEXT_TRY, Region, TAIL_START, first_try, from_try, rest_of},
        tables::{EXP, LN, Tables},
        uniform::Uniform,
        ziggurat::{Density, Normal, Truncated},
    },
    slot::{self, Format, Rounding, Same, Sink},
    stream::{GOLDEN, MIX, Stream, mix},
};

/// Numbers: all their bits are theirs, and all bits are a number.
///
/// # Safety
///
/// That must be so.
pub(super) unsafe trait Plain: Copy {}
// SAFETY, for all: it is so.
unsafe impl Plain for u8 {}
unsafe impl Plain for u16 {}
unsafe impl Plain for u32 {}
unsafe impl Plain for u64 {}
unsafe impl Plain for f32 {}

/// Positions in a group.
pub(super) const GROUP: usize = 64;

/// As many positions are noted before tries are made. Fewer, and the change from fast path to tries
/// and back costs more; many more, and a fill that memory slows down no longer hides the tries
/// (128: 0.19 for 0.15 ns per value of 2²⁴ on a Zen 5).
pub(super) const NOTES: usize = 64;

/// As many tries of a kind wait before they are made.
pub(super) const WAITING: usize = 32;

/// Room for tries of a kind. Both kinds together are at most 2 × 31, and 32 that a batch adds; since
/// the longer queue is served first, neither gets longer than 63. A store of a whole register takes
/// 16 places more.
pub(super) const QUEUE: usize = 80;

/// Blocks whose positions are noted together, in 16 bits.
pub(super) const WINDOW: usize = (1 << 16) / BLOCK;

/// A slice is cut into parts whose places fit in 32 bits.
pub(super) const PART: usize = if cfg!(test) { 5 * BLOCK + 100 } else { 1 << 30 };

/// What the first and the second output of each lane's seed add to the block's key.
pub(super) const SEEDS: [[u64; 16]; 2] = {
    let mut seeds = [[0; 16]; 2];
    let mut output = 0;
    while output < SEED_OUTPUTS {
        seeds[output as usize % 2][output as usize / 2] = GOLDEN.wrapping_mul(output + 1);
        output += 1;
    }
    seeds
};

/// The regions as the look-ups want them: x = inner + a × width, y = below + b × height. The tail
/// is region 0; what a box would say there is not looked at.
pub(super) struct Regions {
    pub(super) inner: [f32; 128],
    pub(super) width: [f32; 128],
    pub(super) below: [f32; 128],
    pub(super) height: [f32; 128],
}

impl Regions {
    const fn new(tables: &Tables) -> Self {
        let zero = [0.0; 128];
        let mut regions = Self { inner: zero, width: zero, below: zero, height: zero };
        let mut i = 1;
        while i < 127 {
            let Region { inner, width, below, height, .. } = Region::new(tables, i);
            (regions.inner[i], regions.width[i]) = (inner, width);
            (regions.below[i], regions.height[i]) = (below, height);
            i += 1;
        }
        regions
    }
}

/// The tables of the overhang as the backends look them up.
pub(super) trait Kernel: Density {
    /// For those that look up many entries at once.
    const REGIONS: &'static Regions = &Regions::new(Self::TABLES);

    /// The regions one by one: inner, width, below, height. For those that look up single entries.
    const ROWS: &'static [[f32; 4]; 128] = &{
        let (mut rows, mut i) = ([[0.0; 4]; 128], 0);
        while i < rows.len() {
            let Regions { inner, width, below, height } = Self::REGIONS;
            rows[i] = [inner[i], width[i], below[i], height[i]];
            i += 1;
        }
        rows
    };

    /// The alias table's columns, share and other in one word. For the same.
    const COLUMNS: &'static [u32; 128] = &{
        let (mut columns, mut i) = ([0; 128], 0);
        while i < columns.len() {
            columns[i] = (Self::TABLES.share[i] as u32) << 16 | Self::TABLES.alias[i] as u32;
            i += 1;
        }
        columns
    };

    /// Where the rest begins, and its width in half cells.
    const REST: (f32, f32) = rest_of(Self::TABLES, Self::NARROW);
}

impl<D: Density> Kernel for D {}

/// The state of a noted position's first try.
#[inline]
pub(super) fn first_state(note: u16, states: &[u64; WINDOW]) -> u64 {
    let (slot, position) = (usize::from(note) / BLOCK, u64::from(note) % BLOCK as u64);
    states[slot % WINDOW].wrapping_add(GOLDEN.wrapping_mul(position))
}

/// Appends `first` plus the place of each bit. Three are written whether or not there are as many,
/// since a loop for a number that is 0 or 1 or 2 is mispredicted. For backends without a compress.
#[inline]
pub(super) fn note_bits(notes: &mut [u16], mut left: u64, first: u16, places: &[u8; GROUP]) {
    let count = left.count_ones() as usize;
    let mut note = |slot: &mut u16| {
        *slot = first + u16::from(places[left.trailing_zeros() as usize % GROUP]);
        left &= left.wrapping_sub(1);
    };
    let Some((few, rest)) = notes.split_first_chunk_mut::<3>() else { return };
    few.iter_mut().for_each(&mut note);
    if count > 3 {
        rest.iter_mut().take(count - 3).for_each(&mut note);
    }
}

/// Tries that wait until they are sixteen.
pub(super) struct Queue {
    pub(super) states: [u64; QUEUE],
    pub(super) places: [u32; QUEUE],
    pub(super) len: usize,
}

impl Queue {
    pub(super) const fn new() -> Self {
        Self { states: [0; QUEUE], places: [0; QUEUE], len: 0 }
    }
}

macro_rules! kernel {
    // The features that are asked for are those that are used.
    (detect $($feature:tt),+) => {
        cpufeatures::new!(features, $($feature),+);

        /// Asks this processor.
        #[inline]
        pub(super) fn available() -> Option<Proof> {
            features::get().then_some(Proof(()))
        }

        kernel!($($feature),+);
    };
    ($($feature:tt),+) => {
        /// That this processor has the instructions: `available` alone makes one.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub(super) struct Proof(());

        // What is written out for one or two, and the room that is taken for granted.
        const _: () = {
            assert!(BATCH == 1 || BATCH == 2);
            assert!(SIDE_BY_SIDE == 1 || SIDE_BY_SIDE == 2);
            assert!(STEPS == 1 || STEPS == GROUP / LANES);
            assert!(NOTES >= 16 * BATCH);
            assert!((NOTES + SIDE_BY_SIDE * GROUP).is_multiple_of(16 * BATCH));
            assert!(QUEUE >= WAITING - 1 + 8 * BATCH + 16 + 16);
        };

        /// What becomes of the words of a few steps: their values, and which left the fast path.
        type Values = ([F; STEPS], Left);

        /// Fills slots with the values of the indices from `start` on. The number of those that
        /// saturated.
        #[target_feature($(enable = $feature),+)]
        pub(super) fn fill<R: Rounding>(
            job: &Job,
            stream: Stream,
            start: u64,
            rounding: R,
            slots: &mut [MaybeUninit<R::Slot>],
        ) -> usize {
            let (mut start, mut saturated) = (start, 0);
            for slots in slots.chunks_mut(PART) {
                let mut out = Sink::new(rounding, slots);
                match *job {
                    Job::Constant(value) => out.fill(value),
                    Job::Uniform(uniform) => fill_uniform(uniform, stream, start, &mut out),
                    Job::Normal { mean, std } => {
                        fill_ziggurat::<Normal, R>(mean, std, stream, start, &mut out);
                    }
                    Job::Truncated { mean, sigma } => {
                        fill_ziggurat::<Truncated, R>(mean, sigma, stream, start, &mut out);
                    }
                    #[cfg(any(test, feature = "stages"))]
                    Job::Words => {
                        let values = |words: [U; STEPS]| (words.map(|w| from_bits(w)), none());
                        fill_blocks(stream, start, &mut out, values, NO_MENDER);
                    }
                    #[cfg(any(test, feature = "stages"))]
                    Job::Fast { std } => {
                        let edges = Edges::new::<Normal>(std);
                        let values = |words| fast(words, &edges);
                        fill_blocks(stream, start, &mut out, values, NO_MENDER);
                    }
                    #[cfg(any(test, feature = "stages"))]
                    Job::Overhang { std } => {
                        let values = |words: [U; STEPS]| (words.map(|w| from_bits(w)), all());
                        let mut mender = Mender::<Normal>::new(0.0, std);
                        fill_blocks(stream, start, &mut out, values, Some(&mut mender));
                    }
                }
                start = start.wrapping_add(out.slots.len() as u64);
                saturated += out.saturated;
            }
            saturated
        }

        /// Makes rows of normals orthonormal, as [`from_normals`] says.
        #[target_feature($(enable = $feature),+)]
        pub(super) fn orthogonal(cols: usize, gain: f32, out: &mut [f32]) {
            from_normals(cols, gain, out, |rows, d, v, next, ends| {
                pass_chunks(rows, d, v, next, ends)
            });
        }

        /// Subtracts d v from each row, and gives its dot product with `next`, whose last products
        /// are in `ends`. All partial sums stay in registers.
        #[inline]
        #[target_feature($(enable = $feature),+)]
        fn pass_chunks(
            mut rows: [&mut [Chunk]; PANEL],
            d: [f32; PANEL],
            v: &[Chunk],
            next: &[Chunk],
            ends: &[Chunk; PANEL],
        ) -> [f32; PANEL] {
            // All have the same length. Said so that the loop has no bounds to check.
            let len = v.len();
            let Some(next) = next.get(..len) else { return d };
            for row in &mut rows {
                let Some(part) = mem::take(row).get_mut(..len) else { return d };
                *row = part;
            }
            let mut factors = [splat_f(0.0); PANEL];
            for (factor, d) in factors.iter_mut().zip(d) {
                *factor = splat_f(d);
            }
            let mut sums = [splat_f(0.0); PANEL];
            for (i, (v, next)) in v.iter().zip(next).enumerate() {
                let (v, next) = (load_f(v), load_f(next));
                for p in 0..PANEL {
                    let row = &mut rows[p][i];
                    let new = sub_f(load_f(row), mul_f(factors[p], v));
                    store_f(row, new);
                    sums[p] = add_f(sums[p], mul_f(new, next));
                }
            }
            let mut totals = [0.0; PANEL];
            for ((to, sum), end) in totals.iter_mut().zip(sums).zip(ends) {
                *to = total(add_f(sum, load_f(end)));
            }
            totals
        }

        #[target_feature($(enable = $feature),+)]
        fn fill_uniform<R: Rounding>(
            uniform: Uniform,
            stream: Stream,
            start: u64,
            out: &mut Sink<R>,
        ) {
            let scale = splat_f(uniform.half * (1.0 / 16_777_216.0) * (1.0 / SIGNED));
            let offset = |word| mul_f(signed(word), scale);
            if uniform.symmetric() {
                fill_blocks(stream, start, out, |words| (words.map(|w| offset(w)), none()), NO_MENDER);
            } else {
                let (low, high) = (splat_f(uniform.low), splat_f(uniform.high));
                let middle = splat_f(uniform.middle);
                // A loop, since the compiler does not inline so much into a `map`.
                let values = |words: [U; STEPS]| {
                    let mut values = [low; STEPS];
                    for (value, word) in values.iter_mut().zip(words) {
                        let shifted = add_f(mul_f(signed(word), scale), middle);
                        let shifted = select_f(less_f(shifted, low), low, shifted);
                        *value = select_f(less_f(high, shifted), high, shifted);
                    }
                    (values, none())
                };
                fill_blocks(stream, start, out, values, NO_MENDER);
            }
        }

        #[target_feature($(enable = $feature),+)]
        fn fill_ziggurat<D: Kernel, R: Rounding>(
            mean: f32,
            std: f32,
            stream: Stream,
            start: u64,
            out: &mut Sink<R>,
        ) {
            let edges = Edges::new::<D>(std);
            let mut mender = Mender::<D>::new(mean, std);
            if mean == 0.0 {
                let values = |words| fast(words, &edges);
                fill_blocks(stream, start, out, values, Some(&mut mender));
            } else {
                let mean = splat_f(mean);
                let values = |words| {
                    let (values, left) = fast(words, &edges);
                    (values.map(|v| add_f(v, mean)), left)
                };
                fill_blocks(stream, start, out, values, Some(&mut mender));
            }
        }

        #[inline]
        #[target_feature($(enable = $feature),+)]
        fn fill_blocks<D: Kernel, R: Rounding>(
            stream: Stream,
            start: u64,
            out: &mut Sink<R>,
            values: impl Fn([U; STEPS]) -> Values,
            mut mender: Option<&mut Mender<D>>,
        ) {
            let mut block = start / BLOCK as u64;
            let mut position = (start % BLOCK as u64) as usize;
            let (mut done, mut slot) = (0, WINDOW);
            while done < out.slots.len() {
                if slot + SIDE_BY_SIDE > WINDOW {
                    slot = 0;
                    if let Some(mender) = &mut mender {
                        mender.begin((done as u32).wrapping_sub(position as u32), out);
                    }
                }
                let left = out.slots.len() - done;
                if position == 0 && left >= SIDE_BY_SIDE * BLOCK {
                    let last = block.wrapping_add(SIDE_BY_SIDE as u64 - 1);
                    let keys = [stream.block_key(block), stream.block_key(last)];
                    whole_blocks(keys, slot, done, out, &values, &mut mender);
                    block = block.wrapping_add(SIDE_BY_SIDE as u64);
                    done += SIDE_BY_SIDE * BLOCK;
                    slot += SIDE_BY_SIDE;
                } else {
                    let end = done + left.min(BLOCK - position);
                    let key = stream.block_key(block);
                    part_of_block(key, slot, position, done..end, out, &values, &mut mender);
                    block = block.wrapping_add(1);
                    (done, position) = (end, 0);
                    slot += 1;
                }
            }
            if let Some(mender) = mender {
                mender.finish(out);
            }
        }

        /// Whole blocks, side by side.
        #[inline]
        #[target_feature($(enable = $feature),+)]
        fn whole_blocks<D: Kernel, R: Rounding>(
            keys: [u64; 2],
            slot: usize,
            done: usize,
            out: &mut Sink<R>,
            values: impl Fn([U; STEPS]) -> Values,
            mender: &mut Option<&mut Mender<D>>,
        ) {
            if let Some(mender) = mender {
                mender.set_keys(slot, keys);
            }
            // Two variables, since the compiler keeps an array of them in memory.
            let mut lanes = Lanes::new(keys[0]);
            let mut lanes2 = if SIDE_BY_SIDE == 2 { Lanes::new(keys[1]) } else { lanes };
            for first in (0..BLOCK).step_by(GROUP) {
                whole_group(&mut lanes, slot, first, done, out, &values, mender);
                if SIDE_BY_SIDE == 2 {
                    let done = done + BLOCK;
                    whole_group(&mut lanes2, slot + 1, first, done, out, &values, mender);
                }
                if let Some(mender) = mender {
                    mender.mend(out);
                }
            }
        }

        /// The group from position `first` on of a block that begins at `done`.
        #[inline]
        #[target_feature($(enable = $feature),+)]
        fn whole_group<D: Kernel, R: Rounding>(
            lanes: &mut Lanes,
            slot: usize,
            first: usize,
            done: usize,
            out: &mut Sink<R>,
            values: impl Fn([U; STEPS]) -> Values,
            mender: &mut Option<&mut Mender<D>>,
        ) {
            let slots = out.slots.get_mut(done + first..).and_then(|slots| slots.first_chunk_mut());
            let Some(slots) = slots else { return };
            let left = rounded_group(lanes, out.rounding, slots, &mut out.saturated, values);
            if let Some(mender) = mender {
                mender.note(left, slot * BLOCK + first);
            }
        }

        /// The part of a block from `position` on that fills `range` of the slice. Its first and
        /// last group may reach beyond it: what is noted there has a place outside the slice.
        #[inline]
        #[target_feature($(enable = $feature),+)]
        fn part_of_block<D: Kernel, R: Rounding>(
            key: u64,
            slot: usize,
            position: usize,
            range: Range<usize>,
            out: &mut Sink<R>,
            values: impl Fn([U; STEPS]) -> Values,
            mender: &mut Option<&mut Mender<D>>,
        ) {
            let mut lanes = Lanes::new(key);
            for _ in 0..position / GROUP * (GROUP / LANES) {
                lanes.step();
            }
            if let Some(mender) = mender {
                mender.set_keys(slot, [key; 2]);
            }
            let mut done = range.start;
            let mut skipped = position % GROUP;
            let mut first = position - skipped;
            while done < range.end {
                let count = (GROUP - skipped).min(range.end - done);
                let Some(slots) = out.slots.get_mut(done..done + count) else { return };
                let (rounding, saturated) = (out.rounding, &mut out.saturated);
                let left;
                if let Some(slots) = slots.first_chunk_mut() {
                    left = rounded_group(&mut lanes, rounding, slots, saturated, &values);
                } else {
                    // Rounded afterwards, so that only those within the slice are counted.
                    let mut all = [MaybeUninit::uninit(); GROUP];
                    left = group(&mut lanes, &mut all, &values);
                    // SAFETY: `group` has written all of them.
                    let values = unsafe { init(&mut all) }.get(skipped..).unwrap_or_default();
                    *saturated += slot::round(rounding, values, slots);
                }
                if let Some(mender) = mender {
                    mender.note(left, slot * BLOCK + first);
                    mender.mend(out);
                }
                (done, first, skipped) = (done + count, first + GROUP, 0);
            }
        }

        /// [`group`], for slots of any format.
        #[inline]
        #[target_feature($(enable = $feature),+)]
        fn rounded_group<R: Rounding>(
            lanes: &mut Lanes,
            rounding: R,
            slots: &mut [MaybeUninit<R::Slot>; GROUP],
            saturated: &mut usize,
            values_of: impl Fn([U; STEPS]) -> Values,
        ) -> u64 {
            if let Some(slots) = R::as_f32(slots).and_then(|slots| slots.first_chunk_mut()) {
                return group(lanes, slots, values_of);
            }
            if STEPS == 1 {
                // There are no registers left for the rounding.
                let mut all = [MaybeUninit::uninit(); GROUP];
                let left = group(lanes, &mut all, values_of);
                // SAFETY: `group` has written all of them.
                *saturated += round_all(rounding, unsafe { init(&mut all) }, slots);
                return left;
            }
            let mut words = [splat(0); STEPS];
            for word in &mut words {
                *word = lanes.step();
            }
            let (values, left) = values_of(words);
            let mut all = [splat_f(0.0); GROUP / LANES];
            for (to, value) in all.iter_mut().zip(values) {
                *to = value;
            }
            *saturated += round_group(rounding, all, slots);
            left_bits([left; GROUP / LANES / STEPS])
        }

        /// Rounds values to their slots, group by group. The number of those that saturated.
        #[inline]
        #[target_feature($(enable = $feature),+)]
        pub(super) fn round_all<R: Rounding>(
            rounding: R,
            values: &[f32],
            slots: &mut [MaybeUninit<R::Slot>],
        ) -> usize {
            let mut saturated = 0;
            for (values, slots) in values.as_chunks::<GROUP>().0.iter().zip(slots.as_chunks_mut().0) {
                let mut all = [splat_f(0.0); GROUP / LANES];
                for (to, values) in all.iter_mut().zip(values.as_chunks().0) {
                    *to = load_f(values);
                }
                saturated += round_group(rounding, all, slots);
            }
            saturated
        }

        /// Rounds a group's values to their slots. The number of those that saturated.
        #[inline]
        #[target_feature($(enable = $feature),+)]
        fn round_group<R: Rounding>(
            rounding: R,
            values: [F; GROUP / LANES],
            slots: &mut [MaybeUninit<R::Slot>; GROUP],
        ) -> usize {
            let Format::Fixed { low, high, scale, saturates } = rounding.format() else {
                return round_each(rounding, values, slots);
            };
            let (low, high) = (splat_f(low), splat_f(high));
            let (mut lowest, mut highest) = (low, high);
            if saturates {
                for value in values {
                    (lowest, highest) = (min_f(value, lowest), max_f(value, highest));
                }
                if bits(less_f(lowest, low)) | bits(less_f(high, highest)) != 0 {
                    return saturated_group(rounding, values, slots);
                }
            }
            pack(slots, values.map(|value| to_integer::<R>(value, scale)), false);
            0
        }

        /// [`round_group`], where a value saturates: seldom, or the format is the wrong one.
        #[cold]
        #[inline(never)]
        #[target_feature($(enable = $feature),+)]
        fn saturated_group<R: Rounding>(
            rounding: R,
            values: [F; GROUP / LANES],
            slots: &mut [MaybeUninit<R::Slot>; GROUP],
        ) -> usize {
            round_each(rounding, values, slots)
        }

        #[inline]
        #[target_feature($(enable = $feature),+)]
        fn round_each<R: Rounding>(
            rounding: R,
            values: [F; GROUP / LANES],
            slots: &mut [MaybeUninit<R::Slot>; GROUP],
        ) -> usize {
            let mut saturated = 0;
            let mut rounded = [splat(0); GROUP / LANES];
            for (to, value) in rounded.iter_mut().zip(values) {
                let saturates;
                (*to, saturates) = round(rounding, value);
                saturated += saturates.count_ones() as usize;
            }
            pack(slots, rounded, matches!(rounding.format(), Format::Bf16));
            saturated
        }

        /// What [`Rounding::round`] gives, as [`pack`] wants it, and which of them saturate. NaN, which is
        /// mended later, becomes anything and does not saturate.
        #[inline]
        #[target_feature($(enable = $feature),+)]
        fn round<R: Rounding>(rounding: R, value: F) -> (U, u16) {
            let x = to_bits(value);
            match rounding.format() {
                Format::F32 => (x, 0),
                // The upper half.
                Format::Bf16 => (add_if(add(x, splat(0x7fff)), x, 1 << 16), 0),
                Format::F16 => {
                    let sign = and(shr::<16>(x), splat(0x8000));
                    let x = and(x, splat(0x7fff_ffff));
                    let subnormal = to_bits(add_f(from_bits(x), splat_f(0.5)));
                    let subnormal = sub(subnormal, splat(0.5_f32.to_bits()));
                    let normal = add(x, splat(0xfff_u32.wrapping_sub((127 - 15) << 23)));
                    let normal = shr::<13>(add_if(normal, x, 1 << 13));
                    let rounded = select(less(x, splat((127 - 14) << 23)), subnormal, normal);
                    (or(rounded, sign), 0)
                }
                Format::Fixed { low, high, scale, .. } => {
                    let (low, high) = (splat_f(low), splat_f(high));
                    let within = min_f(max_f(value, low), high);
                    let mut rounded = to_integer::<R>(within, scale);
                    if size_of::<R::Slot>() == 4 {
                        // `high` is less than the largest, for want of bits.
                        rounded = select(less_f(high, value), splat(i32::MAX as u32), rounded);
                    }
                    (rounded, bits(differ_f(value, within)))
                }
            }
        }

        /// The nearest integer to a value times `scale`, of which a slot takes the low bits.
        #[inline]
        #[target_feature($(enable = $feature),+)]
        fn to_integer<R: Rounding>(value: F, scale: f32) -> U {
            if size_of::<R::Slot>() == 4 {
                nearest(mul_f(value, splat_f(scale)))
            } else {
                to_bits(add_f(value, splat_f(INTEGER / scale)))
            }
        }

        /// A group's values, and a bit for each that left the fast path, in the order in which `note`
        /// takes them.
        #[inline]
        #[target_feature($(enable = $feature),+)]
        fn group(
            lanes: &mut Lanes,
            slots: &mut [MaybeUninit<f32>; GROUP],
            values_of: impl Fn([U; STEPS]) -> Values,
        ) -> u64 {
            let mut all_left = [none(); GROUP / LANES / STEPS];
            let (steps, _) = slots.as_chunks_mut::<LANES>();
            let (steps, _) = steps.as_chunks_mut::<STEPS>();
            for (i, steps) in steps.iter_mut().enumerate() {
                let mut words = [splat(0); STEPS];
                for word in &mut words {
                    *word = lanes.step();
                }
                let values;
                (values, all_left[i]) = values_of(words);
                for (slots, values) in steps.iter_mut().zip(values) {
                    store(slots, values);
                }
            }
            left_bits(all_left)
        }

        /// The fast path for any words, group by group: their values, and the places that left.
        #[cfg(test)]
        #[target_feature($(enable = $feature),+)]
        pub(super) fn fast_path(
            std: f32,
            groups: impl Iterator<Item = [u32; GROUP]>,
            mut check: impl FnMut(&[u32; GROUP], &[f32; GROUP], &[u16]),
        ) {
            let edges = Edges::new::<Normal>(std);
            for words in groups {
                let mut all = [0.0; GROUP];
                let mut all_left = [none(); GROUP / LANES / STEPS];
                let (steps, _) = words.as_chunks::<LANES>();
                let (steps, _) = steps.as_chunks::<STEPS>();
                for (i, step) in steps.iter().enumerate() {
                    let values;
                    (values, all_left[i]) = fast(step.map(|step| load(&step)), &edges);
                    for (j, value) in values.into_iter().enumerate() {
                        let mut slots = [MaybeUninit::uninit(); LANES];
                        store(&mut slots, value);
                        for (lane, slot) in slots.iter().enumerate() {
                            // SAFETY: `store` has written all slots.
                            all[(i * STEPS + j) * LANES + lane] = unsafe { slot.assume_init() };
                        }
                    }
                }
                let left = left_bits(all_left);
                let mut notes = [0; 2 * GROUP];
                note(&mut notes, left, 0);
                check(&words, &all, &notes[..left.count_ones() as usize]);
            }
        }

        /// Word i of the state of all lanes.
        #[derive(Clone, Copy)]
        struct Lanes([U; 4]);

        impl Lanes {
            #[inline]
            #[target_feature($(enable = $feature),+)]
            fn new(block_key: u64) -> Self {
                let (s0, s1) = hash(add_state(load_states(&SEEDS[0]), block_key));
                let (s2, s3) = hash(add_state(load_states(&SEEDS[1]), block_key));
                Self([s0, s1, s2, s3])
            }

            #[inline]
            #[target_feature($(enable = $feature),+)]
            fn step(&mut self) -> U {
                // Without a ternary xor, what the last two arguments give is shared.
                let [s0, s1, s2, s3] = self.0;
                self.0 = [
                    xor3(s0, s1, s3),
                    xor3(s1, s0, s2),
                    xor3(shl::<9>(s1), s0, s2),
                    rotl::<11, 21>(xor(s1, s3)),
                ];
                add(rotl::<7, 25>(add(s0, s3)), s0)
            }
        }

        /// Sixteen tries: the states of SplitMix64, and where their values go.
        #[derive(Clone, Copy)]
        struct Tries {
            states: S,
            places: U,
        }

        /// For values that never leave a fast path.
        const NO_MENDER: Option<&mut Mender<Normal>> = None;

        /// Mends the positions that left the fast path.
        struct Mender<D> {
            density: PhantomData<D>,
            mean: f32,
            std: f32,
            /// Of the blocks in the window the first try of position 0, and of the first block its
            /// place.
            states: [u64; WINDOW],
            place: u32,
            /// Positions in the window that left.
            notes: [u16; NOTES + SIDE_BY_SIDE * GROUP],
            noted: usize,
            queue: Queue,
            tails: Queue,
        }

        impl<D: Kernel> Mender<D> {
            #[inline]
            fn new(mean: f32, std: f32) -> Self {
                Self {
                    density: PhantomData,
                    mean,
                    std,
                    states: [0; WINDOW],
                    place: 0,
                    notes: [0; NOTES + SIDE_BY_SIDE * GROUP],
                    noted: 0,
                    queue: Queue::new(),
                    tails: Queue::new(),
                }
            }

            #[inline]
            fn set_keys(&mut self, slot: usize, keys: [u64; 2]) {
                for (state, key) in self.states.iter_mut().skip(slot).zip(keys) {
                    *state = first_try(key);
                }
            }

            #[inline]
            #[target_feature($(enable = $feature),+)]
            fn note(&mut self, left: u64, first: usize) {
                if let Some(notes) = self.notes.get_mut(self.noted..) {
                    note(notes, left, first as u16);
                }
                self.noted += left.count_ones() as usize;
            }

            /// The first try of sixteen of the notes.
            #[inline]
            #[target_feature($(enable = $feature),+)]
            fn first_tries(&self, first: usize) -> Tries {
                let notes = self.notes.get(first..).and_then(|notes| notes.first_chunk());
                let notes = notes.unwrap_or(&[0; 16]);
                let places = add(widen(notes), splat(self.place));
                Tries { states: first_states(notes, &self.states), places }
            }

            /// A first try for the notes, once they are many.
            #[inline]
            #[target_feature($(enable = $feature),+)]
            fn mend<R: Rounding>(&mut self, out: &mut Sink<R>) {
                if self.noted >= NOTES {
                    self.mend_batches(out);
                }
            }

            #[inline(never)]
            #[target_feature($(enable = $feature),+)]
            fn mend_batches<R: Rounding>(&mut self, out: &mut Sink<R>) {
                let mut first = 0;
                while self.noted - first >= 16 * BATCH {
                    let mut tries = [self.first_tries(first); BATCH];
                    if let Some(second) = tries.get_mut(1) {
                        *second = self.first_tries(first + 16);
                    }
                    self.boxes(tries, [u16::MAX; BATCH], out);
                    if self.queue.len.max(self.tails.len) >= WAITING {
                        self.drain(16, out);
                    }
                    first += 16 * BATCH;
                }
                let rest = self.notes.get(first..).and_then(|notes| notes.first_chunk()).copied();
                if let (Some(rest), Some(to)) = (rest, self.notes.first_chunk_mut()) {
                    let to: &mut [u16; 16 * BATCH] = to;
                    *to = rest;
                }
                self.noted -= first;
            }

            /// Begins a window. What is still noted of the one before is queued.
            #[inline(never)]
            #[target_feature($(enable = $feature),+)]
            fn begin<R: Rounding>(&mut self, place: u32, out: &mut Sink<R>) {
                let mut first = 0;
                while first < self.noted {
                    let count = (self.noted - first).min(16);
                    let tries = self.first_tries(first);
                    append(&mut self.queue, tries, first_bits(count));
                    if self.queue.len >= WAITING {
                        self.drain(16, out);
                    }
                    first += count;
                }
                self.noted = 0;
                self.place = place;
            }

            /// Makes tries until fewer than `least` of each kind wait.
            #[inline(never)]
            #[target_feature($(enable = $feature),+)]
            fn drain<R: Rounding>(&mut self, least: usize, out: &mut Sink<R>) {
                while self.queue.len.max(self.tails.len) >= least {
                    if self.queue.len >= self.tails.len {
                        let (tries, mask) = pop(&mut self.queue);
                        self.boxes([tries], [mask], out);
                    } else {
                        let (tries, mask) = pop(&mut self.tails);
                        self.tail(tries, mask, out);
                    }
                }
            }

            /// Mends all that is left. A few are sooner done one by one: a batch takes as long as
            /// three of them, and that is all that a small slice has.
            #[target_feature($(enable = $feature),+)]
            fn finish<R: Rounding>(&mut self, out: &mut Sink<R>) {
                if self.noted + self.queue.len + self.tails.len > 3 {
                    self.begin(0, out);
                    self.drain(1, out);
                    return;
                }
                let mut mend = |state, place: u32| {
                    if let Some(slot) = out.slots.get_mut(place as usize) {
                        let z = from_try::<D>(state) * self.std;
                        let value = if self.mean == 0.0 { z } else { z + self.mean };
                        let (rounded, saturates) = out.rounding.round(value);
                        slot.write(rounded);
                        out.saturated += usize::from(saturates);
                    }
                };
                for note in self.notes.iter().take(self.noted) {
                    let place = self.place.wrapping_add(u32::from(*note));
                    mend(first_state(*note, &self.states), place);
                }
                for queue in [&self.queue, &self.tails] {
                    for (state, place) in queue.states.iter().zip(&queue.places).take(queue.len) {
                        mend(*state, *place);
                    }
                }
            }

            /// One try of those in the masks; whoever turns out to be in the tail is queued there.
            #[inline]
            #[target_feature($(enable = $feature),+)]
            fn boxes<const W: usize, R: Rounding>(
                &mut self,
                tries: [Tries; W],
                masks: [u16; W],
                out: &mut Sink<R>,
            ) {
                let (mut low, mut high, mut regions) =
                    ([splat(0); W], [splat(0); W], [splat(0); W]);
                for i in 0..W {
                    (low[i], high[i]) = hash(tries[i].states);
                    let column = and(low[i], splat(127));
                    let share = and(shl::<4>(low[i]), splat(31 << 11));
                    let share = or(share, and(high[i], splat(0x7ff)));
                    regions[i] = alias::<D>(column, share);
                }
                let (mut x, mut y) = ([splat_f(0.0); W], [splat_f(0.0); W]);
                for i in 0..W {
                    // In half cells: 2a + 1 and 2b + 1.
                    let a = or(shr::<11>(low[i]), splat(1));
                    let b = or(shr::<11>(high[i]), splat(1));
                    let outside = less(splat(1 << 21), add(a, b));
                    let fold = select(outside, splat((1 << 21) - 2), splat(0));
                    let (folded_a, folded_b) = (to_float(xor(a, fold)), to_float(xor(b, fold)));
                    let [inner, width, below, height] = region::<D>(regions[i]);
                    x[i] = add_f(inner, mul_f(folded_a, width));
                    y[i] = add_f(below, mul_f(folded_b, height));
                    if D::NARROW > 0 {
                        let (inner, width) = D::REST;
                        let in_rest = add_f(splat_f(inner), mul_f(to_float(a), splat_f(width)));
                        x[i] = select_f(equal(regions[i], splat(0)), in_rest, x[i]);
                    }
                }
                let density = density(x);
                for i in 0..W {
                    let below = bits(less_f(y[i], density[i]));
                    // The tail, or the rest, which accepts all.
                    let first = bits(equal(regions[i], splat(0)));
                    let again = !first & !below & masks[i];
                    let in_tail = if D::NARROW == 0 { first & masks[i] } else { 0 };
                    let accepted = masks[i] & !again & !in_tail;
                    self.write(tries[i].places, x[i], high[i], accepted, out);
                    if D::NARROW == 0 {
                        append(&mut self.tails, tries[i], in_tail);
                    }
                    self.again(tries[i], again);
                }
            }

            /// One try of Marsaglia's for those in the mask.
            #[inline]
            #[target_feature($(enable = $feature),+)]
            fn tail<R: Rounding>(&mut self, tries: Tries, mask: u16, out: &mut Sink<R>) {
                let (low, high) = hash(tries.states);
                let cells = |half| mul_f(to_float(or(shr::<11>(half), splat(1))), splat_f(CELL));
                let x = mul_f(ln(cells(low)), splat_f(-1.0 / TAIL_START));
                let y = from_bits(xor(to_bits(ln(cells(high))), splat(1 << 31)));
                let outside = bits(less_f(add_f(y, y), mul_f(x, x)));
                let x = add_f(splat_f(TAIL_START), x);
                self.write(tries.places, x, high, !outside & mask, out);
                self.again(tries, outside & mask);
            }

            /// Queues the next try of those in the mask.
            #[inline]
            #[target_feature($(enable = $feature),+)]
            fn again(&mut self, tries: Tries, mask: u16) {
                let states = add_state(tries.states, NEXT_TRY);
                append(&mut self.queue, Tries { states, ..tries }, mask);
            }

            #[inline]
            #[target_feature($(enable = $feature),+)]
            fn write<R: Rounding>(
                &self,
                places: U,
                z: F,
                high: U,
                accepted: u16,
                out: &mut Sink<R>,
            ) {
                let sign = and(shl::<20>(high), splat(1 << 31));
                let z = from_bits(xor(to_bits(z), sign));
                let mut value = mul_f(z, splat_f(self.std));
                if self.mean != 0.0 {
                    value = add_f(value, splat_f(self.mean));
                }
                if let Some(slots) = R::as_f32(out.slots) {
                    scatter(slots, places, value);
                    return;
                }
                let (rounded, saturates) = round(out.rounding, value);
                let mut slots = [MaybeUninit::uninit(); GROUP];
                let upper = matches!(out.rounding.format(), Format::Bf16);
                pack(&mut slots, [rounded; GROUP / LANES], upper);
                let mut counted = saturates & accepted;
                for (place, slot) in unload(places).into_iter().zip(slots) {
                    if let Some(to) = out.slots.get_mut(place as usize) {
                        *to = slot;
                        out.saturated += usize::from(counted & 1);
                    }
                    counted >>= 1;
                }
            }
        }

        /// The last sixteen, or fewer, and a mask of them. The others' places are no places.
        #[inline]
        #[target_feature($(enable = $feature),+)]
        fn pop(queue: &mut Queue) -> (Tries, u16) {
            let count = queue.len.min(16);
            queue.len -= count;
            let states = queue.states.get(queue.len..).and_then(|states| states.first_chunk());
            let places = queue.places.get(queue.len..).and_then(|places| places.first_chunk());
            let mut all = [u32::MAX; 16];
            for (to, place) in all.iter_mut().zip(places.unwrap_or(&[0; 16])).take(count) {
                *to = *place;
            }
            let states = load_states(states.unwrap_or(&[0; 16]));
            (Tries { states, places: load(&all) }, first_bits(count))
        }

        const fn first_bits(count: usize) -> u16 {
            ((1_u32 << count) - 1) as u16
        }

        /// exp(-x²/2): [`exp`](crate::sampler::math::exp), in its order.
        #[inline]
        #[target_feature($(enable = $feature),+)]
        fn density<const W: usize>(x: [F; W]) -> [F; W] {
            let (mut r, mut n, mut p) = (x, x, [splat_f(EXP[EXP.len() - 1]); W]);
            for i in 0..W {
                let x = mul_f(mul_f(x[i], x[i]), splat_f(-0.5));
                n[i] = add_f(mul_f(x, splat_f(core::f32::consts::LOG2_E)), splat_f(INTEGER));
                let whole = sub_f(n[i], splat_f(INTEGER));
                r[i] = sub_f(x, mul_f(whole, splat_f(LN_2_HIGH)));
                r[i] = sub_f(r[i], mul_f(whole, splat_f(LN_2_LOW)));
            }
            for &c in EXP.iter().rev().skip(1) {
                for i in 0..W {
                    p[i] = add_f(mul_f(p[i], r[i]), splat_f(c));
                }
            }
            for i in 0..W {
                let y = add_f(r[i], mul_f(mul_f(r[i], r[i]), p[i]));
                let y = add_f(splat_f(1.0), y);
                let power = add(shl::<23>(to_bits(n[i])), splat(1_f32.to_bits()));
                p[i] = mul_f(y, from_bits(power));
            }
            p
        }

        /// [`ln`](crate::sampler::math::ln), in its order.
        #[inline]
        #[target_feature($(enable = $feature),+)]
        fn ln(x: F) -> F {
            let from_root = sub(to_bits(x), splat(SQRT_HALF));
            let n = to_float(sar::<23>(from_root));
            let f = add(and(from_root, splat(0x007f_ffff)), splat(SQRT_HALF));
            let f = sub_f(from_bits(f), splat_f(1.0));
            let mut p = splat_f(LN[LN.len() - 1]);
            for &c in LN.iter().rev().skip(1) {
                p = add_f(mul_f(p, f), splat_f(c));
            }
            let square = mul_f(f, f);
            let small = sub_f(mul_f(mul_f(square, f), p), mul_f(square, splat_f(0.5)));
            let small = add_f(small, mul_f(n, splat_f(LN_2_LOW)));
            add_f(mul_f(n, splat_f(LN_2_HIGH)), add_f(f, small))
        }
    };
}

pub(super) use kernel;
