//! Numbers of other types than `f32`, and tensors without values.

use burn::{
    module::Param,
    tensor::{DType, Device, Tensor, bf16, f16},
};
use burn_core as burn;
use burn_nn::{Linear, LinearConfig};
use weight_init::{Init, Shape};
use weight_init_burn::{Error, Reason, Reinit, Start, param, weight_init};

use crate::{MODEL, core, ndarray, transposed};

/// Returns a layer with numbers of a type.
fn linear(dtype: DType, device: &Device) -> Linear {
    let mut linear = LinearConfig::new(33, 20).with_bias(false).init(device);
    linear.weight = linear.weight.map(|weight| weight.cast(dtype));
    linear
}

fn started(init: Init, dtype: DType, device: &Device) -> Tensor<2> {
    let weight = Reinit::new(MODEL, |_| init).apply(linear(dtype, device)).unwrap().weight.val();
    assert_eq!(weight.dtype(), dtype);
    weight
}

#[test]
fn other_types_are_rounded_once() {
    let flex = Device::flex();
    for init in [Init::he_normal(), Init::orthogonal()] {
        let expected = core(init, "weight", &Shape::dense(33, 20));
        let expected =
            transposed(&expected, 20).into_iter().map(f32::from_bits).collect::<Vec<_>>();

        let data = started(init, DType::F16, &flex).into_data();
        let half: Vec<_> = expected.iter().map(|value| f16::from_f32(*value)).collect();
        assert_eq!(data.as_slice::<f16>().unwrap(), half);

        let data = started(init, DType::BF16, &flex).into_data();
        let brain: Vec<_> = expected.iter().map(|value| bf16::from_f32(*value)).collect();
        assert_eq!(data.as_slice::<bf16>().unwrap(), brain);

        for device in [Device::flex(), ndarray()] {
            let data = started(init, DType::F64, &device).into_data();
            let double: Vec<_> = expected.iter().map(|value| f64::from(*value)).collect();
            assert_eq!(data.as_slice::<f64>().unwrap(), double);
        }
    }
}

#[test]
fn values_that_do_not_fit_are_refused() {
    let error =
        Reinit::new(MODEL, |_| Init::constant(1e6)).apply(linear(DType::F16, &Device::flex()));
    let Err(Error { path, reason: Reason::Init(_) }) = error else { panic!("{error:?}") };
    assert_eq!(path, "weight");
}

#[test]
fn quantised_parameters_are_refused() {
    use burn::tensor::quantization::{Calibration, QuantScheme, compute_q_params, compute_range};
    let device = Device::flex();
    let mut linear: Linear = LinearConfig::new(32, 32).with_bias(false).init(&device);
    let scheme = QuantScheme::default();
    linear.weight = linear.weight.map(|weight| {
        let range = compute_range(&scheme, &weight, &Calibration::MinMax);
        let parameters = compute_q_params(&scheme, range);
        weight.quantize(&scheme, parameters)
    });
    let error = Reinit::standard(MODEL).apply(linear).unwrap_err();
    assert!(matches!(error.reason, Reason::DType(DType::QFloat(_))), "{error}");
}

#[test]
fn tensors_without_values_stay_as_they_are() {
    let device = Device::flex();
    for dims in [[0, 4], [4, 0], [0, 0]] {
        let lazy: Param<Tensor<2>> =
            param(MODEL, Start::new(Init::he_normal()), dims, &device).unwrap();
        assert_eq!(lazy.val().dims(), dims);
        let linear = Linear { weight: lazy, bias: None };
        let linear = Reinit::standard(MODEL).apply(linear).unwrap();
        assert_eq!(linear.weight.val().dims(), dims);
    }
    let linear = LinearConfig::new(0, 4).with_bias(false).init(&device);
    let linear = Reinit::standard(MODEL).apply(linear).unwrap();
    assert!(!linear.weight.is_initialized());
}
