//! Fans and dimensions, compared with those that PyTorch and JAX compute (`data/fans.csv`, with versions),
//! also where these are wrong.

use weight_init::{Fan, InitError, Layout, Shape};

struct Row<'a> {
    line: &'a str,
    system: &'a str,
    shape: Shape,
    groups: usize,
    transposed: bool,
    dims: Vec<usize>,
    /// The fan that the system computes.
    fan: Fan,
}

fn number(text: &str) -> usize {
    text.parse().unwrap_or_else(|_| panic!("{text:?} is no number"))
}

fn rows() -> Vec<Row<'static>> {
    let numbers = |text: &str| text.split('x').map(number).collect::<Vec<_>>();
    let lines = include_str!("data/fans.csv").lines().filter(|l| !l.starts_with('#')).skip(1);
    let rows: Vec<_> =
        lines
            .map(|line| {
                let fields: Vec<&str> = line.split(',').collect();
                let [
                    system,
                    layer,
                    inputs,
                    outputs,
                    kernel,
                    groups,
                    transposed,
                    dims,
                    fan_in,
                    fan_out,
                ] = fields[..]
                else {
                    panic!("{line}")
                };
                let (inputs, outputs, groups) = (number(inputs), number(outputs), number(groups));
                let kernel = if kernel.is_empty() { vec![] } else { numbers(kernel) };
                let shape = match (layer, &kernel[..]) {
                    ("dense", []) => Shape::dense(inputs, outputs),
                    ("conv1d", &[k]) => Shape::conv1d(inputs, outputs, k),
                    ("conv2d", &[h, w]) => Shape::conv2d(inputs, outputs, [h, w]),
                    ("conv3d", &[d, h, w]) => Shape::conv3d(inputs, outputs, [d, h, w]),
                    _ => panic!("{line}"),
                };
                let layout = if system == "jax" { Layout::InOut } else { Layout::OutIn };
                let transposed = transposed == "true";
                let shape = shape.grouped(groups).layout(layout);
                Row {
                    line,
                    system,
                    shape: if transposed { shape.transposed() } else { shape },
                    groups,
                    transposed,
                    dims: numbers(dims),
                    fan: Fan::new(number(fan_in), number(fan_out)),
                }
            })
            .collect();
    assert!(rows.len() >= 40);
    rows
}

#[test]
fn dimensions_are_those_of_pytorch_and_jax() {
    for row in rows() {
        assert_eq!(*row.shape.dims().unwrap(), row.dims, "{}", row.line);
        assert_eq!(row.shape.len(), row.dims.iter().product::<usize>(), "{}", row.line);
    }
}

/// Both systems derive the fan from the axes and not from the layer. They forget that an input reaches only
/// the outputs of its own group, and they take the inputs of a transposed convolution for its outputs.
#[test]
fn fans_are_those_of_pytorch_and_jax_but_for_two_mistakes() {
    for row in rows() {
        let Fan { fan_in, fan_out } = row.shape.fan().unwrap();
        // Their fan is per axis: one axis holds the channels of all groups, the other those of one group.
        let theirs = match row.transposed {
            false => Fan::new(fan_in, fan_out * row.groups),
            true => Fan::new(fan_out, fan_in * row.groups),
        };
        assert_eq!(theirs, row.fan, "{}", row.line);
        if row.groups == 1 && !row.transposed {
            assert_eq!(Fan::new(fan_in, fan_out), row.fan, "{}", row.line);
        }
    }
}

#[test]
fn dimensions_make_the_same_shape() {
    for Row { line, system, shape, groups, transposed, dims, .. } in rows() {
        let layout = if system == "jax" { Layout::InOut } else { Layout::OutIn };
        let given = match transposed {
            false => Shape::from_dims(&dims, layout, groups),
            true => Shape::from_dims_transposed(&dims, layout, groups),
        };
        assert_eq!(given, Ok(shape), "{line}");
    }
    let keras = Shape::from_dims_transposed(&[4, 4, 16, 64], Layout::InOut, 1);
    assert_eq!(keras, Ok(Shape::conv2d(64, 16, [4, 4]).transposed().layout(Layout::InOut)));
}

#[test]
fn outputs_first_and_inputs_last() {
    let conv = Shape::conv2d(6, 8, [3, 5]).grouped(2).layout(Layout::OutKernelIn);
    assert_eq!(*conv.dims().unwrap(), [8, 3, 5, 3]);
    assert_eq!(*conv.transposed().dims().unwrap(), [6, 3, 5, 4]);
    assert_eq!(Shape::from_dims(&[8, 3, 5, 3], Layout::OutKernelIn, 2), Ok(conv));
    let transposed = Shape::from_dims_transposed(&[6, 3, 5, 4], Layout::OutKernelIn, 2);
    assert_eq!(transposed, Ok(conv.transposed()));
    assert_eq!(conv.fan(), Shape::conv2d(6, 8, [3, 5]).grouped(2).fan());
    assert_eq!(*Shape::dense(3, 4).layout(Layout::OutKernelIn).dims().unwrap(), [4, 3]);
}

/// Keras' [height, width, channels, multiplier] is the same memory as JAX' [height, width, 1, all].
#[test]
fn depthwise_with_a_multiplier() {
    let depthwise = Shape::depthwise2d(32, 2, [3, 3]);
    assert_eq!(depthwise, Shape::conv2d(32, 64, [3, 3]).grouped(32));
    assert_eq!(depthwise.fan(), Ok(Fan::new(9, 18)));
    assert_eq!(*depthwise.layout(Layout::InOut).dims().unwrap(), [3, 3, 1, 64]);
    for shape in
        [Shape::depthwise2d(3, usize::MAX / 2, [1, 1]), Shape::depthwise2d(4, usize::MAX, [3, 3])]
    {
        assert_eq!(shape.try_len(), Err(InitError::Overflow));
        assert_eq!(shape.fan(), Err(InitError::Overflow));
    }
    // The inputs of a transposed convolution come first, also in an error.
    let error = Shape::from_dims_transposed(&[6, 4, 3, 3], Layout::OutIn, 4);
    assert_eq!(error, Err(InitError::Groups { groups: 4, in_channels: 6, out_channels: 16 }));
    assert!(Shape::depthwise2d(0, 2, [3, 3]).fan().is_err());
}

#[test]
fn dimensions_that_no_layer_has_are_refused() {
    let error = Shape::from_dims(&[9, 4, 3], Layout::OutIn, 2);
    assert_eq!(error, Err(InitError::Groups { groups: 2, in_channels: 8, out_channels: 9 }));
    for from_dims in [Shape::from_dims, Shape::from_dims_transposed] {
        let overflow = from_dims(&[4, usize::MAX, 3], Layout::OutIn, 2);
        assert_eq!(overflow, Err(InitError::Overflow));
        let error = from_dims(&[9, 4, 3], Layout::OutIn, 0).unwrap_err();
        assert!(matches!(error, InitError::Groups { groups: 0, .. }));
    }
}

/// Builds the layer's connections one by one, and counts how many meet.
#[test]
fn fans_count_connections() {
    for groups in [1, 2, 4] {
        for (inputs, outputs, kernel) in [(4, 8, 3), (8, 4, 1), (4, 4, 5)] {
            // One output of channel 0 meets all inputs of its group under the kernel. One input of channel
            // 0 reaches all outputs of its group, by each element of the kernel.
            let same_group = |i: usize, o: usize| i / (inputs / groups) == o / (outputs / groups);
            let fan_in = (0..inputs).filter(|&i| same_group(i, 0)).count() * kernel;
            let fan_out = (0..outputs).filter(|&o| same_group(0, o)).count() * kernel;
            let shape = Shape::conv1d(inputs, outputs, kernel).grouped(groups);
            for shape in [shape, shape.transposed(), shape.layout(Layout::InOut)] {
                assert_eq!(shape.fan(), Ok(Fan::new(fan_in, fan_out)));
            }
        }
    }
}

#[test]
fn a_vector_has_a_length_and_no_fan() {
    let bias = Shape::vector(10);
    assert_eq!(bias.len(), 10);
    assert_eq!(*bias.dims().unwrap(), [10]);
    assert_eq!(bias.fan(), Err(InitError::RankTooLow { expected: 2, given: 1 }));
}

#[test]
fn a_shape_sizes_an_array() {
    const SHAPE: Shape = Shape::conv2d(4, 8, [3, 3]).grouped(2).layout(Layout::InOut);
    assert_eq!([0.0_f32; SHAPE.len()].len(), 8 * 2 * 9);
    assert!(!SHAPE.is_empty() && Shape::dense(0, 3).is_empty());
}
