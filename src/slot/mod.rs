//! The formats that a slot can hold: `f32`, `f64`, the two floating-point formats of 16 bits, and integers.
//!
//! A value is always sampled in `f32` and then rounded to nearest, ties to even. For integers it is multiplied
//! first, and with a scale that is no power of two the product is rounded to `f32`. The roundings
//! are written without branches, with additions, comparisons and the bits of an `f32`, so that the
//! compiler vectorises them.

mod fixed;
mod float;
mod quantization;
mod rounding;

#[allow(unused_imports, reason = "targets without a SIMD backend don't use it")]
pub(crate) use self::rounding::Format;
pub use self::{fixed::FixedPoint, float::Element, quantization::Quantization};
pub(crate) use self::{
    fixed::{Fixed, limits},
    float::{Float, NoRounding},
    quantization::power_of_two,
    rounding::{Rounding, Sink, round},
};
