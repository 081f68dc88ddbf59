// Draws on canvases. Sizes are those of style.css, and colours those of its variables.
import { density } from "./density.js";
import { power } from "./survey.js";

const sizes = new WeakMap();
let observer;

/// Calls back when a canvas has another size.
export function watch(canvases, changed) {
    observer = new ResizeObserver((entries) => {
        for (const { target, contentRect } of entries) {
            sizes.set(target, [Math.round(contentRect.width), Math.round(contentRect.height)]);
        }
        changed();
    });
    canvases.forEach((canvas) => observer.observe(canvas));
}

const COLORS = ["text", "faint", "grid", "panel", "he", "xavier", "small", "large", "zeros", "yours", "plus", "minus"];
export let colors = {};

/// Reads the colours, after the start and when the scheme of colours changes.
export function readColors() {
    const style = getComputedStyle(document.documentElement);
    colors = Object.fromEntries(COLORS.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
    colors.font = getComputedStyle(document.body).fontFamily;
}

/// Returns a cleared context, in which a unit is a CSS pixel, or undefined if the canvas has no size yet.
function begin(canvas) {
    const [width, height] = sizes.get(canvas) ?? [0, 0];
    if (width < 20 || height < 20) return undefined;
    const scale = Math.min(devicePixelRatio || 1, 2);
    const [w, h] = [Math.round(width * scale), Math.round(height * scale)];
    if (canvas.width !== w || canvas.height !== h) [canvas.width, canvas.height] = [w, h];
    const context = canvas.getContext("2d");
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, width, height);
    context.font = `11px ${colors.font}`;
    context.lineJoin = "round";
    return { context, width, height };
}

function rgb(color) {
    return [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16));
}

/// Draws lines over x from `from` to `to`. `ticks` are pairs of y and label. A line that leaves the chart runs along its
/// edge, and it ends at a value that is not a number.
export function lines(canvas, { series, from, to, low, high, ticks, unit = "" }) {
    const area = begin(canvas);
    if (!area) return;
    const { context, width, height } = area;
    const [left, right, top, bottom] = [38, 8, 8, 22];
    const px = (x) => left + ((x - from) / Math.max(to - from, 1e-9)) * (width - left - right);
    const py = (y) => top + ((high - Math.min(Math.max(y, low), high)) / (high - low)) * (height - top - bottom);

    context.lineWidth = 1;
    context.textBaseline = "middle";
    context.textAlign = "right";
    for (const [y, label] of ticks) {
        context.strokeStyle = colors.grid;
        context.beginPath();
        context.moveTo(left, Math.round(py(y)) + 0.5);
        context.lineTo(width - right, Math.round(py(y)) + 0.5);
        context.stroke();
        context.fillStyle = colors.faint;
        context.fillText(label, left - 6, py(y));
    }
    context.textBaseline = "alphabetic";
    context.textAlign = "left";
    context.fillText(String(from), left, height - 6);
    context.textAlign = "right";
    context.fillText(String(to), width - right, height - 6);
    context.textAlign = "center";
    context.fillText(unit, (left + width - right) / 2, height - 6);

    for (const { color, xs, ys, wide, dashed, dots } of series) {
        context.strokeStyle = colors[color];
        context.lineWidth = wide ? 3 : 1.75;
        context.setLineDash(dashed ? [5, 3] : []);
        context.beginPath();
        let open = false;
        ys.forEach((y, n) => {
            if (Number.isNaN(y)) return (open = false);
            const x = px(xs ? xs[n] : from + n);
            if (open) context.lineTo(x, py(y));
            else context.moveTo(x, py(y));
            return (open = true);
        });
        context.stroke();
        context.fillStyle = colors[color];
        for (const [n, y] of dots ? ys.entries() : []) {
            context.beginPath();
            context.arc(px(xs[n]), py(y), wide ? 4 : 3, 0, 7);
            context.fill();
        }
    }
    context.setLineDash([]);
}

const strip = document.createElement("canvas");

/// Draws each layer's magnitudes as a column, the larger the higher.
export function magnitudes(canvas, survey, gradients, color) {
    const area = begin(canvas);
    if (!area) return;
    const { context, width, height } = area;
    const [bins, depth] = [64, survey.depth];
    const image = new ImageData(depth, bins);
    const [r, g, b] = rgb(colors[color]);
    for (let layer = 0; layer < depth; layer++) {
        const shares = survey.spread(layer, gradients).magnitudes;
        for (let bin = 0; bin < bins; bin++) {
            const at = 4 * ((bins - 1 - bin) * depth + layer);
            image.data[at] = r;
            image.data[at + 1] = g;
            image.data[at + 2] = b;
            image.data[at + 3] = 255 * Math.min(1, Math.sqrt(4 * shares[bin]));
        }
    }
    [strip.width, strip.height] = [depth, bins];
    strip.getContext("2d").putImageData(image, 0, 0);
    context.imageSmoothingEnabled = false;
    context.drawImage(strip, 0, 0, width, height);

    // Where a magnitude of 1 is: octave 0.
    const zero = height * (1 - (gradients ? 52 : 40) / bins);
    context.strokeStyle = context.fillStyle = colors.faint;
    context.globalAlpha = 0.6;
    context.lineWidth = 1;
    context.setLineDash([2, 3]);
    context.beginPath();
    context.moveTo(0, zero);
    context.lineTo(width, zero);
    context.stroke();
    context.setLineDash([]);
    context.globalAlpha = 1;
    context.textAlign = "right";
    context.fillText("1", width - 3, zero - 3);
}

/// Draws each layer's histogram, one below the other.
export function ridges(canvas, survey, gradients) {
    const area = begin(canvas);
    if (!area) return;
    const { context, width, height } = area;
    const { depth } = survey;
    const [left, right, top, bottom] = [24, 8, 26, 20];
    const spacing = (height - top - bottom) / depth;
    const tall = Math.min(Math.max(2.4 * spacing, 14), 60);
    context.textAlign = "center";
    context.fillStyle = colors.faint;
    const ends = gradients ? ["−4 σ", "0", "4 σ"] : ["−4", "0", "4"];
    ends.forEach((label, n) => {
        context.textAlign = ["left", "center", "right"][n];
        context.fillText(label, left + (n / 2) * (width - left - right), height - 4);
    });
    // The heights are relative to the median of the layers' highest bins, so that a spike doesn't flatten the others.
    const highest = Array.from({ length: depth }, (_, layer) => Math.max(...survey.spread(layer, gradients).values));
    const peak = Math.min(Math.max(highest.sort((a, b) => a - b)[depth >> 1], 0.01), 0.12);
    const labels = Math.ceil(depth / Math.floor((height - top) / 16));
    for (let layer = 0; layer < depth; layer++) {
        const base = top + (layer + 1) * spacing;
        const { values } = survey.spread(layer, gradients);
        context.beginPath();
        context.moveTo(left, base);
        values.forEach((share, bin) => {
            const up = Math.min(share / peak, 1.4) * 0.7 * tall;
            context.lineTo(left + ((bin + 0.5) / 64) * (width - left - right), base - up);
        });
        context.lineTo(width - right, base);
        context.fillStyle = colors.panel;
        context.globalAlpha = 0.72;
        context.fill();
        context.fillStyle = colors.yours;
        context.globalAlpha = 0.22;
        context.fill();
        context.globalAlpha = 1;
        context.strokeStyle = colors.yours;
        context.lineWidth = depth > 30 ? 0.9 : 1.3;
        context.stroke();
        if (layer % labels === 0 || layer === depth - 1) {
            context.fillStyle = colors.faint;
            context.textAlign = "right";
            if (layer === depth - 1 || depth - 1 - layer >= labels) context.fillText(layer + 1, left - 6, base + 1);
        }
    }
}

const picture = document.createElement("canvas");

/// Draws a matrix with one row per output: positive values in one colour and negative ones in another.
export function matrix(canvas, { values, inputs, outputs, reach }) {
    const area = begin(canvas);
    if (!area) return;
    const { context, width, height } = area;
    const image = new ImageData(inputs, outputs);
    const pixels = new Uint32Array(image.data.buffer);
    const [base, plus, minus] = [colors.panel, colors.plus, colors.minus].map(rgb);
    const shades = new Uint32Array(257);
    for (let n = -128; n <= 128; n++) {
        const [end, share] = [n > 0 ? plus : minus, Math.abs(n) / 128];
        const [r, g, b] = base.map((from, channel) => Math.round(from + share * (end[channel] - from)));
        shades[n + 128] = (255 << 24) | (b << 16) | (g << 8) | r;
    }
    // Full colour at three standard deviations.
    const scale = reach > 0 ? 128 / (0.75 * reach) : 0;
    for (let n = 0; n < values.length; n++) {
        const shade = Math.round(values[n] * scale);
        pixels[n] = shades[128 + (shade > 128 ? 128 : shade < -128 ? -128 : shade)];
    }
    [picture.width, picture.height] = [inputs, outputs];
    picture.getContext("2d").putImageData(image, 0, 0);
    // Square cells where they fit.
    const cell = Math.min(width / inputs, height / outputs);
    const [w, h] = [inputs * cell, Math.max(outputs * cell, Math.min(height, outputs * 3 * cell))];
    context.imageSmoothingEnabled = cell < 1;
    context.drawImage(picture, (width - w) / 2, (height - h) / 2, w, h);
    context.lineWidth = 1;
    context.strokeStyle = colors.grid;
    context.strokeRect((width - w) / 2 + 0.5, (height - h) / 2 + 0.5, w - 1, h - 1);
}

/// Draws a histogram of weights, and the density that they are drawn from.
export function histogram(canvas, { bins, reach, kind, std }) {
    const area = begin(canvas);
    if (!area) return;
    const { context, width, height } = area;
    const [left, right, top, bottom] = [8, 8, 12, 22];
    const inner = width - left - right;
    context.fillStyle = colors.faint;
    if (!(reach > 0)) {
        context.textAlign = "center";
        context.fillText("All weights are zero.", width / 2, height / 2);
        return;
    }
    const bin = (2 * reach) / bins.length;
    const most = Math.max(...bins, density(kind, std, 0) * bin) * 1.05;
    const py = (share) => height - bottom - (share / most) * (height - top - bottom);
    context.fillStyle = colors.yours;
    context.globalAlpha = 0.35;
    bins.forEach((share, n) => {
        const x = left + (n / bins.length) * inner;
        context.fillRect(x, py(share), inner / bins.length - 0.5, height - bottom - py(share));
    });
    context.globalAlpha = 1;
    context.strokeStyle = colors.text;
    context.lineWidth = 1.5;
    context.beginPath();
    for (let x = 0; x <= inner; x++) {
        const y = py(density(kind, std, ((2 * x) / inner - 1) * reach) * bin);
        if (x === 0) context.moveTo(left, y);
        else context.lineTo(left + x, y);
    }
    context.stroke();
    context.strokeStyle = colors.grid;
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(left, height - bottom + 0.5);
    context.lineTo(width - right, height - bottom + 0.5);
    context.stroke();
    context.fillStyle = colors.faint;
    const format = (x) => (x === 0 ? "0" : `${x < 0 ? "−" : ""}${Number(Math.abs(x).toPrecision(2))}`);
    [-reach, -reach / 2, 0, reach / 2, reach].forEach((x, n) => {
        context.textAlign = n === 0 ? "left" : n === 4 ? "right" : "center";
        context.fillText(format(x), left + (n / 4) * inner, height - 7);
    });
}

/// Returns ticks at powers of ten, for values that are logarithms.
export const decades = (low, high, step) =>
    Array.from({ length: Math.floor((high - low) / step) + 1 }, (_, n) => [low + n * step, power(low + n * step)]);
