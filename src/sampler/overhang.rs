//! The positions that left the fast path: 1.5625 % of them, and all of the subtlety.
//!
//! What the rectangles leave over is 126 *boxes* and the *tail*. Box i lies between X\[i\] and
//! X\[i-1\] and between f(X\[i-1\]) and f(X\[i\]); the cap is box 126, with X\[126\] = 0. One *try*
//! is one 64-bit hash:
//!
//! ```text
//! bits 0..7    column      ┐ alias table (Walker 1977, Vose 1991) over tail (0) and boxes (1..=126),
//! bits 7..12   share, high ┘ by the area from which each proposes
//! bits 12..32  a           ┐ a point in the box, (2a+1, 2b+1) / 2²¹: the middle of a cell,
//! bits 44..64  b           ┘ so that x > 0 also in the cap
//! bit  43      sign
//! bits 32..43  share, low
//! ```
//!
//! In a box the curve stays near the diagonal: below it where the density is convex (x > 1), above
//! it where it is concave. So the point is folded into the triangle under the diagonal, and the
//! triangle is stretched by S = 1 + BEND/512 so far that it holds all that lies below the curve.
//! A point is accepted if it lies below the curve. A small a + b tells that without asking; to
//! compare takes an `exp`. 94.4 % of the tries succeed, 15 % need the `exp`. What is accepted is
//! uniform below the curve whatever S is, so the tables decide only how fast this is, not what comes
//! out.
//!
//! The tail is Marsaglia's ("Generating a variable from the tail of the normal distribution", 1964).
//!
//! Where the density ends at 2, region 0 is not the tail but the rest (see
//! [`ziggurat`](super::ziggurat)): a rectangle below the curve, of which every point is accepted.
//!
//! A try that fails is forgotten, and the next one takes the next hash. All tries of all positions
//! have counters of their own, so any number of positions can be mended side by side, in any
//! order: no step here depends on another position, every choice is a select, and the only loop is
//! over tries.
//!
//! Tried and dropped: the whole box as the proposal (efficiency 0.66 in the concave part and the
//! cap), and one region kept until it accepts (the alias step is cheap, a state between tries not).
//! Every choice but the rare ones is a select, and the compiler is told so: as branches they are
//! mispredicted, which made a fill 9 % slower on x86-64. An `exp` for every try instead of the
//! certain part: 8 % slower.

use core::hint::select_unpredictable;

use super::{
    BLOCK,
    lanes::SEED_OUTPUTS,
    math::{exp, ln},
    tables::Tables,
    ziggurat::{Density, Normal},
};
use crate::stream::{GOLDEN, mix};

/// Where the tail begins, R = X\[0\].
pub(crate) const TAIL_START: f32 = edge(Normal::TABLES, 0);

/// No value is as many standard deviations as this from the mean: the farthest that the tail
/// reaches is R + ln(2²¹) / R = 7.68.
pub(crate) const FARTHEST: f32 = 8.0;

/// The region that is not a box: the tail, or the rest.
const FIRST: usize = 0;

/// Half a cell of a or b, 2⁻²¹.
pub(crate) const CELL: f32 = 1.0 / (1 << 21) as f32;

/// X\[i\]: the table's entry is scaled for the fast path. The scale is a power of two: exact. X\[126\]
/// is 0 where the table has its mark, NaN, which is not above 0.
#[inline]
const fn edge(tables: &Tables, i: usize) -> f32 {
    let edge = tables.edges[i & 127];
    if edge > 0.0 { edge * 16_777_216.0 } else { 0.0 }
}

/// The state of SplitMix64 of which the first try of a block's position 0 is the hash. The lanes took
/// the first outputs as their seeds; each position adds [`GOLDEN`].
pub(crate) const fn first_try(block_key: u64) -> u64 {
    block_key.wrapping_add(GOLDEN.wrapping_mul(SEED_OUTPUTS + 1))
}

/// What each further try adds to the state.
pub(crate) const NEXT_TRY: u64 = GOLDEN.wrapping_mul(BLOCK as u64);

/// The value, with σ = 1, at a position that left the fast path.
pub(crate) fn overhang<D: Density>(block_key: u64, position: usize) -> f32 {
    from_try::<D>(first_try(block_key).wrapping_add(GOLDEN.wrapping_mul(position as u64)))
}

/// The value that the try of that state or a later one gives.
pub(crate) fn from_try<D: Density>(mut state: u64) -> f32 {
    loop {
        if let Some(z) = attempt::<D>(mix(state)) {
            return z;
        }
        state = state.wrapping_add(NEXT_TRY);
    }
}

/// One try.
fn attempt<D: Density>(hash: u64) -> Option<f32> {
    let (low, high) = (hash as u32, (hash >> 32) as u32);
    let (a, b) = (low >> 12, high >> 12);
    let negative = (high >> 11) & 1 == 1;

    let column = (low & 127) as usize;
    let share = ((low >> 7) & 31) << 11 | (high & 0x7ff);
    let own = share < D::TABLES.share[column] as u32;
    let region = select_unpredictable(own, column, D::TABLES.alias[column] as usize);
    let x = match region {
        FIRST if D::NARROW > 0 => Some(rest::<D>(a)),
        FIRST => tail(a, b),
        _ => boxed::<D>(region, a, b),
    }?;
    Some(if negative { -x } else { x })
}

/// A box, and the triangle that is stretched over what lies in it below the curve.
pub(crate) struct Region {
    /// X\[i\], where the box begins.
    pub(crate) inner: f32,
    /// The stretched triangle's width in half cells, 2⁻²¹.
    pub(crate) width: f32,
    /// f(X\[i-1\]), the box's lower edge.
    pub(crate) below: f32,
    /// The stretched triangle's height in half cells.
    pub(crate) height: f32,
    /// A point with a + b below this lies below the curve, and by so much that no rounding lets the
    /// comparison say otherwise, which a test proves: it is a short cut and not part of the format.
    pub(crate) certain: u32,
}

impl Region {
    /// Box `region`, from 1 to 126.
    #[inline]
    pub(crate) const fn new(tables: &Tables, region: usize) -> Self {
        // Said here for both, it leaves no bounds check and no panic.
        let (region, outside) = (region & 127, region.wrapping_sub(1) & 127);
        let bend = tables.bend[region] as i32;
        // S · 2⁻²¹, exact. `bend + bend.abs()` is twice its positive part, without a branch.
        let stretch = (1024 + bend + bend.abs()) as f32 * (1.0 / (1_u32 << 31) as f32);
        let (inner, outer) = (edge(tables, region), edge(tables, outside));
        let (below, above) = (tables.density[outside], tables.density[region]);
        Self {
            inner,
            width: (outer - inner) * stretch,
            below,
            height: (above - below) * stretch,
            // Without the last 1/512, 2 in 10⁸ points of region 102 are compared otherwise.
            certain: (511 - bend.unsigned_abs()) << 11,
        }
    }
}

/// A point in box `region`: its x, if it lies below the curve.
fn boxed<D: Density>(region: usize, a: u32, b: u32) -> Option<f32> {
    const MASK: u32 = (1 << 20) - 1;
    let fold = select_unpredictable(a + b > MASK, MASK, 0);
    let (a, b) = (a ^ fold, b ^ fold);

    let Region { inner, width, below, height, certain } = Region::new(D::TABLES, region);
    let x = inner + middle(a) * width;
    if a + b < certain {
        return Some(x);
    }
    let y = below + middle(b) * height;
    (y < exp(x * x * -0.5)).then_some(x)
}

/// A point beyond R: x, if Marsaglia's test accepts it. No logarithm of zero: `middle` is never 0.
fn tail(a: u32, b: u32) -> Option<f32> {
    let x = ln(middle(a) * CELL) * (-1.0 / TAIL_START);
    let y = -ln(middle(b) * CELL);
    (y + y >= x * x).then_some(TAIL_START + x)
}

/// Of the rest, where it begins, and how wide it is in half cells.
pub(crate) const fn rest_of(tables: &Tables, narrow: usize) -> (f32, f32) {
    let (inner, end) = (edge(tables, narrow), edge(tables, 0));
    (inner, (end - inner) * CELL)
}

/// A point in the rest: the height is not asked for.
fn rest<D: Density>(a: u32) -> f32 {
    let (inner, width) = const { rest_of(D::TABLES, D::NARROW) };
    inner + middle(a) * width
}

/// The middle of cell `a`, in half cells.
const fn middle(a: u32) -> f32 {
    (2 * a + 1) as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sampler::ziggurat::Truncated;

    /// The curve itself, in double precision, at cell (a, b) of a region that starts at `x`, `y`:
    /// a statistical test would need 10¹⁰ values to see what this sees.
    #[test]
    fn a_point_is_accepted_if_it_lies_below_the_curve() {
        check_boxes::<Normal>(1);
        check_boxes::<Truncated>(Truncated::NARROW);
    }

    fn check_boxes<D: Density>(first: usize) {
        let density = |x: f64| libm::exp(-0.5 * x * x);
        for (region, &bend) in D::TABLES.bend.iter().enumerate().take(127).skip(first) {
            let edge = |i| edge(D::TABLES, i) as f64;
            let (inner, outer) = (edge(region), edge(region - 1));
            let stretch = 1.0 + (bend as f64).max(0.0) / 512.0;
            let (mut accepted, mut tried) = (0, 0);
            for (a, b) in (0..1 << 9).flat_map(|a| (0..1 << 9).map(move |b| (a << 11, b << 11))) {
                let point = |cell: u32| (2 * cell + 1) as f64 / (1 << 21) as f64;
                let (u, v) = (point(a), point(b));
                let (u, v) = if u + v > 1.0 { (1.0 - u, 1.0 - v) } else { (u, v) };
                let x = inner + stretch * u * (outer - inner);
                let y = density(outer) + stretch * v * (density(inner) - density(outer));

                let given = boxed::<D>(region, a, b);
                if (y - density(x)).abs() > 3e-7 {
                    assert_eq!(given.is_some(), y < density(x), "region {region}, {a}, {b}");
                }
                if let Some(given) = given {
                    assert!((given as f64 - x).abs() < 3e-7, "region {region}, {a}, {b}");
                    assert!(given > 0.0);
                }
                accepted += usize::from(given.is_some());
                tried += 1;
            }
            // The stretched triangle hugs the curve: no table is off by far and merely slow.
            assert!(accepted * 100 > tried * 85, "region {region}: {accepted} of {tried}");
        }
    }

    /// Not even by a rounding. The box reaches up to the end, and so does the rest.
    #[test]
    fn nothing_is_beyond_the_end() {
        for a in 0..1 << 20 {
            let (boxed, rest) = (boxed::<Truncated>(Truncated::NARROW, a, 0), rest::<Truncated>(a));
            assert!(boxed.is_none_or(|x| x <= 2.0), "{a}: {boxed:?}");
            assert!((1.999..=2.0).contains(&rest), "{a}: {rest}");
        }
    }

    /// Where no `exp` is asked for, it would say the same: so a backend may always ask. Of the points
    /// with one x, that on the line where this part ends is the highest; in release all are tried.
    #[test]
    fn the_certain_part_lies_below_the_curve() {
        check_certain::<Normal>(1);
        check_certain::<Truncated>(Truncated::NARROW);
    }

    fn check_certain<D: Density>(first: usize) {
        let step = if cfg!(debug_assertions) { 101 } else { 1 };
        for region in first..=126 {
            let Region { inner, width, below, height, certain } = Region::new(D::TABLES, region);
            for a in (0..certain).step_by(step) {
                let b = certain - 1 - a;
                let (x, y) = (inner + middle(a) * width, below + middle(b) * height);
                assert!(y < exp(x * x * -0.5), "region {region}, {a}, {b}");
            }
        }
    }

    #[test]
    fn the_tail_is_marsaglias() {
        for (a, b) in (0..1 << 10).flat_map(|a| (0..1 << 10).map(move |b| (a << 10, b << 10))) {
            let exponential = |cell: u32| -libm::log((2 * cell + 1) as f64 / (1 << 21) as f64);
            let (x, y) = (exponential(a) / TAIL_START as f64, exponential(b));
            let given = tail(a, b);
            if (2.0 * y - x * x).abs() > 1e-5 {
                assert_eq!(given.is_some(), 2.0 * y >= x * x, "{a}, {b}");
            }
            if let Some(given) = given {
                assert!((given as f64 - TAIL_START as f64 - x).abs() < 1e-6, "{a}, {b}");
                assert!(given > TAIL_START && given < FARTHEST);
            }
        }
    }
}
