//! Any shape, layout, stack and backend has the values of the core's own `[out, in, kernel…]`.

use burn_core::{
    module::Param,
    tensor::{Device, Tensor},
};
use burn_nn::{
    LinearConfig, LinearLayout,
    conv::{Conv2dConfig, ConvTranspose2dConfig},
};
use proptest::prelude::*;
use weight_init::{Init, Layout, Shape};
use weight_init_burn::{Kind, Reinit, Start, Target, param, weight_init};

use crate::{MODEL, bits, core, core_linear, ndarray, transposed};

fn inits() -> impl Strategy<Value = Init> {
    prop::sample::select(vec![
        Init::he_normal(),
        Init::xavier_uniform(),
        Init::pytorch_default(),
        Init::lecun_truncated_normal(),
        Init::orthogonal(),
        Init::sparse(0.3, 0.1),
        Init::identity(),
        Init::normal(1.0, 2.0),
    ])
}

fn devices() -> impl Strategy<Value = Device> {
    prop::sample::select(vec![Device::flex(), ndarray(), Device::flex().autodiff()])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn linears(
        inputs in 1_usize..300,
        outputs in 1_usize..300,
        init in inits(),
        device in devices(),
        is_col: bool,
        is_used: bool,
    ) {
        let layout = if is_col { LinearLayout::Col } else { LinearLayout::Row };
        let linear = LinearConfig::new(inputs, outputs).with_layout(layout).with_bias(false).init(&device);
        if is_used {
            let _ = linear.weight.val();
        }
        let linear = Reinit::new(MODEL, |_| init).within("fc").apply(linear).unwrap();
        prop_assert_eq!(linear.weight.val().dims(), [inputs, outputs]);
        prop_assert_eq!(bits(&linear.weight.val()), core_linear(init, "fc.weight", inputs, outputs));
    }

    #[test]
    fn convolutions(
        inputs in 1_usize..6,
        outputs in 1_usize..6,
        kernel in [1_usize..4, 1_usize..4],
        groups in 1_usize..4,
        device in devices(),
        is_transposed: bool,
    ) {
        let (channels, init) = ([inputs * groups, outputs * groups], Init::xavier_normal());
        let shape = Shape::conv2d(channels[0], channels[1], kernel).grouped(groups);
        let rule = |target: &Target<'_>| match target.kind() {
            Kind::Bias => Start::new(init),
            _ => Start::new(init).groups(groups),
        };
        let (weight, bias, shape) = if is_transposed {
            let up = ConvTranspose2dConfig::new(channels, kernel).with_groups(groups).init(&device);
            let up = Reinit::new(MODEL, rule).apply(up).unwrap();
            (up.weight, up.bias, shape.transposed())
        } else {
            let conv = Conv2dConfig::new(channels, kernel).with_groups(groups).init(&device);
            let conv = Reinit::new(MODEL, rule).apply(conv).unwrap();
            (conv.weight, conv.bias, shape)
        };
        prop_assert_eq!(bits(&weight.val()), core(init, "weight", &shape));
        prop_assert_eq!(bits(&bias.unwrap().val()), core(init, "bias", &shape.bias()));
    }

    /// Permuting the axes of a tensor in another layout gives the tensor in the layout `OutIn`.
    #[test]
    fn layouts(
        dims in [1_usize..7, 1_usize..7, 1_usize..4, 1_usize..4],
        init in inits(),
        count in 1_usize..4,
        packed: bool,
        layout in prop::sample::select(vec![Layout::InOut, Layout::OutKernelIn]),
        is_transposed: bool,
        device in devices(),
    ) {
        let [mut major, mut minor, h, w] = dims;
        // Only tensors with outputs for each input are identities, and so on: let the core decide.
        let mut start = Start::new(init);
        if packed {
            start = start.packed(count);
            *(if is_transposed { &mut minor } else { &mut major }) *= count;
        }
        if is_transposed {
            start = start.transposed();
        }
        let expected: Result<Param<Tensor<4>>, _> = param(MODEL, start, [major, minor, h, w], &device);
        let start = start.layout(layout);
        let (given, axes): (Result<Param<Tensor<4>>, _>, [isize; 4]) = match layout {
            Layout::InOut => (param(MODEL, start, [h, w, minor, major], &device), [3, 2, 0, 1]),
            _ => (param(MODEL, start, [major, h, w, minor], &device), [0, 3, 1, 2]),
        };
        match (expected, given) {
            (Ok(expected), Ok(given)) => {
                prop_assert_eq!(bits(&expected.val()), bits(&given.val().permute(axes)));
            }
            (expected, given) => {
                let (expected, given) = (expected.map(drop), given.map(drop));
                prop_assert!(expected.is_err());
                prop_assert_eq!(expected, given);
            }
        }
    }

    #[test]
    fn stacks(
        inputs in 1_usize..20,
        outputs in 1_usize..20,
        count in 1_usize..5,
        init in inits(),
        device in devices(),
    ) {
        let start = Start::new(init).stacked(count).layout(Layout::InOut);
        let experts: Param<Tensor<3>> = param(MODEL.named("w"), start, [count, inputs, outputs], &device).unwrap();
        let expected = core(init, "w", &Shape::dense(inputs, outputs).stacked(count));
        let expected: Vec<_> =
            expected.chunks(inputs * outputs).flat_map(|one| transposed(one, outputs)).collect();
        prop_assert_eq!(bits(&experts.val()), expected);
    }
}
