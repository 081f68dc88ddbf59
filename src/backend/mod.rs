//! How the values are computed. [`sampler`](crate::sampler) defines them; every backend gives the same
//! bits.
//!
//! This is the only folder that contains `unsafe`, and `simd/` is the only one that names instructions.
#![allow(unsafe_code, reason = "instruction sets, and slots that are not initialised yet")]

mod batch;
mod bounds;
mod detect;
mod fill;
mod fill_runs;
mod for_each_block;
mod householder;
mod integer;
mod job;
mod lanewise;
mod name;
mod portable;
mod runs;
#[cfg(test)]
mod runs_tests;
mod simd;
mod slots;
#[cfg(test)]
mod tests;
#[cfg(feature = "rayon")]
mod threads;

#[cfg(feature = "alloc")]
pub(crate) use self::slots::collect;
pub use self::{detect::Backend, name::ParseBackendError};
pub(crate) use self::{
    detect::Executor,
    fill::{Fill, write_one_of_several},
    job::Job,
    lanewise::Resumed,
    runs::{AXES, Axis, Run, Runs},
};

#[cfg(any(
    all(
        weight_init_backend = "avx512",
        not(all(
            target_arch = "x86_64",
            target_feature = "avx512f",
            target_feature = "avx512bw",
            target_feature = "avx512dq",
            target_feature = "avx512vbmi",
            target_feature = "avx512vbmi2",
            target_feature = "popcnt",
        ))
    ),
    all(
        weight_init_backend = "avx2",
        not(all(
            target_arch = "x86_64",
            target_feature = "avx2",
            target_feature = "bmi1",
            target_feature = "popcnt"
        ))
    ),
    all(
        weight_init_backend = "neon",
        not(all(target_arch = "aarch64", target_feature = "neon", target_endian = "little"))
    ),
    all(
        weight_init_backend = "portable",
        any(
            weight_init_backend = "avx2",
            weight_init_backend = "avx512",
            weight_init_backend = "neon"
        )
    ),
    all(weight_init_backend = "avx2", weight_init_backend = "avx512"),
))]
compile_error!(
    "two backends are forced, or one that this target does not have: `avx512` needs x86-64 and \
     `-C target-feature=+avx512f,+avx512bw,+avx512dq,+avx512vbmi,+avx512vbmi2,+popcnt`, `avx2` needs \
     x86-64 and `-C target-feature=+avx2,+bmi1,+popcnt`, `neon` needs little-endian aarch64"
);
