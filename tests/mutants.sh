#!/usr/bin/env bash
# Breaks the sampler on purpose, one mistake at a time, and says which tests see it. CI does not run it.
#
# First mistakes that have been made in some sampler. The vectors and the table test see every change
# of bits, so they are left out: the question is whether the statistics would see it without them.
# Then operations that are fused or reordered, which no statistics can see: there the vectors must.
# Then mistakes in the schemes whose values depend on their places, in plans and in statistics; at
# last in the other backends, which are compared with the portable one.
#
#     tests/mutants.sh          all of them, in a quarter of an hour
set -euo pipefail
cd "$(dirname "$0")/.."
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents -t "$copy"
cd "$copy"
export CARGO_TARGET_DIR="$copy/target"

survivors=0
# The mistakes are in the specification, so it must be what runs.
portable='--cfg weight_init_backend="portable"'
export RUSTFLAGS=$portable
filters=(--skip value_stability --skip tables --skip the_bits --skip backend)
mutant() { # name, file, sed expression
    local name=$1 file=src/$2 expression=$3
    cp "$file" original
    sed -i -E "$expression" "$file"
    if cmp -s "$file" original; then
        echo "$name: the expression changes nothing" >&2
        exit 1
    fi
    if ! cargo test -q --release --features half --lib --test tests --no-run 2>build.log; then
        cat build.log >&2
        exit 1
    fi
    local killers
    killers=$(cargo test --release --features half --no-fail-fast --lib --test tests -- \
        "${filters[@]}" 2>/dev/null |
        sed -nE 's/^test (.*) \.\.\. FAILED$/\1/p' | sort | paste -sd ' ') || true
    if [ -z "$killers" ]; then
        killers="SURVIVED"
        survivors=$((survivors + 1))
    fi
    printf '%-42s %s\n' "$name" "$killers"
    cp original "$file"
}

mutant "tail mirrored inside R"              sampler/overhang.rs 's/TAIL_START \+ x\)/TAIL_START - x)/'
mutant "tail: test dropped"                  sampler/overhang.rs 's/\(y \+ y >= x \* x\)/(y >= 0.0)/'
mutant "tail: y compared, not 2y"            sampler/overhang.rs 's/\(y \+ y >= x \* x\)/(y >= x * x)/'
mutant "wedge test dropped"                  sampler/overhang.rs 's/\(y < exp\(.*\)\)\.then_some/(y < 2.0).then_some/'
mutant "wedge test: exp of -x², not -x²/2"   sampler/overhang.rs 's/x \* x \* -0\.5/x * x * -1.0/'
mutant "fold dropped"                        sampler/overhang.rs 's/a \+ b > MASK, MASK, 0/false, MASK, 0/'
mutant "stretch dropped"                     sampler/overhang.rs 's/1024 \+ bend \+ bend\.abs\(\)/1024/'
mutant "certain too wide by 1/64"            sampler/overhang.rs 's/\(511 - bend/(519 - bend/'
mutant "cap begins at X[125]"                sampler/overhang.rs 's/else \{ 0\.0 \}/else { 0.2516914 }/'
mutant "alias thresholds off by 1 %"         sampler/overhang.rs 's/own = share </own = share + 655 </'
mutant "alias thresholds halved"             sampler/overhang.rs 's/(own = share < .*) as u32/\1 as u32 \/ 2/'
mutant "density table shifted by one"        sampler/overhang.rs 's/\(tables\.density\[outside\], tables\.density\[region\]\)/(tables.density[region], tables.density[region + 1])/'
mutant "edge table shifted by one"           sampler/ziggurat.rs 's/edges\[\(word & 127\) as usize\]/edges[((word \& 127) as usize + 1).min(127)]/'
mutant "overhang's sign constant"            sampler/overhang.rs 's/let negative = .*/let negative = false;/'
mutant "overhang's sign is also a bit of b"  sampler/overhang.rs 's/\(high >> 11\) & 1 == 1/(high >> 31) \& 1 == 1/'
mutant "sign of the fast path constant"      sampler/mod.rs      's/word as i32 >> 7/word >> 8/'
mutant "layer's bits also in the value"      sampler/mod.rs      's/word as i32 >> 7/word as i32 >> 6/'
mutant "layer 126 taken for 125"             sampler/ziggurat.rs 's/edges\[\(word & 127\) as usize\]/edges[if word \& 127 == 126 { 125 } else { (word \& 127) as usize }]/'
mutant "tries share hashes with neighbours"  sampler/overhang.rs 's/wrapping_add\(BLOCK as u64\)/wrapping_add(1)/; s/position as u64/(position as u64 >> 6)/'
mutant "truncated: a tail in place of the rest" sampler/overhang.rs 's/FIRST if D::NARROW > 0 => .*,//'
mutant "truncated: the rest is one point"    sampler/overhang.rs 's/^    inner \+ middle\(a\) \* width$/    inner + width * (a as f32 * 0.0)/'
mutant "truncated: std before the cut"       distribution.rs     's/sigma: std \/ TRUNCATED_STD/sigma: std/'
mutant "two lanes share a seed"              sampler/lanes.rs    's/2 \* lane as u64/2 * (lane \& 14) as u64/'

filters=(value_stability the_bits)
fused='(\1 as f64 * \2 as f64 + \3 as f64) as f32'
mutant "fused: z * std + mean"               backend/portable.rs "s/(z) \* (std) \+ (mean)/$fused/"
mutant "fused: x in the box"                 sampler/overhang.rs "s/let x = inner \+ middle\(a\) \* (.*);/let x = (inner as f64 + middle(a) as f64 * (\1) as f64) as f32;/"
mutant "fused: exp"                          sampler/math.rs     "s/(p) \* (r) \+ (c)/$fused/"
mutant "fused: ln"                           sampler/math.rs     "s/(p) \* (f) \+ (c)/$fused/"
mutant "reordered: ln"                       sampler/math.rs     's/n \* LN_2_HIGH \+ \(f \+ small\)/(n * LN_2_HIGH + f) + small/'
mutant "reordered: std last in the fast path" sampler/ziggurat.rs 's/signed\(word\) \* \((.*) \* std\)/signed(word) * \1 * std/'
mutant "divided, not multiplied: tail"       sampler/overhang.rs 's/\* \(-1\.0 \/ TAIL_START\)/\/ -TAIL_START/'
mutant "bound as √3 std"                     init.rs             's/let std = gain \* root_of_quotient.*/let std = gain * if family == Family::Uniform { 1.732_050_8 * sqrt(scale \/ 3.0 \/ fan) } else { sqrt(scale \/ fan) };/'
mutant "gain under the root"                 init.rs             's/let std = gain \* root_of_quotient.*/let std = sqrt(gain * gain * scale \/ fan);/'
mutant "mean of the fans in f64"             init.rs             's/0\.5 \* \(fan_in as f32 \+ fan_out as f32\)/(0.5 * (fan_in as f64 + fan_out as f64)) as f32/'

filters=(structured originals recurrent orthogonal)
mutant "sparse: too few zeros"               structured/places.rs 's/\(outputs - output\) as u64/(outputs - output + 1) as u64/'
mutant "sparse: all inputs alike"            structured/places.rs 's/block_key\(input as u64\)/block_key(0)/'
mutant "sparse: rounded down"                structured/places.rs 's/usize::from\(share as usize as f32 != share\)/0/'
mutant "sparse: rounded up in binary"        structured/places.rs 's/share - roundings/share/'
mutant "sparse: a part looks at few inputs"  structured/places.rs 's/if next >= outputs .*/if next > 0 {/'
mutant "sparse: zeros saturate"              structured/mod.rs    's/if saturated > 0 /if false /'
mutant "sparse: outputs for inputs"          shape.rs             's/if self\.transposed \{ \(self\.minor, self\.major\) \}/if !self.transposed { (self.minor, self.major) }/'
mutant "dirac: place of an even kernel"      structured/mod.rs    's/\|k\| k \/ 2\)/|k| k.saturating_sub(1) \/ 2)/'
mutant "dirac: groups forgotten"             structured/places.rs 's/group \* of_group \+ channel, channel/channel, channel/'
mutant "delta: place of an even kernel"      structured/mod.rs    's/k\.saturating_sub\(1\) \/ 2/k \/ 2/'
mutant "icnr: one order for both"            structured/places.rs 's/DepthToSpace => outputs \* after/DepthToSpace => after/'
mutant "icnr: a part without what it skips"  structured/places.rs 's/ \* run \+ skipped;/ * run;/'
mutant "icnr: copies saturate once"          structured/places.rs 's/\+= copies \* fill/+= fill/'
mutant "icnr: axes of a transposed layer"    shape.rs             's/\(Layout::InOut, true\) => \[kernel, minor, major\]/(Layout::InOut, true) => [1, minor, kernel * major]/'
mutant "OHWI: kernel before the outputs"     shape.rs             's/\(major \* self\.kernel \+ place\) \* self\.minor/(place * self.major + major) * self.minor/'
mutant "recurrent: gates alike"              recurrent.rs         's/stream\.substream\(gate as u64\)/stream/'
mutant "recurrent: gates one after another"  recurrent.rs         's/if layout == Layout::InOut/if false/'
mutant "recurrent: another gate is open"     recurrent.rs         's/forget: Some\(1\)/forget: Some(0)/'
mutant "geometric mean is arithmetic"        init.rs              's/sqrt\(fan\.fan_in as f32\) \* sqrt\(fan\.fan_out as f32\)/0.5 * (fan.fan_in as f32 + fan.fan_out as f32)/'
mutant "residual: without the 2"             init.rs              's/const_sqrt\(2\.0 \* blocks\)/const_sqrt(blocks)/'
mutant "orthogonal: signs not fixed"         structured/orthogonal.rs 's/\*value \*= v_k\.abs\(\);/*value *= v_k;/; s/1_f32\.copysign\(v_k\)/1.0/'
mutant "orthogonal: a reflection left out"   structured/orthogonal.rs 's/enumerate\(\)\.rev\(\)/enumerate().skip(1).rev()/'
mutant "orthogonal: reflections too weak"    structured/orthogonal.rs 's/let scale = sqrt\(1\.0 \//let scale = sqrt(0.99 \//'

filters=(backend)
mutant "integer: ties not to even"           backend/integer.rs  's/high \&= !half;//'
mutant "integer: rounded down"               backend/integer.rs  's/high \+= half;//'
mutant "integer: last bit lost"              backend/integer.rs  's/high << 1 \| low >> 31/high << 1/'
mutant "integer: j without its sign's part"  backend/integer.rs  's/word \^ \(word as i32 >> 31\) as u32/word \& 0x7fff_ffff/'
mutant "integer: halves without the carry"   backend/integer.rs  's/ \+ \(low >> 16\);/;/'
mutant "integer: root rounded down"          backend/integer.rs  's/root\.div_ceil\(2\)/root \/ 2/'
mutant "integer: root of an odd exponent"    backend/integer.rs  's/significand << odd << 1/significand << 1/'
mutant "lanewise: lane of another position"  backend/lanewise.rs 's/lanes\.lane\(block_key, first, first \+ slot\)/lanes.lane(block_key, first, slot)/'
mutant "lanewise: overhang of another position" backend/lanewise.rs 's/\(block_key, first \+ slot\)\)\);/(block_key, slot)));/'
mutant "pages: lanes of another part"        backend/lanewise.rs 's/\(block_key, first\) == \(self\.block_key, self\.end\)/block_key == self.block_key/'
mutant "pages: a lane not kept"              backend/lanewise.rs 's/lanes\.keep\(lane, words\);/if lane != 5 { lanes.keep(lane, words); }/'
mutant "lanewise: mean forgotten"            backend/lanewise.rs 's/value\(word, place\) \+ mean/value(word, place)/'

filters=(plan activations)
mutant "plan: biases with the weights' stream" plan.rs           's/self\.name\.role\.as_str\(\)\)/Role::Weight.as_str())/'
mutant "plan: a page begins where its tensor does" plan.rs       's/tensor\.write\(stream, skipped,/tensor.write(stream, 0,/'
mutant "plan: a bias by no fan"              plan.rs             's/init\.resolve\(layer\.shape\.fan\(\)\)/init.resolve(shape.fan())/'
mutant "plan: half a layer pushed"           plan.rs             's/extend_from_slice\(\&\[weights, bias\]\)\.is_ok\(\)/push(weights).and_then(|()| self.tensors.push(bias)).is_ok()/'
mutant "plan: tanh without its gain"         activation.rs       's/xavier_normal\(\)\.gain\(self\.gain\(\)\)/xavier_normal()/'
mutant "plan: the slope not squared"         activation.rs       's/slope \* slope/slope/'

filters=(stats)
mutant "stats: mean not subtracted"          stats.rs            's/let d = value - mean;/let d = value;/'
mutant "stats: parts joined in another order" stats.rs           's/join\(join\(a, c\), join\(b, d\)\)/join(join(a, b), join(c, d))/'
mutant "stats: other chunks"                 stats.rs            's/CHUNK: usize = 256/CHUNK: usize = 252/'
mutant "stats: no chunk taken again"         stats.rs            's/^( *)if \(SMALLEST_SQUARES.*/\1if all_the_mean || true {/'
mutant "stats: subnormal squares"            stats.rs            's/\(SMALLEST_SQUARES\.\./(f32::MIN_POSITIVE../'
mutant "stats: last values forgotten"        stats.rs            's/self\.add_slowly\(rest\);//'
mutant "stats: largest taken for smallest"   stats.rs            's/if below\(b, a\) \{ a \}/if below(a, b) { a }/'
mutant "stats: beyond 2.99 std"              stats.rs            's/\[2\.0, 3\.0\]/[2.0, 2.99]/'
mutant "stats: beyond above the mean only"   stats.rs            's/ \& 0x7fff_ffff//'
mutant "stats: repeats of the one 15 before" stats.rs            's/chunk\.get\(LANES\.\.\)/chunk.get(LANES - 1..)/'
mutant "stats: mean square for variance"     stats.rs            's/squares \/ n - offset \* offset/squares \/ n/'
mutant "stats: n - 1"                        stats.rs            's/squares \/ n - /squares \/ (n - 1.0) - /'
mutant "stats: all the same, with roundings" stats.rs            's/if min < max/if min <= max/'
mutant "stats: zero with its sign"           stats.rs            's/min: min \+ 0\.0/min/'
mutant "stats: NaN counted, and summed"      stats.rs            's/^ *continue;$//'
mutant "stats: root not scaled back"         stats.rs            's/\* power\(half\)/* power(half + half % 2)/'
mutant "stats: rarer alarms"                 stats.rs            's/RARITY: f32 = 23\.0/RARITY: f32 = 24.0/'
mutant "stats: more alarms"                  stats.rs            's/RARITY: f32 = 23\.0/RARITY: f32 = 22.0/'
mutant "stats: normal's kurtosis"            stats.rs            's/spread: 2\.0/spread: 1.8/'
mutant "stats: uniform's kurtosis"           stats.rs            's/spread: 0\.8/spread: 1.0/'
mutant "stats: symmetric limits of std"      stats.rs            's/1\.0 \+ tolerance \+ peak \* RARITY \/ n/1.0 + tolerance/'
mutant "stats: symmetric limits of counts"   stats.rs            's/ \+ RARITY \/ 3\.0\) as usize/) as usize/'
mutant "stats: rounding forgotten"           stats.rs            's/let rounding = .*/let rounding = 0.0;/'
mutant "stats: std about its own mean"       stats.rs            's/root\(own \* own \+ offset \* offset\)/own/'
mutant "stats: zeros as rare as repeats"     stats.rs            's/if mean == 0\.0 \{ 0 \} else \{ rare \}/rare/'
mutant "stats: no zeros anywhere"            stats.rs            's/if mean == 0\.0 \{ 0 \} else \{ rare \}/0/'
mutant "stats: too few beyond not seen"      stats.rs            's/\(fewest as usize, most/(0 * fewest as usize, most/'
mutant "stats: shares exchanged"             stats.rs            's/beyond_2: 0\.045_500_264/beyond_2: 0.002_699_796/'
mutant "stats: upper end not looked at"      stats.rs            's/low <= min \&\& max <= high/low <= min/'
mutant "stats: constants like others"        stats.rs            's/if std == 0\.0 \{/if std < 0.0 {/'
mutant "stats: promise not checked"          stats.rs            's/self\.check\(\)\?;//'
mutant "stats: nothing like something"       stats.rs            's/if stats\.len == 0/if stats.len == 1/'
mutant "stats: plan names no one"            plan.rs             's/tensor\.distribution\.verify\(values\)/(Distribution::Constant { value: 0.0 }).verify(values)/'

# Those of the backends run where the processor has them; the kernel is in all.
export RUSTFLAGS=
filters=(backend elements --skip all_numbers)
simd=backend/simd
kernel=$simd/kernel
mutant "kernel: next try of a neighbour"     $kernel/resolver.rs 's/add_state\(tries\.states, NEXT_TRY\)/add_state(tries.states, NEXT_TRY.wrapping_add(crate::stream::GOLDEN))/'
mutant "kernel: no next try"                 $kernel/resolver.rs 's/!points\.first_region \& !points\.accepted \& mask/0/'
mutant "kernel: tail forgotten"              $kernel/resolver.rs 's/self\.simd\.append\(\&mut self\.tails, .*, tail\);//'
mutant "kernel: the rest folded"             $kernel/tries.rs    's/mul_f\(simd\.to_float\(a\), simd\.splat_f\(width\)\)/mul_f(folded_a, simd.splat_f(width))/'
mutant "kernel: tail reordered"              $kernel/math.rs     's/simd\.add_f\(simd\.mul_f\(n, simd\.splat_f\(LN_2_HIGH\)\), simd\.add_f\(f, small\)\)/simd.add_f(simd.add_f(simd.mul_f(n, simd.splat_f(LN_2_HIGH)), f), small)/'
mutant "kernel: density reordered"           $kernel/math.rs     's/simd\.add_f\(r\[i\], simd\.mul_f\(simd\.mul_f\(r\[i\], r\[i\]\), p\[i\]\)\)/simd.mul_f(r[i], simd.add_f(simd.splat_f(1.0), simd.mul_f(r[i], p[i])))/'
mutant "kernel: second block has the first's key" $kernel/blocks.rs 's/set_keys\(first \/ BLOCK, keys\)/set_keys(first \/ BLOCK, [keys[0]; 2])/'
mutant "kernel: window one block too long"   $kernel/blocks.rs   's/in_window \+ S::BLOCKS > WINDOW/in_window > WINDOW/'
mutant "kernel: last batch one short"        $kernel/resolver.rs 's/first_bits\(count\)\)/first_bits(count - 1))/'
mutant "kernel: parts of a large slice alike" $kernel/fill.rs    's/start = start\.wrapping_add\(out\.slots\.len\(\) as u64\);/_ = \&mut start;/'
mutant "kernel: group of another step"       $kernel/blocks.rs   's/for _ in 0\.\.first % BLOCK/for _ in 1..first % BLOCK/'
mutant "kernel: sign is another bit"         $kernel/resolver.rs 's/shl::<20>\(points\.high\)/shl::<21>(points.high)/'
mutant "kernel: mean forgotten in the overhang" $kernel/resolver.rs 's/value = simd\.add_f\(value, simd\.splat_f\(self\.mean\)\);//'
mutant "kernel: a few without the mean"      $kernel/resolver.rs 's/if self\.mean == 0\.0 \{ z \} else \{ z \+ self\.mean \}/z/'
mutant "kernel: too large is not seen"       $kernel/round.rs    's/ \| simd\.bits\(simd\.less_f\(high, highest\)\)//'
mutant "kernel: too small is not seen"       $kernel/round.rs    's/simd\.bits\(simd\.less_f\(lowest, low\)\) \| //'
mutant "kernel: none saturates in the overhang" $kernel/resolver.rs 's/saturates \& accepted/0 * saturates/'
mutant "kernel: 32 bits end early"           $kernel/round.rs    's/size_of::<R::Slot>\(\) == 4/false/'
mutant "kernel: ties of bf16 upwards"        $kernel/round.rs    's/simd\.add\(x, simd\.splat\(0x7fff\)\), x, 1 << 16/simd.add(x, simd.splat(0x7fff)), x, !0/'
mutant "fewer can saturate"                  element.rs          's/farthest > Q::HIGH/0.9 * farthest > Q::HIGH/'
if [ "$(uname -m)" = x86_64 ]; then
    mutant "avx512: positions out of order"  $simd/avx512/lookups.rs 's/order\[i\] = \(i \/ 4 % 4 \* 16/order[i] = (i \/ 4 % 4 * 16 ^ 16/'
    mutant "avx512: layers' bytes swapped"   $simd/avx512/vectors.rs 's/0x00f0_00f0_00f0_00f0, b, /0x00f0_00f0_00f0_00f0, c, /'
    mutant "avx512: more than 32 rejected"   $simd/avx512/lookups.rs 's/rejected\.count_ones\(\) > 32/rejected.count_ones() > 40/'
    mutant "avx512: scale not taken back"    $simd/avx512/vectors.rs 's/const SIGNED: f32 = 128\.0/const SIGNED: f32 = 64.0/'
    mutant "avx512: bytes not transposed"    $simd/avx512/vectors.rs 's/\[0, 4, 8, 12, 1,/[0, 4, 8, 1, 12,/'
    mutant "avx512: upper half of the shares" $simd/avx512/lookups.rs 's/select\(upper, high, low\)/select(upper, low, high)/'
    mutant "avx2: positions out of order"    $simd/avx2/lookups.rs   's/i \/ 16 % 2 \* 4 \+ i % 4/i \/ 16 % 2 * 4 + (i ^ 1) % 4/'
    mutant "avx2: bytes out of order"        $simd/avx2/vectors.rs   's/setr_epi32\(0, 4, 1, 5, 2/setr_epi32(0, 4, 1, 2, 5/'
    mutant "avx2: two lanes compressed wrong" $simd/avx2/lookups.rs  's/0x00, 0x03, 0x0c, 0x0f/0x00, 0x03, 0x0c, 0x0c/'
    mutant "avx2: more than three rejected"  $kernel/queue.rs        's/count > 3/count > 4/'
    mutant "avx2: rows transposed wrong"     $simd/avx2/lookups.rs   's/row\(first \+ i \+ 4\)/row(first + i + 3)/'
fi
[ "$survivors" -eq 0 ] || { echo "$survivors survived" >&2; exit 1; }
