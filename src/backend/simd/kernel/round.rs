//! How the values of a group become what the slots hold, sixteen at a time.
//!
//! Each value becomes a word, and [`Simd::pack`] takes the bits of the slot from each word.

use core::mem::MaybeUninit;

use super::{
    ops::Simd,
    sizes::{GROUP, STEPS},
};
use crate::{
    sampler::{LANES, math::INTEGER},
    slot::{Format, Rounding},
};

/// Rounds values to their slots, group by group. Returns how many saturated.
#[inline(always)]
pub(crate) fn round_all<S: Simd, R: Rounding>(
    simd: S,
    rounding: R,
    values: &[f32],
    slots: &mut [MaybeUninit<R::Slot>],
) -> usize {
    let mut saturated = 0;
    let (steps, _) = values.as_chunks::<LANES>();
    let (groups, _) = steps.as_chunks::<STEPS>();
    for (values, slots) in groups.iter().zip(slots.as_chunks_mut().0) {
        let &[a, b, c, d] = values;
        let vectors = [simd.load_f(&a), simd.load_f(&b), simd.load_f(&c), simd.load_f(&d)];
        saturated += round_group(simd, rounding, vectors, slots);
    }
    saturated
}

/// Rounds a group's values to their slots. Returns how many saturated.
#[inline(always)]
pub(crate) fn round_group<S: Simd, R: Rounding>(
    simd: S,
    rounding: R,
    values: [S::F32; STEPS],
    slots: &mut [MaybeUninit<R::Slot>; GROUP],
) -> usize {
    let Format::Fixed { multiplier, zero_point, low, high, saturates } = rounding.format() else {
        return round_each(simd, rounding, values, slots);
    };
    let multiplier = simd.splat_f(multiplier);
    let [a, b, c, d] = values;
    let steps = [
        simd.mul_f(a, multiplier),
        simd.mul_f(b, multiplier),
        simd.mul_f(c, multiplier),
        simd.mul_f(d, multiplier),
    ];
    let (low, high) = (simd.splat_f(low), simd.splat_f(high));
    let (mut lowest, mut highest) = (low, high);
    if saturates {
        for steps in steps {
            (lowest, highest) = (simd.min_f(steps, lowest), simd.max_f(steps, highest));
        }
        if simd.bits(simd.less_f(lowest, low)) | simd.bits(simd.less_f(high, highest)) != 0 {
            // Out of line, because a format is chosen such that few values saturate.
            return simd.out_of_line(
                #[inline(always)]
                move || round_each(simd, rounding, values, slots),
            );
        }
    }
    let [a, b, c, d] = steps;
    let words = [
        to_integer::<S, R>(simd, a, zero_point),
        to_integer::<S, R>(simd, b, zero_point),
        to_integer::<S, R>(simd, c, zero_point),
        to_integer::<S, R>(simd, d, zero_point),
    ];
    simd.pack(slots, words, false);
    0
}

/// Rounds a group's values one vector at a time: floating-point formats, and fixed point with values that
/// saturate.
#[inline(always)]
fn round_each<S: Simd, R: Rounding>(
    simd: S,
    rounding: R,
    values: [S::F32; STEPS],
    slots: &mut [MaybeUninit<R::Slot>; GROUP],
) -> usize {
    let [a, b, c, d] = values;
    let (a, saturates) = round(simd, rounding, a);
    let (b, saturates2) = round(simd, rounding, b);
    let (c, saturates3) = round(simd, rounding, c);
    let (d, saturates4) = round(simd, rounding, d);
    simd.pack(slots, [a, b, c, d], upper_half(rounding));
    let masks = [saturates, saturates2, saturates3, saturates4];
    masks.iter().map(|mask| mask.count_ones() as usize).sum()
}

/// Whether [`round`] leaves the slot's bits in the upper half of the word.
#[inline(always)]
pub(crate) fn upper_half<R: Rounding>(rounding: R) -> bool {
    matches!(rounding.format(), Format::Bf16)
}

/// Returns the words in which [`Simd::pack`] finds what [`Rounding::round`] gives, and a bit for each
/// value that saturates. NaN, which stands for a rejected position and is overwritten later,
/// becomes anything and does not saturate.
#[inline(always)]
pub(crate) fn round<S: Simd, R: Rounding>(simd: S, rounding: R, value: S::F32) -> (S::U32, u16) {
    let x = simd.to_bits(value);
    match rounding.format() {
        Format::F32 => (x, 0),
        Format::Bf16 => (simd.add_if(simd.add(x, simd.splat(0x7fff)), x, 1 << 16), 0),
        Format::F16 => {
            let sign = simd.and(simd.shr::<16>(x), simd.splat(0x8000));
            let x = simd.and(x, simd.splat(0x7fff_ffff));
            // The unit of the sum with ½ is that of a subnormal `f16`.
            let subnormal = simd.to_bits(simd.add_f(simd.float_of_bits(x), simd.splat_f(0.5)));
            let subnormal = simd.sub(subnormal, simd.splat(0.5_f32.to_bits()));
            let normal = simd.add(x, simd.splat(0xfff_u32.wrapping_sub((127 - 15) << 23)));
            let normal = simd.shr::<13>(simd.add_if(normal, x, 1 << 13));
            let is_subnormal = simd.less(x, simd.splat((127 - 14) << 23));
            (simd.or(simd.select(is_subnormal, subnormal, normal), sign), 0)
        }
        Format::Fixed { multiplier, zero_point, low, high, .. } => {
            let (low, high) = (simd.splat_f(low), simd.splat_f(high));
            let steps = simd.mul_f(value, simd.splat_f(multiplier));
            let within = simd.min_f(simd.max_f(steps, low), high);
            let mut rounded = to_integer::<S, R>(simd, within, zero_point);
            if size_of::<R::Slot>() == 4 {
                // `high` is below the largest `i32`, which no `f32` is equal to.
                let above = simd.less_f(high, steps);
                rounded = simd.select(above, simd.splat(i32::MAX as u32), rounded);
            }
            (rounded, simd.bits(simd.differ_f(steps, within)))
        }
    }
}

/// Returns words whose low bits are the nearest integer to a number of steps, plus the zero point.
#[inline(always)]
fn to_integer<S: Simd, R: Rounding>(simd: S, steps: S::F32, zero_point: i32) -> S::U32 {
    let integer = if size_of::<R::Slot>() == 4 {
        simd.nearest(steps)
    } else {
        simd.to_bits(simd.add_f(steps, simd.splat_f(INTEGER)))
    };
    if zero_point == 0 { integer } else { simd.add(integer, simd.splat(zero_point as u32)) }
}
