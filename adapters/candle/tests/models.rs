//! Models that nobody changed start from the streams of their names.

use candle_core::{D, DType, Device, Error, Module, Result, Tensor, Var};
use candle_nn::{
    AdamW, BatchNormConfig, Conv1dConfig, Conv2d, Conv2dConfig, ConvTranspose1dConfig,
    ConvTranspose2dConfig, GRUConfig, Init as Hint, LSTMConfig, Linear, Optimizer, SGD, VarBuilder,
    VarMap,
    init::{FanInOut, NonLinearity, NormalOrUniform},
};
use weight_init::{Activation, FanMode, Init, Layout, Shape, Stream};
use weight_init_candle::{SeededVarMap, Start, from_hint, weight_init};

const CPU: Device = Device::Cpu;
const STREAM: Stream = Stream::new(42);

struct Net {
    conv: Conv2d,
    fc1: Linear,
    fc2: Linear,
}

impl Net {
    /// Asks for its layers in either order.
    fn new(vb: &VarBuilder<'_>, backwards: bool) -> Result<Self> {
        let fc2 = || candle_nn::linear(16, 3, vb.pp("head").pp("fc2"));
        let early = if backwards { Some(fc2()?) } else { None };
        let fc1 = candle_nn::linear(2 * 4 * 4, 16, vb.pp("fc1"))?;
        let conv = candle_nn::conv2d(1, 2, 3, Conv2dConfig::default(), vb.pp("conv"))?;
        Ok(Self { conv, fc1, fc2: early.map_or_else(fc2, Ok)? })
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let x = self.conv.forward(x)?.relu()?.flatten_from(1)?;
        self.fc2.forward(&self.fc1.forward(&x)?.relu()?)
    }
}

/// Returns a map and its builder.
fn seeded(seed: u64) -> (VarMap, VarBuilder<'static>) {
    let vars = VarMap::new();
    let vb = SeededVarMap::new(&vars, Stream::new(seed)).builder(DType::F32, &CPU);
    (vars, vb)
}

fn bits(tensor: &Tensor) -> Vec<u32> {
    let values = tensor.flatten_all().unwrap().to_dtype(DType::F32).unwrap();
    values.to_vec1::<f32>().unwrap().iter().map(|v| v.to_bits()).collect()
}

/// Returns the bits of all variables by their names.
fn all_bits(vars: &VarMap) -> Vec<(String, Vec<u32>)> {
    let vars = vars.data().lock().unwrap();
    let mut all: Vec<_> = vars.iter().map(|(name, var)| (name.clone(), bits(var))).collect();
    all.sort();
    all
}

/// Returns the bits that the core has for a tensor.
fn expected(init: Init, stream: Stream, shape: &Shape) -> Vec<u32> {
    let mut values = vec![f32::NAN; shape.len()];
    init.fill(stream, shape, &mut values).unwrap();
    values.iter().map(|v| v.to_bits()).collect()
}

fn var(vars: &VarMap, name: &str) -> Var {
    vars.data().lock().unwrap()[name].clone()
}

/// Returns images that each have a bright column, and the number of that column modulo 3.
fn data() -> (Tensor, Tensor) {
    let image = |i: usize| {
        (0..36).map(move |p| if p % 6 == i % 6 { 1.0_f32 } else { (p * i % 7) as f32 / 20.0 })
    };
    let images: Vec<f32> = (0..24).flat_map(image).collect();
    let labels: Vec<u32> = (0..24).map(|i| i % 3).collect();
    let images = Tensor::from_vec(images, (24, 1, 6, 6), &CPU).unwrap();
    (images, Tensor::from_vec(labels, 24, &CPU).unwrap())
}

#[test]
fn a_model_starts_from_the_streams_of_its_paths() {
    let (vars, vb) = seeded(42);
    Net::new(&vb, false).unwrap();
    let he = Init::he_normal();
    for (name, shape) in [
        ("conv.weight", Shape::conv2d(1, 2, [3, 3])),
        ("fc1.weight", Shape::dense(32, 16)),
        ("head.fc2.weight", Shape::dense(16, 3)),
    ] {
        assert_eq!(bits(&var(&vars, name)), expected(he, STREAM.named(name), &shape), "{name}");
    }
    let bound = (1.0 / 16_f64.sqrt()) as f32;
    let bias =
        expected(Init::uniform(-bound, bound), STREAM.named("head.fc2.bias"), &Shape::vector(3));
    assert_eq!(bits(&var(&vars, "head.fc2.bias")), bias);
    assert_eq!(vars.all_vars().len(), 6);
}

#[test]
fn the_order_of_layers_and_the_number_of_threads_make_no_difference() {
    let start = |backwards| {
        let (vars, vb) = seeded(42);
        if backwards {
            vb.pp("other")
                .get_with_hints((9, 9), "weight", candle_nn::init::DEFAULT_KAIMING_UNIFORM)
                .unwrap();
            vars.data().lock().unwrap().remove("other.weight");
        }
        Net::new(&vb, backwards).unwrap();
        all_bits(&vars)
    };
    assert_eq!(start(false), start(true));
    let (vars, vb) = seeded(43);
    Net::new(&vb, false).unwrap();
    let other = all_bits(&vars);
    assert!(start(false).iter().zip(&other).all(|((_, a), (_, b))| a != b));

    // Many threads ask for the same variables.
    let (vars, vb) = seeded(42);
    std::thread::scope(|scope| {
        for backwards in [false, true, false, true] {
            let vb = vb.clone();
            scope.spawn(move || Net::new(&vb, backwards).unwrap());
        }
    });
    assert_eq!(all_bits(&vars), start(false));
}

/// All models that share a map have one variable of each name, as with candle's own backend.
#[test]
fn a_variable_that_exists_is_returned() {
    let (vars, vb) = seeded(42);
    let net = Net::new(&vb, false).unwrap();
    var(&vars, "fc1.weight").set(&Tensor::ones((16, 32), DType::F32, &CPU).unwrap()).unwrap();
    let again = Net::new(&vb, true).unwrap();
    assert_eq!(bits(again.fc1.weight()), vec![1_f32.to_bits(); 512]);
    assert_eq!(bits(again.fc1.weight()), bits(net.fc1.weight()));
    assert_eq!(vars.all_vars().len(), 6);
    assert!(vb.contains_tensor("fc1.weight") && vb.pp("fc1").contains_tensor("bias"));
    assert!(!vb.contains_tensor("fc1"));
    assert_eq!(bits(&vb.get_unchecked("fc1.weight").unwrap()), bits(again.fc1.weight()));
    let error = vb.get_unchecked("fc9.weight").unwrap_err().to_string();
    assert!(error.contains("fc9.weight"), "{error}");
    let error = candle_nn::linear(31, 16, vb.pp("fc1")).unwrap_err().to_string();
    assert!(error.contains("shape mismatch on fc1.weight"), "{error}");
}

#[test]
fn optimisers_train_what_the_map_holds() {
    let (images, labels) = data();
    let train = |adam: bool| {
        let (vars, vb) = seeded(42);
        let net = Net::new(&vb, adam).unwrap();
        let before = all_bits(&vars);
        let loss =
            || candle_nn::loss::cross_entropy(&net.forward(&images).unwrap(), &labels).unwrap();
        let first = loss().to_scalar::<f32>().unwrap();
        if adam {
            let mut optimizer = AdamW::new_lr(vars.all_vars(), 0.01).unwrap();
            (0..150).for_each(|_| optimizer.backward_step(&loss()).unwrap());
        } else {
            let mut optimizer = SGD::new(vars.all_vars(), 0.1).unwrap();
            (0..150).for_each(|_| optimizer.backward_step(&loss()).unwrap());
        }
        let last = loss().to_scalar::<f32>().unwrap();
        assert!(last < 0.2 * first, "adam {adam}: {first} to {last}");
        let right = net.forward(&images).unwrap().argmax(D::Minus1).unwrap().eq(&labels).unwrap();
        assert_eq!(right.to_vec1::<u8>().unwrap(), [1; 24]);
        assert!(before.iter().zip(&all_bits(&vars)).all(|(a, b)| a != b));
        first
    };
    // Both begin with the same weights.
    assert_eq!(train(false).to_bits(), train(true).to_bits());
}

#[test]
fn a_map_is_saved_and_loaded() {
    let path =
        std::env::temp_dir().join(format!("weight-init-candle-{}.safetensors", std::process::id()));
    let (vars, vb) = seeded(42);
    Net::new(&vb, false).unwrap();
    vars.save(&path).unwrap();

    // The file has the weights under their names.
    let file = candle_core::safetensors::load(&path, &CPU).unwrap();
    assert_eq!(file.len(), 6);
    assert!(all_bits(&vars).iter().all(|(name, values)| bits(&file[name]) == *values));

    // A checkpoint replaces the start, in the map and in the model.
    let (mut other, vb) = seeded(7);
    let net = Net::new(&vb, true).unwrap();
    assert_ne!(all_bits(&other), all_bits(&vars));
    other.load(&path).unwrap();
    assert_eq!(all_bits(&other), all_bits(&vars));
    assert_eq!(bits(net.fc1.weight()), bits(&var(&vars, "fc1.weight")));
    std::fs::remove_file(&path).unwrap();

    let ones = Tensor::ones(3, DType::F32, &CPU).unwrap();
    other.set_one("head.fc2.bias", &ones).unwrap();
    assert_eq!(bits(net.fc2.bias().unwrap()), bits(&ones));
}

/// Every combination of candle's `Kaiming` has the bits of the scheme that the core has a name for.
#[test]
fn kaiming_has_the_bits_of_the_named_schemes() {
    let he = [Init::he_normal(), Init::he_uniform()];
    let lecun = [Init::lecun_normal(), Init::lecun_uniform()];
    let shapes: [(&[usize], Shape); 4] = [
        (&[11, 7], Shape::dense(7, 11)),
        (&[5, 3, 4], Shape::conv1d(3, 5, 4)),
        (&[6, 10, 3, 5], Shape::conv2d(10, 6, [3, 5])),
        (&[2, 3, 2, 3, 2], Shape::conv3d(3, 2, [2, 3, 2])),
    ];
    for (i, dist) in [NormalOrUniform::Normal, NormalOrUniform::Uniform].into_iter().enumerate() {
        for (fan, mode) in [(FanInOut::FanIn, FanMode::FanIn), (FanInOut::FanOut, FanMode::FanOut)]
        {
            for (non_linearity, init) in [
                (NonLinearity::ReLU, he[i]),
                (NonLinearity::ExplicitGain(2_f64.sqrt()), he[i]),
                (NonLinearity::Linear, lecun[i]),
                (NonLinearity::Sigmoid, lecun[i]),
                (NonLinearity::Tanh, lecun[i].gain(Activation::Tanh.gain())),
                (NonLinearity::SELU, lecun[i].gain(Activation::Selu.gain())),
                (NonLinearity::ExplicitGain(1.0), lecun[i]),
                (NonLinearity::ExplicitGain(0.3), lecun[i].gain(0.3)),
                (NonLinearity::ExplicitGain(5.0 / 3.0), lecun[i].gain(5.0 / 3.0)),
            ] {
                let hint = Hint::Kaiming { dist, fan, non_linearity };
                for (dims, shape) in shapes {
                    let (_, vb) = seeded(42);
                    let tensor = vb.get_with_hints(dims, "w", hint).unwrap();
                    let expected = expected(init.mode(mode), STREAM.named("w"), &shape);
                    assert_eq!(bits(&tensor), expected, "{hint:?} {dims:?}");
                    assert_eq!(from_hint(hint), init.mode(mode));
                }
            }
        }
    }
}

/// The distribution is candle's, up to the rounding to `f32`, also where candle has a fan of 1.
#[test]
fn hints_have_candles_scale() {
    let all: [&[usize]; 8] = [
        &[],
        &[7],
        &[11, 7],
        &[5, 3, 4],
        &[8, 1, 3, 3],
        &[2; 8],
        &[2, 1, 2, 1, 2, 1, 2, 1, 2, 3],
        &[1, 1],
    ];
    for dims in all {
        for fan in [FanInOut::FanIn, FanInOut::FanOut] {
            for non_linearity in [NonLinearity::ReLU, NonLinearity::Tanh, NonLinearity::SELU] {
                let hint = Hint::Kaiming { dist: NormalOrUniform::Normal, fan, non_linearity };
                let std = non_linearity.gain() / (fan.for_shape(&dims.into()) as f64).sqrt();
                let (_, vb) = seeded(42);
                let ours = vb.get_with_hints(dims, "w", hint).unwrap();
                let unit =
                    vb.get_with_hints(dims, "unit", Hint::Randn { mean: 0.0, stdev: std }).unwrap();
                let normal = |name| {
                    expected(
                        Init::normal(0.0, std as f32),
                        STREAM.named(name),
                        &Shape::vector(ours.elem_count()),
                    )
                };
                assert_eq!(bits(&unit), normal("unit"));
                for (a, b) in bits(&ours).into_iter().zip(normal("w")) {
                    let (a, b) = (f32::from_bits(a), f32::from_bits(b));
                    assert!((a - b).abs() <= 1e-6 * b.abs(), "{dims:?} {hint:?}: {a} {b}");
                }
            }
        }
    }
}

/// Every layer of candle can be made, and its start does not depend on which was made first.
#[test]
fn all_layers_start() {
    type Layer = fn(VarBuilder<'_>) -> Result<()>;
    let layers: [(&str, Layer); 14] = [
        ("linear", |vb| candle_nn::linear(8, 4, vb).map(drop)),
        ("linear_no_bias", |vb| candle_nn::linear_no_bias(8, 4, vb).map(drop)),
        ("embedding", |vb| candle_nn::embedding(8, 4, vb).map(drop)),
        ("conv1d", |vb| {
            candle_nn::conv1d(8, 4, 3, Conv1dConfig { groups: 2, ..Default::default() }, vb)
                .map(drop)
        }),
        ("conv2d", |vb| {
            candle_nn::conv2d(8, 4, 3, Conv2dConfig { groups: 2, ..Default::default() }, vb)
                .map(drop)
        }),
        ("up1d", |vb| {
            candle_nn::conv_transpose1d(8, 4, 3, ConvTranspose1dConfig::default(), vb).map(drop)
        }),
        ("up2d", |vb| {
            candle_nn::conv_transpose2d(8, 4, 3, ConvTranspose2dConfig::default(), vb).map(drop)
        }),
        ("layer_norm", |vb| candle_nn::layer_norm(8, 1e-5, vb).map(drop)),
        ("rms_norm", |vb| candle_nn::rms_norm(8, 1e-5, vb).map(drop)),
        ("group_norm", |vb| candle_nn::group_norm(2, 8, 1e-5, vb).map(drop)),
        ("batch_norm", |vb| candle_nn::batch_norm(8, BatchNormConfig::default(), vb).map(drop)),
        ("prelu", |vb| candle_nn::prelu(Some(8), vb).map(drop)),
        ("lstm", |vb| candle_nn::lstm(8, 4, LSTMConfig::default(), vb).map(drop)),
        ("gru", |vb| candle_nn::gru(8, 4, GRUConfig::default(), vb).map(drop)),
    ];
    let (vars, vb) = seeded(42);
    layers.iter().for_each(|(name, layer)| layer(vb.pp(name)).unwrap());
    let (other, vb) = seeded(42);
    layers.iter().rev().for_each(|(name, layer)| layer(vb.pp(name)).unwrap());
    assert_eq!(all_bits(&vars), all_bits(&other));

    // The same variables as candle's own backend, with the same constants.
    let own = VarMap::new();
    let vb = VarBuilder::from_varmap(&own, DType::F32, &CPU);
    layers.iter().for_each(|(name, layer)| layer(vb.pp(name)).unwrap());
    let own = own.data().lock().unwrap();
    let ours = vars.data().lock().unwrap();
    assert_eq!(ours.len(), own.len());
    for (name, var) in own.iter() {
        assert_eq!(ours[name].dims(), var.dims(), "{name}");
        let values = bits(var);
        if values.iter().all(|v| *v == values[0]) {
            assert_eq!(bits(&ours[name]), values, "{name}");
        } else {
            assert_ne!(bits(&ours[name]), values, "{name}");
        }
    }
    assert_eq!(bits(&ours["prelu.weight"]), [0.25_f32.to_bits(); 8]);
    let lstm =
        expected(Init::he_uniform(), STREAM.named("lstm.weight_ih_l0"), &Shape::dense(8, 16));
    assert_eq!(bits(&ours["lstm.weight_ih_l0"]), lstm);
    let words =
        expected(Init::normal(0.0, 1.0), STREAM.named("embedding.weight"), &Shape::dense(4, 8));
    assert_eq!(bits(&ours["embedding.weight"]), words);
}

#[test]
fn biases_are_candles_or_pytorchs() {
    type Layer = fn(VarBuilder<'_>) -> Result<()>;
    // The bound of candle, that of PyTorch, and the shape.
    let layers: [(&str, Layer, f64, f64, Shape); 5] = [
        ("fc", |vb| candle_nn::linear(9, 64, vb).map(drop), 9.0, 9.0, Shape::dense(9, 64)),
        (
            "conv2d",
            |vb| {
                candle_nn::conv2d(8, 64, 3, Conv2dConfig { groups: 2, ..Default::default() }, vb)
                    .map(drop)
            },
            8.0,
            36.0,
            Shape::conv2d(8, 64, [3, 3]).grouped(2),
        ),
        (
            "conv1d",
            |vb| candle_nn::conv1d(8, 64, 5, Conv1dConfig::default(), vb).map(drop),
            8.0,
            40.0,
            Shape::conv1d(8, 64, 5),
        ),
        (
            "up1d",
            |vb| {
                candle_nn::conv_transpose1d(
                    8,
                    64,
                    5,
                    ConvTranspose1dConfig { groups: 2, ..Default::default() },
                    vb,
                )
                .map(drop)
            },
            320.0,
            160.0,
            // PyTorch's fan is that of the axes in memory, [8, 32, 5].
            Shape::conv1d(32, 64, 5),
        ),
        (
            "up2d",
            |vb| {
                candle_nn::conv_transpose2d(8, 64, 3, ConvTranspose2dConfig::default(), vb)
                    .map(drop)
            },
            576.0,
            576.0,
            Shape::conv2d(64, 64, [3, 3]),
        ),
    ];
    for (name, layer, candles, pytorchs, shape) in layers {
        let bias = format!("{name}.bias");
        let start = |pytorch: bool| {
            let vars = VarMap::new();
            let backend = SeededVarMap::new(&vars, STREAM);
            let backend = if pytorch { backend.pytorch_biases() } else { backend };
            layer(backend.builder(DType::F32, &CPU).pp(name)).unwrap();
            let values = bits(&var(&vars, &bias));
            let largest = values.iter().map(|v| f32::from_bits(*v).abs()).fold(0.0, f32::max);
            (values, f64::from(largest))
        };
        let (values, largest) = start(false);
        let bound = 1.0 / candles.sqrt();
        assert!(largest < bound * 1.000_001 && largest > 0.85 * bound, "{name}: {largest} {bound}");
        let own = Init::uniform(-bound as f32, bound as f32);
        // The bound of a transposed convolution is rounded in another order.
        if name != "up2d" {
            assert_eq!(values, expected(own, STREAM.named(&bias), &Shape::vector(64)), "{name}");
        }

        let (values, largest) = start(true);
        let bound = 1.0 / pytorchs.sqrt();
        assert!(largest < bound * 1.000_001 && largest > 0.85 * bound, "{name}: {largest} {bound}");
        let pytorch = expected(Init::pytorch_default(), STREAM.named(&bias), &shape.bias());
        assert_eq!(values, pytorch, "{name}");
    }

    // A bias without weights is refused, and other uniforms are left alone.
    let vb = SeededVarMap::new(&VarMap::new(), STREAM).pytorch_biases().builder(DType::F32, &CPU);
    let around = |lo, up| Hint::Uniform { lo, up };
    let error = vb.pp("fc").get_with_hints(4, "bias", around(-0.1, 0.1)).unwrap_err().to_string();
    assert!(error.contains("`fc.bias`") && error.contains("`fc.weight`"), "{error}");
    for (name, dims, hint) in [
        ("bias", &[4, 4][..], around(-0.5, 0.5)),
        ("bias2", &[4], around(0.0, 1.0)),
        ("rel_bias", &[4], around(-0.5, 0.5)),
    ] {
        let values = bits(&vb.pp("x").get_with_hints(dims, name, hint).unwrap());
        let stream = STREAM.path(&["x", name]);
        assert_eq!(values, expected(from_hint(hint), stream, &Shape::vector(values.len())));
    }
    let rule =
        SeededVarMap::new(&VarMap::new(), STREAM).pytorch_biases().rule(|_| Some(Init::zeros()));
    let vb = rule.builder(DType::F32, &CPU);
    assert_eq!(bits(&vb.get_with_hints(4, "bias", around(-0.1, 0.1)).unwrap()), [0; 4]);
}

#[test]
fn a_rule_overrides_hints_by_name_and_shape() {
    let vars = VarMap::new();
    let backend =
        SeededVarMap::new(&vars, STREAM).rule(|target| match (target.name, target.dims) {
            ("fc1.weight", _) => Some(Start::from(Init::orthogonal())),
            (_, [_, _, 3, 3]) => {
                Some((Init::he_normal(), Shape::conv2d(4, 8, [3, 3]).grouped(2)).into())
            }
            ("up.weight", _) => {
                Some((Init::he_normal(), Shape::conv1d(8, 4, 3).transposed()).into())
            }
            (_, [_])
                if matches!(target.hint, Hint::Uniform { .. }) && target.dtype == DType::F32 =>
            {
                Some(Init::zeros().into())
            }
            _ => None,
        });
    let vb = backend.builder(DType::F32, &CPU);
    candle_nn::linear(9, 6, vb.pp("fc1")).unwrap();
    candle_nn::linear(9, 6, vb.pp("fc2")).unwrap();
    let grouped = Conv2dConfig { groups: 2, ..Default::default() };
    candle_nn::conv2d(4, 8, 3, grouped, vb.pp("conv")).unwrap();
    candle_nn::conv_transpose1d(8, 4, 3, ConvTranspose1dConfig::default(), vb.pp("up")).unwrap();
    for (name, init, shape) in [
        ("fc1.weight", Init::orthogonal(), Shape::dense(9, 6)),
        ("fc1.bias", Init::zeros(), Shape::vector(6)),
        ("fc2.weight", Init::he_normal(), Shape::dense(9, 6)),
        ("conv.weight", Init::he_normal(), Shape::conv2d(4, 8, [3, 3]).grouped(2)),
        ("up.weight", Init::he_normal(), Shape::conv1d(8, 4, 3).transposed()),
        ("up.bias", Init::zeros(), Shape::vector(4)),
    ] {
        assert_eq!(bits(&var(&vars, name)), expected(init, STREAM.named(name), &shape), "{name}");
    }

    // Errors name the variable, and nothing is added to the map.
    let count = vars.all_vars().len();
    let refused = |rule: Start| {
        let vb =
            SeededVarMap::new(&vars, STREAM).rule(move |_| Some(rule)).builder(DType::F32, &CPU);
        let error = candle_nn::linear(3, 2, vb.pp("late")).unwrap_err().to_string();
        assert!(error.contains("`late."), "{error}");
        error
    };
    assert!(
        refused((Init::he_normal(), Shape::dense(2, 3)).into()).contains("transposed dimensions")
    );
    assert!(refused(Init::normal(0.0, -1.0).into()).contains("standard deviation"));
    assert!(refused((Init::he_normal(), Shape::dense(5, 4)).into()).contains("wrong dimension"));
    assert_eq!(vars.all_vars().len(), count);
    assert!(refused(Init::he_normal().into()).contains("rank too low"));
    let vb = SeededVarMap::new(&VarMap::new(), STREAM)
        .rule(|_| Some(Init::he_normal()))
        .builder(DType::F32, &CPU);
    let error = vb.get((), "scale").unwrap_err().to_string();
    assert!(error.contains("but the shape has 0"), "{error}");
    assert_eq!(vars.all_vars().len(), count + 1); // the weight, whose bias was refused
}

/// A rule is called without a lock on the map.
#[test]
fn a_rule_may_look_into_the_map() {
    let vars = VarMap::new();
    let inside = vars.clone();
    let vb = SeededVarMap::new(&vars, STREAM)
        .rule(move |target| {
            let count = inside.all_vars().len();
            (target.name == "fc.bias").then(|| Init::constant(count as f32))
        })
        .builder(DType::F32, &CPU);
    let fc = candle_nn::linear(3, 2, vb.pp("fc")).unwrap();
    assert_eq!(fc.bias().unwrap().to_vec1::<f32>().unwrap(), [1.0; 2]);
}

#[test]
fn every_type_has_the_rounded_value() {
    for dtype in [DType::BF16, DType::F16, DType::F64, DType::F32] {
        let vars = VarMap::new();
        let vb = SeededVarMap::new(&vars, STREAM)
            .rule(|target| target.name.starts_with("q.").then(Init::orthogonal))
            .builder(dtype, &CPU);
        let net = Net::new(&vb, false).unwrap();
        assert_eq!(net.fc1.weight().dtype(), dtype);
        let round = |init, name, shape: &Shape| {
            let values =
                expected(init, STREAM.named(name), shape).into_iter().map(f32::from_bits).collect();
            Tensor::from_vec::<_, f32>(values, shape.len(), &CPU).unwrap().to_dtype(dtype).unwrap()
        };
        let rounded = round(Init::he_normal(), "fc1.weight", &Shape::dense(32, 16));
        assert_eq!(bits(net.fc1.weight()), bits(&rounded));
        let q = vb.pp("q").get((8, 8), "weight").unwrap();
        assert_eq!(bits(&q), bits(&round(Init::orthogonal(), "q.weight", &Shape::dense(8, 8))));
    }
}

/// candle itself aborts the process if the allocator refuses.
#[test]
fn a_constant_without_room_is_an_error() {
    let (vars, vb) = seeded(42);
    let error = candle_nn::layer_norm(1 << 45, 1e-5, vb.pp("ln")).unwrap_err().to_string();
    assert!(error.contains("`ln.weight`") && error.contains("out of memory"), "{error}");
    for (hint, dtype) in [(0.0, DType::F64), (0.5, DType::BF16), (7.0, DType::I64)] {
        let vb = vb.pp("c");
        let error = vb.get_with_hints_dtype(1 << 46, "w", Hint::Const(hint), dtype).unwrap_err();
        assert!(error.to_string().contains("out of memory"), "{error}");
    }
    assert!(vars.all_vars().is_empty());
}

/// candle makes constants, in types that have no random values too, and with the digits of an `f64`.
#[test]
fn constants_are_candles() {
    let (_, vb) = seeded(42);
    let count = vb.get_with_hints_dtype(3, "count", Hint::Const(7.0), DType::U32).unwrap();
    assert_eq!(count.to_vec1::<u32>().unwrap(), [7; 3]);
    let tenth = vb.get_with_hints_dtype(2, "tenth", Hint::Const(0.1), DType::F64).unwrap();
    assert_eq!(tenth.to_vec1::<f64>().unwrap(), [0.1; 2]);
    for dtype in
        [DType::U8, DType::U32, DType::I16, DType::I32, DType::I64, DType::F8E4M3, DType::F4]
    {
        let hint = Hint::Randn { mean: 0.0, stdev: 1.0 };
        let error = vb.get_with_hints_dtype(3, "w", hint, dtype).unwrap_err().to_string();
        assert!(error.contains("`w`") && error.contains("unsupported"), "{dtype:?}: {error}");
        assert!(!vb.contains_tensor("w"));
    }
}

#[test]
fn odd_requests_are_answered_without_a_panic() {
    let hint = candle_nn::init::DEFAULT_KAIMING_NORMAL;
    let all: [&[usize]; 6] = [&[0], &[0, 5], &[5, 0], &[3, 0, 2], &[0; 9], &[0, usize::MAX, 0]];
    for dims in all {
        for hint in [hint, Hint::Const(0.5)] {
            let (_, vb) = seeded(42);
            let tensor = vb.get_with_hints(dims, "w", hint).unwrap();
            assert_eq!(tensor.dims(), dims);
        }
    }
    for dims in [
        &[usize::MAX, 2][..],
        &[1 << 40, 1 << 40],
        &[usize::MAX],
        &[usize::MAX / 4, 1, 1],
        &[1 << 33, 1 << 31],
    ] {
        for hint in
            [hint, Hint::Const(0.5), Hint::Const(0.0), Hint::Randn { mean: 0.0, stdev: 1.0 }]
        {
            let (_, vb) = seeded(42);
            let error = vb.get_with_hints(dims, "w", hint).unwrap_err().to_string();
            assert!(
                error.contains("overflow") || error.contains("out of memory"),
                "{dims:?}: {error}"
            );
        }
    }
    for hint in [
        Hint::Randn { mean: 0.0, stdev: f64::NAN },
        Hint::Randn { mean: 0.0, stdev: -1.0 },
        Hint::Uniform { lo: 1.0, up: 0.0 },
        Hint::Uniform { lo: 0.0, up: 1e300 },
        Hint::Kaiming {
            dist: NormalOrUniform::Normal,
            fan: FanInOut::FanIn,
            non_linearity: NonLinearity::ExplicitGain(-1.0),
        },
    ] {
        assert!(seeded(42).1.get_with_hints((2, 2), "w", hint).is_err(), "{hint:?}");
    }
    // Names are bytes and nothing more.
    for name in ["", ".", "..", "a b", "重み/0", "a\0b", "{}%s", "🦀", "bias", ".bias"] {
        let (vars, vb) = seeded(42);
        let w = vb.get_with_hints((2, 3), name, hint).unwrap();
        assert_eq!(bits(&w), expected(Init::he_normal(), STREAM.named(name), &Shape::dense(3, 2)));
        assert!(vars.data().lock().unwrap().contains_key(name));
    }
}

#[test]
fn a_poisoned_map_is_an_error() {
    let (vars, vb) = seeded(42);
    let shared = vars.clone();
    let panicked = std::thread::spawn(move || {
        let _guard = shared.data().lock().unwrap();
        std::panic::resume_unwind(Box::new(()));
    });
    assert!(panicked.join().is_err());
    assert!(matches!(vb.get(3, "w"), Err(Error::Msg(_) | Error::WithBacktrace { .. })));
    assert!(!vb.contains_tensor("w"));
}

/// A matrix in the order of Keras and burn, `[in, out]`.
#[test]
fn a_shape_says_which_axis_is_which() {
    let vars = VarMap::new();
    let in_out = Shape::dense(6, 4).layout(Layout::InOut);
    let vb = SeededVarMap::new(&vars, STREAM)
        .rule(move |_| Some((Init::he_normal(), in_out)))
        .builder(DType::F32, &CPU);
    let w = vb.get((6, 4), "w").unwrap();
    assert_eq!(bits(&w), expected(Init::he_normal(), STREAM.named("w"), &in_out));
}
