//! Vectors of sixteen numbers: moving them, arithmetic, masks.

use core::{arch::x86_64::*, mem::MaybeUninit};

use super::super::kernel::{ops::Integers, plain::Plain};

pub(super) type U32 = [__m256i; 2];
pub(super) type F32 = [__m256; 2];
pub(super) type U64 = [__m256i; 4];
/// All bits of a lane set, or none.
pub(super) type Mask = U32;
/// Sixteen words.
pub(super) type Narrow = __m256i;
pub(super) type Counts = __m256i;

/// Loads 32 bytes.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn register<T: Plain, const N: usize>(from: &[T; N]) -> __m256i {
    const { assert!(size_of::<[T; N]>() == 32) };
    // SAFETY: the reference points to 32 valid bytes, which the instruction reads. It needs no alignment.
    // `T: Plain` has no padding.
    unsafe { _mm256_loadu_si256(from.as_ptr().cast()) }
}

/// Stores 32 bytes.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn put<T: Plain, const N: usize>(to: &mut [T; N], value: __m256i) {
    const { assert!(size_of::<[T; N]>() == 32) };
    // SAFETY: the reference points to 32 valid bytes, which the instruction overwrites. It needs no
    // alignment. Every bit pattern is a valid `T: Plain`.
    unsafe { _mm256_storeu_si256(to.as_mut_ptr().cast(), value) }
}

#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn write_slots(to: &mut [MaybeUninit<f32>; 16], values: F32) {
    let (halves, _) = to.as_chunks_mut::<8>();
    for (half, value) in halves.iter_mut().zip(values) {
        // SAFETY: the reference points to 32 valid bytes, which the instruction overwrites. It needs no
        // alignment.
        unsafe { _mm256_storeu_ps(half.as_mut_ptr().cast(), value) };
    }
}

#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn write_halves<T>(to: &mut [MaybeUninit<T>; 16], values: F32, f16: bool) {
    if size_of::<T>() != 2 {
        return;
    }
    let words = if f16 { f16_words(values) } else { bf16_words(values) };
    // SAFETY: the reference points to 32 valid bytes, which the instruction overwrites. It needs no alignment.
    unsafe { _mm256_storeu_si256(to.as_mut_ptr().cast(), words) }
}

/// Rounds to `bf16`.
#[inline]
#[target_feature(enable = "avx2")]
fn bf16_words(values: F32) -> __m256i {
    let [a, b] = to_bits(values);
    // The upper and the lower halves of the numbers, one of `a` and one of `b` in turn.
    let upper = _mm256_blend_epi16::<0b1010_1010>(_mm256_srli_epi32::<16>(a), b);
    let lower = _mm256_blend_epi16::<0b1010_1010>(a, _mm256_slli_epi32::<16>(b));
    // Rounds up if the lower half, less 1 if the upper half is even, is at least a half.
    let even = _mm256_andnot_si256(upper, _mm256_set1_epi16(1));
    let up = _mm256_srli_epi16::<15>(_mm256_subs_epu16(lower, even));
    let rounded = _mm256_add_epi16(upper, up);
    let order = _mm256_setr_epi8(
        0, 1, 4, 5, 8, 9, 12, 13, 2, 3, 6, 7, 10, 11, 14, 15, //
        0, 1, 4, 5, 8, 9, 12, 13, 2, 3, 6, 7, 10, 11, 14, 15,
    );
    _mm256_permute4x64_epi64::<0b11_01_10_00>(_mm256_shuffle_epi8(rounded, order))
}

/// Rounds to `f16`.
#[inline]
#[target_feature(enable = "avx2")]
fn f16_words(values: F32) -> __m256i {
    let x = to_bits(values);
    let magnitude = and(x, splat(0x7fff_ffff));
    // The unit of the sum with ½ is that of a subnormal `f16`.
    let subnormal = to_bits(add_f(float_of_bits(magnitude), splat_f(0.5)));
    let subnormal = sub(subnormal, splat(0.5_f32.to_bits()));
    let normal = add(magnitude, splat(0xfff_u32.wrapping_sub((127 - 15) << 23)));
    let normal = shr::<13>(add_if(normal, magnitude, 1 << 13));
    let is_subnormal = less(magnitude, splat((127 - 14) << 23));
    let [a, b] = select(is_subnormal, subnormal, normal);
    let words = _mm256_packus_epi32(a, b);
    // A signed pack keeps the sign.
    let signs = _mm256_packs_epi32(x[0], x[1]);
    let signs = _mm256_and_si256(signs, _mm256_set1_epi16(i16::MIN));
    _mm256_permute4x64_epi64::<0b11_01_10_00>(_mm256_or_si256(words, signs))
}

#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn no_counts() -> Counts {
    _mm256_setzero_si256()
}

/// Each word counts up to 16.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn total_counts(counts: Counts) -> u32 {
    let four = _mm256_sad_epu8(counts, _mm256_setzero_si256());
    let two = _mm_add_epi64(_mm256_castsi256_si128(four), _mm256_extracti128_si256::<1>(four));
    _mm_cvtsi128_si32(_mm_add_epi64(two, _mm_unpackhi_epi64(two, two))) as u32
}

/// Packs stay within 16 bytes: the quarters are in the order 0, 2, 1, 3. NaN becomes the smallest integer.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn narrow<const BYTES: usize>(
    numbers: F32,
    to: Integers,
    counts: &mut Counts,
) -> Narrow {
    let [a, b] = nearest(numbers);
    if BYTES == 2 && to.count {
        // In range, the sum does not wrap around, and is at least 2³¹ − 2¹⁶.
        let outside = |a| {
            let sum = _mm256_add_epi32(a, _mm256_set1_epi32(i32::MAX - i16::MAX as i32));
            _mm256_cmpgt_epi32(_mm256_set1_epi32(i32::MAX - 0xffff), sum)
        };
        *counts = _mm256_sub_epi16(*counts, _mm256_packs_epi32(outside(a), outside(b)));
    }
    _mm256_packs_epi32(a, b)
}

#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn write_integers<T>(
    to: &mut [MaybeUninit<T>; 32],
    [mut a, mut b]: [Narrow; 2],
    Integers { zero_point, unsigned, count }: Integers,
    counts: &mut Counts,
) {
    if size_of::<T>() > 2 {
        return;
    }
    let to = to.as_mut_ptr().cast::<__m256i>();
    let put = |i: usize, value| {
        // SAFETY: `to` has 32 slots of `size_of::<T>()` bytes, which is `size_of::<T>()` vectors of 32 bytes. The
        // code below stores exactly that many. A store needs no alignment.
        unsafe { _mm256_storeu_si256(to.wrapping_add(i), value) }
    };
    if size_of::<T>() == 2 {
        put(0, _mm256_permute4x64_epi64::<0b11_01_10_00>(a));
        put(1, _mm256_permute4x64_epi64::<0b11_01_10_00>(b));
        return;
    }
    if unsigned {
        let zero_point = _mm256_set1_epi16(zero_point as i16);
        (a, b) = (_mm256_adds_epi16(a, zero_point), _mm256_adds_epi16(b, zero_point));
    }
    if count {
        // In range, the sum does not wrap around, and is at least 2¹⁵ − 2⁸.
        let largest = if unsigned { u8::MAX as i16 } else { i8::MAX as i16 };
        let outside = |a| {
            let sum = _mm256_add_epi16(a, _mm256_set1_epi16(i16::MAX - largest));
            _mm256_cmpgt_epi16(_mm256_set1_epi16(i16::MAX - 0xff), sum)
        };
        *counts = _mm256_sub_epi16(_mm256_sub_epi16(*counts, outside(a)), outside(b));
    }
    let bytes = if unsigned { _mm256_packus_epi16(a, b) } else { _mm256_packs_epi16(a, b) };
    put(0, _mm256_permutevar8x32_epi32(bytes, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7)));
}

#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn load(from: &[u32; 16]) -> U32 {
    let (halves, _) = from.as_chunks::<8>();
    [register(&halves[0]), register(&halves[1])]
}

#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn to_array(from: U32) -> [u32; 16] {
    let mut lanes = [0; 16];
    let (halves, _) = lanes.as_chunks_mut::<8>();
    put(&mut halves[0], from[0]);
    put(&mut halves[1], from[1]);
    lanes
}

#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn splat(value: u32) -> U32 {
    [_mm256_set1_epi32(value as i32); 2]
}

#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn splat_f(value: f32) -> F32 {
    [_mm256_set1_ps(value); 2]
}

#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn load_f(from: &[f32; 16]) -> F32 {
    let (halves, _) = from.as_chunks::<8>();
    float_of_bits([register(&halves[0]), register(&halves[1])])
}

#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn store_f(to: &mut [f32; 16], values: F32) {
    let (halves, _) = to.as_chunks_mut::<8>();
    let [low, high] = to_bits(values);
    put(&mut halves[0], low);
    put(&mut halves[1], high);
}

/// Halves of 8, 4, 2 and 1 numbers are added, and from then on the sums of two vectors joined in one each time.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn totals(of: &[[f32; 16]; 16]) -> F32 {
    let eights = |i: usize| {
        let [low, high] = load_f(&of[i]);
        _mm256_add_ps(low, high)
    };
    let fours = |i: usize| {
        let (a, b) = (eights(i), eights(i + 4));
        let low = _mm256_permute2f128_ps::<0x20>(a, b);
        _mm256_add_ps(low, _mm256_permute2f128_ps::<0x31>(a, b))
    };
    let twos = |i: usize| {
        let (a, b) = (_mm256_castps_pd(fours(i)), _mm256_castps_pd(fours(i + 1)));
        let (low, high) = (_mm256_unpacklo_pd(a, b), _mm256_unpackhi_pd(a, b));
        _mm256_add_ps(_mm256_castpd_ps(low), _mm256_castpd_ps(high))
    };
    [0, 8].map(|i| {
        let (a, b) = (twos(i), twos(i + 2));
        _mm256_add_ps(_mm256_shuffle_ps::<0x88>(a, b), _mm256_shuffle_ps::<0xdd>(a, b))
    })
}

/// Defines functions of one expression per half.
macro_rules! instructions {
    ($($name:ident$(<$n:ident>)?($($x:ident),*) -> $u:ident($($t:ident),*) = $body:expr;)*) => {$(
        #[inline]
        #[target_feature(enable = "avx2")]
        pub(super) fn $name$(<const $n: i32>)?($($x: $t),*) -> $u {
            let half = |i: usize| {
                $(let $x = $x[i];)*
                $body
            };
            [half(0), half(1)]
        }
    )*};
}

instructions! {
    and(a, b) -> U32(U32, U32) = _mm256_and_si256(a, b);
    or(a, b) -> U32(U32, U32) = _mm256_or_si256(a, b);
    xor(a, b) -> U32(U32, U32) = _mm256_xor_si256(a, b);
    xor3(a, b, c) -> U32(U32, U32, U32) = _mm256_xor_si256(a, _mm256_xor_si256(b, c));
    add(a, b) -> U32(U32, U32) = _mm256_add_epi32(a, b);
    sub(a, b) -> U32(U32, U32) = _mm256_sub_epi32(a, b);
    shl<N>(a) -> U32(U32) = _mm256_slli_epi32::<N>(a);
    shr<N>(a) -> U32(U32) = _mm256_srli_epi32::<N>(a);
    sar<N>(a) -> U32(U32) = _mm256_srai_epi32::<N>(a);
    less(a, b) -> Mask(U32, U32) = _mm256_cmpgt_epi32(b, a);
    equal(a, b) -> Mask(U32, U32) = _mm256_cmpeq_epi32(a, b);
    select(mask, a, b) -> U32(Mask, U32, U32) = _mm256_blendv_epi8(b, a, mask);
    to_float(a) -> F32(U32) = _mm256_cvtepi32_ps(a);
    nearest(a) -> U32(F32) = _mm256_cvtps_epi32(a);
    to_bits(a) -> U32(F32) = _mm256_castps_si256(a);
    float_of_bits(a) -> F32(U32) = _mm256_castsi256_ps(a);
    add_f(a, b) -> F32(F32, F32) = _mm256_add_ps(a, b);
    sub_f(a, b) -> F32(F32, F32) = _mm256_sub_ps(a, b);
    mul_f(a, b) -> F32(F32, F32) = _mm256_mul_ps(a, b);
    min_f(a, b) -> F32(F32, F32) = _mm256_min_ps(a, b);
    max_f(a, b) -> F32(F32, F32) = _mm256_max_ps(a, b);
    differ_f(a, b) -> Mask(F32, F32) = _mm256_castps_si256(_mm256_cmp_ps::<_CMP_NEQ_OQ>(a, b));
    less_f(a, b) -> Mask(F32, F32) = _mm256_castps_si256(_mm256_cmp_ps::<_CMP_LT_OQ>(a, b));
    select_f(mask, a, b) -> F32(Mask, F32, F32) = _mm256_blendv_ps(b, a, _mm256_castsi256_ps(mask));
}

/// The comparison gives -1 where the bit is set. `bits` has to be a single bit.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn add_if(a: U32, x: U32, bits: u32) -> U32 {
    sub(a, equal(and(x, splat(bits)), splat(bits)))
}

/// Shifts left by `N` and right by `RIGHT`.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn rotl<const N: i32, const RIGHT: i32>(a: U32) -> U32 {
    const { assert!(N + RIGHT == 32) };
    or(shl::<N>(a), shr::<RIGHT>(a))
}

#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn signed(word: U32) -> F32 {
    to_float(or(sar::<7>(word), splat(1)))
}

#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn bits(mask: Mask) -> u16 {
    let half = |i: usize| _mm256_movemask_ps(_mm256_castsi256_ps(mask[i])) as u16;
    half(0) | half(1) << 8
}

#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn widen(from: &[u16; 16]) -> U32 {
    let from = register(from);
    [
        _mm256_cvtepu16_epi32(_mm256_castsi256_si128(from)),
        _mm256_cvtepu16_epi32(_mm256_extracti128_si256::<1>(from)),
    ]
}
