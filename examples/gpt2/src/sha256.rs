//! The hash of the weights, which any computer can check: `sha256sum` and Python's `hashlib` have it too.

use sha2::{Digest, Sha256};

/// Returns the SHA-256 of the little-endian bytes of all values, in hexadecimal digits.
pub fn sha256(values: &[f32]) -> String {
    let mut hash = Sha256::new();
    // Some at a time, because the bytes of all values would take as much memory as these.
    for values in values.chunks(1024) {
        hash.update(values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<_>>());
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The digests are from Python's `hashlib`, of `struct.pack("<…f", 1, 2, …)`.
    #[test]
    fn digests_are_those_of_another_implementation() {
        let values: Vec<f32> = (1..=3000_u16).map(f32::from).collect();
        for (len, digest) in [
            (0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            (1, "e00e5eb9444182f352323374ef4e08ebcb784725fdd4fd612d7730540b3e0c8c"),
            (1024, "2b47af7b80f1f6411c26c52d1be1685f5b8cbb3a233557dd4d371d0a70178377"),
            (3000, "78c9632f864f0e74cc8879f6beff17fcebfdeff697dd540c21f69244532c2a5d"),
        ] {
            assert_eq!(sha256(&values[..len]), digest);
        }
    }
}
