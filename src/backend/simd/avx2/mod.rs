//! The operations of AVX2. Sixteen lanes are two registers. There are no mask registers, no compress and
//! no look-up of 128 entries, so tables are read one entry at a time.
//!
//! Measured on a Zen 5, and dropped:
//!
//! * gathers: 12 cycles for eight entries, where single loads take five
//! * four steps of the lanes at a time: 1.4 times the time of the fast path, because the state of the lanes
//!   leaves the registers
//! * indices extracted from the vector register, and not by way of memory: 1.01 times the time of a fill
//! * a loop over the bits of the mask in `append`: 1.2 times the time of the overhang
//! * one vector of tries at a time: 1.3 times the time of the overhang

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

cpufeatures::new!(features, "avx2", "bmi1", "popcnt");

/// Proves that this processor has AVX2, BMI1 and POPCNT, because only [`available`] makes one.
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

    const BLOCKS: usize = 1;
    const BATCH: usize = 2;
    const MANY_REGISTERS: bool = false;
    // There are no registers left for the rounding.
    const ROUNDS_IN_REGISTERS: bool = false;
    const COUNTS_NAN: bool = true;
    const SIGNED: f32 = 1.0;

    #[inline(always)]
    fn vectorize<T>(self, f: impl FnOnce() -> T) -> T {
        #[inline]
        #[target_feature(enable = "avx2,bmi1,popcnt")]
        fn shell<T>(f: impl FnOnce() -> T) -> T {
            f()
        }
        // SAFETY: `self` proves that the processor has the features.
        unsafe { shell(f) }
    }

    #[inline(always)]
    fn out_of_line<T>(self, f: impl FnOnce() -> T) -> T {
        #[inline(never)]
        #[target_feature(enable = "avx2,bmi1,popcnt")]
        fn simd_out_of_line<T>(f: impl FnOnce() -> T) -> T {
            f()
        }
        // SAFETY: `self` proves that the processor has the features.
        unsafe { simd_out_of_line(f) }
    }

    #[inline(always)]
    fn apart<T>(self, f: impl FnOnce() -> T) -> T {
        #[inline(never)]
        #[target_feature(enable = "avx2,bmi1,popcnt")]
        fn simd_apart<T>(f: impl FnOnce() -> T) -> T {
            f()
        }
        #[inline]
        #[target_feature(enable = "avx2,bmi1,popcnt")]
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
        let mut layers = [[self.splat(0)[0]; 2]; STEPS / 2];
        // Two steps in each iteration, because slots of 8 bits are written for two steps at once.
        for (pair, [first, second]) in layers.iter_mut().enumerate() {
            let values;
            // SAFETY: `self` proves that the processor has the features.
            (values, *first) = unsafe { fast(next(), edges) };
            put(2 * pair, values);
            let values;
            // SAFETY: the same.
            (values, *second) = unsafe { fast(next(), edges) };
            put(2 * pair + 1, values);
        }
        // SAFETY: the same.
        unsafe { rejected_bits(layers) }
    }

    forward_operations!();
}
