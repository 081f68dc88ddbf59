//! The portable backend where there are no vectors, which is on microcontrollers: one lane after the
//! other, each writing every sixteenth slot.
//!
//! So the lane's state stays in registers, where sixteen states would be 256 bytes of stack that are
//! loaded and stored for every value; and a position that has left the fast path is mended on the
//! spot, without a second pass. The multiplications are the FPU's or, without one,
//! [`integer`](super::integer)'s.
//!
//! Each job is a function of its own that is handed its parameters in registers: as one function with
//! four loops it took 50 bytes more of stack on a Cortex-M0. The overhang is kept out of it. A
//! Cortex-M4F takes 27 instructions per value at the optimisation levels 2, 3 and s; with the overhang
//! inlined it took 27 to 42, depending on the level. Slots by `chunks_mut`: 6 more per value.

use core::mem::MaybeUninit;

use super::{Job, for_each_block};
use crate::{
    Stream,
    sampler::{
        LANES,
        lanes::Lane,
        overhang::overhang,
        signed,
        ziggurat::{Density, Normal, Truncated, fast, leaves},
    },
};

/// How the fast path multiplies.
pub(super) trait Arithmetic {
    /// The fast path, for a word that has not left it.
    fn fast<D: Density>(word: u32, std: f32) -> f32;

    /// The signed number in a word, times a positive factor.
    fn scaled(word: u32, factor: f32) -> f32;
}

/// With an FPU.
pub(super) struct Float;

impl Arithmetic for Float {
    #[inline]
    fn fast<D: Density>(word: u32, std: f32) -> f32 {
        fast::<D>(word, std)
    }

    #[inline]
    fn scaled(word: u32, factor: f32) -> f32 {
        signed(word) * factor
    }
}

/// Where a block's lanes come from, part by part.
pub(super) trait Source {
    /// The lane of a position, in a part that begins at position `first`.
    fn lane(&mut self, block_key: u64, first: usize, position: usize) -> Lane;

    /// Lane `number` where the part has left it.
    fn keep(&mut self, number: usize, lane: Lane);

    /// The part has ended before position `end`.
    fn end(&mut self, block_key: u64, end: usize);
}

/// From the block's key, stepped to where the part begins.
pub(super) struct Fresh;

impl Source for Fresh {
    #[inline]
    fn lane(&mut self, block_key: u64, _: usize, position: usize) -> Lane {
        Lane::at(block_key, position)
    }

    #[inline]
    fn keep(&mut self, _: usize, _: Lane) {}

    #[inline]
    fn end(&mut self, _: u64, _: usize) {}
}

/// From where the last part left them, if this one goes on there.
#[derive(Clone, Debug)]
pub(crate) struct Resumed {
    block_key: u64,
    end: usize,
    lanes: [Lane; LANES],
}

impl Resumed {
    /// After no part.
    pub(crate) const fn new() -> Self {
        Self { block_key: 0, end: usize::MAX, lanes: [Lane::ZERO; LANES] }
    }
}

impl Source for Resumed {
    #[inline]
    fn lane(&mut self, block_key: u64, first: usize, position: usize) -> Lane {
        if (block_key, first) == (self.block_key, self.end) {
            self.lanes[position % LANES]
        } else {
            Lane::at(block_key, position)
        }
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

/// Fills `out` with the values of the indices from `start` on. Inlined, and all that leads to it: a
/// frame of its own would be 64 bytes of the stack of a Cortex-M0.
#[inline(always)]
pub(super) fn fill<A: Arithmetic>(
    job: &Job,
    stream: Stream,
    start: u64,
    lanes: &mut impl Source,
    out: &mut [MaybeUninit<f32>],
) {
    match *job {
        Job::Constant(value) => out.fill(MaybeUninit::new(value)),
        Job::Uniform(uniform) if uniform.symmetric() => {
            let factor = uniform.factor();
            each(stream, start, lanes, out, move |word, _| A::scaled(word, factor));
        }
        Job::Uniform(uniform) => each(stream, start, lanes, out, move |word, _| {
            uniform.around(A::scaled(word, uniform.factor()))
        }),
        Job::Normal { mean, std } => ziggurat::<A, Normal>(mean, std, stream, start, lanes, out),
        Job::Truncated { mean, sigma } => {
            ziggurat::<A, Truncated>(mean, sigma, stream, start, lanes, out);
        }
        #[cfg(any(test, feature = "stages"))]
        Job::Words => each(stream, start, lanes, out, |word, _| f32::from_bits(word)),
        #[cfg(any(test, feature = "stages"))]
        Job::Fast { std } => {
            let value = move |word, _| {
                if leaves(word) { f32::NAN } else { A::fast::<Normal>(word, std) }
            };
            each(stream, start, lanes, out, value);
        }
        #[cfg(any(test, feature = "stages"))]
        Job::Overhang { std } => {
            each(stream, start, lanes, out, move |_, place| mended::<Normal>(place) * std)
        }
    }
}

#[inline]
fn ziggurat<A: Arithmetic, D: Density>(
    mean: f32,
    std: f32,
    stream: Stream,
    start: u64,
    lanes: &mut impl Source,
    out: &mut [MaybeUninit<f32>],
) {
    let value = move |word, place| {
        if leaves(word) { mended::<D>(place) * std } else { A::fast::<D>(word, std) }
    };
    if mean == 0.0 {
        each(stream, start, lanes, out, value);
    } else {
        each(stream, start, lanes, out, move |word, place| value(word, place) + mean);
    }
}

/// A block's key, and a position in the block.
type Place = (u64, usize);

/// Out of the loop, whose registers it would take.
#[cold]
#[inline(never)]
fn mended<D: Density>((block_key, position): Place) -> f32 {
    overhang::<D>(block_key, position)
}

/// Writes the value of each word.
#[inline(never)]
fn each(
    stream: Stream,
    start: u64,
    lanes: &mut impl Source,
    out: &mut [MaybeUninit<f32>],
    value: impl Fn(u32, Place) -> f32,
) {
    for_each_block(stream, start, out, |block_key, first, part| {
        for lane in 0..LANES {
            // The lane's first slot.
            let mut slot = lane.wrapping_sub(first) % LANES;
            let mut words = lanes.lane(block_key, first, first + slot);
            while let Some(value_of) = part.get_mut(slot) {
                value_of.write(value(words.step(), (block_key, first + slot)));
                slot += LANES;
            }
            lanes.keep(lane, words);
        }
        lanes.end(block_key, first + part.len());
    });
}
