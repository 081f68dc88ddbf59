#!/usr/bin/env bash
# Checks that every deliberate mistake in tests/mutants still applies. Making them takes too long for CI.
source "$(dirname "$0")/common.sh"

tests/mutants/run.py --check
