//! The sixteen lanes of xoshiro128++, one vector per word of state.

use super::{ops::Simd, tables::SEEDS};

/// The state of all lanes of a block: vector i holds word i of each lane.
#[derive(Clone, Copy)]
pub(crate) struct Lanes<S: Simd> {
    simd: S,
    state: [S::U32; 4],
}

impl<S: Simd> Lanes<S> {
    /// Seeds the lanes of the block with that key.
    #[inline(always)]
    pub(crate) fn new(simd: S, block_key: u64) -> Self {
        let first = simd.add_state(simd.load_states(&SEEDS[0]), block_key);
        let second = simd.add_state(simd.load_states(&SEEDS[1]), block_key);
        let ((s0, s1), (s2, s3)) = (simd.hash(first), simd.hash(second));
        Self { simd, state: [s0, s1, s2, s3] }
    }

    /// Steps all lanes, and drops the words. This is a function apart, because a normal's fill with AVX2 has no registers
    /// left for the state, and a step through memory takes 3.7 ns instead of 1.6 (Zen 4).
    #[inline(always)]
    pub(crate) fn skip(&mut self, steps: usize) {
        // By value, because a reference would keep the state in memory afterwards too.
        let lanes = *self;
        *self = self.simd.apart(
            #[inline(always)]
            move || {
                let mut lanes = lanes;
                for _ in 0..steps {
                    lanes.step();
                }
                lanes
            },
        );
    }

    /// Steps all lanes, and returns one word of each.
    #[inline(always)]
    pub(crate) fn step(&mut self) -> S::U32 {
        // The order of the last two arguments lets a backend without a ternary xor share s0 ^ s2 and so on.
        let (simd, [s0, s1, s2, s3]) = (self.simd, self.state);
        self.state = [
            simd.xor3(s0, s1, s3),
            simd.xor3(s1, s0, s2),
            simd.xor3(simd.shl::<9>(s1), s0, s2),
            simd.rotl::<11, 21>(simd.xor(s1, s3)),
        ];
        simd.add(simd.rotl::<7, 25>(simd.add(s0, s3)), s0)
    }
}
