//! The reasons why values can't have been drawn from a distribution.

use core::fmt;

use crate::error::InitError;

/// The reason why values can't have been drawn from a distribution. It is the first that a check found.
///
/// Counts and extremes are exact. In a check of `f32`, the mean and the standard deviation found may be off by a
/// thousandth of the distribution's standard deviation, because the sums are in integers.
/// [`Distribution::stats`](crate::Distribution::stats) is more precise.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Mismatch {
    /// The request itself is wrong, so there is nothing to compare with.
    Request(InitError),
    /// Some values are NaN or infinite. Erased flash, for example, reads as NaN.
    NotFinite {
        /// The number of values that are NaN or infinite.
        given: usize,
    },
    /// Some values lie outside the range of the distribution.
    Range {
        /// The lowest value expected.
        low: f32,
        /// The highest value expected.
        high: f32,
        /// The smallest value found.
        min: f32,
        /// The largest value found.
        max: f32,
    },
    /// There are too many zeros.
    Zeros {
        /// The largest number of zeros expected. It is 0 if the mean is 0 and no value can be rounded to zero.
        high: usize,
        /// The number of zeros found.
        given: usize,
    },
    /// Too many values equal the value 16 before them. A part may have been overwritten with one value,
    /// or a lane of the generator may be stuck.
    Repeats {
        /// The largest number of repeats expected.
        high: usize,
        /// The number of repeats found.
        given: usize,
    },
    /// The mean is too far from the expected mean. That is the mean of the distribution, unless values saturate.
    Mean {
        /// The lowest mean expected for this number of values.
        low: f32,
        /// The highest mean expected for this number of values.
        high: f32,
        /// The mean found.
        given: f32,
    },
    /// The standard deviation is wrong. It is taken about the mean of the distribution, even if values saturate.
    Std {
        /// The lowest standard deviation expected for this number of values.
        low: f32,
        /// The highest standard deviation expected for this number of values.
        high: f32,
        /// The standard deviation found, about the mean of the distribution.
        given: f32,
    },
    /// Too few or too many values are far from the mean, so the distribution has another shape.
    Beyond {
        /// The distance from the mean in standard deviations of the distribution, 2 or 3.
        stds: u8,
        /// The smallest number of values expected beyond it.
        low: usize,
        /// The largest number of values expected beyond it.
        high: usize,
        /// The number of values found beyond it.
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
            Self::NotFinite { given } => {
                write!(f, "NaN or infinite values: expected none, found {given}")
            }
            Self::Range { low, high, min, max } => {
                write!(f, "values out of range: expected {low} to {high}, found {min} to {max}")
            }
            Self::Zeros { high, given } => {
                write!(f, "too many zeros: expected at most {high}, found {given}")
            }
            Self::Repeats { high, given } => write!(
                f,
                "too many values equal to the value 16 before them: expected at most {high}, found {given}"
            ),
            Self::Mean { low, high, given } => {
                write!(f, "wrong mean: expected {low} to {high}, found {given}")
            }
            Self::Std { low, high, given } => {
                write!(f, "wrong standard deviation: expected {low} to {high}, found {given}")
            }
            Self::Beyond { stds, low, high, given } => write!(
                f,
                "wrong number of values beyond {stds} standard deviations: expected {low} to {high}, found {given}"
            ),
        }
    }
}

/// The source of [`Request`](Mismatch::Request) is its [`InitError`].
impl core::error::Error for Mismatch {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Request(error) => Some(error),
            _ => None,
        }
    }
}
