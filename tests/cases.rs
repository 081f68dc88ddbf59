//! The samplers, schemes, layouts and shapes that all tests share. A test goes through the whole list where
//! it can, so that a new scheme is tested everywhere once it is in the list. `complete.rs` compares the lists
//! with the public interface, and fails if something is missing here.

use weight_init::{
    Cut, Distribution, Draw, Element, Family, Fan, FanMode, FixedPoint, Init, InitError, Layout,
    Shape, Stream, SubPixel,
};

use Distribution::{Constant, Normal, TruncatedNormal, Uniform};

/// The smallest scale that is not zero, 2⁻⁹⁰.
pub const SMALLEST: f32 = 1.0 / (1_u128 << 90) as f32;

/// Returns the request for `len` values of a sampler from `start` on.
pub fn draw(
    sampler: Distribution,
    stream: Stream,
    start: u64,
    len: usize,
) -> Result<Draw<'static>, InitError> {
    sampler.draw_range(stream, start..start + len as u64)
}

/// Fills floating-point slots with the values of a sampler from `start` on.
pub fn fill_as<E: Element>(
    sampler: Distribution,
    stream: Stream,
    start: u64,
    out: &mut [E],
) -> Result<(), InitError> {
    draw(sampler, stream, start, out.len())?.write_as(out)
}

/// Fills fixed-point slots with the values of a sampler from `start` on.
pub fn fill_fixed<Q: FixedPoint>(
    sampler: Distribution,
    stream: Stream,
    start: u64,
    fraction_bits: u32,
    out: &mut [Q],
) -> Result<usize, InitError> {
    draw(sampler, stream, start, out.len())?.write_fixed(fraction_bits, out)
}

/// Every sampler: around zero and around a mean, with one value only, and at both ends of the scale.
pub const SAMPLERS: [Distribution; 25] = [
    Normal { mean: 0.0, std: 0.05 },
    Normal { mean: -3.0, std: 0.5 },
    TruncatedNormal { mean: 0.0, std: 0.05, cut: Cut::TWO },
    TruncatedNormal { mean: 2.0, std: 0.5, cut: Cut::TWO },
    // Cut off elsewhere, with both kinds of std.
    TruncatedNormal { mean: 0.0, std: 0.05, cut: Cut::at(3.0) },
    TruncatedNormal { mean: 0.0, std: 0.05, cut: Cut::std_before(1.0) },
    TruncatedNormal { mean: -3.0, std: 0.5, cut: Cut::at(1.0) },
    TruncatedNormal { mean: 2.0, std: 0.5, cut: Cut::std_before(2.5) },
    TruncatedNormal { mean: 2.0, std: 0.5, cut: Cut::at(8.0) },
    Uniform { low: -0.1, high: 0.1 },
    Uniform { low: 0.0, high: 1.0 },
    Uniform { low: -5.0, high: -0.0 },
    Constant { value: 2.5 },
    Constant { value: -0.0 },
    // One value only.
    Normal { mean: -7.0, std: 0.0 },
    TruncatedNormal { mean: 2.5, std: 0.0, cut: Cut::TWO },
    Uniform { low: 0.3, high: 0.3 },
    // The smallest scales.
    Normal { mean: 0.0, std: SMALLEST },
    TruncatedNormal { mean: 0.0, std: SMALLEST, cut: Cut::TWO },
    TruncatedNormal { mean: 0.0, std: SMALLEST, cut: Cut::at(1.0) },
    Uniform { low: -SMALLEST, high: SMALLEST },
    // The largest scales.
    Normal { mean: 0.0, std: 4e37 },
    TruncatedNormal { mean: 0.0, std: 3e37, cut: Cut::TWO },
    TruncatedNormal { mean: 0.0, std: 4e37, cut: Cut::at(1.0) },
    Uniform { low: f32::MIN, high: f32::MAX },
];

/// The samplers that round values around zero to fixed point and to `f16` in interesting ways: ties, values
/// that saturate, subnormal numbers.
pub const ROUNDED: [Distribution; 6] = [
    Normal { mean: 0.0, std: 0.3 },
    Normal { mean: -0.7, std: 0.3 },
    Normal { mean: 0.0, std: 1e-6 },
    TruncatedNormal { mean: 0.0, std: 0.6, cut: Cut::TWO },
    TruncatedNormal { mean: 0.3, std: 0.6, cut: Cut::std_before(1.5) },
    Uniform { low: -1.1, high: 1.1 },
];

pub const LAYOUTS: [Layout; 3] = [Layout::OutIn, Layout::InOut, Layout::OutKernelIn];

pub const MODES: [FanMode; 4] =
    [FanMode::FanIn, FanMode::FanOut, FanMode::FanAvg, FanMode::FanGeoAvg];

pub const FAMILIES: [Family; 3] = [Family::Normal, Family::TruncatedNormal, Family::Uniform];

pub const ORDERS: [SubPixel; 2] = [SubPixel::PixelShuffle, SubPixel::DepthToSpace];

/// Every scheme whose values are independent of each other, so that a distribution describes them.
pub fn drawn() -> Vec<Init> {
    let mut schemes = vec![
        Init::zeros(),
        Init::ones(),
        Init::constant(-1.5),
        Init::normal(0.5, 0.1),
        Init::truncated_normal(0.0, 0.02),
        Init::truncated_normal(-1.0, 0.5),
        Init::uniform(-2.0, 0.5),
        Init::he_normal(),
        Init::he_truncated_normal(),
        Init::he_uniform(),
        Init::xavier_normal(),
        Init::xavier_truncated_normal(),
        Init::xavier_uniform(),
        Init::lecun_normal(),
        Init::lecun_truncated_normal(),
        Init::lecun_uniform(),
        Init::pytorch_default(),
        Init::he_normal().gain(0.0),
        Init::he_uniform().gain(0.5),
        Init::uniform(-1.0, 3.0).gain(2.0),
        Init::xavier_normal().mode(FanMode::FanOut),
        Init::he_truncated_normal().mode(FanMode::FanGeoAvg),
        Init::lecun_uniform().gain(3.0).residual(12),
        Init::normal(0.5, 0.1).cut(3.0),
        Init::truncated_normal(0.0, 0.02).cut(1.5),
        Init::truncated_normal(0.0, 0.02).cut(8.0),
        Init::he_normal().cut(2.0),
        Init::xavier_truncated_normal().cut(3.0).gain(2.0),
        Init::lecun_truncated_normal().mode(FanMode::FanOut).cut(f32::INFINITY),
        Init::variance_scaling(0.7, FanMode::FanOut, Family::Normal).cut(2.5),
        Init::variance_scaling(0.7, FanMode::FanAvg, Family::TruncatedNormal).cut(1.0),
    ];
    for mode in MODES {
        schemes.extend(FAMILIES.map(|family| Init::variance_scaling(0.7, mode, family)));
    }
    schemes
}

/// Every scheme whose values depend on each other or on where they lie in the tensor.
pub fn structured() -> Vec<Init> {
    let mut schemes = vec![
        Init::orthogonal(),
        Init::orthogonal().gain(0.5),
        Init::delta_orthogonal(),
        Init::delta_orthogonal().residual(3),
        Init::identity(),
        Init::identity().gain(2.5),
        Init::dirac(),
        Init::dirac().gain(-0.0),
        Init::bilinear(),
        Init::bilinear().gain(3.0),
        Init::sparse(0.0, 0.5),
        Init::sparse(0.3, 0.5),
        Init::sparse(1.0, 0.5).gain(2.0),
        Init::gates([-1.0, 2.0, 0.0, 0.25]).gain(0.5),
    ];
    for order in ORDERS {
        schemes.extend([
            Init::he_normal().icnr(2, order),
            Init::xavier_truncated_normal().icnr(2, order),
            Init::pytorch_default().gain(2.0).icnr(2, order),
            Init::ones().icnr(1, order),
        ]);
    }
    schemes
}

/// Every scheme.
pub fn schemes() -> Vec<Init> {
    [drawn(), structured()].concat()
}

/// Every kind of layer with its outputs first, small enough to be filled a thousand times. The channels are
/// such that each scheme fits one of them.
fn kinds() -> Vec<Shape> {
    let plain = [
        Shape::vector(37),
        Shape::dense(9, 20),
        Shape::dense(20, 9),
        Shape::conv1d(6, 8, 3),
        Shape::conv2d(4, 12, [3, 2]),
        Shape::conv3d(3, 16, [2, 3, 2]),
        Shape::dense(12, 8).grouped(4),
        Shape::conv1d(6, 12, 4).grouped(3),
        Shape::conv2d(8, 8, [2, 2]).grouped(2),
        Shape::depthwise2d(4, 2, [3, 3]),
    ];
    let transposed = plain.into_iter().skip(1).map(Shape::transposed);
    let special = [
        Shape::dense(20, 9).bias(),
        Shape::dense(20, 9).with_fan(Fan::new(7, 3)),
        Shape::from_dims(&[6, 2, 2, 1, 3, 2], Layout::OutIn, 2).unwrap(),
        Shape::dense(9, 6).stacked(4),
        Shape::conv2d(4, 8, [3, 2]).stacked(2),
        Shape::dense(5, 7).packed(3),
        Shape::dense(8, 8).packed(4),
        Shape::conv2d(4, 4, [2, 2]).packed(3),
        Shape::conv1d(6, 4, 3).grouped(2).packed(2),
        Shape::conv2d(4, 6, [2, 2]).transposed().packed(2),
        Shape::conv2d(4, 6, [2, 2]).transposed().grouped(2).stacked(3),
        Shape::dense(8, 5).packed(3).bias(),
        Shape::vector(6).stacked(2),
    ];
    plain.into_iter().chain(transposed).chain(special).collect()
}

/// Every kind of layer in every layout.
pub fn shapes() -> Vec<Shape> {
    LAYOUTS
        .into_iter()
        .flat_map(|layout| kinds().into_iter().map(move |k| k.layout(layout)))
        .collect()
}

/// Calls `check` with every scheme, every shape that the scheme can fill, and the values. Fails if a scheme fits
/// no shape of the list.
pub fn for_each_tensor(
    schemes: &[Init],
    stream: weight_init::Stream,
    mut check: impl FnMut(Init, &Shape, &[f32]),
) {
    let shapes = shapes();
    for &init in schemes {
        let mut count = 0;
        for shape in &shapes {
            let mut whole = vec![f32::NAN; shape.len()];
            if init.fill(stream, shape, &mut whole).is_ok() {
                check(init, shape, &whole);
                count += 1;
            }
        }
        assert!(count > 0, "{init} fits no shape of the list");
    }
}

/// Returns the bits of values, which tell +0 from −0.
pub fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}
