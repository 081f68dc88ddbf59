//! AVX-512 as Ice Lake, Zen 4 and later have it: sixteen lanes are one register, and the 128
//! entries of a table fit in registers.
//!
//! The fast path looks its edges up as four planes of bytes: the 64 layers of a group are packed
//! into one register, one `vpermi2b` for each plane finds their bytes, and eight unpacks put them
//! together. That is 16 instructions for 64 values, where four `vpermi2ps` and three blends for
//! each sixteen are 36, and gathers are slower still.
//!
//! Measured on a Zen 5, and dropped: one block at a time (1.2 times the time of the fast path: all
//! latency); one batch of sixteen at a time (1.2 times the whole); planes put together by byte
//! shuffles (1.04 times: only two of four pipes have them); streaming stores (1.2 to 1.5 times: the
//! mended places are fetched again); both blocks made in a buffer on the stack and copied from
//! there, with ordinary stores (1.5 times), streaming ones (1.5) or `rep movsb` (1.6): computing and
//! writing take turns.

use core::{arch::x86_64::*, mem::MaybeUninit};

use super::kernel::{
    ops::{Simd, forward_operations},
    plain::Plain,
    queue::Queue,
    sizes::{GROUP, PART, STEPS, WINDOW},
    tables::{Overhang, Regions},
};
use crate::{
    sampler::{BLOCK, ziggurat::Density},
    stream::{GOLDEN, MIX},
};

cpufeatures::new!(
    features,
    "avx512f",
    "avx512bw",
    "avx512dq",
    "avx512vbmi",
    "avx512vbmi2",
    "popcnt"
);

/// Proves that this processor has AVX-512 with the extensions F, BW, DQ, VBMI and VBMI2, and POPCNT,
/// because only [`available`] makes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Proof(());

/// Asks this processor.
#[inline]
pub(crate) fn available() -> Option<Proof> {
    features::get().then_some(Proof(()))
}

type U32 = __m512i;
type F32 = __m512;
type U64 = [__m512i; 2];
type Mask = __mmask16;

/// [`signed`] leaves the number where it is in the word, which saves a shift.
const SIGNED: f32 = 128.0;

impl Simd for Proof {
    type U32 = U32;
    type F32 = F32;
    type U64 = U64;
    type Mask = Mask;
    type Edges = Edges;

    const BLOCKS: usize = 2;
    const BATCH: usize = 2;
    const ROWS: usize = 8;
    const ROUNDS_IN_REGISTERS: bool = true;
    const SIGNED: f32 = SIGNED;

    #[inline(always)]
    fn vectorize<T>(self, f: impl FnOnce() -> T) -> T {
        #[inline]
        #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vbmi,avx512vbmi2,popcnt")]
        fn shell<T>(f: impl FnOnce() -> T) -> T {
            f()
        }
        // SAFETY: `self` proves that the processor has the features.
        unsafe { shell(f) }
    }

    #[inline(always)]
    fn out_of_line<T>(self, f: impl FnOnce() -> T) -> T {
        #[inline(never)]
        #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vbmi,avx512vbmi2,popcnt")]
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
        let words = [next(), next(), next(), next()];
        // SAFETY: `self` proves that the processor has the features.
        let ([a, b, c, d], rejected) = unsafe { fast(words, edges) };
        put(0, a);
        put(1, b);
        put(2, c);
        put(3, d);
        rejected
    }

    forward_operations!();
}

/// 64 bytes as a register.
#[inline]
#[target_feature(enable = "avx512f")]
fn register<T: Plain, const N: usize>(from: &[T; N]) -> __m512i {
    const { assert!(size_of::<[T; N]>() == 64) };
    // SAFETY: reads the 64 bytes behind the reference, which are plain.
    unsafe { _mm512_loadu_si512(from.as_ptr().cast()) }
}

/// A register as 64 bytes.
#[inline]
#[target_feature(enable = "avx512f")]
fn put<T: Plain, const N: usize>(to: &mut [T; N], value: __m512i) {
    const { assert!(size_of::<[T; N]>() == 64) };
    // SAFETY: writes the 64 bytes behind the reference, which are plain.
    unsafe { _mm512_storeu_si512(to.as_mut_ptr().cast(), value) }
}

/// Memory is slow to hand lines over to be overwritten. Asked 1 KiB ahead, stores wait for it less:
/// 0.144 for 0.153 ns per value of 2^24; 4 KiB ahead is no better.
#[inline(always)]
fn prefetch<T>(to: *const T) {
    // SAFETY: this fetches a cache line, and neither reads nor writes: any address will do.
    unsafe {
        core::arch::asm!(
            "prefetchw [{}]", in(reg) to.wrapping_byte_add(1024).addr(),
            options(nostack, preserves_flags, nomem)
        );
    }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn store(to: &mut [MaybeUninit<f32>; 16], values: F32) {
    prefetch(to.as_ptr());
    // SAFETY: writes the 64 bytes behind the reference.
    unsafe { _mm512_storeu_ps(to.as_mut_ptr().cast(), values) }
}

/// The numbers of those words of two registers that are the upper halves of dwords.
const UPPER: [u16; 32] = {
    let mut order = [0; 32];
    let mut i = 0;
    while i < order.len() {
        order[i] = 2 * i as u16 + 1;
        i += 1;
    }
    order
};

/// The same for the lower halves.
const LOWER: [u16; 32] = {
    let mut order = UPPER;
    let mut i = 0;
    while i < order.len() {
        order[i] -= 1;
        i += 1;
    }
    order
};

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
fn pack<T>(to: &mut [MaybeUninit<T>; GROUP], values: [U32; 4], upper: bool) {
    const { assert!(size_of::<T>() <= 4) };
    let to = to.as_mut_ptr().cast::<__m512i>();
    let put = |i: usize, value| {
        let to = to.wrapping_add(i);
        prefetch(to);
        // SAFETY: there are as many times 64 bytes behind the reference as a slot has bytes, and no
        // more are written below.
        unsafe { _mm512_storeu_si512(to, value) }
    };
    match size_of::<T>() {
        1 => {
            // Dword 4 l + r, and register r, to dword 4 r + l.
            const TRANSPOSED: [u32; 16] = [0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15];
            put(0, _mm512_permutexvar_epi32(register(&TRANSPOSED), low_bytes(values)));
        }
        2 => {
            let halves = register(if upper { &UPPER } else { &LOWER });
            let [a, b, c, d] = values;
            put(0, _mm512_permutex2var_epi16(a, halves, b));
            put(1, _mm512_permutex2var_epi16(c, halves, d));
        }
        _ => (0..).zip(values).for_each(|(i, value)| put(i, value)),
    }
}

/// The low bytes of four registers: byte 16 l + 4 r + c is from dword 4 l + c of register r.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn low_bytes([a, b, c, d]: [U32; 4]) -> U32 {
    let order = splat(0x0c08_0400);
    let bytes = _mm512_shuffle_epi8(a, order);
    let bytes = _mm512_mask_shuffle_epi8(bytes, 0x00f0_00f0_00f0_00f0, b, order);
    let bytes = _mm512_mask_shuffle_epi8(bytes, 0x0f00_0f00_0f00_0f00, c, order);
    _mm512_mask_shuffle_epi8(bytes, 0xf000_f000_f000_f000, d, order)
}

#[inline]
#[target_feature(enable = "avx512f")]
fn load(from: &[u32; 16]) -> U32 {
    register(from)
}

/// The lanes one by one.
#[inline]
#[target_feature(enable = "avx512f")]
fn unload(from: U32) -> [u32; 16] {
    let mut lanes = [0; 16];
    put(&mut lanes, from);
    lanes
}

#[inline]
#[target_feature(enable = "avx512f")]
fn splat(value: u32) -> U32 {
    _mm512_set1_epi32(value as i32)
}

#[inline]
#[target_feature(enable = "avx512f")]
fn splat_f(value: f32) -> F32 {
    _mm512_set1_ps(value)
}

#[inline]
#[target_feature(enable = "avx512f")]
fn load_f(from: &[f32; 16]) -> F32 {
    float_of_bits(register(from))
}

#[inline]
#[target_feature(enable = "avx512f")]
fn store_f(to: &mut [f32; 16], values: F32) {
    put(to, to_bits(values));
}

#[inline]
#[target_feature(enable = "avx512f,avx512dq")]
fn total(sums: F32) -> f32 {
    let eight = _mm256_add_ps(_mm512_castps512_ps256(sums), _mm512_extractf32x8_ps::<1>(sums));
    let four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps::<1>(eight));
    let two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)))
}

/// Functions of one instruction.
macro_rules! instructions {
    ($($name:ident($($x:ident: $t:ty),*) -> $out:ty = $body:expr;)*) => {$(
        #[inline]
        #[target_feature(enable = "avx512f")]
        fn $name($($x: $t),*) -> $out {
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
fn shl<const N: i32>(a: U32) -> U32 {
    _mm512_sll_epi32(a, _mm_cvtsi32_si128(N))
}

#[inline]
#[target_feature(enable = "avx512f")]
fn shr<const N: i32>(a: U32) -> U32 {
    _mm512_srl_epi32(a, _mm_cvtsi32_si128(N))
}

#[inline]
#[target_feature(enable = "avx512f")]
fn sar<const N: i32>(a: U32) -> U32 {
    _mm512_sra_epi32(a, _mm_cvtsi32_si128(N))
}

/// By N to the left, or by 32 - N to the right.
#[inline]
#[target_feature(enable = "avx512f")]
fn rotl<const N: i32, const RIGHT: i32>(a: U32) -> U32 {
    const { assert!(N + RIGHT == 32) };
    _mm512_rol_epi32::<N>(a)
}

/// 32 bytes as half a register.
#[inline]
#[target_feature(enable = "avx512f")]
fn half_register(from: &[u16; 16]) -> __m256i {
    // SAFETY: reads the 32 bytes behind the reference.
    unsafe { _mm256_loadu_si256(from.as_ptr().cast()) }
}

/// The table times std, in planes of bytes: the first has the low byte of each entry.
#[derive(Clone, Copy)]
pub(crate) struct Edges([[U32; 2]; 4]);

/// The position in a group that byte i of [`low_bytes`] belongs to. The unpacks of [`dwords`], which stay
/// within 16 bytes, undo this order.
const ORDER: [u8; GROUP] = {
    let mut order = [0; GROUP];
    let mut i = 0;
    while i < GROUP {
        order[i] = (i / 4 % 4 * 16 + i / 16 * 4 + i % 4) as u8;
        i += 1;
    }
    order
};

#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn edges<D: Density>(std: f32) -> Edges {
    // Entry i of the table is where `planes` moves it to byte i.
    let ordered: &[[f32; 16]; 8] = const {
        let mut ordered = [[0.0; 16]; 8];
        let mut i = 0;
        while i < D::TABLES.edges.len() {
            let entry = ORDER[i % GROUP] as usize;
            ordered[i / GROUP * 4 + entry / 16][entry % 16] = D::TABLES.edges[i];
            i += 1;
        }
        &{ ordered }
    };
    let [a, b, c, d, e, f, g, h] = ordered.map(|edges| {
        let edges = float_of_bits(register(&edges));
        let scaled = mul_f(mul_f(edges, splat_f(std)), splat_f(1.0 / SIGNED));
        // The sign of a NaN that is computed is not specified, and `fast` wants it positive.
        let marks = _mm512_cmp_ps_mask::<_CMP_UNORD_Q>(edges, edges);
        select(marks, splat(f32::NAN.to_bits() & 0x7fff_ffff), to_bits(scaled))
    });
    let (low, high) = (planes([a, b, c, d]), planes([e, f, g, h]));
    Edges([[low[0], high[0]], [low[1], high[1]], [low[2], high[2]], [low[3], high[3]]])
}

/// Four registers of dwords as four planes of bytes.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn planes(dwords: [U32; 4]) -> [U32; 4] {
    let by_byte = _mm512_set4_epi32(0x0f0b_0703, 0x0e0a_0602, 0x0d09_0501, 0x0c08_0400);
    let [a, b, c, d] = dwords.map(|dwords| _mm512_shuffle_epi8(dwords, by_byte));
    let (ab, ab2) = (_mm512_unpacklo_epi32(a, b), _mm512_unpackhi_epi32(a, b));
    let (cd, cd2) = (_mm512_unpacklo_epi32(c, d), _mm512_unpackhi_epi32(c, d));
    [
        _mm512_unpacklo_epi64(ab, cd),
        _mm512_unpackhi_epi64(ab, cd),
        _mm512_unpacklo_epi64(ab2, cd2),
        _mm512_unpackhi_epi64(ab2, cd2),
    ]
}

/// Four planes of bytes as four registers of dwords.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn dwords([a, b, c, d]: [U32; 4]) -> [U32; 4] {
    let (ab, ab2) = (_mm512_unpacklo_epi8(a, b), _mm512_unpackhi_epi8(a, b));
    let (cd, cd2) = (_mm512_unpacklo_epi8(c, d), _mm512_unpackhi_epi8(c, d));
    [
        _mm512_unpacklo_epi16(ab, cd),
        _mm512_unpackhi_epi16(ab, cd),
        _mm512_unpacklo_epi16(ab2, cd2),
        _mm512_unpackhi_epi16(ab2, cd2),
    ]
}

/// Returns a group's values in the fast path, and a bit for each rejected position, in the order of
/// [`ORDER`].
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
fn fast(words: [U32; STEPS], edges: &Edges) -> ([F32; STEPS], u64) {
    let layers = low_bytes(words);
    let planes = edges.0.map(|[low, high]| _mm512_permutex2var_epi8(low, layers, high));
    // The highest byte of NaN, and of no edge times a std.
    let rejected = _mm512_cmpeq_epi8_mask(planes[3], _mm512_set1_epi8(0x7f));
    let [a, b, c, d] = dwords(planes);
    let value = |word, edge| mul_f(signed(word), float_of_bits(edge));
    ([value(words[0], a), value(words[1], b), value(words[2], c), value(words[3], d)], rejected)
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi2,popcnt")]
fn list(list: &mut [u16], rejected: u64, first: u16) {
    let positions = _mm512_maskz_compress_epi8(rejected, register(&ORDER));
    let first = _mm512_set1_epi16(first as i16);
    let Some((low, rest)) = list.split_first_chunk_mut::<32>() else { return };
    let positions_low = _mm512_cvtepu8_epi16(_mm512_castsi512_si256(positions));
    put(low, _mm512_add_epi16(first, positions_low));
    if rejected.count_ones() > 32
        && let Some(high) = rest.first_chunk_mut::<32>()
    {
        let positions_high = _mm512_cvtepu8_epi16(_mm512_extracti64x4_epi64::<1>(positions));
        put(high, _mm512_add_epi16(first, positions_high));
    }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn load_states(states: &[u64; 16]) -> U64 {
    let (halves, _) = states.as_chunks::<8>();
    [register(&halves[0]), register(&halves[1])]
}

#[inline]
#[target_feature(enable = "avx512f")]
fn add_state(states: U64, addend: u64) -> U64 {
    let addend = _mm512_set1_epi64(addend as i64);
    [_mm512_add_epi64(states[0], addend), _mm512_add_epi64(states[1], addend)]
}

/// GOLDEN × position, added to the state of the position's block.
#[inline]
#[target_feature(enable = "avx512f,avx512dq")]
fn first_states(rejected: &[u16; 16], states: &[u64; WINDOW]) -> U64 {
    let rejected = half_register(rejected);
    let [low, high] = load_states(states);
    let first = |rejected| {
        let rejected = _mm512_cvtepu16_epi64(rejected);
        let block = _mm512_srli_epi64::<{ BLOCK.trailing_zeros() }>(rejected);
        let state = _mm512_permutex2var_epi64(low, block, high);
        let position = and(rejected, _mm512_set1_epi64(BLOCK as i64 - 1));
        let golden = _mm512_mullo_epi64(position, _mm512_set1_epi64(GOLDEN as i64));
        _mm512_add_epi64(state, golden)
    };
    [first(_mm256_castsi256_si128(rejected)), first(_mm256_extracti128_si256::<1>(rejected))]
}

/// SplitMix64's finaliser, and of its result the low and the high halves.
#[inline]
#[target_feature(enable = "avx512f,avx512dq")]
fn hash(states: U64) -> (U32, U32) {
    const LOW: [u32; 16] = [0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30];
    const HIGH: [u32; 16] = [1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31];
    let mix = |z| {
        let [m1, m2] = MIX.map(|m| _mm512_set1_epi64(m as i64));
        let z = _mm512_mullo_epi64(xor(z, _mm512_srli_epi64::<30>(z)), m1);
        let z = _mm512_mullo_epi64(xor(z, _mm512_srli_epi64::<27>(z)), m2);
        xor(z, _mm512_srli_epi64::<31>(z))
    };
    let (a, b) = (mix(states[0]), mix(states[1]));
    let half = |order| _mm512_permutex2var_epi32(a, register(order), b);
    (half(&LOW), half(&HIGH))
}

/// The region of a column: its own if the share is below the table's, else the other.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
fn alias<D: Overhang>(column: U32, share: U32) -> U32 {
    // The columns' upper halves are 0 and look up something as well, which is masked out.
    let (shares, _) = D::TABLES.share.as_chunks::<32>();
    let look_up = |low, high| {
        _mm512_maskz_permutex2var_epi16(0x5555_5555, register(low), column, register(high))
    };
    let upper = _mm512_test_epi32_mask(column, splat(64));
    let (low, high) = (look_up(&shares[0], &shares[1]), look_up(&shares[2], &shares[3]));
    let own = less(share, select(upper, high, low));
    let (aliases, _) = D::TABLES.alias.as_chunks::<64>();
    let other = _mm512_maskz_permutex2var_epi8(
        0x1111_1111_1111_1111,
        register(&aliases[0]),
        column,
        register(&aliases[1]),
    );
    select(own, column, other)
}

/// A region's inner, width, below and height.
#[inline]
#[target_feature(enable = "avx512f")]
fn region<D: Overhang>(region: U32) -> [F32; 4] {
    let bit5 = _mm512_test_epi32_mask(region, splat(32));
    let bit6 = _mm512_test_epi32_mask(region, splat(64));
    let look_up = |table: &[f32; 128]| {
        let (parts, _) = table.as_chunks::<16>();
        let part = |i: usize| float_of_bits(register(&parts[i]));
        let a = _mm512_permutex2var_ps(part(0), region, part(1));
        let b = _mm512_permutex2var_ps(part(2), region, part(3));
        let c = _mm512_permutex2var_ps(part(4), region, part(5));
        let d = _mm512_permutex2var_ps(part(6), region, part(7));
        select_f(bit6, select_f(bit5, d, c), select_f(bit5, b, a))
    };
    let Regions { inner, width, below, height } = D::REGIONS;
    [look_up(inner), look_up(width), look_up(below), look_up(height)]
}

/// Appends the tries in the mask.
#[inline]
#[target_feature(enable = "avx512f,popcnt")]
fn append(queue: &mut Queue, states: U64, offsets: U32, mask: u16) {
    let len = queue.len;
    let half = len + (mask & 0xff).count_ones() as usize;
    if let Some(to) = queue.states.get_mut(len..).and_then(|to| to.first_chunk_mut::<8>()) {
        put(to, _mm512_maskz_compress_epi64(mask as u8, states[0]));
    }
    if let Some(to) = queue.states.get_mut(half..).and_then(|to| to.first_chunk_mut::<8>()) {
        put(to, _mm512_maskz_compress_epi64((mask >> 8) as u8, states[1]));
    }
    if let Some(to) = queue.offsets.get_mut(len..).and_then(|to| to.first_chunk_mut::<16>()) {
        put(to, _mm512_maskz_compress_epi32(mask, offsets));
    }
    queue.len = len + mask.count_ones() as usize;
}

#[inline]
#[target_feature(enable = "avx512f")]
fn scatter(slots: &mut [MaybeUninit<f32>], offsets: U32, values: F32) {
    let within = _mm512_cmplt_epu32_mask(offsets, splat(slots.len().min(PART) as u32));
    // SAFETY: writes only where the mask says that the offset is below the length. It is also below
    // `PART`, so it is not negative as an `i32`.
    unsafe {
        _mm512_mask_i32scatter_ps::<4>(slots.as_mut_ptr().cast(), within, offsets, values);
    }
}
