//! One binary for the tests of the public crate, so that it is linked once. Those that need heavy crates
//! are in `heavy/`, with a `main.rs` like this one.
//!
//! `cargo test --release` runs the statistics on 10⁸ values, `cargo test` on fewer.

mod activations;
mod backends_agree;
mod cases;
mod complete;
mod distribution;
mod draw;
mod elements;
mod errors;
mod firmware;
mod imports;
mod lanes;
mod names;
mod originals;
mod orthogonal;
mod plan;
mod plan_formats;
mod quantize;
mod ranges;
mod recurrent;
mod scales;
mod shapes;
mod size;
mod slots;
mod stats;
mod stats_formats;
mod structured;
mod tables;
mod truncation;
mod value_stability;
#[rustfmt::skip]
#[expect(dead_code, reason = "the unit tests of `exp` and `ln` use the rest")]
mod vectors;
