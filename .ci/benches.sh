#!/usr/bin/env bash
# Runs each bench once, without measuring.
source "$(dirname "$0")/common.sh"

# Less optimised, because nothing is measured.
CARGO_PROFILE_DEV_OPT_LEVEL=1 CARGO_PROFILE_DEV_DEBUG=none cargo test -p benches --benches --features stages
