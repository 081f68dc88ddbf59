//! Slots of other formats than `f32`: values are made in a buffer, and rounded from there.

use core::mem::MaybeUninit;

use super::{Fill, Job, NO_VECTORS, Resumed, init};
use crate::{
    InitError,
    element::{Element, Fixed, FixedPoint, Float},
    sampler::{BLOCK, overhang::FARTHEST},
};

/// How a value becomes what the slot holds.
pub(crate) trait Rounding: Copy + Send + Sync {
    /// What the slot holds.
    type Slot: Copy + Send;

    /// The nearest, and whether it had to saturate. Always inlined, for the instructions of the
    /// backend.
    fn round(self, value: f32) -> (Self::Slot, bool);
}

/// Rounds values to their slots, and counts those that saturate.
#[inline(always)]
pub(super) fn round<R: Rounding>(rounding: R, values: &[f32], slots: &mut [R::Slot]) -> usize {
    // As wide as a value, or the loop is half as fast. No buffer is as long.
    let mut saturated = 0_u32;
    for (slot, &value) in slots.iter_mut().zip(values) {
        let saturates;
        (*slot, saturates) = rounding.round(value);
        saturated = saturated.wrapping_add(u32::from(saturates));
    }
    saturated as usize
}

impl Fill {
    /// Fills slots of a floating-point format.
    pub(crate) fn write_as<E: Element>(&self, out: &mut [E]) -> Result<(), InitError> {
        self.check::<E>()?;
        match E::as_f32(out) {
            Some(out) => self.write(out),
            None => _ = self.write_rounded(Float::new(), out),
        }
        Ok(())
    }

    /// Fills slots of a fixed-point format, and tells how many values saturated.
    pub(crate) fn write_fixed<Q: FixedPoint>(
        &self,
        fraction_bits: u32,
        out: &mut [Q],
    ) -> Result<usize, InitError> {
        Ok(self.write_rounded(Fixed::new(fraction_bits)?, out))
    }

    /// Whether all values are finite in a floating-point format.
    fn check<E: Element>(&self) -> Result<(), InitError> {
        let given = self.job.farthest();
        if given < E::INFINITE {
            Ok(())
        } else {
            Err(InitError::TooLargeForFormat { largest: E::LARGEST, given })
        }
    }

    fn write_rounded<R: Rounding>(&self, rounding: R, out: &mut [R::Slot]) -> usize {
        if NO_VECTORS {
            self.write_chunks::<64, R>(rounding, out)
        } else {
            self.write_chunks::<{ 2 * BLOCK }, R>(rounding, out)
        }
    }

    /// The number that saturated. A chunk of less than a block goes on with the lanes of the last.
    #[inline(never)]
    pub(super) fn write_chunks<const CHUNK: usize, R: Rounding>(
        &self,
        rounding: R,
        mut out: &mut [R::Slot],
    ) -> usize {
        let mut buffer = [MaybeUninit::uninit(); CHUNK];
        let mut lanes = Resumed::new();
        let mut fill = *self;
        let mut saturated = 0;
        while !out.is_empty() {
            // The first is shorter, so that the others begin where blocks do.
            let room = CHUNK - (fill.start % BLOCK as u64) as usize % CHUNK;
            let slots = out.split_off_mut(..out.len().min(room)).unwrap_or_default();
            let part = buffer.get_mut(..slots.len()).unwrap_or_default();
            if CHUNK < BLOCK {
                fill.fill_resumed(&mut lanes, part);
            } else {
                fill.fill(part);
            }
            // SAFETY: either has written every slot.
            let values = unsafe { init(part) };
            saturated += fill.round(rounding, values, slots);
            fill.start = fill.start.wrapping_add(slots.len() as u64);
        }
        saturated
    }
}

impl Job {
    /// No value is farther from zero.
    fn farthest(&self) -> f32 {
        match *self {
            Self::Constant(value) => value.abs(),
            Self::Uniform(uniform) => uniform.low.abs().max(uniform.high.abs()),
            Self::Normal { mean, std } => mean.abs() + FARTHEST * std,
            #[cfg(any(test, feature = "stages"))]
            Self::Words | Self::Fast { .. } | Self::Overhang { .. } => f32::INFINITY,
        }
    }
}
