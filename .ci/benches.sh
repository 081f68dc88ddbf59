#!/usr/bin/env bash
# Runs each bench once, without measuring.
source "$(dirname "$0")/common.sh"

cargo test -p benches --benches --features stages
title "the pictures of the committed records"
cargo test -p pictures
