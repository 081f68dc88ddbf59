//! Slots of any format. The kernels round what they have in registers. The portable code makes its
//! values in a buffer, where it can tell which of them left the fast path, and they are rounded from
//! there.
//!
//! Measured on a Zen 5 with `avx512`, 2²⁴ normal values, and dropped: such a buffer for the kernels too
//! (0.24 ns per `bf16`, 0.22 per `i8`). Slots are then written in bursts, which memory delays, and
//! queues are emptied before they are full. In registers: 0.18 and 0.19. Since then a group of 64 is
//! rounded at once: on an Emerald Rapids, 2¹⁸ values, `i8` takes 1.2 times as long as `f32`, and not
//! 1.35 times. To write mended slots without a check of each place was no faster there.

use core::mem::MaybeUninit;

use super::{Fill, Job, NO_VECTORS, Resumed, init, uninit};
use crate::sampler::{BLOCK, overhang::FARTHEST};

/// How a value becomes what the slot holds. Always inlined, for the instructions of the backend.
pub(crate) trait Rounding: Copy + Send + Sync {
    /// What the slot holds.
    type Slot: Copy + PartialEq + Send;

    /// The nearest, and whether it had to saturate.
    fn round(self, value: f32) -> (Self::Slot, bool);

    /// The same for the kernels, which round sixteen values at a time.
    #[allow(dead_code, reason = "not every target has a kernel")]
    fn format(self) -> Format;

    /// The slots themselves, if values are not rounded at all.
    #[inline(always)]
    fn as_f32(_: &mut [MaybeUninit<Self::Slot>]) -> Option<&mut [MaybeUninit<f32>]> {
        None
    }
}

/// What a slot holds, for the kernels.
#[derive(Clone, Copy, Debug)]
#[allow(dead_code, reason = "each target and each set of features takes what it needs")]
pub enum Format {
    F32,
    Bf16,
    F16,
    Fixed {
        /// The bounds within which a value does not saturate.
        low: f32,
        high: f32,
        /// The integer that 1 becomes.
        scale: f32,
        /// Whether a value can.
        saturates: bool,
    },
}

/// Rounds values to their slots. The number of those that saturated.
#[inline(always)]
pub(super) fn round<R: Rounding>(
    rounding: R,
    values: &[f32],
    slots: &mut [MaybeUninit<R::Slot>],
) -> usize {
    // As wide as a value, or the loop is half as fast. No slice of values is as long.
    let mut saturated = 0_u32;
    for (slot, &value) in slots.iter_mut().zip(values) {
        let (rounded, saturates) = rounding.round(value);
        slot.write(rounded);
        saturated = saturated.wrapping_add(u32::from(saturates));
    }
    saturated as usize
}

/// Slots to which values are rounded.
pub(super) struct Sink<'a, R: Rounding> {
    pub(super) rounding: R,
    pub(super) slots: &'a mut [MaybeUninit<R::Slot>],
    /// How many values saturated.
    pub(super) saturated: usize,
}

impl<'a, R: Rounding> Sink<'a, R> {
    #[inline(always)]
    pub(super) const fn new(rounding: R, slots: &'a mut [MaybeUninit<R::Slot>]) -> Self {
        Self { rounding, slots, saturated: 0 }
    }

    /// The same value for all.
    #[inline(always)]
    pub(super) fn fill(&mut self, value: f32) {
        let (slot, saturates) = self.rounding.round(value);
        self.slots.fill(MaybeUninit::new(slot));
        self.saturated += if saturates { self.slots.len() } else { 0 };
    }
}

impl Fill {
    /// Fills slots of any format. The number of values that saturated.
    pub(crate) fn write_rounded<R: Rounding>(&self, rounding: R, out: &mut [R::Slot]) -> usize {
        // SAFETY: `fill_rounded` writes initialised values only.
        self.fill_rounded(rounding, unsafe { uninit(out) })
    }

    #[cfg(feature = "rayon")]
    pub(crate) fn par_write_rounded<R: Rounding>(&self, rounding: R, out: &mut [R::Slot]) -> usize {
        // SAFETY: `par_fill_rounded` writes initialised values only.
        self.par_fill_rounded(rounding, unsafe { uninit(out) })
    }

    /// Writes every slot, with the portable code. The number of values that saturated.
    pub(super) fn fill_chunks<R: Rounding>(
        &self,
        rounding: R,
        slots: &mut [MaybeUninit<R::Slot>],
    ) -> usize {
        if let Job::Constant(value) = self.job {
            let mut out = Sink::new(rounding, slots);
            out.fill(value);
            out.saturated
        } else if NO_VECTORS {
            self.fill_chunks_of::<64, R>(rounding, slots)
        } else {
            self.fill_chunks_of::<BLOCK, R>(rounding, slots)
        }
    }

    /// Writes every slot, by way of a buffer of that many values. If these are less than a block, the
    /// lanes are kept from one chunk to the next.
    #[inline(never)]
    pub(super) fn fill_chunks_of<const CHUNK: usize, R: Rounding>(
        &self,
        rounding: R,
        mut out: &mut [MaybeUninit<R::Slot>],
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
                fill.fill_portable(part);
            }
            // SAFETY: either has written every slot.
            let values = unsafe { init(part) };
            saturated += round(rounding, values, slots);
            fill.start = fill.start.wrapping_add(slots.len() as u64);
        }
        saturated
    }
}

impl Job {
    /// No value is farther from zero.
    pub(crate) fn farthest(&self) -> f32 {
        match *self {
            Self::Constant(value) => value.abs(),
            Self::Uniform(uniform) => uniform.low.abs().max(uniform.high.abs()),
            Self::Normal { mean, std } => mean.abs() + FARTHEST * std,
            Self::Truncated { mean, sigma } => mean.abs() + 2.0 * sigma,
            #[cfg(any(test, feature = "stages"))]
            Self::Words | Self::Fast { .. } | Self::Overhang { .. } => f32::INFINITY,
        }
    }
}
