#!/usr/bin/env bash
# Breaks the sampler on purpose, one mistake at a time, and says which tests see it. Each mistake is
# one that has been made in some sampler. The vectors and the table test see every change of bits, so they are left
# out: the question is whether the statistics would see it without them.
#
#     tests/mutants.sh          all of them, in three minutes
set -euo pipefail
cd "$(dirname "$0")/.."
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents -t "$copy"
cd "$copy"
export CARGO_TARGET_DIR="$copy/target"

survivors=0
mutant() { # name, file, sed expression
    local name=$1 file=src/sampler/$2 expression=$3
    cp "$file" original
    sed -i -E "$expression" "$file"
    if cmp -s "$file" original; then
        echo "$name: the expression changes nothing" >&2
        exit 1
    fi
    if ! cargo test -q --release --lib --test tests --no-run 2>build.log; then
        cat build.log >&2
        exit 1
    fi
    local killers
    killers=$(cargo test --release --no-fail-fast --lib --test tests -- \
        --skip value_stability --skip tables 2>/dev/null |
        sed -nE 's/^test (.*) \.\.\. FAILED$/\1/p' | sort | paste -sd ' ') || true
    if [ -z "$killers" ]; then
        killers="SURVIVED"
        survivors=$((survivors + 1))
    fi
    printf '%-42s %s\n' "$name" "$killers"
    cp original "$file"
}

mutant "tail mirrored inside R"              overhang.rs 's/TAIL_START \+ x\)/TAIL_START - x)/'
mutant "tail: test dropped"                  overhang.rs 's/\(y \+ y >= x \* x\)/(y >= 0.0)/'
mutant "tail: y compared, not 2y"            overhang.rs 's/\(y \+ y >= x \* x\)/(y >= x * x)/'
mutant "wedge test dropped"                  overhang.rs 's/\(y < exp\(.*\)\)\.then_some/(y < 2.0).then_some/'
mutant "wedge test: exp of -x², not -x²/2"   overhang.rs 's/x \* x \* -0\.5/x * x * -1.0/'
mutant "fold dropped"                        overhang.rs 's/a \+ b > MASK, MASK, 0/false, MASK, 0/'
mutant "stretch dropped"                     overhang.rs 's/1024 \+ bend \+ bend\.abs\(\)/1024/'
mutant "certain too wide by 1/64"            overhang.rs 's/\(512 - bend/(520 - bend/'
mutant "cap begins at X[125]"                overhang.rs 's/else \{ 0\.0 \}/else { 0.2516914 }/'
mutant "alias thresholds off by 1 %"         overhang.rs 's/share < SHARE\[column\] as u32/share + 655 < SHARE[column] as u32/'
mutant "alias thresholds halved"             overhang.rs 's/share < SHARE\[column\] as u32/share < SHARE[column] as u32 \/ 2/'
mutant "density table shifted by one"        overhang.rs 's/\(DENSITY\[region - 1\], DENSITY\[region\]\)/(DENSITY[region], DENSITY[region + 1])/'
mutant "edge table shifted by one"           ziggurat.rs 's/EDGES\[\(word & 127\) as usize\]/EDGES[((word \& 127) as usize + 1).min(127)]/'
mutant "overhang's sign constant"            overhang.rs 's/let negative = .*/let negative = false;/'
mutant "overhang's sign is also a bit of b"  overhang.rs 's/\(high >> 11\) & 1 == 1/(high >> 31) \& 1 == 1/'
mutant "sign of the fast path constant"      mod.rs      's/word as i32 >> 7/word >> 8/'
mutant "layer's bits also in the value"      mod.rs      's/word as i32 >> 7/word as i32 >> 6/'
mutant "layer 126 taken for 125"             ziggurat.rs 's/EDGES\[\(word & 127\) as usize\]/EDGES[if word \& 127 == 126 { 125 } else { (word \& 127) as usize }]/'
mutant "tries share hashes with neighbours"  overhang.rs 's/wrapping_add\(BLOCK as u64\)/wrapping_add(1)/; s/position as u64/(position as u64 >> 6)/'
mutant "two lanes share a seed"              lanes.rs    's/2 \* lane as u64/2 * (lane \& 14) as u64/'
[ "$survivors" -eq 0 ] || { echo "$survivors survived" >&2; exit 1; }
