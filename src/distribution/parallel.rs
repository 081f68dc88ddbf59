//! Fills on the threads of rayon's current pool.

use core::mem::MaybeUninit;

use super::parameters::Distribution;
use crate::{
    backend::Backend,
    error::InitError,
    slot::{Element, Fixed, FixedPoint, Float},
    stream::Stream,
};

/// With feature `rayon`.
impl Distribution {
    /// Fills a slice like [`fill`](Self::fill), on the threads of rayon's current pool. It writes the same
    /// bits on any number of threads.
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
    /// Returns the errors of [`fill`](Self::fill).
    pub fn par_fill(&self, stream: Stream, start: u64, out: &mut [f32]) -> Result<(), InitError> {
        self.check_and_prepare(Backend::detect(), stream, start, out.len())?.par_write(out);
        Ok(())
    }

    /// Fills a slice like [`fill_uninit`](Self::fill_uninit), on the threads of rayon's current pool. Each
    /// page is first touched by the thread that fills it.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`fill`](Self::fill).
    pub fn par_fill_uninit<'a>(
        &self,
        stream: Stream,
        start: u64,
        out: &'a mut [MaybeUninit<f32>],
    ) -> Result<&'a mut [f32], InitError> {
        Ok(self
            .check_and_prepare(Backend::detect(), stream, start, out.len())?
            .par_write_uninit(out))
    }

    /// Fills a slice like [`fill_as`](Self::fill_as), on the threads of rayon's current pool. It writes
    /// the same bits on any number of threads.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`fill_as`](Self::fill_as).
    pub fn par_fill_as<E: Element>(
        &self,
        stream: Stream,
        start: u64,
        out: &mut [E],
    ) -> Result<(), InitError> {
        let fill = self.check_and_prepare(Backend::detect(), stream, start, out.len())?;
        fill.par_write_rounded(Float::up_to(self.farthest())?, out);
        Ok(())
    }

    /// Fills a slice like [`fill_fixed`](Self::fill_fixed), on the threads of rayon's current pool. It
    /// writes the same bits and returns the same count on any number of threads.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`fill_fixed`](Self::fill_fixed).
    pub fn par_fill_fixed<Q: FixedPoint>(
        &self,
        stream: Stream,
        start: u64,
        fraction_bits: u32,
        out: &mut [Q],
    ) -> Result<usize, InitError> {
        let fill = self.check_and_prepare(Backend::detect(), stream, start, out.len())?;
        Ok(fill.par_write_rounded(Fixed::up_to(self.farthest(), fraction_bits)?, out))
    }
}
