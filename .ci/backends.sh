#!/usr/bin/env bash
# Runs the tests with each backend forced at compile time and with the arithmetic for processors without an FPU, and
# checks that contradictions don't compile.
source "$(dirname "$0")/common.sh"

# The step `statistics` runs all tests with the backend that the library chooses. Here only those run that a
# backend can change: its unit tests, and the tests of the bits in every scheme and of the slots that are written,
# which `weight_init_bits` makes unit tests.
# The others would find nothing else, because they see a backend through its bits only.
tests=(--release --lib)
# These compare all backends, forced or not, or call none (`verify`), and so they need not run again.
slow=(--skip all_kinds_of_numbers --skip every_word --skip in_integers --skip verify)
# With --target, so that build scripts don't get the target features.
forced() { # flags, target features, cargo's command and arguments
    CARGO_TARGET_DIR=target/forced CARGO_BUILD_TARGET=x86_64-unknown-linux-gnu \
        RUSTFLAGS="$1 --cfg weight_init_bits -C target-feature=$2 -D warnings" cargo "$3" -p weight-init "${@:4}"
}
cfg() { printf -- '--cfg weight_init_backend="%s" ' "$@"; }
fpu() { printf -- '--cfg weight_init_fpu="%s" ' "$@"; }
avx2="+avx2,+bmi1,+popcnt"
avx512="+avx512f,+avx512bw,+avx512dq,+avx512vbmi,+avx512vbmi2,+popcnt"
# /proc/cpuinfo writes avx512_vbmi2 where Rust writes avx512vbmi2.
flags=$(grep -m1 '^flags' /proc/cpuinfo | tr -d _)
runs() { # target features: whether this processor has all of them
    local feature
    for feature in $(tr -d + <<<"$1" | tr , ' '); do
        grep -qw "$feature" <<<"$flags" || return 1
    done
}

title "portable"
forced "$(cfg portable)" "" test "${tests[@]}" -- "${slow[@]}"
for backend in avx2 avx512; do
    title "$backend"
    if runs "${!backend}"; then
        forced "$(cfg "$backend")" "${!backend}" test "${tests[@]}" -- "${slow[@]}"
    else
        echo "this processor does not have $backend: compiled only"
        forced "$(cfg "$backend")" "${!backend}" check
    fi
done

title "no FPU"
# The vectors, and slots of all formats. The processors that have no FPU run the same on boards.
forced "$(cfg portable)$(fpu no)" "" test "${tests[@]}" -- value_stability elements

title "contradictions"
contradicts() { # flags, target features
    local error
    if error=$(forced "$1" "$2" check 2>&1); then
        echo "compiled, although $1 contradicts the target features '$2'"
        exit 1
    fi
    grep -Eq 'two backends are forced|`weight_init_fpu` contradicts' <<<"$error"
}
contradicts "$(cfg neon)" ""
contradicts "$(cfg avx2)" "+avx2"
contradicts "$(cfg avx512)" "$avx2"
contradicts "$(cfg portable avx2)" "$avx2"
contradicts "$(fpu yes no)" ""
contradicts "--cfg weight_init_fpu" ""
contradicts "$(cfg avx2)$(fpu no)" "$avx2"
contradicts "$(fpu yes)" "-sse2"
