//! Contains a panic and therefore doesn't link, which proves that `no_panic` would not either.
#![no_std]
#![no_main]

use core::hint::black_box;

use firmware::board;

#[path = "../src/unlinkable.rs"]
mod unlinkable;

#[board::entry]
fn main() -> ! {
    board::exit(black_box([0, 1])[black_box(0)] == 0)
}
