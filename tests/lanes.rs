//! Each lane is `rand_xoshiro`'s generator, and together the lanes are a generator for `rand_core`.

use rand_core::{Rng, SeedableRng};
use rand_xoshiro::{SplitMix64, Xoshiro128PlusPlus};
use weight_init::{LaneRng, Stream};

#[test]
fn each_lane_is_xoshiro128_plus_plus_seeded_by_splitmix64() {
    for key in [0, 1, u64::MAX, Stream::new(42).block_key(3)] {
        let mut seeds = SplitMix64::seed_from_u64(key);
        let mut lanes: Vec<Xoshiro128PlusPlus> = (0..16)
            .map(|_| {
                let mut seed = [0; 16];
                seeds.fill_bytes(&mut seed);
                Xoshiro128PlusPlus::from_seed(seed)
            })
            .collect();
        let mut rng = LaneRng::seed_from_u64(key);
        for position in 0..4 * 4096 {
            assert_eq!(rng.next_u32(), lanes[position % 16].next_u32(), "key {key}, {position}");
        }
    }
}

#[test]
fn words_double_words_and_bytes_are_the_same_sequence() {
    let key = 0x0123_4567_89ab_cdef_u64;
    let mut words = LaneRng::from_seed(key.to_le_bytes());
    let (mut doubles, mut bytes) = (LaneRng::seed_from_u64(key), LaneRng::seed_from_u64(key));
    for _ in 0..100 {
        let (low, high) = (words.next_u32(), words.next_u32());
        assert_eq!(doubles.next_u64(), u64::from(high) << 32 | u64::from(low));
        let mut eight = [0; 8];
        bytes.fill_bytes(&mut eight);
        assert_eq!(eight[..4], low.to_le_bytes());
        assert_eq!(eight[4..], high.to_le_bytes());
    }
}

#[test]
fn keys_differ() {
    let root = Stream::new(1);
    let mut streams = vec![root, root.named(""), root.named("a"), root.named("b")];
    streams.extend((0..1000).map(Stream::new).filter(|&s| s != root));
    streams.extend((0..1000).map(|id| root.substream(id)));
    streams.extend((0..1000).map(|id| root.named("a").substream(id)));
    streams.extend((0..1000).map(|id| root.named(&format!("layer{id}.weight"))));
    let mut keys: Vec<u64> =
        streams.iter().flat_map(|s| [0, 1, 2, 1 << 52].map(|b| s.block_key(b))).collect();
    let count = keys.len();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), count);
    assert_ne!(root.substream(1).substream(2), root.substream(2).substream(1));
}

#[test]
fn a_saved_key_is_the_same_stream() {
    let stream = Stream::new(1).named("a");
    assert_eq!(Stream::from_key(stream.key()), stream);
    assert_ne!(Stream::from_key(1), Stream::new(1));
}

#[test]
fn a_stream_from_a_generator_is_the_stream_of_its_next_double_word() {
    let seed = LaneRng::seed_from_u64(9).next_u64();
    assert_eq!(Stream::from_rng(&mut LaneRng::seed_from_u64(9)), Stream::new(seed));
}
