#!/usr/bin/env bash
# Builds the examples and tests with the libraries that release.sh has made, through the CMake package, and runs them
# on this computer and on the boards whose libraries are there. Compares their output with each other.
#
# It needs CMake, GCC for Arm and RISC-V (Debian: gcc-arm-none-eabi libnewlib-arm-none-eabi gcc-riscv64-unknown-elf
# picolibc-riscv64-unknown-elf), LLVM's tools, QEMU and Python.
set -euo pipefail
target_dir=$(realpath -m "${CARGO_TARGET_DIR:-$(dirname "$0")/../target}")
cd "$(dirname "$0")"
target_dir=$target_dir/capi
dist=$target_dir/weight_init
out=$target_dir/tests
mkdir -p "$out"
fail() { printf 'FAILED: %s\n' "$*" >&2; exit 1; }
python3 tests/vectors.py >"$out/vectors.h"

build() { # folder, further arguments of CMake
    rm -rf "${out:?}/$1"
    cmake -S examples -B "$out/$1" -DCMAKE_PREFIX_PATH="$dist" -DVECTORS="$out" "${@:2}" >"$out/$1.log" &&
        cmake --build "$out/$1" --parallel 2 >>"$out/$1.log" 2>&1 || { cat "$out/$1.log"; fail "$1 does not build"; }
}
compare() { # folder: all must have the same losses as this computer, as far as they get
    if grep -Fxv -f "$out/host.train" "$out/$1.train"; then fail "the training on $1 differs"; fi
    [ -s "$out/$1.train" ] || fail "$1 does not train"
}
flash_budget() { # folder: bytes of the program `he`
    case $1 in
    microbit) echo 6500 ;;
    mps2-an385 | mps2-an386-softfp) echo 6100 ;;
    virt) echo 7600 ;;
    *) echo 4608 ;;
    esac
}

echo "=== this computer"
build host -DCMAKE_BUILD_TYPE=Release
for program in he test1 test2 test3 flash train span; do
    "$out/host/$program" >"$out/host.$program" || { cat "$out/host.$program"; fail "$program on this computer"; }
    cat "$out/host.$program"
done
# The weights of GPT-2 have the hash that the Rust program computes.
hash=$("$out/host/gpt2" | sha256sum)
grep -q "SHA256: &str = *\"${hash%% *}\"" ../examples/gpt2/src/lib.rs || fail "GPT-2 has the hash $hash"
echo "GPT-2 has the hash of the Rust program"
# The header may be included twice, in both languages.
for language in c c++; do
    printf '#include <weight_init.h>\n#include <weight_init.h>\n' |
        cc -x "$language" -Wall -Wextra -Wpedantic -Wconversion -Werror -fsyntax-only -I"$dist/include" -
done
# Dynamically, by pkg-config, as other languages would find it.
flags=$(PKG_CONFIG_PATH=$dist/lib/host/pkgconfig pkg-config --cflags --libs weight_init)
# shellcheck disable=SC2086
cc -Wno-unused-function -DPART=1 -Iexamples/board -I"$out" tests/test.c examples/board/board.c $flags -o "$out/dynamic"
LD_LIBRARY_PATH=$dist/lib/host "$out/dynamic"

board() { # folder, QEMU, machine, target, epochs, further arguments of CMake
    local lib=$dist/lib/$4 program size
    [ -d "$lib" ] || return 0
    echo "=== $1: $4"
    build "$1" -DCMAKE_TOOLCHAIN_FILE="board/$1.cmake" -DEPOCHS="$5" "${@:6}"
    for program in test1 test2 test3 flash train stack two; do
        [ -e "$out/$1/$program" ] || continue
        # shellcheck disable=SC2086
        timeout 300 qemu-system-"$2" -machine $3 -nographic -monitor none -serial none \
            -semihosting-config enable=on,target=native -kernel "$out/$1/$program" >"$out/$1.$program" 2>&1 ||
            { cat "$out/$1.$program"; fail "$program on $1"; }
        cat "$out/$1.$program"
    done
    compare "$1"
    # Code, tables and start-up code, without the vector table.
    size=$(llvm-size -A "$out/$1/he" | awk '$1 == ".text" { print $2 }')
    echo "a He fill takes $size bytes of flash"
    [ "$size" -le "$(flash_budget "$1")" ] || fail "a He fill takes more flash than $(flash_budget "$1") on $1"
}
panics() { # target: only the parser of numbers in `core` calls a panic, where it indexes arrays within bounds
    local object
    for object in constant normal truncated-normal uniform general; do
        llvm-ar p "$dist/lib/$1/libweight_init.a" "wi_$object.o" >"$out/object.o"
        if llvm-objdump -dr --no-show-raw-insn "$out/object.o" |
            awk '/^[0-9a-f]+ <[^$].*>:/ { name = $2 } / R_.*(panic|_fail)/ { print name, $NF }' |
            grep -Ev '^<_RNv[^ ]*(4core9panicking|5slice5index16slice_index_fail|7dec2flt|11float_parse)'; then
            fail "wi_$object.o for $1 calls a panic"
        fi
    done
}
names() { # target: all names that the library gives a program are its own, or those of the compiler's functions
    if llvm-nm -g --defined-only -j "$dist/lib/$1/libweight_init.a" 2>/dev/null | grep -Ev ':$|^$|^wi_|^_'; then
        fail "the library for $1 gives a program these names"
    fi
}
# The static library for this computer contains Rust's standard library.
for lib in "$dist"/lib/*-none-*; do names "$(basename "$lib")"; done

# Another Rust library with a panic handler, for one of the boards.
two=thumbv7em-none-eabihf other=()
if [ -d "$dist/lib/$two" ]; then
    # shellcheck disable=SC2086
    cargo build --manifest-path tests/two/Cargo.toml --release --target "$two" --target-dir "$target_dir/two" ${CARGO_FLAGS-}
    other=(-DOTHER_RUST="$target_dir/two/$two/release/libtwo.a")
    panics "$two"
fi
board microbit arm microbit thumbv6m-none-eabi 1
board mps2-an385 arm mps2-an385 thumbv7m-none-eabi 2
board mps2-an386 arm mps2-an386 thumbv7em-none-eabihf 8 "${other[@]}"
board mps2-an386-softfp arm mps2-an386 thumbv7em-none-eabi 8
board mps2-an505 arm mps2-an505 thumbv8m.main-none-eabihf 8
board virt riscv32 "virt -bios none" riscv32imc-unknown-none-elf 2
