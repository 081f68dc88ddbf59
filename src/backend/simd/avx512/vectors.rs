//! Vectors of sixteen numbers: moving them, arithmetic, masks.

use core::{arch::x86_64::*, mem::MaybeUninit};

use super::super::kernel::{ops::Integers, plain::Plain, sizes::GROUP};

pub(super) type U32 = __m512i;
pub(super) type F32 = __m512;
pub(super) type U64 = [__m512i; 2];
pub(super) type Mask = __mmask16;
pub(super) type Narrow = U32;
pub(super) type Counts = u32;

/// [`signed`] leaves the number where it is in the word, which saves a shift.
pub(super) const SIGNED: f32 = 128.0;

/// Loads 64 bytes.
#[inline]
#[target_feature(enable = "avx512f")]
pub(super) fn register<T: Plain, const N: usize>(from: &[T; N]) -> __m512i {
    const { assert!(size_of::<[T; N]>() == 64) };
    // SAFETY: the reference points to 64 valid bytes, which the instruction reads. It needs no alignment.
    // `T: Plain` has no padding.
    unsafe { _mm512_loadu_si512(from.as_ptr().cast()) }
}

/// Stores 64 bytes.
#[inline]
#[target_feature(enable = "avx512f")]
pub(super) fn put<T: Plain, const N: usize>(to: &mut [T; N], value: __m512i) {
    const { assert!(size_of::<[T; N]>() == 64) };
    // SAFETY: the reference points to 64 valid bytes, which the instruction overwrites. It needs no
    // alignment. Every bit pattern is a valid `T: Plain`.
    unsafe { _mm512_storeu_si512(to.as_mut_ptr().cast(), value) }
}

/// Prefetches for writing 1 KiB ahead, so that the core owns the line before the store: 0.144 instead of
/// 0.153 ns per value of 2²⁴ on a Zen 5. 4 KiB ahead is no better.
#[inline(always)]
pub(super) fn prefetch<T>(to: *const T) {
    // SAFETY: a prefetch is a hint. It doesn't fault, whatever the address, and changes no memory.
    unsafe {
        core::arch::asm!(
            "prefetchw [{}]", in(reg) to.wrapping_byte_add(1024).addr(),
            options(nostack, preserves_flags, nomem)
        );
    }
}

#[inline]
#[target_feature(enable = "avx512f")]
pub(super) fn write_slots(to: &mut [MaybeUninit<f32>; 16], values: F32) {
    prefetch(to.as_ptr());
    // SAFETY: the reference points to 64 valid bytes, which the instruction overwrites. It needs no
    // alignment.
    unsafe { _mm512_storeu_ps(to.as_mut_ptr().cast(), values) }
}

/// Dword 4 l + r, of register r, to dword 4 r + l.
const TRANSPOSED: [u32; 16] = [0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15];

/// The numbers of the 16-bit words of two registers that are the upper halves of their dwords.
pub(super) const UPPER: [u16; 32] = {
    let mut order = [0; 32];
    let mut i = 0;
    while i < order.len() {
        order[i] = 2 * i as u16 + 1;
        i += 1;
    }
    order
};

/// The same for the lower halves.
pub(super) const LOWER: [u16; 32] = {
    let mut order = UPPER;
    let mut i = 0;
    while i < order.len() {
        order[i] -= 1;
        i += 1;
    }
    order
};

#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
pub(super) fn write_halves<T>(to: &mut [MaybeUninit<T>; 16], values: F32, f16: bool) {
    if size_of::<T>() != 2 {
        return;
    }
    let words = if f16 {
        _mm512_cvtps_ph::<_MM_FROUND_TO_NEAREST_INT>(values)
    } else {
        let x = to_bits(values);
        let rounded = add_if(add(x, splat(0x7fff)), x, 1 << 16);
        _mm512_cvtepi32_epi16(shr::<16>(rounded))
    };
    // SAFETY: the reference points to 32 valid bytes, which the instruction overwrites. It needs no alignment.
    unsafe { _mm256_storeu_si256(to.as_mut_ptr().cast(), words) }
}

/// For `bf16`, splits the numbers into their upper and lower halves, because a register has room for twice as many
/// halves.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
pub(super) fn write_more_halves<T>(to: &mut [MaybeUninit<T>; 32], values: [F32; 2], f16: bool) {
    if size_of::<T>() != 2 {
        return;
    }
    let words = if f16 {
        let [a, b] = values.map(|values| _mm512_cvtps_ph::<_MM_FROUND_TO_NEAREST_INT>(values));
        _mm512_inserti64x4::<1>(_mm512_castsi256_si512(a), b)
    } else {
        let [a, b] = values.map(|values| to_bits(values));
        let upper = _mm512_permutex2var_epi16(a, register(&UPPER), b);
        let lower = _mm512_permutex2var_epi16(a, register(&LOWER), b);
        // Rounds up if the lower half, less 1 if the upper half is even, is at least a half.
        let even = _mm512_andnot_si512(upper, _mm512_set1_epi16(1));
        let up = _mm512_srli_epi16::<15>(_mm512_subs_epu16(lower, even));
        _mm512_add_epi16(upper, up)
    };
    prefetch(to.as_ptr());
    // SAFETY: the reference points to 64 valid bytes, which the instruction overwrites. It needs no alignment.
    unsafe { _mm512_storeu_si512(to.as_mut_ptr().cast(), words) }
}

#[inline]
#[target_feature(enable = "avx512f")]
pub(super) fn no_counts() -> Counts {
    0
}

#[inline]
#[target_feature(enable = "avx512f")]
pub(super) fn total_counts(counts: Counts) -> u32 {
    counts
}

/// NaN becomes the smallest integer.
#[inline]
#[target_feature(enable = "avx512f,popcnt")]
pub(super) fn narrow<const BYTES: usize>(
    numbers: F32,
    to: Integers,
    counts: &mut Counts,
) -> Narrow {
    let integers = nearest(numbers);
    if BYTES == 2 && to.count {
        // In range, the sum is below 2¹⁶.
        let sum = add(integers, splat(1 << 15));
        *counts += _mm512_cmpgt_epu32_mask(sum, splat(0xffff)).count_ones();
    }
    integers
}

/// Pairs come only from groups, of which each backend writes two or four steps at a time.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi,popcnt")]
pub(super) fn write_integers<T>(
    to: &mut [MaybeUninit<T>; 32],
    [a, b]: [Narrow; 2],
    integers: Integers,
    counts: &mut Counts,
) {
    let mut slots = [const { MaybeUninit::uninit() }; GROUP];
    let zero = splat(0);
    write_more_integers(&mut slots, [a, b, zero, zero], integers, counts);
    for (to, slot) in to.iter_mut().zip(slots) {
        *to = slot;
    }
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi,popcnt")]
pub(super) fn write_more_integers<T>(
    to: &mut [MaybeUninit<T>; GROUP],
    [a, b, c, d]: [Narrow; 4],
    Integers { zero_point, unsigned, count }: Integers,
    counts: &mut Counts,
) {
    if size_of::<T>() > 2 {
        return;
    }
    let to = to.as_mut_ptr().cast::<__m512i>();
    let put = |i: usize, value| {
        let to = to.wrapping_add(i);
        prefetch(to);
        // SAFETY: `to` has 64 slots of `size_of::<T>()` bytes, which is `size_of::<T>()` vectors of 64 bytes.
        // The code below stores exactly that many. A store needs no alignment.
        unsafe { _mm512_storeu_si512(to, value) }
    };
    // Packs stay within 16 bytes.
    let (mut ab, mut cd) = (_mm512_packs_epi32(a, b), _mm512_packs_epi32(c, d));
    if size_of::<T>() == 2 {
        const ORDER: [u64; 8] = [0, 2, 4, 6, 1, 3, 5, 7];
        put(0, _mm512_permutexvar_epi64(register(&ORDER), ab));
        put(1, _mm512_permutexvar_epi64(register(&ORDER), cd));
        return;
    }
    if unsigned {
        let zero_point = _mm512_set1_epi16(zero_point as i16);
        (ab, cd) = (_mm512_adds_epi16(ab, zero_point), _mm512_adds_epi16(cd, zero_point));
    }
    if count {
        // In range, the sum is below 2⁸.
        let smallest = if unsigned { 0 } else { i8::MIN as i16 };
        let outside = |words| {
            let sum = _mm512_sub_epi16(words, _mm512_set1_epi16(smallest));
            _mm512_cmpgt_epu16_mask(sum, _mm512_set1_epi16(0xff)).count_ones()
        };
        *counts += outside(ab) + outside(cd);
    }
    let bytes = if unsigned { _mm512_packus_epi16(ab, cd) } else { _mm512_packs_epi16(ab, cd) };
    put(0, _mm512_permutexvar_epi32(register(&TRANSPOSED), bytes));
}

/// Packs the low bytes of four registers: byte 16 l + 4 r + c is from dword 4 l + c of register r.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
pub(super) fn low_bytes([a, b, c, d]: [U32; 4]) -> U32 {
    let order = splat(0x0c08_0400);
    let bytes = _mm512_shuffle_epi8(a, order);
    let bytes = _mm512_mask_shuffle_epi8(bytes, 0x00f0_00f0_00f0_00f0, b, order);
    let bytes = _mm512_mask_shuffle_epi8(bytes, 0x0f00_0f00_0f00_0f00, c, order);
    _mm512_mask_shuffle_epi8(bytes, 0xf000_f000_f000_f000, d, order)
}

#[inline]
#[target_feature(enable = "avx512f")]
pub(super) fn load(from: &[u32; 16]) -> U32 {
    register(from)
}

#[inline]
#[target_feature(enable = "avx512f")]
pub(super) fn to_array(from: U32) -> [u32; 16] {
    let mut lanes = [0; 16];
    put(&mut lanes, from);
    lanes
}

#[inline]
#[target_feature(enable = "avx512f")]
pub(super) fn splat(value: u32) -> U32 {
    _mm512_set1_epi32(value as i32)
}

#[inline]
#[target_feature(enable = "avx512f")]
pub(super) fn splat_f(value: f32) -> F32 {
    _mm512_set1_ps(value)
}

#[inline]
#[target_feature(enable = "avx512f")]
pub(super) fn load_f(from: &[f32; 16]) -> F32 {
    float_of_bits(register(from))
}

#[inline]
#[target_feature(enable = "avx512f")]
pub(super) fn store_f(to: &mut [f32; 16], values: F32) {
    put(to, to_bits(values));
}

/// Halves of 8, 4, 2 and 1 numbers are added, and the sums of two vectors joined in one each time.
#[inline]
#[target_feature(enable = "avx512f")]
pub(super) fn totals(of: &[[f32; 16]; 16]) -> F32 {
    let vector = |i: usize| _mm512_castsi512_ps(register(&of[i]));
    let eights = |a, b| {
        let (low, high) = (_mm512_shuffle_f32x4::<0x44>(a, b), _mm512_shuffle_f32x4::<0xee>(a, b));
        _mm512_add_ps(low, high)
    };
    let fours = |i: usize| {
        let (a, b) = (eights(vector(i), vector(i + 4)), eights(vector(i + 8), vector(i + 12)));
        _mm512_add_ps(_mm512_shuffle_f32x4::<0x88>(a, b), _mm512_shuffle_f32x4::<0xdd>(a, b))
    };
    let twos = |i: usize| {
        let (a, b) = (_mm512_castps_pd(fours(i)), _mm512_castps_pd(fours(i + 1)));
        let (low, high) = (_mm512_unpacklo_pd(a, b), _mm512_unpackhi_pd(a, b));
        _mm512_add_ps(_mm512_castpd_ps(low), _mm512_castpd_ps(high))
    };
    let (a, b) = (twos(0), twos(2));
    _mm512_add_ps(_mm512_shuffle_ps::<0x88>(a, b), _mm512_shuffle_ps::<0xdd>(a, b))
}

/// Defines functions of one expression.
macro_rules! instructions {
    ($($name:ident($($x:ident: $t:ty),*) -> $out:ty = $body:expr;)*) => {$(
        #[inline]
        #[target_feature(enable = "avx512f")]
        pub(super) fn $name($($x: $t),*) -> $out {
            $body
        }
    )*};
}

instructions! {
    and(a: U32, b: U32) -> U32 = _mm512_and_si512(a, b);
    or(a: U32, b: U32) -> U32 = _mm512_or_si512(a, b);
    xor(a: U32, b: U32) -> U32 = _mm512_xor_si512(a, b);
    xor3(a: U32, b: U32, c: U32) -> U32 = _mm512_ternarylogic_epi32::<0x96>(a, b, c);
    add(a: U32, b: U32) -> U32 = _mm512_add_epi32(a, b);
    sub(a: U32, b: U32) -> U32 = _mm512_sub_epi32(a, b);
    less(a: U32, b: U32) -> Mask = _mm512_cmplt_epi32_mask(a, b);
    equal(a: U32, b: U32) -> Mask = _mm512_cmpeq_epi32_mask(a, b);
    select(mask: Mask, a: U32, b: U32) -> U32 = _mm512_mask_blend_epi32(mask, b, a);
    to_float(a: U32) -> F32 = _mm512_cvtepi32_ps(a);
    nearest(a: F32) -> U32 = _mm512_cvtps_epi32(a);
    add_if(a: U32, x: U32, bits: u32) -> U32 = {
        _mm512_mask_add_epi32(a, _mm512_test_epi32_mask(x, splat(bits)), a, splat(1))
    };
    to_bits(a: F32) -> U32 = _mm512_castps_si512(a);
    float_of_bits(a: U32) -> F32 = _mm512_castsi512_ps(a);
    add_f(a: F32, b: F32) -> F32 = _mm512_add_ps(a, b);
    sub_f(a: F32, b: F32) -> F32 = _mm512_sub_ps(a, b);
    mul_f(a: F32, b: F32) -> F32 = _mm512_mul_ps(a, b);
    min_f(a: F32, b: F32) -> F32 = _mm512_min_ps(a, b);
    max_f(a: F32, b: F32) -> F32 = _mm512_max_ps(a, b);
    differ_f(a: F32, b: F32) -> Mask = _mm512_cmp_ps_mask::<_CMP_NEQ_OQ>(a, b);
    less_f(a: F32, b: F32) -> Mask = _mm512_cmplt_ps_mask(a, b);
    select_f(mask: Mask, a: F32, b: F32) -> F32 = _mm512_mask_blend_ps(mask, b, a);
    bits(mask: Mask) -> u16 = mask;
    widen(from: &[u16; 16]) -> U32 = _mm512_cvtepu16_epi32(half_register(from));
    signed(word: U32) -> F32 = {
        // word & !0x7f | 0x80
        to_float(_mm512_ternarylogic_epi32::<0xea>(word, splat(!0x7f), splat(0x80)))
    };
}

#[inline]
#[target_feature(enable = "avx512f")]
pub(super) fn shl<const N: i32>(a: U32) -> U32 {
    _mm512_sll_epi32(a, _mm_cvtsi32_si128(N))
}

#[inline]
#[target_feature(enable = "avx512f")]
pub(super) fn shr<const N: i32>(a: U32) -> U32 {
    _mm512_srl_epi32(a, _mm_cvtsi32_si128(N))
}

#[inline]
#[target_feature(enable = "avx512f")]
pub(super) fn sar<const N: i32>(a: U32) -> U32 {
    _mm512_sra_epi32(a, _mm_cvtsi32_si128(N))
}

#[inline]
#[target_feature(enable = "avx512f")]
pub(super) fn rotl<const N: i32, const RIGHT: i32>(a: U32) -> U32 {
    const { assert!(N + RIGHT == 32) };
    _mm512_rol_epi32::<N>(a)
}

/// Loads 32 bytes.
#[inline]
#[target_feature(enable = "avx512f")]
pub(super) fn half_register(from: &[u16; 16]) -> __m256i {
    // SAFETY: the reference points to 32 valid bytes, which the instruction reads. It needs no alignment.
    unsafe { _mm256_loadu_si256(from.as_ptr().cast()) }
}
