//! `exp` and `ln` of the overhang, in the order of operations of [`sampler::math`](crate::sampler::math).

use core::f32::consts::LOG2_E;

use super::ops::Simd;
use crate::sampler::{
    math::{INTEGER, LN_2_HIGH, LN_2_LOW, SQRT_HALF},
    tables::{EXP, LN},
};

/// Returns exp(-x²/2), computed as [`exp`](crate::sampler::math::exp) does. `W` vectors side by side
/// hide each other's latency.
#[inline(always)]
pub(crate) fn density<S: Simd, const W: usize>(simd: S, x: [S::F32; W]) -> [S::F32; W] {
    let (mut r, mut n, mut p) = (x, x, [simd.splat_f(EXP[EXP.len() - 1]); W]);
    for i in 0..W {
        let x = simd.mul_f(simd.mul_f(x[i], x[i]), simd.splat_f(-0.5));
        n[i] = simd.add_f(simd.mul_f(x, simd.splat_f(LOG2_E)), simd.splat_f(INTEGER));
        let whole = simd.sub_f(n[i], simd.splat_f(INTEGER));
        r[i] = simd.sub_f(x, simd.mul_f(whole, simd.splat_f(LN_2_HIGH)));
        r[i] = simd.sub_f(r[i], simd.mul_f(whole, simd.splat_f(LN_2_LOW)));
    }
    for &c in EXP.iter().rev().skip(1) {
        for i in 0..W {
            p[i] = simd.add_f(simd.mul_f(p[i], r[i]), simd.splat_f(c));
        }
    }
    for i in 0..W {
        let y = simd.add_f(r[i], simd.mul_f(simd.mul_f(r[i], r[i]), p[i]));
        let y = simd.add_f(simd.splat_f(1.0), y);
        let power = simd.add(simd.shl::<23>(simd.to_bits(n[i])), simd.splat(1_f32.to_bits()));
        p[i] = simd.mul_f(y, simd.float_of_bits(power));
    }
    p
}

/// Returns ln x, computed as [`ln`](crate::sampler::math::ln) does.
#[inline(always)]
pub(crate) fn ln<S: Simd>(simd: S, x: S::F32) -> S::F32 {
    let from_root = simd.sub(simd.to_bits(x), simd.splat(SQRT_HALF));
    let n = simd.to_float(simd.sar::<23>(from_root));
    let f = simd.add(simd.and(from_root, simd.splat(0x007f_ffff)), simd.splat(SQRT_HALF));
    let f = simd.sub_f(simd.float_of_bits(f), simd.splat_f(1.0));
    let mut p = simd.splat_f(LN[LN.len() - 1]);
    for &c in LN.iter().rev().skip(1) {
        p = simd.add_f(simd.mul_f(p, f), simd.splat_f(c));
    }
    let square = simd.mul_f(f, f);
    let cubic = simd.mul_f(simd.mul_f(square, f), p);
    let small = simd.sub_f(cubic, simd.mul_f(square, simd.splat_f(0.5)));
    let small = simd.add_f(small, simd.mul_f(n, simd.splat_f(LN_2_LOW)));
    simd.add_f(simd.mul_f(n, simd.splat_f(LN_2_HIGH)), simd.add_f(f, small))
}
