#!/usr/bin/env bash
# Tests the adapters for frameworks, the command line, and the examples that use other crates. `lints` checks
# their style and documentation.
source "$(dirname "$0")/common.sh"

packages=()
for manifest in {adapters/*,cli,examples/{frameworks,matrices}}/Cargo.toml; do
    packages+=(-p "$(sed -n 's/^name = "\(.*\)"/\1/p' "$manifest" | head -1)")
done

cargo test "${packages[@]}" --all-features
