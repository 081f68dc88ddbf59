//! The first program of the chapter on firmware, in `docs/firmware.md`.

#![no_std]
#![no_main]

use core::panic::PanicInfo;

use cortex_m_rt::entry;
use semihosting::{print, println, process};
use weight_init::{Activation, InitError, Layer, Plan, Shape, Stream};

const LAYERS: [Layer; 2] = [
    Layer::new("fc1", Shape::dense(64, 32), Activation::Relu), // He
    Layer::new("fc2", Shape::dense(32, 10), Activation::Linear), // Xavier
];
/// Weights and biases: the size of the `static`, known at compile time.
const LEN: usize = Layer::total_len(&LAYERS);
const TENSORS: usize = Layer::tensor_count(&LAYERS);

fn start(stream: Stream, weights: &mut [f32; LEN]) -> Result<(), InitError> {
    let plan: Plan<TENSORS> = Plan::from_layers(&LAYERS)?;
    plan.fill(stream, weights)
}

#[entry]
fn main() -> ! {
    // `entry` makes this a `&'static mut`, because nothing but `main` can reach it.
    static mut WEIGHTS: [f32; LEN] = [0.0; LEN];

    let started = start(Stream::new(42), WEIGHTS);
    println!("{started:?}, {LEN} weights and biases. The first weights:");
    for weight in &WEIGHTS[..4] {
        print!("{:08x} ", weight.to_bits());
    }
    println!();
    process::exit(i32::from(started.is_err()))
}

#[panic_handler]
fn panic(info: &PanicInfo) -> ! {
    println!("{info}");
    process::exit(1)
}
