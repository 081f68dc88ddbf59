//! Zeros, ones and repetitions at places that the shape decides, or a hash.

use core::{mem, num::NonZero, ops::Range};

use crate::{
    scheme::axes::Axes,
    stream::{Stream, splitmix64},
};

/// In which order the output channels of a sub-pixel convolution become the pixels of a large image.
/// For a transposed convolution, which has no such channels, it makes no difference.
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

/// Fills the part from `start` on of a tensor that repeats every run of values of another tensor so many
/// times. `fill` fills a part of that other one and returns how many values saturated, and so does this.
///
/// `fill` is called at most five times for each call of this, whatever the length of a run: for the rest
/// of a run, whole runs, and whole groups of repeated runs, and then backwards. Each call costs the
/// seeding of lanes.
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
            // Whole runs of one group.
            (run, (out.len() / nonzero_run).min((group.get() - within) / nonzero_run))
        } else {
            // A part of one run.
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

/// Writes the part from `start` on of a tensor that is zero but for one kernel offset, `at`: there
/// it is one where a channel of the minor axis meets the channel of the same number of the major axis
/// in its group. Returns the number of ones.
///
/// The ones are found by division, so the cost follows the part and not the tensor. The part must not
/// be empty and must end within the tensor, so that no index overflows.
pub(super) fn diagonal<T: Copy>(
    axes: &Axes,
    groups: usize,
    at: usize,
    [zero, one]: [T; 2],
    start: usize,
    out: &mut [T],
) -> usize {
    out.fill(zero);
    let of_group = axes.major.checked_div(groups).unwrap_or(0);
    let channels = of_group.min(axes.minor);
    let first = axes.index(0, 0, at);
    // The indices of the ones are first + group × step + channel × step.
    let group = Steps::new(groups, || axes.index(of_group, 0, at) - first);
    let channel = Steps::new(channels, || axes.index(1, 1, at) - first);
    // All ones of one outer step come before those of the next, in every layout.
    let (outer, inner) =
        if group.step > channel.step { (group, channel) } else { (channel, group) };
    let distance = start.saturating_sub(first);
    let (mut i, rest) = (distance / outer.step, distance % outer.step);
    let mut j = rest / inner.step + usize::from(rest % inner.step != 0);
    let mut ones = 0;
    loop {
        if j >= inner.count {
            (i, j) = (i + 1, 0);
        }
        if i >= outer.count || j >= inner.count {
            return ones;
        }
        let index = first + i * outer.step.get() + j * inner.step.get();
        let Some(slot) = index.checked_sub(start).and_then(|offset| out.get_mut(offset)) else {
            return ones;
        };
        *slot = one;
        ones += 1;
        j += 1;
    }
}

/// Equal steps between indices.
struct Steps {
    count: usize,
    step: NonZero<usize>,
}

impl Steps {
    /// `step` is only asked for if there is a second index, because it may overflow otherwise.
    fn new(count: usize, step: impl FnOnce() -> usize) -> Self {
        let step = if count > 1 { NonZero::new(step()) } else { None };
        Self { count, step: step.unwrap_or(NonZero::<usize>::MAX) }
    }
}

/// Chooses ⌈`sparsity` × outputs⌉ weights of each input that are to be zero, and hands on those in a
/// part of a dense layer, by their offsets from its start.
///
/// An output is taken with the probability (still to be taken) / (still to come) (Knuth, "The art of
/// computer programming", 3.4.2, algorithm S), so every choice is equally likely. The random number of
/// output o and input i is the upper half of SplitMix64's output o, seeded with the key of block i of
/// the stream's `"zeros"`.
///
/// The choice at an output depends on the choices before it. So only inputs that have a weight in the
/// part are walked, each from output 0 to its last output in the part: at most `outputs` hashes for
/// each of them. The part must not be empty and must end within the tensor.
pub(super) fn sparse(
    axes: &Axes,
    sparsity: f32,
    stream: Stream,
    part: Range<usize>,
    mut zero: impl FnMut(usize),
) {
    let (outputs, inputs) = axes.outputs_and_inputs();
    let (Some(nonzero_inputs), Some(nonzero_outputs)) =
        (NonZero::new(inputs), NonZero::new(outputs))
    else {
        return;
    };
    let zeros = number_of_zeros(sparsity, outputs) as u64;
    let stream = stream.named("zeros");
    let [per_output, per_input] = axes.dense_steps();
    // The inputs in the part: a run that may wrap around, or whole rows of outputs.
    let (first, count) = if per_input == 1 {
        (part.start % nonzero_inputs, part.len().min(inputs))
    } else {
        let first = part.start / nonzero_outputs;
        (first, (part.end - 1) / nonzero_outputs - first + 1)
    };
    for step in 0..count {
        let past_first = inputs - first;
        let input = if step < past_first { first + step } else { step - past_first };
        let key = stream.block_key(input as u64);
        let mut wanted = zeros;
        for output in 0..outputs {
            let index = output * per_output + input * per_input;
            if wanted == 0 || index >= part.end {
                break;
            }
            let random = splitmix64(key, output as u64) >> 32;
            if (random * (outputs - output) as u64) >> 32 < wanted {
                wanted -= 1;
                if let Some(offset) = index.checked_sub(part.start) {
                    zero(offset);
                }
            }
        }
    }
}

/// Returns ⌈`sparsity` × outputs⌉, less the rounding error of the product: so 0.07 of 100 is 7 and not
/// 8, because 0.07 as an `f32` is a little larger. Where that error would be half a weight, it is kept.
fn number_of_zeros(sparsity: f32, outputs: usize) -> usize {
    if sparsity == 1.0 {
        return outputs;
    }
    let share = sparsity * outputs as f32;
    let roundings = share * (1.0 / 4_194_304.0);
    let share = if roundings < 0.5 { share - roundings } else { share };
    let zeros = share as usize + usize::from(share as usize as f32 != share);
    zeros.min(outputs)
}
