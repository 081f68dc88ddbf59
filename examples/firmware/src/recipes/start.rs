//! Fills a network in a `static`, and the same network page by page.

use weight_init::{Activation, InitError, Layer, Plan, Shape, Stream};

const LAYERS: [Layer; 2] = [
    Layer::new("fc1", Shape::dense(16, 24), Activation::Relu), // He
    Layer::new("fc2", Shape::dense(24, 10), Activation::Linear), // Xavier
];
/// Weights and biases: the size of the `static`, or of the flash region, known at compile time.
pub const LEN: usize = Layer::total_len(&LAYERS);
const TENSORS: usize = Layer::tensor_count(&LAYERS);

/// Returns the layout of the network: `fc1.weight`, `fc1.bias`, `fc2.weight`, `fc2.bias`.
pub fn plan() -> Result<Plan<'static, TENSORS>, InitError> {
    Plan::from_layers(&LAYERS)
}

/// Fills the network.
pub fn start(stream: Stream, weights: &mut [f32; LEN]) -> Result<(), InitError> {
    plan()?.fill(stream, weights)
}

/// Hands over the same bits, 64 values at a time, with the index of the first one.
pub fn in_pages(stream: Stream, mut write: impl FnMut(usize, &[f32])) -> Result<(), InitError> {
    let plan = plan()?;
    let mut pages = plan.pages(stream)?;
    let mut page = [0.0; 64];
    while let Some((first, values)) = pages.next_page(&mut page) {
        write(first, values);
    }
    Ok(())
}
