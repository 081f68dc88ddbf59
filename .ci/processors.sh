#!/usr/bin/env bash
# Runs the tests on other processors under QEMU: aarch64 with NEON, big-endian s390x, 32-bit i686.
source "$(dirname "$0")/common.sh"

packages qemu-user \
    gcc-aarch64-linux-gnu libc6-dev-arm64-cross \
    gcc-s390x-linux-gnu libc6-dev-s390x-cross \
    gcc-i686-linux-gnu libc6-dev-i386-cross
emulated() { # target, gcc's name for it, QEMU's name, arguments of the tests
    title "$1"
    local variable=CARGO_TARGET_$(tr a-z- A-Z_ <<<"$1")
    export "${variable}_LINKER=$2-gcc" "${variable}_RUNNER=qemu-$3 -L /usr/$2"
    local tests=(-p weight-init --features alloc,half --target "$1" --lib -- "${@:4}")
    if has "$1"; then
        RUSTFLAGS="--cfg weight_init_bits" CARGO_TARGET_DIR=target/emulated cargo test "${tests[@]}"
    else
        std "$1" std,test -Copt-level=0
        DEBIAN_RUSTFLAGS="--cfg weight_init_bits" debian cargo test "${tests[@]}"
    fi
}
# With `opt-level = 1` the build would take a fifth less, and the tests several times as long.
#
# The tests of the bits and of the slots that are written, and the unit tests. The other tests see a processor through
# its bits only. The code that these test has nothing of a processor in it, and is slow to emulate: `in_integers`,
# `overhang`, `ulp`, `libm` and `square_root` the arithmetic, `verify` the checks of a filled slice, `every_small_shape`
# the order of a matrix, and two tests the addresses of blocks in every scheme, of which
# `every_block_of_a_large_tensor` runs.
# Integers are as wide as on this computer, where the same tests check for overflow.
export CARGO_PROFILE_DEV_OVERFLOW_CHECKS=false
emulated aarch64-unknown-linux-gnu aarch64-linux-gnu aarch64 \
    --skip in_integers --skip overhang --skip ulp --skip libm --skip square_root --skip verify \
    --skip every_small_shape \
    --skip every_block_of_every_scheme --skip any_block_by_way_of_the_whole
# The parts whose bits could depend on byte order or word size.
bits=(value_stability math backends elements ties --skip ulp)
emulated s390x-unknown-linux-gnu s390x-linux-gnu s390x "${bits[@]}"
export CARGO_PROFILE_DEV_OVERFLOW_CHECKS=true
emulated i686-unknown-linux-gnu i686-linux-gnu i386 "${bits[@]}"
