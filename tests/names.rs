//! Schemes, layouts and backends by name: each prints itself, and what it prints parses to the same.

use weight_init::{
    Activation, Backend, Family, FanMode, Init, Layout, ParseBackendError, ParseInitError,
    ParseLayoutError, Shape, SubPixel,
};

use crate::cases::{LAYOUTS, schemes};

fn parse(text: &str) -> Result<Init, ParseInitError> {
    text.parse()
}

/// The texts of a line parse to the same scheme, which prints itself as the first of them.
#[test]
fn both_families_and_all_spellings() {
    let schemes: [(&[&str], Init); 43] = [
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
            &["truncated_normal(std=0.02)", "truncated_normal(std=0.02, cut=2)"],
            Init::truncated_normal(0.0, 0.02),
        ),
        (
            &["he_normal", "kaiming_normal", "kaiming_normal_", "He_Normal", "he normal"],
            Init::he_normal(),
        ),
        (&["he_uniform", "kaiming_uniform_", "HE-UNIFORM"], Init::he_uniform()),
        (&["he_truncated_normal", "kaiming_truncated_normal"], Init::he_truncated_normal()),
        (&["xavier_normal", "glorot_normal", "xavier_normal_()"], Init::xavier_normal()),
        (&["xavier_uniform", "glorot_uniform"], Init::xavier_uniform()),
        (&["xavier_truncated_normal", "glorot_truncated_normal"], Init::xavier_truncated_normal()),
        (&["lecun_normal", "lecun-normal"], Init::lecun_normal()),
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
            &["normal(std=0.02, cut=3.0)", "normal(cut=3, std=0.02)"],
            Init::normal(0.0, 0.02).cut(3.0),
        ),
        (
            &["truncated_normal(mean=1.0, std=0.02, cut=1.5)"],
            Init::truncated_normal(1.0, 0.02).cut(1.5),
        ),
        (&["normal(std=0.02)", "normal(std=0.02, cut=inf)"], Init::normal(0.0, 0.02)),
        (&["he_normal(cut=2.0)"], Init::he_normal().cut(2.0)),
        (&["he_normal", "he_normal(cut=inf)"], Init::he_normal().cut(3.0).cut(f32::INFINITY)),
        (&["he_truncated_normal", "he_truncated_normal(cut=2)"], Init::he_truncated_normal()),
        (
            &[
                "lecun_truncated_normal(cut=3.0, gain=0.5)",
                "xavier_truncated_normal(mode=fan_in, cut=3.0, gain=0.5)",
            ],
            Init::xavier_truncated_normal().cut(3.0).mode(FanMode::FanIn).gain(0.5),
        ),
        (
            &[
                "variance_scaling(scale=0.7, mode=fan_out, family=truncated_normal, cut=2.5)",
                "variance_scaling(cut=2.5, scale=0.7, mode=fan_out, family=truncated_normal)",
            ],
            Init::variance_scaling(0.7, FanMode::FanOut, Family::TruncatedNormal).cut(2.5),
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
    // Not zero, but an `f32` can't tell.
    says("he_normal(gain=1e-300)", "a number");
    assert_eq!("he_normal(gain=0e5)".parse(), Ok(Init::he_normal().gain(0.0)));
    says("he_normal(mode=fan)", "fan_geo_avg");
    says("he_normal(icnr=-1)", "above 0");
    says("he_normal(icnr=0.5)", "above 0");
    says("he_normal(order=pixel_shuffle)", "icnr=");
    says("dirac(order=depth_to_space)", "icnr=");
    says("he_normal(icnr=2, order=rows)", "depth_to_space");
    says("variance_scaling(scale=1, mode=fan_in, family=cauchy)", "uniform");
    says("variance_scaling(scale=1, mode=fan_in, family=uniform, cut=3)", "unknown");
    says("normal(std=1, cut=three)", "a number");
    says("normal(std=1, cut=3, cut=3)", "cut");
    says("constant(value=1, cut=3)", "`value`");
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

/// A name that means another scheme in the spelling of another library is answered with both.
#[test]
fn names_with_two_meanings_are_answered_with_both() {
    for (name, parameters, here, call, there) in [
        ("HeNormal", "", "he_normal", "from_keras", "he_truncated_normal"),
        ("GlorotNormal", "()", "glorot_normal", "from_keras", "xavier_truncated_normal"),
        ("LecunNormal", "(gain=2)", "lecun_normal", "from_keras", "lecun_truncated_normal"),
        ("TruncatedNormal", "(std=1)", "truncated_normal(std=…)", "from_keras", "cut=2"),
        ("trunc_normal_", "(std=1)", "truncated_normal(std=…)", "from_torch", "cut=…"),
        ("trunc_normal", "(std=1)", "truncated_normal(std=…)", "from_torch", "cut=…"),
    ] {
        let error = parse(&format!(" {name}{parameters}")).unwrap_err();
        assert!(matches!(error, ParseInitError::TwoMeanings { .. }), "{name}: {error:?}");
        let message = error.to_string();
        for part in [name, here, call, there] {
            assert!(message.contains(part), "{message:?} does not say {part:?}");
        }
        // Each of both is right.
        let theirs = match call {
            "from_keras" => Init::from_keras(name),
            _ => Init::from_torch(name),
        };
        assert_ne!(parse(&here.replace('…', "1")).unwrap(), theirs.unwrap());
    }
    let error = parse("VarianceScaling(scale=2, mode=fan_in, distribution=normal)").unwrap_err();
    assert!(error.to_string().contains("family=truncated_normal"), "{error}");
}

#[test]
fn calls_of_pytorch() {
    let leaky = |slope: f64| (2.0 / (1.0 + slope * slope)) as f32;
    let he = |mode, scale, family| Init::variance_scaling(scale, mode, family);
    let (fan_in, normal, uniform) = (FanMode::FanIn, Family::Normal, Family::Uniform);
    let relu = std::f32::consts::SQRT_2;
    for (text, init) in [
        ("kaiming_normal_", Init::he_normal()),
        ("kaiming_normal_()", Init::he_normal()),
        ("kaiming_normal(w)", Init::he_normal()),
        ("nn.init.kaiming_normal_(self.fc[0].weight)", Init::he_normal()),
        ("torch.nn.init.kaiming_uniform_(tensor=w, a=math.sqrt(5))", Init::pytorch_default()),
        ("kaiming_uniform_(w, sqrt(5))", Init::pytorch_default()),
        ("kaiming_normal_(nonlinearity='relu', a=0.5)", Init::he_normal()),
        ("kaiming_normal_(a=0.1)", he(fan_in, leaky(0.1), normal)),
        (
            "kaiming_normal_(mode='fan_out', nonlinearity='leaky_relu', a=0.1)",
            he(FanMode::FanOut, leaky(0.1), normal),
        ),
        ("kaiming_uniform_(w, 0.2, \"fan_out\")", he(FanMode::FanOut, leaky(0.2), uniform)),
        ("kaiming_uniform_(nonlinearity=\"linear\")", Init::lecun_uniform()),
        ("kaiming_normal_(nonlinearity='tanh')", Init::lecun_normal().gain(5.0 / 3.0)),
        ("kaiming_normal_(nonlinearity='selu',)", Init::lecun_normal().gain(0.75)),
        ("xavier_uniform_", Init::xavier_uniform()),
        ("xavier_normal_(w, gain=2)", Init::xavier_normal().gain(2.0)),
        (
            "xavier_uniform_(w, gain=nn.init.calculate_gain('relu'))",
            Init::xavier_uniform().gain(relu),
        ),
        (
            "xavier_uniform_(w, calculate_gain('leaky_relu', param=0.5))",
            Init::xavier_uniform().gain(Activation::LeakyRelu { slope: 0.5 }.gain()),
        ),
        (
            "xavier_uniform_(gain=calculate_gain('leaky_relu'))",
            Init::xavier_uniform().gain(Activation::LeakyRelu { slope: 0.01 }.gain()),
        ),
        ("xavier_normal_(gain=5/3)", Init::xavier_normal().gain(5.0 / 3.0)),
        ("orthogonal_(gain=math.sqrt(2))", Init::orthogonal().gain(relu)),
        ("orthogonal_(w, 0.01)", Init::orthogonal().gain(0.01)),
        ("normal_", Init::normal(0.0, 1.0)),
        ("normal_(w, 0.0, 0.02)", Init::normal(0.0, 0.02)),
        ("normal_(std=0.02 / math.sqrt(2 * 12))", Init::normal(0.0, 0.004_082_483)),
        ("normal_(w, std=1e-3, mean=-1, generator=None)", Init::normal(-1.0, 1e-3)),
        ("uniform_", Init::uniform(0.0, 1.0)),
        ("uniform_(a=-0.3, b=0.1)", Init::uniform(-0.3, 0.1)),
        ("uniform_(w, -1/(2*4), (1/8))", Init::uniform(-0.125, 0.125)),
        ("trunc_normal_", Init::normal(0.0, 1.0).cut(2.0)),
        ("trunc_normal_(std=1.0)", Init::normal(0.0, 1.0).cut(2.0)),
        ("trunc_normal_(std=0.02)", Init::normal(0.0, 0.02)),
        ("trunc_normal_(w, std=.02, a=-.06, b=.06)", Init::normal(0.0, 0.02).cut(3.0)),
        ("trunc_normal_(w, 1.0, 0.5, 0.0, 2.0)", Init::normal(1.0, 0.5).cut(2.0)),
        ("trunc_normal_(mean=0.1, std=0.02)", Init::normal(0.1, 0.02)),
        ("trunc_normal_(std=0)", Init::normal(0.0, 0.0)),
        ("trunc_normal_(std=2)", Init::normal(0.0, 2.0).cut(1.0)),
        ("constant_(w, 0.5)", Init::constant(0.5)),
        ("constant_(val=-1)", Init::constant(-1.0)),
        ("ones_(w)", Init::ones()),
        ("zeros_", Init::zeros()),
        ("eye_", Init::identity()),
        ("dirac_(conv.weight, groups=1)", Init::dirac()),
        ("sparse_(w, sparsity=0.1)", Init::sparse(0.1, 0.01)),
        ("sparse_(w, 0.5, std=2)", Init::sparse(0.5, 2.0)),
    ] {
        assert_eq!(Init::from_torch(text), Ok(init), "{text}");
    }
    let says = |text: &str, part: &str| {
        let message = Init::from_torch(text).expect_err(text).to_string();
        assert!(message.contains(part), "{text}: {message:?} does not say {part:?}");
    };
    says("trunc_normal_(mean=0.5)", "equally far");
    says("trunc_normal_(std=0.5, a=-1, b=4)", "equally far");
    says("trunc_normal_(std=1, a=-1, b=9)", "equally far");
    says("trunc_normal_(std=3)", "one `std`");
    says("trunc_normal_(a=1, b=3)", "equally far");
    says("trunc_normal_(a=nan)", "equally far");
    says("normal_(w, generator=g)", "stream");
    says("dirac_(w, groups=4)", "Shape::grouped");
    says("kaiming_normal_(w, gain=2)", "`a`, `mode`, `nonlinearity`");
    says("kaiming_normal_(mode='fan_avg')", "fan_out");
    says("kaiming_normal_(nonlinearity='gelu')", "'relu'");
    says("ones_(w, 2)", "takes none");
    says("normal_(w, 1, mean=2)", "each at most once");
    says("constant_(w)", "`val=…`");
    says("sparse_", "`sparsity=…`");
    says("normal_(std=config.std)", "a number");
    says("normal_(std=)", "a number");
    says("normal_(std=2**3)", "a number");
    says("orthogonal_(gain=calculate_gain('gelu'))", "a number");
    says("kaming_normal_", "`kaiming_normal_`");
    says("he_normal", "torch.nn.init");
    for text in
        ["normal_(", "normal_(std=1", "normal_(std=1))", "normal_(mean=1, 2)", "normal_('w)"]
    {
        assert_eq!(Init::from_torch(text), Err(ParseInitError::Syntax), "{text}");
    }
    let deep = format!("normal_(std={}4{})", "sqrt(".repeat(10_000), ")".repeat(10_000));
    says(&deep, "a number");
}

#[test]
fn calls_of_keras() {
    for (text, init) in [
        ("HeNormal", Init::he_truncated_normal()),
        ("he_normal", Init::he_truncated_normal()),
        ("keras.initializers.HeNormal(seed=None)", Init::he_truncated_normal()),
        ("HeUniform()", Init::he_uniform()),
        ("tf.keras.initializers.GlorotNormal()", Init::xavier_truncated_normal()),
        ("glorot_uniform", Init::xavier_uniform()),
        ("LecunNormal", Init::lecun_truncated_normal()),
        ("lecun_uniform", Init::lecun_uniform()),
        ("RandomNormal", Init::normal(0.0, 0.05)),
        ("random_normal", Init::normal(0.0, 0.05)),
        ("RandomNormal(mean=1.0, stddev=0.02)", Init::normal(1.0, 0.02)),
        ("RandomUniform", Init::uniform(-0.05, 0.05)),
        ("RandomUniform(minval=-1, maxval=0.5)", Init::uniform(-1.0, 0.5)),
        ("TruncatedNormal(stddev=0.02)", Init::normal(0.0, 0.02).cut(2.0)),
        ("truncated_normal", Init::normal(0.0, 0.05).cut(2.0)),
        ("VarianceScaling", Init::variance_scaling(1.0, FanMode::FanIn, Family::TruncatedNormal)),
        (
            "VarianceScaling(2.0, mode='fan_out', distribution='normal')",
            Init::variance_scaling(2.0, FanMode::FanOut, Family::TruncatedNormal),
        ),
        (
            "VarianceScaling(scale=1/3, mode=\"fan_avg\", distribution=\"untruncated_normal\")",
            Init::variance_scaling(1.0 / 3.0, FanMode::FanAvg, Family::Normal),
        ),
        ("variance_scaling(2., 'fan_in', 'uniform')", Init::he_uniform()),
        ("Orthogonal(gain=0.5)", Init::orthogonal().gain(0.5)),
        ("OrthogonalInitializer", Init::orthogonal()),
        ("Identity(2.0)", Init::identity().gain(2.0)),
        ("Zeros()", Init::zeros()),
        ("ones", Init::ones()),
        ("Constant(0.1)", Init::constant(0.1)),
        ("constant", Init::constant(0.0)),
    ] {
        assert_eq!(Init::from_keras(text), Ok(init), "{text}");
    }
    let says = |text: &str, part: &str| {
        let message = Init::from_keras(text).expect_err(text).to_string();
        assert!(message.contains(part), "{text}: {message:?} does not say {part:?}");
    };
    says("HeNormal(seed=42)", "stream");
    says("RandomNormal(0, 1, 42)", "stream");
    says("RandomNormal(std=1)", "`stddev`");
    says("VarianceScaling(mode='fan_geo_avg')", "fan_avg");
    says("VarianceScaling(distribution='cauchy')", "untruncated_normal");
    says("HeNormale", "did you mean `HeNormal`");
    says("STFT", "keras.initializers");
    says("HeNormal(w)", "`seed`");
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
