//! AVX2: sixteen lanes are two registers. There are no masks, no compress and no look-up of 128
//! entries, so tables are read one entry at a time.
//!
//! Measured on a Zen 5, and dropped: gathers (12 cycles for eight entries, where the loads take
//! five); four steps of the lanes at a time (1.4 times the time of the fast path: their state leaves
//! the registers); indices taken out of the vector register (1.01 times the whole); a loop over the
//! bits in `append` (the overhang took 1.2 times as long), one batch at a time (1.3 times).

use core::{arch::x86_64::*, array, mem::MaybeUninit};

use super::kernel::{
    ops::{Simd, forward_operations},
    plain::Plain,
    queue::{Queue, first_state, list_bits},
    sizes::{GROUP, STEPS, WINDOW},
    tables::Overhang,
};
use crate::{sampler::ziggurat::Density, stream::MIX};

cpufeatures::new!(features, "avx2", "bmi1", "popcnt");

/// Proves that this processor has AVX2, BMI1 and POPCNT, because only [`available`] makes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Proof(());

/// Asks this processor.
#[inline]
pub(crate) fn available() -> Option<Proof> {
    features::get().then_some(Proof(()))
}

type U32 = [__m256i; 2];
type F32 = [__m256; 2];
type U64 = [__m256i; 4];
/// All bits of a lane, or none.
type Mask = U32;

impl Simd for Proof {
    type U32 = U32;
    type F32 = F32;
    type U64 = U64;
    type Mask = Mask;
    type Edges = Edges;

    const BLOCKS: usize = 1;
    const BATCH: usize = 2;
    const ROWS: usize = 4;
    // There are no registers left for the rounding.
    const ROUNDS_IN_REGISTERS: bool = false;
    const SIGNED: f32 = 1.0;

    #[inline(always)]
    fn vectorize<T>(self, f: impl FnOnce() -> T) -> T {
        #[inline]
        #[target_feature(enable = "avx2,bmi1,popcnt")]
        fn shell<T>(f: impl FnOnce() -> T) -> T {
            f()
        }
        // SAFETY: `self` proves that the processor has the features.
        unsafe { shell(f) }
    }

    #[inline(always)]
    fn out_of_line<T>(self, f: impl FnOnce() -> T) -> T {
        #[inline(never)]
        #[target_feature(enable = "avx2,bmi1,popcnt")]
        fn simd_out_of_line<T>(f: impl FnOnce() -> T) -> T {
            f()
        }
        // SAFETY: `self` proves that the processor has the features.
        unsafe { simd_out_of_line(f) }
    }

    #[inline(always)]
    fn fast_group(
        self,
        edges: &Edges,
        mut next: impl FnMut() -> U32,
        mut put: impl FnMut(usize, F32),
    ) -> u64 {
        let mut layers = [self.splat(0)[0]; STEPS];
        for (step, layers) in layers.iter_mut().enumerate() {
            let values;
            // SAFETY: `self` proves that the processor has the features.
            (values, *layers) = unsafe { fast(next(), edges) };
            put(step, values);
        }
        // SAFETY: the same.
        unsafe { rejected_bits(layers) }
    }

    forward_operations!();
}

/// 32 bytes as a register.
#[inline]
#[target_feature(enable = "avx2")]
fn register<T: Plain, const N: usize>(from: &[T; N]) -> __m256i {
    const { assert!(size_of::<[T; N]>() == 32) };
    // SAFETY: reads the 32 bytes behind the reference, which are plain.
    unsafe { _mm256_loadu_si256(from.as_ptr().cast()) }
}

/// A register as 32 bytes.
#[inline]
#[target_feature(enable = "avx2")]
fn put<T: Plain, const N: usize>(to: &mut [T; N], value: __m256i) {
    const { assert!(size_of::<[T; N]>() == 32) };
    // SAFETY: writes the 32 bytes behind the reference, which are plain.
    unsafe { _mm256_storeu_si256(to.as_mut_ptr().cast(), value) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn store(to: &mut [MaybeUninit<f32>; 16], values: F32) {
    let (halves, _) = to.as_chunks_mut::<8>();
    for (half, value) in halves.iter_mut().zip(values) {
        // SAFETY: writes the 32 bytes behind the reference.
        unsafe { _mm256_storeu_ps(half.as_mut_ptr().cast(), value) };
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn pack<T>(to: &mut [MaybeUninit<T>; GROUP], values: [U32; 4], upper: bool) {
    const { assert!(size_of::<T>() <= 4) };
    let to = to.as_mut_ptr().cast::<__m256i>();
    let put = |i: usize, value| {
        // SAFETY: there are twice as many times 32 bytes behind the reference as a slot has bytes, and
        // no more are written below.
        unsafe { _mm256_storeu_si256(to.wrapping_add(i), value) }
    };
    // Packs stay within 16 bytes: the quarters are in the order 0, 2, 1, 3.
    let words = |values: U32| {
        let [a, b] = if upper { shr::<16>(values) } else { and(values, splat(0xffff)) };
        _mm256_packus_epi32(a, b)
    };
    match size_of::<T>() {
        1 => {
            let order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
            let (pairs, _) = values.as_chunks::<2>();
            for (i, &[a, b]) in pairs.iter().enumerate() {
                let words = |values| words(and(values, splat(0xff)));
                let bytes = _mm256_packus_epi16(words(a), words(b));
                put(i, _mm256_permutevar8x32_epi32(bytes, order));
            }
        }
        2 => {
            for (i, value) in values.into_iter().enumerate() {
                put(i, _mm256_permute4x64_epi64::<0b11_01_10_00>(words(value)));
            }
        }
        _ => {
            for (i, [a, b]) in values.into_iter().enumerate() {
                put(2 * i, a);
                put(2 * i + 1, b);
            }
        }
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn load(from: &[u32; 16]) -> U32 {
    let (halves, _) = from.as_chunks::<8>();
    [register(&halves[0]), register(&halves[1])]
}

/// The lanes one by one.
#[inline]
#[target_feature(enable = "avx2")]
fn unload(from: U32) -> [u32; 16] {
    let mut lanes = [0; 16];
    let (halves, _) = lanes.as_chunks_mut::<8>();
    put(&mut halves[0], from[0]);
    put(&mut halves[1], from[1]);
    lanes
}

#[inline]
#[target_feature(enable = "avx2")]
fn splat(value: u32) -> U32 {
    [_mm256_set1_epi32(value as i32); 2]
}

#[inline]
#[target_feature(enable = "avx2")]
fn splat_f(value: f32) -> F32 {
    [_mm256_set1_ps(value); 2]
}

#[inline]
#[target_feature(enable = "avx2")]
fn load_f(from: &[f32; 16]) -> F32 {
    let (halves, _) = from.as_chunks::<8>();
    float_of_bits([register(&halves[0]), register(&halves[1])])
}

#[inline]
#[target_feature(enable = "avx2")]
fn store_f(to: &mut [f32; 16], values: F32) {
    let (halves, _) = to.as_chunks_mut::<8>();
    let [low, high] = to_bits(values);
    put(&mut halves[0], low);
    put(&mut halves[1], high);
}

#[inline]
#[target_feature(enable = "avx2")]
fn total([low, high]: F32) -> f32 {
    let eight = _mm256_add_ps(low, high);
    let four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps::<1>(eight));
    let two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)))
}

/// Functions of one instruction for each half.
macro_rules! instructions {
    ($($name:ident$(<$n:ident>)?($($x:ident),*) -> $u:ident($($t:ident),*) = $body:expr;)*) => {$(
        #[inline]
        #[target_feature(enable = "avx2")]
        fn $name$(<const $n: i32>)?($($x: $t),*) -> $u {
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

/// The mask is -1 where the bit is set. `bits` is a single bit.
#[inline]
#[target_feature(enable = "avx2")]
fn add_if(a: U32, x: U32, bits: u32) -> U32 {
    sub(a, equal(and(x, splat(bits)), splat(bits)))
}

/// By N to the left and by 32 - N to the right.
#[inline]
#[target_feature(enable = "avx2")]
fn rotl<const N: i32, const RIGHT: i32>(a: U32) -> U32 {
    const { assert!(N + RIGHT == 32) };
    or(shl::<N>(a), shr::<RIGHT>(a))
}

#[inline]
#[target_feature(enable = "avx2")]
fn signed(word: U32) -> F32 {
    to_float(or(sar::<7>(word), splat(1)))
}

#[inline]
#[target_feature(enable = "avx2")]
fn bits(mask: Mask) -> u16 {
    let half = |i: usize| _mm256_movemask_ps(_mm256_castsi256_ps(mask[i])) as u16;
    half(0) | half(1) << 8
}

#[inline]
#[target_feature(enable = "avx2")]
fn widen(from: &[u16; 16]) -> U32 {
    let from = register(from);
    [
        _mm256_cvtepu16_epi32(_mm256_castsi256_si128(from)),
        _mm256_cvtepu16_epi32(_mm256_extracti128_si256::<1>(from)),
    ]
}

/// The table times std, as bits.
pub(crate) struct Edges([u32; 128]);

#[inline]
#[target_feature(enable = "avx2")]
fn edges<D: Density>(std: f32) -> Edges {
    Edges(D::TABLES.edges.map(|edge| (edge * std).to_bits()))
}

/// The entry of each lane's low 7 bits.
#[inline]
#[target_feature(enable = "avx2")]
fn look_up(table: &[u32; 128], index: U32) -> U32 {
    let index = and(index, splat(127));
    let half = |index: __m256i| {
        let mut pairs = [0_u64; 4];
        put(&mut pairs, index);
        // SAFETY: the index is below 128. (With a check, it would be masked once more.)
        let low = |pair: u64| unsafe { *table.get_unchecked(pair as u32 as usize) as i32 };
        // SAFETY: the same.
        let high = |pair: u64| unsafe { *table.get_unchecked((pair >> 32) as usize) as i32 };
        let [a, b, c, d] = pairs;
        _mm256_setr_epi32(low(a), high(a), low(b), high(b), low(c), high(c), low(d), high(d))
    };
    [half(index[0]), half(index[1])]
}

/// Returns a bit for each rejected position of a group, in the order of [`ORDER`], from the layers that
/// [`fast`] returned for its steps.
#[inline]
#[target_feature(enable = "avx2")]
fn rejected_bits([a, b, c, d]: [__m256i; STEPS]) -> u64 {
    let signs = |a, b| {
        // Of the layers up to 127, only 126 and 127 reach the sign bit.
        let signs = _mm256_add_epi8(_mm256_packus_epi16(a, b), _mm256_set1_epi8(2));
        u64::from(_mm256_movemask_epi8(signs) as u32)
    };
    signs(a, b) | signs(c, d) << 32
}

/// The position in a group that bit i of [`rejected_bits`] belongs to. The order is this one because packs
/// stay within 128 bits.
static ORDER: [u8; GROUP] = {
    let mut order = [0; GROUP];
    let mut i = 0;
    while i < GROUP {
        let (register, dword) = (i / 4 % 4, i / 16 % 2 * 4 + i % 4);
        order[i] = (i / 32 * 32 + register * 8 + dword) as u8;
        i += 1;
    }
    order
};

/// Returns the values of a step in the fast path, and the step's layers in 16 bits each.
#[inline]
#[target_feature(enable = "avx2")]
fn fast(words: U32, edges: &Edges) -> (F32, __m256i) {
    let layers = and(words, splat(127));
    let values = mul_f(signed(words), float_of_bits(look_up(&edges.0, layers)));
    (values, _mm256_packus_epi32(layers[0], layers[1]))
}

#[inline]
#[target_feature(enable = "avx2,bmi1,popcnt")]
fn list(list: &mut [u16], rejected: u64, first: u16) {
    list_bits(list, rejected, first, &ORDER);
}

#[inline]
#[target_feature(enable = "avx2")]
fn load_states(states: &[u64; 16]) -> U64 {
    let (quarters, _) = states.as_chunks::<4>();
    [register(&quarters[0]), register(&quarters[1]), register(&quarters[2]), register(&quarters[3])]
}

#[inline]
#[target_feature(enable = "avx2")]
fn add_state(states: U64, addend: u64) -> U64 {
    let addend = _mm256_set1_epi64x(addend as i64);
    states.map(|state| _mm256_add_epi64(state, addend))
}

/// The product of 64-bit words and a constant.
#[inline]
#[target_feature(enable = "avx2")]
fn times(a: __m256i, factor: u64) -> __m256i {
    let low = _mm256_set1_epi64x((factor & 0xffff_ffff) as i64);
    let high = _mm256_set1_epi64x((factor >> 32) as i64);
    let crossed = _mm256_add_epi64(
        _mm256_mul_epu32(_mm256_srli_epi64::<32>(a), low),
        _mm256_mul_epu32(a, high),
    );
    _mm256_add_epi64(_mm256_mul_epu32(a, low), _mm256_slli_epi64::<32>(crossed))
}

#[inline]
#[target_feature(enable = "avx2")]
fn first_states(rejected: &[u16; 16], states: &[u64; WINDOW]) -> U64 {
    let mut all = [0; 16];
    for (to, rejected) in all.iter_mut().zip(rejected) {
        *to = first_state(*rejected, states);
    }
    load_states(&all)
}

/// SplitMix64's finaliser, and of its result the low and the high halves.
#[inline]
#[target_feature(enable = "avx2")]
fn hash(states: U64) -> (U32, U32) {
    let [a, b, c, d] = states.map(|z| {
        let z = times(_mm256_xor_si256(z, _mm256_srli_epi64::<30>(z)), MIX[0]);
        let z = times(_mm256_xor_si256(z, _mm256_srli_epi64::<27>(z)), MIX[1]);
        _mm256_castsi256_ps(_mm256_xor_si256(z, _mm256_srli_epi64::<31>(z)))
    });
    // The shuffles stay within 128 bits: quarters 0, 2, 1, 3 come out.
    let order = |half| _mm256_permute4x64_epi64::<0b11_01_10_00>(_mm256_castps_si256(half));
    const LOW: i32 = 0b10_00_10_00;
    const HIGH: i32 = 0b11_01_11_01;
    (
        [order(_mm256_shuffle_ps::<LOW>(a, b)), order(_mm256_shuffle_ps::<LOW>(c, d))],
        [order(_mm256_shuffle_ps::<HIGH>(a, b)), order(_mm256_shuffle_ps::<HIGH>(c, d))],
    )
}

/// The region of a column: its own if the share is below the table's, else the other.
#[inline]
#[target_feature(enable = "avx2")]
fn alias<D: Overhang>(column: U32, share: U32) -> U32 {
    let columns = look_up(D::COLUMNS, column);
    select(less(share, shr::<16>(columns)), column, and(columns, splat(127)))
}

/// A region's inner, width, below and height.
#[inline]
#[target_feature(enable = "avx2")]
fn region<D: Overhang>(region: U32) -> [F32; 4] {
    let regions = unload(region);
    let row = |i: usize| {
        // SAFETY: reads the 16 bytes behind the reference.
        unsafe { _mm_loadu_ps(D::ROWS[(regions[i] & 127) as usize].as_ptr()) }
    };
    // Rows i and i + 4 side by side; then two 4 × 4 transpositions at once.
    let half = |first: usize| {
        let pair = |i: usize| _mm256_set_m128(row(first + i + 4), row(first + i));
        let (a, b, c, d) = (pair(0), pair(1), pair(2), pair(3));
        let (ab, ab2) = (_mm256_unpacklo_ps(a, b), _mm256_unpackhi_ps(a, b));
        let (cd, cd2) = (_mm256_unpacklo_ps(c, d), _mm256_unpackhi_ps(c, d));
        [
            _mm256_shuffle_ps::<0b01_00_01_00>(ab, cd),
            _mm256_shuffle_ps::<0b11_10_11_10>(ab, cd),
            _mm256_shuffle_ps::<0b01_00_01_00>(ab2, cd2),
            _mm256_shuffle_ps::<0b11_10_11_10>(ab2, cd2),
        ]
    };
    let (low, high) = (half(0), half(8));
    array::from_fn(|i| [low[i], high[i]])
}

/// Where the dwords of a register go, so that those in a mask come first.
static COMPRESSED: [[u8; 8]; 256] = {
    let mut orders = [[0; 8]; 256];
    let mut mask = 0;
    while mask < 256 {
        let (mut i, mut count) = (0, 0);
        while i < 8 {
            if mask >> i & 1 == 1 {
                orders[mask][count] = i as u8;
                count += 1;
            }
            i += 1;
        }
        mask += 1;
    }
    orders
};

/// Appends the tries in the mask: without a branch, since how many they are is known late and is no
/// habit.
#[inline]
#[target_feature(enable = "avx2,popcnt")]
fn append(queue: &mut Queue, states: U64, offsets: U32, mask: u16) {
    let mut len = queue.len;
    for (i, offsets) in offsets.into_iter().enumerate() {
        let mask = (mask >> (8 * i)) as u8;
        if let Some(to) = queue.offsets.get_mut(len..).and_then(|to| to.first_chunk_mut::<8>()) {
            put(to, _mm256_permutevar8x32_epi32(offsets, compressed(mask)));
        }
        len += mask.count_ones() as usize;
    }
    let mut len = queue.len;
    for (i, states) in states.into_iter().enumerate() {
        // A bit for each half of a state.
        let mask = mask >> (4 * i) & 15;
        let twice = PAIRS[mask as usize];
        if let Some(to) = queue.states.get_mut(len..).and_then(|to| to.first_chunk_mut::<4>()) {
            put(to, _mm256_permutevar8x32_epi32(states, compressed(twice)));
        }
        len += mask.count_ones() as usize;
    }
    queue.len = len;
}

/// Each bit of a number twice.
static PAIRS: [u8; 16] = [
    0x00, 0x03, 0x0c, 0x0f, 0x30, 0x33, 0x3c, 0x3f, 0xc0, 0xc3, 0xcc, 0xcf, 0xf0, 0xf3, 0xfc, 0xff,
];

/// The order that puts the dwords in the mask first.
#[inline]
#[target_feature(enable = "avx2")]
fn compressed(mask: u8) -> __m256i {
    // SAFETY: reads the 8 bytes behind the reference.
    let order = unsafe { _mm_loadl_epi64(COMPRESSED[mask as usize].as_ptr().cast()) };
    _mm256_cvtepu8_epi32(order)
}

#[inline]
#[target_feature(enable = "avx2")]
fn scatter(slots: &mut [MaybeUninit<f32>], offsets: U32, values: F32) {
    let (offsets, values) = (unload(offsets), unload(to_bits(values)));
    let mut within = true;
    for offset in offsets {
        within &= (offset as usize) < slots.len();
    }
    for lane in 0..16 {
        if within {
            // SAFETY: all offsets are below the length, as the loop above has found.
            unsafe { slots.get_unchecked_mut(offsets[lane] as usize) }
                .write(f32::from_bits(values[lane]));
        } else if let Some(slot) = slots.get_mut(offsets[lane] as usize) {
            slot.write(f32::from_bits(values[lane]));
        }
    }
}
