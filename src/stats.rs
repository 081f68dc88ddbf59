//! Looking at what was made: the statistics of a slice in one pass, and whether they are those that
//! its distribution promises.
//!
//! A slice is taken in chunks of 256 values. Within a chunk all is `f32`: value *i* goes into partial
//! sum *i* mod 4, and the four are added as (0 + 2) + (1 + 3). The chunks' sums are added in `f64`. So
//! the order of all operations is fixed, and the statistics too have the same bits on every target; and
//! a chip without an FPU pays for two additions in `f64` per chunk.
//!
//! What is summed is d = value − promised mean, and d², so nothing large cancels. A chunk whose d² leave
//! the range where `f32` has all its digits, or which holds a NaN, is taken again value by value in
//! `f64`, as are the last values, fewer than four. So the fast loop need not ask whether a value is
//! finite.
//!
//! Tried and dropped: 8 and 16 partial sums, 1.4 and 1.6 times as slow with SSE2, whose registers are
//! too few for as many of each quantity; a loop for each quantity, 1.1 times.

use core::fmt;

use crate::{
    Distribution, Init, InitError, Shape, TensorName,
    backend::{below, sqrt},
    distribution::TRUNCATED_STD,
    init::Values,
    sampler::{LANES, overhang::FARTHEST, uniform::Uniform},
};

/// Values whose sums are `f32`.
const CHUNK: usize = 256;

/// Partial sums in a chunk.
const PARTS: usize = 4;

/// The smallest sum of d² whose digits don't suffer from terms that are subnormal: 2⁻⁸⁰.
const SMALLEST_SQUARES: f32 = 1.0 / (1_u128 << 80) as f32;

/// Minus the logarithm of the probability of a false alarm, for each of the eight limits of a check:
/// all of them together stay below 8 e⁻²³ = 8.2 × 10⁻¹⁰.
const RARITY: f32 = 23.0;

/// What the values of a slice are like: [`Distribution::stats`].
///
/// The counts are exact. Values that are NaN or infinite enter `len`, `not_finite` and `repeats`, and
/// nothing else. If no value is finite, `mean`, `std`, `min` and `max` are NaN.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Stats {
    /// The number of values.
    pub len: usize,
    /// The values that are NaN or infinite.
    pub not_finite: usize,
    /// The zeros, of either sign.
    pub zeros: usize,
    /// The values with the same bits as the one 16 before, where both lie in the same 256: 0 or 1 in
    /// a million values of a sampler, and 15 of 16 if the values are all the same.
    pub repeats: usize,
    /// The values farther than 2 standard deviations from the mean. Both are the promised ones.
    pub beyond_2_std: usize,
    /// The values farther than 3 standard deviations from the mean. Both are the promised ones.
    pub beyond_3_std: usize,
    /// The mean, within about 2⁻²⁴ of itself and of `std`.
    pub mean: f32,
    /// The standard deviation, with the number of values as the divisor: √(Σ (x − mean)² / n). Its
    /// relative error is about 2⁻²³; more, if the values lie around another mean than the promised one:
    /// about 2⁻²³ times the square of their distance in standard deviations.
    pub std: f32,
    /// The smallest value. Of a zero it does not tell the sign.
    pub min: f32,
    /// The largest value. Of a zero it does not tell the sign.
    pub max: f32,
}

/// Why values can't be those that a distribution promises: the first thing that was found.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Mismatch {
    /// There is no promise: the request itself is wrong.
    Request(InitError),
    /// Some values are NaN or infinite: flash that was erased reads as NaN.
    NotFinite {
        /// How many.
        given: usize,
    },
    /// Some values lie where the distribution has none.
    Range {
        /// The lowest value expected.
        low: f32,
        /// The highest value expected.
        high: f32,
        /// The smallest value.
        min: f32,
        /// The largest value.
        max: f32,
    },
    /// Too many zeros.
    Zeros {
        /// The most that are expected: none, if the mean is 0.
        high: usize,
        /// How many.
        given: usize,
    },
    /// Too many values that are the same as the one 16 before: a part was overwritten with one value,
    /// or a lane of the generator stands still.
    Repeats {
        /// The most that are expected.
        high: usize,
        /// How many.
        given: usize,
    },
    /// The mean is another.
    Mean {
        /// The lowest mean expected of that many values.
        low: f32,
        /// The highest mean expected of that many values.
        high: f32,
        /// The mean.
        given: f32,
    },
    /// The standard deviation is another, taken about the promised mean.
    Std {
        /// The lowest standard deviation expected of that many values.
        low: f32,
        /// The highest standard deviation expected of that many values.
        high: f32,
        /// The standard deviation about the promised mean.
        given: f32,
    },
    /// Too few or too many values are far from the mean: the shape of the distribution is another.
    Beyond {
        /// How far, in promised standard deviations: 2 or 3.
        stds: u8,
        /// The fewest that are expected.
        low: usize,
        /// The most that are expected.
        high: usize,
        /// How many.
        given: usize,
    },
}

impl From<InitError> for Mismatch {
    fn from(error: InitError) -> Self {
        Self::Request(error)
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Request(error) => error.fmt(f),
            Self::NotFinite { given } => write!(f, "{given} values are NaN or infinite"),
            Self::Range { low, high, min, max } => write!(
                f,
                "the values must lie between {low} and {high}, and lie between {min} and {max}"
            ),
            Self::Zeros { high, given } => {
                write!(f, "too many zeros: at most {high} are expected, and there are {given}")
            }
            Self::Repeats { high, given } => write!(
                f,
                "too many repeats: at most {high} values are expected to be the same as the one 16 before, and {given} are"
            ),
            Self::Mean { low, high, given } => {
                write!(f, "the mean must lie between {low} and {high}, and is {given}")
            }
            Self::Std { low, high, given } => {
                write!(
                    f,
                    "the standard deviation must lie between {low} and {high}, and is {given}"
                )
            }
            Self::Beyond { stds, low, high, given } => write!(
                f,
                "{low} to {high} values are expected beyond {stds} standard deviations, and there are {given}"
            ),
        }
    }
}

impl core::error::Error for Mismatch {}

/// Why a buffer can't be what a [`Plan`](crate::Plan) has filled: [`Plan::verify`](crate::Plan::verify).
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum PlanMismatch {
    /// The buffer does not have the plan's length.
    Request(InitError),
    /// The values of a tensor are not those that its distribution promises.
    Tensor {
        /// The tensor's name.
        name: TensorName,
        /// What was found.
        mismatch: Mismatch,
    },
}

impl From<InitError> for PlanMismatch {
    fn from(error: InitError) -> Self {
        Self::Request(error)
    }
}

impl fmt::Display for PlanMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request(error) => error.fmt(f),
            Self::Tensor { name, mismatch } => write!(f, "{name}: {mismatch}"),
        }
    }
}

impl core::error::Error for PlanMismatch {}

impl Distribution {
    /// The statistics of values that may be of this distribution, in one pass. It has the mean and the
    /// standard deviation about which the values are looked at, so if its parameters are not admissible
    /// they mean nothing.
    ///
    /// Exact counts; sums in `f32` for 256 values and then in `f64`, so 2²⁸ values are as well served as
    /// ten. The same values give the same bits on every machine.
    ///
    /// ```
    /// use weight_init::{Distribution, Stream};
    ///
    /// let normal = Distribution::Normal { mean: 100.0, std: 0.5 };
    /// let mut values = [0.0; 10_000];
    /// normal.fill(Stream::new(42), 0, &mut values)?;
    ///
    /// let stats = normal.stats(&values);
    /// assert!((stats.mean - 100.0).abs() < 0.02 && (stats.std - 0.5).abs() < 0.02);
    /// assert!((stats.beyond_2_std as f32 / stats.len as f32 - 0.0455).abs() < 0.01);
    /// # Ok::<(), weight_init::InitError>(())
    /// ```
    #[must_use]
    pub fn stats(&self, values: &[f32]) -> Stats {
        let promise = self.promise();
        let mut sums = Sums::new(&promise, values.len());
        for chunk in values.chunks(CHUNK) {
            sums.add(chunk);
        }
        sums.stats()
    }

    /// Whether values can be of this distribution: for firmware, which looks at a buffer before it
    /// trusts it. What they are like, if they can.
    ///
    /// A good buffer of whatever length is refused with a probability below 10⁻⁹. With n values,
    /// x = 23 and the promised σ, the limits are these:
    ///
    /// | what | expected |
    /// | --- | --- |
    /// | NaN and infinities | none |
    /// | all values | within the bounds; normal: within 8 σ; constant: the constant |
    /// | zeros | none, if the mean is 0 |
    /// | values that repeat the one 16 before | as rare as rounding makes them |
    /// | mean | ± σ √(2x / n) |
    /// | variance about the promised mean, over σ² | 1 − √(2vx / n) − x / 3n to 1 + √(2vx / n) + cx / n, with v = 2 and c = 2 for the normal, v = 4/5 and c = 2/3 for the uniform |
    /// | values beyond 2 σ and 3 σ | np − √(2npx) to np + √(2npx) + x / 3, with p = 0.0455 and 0.0027 for the normal, and 0 for the uniform |
    ///
    /// These are not the usual multiples of a standard error, which are wrong for few values, but
    /// bounds of each tail by e⁻ˣ at every n: of χ² by Laurent and Massart (2000), else Bernstein's
    /// and Chernoff's. All are widened by what rounding does if |mean| is much larger than σ.
    ///
    /// From as many values on as this the classic mistakes are seen, in at least 999 of 1000 buffers:
    ///
    /// | mistake | normal | uniform |
    /// | --- | ---: | ---: |
    /// | a NaN, an infinity, a zero where the mean is 0, a value out of range | 1 | 1 |
    /// | all the same | 24 | 24 |
    /// | 48 of up to 100,000 values in a row overwritten with any one value | 48 | 48 |
    /// | one of the 16 lanes stands still | 144 | 144 |
    /// | 2 / √fan for √(2 / fan), twice the variance | 400 | 20 |
    /// | half the variance | 600 | 300 |
    /// | the other family, with the same variance | 1200 | 100 |
    /// | cut off at 2 σ | 20,000 | |
    /// | a gain of 1.1 | 6000 | 100 |
    /// | the mean off by σ / 10 | 10,000 | 300 |
    ///
    /// The truncated normal is like the normal, with v = 1.37 and c = 1.39, a share of 0.0346 beyond 2 σ,
    /// and bounds of its own, so that a normal in its place is seen from 1200 values on.
    ///
    /// What is promised is a distribution and not these values: [`fill_range`](Init::fill_range) makes a
    /// part of them again, to be compared.
    ///
    /// ```
    /// use weight_init::{Distribution, Mismatch, Stream};
    ///
    /// let (he, slip) = (
    ///     Distribution::Normal { mean: 0.0, std: (2.0_f32 / 512.0).sqrt() },
    ///     Distribution::Normal { mean: 0.0, std: 2.0 / 512.0_f32.sqrt() },
    /// );
    /// let mut values = [0.0; 5120];
    /// slip.fill(Stream::new(42), 0, &mut values)?;
    /// assert!(matches!(he.verify(&values), Err(Mismatch::Std { high, .. }) if high < 0.07));
    ///
    /// he.fill(Stream::new(42), 0, &mut values)?;
    /// assert!(he.verify(&values).is_ok());
    ///
    /// values[17] = 0.0;
    /// assert_eq!(he.verify(&values), Err(Mismatch::Zeros { high: 0, given: 1 }));
    /// # Ok::<(), weight_init::InitError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// A [`Mismatch`]: the first that was found, in the order of the table; and before all, parameters
    /// that are not admissible.
    pub fn verify(&self, values: &[f32]) -> Result<Stats, Mismatch> {
        self.check()?;
        let stats = self.stats(values);
        self.promise().check(&stats)?;
        Ok(stats)
    }

    fn promise(&self) -> Promise {
        match *self {
            Self::Constant { value } => Promise::of_one(value),
            Self::Normal { mean, std: 0.0 } | Self::TruncatedNormal { mean, std: 0.0 } => {
                Promise::of_one(mean)
            }
            Self::Uniform { low, high } if low == high => Promise::of_one(high),
            Self::Normal { mean, std } => Promise {
                mean,
                std,
                low: mean - FARTHEST * std,
                high: mean + FARTHEST * std,
                spread: 2.0,
                peak: 2.0,
                beyond_2: 0.045_500_264,
                beyond_3: 0.002_699_796,
            },
            Self::TruncatedNormal { mean, std } => {
                let [low, high] = [-2.0, 2.0].map(|end| mean + end * (std / TRUNCATED_STD));
                Promise {
                    mean,
                    std,
                    low,
                    high,
                    spread: 1.365_536_7,
                    peak: 1.389_895_5,
                    beyond_2: 0.034_609_3,
                    beyond_3: 0.0,
                }
            }
            Self::Uniform { low, high } => Promise {
                mean: Uniform::new(low, high).middle,
                std: self.std(),
                low,
                high,
                spread: 0.8,
                peak: 2.0 / 3.0,
                beyond_2: 0.0,
                beyond_3: 0.0,
            },
        }
    }
}

impl Init {
    /// Whether values can be those of a tensor that this scheme has filled. See
    /// [`Distribution::verify`] for what is looked at, and from how many values on what is seen.
    ///
    /// ```
    /// use weight_init::{Init, Mismatch, Shape, Stream};
    ///
    /// let shape = Shape::dense(784, 100);
    /// let mut weights = vec![0.0; shape.try_len()?];
    /// Init::xavier_normal().fill(Stream::new(42).named("fc1"), &shape, &mut weights)?;
    /// assert!(Init::xavier_normal().verify(&shape, &weights).is_ok());
    ///
    /// let error = Init::he_normal().verify(&shape, &weights).unwrap_err();
    /// assert!(matches!(error, Mismatch::Std { .. }));
    /// # Ok::<(), weight_init::InitError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Distribution::verify`]; and [`Request`](Mismatch::Request), if the slice's length is not
    /// [`shape.len()`](Shape::len), or the scheme, the shape or the gain is not sound.
    pub fn verify(&self, shape: &Shape, values: &[f32]) -> Result<Stats, Mismatch> {
        match self.whole(shape, values.len())? {
            Values::Drawn(distribution) => distribution.verify(values),
            Values::Structured(_) => Err(InitError::NoDistribution.into()),
        }
    }
}

/// What a distribution says of its values.
struct Promise {
    mean: f32,
    /// 0, if there is one value only; then nothing below is looked at but `low` and `high`.
    std: f32,
    /// No value is lower.
    low: f32,
    /// No value is higher.
    high: f32,
    /// The variance of ((x − mean) / std)²: the kurtosis less 1.
    spread: f32,
    /// A third of how far ((x − mean) / std)² can be above its mean, 1, as Bernstein's bound wants
    /// it. The normal's has no end; 2 is what Laurent and Massart have in this place.
    peak: f32,
    /// The share of values beyond 2 standard deviations.
    beyond_2: f32,
    /// The share of values beyond 3 standard deviations.
    beyond_3: f32,
}

impl Promise {
    fn of_one(value: f32) -> Self {
        Self {
            mean: value,
            std: 0.0,
            low: value,
            high: value,
            spread: 0.0,
            peak: 0.0,
            beyond_2: 0.0,
            beyond_3: 0.0,
        }
    }

    fn check(&self, stats: &Stats) -> Result<(), Mismatch> {
        let &Self { mean, std, low, high, spread, peak, beyond_2, beyond_3 } = self;
        let &Stats { min, max, not_finite, zeros, repeats, .. } = stats;
        if not_finite > 0 {
            return Err(Mismatch::NotFinite { given: not_finite });
        }
        if stats.len == 0 {
            return Ok(());
        }
        if !(low <= min && max <= high) {
            return Err(Mismatch::Range { low, high, min, max });
        }
        if std == 0.0 {
            return Ok(());
        }
        let n = stats.len as f32;
        // What roundings move, in standard deviations, with room to spare: those of a value that is as
        // large as the mean, and those of the sums. No probability density here exceeds 1 / std, so it
        // is also the most by which they change a share.
        let rounding = (mean.abs() / std + 2.0) / 4_194_304.0;

        let most = |share: f32| {
            let expected = n * (share + rounding);
            (expected + root(2.0 * expected * RARITY) + RARITY / 3.0) as usize
        };
        let rare = most(0.0);
        let high = if mean == 0.0 { 0 } else { rare };
        if zeros > high {
            return Err(Mismatch::Zeros { high, given: zeros });
        }
        if repeats > rare {
            return Err(Mismatch::Repeats { high: rare, given: repeats });
        }

        let tolerance = std * (root(2.0 * RARITY / n) + rounding);
        let (low, high, given) = (mean - tolerance, mean + tolerance, stats.mean);
        if !(low <= given && given <= high) {
            return Err(Mismatch::Mean { low, high, given });
        }

        let tolerance = root(2.0 * spread * RARITY / n);
        let low = root((1.0 - tolerance - RARITY / (3.0 * n)).max(0.0)) - rounding;
        let high = root(1.0 + tolerance + peak * RARITY / n) + rounding;
        let (own, offset) = (stats.std / std, (stats.mean - mean) / std);
        let given = root(own * own + offset * offset);
        if !(low <= given && given <= high) {
            let low = low.max(0.0);
            return Err(Mismatch::Std { low: low * std, high: high * std, given: given * std });
        }

        for (stds, share, given) in
            [(2, beyond_2, stats.beyond_2_std), (3, beyond_3, stats.beyond_3_std)]
        {
            let fewest = n * (share - rounding) - root(2.0 * n * share * RARITY);
            // As `usize` it is not negative.
            let (low, high) = (fewest as usize, most(share));
            if !(low..=high).contains(&given) {
                return Err(Mismatch::Beyond { stds, low, high, given });
            }
        }
        Ok(())
    }
}

/// The sums over the chunks so far.
struct Sums<'promise> {
    promise: &'promise Promise,
    sum: f64,
    squares: f64,
    /// All but its `mean` and `std`.
    stats: Stats,
}

impl<'promise> Sums<'promise> {
    fn new(promise: &'promise Promise, len: usize) -> Self {
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
        Self { promise, sum: 0.0, squares: 0.0, stats }
    }

    fn add(&mut self, chunk: &[f32]) {
        let later = chunk.get(LANES..).unwrap_or_default();
        let repeats = chunk.iter().zip(later).map(|(a, b)| u32::from(a.to_bits() == b.to_bits()));
        self.stats.repeats += repeats.sum::<u32>() as usize;

        let mean = self.promise.mean;
        let (rows, rest) = chunk.as_chunks();
        let mut parts = Parts::new();
        parts.add(rows, mean, self.limits());
        let (min, max) = (joined(parts.min, lower), joined(parts.max, higher));
        let squares = joined(parts.squares, |a, b| a + b);
        // The squares too, because `min` and `max` skip a NaN.
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

    /// Value by value, for all that `f32` has, and for what is not finite.
    #[cold]
    fn add_slowly(&mut self, values: &[f32]) {
        let (mean, [limit_2, limit_3]) = (self.promise.mean, self.limits());
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
            stats.beyond_2_std += usize::from(distance(value - mean) > limit_2);
            stats.beyond_3_std += usize::from(distance(value - mean) > limit_3);
        }
    }

    /// 2 and 3 standard deviations, as bits.
    fn limits(&self) -> [i32; 2] {
        [2.0, 3.0].map(|stds| distance(stds * self.promise.std))
    }

    fn stats(self) -> Stats {
        let Self { promise, sum, squares, stats } = self;
        let finite = stats.len - stats.not_finite;
        if finite == 0 {
            return Stats { min: f32::NAN, max: f32::NAN, ..stats };
        }
        let (n, Stats { min, max, .. }) = (finite as f64, stats);
        let offset = sum / n;
        // Of values that are all the same, wherever they lie, what is left would be roundings.
        let (mean, std) = if min < max {
            let mean = (f64::from(promise.mean) + offset) as f32;
            (mean, root_of_f64(squares / n - offset * offset))
        } else {
            (min, 0.0)
        };
        // A sum with it has the sign of +0.
        Stats { mean: mean + 0.0, std, min: min + 0.0, max: max + 0.0, ..stats }
    }
}

/// The partial sums of a chunk.
#[derive(Clone, Copy)]
struct Parts {
    sum: [f32; PARTS],
    squares: [f32; PARTS],
    min: [f32; PARTS],
    max: [f32; PARTS],
    zeros: [u32; PARTS],
    beyond_2: [u32; PARTS],
    beyond_3: [u32; PARTS],
}

impl Parts {
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

    /// The one loop that matters. It is a function by itself, which stores the sums at its end: from the
    /// stores the compiler finds the registers of four. Inlined it takes three times as long.
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
                parts.beyond_2[i] += u32::from(distance(d) > limit_2);
                parts.beyond_3[i] += u32::from(distance(d) > limit_3);
            }
        }
        *self = parts;
    }
}

/// |d| as bits, which have the same order: a comparison of integers costs a chip without an FPU nothing.
#[inline]
fn distance(d: f32) -> i32 {
    (d.to_bits() & 0x7fff_ffff) as i32
}

#[inline]
fn lower(a: f32, b: f32) -> f32 {
    if below(a, b) { a } else { b }
}

#[inline]
fn higher(a: f32, b: f32) -> f32 {
    if below(b, a) { a } else { b }
}

fn joined([a, b, c, d]: [f32; PARTS], join: impl Fn(f32, f32) -> f32) -> f32 {
    join(join(a, c), join(b, d))
}

fn total(counts: [u32; PARTS]) -> usize {
    counts.iter().sum::<u32>() as usize
}

/// The square root of what is not negative. [`sqrt`] takes neither zero nor infinity.
fn root(x: f32) -> f32 {
    if (f32::MIN_POSITIVE..f32::INFINITY).contains(&x) { sqrt(x) } else { x }
}

/// The square root of a variance, by way of `f32`: twice the range, and not twice the digits. What is
/// below zero by a rounding gives zero.
fn root_of_f64(x: f64) -> f32 {
    /// 2ⁿ.
    fn power(n: i32) -> f64 {
        f64::from_bits(((n + 1023) as u64) << 52)
    }
    // A variance of values of `f32` is 0 or far from the ends of `f64`. NaN comes of a promise that is
    // not admissible.
    if x.is_nan() || x < f64::MIN_POSITIVE {
        return if x.is_nan() { f32::NAN } else { 0.0 };
    }
    let half = ((x.to_bits() >> 52) as i32 - 1023) >> 1;
    (f64::from(root((x * power(-2 * half)) as f32)) * power(half)) as f32
}
