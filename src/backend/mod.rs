//! How the values are computed. What is computed is [`sampler`](crate::sampler)'s affair, and the
//! bits are the same in every backend.
//!
//! This is the only folder with `unsafe` in it, and this file is the only one that knows which
//! processors there are. A backend that this target can't have is `absent`.
#![allow(unsafe_code, reason = "instruction sets, and slots that are not initialised yet")]

#[cfg_attr(
    not(all(
        target_arch = "x86_64",
        target_feature = "sse2", // not so in kernels and firmware, which have no vectors at all
        not(any(weight_init_backend = "portable", weight_init_backend = "avx512"))
    )),
    path = "absent.rs"
)]
mod avx2;
#[cfg_attr(
    not(all(
        target_arch = "x86_64",
        target_feature = "sse2",
        not(any(weight_init_backend = "portable", weight_init_backend = "avx2"))
    )),
    path = "absent.rs"
)]
mod avx512;
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
mod neon;
mod portable;
#[cfg(test)]
mod tests;
#[cfg(feature = "rayon")]
mod threads;

use core::{fmt, mem::MaybeUninit};

use crate::{Stream, sampler::uniform::Uniform};

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

/// The instructions that a fill is made with. All give the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Backend(Kind);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Kind {
    Avx512,
    Avx2,
    Neon,
    Portable,
}

impl Backend {
    /// The code that runs everywhere, and is the specification.
    pub const PORTABLE: Self = Self(Kind::Portable);

    /// The fastest backend that this processor has: what every fill uses that names no other.
    #[inline]
    #[must_use]
    pub fn detect() -> Self {
        if avx512::available() {
            Self(Kind::Avx512)
        } else if avx2::available() {
            Self(Kind::Avx2)
        } else if neon::available() {
            Self(Kind::Neon)
        } else {
            Self::PORTABLE
        }
    }

    /// All backends that this processor has, the fastest first and the portable one last.
    pub fn available() -> impl Iterator<Item = Self> {
        [
            (Kind::Avx512, avx512::available()),
            (Kind::Avx2, avx2::available()),
            (Kind::Neon, neon::available()),
            (Kind::Portable, true),
        ]
        .into_iter()
        .filter_map(|(kind, available)| available.then_some(Self(kind)))
    }

    /// Its name: `avx512`, `avx2`, `neon` or `portable`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self.0 {
            Kind::Avx512 => "avx512",
            Kind::Avx2 => "avx2",
            Kind::Neon => "neon",
            Kind::Portable => "portable",
        }
    }
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What a slice is filled with: parameters that have been checked.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Job {
    Constant(f32),
    Uniform(Uniform),
    Normal {
        mean: f32,
        std: f32,
    },
    /// The words themselves, as bits.
    #[cfg(any(test, feature = "stages"))]
    Words,
    /// The normal's fast path, with NaN where a position left it.
    #[cfg(any(test, feature = "stages"))]
    Fast {
        std: f32,
    },
    /// Every position mended, as if all had left the fast path.
    #[cfg(any(test, feature = "stages"))]
    Overhang {
        std: f32,
    },
}

/// A fill that can't fail: the values of a stream's indices from `start` on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fill {
    pub(crate) backend: Backend,
    pub(crate) job: Job,
    pub(crate) stream: Stream,
    pub(crate) start: u64,
}

impl Fill {
    #[inline]
    pub(crate) fn write(&self, out: &mut [f32]) {
        // SAFETY: `fill` writes initialised values only.
        self.fill(unsafe { uninit(out) });
    }

    #[inline]
    pub(crate) fn write_uninit<'a>(&self, out: &'a mut [MaybeUninit<f32>]) -> &'a mut [f32] {
        self.fill(out);
        // SAFETY: `fill` has written every slot.
        unsafe { init(out) }
    }

    #[cfg(feature = "rayon")]
    pub(crate) fn par_write(&self, out: &mut [f32]) {
        // SAFETY: `par_fill` writes initialised values only.
        self.par_fill(unsafe { uninit(out) });
    }

    #[cfg(feature = "rayon")]
    pub(crate) fn par_write_uninit<'a>(&self, out: &'a mut [MaybeUninit<f32>]) -> &'a mut [f32] {
        self.par_fill(out);
        // SAFETY: `par_fill` has written every slot.
        unsafe { init(out) }
    }

    /// Writes every slot, and nothing but initialised values.
    #[inline]
    fn fill(&self, out: &mut [MaybeUninit<f32>]) {
        let Self { backend, ref job, stream, start } = *self;
        match backend.0 {
            Kind::Portable => portable::fill(job, stream, start, out),
            // SAFETY, for these three: a `Backend` of this kind is made by `detect` and `available`
            // only, after the processor was asked whether it has the instructions.
            Kind::Avx512 => unsafe { avx512::fill(job, stream, start, out) },
            Kind::Avx2 => unsafe { avx2::fill(job, stream, start, out) },
            Kind::Neon => unsafe { neon::fill(job, stream, start, out) },
        }
    }
}

/// A slice as one to write to.
///
/// # Safety
///
/// Nothing may be written that is not initialised.
#[inline]
unsafe fn uninit(out: &mut [f32]) -> &mut [MaybeUninit<f32>] {
    // SAFETY: the layout is the same, and the caller lets every slot hold a value.
    unsafe { &mut *(core::ptr::from_mut(out) as *mut [MaybeUninit<f32>]) }
}

/// A slice as one to read from.
///
/// # Safety
///
/// Every slot must have been written.
#[inline]
unsafe fn init(out: &mut [MaybeUninit<f32>]) -> &mut [f32] {
    // SAFETY: the layout is the same, and the caller has written every slot.
    unsafe { &mut *(core::ptr::from_mut(out) as *mut [f32]) }
}
