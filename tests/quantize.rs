//! The choice of a quantisation, against a search by brute force and against the values themselves.

use weight_init::{
    Cut, Distribution, Family, FanMode, FixedPoint, Init, InitError, Layer, Plan, Quantization,
    Shape, Stream,
};

const SHARES: [f32; 6] = [0.0, 1e-6, 1e-4, 0.01, 0.3, f32::NAN];
/// The bits of each format, and whether it has a sign.
const FORMATS: [(i32, bool); 4] = [(8, true), (16, true), (32, true), (8, false)];

fn distributions() -> Vec<Distribution> {
    let mut all = vec![
        Distribution::Constant { value: 0.3 },
        Distribution::Constant { value: -1000.0 },
        Distribution::Uniform { low: 0.0, high: 1.0 },
        Distribution::Uniform { low: -3.0, high: -2.9 },
        Distribution::Normal { mean: 0.5, std: 0.0 },
        Distribution::Normal { mean: 2.0, std: 0.1 },
        Distribution::Normal { mean: -0.1, std: 30.0 },
    ];
    for scale in [1e-20, 0.003, 0.029_462_783, 0.125, 1.0, 700.0] {
        all.push(Distribution::Normal { mean: 0.0, std: scale });
        all.push(Distribution::Uniform { low: -scale, high: scale });
        for cut in [Cut::TWO, Cut::at(3.0), Cut::std_before(1.0), Cut::at(9.0)] {
            all.push(Distribution::TruncatedNormal { mean: 0.0, std: scale, cut });
        }
    }
    all
}

/// Returns the share of values beyond two bounds, by the complementary error function of `libm`.
fn share_beyond(distribution: &Distribution, low: f64, high: f64) -> f64 {
    let above = |z: f64| 0.5 * libm::erfc(z * std::f64::consts::FRAC_1_SQRT_2);
    let constant = |value: f64| f64::from(u8::from(!(low..=high).contains(&value)));
    let cut_at = |mean: f64, sigma: f64, end: f64| {
        let beyond = |z: f64| if z >= end { 0.0 } else { above(z.max(-end)) - above(end) };
        let all = 1.0 - 2.0 * above(end);
        (beyond((high - mean) / sigma) + beyond((mean - low) / sigma)) / all
    };
    match *distribution {
        Distribution::Constant { value } => constant(value.into()),
        Distribution::Normal { mean, std: 0.0 } => constant(mean.into()),
        Distribution::Normal { mean, std } => cut_at(mean.into(), std.into(), 8.0),
        Distribution::TruncatedNormal { mean, std, cut } => {
            let sigma = if cut.is_std_before() { std } else { std / cut.ratio() };
            cut_at(mean.into(), sigma.into(), f64::from(cut.sigmas()).min(8.0))
        }
        Distribution::Uniform { low: first, high: last } => {
            let (first, last) = (f64::from(first), f64::from(last));
            let width = last - first;
            let (above, below) = (last - high, low - first);
            (above.clamp(0.0, width) + below.clamp(0.0, width)) / width
        }
        _ => unreachable!(),
    }
}

/// Returns the share of values that saturate with a quantisation.
fn saturating(distribution: &Distribution, bits: i32, signed: bool, q: Quantization) -> f64 {
    let (low, high) = match signed {
        true => (-(2_f64.powi(bits - 1)), 2_f64.powi(bits - 1) - 1.0),
        false => (0.0, 2_f64.powi(bits) - 1.0),
    };
    let value = |end: f64| (end - f64::from(q.zero_point())) * f64::from(q.scale());
    share_beyond(distribution, value(low - 0.5), value(high + 0.5))
}

/// Calls a function with the format of that number.
macro_rules! choose {
    ($format:expr, $distribution:expr, $method:ident, $share:expr) => {
        match $format {
            (8, true) => $distribution.$method::<i8>($share),
            (16, true) => $distribution.$method::<i16>($share),
            (32, true) => $distribution.$method::<i32>($share),
            _ => $distribution.$method::<u8>($share),
        }
    };
}

/// No power of two that is finer saturates so few values, and the chosen one does not saturate more.
#[test]
fn a_search_by_brute_force_finds_the_same_fraction_bits() {
    for (distribution, format, share) in cases() {
        let chosen = choose!(format, distribution, fixed_point, share);
        let allowed = f64::from(share.max(0.0));
        let zero_point = |scale: f64| {
            let middle = match distribution {
                Distribution::Constant { value } => value,
                Distribution::Uniform { low, high } => 0.5 * (low + high),
                Distribution::Normal { mean, .. } => mean,
                _ => 0.0,
            };
            (128.0 - f64::from(middle) / scale).floor().clamp(0.0, 255.0) as i32
        };
        let finest = (-120..=120).rev().find(|&bits| {
            let scale = 2_f64.powi(-bits);
            let q = Quantization::from_scale(scale as f32);
            let q = if format.1 { q } else { q.with_zero_point(zero_point(scale)) };
            saturating(&distribution, format.0, format.1, q) <= allowed
        });
        let expected = 2_f64.powi(-finest.unwrap()) as f32;
        assert_eq!(chosen.scale(), expected, "{distribution:?}, {format:?}, {share}");
        let bits = u32::try_from(finest.unwrap()).ok();
        assert_eq!(chosen.fraction_bits(), bits, "{distribution:?}, {format:?}, {share}");
    }
}

/// The next finer scale saturates too many values.
#[test]
fn no_finer_scale_saturates_so_few_values() {
    for (distribution, format, share) in cases() {
        let chosen = choose!(format, distribution, quantization, share);
        let (bits, signed) = format;
        let allowed = f64::from(share.max(0.0));
        let with = |scale: f32| {
            let q = Quantization::from_scale(scale).with_zero_point(chosen.zero_point());
            saturating(&distribution, bits, signed, q)
        };
        // Relative errors of 10⁻⁹ in the tails of either implementation change the scale by less than 10⁻⁶.
        assert!(with(chosen.scale() * (1.0 + 1e-6)) <= allowed, "{distribution:?}, {format:?}");
        assert!(with(chosen.scale() * (1.0 - 1e-6)) > allowed, "{distribution:?}, {format:?}");
    }
}

fn cases() -> Vec<(Distribution, (i32, bool), f32)> {
    let mut cases = Vec::new();
    for distribution in distributions() {
        for format in FORMATS {
            cases.extend(SHARES.map(|share| (distribution, format, share)));
        }
    }
    cases
}

/// As many values saturate as were allowed, within 5 standard errors.
#[test]
fn the_share_is_that_of_the_values() {
    const LEN: usize = 1 << 18;
    fn check<Q: FixedPoint + Default>(distribution: Distribution, share: f32) {
        let mut slots = vec![Q::default(); LEN];
        let draw = distribution.draw_range(Stream::new(5), 0..LEN as u64).unwrap();
        let count = draw.write_fixed(distribution.quantization::<Q>(share), &mut slots).unwrap();
        let (n, p) = (LEN as f64, f64::from(share));
        let error = (n * p * (1.0 - p)).sqrt();
        let deviation = (count as f64 - n * p).abs();
        assert!(deviation <= 5.0 * error, "{distribution:?}, {share}: {count}");
    }
    for distribution in distributions().into_iter().filter(|d| d.std() > 0.0) {
        for share in [0.0, 0.001, 0.1] {
            check::<i8>(distribution, share);
            check::<u8>(distribution, share);
            check::<i16>(distribution, share);
        }
    }
}

/// The constant of a scheme is what the scheme gives at run time.
#[test]
fn a_constant_scheme_has_a_constant_quantisation() {
    const CONV: Shape = Shape::conv2d(256, 8, [3, 3]);
    const FINEST: Quantization = match Init::he_normal().quantization::<i8>(&CONV, 1e-3) {
        Ok(quantization) => quantization,
        Err(_) => panic!(),
    };
    let he = Init::he_normal().distribution(CONV.fan().unwrap()).unwrap();
    assert_eq!(FINEST, he.quantization::<i8>(1e-3));

    let schemes = [
        Init::xavier_uniform(),
        Init::xavier_normal().mode(FanMode::FanGeoAvg).gain(0.3),
        Init::he_truncated_normal().mode(FanMode::FanOut),
        Init::lecun_normal().cut(3.0),
        Init::pytorch_default(),
        Init::variance_scaling(1e-37, FanMode::FanIn, Family::Normal),
        Init::normal(0.5, 0.02),
        Init::constant(0.25),
    ];
    for init in schemes {
        for shape in [CONV, Shape::dense(1, 1), Shape::dense(1 << 20, 3), CONV.stacked(3)] {
            let distribution = init.distribution(shape.fan().unwrap()).unwrap();
            let expected = Ok(distribution.fixed_point::<i8>(1e-4));
            assert_eq!(init.fixed_point::<i8>(&shape, 1e-4), expected, "{init}, {shape:?}");
        }
    }
    let zero = Init::he_normal().fixed_point::<i8>(&Shape::dense(0, 10), 0.0);
    assert_eq!(zero, Ok(Quantization::from_fraction_bits(7)));
    let error = Init::orthogonal().fixed_point::<i8>(&CONV, 0.0).unwrap_err();
    assert_eq!(error, InitError::NoDistribution);
    let error = Init::he_normal().gain(-1.0).quantization::<u8>(&CONV, 0.0).unwrap_err();
    assert_eq!(error, InitError::Gain { given: -1.0 });
}

/// Zeros are exact with any quantisation, so they get the usual one. Values of a structured scheme don't saturate.
#[test]
fn the_tensors_of_a_plan() {
    let layers = [
        Layer::with_init("fc", Shape::dense(2304, 8), Init::he_normal()),
        Layer::with_init("sparse", Shape::dense(30, 20), Init::sparse(0.3, 0.5)).without_bias(),
        Layer::with_init("eye", Shape::dense(5, 5), Init::identity()).without_bias(),
    ];
    let plan: Plan<4> = Plan::from_layers(&layers).unwrap();
    let bits = plan.tensors().iter().map(|t| t.fixed_point::<i8>(1e-4).fraction_bits());
    assert!(bits.eq([Some(10), Some(7), Some(4), Some(6)]));
    let zero = Quantization::from_fraction_bits(7).with_zero_point(128);
    assert_eq!(plan.tensors()[1].fixed_point::<u8>(0.5), zero);
    let scale = plan.tensors()[3].quantization::<i16>(0.5).scale();
    assert!((scale * 32767.5 - 1.0).abs() < 1e-6, "{scale}");

    let mut slots = vec![0_i8; plan.len()];
    let count = plan.draw(Stream::new(1)).write_fixed(|t| t.fixed_point::<i8>(0.0), &mut slots);
    assert_eq!(count, Ok(0));
}
