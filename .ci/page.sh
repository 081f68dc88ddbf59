#!/usr/bin/env bash
# Builds the page, runs its tests in Rust and in Chromium, and takes screenshots into `target/page-screenshots`.
source "$(dirname "$0")/common.sh"

packages chromium nodejs gcc
# Other packages of Node.js bring npm along, and don't go together with Debian's.
command -v npm >/dev/null || packages npm
triple=wasm32-unknown-unknown

title "the numeric code"
cargo test -p page --target-dir target/page-native

title "the page"
if has "$triple"; then
    examples/page/build.sh
else
    std "$triple" core ""
    debian examples/page/build.sh
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
