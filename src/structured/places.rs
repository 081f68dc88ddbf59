//! Zeros, ones and repetitions at places that the shape decides, or a hash.

use core::mem;

use crate::{Stream, shape::Axes, stream::splitmix64};

/// In which order the output channels of a sub-pixel convolution become the pixels of a large image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SubPixel {
    /// The pixels of one channel follow one another: PyTorch's `PixelShuffle`, ONNX' mode CRD.
    PixelShuffle,
    /// The channels of one pixel follow one another: TensorFlow's `depth_to_space`, ONNX' mode DCR.
    DepthToSpace,
}

impl SubPixel {
    /// The channel of the small convolution, which has `outputs`, whose kernel a channel gets.
    fn source(self, channel: usize, outputs: usize, all: usize) -> usize {
        // No shape with a channel has no outputs, and all are a multiple of them.
        match self {
            Self::PixelShuffle => channel / all.checked_div(outputs).unwrap_or(1).max(1),
            Self::DepthToSpace => channel.checked_rem(outputs).unwrap_or(0),
        }
    }
}

/// Repeats the values of a tensor with `outputs` channels, which are the first ones in `out`, in one
/// that has more, `all`: the axes before that of the outputs, it, and those after it.
pub(super) fn repeat(
    [before, all, after]: [usize; 3],
    outputs: usize,
    order: SubPixel,
    out: &mut [f32],
) {
    // From the last to the first: what is copied lies not behind where it goes.
    for before in (0..before).rev() {
        for channel in (0..all).rev() {
            let from = (before * outputs + order.source(channel, outputs, all)) * after;
            let to = (before * all + channel) * after;
            // They are the same, or don't overlap.
            if let Some((head, tail)) = out.split_at_mut_checked(to)
                && let Some(source) = head.get(from..).and_then(|head| head.get(..after))
            {
                tail.iter_mut().zip(source).for_each(|(slot, value)| *slot = *value);
            }
        }
    }
}

/// A part of what [`repeat`] gives, from `start` on. `fill` fills a part of the small tensor.
pub(super) fn repeated_part(
    [_, all, after]: [usize; 3],
    outputs: usize,
    order: SubPixel,
    mut start: usize,
    mut out: &mut [f32],
    mut fill: impl FnMut(usize, &mut [f32]),
) {
    while !out.is_empty() && after > 0 && all > 0 {
        let (run, skipped) = (start / after, start % after);
        let (before, channel) = (run / all, run % all);
        let from = (before * outputs + order.source(channel, outputs, all)) * after + skipped;
        let len = out.len().min(after - skipped);
        fill(from, out.split_off_mut(..len).unwrap_or_default());
        start += len;
    }
}

/// Moves a matrix of channels, which are the first values in `out`, to one place of the kernel. The
/// others are zeros, and so is what is left.
pub(super) fn spread(axes: &Axes, place: usize, out: &mut [f32]) {
    let (rows, cols) = axes.channels();
    // From the last to the first: none goes to a place before its own.
    for row in (0..rows).rev() {
        for col in (0..cols).rev() {
            let value = out.get_mut(row * cols + col).map(mem::take).unwrap_or_default();
            if let Some(slot) = out.get_mut(axes.of_channels(row, col, place)) {
                *slot = value;
            }
        }
    }
}

/// Zeros, and `gain` where a channel of the minor axis meets the same of the major axis and of its
/// group, at one place of the kernel: the part from `start` on.
pub(super) fn diagonal(
    axes: &Axes,
    groups: usize,
    place: usize,
    gain: f32,
    start: usize,
    out: &mut [f32],
) {
    out.fill(0.0);
    let of_group = axes.major.checked_div(groups).unwrap_or(0);
    for group in 0..groups {
        for channel in 0..of_group.min(axes.minor) {
            let index = axes.index(group * of_group + channel, channel, place);
            if let Some(slot) = index.checked_sub(start).and_then(|index| out.get_mut(index)) {
                *slot = gain;
            }
        }
    }
}

/// Sets ⌈`sparsity` × outputs⌉ weights of each input to zero, in the part of a dense layer from `start`
/// on. Which ones: output after output is taken with a probability of as many as are still to be taken
/// over as many as are still to come (Knuth, "The art of computer programming", 3.4.2, algorithm S), so
/// every choice is equally likely. The random number of output o and input i is the upper half of
/// SplitMix64's output o, seeded with the key of block i of the stream's `"zeros"`.
pub(super) fn sparse(axes: &Axes, sparsity: f32, stream: Stream, start: usize, out: &mut [f32]) {
    let (outputs, inputs) = axes.outputs_and_inputs();
    // Less by four roundings, so that 0.07 of 100 is 7 and not the next integer; of so many that this is
    // half a weight, as it is.
    let share = sparsity * outputs as f32;
    let roundings = share * (1.0 / 4_194_304.0);
    let share = if roundings < 0.5 { share - roundings } else { share };
    let zeros = share as usize + usize::from(share as usize as f32 != share);
    let zeros = if sparsity == 1.0 { outputs } else { zeros };
    let stream = stream.named("zeros");
    let (per_output, end) = (axes.of_dense(1, 0).max(1), start.saturating_add(out.len()));
    for input in 0..inputs {
        // An input without a weight in this part need not be looked at.
        let first = axes.of_dense(0, input);
        let next = start.saturating_sub(first).div_ceil(per_output);
        if next >= outputs || first + next * per_output >= end {
            continue;
        }
        let key = stream.block_key(input as u64);
        let mut wanted = zeros.min(outputs) as u64;
        for output in 0..outputs {
            let index = first + output * per_output;
            if wanted == 0 || index >= end {
                break;
            }
            let random = splitmix64(key, output as u64) >> 32;
            if (random * (outputs - output) as u64) >> 32 < wanted {
                wanted -= 1;
                if let Some(slot) = index.checked_sub(start).and_then(|index| out.get_mut(index)) {
                    *slot = 0.0;
                }
            }
        }
    }
}
