//! The generator of the words: sixteen xoshiro128++ side by side, on every target.
//!
//! xoshiro128++ is by Blackman & Vigna, "Scrambled linear pseudorandom number generators", 2021. For
//! sixteen lanes, each word of the state takes one AVX-512 register, two AVX2 registers, or four NEON or
//! SSE2 registers. The whole state takes 256 bytes, which fit a Cortex-M0.
//!
//! The state is stored word by word and not lane by lane, so that a step is the same instruction for
//! sixteen lanes. `rand_xoshiro` stores one generator at a time, so it can't be used here. Each lane
//! equals its `Xoshiro128PlusPlus`, which a test checks.

use core::{convert::Infallible, hint::black_box};

use rand_core::{
    SeedableRng, TryRng,
    block::{BlockRng, Generator},
};

use super::LANES;
use crate::stream::splitmix64;

/// One word from each lane, which are the words of 16 consecutive positions.
pub(crate) type Words = [u32; LANES];

/// The number of SplitMix64 outputs that seed the lanes, two for each lane.
pub(crate) const SEED_OUTPUTS: u64 = 2 * LANES as u64;

/// One lane by itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lane {
    state: [u32; 4],
}

impl Lane {
    /// A placeholder for a lane. It is not a valid state, because it would only yield zeros.
    pub(crate) const ZERO: Self = Self { state: [0; 4] };

    /// Returns lane number `lane` of a block. SplitMix64, seeded with the block's key, yields the 16 bytes
    /// of one lane after the other, in little-endian order.
    ///
    /// The seeds are hashed, because linearly related seeds fail PractRand. A state is never all zero,
    /// because two different outputs of one SplitMix64 can't both be zero.
    #[inline]
    pub(crate) fn new(block_key: u64, lane: usize) -> Self {
        let low = splitmix64(block_key, 2 * lane as u64);
        let high = splitmix64(block_key, 2 * lane as u64 + 1);
        Self { state: [low as u32, (low >> 32) as u32, high as u32, (high >> 32) as u32] }
    }

    /// Returns the lane of a position, stepped so that its next word is the one of that position.
    #[inline(never)]
    pub(crate) fn at(block_key: u64, position: usize) -> Self {
        let mut lane = Self::new(block_key, position % LANES);
        for _ in 0..position / LANES {
            lane.step();
        }
        lane
    }

    /// Returns the lane's next word.
    #[inline]
    pub(crate) fn step(&mut self) -> u32 {
        let [s0, s1, s2, s3] = &mut self.state;
        let word = s0.wrapping_add(*s3).rotate_left(7).wrapping_add(*s0);
        let t = *s1 << 9;
        *s2 ^= *s0;
        *s3 ^= *s1;
        *s1 ^= *s2;
        *s0 ^= *s3;
        *s2 ^= t;
        *s3 = s3.rotate_left(11);
        word
    }
}

/// All lanes of a block. Word `i` of the state of lane `l` is `state[i][l]`.
#[derive(Clone, Debug)]
pub(crate) struct Lanes {
    state: [Words; 4],
}

impl Lanes {
    /// Returns the lanes of a block, before their first step.
    pub(crate) fn new(block_key: u64) -> Self {
        let mut state = [[0; LANES]; 4];
        let [s0, s1, s2, s3] = &mut state;
        for lane in 0..LANES {
            // `black_box` keeps the compiler from vectorising this loop with SSE2, which has no 64-bit
            // multiplication. The loop would take 55 ns instead of 33.
            let Lane { state } = Lane::new(black_box(block_key), lane);
            [s0[lane], s1[lane], s2[lane], s3[lane]] = state;
        }
        Self { state }
    }

    /// Returns the next word of each lane.
    #[inline]
    pub(crate) fn step(&mut self) -> Words {
        let mut words = [0; LANES];
        let [s0, s1, s2, s3] = &mut self.state;
        for lane in 0..LANES {
            let mut one = Lane { state: [s0[lane], s1[lane], s2[lane], s3[lane]] };
            words[lane] = one.step();
            [s0[lane], s1[lane], s2[lane], s3[lane]] = one.state;
        }
        words
    }
}

impl Generator for Lanes {
    type Output = Words;

    #[inline]
    fn generate(&mut self, output: &mut Words) {
        *output = self.step();
    }
}

/// The crate's generator, sixteen lanes of xoshiro128++, with the traits of `rand_core`.
///
/// It yields the words that the samplers use: `LaneRng::seed_from_u64(stream.block_key(b))` yields the
/// words of the indices 4096 × `b`, 4096 × `b` + 1, and so on. The samplers take a new key after 4096
/// words. This generator goes on with the same lanes, each of which has a period of 2¹²⁸ − 1.
///
/// It is not cryptographically secure: anyone who sees its words can compute the next ones.
///
/// ```
/// use rand_core::{Rng, SeedableRng};
/// use weight_init::LaneRng;
///
/// let mut rng = LaneRng::seed_from_u64(1);
/// let index = rng.next_u32() % 6;
/// # assert!(index < 6);
/// ```
#[derive(Clone, Debug)]
pub struct LaneRng(BlockRng<Lanes>);

impl SeedableRng for LaneRng {
    type Seed = [u8; 8];

    /// Returns the generator of a block key, given in little-endian order.
    fn from_seed(seed: [u8; 8]) -> Self {
        Self::seed_from_u64(u64::from_le_bytes(seed))
    }

    /// Returns the generator of a block key. The key is not hashed first, because the lanes hash it.
    fn seed_from_u64(block_key: u64) -> Self {
        Self(BlockRng::new(Lanes::new(block_key)))
    }
}

impl TryRng for LaneRng {
    type Error = Infallible;

    #[inline]
    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(self.0.next_word())
    }

    #[inline]
    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.0.next_u64_from_u32())
    }

    #[inline]
    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.0.fill_bytes(bytes);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The loop over lanes of small processors enters a lane at any position.
    #[test]
    fn a_lane_is_entered_at_any_position() {
        let mut lanes = Lanes::new(7);
        for step in 0..40 {
            for (lane, word) in lanes.step().into_iter().enumerate() {
                assert_eq!(
                    Lane::at(7, step * LANES + lane).step(),
                    word,
                    "step {step}, lane {lane}"
                );
            }
        }
    }
}
