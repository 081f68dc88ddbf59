#!/usr/bin/env bash
# Sends random requests to the public interface for 45 seconds.
source "$(dirname "$0")/common.sh"

packages g++ # for libFuzzer
cargo fmt --check --manifest-path fuzz/Cargo.toml
fuzz/run.sh 45
