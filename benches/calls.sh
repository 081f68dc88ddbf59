#!/usr/bin/env bash
# Fails if the optimised code calls an operation of a SIMD backend, or a part of the kernel.
#
# The instructions are enabled in a few functions only: `vectorize`, `out_of_line` and `apart` in src/backend/simd/.
# All generic code and every operation have to be inlined there. Code that is not becomes a function
# without the instructions, which calls one for each operation: a fill then takes 6 to 8 times as
# long and gives the same bits, so no test notices.
#
# The default profile is looked at: with a single codegen unit the compiler inlines more.
set -euo pipefail
cd "$(dirname "$0")/.."
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-target/calls}
rm -f "$CARGO_TARGET_DIR"/release/deps/weight_init-*.s
cargo clean -q -p weight-init --release
cargo rustc --release --lib --features half -- --emit asm -C symbol-mangling-version=v0
assembly=("$CARGO_TARGET_DIR"/release/deps/weight_init-*.s)
grep -q simd_out_of_line "${assembly[@]}"

calls=$(grep -hoE '\b(call|jmp)q?[[:space:]]+\*?_R[A-Za-z0-9_.]+' "${assembly[@]}" |
    sed -E 's/^[a-z]+[[:space:]]+\*?//' | sort -u)
# A vendor's intrinsic, a function of a backend, a trait's method of a backend, a function, method or
# closure of the kernel. The symbols are those of Rust's v0 mangling, in which a nested function, such as
# the one in `out_of_line`, begins with `NvNv`.
simd='C[A-Za-z0-9]+_11weight_init7backend4simd'
left=$(grep -E \
    -e '9core_arch' \
    -e "^_RI?Nv(Nt)+${simd}(4avx2|6avx512|4neon)[0-9]" \
    -e "^_RI?NvX.*3ops4Simd[0-9]" \
    -e "^_RI?Nv(M[A-Za-z0-9_]*)?(Nt)+${simd}6kernel" \
    -e "^_RI?NC.*${simd}6kernel" \
    <<<"$calls" || true)
# Not among them: detection; two functions of AVX2 that consist of loads and stores, which the compiler sometimes
# keeps apart, with their instructions enabled; and functions without an operation: one that calls `vectorize` for
# each chunk, and one that clears queues.
left=$(grep -vE -e '_xgetbv|__cpuid|9available$' -e '4avx27lookups(7scatter|12first_states)$' \
    -e '6kernel6bounds4fill' -e '8resolver.*7Waiting3new$' \
    <<<"$left" || true)
if [ -n "$left" ]; then
    echo "not inlined:"
    echo "$left"
    exit 1
fi
