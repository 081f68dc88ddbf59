//! The samplers: what a tensor's values are drawn from, checked and then handed to the backend.

use crate::{
    InitError, Stream, backend,
    sampler::{overhang::FARTHEST, uniform::Uniform},
};

/// What the values of a tensor are drawn from: what remains of a scheme once the fan is known.
///
/// [`Init::distribution`](crate::Init::distribution) makes it; it is also the sampler itself.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Distribution {
    /// All values the same.
    Constant {
        /// The value: finite.
        value: f32,
    },
    /// Normal, as in [`fill_normal`].
    Normal {
        /// The mean: finite.
        mean: f32,
        /// The standard deviation: finite, not negative.
        std: f32,
    },
    /// Uniform, as in [`fill_uniform`].
    Uniform {
        /// The lower bound: finite.
        low: f32,
        /// The upper bound: finite, not below `low`.
        high: f32,
    },
}

impl Distribution {
    /// Its standard deviation: 0 for a constant, (high − low) / √12 for the uniform.
    #[must_use]
    pub fn std(&self) -> f32 {
        /// √(1/3): the standard deviation of the uniform within ±1.
        const UNIT_STD: f32 = 0.577_350_26;
        match *self {
            Self::Constant { .. } => 0.0,
            Self::Normal { std, .. } => std,
            Self::Uniform { low, high } => Uniform::new(low, high).half * UNIT_STD,
        }
    }

    /// Fills a slice with the values of a stream's indices from `start` on.
    ///
    /// # Errors
    ///
    /// As [`fill_normal`] and [`fill_uniform`], and [`Constant`](InitError::Constant) for a value
    /// that is not finite. On an error nothing was written.
    pub fn fill(&self, stream: Stream, start: u64, out: &mut [f32]) -> Result<(), InitError> {
        self.check()?;
        if start.checked_add(out.len() as u64).is_none() {
            return Err(InitError::StreamExhausted { start, given: out.len() });
        }
        match *self {
            Self::Constant { value } => out.fill(value),
            // One value only; and a product with zero would have a sign.
            Self::Normal { mean, std: 0.0 } => out.fill(mean),
            Self::Uniform { low, high } if low == high => out.fill(high),
            Self::Normal { mean, std } => backend::fill_normal(stream, start, mean, std, out),
            Self::Uniform { low, high } => {
                backend::fill_uniform(stream, start, Uniform::new(low, high), out);
            }
        }
        Ok(())
    }

    /// Every value times `gain`.
    pub(crate) fn times(self, gain: f32) -> Self {
        match self {
            Self::Constant { value } => Self::Constant { value: value * gain },
            Self::Normal { mean, std } => Self::Normal { mean: mean * gain, std: std * gain },
            Self::Uniform { low, high } => Self::Uniform { low: low * gain, high: high * gain },
        }
    }

    /// Whether the parameters are admissible.
    pub(crate) fn check(&self) -> Result<(), InitError> {
        match *self {
            Self::Constant { value } if !value.is_finite() => {
                Err(InitError::Constant { given: value })
            }
            Self::Normal { mean, .. } if !mean.is_finite() => Err(InitError::Mean { given: mean }),
            Self::Normal { std, .. } if !(std >= 0.0 && std.is_finite()) => {
                Err(InitError::Std { given: std })
            }
            Self::Normal { mean, std } if !(mean.abs() + FARTHEST * std).is_finite() => {
                Err(InitError::TooLarge { mean, std })
            }
            Self::Uniform { low, high }
                if !(low <= high && low.is_finite() && high.is_finite()) =>
            {
                Err(InitError::Bounds { low, high })
            }
            _ => Ok(()),
        }
    }
}

/// Fills a slice with normal values of that mean and standard deviation: the values of the
/// stream's indices from `start` on.
///
/// | parameter | admissible |
/// | --- | --- |
/// | `start` | such that `start + out.len()` does not exceed 2⁶⁴ − 1 |
/// | `mean` | finite |
/// | `std` | finite, not negative; 0 gives the mean. Below 10⁻³⁰ the products underflow and lose precision |
/// | both | \|`mean`\| + 8 `std` is finite: then so is every value |
///
/// Density: exp(−(x − mean)² / (2 std²)) / (std √(2π)). Sampled by McFarland's inscribed Ziggurat
/// (2016), exact in every layer, wedge and tail up to the rounding of `f32`. With a mean of zero no value is zero.
///
/// ```
/// use weight_init::{Stream, fill_normal};
///
/// let mut noise = [0.0; 1000];
/// fill_normal(Stream::new(42).named("noise"), 0, 0.0, 0.1, &mut noise)?;
/// # Ok::<(), weight_init::InitError>(())
/// ```
///
/// # Errors
///
/// [`Mean`](InitError::Mean), [`Std`](InitError::Std), [`TooLarge`](InitError::TooLarge),
/// [`StreamExhausted`](InitError::StreamExhausted). On an error nothing was written.
pub fn fill_normal(
    stream: Stream,
    start: u64,
    mean: f32,
    std: f32,
    out: &mut [f32],
) -> Result<(), InitError> {
    Distribution::Normal { mean, std }.fill(stream, start, out)
}

/// Fills a slice with uniform values between `low` and `high`: the values of the stream's indices
/// from `start` on.
///
/// | parameter | admissible |
/// | --- | --- |
/// | `start` | such that `start + out.len()` does not exceed 2⁶⁴ − 1 |
/// | `low`, `high` | finite, `low` ≤ `high`; equal ones give that value |
///
/// The values are 2²⁴ equally likely points, symmetric about the middle. None lies outside the
/// bounds; where the bounds are ±b, none is zero, and the outermost is b (1 − 2⁻²⁴).
///
/// ```
/// use weight_init::{Stream, fill_uniform};
///
/// let mut dither = [0.0; 1000];
/// fill_uniform(Stream::new(42).named("dither"), 0, -0.5, 0.5, &mut dither)?;
/// # Ok::<(), weight_init::InitError>(())
/// ```
///
/// # Errors
///
/// [`Bounds`](InitError::Bounds), [`StreamExhausted`](InitError::StreamExhausted). On an error
/// nothing was written.
pub fn fill_uniform(
    stream: Stream,
    start: u64,
    low: f32,
    high: f32,
    out: &mut [f32],
) -> Result<(), InitError> {
    Distribution::Uniform { low, high }.fill(stream, start, out)
}
