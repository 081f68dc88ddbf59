//! Repeated values, for convolutions that upscale an image (ICNR).

use core::num::NonZero;

use crate::{
    error::InitError,
    scheme::{axes::Axes, shape::Shape},
};

/// The largest number of axes of an image.
const IMAGE: usize = 3;

/// The order in which the output channels of a sub-pixel convolution become the pixels of the large image.
/// It makes no difference for a transposed convolution, which has no such channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SubPixel {
    /// All pixels of one channel follow one another, as in PyTorch's `PixelShuffle` and ONNX's mode CRD.
    PixelShuffle,
    /// All channels of one pixel follow one another, as in TensorFlow's `depth_to_space` and ONNX's mode
    /// DCR.
    DepthToSpace,
}

impl SubPixel {
    /// Returns (run length, copies) for a tensor in which each run of values from the convolution before
    /// upscaling stands several times in a row. The array holds the element counts before, at and after
    /// the output axis. `outputs` is the number of outputs before upscaling.
    pub(super) fn repeats(self, [_, all, after]: [usize; 3], outputs: usize) -> (usize, usize) {
        let run = match self {
            Self::PixelShuffle => after,
            Self::DepthToSpace => outputs * after,
        };
        // Without outputs there are no values, so any number of copies will do.
        (run, all.checked_div(outputs).unwrap_or(0))
    }
}

impl Shape {
    /// Returns the convolution before upscaling: `upscale^axes` times fewer output channels, or for a
    /// transposed convolution `upscale` times fewer kernel elements along each axis.
    pub(crate) fn before_upscale(&self, upscale: usize) -> Result<Self, InitError> {
        let Self { out_channels, groups, .. } = *self;
        let spatial = match self.spatial {
            None | Some(0) => {
                return Err(InitError::RankTooLow { expected: 3, given: self.rank() });
            }
            Some(spatial) if usize::from(spatial) > IMAGE => {
                return Err(InitError::RankTooHigh { expected: 2 + IMAGE, given: self.rank() });
            }
            Some(spatial) => usize::from(spatial),
        };
        if self.transposed {
            let mut small = self.kernel;
            for size in small.iter_mut().take(spatial) {
                let kernel = *size;
                match (kernel.checked_rem(upscale), kernel.checked_div(upscale)) {
                    (Some(0), Some(quotient)) => *size = quotient,
                    _ => return Err(InitError::UpscaleKernel { upscale, kernel }),
                }
            }
            return Ok(self.with_kernel(small));
        }
        if groups != 1 {
            return Err(InitError::Grouped { groups });
        }
        let pixels = (0..spatial).try_fold(1_usize, |pixels, _| pixels.checked_mul(upscale));
        match pixels {
            Some(pixels) if out_channels.checked_rem(pixels) == Some(0) => {
                Ok(Self { out_channels: out_channels / pixels, ..*self })
            }
            _ => Err(InitError::Upscale { upscale, out_channels }),
        }
    }

    /// Returns (run length, copies) for each axis of the kernel, from the first to the last, if the values
    /// are repeated `upscale` times along each axis. The values of a run share an index on this axis.
    pub(super) fn repeats_along_kernel(
        &self,
        axes: &Axes,
        upscale: usize,
    ) -> [(usize, usize); IMAGE] {
        if self.is_bias {
            // A bias has no kernel along which its values could be repeated.
            return [(1, 1); IMAGE];
        }
        let [_, second, last, ..] = self.kernel;
        let used = usize::from(self.spatial.unwrap_or(0));
        let copies = |axis| if axis < used { upscale } else { 1 };
        let run = axes.after_kernel();
        [(run * last * second, copies(0)), (run * last, copies(1)), (run, copies(2))]
    }
}

/// Fills the part from `start` on of a tensor that repeats each run of values of a source tensor `copies`
/// times in a row. `fill` fills a part of the source tensor and returns the number of values that
/// saturated. Returns the number of values in `out` that saturated.
///
/// `fill` is called at most five times, for any length of a run, because each call has to seed the lanes. A
/// group is all copies of one run. From the start to the end of the part, the calls are for the rest of a
/// run, the rest of its group, all whole groups, the first runs of the last group, and the first values of
/// its last run.
pub(super) fn repeated<T: Copy>(
    (run, copies): (usize, usize),
    mut start: usize,
    mut out: &mut [T],
    fill: &mut dyn FnMut(usize, &mut [T]) -> usize,
) -> usize {
    if copies == 1 {
        return fill(start, out);
    }
    let (Some(group), Some(nonzero_run)) = (NonZero::new(run * copies), NonZero::new(run)) else {
        return 0;
    };
    let mut saturated = 0;
    while !out.is_empty() {
        let (groups, within) = (out.len() / group, start % group);
        let skipped = within % nonzero_run;
        let from = start / group * run + skipped;
        let (distinct, copies) = if within == 0 && groups > 0 {
            (groups * run, copies)
        } else if skipped == 0 && out.len() >= run {
            // Whole runs of one group, which are copies of one run.
            (run, (out.len() / nonzero_run).min((group.get() - within) / nonzero_run))
        } else {
            // Part of one run.
            (out.len().min(run - skipped), 1)
        };
        let part = out.split_off_mut(..distinct * copies).unwrap_or_default();
        saturated += copies * fill(from, part.get_mut(..distinct).unwrap_or_default());
        if copies > 1 {
            repeat(run, copies, part);
        }
        start += distinct * copies;
    }
    saturated
}

/// Repeats each of the runs at the beginning of `out` `copies` times, until they fill it.
fn repeat<T: Copy>(run: usize, copies: usize, out: &mut [T]) {
    let all = out.len().checked_div(run).unwrap_or(0);
    // Copies go from the last to the first. The source of a copy never lies behind its target, so it is not
    // overwritten yet.
    for to in (0..all).rev() {
        let from = to.checked_div(copies).unwrap_or(0) * run;
        // The first run is its own source, so the split leaves it out. Other runs don't overlap their source.
        if let Some((head, tail)) = out.split_at_mut_checked(to * run)
            && let Some(source) = head.get(from..).and_then(|head| head.get(..run))
        {
            tail.iter_mut().zip(source).for_each(|(slot, value)| *slot = *value);
        }
    }
}
