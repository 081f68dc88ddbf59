#!/usr/bin/env bash
# Checks the optimised library: no panic is left, no operation of a SIMD backend is left as a call, and no fill
# takes more instructions than the record says.
source "$(dirname "$0")/common.sh"

title "no panic"
# In one folder, so that the dependencies are built once.
export CARGO_TARGET_DIR=target/assembly
assembly=$CARGO_TARGET_DIR/release/deps
# Removed, so that Cargo writes the assembly again and no file of earlier code remains.
rm -f "$assembly"/weight_init-*.s
cargo clean -q -p weight-init --release
cargo rustc -p weight-init --release --lib -- --emit asm -C codegen-units=1
# The SIMD backends have a function of this name, so that a file without them does not pass.
grep -q simd_out_of_line "$assembly"/weight_init-*.s
if grep -E 'panic|_fail' "$assembly"/weight_init-*.s; then exit 1; fi

title "no operation of a SIMD backend is left as a call"
benches/calls.sh

title "instructions per value with AVX2, against the record"
packages valgrind
cargo build --release --manifest-path benches/instructions/Cargo.toml
benches/instructions.py --check --program "$CARGO_TARGET_DIR/release/instructions"
