//! The parameters of a distribution, and which of their values are valid.

use super::cut::Cut;
use crate::{
    error::InitError,
    sampler::{overhang::FARTHEST, uniform::Uniform},
    target::{is_magnitude, is_positive, is_zero},
};

/// The smallest scale that is not zero, 2⁻⁹⁰. The smallest product of a sampler is 2⁻²⁶ of the scale, so
/// it is not subnormal, even if a backend scales it by 2⁻⁷ more. Therefore no value around zero becomes
/// zero, even on a processor that flushes subnormals to zero.
pub(crate) const SMALLEST: f32 = 1.0 / (1_u128 << 90) as f32;

/// The distribution that the values of a tensor are drawn from. A scheme and a fan determine it.
///
/// [`Init::distribution`](crate::Init::distribution) returns it, and [`fill`](Self::fill) samples it.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Distribution {
    /// All values are the same.
    Constant {
        /// The value. Finite.
        value: f32,
    },
    /// A normal, as in [`fill_normal`](crate::fill_normal).
    Normal {
        /// The mean. Finite.
        mean: f32,
        /// The standard deviation. Finite, and either 0 or at least 2⁻⁹⁰.
        std: f32,
    },
    /// A truncated normal. With [`Cut::TWO`], it is the one of
    /// [`fill_truncated_normal`](crate::fill_truncated_normal).
    TruncatedNormal {
        /// The mean. Finite.
        mean: f32,
        /// The standard deviation after truncation, or before if the cut says so. Finite, and either 0 or at
        /// least 2⁻⁹⁰.
        std: f32,
        /// Where the normal is cut off: at least one standard deviation from the mean.
        cut: Cut,
    },
    /// A uniform, as in [`fill_uniform`](crate::fill_uniform).
    Uniform {
        /// The lower bound. Finite.
        low: f32,
        /// The upper bound. Finite, and not below `low`. If they differ, they are at least 2⁻⁸⁹ apart.
        high: f32,
    },
}

impl Distribution {
    pub(crate) const ZERO: Self = Self::Constant { value: 0.0 };

    /// Moves the cut of a truncated normal to ±`k` σ, and cuts a normal off there. An infinite `k` removes the
    /// cut of a normal. Other distributions stay as they are.
    pub(crate) const fn truncated(self, k: f32) -> Self {
        match self {
            Self::TruncatedNormal { mean, std, cut } if !cut.is_std_before() => {
                Self::TruncatedNormal { mean, std, cut: Cut::at(k) }
            }
            Self::Normal { mean, std } | Self::TruncatedNormal { mean, std, .. } => {
                let cut = Cut::std_before(k);
                if cut.is_none() {
                    Self::Normal { mean, std }
                } else {
                    Self::TruncatedNormal { mean, std, cut }
                }
            }
            Self::Constant { .. } | Self::Uniform { .. } => self,
        }
    }

    /// Returns the standard deviation, if the parameters are valid. It is 0 for a constant, and
    /// (high − low) / √12 for a uniform. For a truncated normal it is the one after truncation.
    #[must_use]
    pub const fn std(&self) -> f32 {
        /// √(1/3), the standard deviation of the uniform between −1 and 1.
        const UNIT_STD: f32 = 0.577_350_26;
        match *self {
            Self::Constant { .. } => 0.0,
            Self::Normal { std, .. } => std,
            Self::TruncatedNormal { std, cut, .. } if cut.is_std_before() => std * cut.ratio(),
            Self::TruncatedNormal { std, .. } => std,
            Self::Uniform { low, high } => Uniform::new(low, high).half * UNIT_STD,
        }
    }

    /// Returns whether all values are the same because the standard deviation is 0.
    pub(crate) const fn is_constant(&self) -> bool {
        match *self {
            Self::Normal { std, .. } | Self::TruncatedNormal { std, .. } => is_zero(std),
            Self::Constant { .. } | Self::Uniform { .. } => self.std() == 0.0,
        }
    }

    /// Returns the distribution of every value times `gain`. The addition of 0 turns a −0, which a gain of
    /// zero can give, into +0.
    pub(crate) const fn times(self, gain: f32) -> Self {
        match self {
            Self::Constant { value } => Self::Constant { value: value * gain + 0.0 },
            Self::Normal { mean, std } => {
                Self::Normal { mean: mean * gain + 0.0, std: std * gain + 0.0 }
            }
            Self::TruncatedNormal { mean, std, cut } => {
                Self::TruncatedNormal { mean: mean * gain + 0.0, std: std * gain + 0.0, cut }
            }
            Self::Uniform { low, high } => {
                Self::Uniform { low: low * gain + 0.0, high: high * gain + 0.0 }
            }
        }
    }

    /// Returns an error if the parameters are invalid.
    #[cfg_attr(target_pointer_width = "64", inline(always))]
    #[cfg_attr(not(target_pointer_width = "64"), inline)]
    pub(crate) const fn check(&self) -> Result<(), InitError> {
        match *self {
            Self::Constant { value } if !value.is_finite() => {
                Err(InitError::Constant { given: value })
            }
            Self::Normal { mean, .. } | Self::TruncatedNormal { mean, .. } if !mean.is_finite() => {
                Err(InitError::Mean { given: mean })
            }
            Self::Normal { std, .. } | Self::TruncatedNormal { std, .. } if !is_magnitude(std) => {
                Err(InitError::Std { given: std })
            }
            Self::Normal { mean, std } | Self::TruncatedNormal { mean, std, .. }
                if !(mean.abs() + FARTHEST * std).is_finite() =>
            {
                Err(InitError::TooLarge { mean, std })
            }
            Self::Uniform { low, high }
                if !(low <= high && low.is_finite() && high.is_finite()) =>
            {
                Err(InitError::Bounds { low, high })
            }
            Self::Normal { std: given, .. } | Self::TruncatedNormal { std: given, .. }
                if is_positive(given) && given.to_bits() < SMALLEST.to_bits() =>
            {
                Err(InitError::TooSmall { given })
            }
            Self::TruncatedNormal { cut, .. } => cut.check(),
            Self::Uniform { low, high } if low < high => match Uniform::new(low, high).half {
                given if given < SMALLEST => Err(InitError::TooSmall { given }),
                _ => Ok(()),
            },
            _ => Ok(()),
        }
    }

    /// Returns the distribution, or an error if its parameters are invalid.
    #[inline]
    pub(crate) const fn checked(self) -> Result<Self, InitError> {
        match self.check() {
            Ok(()) => Ok(self),
            Err(error) => Err(error),
        }
    }
}
