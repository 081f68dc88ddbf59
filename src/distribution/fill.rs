//! Fills a slice with the values of a distribution: checks the request and hands it to a backend.

use core::mem::MaybeUninit;

use super::parameters::Distribution;
use crate::{
    backend::{Backend, Fill, Job},
    error::InitError,
    sampler::uniform::Uniform,
    slot::{Element, Fixed, FixedPoint, Float},
    stream::Stream,
};

/// The standard deviation of a standard normal that is truncated at ±2: √(1 − 4 φ(2) / (2 Φ(2) − 1)).
pub(crate) const TRUNCATED_STD: f32 = 0.879_625_7;

impl Distribution {
    /// Fills a slice with the values of a stream's indices from `start` on.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`fill_normal`](crate::fill_normal),
    /// [`fill_truncated_normal`](crate::fill_truncated_normal) and [`fill_uniform`](crate::fill_uniform),
    /// and [`Constant`](InitError::Constant) for a constant that is not finite. On an error, nothing is
    /// written.
    #[inline]
    pub fn fill(&self, stream: Stream, start: u64, out: &mut [f32]) -> Result<(), InitError> {
        self.fill_with(Backend::detect(), stream, start, out)
    }

    /// Fills a slice like [`fill`](Self::fill), with the given backend. It writes the same bits, so it is
    /// meant for tests and benches.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`fill`](Self::fill).
    #[inline]
    pub fn fill_with(
        &self,
        backend: Backend,
        stream: Stream,
        start: u64,
        out: &mut [f32],
    ) -> Result<(), InitError> {
        self.check_and_prepare(backend, stream, start, out.len())?.write(out);
        Ok(())
    }

    /// Fills memory that is not initialised yet, such as the spare capacity of a `Vec`, with the values of
    /// [`fill`](Self::fill). The memory is touched only once. Returns the same slice as initialised.
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
    /// Returns the errors of [`fill`](Self::fill).
    pub fn fill_uninit<'a>(
        &self,
        stream: Stream,
        start: u64,
        out: &'a mut [MaybeUninit<f32>],
    ) -> Result<&'a mut [f32], InitError> {
        Ok(self.check_and_prepare(Backend::detect(), stream, start, out.len())?.write_uninit(out))
    }

    /// Checks the parameters and the range of `len` indices. Returns a fill that can't fail.
    #[inline]
    pub(crate) fn check_and_prepare(
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
        Ok(self.prepare_unchecked(backend, stream, start))
    }

    /// Returns the fill from `start` on. The caller has checked the parameters, and that the range ends
    /// within the stream.
    #[inline]
    pub(crate) fn prepare_unchecked(&self, backend: Backend, stream: Stream, start: u64) -> Fill {
        Fill { backend, job: self.job(), stream, start }
    }

    /// Returns the job for a backend.
    #[inline]
    fn job(&self) -> Job {
        match *self {
            Self::Constant { value } => Job::Constant(value),
            // There is only one value. Computed as a product with zero, it could be −0.
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

    /// Returns a bound on the magnitude of all values.
    pub(crate) fn farthest(&self) -> f32 {
        self.job().farthest()
    }
}

/// Slots of other formats than `f32`.
impl Distribution {
    /// Fills slots of another floating-point format. Each slot gets the value that [`fill`](Self::fill)
    /// writes there, rounded to nearest, ties to even. Values near zero may be rounded to zero.
    ///
    /// The portable code uses a buffer of 16 KiB on the stack. On small processors, which have no vectors,
    /// the buffer takes 256 bytes, and the state of the lanes 256 more.
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
    /// Returns the errors of [`fill`](Self::fill), and
    /// [`TooLargeForFormat`](InitError::TooLargeForFormat) if a value could round to infinity. A normal is
    /// refused if |mean| + 8 std rounds to infinity.
    pub fn fill_as<E: Element>(
        &self,
        stream: Stream,
        start: u64,
        out: &mut [E],
    ) -> Result<(), InitError> {
        self.fill_as_with(Backend::detect(), stream, start, out)
    }

    /// Fills a slice like [`fill_as`](Self::fill_as), with the given backend. It writes the same bits,
    /// so it is meant for tests and benches.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`fill_as`](Self::fill_as).
    pub fn fill_as_with<E: Element>(
        &self,
        backend: Backend,
        stream: Stream,
        start: u64,
        out: &mut [E],
    ) -> Result<(), InitError> {
        let fill = self.check_and_prepare(backend, stream, start, out.len())?;
        fill.write_rounded(Float::up_to(self.farthest())?, out);
        Ok(())
    }

    /// Fills fixed-point slots with `fraction_bits` fraction bits. Each slot gets the value that
    /// [`fill`](Self::fill) writes there, times 2 to the power of `fraction_bits`, rounded to the nearest
    /// integer, ties to even.
    ///
    /// Integers outside the range of the format saturate: they become the smallest or the largest integer.
    /// Returns the number of values that saturated. If it is more than a few in a million, choose fewer
    /// fraction bits.
    ///
    /// The portable code uses a buffer of 16 KiB on the stack. On small processors, which have no vectors,
    /// the buffer takes 256 bytes, and the state of the lanes 256 more.
    ///
    /// ```
    /// use weight_init::{Distribution, Stream};
    ///
    /// let mut weights = [0_i8; 1000];
    /// let normal = Distribution::Normal { mean: 0.0, std: 0.1 };
    /// let saturated = normal.fill_fixed(Stream::new(42), 0, 7, &mut weights)?;
    /// assert_eq!(saturated, 0); // ±1 is ten standard deviations away
    ///
    /// let all = Distribution::Constant { value: 1.0 }.fill_fixed(Stream::new(42), 0, 7, &mut weights)?;
    /// assert_eq!((all, weights), (1000, [127; 1000]));
    /// # Ok::<(), weight_init::InitError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the errors of [`fill`](Self::fill), and [`FractionBits`](InitError::FractionBits) if
    /// `fraction_bits` exceeds the number of bits of the format without its sign.
    pub fn fill_fixed<Q: FixedPoint>(
        &self,
        stream: Stream,
        start: u64,
        fraction_bits: u32,
        out: &mut [Q],
    ) -> Result<usize, InitError> {
        self.fill_fixed_with(Backend::detect(), stream, start, fraction_bits, out)
    }

    /// Fills a slice like [`fill_fixed`](Self::fill_fixed), with the given backend. It writes the same
    /// bits and returns the same count, so it is meant for tests and benches.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`fill_fixed`](Self::fill_fixed).
    pub fn fill_fixed_with<Q: FixedPoint>(
        &self,
        backend: Backend,
        stream: Stream,
        start: u64,
        fraction_bits: u32,
        out: &mut [Q],
    ) -> Result<usize, InitError> {
        let fill = self.check_and_prepare(backend, stream, start, out.len())?;
        Ok(fill.write_rounded(Fixed::up_to(self.farthest(), fraction_bits)?, out))
    }
}
