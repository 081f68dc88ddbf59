//! Makes one He fill and nothing else, to measure how much flash the crate takes.
#![no_std]
#![no_main]

use core::{
    hint::{black_box, spin_loop},
    panic::PanicInfo,
};

use firmware::board::{self, Memory};
use weight_init::{Init, Shape, Stream};

#[panic_handler]
fn panic(_: &PanicInfo) -> ! {
    loop {
        spin_loop();
    }
}

const LAYER: Shape = Shape::dense(64, 32);
static WEIGHTS: Memory<[f32; LAYER.len()]> = Memory::new([0.0; LAYER.len()]);

#[board::entry]
fn main() -> ! {
    if let Some(weights) = WEIGHTS.take() {
        let filled = Init::he_normal().fill(Stream::new(black_box(42)), &LAYER, weights);
        black_box((filled.is_ok(), weights));
    }
    loop {
        spin_loop();
    }
}
