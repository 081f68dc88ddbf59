#!/usr/bin/env bash
# Builds every program for every board, runs them under QEMU, and compares their output with each other and
# with this computer's. Writes the figures to cost.md in the target directory.
#
# It needs QEMU (qemu-system-arm, qemu-system-riscv32), Python, a C compiler and these targets:
#   rustup target add thumbv6m-none-eabi thumbv7m-none-eabi thumbv7em-none-eabihf riscv32imc-unknown-none-elf
# CARGO_FLAGS is passed on to cargo.
set -euo pipefail
cd "$(dirname "$0")"
targets=(thumbv6m-none-eabi thumbv7m-none-eabi thumbv7em-none-eabihf riscv32imc-unknown-none-elf)
boards() { # target: its boards
    case $1 in
    thumbv6m-none-eabi) echo microbit ;;
    thumbv7m-none-eabi) echo mps2-an385 ;;
    thumbv7em-none-eabihf) echo mps2-an386 mps2-an500 ;;
    riscv32imc-unknown-none-elf) echo virt ;;
    esac
}
# The hash from the second implementation, in tests/data.
hash=$(sed -nE 's/.*NORMAL_HASH.*(0x[0-9a-f]{16})\);/\1/p' ../../tests/vectors.rs)
[ -n "$hash" ]
# Programs whose flash is measured.
flash_programs=(he plan verify)
flash_budget() { # board, program: bytes of code and tables, or nothing if there is no budget
    case $1.$2 in
    mps2-an386.he) echo 4096 ;;
    microbit.plan) echo 9000 ;;
    mps2-an386.plan) echo 7000 ;;
    microbit.verify) echo 14000 ;;
    mps2-an386.verify) echo 12000 ;;
    esac
}

target_dir=${CARGO_TARGET_DIR:-target}
out=$target_dir/boards
mkdir -p "$out"
fail() { printf 'FAILED: %s\n' "$*" >&2; exit 1; }
build() { # target, further arguments
    # shellcheck disable=SC2086
    cargo build --release --target "$1" ${CARGO_FLAGS-} "${@:2}"
}
build_small() { # target, further arguments: builds `no_panic` optimised for size, without the default features
    build "$1" --bin no_panic --no-default-features "${@:2}"
}
build_all() { # target: also proves that `no_panic` links without a panic and only then
    # Panics that the optimisation for speed removes may remain in code optimised for size. On one target without an FPU
    # and one with, because the others compile the code of the first.
    case $1 in
    # Without whole-program optimisation too, which could remove more.
    thumbv6m-none-eabi)
        CARGO_PROFILE_RELEASE_OPT_LEVEL=z CARGO_PROFILE_RELEASE_LTO=false CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
            build_small "$1"
        ;;
    # With the `core` of the other programs, whose build takes longer than all else.
    thumbv7em-none-eabihf)
        build_small "$1" --config 'profile.release.package.weight-init.opt-level = "z"' \
            --config 'profile.release.package.firmware.opt-level = "z"'
        ;;
    esac
    if build "$1" --example panics 2>"$out/panic"; then
        fail "a program links with a panic in it"
    fi
    grep -q a_panic_is_left "$out/panic" || fail "panics does not link, for another reason than its panic"
    # The last build, because it makes the programs that are run.
    build "$1"
}
run() { # board, target, program
    local qemu=qemu-system-arm
    [ "$1" != virt ] || qemu="qemu-system-riscv32 -bios none"
    # Adds the cycles to the table.
    [ "$3" != cost ] || qemu="cycles/cycles.py $qemu"
    # The same as in .cargo/config.toml, which has only one board for each target.
    # shellcheck disable=SC2086
    timeout 300 $qemu -machine "$1" -nographic -monitor none -serial none \
        -semihosting-config enable=on,target=native -icount shift=0 \
        -kernel "$target_dir/$2/release/$3" | tee "$out/$1.$3"
}
run_all() { # board, target
    echo "=== $1: $2"
    run "$1" "$2" no_panic || fail "$1 rejects a valid fill"
    run "$1" "$2" bits || fail "$1 computes other bits"
    run "$1" "$2" cost || fail "$1 exceeds a budget"
    run "$1" "$2" train || fail "$1 does not learn as expected"
    run "$1" "$2" recipes || fail "a recipe fails on $1"
    grep -q "$hash" "$out/$1.bits" || fail "$1 has another hash"
    # Every loss must agree to the last bit.
    if grep -Fxv -f "$out/host.train" "$out/$1.train"; then
        fail "the training on $1 differs from that on this computer"
    fi
    grep -q '^64-32-10 from He, epoch 0' "$out/$1.train" || fail "$1 prints no first loss"
}
section() { # map, name: size in bytes, or nothing if there is no such section
    awk -v name=".$2" 'NF == 5 && $5 == name { print $3 }' "$1"
}
check_memory() { # board, target: flash of the programs for it, and statics of the program `he`
    local map program text rodata data bss flash budget row="| $1 |"
    for program in "${flash_programs[@]}"; do
        map=$target_dir/$2/release/$program.map
        text=$(section "$map" text) rodata=$(section "$map" rodata)
        [ -n "$text" ] && [ -n "$rodata" ] || fail "no sections in $map"
        flash=$((16#$text + 16#$rodata)) budget=$(flash_budget "$1" "$program")
        row+=" $flash |"
        [ "$flash" -le "${budget:-$flash}" ] ||
            fail "the program $program takes $flash bytes of flash on $1; the budget is $budget"
    done
    echo "$row" >"$out/$1.flash"
    # The program's own statics are its weights and a flag.
    map=$target_dir/$2/release/he.map
    data=$(section "$map" data) bss=$(section "$map" bss)
    [ "$((16#${data:-0}))" -eq 0 ] && [ "$((16#${bss:-0}))" -eq $((2048 * 4 + 4)) ] ||
        fail "the crate has statics in RAM"
}

echo "=== this computer"
# With the portable backend and less optimised, because the bits are the same and it runs for a second. With
# --target, so that the programs that run in builds are built once.
RUSTFLAGS='--cfg weight_init_backend="portable"' CARGO_PROFILE_RELEASE_OPT_LEVEL=1 CARGO_PROFILE_RELEASE_LTO=false \
    CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
    cargo run --release --no-default-features --target "$("${RUSTC:-rustc}" -vV | sed -n 's/^host: //p')" | tee "$out/host.train"

# The boards of one target run while the next target is built.
all=() running=()
for target in "${targets[@]}"; do
    build_all "$target"
    for board in $(boards "$target"); do
        check_memory "$board" "$target"
        run_all "$board" "$target" >"$out/$board.log" 2>&1 &
        all+=("$board") running+=($!)
    done
done
for i in "${!all[@]}"; do
    status=0
    wait "${running[i]}" || status=$?
    cat "$out/${all[i]}.log"
    [ "$status" -eq 0 ] || exit 1
done
grep -q '^64-32-10 from He, epoch 8' "$out/mps2-an386.train" || fail "no epoch 8 on the Cortex-M4F"

echo "=== all boards agree"
for board in "${all[@]}"; do
    cmp "$out/${all[0]}.bits" "$out/$board.bits"
    grep -H '^64-32-10 from He, epoch 0' "$out/$board.train"
done

echo "=== the first program of docs/firmware.md"
# shellcheck disable=SC2086
(cd first && cargo run ${CARGO_FLAGS-}) | tee "$out/first"
grep -q '^3d06f45e ba98412b 3db16681 be1b8234' "$out/first" || fail "the first program prints other weights"

{
    echo "# Instructions and cycles per value, and bytes of stack"
    for target in "${targets[@]}"; do
        for board in $(boards "$target"); do
            printf '\n%s, %s\n\n' "$board" "$target"
            cat "$out/$board.cost"
        done
    done
    printf '\n# Bytes of flash: code and tables, with start-up code\n\n'
    printf '| board | one He fill | a constant `Plan`, filled | and verified |\n| --- | ---: | ---: | ---: |\n'
    for board in "${all[@]}"; do cat "$out/$board.flash"; done
    printf '\n%s, optimised for speed\n' "$("${RUSTC:-rustc}" --version)"
} | tee "$target_dir/cost.md"
