//! The normal between two bounds, which truncates it at any number of standard deviations.
//!
//! The value at a position is the normal's, unless that lies outside the bounds. Otherwise it is the first of
//! the position's *redraws* that lies within them. A redraw is a normal value of its own: its word is half a
//! hash, and if the fast path rejects the word, the hashes that follow are tries of the overhang. Every
//! position has its own sequence of hashes, so positions can be redrawn in any order.
//!
//! The truncated normal at ±2 σ has a Ziggurat of its own instead (see [`ziggurat`](super::ziggurat)), which
//! needs no redraws. A Ziggurat for each bound would take its own tables of 1.5 KiB.

use super::{
    overhang::{NEXT_TRY, attempt, first_try},
    ziggurat::{Normal, fast, rejects},
};
use crate::{
    stream::{GOLDEN, mix},
    target::below,
};

/// A normal between two bounds, ready to be sampled.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounded {
    /// The mean and the standard deviation before truncation.
    pub(crate) mean: f32,
    pub(crate) std: f32,
    pub(crate) low: f32,
    pub(crate) high: f32,
}

impl Bounded {
    /// Returns the normal with standard deviation `std`, bounded at `sigmas` standard deviations from the mean.
    pub(crate) fn new(mean: f32, std: f32, sigmas: f32) -> Self {
        let reach = sigmas * std;
        Self { mean, std, low: mean - reach, high: mean + reach }
    }

    /// Returns whether a value lies within the bounds.
    #[inline]
    pub(crate) fn contains(&self, value: f32) -> bool {
        !below(value, self.low) && !below(self.high, value)
    }

    /// Returns the value of a position at which the normal's value lies outside the bounds.
    ///
    /// At least 68 % of the redraws lie within the bounds, because they are at least one standard deviation
    /// away from the mean.
    pub(crate) fn redraw(&self, block_key: u64, position: usize) -> f32 {
        let first = first_redraw(block_key);
        let mut state = first.wrapping_add(GOLDEN.wrapping_mul(position as u64));
        let mut next_hash = || {
            let hash = mix(state);
            state = state.wrapping_add(NEXT_TRY);
            hash
        };
        loop {
            let word = next_hash() as u32;
            let offset = if rejects(word) {
                loop {
                    if let Some(z) = attempt::<Normal>(next_hash()) {
                        break z * self.std;
                    }
                }
            } else {
                fast::<Normal>(word, self.std)
            };
            // No offset is zero, so the sum with a mean of zero is the offset itself.
            let value = offset + self.mean;
            if self.contains(value) {
                return value;
            }
        }
    }
}

/// Returns the SplitMix64 state whose hash is the first redraw of position 0 of a block. The key of the redraws
/// is a hash of the block's key that serves nothing else: the one at offset 0, where the seeds of the lanes have
/// offsets from 1 on.
const fn first_redraw(block_key: u64) -> u64 {
    first_try(mix(block_key))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bounds themselves are within them, for any signs.
    #[test]
    fn the_bounds_are_inclusive() {
        for (mean, std) in [(0.0, 1.0), (-3.0, 0.5), (7.0, 0.1), (3.0, 1.0)] {
            let bounded = Bounded::new(mean, std, 3.0);
            let Bounded { low, high, .. } = bounded;
            assert_eq!((low, high), (mean - 3.0 * std, mean + 3.0 * std));
            assert!(bounded.contains(low) && bounded.contains(high) && bounded.contains(mean));
            assert!(!bounded.contains(low.next_down()) && !bounded.contains(high.next_up()));
            assert!(!bounded.contains(f32::INFINITY) && !bounded.contains(f32::NEG_INFINITY));
        }
    }
}
