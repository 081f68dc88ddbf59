//! Batches of steps whose positions are wanted, collected from runs that need not be consecutive.
//!
//! ```text
//! for each run, cut at the boundaries of blocks:
//!     if it begins in another block, or before the lanes:  seed the lanes
//!     step the lanes to the run, and drop their words
//!     if it is long and its slots are side by side:  fill its groups without a batch
//!     append the words of its steps to the batch
//!     append a piece to the batch: where in the batch the run lies, and where its slots are
//!     once the batch is full:
//!         compute the values of all words
//!         for each piece: round its values to its slots
//! ```
//!
//! A block is seeded once if its runs are in the order of their indices. Words between two runs are never
//! turned into values. A step that two runs share is in the batch once. Runs in another order are seeded
//! again, which is slower and gives the same values.
//!
//! Most of the time goes into the words that are dropped: on a Zen 4, 1.3 ns a step with AVX-512 and 1.6 with
//! AVX2, where a step of a whole fill takes 4.3 and 8.
//!
//! Tried there with the SIMD backends, and dropped, because none was faster by more than 3 %:
//!
//! * two steps by one formula, which has 11 operations on AVX-512 instead of 12, or shorter chains
//! * tries of the resolver's queue in pairs
//! * long runs by way of the batch: 1.4 times the time
//! * without the fast path of `append_rows`: 1.1 times the time for runs of 8

use core::mem::MaybeUninit;

use super::runs::{Rows, Run, Runs};
use crate::{
    sampler::{BLOCK, LANES, lanes::Words, overhang::first_try},
    slot::{self, Rounding, Sink},
    stream::{GOLDEN, Stream},
};

/// Steps of the lanes in a batch. A batch takes 12 KiB of stack, which a first-level cache holds.
pub(super) const STEPS: usize = 64;

/// Pieces in a batch: one for every eighth position, so that a batch of shorter runs has fewer steps.
const PIECES: usize = STEPS * LANES / 8;

/// Room for the rejected positions of a batch, and for the entries that a backend may write beyond.
pub(super) const REJECTED_ROOM: usize = STEPS * LANES + 64;

/// The offsets of a batch are counted from the beginning of a part of the slice, so that they fit in 32 bits.
/// Tests have small parts.
pub(super) const PART: usize = if cfg!(test) { 5 * BLOCK + 100 } else { 1 << PART_BITS };

/// At most 30, and less than a `usize` has on small processors.
const PART_BITS: u32 = if usize::BITS > 32 { 30 } else { usize::BITS - 2 };

/// Runs, of which those at the front lie in one part of the slice.
pub(super) struct Parts {
    runs: Runs,
    /// The rest of a run that the end of a part has cut. It comes before `rows`.
    run: Option<Run>,
    rows: Option<Rows>,
    /// The offset at which the part begins.
    base: usize,
}

impl Parts {
    pub(super) fn new(mut runs: Runs) -> Self {
        let rows = runs.next_rows();
        Self { runs, run: None, rows, base: 0 }
    }

    /// Begins the part of the slice that has the next slot. Returns the offset at which the part begins, or
    /// `None` if no run is left.
    pub(super) fn begin_part(&mut self) -> Option<usize> {
        let Run { offset, .. } = self.run.or(self.rows.map(|rows| rows.run))?;
        // Parts overlap, so that small steps in either direction rarely begin another part.
        self.base = if offset < PART { 0 } else { offset - offset % (PART / 2) };
        // No offset in the part may wrap around.
        self.base = self.base.min(usize::MAX - (PART - 1));
        Some(self.base)
    }

    /// Removes runs at the front that lie in the part of the slice, and returns them, with offsets from the
    /// beginning of the part. Returns `None` if there are none.
    fn next_rows(&mut self) -> Option<Rows> {
        let alone = self.run.map(|run| Rows { run, count: 1, step: 0, stride: 0 });
        let mut rows = alone.or(self.rows)?;
        let Run { start, len, offset, stride } = rows.run;
        let offset = offset.checked_sub(self.base).filter(|offset| *offset < PART)?;
        rows.run.offset = offset;
        let last = last_offset(offset, stride, len);
        let all = last.is_some_and(|last| {
            last_offset(offset, rows.stride, rows.count).is_some()
                && last_offset(last, rows.stride, rows.count).is_some()
        });
        if self.run.take().is_none() && (all || self.rows.as_mut().is_some_and(|rows| !rows.pass()))
        {
            self.rows = self.runs.next_rows();
        }
        if !all {
            rows.count = 1;
        }
        if last.is_none() {
            // All slots up to the end of the part, in the direction of the stride.
            let stride = stride as isize;
            let room = if stride < 0 { offset } else { PART - 1 - offset };
            let fit = room / stride.unsigned_abs().max(1) + 1;
            rows.run.len = fit;
            self.run = Some(Run {
                start: start.wrapping_add(fit as u64),
                len: len - fit,
                offset: self
                    .base
                    .wrapping_add(offset)
                    .wrapping_add_signed(stride.wrapping_mul(fit as isize)),
                stride: stride as usize,
            });
        }
        Some(rows)
    }
}

/// Returns the offset of the last of `len` slots, if it lies in the part of the slice.
fn last_offset(first: usize, stride: usize, len: usize) -> Option<usize> {
    let stride = stride as isize;
    let distance = stride.unsigned_abs().checked_mul(len - 1)?;
    let last = if stride < 0 { first.checked_sub(distance) } else { first.checked_add(distance) };
    last.filter(|last| *last < PART)
}

/// A part of a run in a batch.
#[derive(Clone, Copy)]
struct Piece {
    /// Its first position in the batch.
    first: u16,
    len: u16,
    /// The offset of its first slot in the part of the slice.
    offset: u32,
}

/// The words of up to 64 steps, and the pieces of runs among them.
pub(super) struct Batch {
    pub(super) words: [Words; STEPS],
    pub(super) values: [[f32; LANES]; STEPS],
    /// Positions that the fast path has rejected.
    #[allow(dead_code, reason = "the portable backend marks them by NaN")]
    pub(super) rejected: [u16; REJECTED_ROOM],
    /// The number of steps.
    pub(super) steps: usize,
    /// For each step, the state of SplitMix64 whose hash is the first try of its first position.
    pub(super) states: [u64; STEPS],
    /// For each step, the number of pieces that end before it.
    passed: [u16; STEPS],
    pieces: [Piece; PIECES],
    count: usize,
    /// The distance of the slots of two neighbours in a piece.
    stride: usize,
}

impl Batch {
    pub(super) const fn new() -> Self {
        Self {
            words: [[0; LANES]; STEPS],
            values: [[0.0; LANES]; STEPS],
            rejected: [0; REJECTED_ROOM],
            steps: 0,
            states: [0; STEPS],
            passed: [0; STEPS],
            pieces: [Piece { first: 0, len: 0, offset: 0 }; PIECES],
            count: 0,
            stride: 1,
        }
    }

    #[inline(always)]
    fn pieces(&self) -> &[Piece] {
        self.pieces.get(..self.count).unwrap_or_default()
    }

    /// Removes all steps but the last, which becomes the first.
    #[inline(always)]
    fn keep_last(&mut self) {
        let last = self.steps.wrapping_sub(1) % STEPS;
        self.words[0] = self.words[last];
        self.states[0] = self.states[last];
        self.passed[0] = 0;
    }

    /// Calls `found` for each piece in the step of position `position` of the batch: with the position's first
    /// try, its slot's offset, and whether the piece has the position.
    #[inline(always)]
    #[allow(dead_code, reason = "targets without a SIMD backend don't use it")]
    pub(super) fn tries(&self, position: usize, mut found: impl FnMut(u64, u32, bool)) {
        let (step, lane) = (position / LANES % STEPS, position % LANES);
        let state = first_try_of(&self.states, position);
        let end = position - lane + LANES;
        let pieces = self.pieces().get(usize::from(self.passed[step])..).unwrap_or_default();
        for piece in pieces {
            if usize::from(piece.first) >= end {
                break;
            }
            let distance = position.wrapping_sub(piece.first.into());
            let offset = (piece.offset as usize).wrapping_add(distance.wrapping_mul(self.stride));
            found(state, offset as u32, distance < piece.len.into());
        }
    }

    /// Computes the value of each word.
    pub(super) fn map_words(&mut self, value: impl Fn(u32) -> f32) {
        for (values, words) in self.values.iter_mut().zip(&self.words).take(self.steps) {
            for lane in 0..LANES {
                values[lane] = value(words[lane]);
            }
        }
    }

    /// Replaces each NaN, also where no piece has the position. `value` takes the state of the position's first
    /// try.
    pub(super) fn resolve(&mut self, value: impl Fn(u64) -> f32) {
        // The steps with rejected positions are listed first, without a branch, because it would be unpredictable.
        let mut listed = [0_u8; STEPS];
        let mut count = 0;
        for (step, values) in self.values.iter().enumerate().take(self.steps) {
            listed[count % STEPS] = step as u8;
            count += usize::from(values.iter().fold(false, |any, v| any | v.is_nan()));
        }
        for step in listed.iter().take(count).map(|step| usize::from(*step) % STEPS) {
            let values = &mut self.values[step];
            let mut left =
                values.iter().rev().fold(0_u32, |bits, v| bits << 1 | u32::from(v.is_nan()));
            while left != 0 {
                let lane = left.trailing_zeros() as usize % LANES;
                let addend = GOLDEN.wrapping_mul(lane as u64);
                values[lane] = value(self.states[step].wrapping_add(addend));
                left &= left - 1;
            }
        }
    }

    /// Rounds the values of all pieces to their slots.
    #[inline(always)]
    pub(super) fn write<R: Rounding>(&self, out: &mut Sink<R>) {
        let values = self.values.as_flattened();
        for piece in self.pieces() {
            let (first, len) = (usize::from(piece.first), usize::from(piece.len));
            let values = values.get(first..first + len).unwrap_or_default();
            let mut offset = piece.offset as usize;
            if self.stride == 1
                && let Some(slots) = out.slots.get_mut(offset..offset + len)
            {
                if let Some(slots) = R::as_f32(slots) {
                    copy(values, slots);
                } else {
                    out.saturated += slot::round(out.rounding, values, slots);
                }
                continue;
            }
            for value in values {
                if let Some(slot) = out.slots.get_mut(offset) {
                    let (rounded, saturates) = out.rounding.round(*value);
                    slot.write(rounded);
                    out.saturated += usize::from(saturates);
                }
                offset = offset.wrapping_add(self.stride);
            }
        }
    }
}

/// Returns the state of SplitMix64 whose hash is the first try of a position of a batch, from the states of the
/// steps' first positions.
#[inline(always)]
#[allow(dead_code, reason = "targets without a SIMD backend don't use it")]
pub(super) fn first_try_of(states: &[u64; STEPS], position: usize) -> u64 {
    let (step, lane) = (position / LANES % STEPS, position % LANES);
    states[step].wrapping_add(GOLDEN.wrapping_mul(lane as u64))
}

/// Copies values to their slots.
#[inline(always)]
fn copy(values: &[f32], slots: &mut [MaybeUninit<f32>]) {
    // By eights, because a call or a loop for any length takes longer than most runs.
    let (values, rest) = values.as_chunks::<8>();
    let (slots, rest_slots) = slots.as_chunks_mut::<8>();
    for (slots, values) in slots.iter_mut().zip(values) {
        // Read before the first is written, or else the compiler copies them one by one.
        let values = *values;
        *slots = [MaybeUninit::uninit(); 8];
        for i in 0..8 {
            slots[i].write(values[i]);
        }
    }
    for (slot, value) in rest_slots.iter_mut().zip(rest) {
        slot.write(*value);
    }
}

/// The code of a backend that a fill by batches calls.
pub(super) trait Compute {
    /// The lanes of a block.
    type Lanes;

    /// The shortest part of a run that [`fill`](Self::fill) takes.
    const LONG: usize;

    /// Seeds the lanes of the block with that key.
    fn seed(&self, block_key: u64) -> Self::Lanes;

    /// Steps all lanes, and returns one word of each.
    fn step(&self, lanes: &mut Self::Lanes) -> Words;

    /// Steps all lanes from step number `at` to step number `first`, and drops the words. Returns the greater
    /// one.
    #[inline(always)]
    fn skip(&self, lanes: &mut Self::Lanes, mut at: usize, first: usize) -> usize {
        while at < first {
            self.step(lanes);
            at += 1;
        }
        at
    }

    /// Fills neighbouring slots without a batch, from where the lanes stand. `state` is the first try of the
    /// first slot's position. Returns the number of slots filled, a multiple of 16 of at most `len`.
    fn fill(&mut self, lanes: &mut Self::Lanes, state: u64, offset: usize, len: usize) -> usize;

    /// Fills the slots of a batch.
    fn flush(&mut self, batch: &mut Batch);
}

/// Fills the slots of the runs at the front that lie in one part of the slice.
#[inline(always)]
pub(super) fn fill_runs<C: Compute>(
    stream: Stream,
    runs: &mut Parts,
    batch: &mut Batch,
    compute: &mut C,
) {
    let Some(mut rows) = runs.next_rows() else { return };
    batch.stride = rows.run.stride;
    let mut collector = Collector::new(stream, rows.run.start, compute);
    loop {
        collector.append_rows(&mut rows, batch, compute);
        if rows.count > 0 {
            collector.append_run(stream, rows.run, batch, compute);
            if rows.pass() {
                continue;
            }
        }
        match runs.next_rows() {
            Some(next) => rows = next,
            None => break,
        }
    }
    collector.flush(batch, compute);
}

/// The lanes of a block, and how far the batch is filled.
struct Collector<L> {
    /// The first index of the block.
    block: u64,
    /// The state of the first try of the block's first position.
    tries: u64,
    lanes: L,
    /// The number of steps that the lanes have taken.
    at: usize,
    /// The number after the step of the block that is the last one of the batch, or 0 if it has none.
    in_batch: usize,
    /// The numbers of steps and of pieces in the batch. They are here so that they stay in registers.
    steps: usize,
    count: usize,
}

impl<L> Collector<L> {
    #[inline(always)]
    fn new<C: Compute<Lanes = L>>(stream: Stream, index: u64, compute: &C) -> Self {
        let block = index & !(BLOCK as u64 - 1);
        let key = stream.block_key(block / BLOCK as u64);
        let lanes = compute.seed(key);
        Self { block, tries: first_try(key), lanes, at: 0, in_batch: 0, steps: 0, count: 0 }
    }

    /// Appends runs as long as each lies in the block, fits in the batch, and shares no step with the one
    /// before. Removes them from the rows.
    #[inline(always)]
    fn append_rows<C: Compute<Lanes = L>>(
        &mut self,
        rows: &mut Rows,
        batch: &mut Batch,
        compute: &C,
    ) {
        let len = rows.run.len;
        if len >= C::LONG {
            return;
        }
        let most_steps = len.saturating_add(2 * LANES - 2) / LANES;
        let mut position = rows.run.start.wrapping_sub(self.block);
        while position < BLOCK as u64
            && position as usize / LANES >= self.at
            && position as usize + len <= BLOCK
            && self.steps + most_steps <= STEPS
            && self.count < PIECES
        {
            self.append(position as usize, len, rows.run.offset, batch, compute);
            if !rows.pass() {
                break;
            }
            position = position.wrapping_add(rows.step);
        }
    }

    /// Appends any run piece by piece, and hands long pieces to [`Compute::fill`].
    #[inline(always)]
    fn append_run<C: Compute<Lanes = L>>(
        &mut self,
        stream: Stream,
        run: Run,
        batch: &mut Batch,
        compute: &mut C,
    ) {
        let Run { mut start, mut len, mut offset, stride } = run;
        while len > 0 {
            let first = start.wrapping_sub(self.block) / LANES as u64;
            let (at, in_batch) = (self.at as u64, self.in_batch as u64);
            if first >= (BLOCK / LANES) as u64 || first < at && first + 1 != in_batch {
                let Self { steps, count, .. } = *self;
                *self = Self { steps, count, ..Self::new(stream, start, compute) };
            }
            let position = start.wrapping_sub(self.block) as usize;
            let lane = position % LANES;
            let shared = position / LANES < self.at;
            let mut piece = len.min(BLOCK - position);
            let is_long = stride == 1 && piece >= C::LONG;
            let mut done = 0;
            if is_long && !shared && lane == 0 {
                self.skip_to(position / LANES, compute);
                let state = self.tries.wrapping_add(GOLDEN.wrapping_mul(position as u64));
                done = compute.fill(&mut self.lanes, state, offset, piece);
                self.at += done / LANES;
            }
            if done > 0 {
                self.in_batch = 0;
            } else {
                if self.count == PIECES || self.steps == STEPS && !shared {
                    self.flush(batch, compute);
                    if shared {
                        batch.keep_last();
                        self.steps = 1;
                    }
                }
                let room = (STEPS - self.steps + usize::from(shared)) * LANES;
                // A long piece is taken from the next step on.
                piece = piece.min(if is_long { LANES } else { room } - lane);
                self.append(position, piece, offset, batch, compute);
                done = piece;
            }
            start = start.wrapping_add(done as u64);
            len -= done;
            offset = offset.wrapping_add(stride.wrapping_mul(done));
        }
    }

    /// Steps the lanes to step number `first`.
    #[inline(always)]
    fn skip_to<C: Compute<Lanes = L>>(&mut self, first: usize, compute: &C) {
        self.at = compute.skip(&mut self.lanes, self.at, first);
    }

    /// Appends a piece, which fits in the block and in the batch. If the lanes are past its first step, that
    /// is the last step of the batch.
    #[inline(always)]
    fn append<C: Compute<Lanes = L>>(
        &mut self,
        position: usize,
        len: usize,
        offset: usize,
        batch: &mut Batch,
        compute: &C,
    ) {
        let (first, lane) = (position / LANES, position % LANES);
        let shared = usize::from(first < self.at);
        self.skip_to(first, compute);
        let begin = self.steps.wrapping_sub(shared) * LANES + lane;
        batch.pieces[self.count % PIECES] =
            Piece { first: begin as u16, len: len as u16, offset: offset as u32 };
        let end = (position + len).div_ceil(LANES);
        while self.at < end {
            let step = self.steps % STEPS;
            let position = (self.at * LANES) as u64;
            batch.words[step] = compute.step(&mut self.lanes);
            batch.states[step] = self.tries.wrapping_add(GOLDEN.wrapping_mul(position));
            batch.passed[step] = self.count as u16;
            self.steps += 1;
            self.at += 1;
        }
        self.in_batch = end;
        self.count += 1;
    }

    /// Fills the slots of the batch, and empties it.
    #[inline(always)]
    fn flush<C: Compute<Lanes = L>>(&mut self, batch: &mut Batch, compute: &mut C) {
        (batch.steps, batch.count) = (self.steps, self.count);
        compute.flush(batch);
        (self.steps, self.count) = (0, 0);
    }
}
