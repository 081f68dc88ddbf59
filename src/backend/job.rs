//! The distribution of a fill, as the backends see it.

use crate::sampler::{overhang::FARTHEST, uniform::Uniform};

/// A distribution prepared for the backends: its parameters are valid, distributions with one value have
/// become `Constant`, and truncated normals have σ from before truncation.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Job {
    Constant(f32),
    Uniform {
        low: f32,
        high: f32,
    },
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

/// A job in two words, which a function takes in registers. A job in memory is written number by number, and the compiler
/// reads two of them at once. A processor waits for that until both have left its store buffer: a fill of 64 values then
/// takes 7 ns longer on a Zen 4, and a uniform of the portable code 28 ns.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packed(u64, u64);

impl Packed {
    #[inline(always)]
    pub(super) const fn new(job: Job) -> Self {
        let [kind, a, b, c] = match job {
            Job::Constant(value) => [0, value.to_bits(), 0, 0],
            Job::Uniform { low, high } => [1, low.to_bits(), high.to_bits(), 0],
            Job::Normal { mean, std } => [2, mean.to_bits(), std.to_bits(), 0],
            Job::Truncated { mean, sigma } => [3, mean.to_bits(), sigma.to_bits(), 0],
            Job::Bounded { mean, std, sigmas } => {
                [4, mean.to_bits(), std.to_bits(), sigmas.to_bits()]
            }
            #[cfg(any(test, feature = "stages"))]
            Job::Words => [5, 0, 0, 0],
            #[cfg(any(test, feature = "stages"))]
            Job::Fast { std } => [6, 0, std.to_bits(), 0],
            #[cfg(any(test, feature = "stages"))]
            Job::Overhang { std } => [7, 0, std.to_bits(), 0],
        };
        Self(kind as u64 | (a as u64) << 32, b as u64 | (c as u64) << 32)
    }

    #[inline(always)]
    pub(super) const fn job(self) -> Job {
        let [kind, a, b, c] =
            [self.0 as u32, (self.0 >> 32) as u32, self.1 as u32, (self.1 >> 32) as u32];
        let [a, b, c] = [f32::from_bits(a), f32::from_bits(b), f32::from_bits(c)];
        match kind {
            1 => Job::Uniform { low: a, high: b },
            2 => Job::Normal { mean: a, std: b },
            3 => Job::Truncated { mean: a, sigma: b },
            4 => Job::Bounded { mean: a, std: b, sigmas: c },
            #[cfg(any(test, feature = "stages"))]
            5 => Job::Words,
            #[cfg(any(test, feature = "stages"))]
            6 => Job::Fast { std: b },
            #[cfg(any(test, feature = "stages"))]
            7 => Job::Overhang { std: b },
            _ => Job::Constant(a),
        }
    }
}

impl Job {
    /// Whether the SIMD backends round its values to narrow formats in registers. The jobs that fewer networks
    /// use are rounded from a buffer, because each of them would be as much code again for every format.
    pub(super) fn is_common(&self) -> bool {
        match *self {
            Self::Uniform { low, high } => Uniform::new(low, high).symmetric(),
            Self::Normal { mean, .. } | Self::Truncated { mean, .. } => mean == 0.0,
            _ => false,
        }
    }

    /// Returns a bound on the magnitude of all values.
    pub(crate) fn farthest(&self) -> f32 {
        match *self {
            Self::Constant(value) => value.abs(),
            Self::Uniform { low, high } => low.abs().max(high.abs()),
            Self::Normal { mean, std } => mean.abs() + FARTHEST * std,
            Self::Truncated { mean, sigma } => mean.abs() + 2.0 * sigma,
            Self::Bounded { mean, std, sigmas } => mean.abs() + sigmas * std,
            #[cfg(any(test, feature = "stages"))]
            Self::Words | Self::Fast { .. } | Self::Overhang { .. } => f32::INFINITY,
        }
    }
}
