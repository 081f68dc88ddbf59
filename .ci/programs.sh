#!/usr/bin/env bash
# Runs the main job and `throughput` as a user runs them, also with wrong arguments.
source "$(dirname "$0")/common.sh"

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
refused() { # program, arguments: the exit status must be 2
    local status=0
    cargo run -q --release -p "$1" -- "${@:2}" >/dev/null 2>&1 || status=$?
    [ "$status" -eq 2 ] || { echo "$*: exit status $status instead of 2"; exit 1; }
}

title "mnist"
cargo build --release -p mnist
start=$SECONDS
cargo run --release -p mnist -- --out "$out"
[ $((SECONDS - start)) -le 60 ] || { echo "mnist took longer than 60 s"; exit 1; }
[ -s "$out/mnist.svg" ]
[ -s "$out/mnist.png" ]
refused mnist --epochs 0
refused mnist --epochs many
refused mnist --seed -1
refused mnist --colour
refused mnist --out /dev/null/here

title "throughput"
cargo run --release -p throughput -- --sizes 64,5000 --threads 2 --out "$out"
[ -s "$out/throughput.svg" ]
[ -s "$out/throughput.png" ]
cargo run -q --release -p throughput -- --sizes 64 --json --out "$out" | python3 -m json.tool >/dev/null
refused throughput --sizes 0
refused throughput --backend sse9
refused throughput --threads 257
