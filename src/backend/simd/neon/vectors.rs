//! Vectors of sixteen lanes: loads, stores, arithmetic, and the rounding to other formats.

use core::{arch::aarch64::*, array, mem::MaybeUninit};

use super::super::kernel::ops::Integers;

pub(super) type U32 = [uint32x4_t; 4];
pub(super) type F32 = [float32x4_t; 4];
pub(super) type U64 = [u64; 16];
/// All bits of a lane set, or none.
pub(super) type Mask = U32;
/// Sixteen words.
pub(super) type Narrow = [int16x8_t; 2];
pub(super) type Counts = uint16x8_t;

#[inline]
#[target_feature(enable = "neon")]
pub(super) fn write_slots(to: &mut [MaybeUninit<f32>; 16], values: F32) {
    let (quarters, _) = to.as_chunks_mut::<4>();
    for (quarter, value) in quarters.iter_mut().zip(values) {
        // SAFETY: the reference points to 16 valid bytes, which the instruction overwrites. It needs no
        // alignment beyond that of the elements.
        unsafe { vst1q_f32(quarter.as_mut_ptr().cast(), value) };
    }
}

#[inline]
#[target_feature(enable = "neon")]
pub(super) fn write_halves<T>(to: &mut [MaybeUninit<T>; 16], values: F32, f16: bool) {
    if size_of::<T>() != 2 {
        return;
    }
    let x = to_bits(values);
    let words = if f16 {
        let sign = and(shr::<16>(x), splat(0x8000));
        let magnitude = and(x, splat(0x7fff_ffff));
        // The unit of the sum with ½ is that of a subnormal `f16`.
        let subnormal = to_bits(add_f(float_of_bits(magnitude), splat_f(0.5)));
        let subnormal = sub(subnormal, splat(0.5_f32.to_bits()));
        let normal = add(magnitude, splat(0xfff_u32.wrapping_sub((127 - 15) << 23)));
        let normal = shr::<13>(add_if(normal, magnitude, 1 << 13));
        let is_subnormal = less(magnitude, splat((127 - 14) << 23));
        or(select(is_subnormal, subnormal, normal), sign)
    } else {
        shr::<16>(add_if(add(x, splat(0x7fff)), x, 1 << 16))
    };
    let [a, b, c, d] = words.map(|words| vmovn_u32(words));
    let to = to.as_mut_ptr().cast::<u8>();
    for (i, words) in [vcombine_u16(a, b), vcombine_u16(c, d)].into_iter().enumerate() {
        // SAFETY: `to` has 16 slots of 2 bytes, which is two vectors of 16 bytes. A store needs no alignment.
        unsafe { vst1q_u8(to.wrapping_add(16 * i), vreinterpretq_u8_u16(words)) }
    }
}

#[inline]
#[target_feature(enable = "neon")]
pub(super) fn no_counts() -> Counts {
    vdupq_n_u16(0)
}

#[inline]
#[target_feature(enable = "neon")]
pub(super) fn total_counts(counts: Counts) -> u32 {
    vaddlvq_u16(counts)
}

/// NaN becomes 0.
#[inline]
#[target_feature(enable = "neon")]
pub(super) fn narrow<const BYTES: usize>(
    numbers: F32,
    to: Integers,
    counts: &mut Counts,
) -> Narrow {
    let [a, b, c, d] = numbers.map(|numbers| vcvtnq_s32_f32(numbers));
    let half = |a, b, counts: &mut Counts| {
        let words = vcombine_s16(vqmovn_s32(a), vqmovn_s32(b));
        if BYTES == 2 && to.count {
            let kept = |a, b| vcombine_u16(vmovn_u32(a), vmovn_u32(b));
            let (low, high) = (vmovl_s16(vget_low_s16(words)), vmovl_s16(vget_high_s16(words)));
            // Adds −1 for each integer that kept its value, and 1.
            let same = kept(vceqq_s32(low, a), vceqq_s32(high, b));
            *counts = vaddq_u16(vaddq_u16(*counts, same), vdupq_n_u16(1));
        }
        words
    };
    [half(a, b, counts), half(c, d, counts)]
}

#[inline]
#[target_feature(enable = "neon")]
pub(super) fn write_integers<T>(
    to: &mut [MaybeUninit<T>; 32],
    integers: [Narrow; 2],
    Integers { zero_point, unsigned, count }: Integers,
    counts: &mut Counts,
) {
    if size_of::<T>() > 2 {
        return;
    }
    let to = to.as_mut_ptr().cast::<u8>();
    let put = |i: usize, value| {
        // SAFETY: `to` has 32 slots of `size_of::<T>()` bytes, which is 2 × `size_of::<T>()` vectors of 16 bytes.
        // The code below stores exactly that many. A store needs no alignment.
        unsafe { vst1q_u8(to.wrapping_add(16 * i), value) }
    };
    for (i, [a, b]) in integers.into_iter().enumerate() {
        if size_of::<T>() == 2 {
            put(2 * i, vreinterpretq_u8_s16(a));
            put(2 * i + 1, vreinterpretq_u8_s16(b));
            continue;
        }
        let zero_point = vdupq_n_s16(zero_point as i16);
        let (a, b) = (vqaddq_s16(a, zero_point), vqaddq_s16(b, zero_point));
        let largest = if unsigned { u8::MAX as i16 } else { i8::MAX as i16 };
        if count {
            // In range, the difference from the largest is below 2⁸.
            let outside = |a| {
                let below = vreinterpretq_u16_s16(vsubq_s16(vdupq_n_s16(largest), a));
                vcgtq_u16(below, vdupq_n_u16(0xff))
            };
            *counts = vsubq_u16(vsubq_u16(*counts, outside(a)), outside(b));
        }
        put(
            i,
            if unsigned {
                vcombine_u8(vqmovun_s16(a), vqmovun_s16(b))
            } else {
                vreinterpretq_u8_s8(vcombine_s8(vqmovn_s16(a), vqmovn_s16(b)))
            },
        );
    }
}

#[inline]
#[target_feature(enable = "neon")]
pub(super) fn load(from: &[u32; 16]) -> U32 {
    let mut lanes = splat(0);
    let (quarters, _) = from.as_chunks::<4>();
    for (to, quarter) in lanes.iter_mut().zip(quarters) {
        // SAFETY: the reference points to 16 valid bytes, which the instruction reads. It needs no
        // alignment beyond that of the elements.
        *to = unsafe { vld1q_u32(quarter.as_ptr()) };
    }
    lanes
}

#[inline]
#[target_feature(enable = "neon")]
pub(super) fn to_array(from: U32) -> [u32; 16] {
    let mut lanes = [0; 16];
    let (quarters, _) = lanes.as_chunks_mut::<4>();
    for (quarter, from) in quarters.iter_mut().zip(from) {
        // SAFETY: the reference points to 16 valid bytes, which the instruction overwrites. It needs no
        // alignment beyond that of the elements.
        unsafe { vst1q_u32(quarter.as_mut_ptr(), from) };
    }
    lanes
}

#[inline]
#[target_feature(enable = "neon")]
pub(super) fn splat(value: u32) -> U32 {
    [vdupq_n_u32(value); 4]
}

#[inline]
#[target_feature(enable = "neon")]
pub(super) fn splat_f(value: f32) -> F32 {
    [vdupq_n_f32(value); 4]
}

#[inline]
#[target_feature(enable = "neon")]
pub(super) fn load_f(from: &[f32; 16]) -> F32 {
    let mut lanes = splat_f(0.0);
    let (quarters, _) = from.as_chunks::<4>();
    for (to, quarter) in lanes.iter_mut().zip(quarters) {
        // SAFETY: the reference points to 16 valid bytes, which the instruction reads. It needs no
        // alignment beyond that of the elements.
        *to = unsafe { vld1q_f32(quarter.as_ptr()) };
    }
    lanes
}

#[inline]
#[target_feature(enable = "neon")]
pub(super) fn store_f(to: &mut [f32; 16], values: F32) {
    let (quarters, _) = to.as_chunks_mut::<4>();
    for (quarter, value) in quarters.iter_mut().zip(values) {
        // SAFETY: the reference points to 16 valid bytes, which the instruction overwrites. It needs no
        // alignment beyond that of the elements.
        unsafe { vst1q_f32(quarter.as_mut_ptr(), value) };
    }
}

/// Halves of 8, 4, 2 and 1 numbers are added, and from then on the sums of two vectors joined in one each time.
#[inline]
#[target_feature(enable = "neon")]
pub(super) fn totals(of: &[[f32; 16]; 16]) -> F32 {
    let fours = |i: usize| {
        let [a, b, c, d] = load_f(&of[i]);
        vaddq_f32(vaddq_f32(a, c), vaddq_f32(b, d))
    };
    let twos = |i: usize| {
        let (a, b) = (vreinterpretq_f64_f32(fours(i)), vreinterpretq_f64_f32(fours(i + 1)));
        let (low, high) = (vzip1q_f64(a, b), vzip2q_f64(a, b));
        vaddq_f32(vreinterpretq_f32_f64(low), vreinterpretq_f32_f64(high))
    };
    [0, 4, 8, 12].map(|i| vpaddq_f32(twos(i), twos(i + 2)))
}

/// Defines functions of one expression per quarter.
macro_rules! instructions {
    ($($name:ident$(<$n:ident>)?($($x:ident),*) -> $u:ident($($t:ident),*) = $body:expr;)*) => {$(
        #[inline]
        #[target_feature(enable = "neon")]
        pub(super) fn $name$(<const $n: i32>)?($($x: $t),*) -> $u {
            let quarter = |i: usize| {
                $(let $x = $x[i];)*
                $body
            };
            [quarter(0), quarter(1), quarter(2), quarter(3)]
        }
    )*};
}

instructions! {
    and(a, b) -> U32(U32, U32) = vandq_u32(a, b);
    or(a, b) -> U32(U32, U32) = vorrq_u32(a, b);
    xor(a, b) -> U32(U32, U32) = veorq_u32(a, b);
    xor3(a, b, c) -> U32(U32, U32, U32) = veorq_u32(a, veorq_u32(b, c));
    add(a, b) -> U32(U32, U32) = vaddq_u32(a, b);
    sub(a, b) -> U32(U32, U32) = vsubq_u32(a, b);
    shl<N>(a) -> U32(U32) = vshlq_n_u32::<N>(a);
    shr<N>(a) -> U32(U32) = vshrq_n_u32::<N>(a);
    sar<N>(a) -> U32(U32) = vreinterpretq_u32_s32(vshrq_n_s32::<N>(vreinterpretq_s32_u32(a)));
    less(a, b) -> Mask(U32, U32) = vcltq_s32(vreinterpretq_s32_u32(a), vreinterpretq_s32_u32(b));
    equal(a, b) -> Mask(U32, U32) = vceqq_u32(a, b);
    select(mask, a, b) -> U32(Mask, U32, U32) = vbslq_u32(mask, a, b);
    to_float(a) -> F32(U32) = vcvtq_f32_s32(vreinterpretq_s32_u32(a));
    nearest(a) -> U32(F32) = vreinterpretq_u32_s32(vcvtnq_s32_f32(a));
    to_bits(a) -> U32(F32) = vreinterpretq_u32_f32(a);
    float_of_bits(a) -> F32(U32) = vreinterpretq_f32_u32(a);
    add_f(a, b) -> F32(F32, F32) = vaddq_f32(a, b);
    sub_f(a, b) -> F32(F32, F32) = vsubq_f32(a, b);
    mul_f(a, b) -> F32(F32, F32) = vmulq_f32(a, b);
    min_f(a, b) -> F32(F32, F32) = vminnmq_f32(a, b);
    max_f(a, b) -> F32(F32, F32) = vmaxnmq_f32(a, b);
    differ_f(a, b) -> Mask(F32, F32) = vorrq_u32(vcltq_f32(a, b), vcltq_f32(b, a));
    less_f(a, b) -> Mask(F32, F32) = vcltq_f32(a, b);
    select_f(mask, a, b) -> F32(Mask, F32, F32) = vbslq_f32(mask, a, b);
}

/// The comparison gives -1 where a bit is set.
#[inline]
#[target_feature(enable = "neon")]
pub(super) fn add_if(a: U32, x: U32, bits: u32) -> U32 {
    let bits = splat(bits);
    array::from_fn(|i| vsubq_u32(a[i], vtstq_u32(x[i], bits[i])))
}

/// Shifts left by `N` and right by `RIGHT`.
#[inline]
#[target_feature(enable = "neon")]
pub(super) fn rotl<const N: i32, const RIGHT: i32>(a: U32) -> U32 {
    const { assert!(N + RIGHT == 32) };
    a.map(|a| vsriq_n_u32::<RIGHT>(vshlq_n_u32::<N>(a), a))
}

#[inline]
#[target_feature(enable = "neon")]
pub(super) fn signed(word: U32) -> F32 {
    to_float(or(sar::<7>(word), splat(1)))
}

/// Each lane keeps its own bit of the mask, and the sum over all lanes joins the bits.
#[inline]
#[target_feature(enable = "neon")]
pub(super) fn bits(mask: Mask) -> u16 {
    const BITS: [u32; 16] = {
        let mut bits = [0; 16];
        let mut i = 0;
        while i < 16 {
            bits[i] = 1 << i;
            i += 1;
        }
        bits
    };
    let [a, b, c, d] = and(mask, load(&BITS));
    vaddvq_u32(vorrq_u32(vorrq_u32(a, b), vorrq_u32(c, d))) as u16
}

#[inline]
#[target_feature(enable = "neon")]
pub(super) fn widen(from: &[u16; 16]) -> U32 {
    let mut lanes = [0; 16];
    for (lane, from) in lanes.iter_mut().zip(from) {
        *lane = u32::from(*from);
    }
    load(&lanes)
}
