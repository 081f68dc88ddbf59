#!/usr/bin/env bash
# Checks the optimised library: no panic is left, no operation of a SIMD backend is left as a call, and no fill
# takes more instructions than the record says.
source "$(dirname "$0")/common.sh"

# In one folder, so that the dependencies are built once.
export CARGO_TARGET_DIR=target/assembly

title "no operation of a SIMD backend is left as a call"
benches/calls.sh

title "no panic"
# In the same assembly, which is that of the default profile with the feature `half`. It has a function of a SIMD
# backend, so that a file without them does not pass.
assembly=("$CARGO_TARGET_DIR"/release/deps/weight_init-*.s)
grep -q simd_out_of_line "${assembly[@]}"
if grep -E 'panic|_fail' "${assembly[@]}"; then exit 1; fi

title "instructions per value with AVX2, against the record"
packages valgrind
cargo build --release --manifest-path benches/instructions/Cargo.toml
benches/instructions.py --check --program "$CARGO_TARGET_DIR/release/instructions"
