//! The uniform sampler: one multiplication, and for bounds that are not symmetric an addition and a clamp.

use super::signed;

/// A uniform distribution, ready to be sampled.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Uniform {
    pub(crate) low: f32,
    pub(crate) high: f32,
    pub(crate) middle: f32,
    /// Half the width.
    pub(crate) half: f32,
}

impl Uniform {
    /// Returns the distribution between two bounds. They are halved before they are added or subtracted,
    /// so that the widest bounds don't overflow.
    #[inline]
    pub(crate) const fn new(low: f32, high: f32) -> Self {
        let uniform = Self { low, high, middle: 0.0, half: high };
        // Without an FPU this saves four calls.
        if uniform.symmetric() {
            return uniform;
        }
        Self { middle: 0.5 * low + 0.5 * high, half: 0.5 * high - 0.5 * low, ..uniform }
    }

    /// Returns a word's offset from the middle. With symmetric bounds the middle is zero, so this is the
    /// value itself. That saves three operations, which matters on a chip without an FPU.
    #[inline]
    pub(crate) fn offset(self, word: u32) -> f32 {
        signed(word) * self.factor()
    }

    /// Returns the factor that a word's signed number is multiplied by.
    #[inline]
    pub(crate) fn factor(self) -> f32 {
        self.half * (1.0 / 16_777_216.0)
    }

    /// Returns the value of a word.
    #[inline]
    pub(crate) fn value(self, word: u32) -> f32 {
        self.around(self.offset(word))
    }

    /// Returns the value at an offset from the middle. It is clamped, because the rounding of the addition
    /// could leave the bounds by one ulp. `f32::clamp` is not used, because it may return a zero of either
    /// sign.
    #[inline]
    pub(crate) fn around(self, offset: f32) -> f32 {
        let value = offset + self.middle;
        let value = if self.low > value { self.low } else { value };
        if self.high < value { self.high } else { value }
    }

    /// Returns whether the bounds, which differ, are symmetric about zero. It compares bits, because without an FPU
    /// a comparison of floats is a call.
    #[inline]
    pub(crate) const fn symmetric(self) -> bool {
        self.low.to_bits() == (-self.high).to_bits()
    }
}

#[cfg(test)]
mod tests {
    use super::Uniform;

    #[test]
    fn bounds_are_symmetric_about_zero_only() {
        assert!(Uniform::new(-0.5, 0.5).symmetric());
        assert!(!Uniform::new(0.0, 1.0).symmetric());
        assert!(!Uniform::new(0.5, 0.5).symmetric());
    }

    /// A value that is zero keeps its sign, even if a bound is a zero of the other sign.
    #[test]
    fn a_value_within_the_bounds_is_not_replaced_by_a_bound() {
        assert_eq!(Uniform::new(-5.0, -0.0).around(2.5).to_bits(), 0);
        assert_eq!(Uniform::new(-0.0, 5.0).around(-2.5).to_bits(), 0);
        assert_eq!(Uniform::new(-1.0, 3.0).around(2.5), 3.0);
        assert_eq!(Uniform::new(-1.0, 3.0).around(-2.5), -1.0);
    }
}
