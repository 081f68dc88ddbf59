#!/usr/bin/env bash
# Checks formatting, runs Clippy, and builds the documentation.
source "$(dirname "$0")/common.sh"

title "formatting"
cargo fmt --all --check
for manifest in benches/instructions benches/peers/worker benches/wasm examples/firmware; do
    cargo fmt --check --manifest-path "$manifest/Cargo.toml"
done

title "Clippy: every set of features on the library, then all code without features and with all"
# `serde` and `stages` go together, because each adds one file that no other feature touches.
for features in {,alloc}{,",half"}{,",rayon"}{,",serde,stages"}; do
    cargo clippy -p weight-init --lib --features "$features" -- -D warnings
done
cargo clippy -p weight-init --all-targets -- -D warnings
cargo clippy --workspace --all-targets --all-features -- -D warnings
# These packages have profiles of their own. In one folder, their dependencies are those that are built already.
outside() { CARGO_TARGET_DIR=target cargo clippy --manifest-path "$@" -- -D warnings; }
outside benches/peers/worker/Cargo.toml
# The part of the firmware that also runs on this computer.
outside examples/firmware/Cargo.toml --lib --bin train

title "documentation"
RUSTDOCFLAGS="-D warnings" cargo doc -p weight-init --no-deps --document-private-items --all-features
# With the same features as Clippy, so that nothing is checked again.
RUSTDOCFLAGS="-D warnings" cargo doc --workspace --exclude weight-init --lib --no-deps --all-features

title "dead links"
.ci/links.py
