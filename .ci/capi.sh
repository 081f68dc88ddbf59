#!/usr/bin/env bash
# Builds the C library as a release would have it, and runs C programs with it here and on six boards under QEMU.
source "$(dirname "$0")/common.sh"

packages cmake g++ pkg-config llvm qemu-system-arm qemu-system-misc \
    gcc-arm-none-eabi libnewlib-arm-none-eabi gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf
title "the header"
cargo test -p weight-init-capi --test header
