//! The fast path without an FPU: products of two `f32` in integers.

use super::lanewise::Arithmetic;
use crate::{
    sampler::ziggurat::Density,
    target::{NO_LEADING_ZEROS, NO_LONG_PRODUCT, ONE, Unpacked, product},
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
