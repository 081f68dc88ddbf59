#!/usr/bin/env bash
# Builds every program for every board, runs them under QEMU, and compares what they say with each
# other and with this computer. Writes the figures to cost.md in the target directory.
#
# It needs QEMU (qemu-system-arm, qemu-system-riscv32) and these targets:
#   rustup target add thumbv6m-none-eabi thumbv7m-none-eabi thumbv7em-none-eabihf riscv32imc-unknown-none-elf
# CARGO_FLAGS is handed on to cargo.
set -euo pipefail
cd "$(dirname "$0")"
boards=(
    microbit:thumbv6m-none-eabi
    mps2-an385:thumbv7m-none-eabi
    mps2-an386:thumbv7em-none-eabihf
    mps2-an500:thumbv7em-none-eabihf
    virt:riscv32imc-unknown-none-elf
)
# What the second implementation in tests/data says.
hash=$(sed -nE 's/.*NORMAL_HASH.*(0x[0-9a-f]{16})\);/\1/p' ../../tests/vectors.rs)
[ -n "$hash" ]
# Flash for He normal, code and tables.
flash_budget=4096
flash_board=mps2-an386

target_dir=${CARGO_TARGET_DIR:-target}
out=$target_dir/boards
mkdir -p "$out"
fail() { printf 'FAILED: %s\n' "$*" >&2; exit 1; }
build() { # target, what else
    # shellcheck disable=SC2086
    cargo build --release --target "$1" ${CARGO_FLAGS-} "${@:2}"
}
run() { # board, target, program
    local qemu=qemu-system-arm
    [ "$1" != virt ] || qemu="qemu-system-riscv32 -bios none"
    # The same as in .cargo/config.toml, which knows one board for each target.
    # shellcheck disable=SC2086
    timeout 300 $qemu -machine "$1" -nographic -monitor none -serial none \
        -semihosting-config enable=on,target=native -icount shift=0 \
        -kernel "$target_dir/$2/release/$3" | tee "$out/$1.$3"
}
section() { # map, name: bytes; nothing if there is no such section
    awk -v name=".$2" 'NF == 5 && $5 == name { print $3 }' "$1"
}

echo "=== this computer"
cargo run --release | tee "$out/host.train"

printf '' >"$out/flash"
for board in "${boards[@]}"; do
    target=${board#*:} board=${board%:*}
    echo "=== $board: $target"
    # `no_panic` links only if no panic is left: here, and where it is optimised for size by parts.
    build "$target"
    CARGO_PROFILE_RELEASE_OPT_LEVEL=z CARGO_PROFILE_RELEASE_LTO=false \
        CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 build "$target" --bin no_panic --target-dir "$out/size"
    if build "$target" --bin no_panic --features panic 2>"$out/panic"; then
        fail "no_panic links with a panic in it"
    fi
    grep -q a_panic_is_left "$out/panic" || fail "no_panic does not link, but for another reason"

    run "$board" "$target" no_panic || fail "$board refuses what it should fill"
    run "$board" "$target" bits || fail "$board computes other bits"
    run "$board" "$target" cost || fail "$board is over budget"
    run "$board" "$target" train || fail "$board does not learn as it should"
    grep -q "$hash" "$out/$board.bits" || fail "$board has another hash"
    # Every loss, to the last bit.
    if grep -Fxv -f "$out/host.train" "$out/$board.train"; then
        fail "$board trains otherwise than this computer"
    fi
    grep -q '^64-32-10 from He, epoch 0' "$out/$board.train" || fail "$board says no first loss"

    map=$target_dir/$target/release/he.map
    text=$(section "$map" text) rodata=$(section "$map" rodata)
    [ -n "$text" ] && [ -n "$rodata" ] || fail "no sections in $map"
    flash=$((16#$text + 16#$rodata))
    echo "| $board | $flash |" >>"$out/flash"
    [ "$board" != "$flash_board" ] || [ "$flash" -le "$flash_budget" ] ||
        fail "He normal takes $flash bytes of flash, and $flash_budget are the budget"
    # The program's own weights and the mark that they are taken, and nothing else.
    data=$(section "$map" data) bss=$(section "$map" bss)
    [ "$((16#${data:-0}))" -eq 0 ] && [ "$((16#${bss:-0}))" -eq $((2048 * 4 + 4)) ] ||
        fail "the crate has statics in RAM"
done
grep -q '^64-32-10 from He, epoch 8' "$out/mps2-an386.train" || fail "no epoch 8 on the Cortex-M4F"

echo "=== all boards say the same"
for board in "${boards[@]}"; do
    cmp "$out/${boards[0]%:*}.bits" "$out/${board%:*}.bits"
done
for first_loss in "$out"/*.train; do
    grep -H '^64-32-10 from He, epoch 0' "$first_loss"
done

{
    echo "# Instructions per value, and bytes of stack"
    for board in "${boards[@]}"; do
        printf '\n%s, %s\n\n' "${board%:*}" "${board#*:}"
        cat "$out/${board%:*}.cost"
    done
    printf '\n# Flash of a program with one He fill: code and tables, start-up code included\n\n'
    printf '| board | bytes |\n| --- | ---: |\n'
    cat "$out/flash"
    printf '\n%s, optimised for speed\n' "$("${RUSTC:-rustc}" --version)"
} | tee "$target_dir/cost.md"
