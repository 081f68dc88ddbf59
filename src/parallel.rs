//! Feature `rayon`: fills on many threads.

use core::mem::MaybeUninit;

use crate::{
    Backend, Distribution, Element, FixedPoint, Init, InitError, Shape, Stream,
    element::{Fixed, Float},
    init::Values,
};

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

/// With feature `rayon`.
impl Init {
    /// [`fill`](Self::fill) on the threads of rayon's current pool: the same bits on any number.
    /// Schemes whose values depend on their places are filled on one.
    ///
    /// # Errors
    ///
    /// As [`fill`](Self::fill).
    pub fn par_fill(
        &self,
        stream: Stream,
        shape: &Shape,
        out: &mut [f32],
    ) -> Result<(), InitError> {
        match self.whole(shape, out.len())? {
            Values::Drawn(distribution) => {
                distribution.checked(Backend::detect(), stream, 0).par_write(out);
                Ok(())
            }
            Values::Structured(_) => self.fill(stream, shape, out),
        }
    }

    /// [`fill_uninit`](Self::fill_uninit) on the threads of rayon's current pool.
    ///
    /// # Errors
    ///
    /// As [`fill`](Self::fill).
    pub fn par_fill_uninit<'a>(
        &self,
        stream: Stream,
        shape: &Shape,
        out: &'a mut [MaybeUninit<f32>],
    ) -> Result<&'a mut [f32], InitError> {
        match self.whole(shape, out.len())? {
            Values::Drawn(distribution) => {
                Ok(distribution.checked(Backend::detect(), stream, 0).par_write_uninit(out))
            }
            Values::Structured(_) => self.fill_uninit(stream, shape, out),
        }
    }
}
