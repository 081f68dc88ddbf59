// Connects the controls, the workers and the charts.
import { code, command } from "./code.js";
import * as charts from "./charts.js";
import { KINDS } from "./density.js";
import { compile, hasSimd, loadDigits } from "./engine.js";
import { PINNED } from "./pinned.js";
import {
    ACTIVATIONS, RATES, SCHEMES, STARTS, activationIndex, format, layerOf, parse, parseSeed, schemeIndex,
} from "./state.js";
import { Survey, number, verdict } from "./survey.js";

const $ = (id) => document.getElementById(id);
const make = (tag, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
};

let state = parse(location.hash);
let surveys = {};
let weights;
let run = { id: 0, steps: [], losses: STARTS.map(() => []), ends: [], accuracies: STARTS.map(() => []) };

function fail(error) {
    $("alert").replaceChildren(make("p", { className: "alert", textContent: error.message }));
}

// ---- The controls ----

const options = (list) => list.map(([value, text]) => make("option", { value, textContent: text }));
$("activation").append(...options(ACTIVATIONS));
$("scheme").append(...options(SCHEMES));
$("rate").append(...options(RATES.map((rate) => [rate, rate])));
$("legend").append(
    ...STARTS.map(({ key, name }) => make("span", {}, make("i", { className: `dot ${key}` }), name)),
);

const five = Object.fromEntries(
    STARTS.slice(0, 5).map(({ key, name, scheme }) => {
        const label = make("canvas", { className: "strip" });
        const [forth, back] = [label, make("canvas", { className: "strip" })];
        forth.setAttribute("role", "img");
        back.setAttribute("role", "img");
        const word = make("strong", { className: "word" });
        const figures = make("dl", { className: "figures" });
        const title = make("h3", {}, make("i", { className: `dot ${key}` }), name);
        const note = make("p", { className: "scheme", textContent: SCHEMES[scheme][1] });
        const caption = (text) => make("p", { className: "caption", textContent: text });
        const card = make("article", {}, title, note, word, caption("Activations"), forth, caption("Gradients"), back, figures);
        card.id = `start-${key}`;
        $("five").append(card);
        return [key, { forth, back, word, figures }];
    }),
);

function showState() {
    for (const name of ["depth", "width", "gain"]) {
        $(name).value = state[name];
        $(`${name}-out`).textContent = name === "gain" ? state.gain.toFixed(2) : state[name];
    }
    $("layer").max = state.depth + 1;
    $("layer").value = state.layer;
    const { name, inputs, outputs } = layerOf(state);
    $("layer-out").textContent = `${name} (${outputs} × ${inputs})`;
    $("layer").setAttribute("aria-valuetext", `${name}, ${outputs} outputs, ${inputs} inputs`);
    for (const name of ["activation", "scheme", "rate", "epochs"]) $(name).value = state[name];
    if (parseSeed($("seed").value) !== state.seed) $("seed").value = state.seed;
    $("seed").removeAttribute("aria-invalid");
    $("seed-note").textContent = "";
    document.querySelector(`input[name=code][value=${state.code}]`).checked = true;
    $("code").textContent = code(state);
    $("command").textContent = command(run.state ?? state);
}

let saving;
function change(part) {
    Object.assign(state, part);
    state.layer = Math.min(state.layer, state.depth + 1);
    showState();
    ask();
    // Browsers allow few changes of the address per second.
    clearTimeout(saving);
    saving = setTimeout(() => history.replaceState(null, "", format(state)), 250);
}

for (const name of ["depth", "width", "gain", "layer"]) {
    $(name).addEventListener("input", () => change({ [name]: Number($(name).value) }));
}
for (const name of ["activation", "scheme"]) $(name).addEventListener("change", () => change({ [name]: $(name).value }));
$("rate").addEventListener("change", () => change({ rate: Number($("rate").value) }));
$("epochs").addEventListener("change", () => {
    const epochs = Math.round(Number($("epochs").value));
    change({ epochs: epochs >= 1 ? Math.min(epochs, 20) : state.epochs });
});
$("seed").addEventListener("input", () => {
    const seed = parseSeed($("seed").value);
    if (seed !== undefined) return change({ seed });
    $("seed").setAttribute("aria-invalid", "true");
    $("seed-note").textContent = "A whole number from 0 to 2⁶⁴ − 1";
    return undefined;
});
$("next-seed").addEventListener("click", () => {
    $("seed").value = BigInt.asUintN(64, state.seed + 1n);
    change({ seed: parseSeed($("seed").value) });
});
$("languages").addEventListener("change", ({ target }) => change({ code: target.value }));
$("reset").addEventListener("click", () => change(parse("")));
$("controls").addEventListener("submit", (event) => event.preventDefault());
addEventListener("hashchange", () => change(parse(location.hash)));

async function copy(text, button) {
    const label = button.dataset.label ?? button.textContent;
    button.dataset.label = label;
    try {
        await navigator.clipboard.writeText(text);
        button.textContent = "Copied";
    } catch {
        button.textContent = "Select and copy by hand";
    }
    clearTimeout(button.timer);
    button.timer = setTimeout(() => (button.textContent = label), 1500);
}
$("link").addEventListener("click", () => {
    history.replaceState(null, "", format(state));
    copy(location.href, $("link"));
});
$("copy-code").addEventListener("click", () => copy($("code").textContent, $("copy-code")));
$("copy-losses").addEventListener("click", () => copy($("losses").textContent, $("copy-losses")));

// ---- Looking at networks ----

// A worker that gets one request at a time: always the newest, and each key in turn.
class Looker {
    constructor(shown) {
        this.worker = new Worker(new URL("look.js", import.meta.url), { type: "module" });
        this.wanted = new Map();
        this.busy = true;
        this.worker.onerror = () => fail(new Error("A worker of this page could not start. Reload the page to try again."));
        this.worker.onmessage = ({ data }) => {
            if (data.error) return fail(new Error(`The network could not be computed: ${data.error}.`));
            this.busy = false;
            if (!data.ready) shown(data);
            this.next();
        };
    }

    want(requests) {
        for (const request of requests) this.wanted.set(request.key, request);
        this.next();
    }

    next() {
        const [first] = this.wanted.values();
        if (this.busy || !first) return;
        this.busy = true;
        this.wanted.delete(first.key);
        this.worker.postMessage(first);
    }
}

function shown(result) {
    const { key } = result.request;
    surveys[key] = new Survey(result);
    if (result.weights) ({ weights } = result);
    stale.add(key);
    redraw();
}

const lookers = { five: new Looker(shown), yours: new Looker(shown) };

function ask() {
    const { depth, width, seed } = state;
    const common = { depth, width, seed, activation: activationIndex(state) };
    const request = ({ key, scheme }) => ({ key, ...common, scheme, gain: 1 });
    lookers.five.want(STARTS.slice(0, 5).map(request));
    lookers.yours.want([{ key: "yours", ...common, scheme: schemeIndex(state), gain: state.gain, layer: state.layer }]);
}

// ---- Drawing ----

const stale = new Set();
let scheduled = false;
let describing;

function redraw(all = false) {
    if (all) [...Object.keys(surveys), "training"].forEach((key) => stale.add(key));
    if (scheduled) return;
    scheduled = true;
    requestAnimationFrame(draw);
}

function drawStart(key) {
    const survey = surveys[key];
    const { word, good } = verdict(survey);
    if (key === "yours") {
        charts.ridges($("activation-ridges"), survey, false);
        charts.ridges($("gradient-ridges"), survey, true);
        charts.matrix($("weights-image"), weights);
        charts.histogram($("weights-histogram"), weights);
        return;
    }
    const card = five[key];
    charts.magnitudes(card.forth, survey, false, key);
    charts.magnitudes(card.back, survey, true, key);
    if (card.word.textContent !== word) {
        card.word.textContent = word;
        card.word.classList.toggle("good", good);
    }
}

function drawLines() {
    const series = (values) =>
        STARTS.filter(({ key }) => surveys[key]).map(({ key }) => ({
            color: key,
            wide: key === "zeros",
            dashed: key === "yours",
            ys: values(surveys[key]),
        }));
    const log = (x) => Math.log10(x);
    const { depth } = state;
    const common = { from: 1, to: depth, unit: "layer" };
    const forth = { low: -8, high: 8, ticks: charts.decades(-8, 8, 4) };
    const back = { low: -12, high: 4, ticks: charts.decades(-12, 4, 4) };
    const share = { low: 0, high: 100, ticks: [0, 25, 50, 75, 100].map((n) => [n, n]) };
    charts.lines($("activation-std"), { ...common, ...forth, series: series((s) => s.stds(false).map(log)) });
    charts.lines($("gradient-std"), { ...common, ...back, series: series((s) => s.stds(true).map(log)) });
    const dead = (s) => Array.from({ length: s.depth }, (_, layer) => 100 * s.dead(layer));
    charts.lines($("dead"), { ...common, ...share, series: series(dead) });
}

function draw() {
    scheduled = false;
    const keys = [...stale];
    stale.clear();
    if (keys.includes("training")) drawTraining();
    const starts = keys.filter((key) => surveys[key]);
    starts.forEach(drawStart);
    if (starts.length) {
        drawLines();
        // Words change when the sliders rest.
        clearTimeout(describing);
        describing = setTimeout(describe, 200);
        document.dispatchEvent(new CustomEvent("drawn", { detail: starts }));
    }
}

function figures(survey) {
    const last = survey.depth - 1;
    const dead = Array.from({ length: survey.depth }, (_, layer) => survey.dead(layer));
    return [
        ["Last activations", number(survey.spread(last, false).std)],
        ["First gradients", number(survey.spread(0, true).std)],
        ["Dead units", `${Math.round((100 * dead.reduce((a, b) => a + b)) / dead.length)} %`],
    ];
}

const sentence = (survey) => {
    const [first, ...rest] = figures(survey).map(([name, value]) => `${name} ${value}`);
    return [first, ...rest.map((text) => text.toLowerCase())].join(", ");
};

function describe() {
    for (const { key, name } of STARTS.slice(0, 5)) {
        const [survey, card] = [surveys[key], five[key]];
        if (!survey) continue;
        card.figures.replaceChildren(
            ...figures(survey).map(([term, value]) =>
                make("div", {}, make("dt", { textContent: term }), make("dd", { textContent: value })),
            ),
        );
        const stds = (gradients) => {
            const all = survey.stds(gradients);
            return `${number(all[0])} in the first layer, ${number(all.at(-1))} in the last`;
        };
        card.forth.setAttribute("aria-label", `${name}: standard deviation of the activations ${stds(false)}`);
        card.back.setAttribute("aria-label", `${name}: standard deviation of the gradients ${stds(true)}`);
    }
    const known = STARTS.filter(({ key }) => surveys[key]);
    const each = (f) => known.map(({ key, name }) => `${name} ${f(surveys[key])}`).join(", ");
    $("activation-std").setAttribute("aria-label", `Activations in the last layer: ${each((s) => number(s.stds(false).at(-1)))}`);
    $("gradient-std").setAttribute("aria-label", `Gradients in the first layer: ${each((s) => number(s.stds(true)[0]))}`);
    $("dead").setAttribute("aria-label", `Dead units in the last layer: ${each((s) => `${Math.round(100 * s.dead(s.depth - 1))} %`)}`);
    const yours = surveys.yours;
    if (!yours) return;
    const { word, good } = verdict(yours);
    const text = `${SCHEMES[schemeIndex(state)][1]}, gain ${state.gain.toFixed(2)}`;
    const strong = make("strong", { className: good ? "word good" : "word", textContent: word });
    $("yours-verdict").replaceChildren(`${text}: `, strong, `. ${sentence(yours)}.`);
    const spoken = `${text}, ${state.depth} layers of ${state.width}: ${word}. ${sentence(yours)}.`;
    if ($("announce").textContent !== spoken) $("announce").textContent = spoken;
    $("activation-ridges").setAttribute("aria-label", `Histograms of the activations by layer. ${sentence(yours)}`);
    $("gradient-ridges").setAttribute("aria-label", `Histograms of the gradients by layer. ${sentence(yours)}`);
    const { inputs, outputs, kind, std, smallest, largest } = weights;
    const spread = kind === 0 ? "all zero" : `${KINDS[kind]}, standard deviation ${number(std)}`;
    $("weights-image").setAttribute("aria-label", `Weights: ${outputs} outputs, ${inputs} inputs, from ${number(smallest)} to ${number(largest)}`);
    $("weights-histogram").setAttribute("aria-label", `Histogram of the weights: ${spread}`);
    $("histogram-caption").textContent =
        kind === 0 ? "Histogram" : `Histogram, and the exact density as a line: ${spread}`;
}

// ---- Training ----

const rows = STARTS.map(({ key, name }) => {
    const [loss, right] = [make("td"), make("td")];
    const head = make("th", { scope: "row" }, make("i", { className: `dot ${key}` }), name);
    $("results").tBodies[0].append(make("tr", {}, head, loss, right));
    return { loss, right };
});

function drawTraining() {
    const total = run.total ?? 250;
    const curves = (all, xs, dots) => STARTS.map(({ key }, n) => ({
        color: key, wide: key === "zeros", dashed: key === "yours", xs, ys: all[n], dots,
    }));
    const axis = { from: 0, to: total, unit: "step" };
    const ticks = [0, 1, 2, 3, 4].map((n) => [n, n]);
    charts.lines($("loss"), { ...axis, low: 0, high: 4, ticks, series: curves(run.losses, run.steps) });
    const percent = [0, 25, 50, 75, 100].map((n) => [n, n]);
    const share = run.accuracies.map((list) => list.map((x) => 100 * x));
    const last = (all, write) => STARTS.map(({ name }, n) => `${name} ${all[n].length ? write(all[n].at(-1)) : "unknown"}`).join(", ");
    if (run.steps.length) {
        const step = `after step ${run.steps.at(-1)}`;
        $("loss").setAttribute("aria-label", `Training loss ${step}: ${last(run.losses, number)}`);
        $("accuracy").setAttribute("aria-label", `Held-out digits recognised ${step}: ${last(share, (x) => `${x.toFixed(1)} %`)}`);
    }
    charts.lines($("accuracy"), { ...axis, low: 0, high: 100, ticks: percent, series: curves(share, run.ends, true) });
}

let trainer;
const bits = new DataView(new ArrayBuffer(4));
const hex = (x) => (bits.setFloat32(0, x), bits.getUint32(0).toString(16).padStart(8, "0"));

function trained({ data }) {
    if (data.error) {
        training(false);
        return fail(new Error(`The training failed: ${data.error}.`));
    }
    if (data.id !== run.id) return undefined;
    if (data.done) {
        training(false);
        $("train-status").textContent = "Done.";
        return undefined;
    }
    const { step, total, losses, accuracies } = data;
    run.total = total;
    run.steps.push(step);
    losses.forEach((loss, n) => run.losses[n].push(loss));
    run.text += `${String(step).padStart(5)} ${[...losses].map(hex).join(" ")}\n`;
    if (accuracies) {
        run.ends.push(step);
        accuracies.forEach((share, n) => run.accuracies[n].push(share));
        run.text += `right${accuracies.map((x) => ` ${String(Math.round(1000 * x)).padStart(8)}`).join("")}\n`;
    }
    $("losses").textContent = run.text;
    rows.forEach(({ loss, right }, n) => {
        loss.textContent = Number.isFinite(losses[n]) ? losses[n].toFixed(3) : "diverged";
        if (accuracies) right.textContent = `${(100 * accuracies[n]).toFixed(1)} %`;
    });
    $("progress").value = step / total;
    stale.add("training");
    return redraw();
}

function training(on) {
    $("train").disabled = on;
    $("stop").disabled = !on;
    // The focus would be lost with the button that had it.
    if (!on && document.activeElement === $("stop")) $("train").focus();
}

$("train").addEventListener("click", () => {
    const starts = STARTS.map(({ scheme }) => ({ scheme: scheme ?? schemeIndex(state), gain: scheme === undefined ? state.gain : 1 }));
    run = {
        id: run.id + 1, state: { ...state }, steps: [], ends: [],
        losses: STARTS.map(() => []), accuracies: STARTS.map(() => []), text: `hash 0x${hash}\n`,
    };
    const { depth, width, seed, rate, epochs } = state;
    rows.forEach(({ loss, right }) => (loss.textContent = right.textContent = ""));
    $("train-status").textContent = "Training…";
    $("command").textContent = command(run.state);
    training(true);
    trainer.postMessage({ id: run.id, depth, width, seed, rate, epochs, starts, activation: activationIndex(state) });
});
$("stop").addEventListener("click", () => {
    trainer.postMessage({ stop: true });
    run.id += 1;
    training(false);
    $("train-status").textContent = "Stopped.";
});

// ---- The same bits ----

let hash;
const simd = hasSimd();
$("pinned").textContent = `0x${PINNED}`;

function mark(element, same, text) {
    element.textContent = text;
    element.className = same === undefined ? "" : same ? "good" : "bad";
}

$("own-hash").addEventListener("input", () => {
    const given = $("own-hash").value.trim().toLowerCase().replace(/^0x/, "").replaceAll("_", "");
    if (given === "") return mark($("own-verdict"), undefined, "");
    if (!/^[0-9a-f]{16}$/.test(given)) return mark($("own-verdict"), undefined, "A hash has 16 hexadecimal digits.");
    return given === PINNED
        ? mark($("own-verdict"), true, "✓ the same bits")
        : mark($("own-verdict"), false, "✗ other bits");
});

function bitsWorker(message, answer) {
    const worker = new Worker(new URL("bits.js", import.meta.url), { type: "module" });
    worker.onmessage = ({ data }) => {
        worker.terminate();
        if (data.error) fail(new Error(data.error));
        else answer(data);
    };
    worker.postMessage(message);
}

$("measure").addEventListener("click", () => {
    $("measure").disabled = true;
    $("measure-status").textContent = "Measuring…";
    bitsWorker({ measure: true, simd }, ({ js, portable, simd128 }) => {
        const list = [["weight-init, simd128", simd128], ["weight-init, portable", portable], ["Math.random, Box–Muller", js]];
        const body = list.map(([name, ns]) => {
            const text = ns === undefined ? "this browser has no SIMD" : `${ns.toFixed(2)} ns`;
            return make("tr", {}, make("th", { scope: "row", textContent: name }), make("td", { textContent: text }));
        });
        $("speeds").tBodies[0].replaceChildren(...body);
        $("speeds").hidden = false;
        $("measure").disabled = false;
        $("measure-status").textContent = `${(js / Math.min(portable, simd128 ?? portable)).toFixed(1)} times as fast as Math.random.`;
    });
});

// ---- The start ----

async function begin() {
    if ("serviceWorker" in navigator) {
        navigator.serviceWorker.register(new URL("offline.js", import.meta.url)).catch(() => {});
        navigator.serviceWorker.ready.then(() => ($("offline").textContent = "Works without a network from now on."));
    }
    const build = simd ? "simd128" : "portable";
    $("build").textContent = `${build} build`;
    const [module, digits] = await Promise.all([compile(build), loadDigits()]);
    for (const { worker } of Object.values(lookers)) worker.postMessage({ module, digits });
    ask();
    bitsWorker({ module }, (data) => {
        ({ hash } = data);
        $("hash").textContent = `0x${hash}`;
        const same = hash === PINNED;
        mark($("hash-verdict"), same, same ? "✓ the same bits" : "✗ other bits: this browser computes wrongly");
        $("train").disabled = false;
    });
    trainer = new Worker(new URL("train.js", import.meta.url), { type: "module" });
    trainer.onmessage = trained;
    trainer.postMessage({ module, digits });
}

$("train").disabled = true;
charts.readColors();
for (const query of ["(prefers-color-scheme: dark)", "(prefers-contrast: more)"]) {
    matchMedia(query).addEventListener("change", () => (charts.readColors(), redraw(true)));
}
charts.watch(document.querySelectorAll("canvas"), () => redraw(true));
showState();
begin().catch(fail);
