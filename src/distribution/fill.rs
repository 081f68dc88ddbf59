//! Fills a slice with the values of a distribution: checks the request and hands it to a backend.

use super::parameters::Distribution;
use crate::{
    backend::{Executor, Fill, Job},
    error::InitError,
    slot::NoRounding,
    stream::Stream,
    target::is_zero,
};

impl Distribution {
    /// Fills a slice with the values of a stream's indices from `start` on. [`draw`](Self::draw) and
    /// [`draw_range`](Self::draw_range) fill slots of other formats, parts of a tensor, and use threads.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`fill_normal`](crate::fill_normal),
    /// [`fill_truncated_normal`](crate::fill_truncated_normal) and [`fill_uniform`](crate::fill_uniform),
    /// [`Constant`](InitError::Constant) for a constant that is not finite, and [`Cut`](InitError::Cut) for a
    /// normal that is truncated at less than one standard deviation. On an error, nothing is written.
    // Always, so that a known distribution removes the code of the others.
    #[inline(always)]
    pub fn fill(&self, stream: Stream, start: u64, out: &mut [f32]) -> Result<(), InitError> {
        self.check()?;
        check_range(start, out.len())?;
        self.fill_from(Executor::FASTEST, stream, start).write(NoRounding::new(), out);
        Ok(())
    }

    /// Returns the fill from `start` on. The caller has checked the parameters, and that the range ends
    /// within the stream.
    #[inline]
    pub(crate) fn fill_from(&self, executor: Executor, stream: Stream, start: u64) -> Fill {
        Fill { executor, job: self.job(), stream, start }
    }

    /// Returns the job for a backend.
    #[inline]
    fn job(&self) -> Job {
        match *self {
            Self::Constant { value } => Job::Constant(value),
            // There is only one value. Computed as a product with zero, it could be −0.
            Self::Normal { mean, std } | Self::TruncatedNormal { mean, std, .. }
                if is_zero(std) =>
            {
                Job::Constant(mean)
            }
            Self::Uniform { low, high } if low == high => Job::Constant(high),
            Self::Normal { mean, std } => Job::Normal { mean, std },
            Self::TruncatedNormal { mean, std, cut } => {
                let sigma = cut.sigma(std);
                if cut.sigmas() == 2.0 {
                    Job::Truncated { mean, sigma }
                } else if cut.is_beyond_all() {
                    Job::Normal { mean, std: sigma }
                } else {
                    Job::Bounded { mean, std: sigma, sigmas: cut.sigmas() }
                }
            }
            Self::Uniform { low, high } => Job::Uniform { low, high },
        }
    }

    /// Returns a bound on the magnitude of all values.
    pub(crate) fn farthest(&self) -> f32 {
        self.job().farthest()
    }
}

/// Returns an error if a range of `given` indices does not end within a stream.
#[inline]
pub(crate) fn check_range(start: u64, given: usize) -> Result<(), InitError> {
    match start.checked_add(given as u64) {
        Some(_) => Ok(()),
        None => Err(InitError::StreamExhausted { start, given }),
    }
}
