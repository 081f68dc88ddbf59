#!/usr/bin/env bash
# Runs `cargo mutants` on one part of the library, with the quickest tests that must see its mistakes.
#
#     tests/mutants/cargo.sh samplers              one of: samplers fast runs lanes integer requests simd simd-again rest
#     tests/mutants/cargo.sh fast --jobs 2         further arguments go to `cargo mutants`
#
# Results are in target/mutants.out/<part>. A second run tests only what was not caught (`--iterate`).
set -euo pipefail
cd "$(dirname "$0")/../.."

part=${1:?one of: samplers fast runs lanes integer requests simd simd-again rest}
shift
has() { grep -qw "$1" /proc/cpuinfo; }
files=()
excluded=()
filters=()
# Seconds after which a test counts as endless, several times what the tests of the part take.
timeout=60
portable='--cfg weight_init_backend="portable"'
case $part in
samplers) # The portable code defines the bits. The unit tests are for bits that no vector reaches.
    files=('src/sampler/*.rs' src/stream.rs)
    export RUSTFLAGS=$portable
    targets=(--lib --test=samplers)
    filters=(value_stability lanes sampler::)
    ;;
fast) # The portable code for processors with vectors, and the slots. Skips the slow tests of the next two parts.
    files=(src/backend/{portable,for_each_block,fill}.rs 'src/slot/*.rs')
    export RUSTFLAGS=$portable
    targets=(--features=half --lib --test=samplers)
    filters=(backend slot value_stability --skip lane_by_lane --skip products_in_integers)
    timeout=20
    ;;
runs) # Fills whose indices are not consecutive.
    files=(src/backend/{batch,runs,fill_runs}.rs)
    export RUSTFLAGS=$portable
    targets=(--features=half --lib)
    filters=(runs_tests)
    ;;
lanes) # The portable code for processors without vectors.
    files=(src/backend/lanewise.rs)
    export RUSTFLAGS=$portable
    targets=(--lib)
    filters=(lane_by_lane resumed_lanes)
    timeout=40
    ;;
integer) # Its multiplications for processors without an FPU.
    files=(src/backend/integer.rs)
    export RUSTFLAGS=$portable
    targets=(--lib)
    filters=(products_in_integers)
    timeout=20
    ;;
requests) # Which part of which tensor is written to which slots.
    files=('src/draw/*.rs' 'src/network/*.rs' src/scheme/{block,dims}.rs src/scheme/structured/block.rs
        src/backend/slots.rs)
    export RUSTFLAGS=$portable
    targets=(--features=alloc,half --test=tests)
    filters=(draw plan ranges recurrent shapes)
    ;;
simd | simd-again) # A file of another processor is not compiled here, so nothing could see its mistakes.
    files=('src/backend/simd/kernel/*.rs')
    if [ "$(uname -m)" = aarch64 ]; then files+=("src/backend/simd/neon/*.rs"); fi
    if has avx2; then files+=('src/backend/simd/avx2/*.rs'); fi
    if has avx512_vbmi2; then files+=('src/backend/simd/avx512/*.rs'); fi
    targets=(--features=half --lib)
    filters=(backend --skip lane_by_lane --skip products_in_integers)
    # The survivors once more, with tests that take longer to build and to run.
    if [ "$part" = simd-again ]; then
        targets=(--features=half --test=tests)
        filters=(backends_agree)
        part=simd
    fi
    ;;
rest)
    files=('src/scheme/**/*.rs' 'src/distribution/*.rs' 'src/verify/*.rs' 'src/error/*.rs'
        src/{error,spelling,target}.rs src/backend/{householder,job,name,detect,threads}.rs)
    excluded=(src/scheme/{block,dims}.rs src/scheme/structured/block.rs)
    # The code of threads exists only with rayon.
    targets=(--features=alloc,half,rayon --lib --test=tests)
    filters=(--skip distribution)
    ;;
*)
    echo "unknown part: $part" >&2
    exit 2
    ;;
esac

output=target/mutants.out/$part
mkdir -p "$output"
# The baseline, a run without a mistake, shows that the arguments and the tests are right. Without it, every mistake
# would count as caught if the tests could not run at all.
cargo mutants --iterate --timeout "$timeout" --output "$output" \
    "${files[@]/#/--file=}" "${excluded[@]/#/--exclude=}" "${targets[@]/#/--cargo-arg=}" "$@" -- -- "${filters[@]}"
