//! The extension module `weight_init._native`: streams, schemes and shapes as Python classes, and `fill`.
//!
//! The order in which the data travels: `stream`, `init` and `shape` hold the classes, `memory` finds out where the
//! values of an array are, `write` puts values there, and `fill` is the Python function that checks the arguments.
//! Docstrings are written here, and types in `weight_init/_native.pyi`.

// Only `memory` and `write` touch the memory of arrays.
#![deny(unsafe_code)]

mod fill;
mod init;
mod memory;
mod shape;
mod stream;
mod write;

use pyo3::prelude::*;

#[pymodule]
mod _native {
    #[pymodule_export]
    use crate::{fill::fill, init::Init, shape::Shape, stream::Stream};
}
