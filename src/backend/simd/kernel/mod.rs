//! The body of the SIMD backends, written once: sixteen lanes at a time, as generic code over the
//! operations of [`Simd`](ops::Simd).
//!
//! ```text
//! for each block, or for two side by side:
//!     for each group of 64 positions:
//!         four steps of the lanes give 64 words                   lanes
//!         each word becomes a value: j × (edge × std)             values
//!         each value becomes what its slot holds                  round
//!         list the positions that the fast path rejects           resolver
//!     once 64 are listed, 16 or 32 tries at a time:               tries
//!         accepted                write the value to its slot
//!         rejected again          queue the next try
//!         in the tail             queue the try for the tail
//! at the end: resolve what is listed and queued
//! ```
//!
//! | file | what it has |
//! | --- | --- |
//! | [`fill`] | the entry points: which values and which resolver a job needs |
//! | [`blocks`] | the loop over blocks and groups, for whole blocks and for parts |
//! | [`bounds`] | redraws the values outside of bounds |
//! | [`runs`] | the loop over runs of indices |
//! | [`lanes`] | sixteen xoshiro128++ |
//! | [`values`] | from words to values: uniform, fast path |
//! | [`round`] | from values to `f16`, `bf16` and fixed point |
//! | [`resolver`] | the lists and queues of the rejected positions |
//! | [`tries`], [`math`] | one try of the overhang; `exp` and `ln` |
//! | [`rows`] | the inner loop of an orthogonal matrix |
//! | [`ops`] | the operations that a backend offers |
//! | [`tables`], [`queue`], [`sizes`] | data that the backends see |
//!
//! | word | what it means here |
//! | --- | --- |
//! | step | one word of each lane: 16 positions |
//! | group | 64 consecutive positions of a block: four steps |
//! | window | 16 blocks, whose rejected positions fit in 16 bits |
//! | rejected position | one that the fast path rejected: 1 in 64 |
//! | offset | the distance of a slot from the start of the slice |
//!
//! # Rejected positions
//!
//! Resolving one rejected position in scalar code takes 24 ns on a Zen 5, as long as 100 accepted ones,
//! because its branches are unpredictable. Here the only such branch is how full a queue is: every
//! other choice is a mask. The value of a rejected try is written all the same, and overwritten by
//! a later one.
//!
//! # How generic code gets its instructions
//!
//! A function can't be generic over the instructions that it may use. So no function here has any of its
//! own: all are `#[inline(always)]`, and become part of [`vectorize`](ops::Simd::vectorize) or
//! [`out_of_line`](ops::Simd::out_of_line), which each backend has with its instructions enabled.
//! The traps:
//!
//! * A closure needs `#[inline(always)]` as well, and is passed by value. Passed as `&F`, it is called
//!   through a shim without the instructions, and so are array methods like `map`. Each operation then
//!   becomes a call, and a fill takes 6 to 8 times as long. This happens with 16 codegen units (the
//!   default) and not with one. `benches/calls.sh` looks for it.
//! * A closure for `out_of_line` is `move`, or its captures are passed by way of memory.
//! * Short loops over vectors are unrolled by hand where the compiler didn't do it. This saves 7 % of the
//!   overhang's instructions. Stores through an iterator are unrolled by hand too, which saves 26 % of a
//!   fill's instructions.
//! * An associated constant can't be the length of an array. Hence buffers have room for every backend.
//!
//! An earlier version was a macro expanded in each backend. With AVX2, every sampler and slot takes between
//! 0.96 and 1.02 times the macro's instructions (rustc 1.95, 2²⁰ values); `benches/instructions.py`
//! counts them. In time, on a Zen 5 and with 2¹⁸ values, AVX-512 takes 0.98 to 1.00 times as long, and AVX2 0.97
//! to 1.06. The exception is the uniform into `i16`, which takes 1.10 and 1.12 times as long. Its cause is
//! not known.

mod blocks;
mod bounds;
mod fill;
mod lanes;
mod math;
pub(super) mod ops;
#[cfg(target_arch = "x86_64")]
pub(super) mod plain;
pub(super) mod queue;
mod resolver;
mod round;
mod rows;
mod runs;
pub(super) mod sizes;
pub(super) mod tables;
mod tries;
mod values;
