//! Plans as text: what each key means, and where each error points.

use weight_init::{
    Activation, Distribution, Fan, Init, Layer, Layout, Recurrent, Shape, Stream, SubPixel, VecPlan,
};
use weight_init_cli::Network;

/// Returns the plan of a text, as one of layers would be.
#[track_caller]
fn check(text: &str, layers: &[Layer<'_>]) {
    let network = Network::parse(text).unwrap_or_else(|error| panic!("{error}"));
    let plan = network.plan().unwrap_or_else(|error| panic!("{error}"));
    let expected = VecPlan::from_layers(layers).unwrap();
    assert_eq!(plan.tensors(), expected.tensors());
}

/// The table of the README, one key at a time.
#[test]
fn each_key_has_its_meaning() {
    let relu = |name, shape| Layer::new(name, shape, Activation::Relu);
    for (text, shape) in [
        ("dense = [3, 4]", Shape::dense(3, 4)),
        ("conv1d = [3, 4, 5]", Shape::conv1d(3, 4, 5)),
        ("conv1d = [3, 4, [5]]", Shape::conv1d(3, 4, 5)),
        ("conv2d = [3, 4, 5]", Shape::conv2d(3, 4, [5, 5])),
        ("conv2d = [3, 4, [5, 7]]", Shape::conv2d(3, 4, [5, 7])),
        ("conv3d = [3, 4, 2]", Shape::conv3d(3, 4, [2, 2, 2])),
        ("conv3d = [3, 4, [1, 2, 3]]", Shape::conv3d(3, 4, [1, 2, 3])),
        ("depthwise2d = [6, 2, 3]", Shape::depthwise2d(6, 2, [3, 3])),
        ("conv2d = [6, 4, 3], groups = 2", Shape::conv2d(6, 4, [3, 3]).grouped(2)),
        ("conv2d = [6, 4, 3], transposed = true", Shape::conv2d(6, 4, [3, 3]).transposed()),
        ("conv2d = [6, 4, 3], layout = 'HWIO'", Shape::conv2d(6, 4, [3, 3]).layout(Layout::InOut)),
        (
            "conv2d = [6, 4, 3], layout = 'out_kernel_in'",
            Shape::conv2d(6, 4, [3, 3]).layout(Layout::OutKernelIn),
        ),
        ("dense = [3, 4], stacked = 8", Shape::dense(3, 4).stacked(8)),
        ("dense = [3, 4], packed = 3", Shape::dense(3, 4).packed(3)),
        ("dense = [3, 4], fan = [7, 9]", Shape::dense(3, 4).with_fan(Fan::new(7, 9))),
        ("shape = [4, 3]", Shape::dense(3, 4)),
        ("shape = [3, 4], layout = 'in_out'", Shape::dense(3, 4).layout(Layout::InOut)),
        ("shape = [4, 3, 5, 7], groups = 2", Shape::conv2d(6, 4, [5, 7]).grouped(2)),
        ("shape = [6, 4, 5], transposed = true", Shape::conv1d(6, 4, 5).transposed()),
    ] {
        let line = format!("layer = [{{ name = 'a', activation = 'relu', {text} }}]");
        check(&line, &[relu("a", shape)]);
    }
    let dense = Shape::dense(3, 4);
    let layer = |init| Layer::with_init("a", dense, init);
    for (text, expected) in [
        ("init = 'he_normal'", layer(Init::he_normal())),
        ("init = 'he_normal(gain=0.5)'", layer(Init::he_normal().gain(0.5))),
        ("init = 'he_normal', bias = true", layer(Init::he_normal())),
        ("init = 'he_normal', bias = false", layer(Init::he_normal()).without_bias()),
        ("init = 'zeros', bias = 'ones'", layer(Init::zeros()).bias(Init::ones())),
        (
            "init = 'pytorch_default', bias = 'pytorch_default'",
            layer(Init::pytorch_default()).bias(Init::pytorch_default()),
        ),
        ("init = 'normal(std=0.02)', residual = 8", layer(Init::normal(0.0, 0.02).residual(8))),
        ("activation = 'gelu'", layer(Activation::Gelu.init())),
        ("init = 'nn.init.trunc_normal_(std=0.02)'", layer(Init::normal(0.0, 0.02))),
        ("init = 'keras.initializers.HeNormal()'", layer(Init::he_truncated_normal())),
    ] {
        check(&format!("layer = [{{ name = 'a', dense = [3, 4], {text} }}]"), &[expected]);
    }
}

/// The defaults at the beginning hold for all layers that say nothing else.
#[test]
fn defaults_are_for_layers_that_say_nothing() {
    let text = "
        init = 'he_uniform'
        bias = 'constant(value=0.5)'
        layout = 'in_out'
        layer = [
            { name = 'a', dense = [3, 4] },
            { name = 'b', dense = [3, 4], layout = 'out_in', init = 'ones', bias = false },
            { name = 'c', embedding = [5, 4] },
            { name = 'd', norm = 4 },
            # The layer's own activation wins over the scheme at the beginning.
            { name = 'e', dense = [3, 4], activation = 'tanh', bias = true },
            { name = 'h', norm = 4, init = 'zeros', bias = 'ones' },
            { name = 'i', norm = 4, bias = false },
        ]
        tensor = [{ name = 'f', shape = [3, 4] }, { name = 'g', shape = [7] , init = 'zeros' }]";
    let (out_in, half) = (Shape::dense(3, 4), Init::constant(0.5));
    let in_out = out_in.layout(Layout::InOut);
    check(
        text,
        &[
            Layer::with_init("a", in_out, Init::he_uniform()).bias(half),
            Layer::with_init("b", out_in, Init::ones()).without_bias(),
            Layer::with_init("c", Shape::dense(4, 5), Init::he_uniform()).without_bias(),
            Layer::with_init("d", Shape::vector(4), Init::ones()),
            Layer::new("e", in_out, Activation::Tanh),
            Layer::with_init("h", Shape::vector(4), Init::zeros()).bias(Init::ones()),
            Layer::with_init("i", Shape::vector(4), Init::ones()).without_bias(),
            Layer::tensor("f", in_out, Init::he_uniform()),
            Layer::tensor("g", Shape::vector(7), Init::zeros()),
        ],
    );
    check(
        "bias = false\nlayer = [{ name = 'a', dense = [3, 4], activation = 'relu' }]",
        &[Layer::new("a", out_in, Activation::Relu).without_bias()],
    );
    // Norms keep their ones and zeros.
    let norm = Layer::with_init("n", Shape::vector(4), Init::ones());
    check("bias = false\nlayer = [{ name = 'n', norm = 4 }]", &[norm]);
    let pytorch = Init::pytorch_default();
    check(
        "init = 'pytorch_default'\nbias = 'pytorch_default'\n
        layer = [{ name = 'a', dense = [3, 4] }, { name = 'n', norm = 4 }]",
        &[Layer::with_init("a", out_in, pytorch).bias(pytorch), norm],
    );
}

/// PyTorch reads the fan of a transposed convolution from the wrong axis, and a fan by hand has its bounds.
#[test]
fn a_transposed_layer_can_have_the_bounds_of_pytorch() {
    let text = "
        init = 'pytorch_default'
        bias = 'pytorch_default'
        layer = [{ name = 'up', conv2d = [16, 8, 4], transposed = true, fan = [128, 256] }]";
    let network = Network::parse(text).unwrap();
    let plan = network.plan().unwrap();
    // 1/√(8 × 4 × 4), although 16 channels meet in an output.
    let bound = 0.088_388_346;
    for name in ["up.weight", "up.bias"] {
        let expected = Distribution::Uniform { low: -bound, high: bound };
        assert_eq!(plan.tensor(name).unwrap().distribution(), Some(&expected), "{name}");
    }
}

/// Layers and tensors are in the order of the text, and a repeated one counts from 0.
#[test]
fn the_order_is_that_of_the_text() {
    let text = "
[[tensor]]
name = 'cls'
shape = [1, 1, 4]
init = 'zeros'

[[layer]]
name = 'b.{i}.fc.{i}'
repeat = 2
dense = [3, 4]
activation = 'relu'

[[tensor]]
name = 'end'
shape = [4]
init = 'ones'
";
    let relu = |name| Layer::new(name, Shape::dense(3, 4), Activation::Relu);
    let cls = Shape::from_dims(&[1, 1, 4], Layout::OutIn, 1).unwrap();
    check(
        text,
        &[
            Layer::tensor("cls", cls, Init::zeros()),
            relu("b.0.fc.0"),
            relu("b.1.fc.1"),
            Layer::tensor("end", Shape::vector(4), Init::ones()),
        ],
    );
}

/// PyTorch's LSTM is four tensors, and an upsampling layer has ICNR.
#[test]
fn recurrent_layers_are_tensors() {
    let text = "
tensor = [
    { name = 'lstm.weight_ih_l0', dense = [8, 16], packed = 4, init = 'xavier_uniform' },
    { name = 'lstm.weight_hh_l0', dense = [16, 16], packed = 4, init = 'orthogonal' },
    { name = 'lstm.bias_ih_l0', shape = [64], init = 'zeros' },
]
layer = [{ name = 'up', conv2d = [8, 12, 3], init = 'he_normal(icnr=2)' }]";
    let lstm = Recurrent::lstm(8, 16);
    let icnr = Init::he_normal().icnr(2, SubPixel::PixelShuffle);
    check(
        text,
        &[
            Layer::tensor("lstm.weight_ih_l0", lstm.input_shape(), Init::xavier_uniform()),
            Layer::tensor("lstm.weight_hh_l0", lstm.recurrent_shape(), Init::orthogonal()),
            Layer::tensor("lstm.bias_ih_l0", Shape::vector(64), Init::zeros()),
            Layer::with_init("up", Shape::conv2d(8, 12, [3, 3]), icnr),
        ],
    );
}

/// GPT-2 has the tensors of its checkpoint, without the masks that it holds beside the weights, and the values of the
/// example `gpt2`.
#[test]
fn gpt2_has_the_tensors_of_its_checkpoint() {
    let network = Network::parse(include_str!("../plans/gpt2.toml")).unwrap();
    let plan = network.plan().unwrap();
    assert_eq!((plan.tensors().len(), plan.len()), (148, 124_439_808));
    let normal = Init::normal(0.0, 0.02);
    let in_out = |inputs, outputs| Shape::dense(inputs, outputs).layout(Layout::InOut);
    for (name, dims, init, shape) in [
        ("wte.weight", &[50_257, 768][..], normal, Shape::dense(768, 50_257)),
        ("wpe.weight", &[1_024, 768], normal, Shape::dense(768, 1_024)),
        ("h.0.ln_1.bias", &[768], Init::zeros(), Shape::vector(768)),
        ("h.7.attn.c_attn.weight", &[768, 2_304], normal, in_out(768, 768).packed(3)),
        ("h.7.attn.c_attn.bias", &[2_304], Init::zeros(), Shape::vector(2_304)),
        ("h.11.attn.c_proj.weight", &[768, 768], normal.residual(12), in_out(768, 768)),
        ("h.11.mlp.c_fc.weight", &[768, 3_072], normal, in_out(768, 3_072)),
        ("h.11.mlp.c_proj.weight", &[3_072, 768], normal.residual(12), in_out(3_072, 768)),
        ("ln_f.weight", &[768], Init::ones(), Shape::vector(768)),
    ] {
        let tensor = plan.tensor(name).unwrap();
        assert_eq!(*tensor.shape().dims().unwrap(), *dims, "{name}");
        let model = Stream::new(42);
        let range = 100..dims[0] as u64;
        let expected = init.draw(model.named(name), &shape).unwrap().range(range.clone()).unwrap();
        let given = tensor.draw(model).range(range).unwrap();
        assert_eq!(given.to_vec(), expected.to_vec(), "{name}");
    }
    assert!(include_str!("../README.md").contains(include_str!("../plans/gpt2.toml")));
    assert!(include_str!("../plans/gpt2.toml").lines().count() < 30);
}

/// Every error points at the characters that caused it.
#[test]
fn errors_point_at_their_cause() {
    // The `‹` and `›` are around the characters to which the error points.
    for (text, message) in [
        (
            "layer = [{ name = 'a', dense = [3, 4], init = ‹'he_norml'› }]",
            "did you mean `he_normal`?",
        ),
        ("layer = [{ name = 'a', dense = [3, 4], init = ‹'HeNormal'› }]", "has two meanings"),
        ("layer = [{ name = 'a', dense = [3, 4], init = ‹'normal'› }]", "needs `std=…`"),
        ("layer = [{ name = 'a', dense = [3, 4], activation = ‹'rleu'› }]", "unknown activation"),
        ("layer = [{ name = 'a', dense = [3, 4], layout = ‹'in_uot'› }]", "did you mean `in_out`?"),
        (
            "layer = [{ name = 'a', dense = [3, 4], init = 'ones', bias = ‹'one'› }]",
            "did you mean `ones`?",
        ),
        (
            "layer = [{ name = 'a', dense = [3, 4], init = 'ones', bias = ‹7› }]",
            "expected `true`, `false`",
        ),
        ("init = ‹'he_norml'›\nlayer = []", "did you mean `he_normal`?"),
        ("bias = ‹'zero'›\nlayer = []", "did you mean `zeros`?"),
        ("layout = ‹'x'›\nlayer = []", "unknown layout"),
        ("layer = [{ name = ‹'a'›, dense = [3, 4] }]", "needs a scheme"),
        ("layer = [{ name = ‹'a'›, init = 'ones' }]", "needs one of `dense`"),
        ("layer = [{ name = ‹''›, norm = 3 }]", "the name is empty"),
        ("layer = [{ name = ‹'__metadata__'›, norm = 3 }]", "reserves this name"),
        ("layer = [{ name = ‹'a.{i}'›, norm = 3 }]", "`repeat = 12`"),
        ("layer = [{ name = ‹'a'›, norm = 3, repeat = 2 }]", "needs `{i}`"),
        ("layer = [{ name = 'a.{i}', norm = 3, repeat = ‹100001› }]", "more than 100000 layers"),
        ("layer = [{ name = 'a', norm = 3, dense = ‹[3, 4]› }]", "more than one of"),
        (
            "layer = [{ name = 'a', dense = [3, 4], init = 'ones', activation = ‹'relu'› }]",
            "`activation` or `init`",
        ),
        (
            "tensor = [{ name = 'a', shape = [3, 4], init = 'ones', bias = ‹'ones'› }]",
            "[[tensor]] has no biases",
        ),
        (
            "layer = [{ name = 'a', conv2d = ‹[3, 4, [1, 2, 3]]›, init = 'ones' }]",
            "kernel has 2 axes, but 3",
        ),
        (
            "layer = [{ name = 'a', conv2d = ‹[3, 4, 'x']›, init = 'ones' }]",
            "a kernel size such as 3",
        ),
        ("layer = [{ name = 'a', dense = [3, ‹-4›], init = 'ones' }]", "-4"),
        (
            "layer = [{ name = 'a', dense = [3, 4], ‹gropus› = 2, init = 'ones' }]",
            "unknown field `gropus`: did you mean `groups`?",
        ),
        (
            "layer = [{ name = 'a', ‹linear› = [3, 4], init = 'ones' }]",
            "unknown field `linear`: did you mean `dense`?",
        ),
        ("‹layers› = []", "unknown field `layers`: did you mean `layer`?"),
        ("layer = [{ name = 'a', conv2d = ‹[3, 4]›, init = 'ones' }]", "`[in, out, kernel]`"),
        ("layer = [{ name = 'a', conv2d = ‹[3, 4, 5, 5]›, init = 'ones' }]", "`[in, out, kernel]`"),
        ("layer = [{ name = 'a', conv1d = ‹3›, init = 'ones' }]", "`[in, out, kernel]`"),
        ("layer = [{ name = 'a', dense = ‹[3]›, init = 'ones' }]", "`dense = [in, out]`"),
        ("layer = [{ name = 'a', dense = ‹[3, 4, 5]›, init = 'ones' }]", "`dense = [in, out]`"),
        (
            "layer = [{ name = 'a', depthwise2d = ‹[3, 1]›, init = 'ones' }]",
            "`[channels, multiplier, kernel]`",
        ),
        (
            "layer = [{ name = 'a', conv2d = ‹[3, 4, 5]›, groups = 2, init = 'ones' }]",
            "groups must divide",
        ),
        ("layer = [{ name = 'a', dense = ‹[9223372036854775807, 9]›, init = 'ones' }]", "overflow"),
        (
            "layer = [{ name = 'a', dense = [3, 4], fan = ‹[0, 4]›, init = 'he_normal' }]",
            "zero fan",
        ),
        // A scheme from the beginning of the plan fails at the layer that can't have it.
        (
            "init = 'he_normal'\nlayer = [{ name = 'a', dense = [3, 4], fan = ‹[0, 4]› }]",
            "layer `a`, with the plan's `init`: zero fan",
        ),
        (
            "init = 'ones'\nbias = 'he_normal'\nlayer = [{ name = 'a', dense = ‹[0, 4]› }]",
            "layer `a`, with the plan's `bias`: zero fan",
        ),
        (
            "init = 'he_normal'\ntensor = [{ name = ‹'a'›, shape = [4] }]",
            "tensor `a`, with the plan's `init`: rank too low",
        ),
        (
            "bias = 'he_normal'\nlayer = [{ name = ‹'a'›, shape = [4], init = 'ones' }]",
            "layer `a`, with the plan's `bias`: rank too low",
        ),
        (
            "init = 'ones'\nlayer = [{ name = 'a', conv2d = ‹[3, 4, 5]›, groups = 2 }]",
            "layer `a`, with the plan's `init`: groups must divide",
        ),
        (
            "init = 'he_normal'\nlayer = [{ name = 'a', dense = [3, 4], residual = ‹0› }]",
            "`residual` is at least 1",
        ),
        ("layer = [{ name = 'a', norm = 4, packed = ‹0› }]", "`packed` is at least 1"),
        ("layer = [{ name = 'a', norm = 4, stacked = ‹0› }]", "`stacked` is at least 1"),
        ("layer = [{ name = 'a.{i}', norm = 4, repeat = ‹0› }]", "`repeat` is at least 1"),
        ("layer = [{ name = 'a', conv2d = [3, 4, 5], groups = ‹0› }]", "`groups` is at least 1"),
        // Keys that would change nothing.
        (
            "layer = [{ name = 'a', norm = 4, transposed = ‹true› }]",
            "`transposed` has no meaning for a norm",
        ),
        ("layer = [{ name = 'a', norm = 4, packed = ‹2› }]", "`packed` has no meaning for a norm"),
        ("layer = [{ name = 'a', norm = 4, groups = ‹2› }]", "`groups` has no meaning for a norm"),
        (
            "layer = [{ name = 'a', norm = 4, activation = ‹'relu'› }]",
            "`activation` has no meaning for a norm",
        ),
        (
            "layer = [{ name = 'a', embedding = [4, 3], layout = ‹'in_out'› }]",
            "`layout` has no meaning for an embedding",
        ),
        (
            "layer = [{ name = 'a', depthwise2d = [4, 1, 3], groups = ‹2› }]",
            "`groups` has no meaning for a depthwise convolution",
        ),
        (
            "layer = [{ name = 'a', shape = [4], groups = ‹2› }]",
            "`groups` has no meaning for a tensor with one axis",
        ),
        (
            "layer = [{ name = 'a', dense = [3, 4], init = ‹'normal(std=-1)'› }]",
            "standard deviation",
        ),
        (
            "layer = [{ name = 'a', dense = [3, 4], init = 'ones', bias = ‹'normal(std=-1)'› }]",
            "standard deviation",
        ),
        ("layer = [{ name = 'a', dense = [3, 4], init = ‹'dirac'› }]", "rank too low"),
        (
            "layer = [{ name = 'a', shape = ‹[]›, init = 'ones' }]",
            "a single value is `shape = [1]`",
        ),
        ("layer = [{ name = 'a', norm = 3 }, { name = ‹'a'›, norm = 4 }]", "already has a tensor"),
        (
            "layer = [{ name = 'a', norm = 3 }]\ntensor = [{ name = ‹'a.bias'›, norm = 4 }]",
            "already has a tensor",
        ),
        ("layer = [{ name = 'ä', norm = 3 },\n\t{ name = 'ö', norm = ‹true› }]", "true"),
        ("layer = [{ name = 'a', norm = 3 }\r\n‹[›", "array"),
    ] {
        let (before, rest) = text.split_once('‹').unwrap();
        let (marked, after) = rest.split_once('›').unwrap();
        let error = match Network::parse(&format!("{before}{marked}{after}")) {
            Ok(network) => network.plan().unwrap_err(),
            Err(error) => error,
        };
        let printed = error.to_string();
        assert!(error.message().contains(message), "{text}\n{printed}");
        assert_eq!(error.line(), Some(1 + before.matches('\n').count()), "{text}\n{printed}");
        let line = before.rsplit('\n').next().unwrap();
        let column = 1 + line.chars().count();
        assert!(printed.contains(&format!("column {column}: ")), "{text}\n{printed}");
        let mark = printed.lines().last().unwrap().trim_start_matches(' ');
        let expected =
            format!("| {}{}", " ".repeat(column - 1), "^".repeat(marked.chars().count()));
        assert_eq!(mark, expected, "{text}\n{printed}");
    }
    for text in ["", "init = 'ones'", "layer = []"] {
        let error = Network::parse(text).unwrap_err();
        assert_eq!(error.to_string(), "the plan has no [[layer]] and no [[tensor]]");
        assert_eq!(error.line(), None);
    }
}

/// No text makes the program panic: texts of fragments of plans, and of plans with bytes removed.
#[test]
fn no_text_panics() {
    let plan = include_str!("../plans/gpt2.toml");
    let characters: Vec<_> = plan.char_indices().map(|(i, _)| i).collect();
    for &start in &characters {
        for len in [1, 7, 60] {
            let end = characters.iter().copied().find(|&i| i >= start + len).unwrap_or(plan.len());
            let text = format!("{}{}", &plan[..start], &plan[end..]);
            if let Ok(network) = Network::parse(&text) {
                network.plan().map(drop).unwrap_or_else(|error| assert!(error.line().is_some()));
            }
        }
    }
}
