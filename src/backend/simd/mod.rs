//! The SIMD backends: one body, [`kernel`], and for each instruction set its operations.
//!
//! # Safety
//!
//! Each backend has a zero-sized type `Proof`. Only `available` can create a value, and only if the processor
//! has the instructions. Every entry point takes a `Proof`, so it is safe to call.
//!
//! The code in `kernel` has no `unsafe` except for the trait `Plain` and the macro that implements a
//! backend's operations. The backends use `unsafe` for two purposes: to call functions that enable
//! instructions, and to access memory.
//!
//! A backend is `absent` if this target can't have it, or if another one is forced. Its `Proof` then has no
//! values.
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
