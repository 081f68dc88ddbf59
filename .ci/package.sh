#!/usr/bin/env bash
# Checks that the published crate holds the library and nothing else.
source "$(dirname "$0")/common.sh"

files=$(cargo package -p weight-init --list --allow-dirty)
grep -qx 'src/lib.rs' <<<"$files"
if grep -E '^(\.ci|benches|examples|fuzz|tests)/' <<<"$files"; then exit 1; fi
