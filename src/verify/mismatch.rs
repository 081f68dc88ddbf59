//! What can be wrong with values.

use core::fmt;

use crate::error::InitError;

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
