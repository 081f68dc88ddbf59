//! Every layer of burn has the values that the core gives its shape.

use burn::{
    module::{Module, Param},
    tensor::{Device, Tensor},
};
use burn_core as burn;
use burn_nn::{
    BatchNorm, BatchNormConfig, BiGruConfig, Embedding, EmbeddingConfig, GroupNorm,
    GroupNormConfig, Gru, GruConfig, LayerNorm, LayerNormConfig, Linear, LinearConfig,
    LinearLayout, Lstm, LstmConfig, PRelu, PReluConfig, RmsNorm, RmsNormConfig, Rnn, RnnConfig,
    attention::{MultiHeadAttention, MultiHeadAttentionConfig},
    conv::{
        Conv1d, Conv1dConfig, Conv2d, Conv2dConfig, Conv3d, Conv3dConfig, ConvTranspose1d,
        ConvTranspose1dConfig, ConvTranspose2d, ConvTranspose2dConfig, ConvTranspose3d,
        ConvTranspose3dConfig, DeformConv2d, DeformConv2dConfig,
    },
};
use weight_init::{Fan, Init, Layout, Recurrent, Shape};
use weight_init_burn::{Kind, Reinit, Start, Target, param, weight_init};

use crate::{MODEL, bits, core, core_linear, transposed};

#[derive(Module, Debug)]
struct Net {
    linear: Linear,
    col: Linear,
    conv1: Conv1d,
    conv2: Conv2d,
    conv3: Conv3d,
    up1: ConvTranspose1d,
    up2: ConvTranspose2d,
    up3: ConvTranspose3d,
    deform: DeformConv2d,
    blocks: Vec<Block>,
    table: Embedding,
}

#[derive(Module, Debug)]
struct Block {
    batch: BatchNorm,
    layer: LayerNorm,
    group: GroupNorm,
    rms: RmsNorm,
    relu: PRelu,
    attention: MultiHeadAttention,
}

impl Net {
    fn new(device: &Device) -> Self {
        let col = LinearConfig::new(7, 5).with_layout(LinearLayout::Col);
        let block = || Block {
            batch: BatchNormConfig::new(4).init(device),
            layer: LayerNormConfig::new(4).init(device),
            group: GroupNormConfig::new(2, 4).init(device),
            rms: RmsNormConfig::new(4).init(device),
            relu: PReluConfig::new().with_num_parameters(4).with_alpha(0.1).init(device),
            attention: MultiHeadAttentionConfig::new(8, 2).init(device),
        };
        Self {
            linear: LinearConfig::new(6, 4).init(device),
            col: col.init(device),
            conv1: Conv1dConfig::new(3, 5, 4).init(device),
            conv2: Conv2dConfig::new([3, 5], [2, 3]).init(device),
            conv3: Conv3dConfig::new([3, 5], [2, 1, 3]).init(device),
            up1: ConvTranspose1dConfig::new([3, 5], 4).init(device),
            up2: ConvTranspose2dConfig::new([3, 5], [2, 3]).init(device),
            up3: ConvTranspose3dConfig::new([3, 5], [2, 1, 3]).init(device),
            deform: DeformConv2dConfig::new([3, 5], [2, 3]).init(device),
            blocks: vec![block(), block()],
            table: EmbeddingConfig::new(9, 4).init(device),
        }
    }
}

/// The layers with weights in the order `[out, in, kernel…]`, and their shapes.
macro_rules! assert_layers {
    ($net:expr, $init:expr, $bias:expr, $($field:ident: $shape:expr),+) => {$({
        let (layer, shape, name) = (&$net.$field, $shape, stringify!($field));
        assert_eq!(bits(&layer.weight.val()), core($init, &format!("{name}.weight"), &shape), "{name}");
        let bias = layer.bias.as_ref().unwrap();
        assert_eq!(bits(&bias.val()), core($bias, &format!("{name}.bias"), &shape.bias()), "{name}");
    })+};
}

#[test]
fn every_layer_has_the_values_of_its_shape() {
    let net = Net::new(&Device::flex());
    // The mode of Xavier tells fan_in from fan_out.
    let (init, bias) = (Init::xavier_normal(), Init::he_uniform());
    let net = Reinit::new(MODEL, |target| match target.kind() {
        Kind::Linear | Kind::Conv | Kind::ConvTranspose => Start::new(init),
        Kind::Bias => Start::new(bias),
        _ => target.standard(),
    })
    .apply(net)
    .unwrap();

    assert_layers!(net, init, bias,
        conv1: Shape::conv1d(3, 5, 4),
        conv2: Shape::conv2d(3, 5, [2, 3]),
        conv3: Shape::conv3d(3, 5, [2, 1, 3]),
        up1: Shape::conv1d(3, 5, 4).transposed(),
        up2: Shape::conv2d(3, 5, [2, 3]).transposed(),
        up3: Shape::conv3d(3, 5, [2, 1, 3]).transposed(),
        deform: Shape::conv2d(3, 5, [2, 3])
    );
    assert_eq!(bits(&net.linear.weight.val()), core_linear(init, "linear.weight", 6, 4));
    assert_eq!(bits(&net.col.weight.val()), core_linear(init, "col.weight", 7, 5));
    assert_eq!(net.col.weight.val().dims(), [7, 5]);
    let col_bias = net.col.bias.as_ref().unwrap().val();
    assert_eq!(bits(&col_bias), core(bias, "col.bias", &Shape::dense(7, 5).bias()));
    let query = &net.blocks[1].attention.query.weight.val();
    assert_eq!(bits(query), core_linear(init, "blocks.1.attention.query.weight", 8, 8));
}

#[test]
fn the_default_rule_follows_burns_configurations() {
    let net = Reinit::standard(MODEL).apply(Net::new(&Device::flex())).unwrap();
    let init = Init::pytorch_default();
    assert_layers!(net, init, init,
        conv2: Shape::conv2d(3, 5, [2, 3]),
        up2: Shape::conv2d(3, 5, [2, 3]).transposed()
    );
    assert_eq!(bits(&net.linear.weight.val()), core_linear(init, "linear.weight", 6, 4));
    let table = core(Init::normal(0.0, 1.0), "table.weight", &Shape::vector(36));
    assert_eq!(bits(&net.table.weight.val()), table);
    let block = &net.blocks[0];
    let (zeros, ones) = ([0_f32.to_bits(); 4], [1_f32.to_bits(); 4]);
    assert_eq!(bits(&block.batch.gamma.val()), ones);
    assert_eq!(bits(&block.batch.beta.val()), zeros);
    assert_eq!(bits(&block.batch.running_mean.value()), zeros);
    assert_eq!(bits(&block.batch.running_var.value()), ones);
    assert_eq!(bits(&block.layer.gamma.val()), ones);
    assert_eq!(bits(&block.layer.beta.as_ref().unwrap().val()), zeros);
    assert_eq!(bits(&block.group.gamma.as_ref().unwrap().val()), ones);
    assert_eq!(bits(&block.group.beta.as_ref().unwrap().val()), zeros);
    assert_eq!(bits(&block.rms.gamma.val()), ones);
    // As configured.
    assert_eq!(bits(&block.relu.alpha.val()), [0.1_f32.to_bits(); 4]);
}

/// Norms and statistics that were changed begin again, and what a rule keeps is not even initialised.
#[test]
fn norms_are_reset() {
    let changed = |target: &Target<'_>| match target.kind() {
        Kind::NormScale | Kind::NormShift | Kind::RunningMean | Kind::RunningVar => {
            Start::new(Init::constant(3.0))
        }
        _ => Start::keep(),
    };
    let net = Reinit::new(MODEL, changed).apply(Net::new(&Device::flex())).unwrap();
    assert!(!net.linear.weight.is_initialized());
    assert!(!net.up2.bias.as_ref().unwrap().is_initialized());
    let three = [3_f32.to_bits(); 4];
    assert_eq!(bits(&net.blocks[0].batch.running_var.value()), three);
    assert_eq!(bits(&net.blocks[0].rms.gamma.val()), three);

    let net = Reinit::standard(MODEL).apply(net).unwrap();
    assert_eq!(bits(&net.blocks[0].batch.running_var.value()), [1_f32.to_bits(); 4]);
    assert_eq!(bits(&net.blocks[0].batch.running_mean.value()), [0; 4]);
    assert_eq!(bits(&net.blocks[0].rms.gamma.val()), [1_f32.to_bits(); 4]);
}

#[derive(Module, Debug)]
struct Recurrents {
    lstm: Lstm,
    gru: Gru,
    rnn: Rnn,
}

/// Each gate is a `Linear` of its own, with its own fan. The values of a gate can also be those of its part of
/// PyTorch's packed tensor.
#[test]
fn gates_have_their_own_fans() {
    let device = Device::flex();
    let net = || Recurrents {
        lstm: LstmConfig::new(6, 4, true).init(&device),
        gru: GruConfig::new(6, 4, true).init(&device),
        rnn: RnnConfig::new(6, 4, true).init(&device),
    };
    let standard = Reinit::standard(MODEL).apply(net()).unwrap();
    let gate = &standard.lstm.forget_gate.as_ref().unwrap();
    let (xavier, path) = (Init::xavier_normal(), "lstm.forget_gate");
    assert_eq!(
        bits(&gate.input_transform.weight.val()),
        core_linear(xavier, &format!("{path}.input_transform.weight"), 6, 4)
    );
    assert_eq!(
        bits(&gate.hidden_transform.weight.val()),
        core_linear(xavier, &format!("{path}.hidden_transform.weight"), 4, 4)
    );
    let bias = core(xavier, &format!("{path}.input_transform.bias"), &Shape::dense(6, 4).bias());
    assert_eq!(bits(&gate.input_transform.bias.as_ref().unwrap().val()), bias);
    assert_eq!(
        bits(&standard.gru.new_gate.input_transform.weight.val()),
        core_linear(xavier, "gru.new_gate.input_transform.weight", 6, 4)
    );
    assert_eq!(
        bits(&standard.rnn.gate.hidden_transform.weight.val()),
        core_linear(xavier, "rnn.gate.hidden_transform.weight", 4, 4)
    );

    let torch = Reinit::new(MODEL, |target| {
        let gates = ["input_gate", "forget_gate", "cell_gate", "output_gate"];
        let gate = gates.iter().position(|gate| target.path().contains(gate));
        let name = match target.path().contains("input_transform") {
            true => "lstm.weight_ih_l0",
            false => "lstm.weight_hh_l0",
        };
        match (target.kind(), gate) {
            (Kind::Linear, Some(gate)) if target.is_within("Lstm") => {
                Start::new(Init::xavier_uniform())
                    .stream(target.model().named(name).substream(gate as u64))
            }
            (Kind::Bias, _) if target.path().contains("forget_gate.input_transform") => {
                Init::ones().into()
            }
            (Kind::Bias, _) => Init::zeros().into(),
            _ => target.standard(),
        }
    })
    .apply(net())
    .unwrap();
    let lstm = &torch.lstm;
    let packed =
        core(Init::xavier_uniform(), "lstm.weight_ih_l0", &Recurrent::lstm(6, 4).input_shape());
    let gates =
        [&lstm.input_gate, lstm.forget_gate.as_ref().unwrap(), &lstm.cell_gate, &lstm.output_gate];
    for (gate, packed) in gates.into_iter().zip(packed.chunks(4 * 6)) {
        assert_eq!(bits(&gate.input_transform.weight.val()), transposed(packed, 4));
    }
    assert_eq!(bits(&gates[1].input_transform.bias.as_ref().unwrap().val()), [1_f32.to_bits(); 4]);
    assert_eq!(bits(&gates[1].hidden_transform.bias.as_ref().unwrap().val()), [0; 4]);

    let both = Reinit::standard(MODEL).apply(BiGruConfig::new(6, 4, true).init(&device)).unwrap();
    assert_eq!(
        bits(&both.reverse.reset_gate.input_transform.weight.val()),
        core_linear(xavier, "reverse.reset_gate.input_transform.weight", 6, 4)
    );
}

#[test]
fn the_rule_states_the_groups() {
    let device = Device::flex();
    let init = Init::xavier_normal();
    let grouped = |groups| {
        move |target: &Target<'_>| match target.kind() {
            Kind::Bias => Start::new(Init::he_uniform()),
            _ => Start::new(init).groups(groups),
        }
    };
    let conv = Conv2dConfig::new([8, 12], [3, 3]).with_groups(4).init(&device);
    let conv = Reinit::new(MODEL, grouped(4)).apply(conv).unwrap();
    let shape = Shape::conv2d(8, 12, [3, 3]).grouped(4);
    assert_eq!(bits(&conv.weight.val()), core(init, "weight", &shape));
    assert_eq!(bits(&conv.bias.unwrap().val()), core(Init::he_uniform(), "bias", &shape.bias()));

    let up = ConvTranspose2dConfig::new([8, 12], [3, 3]).with_groups(4).init(&device);
    let up = Reinit::new(MODEL, grouped(4)).apply(up).unwrap();
    assert_eq!(bits(&up.weight.val()), core(init, "weight", &shape.transposed()));
    assert_eq!(bits(&up.bias.unwrap().val()), core(Init::he_uniform(), "bias", &shape.bias()));
}

#[test]
fn packed_and_stacked_matrices_have_their_own_fans() {
    let device = Device::flex();
    let init = Init::xavier_uniform();
    let qkv = Reinit::new(MODEL, |target| match target.kind() {
        Kind::Linear => Start::new(init).packed(3),
        _ => Start::new(Init::he_normal()),
    })
    .apply(LinearConfig::new(8, 24).init(&device))
    .unwrap();
    let shape = Shape::dense(8, 8).packed(3);
    assert_eq!(bits(&qkv.weight.val()), transposed(&core(init, "weight", &shape), 24));
    assert_eq!(bits(&qkv.bias.unwrap().val()), core(Init::he_normal(), "bias", &shape.bias()));

    // Experts, each [in, out].
    let start = Start::new(init).stacked(3).layout(Layout::InOut);
    let experts = param(MODEL.named("experts"), start, [3, 6, 4], &device).unwrap();
    let alone = core(init, "experts", &Shape::dense(6, 4).stacked(3));
    let expected: Vec<_> = alone.chunks(24).flat_map(|expert| transposed(expert, 4)).collect();
    assert_eq!(bits(&experts.val()), expected);
}

#[derive(Module, Debug)]
struct Own {
    heads: Param<Tensor<3>>,
    scale: Param<Tensor<1>>,
}

#[test]
fn parameters_of_own_structs_take_what_the_rule_states() {
    let device = Device::flex();
    let own = Own {
        heads: Param::from_tensor(Tensor::zeros([16, 2, 8], &device)),
        scale: Param::from_tensor(Tensor::zeros([8], &device)),
    };
    let own = Reinit::new(MODEL, |target| {
        assert_eq!(target.kind(), Kind::Other);
        assert_eq!(target.container(), "Own");
        match target.name() {
            "heads" => Start::new(Init::he_normal()).fan(Fan::new(16, 16)),
            _ => Start::from(Some(Init::ones())),
        }
    })
    .within("model")
    .apply(own)
    .unwrap();
    let shape = Shape::from_dims(&[16, 2, 8], Layout::OutIn, 1).unwrap().with_fan(Fan::new(16, 16));
    assert_eq!(bits(&own.heads.val()), core(Init::he_normal(), "model.heads", &shape));
    assert_eq!(bits(&own.scale.val()), [1_f32.to_bits(); 8]);
}

/// The values don't follow the memory: the weight from an input to an output is the same in every layout.
#[test]
fn a_layout_moves_values_and_keeps_connections() {
    let device = Device::flex();
    let layout = |layout| Start::new(Init::he_normal()).layout(layout);
    let name = MODEL.named("w");
    let [o, i, h, w] = [5, 3, 2, 4];
    let oihw = param(name, Init::he_normal(), [o, i, h, w], &device).unwrap().val();
    let hwio = param(name, layout(Layout::InOut), [h, w, i, o], &device).unwrap().val();
    let ohwi = param(name, layout(Layout::OutKernelIn), [o, h, w, i], &device).unwrap().val();
    assert_eq!(bits(&oihw), bits(&hwio.permute([3, 2, 0, 1])));
    assert_eq!(bits(&oihw), bits(&ohwi.permute([0, 3, 1, 2])));

    // The axes of inputs and outputs are exchanged in memory.
    let iohw = param(name, Start::new(Init::he_normal()).transposed(), [i, o, h, w], &device)
        .unwrap()
        .val();
    let hwoi =
        param(name, layout(Layout::InOut).transposed(), [h, w, o, i], &device).unwrap().val();
    assert_eq!(bits(&iohw), bits(&hwoi.permute([3, 2, 0, 1])));
}

/// The values of an orthogonal matrix depend on each other, so it is computed whole and then moved.
#[test]
fn orthogonal_matrices_are_the_same_in_either_order() {
    let device = Device::flex();
    for (inputs, outputs) in [(6, 4), (300, 200), (4, 4)] {
        let linear = LinearConfig::new(inputs, outputs).with_bias(false).init(&device);
        let linear = Reinit::new(MODEL, |_| Init::orthogonal()).apply(linear).unwrap();
        assert_eq!(
            bits(&linear.weight.val()),
            core_linear(Init::orthogonal(), "weight", inputs, outputs)
        );
    }
}
