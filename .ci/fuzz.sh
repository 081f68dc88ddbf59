#!/usr/bin/env bash
# Sends random requests to the public interface for 20 seconds, which find a new mistake that is not rare. By hand it
# runs for longer.
source "$(dirname "$0")/common.sh"

packages g++ # for libFuzzer
cargo fmt --check --manifest-path fuzz/Cargo.toml
CARGO_PROFILE_RELEASE_DEBUG=none fuzz/run.sh 20
