#!/usr/bin/env bash
# Builds the library for x86-64 without an operating system.
source "$(dirname "$0")/common.sh"

target=x86_64-unknown-none
if has "$target"; then
    CARGO_TARGET_DIR=target/bare cargo build -p weight-init --release --target "$target"
else
    # Nothing is linked, so the library needs no machine code of `core`.
    std "$target" core "-Zno-codegen -Copt-level=0"
    debian cargo build -p weight-init --release --target "$target"
fi
