//! The choice of the weights that are zero in a sparse dense layer.

use core::{num::NonZero, ops::Range};

use crate::{
    scheme::axes::Axes,
    stream::{Stream, splitmix64},
};

/// Chooses ⌈`sparsity` × outputs⌉ weights of each input of a dense layer, and calls `zero` for each chosen
/// weight that lies in the part, with its offset from the start of the part.
///
/// The choice follows algorithm S (Knuth, "The art of computer programming", 3.4.2). It goes through the
/// outputs and takes each with the probability (weights still to be taken) / (outputs still to come), so
/// all choices are equally likely. The random number for output o and input i is the upper half of
/// SplitMix64's output o, seeded with the key of block i of the stream's `named("zeros")`.
///
/// The choice at an output depends on the choices before it. Therefore, for each input with a weight in the
/// part, the loop runs from output 0 to the input's last output in the part, which takes at most `outputs`
/// hashes. Other inputs are skipped. The part must not be empty and must end within the tensor.
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
