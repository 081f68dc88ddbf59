//! NEON: sixteen lanes are four registers. There is no 64-bit multiplication and no look-up of 128
//! entries that would not take half of the registers for its table, so both are done one by one.
//! Correct under emulation; its speed has not been measured on hardware.

use core::{arch::aarch64::*, array};

use super::kernel::*;

/// Whether this processor has it. Known at compile time: else this file is not compiled.
#[inline]
pub(super) const fn available() -> Option<Proof> {
    Some(Proof(()))
}

kernel!("neon");

type U = [uint32x4_t; 4];
type F = [float32x4_t; 4];
type S = [u64; 16];
/// All bits of a lane, or none.
type Mask = U;

const SIDE_BY_SIDE: usize = 1;
const BATCH: usize = 1;
const PANEL: usize = 4;
const STEPS: usize = 1;
const SIGNED: f32 = 1.0;

#[inline]
#[target_feature(enable = "neon")]
fn store(to: &mut [MaybeUninit<f32>; 16], values: F) {
    let (quarters, _) = to.as_chunks_mut::<4>();
    for (quarter, value) in quarters.iter_mut().zip(values) {
        // SAFETY: writes the 16 bytes behind the reference.
        unsafe { vst1q_f32(quarter.as_mut_ptr().cast(), value) };
    }
}

#[inline]
#[target_feature(enable = "neon")]
fn pack<T>(to: &mut [MaybeUninit<T>; GROUP], values: [U; 4], upper: bool) {
    const { assert!(size_of::<T>() <= 4) };
    let to = to.as_mut_ptr().cast::<u8>();
    let put = |i: usize, value| {
        // SAFETY: there are four times as many times 16 bytes behind the reference as a slot has bytes,
        // and no more are written below.
        unsafe { vst1q_u8(to.wrapping_add(16 * i), value) }
    };
    let words = |a, b| {
        let (a, b) = (vreinterpretq_u16_u32(a), vreinterpretq_u16_u32(b));
        if upper { vuzp2q_u16(a, b) } else { vuzp1q_u16(a, b) }
    };
    for (i, [a, b, c, d]) in values.into_iter().enumerate() {
        let (low, high) = (vreinterpretq_u8_u16(words(a, b)), vreinterpretq_u8_u16(words(c, d)));
        match size_of::<T>() {
            1 => put(i, vuzp1q_u8(low, high)),
            2 => {
                put(2 * i, low);
                put(2 * i + 1, high);
            }
            _ => (0..)
                .zip([a, b, c, d])
                .for_each(|(j, value)| put(4 * i + j, vreinterpretq_u8_u32(value))),
        }
    }
}

#[inline]
#[target_feature(enable = "neon")]
fn load(from: &[u32; 16]) -> U {
    let mut lanes = splat(0);
    let (quarters, _) = from.as_chunks::<4>();
    for (to, quarter) in lanes.iter_mut().zip(quarters) {
        // SAFETY: reads the 16 bytes behind the reference.
        *to = unsafe { vld1q_u32(quarter.as_ptr()) };
    }
    lanes
}

/// The lanes one by one.
#[inline]
#[target_feature(enable = "neon")]
fn unload(from: U) -> [u32; 16] {
    let mut lanes = [0; 16];
    let (quarters, _) = lanes.as_chunks_mut::<4>();
    for (quarter, from) in quarters.iter_mut().zip(from) {
        // SAFETY: writes the 16 bytes behind the reference.
        unsafe { vst1q_u32(quarter.as_mut_ptr(), from) };
    }
    lanes
}

#[inline]
#[target_feature(enable = "neon")]
fn splat(value: u32) -> U {
    [vdupq_n_u32(value); 4]
}

#[inline]
#[target_feature(enable = "neon")]
fn splat_f(value: f32) -> F {
    [vdupq_n_f32(value); 4]
}

#[inline]
#[target_feature(enable = "neon")]
fn load_f(from: &[f32; 16]) -> F {
    let mut lanes = splat_f(0.0);
    let (quarters, _) = from.as_chunks::<4>();
    for (to, quarter) in lanes.iter_mut().zip(quarters) {
        // SAFETY: reads the 16 bytes behind the reference.
        *to = unsafe { vld1q_f32(quarter.as_ptr()) };
    }
    lanes
}

#[inline]
#[target_feature(enable = "neon")]
fn store_f(to: &mut [f32; 16], values: F) {
    let (quarters, _) = to.as_chunks_mut::<4>();
    for (quarter, value) in quarters.iter_mut().zip(values) {
        // SAFETY: writes the 16 bytes behind the reference.
        unsafe { vst1q_f32(quarter.as_mut_ptr(), value) };
    }
}

#[inline]
#[target_feature(enable = "neon")]
fn total([a, b, c, d]: F) -> f32 {
    let four = vaddq_f32(vaddq_f32(a, c), vaddq_f32(b, d));
    let two = vadd_f32(vget_low_f32(four), vget_high_f32(four));
    vget_lane_f32::<0>(two) + vget_lane_f32::<1>(two)
}

/// Functions of one instruction for each quarter.
macro_rules! instructions {
    ($($name:ident$(<$n:ident>)?($($x:ident),*) -> $u:ident($($t:ident),*) = $body:expr;)*) => {$(
        #[inline]
        #[target_feature(enable = "neon")]
        fn $name$(<const $n: i32>)?($($x: $t),*) -> $u {
            let quarter = |i: usize| {
                $(let $x = $x[i];)*
                $body
            };
            [quarter(0), quarter(1), quarter(2), quarter(3)]
        }
    )*};
}

instructions! {
    and(a, b) -> U(U, U) = vandq_u32(a, b);
    or(a, b) -> U(U, U) = vorrq_u32(a, b);
    xor(a, b) -> U(U, U) = veorq_u32(a, b);
    xor3(a, b, c) -> U(U, U, U) = veorq_u32(a, veorq_u32(b, c));
    add(a, b) -> U(U, U) = vaddq_u32(a, b);
    sub(a, b) -> U(U, U) = vsubq_u32(a, b);
    shl<N>(a) -> U(U) = vshlq_n_u32::<N>(a);
    shr<N>(a) -> U(U) = vshrq_n_u32::<N>(a);
    sar<N>(a) -> U(U) = vreinterpretq_u32_s32(vshrq_n_s32::<N>(vreinterpretq_s32_u32(a)));
    less(a, b) -> Mask(U, U) = vcltq_s32(vreinterpretq_s32_u32(a), vreinterpretq_s32_u32(b));
    equal(a, b) -> Mask(U, U) = vceqq_u32(a, b);
    select(mask, a, b) -> U(Mask, U, U) = vbslq_u32(mask, a, b);
    to_float(a) -> F(U) = vcvtq_f32_s32(vreinterpretq_s32_u32(a));
    nearest(a) -> U(F) = vreinterpretq_u32_s32(vcvtnq_s32_f32(a));
    to_bits(a) -> U(F) = vreinterpretq_u32_f32(a);
    from_bits(a) -> F(U) = vreinterpretq_f32_u32(a);
    add_f(a, b) -> F(F, F) = vaddq_f32(a, b);
    sub_f(a, b) -> F(F, F) = vsubq_f32(a, b);
    mul_f(a, b) -> F(F, F) = vmulq_f32(a, b);
    min_f(a, b) -> F(F, F) = vminnmq_f32(a, b);
    max_f(a, b) -> F(F, F) = vmaxnmq_f32(a, b);
    differ_f(a, b) -> Mask(F, F) = vorrq_u32(vcltq_f32(a, b), vcltq_f32(b, a));
    less_f(a, b) -> Mask(F, F) = vcltq_f32(a, b);
    select_f(mask, a, b) -> F(Mask, F, F) = vbslq_f32(mask, a, b);
}

/// `a`, and 1 more where a bit of `x` is set.
#[inline]
#[target_feature(enable = "neon")]
fn add_if(a: U, x: U, bit: u32) -> U {
    let bit = splat(bit);
    array::from_fn(|i| vsubq_u32(a[i], vtstq_u32(x[i], bit[i])))
}

/// By N to the left and by 32 - N to the right.
#[inline]
#[target_feature(enable = "neon")]
fn rotl<const N: i32, const RIGHT: i32>(a: U) -> U {
    const { assert!(N + RIGHT == 32) };
    a.map(|a| vsriq_n_u32::<RIGHT>(vshlq_n_u32::<N>(a), a))
}

#[inline]
#[target_feature(enable = "neon")]
fn signed(word: U) -> F {
    to_float(or(sar::<7>(word), splat(1)))
}

/// The masks as bits: each keeps its own, and the sum over all lanes joins them.
#[inline]
#[target_feature(enable = "neon")]
fn bits(mask: Mask) -> u16 {
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
fn widen(notes: &[u16; 16]) -> U {
    let mut lanes = [0; 16];
    for (lane, note) in lanes.iter_mut().zip(notes) {
        *lane = u32::from(*note);
    }
    load(&lanes)
}

/// The edges times std.
struct Edges([u32; 128]);

impl Edges {
    #[inline]
    #[target_feature(enable = "neon")]
    fn new<D: Density>(std: f32) -> Self {
        Self(D::TABLES.edges.map(|edge| (edge * std).to_bits()))
    }
}

/// The entry of each lane's low 7 bits.
#[inline]
#[target_feature(enable = "neon")]
fn look_up(table: &[u32; 128], index: U) -> U {
    let index = unload(index);
    let mut entries = [0; 16];
    for (entry, index) in entries.iter_mut().zip(index) {
        *entry = table[index as usize & 127];
    }
    load(&entries)
}

/// A bit for each that left.
type Left = u16;

const fn none() -> Left {
    0
}

#[cfg(any(test, feature = "stages"))]
const fn all() -> Left {
    u16::MAX
}

const fn left_bits([a, b, c, d]: [Left; 4]) -> u64 {
    a as u64 | (b as u64) << 16 | (c as u64) << 32 | (d as u64) << 48
}

/// The place in a group of the bit i.
static PLACES: [u8; GROUP] = {
    let mut places = [0; GROUP];
    let mut i = 0;
    while i < GROUP {
        places[i] = i as u8;
        i += 1;
    }
    places
};

/// The fast path for a step.
#[inline]
#[target_feature(enable = "neon")]
fn fast([word]: [U; STEPS], edges: &Edges) -> Values {
    let layers = and(word, splat(127));
    let value = mul_f(signed(word), from_bits(look_up(&edges.0, layers)));
    ([value], bits(less(splat(125), layers)))
}

#[inline]
#[target_feature(enable = "neon")]
fn note(notes: &mut [u16], left: u64, first: u16) {
    note_bits(notes, left, first, &PLACES);
}

#[inline]
#[target_feature(enable = "neon")]
fn load_states(states: &[u64; 16]) -> S {
    *states
}

#[inline]
#[target_feature(enable = "neon")]
fn add_state(mut states: S, addend: u64) -> S {
    for state in &mut states {
        *state = state.wrapping_add(addend);
    }
    states
}

/// GOLDEN × position, added to the state of the position's block.
#[inline]
#[target_feature(enable = "neon")]
fn first_states(notes: &[u16; 16], states: &[u64; WINDOW]) -> S {
    let mut all = [0; 16];
    for (to, note) in all.iter_mut().zip(notes) {
        *to = first_state(*note, states);
    }
    all
}

/// SplitMix64's finaliser, and of its result the low and the high halves.
#[inline]
#[target_feature(enable = "neon")]
fn hash(states: S) -> (U, U) {
    let (mut low, mut high) = ([0; 16], [0; 16]);
    for i in 0..16 {
        let hash = mix(states[i]);
        (low[i], high[i]) = (hash as u32, (hash >> 32) as u32);
    }
    (load(&low), load(&high))
}

/// The region of a column: its own if the share is below the table's, else the other.
#[inline]
#[target_feature(enable = "neon")]
fn alias<D: Kernel>(column: U, share: U) -> U {
    let columns = look_up(D::COLUMNS, column);
    select(less(share, shr::<16>(columns)), column, and(columns, splat(127)))
}

/// A region's inner, width, below and height.
#[inline]
#[target_feature(enable = "neon")]
fn region<D: Kernel>(region: U) -> [F; 4] {
    let regions = unload(region);
    let mut fields = [[0; 16]; 4];
    for (i, region) in regions.into_iter().enumerate() {
        let row = D::ROWS[region as usize & 127];
        for (field, entry) in fields.iter_mut().zip(row) {
            field[i] = entry.to_bits();
        }
    }
    fields.map(|field| from_bits(load(&field)))
}

/// Appends the tries in the mask.
#[inline]
#[target_feature(enable = "neon")]
fn append(queue: &mut Queue, tries: Tries, mut mask: u16) {
    let places = unload(tries.places);
    while mask != 0 {
        let i = mask.trailing_zeros() as usize & 15;
        let slots = (queue.states.get_mut(queue.len), queue.places.get_mut(queue.len));
        if let (Some(state), Some(place)) = slots {
            (*state, *place) = (tries.states[i], places[i]);
        }
        queue.len += 1;
        mask &= mask - 1;
    }
}

/// Writes each value to its place, if that is within the slice.
#[inline]
#[target_feature(enable = "neon")]
fn scatter(out: &mut [MaybeUninit<f32>], places: U, values: F) {
    for (place, value) in unload(places).into_iter().zip(unload(to_bits(values))) {
        if let Some(slot) = out.get_mut(place as usize) {
            slot.write(f32::from_bits(value));
        }
    }
}
