//! The SIMD backends: one body, [`kernel`], over the operations of each instruction set.
//!
//! A backend that this target can't have, or that another one was forced instead of, is `absent`.
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
