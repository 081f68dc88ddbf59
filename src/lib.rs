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

// The only module with `unsafe` in it.
mod backend;
#[forbid(unsafe_code)]
mod distribution;
#[forbid(unsafe_code)]
mod error;
#[forbid(unsafe_code)]
mod network;
#[forbid(unsafe_code)]
mod sampler;
#[forbid(unsafe_code)]
mod scheme;
#[forbid(unsafe_code)]
mod slot;
#[cfg(feature = "stages")]
#[doc(hidden)]
#[forbid(unsafe_code)]
pub mod stages;
#[forbid(unsafe_code)]
mod stream;
#[forbid(unsafe_code)]
mod target;
#[forbid(unsafe_code)]
mod verify;

pub use backend::Backend;
pub use distribution::{Distribution, fill_normal, fill_truncated_normal, fill_uniform};
pub use error::InitError;
pub use network::{Layer, Pages, Plan, PlanMismatch, Recurrent, Role, Tensor, TensorName};
pub use sampler::lanes::LaneRng;
pub use scheme::{
    Activation, Dims, Family, Fan, FanMode, Init, Layout, ParseInitError, Shape, SubPixel,
    fill_orthogonal, fill_orthogonal_with,
};
pub use slot::{Element, FixedPoint};
pub use stream::Stream;
pub use verify::{Mismatch, Stats};
