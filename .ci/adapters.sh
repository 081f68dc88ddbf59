#!/usr/bin/env bash
# Checks the adapters for frameworks, the command line and the examples that use other crates' matrices.
source "$(dirname "$0")/common.sh"

packages=()
for manifest in adapters/*/Cargo.toml cli/Cargo.toml examples/matrices/Cargo.toml; do
    packages+=(-p "$(sed -n 's/^name = "\(.*\)"/\1/p;T;q' "$manifest")")
done

title "Clippy"
cargo clippy "${packages[@]}" --all-targets --all-features -- -D warnings
title "documentation"
RUSTDOCFLAGS="-D warnings" cargo doc "${packages[@]}" --no-deps --all-features
title "tests"
cargo test "${packages[@]}" --all-features
