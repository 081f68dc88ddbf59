//! `exp` and `ln` for the overhang.
//!
//! Their bits belong to the format, so the crate has its own functions instead of a library's, whose
//! bits change when they are improved. The order of operations is fixed, each is rounded by itself, and
//! there is no fused multiply-add. The polynomials interpolate at Chebyshev nodes, and their
//! coefficients are in [`tables`](super::tables). Compared with `libm` in double precision, the errors
//! are at most 1.05 ulp for `exp` and 1 ulp for `ln`, which tests check.

use core::f32::consts::LOG2_E;

use super::tables::{EXP, LN};

/// The larger part of ln 2. It has 15 significant bits, so its product with a small integer is exact.
pub(crate) const LN_2_HIGH: f32 = 0.693_145_75;
/// The rest of ln 2.
pub(crate) const LN_2_LOW: f32 = (core::f64::consts::LN_2 - LN_2_HIGH as f64) as f32;

/// 1.5 × 2²³. A sum with it is rounded to an integer, whose bits are the low bits of the sum.
pub(crate) const INTEGER: f32 = 12_582_912.0;

/// The bits of √½.
pub(crate) const SQRT_HALF: u32 = 0x3f35_04f3;

/// Returns eˣ for −80 ≤ x ≤ 0.
///
/// Neither `exp` nor `ln` is inlined, because both are rarely called. If they are inlined, their
/// constants are loaded before the first try and occupy registers. A fill on a Cortex-M4F then takes 29
/// instructions per value instead of 27.
#[inline(never)]
pub(crate) fn exp(x: f32) -> f32 {
    // x = n ln 2 + r with |r| ≤ ln 2 / 2. The addition rounds to an integer and leaves it in the low bits.
    // A conversion by `as` would be slower, because it must saturate and some processors convert slowly.
    let shifted = x * LOG2_E + INTEGER;
    let n = shifted - INTEGER;
    let r = (x - n * LN_2_HIGH) - n * LN_2_LOW;
    let mut p = EXP[EXP.len() - 1];
    for &c in EXP.iter().rev().skip(1) {
        p = p * r + c;
    }
    let y = 1.0 + (r + r * r * p);
    y * f32::from_bits((shifted.to_bits() << 23).wrapping_add(1_f32.to_bits()))
}

/// Returns ln x for a normal number x with 0 < x ≤ 1.
#[inline(never)]
pub(crate) fn ln(x: f32) -> f32 {
    // x = 2ⁿ (1 + f), where 1 + f lies between √½ and √2.
    let bits = x.to_bits().wrapping_sub(SQRT_HALF);
    let n = (bits as i32 >> 23) as f32;
    let f = f32::from_bits((bits & 0x007f_ffff) + SQRT_HALF) - 1.0;
    let mut p = LN[LN.len() - 1];
    for &c in LN.iter().rev().skip(1) {
        p = p * f + c;
    }
    let square = f * f;
    let small = (square * f * p - square * 0.5) + n * LN_2_LOW;
    n * LN_2_HIGH + (f + small)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(dead_code, reason = "the tests of the public crate use the rest")]
    mod vectors {
        include!("../../tests/vectors.rs");
    }

    /// Compares all bits with those of a second implementation. A fused or reordered operation changes
    /// one overhang value in 10⁹, which no other test would see.
    #[test]
    fn the_bits_are_those_of_the_format() {
        let hash = |(count, _): (u64, u64), value: &dyn Fn(u64) -> f32| {
            (0..count)
                .flat_map(|n| value(n).to_bits().to_le_bytes())
                .fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
                    (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
                })
        };
        assert_eq!(hash(vectors::EXP_HASH, &|n| exp(n as f32 / -4096.0)), vectors::EXP_HASH.1);
        let middle = |n| (2 * n + 1) as f32 / (1 << 17) as f32;
        assert_eq!(hash(vectors::LN_HASH, &|n| ln(middle(n))), vectors::LN_HASH.1);
    }

    /// Returns the error of `given` in units of the last place of `exact`.
    fn ulps(given: f32, exact: f64) -> f64 {
        let ulp = f32::from_bits((exact as f32).to_bits() + 1) as f64 - (exact as f32) as f64;
        ((given as f64 - exact) / ulp).abs()
    }

    #[test]
    fn exp_is_within_1_05_ulp() {
        // Half of the samples lie densely from 0 to −8, where the overhang needs `exp`. The other half
        // reaches −80.
        let worst = (0..8_000_000)
            .map(|i| -(i as f32) * if i % 2 == 0 { 1e-6 } else { 1e-5 })
            .map(|x| ulps(exp(x), libm::exp(x as f64)))
            .fold(0.0, f64::max);
        assert!(worst <= 1.05, "{worst} ulp");
    }

    #[test]
    fn ln_is_within_1_ulp() {
        let middles = (0..1 << 20).map(|a| (2 * a + 1) as f32 / (1 << 21) as f32);
        let normals = (f32::MIN_POSITIVE.to_bits()..=1_f32.to_bits()).step_by(997);
        let worst = middles
            .chain(normals.map(f32::from_bits))
            .map(|x| ulps(-ln(x), -libm::log(x as f64)))
            .fold(0.0, f64::max);
        assert!(worst <= 1.0, "{worst} ulp");
    }
}
