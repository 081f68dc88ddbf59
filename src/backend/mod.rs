//! How the values are computed. What is computed is [`sampler`](crate::sampler)'s affair, and the
//! bits are the same in every backend.
//!
//! This is the only folder with `unsafe` in it, and [`simd`] is the only one that names instruction sets.
#![allow(unsafe_code, reason = "instruction sets, and slots that are not initialised yet")]

mod integer;
mod lanewise;
mod portable;
mod rounded;
mod simd;
#[cfg(test)]
mod tests;
#[cfg(feature = "rayon")]
mod threads;

use core::{fmt, mem::MaybeUninit};

use self::{
    integer::Integer,
    lanewise::{Float, Fresh},
    simd::{avx2, avx512, entry::Entry, neon},
};
pub(crate) use self::{
    integer::sqrt as const_sqrt,
    lanewise::Resumed,
    rounded::{Format, Rounding},
};
use crate::{
    Stream,
    sampler::{BLOCK, uniform::Uniform},
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

/// Whether the portable code takes one lane after the other: on small processors, which have no
/// vectors.
pub(crate) const NO_VECTORS: bool = cfg!(any(
    target_arch = "arm",
    target_arch = "riscv32",
    target_arch = "xtensa",
    target_arch = "avr",
    target_arch = "msp430"
));

// What these say matters for speed and not for bits. The stable compiler does not tell of every
// feature of a processor; where it is silent, they assume that it is not there.

/// Whether a small processor has no FPU. RISC-V's `f` is told by a nightly compiler only.
pub(crate) const NO_FPU: bool = cfg!(any(
    all(target_arch = "arm", not(target_abi = "eabihf")),
    all(target_arch = "riscv32", not(target_feature = "f")),
    target_arch = "avr",
    target_arch = "msp430"
));

/// Whether one without an FPU has no product of two words either: Armv6-M, and otherwise only Arms
/// older than that. Those have no atomic exchange, which is told. (The Cortex-M23 has one, and so is
/// not told from larger processors.)
const NO_LONG_PRODUCT: bool = cfg!(all(target_arch = "arm", not(target_has_atomic = "32")));

/// Whether it has no count of leading zeros: these, and RISC-V without Zbb.
const NO_COUNT: bool =
    NO_LONG_PRODUCT || cfg!(all(target_arch = "riscv32", not(target_feature = "zbb")));

/// Integers as this processor multiplies them.
type Whole = Integer<NO_LONG_PRODUCT, NO_COUNT>;

/// The instructions that a fill is made with. All give the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Backend(Kind);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Kind {
    Avx512(avx512::Proof),
    Avx2(avx2::Proof),
    Neon(neon::Proof),
    Portable,
}

impl Backend {
    /// The code that runs everywhere, and is the specification. On small processors, which have no
    /// vectors, it takes one lane after the other.
    pub const PORTABLE: Self = Self(Kind::Portable);

    /// The fastest backend that this processor has: what every fill uses that names no other.
    #[inline]
    #[must_use]
    pub fn detect() -> Self {
        Self::available().next().unwrap_or(Self::PORTABLE)
    }

    /// All backends that this processor has, the fastest first and the portable one last.
    #[inline]
    pub fn available() -> impl Iterator<Item = Self> {
        [
            avx512::available().map(Kind::Avx512),
            avx2::available().map(Kind::Avx2),
            neon::available().map(Kind::Neon),
            Some(Kind::Portable),
        ]
        .into_iter()
        .flatten()
        .map(Self)
    }

    /// Its name: `avx512`, `avx2`, `neon` or `portable`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self.0 {
            Kind::Avx512(_) => "avx512",
            Kind::Avx2(_) => "avx2",
            Kind::Neon(_) => "neon",
            Kind::Portable => "portable",
        }
    }

    /// Makes rows of normals orthonormal, and multiplies them by a gain.
    pub(crate) fn orthogonal(self, cols: usize, gain: f32, out: &mut [f32]) {
        match self.0 {
            Kind::Portable => portable::orthogonal(cols, gain, out),
            Kind::Avx512(proof) => proof.orthogonal(cols, gain, out),
            Kind::Avx2(proof) => proof.orthogonal(cols, gain, out),
            Kind::Neon(proof) => proof.orthogonal(cols, gain, out),
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
    /// Cut off at 2 `sigma` from the mean.
    Truncated {
        mean: f32,
        sigma: f32,
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

/// No rounding: the slots are `f32`.
pub(crate) type Same = crate::element::Float<f32>;

/// A fill that can't fail: the values of a stream's indices from `start` on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fill {
    pub(crate) backend: Backend,
    pub(crate) job: Job,
    pub(crate) stream: Stream,
    pub(crate) start: u64,
}

impl Fill {
    #[inline(always)]
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

    /// Lane by lane, from where the lanes were left.
    pub(crate) fn write_resumed(&self, lanes: &mut Resumed, out: &mut [f32]) {
        // SAFETY: `fill_resumed` writes initialised values only.
        self.fill_resumed(lanes, unsafe { uninit(out) });
    }

    /// Writes every slot, as `fill` does.
    fn fill_resumed(&self, lanes: &mut Resumed, out: &mut [MaybeUninit<f32>]) {
        let Self { ref job, stream, start, .. } = *self;
        if NO_FPU {
            lanewise::fill::<Whole>(job, stream, start, lanes, out);
        } else {
            lanewise::fill::<Float>(job, stream, start, lanes, out);
        }
    }

    #[cfg(feature = "rayon")]
    pub(crate) fn par_write(&self, out: &mut [f32]) {
        // SAFETY: `par_fill_rounded` writes initialised values only.
        self.par_fill_rounded(Same::new(), unsafe { uninit(out) });
    }

    #[cfg(feature = "rayon")]
    pub(crate) fn par_write_uninit<'a>(&self, out: &'a mut [MaybeUninit<f32>]) -> &'a mut [f32] {
        self.par_fill_rounded(Same::new(), out);
        // SAFETY: `par_fill_rounded` has written every slot.
        unsafe { init(out) }
    }

    /// Writes every slot, and nothing but initialised values.
    #[inline(always)]
    fn fill(&self, out: &mut [MaybeUninit<f32>]) {
        self.fill_rounded(Same::new(), out);
    }

    /// The same for slots of any format. The number of values that saturated.
    #[inline(always)]
    fn fill_rounded<R: Rounding>(&self, rounding: R, out: &mut [MaybeUninit<R::Slot>]) -> usize {
        let Self { backend, ref job, stream, start } = *self;
        match backend.0 {
            Kind::Portable => match R::as_f32(out) {
                Some(out) => {
                    self.fill_portable(out);
                    0
                }
                None => self.fill_chunks(rounding, out),
            },
            Kind::Avx512(proof) => proof.fill(job, stream, start, rounding, out),
            Kind::Avx2(proof) => proof.fill(job, stream, start, rounding, out),
            Kind::Neon(proof) => proof.fill(job, stream, start, rounding, out),
        }
    }

    #[inline(always)]
    fn fill_portable(&self, out: &mut [MaybeUninit<f32>]) {
        let Self { ref job, stream, start, .. } = *self;
        if !NO_VECTORS {
            portable::fill(job, stream, start, out);
        } else if NO_FPU {
            lanewise::fill::<Whole>(job, stream, start, &mut Fresh, out);
        } else {
            lanewise::fill::<Float>(job, stream, start, &mut Fresh, out);
        }
    }
}

/// Cuts a range where the blocks meet, and hands on each part with its block's key and the
/// position within the block at which it begins.
#[inline]
fn for_each_block(
    stream: Stream,
    start: u64,
    mut out: &mut [MaybeUninit<f32>],
    mut fill: impl FnMut(u64, usize, &mut [MaybeUninit<f32>]),
) {
    let mut block = start / BLOCK as u64;
    let mut position = (start % BLOCK as u64) as usize;
    while !out.is_empty() {
        let len = out.len().min(BLOCK - position);
        // Not `split_at_mut`, whose panic is left where it is optimised for size.
        let part = out.split_off_mut(..len).unwrap_or_default();
        fill(stream.block_key(block), position, part);
        (block, position) = (block + 1, 0);
    }
}

/// The square root of a positive normal number, correctly rounded. `core` has none.
#[inline]
pub(crate) fn sqrt(x: f32) -> f32 {
    // In software, libm's is faster and takes four times as much flash.
    if NO_VECTORS { const_sqrt(x) } else { libm::sqrtf(x) }
}

/// Whether a < b, neither of them NaN; of two zeros it may say either. Without an FPU a comparison is
/// a function, and that of integers in the same order is three instructions.
#[inline]
pub(crate) fn below(a: f32, b: f32) -> bool {
    if NO_FPU { ordered(a) < ordered(b) } else { a < b }
}

/// The bits, in the order of the numbers: those of negative numbers grow with the magnitude.
#[inline]
fn ordered(x: f32) -> i32 {
    let bits = x.to_bits() as i32;
    bits ^ ((bits >> 31) as u32 >> 1) as i32
}

/// A slice as one to write to.
///
/// # Safety
///
/// Nothing may be written that is not initialised.
#[inline]
unsafe fn uninit<T>(out: &mut [T]) -> &mut [MaybeUninit<T>] {
    // SAFETY: the layout is the same, and the caller lets every slot hold a value.
    unsafe { &mut *(core::ptr::from_mut(out) as *mut [MaybeUninit<T>]) }
}

/// A slice as one to read from.
///
/// # Safety
///
/// Every slot must have been written.
#[inline]
unsafe fn init<T>(out: &mut [MaybeUninit<T>]) -> &mut [T] {
    // SAFETY: the layout is the same, and the caller has written every slot.
    unsafe { &mut *(core::ptr::from_mut(out) as *mut [T]) }
}
