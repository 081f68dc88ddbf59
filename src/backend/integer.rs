//! The fast path where there is no FPU: the product of two `f32` in integers, rounded as IEEE 754
//! says, to nearest and ties to even. Nothing here is zero, subnormal, infinite or NaN, and no
//! product is, which is what a library's multiplication spends most of its time on.

use super::lanewise::Arithmetic;
use crate::sampler::ziggurat::Density;

/// Multiplies in integers. Some processors have no product of two words, some no count of leading
/// zeros; the compiler would call a function or write out a long trick.
pub(super) struct Integer<const NO_LONG_PRODUCT: bool, const NO_COUNT: bool>;

/// A positive normal number. Its bits are `exponent + significand`.
#[derive(Clone, Copy)]
struct Parts {
    /// The biased exponent less one, in its place.
    exponent: u32,
    /// 2²³ to 2²⁴: a carry out of the last bit need not be moved into the exponent.
    significand: u32,
}

/// One in the exponent's place, and the significand's leading bit.
const ONE: u32 = 1 << 23;

impl Parts {
    #[inline]
    const fn of(value: f32) -> Self {
        let bits = value.to_bits();
        let significand = bits & (ONE - 1) | ONE;
        Self { exponent: bits.wrapping_sub(significand), significand }
    }
}

impl<const NO_LONG_PRODUCT: bool, const NO_COUNT: bool> Arithmetic
    for Integer<NO_LONG_PRODUCT, NO_COUNT>
{
    #[inline]
    fn fast<D: Density>(word: u32, std: f32) -> f32 {
        let edge = Parts::of(D::TABLES.edges[(word & 127) as usize]);
        let std = Parts::of(std);
        let std = Parts { significand: std.significand << 8, ..std };
        let scale = product::<NO_LONG_PRODUCT>(edge, std);
        scaled::<NO_LONG_PRODUCT, NO_COUNT>(word, scale)
    }

    #[inline]
    fn scaled(word: u32, factor: f32) -> f32 {
        scaled::<NO_LONG_PRODUCT, NO_COUNT>(word, Parts::of(factor))
    }
}

/// The signed number j in a word, times a factor.
#[inline]
fn scaled<const NO_LONG_PRODUCT: bool, const NO_COUNT: bool>(word: u32, factor: Parts) -> f32 {
    // 2⁷ |j|. As j is odd, -j is !j | 1.
    let magnitude = (word ^ (word as i32 >> 31) as u32) & !127 | 128;
    let j = normalised::<NO_COUNT>(magnitude);
    let Parts { exponent, significand } = product::<NO_LONG_PRODUCT>(factor, j);
    f32::from_bits(word & 1 << 31 | exponent.wrapping_add(significand))
}

/// The parts of 2⁻⁷ `magnitude`, which is not zero and below 2³¹, with the significand as a second
/// factor wants it: at the upper end of its word.
#[inline]
fn normalised<const NO_COUNT: bool>(magnitude: u32) -> Parts {
    if NO_COUNT {
        // Of the leading zeros there are two on average.
        let mut parts = Parts { exponent: 149 * ONE, significand: magnitude << 1 };
        while parts.significand >> 31 == 0 {
            parts = Parts { exponent: parts.exponent - ONE, significand: parts.significand << 1 };
        }
        return parts;
    }
    let zeros = magnitude.leading_zeros();
    Parts { exponent: (150 - zeros) * ONE, significand: magnitude << zeros }
}

/// Their product. The second one's significand is at the upper end of its word.
#[inline]
fn product<const NO_LONG_PRODUCT: bool>(a: Parts, b: Parts) -> Parts {
    // 2⁵⁴ to 2⁵⁶: the upper word is the significand, or lacks one bit of it.
    let (mut high, mut low) = wide::<NO_LONG_PRODUCT>(a.significand, b.significand);
    let mut exponent = a.exponent.wrapping_add(b.exponent).wrapping_sub(125 * ONE);
    if high < ONE {
        (high, low) = (high << 1 | low >> 31, low << 1);
        exponent = exponent.wrapping_sub(ONE);
    }
    // Half is rounded up; and if it was half exactly, down again from odd to even.
    let half = low >> 31;
    high += half;
    if low << 1 == 0 {
        high &= !half;
    }
    Parts { exponent, significand: high }
}

/// The upper and the lower word of a product. `a` has up to 25 bits, at most 2²⁴, and `b` ends in
/// eight zeros.
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

/// The square root of a positive normal number, digit by digit, correctly rounded.
pub(crate) const fn sqrt(x: f32) -> f32 {
    let Parts { exponent, significand } = Parts::of(x);
    // x = 2²ⁿ `rest` / 2²³, from 1 to 4. With bias and less one, as `exponent` is, n + 126.
    let odd = (exponent / ONE) % 2;
    let mut rest = significand << odd << 1;
    let exponent = (exponent / ONE - odd + 126) / 2 * ONE;
    // The root has one digit more than the significand. `rest` is what is left of x, twice as large
    // for each digit, and `twice` two times the root so far.
    let (mut root, mut twice, mut digit) = (0_u32, 0, 1 << 24);
    while digit > 0 {
        if twice + digit <= rest {
            rest -= twice + digit;
            twice += 2 * digit;
            root += digit;
        }
        rest *= 2;
        digit /= 2;
    }
    // No root lies in the middle between two significands.
    f32::from_bits(exponent + root.div_ceil(2))
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;

    /// The exponent's parity and the significand decide: all of them are tried, and every exponent.
    #[test]
    fn the_square_root_is_that_of_the_fpu() {
        let significands = 1_f32.to_bits()..4_f32.to_bits();
        let exponents = (ONE..f32::INFINITY.to_bits()).step_by(99_991);
        for x in significands.chain(exponents).map(f32::from_bits) {
            assert_eq!(sqrt(x).to_bits(), x.sqrt().to_bits(), "{x}");
        }
    }
}
