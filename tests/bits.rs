//! The tests of the bits alone, for CI on processors whose builds and emulation are slow. `main.rs` has the same
//! tests and all others, so `cargo test` leaves this target out.

mod backends_agree;
mod cases;
mod elements;
mod value_stability;
#[rustfmt::skip]
#[expect(dead_code, reason = "the unit tests of `exp` and `ln` use the rest")]
mod vectors;
