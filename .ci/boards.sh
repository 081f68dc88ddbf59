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
    # `no_panic` is linked without link-time optimisation for the first two, and needs machine code there. All
    # else needs only bitcode.
    for target in thumbv6m-none-eabi thumbv7em-none-eabihf; do std "$target" core -Cembed-bitcode=yes; done
    for target in thumbv7m-none-eabi riscv32imc-unknown-none-elf; do std "$target" core -Clinker-plugin-lto; done
    debian examples/firmware/boards.sh
fi
