//! Links only if no panic is left in what it calls: its panic handler needs a function that does not
//! exist. With feature `panic` there is one, which shows that the link can fail.
#![no_std]
#![no_main]

use core::{hint::black_box, panic::PanicInfo};

use firmware::{
    board::{self, Memory},
    network,
};
use weight_init::{
    Activation, Distribution, Init, InitError, Layer, Plan, Shape, Stream, fill_normal,
    fill_uniform,
};

#[panic_handler]
fn panic(_: &PanicInfo) -> ! {
    unsafe extern "C" {
        safe fn a_panic_is_left() -> !;
    }
    a_panic_is_left()
}

const LAYERS: [Layer; 2] = network::layers(16);
const FC1: Shape = Shape::dense(64, 16);
static MEMORY: Memory<[f32; Layer::total_len(&LAYERS)]> =
    Memory::new([0.0; Layer::total_len(&LAYERS)]);

#[board::entry]
fn main() -> ! {
    let filled = MEMORY.take().is_some_and(|memory| everything(black_box(memory)).is_ok());
    board::exit(filled)
}

/// Every way to fill, with arguments that the compiler does not know.
fn everything(memory: &mut [f32]) -> Result<(), InitError> {
    let stream = Stream::new(black_box(42)).named(black_box("model")).substream(black_box(7));
    let (start, shape) = (black_box(70), black_box(FC1));

    let fc1 = memory.get_mut(..shape.try_len()?).unwrap_or_default();
    black_box(Init::he_normal()).fill(stream, &shape, fc1)?;
    let page = memory.get_mut(..64).unwrap_or_default();
    black_box(Init::xavier_uniform().gain(0.5)).fill_range(stream, &shape, start, page)?;
    fill_normal(stream, start, black_box(1.0), 0.1, page)?;
    fill_uniform(stream, start, black_box(-1.0), 0.1, page)?;
    black_box(Distribution::Constant { value: 1.0 }).fill(stream, start, page)?;

    let mut plan: Plan<6> = Plan::from_layers(&black_box(LAYERS))?;
    plan.fill(stream, memory)?;
    plan.fill_range(stream, start, memory.get_mut(..64).unwrap_or_default())?;
    plan.fill_tensor(stream, black_box("fc2.weight"), memory)?;
    for (tensor, values) in plan.slices_mut(memory)? {
        black_box((tensor.range(), values));
    }
    plan.push(black_box(Layer::new("fc3", FC1, Activation::Tanh)))?;
    black_box(plan.tensor(black_box("fc3.bias")));

    #[cfg(feature = "panic")]
    black_box(memory[start as usize]);
    Ok(())
}
