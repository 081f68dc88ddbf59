//! Batches of steps whose positions are wanted, collected from runs that need not be consecutive.
//!
//! ```text
//! for each run, cut at the boundaries of blocks:
//!     if it begins in another block, or before the lanes:  seed the lanes
//!     step the lanes to the run, and drop their words
//!     for each step of the run: append its words to the batch
//!     append a piece to the batch: where in the batch the run lies, and where its slots are
//!     once the batch is full:
//!         compute the values of all words
//!         for each piece: round its values to its slots
//! ```
//!
//! A block is seeded once if its runs are in the order of their indices. The words between two runs are
//! never turned into values. A step that two runs share is in the batch once.

use core::mem::MaybeUninit;

use super::runs::{Rows, Run, Runs};
use crate::{
    sampler::{BLOCK, LANES, lanes::Words, overhang::first_try},
    slot::{self, Rounding, Sink},
    stream::{GOLDEN, Stream},
};

/// Steps of the lanes in a batch. A batch takes 17 KiB of stack, which a first-level cache holds.
pub(super) const STEPS: usize = 64;

/// Pieces in a batch: one for every eighth position, so that a batch of shorter runs has fewer steps.
const PIECES: usize = STEPS * LANES / 8;

/// Room for the rejected positions of a batch, and for the entries that a backend may write beyond.
pub(super) const REJECTED_ROOM: usize = STEPS * LANES + 64;

/// The offsets of a batch are counted from the beginning of a part of the slice, so that they fit in 32 bits.
/// Tests have small parts.
pub(super) const PART: usize = if cfg!(test) { 5 * BLOCK + 100 } else { 1 << 30 };

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
    states: [u64; STEPS],
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
    pub(super) fn tries(&self, position: usize, mut found: impl FnMut(u64, u32, bool)) {
        let (step, lane) = (position / LANES % STEPS, position % LANES);
        let state = self.states[step].wrapping_add(GOLDEN.wrapping_mul(lane as u64));
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

    /// Replaces each NaN in the pieces. `value` takes the state of the position's first try.
    pub(super) fn resolve(&mut self, value: impl Fn(u64) -> f32) {
        for (step, values) in self.values.iter_mut().enumerate().take(self.steps) {
            let mut left =
                values.iter().rev().fold(0_u32, |bits, v| bits << 1 | u32::from(v.is_nan()));
            while left != 0 {
                let lane = left.trailing_zeros() as usize % LANES;
                let addend = GOLDEN.wrapping_mul(lane as u64);
                values[lane] = value(self.states[step % STEPS].wrapping_add(addend));
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
    const TRIES_OF_STEP: u64 = GOLDEN.wrapping_mul(LANES as u64);
    let Some(rows) = runs.next_rows() else { return };
    let stride = rows.run.stride;
    batch.stride = stride;
    let mut next = Some(rows);
    // The first index of the block that the lanes belong to, the state of the first try of its first position,
    // the number of steps that the lanes have taken, and the number after the last step in the batch.
    let mut block = rows.run.start & !(BLOCK as u64 - 1);
    let key = stream.block_key(block / BLOCK as u64);
    let mut lanes = compute.seed(key);
    let mut tries = first_try(key);
    let (mut at, mut in_batch) = (0, 0);
    let (mut steps, mut count) = (0, 0);
    while let Some(mut rows) = next {
        loop {
            // Fast path for runs that lie in the block and fit in the batch, and share no step with the last
            // one: nothing but this happens for most of them.
            let mut position = rows.run.start.wrapping_sub(block);
            let len = rows.run.len;
            let most_steps = len.saturating_add(2 * LANES - 2) / LANES;
            if len < C::LONG {
                while position < BLOCK as u64
                    && position as usize / LANES >= at
                    && position as usize + len <= BLOCK
                    && steps + most_steps <= STEPS
                    && count < PIECES
                {
                    let (first, lane) = (position as usize / LANES, position as usize % LANES);
                    while at < first {
                        compute.step(&mut lanes);
                        at += 1;
                    }
                    let begin = steps * LANES + lane;
                    batch.pieces[count % PIECES] = Piece {
                        first: begin as u16,
                        len: len as u16,
                        offset: rows.run.offset as u32,
                    };
                    let end = (position as usize + len).div_ceil(LANES);
                    while at < end {
                        batch.words[steps % STEPS] = compute.step(&mut lanes);
                        batch.states[steps % STEPS] =
                            tries.wrapping_add(TRIES_OF_STEP.wrapping_mul(at as u64));
                        batch.passed[steps % STEPS] = count as u16;
                        steps += 1;
                        at += 1;
                    }
                    in_batch = end;
                    count += 1;
                    if !rows.pass() {
                        break;
                    }
                    position = position.wrapping_add(rows.step);
                }
            }
            if rows.count == 0 {
                break;
            }
            let Run { mut start, mut len, mut offset, .. } = rows.run;
            while len > 0 {
                let mut position = start.wrapping_sub(block) as usize;
                // The step that the last piece ended in may be shared with this one.
                if start.wrapping_sub(block) >= BLOCK as u64
                    || position / LANES < at && position / LANES + 1 != in_batch
                {
                    block = start & !(BLOCK as u64 - 1);
                    let key = stream.block_key(block / BLOCK as u64);
                    lanes = compute.seed(key);
                    tries = first_try(key);
                    position = start.wrapping_sub(block) as usize;
                    (at, in_batch) = (0, 0);
                }
                let (first, lane) = (position / LANES, position % LANES);
                let shared = first < at;
                let mut piece = len.min(BLOCK - position);
                let long = stride == 1 && piece >= C::LONG;
                if long && !shared && lane == 0 {
                    while at < first {
                        compute.step(&mut lanes);
                        at += 1;
                    }
                    let state = tries.wrapping_add(GOLDEN.wrapping_mul(position as u64));
                    let filled = compute.fill(&mut lanes, state, offset, piece);
                    at += filled / LANES;
                    if filled > 0 {
                        in_batch = 0;
                    }
                    start = start.wrapping_add(filled as u64);
                    len -= filled;
                    offset += filled;
                    if filled > 0 {
                        continue;
                    }
                }
                if count == PIECES || steps == STEPS && !shared {
                    (batch.steps, batch.count) = (steps, count);
                    compute.flush(batch);
                    (steps, count) = (0, 0);
                    if shared {
                        batch.keep_last();
                        steps = 1;
                    }
                }
                let begin =
                    if shared { steps * LANES - LANES + lane } else { steps * LANES + lane };
                piece = piece.min(if long { LANES - lane } else { STEPS * LANES - begin });
                if let Some(to) = batch.pieces.get_mut(count) {
                    *to = Piece { first: begin as u16, len: piece as u16, offset: offset as u32 };
                }
                while at < first {
                    compute.step(&mut lanes);
                    at += 1;
                }
                let mut state = tries.wrapping_add(TRIES_OF_STEP.wrapping_mul(at as u64));
                let end = (position + piece).div_ceil(LANES);
                while at < end {
                    batch.words[steps % STEPS] = compute.step(&mut lanes);
                    batch.states[steps % STEPS] = state;
                    batch.passed[steps % STEPS] = count as u16;
                    state = state.wrapping_add(TRIES_OF_STEP);
                    steps += 1;
                    at += 1;
                }
                in_batch = end;
                count += 1;
                start = start.wrapping_add(piece as u64);
                len -= piece;
                offset = offset.wrapping_add(stride.wrapping_mul(piece));
            }
            if !rows.pass() {
                break;
            }
        }
        next = runs.next_rows();
    }
    (batch.steps, batch.count) = (steps, count);
    compute.flush(batch);
}
