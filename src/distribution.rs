//! The samplers: what a tensor's values are drawn from, checked and then handed to the backend.

use core::mem::MaybeUninit;

use crate::{
    backend::{Backend, Fill, Job},
    error::InitError,
    sampler::{overhang::FARTHEST, uniform::Uniform},
    slot::{Element, Fixed, FixedPoint, Float},
    stream::Stream,
};

/// The smallest scale, 2⁻⁹⁰: with it the smallest product of a sampler, 2⁻²⁶ of the scale, is not
/// subnormal, and a backend can scale it by 2⁻⁷ more without a rounding. So no value around zero is
/// zero, nor would it be where subnormals are flushed.
pub(crate) const SMALLEST: f32 = 1.0 / (1_u128 << 90) as f32;

/// The standard deviation of a standard normal that is cut off at ±2: √(1 − 4 φ(2) / (2 Φ(2) − 1)).
pub(crate) const TRUNCATED_STD: f32 = 0.879_625_7;

/// What the values of a tensor are drawn from: what remains of a scheme once the fan is known.
///
/// [`Init::distribution`](crate::Init::distribution) makes one, and [`fill`](Self::fill) samples it.
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
        /// The standard deviation: finite, not negative; 0, or at least 2⁻⁹⁰.
        std: f32,
    },
    /// Normal and cut off, as in [`fill_truncated_normal`].
    TruncatedNormal {
        /// The mean: finite.
        mean: f32,
        /// The standard deviation of what is left: finite, not negative; 0, or at least 2⁻⁹⁰.
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
    pub(crate) const ZERO: Self = Self::Constant { value: 0.0 };

    /// Its standard deviation, if its parameters are admissible: 0 for a constant,
    /// (high − low) / √12 for the uniform.
    #[must_use]
    pub fn std(&self) -> f32 {
        /// √(1/3): the standard deviation of the uniform within ±1.
        const UNIT_STD: f32 = 0.577_350_26;
        match *self {
            Self::Constant { .. } => 0.0,
            Self::Normal { std, .. } | Self::TruncatedNormal { std, .. } => std,
            Self::Uniform { low, high } => Uniform::new(low, high).half * UNIT_STD,
        }
    }

    /// Fills a slice with the values of a stream's indices from `start` on.
    ///
    /// # Errors
    ///
    /// As [`fill_normal`], [`fill_truncated_normal`] and [`fill_uniform`], and [`Constant`](InitError::Constant) for a value
    /// that is not finite. On an error nothing was written.
    #[inline]
    pub fn fill(&self, stream: Stream, start: u64, out: &mut [f32]) -> Result<(), InitError> {
        self.fill_with(Backend::detect(), stream, start, out)
    }

    /// [`fill`](Self::fill) with a backend of one's choice: the same bits, for tests and benches.
    ///
    /// # Errors
    ///
    /// As [`fill`](Self::fill).
    #[inline]
    pub fn fill_with(
        &self,
        backend: Backend,
        stream: Stream,
        start: u64,
        out: &mut [f32],
    ) -> Result<(), InitError> {
        self.ready(backend, stream, start, out.len())?.write(out);
        Ok(())
    }

    /// [`fill`](Self::fill) for memory that is not initialised yet, such as the spare capacity of a
    /// `Vec`: so that it is touched once. The slice that is returned is the one that was given.
    ///
    /// ```
    /// use std::mem::MaybeUninit;
    /// use weight_init::{Distribution, Stream};
    ///
    /// let mut slots = [MaybeUninit::uninit(); 1000];
    /// let normal = Distribution::Normal { mean: 0.0, std: 0.1 };
    /// let noise: &mut [f32] = normal.fill_uninit(Stream::new(42), 0, &mut slots)?;
    /// assert!(noise.iter().all(|v| v.abs() < 0.8));
    /// # Ok::<(), weight_init::InitError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`fill`](Self::fill).
    pub fn fill_uninit<'a>(
        &self,
        stream: Stream,
        start: u64,
        out: &'a mut [MaybeUninit<f32>],
    ) -> Result<&'a mut [f32], InitError> {
        Ok(self.ready(Backend::detect(), stream, start, out.len())?.write_uninit(out))
    }

    /// The fill of `len` values, if it is one that can't fail.
    #[inline]
    pub(crate) fn ready(
        &self,
        backend: Backend,
        stream: Stream,
        start: u64,
        len: usize,
    ) -> Result<Fill, InitError> {
        self.check()?;
        if start.checked_add(len as u64).is_none() {
            return Err(InitError::StreamExhausted { start, given: len });
        }
        Ok(self.checked(backend, stream, start))
    }

    /// A fill from `start` on that does not reach the stream's end, if the parameters have been
    /// checked.
    #[inline]
    pub(crate) fn checked(&self, backend: Backend, stream: Stream, start: u64) -> Fill {
        Fill { backend, job: self.job(), stream, start }
    }

    #[inline]
    fn job(&self) -> Job {
        match *self {
            Self::Constant { value } => Job::Constant(value),
            // One value only; and a product with zero would have a sign.
            Self::Normal { mean, std: 0.0 } | Self::TruncatedNormal { mean, std: 0.0 } => {
                Job::Constant(mean)
            }
            Self::Uniform { low, high } if low == high => Job::Constant(high),
            Self::Normal { mean, std } => Job::Normal { mean, std },
            Self::TruncatedNormal { mean, std } => {
                Job::Truncated { mean, sigma: std / TRUNCATED_STD }
            }
            Self::Uniform { low, high } => Job::Uniform(Uniform::new(low, high)),
        }
    }

    /// No value is farther from zero.
    pub(crate) fn farthest(&self) -> f32 {
        self.job().farthest()
    }

    /// Every value times `gain`. The zero that is added makes +0 of −0, if the gain is zero.
    pub(crate) fn times(self, gain: f32) -> Self {
        match self {
            Self::Constant { value } => Self::Constant { value: value * gain + 0.0 },
            Self::Normal { mean, std } => {
                Self::Normal { mean: mean * gain + 0.0, std: std * gain + 0.0 }
            }
            Self::TruncatedNormal { mean, std } => {
                Self::TruncatedNormal { mean: mean * gain + 0.0, std: std * gain + 0.0 }
            }
            Self::Uniform { low, high } => {
                Self::Uniform { low: low * gain + 0.0, high: high * gain + 0.0 }
            }
        }
    }

    /// Whether the parameters are admissible.
    #[inline]
    pub(crate) fn check(&self) -> Result<(), InitError> {
        match *self {
            Self::Constant { value } if !value.is_finite() => {
                Err(InitError::Constant { given: value })
            }
            Self::Normal { mean, .. } | Self::TruncatedNormal { mean, .. } if !mean.is_finite() => {
                Err(InitError::Mean { given: mean })
            }
            Self::Normal { std, .. } | Self::TruncatedNormal { std, .. }
                if !(std >= 0.0 && std.is_finite()) =>
            {
                Err(InitError::Std { given: std })
            }
            Self::Normal { mean, std } | Self::TruncatedNormal { mean, std }
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
                if given > 0.0 && given < SMALLEST =>
            {
                Err(InitError::TooSmall { given })
            }
            Self::Uniform { low, high } if low < high => match Uniform::new(low, high).half {
                given if given < SMALLEST => Err(InitError::TooSmall { given }),
                _ => Ok(()),
            },
            _ => Ok(()),
        }
    }
}

/// Slots of other formats than `f32`.
impl Distribution {
    /// [`fill`](Self::fill) for slots of another floating-point format. Each is the value that `fill`
    /// writes there, rounded to the nearest, ties to even; those nearest to zero may become zero.
    ///
    /// With the portable code the values pass through a buffer on the stack: 16 KiB, and on small
    /// processors, which have no vectors, 256 bytes and as many for the lanes.
    ///
    /// ```
    /// # #[cfg(feature = "half")] {
    /// use half::bf16;
    /// use weight_init::{Distribution, Stream};
    ///
    /// let mut weights = [bf16::ZERO; 1000];
    /// let normal = Distribution::Normal { mean: 0.0, std: 0.1 };
    /// normal.fill_as(Stream::new(42), 0, &mut weights)?;
    /// # }
    /// # Ok::<(), weight_init::InitError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`fill`](Self::fill), and [`TooLargeForFormat`](InitError::TooLargeForFormat) if a value
    /// could round to infinity: for a normal, if |mean| + 8 std does.
    pub fn fill_as<E: Element>(
        &self,
        stream: Stream,
        start: u64,
        out: &mut [E],
    ) -> Result<(), InitError> {
        self.fill_as_with(Backend::detect(), stream, start, out)
    }

    /// [`fill_as`](Self::fill_as) with a backend of one's choice: the same bits, for tests and benches.
    ///
    /// # Errors
    ///
    /// As [`fill_as`](Self::fill_as).
    pub fn fill_as_with<E: Element>(
        &self,
        backend: Backend,
        stream: Stream,
        start: u64,
        out: &mut [E],
    ) -> Result<(), InitError> {
        let fill = self.ready(backend, stream, start, out.len())?;
        fill.write_rounded(Float::up_to(self.farthest())?, out);
        Ok(())
    }

    /// [`fill`](Self::fill) for slots of fixed point, with so many fraction bits. Each is the value
    /// that `fill` writes there times 2 to the power of `fraction_bits`, rounded to the nearest
    /// integer, ties to even.
    ///
    /// What is then larger than the largest integer becomes the largest, and what is smaller than the
    /// smallest the smallest. How many values did is returned: if they are more than a few in a
    /// million, choose fewer fraction bits.
    ///
    /// With the portable code the values pass through a buffer on the stack: 16 KiB, and on small
    /// processors, which have no vectors, 256 bytes and as many for the lanes.
    ///
    /// ```
    /// use weight_init::{Distribution, Stream};
    ///
    /// let mut weights = [0_i8; 1000];
    /// let normal = Distribution::Normal { mean: 0.0, std: 0.1 };
    /// let saturated = normal.fill_fixed(Stream::new(42), 0, 7, &mut weights)?;
    /// assert_eq!(saturated, 0); // one is ten standard deviations away
    ///
    /// let all = Distribution::Constant { value: 1.0 }.fill_fixed(Stream::new(42), 0, 7, &mut weights)?;
    /// assert_eq!((all, weights), (1000, [127; 1000]));
    /// # Ok::<(), weight_init::InitError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`fill`](Self::fill), and [`FractionBits`](InitError::FractionBits) for more of them than
    /// the format has bits beside its sign.
    pub fn fill_fixed<Q: FixedPoint>(
        &self,
        stream: Stream,
        start: u64,
        fraction_bits: u32,
        out: &mut [Q],
    ) -> Result<usize, InitError> {
        self.fill_fixed_with(Backend::detect(), stream, start, fraction_bits, out)
    }

    /// [`fill_fixed`](Self::fill_fixed) with a backend of one's choice: the same bits and the same
    /// count, for tests and benches.
    ///
    /// # Errors
    ///
    /// As [`fill_fixed`](Self::fill_fixed).
    pub fn fill_fixed_with<Q: FixedPoint>(
        &self,
        backend: Backend,
        stream: Stream,
        start: u64,
        fraction_bits: u32,
        out: &mut [Q],
    ) -> Result<usize, InitError> {
        let fill = self.ready(backend, stream, start, out.len())?;
        Ok(fill.write_rounded(Fixed::up_to(self.farthest(), fraction_bits)?, out))
    }
}

#[cfg(feature = "rayon")]
/// With feature `rayon`.
impl Distribution {
    /// [`fill`](Self::fill) on the threads of rayon's current pool: the same bits on any number.
    ///
    /// ```
    /// use weight_init::{Distribution, Stream};
    ///
    /// let normal = Distribution::Normal { mean: 0.0, std: 0.1 };
    /// let (mut one, mut many) = (vec![0.0; 1_000_000], vec![0.0; 1_000_000]);
    /// normal.fill(Stream::new(42), 0, &mut one)?;
    /// normal.par_fill(Stream::new(42), 0, &mut many)?;
    /// assert_eq!(one, many);
    /// # Ok::<(), weight_init::InitError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`fill`](Self::fill).
    pub fn par_fill(&self, stream: Stream, start: u64, out: &mut [f32]) -> Result<(), InitError> {
        self.ready(Backend::detect(), stream, start, out.len())?.par_write(out);
        Ok(())
    }

    /// [`fill_uninit`](Self::fill_uninit) on the threads of rayon's current pool: each touches the
    /// pages that it fills first.
    ///
    /// # Errors
    ///
    /// As [`fill`](Self::fill).
    pub fn par_fill_uninit<'a>(
        &self,
        stream: Stream,
        start: u64,
        out: &'a mut [MaybeUninit<f32>],
    ) -> Result<&'a mut [f32], InitError> {
        Ok(self.ready(Backend::detect(), stream, start, out.len())?.par_write_uninit(out))
    }

    /// [`fill_as`](Self::fill_as) on the threads of rayon's current pool.
    ///
    /// # Errors
    ///
    /// As [`fill_as`](Self::fill_as).
    pub fn par_fill_as<E: Element>(
        &self,
        stream: Stream,
        start: u64,
        out: &mut [E],
    ) -> Result<(), InitError> {
        let fill = self.ready(Backend::detect(), stream, start, out.len())?;
        fill.par_write_rounded(Float::up_to(self.farthest())?, out);
        Ok(())
    }

    /// [`fill_fixed`](Self::fill_fixed) on the threads of rayon's current pool: the same bits and the
    /// same count.
    ///
    /// # Errors
    ///
    /// As [`fill_fixed`](Self::fill_fixed).
    pub fn par_fill_fixed<Q: FixedPoint>(
        &self,
        stream: Stream,
        start: u64,
        fraction_bits: u32,
        out: &mut [Q],
    ) -> Result<usize, InitError> {
        let fill = self.ready(Backend::detect(), stream, start, out.len())?;
        Ok(fill.par_write_rounded(Fixed::up_to(self.farthest(), fraction_bits)?, out))
    }
}

/// Fills a slice with normal values of that mean and standard deviation: the values of the
/// stream's indices from `start` on.
///
/// | parameter | admissible |
/// | --- | --- |
/// | `start` | such that `start + out.len()` does not exceed 2⁶⁴ − 1 |
/// | `mean` | finite |
/// | `std` | finite, not negative; 0, which gives the mean, or at least 2⁻⁹⁰ = 8.1 × 10⁻²⁸ |
/// | both | \|`mean`\| + 8 `std` is finite: then so is every value |
///
/// Density: exp(−(x − mean)² / (2 std²)) / (std √(2π)). Sampled by McFarland's inscribed Ziggurat
/// (2016), with its overhangs and tail exact up to these roundings: values have the precision of
/// `f32`, the share of each of the 127 overhangs is off by about 2⁻²³ of all overhangs at most, and
/// the tail beyond 3.42 σ has 2²⁰ points on each side, the farthest 7.68 σ. With a mean of zero no
/// value is zero.
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
/// [`Mean`](InitError::Mean), [`Std`](InitError::Std), [`TooSmall`](InitError::TooSmall),
/// [`TooLarge`](InitError::TooLarge),
/// [`StreamExhausted`](InitError::StreamExhausted). On an error nothing was written.
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

/// Fills a slice with normal values that are cut off at two standard deviations of the uncut normal:
/// the values of the stream's indices from `start` on. No value far out is drawn and thrown away.
///
/// | parameter | admissible |
/// | --- | --- |
/// | `start`, `mean` | as in [`fill_normal`] |
/// | `std` | the standard deviation *after* the cut, as in Keras' and JAX' variance scaling; finite, not negative; 0, which gives the mean, or at least 2⁻⁹⁰ |
/// | both | \|`mean`\| + 8 `std` is finite |
///
/// With σ = `std` / 0.87962566, in `f32`, the density is that of a normal with σ, within
/// `mean` ± 2 σ = `mean` ± 2.2737 `std`, and 0 outside; no value lies outside. Where PyTorch's
/// `trunc_normal_(mean, σ, mean − 2σ, mean + 2σ)` is meant, which gives σ and not what is left of it,
/// `std` is 0.87962566 σ. Sampled as the normal, by a Ziggurat of its own, with the same precision.
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
/// As [`fill_normal`].
#[inline]
pub fn fill_truncated_normal(
    stream: Stream,
    start: u64,
    mean: f32,
    std: f32,
    out: &mut [f32],
) -> Result<(), InitError> {
    Distribution::TruncatedNormal { mean, std }.fill(stream, start, out)
}

/// Fills a slice with uniform values between `low` and `high`: the values of the stream's indices
/// from `start` on.
///
/// | parameter | admissible |
/// | --- | --- |
/// | `start` | such that `start + out.len()` does not exceed 2⁶⁴ − 1 |
/// | `low`, `high` | finite, `low` ≤ `high`; equal ones give that value, others are at least 2⁻⁸⁹ apart |
///
/// No value lies outside the bounds. Within ±b the values are 2²⁴ equally likely points, symmetric
/// about zero; none is zero, and the outermost is b (1 − 2⁻²⁴). Within other bounds these points
/// are shifted, and rounding lets some meet: both bounds can occur, so a value from 0 to 1 can be 1.
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
/// [`Bounds`](InitError::Bounds), [`TooSmall`](InitError::TooSmall),
/// [`StreamExhausted`](InitError::StreamExhausted). On an error
/// nothing was written.
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
