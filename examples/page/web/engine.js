// Loads the crate as WebAssembly. The page compiles it once, and each worker makes an instance of its own.

// A module with one SIMD instruction, which is valid only where the browser has them.
const PROBE = [
    0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11,
];

export const hasSimd = () => WebAssembly.validate(new Uint8Array(PROBE));

/// Says to the reader what failed.
export class LoadError extends Error {}

async function load(name, what) {
    let response;
    try {
        response = await fetch(new URL(name, import.meta.url));
    } catch {
        throw new LoadError(`${what} (${name}) could not be loaded. Is there a network?`);
    }
    if (!response.ok) throw new LoadError(`${what} (${name}) could not be loaded: HTTP status ${response.status}.`);
    return new Uint8Array(await response.arrayBuffer());
}

export async function compile(build) {
    const name = `${build}.wasm`;
    const bytes = await load(name, "The WebAssembly file");
    try {
        return await WebAssembly.compile(bytes);
    } catch {
        throw new LoadError(`The WebAssembly file (${name}) is damaged or incomplete. Reload the page to try again.`);
    }
}

/// Returns the unpacked file of digits.
export async function loadDigits() {
    const name = "digits.bin";
    const bytes = await load(name, "The file of digits");
    try {
        const unpacked = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
        return new Uint8Array(await new Response(unpacked).arrayBuffer());
    } catch {
        throw new LoadError(`The file of digits (${name}) is damaged or incomplete. Reload the page to try again.`);
    }
}

/// Returns the exports of a new instance, into which the digits are copied.
export async function instantiate(module, digits) {
    const { exports } = await WebAssembly.instantiate(module);
    if (digits) {
        const address = exports.digits();
        if (address === 0) throw new Error("the browser grants no memory");
        new Uint8Array(exports.memory.buffer, address, digits.length).set(digits);
        if (!exports.read_digits()) throw new Error("the file of digits is damaged");
    }
    return exports;
}
