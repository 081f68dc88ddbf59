//! The sums of a verdict, in integers. [`Sums::add_each`] is their definition, value by value.
//!
//! With vectors, four values are added side by side:
//!
//! ```text
//! sum      += bits(d + magic)               magic = 1.5 × 2²³ units: the last 16 bits are the distance
//! squares  += (bits(|d| + magic) mod 2¹⁵)²  SSE2 multiplies 16 bits in one instruction
//! outside  |= farthest − bits(|d|)          negative if the distance is too large
//! beyond   += bits(|d|) > bits(2 σ)
//! smallest  = min(smallest, |value|)        the zeros of a chunk are only counted if this is zero
//! ```
//!
//! Tried and dropped with SSE2, where the loop above takes 0.39 ns: units of half the size, whose squares fill a `u32`
//! after 15 rows (0.42 with 16 rows at a time, and 0.46 with 8); a product with 1 / unit instead of an addend of so many
//! units (0.43); the square of the distance with its sign, for which the compiler finds no single instruction (0.50);
//! eight values side by side (0.51); a count of zeros in the loop, after which the compiler transposes four rows at a
//! time (0.69); the halves of each square in sums of their own, and all counts in one `u32` (0.66); and a conversion by
//! `as i32` (1.6), for which SSE2 has no instruction that saturates.

use core::mem;

use super::{
    limits::Limits,
    stats::{CHUNK, magnitude},
    unit::Unit,
};
use crate::{
    sampler::LANES,
    target::{NO_FPU, NO_VECTORS, is_zero, unlikely},
};

/// The number of values that are added side by side on a processor with vectors. It has to be that of one register of
/// SSE2, NEON or WebAssembly: with eight, SSE2 has too few registers.
const WIDTH: usize = 4;

/// The number of squares whose sum fits in a `u32`. Each is at most 2²⁶.
const SQUARES: usize = 63;

/// The number of rows whose squares are added in a `u32`: half a chunk, and at most [`SQUARES`].
const ROWS: usize = CHUNK / WIDTH / 2;

/// The counts of a chunk, in ten bits each: zeros, values beyond 2 and beyond 3 standard deviations.
const COUNT_BITS: u32 = 10;

/// The sums over the chunks so far.
#[derive(Clone, Default, Debug, PartialEq)]
pub(super) struct Sums {
    /// The sum of the signed distances.
    pub(super) distances: i64,
    /// The sum of the squares of the distances.
    pub(super) squares: u64,
    pub(super) zeros: usize,
    pub(super) repeats: usize,
    pub(super) beyond_2: usize,
    pub(super) beyond_3: usize,
    /// Whether a value may be out of range. It is set if one is.
    pub(super) outside: bool,
}

/// The parameters of a check, as integers and as factors that are powers of two.
pub(super) struct Measure {
    mean: f32,
    /// The bits of 2 and 3 standard deviations.
    limits: [i32; 2],
    /// The bits of the farthest distance.
    farthest: i32,
    /// The bounds of the range.
    bounds: [f32; 2],
    pub(super) unit: Unit,
}

impl Measure {
    pub(super) fn new(limits: &Limits) -> Self {
        let &Limits { mean, std, low, high, .. } = limits;
        Self {
            mean,
            limits: [2.0, 3.0].map(|stds| magnitude(stds * std)),
            farthest: magnitude(low - mean).max(magnitude(high - mean)),
            bounds: [low, high],
            unit: Unit::new(std),
        }
    }

    /// Returns whether values are symmetric about zero. Then a value is out of range exactly if its distance is.
    pub(super) fn is_centred(&self) -> bool {
        let [low, high] = self.bounds;
        self.mean == 0.0 && low == -high
    }
}

impl Sums {
    /// Adds the values of a chunk.
    pub(super) fn add(&mut self, chunk: &[f32], measure: &Measure) {
        let later = chunk.get(LANES..).unwrap_or_default();
        let repeats = chunk.iter().zip(later).map(|(a, b)| u32::from(a.to_bits() == b.to_bits()));
        self.repeats += repeats.sum::<u32>() as usize;

        if NO_VECTORS {
            self.add_each::<NO_FPU>(chunk, measure);
        } else {
            self.add_side_by_side(chunk, measure);
        }
    }

    /// Adds values one by one. This is the hot loop of a processor without vectors, and the definition of the sums. It
    /// compares distances alone, so that a value just out of range may be passed unless values are symmetric about zero.
    #[inline(never)]
    fn add_each<const NO_FPU: bool>(&mut self, values: &[f32], measure: &Measure) {
        let &Measure { mean, limits: [limit_2, limit_3], farthest, unit, .. } = measure;
        // Without an FPU even the subtraction of zero is a call.
        let is_centred = NO_FPU && mean.to_bits() == 0;
        let (mut sum, mut squares, mut counts, mut largest) = (0_i32, 0_u64, 0_u32, 0);
        for values in values.chunks(SQUARES) {
            let mut some_squares = 0_u32;
            for &value in values {
                let d = if is_centred { value } else { value - mean };
                let magnitude = magnitude(d);
                largest = largest.max(magnitude);
                let units = unit.count::<NO_FPU>(d);
                sum = sum.wrapping_add(units);
                some_squares = some_squares.wrapping_add(units.wrapping_mul(units) as u32);
                // Not a comparison with zero, because the compiler turns that into one of floats, which can be a call.
                let is_zero = (value.to_bits() << 1 >> 1).wrapping_sub(1) >> 31;
                counts = counts
                    .wrapping_add(is_zero)
                    .wrapping_add(u32::from(magnitude > limit_2) << COUNT_BITS)
                    .wrapping_add(u32::from(magnitude > limit_3) << (2 * COUNT_BITS));
            }
            squares += u64::from(some_squares);
        }
        self.distances += i64::from(sum);
        self.add_squares(squares);
        let count = |i: u32| (counts >> (i * COUNT_BITS)) as usize % (1 << COUNT_BITS);
        self.zeros += count(0);
        self.beyond_2 += count(1);
        self.beyond_3 += count(2);
        self.outside |= largest > farthest;
    }

    /// Adds the squares of a chunk. A wrapped sum could be that of a good buffer. It takes 2³⁸ values at the farthest
    /// distance.
    fn add_squares(&mut self, squares: u64) {
        self.squares = self.squares.saturating_add(squares);
    }

    /// Adds values side by side, as many as fill rows. Then a value is known to be out of range if one is.
    fn add_side_by_side(&mut self, chunk: &[f32], measure: &Measure) {
        let mut rest = chunk;
        if let Some(magic) = measure.unit.magic() {
            let rows;
            (rows, rest) = chunk.as_chunks();
            if measure.is_centred() {
                self.add_rows::<true>(rows, measure, magic);
            } else {
                self.add_rows::<false>(rows, measure, magic);
            }
        }
        let [low, high] = measure.bounds;
        self.outside |= !rest.iter().all(|value| (low..=high).contains(value));
        self.add_each::<NO_FPU>(rest, measure);
    }

    /// Adds rows of values.
    fn add_rows<const CENTRED: bool>(
        &mut self,
        rows: &[[f32; WIDTH]],
        measure: &Measure,
        magic: f32,
    ) {
        let (mut parts, mut squares) = (PartialSums::new(), 0);
        for some in rows.chunks(ROWS) {
            parts.add::<CENTRED>(some, measure, magic);
            squares += mem::take(&mut parts.squares).map(u64::from).iter().sum::<u64>();
        }
        self.add_squares(squares);
        // The bits of `magic` are in every term.
        let terms = (rows.len() * WIDTH) as u32;
        let sum = wrapped(parts.sum).wrapping_sub(terms.wrapping_mul(magic.to_bits()));
        self.distances += i64::from(sum as i32);
        self.beyond_2 += wrapped(parts.beyond_2) as usize;
        self.beyond_3 += wrapped(parts.beyond_3) as usize;
        self.outside |= parts.outside.iter().any(|&sign| sign < 0);
        if parts.smallest.contains(&0.0) {
            unlikely();
            let zeros = rows.as_flattened().iter().map(|&value| u32::from(is_zero(value)));
            self.zeros += zeros.sum::<u32>() as usize;
        }
    }
}

/// The partial sums of a chunk.
#[derive(Clone, Copy)]
struct PartialSums {
    /// The sum of the distances, each with the bits of 1.5 × 2²³ units above it.
    sum: [u32; WIDTH],
    squares: [u32; WIDTH],
    /// The smallest magnitude of a value.
    smallest: [f32; WIDTH],
    beyond_2: [u32; WIDTH],
    beyond_3: [u32; WIDTH],
    /// Negative if a value is out of range.
    outside: [i32; WIDTH],
}

impl PartialSums {
    fn new() -> Self {
        Self {
            sum: [0; WIDTH],
            squares: [0; WIDTH],
            smallest: [f32::INFINITY; WIDTH],
            beyond_2: [0; WIDTH],
            beyond_3: [0; WIDTH],
            outside: [0; WIDTH],
        }
    }

    /// Adds up to [`ROWS`] rows. This is the hot loop. It is a function of its own that stores the sums at its end,
    /// because these stores show the compiler that four sums fit in one register.
    #[inline(never)]
    fn add<const CENTRED: bool>(&mut self, rows: &[[f32; WIDTH]], measure: &Measure, magic: f32) {
        let &Measure { mean, limits: [limit_2, limit_3], farthest, bounds: [low, high], .. } =
            measure;
        let mut parts = *self;
        for row in rows {
            for (i, &value) in row.iter().enumerate() {
                let d = if CENTRED { value } else { value - mean };
                let magnitude = magnitude(d);
                parts.outside[i] |= if CENTRED {
                    farthest.wrapping_sub(magnitude)
                } else {
                    // NaN is not within bounds.
                    i32::from((low <= value) & (value <= high)) - 1
                };
                parts.sum[i] = parts.sum[i].wrapping_add((d + magic).to_bits());
                // The square of the magnitude. The mask, which changes no distance within range, tells the compiler
                // that 16 bits suffice, for which SSE2 has a product.
                let units = (d.abs() + magic).to_bits() & 0x7fff;
                parts.squares[i] = parts.squares[i].wrapping_add(units * units);
                let smallest = parts.smallest[i];
                parts.smallest[i] = if value.abs() < smallest { value.abs() } else { smallest };
                parts.beyond_2[i] = parts.beyond_2[i].wrapping_add(u32::from(magnitude > limit_2));
                parts.beyond_3[i] = parts.beyond_3[i].wrapping_add(u32::from(magnitude > limit_3));
            }
        }
        *self = parts;
    }
}

/// Returns the wrapped sum of the parts of a quantity.
fn wrapped(parts: [u32; WIDTH]) -> u32 {
    parts.iter().fold(0, |sum, &part| sum.wrapping_add(part))
}

#[cfg(test)]
pub(super) mod tests {
    extern crate std;

    use std::{format, vec::Vec};

    use super::*;
    use crate::{
        distribution::{Cut, Distribution},
        stream::Stream,
        verify::unit::tests::exact_units,
    };

    use Distribution::{Constant, Normal, TruncatedNormal, Uniform};

    pub(in crate::verify) const DISTRIBUTIONS: [Distribution; 16] = [
        Normal { mean: 0.0, std: 0.05 },
        Normal { mean: 0.0, std: 0.0625 },
        // The bounds are the most units away that there can be.
        Normal { mean: 0.0, std: 1.999_999_9 },
        Normal { mean: 0.0, std: 1e-27 },
        Normal { mean: 0.0, std: 3e36 },
        Normal { mean: -1.5, std: 0.3 },
        Normal { mean: 100.0, std: 1e-3 },
        Normal { mean: 1e6, std: 1e-3 },
        Normal { mean: 1e6, std: 300.0 },
        Normal { mean: 0.0, std: 0.0 },
        Constant { value: 1.0 },
        Uniform { low: -0.1, high: 0.1 },
        Uniform { low: 0.0, high: 0.1 },
        Uniform { low: f32::MIN, high: f32::MAX },
        TruncatedNormal { mean: 0.0, std: 0.5, cut: Cut::TWO },
        TruncatedNormal { mean: 3.0, std: 0.5, cut: Cut::std_before(3.0) },
    ];

    /// Computes the sums by the definition. `outside` is whether a distance is too large. Then they have no meaning.
    fn exact_sums(values: &[f32], limits: &Limits) -> Sums {
        let &Limits { mean, std, low, high, .. } = limits;
        let unit = Unit::new(std);
        let distances: Vec<f32> = values.iter().map(|value| value - mean).collect();
        let farthest = (low - mean).abs().max((high - mean).abs());
        let within = || distances.iter().filter(|d| d.abs() <= farthest);
        let units = || within().map(|&d| exact_units(d, unit));
        let beyond = |stds: f32| distances.iter().filter(|d| d.abs() > stds * std).count();
        let repeats = values.chunks(CHUNK).flat_map(|chunk| chunk.windows(LANES + 1));
        Sums {
            distances: units().sum::<i128>() as i64,
            squares: units().map(|units| units.pow(2)).sum::<i128>() as u64,
            zeros: values.iter().filter(|&&value| value == 0.0).count(),
            repeats: repeats.filter(|w| w[0].to_bits() == w[LANES].to_bits()).count(),
            beyond_2: beyond(2.0),
            beyond_3: beyond(3.0),
            outside: within().count() < values.len(),
        }
    }

    type Add = fn(&mut Sums, &[f32], &Measure);

    /// The loops of this processor, of one without an FPU, of one with an FPU alone, and of one with vectors.
    const LOOPS: [Add; 4] =
        [Sums::add, Sums::add_each::<true>, Sums::add_each::<false>, Sums::add_side_by_side];

    /// Checks that every loop has the exact sums.
    #[track_caller]
    fn assert_exact(values: &[f32], limits: &Limits, what: &str) {
        let measure = Measure::new(limits);
        let expected = exact_sums(values, limits);
        let within = values.iter().all(|value| (limits.low..=limits.high).contains(value));
        for (i, add) in LOOPS.iter().enumerate() {
            let mut sums = Sums::default();
            values.chunks(CHUNK).for_each(|chunk| add(&mut sums, chunk, &measure));
            if i == 0 {
                assert_eq!(sums.repeats, expected.repeats, "{what}");
            }
            // Value by value, only distances are compared.
            let by_distance = i == 1 || i == 2 || i == 0 && NO_VECTORS;
            let outside = if by_distance { expected.outside } else { !within };
            assert_eq!(sums.outside, outside, "{what}, loop {i}");
            // Units have no meaning without a std.
            if !expected.outside && limits.std > 0.0 {
                let Sums { repeats, outside, .. } = expected;
                let sums = Sums { repeats, outside, ..sums };
                assert_eq!(sums, expected, "{what}, loop {i}");
            }
        }
    }

    #[test]
    fn all_loops_have_the_exact_sums() {
        let lens = (0..40).chain([127, 128, 129, 132, 255, 256, 257, 260, 512, 1000, 4099]);
        for (seed, distribution) in DISTRIBUTIONS.into_iter().enumerate() {
            let limits = distribution.limits();
            let &Limits { mean, std, low, high, .. } = &limits;
            let size = Unit::new(std).size();
            let nearest = |value: f32| value.max(low).min(high);
            for len in lens.clone() {
                let what = format!("{distribution:?}, {len} values");
                let mut values = [0.0; 4099];
                let values = &mut values[..len];
                distribution.fill(Stream::new(seed as u64), 0, values).unwrap();
                assert_exact(values, &limits, &what);
                // Zeros and the smallest numbers, where they are within range.
                for (i, value) in values.iter_mut().enumerate().skip(len / 3).step_by(7) {
                    *value = nearest([0.0, -0.0, 1e-45, -1e-45, 1e-39][i % 5]);
                }
                assert_exact(values, &limits, &format!("{what} and zeros"));
                // Halves of units, both bounds, and the limits of the counts.
                for (i, value) in values.iter_mut().enumerate() {
                    let half = (i / 3 % 40) as f32 - 19.5;
                    let stds = [2.0, 3.0, -2.0, -3.0][i % 4] * std;
                    let beside = [stds, stds.next_up(), stds.next_down(), half * size][i / 4 % 4];
                    *value = nearest(mean + [half * size, half, beside][i % 3]);
                }
                assert_exact(values, &limits, &format!("{what}, halves"));
                for end in [low, high] {
                    values.fill(end);
                    assert_exact(values, &limits, &format!("{what}, all {end}"));
                }
                let outside = [f32::NAN, -f32::NAN, f32::INFINITY, f32::NEG_INFINITY];
                let erased = f32::from_bits(u32::MAX);
                let farther = [high.next_up(), low.next_down(), erased];
                for (i, bad) in outside.into_iter().chain(farther).enumerate() {
                    values.fill(high);
                    if let Some(value) = values.get_mut((len * i / 7).min(len.saturating_sub(1))) {
                        *value = bad;
                    }
                    assert_exact(values, &limits, &format!("{what}, {bad}"));
                }
            }
        }
    }
}
