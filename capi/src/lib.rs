//! The C interface of `weight-init`. cbindgen makes `include/weight_init.h` from this crate, so the comments on
//! public items are those of the header.
//!
//! Every function checks its pointers for NULL and its numbers for their range. Beyond that, the contract is the
//! usual one of C, which the SAFETY comments call "the caller's contract": a pointer to values points to as many as
//! the function says, they are aligned, and nothing else uses them during the call.

#![cfg_attr(target_os = "none", no_std)]
// An object with some of the features leaves out the rest.
#![cfg_attr(
    not(all(
        feature = "general",
        feature = "constant",
        feature = "normal",
        feature = "truncated-normal",
        feature = "uniform"
    )),
    allow(dead_code, unused_imports)
)]
#![expect(non_camel_case_types, reason = "these are the names in C")]
#![expect(clippy::missing_safety_doc, reason = "the contract is the same for all functions")]

#[cfg(feature = "general")]
mod draw;
mod error;
mod family;
#[cfg(feature = "general")]
mod fill;
#[cfg(feature = "general")]
mod pages;
#[cfg(feature = "general")]
mod plan;
mod raw;
mod scheme;
mod shape;
mod stream;
#[cfg(feature = "general")]
mod verify;

#[cfg(feature = "general")]
pub use self::{draw::*, fill::*, pages::*, plan::*, verify::*};
pub use self::{error::*, family::*, scheme::*, shape::*, stream::*};

/// Nothing in the library panics, so that no linked program contains a call of this function.
#[cfg(all(target_os = "none", feature = "panic-handler"))]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    loop {
        core::hint::spin_loop();
    }
}
