//! The body of the SIMD backends.

pub(super) mod blocks;
mod fill;
pub(super) mod lanes;
mod math;
pub(super) mod ops;
#[cfg(target_arch = "x86_64")]
pub(super) mod plain;
pub(super) mod queue;
mod resolver;
mod round;
mod rows;
pub(super) mod sizes;
pub(super) mod tables;
mod tries;
mod values;
