#!/usr/bin/env bash
# Fuzzes the public interface: run.sh [seconds] [arguments of libFuzzer, such as a file to run again].
#
# It sets the flags that `cargo fuzz run --sanitizer none` sets, and so it needs neither cargo-fuzz nor
# a nightly toolchain. AddressSanitizer would need one; the tests run under it in CI.
# Inputs that fail are written to artifacts/, and inputs that found new code to corpus/.
set -euo pipefail
cd "$(dirname "$0")"
seconds=${1:-60}
host=$(rustc -vV | sed -n 's/^host: //p')
# With --target, so that build scripts are not instrumented.
RUSTFLAGS="-Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares \
    -Cllvm-args=-simplifycfg-branch-fold-threshold=0 \
    --cfg fuzzing" cargo build --release --target "$host"
mkdir -p corpus/public_face artifacts/public_face
# A request takes less than a millisecond, so one that takes seconds hangs.
exec "target/$host/release/public_face" \
    -max_total_time="$seconds" -timeout=5 -rss_limit_mb=2048 -max_len=512 -print_final_stats=1 \
    -artifact_prefix=artifacts/public_face/ "${@:2}" corpus/public_face
