//! Schemes, layouts and backends by name: each prints itself, and what it prints parses to the same.

use weight_init::{
    Backend, Family, FanMode, Init, Layout, ParseBackendError, ParseInitError, ParseLayoutError,
    Shape, SubPixel,
};

use crate::cases::{LAYOUTS, schemes};

fn parse(text: &str) -> Result<Init, ParseInitError> {
    text.parse()
}

/// The texts of a line parse to the same scheme, which prints itself as the first of them.
#[test]
fn both_families_and_all_spellings() {
    let schemes: [(&[&str], Init); 35] = [
        (&["zeros", "Zeros", "zeros_"], Init::zeros()),
        (&["ones", "ones(gain=1)"], Init::ones()),
        (&["zeros", "constant(value=0)"], Init::constant(0.0)),
        (&["constant(value=-2.5)"], Init::constant(-2.5)),
        (&["constant(value=1e-30)"], Init::constant(1e-30)),
        (
            &["normal(std=0.02)", "RandomNormal(stddev=0.02)", " normal(std=0.02)\n"],
            Init::normal(0.0, 0.02),
        ),
        (&["normal(mean=1.0, std=0.5)", " normal_( std=0.5,mean=1 ) "], Init::normal(1.0, 0.5)),
        (&["uniform(low=-0.5, high=0.25)"], Init::uniform(-0.5, 0.25)),
        (
            &["truncated_normal(std=0.02)", "trunc_normal_(std=0.02)"],
            Init::truncated_normal(0.0, 0.02),
        ),
        (
            &["he_normal", "kaiming_normal", "kaiming_normal_", "HeNormal", "he normal"],
            Init::he_normal(),
        ),
        (&["he_uniform", "kaiming_uniform_", "HE-UNIFORM"], Init::he_uniform()),
        (&["he_truncated_normal", "kaiming_truncated_normal"], Init::he_truncated_normal()),
        (&["xavier_normal", "glorot_normal", "GlorotNormal()"], Init::xavier_normal()),
        (&["xavier_uniform", "glorot_uniform"], Init::xavier_uniform()),
        (&["xavier_truncated_normal", "glorot_truncated_normal"], Init::xavier_truncated_normal()),
        (&["lecun_normal", "LecunNormal"], Init::lecun_normal()),
        (&["lecun_uniform", " lecun_uniform\n"], Init::lecun_uniform()),
        (&["lecun_truncated_normal"], Init::lecun_truncated_normal()),
        (&["pytorch_default"], Init::pytorch_default()),
        (&["orthogonal", "orthogonal_"], Init::orthogonal()),
        (&["delta_orthogonal", "DeltaOrthogonal"], Init::delta_orthogonal()),
        (&["identity", "eye_"], Init::identity()),
        (&["dirac"], Init::dirac()),
        (&["bilinear", "Bilinear"], Init::bilinear()),
        (&["sparse(sparsity=0.9)"], Init::sparse(0.9, 0.01)),
        (&["sparse(sparsity=0.1, std=0.5)"], Init::sparse(0.1, 0.5)),
        (
            &["he_normal(mode=fan_out)", "he_normal(mode=FanOut)"],
            Init::he_normal().mode(FanMode::FanOut),
        ),
        (
            &["he_normal(mode=fan_geo_avg, gain=0.5)"],
            Init::he_normal().gain(0.5).mode(FanMode::FanGeoAvg),
        ),
        (&["orthogonal(gain=1.4142135)"], Init::orthogonal().gain(2_f32.sqrt())),
        (
            &[
                "variance_scaling(scale=0.7, mode=fan_in, family=uniform)",
                "VarianceScaling(distribution=uniform, scale=0.7, mode=fan_in)",
            ],
            Init::variance_scaling(0.7, FanMode::FanIn, Family::Uniform),
        ),
        (
            &["he_uniform", "variance_scaling(scale=2, mode=fan_in, family=uniform)"],
            Init::variance_scaling(2.0, FanMode::FanIn, Family::Uniform),
        ),
        (
            &["variance_scaling(scale=3.0, mode=fan_avg, family=truncated_normal, gain=2.0)"],
            Init::variance_scaling(3.0, FanMode::FanAvg, Family::TruncatedNormal).gain(2.0),
        ),
        (&["he_normal(icnr=2)"], Init::he_normal().icnr(2, SubPixel::PixelShuffle)),
        (
            &["he_normal(icnr=3, order=depth_to_space)", "he_normal(order=DepthToSpace, icnr=3)"],
            Init::he_normal().icnr(3, SubPixel::DepthToSpace),
        ),
        (
            &["xavier_normal(mode=fan_out)", "lecun_normal(mode=fan_out)"],
            Init::lecun_normal().mode(FanMode::FanOut),
        ),
    ];
    for (texts, init) in schemes {
        for text in texts {
            assert_eq!(parse(text), Ok(init), "{text}");
        }
        assert_eq!(init.to_string(), texts[0]);
    }
}

#[test]
fn every_scheme_parses_as_it_prints() {
    for init in schemes() {
        let text = init.to_string();
        assert_eq!(parse(&text), Ok(init), "{text}");
    }
}

#[test]
fn an_unknown_name_lists_the_near_ones() {
    let near = |text| match parse(text) {
        Err(ParseInitError::UnknownName { near }) => near.into_iter().flatten().collect::<Vec<_>>(),
        other => panic!("{text}: {other:?}"),
    };
    assert_eq!(near("he_nomal"), ["he_normal"]);
    assert_eq!(near("xaviernormal2")[0], "xavier_normal");
    assert_eq!(near("kaiming"), ["kaiming_normal", "kaiming_uniform", "kaiming_truncated_normal"]);
    assert_eq!(near("glorot_unifrom"), ["glorot_uniform"]);
    assert_eq!(near("zeroes")[0], "zeros");
    assert_eq!(near("orthonormal")[0], "orthogonal");
    assert_eq!(near("bilinaer"), ["bilinear"]);
    for far in ["", "?", "adam", "ein ganz anderer Name, der sehr lang ist, länger als jeder"] {
        assert_eq!(near(far), [""; 0], "{far}");
        assert!(parse(far).unwrap_err().to_string().contains("he_normal"));
    }
    let says = |text, message: &str| {
        assert_eq!(parse(text).unwrap_err().to_string(), format!("unknown scheme: {message}"));
    };
    says(
        "kaiming",
        "did you mean `kaiming_normal`, `kaiming_uniform` or `kaiming_truncated_normal`?",
    );
    says("glorot_unifrom", "did you mean `glorot_uniform`?");
    says("adam", "expected a name such as `he_normal` or `xavier_uniform`");
}

#[test]
fn an_error_says_what_is_wrong_with_a_parameter() {
    let says = |text: &str, part: &str| {
        let message = parse(text).expect_err(text).to_string();
        assert!(message.contains(part), "{text}: {message:?} does not say {part:?}");
    };
    says("he_normal(std=1)", "`mode`, `cut`, `gain`");
    says("he_uniform(cut=3)", "`mode`, `gain`");
    says("he_normal(gain=1, gain=2)", "gain");
    says("orthogonal(mode=fan_in)", "gain");
    says("normal", "std=");
    says("uniform(low=1)", "high=");
    says("constant", "value=");
    says("sparse(std=1)", "sparsity=");
    says("variance_scaling(scale=1, mode=fan_in)", "family=");
    says("he_normal(gain=big)", "a number");
    says("he_normal(mode=fan)", "fan_geo_avg");
    says("he_normal(icnr=-1)", "above 0");
    says("he_normal(icnr=0.5)", "above 0");
    says("he_normal(order=pixel_shuffle)", "icnr=");
    says("dirac(order=depth_to_space)", "icnr=");
    says("he_normal(icnr=2, order=rows)", "depth_to_space");
    says("variance_scaling(scale=1, mode=fan_in, family=cauchy)", "uniform");
    for text in ["he_normal(", "he_normal(gain=1", "he_normal(gain)", "he_normal(1.0)"] {
        assert_eq!(parse(text), Err(ParseInitError::Syntax), "{text}");
    }
}

#[test]
fn a_scheme_that_fills_nothing_prints_all_of_itself() {
    for (text, init) in [
        ("identity(icnr=2)", Init::identity().icnr(2, SubPixel::PixelShuffle)),
        ("dirac(gain=0.5, icnr=3, order=depth_to_space)", {
            Init::dirac().gain(0.5).icnr(3, SubPixel::DepthToSpace)
        }),
        ("sparse(sparsity=2.0, icnr=2)", {
            Init::sparse(2.0, 0.01).icnr(2, SubPixel::PixelShuffle)
        }),
        ("he_normal(icnr=0)", Init::he_normal().icnr(0, SubPixel::PixelShuffle)),
        ("he_normal(icnr=0, order=depth_to_space)", {
            Init::he_normal().icnr(0, SubPixel::DepthToSpace)
        }),
        ("he_normal(gain=inf)", Init::he_normal().residual(0)),
        ("constant(value=-0.0)", Init::constant(-0.0)),
        ("normal(mean=-0.0, std=-0.0)", Init::normal(-0.0, -0.0)),
        ("normal(mean=-inf, std=-1.0)", Init::normal(f32::NEG_INFINITY, -1.0)),
    ] {
        assert_eq!(init.to_string(), text);
        assert_eq!(parse(text), Ok(init));
    }
    let nan = Init::he_normal().gain(f32::NAN);
    assert_eq!(nan.to_string(), "he_normal(gain=NaN)");
    assert_eq!(parse("he_normal(gain=NaN)").unwrap().to_string(), nan.to_string());
}

#[test]
fn layouts_by_name() {
    for (layout, name, others) in [
        (Layout::OutIn, "out_in", ["out_in_kernel", "OI", "oiw", "OIHW", "OIDHW", " OutIn\n"]),
        (Layout::InOut, "in_out", ["kernel_in_out", "IO", "wio", "HWIO", "DHWIO", "in-out"]),
        (
            Layout::OutKernelIn,
            "out_kernel_in",
            ["OutKernelIn", "OWI", "ohwi", "OHWI", "ODHWI", "out kernel in"],
        ),
    ] {
        assert_eq!((layout.name(), layout.to_string().as_str()), (name, name));
        for text in others.into_iter().chain([name]) {
            assert_eq!(text.parse(), Ok(layout), "{text}");
        }
    }
    assert_eq!(format!("{:>7}|", Layout::OutIn), " out_in|");
    // The letters are those of the dimensions, in their order.
    for layout in LAYOUTS {
        let shape = Shape::conv3d(7, 6, [5, 4, 3]).layout(layout);
        let letter = |dim: &usize| ["W", "H", "D", "O", "I"][dim - 3];
        let letters: String = shape.dims().unwrap().iter().map(letter).collect();
        assert_eq!(letters.parse(), Ok(layout));
        let spatial = |dims: &[usize]| dims.iter().map(letter).collect::<String>();
        let flat = Shape::conv2d(7, 6, [4, 3]).layout(layout);
        assert_eq!(spatial(&flat.dims().unwrap()).parse(), Ok(layout));
        let line = Shape::conv1d(7, 6, 3).layout(layout);
        assert_eq!(spatial(&line.dims().unwrap()).parse(), Ok(layout));
    }
    let error = |text: &str| text.parse::<Layout>().unwrap_err();
    let ParseLayoutError::UnknownName { near } = error("HWI") else { panic!() };
    assert_eq!(near, [Some("HWIO"), Some("OWI"), Some("OHWI")]);
    assert_eq!(error("out_inn").to_string(), "unknown layout: did you mean `out_in`?");
    for far in ["", "rows", "channels_last"] {
        let message = error(far).to_string();
        assert!(LAYOUTS.iter().all(|layout| message.contains(layout.name())), "{message}");
    }
}

#[test]
fn backends_by_name() {
    let available: Vec<Backend> = Backend::available().collect();
    for &backend in &available {
        let name = backend.name();
        for text in [name.to_owned(), name.to_uppercase(), format!(" {backend}\n")] {
            assert_eq!(text.parse(), Ok(backend), "{text}");
        }
    }
    assert_eq!("portable".parse(), Ok(Backend::PORTABLE));
    // No processor has them all.
    let mut refused = 0;
    for name in ["avx512", "avx2", "neon", "portable"] {
        if available.iter().any(|backend| backend.name() == name) {
            continue;
        }
        let error = name.to_uppercase().parse::<Backend>().unwrap_err();
        assert_eq!(error, ParseBackendError::Unavailable { backend: name });
        let message = error.to_string();
        assert!(message.contains(name) && message.contains("this processor"), "{message}");
        refused += 1;
    }
    assert!(refused == 4 - available.len() && refused > 0);
    let error = |text: &str| text.parse::<Backend>().unwrap_err();
    let ParseBackendError::UnknownName { near } = error("avx") else { panic!() };
    assert_eq!(near, [Some("avx512"), Some("avx2"), None]);
    assert_eq!(error("protable").to_string(), "unknown backend: did you mean `portable`?");
    for far in ["", "sse", "scalar"] {
        let message = error(far).to_string();
        let all = ["avx512", "avx2", "neon", "portable"];
        assert!(all.iter().all(|name| message.contains(name)), "{message}");
    }
}

#[test]
fn errors_of_parsing_are_errors() {
    fn is_error<E: std::error::Error + Send + Sync + Copy + 'static>(_: E) {}
    is_error("".parse::<Init>().unwrap_err());
    is_error("".parse::<Layout>().unwrap_err());
    is_error("".parse::<Backend>().unwrap_err());
}
