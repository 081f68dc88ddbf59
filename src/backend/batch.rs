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

use super::runs::{Run, Runs};
use crate::{
    sampler::{
        BLOCK, LANES,
        lanes::{Lanes, Words},
        overhang::first_try,
    },
    slot::{self, Rounding, Sink},
    stream::{GOLDEN, Stream},
};

/// Steps of the lanes in a batch. A batch takes 17 KiB of stack, which a first-level cache holds.
pub(super) const STEPS: usize = 64;

/// Pieces in a batch: one for every eighth position, so that a batch of shorter runs has fewer steps.
const PIECES: usize = STEPS * LANES / 8;

/// The offsets of a batch are counted from the beginning of a part of the slice, so that they fit in 32 bits.
/// Tests have small parts.
pub(super) const PART: usize = if cfg!(test) { 5 * BLOCK + 100 } else { 1 << 30 };

/// Runs, of which those at the front lie in one part of the slice.
pub(super) struct Parts {
    runs: Runs,
    /// What is left of the run at the front.
    run: Option<Run>,
    /// The offset at which the part begins.
    base: usize,
}

impl Parts {
    pub(super) fn new(mut runs: Runs) -> Self {
        let run = runs.next();
        Self { runs, run, base: 0 }
    }

    /// Begins the part of the slice that has the next slot. Returns the offset at which the part begins, or
    /// `None` if no run is left.
    pub(super) fn begin_part(&mut self) -> Option<usize> {
        // Parts overlap, so that small steps in either direction rarely begin another part.
        let Run { offset, .. } = self.run?;
        self.base = if offset < PART { 0 } else { offset - offset % (PART / 2) };
        Some(self.base)
    }

    /// Returns the distance of an offset from the beginning of the part, if it lies in the part.
    #[inline(always)]
    fn within_part(&self, offset: usize) -> Option<usize> {
        offset.checked_sub(self.base).filter(|&distance| distance < PART)
    }

    /// Removes the first `len` indices of the run at the front.
    #[inline(always)]
    fn pass(&mut self, run: Run, len: usize) {
        self.run = if len < run.len {
            Some(Run {
                start: run.start.wrapping_add(len as u64),
                len: run.len - len,
                offset: run.offset.wrapping_add(run.stride.wrapping_mul(len)),
                ..run
            })
        } else {
            self.runs.next()
        };
    }
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
        (self.steps, self.count) = (1, 0);
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
                out.saturated += slot::round(out.rounding, values, slots);
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

/// The lanes of a block.
pub(super) trait Steps {
    /// Steps all lanes, and returns one word of each.
    fn step(&mut self) -> Words;
}

impl Steps for Lanes {
    #[inline]
    fn step(&mut self) -> Words {
        Self::step(self)
    }
}

/// Collects the runs at the front that lie in one part of the slice, and calls `flush` with each batch.
#[inline(always)]
pub(super) fn for_each_batch<L: Steps>(
    stream: Stream,
    runs: &mut Parts,
    batch: &mut Batch,
    seed: impl Fn(u64) -> L,
    mut flush: impl FnMut(&mut Batch),
) {
    let Some(run) = runs.run else { return };
    batch.stride = run.stride;
    // The slots of a longer piece could leave the part and return.
    let longest = (PART - 1) / run.stride.min(run.stride.wrapping_neg()).max(1) + 1;
    let mut block = run.start / BLOCK as u64;
    let mut key = stream.block_key(block);
    let mut lanes = seed(key);
    // The number of steps that the lanes have taken.
    let mut at = 0;
    while let Some(run) = runs.run {
        let Some(offset) = runs.within_part(run.offset) else { break };
        let position = (run.start % BLOCK as u64) as usize;
        let (first, lane) = (position / LANES, position % LANES);
        let same_block = run.start / BLOCK as u64 == block;
        // The step that the last piece ended in is the last of the batch.
        let shared = same_block && first + 1 == at;
        if batch.count == PIECES || batch.steps == STEPS && !shared {
            flush(batch);
            if shared {
                batch.keep_last();
            } else {
                (batch.steps, batch.count) = (0, 0);
            }
        }
        if !shared && (!same_block || first < at) {
            block = run.start / BLOCK as u64;
            key = stream.block_key(block);
            lanes = seed(key);
            at = 0;
        }
        while at < first {
            lanes.step();
            at += 1;
        }
        let begin = (batch.steps - usize::from(shared)) * LANES + lane;
        let mut len = run.len.min(BLOCK - position).min(STEPS * LANES - begin).min(longest);
        let last = run.offset.wrapping_add(run.stride.wrapping_mul(len - 1));
        if runs.within_part(last).is_none() {
            len = 1;
        }
        if let Some(piece) = batch.pieces.get_mut(batch.count) {
            *piece = Piece { first: begin as u16, len: len as u16, offset: offset as u32 };
        }
        let mut state = first_try(key).wrapping_add(GOLDEN.wrapping_mul((at * LANES) as u64));
        while at <= (position + len - 1) / LANES {
            let step = batch.steps % STEPS;
            batch.words[step] = lanes.step();
            batch.states[step] = state;
            batch.passed[step] = batch.count as u16;
            state = state.wrapping_add(GOLDEN.wrapping_mul(LANES as u64));
            batch.steps += 1;
            at += 1;
        }
        batch.count += 1;
        runs.pass(run, len);
    }
    flush(batch);
}
