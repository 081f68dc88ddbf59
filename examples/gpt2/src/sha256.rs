//! SHA-256 (FIPS 180-4), with which any computer can check the weights: `sha256sum` and Python's `hashlib` have it too.

/// The fractions of the cube roots of the first 64 primes.
#[rustfmt::skip]
const K: [u32; 64] = [
    0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5,
    0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174,
    0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da,
    0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7, 0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967,
    0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85,
    0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070,
    0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
    0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2,
];
/// The fractions of the square roots of the first eight primes.
#[rustfmt::skip]
const START: [u32; 8] = [
    0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
];

/// Returns the SHA-256 of the little-endian bytes of all values, in hexadecimal digits.
pub fn sha256(values: &[f32]) -> String {
    let mut state = START;
    let (blocks, rest) = values.as_chunks::<16>();
    for block in blocks {
        step(&mut state, block.map(|value| value.to_bits().swap_bytes()));
    }
    // A bit that is set, zeros, and the number of bits.
    let mut last = [0_u32; 32];
    for (word, value) in last.iter_mut().zip(rest) {
        *word = value.to_bits().swap_bytes();
    }
    last[rest.len()] = 1 << 31;
    let words = if rest.len() < 14 { 16 } else { 32 };
    let bits = 32 * values.len() as u64;
    last[words - 2] = (bits >> 32) as u32;
    last[words - 1] = bits as u32;
    for block in last[..words].as_chunks().0 {
        step(&mut state, *block);
    }
    state.iter().map(|word| format!("{word:08x}")).collect()
}

fn step(state: &mut [u32; 8], block: [u32; 16]) {
    let mut w = block;
    let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = *state;
    for i in 0..64 {
        if i >= 16 {
            let (x, y) = (w[(i + 1) % 16], w[(i + 14) % 16]);
            let x = x.rotate_right(7) ^ x.rotate_right(18) ^ (x >> 3);
            let y = y.rotate_right(17) ^ y.rotate_right(19) ^ (y >> 10);
            w[i % 16] = w[i % 16].wrapping_add(x).wrapping_add(w[(i + 9) % 16]).wrapping_add(y);
        }
        let choice = (e & f) ^ (!e & g);
        let majority = (a & b) ^ (a & c) ^ (b & c);
        let first = (e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25))
            .wrapping_add(h)
            .wrapping_add(choice)
            .wrapping_add(K[i])
            .wrapping_add(w[i % 16]);
        let second =
            (a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22)).wrapping_add(majority);
        (h, g, f, e) = (g, f, e, d.wrapping_add(first));
        (d, c, b, a) = (c, b, a, first.wrapping_add(second));
    }
    for (word, sum) in state.iter_mut().zip([a, b, c, d, e, f, g, h]) {
        *word = word.wrapping_add(sum);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Examples of FIPS 180-4, and lengths around the end of a block. The other hashes are by Python's `hashlib`.
    #[test]
    fn known_hashes() {
        let text = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
        let values = |text: &str| -> Vec<f32> {
            text.as_bytes().as_chunks().0.iter().map(|&word| f32::from_le_bytes(word)).collect()
        };
        for (values, expected) in [
            (vec![], "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            (values(text), "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"),
            (vec![1.0; 13], "4b2c6fb323d27d10b764063ede096b5ed8f7bb7787ec3c02b1b6bc16fdb244c9"),
            (vec![1.0; 16], "9628e545ed3ac074e5a6cbf542a642b62482fbfca9b4cb3ea4743a1874256e37"),
            (vec![1.0; 31], "b1222603b02ef68c5ed05d17a298cc889778df2fa7c99972b9fbc1af19be62ff"),
        ] {
            assert_eq!(sha256(&values), expected);
        }
    }
}
