//! Schemes whose values depend on where they lie in the tensor: identity, Dirac, bilinear, sparse, sub-pixel,
//! orthogonal.

use weight_init::{Fan, Init, InitError, Layout, Shape, Stream, SubPixel};

use crate::{
    cases::{LAYOUTS, ORDERS, for_each_tensor, schemes},
    size::size,
};

const STREAM: Stream = Stream::new(21);

fn filled(init: Init, shape: &Shape) -> Vec<f32> {
    let mut out = vec![f32::NAN; shape.len()];
    init.fill(STREAM, shape, &mut out).unwrap();
    out
}

/// Returns the flat index of a weight from its output, its input within the group and its kernel indices. It
/// follows from the dimensions that `Shape::dims` returns.
fn index(
    shape: &Shape,
    layout: Layout,
    transposed: bool,
    o: usize,
    i: usize,
    k: &[usize],
) -> usize {
    let (first, second) = if transposed { (i, o) } else { (o, i) };
    let indices: Vec<usize> = match layout {
        Layout::OutIn => [&[first, second], k].concat(),
        Layout::InOut => [k, &[second, first]].concat(),
        Layout::OutKernelIn => [&[first], k, &[second]].concat(),
        _ => panic!("{layout:?}"),
    };
    let dims = shape.dims().unwrap();
    assert_eq!(dims.len(), indices.len());
    dims.iter().zip(&indices).fold(0, |index, (dim, at)| {
        assert!(at < dim, "{indices:?} in {dims:?}");
        index * dim + at
    })
}

/// Checks that every part of a tensor has the values that the whole has there, in every format.
fn check_parts(init: Init, shape: &Shape) {
    let whole = filled(init, shape);
    for (start, len) in [
        (0, whole.len()),
        (whole.len() / 2, 1),
        (whole.len() / 3, whole.len() / 2),
        (whole.len(), 0),
    ] {
        let mut part = vec![f32::NAN; len];
        init.fill_range(STREAM, shape, start as u64, &mut part).unwrap();
        assert_eq!(part, whole[start..start + len], "{init}, {shape:?}, from {start}");
    }
    // Pieces of all lengths, one after the other.
    let mut start = 0;
    for len in (1..).take_while(|len| len * len / 2 < whole.len()) {
        let mut part = vec![f32::NAN; len.min(whole.len() - start)];
        init.fill_range(STREAM, shape, start as u64, &mut part).unwrap();
        assert_eq!(part, whole[start..start + part.len()], "{init}, {shape:?}, from {start}");
        start += part.len();
    }
    // Fixed point holds the same values, rounded.
    let nearest = |v: &f32| (v * 64.0).round_ties_even();
    let saturated =
        |of: &[f32]| of.iter().filter(|v| !(-128.0..128.0).contains(&nearest(v))).count();
    let mut fixed = vec![0_i8; whole.len()];
    let given = init.draw(STREAM, shape).unwrap().write_fixed(6, &mut fixed).unwrap();
    assert_eq!(given, saturated(&whole), "{init}, {shape:?}");
    let (start, len) = (whole.len() / 3, whole.len() / 2);
    let mut part = vec![0_i8; len];
    let range = start as u64..(start + len) as u64;
    let page = init.draw(STREAM, shape).unwrap().range(range).unwrap();
    let given = page.write_fixed(6, &mut part).unwrap();
    assert_eq!(given, saturated(&whole[start..][..len]), "{init}, {shape:?}");
    assert_eq!(part, fixed[start..][..len]);
    for (given, value) in fixed.into_iter().zip(&whole) {
        assert_eq!(given, nearest(value) as i8, "{init}, {shape:?}");
    }
    #[cfg(feature = "half")]
    {
        let mut half = vec![half::bf16::NAN; whole.len()];
        init.draw(STREAM, shape).unwrap().write_as(&mut half).unwrap();
        assert!(half.iter().zip(&whole).all(|(h, v)| *h == half::bf16::from_f32(*v)));
        let mut part = vec![half::bf16::NAN; whole.len() / 2];
        page.write_as(&mut part).unwrap();
        assert_eq!(part, half[whole.len() / 3..][..part.len()]);
    }
    // Memory that is not initialised gets the same values.
    let mut fresh = Vec::with_capacity(whole.len());
    let slots = &mut fresh.spare_capacity_mut()[..whole.len()];
    let given: &mut [f32] = init.draw(STREAM, shape).unwrap().write_uninit(slots).unwrap();
    assert_eq!(given, whole);
}

/// Takes every scheme that can be filled in parts, with every shape that it fits.
#[test]
fn every_scheme_in_parts_and_in_every_format() {
    let mut checked = 0;
    for_each_tensor(&schemes(), STREAM, |init, shape, _| {
        match init.fill_range(STREAM, shape, 0, &mut [0.0]) {
            Ok(()) => {
                check_parts(init, shape);
                checked += 1;
            }
            Err(error) => assert_eq!(error, InitError::WholeTensorOnly, "{init}, {shape:?}"),
        }
    });
    assert!(checked > 1000, "{checked} tensors only");
}

#[test]
fn identity_of_any_shape_and_layout() {
    for (inputs, outputs) in [(1, 1), (4, 4), (3, 7), (7, 3), (1, 5)] {
        for layout in LAYOUTS {
            for transposed in [false, true] {
                let shape = Shape::dense(inputs, outputs).layout(layout);
                let shape = if transposed { shape.transposed() } else { shape };
                let out = filled(Init::identity().gain(-0.0 + 2.5), &shape);
                for (o, i) in (0..outputs).flat_map(|o| (0..inputs).map(move |i| (o, i))) {
                    let given = out[index(&shape, layout, transposed, o, i, &[])];
                    assert_eq!(given, if o == i { 2.5 } else { 0.0 }, "{shape:?}, {o}, {i}");
                }
                check_parts(Init::identity().gain(2.5), &shape);
            }
        }
    }
}

/// A residual branch multiplies the scheme by 1/√(2 L) for L blocks.
#[test]
fn residual_branches_are_scaled_by_their_depth() {
    let std = |init: Init| init.distribution(Fan::new(8, 8)).unwrap().std();
    assert_eq!(std(Init::normal(0.0, 0.02).residual(12)), 0.02 / 24_f32.sqrt());
    assert_eq!(std(Init::he_normal().residual(2)), 0.25);
    assert_eq!(std(Init::he_normal().gain(3.0).residual(2)), 0.75);
    assert_eq!(std(Init::he_normal().residual(2).gain(3.0)), 0.75);
}

/// The gains of a scheme are multiplied, in any order.
#[test]
fn gains_multiply() {
    let std = |init: Init| init.distribution(Fan::new(8, 8)).unwrap().std();
    let he = Init::he_normal();
    assert_eq!(std(he), 0.5);
    assert_eq!(he.gain(3.0).gain(0.5), he.gain(1.5));
    assert_eq!(he.gain(3.0).gain(0.5).to_string(), "he_normal(gain=1.5)");
    assert_eq!("he_normal(gain=1.5)".parse::<Init>().unwrap().gain(2.0), he.gain(3.0));
    assert_eq!(std(he.gain(0.0).gain(7.0)), 0.0);
    // GPT-2's projections, four times as wide.
    let gpt2 = Init::normal(0.0, 0.02);
    for init in [gpt2.residual(12).gain(4.0), gpt2.gain(4.0).residual(12)] {
        let expected = 0.08 / 24_f32.sqrt();
        assert!((std(init) / expected - 1.0).abs() < 2e-7, "{init}");
    }
    assert_eq!(std(gpt2.residual(8).residual(2)), 0.02 / 8.0);
    // Structured schemes, and those with a gain of their own.
    let identity = filled(Init::identity().gain(2.0).gain(3.0), &Shape::dense(2, 2));
    assert_eq!(identity, [6.0, 0.0, 0.0, 6.0]);
    let tanh = weight_init::Activation::Tanh.init();
    assert_eq!(tanh.gain(3.0), Init::xavier_normal().gain(5.0 / 3.0 * 3.0));
}

/// Convolves an image that has one axis, with "same" padding.
fn convolve(
    weight: impl Fn(usize, usize, usize) -> f32,
    image: &[Vec<f32>],
    outputs: usize,
    groups: usize,
    kernel: usize,
) -> Vec<Vec<f32>> {
    let (inputs, len) = (image.len(), image[0].len());
    let at = |channel: usize, x: usize, k: usize| {
        (x + k).checked_sub(kernel / 2).and_then(|x| image[channel].get(x)).copied().unwrap_or(0.0)
    };
    (0..outputs)
        .map(|o| {
            let group = o / (outputs / groups);
            let value = |x| {
                (0..inputs / groups)
                    .flat_map(|i| (0..kernel).map(move |k| (i, k)))
                    .map(|(i, k)| weight(o, i, k) * at(group * (inputs / groups) + i, x, k))
                    .sum()
            };
            (0..len).map(value).collect()
        })
        .collect()
}

fn image(channels: usize, len: usize) -> Vec<Vec<f32>> {
    (0..channels)
        .map(|c| {
            let mut row = vec![0.0; len];
            weight_init::fill_normal(STREAM.substream(c as u64), 0, 0.0, 1.0, &mut row).unwrap();
            row
        })
        .collect()
}

/// Each output channel is the input channel of the same number in its group. Further outputs are silent.
#[test]
fn a_convolution_with_dirac_weights_passes_its_input_through() {
    for (inputs, outputs, groups) in [(4, 4, 1), (3, 5, 1), (6, 4, 2), (4, 8, 4), (5, 5, 5)] {
        for (kernel, layout) in [1, 2, 3, 4, 5].into_iter().flat_map(|k| LAYOUTS.map(|l| (k, l))) {
            let shape = Shape::conv1d(inputs, outputs, kernel).grouped(groups).layout(layout);
            let weights = filled(Init::dirac(), &shape);
            let weight = |o, i, k| weights[index(&shape, layout, false, o, i, &[k])];
            let image = image(inputs, 9);
            let given = convolve(weight, &image, outputs, groups, kernel);
            let (ins, outs) = (inputs / groups, outputs / groups);
            for (o, given) in given.iter().enumerate() {
                let (group, channel) = (o / outs, o % outs);
                if channel < ins {
                    assert_eq!(*given, image[group * ins + channel], "{shape:?}, output {o}");
                } else {
                    assert!(given.iter().all(|&v| v == 0.0), "{shape:?}, output {o}");
                }
            }
            check_parts(Init::dirac().gain(0.5), &shape);
            check_parts(Init::dirac(), &shape.transposed());
        }
    }
}

/// With more axes, the ones lie in the middle of the kernel, and all else is zero.
#[test]
fn dirac_in_two_and_three_dimensions() {
    for layout in LAYOUTS {
        let shape = Shape::conv2d(3, 2, [3, 4]).layout(layout);
        let out = filled(Init::dirac().gain(3.0), &shape);
        for channel in 0..2 {
            assert_eq!(out[index(&shape, layout, false, channel, channel, &[1, 2])], 3.0);
        }
        assert_eq!(out.iter().filter(|&&v| v != 0.0).count(), 2);
        let shape = Shape::conv3d(2, 3, [1, 5, 3]).transposed().layout(layout);
        let out = filled(Init::dirac(), &shape);
        for channel in 0..2 {
            assert_eq!(out[index(&shape, layout, true, channel, channel, &[0, 2, 1])], 1.0);
        }
        assert_eq!(out.iter().filter(|&&v| v != 0.0).count(), 2);
    }
}

#[test]
fn sparse_has_as_many_zeros_for_each_input_as_it_says() {
    let zeros =
        [(0.0, 10, 0), (0.1, 10, 1), (0.11, 10, 2), (0.5, 7, 4), (0.9, 64, 58), (1.0, 9, 9)];
    for (sparsity, outputs, expected) in zeros {
        for layout in LAYOUTS {
            let init = Init::sparse(sparsity, 0.5).gain(0.5);
            let shape = Shape::dense(33, outputs).layout(layout);
            let out = filled(init, &shape);
            let mut normal = vec![0.0; shape.len()];
            weight_init::fill_normal(STREAM, 0, 0.0, 0.25, &mut normal).unwrap();
            for i in 0..33 {
                let column = (0..outputs).map(|o| index(&shape, layout, false, o, i, &[]));
                let zeros = column.clone().filter(|&at| out[at].to_bits() == 0).count();
                assert_eq!(zeros, expected, "{sparsity} of {outputs}");
                // The others are as if there were no zeros.
                assert!(column.into_iter().all(|at| out[at] == 0.0 || out[at] == normal[at]));
            }
            check_parts(init, &shape);
            check_parts(init.gain(2.0), &shape.transposed()); // of fixed point, some saturate
        }
    }
}

/// Counts zeros among so many outputs that the rounding of the share is as large as a weight.
#[test]
fn many_outputs_have_their_zeros_counted_too() {
    for (sparsity, outputs, expected) in
        [(1.0, 10_000_000, 10_000_000), (0.5, 10_000_000, 5_000_000), (0.25, 1 << 22, 1 << 20)]
    {
        let out = filled(Init::sparse(sparsity, 1.0), &Shape::dense(1, outputs));
        assert_eq!(out.iter().filter(|&&v| v == 0.0).count(), expected);
    }
}

/// Each output is zero as often as any other, and so is each pair of outputs. The zeros of one input say
/// nothing about the next.
#[test]
fn every_choice_of_zeros_is_equally_likely() {
    const OUTPUTS: usize = 12;
    const ZEROS: usize = 5;
    let inputs = size(20_000, 200_000);
    let shape = Shape::dense(inputs, OUTPUTS);
    let out = filled(Init::sparse(ZEROS as f32 / OUTPUTS as f32, 1.0), &shape);
    let is_zero = |o: usize, i: usize| out[o * inputs + i] == 0.0;
    let n = inputs as f64;
    let within = |count: usize, p: f64, what: &str| {
        let z = (count as f64 - n * p) / (n * p * (1.0 - p)).sqrt();
        assert!(z.abs() < 5.0, "{what}: {z:+.2} standard errors");
    };
    let share = ZEROS as f64 / OUTPUTS as f64;
    let pair = share * (ZEROS - 1) as f64 / (OUTPUTS - 1) as f64;
    for a in 0..OUTPUTS {
        within((0..inputs).filter(|&i| is_zero(a, i)).count(), share, &format!("output {a}"));
        for b in 0..a {
            let both = (0..inputs).filter(|&i| is_zero(a, i) && is_zero(b, i)).count();
            within(both, pair, &format!("outputs {a} and {b}"));
        }
        for b in 0..OUTPUTS {
            let both = (1..inputs).filter(|&i| is_zero(a, i) && is_zero(b, i - 1)).count();
            within(both, share * share, &format!("output {a}, and {b} of the input before"));
        }
    }
}

/// The kernels are those of the tensor before upscaling, with its fan, each repeated once per pixel.
#[test]
fn icnr_repeats_the_kernels_of_the_small_convolution() {
    let schemes =
        [(Init::he_normal(), 2), (Init::xavier_uniform().gain(0.5), 3), (Init::ones(), 1)];
    for layout in LAYOUTS {
        for (init, upscale) in schemes {
            let pixels = upscale * upscale;
            let shape = |outputs| Shape::conv2d(4, outputs, [3, 2]).layout(layout);
            let (small, large) = (shape(6), shape(6 * pixels));
            let expected = filled(init, &small);
            for order in ORDERS {
                let given = filled(init.icnr(upscale, order), &large);
                for o in 0..6 * pixels {
                    let source = if order == SubPixel::PixelShuffle { o / pixels } else { o % 6 };
                    for (i, k) in (0..4).flat_map(|i| (0..6).map(move |k| (i, [k / 2, k % 2]))) {
                        let to = index(&large, layout, false, o, i, &k);
                        let from = index(&small, layout, false, source, i, &k);
                        assert_eq!(given[to], expected[from], "{large:?}, {order:?}, {o}, {i}");
                    }
                }
                check_parts(init.gain(4.0).icnr(upscale, order), &large);
            }
        }
    }
    // In one and three dimensions.
    let shape = Shape::conv1d(3, 8, 3);
    let given = filled(Init::he_normal().icnr(4, SubPixel::PixelShuffle), &shape);
    let small = filled(Init::he_normal(), &Shape::conv1d(3, 2, 3));
    for o in 0..8 {
        assert_eq!(given[o * 9..][..9], small[o / 4 * 9..][..9]);
    }
    check_parts(Init::he_normal().icnr(4, SubPixel::DepthToSpace), &shape);
    let shape = Shape::conv3d(2, 16, [1, 2, 3]);
    let given = filled(Init::he_normal().icnr(2, SubPixel::PixelShuffle), &shape);
    assert_eq!(given[..12], given[7 * 12..8 * 12]);
    assert_ne!(given[..12], given[8 * 12..9 * 12]);
}

/// A sub-pixel convolution with these weights enlarges an image like nearest-neighbour interpolation.
#[test]
fn icnr_begins_without_a_checkerboard() {
    let (inputs, outputs, upscale, kernel) = (3, 2, 4, 5);
    let shape = Shape::conv1d(inputs, outputs * upscale, kernel);
    let weights = filled(Init::he_normal().icnr(upscale, SubPixel::PixelShuffle), &shape);
    let weight = |o, i, k| weights[(o * inputs + i) * kernel + k];
    let image = image(inputs, 10);
    let channels = convolve(weight, &image, outputs * upscale, 1, kernel);
    for pixels in channels.chunks(upscale) {
        // PixelShuffle: channel c × r + j is pixel x × r + j of output c.
        assert!(pixels.iter().all(|row| *row == pixels[0]));
        assert!(pixels[0].iter().all(|&pixel| pixel != 0.0));
    }
}

/// The matrix in the middle of the kernel keeps the norm of every input, and zeros surround it.
#[test]
fn delta_orthogonal_keeps_the_norm() {
    for (inputs, outputs) in [(1, 1), (3, 3), (2, 5), (7, 16)] {
        for (layout, transposed) in LAYOUTS.into_iter().flat_map(|l| [(l, false), (l, true)]) {
            let shape = Shape::conv2d(inputs, outputs, [3, 4]).layout(layout);
            let shape = if transposed { shape.transposed() } else { shape };
            let out = filled(Init::delta_orthogonal().gain(2.0), &shape);
            let at = |o, i, k: [usize; 2]| out[index(&shape, layout, transposed, o, i, &k)];
            for (o, i) in (0..outputs).flat_map(|o| (0..inputs).map(move |i| (o, i))) {
                for k in (0..12).map(|k| [k / 4, k % 4]) {
                    assert_eq!(at(o, i, k) != 0.0, k == [1, 1], "{shape:?}, {o}, {i}, {k:?}");
                }
            }
            for (i, j) in (0..inputs).flat_map(|i| (0..inputs).map(move |j| (i, j))) {
                let products = (0..outputs).map(|o| at(o, i, [1, 1]) * at(o, j, [1, 1]));
                let expected = if i == j { 4.0 } else { 0.0 };
                assert!((products.sum::<f32>() - expected).abs() < 4e-6, "{shape:?}, {i}, {j}");
            }
        }
    }
    // The middle holds the matrix that `orthogonal` gives for a dense layer of that layout.
    let matrix = filled(Init::orthogonal(), &Shape::dense(3, 5));
    let delta = filled(Init::delta_orthogonal(), &Shape::conv1d(3, 5, 3));
    assert!(matrix.iter().enumerate().all(|(i, &value)| delta[3 * i + 1] == value));
}

/// The tensor is a matrix: its first axis against the others, or the others against its last.
#[test]
fn orthogonal_convolutions() {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    let out = filled(Init::orthogonal(), &Shape::conv2d(4, 6, [3, 3]));
    for (a, b) in (0..6).flat_map(|a| (0..6).map(move |b| (a, b))) {
        let given = dot(&out[36 * a..36 * a + 36], &out[36 * b..36 * b + 36]);
        assert!((given - if a == b { 1.0 } else { 0.0 }).abs() < 1e-6, "{a}, {b}: {given}");
    }
    // A dense layer has the same values, transposed where the outputs come last.
    let mut matrix = vec![0.0; out.len()];
    Init::orthogonal().fill(STREAM, &Shape::dense(36, 6), &mut matrix).unwrap();
    assert_eq!(out, matrix);
    assert_eq!(
        out,
        filled(Init::orthogonal(), &Shape::conv2d(4, 6, [3, 3]).layout(Layout::OutKernelIn))
    );
    let keras = filled(Init::orthogonal(), &Shape::conv2d(4, 6, [3, 3]).layout(Layout::InOut));
    assert!((0..216).all(|i| keras[i] == out[i % 6 * 36 + i / 6]));
    // Memory that is not initialised gets the same values.
    let mut fresh = Vec::<f32>::with_capacity(216);
    let slots = &mut fresh.spare_capacity_mut()[..216];
    let shape = Shape::conv2d(4, 6, [3, 3]);
    let draw = Init::orthogonal().draw(STREAM, &shape).unwrap();
    assert_eq!(draw.write_uninit(slots).unwrap(), out);
}

/// Empty tensors are filled at once, whatever their other dimensions are, and in every format.
#[test]
fn an_empty_tensor_is_filled_by_doing_nothing() {
    const VAST: usize = 1 << (usize::BITS / 2 + 1);
    let dense = [(VAST, 0), (0, VAST), (0, 0), (usize::MAX, 0), (0, usize::MAX)];
    let conv = [
        (VAST, VAST, 0),
        (0, VAST, VAST),
        (VAST, 0, VAST),
        (0, 0, 0),
        (0, usize::MAX, 4),
        (usize::MAX, usize::MAX, 0),
    ];
    for (init, is_conv) in schemes().into_iter().flat_map(|init| [(init, false), (init, true)]) {
        let (mut filled, mut calls) = (0, 0);
        let shapes: Vec<Shape> = match is_conv {
            false => dense.iter().map(|&(i, o)| Shape::dense(i, o)).collect(),
            true => conv.iter().map(|&(i, o, k)| Shape::conv2d(i, o, [4, k])).collect(),
        };
        let variants = shapes.into_iter().flat_map(|shape| {
            LAYOUTS.into_iter().flat_map(move |l| [shape.layout(l), shape.layout(l).transposed()])
        });
        for shape in variants {
            // Some schemes need a kernel, and others can't have one.
            let refuses = |error| match error {
                weight_init::InitError::RankTooLow { .. } => !is_conv,
                weight_init::InitError::RankTooHigh { .. } => is_conv,
                _ => false,
            };
            let mut fine = |result: Result<usize, weight_init::InitError>| {
                filled += usize::from(result == Ok(0));
                calls += 1;
                assert!(
                    result == Ok(0) || result.is_err_and(refuses),
                    "{init}, {shape:?}: {result:?}"
                );
            };
            assert_eq!(shape.try_len(), Ok(0), "{shape:?}");
            fine(init.fill(STREAM, &shape, &mut []).map(|()| 0));
            fine(init.fill_range(STREAM, &shape, 0, &mut []).map(|()| 0));
            fine(init.draw(STREAM, &shape).and_then(|draw| {
                draw.write_as::<f32>(&mut [])?;
                draw.range(0..0)?.write(&mut [])?;
                draw.strided(&shape.dims()?)?.write(&mut [])?;
                draw.block(&vec![0; shape.dims()?.len()], &shape.dims()?)?.write(&mut [])?;
                draw.write_through::<f32>(&mut [], &mut [])?;
                draw.write_uninit::<f32>(&mut [])?;
                draw.write_fixed::<i8>(7, &mut [])
            }));
        }
        let text = init.to_string();
        let dense_only = ["identity", "sparse"].iter().any(|name| text.starts_with(name));
        let conv_only =
            text.contains("icnr") || ["d", "bilinear"].iter().any(|name| text.starts_with(name));
        let fits = if is_conv { !dense_only } else { !conv_only };
        assert_eq!(filled, if fits { calls } else { 0 }, "{init}, {is_conv}");
    }
}

/// Computes a kernel of linear interpolation along one axis as the authors of FCN do (Long et al. 2015,
/// `upsample_filt` in `surgery.py`).
fn upsample_filt(size: usize) -> Vec<f64> {
    let factor = size.div_ceil(2) as f64;
    let center = if size % 2 == 1 { factor - 1.0 } else { factor - 0.5 };
    (0..size).map(|x| 1.0 - (x as f64 - center).abs() / factor).collect()
}

#[test]
fn bilinear_kernels_of_known_sizes() {
    let kernel = |size| filled(Init::bilinear(), &Shape::conv1d(1, 1, size));
    assert_eq!(kernel(1), [1.0]);
    assert_eq!(kernel(2), [0.5, 0.5]);
    assert_eq!(kernel(3), [0.5, 1.0, 0.5]);
    assert_eq!(kernel(4), [0.25, 0.75, 0.75, 0.25]);
    assert_eq!(kernel(5), [1.0 / 3.0, 2.0 / 3.0, 1.0, 2.0 / 3.0, 1.0 / 3.0]);
    assert_eq!(kernel(8), [0.125, 0.375, 0.625, 0.875, 0.875, 0.625, 0.375, 0.125]);
    let square = filled(Init::bilinear(), &Shape::conv2d(1, 1, [4, 4]));
    let row = [0.0625, 0.1875, 0.1875, 0.0625];
    assert_eq!(square[..4], row);
    assert_eq!(square[4..8], row.map(|v| 3.0 * v));
    assert_eq!(square[8..12], row.map(|v| 3.0 * v));
    assert_eq!(square[12..], row);
    // As Caffe and MXNet have it: the same kernel for each channel of a depthwise layer.
    let depthwise = Shape::depthwise2d(3, 1, [4, 4]).transposed();
    assert_eq!(filled(Init::bilinear(), &depthwise), square.repeat(3));
}

/// The kernel stands where a channel meets itself, in its group, and all else is +0.
#[test]
fn bilinear_of_any_shape_and_layout() {
    let kernels: [&[usize]; 8] =
        [&[1], &[4], &[7], &[3, 4], &[5, 2], &[1, 6], &[2, 3, 4], &[4, 1, 5]];
    let layers =
        [(1, 1, 1), (3, 3, 1), (2, 5, 1), (5, 2, 1), (4, 6, 2), (6, 3, 3), (4, 4, 4), (4, 8, 4)];
    for (kernel, (inputs, outputs, groups)) in
        kernels.into_iter().flat_map(|k| layers.map(|layer| (k, layer)))
    {
        let shape = match *kernel {
            [a] => Shape::conv1d(inputs, outputs, a),
            [a, b] => Shape::conv2d(inputs, outputs, [a, b]),
            [a, b, c] => Shape::conv3d(inputs, outputs, [a, b, c]),
            _ => unreachable!(),
        };
        let along: Vec<Vec<f64>> = kernel.iter().map(|&size| upsample_filt(size)).collect();
        for (layout, transposed) in LAYOUTS.into_iter().flat_map(|l| [(l, false), (l, true)]) {
            let shape = shape.grouped(groups).layout(layout);
            let shape = if transposed { shape.transposed() } else { shape };
            let out = filled(Init::bilinear().gain(2.0), &shape);
            let (ins, outs) = (inputs / groups, outputs / groups);
            let (majors, minors) = if transposed { (inputs, outs) } else { (outputs, ins) };
            let major_per_group = majors / groups;
            for (major, minor) in (0..majors).flat_map(|a| (0..minors).map(move |b| (a, b))) {
                for element in 0..kernel.iter().product() {
                    let mut rest = element;
                    let mut at: Vec<usize> =
                        kernel.iter().rev().map(|size| (rest % size, rest /= size).0).collect();
                    at.reverse();
                    let (o, i) = if transposed { (minor, major) } else { (major, minor) };
                    let given = out[index(&shape, layout, transposed, o, i, &at)];
                    let value: f64 = along.iter().zip(&at).map(|(axis, &x)| axis[x]).product();
                    if major % major_per_group == minor {
                        let expected = 2.0 * value;
                        assert!(
                            (f64::from(given) / expected - 1.0).abs() < 3e-7,
                            "{shape:?}, {o}, {i}, {at:?}: {given} and not {expected}"
                        );
                    } else {
                        assert_eq!(given.to_bits(), 0, "{shape:?}, {o}, {i}, {at:?}");
                    }
                }
            }
            check_parts(Init::bilinear().gain(3.0), &shape); // of fixed point, some saturate
        }
    }
}

/// With the stride, kernel and padding of its documentation, a transposed convolution enlarges an image by
/// linear interpolation between the centres of its pixels.
#[test]
fn a_bilinear_convolution_interpolates() {
    for factor in 1..=6_usize {
        let (channels, kernel, padding) = (3, 2 * factor - factor % 2, (factor - 1).div_ceil(2));
        let shape = Shape::conv1d(channels, channels, kernel).transposed();
        let weights = filled(Init::bilinear(), &shape);
        let weight = |o, i, k| weights[(i * channels + o) * kernel + k];
        let small = image(channels, 10);
        let large = convolve_transposed(weight, &small, channels, kernel, factor);
        for (small, large) in small.iter().zip(&large) {
            assert_eq!(large.len() - 2 * padding, small.len() * factor);
            // Away from the borders, which meet zeros.
            for x in factor..(small.len() - 1) * factor {
                // The centre of output pixel x, in pixels of the input; odd factors have one at each pixel's
                // centre.
                let center = (x as f32 + 0.5) / factor as f32 - 0.5;
                let (left, share) = (center.floor(), center - center.floor());
                let pair = [small[left as usize], small[left as usize + 1]];
                let expected = pair[0] * (1.0 - share) + pair[1] * share;
                let given = large[x + padding];
                assert!((given - expected).abs() < 1e-5, "{factor}, {x}: {given}, {expected}");
            }
        }
        // A constant image stays constant, with any kernel of that stride.
        for kernel in [2 * factor - 1, 2 * factor] {
            let weights = filled(Init::bilinear(), &Shape::conv1d(1, 1, kernel));
            let ones = [vec![1.0; 10]];
            let large = convolve_transposed(|_, _, k| weights[k], &ones, 1, kernel, factor);
            let inner = &large[0][kernel..large[0].len() - kernel];
            assert!(inner.iter().all(|v| (v - 1.0).abs() < 1e-6), "{kernel}: {inner:?}");
        }
    }
}

/// A page of a tensor that no memory holds takes no longer than one of a small tensor.
#[test]
fn a_page_of_a_vast_tensor_costs_a_page() {
    let (channels, kernel) = (1 << (usize::BITS / 2 - 2), 7);
    for layout in LAYOUTS {
        let shape = Shape::conv1d(channels, channels, kernel).layout(layout);
        for shape in [shape, shape.transposed(), shape.grouped(channels / 2)] {
            let dims = shape.dims().unwrap();
            let in_group = dims.iter().product::<usize>() / channels / kernel;
            // Channel 1 of the second last group of two channels, and of no groups.
            let (o, i) = (channels - 3, if in_group == 2 { 1 } else { channels - 3 });
            let transposed = shape == shape.transposed();
            let one = index(&shape, layout, transposed, o, i, &[kernel / 2]);
            let start = one - 40;
            let mut page = [f32::NAN; 64];
            Init::dirac().gain(2.0).fill_range(STREAM, &shape, start as u64, &mut page).unwrap();
            assert_eq!(page[40], 2.0, "{shape:?}");
            let ones = page.iter().filter(|&&v| v == 2.0).count();
            assert!(ones < 64 && page.iter().all(|&v| v == 0.0 || v == 2.0), "{shape:?}");
            // Without a one.
            Init::dirac().fill_range(STREAM, &shape, one as u64 + 1, &mut page[..1]).unwrap();
            assert_eq!(page[0], 0.0);
            // In the middle of an odd kernel, the value of an interpolation is 1.
            Init::bilinear().gain(2.0).fill_range(STREAM, &shape, start as u64, &mut page).unwrap();
            assert_eq!(page[40], 2.0, "{shape:?}");
        }
    }
    // One factor is so large that a second row or column would overflow.
    for shape in [Shape::conv1d(1, 1, usize::MAX), Shape::conv1d(usize::MAX, 1, 1)] {
        let mut page = [f32::NAN; 64];
        let start = usize::MAX / 2 - 20;
        Init::dirac().fill_range(STREAM, &shape, start as u64, &mut page).unwrap();
        let expected = if shape.fan().unwrap().fan_out == 1 { 0 } else { 1 };
        assert_eq!(page.iter().filter(|&&v| v == 1.0).count(), expected);
        // The kernel, whose values rise to 1 in the middle; and one element, at a channel that meets itself.
        Init::bilinear().fill_range(STREAM, &shape, start as u64, &mut page).unwrap();
        let is_kernel = shape == Shape::conv1d(1, 1, usize::MAX);
        assert!(page.iter().all(|&v| (v > 0.99) == is_kernel), "{page:?}");
        assert_eq!(page.contains(&1.0), is_kernel);
    }
    // Few outputs of many inputs, in any layout; and the first weights of many outputs.
    for layout in LAYOUTS {
        let inputs = usize::MAX / 8;
        let shape = Shape::dense(inputs, 4).layout(layout);
        for shape in [shape, shape.transposed()] {
            for start in [0, inputs - 20, shape.len() - 64] {
                let mut page = [f32::NAN; 64];
                let init = Init::sparse(0.5, 1.0);
                init.fill_range(STREAM, &shape, start as u64, &mut page).unwrap();
                assert!(page.iter().all(|v| v.is_finite()));
                assert!(page.contains(&0.0) && page.iter().any(|&v| v != 0.0), "{shape:?}");
            }
        }
        let shape = Shape::dense(usize::MAX / (u32::MAX as usize), u32::MAX as usize);
        let shape = shape.layout(layout);
        for shape in [shape, shape.transposed()] {
            let mut page = [f32::NAN; 64];
            Init::sparse(0.5, 1.0).fill_range(STREAM, &shape, 0, &mut page).unwrap();
            assert!(page.contains(&0.0) && page.iter().any(|&v| v != 0.0), "{shape:?}");
        }
    }
}

/// A tensor with more outputs than 32-bit random numbers tell apart.
#[test]
#[cfg(target_pointer_width = "64")]
fn sparse_refuses_more_outputs_than_it_can_choose_from() {
    let given = 1 << 32;
    let error = Init::sparse(0.5, 1.0)
        .fill_range(STREAM, &Shape::dense(3, given), 0, &mut [0.0])
        .unwrap_err();
    assert_eq!(error, weight_init::InitError::OutputsTooMany { largest: u32::MAX, given });
    assert!(error.to_string().contains("4294967296"), "{error}");
}

/// A transposed convolution of an image with one axis, without padding: input pixel x adds its value
/// times the kernel to the output from pixel stride × x on.
fn convolve_transposed(
    weight: impl Fn(usize, usize, usize) -> f32,
    image: &[Vec<f32>],
    outputs: usize,
    kernel: usize,
    stride: usize,
) -> Vec<Vec<f32>> {
    let len = (image[0].len() - 1) * stride + kernel;
    (0..outputs)
        .map(|o| {
            let mut row = vec![0.0; len];
            for (i, channel) in image.iter().enumerate() {
                for (x, k) in (0..channel.len()).flat_map(|x| (0..kernel).map(move |k| (x, k))) {
                    row[x * stride + k] += weight(o, i, k) * channel[x];
                }
            }
            row
        })
        .collect()
}

/// Any image becomes patches of equal pixels. Each pixel has the variance of He, because it meets
/// kernel ÷ stride weights of each input.
#[test]
fn icnr_leaves_no_checkerboard_under_a_transposed_convolution() {
    for (stride, small_kernel) in [(1, 3), (2, 1), (2, 2), (3, 2), (4, 3)] {
        let (inputs, outputs, kernel) = (5, 3, stride * small_kernel);
        let shape = Shape::conv1d(inputs, outputs, kernel).transposed();
        let init = Init::he_normal().icnr(stride, SubPixel::PixelShuffle);
        let weights = filled(init, &shape);
        let weight = |o, i, k| weights[(i * outputs + o) * kernel + k];
        let patches = |image: &[Vec<f32>]| {
            let large = convolve_transposed(weight, image, outputs, kernel, stride);
            for row in &large {
                assert_eq!(row.len() % stride, 0);
                for patch in row.chunks(stride) {
                    assert!(patch.iter().all(|pixel| *pixel == patch[0]), "{row:?}");
                }
            }
            large
        };
        // Within the borders of a constant image all pixels are the same.
        for row in patches(&vec![vec![1.0; 10]; inputs]) {
            let inner = &row[kernel..row.len() - kernel];
            let equal = |pixel: &f32| (pixel - inner[0]).abs() < 1e-5;
            assert!(inner[0] != 0.0 && inner.iter().all(equal), "{row:?}");
        }
        // It is the small convolution, enlarged by the nearest neighbour.
        let small_shape = Shape::conv1d(inputs, outputs, small_kernel).transposed();
        let small = filled(Init::he_normal(), &small_shape);
        let small_weight = |o, i, k| small[(i * outputs + o) * small_kernel + k];
        let image = image(inputs, 10);
        let expected = convolve_transposed(small_weight, &image, outputs, small_kernel, 1);
        for (large, small) in patches(&image).iter().zip(&expected) {
            assert!(large.iter().enumerate().all(|(x, &pixel)| pixel == small[x / stride]));
        }
    }
    // √(2 / fan_in), for the fan of the small kernel: 3 × 2 × 2 weights meet in a pixel.
    let shape = Shape::conv2d(3, 1000, [4, 6]).transposed();
    let out = filled(Init::he_uniform().icnr(2, SubPixel::PixelShuffle), &shape);
    let bound = (6.0 / (3.0 * 2.0 * 3.0_f32)).sqrt();
    let largest = out.iter().fold(0.0, |largest: f32, v| largest.max(v.abs()));
    assert!(largest <= bound && largest > 0.99 * bound, "{largest} and not {bound}");
}

/// Each value of the small kernel, in a patch of as many equal ones along each axis.
#[test]
fn icnr_repeats_the_values_of_a_transposed_kernel() {
    let orders = [SubPixel::PixelShuffle, SubPixel::DepthToSpace];
    let schemes = [Init::he_normal(), Init::xavier_uniform().gain(0.5), Init::constant(0.25)];
    let kernels: [(&[usize], usize); 9] = [
        (&[4], 2),
        (&[6], 3),
        (&[5], 5),
        (&[3], 1),
        (&[4, 6], 2),
        (&[3, 6], 3),
        (&[4, 4], 4),
        (&[2, 4, 6], 2),
        (&[3, 3, 3], 3),
    ];
    for ((kernel, upscale), layout) in kernels.into_iter().flat_map(|k| LAYOUTS.map(|l| (k, l))) {
        for groups in [1, 2] {
            let (inputs, outputs) = (4, 6);
            let shape = |kernel: &[usize]| {
                let shape = match *kernel {
                    [a] => Shape::conv1d(inputs, outputs, a),
                    [a, b] => Shape::conv2d(inputs, outputs, [a, b]),
                    [a, b, c] => Shape::conv3d(inputs, outputs, [a, b, c]),
                    _ => unreachable!(),
                };
                shape.transposed().grouped(groups).layout(layout)
            };
            let small_kernel: Vec<usize> = kernel.iter().map(|k| k / upscale).collect();
            let (small, large) = (shape(&small_kernel), shape(kernel));
            for init in schemes {
                let expected = filled(init, &small);
                let given = orders.map(|order| filled(init.icnr(upscale, order), &large));
                assert_eq!(given[0], given[1]);
                let elements = kernel.iter().product::<usize>();
                for (i, o, k) in (0..inputs)
                    .flat_map(|i| (0..outputs / groups).map(move |o| (i, o)))
                    .flat_map(|(i, o)| (0..elements).map(move |k| (i, o, k)))
                {
                    let mut rest = k;
                    let mut offsets: Vec<usize> =
                        kernel.iter().rev().map(|size| (rest % size, rest /= size).0).collect();
                    offsets.reverse();
                    let to = index(&large, layout, true, o, i, &offsets);
                    offsets.iter_mut().for_each(|offset| *offset /= upscale);
                    let from = index(&small, layout, true, o, i, &offsets);
                    assert_eq!(given[0][to], expected[from], "{large:?}, {o}, {i}, {offsets:?}");
                }
            }
            check_parts(Init::he_normal().gain(4.0).icnr(upscale, orders[0]), &large);
        }
    }
}

/// A page in the middle of a vast tensor, whose small tensor is as long as 32-bit indices reach.
#[test]
fn a_page_of_repeated_values_costs_a_page() {
    let channels = 1 << (usize::BITS / 2 - 4);
    for layout in LAYOUTS {
        let shape = Shape::conv2d(channels, channels, [4, 4]).layout(layout);
        for shape in [shape, shape.transposed()] {
            let init = Init::he_normal().icnr(4, SubPixel::DepthToSpace);
            let (start, mut page) = (shape.len() / 2 + 1, [f32::NAN; 64]);
            init.fill_range(STREAM, &shape, start as u64, &mut page).unwrap();
            assert!(page.iter().all(|v| v.is_finite() && *v != 0.0), "{shape:?}");
        }
    }
}

/// The block of each group is orthogonal by itself, the rows of the shorter side of length one.
#[test]
fn each_group_has_an_orthogonal_matrix_of_its_own() {
    let cases = [
        (Shape::dense(512, 512), 8),
        (Shape::dense(24, 12), 3),
        (Shape::dense(12, 24), 3),
        (Shape::conv1d(6, 8, 3), 2),
        (Shape::conv2d(4, 36, [2, 1]), 2),
        (Shape::conv2d(8, 8, [3, 3]), 8),
        (Shape::conv3d(6, 6, [1, 2, 2]), 3),
    ];
    for ((shape, groups), layout) in cases.into_iter().flat_map(|c| LAYOUTS.map(|l| (c, l))) {
        for transposed in [false, true] {
            let shape = shape.grouped(groups).layout(layout);
            let shape = if transposed { shape.transposed() } else { shape };
            let out = filled(Init::orthogonal().gain(2.0), &shape);
            let dims = shape.dims().unwrap();
            // As a matrix, the axis that the groups divide against all others.
            let (major, rest) = match layout {
                Layout::InOut => (dims[dims.len() - 1], out.len() / dims[dims.len() - 1]),
                _ => (dims[0], out.len() / dims[0]),
            };
            let at = |row: usize, col: usize| match layout {
                Layout::InOut => out[col * major + row],
                _ => out[row * rest + col],
            };
            let of_group = major / groups;
            for first in (0..major).step_by(of_group) {
                let value = |a: usize, j: usize| match of_group <= rest {
                    true => at(first + a, j),
                    false => at(first + j, a),
                };
                let (short, long) = (of_group.min(rest), of_group.max(rest));
                for (a, b) in (0..short).flat_map(|a| (0..=a).map(move |b| (a, b))) {
                    let dot: f32 = (0..long).map(|j| value(a, j) * value(b, j)).sum();
                    let expected = if a == b { 4.0 } else { 0.0 };
                    assert!((dot - expected).abs() < 1e-4, "{shape:?}, {a}, {b}: {dot}");
                }
            }
            // No group repeats another, and the first is what a layer of its own would have.
            assert_ne!(at(0, 0), at(of_group, 0));
            if layout == Layout::OutIn {
                let mut alone = vec![f32::NAN; of_group * rest];
                let one = Shape::dense(rest, of_group);
                Init::orthogonal().gain(2.0).fill(STREAM, &one, &mut alone).unwrap();
                assert_eq!(alone, out[..of_group * rest]);
            }
            // In each layout the same matrices. (Square ones have the same memory instead.)
            let same = dims.len() == 2 && of_group != rest;
            let straight = filled(Init::orthogonal().gain(2.0), &shape.layout(Layout::OutIn));
            for (row, col) in (0..major).flat_map(|row| (0..rest).map(move |col| (row, col))) {
                assert!(!same || at(row, col) == straight[row * rest + col], "{shape:?}");
            }
        }
    }
}
