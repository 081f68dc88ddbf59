//! The distribution of a fill, as the backends see it.

use crate::sampler::{overhang::FARTHEST, uniform::Uniform};

/// A distribution prepared for the backends: its parameters are valid, distributions with one value have
/// become `Constant`, and truncated normals have σ from before truncation.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Job {
    Constant(f32),
    Uniform(Uniform),
    Normal {
        mean: f32,
        std: f32,
    },
    /// A normal with standard deviation `sigma`, truncated at 2 `sigma` from the mean.
    Truncated {
        mean: f32,
        sigma: f32,
    },
    /// A normal with standard deviation `std` before truncation, truncated at `sigmas` of them from the mean.
    Bounded {
        mean: f32,
        std: f32,
        sigmas: f32,
    },
    /// The generator's words, reinterpreted as `f32`.
    #[cfg(any(test, feature = "stages"))]
    Words,
    /// The normal's fast path, with NaN for each rejected position.
    #[cfg(any(test, feature = "stages"))]
    Fast {
        std: f32,
    },
    /// The overhang for every position, as if the fast path had rejected all of them.
    #[cfg(any(test, feature = "stages"))]
    Overhang {
        std: f32,
    },
}

impl Job {
    /// Whether the SIMD backends round its values to narrow formats in registers. The jobs that fewer networks
    /// use are rounded from a buffer, because each of them would be as much code again for every format.
    pub(super) fn is_common(&self) -> bool {
        match *self {
            Self::Uniform(uniform) => uniform.symmetric(),
            Self::Normal { mean, .. } | Self::Truncated { mean, .. } => mean == 0.0,
            _ => false,
        }
    }

    /// Returns a bound on the magnitude of all values.
    pub(crate) fn farthest(&self) -> f32 {
        match *self {
            Self::Constant(value) => value.abs(),
            Self::Uniform(uniform) => uniform.low.abs().max(uniform.high.abs()),
            Self::Normal { mean, std } => mean.abs() + FARTHEST * std,
            Self::Truncated { mean, sigma } => mean.abs() + 2.0 * sigma,
            Self::Bounded { mean, std, sigmas } => mean.abs() + sigmas * std,
            #[cfg(any(test, feature = "stages"))]
            Self::Words | Self::Fast { .. } | Self::Overhang { .. } => f32::INFINITY,
        }
    }
}
