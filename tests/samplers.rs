//! The tests of the samplers alone, in a binary that builds in seconds, because it is built once for every
//! mistake that `cargo mutants` and `mutants/run.py` make in the samplers. `main.rs` has the same tests and
//! all others, so `cargo test` leaves this target out.

mod distribution;
mod lanes;
mod size;
mod tables;
mod truncation;
mod value_stability;
#[rustfmt::skip]
#[expect(dead_code, reason = "the unit tests of `exp` and `ln` use the rest")]
mod vectors;
