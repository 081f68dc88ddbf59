//! The portable backend for processors without vectors, which are microcontrollers and WebAssembly without SIMD: one lane
//! after the other, each writing every sixteenth slot.
//!
//! One lane's state stays in registers. All sixteen states would take 256 bytes of stack, to be loaded
//! and stored for every value. A rejected position is resolved at once, without a second pass. The
//! multiplications are the FPU's, or without an FPU those of [`integer`](super::integer).
//!
//! Each job is a function of its own that gets its parameters in registers. One function with four
//! loops took 50 bytes more of stack on a Cortex-M0. The overhang is kept out of the loop. With it, a
//! Cortex-M4F takes 27 instructions per value at the optimisation levels 2, 3 and s; with the overhang
//! inlined it took 27 to 42, depending on the level. Writing the slots by `chunks_mut` took 6 more
//! instructions per value.

use core::mem::MaybeUninit;

use super::{for_each_block::for_each_block, job::Job};
use crate::{
    sampler::{
        LANES,
        bounded::Bounded,
        lanes::Lane,
        overhang::overhang,
        signed,
        uniform::Uniform,
        ziggurat::{Density, Normal, Truncated, fast, rejects},
    },
    slot::{Rounding, Sink},
    stream::Stream,
};

/// The multiplications of the fast path.
pub(super) trait Arithmetic {
    /// Returns the value of a word that the fast path accepts.
    fn fast<D: Density>(word: u32, std: f32) -> f32;

    /// Multiplies the signed number in a word by a positive factor.
    fn scaled(word: u32, factor: f32) -> f32;
}

/// Multiplications by the FPU.
pub(super) struct Fpu;

impl Arithmetic for Fpu {
    #[inline]
    fn fast<D: Density>(word: u32, std: f32) -> f32 {
        fast::<D>(word, std)
    }

    #[inline]
    fn scaled(word: u32, factor: f32) -> f32 {
        signed(word) * factor
    }
}

/// A source of a block's lanes, part by part.
pub(super) trait LaneSource {
    /// Returns the lane of a position, in a part that begins at position `first`.
    fn lane(&mut self, block_key: u64, first: usize, position: usize) -> Lane;

    /// Takes lane `number` back after the part.
    fn keep(&mut self, number: usize, lane: Lane);

    /// Marks the end of the part at position `end`.
    fn end(&mut self, block_key: u64, end: usize);
}

/// Seeds each lane from the block's key and steps it to the beginning of the part.
pub(super) struct Fresh;

impl LaneSource for Fresh {
    #[inline]
    fn lane(&mut self, block_key: u64, _: usize, position: usize) -> Lane {
        Lane::at(block_key, position)
    }

    #[inline]
    fn keep(&mut self, _: usize, _: Lane) {}

    #[inline]
    fn end(&mut self, _: u64, _: usize) {}
}

/// Continues each lane where the last part left it, if this part does not begin before that in the same
/// block.
#[derive(Clone, Debug)]
pub(crate) struct Resumed {
    block_key: u64,
    /// The position at which the last part ended. Each lane stands at the first of its positions from there
    /// on.
    end: usize,
    lanes: [Lane; LANES],
}

impl Resumed {
    /// Returns a source with no saved lanes.
    pub(crate) const fn new() -> Self {
        Self { block_key: 0, end: usize::MAX, lanes: [Lane::ZERO; LANES] }
    }
}

impl LaneSource for Resumed {
    #[inline]
    fn lane(&mut self, block_key: u64, first: usize, position: usize) -> Lane {
        if block_key != self.block_key || first < self.end {
            return Lane::at(block_key, position);
        }
        let mut lane = self.lanes[position % LANES];
        for _ in 0..(position - self.end) / LANES {
            lane.step();
        }
        lane
    }

    #[inline]
    fn keep(&mut self, number: usize, lane: Lane) {
        self.lanes[number % LANES] = lane;
    }

    #[inline]
    fn end(&mut self, block_key: u64, end: usize) {
        (self.block_key, self.end) = (block_key, end);
    }
}

/// Fills `out` with the values of the indices from `start` on, rounded to their slots. Returns the number of
/// values that saturated. Inlined along the whole call chain, because a frame of its own would take 64 bytes
/// of stack on a Cortex-M0.
#[inline(always)]
pub(super) fn fill<A: Arithmetic, R: Rounding>(
    job: &Job,
    stream: Stream,
    start: u64,
    lanes: &mut impl LaneSource,
    rounding: R,
    out: &mut [MaybeUninit<R::Slot>],
) -> usize {
    match *job {
        Job::Constant(value) => {
            let mut out = Sink::new(rounding, out);
            out.fill(value);
            out.saturated
        }
        Job::Uniform { low, high } => {
            let uniform = Uniform::new(low, high);
            let factor = uniform.factor();
            if uniform.symmetric() {
                each(stream, start, lanes, rounding, out, move |word, _| A::scaled(word, factor))
            } else {
                let value = move |word, _| uniform.around(A::scaled(word, factor));
                each(stream, start, lanes, rounding, out, value)
            }
        }
        Job::Normal { mean, std } => {
            ziggurat::<A, Normal, R>(mean, std, stream, start, lanes, rounding, out)
        }
        Job::Truncated { mean, sigma } => {
            ziggurat::<A, Truncated, R>(mean, sigma, stream, start, lanes, rounding, out)
        }
        Job::Bounded { mean, std, sigmas } => {
            let normal = (mean, std, sigmas);
            bounded::<A, R>(normal, stream, start, lanes, rounding, out)
        }
        #[cfg(any(test, feature = "stages"))]
        Job::Words => each(stream, start, lanes, rounding, out, |word, _| f32::from_bits(word)),
        #[cfg(any(test, feature = "stages"))]
        Job::Fast { std } => {
            let value = move |word, _| {
                if rejects(word) { f32::NAN } else { A::fast::<Normal>(word, std) }
            };
            each(stream, start, lanes, rounding, out, value)
        }
        #[cfg(any(test, feature = "stages"))]
        Job::Overhang { std } => {
            each(stream, start, lanes, rounding, out, move |_, at| resolved::<Normal>(at) * std)
        }
    }
}

#[inline]
fn ziggurat<A: Arithmetic, D: Density, R: Rounding>(
    mean: f32,
    std: f32,
    stream: Stream,
    start: u64,
    lanes: &mut impl LaneSource,
    rounding: R,
    out: &mut [MaybeUninit<R::Slot>],
) -> usize {
    let value = move |word, at| {
        if rejects(word) { resolved::<D>(at) * std } else { A::fast::<D>(word, std) }
    };
    if mean == 0.0 {
        each(stream, start, lanes, rounding, out, value)
    } else {
        each(stream, start, lanes, rounding, out, move |word, at| value(word, at) + mean)
    }
}

/// Compares each value with the bounds. A function of its own, so that its frame is not part of the other jobs'.
#[inline(never)]
fn bounded<A: Arithmetic, R: Rounding>(
    (mean, std, sigmas): (f32, f32, f32),
    stream: Stream,
    start: u64,
    lanes: &mut impl LaneSource,
    rounding: R,
    out: &mut [MaybeUninit<R::Slot>],
) -> usize {
    let normal = Bounded::new(mean, std, sigmas);
    each(stream, start, lanes, rounding, out, |word, at| {
        let offset =
            if rejects(word) { resolved::<Normal>(at) * std } else { A::fast::<Normal>(word, std) };
        let value = offset + mean;
        if normal.contains(value) { value } else { redrawn(&normal, at) }
    })
}

/// A block's key, and a position in the block.
type KeyAndPosition = (u64, usize);

/// Resolves a rejected position. Kept out of the loop, because it would take the registers of the loop.
#[cold]
#[inline(never)]
fn resolved<D: Density>((block_key, position): KeyAndPosition) -> f32 {
    overhang::<D>(block_key, position)
}

/// Redraws a position. Kept out of the loop for the same reason.
#[cold]
#[inline(never)]
fn redrawn(bounded: &Bounded, (block_key, position): KeyAndPosition) -> f32 {
    bounded.redraw(block_key, position)
}

/// Writes the rounded value of each word, lane by lane. Returns the number of values that saturated.
#[inline(never)]
fn each<R: Rounding>(
    stream: Stream,
    start: u64,
    lanes: &mut impl LaneSource,
    rounding: R,
    out: &mut [MaybeUninit<R::Slot>],
    value: impl Fn(u32, KeyAndPosition) -> f32,
) -> usize {
    let mut saturated = 0_usize;
    for_each_block(stream, start, out, |block_key, first, part| {
        for lane in 0..LANES {
            // The index in `part` of the lane's first slot, and then of each slot that follows.
            let mut i = lane.wrapping_sub(first) % LANES;
            let mut words = lanes.lane(block_key, first, first + i);
            while let Some(slot) = part.get_mut(i) {
                let value = value(words.step(), (block_key, first + i));
                let (rounded, saturates) = rounding.round(value);
                slot.write(rounded);
                saturated = saturated.wrapping_add(usize::from(saturates));
                i += LANES;
            }
            lanes.keep(lane, words);
        }
        lanes.end(block_key, first + part.len());
    });
    saturated
}
