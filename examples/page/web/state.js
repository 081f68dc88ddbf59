// The state of the page, and its form in the address.

export const ACTIVATIONS = [
    ["relu", "ReLU"],
    ["leaky_relu", "Leaky ReLU"],
    ["tanh", "tanh"],
    ["sigmoid", "Sigmoid"],
    ["selu", "SELU"],
    ["gelu", "GELU"],
    ["silu", "SiLU"],
    ["linear", "none"],
];

// In the order of `SCHEMES` in src/starts.rs.
export const SCHEMES = [
    ["he_normal", "He normal"],
    ["he_uniform", "He uniform"],
    ["he_truncated_normal", "He truncated normal"],
    ["xavier_normal", "Xavier normal"],
    ["xavier_uniform", "Xavier uniform"],
    ["lecun_normal", "LeCun normal"],
    ["lecun_uniform", "LeCun uniform"],
    ["lecun_truncated_normal", "LeCun truncated normal"],
    ["pytorch_default", "PyTorch’s default"],
    ["normal(std=0.001)", "normal, std 0.001"],
    ["normal(std=1)", "normal, std 1"],
    ["zeros", "zeros"],
];

// The five starts as indices into `SCHEMES`, then the reader's. The colours are in style.css.
export const STARTS = [
    { key: "he", name: "He", scheme: 0 },
    { key: "xavier", name: "Xavier", scheme: 3 },
    { key: "small", name: "Too small", scheme: 9 },
    { key: "large", name: "Too large", scheme: 10 },
    { key: "zeros", name: "Zeros", scheme: 11 },
    { key: "yours", name: "Yours" },
];

export const LANGUAGES = ["rust", "c", "python"];
export const RATES = [0.003, 0.01, 0.03, 0.1];
const MAX_SEED = (1n << 64n) - 1n;

const whole = (least, most, step = 1) => (text) => {
    const n = Number(text);
    if (!/^\d+$/.test(text) || n < least || n > most) return undefined;
    return least + Math.round((n - least) / step) * step;
};
const oneOf = (list) => (text) => list.find((item) => String(item) === text);

/// Returns a seed, or undefined if the text is not a whole number below 2⁶⁴.
export function parseSeed(text) {
    if (!/^\d{1,20}$/.test(text.trim())) return undefined;
    const seed = BigInt(text.trim());
    return seed <= MAX_SEED ? seed : undefined;
}

function parseGain(text) {
    const gain = Math.round(Number(text) * 100) / 100;
    return text !== "" && gain >= 0.1 && gain <= 3 ? gain : undefined;
}

const FIELDS = {
    depth: { usual: 20, parse: whole(2, 50) },
    width: { usual: 64, parse: whole(8, 256, 8) },
    activation: { usual: "relu", parse: oneOf(ACTIVATIONS.map(([name]) => name)) },
    scheme: { usual: "he_normal", parse: oneOf(SCHEMES.map(([name]) => name)) },
    gain: { usual: 1, parse: parseGain },
    seed: { usual: 42n, parse: parseSeed },
    layer: { usual: 2, parse: whole(1, 51) },
    rate: { usual: 0.03, parse: oneOf(RATES) },
    epochs: { usual: 5, parse: whole(1, 20) },
    code: { usual: "rust", parse: oneOf(LANGUAGES) },
};

/// Returns the state in the fragment of an address. A part that is missing or wrong has its usual value.
export function parse(fragment) {
    const given = new URLSearchParams(fragment.replace(/^#/, ""));
    const state = {};
    for (const [name, { usual, parse }] of Object.entries(FIELDS)) {
        state[name] = (given.has(name) ? parse(given.get(name)) : undefined) ?? usual;
    }
    state.layer = Math.min(state.layer, state.depth + 1);
    return state;
}

/// Returns the fragment for a state. All parts are in it, so that a link stays what it is if a usual value changes.
export function format(state) {
    return `#${new URLSearchParams(Object.keys(FIELDS).map((name) => [name, String(state[name])]))}`;
}

export const schemeIndex = (state) => SCHEMES.findIndex(([name]) => name === state.scheme);
export const activationIndex = (state) => ACTIVATIONS.findIndex(([name]) => name === state.activation);

/// Returns the layer's name in the stream, and the shape of its weights.
export function layerOf({ depth, width, layer }) {
    const last = layer > depth;
    return { name: last ? "out" : `fc${layer}`, inputs: layer === 1 ? 784 : width, outputs: last ? 10 : width };
}
