//! Distributions: the checked request for a fill, where a scheme and a stream meet.

mod fill;
#[cfg(feature = "rayon")]
mod parallel;
mod parameters;
mod samplers;

pub(crate) use self::{fill::TRUNCATED_STD, parameters::SMALLEST};
pub use self::{
    parameters::Distribution,
    samplers::{fill_normal, fill_truncated_normal, fill_uniform},
};
