//! The samplers as functions, for callers that need no scheme, such as noise and other crates.

use super::{cut::Cut, parameters::Distribution};
use crate::{error::InitError, stream::Stream};

/// Fills a slice with normal values, those of the stream's indices from `start` on.
///
/// | parameter | valid values |
/// | --- | --- |
/// | `start` | such that `start + out.len()` does not exceed 2⁶⁴ − 1 |
/// | `mean` | finite |
/// | `std` | finite, and either 0 or at least 2⁻⁹⁰ = 8.1 × 10⁻²⁸; with 0, every value is the mean |
/// | both | \|`mean`\| + 8 `std` is finite, so that every value is |
///
/// The density is exp(−(x − mean)² / (2 std²)) / (std √(2π)). It is sampled by McFarland's inscribed
/// Ziggurat (2016), which is exact except for rounding:
///
/// - Values have the precision of `f32`.
/// - The area outside the rectangles of the Ziggurat has 127 regions. The share of each in that area is
///   off by at most about 2⁻²³.
/// - The tail beyond 3.42 σ has 2²⁰ points on each side, and the farthest is 7.68 σ from the mean.
///
/// With a mean of zero, no value is zero.
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
/// Returns [`Mean`](InitError::Mean), [`Std`](InitError::Std), [`TooLarge`](InitError::TooLarge),
/// [`TooSmall`](InitError::TooSmall) or [`StreamExhausted`](InitError::StreamExhausted) if a parameter is
/// invalid. On an error, nothing is written.
#[inline]
pub fn fill_normal(
    stream: Stream,
    start: u64,
    mean: f32,
    std: f32,
    out: &mut [f32],
) -> Result<(), InitError> {
    Distribution::Normal { mean, std }.fill(stream, start, out)
}

/// Fills a slice with values of a truncated normal, those of the stream's indices from `start` on. It is
/// truncated at two standard deviations of the normal before truncation. The sampler does not draw
/// values outside and discard them.
///
/// | parameter | valid values |
/// | --- | --- |
/// | `start`, `mean` | as in [`fill_normal`] |
/// | `std` | the standard deviation *after* truncation, as in the variance scaling of Keras and JAX; finite, and either 0 or at least 2⁻⁹⁰; with 0, every value is the mean |
/// | both | \|`mean`\| + 8 `std` is finite |
///
/// With σ = `std` / 0.87962566, computed in `f32`, the density is proportional to that of a normal with
/// standard deviation σ within `mean` ± 2 σ, which is `mean` ± 2.2737 `std`. No value lies outside.
///
/// PyTorch's `trunc_normal_` takes σ, the standard deviation before truncation. For
/// `trunc_normal_(mean, σ, mean − kσ, mean + kσ)`, fill [`Distribution::TruncatedNormal`] with
/// [`Cut::std_before(k)`](crate::Cut::std_before).
///
/// It is sampled like the normal, by a Ziggurat of its own, with the same precision.
///
/// ```
/// use weight_init::{Stream, fill_truncated_normal};
///
/// let mut weights = [0.0; 1000];
/// fill_truncated_normal(Stream::new(42).named("vit.pos"), 0, 0.0, 0.02, &mut weights)?;
/// assert!(weights.iter().all(|w| w.abs() <= 0.0455));
/// # Ok::<(), weight_init::InitError>(())
/// ```
///
/// # Errors
///
/// Returns the errors of [`fill_normal`]. On an error, nothing is written.
#[inline]
pub fn fill_truncated_normal(
    stream: Stream,
    start: u64,
    mean: f32,
    std: f32,
    out: &mut [f32],
) -> Result<(), InitError> {
    Distribution::TruncatedNormal { mean, std, cut: Cut::TWO }.fill(stream, start, out)
}

/// Fills a slice with uniform values between `low` and `high`, those of the stream's indices from `start`
/// on.
///
/// | parameter | valid values |
/// | --- | --- |
/// | `start` | such that `start + out.len()` does not exceed 2⁶⁴ − 1 |
/// | `low`, `high` | finite, `low` ≤ `high`, and either equal or at least 2⁻⁸⁹ apart; if they are equal, every value is that number |
///
/// No value lies outside the bounds. Between −b and b, the values are 2²⁴ equally likely points,
/// symmetric about zero. None of them is zero, and the outermost are ± b (1 − 2⁻²⁴). With other bounds
/// these points are shifted, and rounding merges some of them. Then both bounds can occur, so a value
/// between 0 and 1 can be 1.
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
/// Returns [`Bounds`](InitError::Bounds), [`TooSmall`](InitError::TooSmall) or
/// [`StreamExhausted`](InitError::StreamExhausted) if a parameter is invalid. On an error, nothing
/// is written.
#[inline]
pub fn fill_uniform(
    stream: Stream,
    start: u64,
    low: f32,
    high: f32,
    out: &mut [f32],
) -> Result<(), InitError> {
    Distribution::Uniform { low, high }.fill(stream, start, out)
}
