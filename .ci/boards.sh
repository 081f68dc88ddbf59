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
    # `core` as rustup's: machine code and bitcode, from one codegen unit. Where nothing is linked without
    # whole-program optimisation, bitcode only. (With 16 codegen units a He fill took 3 % more instructions on RV32IMC.)
    std thumbv6m-none-eabi core "-Ccodegen-units=1 -Cembed-bitcode=yes"
    std thumbv7m-none-eabi core "-Ccodegen-units=1 -Clinker-plugin-lto"
    std thumbv7em-none-eabihf core "-Ccodegen-units=1 -Cembed-bitcode=yes"
    std riscv32imc-unknown-none-elf core "-Ccodegen-units=1 -Clinker-plugin-lto"
    debian examples/firmware/boards.sh
fi
