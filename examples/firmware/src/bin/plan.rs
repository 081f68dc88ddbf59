//! Makes a plan of constant layers with He's, Xavier's and constant schemes and fills it, to measure how much
//! flash that takes.
#![no_std]
#![no_main]

use core::{
    hint::{black_box, spin_loop},
    panic::PanicInfo,
};

use firmware::{
    board::{self, Memory},
    network::{PLAIN, PLAIN_LEN, PLAIN_TENSORS},
};
use weight_init::{InitError, Plan, Stream};

#[panic_handler]
fn panic(_: &PanicInfo) -> ! {
    loop {
        spin_loop();
    }
}

static WEIGHTS: Memory<[f32; PLAIN_LEN]> = Memory::new([0.0; PLAIN_LEN]);

fn start(weights: &mut [f32]) -> Result<(), InitError> {
    let plan: Plan<PLAIN_TENSORS> = Plan::from_layers(&PLAIN)?;
    plan.fill(Stream::new(black_box(42)), weights)
}

#[board::entry]
fn main() -> ! {
    if let Some(weights) = WEIGHTS.take() {
        black_box((start(weights).is_ok(), weights));
    }
    loop {
        spin_loop();
    }
}
