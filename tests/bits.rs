//! The tests of the bits and of the slots that are written, for CI on other processors and under a sanitizer, where
//! builds and runs are slow: `--cfg weight_init_bits` makes them unit tests of the crate. `main.rs` has the same tests
//! and all others.

mod backends_agree;
pub mod cases;
mod draw;
mod elements;
mod value_stability;
#[rustfmt::skip]
#[expect(dead_code, reason = "the unit tests of `exp` and `ln` use the rest")]
pub mod vectors;
