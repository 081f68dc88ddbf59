//! Tests that need crates which take long to build: nalgebra, proptest, serde_json.
//!
//! They are a package of their own, so that the tests in `tests/` build in seconds on every target.

#[path = "../cases.rs"]
#[expect(dead_code, reason = "the tests in `tests/` use the rest")]
mod cases;
mod orthogonal;
mod properties;
#[path = "../size.rs"]
mod size;
mod text;
