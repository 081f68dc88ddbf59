//! Zeros, ones and repetitions at places that the shape decides, or a hash.

use core::{mem, num::NonZero, ops::Range};

use crate::{
    scheme::axes::Axes,
    stream::{Stream, splitmix64},
};

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
    /// How many values follow one another before they are repeated, and how often they are there: in a
    /// tensor with axes before that of the outputs, it, and those after it, made from one that has only
    /// `outputs`.
    pub(super) fn repeats(self, [_, all, after]: [usize; 3], outputs: usize) -> (usize, usize) {
        let run = match self {
            Self::PixelShuffle => after,
            Self::DepthToSpace => outputs * after,
        };
        // Without outputs there are no values.
        (run, all.checked_div(outputs).unwrap_or(0))
    }
}

/// The part from `start` on of a tensor in which every run of another is there so many times. `fill`
/// fills a part of that other one, and tells how many values saturated; so does this.
pub(super) fn repeated<T: Copy>(
    (run, copies): (usize, usize),
    mut start: usize,
    mut out: &mut [T],
    mut fill: impl FnMut(usize, &mut [T]) -> usize,
) -> usize {
    let (Some(group), Some(nonzero_run)) = (NonZero::new(run * copies), NonZero::new(run)) else {
        return 0;
    };
    let mut saturated = 0;
    while !out.is_empty() {
        let (groups, within) = (out.len() / group, start % group);
        let skipped = within % nonzero_run;
        let from = start / group * run + skipped;
        let whole = within == 0 && groups > 0;
        let len = if whole { groups * group.get() } else { out.len().min(run - skipped) };
        let part = out.split_off_mut(..len).unwrap_or_default();
        if whole {
            // All runs in one fill.
            let runs = part.get_mut(..groups * run).unwrap_or_default();
            saturated += copies * fill(from, runs);
            repeat(run, copies, part);
        } else {
            saturated += fill(from, part);
        }
        start += len;
    }
    saturated
}

/// Repeats each of the runs that are the first values in `out`.
fn repeat<T: Copy>(run: usize, copies: usize, out: &mut [T]) {
    let all = out.len().checked_div(run).unwrap_or(0);
    // From the last to the first: what is copied lies not behind where it goes.
    for to in (0..all).rev() {
        let from = to.checked_div(copies).unwrap_or(0) * run;
        // They are the same, or don't overlap.
        if let Some((head, tail)) = out.split_at_mut_checked(to * run)
            && let Some(source) = head.get(from..).and_then(|head| head.get(..run))
        {
            tail.iter_mut().zip(source).for_each(|(slot, value)| *slot = *value);
        }
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

/// Zeros, and ones where a channel of the minor axis meets the same of the major axis and of its
/// group, at one place of the kernel: the part from `start` on. The number of ones.
pub(super) fn diagonal<T: Copy>(
    axes: &Axes,
    groups: usize,
    place: usize,
    [zero, one]: [T; 2],
    start: usize,
    out: &mut [T],
) -> usize {
    out.fill(zero);
    let mut ones = 0;
    let of_group = axes.major.checked_div(groups).unwrap_or(0);
    for group in 0..groups {
        for channel in 0..of_group.min(axes.minor) {
            let index = axes.index(group * of_group + channel, channel, place);
            if let Some(slot) = index.checked_sub(start).and_then(|index| out.get_mut(index)) {
                *slot = one;
                ones += 1;
            }
        }
    }
    ones
}

/// Chooses ⌈`sparsity` × outputs⌉ weights of each input that are to be zero, and hands on the places of
/// those in a part of a dense layer, counted from its start. Which ones: output after output is taken
/// with a probability of as many as are still to be taken over as many as are still to come (Knuth, "The
/// art of computer programming", 3.4.2, algorithm S), so every choice is equally likely. The random number
/// of output o and input i is the upper half of SplitMix64's output o, seeded with the key of block i of
/// the stream's `"zeros"`.
pub(super) fn sparse(
    axes: &Axes,
    sparsity: f32,
    stream: Stream,
    part: Range<usize>,
    mut zero: impl FnMut(usize),
) {
    let (outputs, inputs) = axes.outputs_and_inputs();
    // Less by four roundings, so that 0.07 of 100 is 7 and not the next integer; of so many that this is
    // half a weight, as it is.
    let share = sparsity * outputs as f32;
    let roundings = share * (1.0 / 4_194_304.0);
    let share = if roundings < 0.5 { share - roundings } else { share };
    let zeros = share as usize + usize::from(share as usize as f32 != share);
    let zeros = if sparsity == 1.0 { outputs } else { zeros };
    let stream = stream.named("zeros");
    let per_output = axes.of_dense(1, 0).max(1);
    for input in 0..inputs {
        // An input without a weight in this part need not be looked at.
        let first = axes.of_dense(0, input);
        let next = part.start.saturating_sub(first).div_ceil(per_output);
        if next >= outputs || first + next * per_output >= part.end {
            continue;
        }
        let key = stream.block_key(input as u64);
        let mut wanted = zeros.min(outputs) as u64;
        for output in 0..outputs {
            let index = first + output * per_output;
            if wanted == 0 || index >= part.end {
                break;
            }
            let random = splitmix64(key, output as u64) >> 32;
            if (random * (outputs - output) as u64) >> 32 < wanted {
                wanted -= 1;
                if let Some(place) = index.checked_sub(part.start) {
                    zero(place);
                }
            }
        }
    }
}
