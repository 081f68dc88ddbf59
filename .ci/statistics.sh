#!/usr/bin/env bash
# Runs the tests at full size: the statistics with 10⁸ values. They are the programs of `cargo test`, so that they are
# built once. The forced backends run the tests of the bits in release code.
source "$(dirname "$0")/common.sh"

FULL_SIZE=1 cargo test --lib --test tests --test heavy
