// A worker that trains six networks at once, a few steps each in turn, until it is done or told to stop.
import { instantiate } from "./engine.js";

const CHUNK = 25;
let engine;
let current;

const pause = () => new Promise((resolve) => setTimeout(resolve));

async function train(run) {
    const { depth, width, activation, starts, seed, rate, epochs } = run;
    starts.forEach(({ scheme, gain }, number) => {
        const signed = BigInt.asIntN(64, seed);
        if (!engine.begin(number, depth, width, activation, scheme, gain, signed, rate)) {
            throw new Error("the browser grants no memory for six networks of this size");
        }
    });
    const total = epochs * engine.steps();
    for (let step = CHUNK; step <= total; step += CHUNK) {
        const losses = new Float32Array(starts.length);
        for (const number of starts.keys()) {
            losses[number] = engine.train(number, CHUNK);
            // Between two networks, so that a large one can be stopped soon.
            await pause();
            if (current !== run) return;
        }
        const end = step % engine.steps() === 0;
        const accuracies = end ? starts.map((_, number) => engine.accuracy(number)) : undefined;
        postMessage({ id: run.id, step, total, losses, accuracies });
    }
    postMessage({ id: run.id, done: true });
}

onmessage = async ({ data }) => {
    try {
        if (data.module) engine = await instantiate(data.module, data.digits);
        else if (data.stop) current = undefined;
        else await train((current = data));
    } catch (error) {
        postMessage({ error: error.message });
    }
};
