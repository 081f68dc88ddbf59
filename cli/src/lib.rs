#![doc = include_str!("../README.md")]
#![deny(unsafe_code)]
#![warn(missing_docs)]

#[cfg(target_endian = "big")]
compile_error!(
    "the values of a safetensors file are little-endian, and this program writes them as they lie in memory"
);

mod error;
mod file;
mod fill;
mod format;
mod names;
mod new_file;
mod picture;
mod plan;
mod source;
mod stats;
mod verify;

pub mod command;

pub use self::{
    error::Error,
    file::{FileTensor, TensorFile},
    fill::Fill,
    format::Format,
    names::Names,
    picture::{PictureFormat, Pictures},
    plan::{Network, PlanError},
    stats::{Histogram, Summary},
    verify::{Difference, Verdict, Verify},
};
