//! The statistics of a slice, computed in one pass.
//!
//! The slice is cut into chunks of 256 values. Within a chunk all arithmetic is `f32`: value *i* goes
//! into partial sum *i* mod 4, and the four sums are added as (0 + 2) + (1 + 3). The sums of the chunks
//! are added in `f64`. The order of all operations is fixed, so the statistics have the same bits on
//! every target. A chip without an FPU pays for two additions in `f64` per chunk.
//!
//! The sums are those of d = value − expected mean and of d², so that no large numbers cancel. If a
//! chunk contains a NaN, or its sum of d² is outside the range in which `f32` has full precision, its
//! values are added again one by one in `f64`. The fast loop therefore does not check whether values are
//! finite. The last values of a chunk, fewer than four, are always added in `f64`.
//!
//! Tried and dropped: 8 and 16 partial sums, which were 1.4 and 1.6 times as slow with SSE2, because it
//! has too few registers for so many sums of each quantity; and a loop for each quantity, which was 1.1
//! times as slow.

use crate::{
    sampler::LANES,
    target::{below, sqrt},
};

/// The number of values whose sums are computed in `f32`.
pub(super) const CHUNK: usize = 256;

/// The number of partial sums in a chunk.
const PARTS: usize = 4;

/// The smallest sum of d² that is precise even if some of its terms are subnormal, 2⁻⁸⁰.
const SMALLEST_SQUARES: f32 = 1.0 / (1_u128 << 80) as f32;

/// The statistics of the values of a slice. [`Distribution::stats`](crate::Distribution::stats) computes
/// them.
///
/// The counts are exact. Values that are NaN or infinite count in `len`, `not_finite` and `repeats` only.
/// If no value is finite, `mean`, `std`, `min` and `max` are NaN.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Stats {
    /// The number of values.
    pub len: usize,
    /// The number of values that are NaN or infinite.
    pub not_finite: usize,
    /// The number of zeros of either sign.
    pub zeros: usize,
    /// The number of values with the same bits as the value 16 before them, if both lie in the same chunk
    /// of 256. In `f32` a sampler gives 0 or 1 in a million values, and more the fewer values a format has. If
    /// all values are the same, it is 15 of 16.
    pub repeats: usize,
    /// The number of values farther from the distribution's mean than 2 of its standard deviations.
    pub beyond_2_std: usize,
    /// The number of values farther from the distribution's mean than 3 of its standard deviations.
    pub beyond_3_std: usize,
    /// The mean. Its error is about 2⁻²⁴ of itself and of `std`.
    pub mean: f32,
    /// The standard deviation, with the number of values as the divisor: √(Σ (x − mean)² / n). Its
    /// relative error is about 2⁻²³. If the mean differs from the one of the distribution, the error is
    /// about 2⁻²³ times the square of the difference in standard deviations.
    pub std: f32,
    /// The smallest value. The sign of a zero is not kept.
    pub min: f32,
    /// The largest value. The sign of a zero is not kept.
    pub max: f32,
}

impl Stats {
    /// Computes the statistics of values about the expected mean and standard deviation.
    pub(super) fn new(values: &[f32], mean: f32, std: f32) -> Self {
        let mut sums = Sums::new(mean, std, values.len());
        for chunk in values.chunks(CHUNK) {
            sums.add(chunk);
        }
        sums.stats()
    }

    /// Computes the statistics of slots of another format, which are converted in a buffer of 1 KiB.
    pub(super) fn of_slots<T: Copy>(
        slots: &[T],
        value: impl Fn(T) -> f32,
        mean: f32,
        std: f32,
    ) -> Self {
        let mut sums = Sums::new(mean, std, slots.len());
        let mut values = [0.0; CHUNK];
        for chunk in slots.chunks(CHUNK) {
            for (value_of_slot, &slot) in values.iter_mut().zip(chunk) {
                *value_of_slot = value(slot);
            }
            sums.add(values.get(..chunk.len()).unwrap_or_default());
        }
        sums.stats()
    }
}

/// The sums over the chunks so far.
struct Sums {
    /// The expected mean.
    mean: f32,
    /// The bits of 2 and 3 expected standard deviations.
    limits: [i32; 2],
    /// The sum of d = value − `mean`.
    sum: f64,
    /// The sum of d².
    squares: f64,
    /// The statistics except `mean` and `std`, which are computed at the end.
    stats: Stats,
}

impl Sums {
    fn new(mean: f32, std: f32, len: usize) -> Self {
        let stats = Stats {
            len,
            not_finite: 0,
            zeros: 0,
            repeats: 0,
            beyond_2_std: 0,
            beyond_3_std: 0,
            mean: f32::NAN,
            std: f32::NAN,
            min: f32::INFINITY,
            max: f32::NEG_INFINITY,
        };
        let limits = [2.0, 3.0].map(|stds| magnitude(stds * std));
        Self { mean, limits, sum: 0.0, squares: 0.0, stats }
    }

    /// Adds the values of a chunk.
    fn add(&mut self, chunk: &[f32]) {
        let later = chunk.get(LANES..).unwrap_or_default();
        let repeats = chunk.iter().zip(later).map(|(a, b)| u32::from(a.to_bits() == b.to_bits()));
        self.stats.repeats += repeats.sum::<u32>() as usize;

        let mean = self.mean;
        let (rows, rest) = chunk.as_chunks();
        let mut parts = PartialSums::new();
        parts.add(rows, mean, self.limits);
        let (min, max) = (joined(parts.min, lower), joined(parts.max, higher));
        let squares = joined(parts.squares, |a, b| a + b);
        // The squares are compared as well, because `min` and `max` skip a NaN.
        let all_the_mean = squares == 0.0 && min == mean && max == mean;
        if (SMALLEST_SQUARES..f32::INFINITY).contains(&squares) || all_the_mean {
            self.sum += f64::from(joined(parts.sum, |a, b| a + b));
            self.squares += f64::from(squares);
            let stats = &mut self.stats;
            stats.min = lower(stats.min, min);
            stats.max = higher(stats.max, max);
            stats.zeros += total(parts.zeros);
            stats.beyond_2_std += total(parts.beyond_2);
            stats.beyond_3_std += total(parts.beyond_3);
        } else {
            self.add_slowly(rows.as_flattened());
        }
        self.add_slowly(rest);
    }

    /// Slow path in `f64`, value by value, for extreme squares, NaN and infinities.
    #[cold]
    fn add_slowly(&mut self, values: &[f32]) {
        let (mean, [limit_2, limit_3]) = (self.mean, self.limits);
        let stats = &mut self.stats;
        for &value in values {
            if !value.is_finite() {
                stats.not_finite += 1;
                continue;
            }
            let d = f64::from(value) - f64::from(mean);
            self.sum += d;
            self.squares += d * d;
            stats.min = lower(stats.min, value);
            stats.max = higher(stats.max, value);
            stats.zeros += usize::from(value == 0.0);
            stats.beyond_2_std += usize::from(magnitude(value - mean) > limit_2);
            stats.beyond_3_std += usize::from(magnitude(value - mean) > limit_3);
        }
    }

    /// Returns the statistics of all chunks.
    fn stats(self) -> Stats {
        let Self { mean: expected, sum, squares, stats, .. } = self;
        let finite = stats.len - stats.not_finite;
        if finite == 0 {
            return Stats { min: f32::NAN, max: f32::NAN, ..stats };
        }
        let (n, Stats { min, max, .. }) = (finite as f64, stats);
        let offset = sum / n;
        // If all values are the same, the computed variance would consist of rounding errors.
        let (mean, std) = if min < max {
            let mean = (f64::from(expected) + offset) as f32;
            (mean, root_of_f64(squares / n - offset * offset))
        } else {
            (min, 0.0)
        };
        // The addition of +0 turns −0 into +0.
        Stats { mean: mean + 0.0, std, min: min + 0.0, max: max + 0.0, ..stats }
    }
}

/// The partial sums of a chunk, and its extremes and counts, also in four parts.
#[derive(Clone, Copy)]
struct PartialSums {
    sum: [f32; PARTS],
    squares: [f32; PARTS],
    min: [f32; PARTS],
    max: [f32; PARTS],
    zeros: [u32; PARTS],
    beyond_2: [u32; PARTS],
    beyond_3: [u32; PARTS],
}

impl PartialSums {
    fn new() -> Self {
        Self {
            sum: [0.0; PARTS],
            squares: [0.0; PARTS],
            min: [f32::INFINITY; PARTS],
            max: [f32::NEG_INFINITY; PARTS],
            zeros: [0; PARTS],
            beyond_2: [0; PARTS],
            beyond_3: [0; PARTS],
        }
    }

    /// Adds the values of a chunk. This is the hot loop. It is a function of its own that stores the sums
    /// at its end, because these stores show the compiler that four sums fit in one register. Inlined, it
    /// takes three times as long.
    #[inline(never)]
    fn add(&mut self, rows: &[[f32; PARTS]], mean: f32, [limit_2, limit_3]: [i32; 2]) {
        let mut parts = *self;
        for row in rows {
            for (i, &value) in row.iter().enumerate() {
                let d = value - mean;
                parts.sum[i] += d;
                parts.squares[i] += d * d;
                parts.min[i] = lower(parts.min[i], value);
                parts.max[i] = higher(parts.max[i], value);
                parts.zeros[i] += u32::from(value == 0.0);
                parts.beyond_2[i] += u32::from(magnitude(d) > limit_2);
                parts.beyond_3[i] += u32::from(magnitude(d) > limit_3);
            }
        }
        *self = parts;
    }
}

/// Returns the bits of |d|, which are in the same order as the magnitudes. Without an FPU, comparing
/// integers is far cheaper than comparing floats.
#[inline]
pub(super) fn magnitude(d: f32) -> i32 {
    (d.to_bits() & 0x7fff_ffff) as i32
}

/// Returns the lower of two numbers.
#[inline]
pub(super) fn lower(a: f32, b: f32) -> f32 {
    if below(a, b) { a } else { b }
}

/// Returns the higher of two numbers.
#[inline]
pub(super) fn higher(a: f32, b: f32) -> f32 {
    if below(b, a) { a } else { b }
}

/// Combines the four parts of a quantity.
fn joined([a, b, c, d]: [f32; PARTS], join: impl Fn(f32, f32) -> f32) -> f32 {
    join(join(a, c), join(b, d))
}

/// Returns the sum of the four parts of a count.
fn total(counts: [u32; PARTS]) -> usize {
    counts.iter().sum::<u32>() as usize
}

/// Returns the square root of a number that is not negative. Unlike [`sqrt`], it accepts zero and
/// infinity.
pub(super) fn root(x: f32) -> f32 {
    if (f32::MIN_POSITIVE..f32::INFINITY).contains(&x) { sqrt(x) } else { x }
}

/// Returns the square root of a variance with the range of `f64` and the precision of `f32`. A variance
/// that is negative because of rounding gives zero.
pub(super) fn root_of_f64(x: f64) -> f32 {
    // The variance of `f32` values is either 0 or far from the limits of `f64`. It is NaN if the
    // parameters of the distribution are invalid.
    if x.is_nan() || x < f64::MIN_POSITIVE {
        return if x.is_nan() { f32::NAN } else { 0.0 };
    }
    let half = ((x.to_bits() >> 52) as i32 - 1023) >> 1;
    (f64::from(root((x * power(-2 * half)) as f32)) * power(half)) as f32
}

/// Returns 2ⁿ for −1022 ≤ n ≤ 1023.
pub(super) fn power(n: i32) -> f64 {
    f64::from_bits(((n + 1023) as u64) << 52)
}
