#!/usr/bin/env bash
# Builds the page as a folder of static files, `target/page`, which any web server can serve.
#
#     rustup target add wasm32-unknown-unknown
#     examples/page/build.sh
#     python3 -m http.server --directory target/page 8000
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

triple=wasm32-unknown-unknown
site=target/page
export CARGO_PROFILE_RELEASE_LTO=fat CARGO_PROFILE_RELEASE_CODEGEN_UNITS=1 CARGO_PROFILE_RELEASE_STRIP=true
build() { # folder for Cargo's files, further arguments
    cargo build -p page --lib --release --target "$triple" --target-dir "$1" "${@:2}"
}
# Debian's compiler has its target folder and its flags from `.ci/common.sh`, and the flags of both builds go together.
flags=CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS
build target/wasm/page
export "$flags=${!flags-} -Ctarget-feature=+simd128"
build target/wasm/page-simd128

rm -rf "$site"
mkdir -p "$site"
cp examples/page/web/* "$site"
cp "target/wasm/page/$triple/release/page.wasm" "$site/portable.wasm"
cp "target/wasm/page-simd128/$triple/release/page.wasm" "$site/simd128.wasm"
# Under another ending, because some servers send a `.gz` file as if it were the unpacked one.
cp examples/data/mnist_5k.gz "$site/digits.bin"

hash=$(sed -nE 's/.*NORMAL_HASH.*0x([0-9a-f]{16})\);/\1/p' tests/vectors.rs)
[ -n "$hash" ]
sed -i "s|/\* NORMAL_HASH \*/|$hash|" "$site/pinned.js"

# The service worker stores all files under the hash of their contents.
files=$(cd "$site" && printf '"%s", ' *)
version=$(cd "$site" && cat -- * | sha256sum | cut -c 1-16)
sed -i "s|/\* VERSION \*/|\"$version\"|; s|/\* FILES \*/|${files%, }|" "$site/offline.js"

without=$(du -bc "$site"/* | tail -1 | cut -f 1)
without=$((without - $(stat -c %s "$site/digits.bin")))
echo "$site: $without bytes without the digits, of which $(stat -c %s "$site/portable.wasm") are the portable WebAssembly and $(stat -c %s "$site/simd128.wasm") that with SIMD"
