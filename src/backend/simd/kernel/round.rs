//! How the values of a group become what the slots hold.

use core::mem::MaybeUninit;

use super::{
    ops::{Integers, Simd},
    sizes::{GROUP, STEPS},
};
use crate::{
    sampler::LANES,
    slot::{self, Format, Rounding},
};

/// Rounds values to their slots, group by group. Returns how many saturated.
#[cfg(test)]
#[inline(always)]
pub(crate) fn round_all<S: Simd, R: Rounding>(
    simd: S,
    rounding: R,
    values: &[f32],
    slots: &mut [MaybeUninit<R::Slot>],
) -> usize {
    let mut saturated = 0;
    let (steps, _) = values.as_chunks();
    let (groups, _) = steps.as_chunks();
    for (values, slots) in groups.iter().zip(slots.as_chunks_mut().0) {
        saturated += round_group_in_memory(simd, rounding, values, 0, slots);
    }
    saturated
}

/// Rounds a group's values to their slots. `rejected` of them are NaN. Returns how many saturated.
#[inline(always)]
pub(crate) fn round_group_in_memory<S: Simd, R: Rounding>(
    simd: S,
    rounding: R,
    values: &[[f32; LANES]; STEPS],
    rejected: u32,
    slots: &mut [MaybeUninit<R::Slot>; GROUP],
) -> usize {
    if let Format::F64 = rounding.format() {
        return slot::round(rounding, values.as_flattened(), slots);
    }
    let [a, b, c, d] = values;
    let values = [simd.load_f(a), simd.load_f(b), simd.load_f(c), simd.load_f(d)];
    round_group(simd, rounding, values, rejected, slots)
}

/// Rounds a group's values to their slots. `rejected` of them are NaN. Returns how many saturated.
#[inline(always)]
pub(crate) fn round_group<S: Simd, R: Rounding>(
    simd: S,
    rounding: R,
    values: [S::F32; STEPS],
    rejected: u32,
    slots: &mut [MaybeUninit<R::Slot>; GROUP],
) -> usize {
    let Format::Fixed { multiplier, zero_point, low, high, saturates, unsigned } =
        rounding.format()
    else {
        return round_floats(simd, rounding, values, slots);
    };
    let multiplier = simd.splat_f(multiplier);
    let [a, b, c, d] = values;
    let steps = [
        simd.mul_f(a, multiplier),
        simd.mul_f(b, multiplier),
        simd.mul_f(c, multiplier),
        simd.mul_f(d, multiplier),
    ];
    let may_saturate = if size_of::<R::Slot>() <= 2 {
        let to = Integers { zero_point, unsigned, rejected };
        simd.write_integers(slots, steps, to, saturates)
    } else {
        let [a, b, c, d] = steps;
        let words = [simd.nearest(a), simd.nearest(b), simd.nearest(c), simd.nearest(d)];
        simd.pack(slots, words, false);
        saturates && {
            let (low, high) = (simd.splat_f(low), simd.splat_f(high));
            let (mut lowest, mut highest) = (low, high);
            for steps in steps {
                (lowest, highest) = (simd.min_f(steps, lowest), simd.max_f(steps, highest));
            }
            simd.bits(simd.less_f(lowest, low)) | simd.bits(simd.less_f(high, highest)) != 0
        }
    };
    if saturates && may_saturate {
        // Out of line, because a format is chosen such that few values saturate.
        return simd.out_of_line(
            #[inline(always)]
            move || round_each(simd, rounding, values, slots),
        );
    }
    0
}

/// Rounds a group's values to a floating-point format.
#[inline(always)]
fn round_floats<S: Simd, R: Rounding>(
    simd: S,
    rounding: R,
    [a, b, c, d]: [S::F32; STEPS],
    slots: &mut [MaybeUninit<R::Slot>; GROUP],
) -> usize {
    let f16 = matches!(rounding.format(), Format::F16);
    if let (Format::F16 | Format::Bf16, ([first, second], _)) =
        (rounding.format(), slots.as_chunks_mut())
    {
        simd.write_more_halves(first, [a, b], f16);
        simd.write_more_halves(second, [c, d], f16);
        return 0;
    }
    round_each(simd, rounding, [a, b, c, d], slots)
}

/// Rounds a group's values one vector at a time, and counts exactly how many saturate.
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
        // Callers write these formats themselves.
        Format::F32 | Format::F64 => (x, 0),
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
            let mut rounded = simd.add(simd.nearest(within), simd.splat(zero_point as u32));
            if size_of::<R::Slot>() == 4 {
                // `high` is below the largest `i32`, which no `f32` is equal to.
                let above = simd.less_f(high, steps);
                rounded = simd.select(above, simd.splat(i32::MAX as u32), rounded);
            }
            (rounded, simd.bits(simd.differ_f(steps, within)))
        }
    }
}
