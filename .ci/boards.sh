#!/usr/bin/env bash
# Runs the firmware on five boards under QEMU.
source "$(dirname "$0")/common.sh"

packages qemu-system-arm qemu-system-misc
if has thumbv6m-none-eabi && has thumbv7m-none-eabi && has thumbv7em-none-eabihf &&
    has riscv32imc-unknown-none-elf; then
    for target in thumbv6m-none-eabi thumbv7em-none-eabihf riscv32imc-unknown-none-elf; do
        (cd examples/firmware && cargo clippy --release --target "$target" -- -D warnings)
    done
    examples/firmware/boards.sh
else
    # `core` is built with the profile of each program. With a `core` from the function `std`, a He fill took 3 % more
    # instructions on RV32IMC, and the programs in examples/firmware with a plan 4 to 7 % more flash on ARM.
    packages rustc-web rust-web-src libstd-rust-web-dev
    RUSTC_BOOTSTRAP=1 CARGO_FLAGS=-Zbuild-std=core debian examples/firmware/boards.sh
fi
