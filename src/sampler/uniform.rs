//! The uniform: one multiplication.

use super::signed;

/// A uniform distribution, ready to sample.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Uniform {
    low: f32,
    high: f32,
    middle: f32,
    /// Half the width.
    pub(crate) half: f32,
}

impl Uniform {
    /// Halved before they are added, so that the widest bounds don't overflow.
    pub(crate) fn new(low: f32, high: f32) -> Self {
        Self { low, high, middle: 0.5 * low + 0.5 * high, half: 0.5 * high - 0.5 * low }
    }

    /// The value at a position. Where the middle is not zero, its addition rounds and could leave
    /// the bounds by one ulp; hence the clamp. Symmetric bounds give the same bits without, and save
    /// three operations, which a chip without an FPU feels.
    #[inline]
    pub(crate) fn value(self, word: u32) -> f32 {
        let offset = signed(word) * (self.half * (1.0 / 16_777_216.0));
        if self.low == -self.high {
            offset
        } else {
            (offset + self.middle).max(self.low).min(self.high)
        }
    }
}
