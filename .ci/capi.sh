#!/usr/bin/env bash
# Builds the C library as a release would have it, and runs C programs with it here and on six boards under QEMU.
source "$(dirname "$0")/common.sh"

packages cmake g++ pkg-config llvm qemu-system-arm qemu-system-misc \
    gcc-arm-none-eabi libnewlib-arm-none-eabi gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf
title "the header"
cargo test -p capi-header
title "the C library"
if has thumbv6m-none-eabi && has thumbv7m-none-eabi && has thumbv7em-none-eabi && has thumbv7em-none-eabihf &&
    has thumbv8m.main-none-eabihf && has riscv32imc-unknown-none-elf; then
    capi/release.sh
    capi/test.sh
else
    packages rustc-web rust-web-src libstd-rust-web-dev
    # In the folder of the boards, which have built `core` for most of the targets.
    export RUSTC_BOOTSTRAP=1 CARGO_FLAGS=-Zbuild-std=core
    for step in release test; do
        debian env CARGO_TARGET_DIR="$PWD/examples/firmware/target/debian" "capi/$step.sh"
    done
fi
