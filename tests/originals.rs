//! Comparison with PyTorch, Keras and JAX on the same tensors. `data/originals.py` has written their figures
//! into `data/*.csv`, with their versions.

use weight_init::{Activation, Distribution, Init, Layout, Shape, Stream};

/// Returns a file's lines without comments and header, each split into `fields` fields.
fn rows(file: &'static str, fields: usize) -> Vec<Vec<&'static str>> {
    let lines = file.lines().filter(|line| !line.starts_with('#')).skip(1);
    let rows: Vec<Vec<_>> = lines.map(|line| line.splitn(fields, ',').collect()).collect();
    assert!(rows.iter().all(|row| row.len() == fields));
    rows
}

fn number<T: std::str::FromStr>(text: &str) -> T {
    text.parse().unwrap_or_else(|_| panic!("{text:?} is no number"))
}

fn numbers(text: &str, between: char) -> Vec<usize> {
    text.split(between).map(number).collect()
}

fn layout(name: &str) -> Layout {
    match name {
        "out_in" => Layout::OutIn,
        "in_out" => Layout::InOut,
        _ => panic!("{name}"),
    }
}

fn near(given: f32, expected: f64) -> bool {
    // The file has nine digits, and both sides round in `f32`.
    (f64::from(given) / expected - 1.0).abs() < 4e-7
}

/// Compares standard deviations, bounds and the ends of the support.
#[test]
fn scales_are_those_of_the_originals() {
    let rows = rows(include_str!("data/originals.csv"), 13);
    let mut compared = [0; 3];
    for row in &rows {
        let [system, _, axes, dims, scheme, scale, mode, gain, family, value, low, high, call] =
            row[..]
        else {
            panic!("{row:?}")
        };
        let value: f64 = number(value);
        // A scheme without a fan has the scale that it was given.
        let own = match scheme {
            "normal" | "truncated_normal" => format!("std={value}"),
            "uniform" => format!("low={low}, high={high}"),
            "variance_scaling" => {
                let family = if family == "truncated" { "truncated_normal" } else { family };
                format!("scale={scale}, family={family}")
            }
            _ => String::new(),
        };
        let mode = if mode.is_empty() { String::new() } else { format!("mode={mode}") };
        let init: Init = format!("{scheme}({own}, {mode}, gain={gain})").parse().expect(call);
        let shape = Shape::from_dims(&numbers(dims, 'x'), layout(axes), 1).unwrap();
        let what = format!("{system} {call} of {dims}: {init}");
        match (init.distribution(shape.fan().unwrap()).unwrap(), family) {
            (Distribution::Normal { std, .. }, "normal") => assert!(near(std, value), "{what}"),
            (Distribution::TruncatedNormal { std, .. }, "truncated") => {
                assert!(near(std, value), "{what}");
                // PyTorch's ends are absolute values, and by default far from ours.
                if call.starts_with("trunc_normal_") && call.contains("std") && !call.contains("a=")
                {
                    continue;
                }
                let end = number::<f64>(high) / value;
                assert!((end - 2.0 / 0.879_625_661_034_239_8).abs() < 1e-6, "{what}: {end}");
                assert!(number::<f64>(low) == -number::<f64>(high), "{what}");
            }
            (Distribution::Uniform { high, .. }, "uniform") => assert!(near(high, value), "{what}"),
            (other, family) => panic!("{what}: {family}, and {other:?}"),
        }
        compared[["torch", "keras", "jax"].iter().position(|it| *it == system).unwrap()] += 1;
    }
    assert!(compared.iter().all(|&count| count > 70), "{compared:?}");
}

/// The very calls that gave the figures of PyTorch and Keras.
#[test]
fn calls_mean_what_they_mean_in_the_originals() {
    let mut compared = [0; 2];
    for row in rows(include_str!("data/originals.csv"), 13) {
        let [system, _, axes, dims, _, _, _, _, family, value, low, high, call] = row[..] else {
            panic!("{row:?}")
        };
        let (system, init) = match system {
            "torch" => (0, Init::from_torch(call)),
            "keras" => (1, Init::from_keras(call)),
            _ => continue,
        };
        let init = init.unwrap_or_else(|error| panic!("{call}: {error}"));
        let shape = Shape::from_dims(&numbers(dims, 'x'), layout(axes), 1).unwrap();
        let distribution = init.distribution(shape.fan().unwrap()).unwrap();
        let what = format!("{call} of {dims}: {init}, {distribution:?}");
        match (distribution, family) {
            (Distribution::Normal { std, .. }, "normal") => {
                assert!(near(std, number(value)), "{what}");
            }
            (Distribution::TruncatedNormal { std, cut, .. }, "truncated") => {
                assert!(near(distribution.std(), number(value)), "{what}");
                let sigma = if cut.is_std_before() { std } else { std / cut.ratio() };
                assert!(near(cut.sigmas() * sigma, number(high)), "{what}");
                assert!(near(-cut.sigmas() * sigma, number(low)), "{what}");
            }
            // The ends are so far away that nothing is cut off.
            (Distribution::Normal { std, .. }, "truncated") => {
                assert!(near(std, number(value)), "{what}");
                assert!(number::<f32>(high) > 8.0 * std, "{what}");
            }
            (Distribution::Uniform { low: own, .. }, "uniform") if low.is_empty() => {
                assert!(near(-own, number(value)), "{what}");
            }
            (Distribution::Uniform { low: own_low, high: own_high }, "uniform") => {
                let close =
                    |given: f32, expected: &str| (given - number::<f32>(expected)).abs() < 1e-6;
                assert!(close(own_low, low) && close(own_high, high), "{what}");
            }
            _ => panic!("{what}"),
        }
        compared[system] += 1;
    }
    assert!(compared.iter().all(|&count| count > 70), "{compared:?}");
}

#[test]
fn gains_are_those_of_pytorch() {
    for row in rows(include_str!("data/gains.csv"), 3) {
        let [name, parameter, gain] = row[..] else { panic!("{row:?}") };
        let activation = match name {
            "sigmoid" => Activation::Sigmoid,
            "tanh" => Activation::Tanh,
            "relu" => Activation::Relu,
            "selu" => Activation::Selu,
            "leaky_relu" => Activation::LeakyRelu {
                slope: if parameter.is_empty() { 0.01 } else { number(parameter) },
            },
            _ => Activation::Linear,
        };
        assert!(near(activation.gain(), number(gain)), "{name}, {parameter}");
    }
}

/// Compares where the values that are not zero lie, and except for the delta-orthogonal also the values.
#[test]
fn dirac_identity_and_delta_have_their_values_where_the_originals_have() {
    for row in rows(include_str!("data/structured.csv"), 8) {
        let [system, scheme, axes, dims, groups, gain, value, positions] = row[..] else {
            panic!("{row:?}")
        };
        let shape = Shape::from_dims(&numbers(dims, 'x'), layout(axes), number(groups)).unwrap();
        let init: Init = scheme.parse().unwrap();
        let init = if gain.is_empty() { init } else { init.gain(number(gain)) };
        let mut out = vec![f32::NAN; shape.len()];
        init.fill(Stream::new(1), &shape, &mut out).unwrap();
        let indices: Vec<usize> = (0..out.len()).filter(|&i| out[i] != 0.0).collect();
        assert_eq!(indices, numbers(positions, ' '), "{system} {scheme} of {dims}");
        if !value.is_empty() {
            assert!(
                indices.iter().all(|&i| out[i] == number::<f32>(value)),
                "{system} {scheme} of {dims}"
            );
        }
    }
}

/// The same side of the same matrix is orthonormal.
#[test]
fn orthogonal_is_so_on_the_side_of_the_originals() {
    for row in rows(include_str!("data/orthogonal.csv"), 7) {
        let [system, axes, dims, rows, cols, orthonormal, _] = row[..] else { panic!("{row:?}") };
        if system.contains("delta") {
            continue;
        }
        let shape = Shape::from_dims(&numbers(dims, 'x'), layout(axes), 1).unwrap();
        let (rows, cols): (usize, usize) = (number(rows), number(cols));
        let mut out = vec![f32::NAN; shape.len()];
        Init::orthogonal().fill(Stream::new(1), &shape, &mut out).unwrap();
        assert_eq!(out.len(), rows * cols);
        let at = |i: usize, j: usize| f64::from(out[i * cols + j]);
        let error = |n: usize, m: usize, at: &dyn Fn(usize, usize) -> f64| {
            let dot = |a, b| (0..m).map(|k| at(a, k) * at(b, k)).sum::<f64>();
            let pairs = (0..n).flat_map(|a| (0..n).map(move |b| (a, b)));
            pairs.fold(0.0, |worst: f64, (a, b)| {
                worst.max((dot(a, b) - f64::from(u8::from(a == b))).abs())
            })
        };
        let (by_rows, by_cols) = (error(rows, cols, &at), error(cols, rows, &|i, j| at(j, i)));
        let expected = match orthonormal {
            "rows" => by_rows,
            "columns" => by_cols,
            "both" => by_rows.max(by_cols),
            _ => panic!("{row:?}"),
        };
        assert!(expected < 2e-6, "{system}, {dims}: {expected}");
    }
}

/// PyTorch multiplies in `f64` and rounds up, so it makes 8 zeros of 0.07 × 100. This crate makes 7.
#[test]
fn sparse_has_as_many_zeros_as_pytorchs() {
    let mut one_more = 0;
    for row in rows(include_str!("data/sparse.csv"), 3) {
        let [outputs, sparsity, theirs] = row[..] else { panic!("{row:?}") };
        let shape = Shape::dense(6, number(outputs));
        let mut out = vec![f32::NAN; shape.len()];
        Init::sparse(number(sparsity), 1.0).fill(Stream::new(1), &shape, &mut out).unwrap();
        let mut zeros = [0; 6];
        (0..out.len()).filter(|&i| out[i] == 0.0).for_each(|i| zeros[i % 6] += 1);
        let theirs: usize = number(theirs);
        if zeros[0] + 1 == theirs {
            one_more += 1;
            // The exact number, computed in hundredths and rounded up.
            let hundredths = (number::<f64>(sparsity) * 100.0).round() as usize;
            assert_eq!((hundredths * number::<usize>(outputs)).div_ceil(100), zeros[0]);
        } else {
            assert_eq!(zeros[0], theirs, "{sparsity} of {outputs}");
        }
        assert_eq!(zeros, [zeros[0]; 6], "{sparsity} of {outputs}");
    }
    assert_eq!(one_more, 15);
}

/// For transposed convolutions PyTorch takes the fan of the wrong axis.
#[test]
fn pytorchs_default_layers() {
    for row in rows(include_str!("data/defaults.csv"), 9) {
        let [_, _, _, _, groups, transposed, dims, weight, bias] = row[..] else {
            panic!("{row:?}")
        };
        let (dims, groups) = (numbers(dims, 'x'), number(groups));
        let shape = if transposed == "true" {
            // PyTorch takes the first axis for the outputs.
            Shape::from_dims(&dims, Layout::OutIn, 1).unwrap()
        } else {
            Shape::from_dims(&dims, Layout::OutIn, groups).unwrap()
        };
        let init = Init::pytorch_default();
        let distribution = init.distribution(shape.fan().unwrap()).unwrap();
        assert!(
            matches!(distribution, Distribution::Uniform { high, .. } if near(high, number(weight))),
            "{row:?}: {distribution:?}"
        );
        assert_eq!(weight, bias);
        let mut values = vec![0.0; shape.dims().unwrap()[0]];
        init.fill(Stream::new(1), &shape.bias(), &mut values).unwrap();
        let mut expected = vec![1.0; values.len()];
        distribution.fill(Stream::new(1), 0, &mut expected).unwrap();
        assert_eq!(values, expected);
    }
}
