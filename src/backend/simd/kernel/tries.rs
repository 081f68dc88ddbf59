//! Tries of the overhang, sixteen at a time. [`sampler::overhang`](crate::sampler::overhang) says what a
//! try is.

use super::{
    math::{density, ln},
    ops::Simd,
    queue::Queue,
    sizes::TRIES,
    tables::Overhang,
};
use crate::sampler::overhang::{CELL, TAIL_START};

/// Sixteen tries.
#[derive(Clone, Copy)]
pub(crate) struct Tries<S: Simd> {
    /// The states of SplitMix64, whose hashes the tries are.
    pub(crate) states: S::U64,
    /// The offsets of the slots that the values go to.
    pub(crate) offsets: S::U32,
}

impl<S: Simd> Tries<S> {
    /// Removes the last tries of a queue, at most sixteen, and returns a mask of them. The lanes that are
    /// not in the mask have an offset outside every slice.
    #[inline(always)]
    pub(crate) fn pop(simd: S, queue: &mut Queue) -> (Self, u16) {
        let count = queue.len.min(TRIES);
        queue.len -= count;
        let states = queue.states.get(queue.len..).and_then(|states| states.first_chunk());
        let offsets = queue.offsets.get(queue.len..).and_then(|offsets| offsets.first_chunk());
        let mut all = [u32::MAX; TRIES];
        for (to, offset) in all.iter_mut().zip(offsets.unwrap_or(&[0; TRIES])).take(count) {
            *to = *offset;
        }
        let states = simd.load_states(states.unwrap_or(&[0; TRIES]));
        (Self { states, offsets: simd.load(&all) }, first_bits(count))
    }
}

/// A mask of the first `count` lanes.
pub(crate) const fn first_bits(count: usize) -> u16 {
    ((1_u32 << count) - 1) as u16
}

/// What comes of sixteen tries. Each mask is a bit per lane.
#[derive(Clone, Copy)]
pub(crate) struct Point<S: Simd> {
    /// The distance from the mean for σ = 1, without its sign.
    pub(crate) x: S::F32,
    /// The upper half of the hash, which holds the sign.
    pub(crate) high: S::U32,
    /// The points that lie below the density.
    pub(crate) accepted: u16,
    /// The tries whose region is the first: the tail, or the rest.
    pub(crate) first_region: u16,
}

/// Chooses a region for each try, and a point in its box. Where the first region is the rest, `x` lies
/// in it; where it is the tail, `x` has no meaning. `W` vectors side by side hide each other's latency.
#[inline(always)]
pub(crate) fn in_boxes<S: Simd, D: Overhang, const W: usize>(
    simd: S,
    tries: &[Tries<S>; W],
) -> [Point<S>; W] {
    let zero = simd.splat(0);
    let (mut low, mut high, mut region) = ([zero; W], [zero; W], [zero; W]);
    for i in 0..W {
        (low[i], high[i]) = simd.hash(tries[i].states);
        let column = simd.and(low[i], simd.splat(127));
        let share = simd.and(simd.shl::<4>(low[i]), simd.splat(31 << 11));
        let share = simd.or(share, simd.and(high[i], simd.splat(0x7ff)));
        region[i] = simd.alias::<D>(column, share);
    }
    let (mut x, mut y) = ([simd.splat_f(0.0); W], [simd.splat_f(0.0); W]);
    for i in 0..W {
        let (a, b) = (half_cells(simd, low[i]), half_cells(simd, high[i]));
        // A point above the diagonal is folded into the triangle below it.
        let outside = simd.less(simd.splat(1 << 21), simd.add(a, b));
        let fold = simd.select(outside, simd.splat((1 << 21) - 2), zero);
        let folded_a = simd.to_float(simd.xor(a, fold));
        let folded_b = simd.to_float(simd.xor(b, fold));
        let [inner, width, below, height] = simd.region::<D>(region[i]);
        x[i] = simd.add_f(inner, simd.mul_f(folded_a, width));
        y[i] = simd.add_f(below, simd.mul_f(folded_b, height));
        if D::NARROW > 0 {
            let (inner, width) = D::REST;
            let from_inner = simd.mul_f(simd.to_float(a), simd.splat_f(width));
            let in_rest = simd.add_f(simd.splat_f(inner), from_inner);
            x[i] = simd.select_f(simd.equal(region[i], zero), in_rest, x[i]);
        }
    }
    let density = density(simd, x);
    let nowhere = Point { x: x[0], high: zero, accepted: 0, first_region: 0 };
    let mut points = [nowhere; W];
    for i in 0..W {
        points[i] = Point {
            x: x[i],
            high: high[i],
            accepted: simd.bits(simd.less_f(y[i], density[i])),
            first_region: simd.bits(simd.equal(region[i], zero)),
        };
    }
    points
}

/// Makes tries in the tail, by Marsaglia's method.
#[inline(always)]
pub(crate) fn in_tail<S: Simd>(simd: S, tries: Tries<S>) -> Point<S> {
    let (low, high) = simd.hash(tries.states);
    let a = simd.mul_f(simd.to_float(half_cells(simd, low)), simd.splat_f(CELL));
    let b = simd.mul_f(simd.to_float(half_cells(simd, high)), simd.splat_f(CELL));
    let x = simd.mul_f(ln(simd, a), simd.splat_f(-1.0 / TAIL_START));
    let y = simd.float_of_bits(simd.xor(simd.to_bits(ln(simd, b)), simd.splat(1 << 31)));
    let outside = simd.bits(simd.less_f(simd.add_f(y, y), simd.mul_f(x, x)));
    Point {
        x: simd.add_f(simd.splat_f(TAIL_START), x),
        high,
        accepted: !outside,
        first_region: u16::MAX,
    }
}

/// Returns 2a + 1 for the number `a` in the upper 20 bits of each word: the middle of cell `a`, in half cells.
#[inline(always)]
fn half_cells<S: Simd>(simd: S, words: S::U32) -> S::U32 {
    simd.or(simd.shr::<11>(words), simd.splat(1))
}
