// The lines that fill the layer on screen, in three languages.
import { layerOf } from "./state.js";

// A Rust literal of type `f32`.
const float = (x) => (Number.isInteger(x) ? `${x}.0` : String(x));

/// Returns the scheme as text, as all languages parse it.
export function schemeText({ scheme, gain }) {
    if (gain === 1 || scheme === "zeros") return scheme;
    return scheme.endsWith(")") ? `${scheme.slice(0, -1)}, gain=${gain})` : `${scheme}(gain=${gain})`;
}

function rust(state) {
    const { name, inputs, outputs } = layerOf(state);
    const std = /^normal\(std=(.*)\)$/.exec(state.scheme);
    const scheme = std ? `Init::normal(0.0, ${float(Number(std[1]))})` : `Init::${state.scheme}()`;
    const gain = state.gain === 1 || state.scheme === "zeros" ? "" : `.gain(${float(state.gain)})`;
    return `use weight_init::{Init, InitError, Shape, Stream};

fn start(weights: &mut [f32; ${inputs} * ${outputs}]) -> Result<(), InitError> {
    let ${name} = Shape::dense(${inputs}, ${outputs});
    let stream = Stream::new(${state.seed}).named("${name}.weight");
    ${scheme}${gain}.fill(stream, &${name}, weights)
}
`;
}

function c(state) {
    const { name, inputs, outputs } = layerOf(state);
    return `#include <weight_init.h>

static float weights[${inputs} * ${outputs}];

wi_error start(void) {
    const wi_draw ${name} = {
        .text = "${schemeText(state)}",
        .stream = wi_stream_named(wi_stream_new(UINT64_C(${state.seed})), "${name}.weight"),
        .shape = WI_SHAPE_DENSE(${inputs}, ${outputs}),
    };
    return wi_write_f32(&${name}, weights, ${inputs} * ${outputs});
}
`;
}

function python(state) {
    const { name, inputs, outputs } = layerOf(state);
    return `import numpy as np
from weight_init import Stream, fill

weights = np.empty((${outputs}, ${inputs}), np.float32)
stream = Stream(${state.seed}).named("${name}.weight")
fill(weights, "${schemeText(state)}", stream=stream)
`;
}

export const code = (state) => ({ rust, c, python })[state.code](state);

/// Returns the command that prints the losses of this state without a browser.
export function command({ depth, width, activation, scheme, gain, seed, rate, epochs }) {
    const quoted = scheme.includes("(") ? `"${scheme}"` : scheme;
    const parts = { depth, width, activation, scheme: quoted, gain, seed, rate, epochs };
    return `cargo run --release -p page -- ${Object.entries(parts).map(([k, v]) => `--${k} ${v}`).join(" ")}`;
}
