// A worker that starts networks and looks at them, one request at a time.
import { instantiate } from "./engine.js";

let engine;

const floats = (address, count) => new Float32Array(engine.memory.buffer, address, count);

function weights({ layer, scheme, gain }) {
    const address = engine.weights(layer - 1, scheme, gain) >>> 0;
    if (address === 0) throw new Error("no such layer");
    const [at, inputs, outputs, kind] = new Uint32Array(engine.memory.buffer, address, 4);
    const [std, reach, smallest, largest] = floats(address + 16, 4);
    return {
        inputs,
        outputs,
        kind,
        std,
        reach,
        smallest,
        largest,
        bins: floats(address + 32, 96).slice(),
        values: floats(at, inputs * outputs).slice(),
    };
}

function look(request) {
    const { depth, width, activation, scheme, gain, seed } = request;
    const loss = engine.look(depth, width, activation, scheme, gain, BigInt.asIntN(64, seed));
    if (loss === -1) throw new Error("the request was refused");
    const each = engine.layer_floats();
    const layers = floats(engine.layers() >>> 0, depth * each).slice();
    return { request, loss, layers, each, weights: request.layer ? weights(request) : undefined };
}

onmessage = async ({ data }) => {
    try {
        if (data.module) {
            engine = await instantiate(data.module, data.digits);
            postMessage({ ready: true });
        } else {
            const result = look(data);
            const buffers = [result.layers.buffer];
            if (result.weights) buffers.push(result.weights.values.buffer);
            postMessage(result, buffers);
        }
    } catch (error) {
        postMessage({ error: error.message });
    }
};
