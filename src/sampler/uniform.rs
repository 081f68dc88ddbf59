//! The uniform: one multiplication.

use super::signed;

/// A uniform distribution, ready to sample.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Uniform {
    pub(crate) low: f32,
    pub(crate) high: f32,
    pub(crate) middle: f32,
    /// Half the width.
    pub(crate) half: f32,
}

impl Uniform {
    /// Halved before they are added, so that the widest bounds don't overflow.
    pub(crate) fn new(low: f32, high: f32) -> Self {
        Self { low, high, middle: 0.5 * low + 0.5 * high, half: 0.5 * high - 0.5 * low }
    }

    /// The value at a position, without the middle. Symmetric bounds have none, and save three
    /// operations, which a chip without an FPU feels.
    #[inline]
    pub(crate) fn offset(self, word: u32) -> f32 {
        signed(word) * self.factor()
    }

    /// What a word's signed number is multiplied with.
    #[inline]
    pub(crate) fn factor(self) -> f32 {
        self.half * (1.0 / 16_777_216.0)
    }

    /// The value at a position. Where the middle is not zero, its addition rounds and could leave
    /// the bounds by one ulp; hence the clamp (not `clamp`, which may choose either of two zeros).
    #[inline]
    pub(crate) fn value(self, word: u32) -> f32 {
        self.around(self.offset(word))
    }

    /// The value at an offset from the middle.
    #[inline]
    pub(crate) fn around(self, offset: f32) -> f32 {
        let value = offset + self.middle;
        let value = if self.low > value { self.low } else { value };
        if self.high < value { self.high } else { value }
    }

    /// Whether the bounds are ±half.
    #[inline]
    pub(crate) fn symmetric(self) -> bool {
        self.low == -self.high
    }
}
