//! Random requests, valid and invalid, to the whole public face, with overflow checks and debug assertions.
//!
//! Each request must hold these, or the target panics:
//!
//! - nothing panics or hangs, however large the tensor is, because slices are small;
//! - an error leaves the slice as it was, and so does a fill the slots between its strides;
//! - any range, block or shard of a tensor or a plan, with any strides, has the bits of that part of the whole;
//! - strides that give two values the same slot are refused, and shards along an axis partition it;
//! - each tensor of a stack has the bits that it has alone;
//! - all backends and threads write the same bits, and so do pages and `write_through`;
//! - other formats hold the rounded values, and count those that saturate;
//! - a scheme parses back from what it prints, and a path is the name of its parts joined by dots;
//! - an empty tensor is filled by doing nothing;
//! - `verify` and `matches` accept what `fill` wrote, and `matches` refuses it with another bit;
//! - each group of an orthogonal tensor is orthogonal, and ICNR repeats what it says.
#![no_main]

use half::{bf16, f16};
use libfuzzer_sys::{
    arbitrary::{self, Arbitrary, Result as Arbitrarily, Unstructured},
    fuzz_target,
};
use std::mem::MaybeUninit;
use weight_init::{
    Activation, Backend, Cut, Dims, Distribution, Draw, Element, Family, Fan, FanMode, FixedPoint,
    Init, InitError, Layer, Layout, Mismatch, Plan, PlanDraw, Quantization, Recurrent, Shape,
    Stream, SubPixel, VecPlan, fill_normal, fill_truncated_normal, fill_uniform,
};

/// The longest tensor that is filled as a whole.
const WHOLE: usize = 1500;
/// The largest block whose values are compared one by one.
const BLOCK: u128 = 200;
/// The longest slice for a block with strides.
const SPAN: u128 = 2000;

#[derive(Arbitrary, Debug)]
#[allow(clippy::large_enum_variant, reason = "there is only one at a time")]
enum Request {
    Tensor { init: AnyInit, shape: AnyShape, at: Part, block: AnyBlock, fixed: AnyFixed },
    Text(String),
    Path(Vec<String>),
    Samples { distribution: AnyDistribution, start: Start, at: Part, fixed: AnyFixed },
    Layers { layers: Vec<AnyLayer>, at: Part, fixed: AnyFixed },
    Values { distribution: AnyDistribution, values: Vec<Float> },
}

/// A quantisation, admissible or not.
#[derive(Arbitrary, Debug, Clone, Copy)]
struct AnyFixed {
    fraction_bits: u8,
    scale: Rarely<Float>,
    zero_point: Rarely<i16>,
}

impl AnyFixed {
    fn quantization(self) -> Quantization {
        let quantization = match self.scale.0 {
            Some(scale) => Quantization::from_scale(scale.0),
            None => Quantization::from_fraction_bits(u32::from(self.fraction_bits % 131)),
        };
        quantization.with_zero_point(i32::from(self.zero_point.0.unwrap_or(0)) >> 6)
    }
}

/// Small, or a power of two, or near the largest.
#[derive(Debug, Clone, Copy, PartialEq)]
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

/// Mostly `None`, because many options together are mostly invalid.
#[derive(Debug, Clone, Copy)]
struct Rarely<T>(Option<T>);

impl<'a, T: Arbitrary<'a>> Arbitrary<'a> for Rarely<T> {
    fn arbitrary(u: &mut Unstructured<'a>) -> Arbitrarily<Self> {
        let kind: u8 = u.arbitrary()?;
        Ok(Self(if kind > 191 { Some(u.arbitrary()?) } else { None }))
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
            0..=63 => ODD[usize::from(kind) % ODD.len()],
            64..=159 => f32::from(u.arbitrary::<u8>()?) / 128.0,
            160..=207 => f32::from(u.arbitrary::<i16>()?) / 256.0,
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

/// A block of a tensor: its offset, size and stride along each axis, and then a shard of it.
#[derive(Arbitrary, Debug)]
struct AnyBlock {
    axes: Vec<[Size; 3]>,
    within: bool,
    shard: Option<(u8, Size, Size)>,
    strides: AnyStrides,
}

#[derive(Arbitrary, Debug, Clone, Copy)]
enum AnyStrides {
    Contiguous,
    /// In any order of the axes, with gaps.
    Nested,
    Small,
    Given,
}

impl AnyBlock {
    /// Returns the offsets and sizes as they are, or so that the block is small and lies within the tensor.
    fn part(&self, dims: &[usize]) -> (Vec<usize>, Vec<usize>) {
        if !self.within {
            return self.axes.iter().map(|[offset, size, _]| (offset.0, size.0)).unzip();
        }
        let mut room = BLOCK as usize;
        let part = dims.iter().enumerate().map(|(axis, dim)| {
            let [offset, size, _] =
                self.axes.get(axis).copied().unwrap_or([Size(0), Size(3), Size(0)]);
            let offset = offset.0 % dim.saturating_add(1).max(1);
            let size = (size.0 % (dim - offset).saturating_add(1).max(1)).min(room);
            room /= size.max(1);
            (offset, size)
        });
        part.unzip()
    }

    fn strides(&self, sizes: &[usize]) -> Vec<usize> {
        let given = |axis: usize| self.axes.get(axis).map_or(axis, |[.., stride]| stride.0);
        let mut order: Vec<usize> = (0..sizes.len()).rev().collect();
        let gap = match self.strides {
            AnyStrides::Contiguous => 0,
            AnyStrides::Nested => {
                order.sort_by_key(|&axis| given(axis));
                4
            }
            AnyStrides::Small => return (0..sizes.len()).map(|axis| given(axis) % 8).collect(),
            AnyStrides::Given => return (0..sizes.len()).map(given).collect(),
        };
        let (mut strides, mut stride) = (vec![0; sizes.len()], 1_usize);
        for axis in order {
            stride = stride.saturating_add(given(axis).checked_rem(gap).unwrap_or(0));
            strides[axis] = stride;
            stride = stride.saturating_mul(sizes[axis]);
        }
        strides
    }
}

#[derive(Arbitrary, Debug)]
struct AnyInit {
    scheme: AnyScheme,
    gain: Rarely<Float>,
    mode: Rarely<u8>,
    residual: Rarely<Size>,
    cut: Rarely<Float>,
    icnr: Rarely<(Size, bool)>,
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
    Gates([Float; 4]),
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
        self.of_tensor(0)
    }

    /// Returns the scheme of a tensor of a stack.
    fn of_tensor(&self, number: usize) -> Init {
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
            AnyScheme::Gates(constants) => {
                let mut constants = constants.map(|constant| constant.0);
                constants.rotate_left(number % 4);
                Init::gates(constants)
            }
        };
        if let Some(gain) = self.gain.0 {
            init = init.gain(gain.0);
        }
        if let Some(index) = self.mode.0 {
            init = init.mode(mode(index));
        }
        if let Some(blocks) = self.residual.0 {
            init = init.residual(blocks.0);
        }
        if let Some(k) = self.cut.0 {
            init = init.cut(k.0);
        }
        if let Some((upscale, shuffle)) = self.icnr.0 {
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
    groups: Rarely<Size>,
    transposed: bool,
    layout: u8,
    fan: Rarely<[Size; 2]>,
    bias: Rarely<()>,
    stack: Option<(bool, Size)>,
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
    /// Returns the shape of one tensor of the stack.
    fn one(&self) -> Option<Shape> {
        let sizes = |dims: &[Size]| dims.iter().map(|size| size.0).collect::<Vec<_>>();
        let layout = layout(self.layout);
        let shape = match &self.kind {
            AnyKind::Dense(i, o) => Shape::dense(i.0, o.0),
            AnyKind::Conv1d(i, o, k) => Shape::conv1d(i.0, o.0, k.0),
            AnyKind::Conv2d(i, o, k) => Shape::conv2d(i.0, o.0, k.map(|k| k.0)),
            AnyKind::Conv3d(i, o, k) => Shape::conv3d(i.0, o.0, k.map(|k| k.0)),
            AnyKind::Depthwise2d(c, m, k) => Shape::depthwise2d(c.0, m.0, k.map(|k| k.0)),
            AnyKind::Vector(len) => Shape::vector(len.0),
            AnyKind::Dims(dims, groups) => Shape::from_dims(&sizes(dims), layout, groups.0).ok()?,
            AnyKind::DimsTransposed(dims, groups) => {
                Shape::from_dims_transposed(&sizes(dims), layout, groups.0).ok()?
            }
        };
        let by_dims = matches!(self.kind, AnyKind::Dims(..) | AnyKind::DimsTransposed(..));
        let shape = match self.groups.0 {
            Some(groups) if !by_dims => shape.grouped(groups.0),
            _ => shape,
        };
        let shape = if self.transposed && !by_dims { shape.transposed() } else { shape };
        let shape = match self.fan.0 {
            Some([fan_in, fan_out]) => shape.with_fan(Fan::new(fan_in.0, fan_out.0)),
            None => shape,
        };
        let shape = if self.is_bias() { shape.bias() } else { shape };
        Some(shape.layout(layout))
    }

    fn shape(&self) -> Option<Shape> {
        let one = self.one()?;
        Some(match self.stack {
            None => one,
            Some((false, count)) => one.stacked(count.0),
            Some((true, count)) => one.packed(count.0),
        })
    }

    fn is_bias(&self) -> bool {
        self.bias.0.is_some()
    }

    fn is_vector(&self) -> bool {
        self.is_bias() || matches!(self.kind, AnyKind::Vector(_))
    }

    /// A part of a sparse tensor may cost a hash for each of many outputs.
    fn is_costly(&self, init: &AnyInit) -> bool {
        let dims = self.shape().and_then(|shape| shape.dims().ok());
        let largest = dims.map_or(0, |dims: Dims| dims.iter().copied().max().unwrap_or(0));
        matches!(init.scheme, AnyScheme::Sparse(..)) && largest > 1 << 12
    }
}

#[derive(Arbitrary, Debug)]
enum AnyDistribution {
    Constant(Float),
    Normal(Float, Float),
    TruncatedNormal(Float, Float),
    CutAt(Float, Float, Float),
    CutBefore(Float, Float, Float),
    Uniform(Float, Float),
}

impl AnyDistribution {
    fn distribution(&self) -> Distribution {
        match *self {
            Self::Constant(value) => Distribution::Constant { value: value.0 },
            Self::Normal(mean, std) => Distribution::Normal { mean: mean.0, std: std.0 },
            Self::TruncatedNormal(mean, std) => {
                Distribution::TruncatedNormal { mean: mean.0, std: std.0, cut: Cut::TWO }
            }
            Self::CutAt(mean, std, k) => {
                Distribution::TruncatedNormal { mean: mean.0, std: std.0, cut: Cut::at(k.0) }
            }
            Self::CutBefore(mean, std, k) => {
                let cut = Cut::std_before(k.0);
                Distribution::TruncatedNormal { mean: mean.0, std: std.0, cut }
            }
            Self::Uniform(low, high) => Distribution::Uniform { low: low.0, high: high.0 },
        }
    }
}

#[derive(Arbitrary, Debug)]
struct AnyLayer {
    name: u8,
    is_tensor: bool,
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

/// A slot of an integer format.
trait Integer: Slot + FixedPoint {
    fn of_integer(integer: i32) -> Self;
}

macro_rules! integers {
    ($($t:ty)*) => {$(
        impl Integer for $t {
            fn of_integer(integer: i32) -> Self {
                integer as $t
            }
        }
    )*};
}

integers!(i8 i16 i32 u8);

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
    u8, 93, u32::from;
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

/// Fills `len` slots that are not initialised.
fn fresh<T: Slot>(
    len: usize,
    fill: impl FnOnce(&mut [MaybeUninit<T>]) -> Result<&mut [T], InitError>,
) -> Result<Bits, InitError> {
    fill(&mut vec![MaybeUninit::uninit(); len]).map(|values| bits(values))
}

/// A request for a tensor, a plan or a part of either.
trait Writes: Copy {
    fn on(self, backend: Backend) -> Self;
    fn parallel(self) -> Self;
    fn write_as<E: Element>(self, out: &mut [E]) -> Result<(), InitError>;
    fn write(self, out: &mut [f32]) -> Result<(), InitError>;
    fn write_fixed<Q: FixedPoint>(
        self,
        quantization: Quantization,
        out: &mut [Q],
    ) -> Result<usize, InitError>;
    fn write_uninit<E: Element>(self, out: &mut [MaybeUninit<E>]) -> Result<&mut [E], InitError>;
}

macro_rules! writes {
    ($($t:ty, $quantization:ident => $chosen:expr;)*) => {$(
        impl Writes for $t {
            fn on(self, backend: Backend) -> Self {
                <$t>::on(self, backend)
            }
            fn parallel(self) -> Self {
                <$t>::parallel(self)
            }
            fn write_as<E: Element>(self, out: &mut [E]) -> Result<(), InitError> {
                <$t>::write_as(&self, out)
            }
            fn write(self, out: &mut [f32]) -> Result<(), InitError> {
                <$t>::write(&self, out)
            }
            fn write_fixed<Q: FixedPoint>(
                self,
                $quantization: Quantization,
                out: &mut [Q],
            ) -> Result<usize, InitError> {
                <$t>::write_fixed(&self, $chosen, out)
            }
            fn write_uninit<E: Element>(
                self,
                out: &mut [MaybeUninit<E>],
            ) -> Result<&mut [E], InitError> {
                <$t>::write_uninit(&self, out)
            }
        }
    )*};
}

writes! {
    Draw<'_>, quantization => quantization;
    PlanDraw<'_, '_>, quantization => |_| quantization;
}

/// The slots that a request must fill with values, and those between them, which are `None`.
#[derive(Clone, Copy)]
struct Slots<'a> {
    slots: &'a [Option<f32>],
    /// The request may be refused, because it is a part of an orthogonal matrix.
    refusable: bool,
    quantization: Quantization,
}

impl Slots<'_> {
    fn bits<T: Slot>(&self, gap: T, round: impl Fn(f32) -> T) -> Bits {
        self.slots.iter().map(|slot| slot.map_or(gap, &round).bits()).collect()
    }

    fn check_refusal(&self, error: InitError) {
        match error {
            InitError::TooLargeForFormat { .. } => {}
            InitError::QuantizationScale { given } => {
                assert!(!(2_f32.powi(-120)..=2_f32.powi(120)).contains(&given));
            }
            InitError::ZeroPoint { largest, given } => assert!(!(0..=largest).contains(&given)),
            InitError::WholeTensorOnly => assert!(self.refusable),
            error => panic!("{error}"),
        }
    }

    fn floats<E: Slot>(
        &self,
        round: fn(f32) -> E,
        write: impl FnOnce(&mut [E]) -> Result<(), InitError>,
    ) {
        match attempt(self.slots.len(), write) {
            Ok((out, ())) => assert_eq!(bits(&out), self.bits(E::MARK, round)),
            Err(error) => self.check_refusal(error),
        }
    }

    fn integers<Q: Integer>(
        &self,
        range: [f64; 2],
        write: impl FnOnce(&mut [Q]) -> Result<usize, InitError>,
    ) {
        match attempt(self.slots.len(), write) {
            Ok((out, saturated)) => {
                assert_eq!((bits(&out), saturated), self.fixed(Q::MARK, range));
            }
            Err(error) => self.check_refusal(error),
        }
    }

    /// Returns the bits of the slots in a fixed-point format, and how many saturate.
    fn fixed<Q: Integer>(&self, gap: Q, [low, high]: [f64; 2]) -> (Bits, usize) {
        let steps = 1.0 / self.quantization.scale();
        let zero_point = f64::from(self.quantization.zero_point());
        let nearest = |v: f32| f64::from(v * steps).round_ties_even() + zero_point;
        let slot = |v: f32| Q::of_integer(nearest(v).clamp(low, high) as i32).bits();
        let slots = self.slots.iter().map(|v| v.map_or(gap.bits(), slot)).collect();
        let values = self.slots.iter().flatten();
        (slots, values.filter(|v| !(low..=high).contains(&nearest(**v))).count())
    }

    /// Checks a request with every executor and in every format.
    fn check(&self, draw: impl Writes) {
        let executors = Backend::available().map(|backend| draw.on(backend));
        for draw in executors.chain([draw.parallel()]) {
            self.floats(|v| v, |out| draw.write(out));
            self.floats(|v| v, |out: &mut [f32]| draw.write_as(out));
            self.floats(f16::from_f32, |out| draw.write_as(out));
            self.floats(bf16::from_f32, |out| draw.write_as(out));
            let quantization = self.quantization;
            self.integers(I8, |out: &mut [i8]| draw.write_fixed(quantization, out));
            self.integers(I16, |out: &mut [i16]| draw.write_fixed(quantization, out));
            self.integers(I32, |out: &mut [i32]| draw.write_fixed(quantization, out));
            self.integers(U8, |out: &mut [u8]| draw.write_fixed(quantization, out));
        }
        let len = self.slots.len();
        match fresh(len, |out: &mut [MaybeUninit<f32>]| draw.write_uninit(out)) {
            Ok(out) => assert_eq!(out, self.bits(0.0, |v| v)),
            Err(error) => self.check_refusal(error),
        }
        match fresh(len, |out: &mut [MaybeUninit<bf16>]| draw.write_uninit(out)) {
            Ok(out) => assert_eq!(out, self.bits(bf16::ZERO, bf16::from_f32)),
            Err(error) => self.check_refusal(error),
        }
        // A slice may be too long only if there are gaps.
        let has_gaps = self.slots.iter().any(Option::is_none);
        assert!(has_gaps || f32s(len + 1, |out| draw.write(out)).is_err());
        assert!(len == 0 || f32s(len - 1, |out| draw.write(out)).is_err());
    }
}

const I8: [f64; 2] = [i8::MIN as f64, i8::MAX as f64];
const U8: [f64; 2] = [0.0, u8::MAX as f64];
const I16: [f64; 2] = [i16::MIN as f64, i16::MAX as f64];
const I32: [f64; 2] = [i32::MIN as f64, i32::MAX as f64];

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
    assert_eq!(shape.fan(), any.one().unwrap().fan());
    if let (AnyKind::Dense(i, o), Some((true, Size(4)))) = (&any.kind, any.stack)
        && let (None, None, false, false) = (any.groups.0, any.fan.0, any.transposed, any.is_bias())
    {
        let lstm = Recurrent::lstm(i.0, o.0).layout(layout(any.layout));
        assert_eq!((lstm.input_shape(), lstm.bias_shape()), (*shape, shape.bias()));
    }
    let Ok(dims) = shape.dims() else {
        assert!(matches!(shape.try_len(), Ok(0) | Err(_)));
        return;
    };
    if let Ok(len) = shape.try_len() {
        let product = dims.iter().try_fold(1_usize, |product, &dim| product.checked_mul(dim));
        assert!(product.is_none_or(|product| product == len), "{dims:?}, {len}");
        assert!(product.is_some() || len == 0, "{dims:?}, {len}");
    }
    assert_eq!(shape.check_dims(&dims), Ok(()));
    assert!(shape.check_dims(&dims[1..]).is_err());
    let mut other = dims.to_vec();
    other.reverse();
    let refused = matches!(shape.check_dims(&other), Err(InitError::TransposedDims { .. }));
    assert!(refused || *other == *dims);
    if (any.is_vector(), any.groups.0, any.fan.0, any.stack) == (false, None, None, None) {
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

fn tensor(
    any_init: &AnyInit,
    any_shape: &AnyShape,
    at: Part,
    any_block: &AnyBlock,
    quantization: Quantization,
) {
    let init = any_init.init();
    round_trip(init);
    let Some(shape) = any_shape.shape() else { return };
    check_shape(any_shape, &shape);
    if let Ok(fan) = shape.fan() {
        let _ = init.distribution(fan);
    }

    // Whatever the tensor is, from a small slice.
    let len = shape.try_len();
    let given = f32s(at.len.into(), |out| init.fill(STREAM, &shape, out));
    assert!(given.is_err() || len == Ok(at.len.into()));
    if len == Ok(0) {
        empty(init, any_init, &shape);
    }

    let whole = match len {
        Ok(len) if len <= WHOLE => Some(f32s(len, |out| init.fill(STREAM, &shape, out))),
        _ => None,
    };
    let (Ok(draw), Ok(whole)) = (init.draw(STREAM, &shape), whole.clone().transpose()) else {
        assert!(init.draw(STREAM, &shape).is_err() && whole.is_none_or(|whole| whole.is_err()));
        assert!(init.verify(&shape, &vec![0.0; len.unwrap_or(0).min(WHOLE)]).is_err());
        return;
    };
    if let Some(values) = &whole {
        check_whole(init, any_init, any_shape, &shape, values);
    } else if any_shape.is_costly(any_init) {
        return;
    }
    let tensor = Tensor {
        draw,
        len: len.unwrap(),
        whole,
        orthogonal: any_init.is_orthogonal(),
        quantization,
    };
    if tensor.whole.is_some() {
        f32s(tensor.len, |out| draw.write(out)).unwrap();
        tensor.check(draw, tensor.len, |slot| Some(slot as u64));
    }
    tensor.check_range(at);
    if let Ok(dims) = shape.dims() {
        tensor.check_block(&dims, any_block);
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

/// A tensor to compare parts with.
struct Tensor<'a> {
    draw: Draw<'a>,
    len: usize,
    /// The values, if they are few.
    whole: Option<Vec<f32>>,
    orthogonal: bool,
    quantization: Quantization,
}

impl Tensor<'_> {
    /// Returns the value at an index. `None` if the tensor is large and can't be computed value by value.
    fn value(&self, index: u64) -> Option<f32> {
        match &self.whole {
            Some(whole) => Some(whole[index as usize]),
            None if self.orthogonal => None,
            None => {
                let value = |out: &mut [f32]| self.draw.range(index..index + 1)?.write(out);
                let [value] = f32s(1, value).unwrap()[..] else { unreachable!() };
                assert!(value.is_finite());
                Some(value)
            }
        }
    }

    /// Checks a part, given the tensor's index of the value in each of `len` slots.
    fn check(&self, part: Draw, len: usize, index: impl Fn(usize) -> Option<u64>) {
        if self.orthogonal && self.whole.is_none() {
            let _ = f32s(len, |out| part.write(out));
            return;
        }
        let slots: Vec<_> =
            (0..len).map(|slot| index(slot).map(|index| self.value(index).unwrap())).collect();
        let quantization = self.quantization;
        let slots = Slots { slots: &slots, refusable: self.orthogonal, quantization };
        slots.check(part);
        if let Ok(values) = part.to_vec() {
            assert_eq!(bits(&values), slots.bits(0.0, |v| v));
        }
        let mut saturated = 0;
        let integers = fresh(len, |out: &mut [MaybeUninit<i16>]| {
            let (out, count) = part.write_fixed_uninit(quantization, out)?;
            saturated = count;
            Ok(out)
        });
        match integers {
            Ok(integers) => assert_eq!((integers, saturated), slots.fixed(0_i16, I16)),
            Err(error) => slots.check_refusal(error),
        }
        // By way of the whole, nothing is refused.
        if self.whole.is_some() {
            let slots = Slots { refusable: false, ..slots };
            let (mut scratch, mut short) = (vec![0.0; self.len], vec![0.0; self.len + 1]);
            slots.floats(|v| v, |out| part.write_through(&mut scratch, out));
            slots.floats(f16::from_f32, |out| part.write_through(&mut scratch, out));
            slots.integers(I16, |out: &mut [i16]| {
                part.write_fixed_through(&mut scratch, quantization, out)
            });
            let refused = f32s(len, |out| part.write_through(&mut short, out));
            assert!(matches!(refused, Err(InitError::WrongLength { .. })));
        }
    }

    fn check_range(&self, at: Part) {
        let (start, len, cut) = at.within(self.len);
        let Some(end) = start.checked_add(len as u64) else { return };
        let part = self.draw.range(start..end);
        assert_eq!(part.is_ok(), end <= self.len as u64);
        let Ok(part) = part else { return };
        assert_eq!(part.len(), len);
        self.check(part, len, |slot| Some(start + slot as u64));
        // Large tensors are compared value by value, and here by longer parts.
        if let Ok(values) = f32s(len, |out| part.write(out))
            && !self.orthogonal
        {
            let part = |start, end| {
                let part = self.draw.range(start..end).unwrap();
                f32s(part.len(), |out| part.write(out)).unwrap()
            };
            let middle = start + cut as u64;
            let halves = [part(start, middle), part(middle, end)];
            assert_eq!(bits(&values), bits(&halves.concat()));
        }
    }

    fn check_block(&self, dims: &[usize], any: &AnyBlock) {
        let (mut offsets, mut sizes) = any.part(dims);
        let ends = || offsets.iter().zip(&sizes).map(|(a, b)| *a as u128 + *b as u128);
        let inside =
            offsets.len() == dims.len() && ends().zip(dims).all(|(end, dim)| end <= *dim as u128);
        let part = self.draw.block(&offsets, &sizes);
        assert_eq!(part.is_ok(), inside);
        let Ok(mut part) = part else { return };

        if let Some((axis, rank, world_size)) = any.shard {
            let (axis, rank, world_size) = (usize::from(axis % 10), rank.0, world_size.0);
            let shard = part.shard(axis, rank, world_size);
            assert_eq!(shard.is_ok(), axis < dims.len() && rank < world_size);
            if let Ok(shard) = shard {
                // Returns the total size of the first shards along the axis. It is also called for all of them if
                // they are few.
                let shards = |count: usize| {
                    let sizes = (0..count).map(|rank| part.shard(axis, rank, world_size));
                    sizes.map(|shard| shard.unwrap().dims().unwrap()[axis]).sum::<usize>()
                };
                if world_size < 300 {
                    assert_eq!(shards(world_size), sizes[axis]);
                    offsets[axis] += shards(rank);
                } else {
                    let chunk = sizes[axis].div_ceil(world_size);
                    offsets[axis] += chunk.saturating_mul(rank).min(sizes[axis]);
                }
                sizes[axis] = shard.dims().unwrap()[axis];
                part = shard;
            }
        }
        assert_eq!(part.dims().as_deref(), Ok(&*sizes));
        let count = sizes.iter().fold(1, |count: u128, &size| count.saturating_mul(size as u128));
        let count = if sizes.contains(&0) { 0 } else { count };
        assert_eq!(part.len() as u128, count);

        let strides = any.strides(&sizes);
        let strided = part.strided(&strides);
        if count > BLOCK {
            // The slice is too short.
            assert!(f32s(64, |out| part.write(out)).is_err());
            assert!(f32s(64, |out| strided.and_then(|part| part.write(out))).is_err());
            return;
        }
        let mut values = values_of_block(dims, &offsets, &sizes, &strides);
        values.sort_unstable();
        if values.windows(2).any(|pair| pair[0].0 == pair[1].0) {
            assert!(matches!(strided, Err(InitError::OverlappingStrides { .. })), "{strides:?}");
            return;
        }
        match (strided, any.strides) {
            (Ok(strided), AnyStrides::Contiguous) => assert_eq!(strided.len(), part.len()),
            (Ok(strided), _) => part = strided,
            (Err(error), AnyStrides::Contiguous | AnyStrides::Nested) => panic!("{error}"),
            (Err(InitError::OverlappingStrides { .. } | InitError::Overflow), _) => return,
            (Err(error), _) => panic!("{error}"),
        }
        let span = values.last().map_or(0, |(slot, _)| slot + 1);
        if span > SPAN {
            assert!(f32s(64, |out| part.write(out)).is_err());
            return;
        }
        let mut indices = vec![None; span as usize];
        values.iter().for_each(|&(slot, index)| indices[slot as usize] = Some(index));
        self.check(part, span as usize, |slot| indices[slot]);
    }
}

/// Returns the slot and the tensor's index of each value of a block, computed axis by axis.
fn values_of_block(
    dims: &[usize],
    offsets: &[usize],
    sizes: &[usize],
    strides: &[usize],
) -> Vec<(u128, u64)> {
    let count = if sizes.contains(&0) { 0 } else { sizes.iter().product::<usize>() };
    let value = |number| {
        let (mut rest, mut slot, mut index, mut step) = (number, 0, 0, 1);
        for axis in (0..dims.len()).rev() {
            let at = rest % sizes[axis];
            rest /= sizes[axis];
            slot += at as u128 * strides[axis] as u128;
            index += (offsets[axis] + at) as u64 * step;
            step *= dims[axis] as u64;
        }
        (slot, index)
    };
    (0..count).map(value).collect()
}

fn check_whole(
    init: Init,
    any_init: &AnyInit,
    any_shape: &AnyShape,
    shape: &Shape,
    values: &[f32],
) {
    assert!(values.iter().all(|v| v.is_finite()));
    match init.verify(shape, values) {
        Ok(()) => {}
        Err(error) => {
            assert_eq!(error, Mismatch::Request(InitError::NoDistribution), "{init}, {shape:?}");
        }
    }
    if values.is_empty() {
        return;
    }
    let one = any_shape.one().unwrap();
    let (is_packed, count) =
        any_shape.stack.map_or((false, 1), |(packed, count)| (packed, count.0));
    for number in 0..count {
        let (init, stream) = match any_shape.stack {
            None => (init, STREAM),
            Some(_) => (any_init.of_tensor(number), STREAM.substream(number as u64)),
        };
        let alone = f32s(one.len(), |out| init.fill(stream, &one, out)).unwrap();
        // The axis along which the tensors are packed, and the number of values after it.
        let (dims, all) = (one.dims().unwrap(), shape.dims().unwrap());
        let axis = (0..dims.len()).find(|&axis| dims[axis] != all[axis]).unwrap_or(0);
        let row = if is_packed { dims[axis..].iter().product() } else { alone.len() };
        for (row_number, part) in alone.chunks(row).enumerate() {
            let start = (row_number * count + number) * row;
            assert_eq!(bits(part), bits(&values[start..][..row]), "{init}, {shape:?}");
        }
        if any_shape.is_vector() {
            continue;
        }
        let tensor = Matrix::new(any_shape, &one, &alone);
        if let AnyScheme::Orthogonal = any_init.scheme {
            tensor.check_orthogonal();
        }
        if let Some((upscale, shuffle)) = any_init.icnr.0 {
            tensor.check_icnr(upscale.0, any_init.order(shuffle));
        }
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
            AnyKind::Depthwise2d(channels, ..) => any.groups.0.unwrap_or(*channels).0,
            _ => any.groups.0.map_or(1, |groups| groups.0),
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

fn samples(any: &AnyDistribution, start: u64, at: Part, quantization: Quantization) {
    let distribution = any.distribution();
    let (len, cut) = (usize::from(at.len) * 8, usize::from(at.cut.min(at.len)));
    let expected = f32s(len, |out| distribution.fill(STREAM, start, out));
    let free = f32s(len, |out| match distribution {
        Distribution::Normal { mean, std } => fill_normal(STREAM, start, mean, std, out),
        Distribution::TruncatedNormal { mean, std, cut } if cut == Cut::TWO => {
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
    let slots: Vec<_> = values.iter().copied().map(Some).collect();
    let check = |range: std::ops::Range<usize>| {
        let slots = &slots[range.clone()];
        let [start, end] = [range.start, range.end].map(|offset| start + offset as u64);
        let draw = distribution.draw_range(STREAM, start..end).unwrap();
        Slots { slots, refusable: false, quantization }.check(draw);
    };
    check(0..len);
    check(0..cut);
    check(cut..len);
    if start == 0 {
        let shape = Shape::vector(len);
        let draw = distribution.draw(STREAM, &shape).unwrap();
        assert_eq!(bits(&draw.to_vec().unwrap()), bits(&values));
    }
}

fn path(parts: &[String]) {
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    assert_eq!(STREAM.path(&parts), STREAM.named(&parts.join(".")));
}

fn layers(layers: &[AnyLayer], at: Part, quantization: Quantization) {
    const NAMES: [&str; 7] = ["fc1", "fc2", "conv", "", "a", "a.weight", "a.bias"];
    let mut plan: Plan<6> = Plan::new();
    let mut unbounded = VecPlan::default();
    let (mut inits, mut orthogonal) = (Vec::<Init>::new(), false);
    for any in layers.iter().take(5).filter(|any| !any.shape.is_costly(&any.init)) {
        let Some(shape) = any.shape.shape() else { continue };
        let (name, init) = (pick(NAMES, any.name), any.init.init());
        let bias = any.bias.as_ref().filter(|_| !any.is_tensor);
        let layer = match any.is_tensor {
            true => Layer::tensor(name, shape, init),
            false => Layer::with_init(name, shape, init),
        };
        let layer = bias.map_or(layer, |bias| layer.bias(bias.init()));
        let layer = if any.without_bias { layer.without_bias() } else { layer };
        let before = (plan.len(), plan.tensors().to_vec());
        let (len, count) = (layer.len(), Layer::tensor_count(&[layer]));
        match plan.push(layer) {
            Ok(()) => {
                assert_eq!(unbounded.push(layer), Ok(()));
                assert_eq!(plan.len(), before.0 + len);
                assert_eq!(plan.tensors().len(), before.1.len() + count);
                assert_eq!(layer.is_empty(), len == 0);
                let bias = bias.map_or(Init::zeros(), AnyInit::init);
                inits.extend([init, bias].into_iter().take(count));
                orthogonal |= any.init.is_orthogonal();
            }
            Err(error) => {
                assert!(!error.to_string().is_empty());
                assert_eq!(plan.len(), before.0);
                // A NaN in a plan would have been refused.
                assert_eq!(plan.tensors(), before.1);
                if let InitError::DuplicateName { tensor } = error {
                    assert!(before.1[tensor].name().to_string().starts_with(name));
                }
            }
        }
    }
    assert_eq!((plan.len(), plan.tensors()), (unbounded.len(), unbounded.tensors()));
    let names: Vec<_> = plan.tensors().iter().map(|tensor| tensor.name().to_string()).collect();
    for (number, name) in names.iter().enumerate() {
        assert!(!names[..number].contains(name));
        assert_eq!(plan.tensor(name), Some(&plan.tensors()[number]));
        assert_eq!(plan.tensors()[number].stream(STREAM), STREAM.named(name));
    }

    let (start, len, cut) = at.within(plan.len());
    let inside = start.checked_add(len as u64).is_some_and(|end| end <= plan.len() as u64);
    let range = |start, len| f32s(len, |out| plan.fill_range(STREAM, start, out));
    let part = range(start, len);
    match part {
        Ok(_) => assert!(inside),
        Err(InitError::WholeTensorOnly) => assert!(inside && orthogonal),
        Err(_) => assert!(!inside),
    }
    if let (Ok(part), Ok(first), Ok(second)) =
        (&part, range(start, cut), range(start.saturating_add(cut as u64), len - cut))
    {
        assert_eq!(bits(part), bits(&[first, second].concat()));
    }
    let _ = f32s(len, |out| plan.fill(STREAM, out));
    let check = |draw: PlanDraw, values: &[f32]| {
        let slots: Vec<_> = values.iter().copied().map(Some).collect();
        Slots { slots: &slots, refusable: orthogonal, quantization }.check(draw);
    };
    if let Ok(part) = &part {
        let range = start..start + len as u64;
        check(plan.draw(STREAM).range(range.clone()).unwrap(), part);
        match plan.pages_in(STREAM, range) {
            Ok(mut pages) => {
                let mut page = vec![f32::MARK; usize::from(at.cut) + 1];
                let mut paged = Vec::new();
                while let Some((index, values)) = pages.next_page(&mut page) {
                    assert_eq!(index, start as usize + paged.len());
                    paged.extend_from_slice(values);
                }
                assert_eq!(bits(&paged), bits(part));
                assert_eq!(plan.matches(STREAM, start, part), Ok(true));
                if let Some(index) = cut.checked_rem(len) {
                    let mut other = part.clone();
                    other[index] = f32::from_bits(other[index].to_bits() ^ 1 << (at.cut % 32));
                    assert_eq!(plan.matches(STREAM, start, &other), Ok(false));
                }
            }
            Err(error) => assert!(orthogonal && error == InitError::WholeTensorOnly, "{error}"),
        }
    } else {
        assert!(plan.pages_in(STREAM, start..start.saturating_add(len as u64)).is_err());
    }
    if plan.len() > WHOLE {
        return;
    }
    let whole = f32s(plan.len(), |out| plan.fill(STREAM, out)).unwrap();
    if let Ok(part) = part {
        assert_eq!(bits(&part), bits(&whole[start as usize..][..len]));
    }
    plan.verify(&whole).unwrap();
    f32s(plan.len(), |out| plan.draw(STREAM).write(out)).unwrap();
    check(plan.draw(STREAM), &whole);
    for ((tensor, values), init) in plan.slices(&whole).unwrap().zip(inits) {
        let name = tensor.name().to_string();
        let fill = |out: &mut [f32]| init.fill(STREAM.named(&name), tensor.shape(), out);
        assert_eq!(bits(&f32s(values.len(), fill).unwrap()), bits(values), "{name}");
        assert_eq!(bits(&tensor.draw(STREAM).to_vec().unwrap()), bits(values), "{name}");
        let mut others = vec![f32::MARK; plan.len()];
        plan.fill_tensor(STREAM, &name, &mut others).unwrap();
        let filled = others.iter().filter(|v| v.to_bits() != f32::MARK.to_bits()).count();
        assert_eq!(filled, values.len());
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
        Request::Tensor { init, shape, at, block, fixed } => {
            tensor(&init, &shape, at, &block, fixed.quantization());
        }
        Request::Text(given) => text(&given),
        Request::Path(parts) => path(&parts),
        Request::Samples { distribution, start, at, fixed } => {
            samples(&distribution, start.0, at, fixed.quantization());
        }
        Request::Layers { layers: any, at, fixed } => layers(&any, at, fixed.quantization()),
        Request::Values { distribution, values: given } => values(&distribution, &given),
    }
});
