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
    /// The states of SplitMix64. A try is the hash of its state.
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

/// The outcome of sixteen tries. Each mask has a bit per lane.
#[derive(Clone, Copy)]
pub(crate) struct Points<S: Simd> {
    /// The distance from the mean for σ = 1, without its sign. It has no meaning in the tail.
    pub(crate) x: S::F32,
    /// The upper half of the hash, which holds the sign.
    pub(crate) high: S::U32,
    /// The points that lie below the density.
    pub(crate) accepted: u16,
    /// The tries in region 0, which is the tail or the rest.
    pub(crate) in_region_0: u16,
}

/// Makes sixteen tries in boxes, or in the rest.
#[inline(always)]
pub(crate) fn in_boxes<S: Simd, D: Overhang>(simd: S, tries: Tries<S>) -> Points<S> {
    let chosen = Chosen::new::<D>(simd, tries);
    let (x, y) = chosen.point::<D>(simd);
    let [density] = density(simd, [x]);
    chosen.judge(simd, x, y, density)
}

/// Makes twice as many tries side by side, so that they hide each other's latency. The stages are
/// written out, because the compiler doesn't unroll a loop over them.
#[inline(always)]
pub(crate) fn two_in_boxes<S: Simd, D: Overhang>(
    simd: S,
    [first, second]: [Tries<S>; 2],
) -> [Points<S>; 2] {
    let (first, second) = (Chosen::new::<D>(simd, first), Chosen::new::<D>(simd, second));
    let ((x, y), (x2, y2)) = (first.point::<D>(simd), second.point::<D>(simd));
    let [density, density2] = density(simd, [x, x2]);
    [first.judge(simd, x, y, density), second.judge(simd, x2, y2, density2)]
}

/// Hashes, and the regions that they choose.
#[derive(Clone, Copy)]
struct Chosen<S: Simd> {
    low: S::U32,
    high: S::U32,
    region: S::U32,
}

impl<S: Simd> Chosen<S> {
    /// Hashes the states, and chooses regions.
    #[inline(always)]
    fn new<D: Overhang>(simd: S, tries: Tries<S>) -> Self {
        let (low, high) = simd.hash(tries.states);
        let column = simd.and(low, simd.splat(127));
        let share = simd.and(simd.shl::<4>(low), simd.splat(31 << 11));
        let share = simd.or(share, simd.and(high, simd.splat(0x7ff)));
        Self { low, high, region: simd.look_up_alias::<D>(column, share) }
    }

    /// Returns the points (x, y) in the regions.
    #[inline(always)]
    fn point<D: Overhang>(self, simd: S) -> (S::F32, S::F32) {
        let (a, b) = (half_cells(simd, self.low), half_cells(simd, self.high));
        // A point above the diagonal is folded into the triangle below it.
        let outside = simd.less(simd.splat(1 << 21), simd.add(a, b));
        let fold = simd.select(outside, simd.splat((1 << 21) - 2), simd.splat(0));
        let folded_a = simd.to_float(simd.xor(a, fold));
        let folded_b = simd.to_float(simd.xor(b, fold));
        let [inner, width, below, height] = simd.look_up_region::<D>(self.region);
        let x = simd.add_f(inner, simd.mul_f(folded_a, width));
        let y = simd.add_f(below, simd.mul_f(folded_b, height));
        if D::NARROW == 0 {
            return (x, y);
        }
        let (inner, width) = D::REST;
        let from_inner = simd.mul_f(simd.to_float(a), simd.splat_f(width));
        let in_rest = simd.add_f(simd.splat_f(inner), from_inner);
        (simd.select_f(self.in_region_0(simd), in_rest, x), y)
    }

    /// Compares the points with the density at x.
    #[inline(always)]
    fn judge(self, simd: S, x: S::F32, y: S::F32, density: S::F32) -> Points<S> {
        Points {
            x,
            high: self.high,
            accepted: simd.bits(simd.less_f(y, density)),
            in_region_0: simd.bits(self.in_region_0(simd)),
        }
    }

    /// Compares the regions with 0, which is the tail or the rest.
    #[inline(always)]
    fn in_region_0(self, simd: S) -> S::Mask {
        simd.equal(self.region, simd.splat(0))
    }
}

/// Makes tries in the tail, by Marsaglia's method.
#[inline(always)]
pub(crate) fn in_tail<S: Simd>(simd: S, tries: Tries<S>) -> Points<S> {
    let (low, high) = simd.hash(tries.states);
    let a = simd.mul_f(simd.to_float(half_cells(simd, low)), simd.splat_f(CELL));
    let b = simd.mul_f(simd.to_float(half_cells(simd, high)), simd.splat_f(CELL));
    let x = simd.mul_f(ln(simd, a), simd.splat_f(-1.0 / TAIL_START));
    let y = simd.float_of_bits(simd.xor(simd.to_bits(ln(simd, b)), simd.splat(1 << 31)));
    let outside = simd.bits(simd.less_f(simd.add_f(y, y), simd.mul_f(x, x)));
    Points {
        x: simd.add_f(simd.splat_f(TAIL_START), x),
        high,
        accepted: !outside,
        in_region_0: u16::MAX,
    }
}

/// Returns 2a + 1 for the number `a` in the upper 20 bits of each word: the middle of cell `a`, in half cells.
#[inline(always)]
fn half_cells<S: Simd>(simd: S, words: S::U32) -> S::U32 {
    simd.or(simd.shr::<11>(words), simd.splat(1))
}
