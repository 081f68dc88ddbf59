//! The std and the bound of every scheme, compared with PyTorch and JAX (`data/scales.csv`, with versions),
//! with the formula, and with the values of filled tensors.

use weight_init::{Distribution, Fan, FanMode, Init, Shape, Stream};

/// A division, a root and a multiplication in `f32` err by half an ulp each.
const ROUNDING: f64 = 1.5 * f32::EPSILON as f64;

#[track_caller]
fn assert_close(given: f32, exact: f64, what: &str) {
    assert!((f64::from(given) / exact - 1.0).abs() < ROUNDING, "{what}: {given} and not {exact}");
}

#[test]
fn scales_are_those_of_pytorch_and_jax() {
    const TANH: f32 = 5.0 / 3.0;
    let lines = include_str!("data/scales.csv").lines().filter(|l| !l.starts_with('#')).skip(1);
    let mut count = 0;
    for line in lines {
        let fields: Vec<&str> = line.split(',').collect();
        let [_, scheme, fan_in, fan_out, value, kind] = fields[..] else { panic!("{line}") };
        let init = match scheme {
            "he_normal" => Init::he_normal(),
            "he_uniform" => Init::he_uniform(),
            "he_normal_fan_out" => Init::he_normal().mode(FanMode::FanOut),
            "he_uniform_fan_out" => Init::he_uniform().mode(FanMode::FanOut),
            "xavier_normal" => Init::xavier_normal(),
            "xavier_uniform" => Init::xavier_uniform(),
            "xavier_normal_tanh" => Init::xavier_normal().gain(TANH),
            "xavier_uniform_tanh" => Init::xavier_uniform().gain(TANH),
            "lecun_normal" => Init::lecun_normal(),
            "lecun_uniform" => Init::lecun_uniform(),
            _ => panic!("{line}"),
        };
        let fan = Fan::new(fan_in.parse().unwrap(), fan_out.parse().unwrap());
        let value: f64 = value.parse().unwrap();
        match (kind, init.distribution(fan).unwrap()) {
            ("std", Distribution::Normal { mean, std }) => {
                assert_eq!(mean, 0.0);
                assert_close(std, value, line);
            }
            ("bound", Distribution::Uniform { low, high }) => {
                assert_eq!(low, -high);
                assert_close(high, value, line);
            }
            (_, other) => panic!("{line}: {other:?}"),
        }
        count += 1;
    }
    assert!(count >= 60);
}

/// A variance as a function of fan_in and fan_out.
type Variance = fn(f64, f64) -> f64;

/// Returns schemes with the variance that their formulas give for a fan.
fn schemes() -> Vec<(Init, Variance)> {
    let mode = |init: Init, mode| init.mode(mode);
    vec![
        (Init::he_normal(), |i, _| 2.0 / i),
        (Init::he_uniform(), |i, _| 2.0 / i),
        (mode(Init::he_normal(), FanMode::FanOut), |_, o| 2.0 / o),
        (mode(Init::he_uniform(), FanMode::FanAvg), |i, o| 4.0 / (i + o)),
        (Init::he_normal().gain(0.5), |i, _| 0.5 / i),
        (Init::xavier_normal(), |i, o| 2.0 / (i + o)),
        (Init::xavier_uniform(), |i, o| 2.0 / (i + o)),
        (mode(Init::xavier_uniform(), FanMode::FanIn), |i, _| 1.0 / i),
        (Init::xavier_normal().gain(2.0), |i, o| 8.0 / (i + o)),
        (Init::lecun_normal(), |i, _| 1.0 / i),
        (Init::lecun_uniform(), |i, _| 1.0 / i),
        (mode(Init::lecun_uniform(), FanMode::FanOut).gain(3.0), |_, o| 9.0 / o),
        (Init::normal(0.0, 0.3), |_, _| 0.09),
        (Init::normal(0.0, 0.3).gain(2.0).mode(FanMode::FanOut), |_, _| 0.36),
        (Init::uniform(-0.3, 0.3), |_, _| 0.03),
        (Init::ones(), |_, _| 0.0),
        (Init::constant(3.0).gain(2.0), |_, _| 0.0),
    ]
}

fn shapes() -> Vec<Shape> {
    vec![
        Shape::dense(784, 100),
        Shape::dense(1000, 10),
        Shape::conv1d(16, 40, 9),
        Shape::conv2d(64, 32, [3, 5]),
        Shape::conv3d(8, 12, [3, 3, 3]),
        Shape::conv2d(64, 64, [5, 5]).grouped(64).transposed(),
        Shape::conv2d(96, 48, [3, 3]).grouped(3),
    ]
}

#[test]
fn scales_follow_the_formula() {
    for (init, variance) in schemes() {
        for shape in shapes() {
            let fan = shape.fan().unwrap();
            let exact = variance(fan.fan_in as f64, fan.fan_out as f64).sqrt();
            let std = init.distribution(fan).unwrap().std();
            if exact == 0.0 {
                assert_eq!(std, 0.0);
            } else {
                assert_close(std, exact, &format!("{init:?} of {shape:?}"));
            }
        }
    }
}

/// Mean and variance of the values are within 5 standard errors.
#[test]
fn tensors_have_the_std_of_their_scheme() {
    for (number, (init, variance)) in schemes().into_iter().enumerate() {
        for shape in shapes() {
            let stream = Stream::new(3).substream(number as u64);
            let mut out = vec![f32::NAN; shape.len()];
            init.fill(stream, &shape, &mut out).unwrap();

            let fan = shape.fan().unwrap();
            let exact = variance(fan.fan_in as f64, fan.fan_out as f64);
            if exact == 0.0 {
                assert!(out.iter().all(|&v| v == out[0]));
                continue;
            }
            let n = out.len() as f64;
            // E z⁴ − 1 at unit variance.
            let excess = match init.distribution(fan).unwrap() {
                Distribution::Uniform { .. } => 0.8,
                _ => 2.0,
            };
            let mean = out.iter().map(|&v| f64::from(v)).sum::<f64>() / n;
            let measured = out.iter().map(|&v| f64::from(v).powi(2)).sum::<f64>() / n;
            let z = [mean / (exact / n).sqrt(), (measured / exact - 1.0) / (excess / n).sqrt()];
            assert!(z.iter().all(|z| z.abs() < 5.0), "{init:?} of {shape:?}: {z:?}");
        }
    }
}

#[test]
fn a_gain_multiplies_every_value() {
    let fan = Fan::new(1, 1);
    let given = Init::normal(2.0, 1.0).gain(3.0).distribution(fan);
    assert_eq!(given, Ok(Distribution::Normal { mean: 6.0, std: 3.0 }));
    let given = Init::uniform(-1.0, 3.0).gain(2.0).distribution(fan);
    assert_eq!(given, Ok(Distribution::Uniform { low: -2.0, high: 6.0 }));
    let given = Init::constant(-1.5).gain(2.0).distribution(fan);
    assert_eq!(given, Ok(Distribution::Constant { value: -3.0 }));
}

/// An easy slip is 2 / √fan_in, which has twice the variance.
#[test]
fn he_is_the_root_of_two_over_fan_in() {
    let he = Init::he_normal().distribution(Fan::new(50, 1)).unwrap();
    assert_eq!(he, Distribution::Normal { mean: 0.0, std: 0.2 });
}
