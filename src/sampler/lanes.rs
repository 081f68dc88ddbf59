//! The words: sixteen xoshiro128++ side by side, on every target.
//!
//! xoshiro128++ is by Blackman & Vigna, "Scrambled linear pseudorandom number generators", 2021.
//! Sixteen of them are one AVX-512 register per state word, two AVX2, four NEON or SSE2, and 256
//! bytes that fit a Cortex-M0. The state is stored word by word and not lane by lane, so that a
//! step is the same instruction sixteen times; `rand_xoshiro` can't be used for that, but each
//! lane is its `Xoshiro128PlusPlus`, which a test checks.

use core::{convert::Infallible, hint::black_box};

use rand_core::{
    SeedableRng, TryRng,
    block::{BlockRng, Generator},
};

use super::LANES;
use crate::stream::splitmix64;

/// One word from each lane: the words of 16 consecutive positions.
pub(crate) type Words = [u32; LANES];

/// How many outputs of SplitMix64 the lanes take as their seeds: two each.
pub(crate) const SEED_OUTPUTS: u64 = 2 * LANES as u64;

/// One lane by itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lane {
    state: [u32; 4],
}

impl Lane {
    /// No lane: a place for one.
    pub(crate) const ZERO: Self = Self { state: [0; 4] };

    /// A lane of a block. SplitMix64, seeded with the block's key, gives lane after lane its 16
    /// bytes, in little-endian order. Hashed, because linearly related seeds fail PractRand; and
    /// never all zero, because two different outputs of one SplitMix64 can't both be zero.
    #[inline]
    pub(crate) fn new(block_key: u64, lane: usize) -> Self {
        let low = splitmix64(block_key, 2 * lane as u64);
        let high = splitmix64(block_key, 2 * lane as u64 + 1);
        Self { state: [low as u32, (low >> 32) as u32, high as u32, (high >> 32) as u32] }
    }

    /// The lane of a position, about to give that position's word.
    #[inline(never)]
    pub(crate) fn at(block_key: u64, position: usize) -> Self {
        let mut lane = Self::new(block_key, position % LANES);
        for _ in 0..position / LANES {
            lane.step();
        }
        lane
    }

    /// The lane's next word.
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

/// Word `i` of lane `l`'s state is `state[i][l]`.
#[derive(Clone, Debug)]
pub(crate) struct Lanes {
    state: [Words; 4],
}

impl Lanes {
    /// The lanes of a block.
    pub(crate) fn new(block_key: u64) -> Self {
        let mut state = [[0; LANES]; 4];
        let [s0, s1, s2, s3] = &mut state;
        for lane in 0..LANES {
            // Else the compiler takes SSE2 for it, which has no 64-bit multiplication: 55 ns, not 33.
            let Lane { state } = Lane::new(black_box(block_key), lane);
            [s0[lane], s1[lane], s2[lane], s3[lane]] = state;
        }
        Self { state }
    }

    /// One word from each lane.
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

/// The crate's sixteen lanes of xoshiro128++ as a generator for others.
///
/// Its words are those that the samplers see: `LaneRng::seed_from_u64(stream.block_key(b))`
/// yields the words of the indices 4096 × `b`, 4096 × `b` + 1, and so on. The samplers take a new
/// key after 4096 words; this generator goes on, each lane with a period of 2¹²⁸ − 1.
/// It is no cipher: whoever sees its words can compute the next ones.
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

    /// The seed is a block key in little-endian order.
    fn from_seed(seed: [u8; 8]) -> Self {
        Self::seed_from_u64(u64::from_le_bytes(seed))
    }

    /// The seed is the block key itself: it is hashed where it enters the lanes.
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
