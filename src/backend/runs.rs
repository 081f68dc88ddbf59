//! Fills whose indices are not consecutive: blocks of a tensor, and slots with strides.

use core::mem::MaybeUninit;

use super::{
    fill::Fill,
    slots::{init, uninit},
};
use crate::slot::Rounding;

/// The largest number of axes of [`Runs`].
pub(crate) const AXES: usize = 9;

/// One axis of a block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Axis {
    /// The number of elements along the axis.
    pub(crate) len: usize,
    /// The distance of the indices of two neighbours in the stream.
    pub(crate) step: u64,
    /// The distance of their slots in the slice.
    pub(crate) stride: usize,
}

/// A run of consecutive indices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    /// The first index.
    pub(crate) start: u64,
    /// The number of indices. It is not zero.
    pub(crate) len: usize,
    /// The offset of the first index's slot in the slice.
    pub(crate) offset: usize,
    /// The distance of the slots of two neighbours.
    pub(crate) stride: usize,
}

/// The indices of a block, and where their slots are. It iterates over the block's runs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Runs {
    /// The axes in loop order, the outermost first. The last is that of a run.
    axes: [Axis; AXES],
    rank: usize,
    /// The number of elements passed on each axis but the last.
    at: [usize; AXES],
    next: Option<Run>,
}

impl Runs {
    /// Returns the runs of a block with the given axes, the outermost first, whose first index is `start`
    /// and has its slot at `offset`. Returns `None` if there are more than [`AXES`] axes.
    pub(crate) fn new(axes: &[Axis], start: u64, offset: usize) -> Option<Self> {
        let mut runs = Self { axes: [Axis::default(); AXES], rank: 0, at: [0; AXES], next: None };
        for axis in axes.iter().filter(|axis| axis.len != 1) {
            *runs.axes.get_mut(runs.rank)? = *axis;
            runs.rank += 1;
        }
        // A run consists of consecutive indices.
        let innermost = runs.rank.checked_sub(1).and_then(|last| runs.axes.get(last));
        if innermost.is_none_or(|axis| axis.step != 1) {
            *runs.axes.get_mut(runs.rank)? = Axis { len: 1, step: 1, stride: 1 };
            runs.rank += 1;
        }
        let Axis { len, stride, .. } = *runs.axes.get(runs.rank - 1)?;
        if axes.iter().all(|axis| axis.len > 0) {
            runs.next = Some(Run { start, len, offset, stride });
        }
        Some(runs)
    }
}

impl Iterator for Runs {
    type Item = Run;

    fn next(&mut self) -> Option<Run> {
        let run = self.next?;
        self.next = None;
        let Run { mut start, mut offset, .. } = run;
        let outer = self.axes.iter().zip(&mut self.at).take(self.rank - 1);
        for (axis, at) in outer.rev() {
            if *at + 1 < axis.len {
                *at += 1;
                start = start.wrapping_add(axis.step);
                offset = offset.wrapping_add(axis.stride);
                self.next = Some(Run { start, offset, ..run });
                break;
            }
            start = start.wrapping_sub(axis.step.wrapping_mul(*at as u64));
            offset = offset.wrapping_sub(axis.stride.wrapping_mul(*at));
            *at = 0;
        }
        Some(run)
    }
}

impl Fill {
    /// Writes the slots of a block. `start` does not matter, because the runs have their own. Slots beyond
    /// the slice are skipped. Returns the number of values that saturated.
    pub(crate) fn write_runs<R: Rounding>(
        &self,
        rounding: R,
        runs: Runs,
        out: &mut [R::Slot],
    ) -> usize {
        // SAFETY: `dispatch_runs` writes initialised values only.
        self.dispatch_runs(rounding, runs, unsafe { uninit(out) })
    }

    fn dispatch_runs<R: Rounding>(
        &self,
        rounding: R,
        runs: Runs,
        out: &mut [MaybeUninit<R::Slot>],
    ) -> usize {
        let mut saturated = 0;
        for Run { mut start, mut len, mut offset, stride } in runs {
            let mut buffer = [MaybeUninit::uninit(); 64];
            while len > 0 {
                let part = buffer.get_mut(..len.min(64)).unwrap_or_default();
                saturated += Self { start, ..*self }.dispatch(rounding, part);
                // SAFETY: `dispatch` has written every slot of `part`.
                for value in unsafe { init(part) } {
                    if let Some(slot) = out.get_mut(offset) {
                        slot.write(*value);
                    }
                    offset = offset.wrapping_add(stride);
                }
                start = start.wrapping_add(part.len() as u64);
                len -= part.len();
            }
        }
        saturated
    }
}
