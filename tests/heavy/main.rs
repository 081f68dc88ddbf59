//! Tests that need crates which take long to build: nalgebra, proptest, serde_json.
//!
//! They are a package of their own, so that the tests in `tests/` build in seconds on every target.

mod orthogonal;
mod properties;
mod text;
