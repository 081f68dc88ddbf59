//! Keys: from a seed to the key of a stream, from a stream and a name to the key of another stream,
//! and from a stream and a block number to the key of that block.
//!
//! Every step is a hash, and nothing has state. The hash is the finaliser of SplitMix64 (Steele, Lea &
//! Flood, "Fast splittable pseudorandom number generators", 2014, with Stafford's constants "Mix13").
//! It is a bijection of 64-bit words.

use rand_core::Rng;

/// SplitMix64's increment: 2⁶⁴ divided by the golden ratio.
pub(crate) const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

// Tags that are added to a number before it is mixed into a key. They give block 7, substream 7 and a
// name that hashes to 7 three different keys.
const SUBSTREAM: u64 = u64::from_be_bytes(*b"substrea");
const NAME: u64 = u64::from_be_bytes(*b"name\0\0\0\0");
const BLOCK: u64 = u64::from_be_bytes(*b"block\0\0\0");

/// The multipliers of SplitMix64's finaliser.
pub(crate) const MIX: [u64; 2] = [0xbf58_476d_1ce4_e5b9, 0x94d0_49bb_1331_11eb];

/// Returns SplitMix64's finaliser of a word.
pub(crate) const fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(MIX[0]);
    z = (z ^ (z >> 27)).wrapping_mul(MIX[1]);
    z ^ (z >> 31)
}

/// Returns output number `counter`, counted from 0, of SplitMix64 seeded with `key`.
#[inline]
pub(crate) const fn splitmix64(key: u64, counter: u64) -> u64 {
    mix(key.wrapping_add(GOLDEN.wrapping_mul(counter.wrapping_add(1))))
}

/// The 64-bit FNV-1a hash of the empty text.
const FNV_START: u64 = 0xcbf2_9ce4_8422_2325;

/// Continues a 64-bit FNV-1a hash with some bytes.
const fn fnv(mut hash: u64, mut bytes: &[u8]) -> u64 {
    while let [byte, rest @ ..] = bytes {
        hash = (hash ^ *byte as u64).wrapping_mul(0x0000_0100_0000_01b3);
        bytes = rest;
    }
    hash
}

/// Returns the hash of some parts of a name that are joined by dots.
pub(crate) const fn path_hash(mut parts: &[&str]) -> u64 {
    let mut hash = FNV_START;
    let mut separator = "";
    while let [part, rest @ ..] = parts {
        hash = fnv(fnv(hash, separator.as_bytes()), part.as_bytes());
        (separator, parts) = (".", rest);
    }
    hash
}

/// The source of one tensor's values. It is a key, not a running state.
///
/// Every stream stands for an endless sequence of values. The value at index *n* depends only on the
/// stream, on *n* and on the distribution. Therefore a stream is `Copy`, and the same stream gives the
/// same values each time. Every tensor needs a stream of its own, because two tensors with one stream
/// would get the same values:
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
/// The stream of a name depends only on the name and on the stream that it was derived from. Therefore
/// a layer can be added, removed or moved without changing the weights of the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Stream {
    key: u64,
}

impl Stream {
    /// Returns the stream of a seed. All 2⁶⁴ seeds give different streams. No seed is weaker than
    /// another.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { key: splitmix64(seed, 0) }
    }

    /// Returns the stream of a seed that is drawn from a generator, such as a hardware one.
    ///
    /// ```
    /// use rand_core::SeedableRng;
    /// use weight_init::{LaneRng, Stream};
    ///
    /// let mut entropy = LaneRng::seed_from_u64(7); // on a device, its TRNG
    /// let stream = Stream::from_rng(&mut entropy);
    /// ```
    ///
    /// The generator implements `Rng` of `rand_core` 0.10, so it can't fail. With a generator that can,
    /// write `Stream::new(trng.try_next_u64()?)`. Many HALs still implement `rand_core` 0.9 or 0.6. With
    /// either, this line does the same:
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

    /// Returns stream number `id` below this one, for a replica, a head or a layer. Different ids give
    /// different streams. The order matters: `.substream(1).substream(2)` differs from
    /// `.substream(2).substream(1)`.
    #[must_use]
    pub const fn substream(self, id: u64) -> Self {
        Self { key: mix(self.key ^ mix(id.wrapping_add(SUBSTREAM))) }
    }

    /// Returns the stream of a name below this one. The name is hashed by 64-bit FNV-1a. The probability
    /// that any two of a million names collide is 3 × 10⁻⁸.
    #[must_use]
    pub const fn named(self, name: &str) -> Self {
        self.named_bytes(name.as_bytes())
    }

    /// Does the same as [`named`](Self::named) for a name whose bytes need not be UTF-8, such as one from C.
    #[must_use]
    pub const fn named_bytes(self, name: &[u8]) -> Self {
        self.hashed(fnv(FNV_START, name))
    }

    /// Returns the stream of a path below this one. It is the stream of the parts joined by dots, without a
    /// buffer for that name: `.path(&["fc1", "weight"])` is `.named("fc1.weight")`. A part may contain dots
    /// itself.
    ///
    /// Walk a tree of modules so that each tensor gets the path that PyTorch's `state_dict` gives it. Then
    /// the same model starts with the same values in every framework.
    ///
    /// ```
    /// use weight_init::Stream;
    ///
    /// const MODEL: Stream = Stream::new(42);
    /// assert_eq!(MODEL.path(&["blocks", "7", "attn.qkv"]), MODEL.named("blocks.7.attn.qkv"));
    /// assert_eq!(MODEL.path(&[]), MODEL.named(""));
    /// ```
    #[must_use]
    pub const fn path(self, parts: &[&str]) -> Self {
        self.hashed(path_hash(parts))
    }

    /// Returns the stream of a name with that hash below this one.
    pub(crate) const fn hashed(self, name: u64) -> Self {
        Self { key: mix(self.key ^ mix(name.wrapping_add(NAME))) }
    }

    /// Returns the stream's key, to save it. [`from_key`](Self::from_key) restores the stream.
    #[must_use]
    pub const fn key(self) -> u64 {
        self.key
    }

    /// Returns the stream with a given [`key`](Self::key). A key is not a seed, so it is not hashed again.
    #[must_use]
    pub const fn from_key(key: u64) -> Self {
        Self { key }
    }

    /// Returns the key of block number `block`, which holds the indices from 4096 × `block` to
    /// 4096 × `block` + 4095. A [`LaneRng`](crate::LaneRng) seeded with it yields the words that become
    /// the values at these indices.
    #[must_use]
    pub const fn block_key(self, block: u64) -> u64 {
        mix(self.key ^ mix(block.wrapping_add(BLOCK)))
    }
}
