//! A network learns to read digits on the device; and on the computer beside it, for comparison.
#![cfg_attr(target_os = "none", no_std, no_main)]

use core::fmt::Arguments;

use firmware::{network, training::{self, HE, STARTS}};
use weight_init::InitError;

const LARGE: usize = 32;
const SMALL: usize = 16;

/// The networks that this board trains, and for how long. Whether it went as it should.
fn train(memory: &mut [f32; network::len(LARGE)], print: fn(Arguments)) -> Result<bool, InitError> {
    todo!()
}
