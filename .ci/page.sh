#!/usr/bin/env bash
# Builds the page, runs its tests in Rust and in Chromium, and takes screenshots into `target/page-screenshots`.
source "$(dirname "$0")/common.sh"

packages chromium nodejs gcc
# Other packages of Node.js bring npm along, and don't go together with Debian's.
command -v npm >/dev/null || packages npm
triple=wasm32-unknown-unknown
root=$PWD

title "the numeric code"
cargo test -p page --target-dir target/page-native

title "the page"
if has "$triple"; then
    examples/page/build.sh
elif [ -d "target/debian/sysroot/$triple/lib" ]; then
    debian examples/page/build.sh
else
    # In a folder of its own, because the step `wasm` may build the same library at the same time.
    packages rustc-web rust-web-src libstd-rust-web-dev
    mkdir -p target/page-debian
    cd target/page-debian
    std "$triple" core ""
    debian "$root/examples/page/build.sh"
    cd "$root"
fi

title "the lines of the code box in C"
for file in examples/page/tests/snippets/*.c; do
    cc -std=c99 -Wall -Wextra -Werror -fsyntax-only -Icapi/include "$file"
done

title "the page in Chromium"
cd examples/page/tests
npm ci --silent
node --test page.test.mjs
node screenshots.mjs
