//! The fast path without an FPU: the product of two `f32` in integers, rounded as IEEE 754 demands, to
//! nearest and ties to even. No operand or product here is zero, subnormal, infinite or NaN. A
//! library's multiplication spends most of its time on these cases.

use super::lanewise::Arithmetic;
use crate::{
    sampler::ziggurat::Density,
    target::{NO_LEADING_ZEROS, NO_LONG_PRODUCT},
};

/// The integer arithmetic suited to the target.
pub(super) type NativeInteger = Integer<NO_LONG_PRODUCT, NO_LEADING_ZEROS>;

/// Multiplies in integers. Some processors lack a product of two words and some a count of leading
/// zeros. On such processors the compiler would call a function or emit a long sequence.
pub(super) struct Integer<const NO_LONG_PRODUCT: bool, const NO_LEADING_ZEROS: bool>;

/// A positive normal number. Its bits are `exponent + significand`.
#[derive(Clone, Copy)]
struct Unpacked {
    /// The biased exponent less one, in the exponent's bits.
    exponent: u32,
    /// From 2²³ to 2²⁴ inclusive. The addition to `exponent` carries a rounded-up 2²⁴ over.
    significand: u32,
}

/// One in the exponent's bits, and the significand's implicit leading bit.
const ONE: u32 = 1 << 23;

impl Unpacked {
    #[inline]
    const fn new(value: f32) -> Self {
        let bits = value.to_bits();
        let significand = bits & (ONE - 1) | ONE;
        Self { exponent: bits.wrapping_sub(significand), significand }
    }
}

impl<const NO_LONG_PRODUCT: bool, const NO_LEADING_ZEROS: bool> Arithmetic
    for Integer<NO_LONG_PRODUCT, NO_LEADING_ZEROS>
{
    #[inline]
    fn fast<D: Density>(word: u32, std: f32) -> f32 {
        let edge = Unpacked::new(D::TABLES.edges[(word & 127) as usize]);
        let std = Unpacked::new(std);
        let std = Unpacked { significand: std.significand << 8, ..std };
        let scale = product::<NO_LONG_PRODUCT>(edge, std);
        scaled::<NO_LONG_PRODUCT, NO_LEADING_ZEROS>(word, scale)
    }

    #[inline]
    fn scaled(word: u32, factor: f32) -> f32 {
        scaled::<NO_LONG_PRODUCT, NO_LEADING_ZEROS>(word, Unpacked::new(factor))
    }
}

/// Multiplies the signed number j in a word by a factor.
#[inline]
fn scaled<const NO_LONG_PRODUCT: bool, const NO_LEADING_ZEROS: bool>(
    word: u32,
    factor: Unpacked,
) -> f32 {
    // 2⁷ |j|. Because j is odd, -j is !j | 1.
    let magnitude = (word ^ (word as i32 >> 31) as u32) & !127 | 128;
    let j = normalised::<NO_LEADING_ZEROS>(magnitude);
    let Unpacked { exponent, significand } = product::<NO_LONG_PRODUCT>(factor, j);
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

/// Multiplies two numbers and rounds. The second one's significand is at the upper end of its word.
#[inline]
fn product<const NO_LONG_PRODUCT: bool>(a: Unpacked, b: Unpacked) -> Unpacked {
    // From 2⁵⁴ to 2⁵⁶: the upper word is the significand, or half of it.
    let (mut high, mut low) = wide::<NO_LONG_PRODUCT>(a.significand, b.significand);
    let mut exponent = a.exponent.wrapping_add(b.exponent).wrapping_sub(125 * ONE);
    if high < ONE {
        (high, low) = (high << 1 | low >> 31, low << 1);
        exponent = exponent.wrapping_sub(ONE);
    }
    // A half is rounded up. If it was exactly a half, an odd result goes back down to even.
    let half = low >> 31;
    high += half;
    if low << 1 == 0 {
        high &= !half;
    }
    Unpacked { exponent, significand: high }
}

/// Returns the upper and the lower word of a product. `a` is at most 2²⁴, and `b` ends in eight zero
/// bits.
#[inline]
fn wide<const NO_LONG_PRODUCT: bool>(a: u32, b: u32) -> (u32, u32) {
    if NO_LONG_PRODUCT {
        // Three products of halves, where the compiler calls a function of 40 instructions.
        let b = b >> 8;
        let low = (a & 0xffff) * (b & 0xffff);
        let upper = (a >> 16) * b + (a & 0xffff) * (b >> 16) + (low >> 16);
        return (upper >> 8, upper << 24 | (low & 0xffff) << 8);
    }
    let product = a as u64 * b as u64;
    ((product >> 32) as u32, product as u32)
}
