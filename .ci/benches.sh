#!/usr/bin/env bash
# Runs each bench once, without measuring.
source "$(dirname "$0")/common.sh"

CARGO_PROFILE_DEV_DEBUG=none cargo test -p benches --benches --features stages
title "the pictures of the committed records"
cargo test -p pictures
