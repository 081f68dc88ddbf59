//! The choice of the weights that are zero in a sparse dense layer.

use core::{num::NonZero, ops::Range};

use crate::{
    scheme::{axes::Axes, block::Block},
    stream::{Stream, splitmix64},
};

/// Chooses `zeros` weights of one input of a dense layer. Calls `visit` for each output in
/// ascending order with whether its weight is chosen, until `visit` returns false or no more are chosen.
///
/// The choice follows algorithm S (Knuth, "The art of computer programming", 3.4.2). It goes through the
/// outputs and takes each with the probability (weights still to be taken) / (outputs still to come), so
/// all choices are equally likely. The random number for output o and input i is the upper half of
/// SplitMix64's output o, seeded with `key`, which is the key of block i of the stream's `named("zeros")`.
///
/// The choice at an output depends on the choices before it. Therefore a part of a tensor takes, for each
/// of its inputs, a hash for each output up to its last one.
fn choose(outputs: usize, zeros: usize, key: u64, mut visit: impl FnMut(usize, bool) -> bool) {
    let mut wanted = zeros as u64;
    for output in 0..outputs {
        if wanted == 0 {
            break;
        }
        let random = splitmix64(key, output as u64) >> 32;
        let chosen = (random * (outputs - output) as u64) >> 32 < wanted;
        if !visit(output, chosen) {
            break;
        }
        wanted -= u64::from(chosen);
    }
}

/// Calls `zero` for each chosen weight in the part of a tensor, with its offset from the start of the part.
/// The part must not be empty and must end within the tensor.
pub(super) fn zeros_of_part(
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
    let (zeros, stream) = (number_of_zeros(sparsity, outputs), stream.named("zeros"));
    let [per_output, per_input] = axes.dense_steps();
    // The inputs with a weight in the part. If consecutive indices belong to consecutive inputs, they may
    // wrap around from the last input to the first.
    let (first, count) = if per_input == 1 {
        (part.start % nonzero_inputs, part.len().min(inputs))
    } else {
        let first = part.start / nonzero_outputs;
        (first, (part.end - 1) / nonzero_outputs - first + 1)
    };
    for step in 0..count {
        let past_first = inputs - first;
        let input = if step < past_first { first + step } else { step - past_first };
        choose(outputs, zeros, stream.block_key(input as u64), |output, chosen| {
            let index = output * per_output + input * per_input;
            if index >= part.end {
                return false;
            }
            if chosen && let Some(offset) = index.checked_sub(part.start) {
                zero(offset);
            }
            true
        });
    }
}

/// Calls `zero` for each chosen weight in a block, with its index in the tensor and the offset of its slot.
/// `output_axis` is the number of the axis of the outputs.
pub(super) fn zeros_of_block(
    axes: &Axes,
    sparsity: f32,
    stream: Stream,
    block: &Block,
    output_axis: usize,
    mut zero: impl FnMut(usize, usize),
) {
    let (outputs, _) = axes.outputs_and_inputs();
    let (zeros, stream) = (number_of_zeros(sparsity, outputs), stream.named("zeros"));
    let [per_output, per_input] = axes.dense_steps();
    let outputs_first = output_axis == 0;
    let ends = |axis: usize| {
        let (offset, size) = block.along(axis);
        (offset, offset + size)
    };
    let input_axis = usize::from(outputs_first);
    let ((first, last), (_, end)) = (ends(input_axis), ends(output_axis));
    for input in first..last {
        choose(outputs, zeros, stream.block_key(input as u64), |output, chosen| {
            let indices = if outputs_first { [output, input] } else { [input, output] };
            if chosen && let Some(slot) = block.slot(&indices) {
                zero(output * per_output + input * per_input, slot);
            }
            output + 1 < end
        });
    }
}

/// Returns ⌈`sparsity` × outputs⌉. A bound on the rounding error is subtracted from the product first, so
/// that a sparsity of 0.07 gives 7 of 100 outputs and not 8, although 0.07 as an `f32` is a little larger.
/// If the bound is half a weight or more, nothing is subtracted.
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
