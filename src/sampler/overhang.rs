//! The overhang: the area that the rectangles of the fast path do not cover. It gives the values of the
//! rejected positions, 1.5625 % of all.
//!
//! The overhang consists of 127 *regions*, which are 126 *boxes* and the *tail*. Box i lies between
//! X\[i\] and X\[i−1\], and between f(X\[i−1\]) and f(X\[i\]). The cap is box 126, with X\[126\] = 0. A
//! *try* chooses a region and a point in it by one 64-bit hash:
//!
//! ```text
//! bits 0..7    column      ┐ alias table (Walker 1977, Vose 1991) over tail (0) and boxes (1..=126),
//! bits 7..12   share, high ┘ by the area in which each region proposes points
//! bits 12..32  a           ┐ a point in the box, (2a+1, 2b+1) / 2²¹: the middle of a cell,
//! bits 44..64  b           ┘ so that x > 0 even in the cap
//! bit  43      sign
//! bits 32..43  share, low
//! ```
//!
//! Within a box the curve stays near the diagonal. It runs below the diagonal where the density is
//! convex (x > 1), and above it where the density is concave. The point is therefore folded into the
//! triangle below the diagonal. The triangle is stretched by S = 1 + `bend` / 512 if `bend` is positive,
//! so that it contains all of the box that lies below the curve.
//!
//! A point is accepted if it lies below the curve. If a + b is small, that is certain; otherwise it takes
//! an `exp` to find out. 94.4 % of the tries succeed, and 15 % need the `exp`. Accepted points are uniform
//! below the curve whatever S is, and the alias table accounts for the area of each stretched triangle.
//! The values of `bend` therefore affect the number of tries, and not the distribution.
//!
//! The tail is Marsaglia's ("Generating a variable from the tail of the normal distribution", 1964).
//! If the density ends at 2, region 0 is not the tail but the *rest* (see
//! [`ziggurat`](super::ziggurat)). The rest is a rectangle below the curve, so every point is accepted.
//!
//! A failed try leaves nothing behind, and the next try takes the next hash. Every try of every position
//! has a counter of its own. No step depends on another position, so any number of positions can be
//! resolved side by side and in any order. The only loop is the one over tries.
//!
//! Every choice, except the rare ones, is a select and not a branch, and `select_unpredictable` tells the
//! compiler so. Tried and dropped:
//!
//! - Branches: they are mispredicted, which made a fill 9 % slower on x86-64.
//! - The whole box instead of the triangle: in the concave part and the cap, only 0.66 of the tries
//!   succeeded.
//! - Staying in one region until a try succeeds: the alias step is cheap, and keeping state from try to
//!   try is not.
//! - An `exp` for every try, without the certain part: 8 % slower.

use core::hint::select_unpredictable;

use super::{
    BLOCK,
    lanes::SEED_OUTPUTS,
    math::{exp, ln},
    tables::Tables,
    ziggurat::{Density, Normal},
};
use crate::{
    stream::{GOLDEN, mix},
    target::{self, NO_FPU, is_magnitude},
};

/// R = X\[0\], at which the tail begins.
pub(crate) const TAIL_START: f32 = edge(Normal::TABLES, 0);

/// A bound on the distance of all values from the mean, in standard deviations. The tail ends at
/// R + ln(2²¹) / R = 7.68.
pub(crate) const FARTHEST: f32 = 8.0;

/// The number of the region that is not a box, which is the tail or the rest.
const TAIL_OR_REST: usize = 0;

/// Half the width of a cell of a or b, 2⁻²¹.
pub(crate) const CELL: f32 = 1.0 / (1 << 21) as f32;

/// Returns X\[i\]. The table holds X\[i\] × 2⁻²⁴ for the fast path, and scaling back by a power of two is
/// exact. For i = 126 the table holds NaN, and X\[126\] is 0.
#[inline]
const fn edge(tables: &Tables, i: usize) -> f32 {
    let edge = tables.edges[i & 127];
    let is_number = if NO_FPU { is_magnitude(edge) } else { edge > 0.0 };
    if is_number { edge * 16_777_216.0 } else { 0.0 }
}

/// Returns the SplitMix64 state whose hash is the first try of position 0 of a block. The outputs before
/// it are the seeds of the lanes. Each further position adds [`GOLDEN`].
pub(crate) const fn first_try(block_key: u64) -> u64 {
    block_key.wrapping_add(GOLDEN.wrapping_mul(SEED_OUTPUTS + 1))
}

/// The increment of the state from one try of a position to the next.
pub(crate) const NEXT_TRY: u64 = GOLDEN.wrapping_mul(BLOCK as u64);

/// Returns the value of a rejected position, for σ = 1.
pub(crate) fn overhang<D: Density>(block_key: u64, position: usize) -> f32 {
    from_try::<D>(first_try(block_key).wrapping_add(GOLDEN.wrapping_mul(position as u64)))
}

/// Returns the value of the first successful try, beginning with the one of `state`.
pub(crate) fn from_try<D: Density>(mut state: u64) -> f32 {
    loop {
        if let Some(z) = attempt::<D>(mix(state)) {
            return z;
        }
        state = state.wrapping_add(NEXT_TRY);
    }
}

/// Makes one try. Returns the value if it succeeds.
///
/// It is inlined with all that it calls, although it has two callers. Each frame of its own would take 16 bytes of
/// stack on a Cortex-M0.
#[inline(always)]
pub(crate) fn attempt<D: Density>(hash: u64) -> Option<f32> {
    let (low, high) = (hash as u32, (hash >> 32) as u32);
    let (a, b) = (low >> 12, high >> 12);
    let negative = (high >> 11) & 1 == 1;

    let column = (low & 127) as usize;
    let share = ((low >> 7) & 31) << 11 | (high & 0x7ff);
    let own = share < D::TABLES.share[column] as u32;
    let region = select_unpredictable(own, column, D::TABLES.alias[column] as usize);
    let x = match region {
        TAIL_OR_REST if D::NARROW > 0 => Some(rest::<D>(a)),
        TAIL_OR_REST => tail(a, b),
        _ => in_box::<D>(region, a, b),
    }?;
    Some(if negative { -x } else { x })
}

/// A box, with the stretched triangle that contains its part below the curve.
pub(crate) struct Region {
    /// X\[i\], the box's left edge.
    pub(crate) inner: f32,
    /// The width of the stretched triangle times 2⁻²¹, which is that of half a cell.
    pub(crate) width: f32,
    /// f(X\[i−1\]), the box's lower edge.
    pub(crate) below: f32,
    /// The height of the stretched triangle times 2⁻²¹, which is that of half a cell.
    pub(crate) height: f32,
    /// The bound of the certain part. A point with a smaller a + b lies below the curve. It lies so far
    /// below that the comparison would accept it in spite of rounding, which a test proves. This is a
    /// shortcut and not part of the format.
    pub(crate) certain: u32,
}

impl Region {
    /// Returns box number `region`, from 1 to 126.
    #[inline]
    pub(crate) const fn new(tables: &Tables, region: usize) -> Self {
        // Masked once for both, so that the compiler removes all bounds checks and panics.
        let (region, outside) = (region & 127, region.wrapping_sub(1) & 127);
        let bend = tables.bend[region] as i32;
        // S × 2⁻²¹, exact. `bend + bend.abs()` is twice the positive part of `bend`, without a branch.
        let stretch = (1024 + bend + bend.abs()) as f32 * (1.0 / (1_u32 << 31) as f32);
        let (inner, outer) = (edge(tables, region), edge(tables, outside));
        let (below, above) = (tables.density[outside], tables.density[region]);
        Self {
            inner,
            width: (outer - inner) * stretch,
            below,
            height: (above - below) * stretch,
            // 511 and not 512, because with 512 the comparison would reject 2 in 10⁸ points of region 102.
            certain: (511 - bend.unsigned_abs()) << 11,
        }
    }
}

/// Returns the x of a point in box number `region` if the point lies below the curve.
#[inline(always)]
fn in_box<D: Density>(region: usize, a: u32, b: u32) -> Option<f32> {
    const MASK: u32 = (1 << 20) - 1;
    let fold = select_unpredictable(a + b > MASK, MASK, 0);
    let (a, b) = (a ^ fold, b ^ fold);

    let Region { inner, width, below, height, certain } = Region::new(D::TABLES, region);
    let x = inner + middle(a) * width;
    if a + b < certain {
        return Some(x);
    }
    let y = below + middle(b) * height;
    target::below(y, exp(x * x * -0.5)).then_some(x)
}

/// Returns the x of a point beyond R if Marsaglia's test accepts it. The logarithms are finite, because
/// `middle` is never 0.
#[inline(always)]
fn tail(a: u32, b: u32) -> Option<f32> {
    let x = ln(middle(a) * CELL) * (-1.0 / TAIL_START);
    let y = -ln(middle(b) * CELL);
    (!target::below(y + y, x * x)).then_some(TAIL_START + x)
}

/// Returns the left edge of the rest, and its width times 2⁻²¹, which is that of half a cell. `narrow` is
/// [`Density::NARROW`].
pub(crate) const fn rest_of(tables: &Tables, narrow: usize) -> (f32, f32) {
    let (inner, end) = (edge(tables, narrow), edge(tables, 0));
    (inner, (end - inner) * CELL)
}

/// Returns the x of a point in the rest. Every point is accepted, so its height is not needed.
fn rest<D: Density>(a: u32) -> f32 {
    let (inner, width) = const { rest_of(D::TABLES, D::NARROW) };
    inner + middle(a) * width
}

/// Returns the middle of cell `a`, in half cells.
const fn middle(a: u32) -> f32 {
    (2 * a + 1) as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{sampler::ziggurat::Truncated, size::size};

    /// Compares each decision with the curve in double precision, on a grid of cells of every box. A
    /// statistical test would need 10¹⁰ values to see the same errors.
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

                let given = in_box::<D>(region, a, b);
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
            // The stretched triangle fits the curve closely. A wrong `bend` could leave the values correct
            // and only be slow.
            assert!(accepted * 100 > tried * 85, "region {region}: {accepted} of {tried}");
        }
    }

    /// The two regions that reach up to the end of the density don't exceed it, not even by rounding.
    #[test]
    fn nothing_is_beyond_the_end() {
        for a in 0..1 << 20 {
            let in_box = in_box::<Truncated>(Truncated::NARROW, a, 0);
            let rest = rest::<Truncated>(a);
            assert!(in_box.is_none_or(|x| x <= 2.0), "{a}: {in_box:?}");
            assert!((1.999..=2.0).contains(&rest), "{a}: {rest}");
        }
    }

    /// The rest covers too little of the density for a statistical test. Its points are evenly spaced up to the
    /// end.
    #[test]
    fn the_points_of_the_rest_are_evenly_spaced() {
        let inner = edge(Truncated::TABLES, Truncated::NARROW) as f64;
        for a in 0..1 << 20 {
            let expected = inner + (2.0 - inner) * (2 * a + 1) as f64 / (1 << 21) as f64;
            assert!((rest::<Truncated>(a) as f64 - expected).abs() < 3e-7, "{a}");
        }
    }

    /// The comparison with `exp` would accept every point of the certain part, so a backend may always
    /// compare. For each x, the test takes the highest point of the certain part. At full size it takes
    /// every x.
    #[test]
    fn the_certain_part_lies_below_the_curve() {
        check_certain::<Normal>(1);
        check_certain::<Truncated>(Truncated::NARROW);
    }

    fn check_certain<D: Density>(first: usize) {
        let step = size(101, 1);
        for region in first..=126 {
            let Region { inner, width, below, height, certain } = Region::new(D::TABLES, region);
            for a in (0..certain).step_by(step) {
                let b = certain - 1 - a;
                let (x, y) = (inner + middle(a) * width, below + middle(b) * height);
                assert!(y < exp(x * x * -0.5), "region {region}, {a}, {b}");
            }
        }
    }

    /// The certain part spares the `exp` wherever it can: it ends 1/512 before the curve can reach.
    #[test]
    fn the_certain_part_is_large() {
        for region in 1..=126_usize {
            let bend = u32::from(Normal::TABLES.bend[region].unsigned_abs());
            let certain = Region::new(Normal::TABLES, region).certain;
            assert_eq!(certain, (1 << 20) - (1 << 20) / 512 * (bend + 1), "region {region}");
        }
    }

    /// A column has 2¹⁶ parts. The first `share` belong to its own region, and all others to its alias.
    #[test]
    fn a_column_is_cut_at_its_share() {
        let (a, b) = (1000, 1000);
        let value = |region| match region {
            TAIL_OR_REST => tail(a, b),
            _ => in_box::<Normal>(region, a, b),
        };
        for column in 0..127 {
            let (share, alias) = (Normal::TABLES.share[column], Normal::TABLES.alias[column]);
            let attempt = |part: u32| {
                let low = a << 12 | part >> 11 << 7 | column as u32;
                let high = b << 12 | part & 0x7ff;
                attempt::<Normal>(u64::from(high) << 32 | u64::from(low))
            };
            assert_eq!(attempt(share.into()), value(alias.into()), "column {column}");
            if let Some(last) = share.checked_sub(1) {
                assert_eq!(attempt(last.into()), value(column), "column {column}");
            }
        }
    }

    /// A point on the diagonal is not folded. The upper corner of box 1 is such a point, and is accepted.
    #[test]
    fn a_point_on_the_diagonal_is_not_folded() {
        let Region { inner, width, .. } = Region::new(Normal::TABLES, 1);
        assert_eq!(in_box::<Normal>(1, 0, (1 << 20) - 1), Some(inner + width));
    }

    /// A point on the curve is not below it, so it is not accepted.
    #[test]
    fn a_point_on_the_curve_is_not_accepted() {
        let mut found = 0;
        for region in [1, 20, 60, 100, 120] {
            let Region { inner, width, below, height, certain } =
                Region::new(Normal::TABLES, region);
            for a in (0..1 << 20).step_by(4099) {
                let curve = exp((inner + middle(a) * width) * (inner + middle(a) * width) * -0.5);
                let near = (0.5 * (curve - below) / height) as i32;
                for b in (near - 20).max(0)..near + 20 {
                    let on_curve = below + middle(b as u32) * height == curve;
                    let sum = a + b as u32;
                    if on_curve && (certain..1 << 20).contains(&sum) {
                        assert_eq!(
                            in_box::<Normal>(region, a, b as u32),
                            None,
                            "{region}, {a}, {b}"
                        );
                        found += 1;
                    }
                }
            }
        }
        assert!(found > 20, "{found} points only");
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
