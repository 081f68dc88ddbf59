//! The statistics to expect of a good buffer in another format than `f32`, and the limits within which they
//! lie.
//!
//! A rounded value is a step function of the sampler's value: all values of a cell become the same grid point.
//! Therefore every expectation is a sum over cells. If the values reach few cells, because the steps are coarse
//! or because most values saturate, the sum is computed cell by cell. Otherwise the first and the last cell are
//! computed by themselves, and what lies between them is an integral over the density with Sheppard's correction
//! for the step. The step of a floating-point format changes at each power of two, so there the integral has
//! several pieces.
//!
//! Deviations are in standard deviations of the distribution, and from its mean. In a format whose values
//! saturate, the expected mean and variance are others.

use super::{
    grid::Grid,
    law::{Edge, Law},
    limits::Limits,
    mismatch::Mismatch,
    stats::{CHUNK, Stats, magnitude, root_of_f64},
};
use crate::{distribution::Distribution, gaussian::exp, sampler::LANES};

/// Minus the natural logarithm of the probability of a false alarm, for each of the eleven limits of a check:
/// one for zeros, one for each half of the repeats, and two for each of the mean, the variance, and the two
/// shares. The probability of any false alarm stays below 11 e⁻²³·² = 9.3 × 10⁻¹⁰.
const RARITY: f64 = 23.2;

/// A bound on the relative error of the sums in `f32` where all terms are the same, because then all rounding
/// errors may have the same sign. The terms are nearly the same where nearly all values saturate.
const ERROR_OF_SUMS: f64 = 1.0 / 131_072.0;

/// The largest number of cells that are summed one by one. With more, all steps within reach of a normal are
/// shorter than half a standard deviation, and Sheppard's correction is exact to 10⁻⁵.
const MOST_CELLS: f64 = 64.0;

/// A distribution whose values are rounded to a grid.
pub(super) struct Rounded {
    law: Law,
    grid: Grid,
    mean: f32,
    std: f32,
    /// The lowest and the highest grid point that a value can become.
    low: f64,
    high: f64,
    /// [`RARITY`], except in tests.
    pub(super) rarity: f64,
}

/// The expectations for values of a rounded distribution. Deviations are in standard deviations.
#[derive(Debug)]
pub(super) struct Expected {
    /// The expectations of d, d² and d⁴, where d is the deviation of a rounded value.
    pub(super) mean: f64,
    pub(super) square: f64,
    pub(super) fourth: f64,
    /// The lowest and the highest deviation.
    pub(super) low: f64,
    pub(super) high: f64,
    /// The share of zeros.
    pub(super) zeros: f64,
    /// The probability that two values are the same.
    pub(super) repeats: f64,
    /// The share of the most frequent value, or more.
    pub(super) likeliest: f64,
    /// The shares of values beyond 2 and beyond 3 standard deviations.
    pub(super) beyond: [f64; 2],
    /// The expectation of exp(tilt (d² − the largest d²)), or infinity if it is not known.
    tilted: f64,
}

impl Rounded {
    /// Returns the rounding of a distribution to the values of a grid.
    pub(super) fn new(distribution: &Distribution, limits: &Limits, grid: Grid) -> Self {
        let [low, high] = [limits.low, limits.high].map(|end| grid.nearest(end));
        Self {
            law: Law::new(distribution),
            grid,
            mean: limits.mean,
            std: limits.std,
            low,
            high,
            rarity: RARITY,
        }
    }

    /// Compares statistics with the limits. Returns the first mismatch.
    pub(super) fn check(&self, stats: &Stats) -> Result<(), Mismatch> {
        let &Stats { min, max, not_finite, zeros, repeats, .. } = stats;
        if not_finite > 0 {
            return Err(Mismatch::NotFinite { given: not_finite });
        }
        if stats.len == 0 {
            return Ok(());
        }
        let [low, high] = [self.low, self.high].map(|end| self.grid.value(end));
        if !(low <= min && max <= high) {
            return Err(Mismatch::Range { low, high, min, max });
        }
        if self.is_single() {
            return Ok(());
        }
        let n = stats.len as f64;
        let tilt = self.tilt(n);
        let expected = &self.expected(tilt);
        let (mean, std) = (f64::from(self.mean), f64::from(self.std));
        let rounding = self.rounding();

        // The sampler gives no zero around a mean of zero.
        let none = self.mean == 0.0 && expected.zeros == 0.0;
        let high = if none { 0 } else { self.most(n, expected.zeros + rounding) };
        if zeros > high {
            return Err(Mismatch::Zeros { high, given: zeros });
        }
        let high = self.most_repeats(expected, stats.len);
        if repeats > high {
            return Err(Mismatch::Repeats { high, given: repeats });
        }

        let tolerance = self.mean_tolerance(expected, n);
        let [low, high] = [expected.mean - tolerance, expected.mean + tolerance]
            .map(|deviation| (mean + deviation * std) as f32);
        let given = stats.mean;
        if !(low <= given && given <= high) {
            return Err(Mismatch::Mean { low, high, given });
        }

        let (low, high) = self.square_limits(expected, n, tilt);
        let (own, offset) = (f64::from(stats.std) / std, (f64::from(stats.mean) - mean) / std);
        let square = own * own + offset * offset;
        if !(low <= square && square <= high) {
            let [low, high, given] =
                [low, high, square].map(|square| root_of_f64(square.max(0.0)) * self.std);
            return Err(Mismatch::Std { low, high, given });
        }

        let given = [stats.beyond_2_std, stats.beyond_3_std];
        for ((stds, share), given) in [2, 3].into_iter().zip(expected.beyond).zip(given) {
            let (low, high) = (self.fewest(n, share - rounding), self.most(n, share + rounding));
            if !(low..=high).contains(&given) {
                return Err(Mismatch::Beyond { stds, low, high, given });
            }
        }
        Ok(())
    }

    /// Returns whether all values become the same.
    pub(super) fn is_single(&self) -> bool {
        self.low == self.high
    }

    /// Returns the largest number of values expected in an event, of n with this probability, by Bernstein's
    /// bound.
    pub(super) fn most(&self, n: f64, share: f64) -> usize {
        let share = share.min(1.0);
        let expected = n * share;
        let spread = root(2.0 * expected * (1.0 - share) * self.rarity);
        (expected + spread + self.rarity / 3.0) as usize
    }

    /// Returns the smallest number of values expected in an event, by the better of Bernstein's and Chernoff's
    /// bounds.
    pub(super) fn fewest(&self, n: f64, share: f64) -> usize {
        let share = share.max(0.0);
        let expected = n * share;
        let bernstein =
            root(2.0 * expected * (1.0 - share) * self.rarity) + share * self.rarity / 3.0;
        let chernoff = root(2.0 * expected * self.rarity);
        // The conversion turns negative numbers into 0.
        (expected - bernstein.min(chernoff)) as usize
    }

    /// Returns a generous bound on the effects of the rounding to `f32`, in standard deviations: that of a value
    /// as large as the mean, that of the steps, and that of the sums. No probability density here exceeds
    /// 1 / std, so this is also a bound on the change of a share.
    fn rounding(&self) -> f64 {
        (f64::from(self.mean.abs()) / f64::from(self.std) + 2.0) / 4_194_304.0
    }

    /// Returns the largest step between two grid points that values can become, in standard deviations.
    pub(super) fn largest_step(&self) -> f64 {
        let farthest = self.low.abs().max(self.high.abs());
        self.grid.real(self.grid.step(farthest)) / f64::from(self.std)
    }

    /// Returns the standard deviation before truncation. For a uniform it is half the width.
    fn unit(&self) -> f64 {
        self.law.unit / f64::from(self.std)
    }

    /// Returns the largest number of repeats of `len` values.
    fn most_repeats(&self, expected: &Expected, len: usize) -> usize {
        let rounding = self.rounding();
        let pairs = pairs(len).map(|pairs| pairs as f64);
        // Two successive pairs share a value, so their repeats are not independent. Every other pair is.
        let halves = pairs.map(|pairs| self.most(pairs, expected.repeats + rounding));
        // Whatever the values before it, a value repeats one of them with at most the share of the likeliest.
        let all = self.most(pairs[0] + pairs[1], expected.likeliest + rounding);
        all.min(halves[0] + halves[1])
    }

    /// Returns the largest deviation of the mean of n values from its expectation.
    fn mean_tolerance(&self, expected: &Expected, n: f64) -> f64 {
        let y = self.rarity / n;
        let &Expected { mean, square, low, high, .. } = expected;
        let step = self.largest_step();
        // Bernstein's bound.
        let farthest = (high - mean).max(mean - low);
        let variance = (square - mean * mean).max(0.0);
        let bound = root(2.0 * variance * y) + farthest * y / 3.0;
        // A normal that is truncated or saturated is subgaussian with its own variance, and the rounding error
        // with that of ± half a step. The standard deviations are added, because the two are not independent.
        let bound = if self.law.is_normal() {
            bound.min((self.unit() + 0.5 * step) * root(2.0 * y))
        } else {
            bound
        };
        bound + self.rounding() * (1.0 + step) + ERROR_OF_SUMS * mean.abs()
    }

    /// Returns the limits of the mean of d² of n values.
    pub(super) fn square_limits(&self, expected: &Expected, n: f64, tilt: f64) -> (f64, f64) {
        let y = self.rarity / n;
        let &Expected { square, fourth, low, high, tilted, .. } = expected;
        let step = self.largest_step();
        let largest = (low * low).max(high * high);
        // Bernstein's bounds. d² is not negative, so it is at most its mean below its mean.
        let spread = root(2.0 * (fourth - square * square).max(0.0) * y);
        let bounds =
            (square - spread - square * y / 3.0, square + spread + (largest - square) * y / 3.0);
        // For a normal, larger values are so rare that these bounds are better: Chernoff's at one point, if every
        // cell was summed, and otherwise that of Laurent and Massart.
        let better = if tilted.is_finite() {
            // The logarithm of the expectation is at most the expectation minus 1.
            let tilted = tilted * exp_of_any(tilt * (largest - square));
            square + (tilted - 1.0 + y) / tilt
        } else if self.law.is_normal() {
            self.chi_square_limit(low <= 0.0 && 0.0 <= high, step, y)
        } else {
            f64::INFINITY
        };
        let correction = step * step / 12.0;
        let rounding = 4.0 * self.rounding() * (square + (1.0 + step) * (1.0 + step))
            + ERROR_OF_SUMS * square
            + correction * correction;
        (bounds.0 - rounding, bounds.1.min(better) + rounding)
    }

    /// Returns a limit of the mean of d² of n values of a normal whose steps are short. The bound for χ² is that
    /// of Laurent and Massart.
    fn chi_square_limit(&self, mean_is_within: bool, step: f64, y: f64) -> f64 {
        let (unit, chi_square) = (self.unit(), 1.0 + 2.0 * root(y) + 2.0 * y);
        if !self.grid.is_even() {
            // Each error is at most a fixed part of its value or half the smallest step. The root of a mean of
            // squares is a norm.
            let part = self.grid.relative_error();
            let mean = f64::from(self.mean.abs()) / f64::from(self.std);
            let smallest = self.grid.real(self.grid.step(0.0)) / f64::from(self.std);
            let norm = unit * root(chi_square) * (1.0 + part) + mean * part + 0.5 * smallest;
            norm * norm
        } else if mean_is_within {
            // Sheppard's correction: for each point of its moment-generating function, d² is at most that of a
            // normal with this variance. Truncation and saturation only bring values nearer to the mean.
            (unit * unit + step * step / 12.0) * chi_square
        } else {
            f64::INFINITY
        }
    }

    /// Returns the point at which Chernoff's bound is taken for n values: the best one for a normal with
    /// Sheppard's correction.
    pub(super) fn tilt(&self, n: f64) -> f64 {
        let (unit, step, y) = (self.unit(), self.largest_step(), root(self.rarity / n));
        y / ((1.0 + 2.0 * y) * (unit * unit + step * step / 12.0))
    }

    /// Returns the deviation of the value of a grid point.
    fn deviation(&self, at: f64) -> f64 {
        (f64::from(self.grid.value(at)) - f64::from(self.mean)) / f64::from(self.std)
    }

    /// Returns whether the value of a grid point counts as beyond 2 and beyond 3 standard deviations.
    fn is_beyond(&self, at: f64) -> [bool; 2] {
        let offset = magnitude(self.grid.value(at) - self.mean);
        [2.0, 3.0].map(|stds| offset > magnitude(stds * self.std))
    }

    #[cfg(test)]
    pub(super) fn has_even_steps(&self) -> bool {
        self.grid.is_even()
    }

    /// Returns the number of cells.
    pub(super) fn cells(&self) -> f64 {
        self.grid.count(self.low, self.high)
    }

    /// Returns the expectations.
    pub(super) fn expected(&self, tilt: f64) -> Expected {
        if self.cells() <= MOST_CELLS { self.sum_of_cells(tilt) } else { self.integral() }
    }

    /// Returns the expectations, summed over all cells.
    pub(super) fn sum_of_cells(&self, tilt: f64) -> Expected {
        let mut sum = self.nothing();
        let largest = (sum.low * sum.low).max(sum.high * sum.high);
        sum.tilted = if tilt * largest < 600.0 { 0.0 } else { f64::INFINITY };
        let (mut at, mut above) = (self.low, 1.0);
        loop {
            let next = if at < self.high { self.law.above(self.grid.above(at)) } else { 0.0 };
            let share = above - next;
            let deviation = self.add(&mut sum, at, share);
            for (beyond, is_beyond) in sum.beyond.iter_mut().zip(self.is_beyond(at)) {
                *beyond += if is_beyond { share } else { 0.0 };
            }
            if at == 0.0 {
                sum.zeros = share;
                sum.repeats -= self.unlike_zeros(above, next);
            }
            if sum.tilted.is_finite() {
                sum.tilted += share * exp(tilt * (deviation * deviation - largest));
            }
            if at >= self.high {
                return sum;
            }
            above = next;
            at = self.grid.next(at);
        }
    }

    /// Returns the expectations from integrals between the first and the last cell.
    pub(super) fn integral(&self) -> Expected {
        let mut sum = self.nothing();
        let [first, last] = [self.grid.above(self.low), self.grid.below(self.high)];
        self.add(&mut sum, self.low, 1.0 - self.law.above(first));
        self.add(&mut sum, self.high, self.law.above(last));

        // The steps of values this near to zero hardly matter.
        let negligible = f64::from(self.std) / 256.0;
        // A piece that begins or ends in the middle between two grid points has all of each cell. One that
        // begins or ends at a grid point has half the cell of that point.
        let (mut from, mut from_end) = (first, 1.0);
        let mut edge = self.law.edge(from);
        while from < last {
            let (step, to) = self.grid.piece(from * self.multiplier(), negligible);
            let to = self.grid.real(to);
            let (to, to_end) = if to < last { (to, -0.5) } else { (last, 1.0) };
            let next = self.law.edge(to);
            let step = self.grid.real(step) / f64::from(self.std);
            self.add_piece(&mut sum, step, [(edge, from_end), (next, to_end)]);
            (from, from_end, edge) = (to, to_end, next);
        }

        let [zero, above] = [0.0, self.grid.next(0.0)].map(|at| self.share_from(at));
        sum.zeros = zero - above;
        sum.repeats -= self.unlike_zeros(zero, above);
        for (i, beyond) in sum.beyond.iter_mut().enumerate() {
            *beyond = self.share_beyond(i);
        }
        sum
    }

    fn multiplier(&self) -> f64 {
        1.0 / self.grid.real(1.0)
    }

    /// Returns the sum of no cells.
    fn nothing(&self) -> Expected {
        Expected {
            mean: 0.0,
            square: 0.0,
            fourth: 0.0,
            low: self.deviation(self.low),
            high: self.deviation(self.high),
            zeros: 0.0,
            repeats: 0.0,
            likeliest: 0.0,
            beyond: [0.0; 2],
            tilted: f64::INFINITY,
        }
    }

    /// Adds a cell to the moments and the repeats. Returns the deviation of its grid point.
    fn add(&self, sum: &mut Expected, at: f64, share: f64) -> f64 {
        let deviation = self.deviation(at);
        let square = deviation * deviation;
        sum.mean += share * deviation;
        sum.square += share * square;
        sum.fourth += share * (square * square);
        sum.repeats += share * share;
        sum.likeliest = sum.likeliest.max(share);
        deviation
    }

    /// Adds a piece with equal steps to the moments and the repeats: an integral, and the terms of the
    /// Euler–Maclaurin formula with the square of the step. `weight` is 1 if the piece ends between two grid
    /// points, and −1/2 if it ends at one.
    fn add_piece(
        &self,
        sum: &mut Expected,
        step: f64,
        [(low, low_weight), (high, high_weight)]: [(Edge, f64); 2],
    ) {
        let unit = self.unit();
        let [share, first, second, fourth] = self.law.moments(&low, &high);
        let correction = step * step / 12.0;
        // The derivative of dⁿ at the ends.
        let ends = |derivative: &dyn Fn(f64) -> f64| {
            let [low, high] = [(low, low_weight), (high, high_weight)]
                .map(|(edge, weight)| weight * derivative(unit * edge.z) * edge.density / unit);
            correction * (low - high)
        };
        let square = unit * unit;
        sum.mean += unit * first + ends(&|_| 1.0);
        sum.square += square * second + correction * share + ends(&|d| 2.0 * d);
        sum.fourth += square * square * fourth
            + 6.0 * correction * square * second
            + ends(&|d| 4.0 * d * d * d);
        sum.repeats += step * self.law.squares(&low, &high) / unit;
        sum.likeliest = sum.likeliest.max(step * self.law.highest_density(&low, &high) / unit);
    }

    /// Returns the probability that two values are zeros of different signs, which have different bits. The
    /// shares are those of the values that are at least zero and above zero once they are rounded.
    fn unlike_zeros(&self, zero: f64, above: f64) -> f64 {
        let positive = self.law.above(0.0);
        let unlike = 2.0 * (zero - positive) * (positive - above);
        if self.grid.has_signed_zero() { unlike.max(0.0) } else { 0.0 }
    }

    /// Returns the share of values that become this grid point or a higher one.
    fn share_from(&self, at: f64) -> f64 {
        if at <= self.low {
            1.0
        } else if at > self.high {
            0.0
        } else {
            self.law.above(self.grid.below(at))
        }
    }

    /// Returns the share of values that count as beyond 2 or beyond 3 standard deviations.
    fn share_beyond(&self, i: usize) -> f64 {
        let stds = [2.0, 3.0].get(i).copied().unwrap_or_default() * self.std;
        let is_beyond = |at| self.is_beyond(at).get(i).copied().unwrap_or_default();
        let is_above = |at| is_beyond(at) && self.grid.value(at) > self.mean;
        let is_below = |at| is_beyond(at) && self.grid.value(at) < self.mean;
        // The search begins at the threshold, which may be rounded by a few steps of `f32`.
        const FARTHEST: usize = 4;
        let mut above = self.grid.nearest(self.mean + stds);
        let mut below = self.grid.nearest(self.mean - stds);
        for _ in 0..FARTHEST {
            above = if is_above(above) { self.grid.previous(above) } else { above };
            below = if is_below(below) { self.grid.next(below) } else { below };
        }
        for _ in 0..FARTHEST {
            above = if is_above(above) { above } else { self.grid.next(above) };
            below = if is_below(below) { below } else { self.grid.previous(below) };
        }
        self.share_from(above) + (1.0 - self.share_from(self.grid.next(below)))
    }
}

/// Returns the number of pairs of values 16 apart within each chunk of 256, for the pairs that begin in an even
/// row of 16 values and for those that begin in an odd row. No two pairs of a kind share a value.
pub(super) fn pairs(len: usize) -> [usize; 2] {
    let in_chunk = |len: usize| {
        let pairs = len.saturating_sub(LANES);
        let even = pairs / (2 * LANES) * LANES + (pairs % (2 * LANES)).min(LANES);
        [even, pairs - even]
    };
    let ([even, odd], [last_even, last_odd]) = (in_chunk(CHUNK), in_chunk(len % CHUNK));
    let chunks = len / CHUNK;
    [chunks * even + last_even, chunks * odd + last_odd]
}

/// Returns the square root, to the precision of `f32`.
fn root(x: f64) -> f64 {
    root_of_f64(x).into()
}

/// Returns eˣ for −700 ≤ x ≤ 700.
fn exp_of_any(x: f64) -> f64 {
    if x > 0.0 { 1.0 / exp(-x) } else { exp(x) }
}
