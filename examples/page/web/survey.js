// Reads the descriptions of layers that src/survey.rs makes, and puts them in words.

const BINS = 64;
const SPREAD = 3 + 2 * BINS;

/// One network's hidden layers, from 0 on.
export class Survey {
    constructor({ layers, each, loss, request }) {
        Object.assign(this, { floats: layers, each, loss, depth: request.depth });
    }

    spread(layer, gradients) {
        const from = layer * this.each + (gradients ? SPREAD : 0);
        return {
            std: this.floats[from],
            zeros: this.floats[from + 1],
            lost: this.floats[from + 2],
            values: this.floats.subarray(from + 3, from + 3 + BINS),
            magnitudes: this.floats.subarray(from + 3 + BINS, from + SPREAD),
        };
    }

    dead(layer) {
        return this.floats[layer * this.each + 2 * SPREAD];
    }

    stds(gradients) {
        return Array.from({ length: this.depth }, (_, layer) => this.spread(layer, gradients).std);
    }
}

/// Returns a short word for the fate of a start, and whether it is a good one.
export function verdict(survey) {
    const last = survey.depth - 1;
    const [first, end] = [survey.spread(0, false), survey.spread(last, false)];
    const [back, top] = [survey.spread(0, true), survey.spread(last, true)];
    const dead = Array.from({ length: survey.depth }, (_, layer) => survey.dead(layer));
    const mean = dead.reduce((a, b) => a + b) / dead.length;
    if (end.lost > 0) return { word: "overflows", good: false };
    if (end.std === 0 && top.std === 0) return { word: "dead", good: false };
    const [forth, down] = [end.std / first.std, back.std / top.std];
    if (forth < 1e-3) return { word: "vanishes", good: false };
    if (forth > 1e3) return { word: "explodes", good: false };
    if (mean > 0.5) return { word: "saturated", good: false };
    if (!(down > 1e-3)) return { word: "gradients vanish", good: false };
    if (down > 1e3) return { word: "gradients explode", good: false };
    if (forth < 0.1) return { word: "fades", good: false };
    if (forth > 10) return { word: "grows", good: false };
    return { word: "lives", good: true };
}

const RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹";
const raised = (n) => (n < 0 ? "⁻" : "") + [...String(Math.abs(n))].map((digit) => RAISED[digit]).join("");
export const power = (n) => (n === 0 ? "1" : `10${raised(n)}`);

/// Returns a number with two digits.
export function number(x) {
    if (x === 0) return "0";
    if (!Number.isFinite(x)) return "overflow";
    if (Math.abs(x) >= 0.01 && Math.abs(x) < 1000) {
        return Math.abs(x) < 100 ? x.toPrecision(2) : x.toFixed(0);
    }
    const [digits, exponent] = x.toExponential(1).split("e");
    return `${digits} · ${power(Number(exponent))}`;
}
