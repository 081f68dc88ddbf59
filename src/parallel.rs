//! Feature `rayon`: whole blocks on many threads. Since a value depends on its index alone, who
//! fills which block can't matter.

use core::mem::MaybeUninit;

use rayon::prelude::*;

use crate::{Backend, Distribution, Init, InitError, Shape, Stream, backend::Fill, sampler::BLOCK};

/// Values in a task, 512 KiB: long enough that handing it out doesn't show, short enough that the
/// last one is not waited for.
const TASK: usize = 32 * BLOCK;

impl Fill {
    /// Writes every slot, as `fill` does.
    pub(crate) fn par_fill(&self, out: &mut [MaybeUninit<f32>]) {
        // Tasks begin where blocks do; what comes before is one more.
        let head = (BLOCK - (self.start % BLOCK as u64) as usize) % BLOCK;
        let (head, body) = out.split_at_mut(head.min(out.len()));
        let body_start = self.start.wrapping_add(head.len() as u64);
        self.fill(head);
        body.par_chunks_mut(TASK).enumerate().for_each(|(task, part)| {
            let start = body_start.wrapping_add((task * TASK) as u64);
            Self { start, ..*self }.fill(part);
        });
    }
}

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
}

/// With feature `rayon`.
impl Init {
    /// [`fill`](Self::fill) on the threads of rayon's current pool: the same bits on any number.
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
        self.whole(shape, out.len())?.par_fill(stream, 0, out)
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
        self.whole(shape, out.len())?.par_fill_uninit(stream, 0, out)
    }
}
