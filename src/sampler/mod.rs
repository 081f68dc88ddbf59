//! What the value at a position is: *stream format 1*, in prose here, in portable code next to it.
//!
//! A stream is an endless sequence of values. The value at index *n* is a function of the stream's
//! key, *n* and the distribution alone; hence a prefix is a prefix, any part can be computed
//! without the rest, and neither threads nor instruction sets can matter.
//!
//! 1. **Block.** Index *n* lies in block *n* / 4096, at position *p* = *n* mod 4096. The block's
//!    key is a hash of the stream's key and the block's number ([`Stream`](crate::Stream)).
//! 2. **Word.** The block's key seeds 16 lanes of xoshiro128++ ([`lanes`]). Position *p* takes
//!    step *p* / 16 of lane *p* mod 16: one 32-bit word *w*, never more and never less.
//! 3. **Parts.** The layer is the low 7 bits of *w*. The rest becomes an odd signed number of 25
//!    bits, `j = ((w as i32) >> 7) | 1`: exact in `f32`, symmetric, never zero.
//! 4. **Uniform.** `j × (half × 2⁻²⁴)`, where `half` is half the width; if the bounds are not
//!    symmetric, add the middle and clamp ([`uniform`]).
//! 5. **Normal.** In the layers 0 to 125, `j × (edges[layer] × std)`; if the mean is not zero, add
//!    it ([`ziggurat`]). In the layers 126 and 127 the position has left the fast path, and its
//!    `z` is decided by SplitMix64 of the block's key, counted by position and try ([`overhang`]).
//!    Its value is `z × std`, and the mean is added in the same way.
//! 6. **Truncated normal.** As the normal, with tables of its own and with σ in the place of `std`,
//!    where σ = std ÷ 0.87962566.
//!
//! The std and the bound come from [`Init`](crate::Init), whose doc says in which order they are
//! computed.
//!
//! All of it is IEEE 754 `f32` addition, multiplication, division, square root, comparison and
//! conversion, in the order written, each rounded by itself: no fused multiply-add. A fused or
//! reordered operation changes bits, and so does a library's `exp` on the day it is improved; hence
//! [`math`].

pub(crate) mod lanes;
pub(crate) mod math;
pub(crate) mod overhang;
#[rustfmt::skip]
pub(crate) mod tables;
pub(crate) mod uniform;
pub(crate) mod ziggurat;

/// Lanes of the generator: the word at position *p* comes from lane *p* mod 16.
pub(crate) const LANES: usize = 16;

/// Values in a block, all from one block key: 256 steps of each lane.
pub(crate) const BLOCK: usize = 4096;

/// The odd signed 25-bit number in the upper bits of a word: -2²⁴ + 1 to 2²⁴ - 1, never zero.
#[inline]
pub(crate) const fn signed(word: u32) -> f32 {
    ((word as i32 >> 7) | 1) as f32
}
