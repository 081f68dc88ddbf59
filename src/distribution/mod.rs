//! Distributions, and fills of a slice with the values that a stream draws from one.

mod cut;
mod fill;
mod parameters;
mod quantize;
mod samplers;

pub use self::{
    cut::Cut,
    parameters::Distribution,
    samplers::{fill_normal, fill_truncated_normal, fill_uniform},
};
pub(crate) use self::{
    cut::{share_within, variance},
    fill::check_range,
    parameters::SMALLEST,
};
