//! The SIMD backends: one body, [`kernel`], and for each instruction set its operations.
//!
//! # Safety
//!
//! Each backend has a *token*: a type without size, of which only the backend's `available` makes a value,
//! after the processor was asked whether it has the instructions. All entry points take the token,
//! so they are safe: the dispatch can't call a backend that the processor doesn't have. The code in
//! `kernel` is safe altogether. `unsafe` is left in the backends: where instructions become enabled,
//! which the token allows, and where vectors are moved to and from memory.
//!
//! A backend that this target can't have, or that another one was forced instead of, is `absent`: its
//! token is a type without values.
#![allow(clippy::duplicate_mod, reason = "each backend that is absent is the same file")]

#[cfg_attr(
    not(all(
        target_arch = "x86_64",
        target_feature = "sse2", // not so in kernels and firmware, which have no vectors at all
        not(any(weight_init_backend = "portable", weight_init_backend = "avx512"))
    )),
    path = "absent.rs"
)]
pub(super) mod avx2;
#[cfg_attr(
    not(all(
        target_arch = "x86_64",
        target_feature = "sse2",
        not(any(weight_init_backend = "portable", weight_init_backend = "avx2"))
    )),
    path = "absent.rs"
)]
pub(super) mod avx512;
pub(super) mod entry;
#[cfg(all(
    any(
        all(target_arch = "x86_64", target_feature = "sse2"),
        all(target_arch = "aarch64", target_feature = "neon", target_endian = "little")
    ),
    not(weight_init_backend = "portable")
))]
mod kernel;
#[cfg_attr(
    not(all(
        target_arch = "aarch64",
        target_feature = "neon",
        target_endian = "little",
        not(weight_init_backend = "portable")
    )),
    path = "absent.rs"
)]
pub(super) mod neon;
