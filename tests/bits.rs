//! The tests that compare bits, in a binary that builds in seconds. `cargo mutants` runs it for every mistake
//! in the samplers. `main.rs` has the same tests and all others.

mod lanes;
mod tables;
mod value_stability;
#[rustfmt::skip]
#[expect(dead_code, reason = "the unit tests of `exp` and `ln` use the rest")]
mod vectors;
