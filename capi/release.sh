#!/usr/bin/env bash
# Builds the C library for microcontrollers and for this computer, and lays it out as a release would: headers,
# libraries, the CMake package, the Zephyr module and the Arduino library, in the folder capi/weight_init of the target
# directory. Arguments are targets of Rust; without any, all are built.
#
# It needs the targets (`rustup target add …`) and LLVM's tools (llvm-ar and llvm-objcopy; Debian: llvm). CARGO_FLAGS is
# passed on to cargo.
set -euo pipefail
target_dir=$(realpath -m "${CARGO_TARGET_DIR:-$(dirname "$0")/../target}")
cd "$(dirname "$0")"
all=(
    thumbv6m-none-eabi          # Cortex-M0, M0+, M1, M23
    thumbv7m-none-eabi          # Cortex-M3
    thumbv7em-none-eabi         # Cortex-M4, M7 without FPU, or with arguments in integer registers
    thumbv7em-none-eabihf       # Cortex-M4F, M7F
    thumbv8m.main-none-eabihf   # Cortex-M33F, M55
    riscv32imc-unknown-none-elf # ESP32-C3 and others
    host
)
targets=("$@")
[ $# -gt 0 ] || targets=("${all[@]}")

export CARGO_TARGET_DIR=$target_dir
out=$target_dir/capi/weight_init
rm -rf "$out"
mkdir -p "$out"
export CARGO_PROFILE_RELEASE_LTO=true CARGO_PROFILE_RELEASE_CODEGEN_UNITS=1
version=$(cargo pkgid | sed 's/.*[@#]//')

# Builds a static library with some features only, and copies its own object.
object() { # target, name, features, arguments of cargo
    # shellcheck disable=SC2086
    cargo rustc --lib --crate-type staticlib --release --target "$1" ${CARGO_FLAGS-} \
        --no-default-features --features "panic-handler,$3" "${@:4}"
    local archive=$target_dir/$1/release/libweight_init_capi.a objects
    mapfile -t objects < <(llvm-ar t "$archive" | grep -v '^compiler_builtins')
    [ "${#objects[@]}" -eq 1 ] || { echo "expected one object in $archive"; exit 1; }
    llvm-ar p "$archive" "${objects[0]}" >"$out/$2.o"
    strip_object "$out/$2.o"
}
# Removes bitcode, debug information and the tables for unwinding, which no C program uses.
strip_object() { # object
    llvm-objcopy --strip-debug --wildcard -R .llvmbc -R .llvmcmd -R '.ARM.exidx*' -R '.rel.ARM.exidx*' "$1"
}
firmware() { # target
    local lib=$out/lib/$1 builtins
    mkdir -p "$lib"
    # These objects are optimised for size. The library that they call is optimised for speed as always.
    for family in constant normal truncated-normal uniform; do
        object "$1" "wi_$family" "$family" --config 'profile.release.package.weight-init-capi.opt-level = "z"'
    done
    object "$1" wi_general general
    mapfile -t builtins < <(llvm-ar t "$target_dir/$1/release/libweight_init_capi.a" | grep '^compiler_builtins')
    (cd "$out" && llvm-ar x "$target_dir/$1/release/libweight_init_capi.a" "${builtins[@]}")
    mv "$out/${builtins[0]}" "$out/wi_builtins.o"
    strip_object "$out/wi_builtins.o"
    # The compiler's functions that are also in C libraries get names of their own, so that the program keeps its own.
    # Those for soft floats and long products, which begin with underscores, stay as they are.
    llvm-nm --defined-only -g -j "$out/wi_builtins.o" | grep -v '^_' | sed 's/.*/& wi_rt_&/' >"$out/names"
    for object in "$out"/wi_*.o; do llvm-objcopy --redefine-syms="$out/names" "$object"; done
    (cd "$out" && llvm-ar rcs "lib/$1/libweight_init.a" wi_*.o && rm -- *.o names)
}
host() {
    local lib=$out/lib/host
    mkdir -p "$lib/pkgconfig"
    # Without whole-program optimisation, which takes a minute and only makes the library smaller.
    CARGO_PROFILE_RELEASE_LTO=false CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
        RUSTFLAGS="-Clink-arg=-Wl,-soname,libweight_init.so.0" CARGO_PROFILE_RELEASE_STRIP=true \
        cargo rustc --lib --crate-type staticlib,cdylib --release --target-dir "$target_dir/capi/host"
    cp "$target_dir/capi/host/release/libweight_init_capi.a" "$lib/libweight_init.a"
    cp "$target_dir/capi/host/release/libweight_init_capi.so" "$lib/libweight_init.so.0"
    ln -s libweight_init.so.0 "$lib/libweight_init.so"
    cat >"$lib/pkgconfig/weight_init.pc" <<PC
prefix=\${pcfiledir}/../../..
Name: weight_init
Description: Starting weights for neural networks
Version: $version
Cflags: -I\${prefix}/include
Libs: -L\${prefix}/lib/host -lweight_init
Libs.private: -lpthread -ldl -lm
PC
}

mkdir -p "$out/lib/cmake/weight_init"
cp -r include zephyr "$out"
cp cmake/weight_init-config.cmake "$out/lib/cmake/weight_init"
# Arduino and PlatformIO look for their descriptions in the top folder, and for headers and libraries in src/.
cp arduino/* ../LICENSE-* README.md "$out"
mkdir "$out/src"
cp include/weight_init.h "$out/src"
for target in "${targets[@]}"; do
    echo "=== $target"
    if [ "$target" = host ]; then host; else firmware "$target"; fi
done

# Arduino looks in src/<processor>/<FPU>-<ABI>, and then in src/<processor>.
arduino() { # target, folders
    local folder
    [ -d "$out/lib/$1" ] || return 0
    for folder in "${@:2}"; do
        mkdir -p "$out/src/$folder"
        ln "$out/lib/$1/libweight_init.a" "$out/src/$folder"
    done
}
arduino thumbv6m-none-eabi cortex-m0 cortex-m0plus
arduino thumbv7m-none-eabi cortex-m3
arduino thumbv7em-none-eabi cortex-m4 cortex-m7 cortex-m33
arduino thumbv7em-none-eabihf cortex-m4/fpv4-sp-d16-hard cortex-m7/fpv5-d16-hard
arduino thumbv8m.main-none-eabihf cortex-m33/fpv5-sp-d16-hard
arduino riscv32imc-unknown-none-elf esp32c3
(cd "$(dirname "$out")" && tar -czf "weight_init-$version.tar.gz" weight_init)
ls -l "$(dirname "$out")"/*.tar.gz
