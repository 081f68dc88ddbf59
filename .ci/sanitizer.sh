#!/usr/bin/env bash
# Runs the tests of backends and slots under AddressSanitizer, which needs a nightly toolchain. It doesn't see
# scattered stores; guard values in the tests do.
source "$(dirname "$0")/common.sh"

if rustup toolchain list | grep -q '^nightly'; then
    # Without overflow checks, which the same tests have in `cargo test`.
    CARGO_PROFILE_DEV_OVERFLOW_CHECKS=false RUSTFLAGS="-Zsanitizer=address --cfg weight_init_bits" \
        cargo +nightly test --target-dir target/sanitized --target x86_64-unknown-linux-gnu \
        -p weight-init --features alloc,half,rayon --lib -- backend elements draw
else
    echo "no nightly toolchain: not run"
fi
