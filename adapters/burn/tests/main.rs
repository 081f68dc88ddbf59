//! The tests in one program, because linking burn takes longer than they do.

mod backends;
mod digits;
mod errors;
mod formats;
mod layers;
mod properties;
mod state;

use burn_core::tensor::{Device, Tensor};
use weight_init::{Init, Shape, Stream};
use weight_init_burn::weight_init;

const MODEL: Stream = Stream::new(42);

/// Returns the bits of a tensor of `f32`, in row-major order.
fn bits<const D: usize>(tensor: &Tensor<D>) -> Vec<u32> {
    let data = tensor.to_data();
    data.as_slice::<f32>().unwrap().iter().map(|value| value.to_bits()).collect()
}

/// Returns the bits that the core gives a tensor of a name.
fn core(init: Init, name: &str, shape: &Shape) -> Vec<u32> {
    let mut values = vec![0.0_f32; shape.len()];
    init.fill(MODEL.named(name), shape, &mut values).unwrap();
    values.iter().map(|value| value.to_bits()).collect()
}

/// Returns the matrix with rows and columns exchanged.
fn transposed<T: Copy>(matrix: &[T], rows: usize) -> Vec<T> {
    let cols = matrix.len() / rows;
    (0..matrix.len()).map(|i| matrix[i % rows * cols + i / rows]).collect()
}

/// Returns the bits that the core gives the weights of a `Linear`, in burn's order.
fn core_linear(init: Init, name: &str, inputs: usize, outputs: usize) -> Vec<u32> {
    transposed(&core(init, name, &Shape::dense(inputs, outputs)), outputs)
}

/// Returns the device of the backend on ndarray.
#[expect(deprecated, reason = "burn 0.22 has it, and its bits must be those of burn-flex")]
fn ndarray() -> Device {
    Device::ndarray()
}
