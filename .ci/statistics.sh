#!/usr/bin/env bash
# Runs the tests in release code, where the statistics have their full size (10⁸ values), and the examples in
# the docs with all features.
source "$(dirname "$0")/common.sh"

cargo test --release -p weight-init -p heavy-tests --features weight-init/alloc,weight-init/half,weight-init/rayon \
    --lib --test tests --test heavy
cargo test -p weight-init --doc --features alloc,half,rayon,serde
