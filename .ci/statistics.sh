#!/usr/bin/env bash
# Runs the tests in release code, where the statistics have their full size (10⁸ values), and the examples in
# the docs with all features.
source "$(dirname "$0")/common.sh"

# With the same packages and features twice, so that the library is built once.
tests() {
    cargo test --release -p weight-init -p heavy-tests \
        --features weight-init/alloc,weight-init/half,weight-init/rayon "$@"
}
tests --lib --test tests --test heavy
tests --doc
