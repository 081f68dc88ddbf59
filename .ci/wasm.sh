#!/usr/bin/env bash
# Compares the bits of WebAssembly, without and with SIMD, with those of other processors. Runs the bench once.
source "$(dirname "$0")/common.sh"

packages nodejs
triple=wasm32-unknown-unknown
build() { # arguments of cargo
    cargo build --manifest-path benches/wasm/Cargo.toml --release --target "$triple" "$@"
}
both() {
    build --target-dir target/wasm
    build --target-dir target/wasm/simd128 --config "target.$triple.rustflags = ['-Ctarget-feature=+simd128']"
}
if has "$triple"; then
    both
else
    std "$triple" core ""
    debian both
fi
node benches/wasm/run.mjs --smoke target/wasm target/wasm/simd128
