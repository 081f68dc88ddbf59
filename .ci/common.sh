# shellcheck shell=bash
# Sourced by every step: strict mode, the repository as working directory, and two functions.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export CARGO_INCREMENTAL=0
# A tenth of a build. A panic names its line without it.
export CARGO_PROFILE_DEV_DEBUG=none

title() { printf '\n--- %s\n' "$*"; }

# Installs those of the Debian packages that are missing.
packages() {
    local missing
    missing=$(comm -23 <(printf '%s\n' "$@" | sort) \
        <(dpkg-query -W -f '${db:Status-Status} ${Package}\n' | sed -n 's/^installed //p' | sort))
    [ -n "$missing" ] || return 0
    # One step at a time.
    # shellcheck disable=SC2086
    flock .ci sh -c 'apt-get update -qq && apt-get install -y -qq --no-install-recommends "$@"' - $missing
}

# Whether rustup has this target installed.
has() { rustup target list --installed | grep -qx "$1"; }

# Builds the standard library with Debian's compiler for a target that rustup doesn't have. All builds for the
# target share it, whatever their profile and flags. The lock lets one step build it and the others wait.
#
# `std` comes without the crates that print backtraces with symbols, which are a fifth of the build.
std() { # target, crates (core, or std,test), flags of rustc
    local package=target/debian/std sysroot=target/debian/sysroot/$1/lib/rustlib/$1/lib lock
    packages rustc-web rust-web-src libstd-rust-web-dev
    mkdir -p target/debian
    exec {lock}>target/debian/std.lock
    flock "$lock"
    if [ -d "$sysroot" ]; then
        exec {lock}>&-
        return
    fi
    mkdir -p "$package" "$sysroot.new"
    printf '[package]\nname = "empty"\n[lib]\npath = "lib.rs"\n[workspace]\n' >"$package/Cargo.toml"
    echo '#![no_std]' >"$package/lib.rs"
    title "the standard library for $1"
    RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 RUSTFLAGS=$3 \
        CARGO_TARGET_DIR=$package cargo build --manifest-path "$package/Cargo.toml" --release \
        -Zbuild-std="$2" -Zbuild-std-features=panic-unwind --target "$1"
    cp "$package/$1"/release/deps/*.{rlib,rmeta} "$sysroot.new"
    rm "$sysroot.new"/libempty-*
    mv "$sysroot.new" "$sysroot"
    exec {lock}>&-
}

# Runs a command with Debian's compiler, for targets whose standard library the function `std` has built. The
# linker for boards is rustup's. DEBIAN_RUSTFLAGS holds further flags for code of these targets.
debian() {
    local linker sysroot target
    linker=$(rustc --print sysroot)/lib/rustlib/x86_64-unknown-linux-gnu/bin
    for sysroot in "$PWD"/target/debian/sysroot/*; do
        [ -d "$sysroot" ] || continue
        target=$(basename "$sysroot" | tr a-z- A-Z_)
        export "CARGO_TARGET_${target}_RUSTFLAGS=--sysroot=$sysroot ${DEBIAN_RUSTFLAGS-}"
    done
    RUSTC=/usr/bin/rustc RUSTDOC=/usr/bin/rustdoc CARGO_TARGET_DIR=target/debian PATH="$PATH:$linker" "$@"
}
