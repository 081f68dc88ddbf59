//! Gives a trained network a new last layer.

use weight_init::{InitError, Plan, Stream};

/// Fills the last layer anew and leaves the rest as it is. `round` counts the heads.
///
/// With the stream `model` itself, which has filled the whole network, the head would begin with the same
/// weights again.
pub fn new_head<const N: usize>(
    plan: &Plan<N>,
    model: Stream,
    round: u64,
    weights: &mut [f32],
) -> Result<(), InitError> {
    let stream = model.substream(round);
    plan.fill_tensor(stream, "fc2.weight", weights)?;
    plan.fill_tensor(stream, "fc2.bias", weights)
}
