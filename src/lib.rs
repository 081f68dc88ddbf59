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
//!
//! Schemes whose values depend on their places, such as orthogonal matrices, take normals from the same
//! way and go on from there.
#![no_std]
#![deny(unsafe_code)]
#![warn(missing_docs)]

#[forbid(unsafe_code)]
mod activation;
// The only one with `unsafe` in it.
mod backend;
#[forbid(unsafe_code)]
mod distribution;
#[forbid(unsafe_code)]
mod element;
#[forbid(unsafe_code)]
mod error;
#[forbid(unsafe_code)]
mod init;
#[forbid(unsafe_code)]
mod name;
#[cfg(feature = "rayon")]
#[forbid(unsafe_code)]
mod parallel;
#[forbid(unsafe_code)]
mod plan;
#[forbid(unsafe_code)]
mod recurrent;
#[forbid(unsafe_code)]
mod sampler;
#[forbid(unsafe_code)]
mod shape;
#[cfg(feature = "stages")]
#[doc(hidden)]
#[forbid(unsafe_code)]
pub mod stages;
#[forbid(unsafe_code)]
mod stats;
#[forbid(unsafe_code)]
mod stream;
#[forbid(unsafe_code)]
mod structured;

pub use activation::Activation;
pub use backend::Backend;
pub use distribution::{Distribution, fill_normal, fill_truncated_normal, fill_uniform};
pub use element::{Element, FixedPoint};
pub use error::InitError;
pub use init::{Family, FanMode, Init};
pub use name::ParseInitError;
pub use plan::{Layer, Pages, Plan, Role, Tensor, TensorName};
pub use recurrent::Recurrent;
pub use sampler::lanes::LaneRng;
pub use shape::{Dims, Fan, Layout, Shape};
pub use stats::{Mismatch, PlanMismatch, Stats};
pub use stream::Stream;
pub use structured::SubPixel;
pub use structured::orthogonal::{fill_orthogonal, fill_orthogonal_with};
