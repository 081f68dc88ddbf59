//! Gains, and the schemes that activations choose.

use weight_init::{Activation, Shape};

#[track_caller]
fn near(given: f32, expected: f64) {
    assert!((given as f64 / expected - 1.0).abs() < 2e-7, "{given} and not {expected}");
}

/// The gains are those of PyTorch's `calculate_gain`, according to its documentation.
#[test]
fn gains_by_convention() {
    near(Activation::Linear.gain(), 1.0);
    near(Activation::Sigmoid.gain(), 1.0);
    near(Activation::Tanh.gain(), 5.0 / 3.0);
    near(Activation::Relu.gain(), 2.0_f64.sqrt());
    near(Activation::LeakyRelu { slope: 0.01 }.gain(), (2.0_f64 / 1.0001).sqrt());
    near(Activation::Selu.gain(), 0.75);
}

/// The gains are 1/√E[f(z)²], integrated by the trapezoidal rule.
#[test]
fn gains_by_integration() {
    const STEP: f64 = 1e-3;
    let gain = |f: &dyn Fn(f64) -> f64| {
        let density = |z: f64| (-0.5 * z * z).exp() / std::f64::consts::TAU.sqrt();
        let points = (-12_000..=12_000).map(|i| i as f64 * STEP);
        1.0 / (points.map(|z| f(z).powi(2) * density(z)).sum::<f64>() * STEP).sqrt()
    };
    let softplus = |z: f64| z.exp().ln_1p();
    let normal = |z: f64| 0.5 * libm::erfc(-z / std::f64::consts::SQRT_2);
    near(Activation::Gelu.gain(), gain(&|z| z * normal(z)));
    near(Activation::Silu.gain(), gain(&|z| z / (1.0 + (-z).exp())));
    near(Activation::Mish.gain(), gain(&|z| z * softplus(z).tanh()));
    near(Activation::Elu.gain(), gain(&|z| if z > 0.0 { z } else { z.exp_m1() }));
    near(Activation::Softplus.gain(), gain(&softplus));
    near(Activation::Relu.gain(), gain(&|z| z.max(0.0)));
    near(Activation::LeakyRelu { slope: 0.3 }.gain(), gain(&|z| if z > 0.0 { z } else { 0.3 * z }));
}

/// The std of each activation is that of the formula in the literature.
#[test]
fn activations_choose_the_scheme() {
    let shape = Shape::dense(300, 100);
    let fan = shape.fan().unwrap();
    let std = |activation: Activation| activation.init().distribution(fan).unwrap().std();
    near(std(Activation::Linear), (2.0_f64 / 400.0).sqrt());
    near(std(Activation::Sigmoid), (2.0_f64 / 400.0).sqrt());
    near(std(Activation::Tanh), 5.0 / 3.0 * (2.0_f64 / 400.0).sqrt());
    near(std(Activation::Relu), (2.0_f64 / 300.0).sqrt());
    near(std(Activation::LeakyRelu { slope: 0.2 }), (2.0 / 1.04 / 300.0_f64).sqrt());
    near(std(Activation::LeakyRelu { slope: -1.0 }), (1.0_f64 / 300.0).sqrt());
    near(std(Activation::Selu), (1.0_f64 / 300.0).sqrt());
    near(std(Activation::Gelu), 1.533_530_441_22 / 300.0_f64.sqrt());
    near(std(Activation::Softplus), 1.041_866_835_56 / 300.0_f64.sqrt());
    let no_slope = Activation::LeakyRelu { slope: 0.0 };
    assert_eq!(std(no_slope).to_bits(), std(Activation::Relu).to_bits());
}
