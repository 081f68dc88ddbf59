//! The network behind the page: it starts, is looked at, and learns.
//!
//! All values are `f32` in the order that is written here, without fused operations and with `libm`'s functions.
//! Therefore WebAssembly and every other target compute the same bits, whatever the compiler vectorises. The
//! only exception is the payload of NaN, which is not looked at.
//!
//! ```text
//! architecture ─► pass, products ─┐
//! starts ─────────────────────────┴─► network ─┬─► survey     (every layer's activations and gradients)
//! digits ──────────────────────────────────────┴─► training   (losses)
//! ```
//!
//! Nothing here allocates: the caller lends the memory. `exports` offers the functions to JavaScript.
#![cfg_attr(target_arch = "wasm32", no_std)]

pub mod activation;
pub mod architecture;
pub mod digits;
#[cfg(target_arch = "wasm32")]
mod exports;
pub mod hash;
pub mod network;
pub mod pass;
mod products;
pub mod starts;
pub mod survey;
pub mod training;
