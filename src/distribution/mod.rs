//! Distributions, and fills of a slice with the values that a stream draws from one.

mod fill;
mod parameters;
mod samplers;

pub(crate) use self::{
    fill::{TRUNCATED_STD, check_range},
    parameters::SMALLEST,
};
pub use self::{
    parameters::Distribution,
    samplers::{fill_normal, fill_truncated_normal, fill_uniform},
};
