//! The hash by which two machines compare a million values.

use weight_init::{Stream, fill_normal};

/// The number of values that are hashed.
pub const VALUES: usize = 1 << 20;

/// Returns the 64-bit FNV-1a of the little-endian bytes of the first [`VALUES`] values of `fill_normal` with seed 42,
/// mean 0 and std 1. `bits`, the program for microcontrollers in `examples/firmware`, prints the same.
#[must_use]
pub fn hash_of_normals() -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325;
    let mut values = [0.0_f32; 4096];
    for start in (0..VALUES).step_by(values.len()) {
        // The request is admissible. If it were refused, the hash would be another one.
        let _ = fill_normal(Stream::new(42), start as u64, 0.0, 1.0, &mut values);
        for byte in values.iter().flat_map(|value| value.to_bits().to_le_bytes()) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
    hash
}

#[cfg(test)]
mod tests {
    #[expect(dead_code, reason = "the tests of the crate use the rest")]
    mod vectors {
        include!("../../../tests/vectors.rs");
    }

    #[test]
    fn the_hash_is_that_of_the_test_vectors() {
        let count = super::VALUES as u64;
        assert_eq!((count, super::hash_of_normals()), vectors::NORMAL_HASH);
    }
}
