//! Where the randomness comes from: a seed becomes a key, a key and a name another key, and a key
//! and a block number the key of that block. Everything here is a hash; nothing has state.
//!
//! The hash is the finaliser of SplitMix64 (Steele, Lea & Flood, "Fast splittable pseudorandom
//! number generators", 2014; constants by Stafford, "Mix13"). It is a bijection of 64-bit words.

use rand_core::Rng;

/// SplitMix64's increment: 2⁶⁴ divided by the golden ratio.
pub(crate) const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// What is mixed into a key keeps its kind: block 7, substream 7 and a name that happens to hash
/// to 7 are three different things.
const SUBSTREAM: u64 = u64::from_be_bytes(*b"substrea");
const NAME: u64 = u64::from_be_bytes(*b"name\0\0\0\0");
const BLOCK: u64 = u64::from_be_bytes(*b"block\0\0\0");

/// The multipliers of SplitMix64's finaliser.
pub(crate) const MIX: [u64; 2] = [0xbf58_476d_1ce4_e5b9, 0x94d0_49bb_1331_11eb];

/// SplitMix64's finaliser.
pub(crate) const fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(MIX[0]);
    z = (z ^ (z >> 27)).wrapping_mul(MIX[1]);
    z ^ (z >> 31)
}

/// Output number `counter` (from 0) of SplitMix64 seeded with `key`.
#[inline]
pub(crate) const fn splitmix64(key: u64, counter: u64) -> u64 {
    mix(key.wrapping_add(GOLDEN.wrapping_mul(counter.wrapping_add(1))))
}

const FNV_START: u64 = 0xcbf2_9ce4_8422_2325;

/// 64-bit FNV-1a of some text, continued after what `hash` is of.
const fn fnv(mut hash: u64, text: &str) -> u64 {
    let mut text = text.as_bytes();
    while let [byte, rest @ ..] = text {
        hash = (hash ^ *byte as u64).wrapping_mul(0x0000_0100_0000_01b3);
        text = rest;
    }
    hash
}

/// Where the values of one tensor come from: a key, not a running state.
///
/// An endless sequence of values belongs to every stream, and the value at index *n* depends on
/// the stream, on *n* and on the distribution, and on nothing else. So a stream is `Copy`, the
/// same stream gives the same values each time, and every tensor wants a stream of its own:
///
/// ```
/// use weight_init::Stream;
///
/// const MODEL: Stream = Stream::new(42);
/// const FC1: Stream = MODEL.named("fc1.weight");
/// let heads = [0, 1, 2, 3].map(|head| MODEL.named("attention").substream(head));
/// assert_ne!(FC1, heads[0]);
/// ```
///
/// Since a name's stream depends on the seed and the name alone, a layer that is added, removed
/// or moved leaves the weights of all the others as they were.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Stream {
    key: u64,
}

impl Stream {
    /// The stream of a seed. All 2⁶⁴ seeds give different streams, and none is weaker than another.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { key: splitmix64(seed, 0) }
    }

    /// The stream of a seed drawn from a generator, such as a hardware one.
    ///
    /// ```
    /// use rand_core::SeedableRng;
    /// use weight_init::{LaneRng, Stream};
    ///
    /// let mut entropy = LaneRng::seed_from_u64(7); // on a device: its TRNG
    /// let stream = Stream::from_rng(&mut entropy);
    /// ```
    ///
    /// The generator is one of `rand_core` 0.10 that can't fail; from one that can, it is
    /// `Stream::new(trng.try_next_u64()?)`. Many HALs still have one of `rand_core` 0.9 or 0.6. There
    /// it is this one line, as the method has that name in both:
    ///
    /// ```
    /// # mod rand_core { pub use rand_core_0_6::{Error, RngCore}; }
    /// use rand_core::RngCore; // 0.6 or 0.9
    /// use weight_init::Stream;
    /// # struct Trng;
    /// # impl RngCore for Trng {
    /// #     fn next_u32(&mut self) -> u32 { 6 }
    /// #     fn next_u64(&mut self) -> u64 { 6 }
    /// #     fn fill_bytes(&mut self, bytes: &mut [u8]) { bytes.fill(6) }
    /// #     fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), rand_core::Error> {
    /// #         Ok(bytes.fill(6))
    /// #     }
    /// # }
    /// # let mut trng = Trng;
    ///
    /// let stream = Stream::new(trng.next_u64());
    /// # assert_eq!(stream, Stream::new(6));
    /// # {
    /// #     use rand_core_0_9::RngCore;
    /// #     struct Trng;
    /// #     impl RngCore for Trng {
    /// #         fn next_u32(&mut self) -> u32 { 9 }
    /// #         fn next_u64(&mut self) -> u64 { 9 }
    /// #         fn fill_bytes(&mut self, bytes: &mut [u8]) { bytes.fill(9) }
    /// #     }
    /// #     let mut trng = Trng;
    /// #     assert_eq!(Stream::new(trng.next_u64()), Stream::new(9));
    /// # }
    /// ```
    #[must_use]
    pub fn from_rng<R: Rng + ?Sized>(rng: &mut R) -> Self {
        Self::new(rng.next_u64())
    }

    /// The stream number `id` below this one: a replica, a head, a layer. Different ids give
    /// different streams, and the order counts: `.substream(1).substream(2)` is not
    /// `.substream(2).substream(1)`.
    #[must_use]
    pub const fn substream(self, id: u64) -> Self {
        Self { key: mix(self.key ^ mix(id.wrapping_add(SUBSTREAM))) }
    }

    /// The stream of that name below this one. The name goes through 64-bit FNV-1a, so that two
    /// of a million names collide with a probability of 3 × 10⁻⁸.
    #[must_use]
    pub const fn named(self, name: &str) -> Self {
        self.hashed(fnv(FNV_START, name))
    }

    /// The stream of the name `layer.part`, without the memory to write it down.
    pub(crate) const fn named_part(self, layer: &str, part: &str) -> Self {
        self.hashed(fnv(fnv(fnv(FNV_START, layer), "."), part))
    }

    const fn hashed(self, name: u64) -> Self {
        Self { key: mix(self.key ^ mix(name.wrapping_add(NAME))) }
    }

    /// The stream's key, by which it can be saved.
    #[must_use]
    pub const fn key(self) -> u64 {
        self.key
    }

    /// The stream with that [`key`](Self::key). A key is not a seed: it is not hashed again.
    #[must_use]
    pub const fn from_key(key: u64) -> Self {
        Self { key }
    }

    /// The key of block `block`, that is of the indices from 4096 × `block` on: the seed of
    /// [`LaneRng`](crate::LaneRng) whose words become the values there.
    #[must_use]
    pub const fn block_key(self, block: u64) -> u64 {
        mix(self.key ^ mix(block.wrapping_add(BLOCK)))
    }
}
