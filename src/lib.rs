#![doc = include_str!("../README.md")]
//!
//! # How the code is laid out
//!
//! ```text
//! Shape ──► Fan ──► Init: std or bound ───────────────┐
//!                                                     ▼
//! seed ──► Stream ──► block key ──► 16 lanes ──► Ziggurat ──► × std ──► caller's slice
//!                                   xoshiro128++   (what left it: a hash of the position)
//! ```
#![no_std]
#![deny(unsafe_code)]
#![warn(missing_docs)]

mod backend;
mod distribution;
mod error;
mod init;
#[cfg(feature = "rayon")]
mod parallel;
mod sampler;
mod shape;
mod stream;

#[cfg(feature = "stages")]
#[doc(hidden)]
pub mod stages;

pub use backend::Backend;
pub use distribution::{Distribution, fill_normal, fill_uniform};
pub use error::InitError;
pub use init::{FanMode, Init};
pub use sampler::lanes::LaneRng;
pub use shape::{Dims, Fan, Layout, Shape};
pub use stream::Stream;
