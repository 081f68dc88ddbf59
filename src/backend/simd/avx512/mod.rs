//! The operations of AVX-512 as Ice Lake, Zen 4 and later have it. Sixteen lanes are one register, and the
//! 128 entries of a table fit in registers.
//!
//! The fast path looks its edges up as four planes of bytes: the 64 layers of a group are packed
//! into one register, one `vpermi2b` for each plane finds their bytes, and eight unpacks put them
//! together. That is 16 instructions for 64 values. Four `vpermi2ps` and three blends for each sixteen
//! are 36, and gathers are slower still.
//!
//! Measured on a Zen 5, and dropped:
//!
//! * one block at a time: 1.2 times the time of the fast path, because it is all latency
//! * one vector of tries at a time: 1.2 times the time of a fill
//! * planes put together by byte shuffles: 1.04 times, because only two of four pipes have them
//! * streaming stores: 1.2 to 1.5 times, because the lines of rejected positions are fetched again
//! * both blocks made in a buffer on the stack and copied from there, with ordinary stores (1.5 times),
//!   streaming ones (1.5) or `rep movsb` (1.6): computing and writing take turns

mod lookups;
mod vectors;

use core::mem::MaybeUninit;

use self::{lookups::*, vectors::*};
use super::kernel::{
    ops::{Integers, Simd, forward_operations},
    queue::Queue,
    sizes::{GROUP, WINDOW},
    tables::Overhang,
};
use crate::sampler::ziggurat::Density;

cpufeatures::new!(
    features,
    "avx512f",
    "avx512bw",
    "avx512dq",
    "avx512vbmi",
    "avx512vbmi2",
    "popcnt"
);

/// Proves that this processor has AVX-512 with the extensions F, BW, DQ, VBMI and VBMI2, and POPCNT,
/// because only [`available`] makes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Proof(());

/// Asks this processor.
#[inline]
pub(crate) fn available() -> Option<Proof> {
    features::get().then_some(Proof(()))
}

impl Simd for Proof {
    type U32 = U32;
    type F32 = F32;
    type U64 = U64;
    type Mask = Mask;
    type Edges = Edges;
    type Narrow = Narrow;
    type Counts = Counts;

    const BLOCKS: usize = 2;
    const BATCH: usize = 2;
    const MANY_REGISTERS: bool = true;
    const ROUNDS_IN_REGISTERS: bool = true;
    const COUNTS_NAN: bool = true;
    const SIGNED: f32 = SIGNED;

    #[inline(always)]
    fn vectorize<T>(self, f: impl FnOnce() -> T) -> T {
        #[inline]
        #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vbmi,avx512vbmi2,popcnt")]
        fn shell<T>(f: impl FnOnce() -> T) -> T {
            f()
        }
        // SAFETY: `self` proves that the processor has the features.
        unsafe { shell(f) }
    }

    #[inline(always)]
    fn out_of_line<T>(self, f: impl FnOnce() -> T) -> T {
        #[inline(never)]
        #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vbmi,avx512vbmi2,popcnt")]
        fn simd_out_of_line<T>(f: impl FnOnce() -> T) -> T {
            f()
        }
        // SAFETY: `self` proves that the processor has the features.
        unsafe { simd_out_of_line(f) }
    }

    #[inline(always)]
    fn apart<T>(self, f: impl FnOnce() -> T) -> T {
        #[inline(never)]
        #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vbmi,avx512vbmi2,popcnt")]
        fn simd_apart<T>(f: impl FnOnce() -> T) -> T {
            f()
        }
        #[inline]
        #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vbmi,avx512vbmi2,popcnt")]
        fn shell<T>(f: impl FnOnce() -> T) -> T {
            simd_apart(f)
        }
        // SAFETY: `self` proves that the processor has the features.
        unsafe { shell(f) }
    }

    #[inline(always)]
    fn fast_group(
        self,
        edges: &Edges,
        mut next: impl FnMut() -> U32,
        mut put: impl FnMut(usize, F32),
    ) -> u64 {
        let words = [next(), next(), next(), next()];
        // SAFETY: `self` proves that the processor has the features.
        let ([a, b, c, d], rejected) = unsafe { fast(words, edges) };
        put(0, a);
        put(1, b);
        put(2, c);
        put(3, d);
        rejected
    }

    #[inline(always)]
    fn write_more_halves<T>(self, slots: &mut [MaybeUninit<T>; 32], values: [F32; 2], f16: bool) {
        // SAFETY: `self` proves that the processor has the features.
        unsafe { write_more_halves(slots, values, f16) }
    }

    #[inline(always)]
    fn write_more_integers<T>(
        self,
        slots: &mut [MaybeUninit<T>; GROUP],
        integers: [Narrow; 4],
        to: Integers,
        counts: &mut Counts,
    ) {
        // SAFETY: `self` proves that the processor has the features.
        unsafe { write_more_integers(slots, integers, to, counts) }
    }

    forward_operations!();
}
