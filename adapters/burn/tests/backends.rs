//! The same bits from every backend, with and without autodiff, and in any order of first use.

use burn::{
    module::{Module, Param},
    tensor::{Device, Tensor},
};
use burn_core as burn;
use burn_nn::{
    BatchNorm, BatchNormConfig, Initializer, Linear, LinearConfig, LinearLayout,
    conv::{Conv2d, Conv2dConfig, ConvTranspose2d, ConvTranspose2dConfig},
};
use weight_init::Init;
use weight_init_burn::{Reinit, Start, param, weight_init};

use crate::{MODEL, bits, core_linear, ndarray};

#[derive(Module, Debug)]
struct Net {
    conv: Conv2d,
    norm: BatchNorm,
    fc: Linear,
    square: Linear,
    col: Linear,
    square_col: Linear,
}

impl Net {
    fn new(device: &Device) -> Self {
        let linear = |inputs, outputs, layout| {
            LinearConfig::new(inputs, outputs).with_layout(layout).init(device)
        };
        Self {
            conv: Conv2dConfig::new([3, 4], [3, 3]).init(device),
            norm: BatchNormConfig::new(4).init(device),
            fc: linear(300, 70, LinearLayout::Row),
            square: linear(70, 70, LinearLayout::Row),
            col: linear(70, 10, LinearLayout::Col),
            square_col: linear(10, 10, LinearLayout::Col),
        }
    }

    fn started(device: &Device) -> Self {
        Reinit::standard(MODEL).apply(Self::new(device)).unwrap()
    }

    fn bits(&self) -> Vec<Vec<u32>> {
        let linears = [&self.fc, &self.square, &self.col, &self.square_col];
        let mut all = vec![bits(&self.conv.weight.val()), bits(&self.norm.running_var.value())];
        for linear in linears {
            all.push(bits(&linear.weight.val()));
            all.push(bits(&linear.bias.as_ref().unwrap().val()));
        }
        all
    }
}

#[test]
fn backends_have_the_same_bits() {
    let flex = Net::started(&Device::flex()).bits();
    assert_eq!(flex, Net::started(&ndarray()).bits());
    assert_eq!(flex, Net::started(&Device::flex().autodiff()).bits());
    assert_eq!(flex, Net::started(&ndarray().autodiff()).bits());
    let init = Init::pytorch_default();
    assert_eq!(flex[2], core_linear(init, "fc.weight", 300, 70));
    assert_eq!(flex[4], core_linear(init, "square.weight", 70, 70));
    assert_eq!(flex[6], core_linear(init, "col.weight", 70, 10));
    assert_eq!(flex[8], core_linear(init, "square_col.weight", 10, 10));
}

/// Parameters that burn has already initialised take another way through the code.
#[test]
fn the_values_before_do_not_matter() {
    let fresh = Net::started(&Device::flex()).bits();
    for device in [Device::flex(), ndarray(), Device::flex().autodiff()] {
        let net = Net::new(&device);
        let before = net.bits();
        let again = Reinit::standard(MODEL).apply(net).unwrap();
        assert_ne!(before, fresh);
        assert_eq!(again.bits(), fresh, "{device:?}");
        assert_eq!(Reinit::standard(MODEL).apply(again).unwrap().bits(), fresh, "{device:?}");
    }
}

#[test]
fn the_order_of_first_use_does_not_matter() {
    let device = Device::flex();
    let lazy = |name| param(MODEL.named(name), Init::he_normal(), [8, 8], &device).unwrap();
    let (a, b): (Param<Tensor<2>>, Param<Tensor<2>>) = (lazy("a"), lazy("b"));
    let (first_a, first_b) = (bits(&a.val()), bits(&b.val()));
    let (a, b): (Param<Tensor<2>>, Param<Tensor<2>>) = (lazy("a"), lazy("b"));
    let (last_b, last_a) = (bits(&b.val()), bits(&a.val()));
    assert_eq!((first_a, first_b), (last_a, last_b));
}

/// burn's Xavier panics for transposed convolutions, when it is first used.
#[test]
fn burns_initialisers_do_not_run() {
    let config = ConvTranspose2dConfig::new([64, 16], [4, 4]);
    let up: ConvTranspose2d =
        config.with_initializer(Initializer::XavierNormal { gain: 1.0 }).init(&Device::flex());
    let up = Reinit::new(MODEL, |target| match target.name() {
        "weight" => Start::new(Init::he_normal()),
        _ => Start::new(Init::zeros()),
    })
    .apply(up)
    .unwrap();
    // √(2 / (64 × 4 × 4)), where burn has √(2 / (16 × 4 × 4)) = 0.0884.
    let std = up.weight.val().var(0).mean().sqrt().into_scalar::<f32>();
    assert!((std - 0.0442).abs() < 0.001, "{std}");
}

#[test]
fn lazy_parameters_follow_their_device() {
    let lazy = param(MODEL.named("w"), Init::he_normal(), [8, 8], &Device::flex()).unwrap();
    let lazy: Param<Tensor<2>> = lazy;
    let on_flex = bits(&lazy.val());
    let lazy: Param<Tensor<2>> =
        param(MODEL.named("w"), Init::he_normal(), [8, 8], &Device::flex()).unwrap();
    let moved = lazy.to_device(&ndarray());
    assert!(!moved.is_initialized());
    assert_eq!(bits(&moved.val()), on_flex);
    assert_eq!(moved.val().device(), ndarray());
}
