//! How the words of a group become its values: one type for each kind of job.
//!
//! The four steps are written out, because the compiler doesn't unroll every loop over them.

use super::ops::Simd;
use crate::sampler::uniform::Uniform;

/// Computes a group's values from its words.
pub(crate) trait Values<S: Simd>: Copy {
    /// Calls `next` for the words of each of the four steps, and `put(step, values)` for the results.
    /// Returns a bit for each rejected position, in the order that [`Simd::append_rejected`] takes. Both
    /// closures have to be `#[inline(always)]`.
    ///
    /// The closures let each backend choose how many steps it takes before their values are stored. Four
    /// at once on AVX2 push the state of the lanes out of the registers.
    fn group(self, simd: S, next: impl FnMut() -> S::U32, put: impl FnMut(usize, S::F32)) -> u64;
}

/// Uniform in ±half.
#[derive(Clone, Copy)]
pub(crate) struct Symmetric<S: Simd> {
    scale: S::F32,
}

impl<S: Simd> Symmetric<S> {
    #[inline(always)]
    pub(crate) fn new(simd: S, uniform: Uniform) -> Self {
        let scale = uniform.half * (1.0 / 16_777_216.0) * (1.0 / S::SIGNED);
        Self { scale: simd.splat_f(scale) }
    }
}

impl<S: Simd> Values<S> for Symmetric<S> {
    #[inline(always)]
    fn group(
        self,
        simd: S,
        mut next: impl FnMut() -> S::U32,
        mut put: impl FnMut(usize, S::F32),
    ) -> u64 {
        put(0, simd.mul_f(simd.signed(next()), self.scale));
        put(1, simd.mul_f(simd.signed(next()), self.scale));
        put(2, simd.mul_f(simd.signed(next()), self.scale));
        put(3, simd.mul_f(simd.signed(next()), self.scale));
        0
    }
}

/// Uniform between any bounds.
#[derive(Clone, Copy)]
pub(crate) struct Asymmetric<S: Simd> {
    offset: Symmetric<S>,
    middle: S::F32,
    low: S::F32,
    high: S::F32,
}

impl<S: Simd> Asymmetric<S> {
    #[inline(always)]
    pub(crate) fn new(simd: S, uniform: Uniform) -> Self {
        Self {
            offset: Symmetric::new(simd, uniform),
            middle: simd.splat_f(uniform.middle),
            low: simd.splat_f(uniform.low),
            high: simd.splat_f(uniform.high),
        }
    }
}

impl<S: Simd> Values<S> for Asymmetric<S> {
    #[inline(always)]
    fn group(
        self,
        simd: S,
        next: impl FnMut() -> S::U32,
        mut put: impl FnMut(usize, S::F32),
    ) -> u64 {
        let Self { offset, middle, low, high } = self;
        offset.group(
            simd,
            next,
            #[inline(always)]
            |step, offset| {
                let value = simd.add_f(offset, middle);
                let value = simd.select_f(simd.less_f(value, low), low, value);
                put(step, simd.select_f(simd.less_f(high, value), high, value));
            },
        )
    }
}

/// The fast path of a normal, around zero or around a mean.
pub(crate) struct FastPath<'a, S: Simd, const MEAN: bool> {
    edges: &'a S::Edges,
    mean: S::F32,
}

impl<'a, S: Simd> FastPath<'a, S, false> {
    #[inline(always)]
    pub(crate) fn new(simd: S, edges: &'a S::Edges) -> Self {
        Self { edges, mean: simd.splat_f(0.0) }
    }
}

impl<'a, S: Simd> FastPath<'a, S, true> {
    #[inline(always)]
    pub(crate) fn around(simd: S, edges: &'a S::Edges, mean: f32) -> Self {
        Self { edges, mean: simd.splat_f(mean) }
    }
}

impl<S: Simd, const MEAN: bool> Clone for FastPath<'_, S, MEAN> {
    #[inline(always)]
    fn clone(&self) -> Self {
        *self
    }
}

impl<S: Simd, const MEAN: bool> Copy for FastPath<'_, S, MEAN> {}

impl<S: Simd, const MEAN: bool> Values<S> for FastPath<'_, S, MEAN> {
    #[inline(always)]
    fn group(
        self,
        simd: S,
        next: impl FnMut() -> S::U32,
        mut put: impl FnMut(usize, S::F32),
    ) -> u64 {
        simd.fast_group(
            self.edges,
            next,
            #[inline(always)]
            |step, values| {
                put(step, if MEAN { simd.add_f(values, self.mean) } else { values });
            },
        )
    }
}

/// The words themselves, as bits. With `REJECT`, every position is rejected.
#[cfg(any(test, feature = "stages"))]
#[derive(Clone, Copy)]
pub(crate) struct Words<const REJECT: bool>;

#[cfg(any(test, feature = "stages"))]
impl<S: Simd, const REJECT: bool> Values<S> for Words<REJECT> {
    #[inline(always)]
    fn group(
        self,
        simd: S,
        mut next: impl FnMut() -> S::U32,
        mut put: impl FnMut(usize, S::F32),
    ) -> u64 {
        put(0, simd.float_of_bits(next()));
        put(1, simd.float_of_bits(next()));
        put(2, simd.float_of_bits(next()));
        put(3, simd.float_of_bits(next()));
        if REJECT { u64::MAX } else { 0 }
    }
}
