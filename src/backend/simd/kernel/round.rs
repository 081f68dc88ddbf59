//! How the values of a group become what the slots hold.

use core::mem::MaybeUninit;

use super::{
    ops::{Integers, Simd},
    sizes::{GROUP, STEPS},
};
use crate::{
    sampler::LANES,
    slot::{Format, Rounding},
};

/// Where the values of a group come from.
pub(crate) trait Group<S: Simd> {
    /// Calls `put(step, values)` for the values of each of the four steps. Returns a bit for each rejected position,
    /// whose value is NaN. The closure has to be `#[inline(always)]`.
    fn each_step(self, simd: S, put: impl FnMut(usize, S::F32)) -> u64;
}

/// Values in memory, none of them rejected.
impl<S: Simd> Group<S> for &[[f32; LANES]; STEPS] {
    #[inline(always)]
    fn each_step(self, simd: S, mut put: impl FnMut(usize, S::F32)) -> u64 {
        for (step, values) in self.iter().enumerate() {
            put(step, simd.load_f(values));
        }
        0
    }
}

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
        round_group(simd, rounding, values, slots, &mut saturated);
    }
    saturated
}

/// Rounds a group's values to their slots, and counts how many saturate. Returns a bit for each rejected position.
///
/// Each step or pair of steps is written at once where registers are few. On AVX2, values that were kept until the
/// end of the group pushed the lanes out of the registers, and took 10 % more instructions for a fill of `i8`.
#[inline(always)]
pub(crate) fn round_group<S: Simd, R: Rounding>(
    simd: S,
    rounding: R,
    group: impl Group<S>,
    slots: &mut [MaybeUninit<R::Slot>; GROUP],
    saturated: &mut usize,
) -> u64 {
    match rounding.format() {
        // Callers write these formats themselves.
        Format::Wide => 0,
        format @ (Format::Bf16 | Format::F16) => {
            halves(simd, matches!(format, Format::F16), group, slots)
        }
        Format::Fixed { multiplier, zero_point, saturates, unsigned, .. } => {
            let multiplier = simd.splat_f(multiplier);
            let to = Integers { zero_point, unsigned, count: saturates };
            integers(simd, multiplier, to, group, slots, saturated)
        }
    }
}

/// Rounds to `f16` or `bf16`.
#[inline(always)]
fn halves<S: Simd, T>(
    simd: S,
    f16: bool,
    group: impl Group<S>,
    slots: &mut [MaybeUninit<T>; GROUP],
) -> u64 {
    if S::ROUNDS_IN_REGISTERS {
        let (pairs, _) = slots.as_chunks_mut();
        let mut first = simd.splat_f(0.0);
        return group.each_step(
            simd,
            #[inline(always)]
            |step, values| {
                if step % 2 == 0 {
                    first = values;
                } else if let Some(slots) = pairs.get_mut(step / 2) {
                    simd.write_more_halves(slots, [first, values], f16);
                }
            },
        );
    }
    let (steps, _) = slots.as_chunks_mut();
    group.each_step(
        simd,
        #[inline(always)]
        |step, values| {
            if let Some(slots) = steps.get_mut(step) {
                simd.write_halves(slots, values, f16);
            }
        },
    )
}

/// Rounds to integers of 8 or 16 bits.
#[inline(always)]
fn integers<S: Simd, T>(
    simd: S,
    multiplier: S::F32,
    to: Integers,
    group: impl Group<S>,
    slots: &mut [MaybeUninit<T>; GROUP],
    saturated: &mut usize,
) -> u64 {
    let mut counts = simd.no_counts();
    let zero = narrow::<S, T>(simd, simd.splat_f(0.0), to, &mut counts);
    let rejected;
    if S::ROUNDS_IN_REGISTERS {
        let mut integers = [zero; STEPS];
        rejected = group.each_step(
            simd,
            #[inline(always)]
            |step, values| {
                let numbers = simd.mul_f(values, multiplier);
                integers[step % STEPS] = narrow::<S, T>(simd, numbers, to, &mut counts);
            },
        );
        simd.write_more_integers(slots, integers, to, &mut counts);
    } else {
        let (pairs, _) = slots.as_chunks_mut();
        let mut first = zero;
        rejected = group.each_step(
            simd,
            #[inline(always)]
            |step, values| {
                let numbers = simd.mul_f(values, multiplier);
                let integers = narrow::<S, T>(simd, numbers, to, &mut counts);
                if step % 2 == 0 {
                    first = integers;
                } else if let Some(slots) = pairs.get_mut(step / 2) {
                    simd.write_integers(slots, [first, integers], to, &mut counts);
                }
            },
        );
    }
    if to.count {
        let nans = if S::COUNTS_NAN { rejected.count_ones() } else { 0 };
        *saturated += simd.total_counts(counts).wrapping_sub(nans) as usize;
    }
    rejected
}

/// Rounds the numbers of a step to integers for slots of type `T`.
#[inline(always)]
fn narrow<S: Simd, T>(simd: S, numbers: S::F32, to: Integers, counts: &mut S::Counts) -> S::Narrow {
    if size_of::<T>() == 1 {
        simd.narrow::<1>(numbers, to, counts)
    } else {
        simd.narrow::<2>(numbers, to, counts)
    }
}

/// Whether [`round`] leaves the slot's bits in the upper half of the word.
#[inline(always)]
pub(crate) fn upper_half<R: Rounding>(rounding: R) -> bool {
    matches!(rounding.format(), Format::Bf16)
}

/// Returns words with the bits that [`Rounding::round`] gives, in the upper half or else the low bits, and a bit for
/// each value that saturates. NaN, which stands for a rejected position and is overwritten later,
/// becomes anything and does not saturate.
#[inline(always)]
pub(crate) fn round<S: Simd, R: Rounding>(simd: S, rounding: R, value: S::F32) -> (S::U32, u16) {
    let x = simd.to_bits(value);
    match rounding.format() {
        // Callers write these formats themselves.
        Format::Wide => (x, 0),
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
            let numbers = simd.mul_f(value, simd.splat_f(multiplier));
            let (low, high) = (simd.splat_f(low), simd.splat_f(high));
            let within = simd.min_f(simd.max_f(numbers, low), high);
            let words = simd.add(simd.nearest(within), simd.splat(zero_point as u32));
            (words, simd.bits(simd.differ_f(numbers, within)))
        }
    }
}
