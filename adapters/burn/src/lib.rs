#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]
#![warn(missing_docs)]

extern crate alloc;

mod error;
mod param;
mod reinit;
mod shape;
mod start;
mod target;
mod values;

pub use weight_init;

pub use self::{
    error::{Error, Reason},
    param::param,
    reinit::Reinit,
    start::Start,
    target::{Kind, Target},
};
