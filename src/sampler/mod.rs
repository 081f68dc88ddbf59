//! The samplers: from a block's key to its values, in portable code.
//!
//! The value at index *n* depends only on the stream's key, on *n* and on the distribution. Therefore
//! any part of a stream can be computed alone, and neither threads nor instruction sets can change a
//! bit. The code here defines the bits, and every backend must agree with it.
//!
//! 1. [`lanes`] turns a block's key into one 32-bit word for each of the 4096 positions of the block.
//! 2. [`signed`] turns the upper 25 bits of a word into a number that is symmetric about zero and never
//!    zero. [`uniform`] only scales and shifts it.
//! 3. [`ziggurat`] is the fast path of the normal and the truncated normal. The low 7 bits of the word
//!    choose a layer, and the number is multiplied by the layer's entry in [`tables`].
//! 4. [`overhang`] resolves the positions that the fast path rejects, 1 in 64, by hashes of the block's
//!    key and the position. It uses the `exp` and `ln` of [`math`].
//! 5. [`bounded`] is a normal with bounds. It redraws the values outside, also by hashes of the block's key
//!    and the position.
//!
//! All arithmetic is IEEE 754 `f32` in the order written, and each operation is rounded by itself. A
//! fused multiply-add or a reordered sum would change bits.
//!
//! The full specification is `docs/format.md`.

pub(crate) mod bounded;
pub(crate) mod lanes;
pub(crate) mod math;
pub(crate) mod overhang;
#[rustfmt::skip]
pub(crate) mod tables;
pub(crate) mod uniform;
pub(crate) mod ziggurat;

/// The number of lanes of the generator. The word at position *p* comes from lane *p* mod 16.
pub(crate) const LANES: usize = 16;

/// The number of values in a block. They share one block key, and take 256 steps of each lane.
pub(crate) const BLOCK: usize = 4096;

/// Returns the odd signed 25-bit number in the upper bits of a word, from −2²⁴ + 1 to 2²⁴ − 1. It is
/// exact in `f32`, symmetric about zero, and never zero.
#[inline]
pub(crate) const fn signed(word: u32) -> f32 {
    ((word as i32 >> 7) | 1) as f32
}
