//! Where a normal is cut off to truncate it, and how its standard deviation is given.

use crate::{
    error::InitError,
    gaussian::{density, tail},
    sampler::overhang::FARTHEST,
};

/// Where a [truncated normal](crate::Distribution::TruncatedNormal) is cut off, and which standard deviation
/// its `std` is.
///
/// The cut is at mean ± *k* σ, where σ is the standard deviation *before* truncation. The one *after*
/// truncation is smaller. Frameworks are given either of them:
///
/// | | `std` is | known from |
/// | --- | --- | --- |
/// | [`Cut::at(k)`](Self::at) | the standard deviation after truncation | `VarianceScaling` in Keras and JAX |
/// | [`Cut::std_before(k)`](Self::std_before) | σ | PyTorch's `trunc_normal_`, Keras' `TruncatedNormal` |
///
/// The ratio of both is c(k) = √(1 − 2 k φ(k) ÷ (2 Φ(k) − 1)), with the density φ and the distribution function Φ
/// of the standard normal. It is computed where the cut is made, so a `const` scheme has it from the compiler.
///
/// | k | c(k) |
/// | ---: | --- |
/// | 1 | 0.5396 |
/// | 1.5 | 0.7426 |
/// | 2 | 0.8796 |
/// | 2.5 | 0.9546 |
/// | 3 | 0.9866 |
/// | 4 | 0.9995 |
///
/// *k* is at least 1. No value of a normal is farther than 8 σ, so a cut at 8 or more, also an infinite one,
/// gives the values of the normal.
///
/// ```
/// use weight_init::{Cut, Distribution, Stream};
///
/// let truncated = Distribution::TruncatedNormal { mean: 0.0, std: 0.02, cut: Cut::std_before(3.0) };
/// let mut weights = [0.0; 1000];
/// truncated.fill(Stream::new(42).named("embedding"), 0, &mut weights)?;
/// assert!(weights.iter().all(|w| w.abs() <= 0.06));
/// assert_eq!(truncated.std(), 0.02 * 0.9865784);
/// # Ok::<(), weight_init::InitError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cut {
    /// The distance of the cut from the mean, in standard deviations before truncation.
    sigmas: f32,
    /// c(k) if `std` is the standard deviation after truncation, or 0 if it is the one before.
    ratio: f32,
}

impl Cut {
    /// The cut at two standard deviations, where `std` is the one after truncation. It is the cut of
    /// [`fill_truncated_normal`](crate::fill_truncated_normal), and that of Keras' and JAX' truncated schemes.
    pub const TWO: Self = Self::at(2.0);

    /// No cut.
    pub(crate) const NONE: Self = Self::std_before(f32::INFINITY);

    /// Returns the cut at ±`k` σ for a distribution whose `std` is the standard deviation after truncation.
    #[must_use]
    pub const fn at(k: f32) -> Self {
        Self { sigmas: k, ratio: if is_valid(k) { ratio(k) } else { 1.0 } }
    }

    /// Returns the cut at ±`k` σ for a distribution whose `std` is σ, the standard deviation before truncation.
    #[must_use]
    pub const fn std_before(k: f32) -> Self {
        Self { sigmas: k, ratio: 0.0 }
    }

    /// Returns *k*: how many standard deviations before truncation the cut is away from the mean.
    #[must_use]
    pub const fn sigmas(self) -> f32 {
        self.sigmas
    }

    /// Returns whether the distribution's `std` is the standard deviation before truncation.
    #[must_use]
    pub const fn is_std_before(self) -> bool {
        self.ratio == 0.0
    }

    /// Returns c(k), the standard deviation after truncation divided by the one before. The result has no
    /// meaning if *k* is below 1 or NaN.
    #[must_use]
    pub const fn ratio(self) -> f32 {
        if self.ratio > 0.0 { self.ratio } else { Self::at(self.sigmas).ratio }
    }

    /// Returns whether there is no cut.
    #[inline]
    pub(crate) const fn is_none(self) -> bool {
        self.sigmas == f32::INFINITY
    }

    /// Returns the standard deviation before truncation.
    #[inline]
    pub(crate) const fn sigma(self, std: f32) -> f32 {
        if self.ratio > 0.0 { std / self.ratio } else { std }
    }

    /// Returns whether the cut is so far away that no value is beyond it.
    #[inline]
    pub(crate) const fn is_beyond_all(self) -> bool {
        self.sigmas >= FARTHEST
    }

    /// Returns an error if *k* is below 1 or NaN.
    #[inline]
    pub(crate) const fn check(self) -> Result<(), InitError> {
        let given = self.sigmas;
        if is_valid(given) { Ok(()) } else { Err(InitError::Cut { given }) }
    }
}

const fn is_valid(k: f32) -> bool {
    k >= 1.0
}

/// Returns c(k).
const fn ratio(k: f32) -> f32 {
    if k >= FARTHEST { 1.0 } else { root(variance(k as f64)) as f32 }
}

/// Returns the variance of the standard normal that is truncated at ±k.
pub(crate) const fn variance(k: f64) -> f64 {
    1.0 - 2.0 * k * density(k) / share_within(k)
}

/// Returns the share of a normal within ±k standard deviations.
pub(crate) const fn share_within(k: f64) -> f64 {
    1.0 - 2.0 * tail(k)
}

/// Returns the square root of a number from 0.25 to 1, by Newton's method. Each iteration doubles the number of
/// correct digits.
const fn root(x: f64) -> f64 {
    let (mut root, mut iterations) = (1.0, 7);
    while iterations > 0 {
        root = 0.5 * (root + x / root);
        iterations -= 1;
    }
    root
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ratio_at_two_is_the_one_of_the_format() {
        assert_eq!((Cut::TWO, Cut::TWO.ratio), (Cut::at(2.0), 0.879_625_7));
    }

    /// Compares with the integrals over x² and 1, by Simpson's rule.
    #[test]
    fn the_ratio_is_that_of_the_standard_deviations() {
        for k in [1.0, 1.25, 1.5, 1.999, 2.5, 3.0, 3.5, 4.0, 5.0, 6.5, 7.99] {
            let (mut squares, mut share) = (0.0, 0.0);
            for i in 0..=2000 {
                let x = f64::from(k) * f64::from(i) / 2000.0;
                let weight = if i % 2000 == 0 { 1.0 } else { f64::from(2 + i % 2 * 2) };
                let mass = weight * libm::exp(-0.5 * x * x);
                (squares, share) = (squares + x * x * mass, share + mass);
            }
            let expected = libm::sqrt(squares / share) as f32;
            assert_eq!(Cut::at(k).ratio(), expected, "{k}");
            assert_eq!(Cut::std_before(k).ratio(), expected, "{k}");
        }
        for k in [8.0, 1e30, f32::INFINITY] {
            assert_eq!((Cut::at(k).ratio(), Cut::std_before(k).ratio()), (1.0, 1.0));
        }
    }

    #[test]
    fn a_cut_below_one_is_refused() {
        for k in [1.0_f32.next_down(), 0.0, -3.0, f32::NEG_INFINITY] {
            assert_eq!(Cut::at(k).check(), Err(InitError::Cut { given: k }));
            assert_eq!(Cut::std_before(k).check(), Err(InitError::Cut { given: k }));
        }
        assert!(Cut::at(f32::NAN).check().is_err());
        assert!([1.0, 8.0, f32::INFINITY].iter().all(|&k| Cut::at(k).check().is_ok()));
    }
}
