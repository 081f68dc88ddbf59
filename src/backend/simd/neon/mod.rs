//! The operations of NEON. Sixteen lanes are four registers. There is no 64-bit multiplication, and a
//! look-up of 128 entries would take half of the registers for its table, so both are done one by
//! one. The bits are tested under emulation; the speed has not been measured on hardware.

mod lookups;
mod vectors;

use core::mem::MaybeUninit;

use self::{lookups::*, vectors::*};
use super::kernel::{
    ops::{Integers, Simd, forward_operations},
    queue::Queue,
    sizes::{STEPS, WINDOW},
    tables::Overhang,
};
use crate::sampler::ziggurat::Density;

/// Proves that this processor has NEON. This file is compiled only for targets whose processors all have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Proof(());

/// Always returns a proof, because every supported target has NEON.
#[inline]
pub(crate) const fn available() -> Option<Proof> {
    Some(Proof(()))
}

impl Simd for Proof {
    type U32 = U32;
    type F32 = F32;
    type U64 = U64;
    type Mask = Mask;
    type Edges = Edges;
    type Narrow = Narrow;
    type Counts = Counts;

    const BLOCKS: usize = 1;
    const BATCH: usize = 1;
    const MANY_REGISTERS: bool = false;
    const ROUNDS_IN_REGISTERS: bool = false;
    const COUNTS_NAN: bool = false;
    const SIGNED: f32 = 1.0;

    #[inline(always)]
    fn vectorize<T>(self, f: impl FnOnce() -> T) -> T {
        #[inline]
        #[target_feature(enable = "neon")]
        fn shell<T>(f: impl FnOnce() -> T) -> T {
            f()
        }
        // SAFETY: `self` proves that the processor has the features.
        unsafe { shell(f) }
    }

    #[inline(always)]
    fn out_of_line<T>(self, f: impl FnOnce() -> T) -> T {
        #[inline(never)]
        #[target_feature(enable = "neon")]
        fn simd_out_of_line<T>(f: impl FnOnce() -> T) -> T {
            f()
        }
        // SAFETY: `self` proves that the processor has the features.
        unsafe { simd_out_of_line(f) }
    }

    #[inline(always)]
    fn apart<T>(self, f: impl FnOnce() -> T) -> T {
        #[inline(never)]
        #[target_feature(enable = "neon")]
        fn simd_apart<T>(f: impl FnOnce() -> T) -> T {
            f()
        }
        #[inline]
        #[target_feature(enable = "neon")]
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
        let mut rejected = 0;
        for step in 0..STEPS {
            // SAFETY: `self` proves that the processor has the features.
            let (values, bits) = unsafe { fast(next(), edges) };
            rejected |= u64::from(bits) << (16 * step);
            put(step, values);
        }
        rejected
    }

    forward_operations!();
}
