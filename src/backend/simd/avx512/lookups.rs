//! The fast path and the overhang: tables, hashes, lists and queues.

use core::{arch::x86_64::*, mem::MaybeUninit};

use super::{
    super::kernel::{
        queue::Queue,
        sizes::{GROUP, PART, STEPS, WINDOW},
        tables::{Overhang, Regions},
    },
    vectors::*,
};
use crate::{
    sampler::{BLOCK, ziggurat::Density},
    stream::{GOLDEN, MIX},
};

/// The table times std, in planes of bytes: the first has the low byte of each entry.
#[derive(Clone, Copy)]
pub(crate) struct Edges([[U32; 2]; 4]);

/// The position in a group that byte i of [`low_bytes`] belongs to. The unpacks of [`dwords`], which stay
/// within 16 bytes, undo this order.
pub(super) const ORDER: [u8; GROUP] = {
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
pub(super) fn scaled_edges<D: Density>(std: f32) -> Edges {
    // The table is permuted so that `planes` puts entry i at byte i.
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
        // A computed NaN may have either sign, but `fast` needs a positive one.
        let marks = _mm512_cmp_ps_mask::<_CMP_UNORD_Q>(edges, edges);
        select(marks, splat(f32::NAN.to_bits() & 0x7fff_ffff), to_bits(scaled))
    });
    let (low, high) = (planes([a, b, c, d]), planes([e, f, g, h]));
    Edges([[low[0], high[0]], [low[1], high[1]], [low[2], high[2]], [low[3], high[3]]])
}

/// Takes four registers of dwords apart into four planes of bytes.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
pub(super) fn planes(dwords: [U32; 4]) -> [U32; 4] {
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

/// Puts four planes of bytes together to four registers of dwords.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
pub(super) fn dwords([a, b, c, d]: [U32; 4]) -> [U32; 4] {
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
pub(super) fn fast(words: [U32; STEPS], edges: &Edges) -> ([F32; STEPS], u64) {
    let layers = low_bytes(words);
    let planes = edges.0.map(|[low, high]| _mm512_permutex2var_epi8(low, layers, high));
    // Only NaN has 0x7f as its top byte; scaled edges are too small.
    let rejected = _mm512_cmpeq_epi8_mask(planes[3], _mm512_set1_epi8(0x7f));
    let [a, b, c, d] = dwords(planes);
    let value = |word, edge| mul_f(signed(word), float_of_bits(edge));
    ([value(words[0], a), value(words[1], b), value(words[2], c), value(words[3], d)], rejected)
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi2,popcnt")]
pub(super) fn append_rejected(list: &mut [u16], rejected: u64, first: u16) {
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
pub(super) fn load_states(states: &[u64; 16]) -> U64 {
    let (halves, _) = states.as_chunks::<8>();
    [register(&halves[0]), register(&halves[1])]
}

#[inline]
#[target_feature(enable = "avx512f")]
pub(super) fn add_state(states: U64, addend: u64) -> U64 {
    let addend = _mm512_set1_epi64(addend as i64);
    [_mm512_add_epi64(states[0], addend), _mm512_add_epi64(states[1], addend)]
}

/// GOLDEN × position, added to the state of the position's block.
#[inline]
#[target_feature(enable = "avx512f,avx512dq")]
pub(super) fn first_states(rejected: &[u16; 16], states: &[u64; WINDOW]) -> U64 {
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

#[inline]
#[target_feature(enable = "avx512f,avx512dq")]
pub(super) fn hash(states: U64) -> (U32, U32) {
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

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
pub(super) fn look_up_alias<D: Overhang>(column: U32, share: U32) -> U32 {
    // The upper 16 bits of each lane also act as an index. The mask discards that result.
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

#[inline]
#[target_feature(enable = "avx512f")]
pub(super) fn look_up_region<D: Overhang>(region: U32) -> [F32; 4] {
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

#[inline]
#[target_feature(enable = "avx512f,popcnt")]
pub(super) fn append(queue: &mut Queue, states: U64, offsets: U32, mask: u16) {
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
pub(super) fn scatter(slots: &mut [MaybeUninit<f32>], offsets: U32, values: F32) {
    let within = _mm512_cmplt_epu32_mask(offsets, splat(slots.len().min(PART) as u32));
    // SAFETY: writes only where the mask says that the offset is below the length. It is also below
    // `PART`, so it is not negative as an `i32`.
    unsafe {
        _mm512_mask_i32scatter_ps::<4>(slots.as_mut_ptr().cast(), within, offsets, values);
    }
}
