//! Random requests, valid and invalid, to the whole public face, with overflow checks and debug assertions.
//!
//! Each request must hold these, or the target panics:
//!
//! - nothing panics or hangs, however large the tensor is, because slices are small;
//! - an error leaves the slice as it was;
//! - a part has the bits of that part of the whole, and of its own halves;
//! - all backends write the same bits;
//! - other formats hold the rounded values, and count those that saturate;
//! - a scheme parses back from what it prints;
//! - an empty tensor is filled by doing nothing;
//! - `verify` accepts what `fill` wrote;
//! - each group of an orthogonal tensor is orthogonal, and ICNR repeats what it says.
#![no_main]

use half::{bf16, f16};
use libfuzzer_sys::{
    arbitrary::{self, Arbitrary, Result as Arbitrarily, Unstructured},
    fuzz_target,
};
use weight_init::{
    Activation, Backend, Dims, Distribution, Element, Family, Fan, FanMode, FixedPoint, Init,
    InitError, Layer, Layout, Mismatch, Plan, Recurrent, Shape, Stream, SubPixel, fill_normal,
    fill_orthogonal_with, fill_truncated_normal, fill_uniform,
};

/// The longest tensor that is filled as a whole.
const WHOLE: usize = 1500;

#[derive(Arbitrary, Debug)]
enum Request {
    Tensor { init: AnyInit, shape: AnyShape, at: Part, bits: u8 },
    Text(String),
    Samples { distribution: AnyDistribution, start: Start, at: Part, bits: u8 },
    Orthogonal { rows: Size, cols: Size, gain: Float, len: u8 },
    Layers { layers: Vec<AnyLayer>, at: Part },
    Gates { gru: bool, inputs: Size, hidden: Size, layout: u8, init: AnyInit, len: u8 },
    Values { distribution: AnyDistribution, values: Vec<Float> },
}

/// Small, or a power of two, or near the largest.
#[derive(Debug, Clone, Copy)]
struct Size(usize);

impl<'a> Arbitrary<'a> for Size {
    fn arbitrary(u: &mut Unstructured<'a>) -> Arbitrarily<Self> {
        let kind: u8 = u.arbitrary()?;
        Ok(Self(match kind {
            0..=159 => usize::from(kind % 16),
            160..=191 => usize::from(u.arbitrary::<u8>()?),
            192..=223 => 1 << (u32::from(u.arbitrary::<u8>()?) % usize::BITS),
            224..=239 => usize::MAX / usize::from(u.arbitrary::<u8>()?.max(1)),
            _ => u.arbitrary()?,
        }))
    }
}

/// Any bits, but often those of a usual or of an odd number.
#[derive(Debug, Clone, Copy)]
struct Float(f32);

impl<'a> Arbitrary<'a> for Float {
    fn arbitrary(u: &mut Unstructured<'a>) -> Arbitrarily<Self> {
        const ODD: [f32; 12] = [
            0.0,
            -0.0,
            1.0,
            0.5,
            -1.0,
            f32::NAN,
            f32::INFINITY,
            f32::NEG_INFINITY,
            f32::MAX,
            f32::MIN_POSITIVE,
            1e-45,
            8.1e-28,
        ];
        let kind: u8 = u.arbitrary()?;
        Ok(Self(match kind {
            0..=95 => ODD[usize::from(kind) % ODD.len()],
            96..=191 => f32::from(u.arbitrary::<i16>()?) / 256.0,
            _ => f32::from_bits(u.arbitrary()?),
        }))
    }
}

/// An index at which something begins: small, or near the end of all.
#[derive(Debug, Clone, Copy)]
struct Start(u64);

impl<'a> Arbitrary<'a> for Start {
    fn arbitrary(u: &mut Unstructured<'a>) -> Arbitrarily<Self> {
        let kind: u8 = u.arbitrary()?;
        Ok(Self(match kind {
            0..=127 => u.arbitrary::<u16>()?.into(),
            128..=191 => u64::MAX - u64::from(u.arbitrary::<u16>()?),
            _ => u.arbitrary()?,
        }))
    }
}

/// A part of something: `len` values from `start` on, the first `cut` of them apart.
#[derive(Arbitrary, Debug, Clone, Copy)]
struct Part {
    start: Start,
    within: bool,
    len: u8,
    cut: u8,
}

impl Part {
    /// The part as it is, or so that it begins and ends within `end` values.
    fn within(self, end: usize) -> (u64, usize, usize) {
        let (start, len) = (self.start.0, usize::from(self.len));
        let (start, len) = if self.within {
            let start = start % (end as u64).saturating_add(1).max(1);
            (start, (end as u64 - start).min(len as u64) as usize)
        } else {
            (start, len)
        };
        (start, len, usize::from(self.cut).min(len))
    }
}

#[derive(Arbitrary, Debug)]
struct AnyInit {
    scheme: AnyScheme,
    gain: Option<Float>,
    mode: Option<u8>,
    residual: Option<Size>,
    icnr: Option<(Size, bool)>,
}

#[derive(Arbitrary, Debug)]
enum AnyScheme {
    Named(u8),
    Activation(u8, Float),
    Constant(Float),
    Normal(Float, Float),
    TruncatedNormal(Float, Float),
    Uniform(Float, Float),
    VarianceScaling(Float, u8, u8),
    Sparse(Float, Float),
    Orthogonal,
    DeltaOrthogonal,
    Identity,
    Dirac,
    Bilinear,
}

fn pick<T: Copy, const N: usize>(of: [T; N], index: u8) -> T {
    of[usize::from(index) % N]
}

fn mode(index: u8) -> FanMode {
    pick([FanMode::FanIn, FanMode::FanOut, FanMode::FanAvg, FanMode::FanGeoAvg], index)
}

fn layout(index: u8) -> Layout {
    pick([Layout::OutIn, Layout::InOut, Layout::OutKernelIn], index)
}

fn activation(index: u8, slope: f32) -> Activation {
    let all = [
        Activation::Linear,
        Activation::Sigmoid,
        Activation::Tanh,
        Activation::Relu,
        Activation::LeakyRelu { slope },
        Activation::Selu,
        Activation::Gelu,
        Activation::Silu,
        Activation::Mish,
        Activation::Elu,
        Activation::Softplus,
    ];
    pick(all, index)
}

impl AnyInit {
    fn init(&self) -> Init {
        let named = [
            Init::zeros(),
            Init::ones(),
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
        ];
        let families = [Family::Normal, Family::TruncatedNormal, Family::Uniform];
        let mut init = match self.scheme {
            AnyScheme::Named(index) => pick(named, index),
            AnyScheme::Activation(index, slope) => activation(index, slope.0).init(),
            AnyScheme::Constant(value) => Init::constant(value.0),
            AnyScheme::Normal(mean, std) => Init::normal(mean.0, std.0),
            AnyScheme::TruncatedNormal(mean, std) => Init::truncated_normal(mean.0, std.0),
            AnyScheme::Uniform(low, high) => Init::uniform(low.0, high.0),
            AnyScheme::VarianceScaling(scale, index, family) => {
                Init::variance_scaling(scale.0, mode(index), pick(families, family))
            }
            AnyScheme::Sparse(sparsity, std) => Init::sparse(sparsity.0, std.0),
            AnyScheme::Orthogonal => Init::orthogonal(),
            AnyScheme::DeltaOrthogonal => Init::delta_orthogonal(),
            AnyScheme::Identity => Init::identity(),
            AnyScheme::Dirac => Init::dirac(),
            AnyScheme::Bilinear => Init::bilinear(),
        };
        if let Some(gain) = self.gain {
            init = init.gain(gain.0);
        }
        if let Some(index) = self.mode {
            init = init.mode(mode(index));
        }
        if let Some(blocks) = self.residual {
            init = init.residual(blocks.0);
        }
        if let Some((upscale, shuffle)) = self.icnr {
            init = init.icnr(upscale.0, self.order(shuffle));
        }
        init
    }

    fn order(&self, shuffle: bool) -> SubPixel {
        if shuffle { SubPixel::PixelShuffle } else { SubPixel::DepthToSpace }
    }

    fn is_orthogonal(&self) -> bool {
        matches!(self.scheme, AnyScheme::Orthogonal | AnyScheme::DeltaOrthogonal)
    }
}

#[derive(Arbitrary, Debug)]
struct AnyShape {
    kind: AnyKind,
    groups: Option<Size>,
    transposed: bool,
    layout: u8,
}

#[derive(Arbitrary, Debug)]
enum AnyKind {
    Dense(Size, Size),
    Conv1d(Size, Size, Size),
    Conv2d(Size, Size, [Size; 2]),
    Conv3d(Size, Size, [Size; 3]),
    Depthwise2d(Size, Size, [Size; 2]),
    Vector(Size),
    Dims(Vec<Size>, Size),
    DimsTransposed(Vec<Size>, Size),
}

impl AnyShape {
    fn shape(&self) -> Option<Shape> {
        let sizes = |dims: &[Size]| dims.iter().map(|size| size.0).collect::<Vec<_>>();
        let layout = layout(self.layout);
        let shape = match &self.kind {
            AnyKind::Dense(i, o) => Shape::dense(i.0, o.0),
            AnyKind::Conv1d(i, o, k) => Shape::conv1d(i.0, o.0, k.0),
            AnyKind::Conv2d(i, o, k) => Shape::conv2d(i.0, o.0, k.map(|k| k.0)),
            AnyKind::Conv3d(i, o, k) => Shape::conv3d(i.0, o.0, k.map(|k| k.0)),
            AnyKind::Depthwise2d(c, m, k) => Shape::depthwise2d(c.0, m.0, k.map(|k| k.0)),
            AnyKind::Vector(len) => Shape::vector(len.0),
            AnyKind::Dims(dims, groups) => {
                return Shape::from_dims(&sizes(dims), layout, groups.0).ok();
            }
            AnyKind::DimsTransposed(dims, groups) => {
                return Shape::from_dims_transposed(&sizes(dims), layout, groups.0).ok();
            }
        };
        let shape = if let Some(groups) = self.groups { shape.grouped(groups.0) } else { shape };
        let shape = if self.transposed { shape.transposed() } else { shape };
        Some(shape.layout(layout))
    }

    fn is_vector(&self) -> bool {
        matches!(self.kind, AnyKind::Vector(_))
    }
}

#[derive(Arbitrary, Debug)]
enum AnyDistribution {
    Constant(Float),
    Normal(Float, Float),
    TruncatedNormal(Float, Float),
    Uniform(Float, Float),
}

impl AnyDistribution {
    fn distribution(&self) -> Distribution {
        match *self {
            Self::Constant(value) => Distribution::Constant { value: value.0 },
            Self::Normal(mean, std) => Distribution::Normal { mean: mean.0, std: std.0 },
            Self::TruncatedNormal(mean, std) => {
                Distribution::TruncatedNormal { mean: mean.0, std: std.0 }
            }
            Self::Uniform(low, high) => Distribution::Uniform { low: low.0, high: high.0 },
        }
    }
}

#[derive(Arbitrary, Debug)]
struct AnyLayer {
    name: u8,
    shape: AnyShape,
    init: AnyInit,
    bias: Option<AnyInit>,
    without_bias: bool,
}

const STREAM: Stream = Stream::new(42).substream(1).named("fuzz");

type Bits = Vec<u32>;

/// A slot of a format, by its bits.
trait Slot: Copy {
    const MARK: Self;
    fn bits(self) -> u32;
}

macro_rules! slots {
    ($($t:ty, $mark:expr, $bits:expr;)*) => {$(
        impl Slot for $t {
            const MARK: Self = $mark;
            fn bits(self) -> u32 {
                $bits(self)
            }
        }
    )*};
}

slots! {
    f32, f32::from_bits(0x7fc0_1234), f32::to_bits;
    f16, f16::from_bits(0x7e12), |v: f16| v.to_bits().into();
    bf16, bf16::from_bits(0x7fc5), |v: bf16| v.to_bits().into();
    i8, 93, |v| i32::from(v) as u32;
    i16, 23_456, |v| i32::from(v) as u32;
    i32, 0x1234_5678, |v| v as u32;
}

fn bits<T: Slot>(values: &[T]) -> Bits {
    values.iter().map(|v| v.bits()).collect()
}

/// Fills `len` slots. An error must leave them as they were.
fn attempt<T: Slot, R>(
    len: usize,
    fill: impl FnOnce(&mut [T]) -> Result<R, InitError>,
) -> Result<(Vec<T>, R), InitError> {
    let mut out = vec![T::MARK; len];
    match fill(&mut out) {
        Ok(result) => Ok((out, result)),
        Err(error) => {
            assert!(out.iter().all(|v| v.bits() == T::MARK.bits()), "written before {error}");
            assert!(!error.to_string().is_empty());
            Err(error)
        }
    }
}

fn f32s(
    len: usize,
    fill: impl FnOnce(&mut [f32]) -> Result<(), InitError>,
) -> Result<Vec<f32>, InitError> {
    attempt(len, fill).map(|(out, ())| out)
}

/// Returns the values that a fixed-point fill must write, and how many must saturate.
fn fixed(values: &[f32], fraction_bits: u32, low: f64, high: f64) -> (Bits, usize) {
    let scale = 2_f64.powi(fraction_bits as i32);
    let nearest = |v: &f32| (f64::from(*v) * scale).round_ties_even();
    let slots = values.iter().map(|v| nearest(v).clamp(low, high) as i32 as u32).collect();
    (slots, values.iter().filter(|v| !(low..=high).contains(&nearest(v))).count())
}

/// Compares a request in other formats with its values in `f32`. It may be refused, by what those can't
/// hold or if `refusable`.
fn formats(values: &[f32], refusable: bool, fraction_bits: u8, fill: &impl FillFormats) {
    fn elements<E: Element + Slot>(
        fill: &impl FillFormats,
        values: &[f32],
        round: fn(f32) -> E,
        refusable: bool,
    ) {
        match attempt(values.len(), |out: &mut [E]| fill.element(out)) {
            Ok((out, ())) => {
                let expected: Bits = values.iter().map(|&v| round(v).bits()).collect();
                assert_eq!(bits(&out), expected);
            }
            Err(InitError::TooLargeForFormat { .. }) => {}
            Err(error) => assert!(refusable, "{error}"),
        }
    }
    fn integers<Q: FixedPoint + Slot>(
        fill: &impl FillFormats,
        values: &[f32],
        fraction_bits: u32,
        [low, high]: [f64; 2],
        refusable: bool,
    ) {
        match attempt(values.len(), |out: &mut [Q]| fill.fixed(fraction_bits, out)) {
            Ok((out, saturated)) => {
                assert_eq!((bits(&out), saturated), fixed(values, fraction_bits, low, high));
            }
            Err(InitError::FractionBits { largest, given }) => assert!(given > largest),
            Err(error) => assert!(refusable, "{error}"),
        }
    }
    let bits = u32::from(fraction_bits % 40);
    elements::<f32>(fill, values, |v| v, refusable);
    elements::<f16>(fill, values, f16::from_f32, refusable);
    elements::<bf16>(fill, values, bf16::from_f32, refusable);
    integers::<i8>(fill, values, bits, [i8::MIN.into(), i8::MAX.into()], refusable);
    integers::<i16>(fill, values, bits, [i16::MIN.into(), i16::MAX.into()], refusable);
    integers::<i32>(fill, values, bits, [i32::MIN.into(), i32::MAX.into()], refusable);
}

/// A request that can be made in every format.
trait FillFormats {
    fn element<E: Element>(&self, out: &mut [E]) -> Result<(), InitError>;
    fn fixed<Q: FixedPoint>(&self, fraction_bits: u32, out: &mut [Q]) -> Result<usize, InitError>;
}

struct Whole<'a>(Init, &'a Shape);

impl FillFormats for Whole<'_> {
    fn element<E: Element>(&self, out: &mut [E]) -> Result<(), InitError> {
        self.0.fill_as(STREAM, self.1, out)
    }
    fn fixed<Q: FixedPoint>(&self, fraction_bits: u32, out: &mut [Q]) -> Result<usize, InitError> {
        self.0.fill_fixed(STREAM, self.1, fraction_bits, out)
    }
}

struct Range<'a>(Init, &'a Shape, u64);

impl FillFormats for Range<'_> {
    fn element<E: Element>(&self, out: &mut [E]) -> Result<(), InitError> {
        self.0.fill_range_as(STREAM, self.1, self.2, out)
    }
    fn fixed<Q: FixedPoint>(&self, fraction_bits: u32, out: &mut [Q]) -> Result<usize, InitError> {
        self.0.fill_range_fixed(STREAM, self.1, self.2, fraction_bits, out)
    }
}

struct Samples(Distribution, u64, Backend);

impl FillFormats for Samples {
    fn element<E: Element>(&self, out: &mut [E]) -> Result<(), InitError> {
        self.0.fill_as_with(self.2, STREAM, self.1, out)
    }
    fn fixed<Q: FixedPoint>(&self, fraction_bits: u32, out: &mut [Q]) -> Result<usize, InitError> {
        self.0.fill_fixed_with(self.2, STREAM, self.1, fraction_bits, out)
    }
}

/// A scheme parses back from what it prints. The debug output is compared too, because a NaN equals
/// nothing and −0 equals 0.
fn round_trip(init: Init) {
    let text = init.to_string();
    let parsed: Init = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
    assert_eq!(format!("{parsed:?}"), format!("{init:?}"), "{text}");
    assert!(parsed == init || text.contains("NaN"), "{text}");
    assert_eq!(parsed.to_string(), text);
}

fn text(text: &str) {
    match text.parse::<Init>() {
        Ok(init) => round_trip(init),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    match text.parse::<Layout>() {
        Ok(layout) => assert_eq!(layout.to_string().parse(), Ok(layout)),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    match text.parse::<Backend>() {
        Ok(backend) => assert_eq!(backend.to_string().parse(), Ok(backend)),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

fn check_shape(any: &AnyShape, shape: &Shape) {
    let _ = shape.fan();
    assert_eq!(shape.len(), shape.try_len().unwrap_or(usize::MAX));
    assert_eq!(shape.is_empty(), shape.try_len() == Ok(0));
    let Ok(dims) = shape.dims() else {
        assert!(shape.try_len().is_err());
        return;
    };
    if let Ok(len) = shape.try_len() {
        let product = dims.iter().try_fold(1_usize, |product, &dim| product.checked_mul(dim));
        assert!(product.is_none_or(|product| product == len), "{dims:?}, {len}");
        assert!(product.is_some() || len == 0, "{dims:?}, {len}");
    }
    if let (false, None) = (any.is_vector(), any.groups) {
        let (plain, transposed) = (
            Shape::from_dims(&dims, layout(any.layout), 1),
            Shape::from_dims_transposed(&dims, layout(any.layout), 1),
        );
        let grouped = matches!(
            any.kind,
            AnyKind::Depthwise2d(..) | AnyKind::Dims(..) | AnyKind::DimsTransposed(..)
        );
        assert!(grouped || plain == Ok(*shape) || transposed == Ok(*shape), "{shape:?}");
    }
}

fn tensor(any_init: &AnyInit, any_shape: &AnyShape, at: Part, fraction_bits: u8) {
    let init = any_init.init();
    round_trip(init);
    let Some(shape) = any_shape.shape() else { return };
    check_shape(any_shape, &shape);
    let len = shape.try_len();
    if let Ok(fan) = shape.fan() {
        let _ = init.distribution(fan);
    }

    // Whatever the tensor is, from a small slice.
    let given = f32s(at.len.into(), |out| init.fill(STREAM, &shape, out));
    assert!(given.is_err() || len == Ok(at.len.into()));
    if len == Ok(0) {
        empty(init, any_init, &shape);
    }
    let _ = f32s(at.len.into(), |out| init.fill_bias(STREAM, &shape, out));

    // Its zeros are chosen one after the other, so that a page may cost many outputs.
    let outputs = shape.dims().map_or(0, |dims: Dims| dims.iter().copied().max().unwrap_or(0));
    let costly = matches!(any_init.scheme, AnyScheme::Sparse(..)) && outputs > 1 << 12;
    let (start, part_len, cut) = at.within(len.unwrap_or(0));
    let range = |start: u64, len| f32s(len, |out| init.fill_range(STREAM, &shape, start, out));
    let part = if costly && part_len > 0 { None } else { Some(range(start, part_len)) };
    match &part {
        Some(Ok(values)) => {
            assert!(values.iter().all(|v| v.is_finite()));
            let halves =
                [range(start, cut).unwrap(), range(start + cut as u64, part_len - cut).unwrap()];
            assert_eq!(bits(values), bits(&halves.concat()));
            formats(values, false, fraction_bits, &Range(init, &shape, start));
        }
        // The slice is looked at by the other formats too.
        Some(Err(_)) => {
            let range = Range(init, &shape, start);
            assert!(attempt(part_len, |out: &mut [f16]| range.element(out)).is_err());
            assert!(attempt(part_len, |out: &mut [i16]| range.fixed(7, out)).is_err());
        }
        None => {}
    }

    if let Ok(len) = len
        && len <= WHOLE
    {
        whole(init, any_init, any_shape, &shape, len, fraction_bits);
        if let (Some(part), Ok(whole)) = (part, f32s(len, |out| init.fill(STREAM, &shape, out)))
            && start.saturating_add(part_len as u64) <= len as u64
        {
            match part {
                Ok(part) => assert_eq!(bits(&part), bits(&whole[start as usize..][..part_len])),
                Err(error) => assert!(any_init.is_orthogonal(), "{error}"),
            }
        }
    }
}

/// With valid parameters an empty tensor is no error, whatever its other dimensions are.
fn empty(init: Init, any: &AnyInit, shape: &Shape) {
    let valid = matches!(
        any.scheme,
        AnyScheme::Named(_) | AnyScheme::Dirac | AnyScheme::Bilinear | AnyScheme::Sparse(..)
    );
    if let Err(error) = init.fill(STREAM, shape, &mut []) {
        let about_fan = matches!(error, InitError::ZeroFan { .. } | InitError::Overflow);
        assert!(!valid || !about_fan, "{init}, {shape:?}: {error}");
    }
}

fn whole(
    init: Init,
    any_init: &AnyInit,
    any_shape: &AnyShape,
    shape: &Shape,
    len: usize,
    fraction_bits: u8,
) {
    let expected = f32s(len, |out| init.fill(STREAM, shape, out));
    for backend in Backend::available() {
        let given = f32s(len, |out| init.fill_with(backend, STREAM, shape, out));
        let bits_of = |values: &Result<Vec<f32>, InitError>| values.as_deref().ok().map(bits);
        assert_eq!(bits_of(&given), bits_of(&expected), "{backend}");
    }
    let verified = init.verify(shape, expected.as_deref().unwrap_or(&vec![0.0; len]));
    let Ok(values) = expected else {
        assert!(verified.is_err());
        return;
    };
    assert!(values.iter().all(|v| v.is_finite()));
    match verified {
        Ok(stats) => assert_eq!(stats.len, len),
        Err(error) => {
            assert_eq!(error, Mismatch::Request(InitError::NoDistribution), "{init}, {shape:?}");
        }
    }
    let mut slots = Vec::with_capacity(len);
    let fresh = init.fill_uninit(STREAM, shape, &mut slots.spare_capacity_mut()[..len]).unwrap();
    assert_eq!(bits(fresh), bits(&values));
    formats(&values, any_init.is_orthogonal(), fraction_bits, &Whole(init, shape));

    if len == 0 || any_shape.is_vector() {
        return;
    }
    let tensor = Matrix::new(any_shape, shape, &values);
    if let AnyScheme::Orthogonal = any_init.scheme {
        tensor.check_orthogonal();
    }
    if let Some((upscale, shuffle)) = any_init.icnr {
        tensor.check_icnr(upscale.0, any_init.order(shuffle));
    }
}

/// The values of a tensor, by the indices of outputs (or inputs, of a transposed convolution), of the
/// other channels, and of the kernel.
struct Matrix<'a> {
    values: &'a [f32],
    layout: Layout,
    transposed: bool,
    groups: usize,
    major: usize,
    minor: usize,
    kernel: Vec<usize>,
}

impl<'a> Matrix<'a> {
    fn new(any: &AnyShape, shape: &Shape, values: &'a [f32]) -> Self {
        let dims = shape.dims().unwrap().to_vec();
        let layout = layout(any.layout);
        let (major, minor, kernel) = match layout {
            Layout::InOut => {
                (dims[dims.len() - 1], dims[dims.len() - 2], dims[..dims.len() - 2].to_vec())
            }
            Layout::OutKernelIn => {
                (dims[0], dims[dims.len() - 1], dims[1..dims.len() - 1].to_vec())
            }
            _ => (dims[0], dims[1], dims[2..].to_vec()),
        };
        let groups = match &any.kind {
            AnyKind::Dims(_, groups) | AnyKind::DimsTransposed(_, groups) => groups.0,
            AnyKind::Depthwise2d(channels, ..) => any.groups.unwrap_or(*channels).0,
            _ => any.groups.map_or(1, |groups| groups.0),
        };
        let by_dims = matches!(any.kind, AnyKind::Dims(..));
        let transposed =
            matches!(any.kind, AnyKind::DimsTransposed(..)) || any.transposed && !by_dims;
        Self { values, layout, transposed, groups, major, minor, kernel }
    }

    fn elements(&self) -> usize {
        self.kernel.iter().product()
    }

    fn at(&self, major: usize, minor: usize, k: usize) -> f32 {
        self.values[match self.layout {
            Layout::InOut => (k * self.minor + minor) * self.major + major,
            Layout::OutKernelIn => (major * self.elements() + k) * self.minor + minor,
            _ => (major * self.minor + minor) * self.elements() + k,
        }]
    }

    /// Rows or columns of each group have the same length, and are orthogonal to their neighbours.
    fn check_orthogonal(&self) {
        let of_group = self.major / self.groups;
        let rest = self.minor * self.elements();
        let (short, long) = (of_group.min(rest), of_group.max(rest));
        let length = |group: usize, a: usize, b: usize| {
            let value = |line: usize, j: usize| {
                let (major, rest) = if of_group <= rest { (line, j) } else { (j, line) };
                let major = group * of_group + major;
                self.at(major, rest / self.elements(), rest % self.elements()) as f64
            };
            (0..long).map(|j| value(a, j) * value(b, j)).sum::<f64>()
        };
        // Some entry is as large as the mean square makes it.
        let gain = length(0, 0, 0);
        let squares = self.values.iter().map(|&v| f64::from(v).powi(2)).sum::<f64>();
        assert!((squares - gain * (short * self.groups) as f64).abs() <= 1e-4 * squares);
        for (group, a) in (0..self.groups).flat_map(|g| (0..short).map(move |a| (g, a))) {
            assert!((length(group, a, a) - gain).abs() <= 1e-4 * gain, "{:?}", self.kernel);
            assert!(length(group, a, (a + 1) % short).abs() <= 1e-4 * gain || short == 1);
        }
        // The longest a value can be.
        let largest = self.values.iter().fold(0.0, |largest: f32, v| largest.max(v.abs()));
        assert!(f64::from(largest).powi(2) <= gain * 1.0001);
    }

    /// The value at each output, input and kernel offset is that of the first in its patch.
    fn check_icnr(&self, upscale: usize, order: SubPixel) {
        let pixels = self.kernel.iter().fold(1, |pixels, _| pixels * upscale);
        for (major, minor) in (0..self.major).flat_map(|a| (0..self.minor).map(move |b| (a, b))) {
            for k in 0..self.elements() {
                let first = if self.transposed {
                    let (mut rest, mut step, mut first) = (k, 1, 0);
                    for size in self.kernel.iter().rev() {
                        let at = rest % size;
                        (rest, first) = (rest / size, first + (at - at % upscale) * step);
                        step *= size;
                    }
                    self.at(major, minor, first)
                } else {
                    let source = match order {
                        SubPixel::PixelShuffle => major - major % pixels,
                        _ => major % (self.major / pixels),
                    };
                    self.at(source, minor, k)
                };
                assert_eq!(self.at(major, minor, k).to_bits(), first.to_bits());
            }
        }
    }
}

fn samples(any: &AnyDistribution, start: u64, at: Part, fraction_bits: u8) {
    let distribution = any.distribution();
    let (len, cut) = (usize::from(at.len) * 8, usize::from(at.cut.min(at.len)));
    let expected = f32s(len, |out| distribution.fill(STREAM, start, out));
    let free = f32s(len, |out| match distribution {
        Distribution::Normal { mean, std } => fill_normal(STREAM, start, mean, std, out),
        Distribution::TruncatedNormal { mean, std } => {
            fill_truncated_normal(STREAM, start, mean, std, out)
        }
        Distribution::Uniform { low, high } => fill_uniform(STREAM, start, low, high, out),
        _ => distribution.fill(STREAM, start, out),
    });
    assert_eq!(free.as_deref().ok().map(bits), expected.as_deref().ok().map(bits));
    let Ok(values) = expected else {
        assert!(distribution.verify(&[]).is_err() || start.checked_add(len as u64).is_none());
        return;
    };
    assert!(values.iter().all(|v| v.is_finite()));
    distribution.verify(&values).unwrap();
    for backend in Backend::available() {
        let fill = |start, len| {
            f32s(len, |out| distribution.fill_with(backend, STREAM, start, out)).unwrap()
        };
        let halves = [fill(start, cut), fill(start + cut as u64, len - cut)];
        assert_eq!(bits(&halves.concat()), bits(&values), "{backend}");
        formats(&values, false, fraction_bits, &Samples(distribution, start, backend));
    }
}

fn orthogonal(rows: usize, cols: usize, gain: f32, len: usize) {
    let len = match rows.checked_mul(cols) {
        Some(len) if len <= WHOLE => len,
        _ => len,
    };
    let mut first: Option<Option<Bits>> = None;
    for backend in Backend::available() {
        let given = f32s(len, |out| fill_orthogonal_with(backend, STREAM, rows, cols, gain, out));
        assert!(given.is_err() || rows.checked_mul(cols) == Some(len));
        let given = given.ok().map(|values| bits(&values));
        assert_eq!(first.get_or_insert_with(|| given.clone()), &given, "{backend}");
    }
}

fn layers(layers: &[AnyLayer], at: Part) {
    const NAMES: [&str; 5] = ["fc1", "fc2", "conv", "", "a.weight"];
    let mut plan: Plan<6> = Plan::new();
    for any in layers.iter().take(5) {
        let Some(shape) = any.shape.shape() else { continue };
        let layer = Layer::with_init(pick(NAMES, any.name), shape, any.init.init());
        let layer = match &any.bias {
            Some(bias) => layer.bias(bias.init()),
            None => layer,
        };
        let layer = if any.without_bias { layer.without_bias() } else { layer };
        let before = (plan.len(), plan.tensors().to_vec());
        let (len, count) = (layer.len(), Layer::tensor_count(&[layer]));
        match plan.push(layer) {
            Ok(()) => {
                assert_eq!(plan.len(), before.0 + len);
                assert_eq!(plan.tensors().len(), before.1.len() + count);
                assert_eq!(layer.is_empty(), len == 0);
            }
            Err(error) => {
                assert!(!error.to_string().is_empty());
                assert_eq!(plan.len(), before.0);
                // A NaN in a plan would have been refused.
                assert_eq!(plan.tensors(), before.1);
            }
        }
    }
    let (start, len, cut) = at.within(plan.len());
    let range = |start, len| f32s(len, |out| plan.fill_range(STREAM, start, out));
    let part = range(start, len);
    if let Ok(part) = &part {
        let halves = [range(start, cut).unwrap(), range(start + cut as u64, len - cut).unwrap()];
        assert_eq!(bits(part), bits(&halves.concat()));
    }
    let _ = f32s(len, |out| plan.fill(STREAM, out));
    if plan.len() > WHOLE {
        return;
    }
    let whole = f32s(plan.len(), |out| plan.fill(STREAM, out)).unwrap();
    if let Ok(part) = part {
        assert_eq!(bits(&part), bits(&whole[start as usize..][..len]));
    }
    plan.verify(&whole).unwrap();
    let mut pages = plan.pages(STREAM);
    let mut page = vec![f32::MARK; usize::from(at.cut) + 1];
    let mut paged = Vec::new();
    while let Some((start, values)) = pages.next_page(&mut page) {
        assert_eq!(start, paged.len());
        paged.extend_from_slice(values);
    }
    assert_eq!(bits(&paged), bits(&whole));
    for (tensor, values) in plan.slices(&whole).unwrap() {
        let name = tensor.name().to_string();
        let alone =
            f32s(values.len(), |out| tensor.distribution().fill(STREAM.named(&name), 0, out));
        assert_eq!(bits(&alone.unwrap()), bits(values), "{name}");
        assert!(f32s(plan.len(), |out| plan.fill_tensor(STREAM, &name, out)).is_ok());
    }
}

fn gates(gru: bool, inputs: usize, hidden: usize, at: u8, any: &AnyInit, len: usize) {
    let layer = if gru { Recurrent::gru(inputs, hidden) } else { Recurrent::lstm(inputs, hidden) };
    let layer = layer.layout(layout(at));
    let init = any.init();
    for (shape, recurrent) in [(layer.input_shape(), false), (layer.recurrent_shape(), true)] {
        let fill = |len| {
            f32s(len, |out| match recurrent {
                false => layer.fill_input(init, STREAM, out),
                true => layer.fill_recurrent(init, STREAM, out),
            })
        };
        assert!(fill(len).is_err() || shape.try_len() == Ok(len));
        let Ok(whole) = shape.try_len() else { continue };
        if whole > WHOLE {
            continue;
        }
        let inputs = if recurrent { hidden } else { inputs };
        let gates = if gru { 3 } else { 4 };
        let block = Shape::dense(inputs, hidden).layout(layout(at));
        let blocks: Result<Vec<_>, _> = (0..gates)
            .map(|gate| {
                f32s(whole / gates, |out| init.fill(STREAM.substream(gate as u64), &block, out))
            })
            .collect();
        let (Ok(given), Ok(blocks)) = (fill(whole), &blocks) else {
            assert_eq!(fill(whole).is_ok(), blocks.is_ok());
            continue;
        };
        for (index, value) in given.iter().enumerate() {
            let expected = match layout(at) {
                Layout::InOut => {
                    let (row, col) = (index / (gates * hidden), index % (gates * hidden));
                    blocks[col / hidden][row * hidden + col % hidden]
                }
                _ => blocks[index / (inputs * hidden)][index % (inputs * hidden)],
            };
            assert_eq!(value.to_bits(), expected.to_bits());
        }
    }
    let bias = f32s(len, |out| layer.fill_bias(out));
    assert!(bias.is_err() || layer.bias_len() == len);
    if layer.bias_len() <= WHOLE {
        let bias = f32s(layer.bias_len(), |out| layer.fill_bias(out)).unwrap();
        let open = bias.iter().filter(|&&v| v == 1.0).count();
        assert_eq!(open, if gru { 0 } else { hidden });
        assert_eq!(bias.iter().filter(|&&v| v == 0.0).count(), bias.len() - open);
    }
}

fn values(any: &AnyDistribution, values: &[Float]) {
    let values: Vec<f32> = values.iter().map(|v| v.0).collect();
    let distribution = any.distribution();
    let stats = distribution.stats(&values);
    assert_eq!(stats.len, values.len());
    let _ = (distribution.std(), Fan::new(values.len(), 0));
    if let Err(error) = distribution.verify(&values) {
        assert!(!error.to_string().is_empty());
    }
    // If the parameters are invalid, the rest means nothing.
    if distribution.verify(&[]).is_err() {
        return;
    }
    assert_eq!(stats.not_finite, values.iter().filter(|v| !v.is_finite()).count());
    assert_eq!(stats.zeros, values.iter().filter(|&&v| v == 0.0).count());
    let smallest = values.iter().copied().filter(|v| v.is_finite()).reduce(f32::min);
    assert!(stats.min == smallest.unwrap_or(f32::NAN) || smallest.is_none() && stats.min.is_nan());
}

fuzz_target!(|request: Request| {
    match request {
        Request::Tensor { init, shape, at, bits } => tensor(&init, &shape, at, bits),
        Request::Text(given) => text(&given),
        Request::Samples { distribution, start, at, bits } => {
            samples(&distribution, start.0, at, bits);
        }
        Request::Orthogonal { rows, cols, gain, len } => {
            orthogonal(rows.0, cols.0, gain.0, len.into());
        }
        Request::Layers { layers: any, at } => layers(&any, at),
        Request::Gates { gru, inputs, hidden, layout, init, len } => {
            gates(gru, inputs.0, hidden.0, layout, &init, len.into());
        }
        Request::Values { distribution, values: given } => values(&distribution, &given),
    }
});
