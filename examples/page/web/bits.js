// A worker that hashes a million values, and measures how long a million take.
import { compile, instantiate } from "./engine.js";

const VALUES = 1 << 20;
const ROUNDS = 9;

const values = new Float32Array(VALUES);
function boxMuller() {
    for (let i = 0; i < VALUES; i += 2) {
        const radius = 0.05 * Math.sqrt(-2 * Math.log(1 - Math.random()));
        const angle = 2 * Math.PI * Math.random();
        values[i] = radius * Math.cos(angle);
        values[i + 1] = radius * Math.sin(angle);
    }
}

/// Returns nanoseconds per value, the median of the rounds. The fills take turns, so that all see the same machine.
function time(fills) {
    const times = fills.map(() => []);
    for (let round = 0; round < ROUNDS; round++) {
        fills.forEach((fill, n) => {
            const start = performance.now();
            fill(round);
            times[n].push(performance.now() - start);
        });
    }
    return times.map((list) => (list.sort((a, b) => a - b)[ROUNDS >> 1] * 1e6) / VALUES);
}

onmessage = async ({ data: { module, simd, measure } }) => {
    try {
        if (!measure) {
            const { hash } = await instantiate(module);
            postMessage({ hash: BigInt.asUintN(64, hash()).toString(16).padStart(16, "0") });
            return;
        }
        const builds = await Promise.all(["portable", ...(simd ? ["simd128"] : [])].map(compile));
        const engines = await Promise.all(builds.map((build) => instantiate(build)));
        const fills = engines.map(({ fill }) => (round) => fill(BigInt(round), VALUES));
        const [js, portable, simd128] = time([boxMuller, ...fills]);
        postMessage({ js, portable, simd128 });
    } catch (error) {
        postMessage({ error: error.message });
    }
};
