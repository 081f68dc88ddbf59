//! The fast path and the overhang: tables, hashes, lists and queues.

use core::{arch::x86_64::*, array, mem::MaybeUninit};

use super::{
    super::kernel::{
        queue::{Queue, first_state, list_bits},
        sizes::{GROUP, STEPS, WINDOW},
        tables::Overhang,
    },
    vectors::*,
};
use crate::{sampler::ziggurat::Density, stream::MIX};

/// The table times std, as bits.
pub(crate) struct Edges([u32; 128]);

#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn scaled_edges<D: Density>(std: f32) -> Edges {
    Edges(D::TABLES.edges.map(|edge| (edge * std).to_bits()))
}

/// Returns the entry at the index in each lane's low 7 bits.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn look_up(table: &[u32; 128], index: U32) -> U32 {
    let index = and(index, splat(127));
    let half = |index: __m256i| {
        let mut pairs = [0_u64; 4];
        put(&mut pairs, index);
        // SAFETY: the index was masked above, so it is below 128. A check would mask it once more.
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
pub(super) fn rejected_bits([[a, b], [c, d]]: [[__m256i; 2]; STEPS / 2]) -> u64 {
    let signs = |a, b| {
        // Layers go up to 127, and only 126 and 127 reach the sign bit.
        let signs = _mm256_add_epi8(_mm256_packus_epi16(a, b), _mm256_set1_epi8(2));
        u64::from(_mm256_movemask_epi8(signs) as u32)
    };
    signs(a, b) | signs(c, d) << 32
}

/// The position in a group that bit i of [`rejected_bits`] belongs to. The order is this one because packs
/// stay within 128 bits.
pub(super) static ORDER: [u8; GROUP] = {
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
pub(super) fn fast(words: U32, edges: &Edges) -> (F32, __m256i) {
    let layers = and(words, splat(127));
    let values = mul_f(signed(words), float_of_bits(look_up(&edges.0, layers)));
    (values, _mm256_packus_epi32(layers[0], layers[1]))
}

#[inline]
#[target_feature(enable = "avx2,bmi1,popcnt")]
pub(super) fn append_rejected(list: &mut [u16], rejected: u64, first: u16) {
    list_bits(list, rejected, first, &ORDER);
}

#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn load_states(states: &[u64; 16]) -> U64 {
    let (quarters, _) = states.as_chunks::<4>();
    [register(&quarters[0]), register(&quarters[1]), register(&quarters[2]), register(&quarters[3])]
}

#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn add_state(states: U64, addend: u64) -> U64 {
    let addend = _mm256_set1_epi64x(addend as i64);
    states.map(|state| _mm256_add_epi64(state, addend))
}

/// Multiplies 64-bit words by a constant: AVX2 has 32-bit products only.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn times(a: __m256i, factor: u64) -> __m256i {
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
pub(super) fn first_states(rejected: &[u16; 16], states: &[u64; WINDOW]) -> U64 {
    let mut all = [0; 16];
    for (to, rejected) in all.iter_mut().zip(rejected) {
        *to = first_state(*rejected, states);
    }
    load_states(&all)
}

#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn hash(states: U64) -> (U32, U32) {
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

#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn look_up_alias<D: Overhang>(column: U32, share: U32) -> U32 {
    let columns = look_up(D::COLUMNS, column);
    select(less(share, shr::<16>(columns)), column, and(columns, splat(127)))
}

#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn look_up_region<D: Overhang>(region: U32) -> [F32; 4] {
    let regions = to_array(region);
    let row = |i: usize| {
        // SAFETY: the reference points to 16 valid bytes, which the instruction reads. It needs no
        // alignment.
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

/// For each mask, the permutation that moves its dwords to the front.
pub(super) static COMPRESSED: [[u8; 8]; 256] = {
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

/// Appends without a branch on the number of tries, because that branch would be mispredicted.
#[inline]
#[target_feature(enable = "avx2,popcnt")]
pub(super) fn append(queue: &mut Queue, states: U64, offsets: U32, mask: u16) {
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

/// For each mask of four 64-bit words, the mask of their eight dwords.
pub(super) static PAIRS: [u8; 16] = [
    0x00, 0x03, 0x0c, 0x0f, 0x30, 0x33, 0x3c, 0x3f, 0xc0, 0xc3, 0xcc, 0xcf, 0xf0, 0xf3, 0xfc, 0xff,
];

/// Returns the permutation that moves the dwords in the mask to the front.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn compressed(mask: u8) -> __m256i {
    // SAFETY: the reference points to 8 valid bytes, which the instruction reads. It needs no alignment.
    let order = unsafe { _mm_loadl_epi64(COMPRESSED[mask as usize].as_ptr().cast()) };
    _mm256_cvtepu8_epi32(order)
}

#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn scatter(slots: &mut [MaybeUninit<f32>], offsets: U32, values: F32) {
    let (offsets, values) = (to_array(offsets), to_array(to_bits(values)));
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
