#!/usr/bin/env bash
# Tests the adapters for frameworks, the command line, and the examples that use other crates. `lints` runs Clippy on them.
source "$(dirname "$0")/common.sh"

packages=()
for manifest in adapters/*/Cargo.toml cli/Cargo.toml examples/matrices/Cargo.toml; do
    packages+=(-p "$(sed -n 's/^name = "\(.*\)"/\1/p' "$manifest" | head -1)")
done

title "documentation"
RUSTDOCFLAGS="-D warnings" cargo doc "${packages[@]}" --no-deps --all-features
title "tests"
cargo test "${packages[@]}" --all-features
