// Times the fills of two builds of this package, without and with SIMD, and those of JavaScript, in turn.
//
//     cargo build --release --target wasm32-unknown-unknown
//     cargo build --release --target wasm32-unknown-unknown --target-dir target/simd128 \
//         --config 'target.wasm32-unknown-unknown.rustflags = ["-Ctarget-feature=+simd128"]'
//     node run.mjs
//
// Prints a table in Markdown: nanoseconds per value, the median of the rounds. Fails if the bits are not those of
// other processors. `node run.mjs --smoke` runs each fill only once. Further arguments are the two target folders.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const SIZES = [64, 1000, 1 << 18];
const smoke = process.argv[2] === "--smoke";
const ROUNDS = smoke ? 1 : 15;
// Each measurement fills at least as many values.
const ENOUGH = 1 << 20;
// FNV-1a of the words of so many values of `he_normal`, seed 42, on x86-64.
const HASH = 0x7d6fddb4;

const own = ["target", "target/simd128"].map((folder) => fileURLToPath(new URL(folder, import.meta.url)));
const folders = process.argv.slice(smoke ? 3 : 2);

async function load(folder) {
    const file = `${folder}/wasm32-unknown-unknown/release/wasm_bench.wasm`;
    return (await WebAssembly.instantiate(readFileSync(file))).instance.exports;
}

const [plain, simd] = await Promise.all((folders.length ? folders : own).map(load));

function hash({ he_normal, buffer, memory }) {
    he_normal(42, ENOUGH);
    const words = new Uint32Array(memory.buffer, buffer(), ENOUGH);
    return words.reduce((hash, word) => Math.imul(hash ^ word, 0x01000193), 0x811c9dc5) >>> 0;
}

const values = new Float32Array(ENOUGH);
function boxMuller(_, size) {
    for (let i = 0; i < size; i += 2) {
        const radius = 0.05 * Math.sqrt(-2 * Math.log(1 - Math.random()));
        const angle = 2 * Math.PI * Math.random();
        values[i] = radius * Math.cos(angle);
        values[i + 1] = radius * Math.sin(angle);
    }
}

const rows = {
    "He normal, `simd128`": simd.he_normal,
    "He normal": plain.he_normal,
    "He uniform, `simd128`": simd.he_uniform,
    "He uniform": plain.he_uniform,
    "`rand_distr`, `simd128`": simd.rand_distr_normal,
    "`rand_distr`": plain.rand_distr_normal,
    "`Math.random`, Box–Muller": boxMuller,
};

function time(fill, size, round) {
    const fills = Math.ceil(ENOUGH / size);
    const start = process.hrtime.bigint();
    for (let i = 0; i < fills; i++) fill(round * fills + i, size);
    return Number(process.hrtime.bigint() - start) / (fills * size);
}

for (const build of [plain, simd]) {
    if (hash(build) !== HASH) throw new Error(`other bits: their hash is ${hash(build)}`);
}
const figures = Object.keys(rows).map(() => SIZES.map(() => []));
for (let round = 0; round < ROUNDS; round++) {
    Object.values(rows).forEach((fill, row) =>
        SIZES.forEach((size, column) => figures[row][column].push(time(fill, size, round))),
    );
}
const median = (list) => list.sort((a, b) => a - b)[list.length >> 1].toFixed(2);
console.log(`| Node ${process.version} | ${SIZES.map((size) => size.toLocaleString("en")).join(" | ")} |`);
console.log(`| --- |${" ---: |".repeat(SIZES.length)}`);
Object.keys(rows).forEach((name, row) => console.log(`| ${name} | ${figures[row].map(median).join(" | ")} |`));
