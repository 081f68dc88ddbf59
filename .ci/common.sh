# shellcheck shell=bash
# Sourced by every step: strict mode, the repository as working directory, and two functions.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export CARGO_INCREMENTAL=0

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

# Runs a command with Debian's compiler, for targets that rustup doesn't have. Its standard library must be
# built from source (-Zbuild-std), and is linked with rustup's linker.
debian() {
    packages rustc-web rust-web-src libstd-rust-web-dev
    local linker
    linker=$(rustc --print sysroot)/lib/rustlib/x86_64-unknown-linux-gnu/bin
    RUSTC=/usr/bin/rustc RUSTDOC=/usr/bin/rustdoc RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR=target/debian \
        PATH="$PATH:$linker" "$@"
}
