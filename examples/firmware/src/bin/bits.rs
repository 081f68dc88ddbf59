//! Computes the test vectors of `tests/value_stability.rs` on the board.
#![no_std]
#![no_main]

use core::panic::PanicInfo;

use firmware::board::{self, println};

#[path = "../../../../tests/value_stability.rs"]
mod value_stability;
#[expect(dead_code, reason = "`exp` and `ln` are not public")]
#[path = "../../../../tests/vectors.rs"]
#[rustfmt::skip]
mod vectors;

#[panic_handler]
fn panic(info: &PanicInfo) -> ! {
    board::panicked(info)
}

#[board::entry]
fn main() -> ! {
    let checks: [(&str, fn()); 18] = [
        ("words", value_stability::words),
        ("normal", value_stability::normal),
        ("truncated normal", value_stability::truncated_normal),
        ("truncated anywhere", value_stability::truncated_anywhere),
        ("uniform", value_stability::uniform),
        ("hashes", value_stability::hashes),
        ("plan", value_stability::plan),
        ("scales", value_stability::scales),
        ("more scales", value_stability::more_scales),
        ("schemes", value_stability::schemes),
        ("orthogonal", value_stability::orthogonal),
        ("sparse and icnr", value_stability::sparse_and_icnr),
        ("formats", value_stability::formats),
        ("blocks", value_stability::blocks),
        ("parts", value_stability::parts),
        ("through", value_stability::through),
        ("resumed", value_stability::resumed),
        ("stats", value_stability::stats),
    ];
    for (name, check) in checks {
        // Panics at the first value that differs.
        check();
        println!("{name}: the same bits");
    }
    #[cfg(arm_fpu)]
    {
        use board::{FLUSH_TO_ZERO_AND_DEFAULT_NAN, TOWARD_ZERO, with_fpscr};

        for (_, check) in checks {
            with_fpscr(FLUSH_TO_ZERO_AND_DEFAULT_NAN, check);
        }
        assert_eq!(with_fpscr(FLUSH_TO_ZERO_AND_DEFAULT_NAN, normals), normals());
        // The rounding mode is part of the format's arithmetic.
        assert_ne!(with_fpscr(TOWARD_ZERO, normals), normals());
    }
    let hash = value_stability::hash_of_normals();
    println!("hash of 2^20 normal values: {hash:#018x}");
    board::exit(true)
}

/// Returns the bits of a few normal values.
#[cfg(arm_fpu)]
fn normals() -> [u32; 64] {
    let mut out = [0.0; 64];
    weight_init::fill_normal(weight_init::Stream::new(42), 0, 0.0, 0.1, &mut out)
        .expect("an admissible request");
    out.map(f32::to_bits)
}
