//! Every error is raised where it should be, says what is wrong, and leaves the slice as it was.

use std::collections::BTreeSet;

use weight_init::{
    Distribution, Family, Fan, FanMode, Init, InitError, Layer, Layout, Plan, Shape, Stream,
    SubPixel, fill_normal, fill_truncated_normal, fill_uniform,
};

use crate::{
    cases::{drawn, for_each_tensor, schemes},
    complete::variants,
};

const STREAM: Stream = Stream::new(1);
const MARK: f32 = -7.0;

/// Runs a fill that must fail. Checks that it wrote nothing, and that its message has these parts.
#[track_caller]
fn refused(
    len: usize,
    says: &[&str],
    fill: impl FnOnce(&mut [f32]) -> Result<(), InitError>,
) -> InitError {
    let mut out = vec![MARK; len];
    let error = fill(&mut out).expect_err("an error");
    assert!(out.iter().all(|&v| v == MARK), "something was written: {error}");
    let message = error.to_string();
    for part in says {
        assert!(message.contains(part), "{message:?} does not say {part:?}");
    }
    error
}

#[test]
fn wrong_length() {
    let shape = Shape::dense(3, 4);
    for given in [0, 11, 13] {
        let error = refused(given, &["12", &given.to_string()], |out| {
            Init::he_normal().fill(STREAM, &shape, out)
        });
        assert_eq!(error, InitError::WrongLength { expected: 12, given });
    }
}

/// Every scheme checks the length, the range and the gain, whatever the shape.
#[test]
fn every_scheme_checks_its_request() {
    for_each_tensor(&schemes(), STREAM, |init, shape, whole| {
        let expected = whole.len();
        for given in [0, expected - 1, expected + 1] {
            let error = refused(given, &[], |out| init.fill(STREAM, shape, out));
            assert_eq!(error, InitError::WrongLength { expected, given }, "{init}, {shape:?}");
        }
        let start = expected as u64 - 3;
        let error = refused(4, &[], |out| init.fill_range(STREAM, shape, start, out));
        let past_end = InitError::RangePastEnd { start, given: 4, end: expected };
        assert_eq!(error, past_end, "{init}, {shape:?}");
        for given in [-1.0, f32::INFINITY] {
            let error = refused(expected, &[], |out| init.gain(given).fill(STREAM, shape, out));
            assert_eq!(error, InitError::Gain { given }, "{init}, {shape:?}");
        }
        let refusal = refused(expected, &["gain"], |out| init.residual(0).fill(STREAM, shape, out));
        assert_eq!(refusal, InitError::Gain { given: f32::INFINITY }, "{init}, {shape:?}");
    });
}

#[test]
fn range_past_the_end() {
    let shape = Shape::dense(3, 4);
    for (start, given) in [(0, 13), (10, 3), (13, 0), (u64::MAX, 1)] {
        let error = refused(given, &["12", &start.to_string(), &given.to_string()], |out| {
            Init::zeros().fill_range(STREAM, &shape, start, out)
        });
        assert_eq!(error, InitError::RangePastEnd { start, given, end: 12 });
    }
    assert_eq!(Init::he_normal().fill_range(STREAM, &shape, 12, &mut []), Ok(()));
}

#[test]
fn stream_exhausted() {
    let start = u64::MAX - 2;
    let error = refused(3, &["2^64", &start.to_string(), "3 values"], |out| {
        fill_normal(STREAM, start, 0.0, 1.0, out)
    });
    assert_eq!(error, InitError::StreamExhausted { start, given: 3 });
    refused(3, &["2^64"], |out| fill_uniform(STREAM, start, 0.0, 1.0, out));
    assert_eq!(fill_normal(STREAM, start, 0.0, 1.0, &mut [0.0; 2]), Ok(()));
}

/// A tensor without values needs no fan; a bias may have a fan of zero and values.
#[test]
fn zero_fan_only_where_it_is_used() {
    let no_inputs = Shape::dense(0, 5);
    let no_outputs = Shape::dense(5, 0);
    let error = refused(5, &["fan_in = 0", "fan_out = 5"], |out| {
        Init::he_normal().fill(STREAM, &no_inputs.bias(), out)
    });
    assert_eq!(error, InitError::ZeroFan { fan_in: 0, fan_out: 5 });
    refused(5, &["zero fan"], |out| Init::xavier_uniform().fill(STREAM, &no_inputs.bias(), out));
    for init in drawn() {
        assert_eq!(init.fill(STREAM, &no_outputs.bias(), &mut []), Ok(()), "{init}");
    }
    let huge = Shape::conv2d(usize::MAX, 0, [usize::MAX, 5]);
    assert_eq!(Init::xavier_uniform().fill(STREAM, &huge.bias(), &mut []), Ok(()));
    assert_eq!(Init::ones().fill(STREAM, &no_inputs.bias(), &mut [0.0; 5]), Ok(()));
    for shape in [no_inputs, no_outputs] {
        assert_eq!(Init::xavier_uniform().fill(STREAM, &shape, &mut []), Ok(()));
        assert_eq!(Init::he_normal().mode(FanMode::FanOut).fill(STREAM, &shape, &mut []), Ok(()));
        refused(0, &["gain"], |out| Init::he_normal().gain(-1.0).fill(STREAM, &shape, out));
    }
    assert!(Init::lecun_normal().distribution(Fan::new(0, 1)).is_err());
    assert!(Init::xavier_normal().distribution(Fan::new(1, 0)).is_err());
}

#[test]
fn overflow() {
    let huge = usize::MAX / 2;
    for shape in [
        Shape::dense(huge, 3),
        Shape::conv3d(1 << 10, 2, [huge, 2, 2]),
        Shape::conv1d(huge, huge, 1),
    ] {
        assert_eq!(shape.len(), usize::MAX);
        let says = usize::MAX.to_string();
        let error = refused(4, &[&says], |out| Init::zeros().fill(STREAM, &shape, out));
        assert_eq!(error, InitError::Overflow);
        let error = refused(4, &[&says], |out| Init::zeros().fill_range(STREAM, &shape, 0, out));
        assert_eq!(error, InitError::Overflow);
    }
    assert_eq!(Shape::conv2d(huge, 1, [2, 2]).fan(), Err(InitError::Overflow));
    assert_eq!(Shape::conv2d(1, huge, [2, 2]).fan(), Err(InitError::Overflow));
    assert_eq!(Shape::dense(huge, 3).fan(), Ok(Fan::new(huge, 3)));
}

#[test]
fn rank() {
    let bias = Shape::vector(4);
    let error = refused(4, &["2 axes", "has 1"], |out| Init::he_normal().fill(STREAM, &bias, out));
    assert_eq!(error, InitError::RankTooLow { expected: 2, given: 1 });
    assert_eq!(Init::zeros().fill(STREAM, &bias, &mut [1.0; 4]), Ok(()));
    assert_eq!(Init::uniform(-0.1, 0.1).fill(STREAM, &bias, &mut [1.0; 4]), Ok(()));

    for layout in [Layout::OutIn, Layout::InOut] {
        for dims in [&[][..], &[7]] {
            let given = dims.len();
            let error = Shape::from_dims(dims, layout, 1).unwrap_err();
            assert_eq!(error, InitError::RankTooLow { expected: 2, given });
        }
        let error = Shape::from_dims(&[1; 9], layout, 1).unwrap_err();
        assert_eq!(error, InitError::RankTooHigh { expected: 8, given: 9 });
        assert!(error.to_string().contains("at most 8") && error.to_string().contains('9'));
    }
}

#[test]
fn groups_that_do_not_divide_the_channels() {
    for (inputs, outputs, groups) in [(4, 6, 4), (6, 4, 4), (4, 4, 0), (2, 2, 3)] {
        let shape = Shape::conv2d(inputs, outputs, [3, 3]).grouped(groups);
        let expected = InitError::Groups { groups, in_channels: inputs, out_channels: outputs };
        let says = [inputs, outputs, groups].map(|n| n.to_string());
        let says: Vec<&str> = says.iter().map(String::as_str).collect();
        assert_eq!(refused(9, &says, |out| Init::zeros().fill(STREAM, &shape, out)), expected);
        assert_eq!(shape.fan(), Err(expected));
        assert_eq!(shape.dims(), Err(expected));
        assert_eq!(shape.len(), usize::MAX);
    }
}

#[test]
fn std_and_mean() {
    for bad in [-1.0, -f32::MIN_POSITIVE, f32::INFINITY, f32::NEG_INFINITY, f32::NAN] {
        let says = bad.to_string();
        let error = refused(4, &["deviation", &says], |out| fill_normal(STREAM, 0, 0.0, bad, out));
        assert!(matches!(error, InitError::Std { .. }));
        refused(6, &["deviation", &says], |out| {
            Init::normal(0.0, bad).fill(STREAM, &Shape::dense(2, 3), out)
        });
    }
    for bad in [f32::INFINITY, f32::NAN] {
        let error =
            refused(4, &["mean", &bad.to_string()], |out| fill_normal(STREAM, 0, bad, 1.0, out));
        assert!(matches!(error, InitError::Mean { .. }));
    }
    for (mean, std) in [(0.0, f32::MAX), (f32::MAX, 1e32), (-f32::MAX, 1e32)] {
        let error =
            refused(4, &["8 standard deviations"], |out| fill_normal(STREAM, 0, mean, std, out));
        assert_eq!(error, InitError::TooLarge { mean, std });
    }
}

/// Scales below 2⁻⁹⁰ are refused, because products would be subnormal. At 2⁻⁹⁰ none is.
#[test]
fn too_small() {
    let smallest = 2.0_f32.powi(-90);
    for given in [smallest.next_down(), f32::MIN_POSITIVE, 1e-40] {
        let error = refused(4, &["8.1e-28", &format!("{given:e}")], |out| {
            fill_normal(STREAM, 0, 1.0, given, out)
        });
        assert_eq!(error, InitError::TooSmall { given });
        let error = refused(4, &["8.1e-28"], |out| fill_uniform(STREAM, 0, -given, given, out));
        assert_eq!(error, InitError::TooSmall { given });
        refused(6, &["8.1e-28"], |out| {
            Init::he_uniform().gain(given).fill(STREAM, &Shape::dense(6, 1), out)
        });
    }
    let mut out = vec![0.0; 1 << 20];
    fill_normal(STREAM, 0, 0.0, smallest, &mut out).unwrap();
    assert!(out.iter().all(|v| v.is_normal()));
    fill_uniform(STREAM, 0, -smallest, smallest, &mut out).unwrap();
    assert!(out.iter().all(|v| v.is_normal() && v.abs() < smallest));
}

#[test]
fn a_std_of_zero_gives_the_mean() {
    let mut out = [MARK; 100];
    fill_normal(STREAM, 0, 2.5, 0.0, &mut out).unwrap();
    assert_eq!(out, [2.5; 100]);
    fill_normal(STREAM, 0, 0.0, 0.0, &mut out).unwrap();
    assert!(out.iter().all(|v| v.to_bits() == 0), "+0 and not -0");
    for init in
        [Init::he_uniform(), Init::he_normal(), Init::constant(-1.0), Init::normal(-1.0, 1.0)]
    {
        out.fill(MARK);
        init.gain(0.0).fill(STREAM, &Shape::dense(10, 10), &mut out).unwrap();
        assert!(out.iter().all(|v| v.to_bits() == 0), "+0 and not -0");
    }
    fill_uniform(STREAM, 0, 0.3, 0.3, &mut out).unwrap();
    assert_eq!(out, [0.3; 100]);
}

#[test]
fn bounds() {
    for (low, high) in [
        (1.0, -1.0),
        (f32::NAN, 1.0),
        (0.0, f32::NAN),
        (f32::NEG_INFINITY, 0.0),
        (0.0, f32::INFINITY),
    ] {
        let says = [low.to_string(), high.to_string()];
        let error = refused(4, &["low <= high", &says[0], &says[1]], |out| {
            fill_uniform(STREAM, 0, low, high, out)
        });
        assert!(matches!(error, InitError::Bounds { .. }));
    }
    let mut widest = [MARK; 1000];
    for (low, high) in [(-f32::MAX, f32::MAX), (3e38, 3.4e38), (-f32::MAX, 1.0)] {
        fill_uniform(STREAM, 0, low, high, &mut widest).unwrap();
        assert!(widest.iter().all(|&v| low <= v && v <= high), "{low} to {high}");
        assert!(widest.iter().any(|v| v != &widest[0]));
    }
}

#[test]
fn gain_and_constant() {
    let shape = Shape::dense(2, 3);
    for bad in [-1.0, f32::INFINITY, f32::NAN] {
        for init in [Init::he_normal(), Init::xavier_uniform(), Init::ones()] {
            let error = refused(6, &["gain", &bad.to_string()], |out| {
                init.gain(bad).fill(STREAM, &shape, out)
            });
            assert!(matches!(error, InitError::Gain { .. }));
        }
    }
    let error = refused(6, &["constant", "inf"], |out| {
        Init::constant(f32::INFINITY).fill(STREAM, &shape, out)
    });
    assert!(matches!(error, InitError::Constant { .. }));
    // A gain of zero does not make a bad parameter good, and the message has the parameter as given.
    for gain in [0.0, 2.0] {
        refused(6, &["deviation", "-1"], |out| {
            Init::normal(0.0, -1.0).gain(gain).fill(STREAM, &shape, out)
        });
        refused(6, &["low = 1", "high = -1"], |out| {
            Init::uniform(1.0, -1.0).gain(gain).fill(STREAM, &shape, out)
        });
    }
    refused(6, &["deviation", "inf"], |out| {
        Init::normal(0.0, 1e30).gain(1e30).fill(STREAM, &shape, out)
    });
}

/// An invalid gain is an error whatever it is multiplied by, before or after, and the error names it.
#[test]
fn no_factor_makes_an_invalid_gain_valid() {
    let shape = Shape::conv2d(3, 3, [3, 3]);
    let schemes = [Init::he_normal(), Init::normal(1.0, 2.0), Init::ones(), Init::dirac()];
    let given = |init: Init| match init.fill(STREAM, &shape, &mut [0.0; 81]) {
        Err(InitError::Gain { given }) => given.to_string(),
        other => panic!("{init}: {other:?}"),
    };
    for (init, invalid) in schemes
        .into_iter()
        .flat_map(|init| [-1.0, -1e-45, f32::INFINITY, -f32::INFINITY, f32::NAN].map(|g| (init, g)))
    {
        let says = invalid.to_string();
        for valid in [0.0, -0.0, 1e-45, 0.5, 1.0, f32::MAX] {
            assert_eq!(given(init.gain(invalid).gain(valid)), says);
            assert_eq!(given(init.gain(valid).gain(invalid)), says);
        }
        // Two of them, of which the first one is named.
        for other in [-1.0, invalid, f32::INFINITY] {
            assert_eq!(given(init.gain(invalid).gain(other)), says);
        }
        assert_eq!(given(init.gain(invalid).residual(3)), says);
        assert_eq!(given(init.residual(3).gain(invalid)), says);
        assert_eq!(given(init.gain(invalid).residual(0)), says);
        assert_eq!(given(init.residual(0).gain(invalid)), "inf");
    }
    for init in schemes {
        for valid in [0.0, 1e-45, 0.5] {
            assert_eq!(given(init.residual(0).gain(valid)), "inf");
            assert_eq!(given(init.gain(valid).residual(0)), "inf");
        }
        // A product that overflows, even if another factor would bring it back.
        for factor in [0.0, 1e-45, 1.0] {
            assert_eq!(given(init.gain(f32::MAX).gain(2.0).gain(factor)), "inf");
        }
    }
}

/// A product of gains that underflows is too small, and not zero. No factor brings its digits back.
#[test]
fn no_product_of_gains_becomes_zero() {
    let shape = Shape::dense(6, 2);
    for init in [Init::he_normal(), Init::he_uniform(), Init::normal(0.0, 1.0)] {
        for tiny in [
            init.gain(1e-30).gain(1e-30),
            init.gain(1e-30).gain(1e-30).gain(1e38),
            init.gain(1e-30).gain(1e-30).gain(1e38).gain(1e38).residual(2),
            init.gain(1e38).gain(1e-45),
            init.gain(1e-45).residual(12),
        ] {
            let error = refused(12, &["2^-90"], |out| tiny.fill(STREAM, &shape, out));
            assert!(matches!(error, InitError::TooSmall { .. }), "{tiny}");
        }
        assert_eq!(init.gain(1e-45).gain(0.0), init.gain(0.0));
        assert_eq!(init.gain(0.0).gain(1e-45).residual(12), init.gain(0.0));
    }
}

#[test]
fn the_empty_slice_is_fine() {
    for start in [0, 4096, u64::MAX] {
        assert_eq!(fill_normal(STREAM, start, 0.0, 1.0, &mut []), Ok(()));
        assert_eq!(fill_uniform(STREAM, start, 0.0, 1.0, &mut []), Ok(()));
    }
}

#[test]
fn errors_are_errors() {
    fn is_error<E: std::error::Error + Send + Sync + Copy + 'static>(_: E) {}
    is_error(InitError::Overflow);
}

#[test]
fn truncated_normals_are_checked_as_normals_are() {
    let nan = f32::NAN;
    refused(4, &["mean", "NaN"], |out| fill_truncated_normal(STREAM, 0, nan, 1.0, out));
    refused(4, &["deviation", "-1"], |out| fill_truncated_normal(STREAM, 0, 0.0, -1.0, out));
    refused(4, &["deviation", "NaN"], |out| fill_truncated_normal(STREAM, 0, 0.0, nan, out));
    refused(4, &["2^-90"], |out| fill_truncated_normal(STREAM, 0, 0.0, 1e-30, out));
    refused(4, &["f32"], |out| fill_truncated_normal(STREAM, 0, 0.0, f32::MAX / 4.0, out));
    refused(3, &["2^64"], |out| fill_truncated_normal(STREAM, u64::MAX - 2, 0.0, 1.0, out));
    let mut out = [MARK; 3];
    fill_truncated_normal(STREAM, 0, 2.5, 0.0, &mut out).unwrap();
    assert_eq!(out, [2.5; 3]);
}

#[test]
fn scale_of_a_variance() {
    let init = |scale| Init::variance_scaling(scale, FanMode::FanIn, Family::Normal);
    let shape = Shape::dense(3, 4);
    for given in [-1.0, f32::INFINITY, f32::NEG_INFINITY] {
        let error = refused(12, &["scale", &given.to_string()], |out| {
            init(given).fill(STREAM, &shape, out)
        });
        assert_eq!(error, InitError::Scale { given });
    }
    refused(12, &["scale", "NaN"], |out| init(f32::NAN).fill(STREAM, &shape, out));
    refused(12, &["2^-90"], |out| init(1e-45).gain(1e-10).fill(STREAM, &shape, out));
    refused(12, &["2^-90"], |out| init(1.0).gain(1e-45).fill(STREAM, &shape, out));
    // The quotient is subnormal, and its root is not.
    for (scale, expected) in [(1e-40_f32, 1e-20), (1e-45, 3.743_392e-23)] {
        let std = init(scale).distribution(Fan::new(1, 1)).unwrap().std();
        assert!((std / expected - 1.0).abs() < 1e-5, "{std:e}");
    }
    let mut out = [MARK; 12];
    init(0.0).fill(STREAM, &shape, &mut out).unwrap();
    assert_eq!(out, [0.0; 12]);
    let huge = Init::variance_scaling(f32::MAX, FanMode::FanIn, Family::Uniform);
    refused(12, &["bounds"], |out| huge.fill(STREAM, &shape, out));
    let geometric = Init::he_normal().mode(FanMode::FanGeoAvg);
    for fan in [Fan::new(0, 3), Fan::new(3, 0)] {
        let Fan { fan_in, fan_out } = fan;
        assert_eq!(geometric.distribution(fan), Err(InitError::ZeroFan { fan_in, fan_out }));
    }
    let vast = geometric.distribution(Fan::new(usize::MAX, usize::MAX)).unwrap();
    assert!(matches!(vast, Distribution::Normal { std, .. } if std > 0.0));
}

#[test]
fn structured_schemes_check_their_shapes() {
    let (dense, conv) = (Shape::dense(3, 4), Shape::conv2d(2, 3, [2, 1]));
    let rank = |init: Init, shape: Shape, expected: usize, given: usize, low: bool| {
        let error =
            refused(shape.len(), &["rank", &expected.to_string(), &given.to_string()], |o| {
                init.fill(STREAM, &shape, o)
            });
        assert_eq!(
            error,
            match low {
                true => InitError::RankTooLow { expected, given },
                false => InitError::RankTooHigh { expected, given },
            }
        );
    };
    rank(Init::orthogonal(), Shape::vector(5), 2, 1, true);
    rank(Init::delta_orthogonal(), dense, 3, 2, true);
    rank(Init::dirac(), dense, 3, 2, true);
    rank(Init::bilinear(), dense, 3, 2, true);
    rank(Init::bilinear(), Shape::vector(5), 3, 1, true);
    rank(Init::he_normal().icnr(2, SubPixel::PixelShuffle), dense, 3, 2, true);
    rank(Init::identity(), conv, 2, 4, false);
    rank(Init::identity(), Shape::vector(5), 2, 1, true);
    rank(Init::sparse(0.5, 1.0), conv, 2, 4, false);
    rank(Init::sparse(0.5, 1.0), Shape::vector(5), 2, 1, true);

    let narrow = Shape::conv1d(4, 3, 3);
    let error = refused(narrow.len(), &["4 input", "3"], |out| {
        Init::delta_orthogonal().fill(STREAM, &narrow, out)
    });
    assert_eq!(error, InitError::OutputsTooFew { in_channels: 4, out_channels: 3 });

    let grouped = Shape::conv1d(4, 4, 3).grouped(2);
    for init in [Init::delta_orthogonal(), Init::ones().icnr(2, SubPixel::PixelShuffle)] {
        let error =
            refused(grouped.len(), &["groups", "2"], |out| init.fill(STREAM, &grouped, out));
        assert_eq!(error, InitError::Grouped { groups: 2 });
    }
    let grouped = Shape::dense(4, 4).grouped(2);
    for init in [Init::identity(), Init::sparse(0.5, 1.0)] {
        let error =
            refused(grouped.len(), &["groups", "2"], |out| init.fill(STREAM, &grouped, out));
        assert_eq!(error, InitError::Grouped { groups: 2 });
    }

    for (upscale, conv) in [(2, Shape::conv2d(2, 6, [1, 1])), (0, conv), (usize::MAX, conv)] {
        let out_channels = if upscale == 2 { 6 } else { 3 };
        let init = Init::he_normal().icnr(upscale, SubPixel::DepthToSpace);
        let error =
            refused(conv.len(), &[&upscale.to_string(), &out_channels.to_string()], |out| {
                init.fill(STREAM, &conv, out)
            });
        assert_eq!(error, InitError::Upscale { upscale, out_channels });
    }
}

/// A patch of equal values must not be cut.
#[test]
fn a_transposed_kernel_is_a_multiple_of_what_it_enlarges() {
    for (upscale, kernel, wrong) in
        [(2, [4, 3], 3), (3, [4, 3], 4), (0, [4, 3], 4), (usize::MAX, [4, 3], 4), (8, [4, 4], 4)]
    {
        let shape = Shape::conv2d(2, 8, kernel).transposed();
        let init = Init::he_normal().icnr(upscale, SubPixel::PixelShuffle);
        let says = [upscale.to_string(), wrong.to_string()];
        let error = refused(shape.len(), &["transposed", &says[0], &says[1]], |out| {
            init.fill(STREAM, &shape, out)
        });
        assert_eq!(error, InitError::UpscaleKernel { upscale, kernel: wrong });
    }
    let dense = Shape::dense(4, 4).transposed();
    refused(16, &["rank"], |out| {
        Init::he_normal().icnr(2, SubPixel::PixelShuffle).fill(STREAM, &dense, out)
    });
}

#[test]
fn structured_schemes_check_their_parameters() {
    let (dense, conv) = (Shape::dense(3, 4), Shape::conv1d(3, 4, 1));
    for given in [-0.1, 1.1, f32::INFINITY] {
        let error = refused(12, &["zeros", &given.to_string()], |out| {
            Init::sparse(given, 1.0).fill(STREAM, &dense, out)
        });
        assert_eq!(error, InitError::Sparsity { given });
    }
    refused(12, &["NaN"], |out| Init::sparse(f32::NAN, 1.0).fill(STREAM, &dense, out));
    refused(12, &["deviation"], |out| Init::sparse(0.5, -1.0).fill(STREAM, &dense, out));
    let schemes = [
        (Init::orthogonal(), dense),
        (Init::delta_orthogonal(), conv),
        (Init::identity(), dense),
        (Init::dirac(), conv),
        (Init::sparse(0.5, 1.0), dense),
        (Init::bilinear(), conv),
    ];
    for (init, shape) in schemes {
        for gain in [-1.0, f32::INFINITY] {
            refused(12, &["gain"], |out| init.gain(gain).fill(STREAM, &shape, out));
        }
        refused(11, &["12", "11"], |out| init.fill(STREAM, &shape, out));
        refused(2, &["11"], |out| init.fill_range(STREAM, &shape, 11, out));
        assert_eq!(
            init.fill(STREAM, &Shape::conv1d(0, 0, 3), &mut []).is_ok(),
            shape == conv || init == Init::orthogonal()
        );
        assert_eq!(init.distribution(Fan::new(3, 4)), Err(InitError::NoDistribution));
    }
    for (init, shape) in [schemes[0], schemes[1]] {
        let error = refused(6, &["whole"], |out| init.fill_range(STREAM, &shape, 3, out));
        assert_eq!(error, InitError::WholeTensorOnly);
    }
    for init in [Init::normal(0.0, 0.02), Init::uniform(0.0, 1.0), Init::he_uniform()] {
        let error = refused(12, &["2^-90"], |out| init.gain(1e-45).fill(STREAM, &dense, out));
        assert!(matches!(error, InitError::TooSmall { .. }), "{init}: {error}");
    }
    for init in [Init::orthogonal(), Init::delta_orthogonal(), Init::bilinear()] {
        let error = refused(12, &["2^-90"], |out| init.gain(1e-28).fill(STREAM, &conv, out));
        assert!(matches!(error, InitError::TooSmall { .. }), "{init}: {error}");
    }
    refused(12, &["deviation", "-1"], |out| {
        Init::sparse(0.5, -1.0).gain(0.0).fill(STREAM, &dense, out)
    });
    let error = refused(12, &["distribution"], |out| {
        Init::dirac().icnr(2, SubPixel::PixelShuffle).fill(STREAM, &conv, out)
    });
    assert_eq!(error, InitError::NoDistribution);
    let mut signs = [MARK; 12];
    Init::identity().gain(-0.0).fill(STREAM, &dense, &mut signs).unwrap();
    assert!(signs.iter().all(|v| v.to_bits() == 0));
    refused(12, &["gain"], |out| Init::ones().residual(0).fill(STREAM, &dense, out));
}

#[test]
fn a_bias_has_the_length_of_the_outputs() {
    let weights = Shape::dense(4, 3);
    for given in [0, 2, 4, 12] {
        let error = refused(given, &["3"], |out| {
            Init::pytorch_default().fill(STREAM, &weights.bias(), out)
        });
        assert_eq!(error, InitError::WrongLength { expected: 3, given });
    }
    let vector = Shape::vector(3);
    refused(3, &["rank"], |out| Init::pytorch_default().fill(STREAM, &vector.bias(), out));
    refused(3, &["rank"], |out| Init::dirac().fill(STREAM, &weights.bias(), out));
    let grouped = Shape::conv1d(3, 3, 1).grouped(0);
    refused(3, &["groups"], |out| Init::zeros().fill(STREAM, &grouped.bias(), out));
    let none = Shape::dense(0, 3);
    refused(3, &["fan"], |out| Init::pytorch_default().fill(STREAM, &none.bias(), out));
}

/// Each kind of error has a number of its own. A number never changes, and none is used again.
#[test]
fn every_error_has_a_stable_code() {
    let errors = [
        (1, InitError::WrongLength { expected: 1, given: 2 }),
        (2, InitError::RangePastEnd { start: 1, given: 2, end: 2 }),
        (3, InitError::StreamExhausted { start: u64::MAX, given: 2 }),
        (4, InitError::ZeroFan { fan_in: 0, fan_out: 1 }),
        (5, InitError::Overflow),
        (6, InitError::RankTooLow { expected: 2, given: 1 }),
        (7, InitError::RankTooHigh { expected: 2, given: 3 }),
        (8, InitError::Groups { groups: 2, in_channels: 3, out_channels: 4 }),
        (9, InitError::OutputsTooFew { in_channels: 2, out_channels: 1 }),
        (10, InitError::OutputsTooMany { largest: 1, given: 2 }),
        (11, InitError::Grouped { groups: 2 }),
        (12, InitError::Upscale { upscale: 2, out_channels: 3 }),
        (13, InitError::UpscaleKernel { upscale: 2, kernel: 3 }),
        (14, InitError::WholeTensorOnly),
        (15, InitError::NoDistribution),
        (16, InitError::Sparsity { given: 2.0 }),
        (17, InitError::Scale { given: -1.0 }),
        (18, InitError::DuplicateName { tensor: 3 }),
        (19, InitError::PlanFull { capacity: 1, needed: 2 }),
        (20, InitError::UnknownName),
        (21, InitError::Std { given: -1.0 }),
        (22, InitError::Mean { given: f32::NAN }),
        (23, InitError::Bounds { low: 1.0, high: 0.0 }),
        (24, InitError::Gain { given: -1.0 }),
        (25, InitError::Constant { given: f32::NAN }),
        (26, InitError::TooSmall { given: 1e-30 }),
        (27, InitError::TooLarge { mean: 0.0, std: 1e38 }),
        (28, InitError::TooLargeForFormat { largest: 1.0, given: 2.0 }),
        (29, InitError::QuantizationScale { given: 0.0 }),
        (30, InitError::WrongRank { expected: 2, given: 1 }),
        (31, InitError::WrongDim { axis: 0, expected: 2, given: 1 }),
        (32, InitError::TransposedDims { first: 2, last: 1 }),
        (33, InitError::BlockPastEnd { axis: 0, offset: 1, given: 2, end: 2 }),
        (34, InitError::Shard { axis: 0, rank: 2, world_size: 2 }),
        (35, InitError::OverlappingStrides { axis: 0, given: 1 }),
        (36, InitError::StackTooLarge { largest: 4, given: 5 }),
        (37, InitError::NestedStack),
        (38, InitError::OutOfMemory),
        (39, InitError::Cut { given: 0.5 }),
        (40, InitError::ZeroPoint { largest: 0, given: 1 }),
    ];
    const TABLE: &str = include_str!("../src/error/code.rs");
    for (code, error) in errors {
        assert_eq!(error.code(), code, "{error:?}");
        let debug = format!("{error:?}");
        let name = debug.split(' ').next().unwrap();
        let row = format!("/// | {code} | [`{name}`](Self::{name}) |\n");
        assert!(TABLE.contains(&row), "the table has no row {row:?}");
    }
    let codes: BTreeSet<u16> = errors.into_iter().map(|(code, _)| code).collect();
    assert!(codes.len() == errors.len() && !codes.contains(&0));
    assert_eq!(TABLE.matches("](Self::").count(), errors.len());
    // The list above is complete.
    let names: BTreeSet<String> = errors
        .iter()
        .map(|(_, error)| format!("{error:?}").split(' ').next().unwrap().to_owned())
        .collect();
    let variants = variants(include_str!("../src/error.rs"), "InitError");
    assert_eq!(names, variants.into_iter().map(str::to_owned).collect());
}

/// Three times the largest scales overflow. A layer computes its distribution in constants, with another root.
#[test]
fn the_largest_scales() {
    let shape = Shape::dense(4, 2);
    for scale in [f32::MAX, f32::MAX / 2.0] {
        let init = Init::variance_scaling(scale, FanMode::FanIn, Family::Uniform);
        let refused = Err(InitError::Bounds { low: f32::NEG_INFINITY, high: f32::INFINITY });
        assert_eq!(init.fill(Stream::new(1), &shape, &mut [0.0; 8]), refused);
        assert_eq!(Plan::<2>::new().push(Layer::with_init("fc", shape, init)), refused);
    }
    let init = Init::variance_scaling(f32::MAX, FanMode::FanIn, Family::Normal);
    assert_eq!(init.fill(Stream::new(1), &shape, &mut [0.0; 8]), Ok(()));
    assert_eq!(Plan::<2>::new().push(Layer::with_init("fc", shape, init)), Ok(()));
}
