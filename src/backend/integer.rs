//! The fast path without an FPU: products of two `f32` in integers.
//!
//! A Cortex-M0 has seven registers for a lane's state and the product, and an access to a spilled word takes two
//! cycles. Instructions and cycles per value of He normal there:
//!
//! | design | instructions | cycles |
//! | --- | ---: | ---: |
//! | both words of the product, rounded with all their bits | 170 | 234 |
//! | the upper bits only; what looks like a tie, and small j, by the compiler's soft-float functions | 146 | 198 |
//! | the same, but ties and small j decided in place | 135 | 185 |
//! | the same, and these rare branches out of the loop's line, which is the code below | 131 | 174 |
//!
//! Tried with the second of these and dropped: to write all words of the part to the slots first and to convert them
//! in place later (148, 199), the same with 8 words on the stack (154, and 48 bytes more of stack). With the third:
//! to go through the slots by `step_by` instead of an index (144).

use super::lanewise::Arithmetic;
use crate::{
    sampler::ziggurat::Density,
    target::{NO_LEADING_ZEROS, NO_LONG_PRODUCT, ONE, Unpacked, nearest, product, unlikely, upper},
};

/// The integer arithmetic suited to the target.
pub(super) type NativeInteger = Integer<NO_LONG_PRODUCT, NO_LEADING_ZEROS>;

/// Multiplies in integers. Some processors lack a product of two words and some a count of leading
/// zeros. On such processors the compiler would call a function or emit a long sequence.
pub(super) struct Integer<const NO_LONG_PRODUCT: bool, const NO_LEADING_ZEROS: bool>;

impl<const NO_LONG_PRODUCT: bool, const NO_LEADING_ZEROS: bool> Arithmetic
    for Integer<NO_LONG_PRODUCT, NO_LEADING_ZEROS>
{
    #[inline]
    fn fast<D: Density>(word: u32, std: f32) -> f32 {
        let edge = D::TABLES.edges[(word & 127) as usize];
        if NO_LONG_PRODUCT {
            return short::fast(word, edge.to_bits(), std.to_bits());
        }
        let edge = Unpacked::new(edge);
        let std = Unpacked::new(std);
        let std = Unpacked { significand: std.significand << 8, ..std };
        let scale = product::<false>(edge, std);
        scaled::<NO_LEADING_ZEROS>(word, scale)
    }

    #[inline]
    fn scaled(word: u32, factor: f32) -> f32 {
        if NO_LONG_PRODUCT {
            return short::scaled(word, factor.to_bits());
        }
        scaled::<NO_LEADING_ZEROS>(word, Unpacked::new(factor))
    }
}

/// Multiplies the signed number j in a word by a factor.
#[inline]
fn scaled<const NO_LEADING_ZEROS: bool>(word: u32, factor: Unpacked) -> f32 {
    // 2⁷ |j|. Because j is odd, -j is !j | 1.
    let magnitude = (word ^ (word as i32 >> 31) as u32) & !127 | 128;
    let j = normalised::<NO_LEADING_ZEROS>(magnitude);
    let Unpacked { exponent, significand } = product::<false>(factor, j);
    f32::from_bits(word & 1 << 31 | exponent.wrapping_add(significand))
}

/// Unpacks 2⁻⁷ × `magnitude`, for a magnitude from 1 to 2³¹ − 1. The significand is shifted to the
/// upper end of its word, as [`product`] requires of its second factor.
#[inline]
fn normalised<const NO_LEADING_ZEROS: bool>(magnitude: u32) -> Unpacked {
    if NO_LEADING_ZEROS {
        // Two iterations on average, because half of all magnitudes have one leading zero.
        let mut j = Unpacked { exponent: 149 * ONE, significand: magnitude << 1 };
        while j.significand >> 31 == 0 {
            j = Unpacked { exponent: j.exponent - ONE, significand: j.significand << 1 };
        }
        return j;
    }
    let zeros = magnitude.leading_zeros();
    Unpacked { exponent: (150 - zeros) * ONE, significand: magnitude << zeros }
}

/// The same without a product of two words. Always inlined, because with `opt-level = "z"` the calls took 42
/// instructions per value.
mod short {
    use super::{ONE, nearest, unlikely, upper};

    /// Multiplies the signed number in a word by the product of an edge and `std`, given as bits.
    #[inline(always)]
    pub(super) fn fast(word: u32, edge: u32, std: u32) -> f32 {
        let (a, b) = (significand(edge), significand(std));
        let upper = upper(a, b);
        let double = upper >> 31 ^ 1;
        let scale = nearest(upper << double, a, b);
        // The biased exponent of the product. The sign is taken along from here, because that spares a register.
        let sum = ((edge | word & 1 << 31) >> 23).wrapping_add((std >> 23).wrapping_sub(126));
        times(word, scale, sum.wrapping_sub(double))
    }

    /// Multiplies the signed number in a word by a factor, given as bits.
    #[inline(always)]
    pub(super) fn scaled(word: u32, factor: u32) -> f32 {
        times(word, significand(factor), (factor | word & 1 << 31) >> 23)
    }

    #[inline(always)]
    fn significand(bits: u32) -> u32 {
        bits & (ONE - 1) | ONE
    }

    /// Multiplies the magnitude of the signed number j in a word by a positive number. `exponent` is that of
    /// the number, and bit 8 is the sign of the result.
    #[inline(always)]
    fn times(word: u32, significand: u32, exponent: u32) -> f32 {
        // The result is `upper` × 2¹⁶ × 2^(exponent − 150), and its significand is `upper` / 2⁸: its exponent is larger
        // by 24. The leading bit of the significand adds one of these below.
        let mut exponent = exponent.wrapping_add(23);
        // |j|. Because j is odd, -j is !j | 1.
        let mut magnitude = (word ^ (word as i32 >> 31) as u32) >> 7 | 1;
        // From 2¹⁷ to 2²⁴, so that the product loses no more than 7 of the upper bits below.
        while magnitude >> 17 == 0 {
            unlikely();
            magnitude <<= 7;
            exponent = exponent.wrapping_sub(7);
        }
        let mut upper = upper(significand, magnitude);
        while upper >> 31 == 0 {
            upper <<= 1;
            exponent = exponent.wrapping_sub(1);
        }
        let significand = nearest(upper, significand, magnitude);
        f32::from_bits((exponent << 23).wrapping_add(significand))
    }
}
