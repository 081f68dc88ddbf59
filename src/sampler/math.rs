//! `exp` and `ln` for the overhang. Their bits belong to the format, so they are the crate's own
//! and not a library's: a fixed order of operations, each rounded by itself, no fused
//! multiply-add. Polynomials by interpolation at Chebyshev nodes ([`tables`](super::tables)).
//! Errors against `libm` in double precision, tested: at most 1.05 ulp for `exp`, 1 ulp for `ln`.

use core::f32::consts::LOG2_E;

use super::tables::{EXP, LN};

/// ln 2 in two parts. The first has 15 bits, so its product with a small integer is exact.
pub(crate) const LN_2_HIGH: f32 = 0.693_145_75;
pub(crate) const LN_2_LOW: f32 = (core::f64::consts::LN_2 - LN_2_HIGH as f64) as f32;

/// 1.5 × 2²³: of a sum with it, the unit is 1, and the low bits are those of the integer.
pub(crate) const INTEGER: f32 = 12_582_912.0;

/// The bits of √½.
pub(crate) const SQRT_HALF: u32 = 0x3f35_04f3;

/// eˣ for -80 <= x <= 0.
///
/// Not inlined, and neither is `ln`: they are rare, and their constants would be loaded before the
/// first try and take the registers: a fill of 29 instructions per value on a Cortex-M4F, not 27.
#[inline(never)]
pub(crate) fn exp(x: f32) -> f32 {
    // x = n ln 2 + r, |r| <= ln 2 / 2. An addition rounds to an integer and leaves it in the low
    // bits: no conversion, which some processors are slow at and Rust's `as` must saturate.
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

/// ln x for 0 < x <= 1, x normal.
#[inline(never)]
pub(crate) fn ln(x: f32) -> f32 {
    // x = 2ⁿ (1 + f), 1 + f from √½ to √2.
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

    /// Bit for bit, against a second implementation: a fused or reordered operation changes a
    /// value in the overhang once in 10⁹, which no other test would see.
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

    fn ulps(given: f32, exact: f64) -> f64 {
        let ulp = f32::from_bits((exact as f32).to_bits() + 1) as f64 - (exact as f32) as f64;
        ((given as f64 - exact) / ulp).abs()
    }

    #[test]
    fn exp_is_within_1_05_ulp() {
        // Closely where the overhang asks, and on to -80.
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
