//! The tensors of a plan.

use core::{fmt, ops::Range};

use super::drawn::{DrawnCode, write_drawn};
use crate::{
    backend::{Executor, write_one_of_several},
    distribution::Distribution,
    draw::{Draw, Request},
    error::InitError,
    scheme::{Init, Recipe, Shape},
    slot::{Element, Fixed, FixedPoint, Float, NoRounding, Quantization, Rounding},
    stream::{Stream, path_hash},
    target::SMALL,
    verify::Limits,
};

/// The role of a tensor in its layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Role {
    /// The weights.
    Weight,
    /// The biases.
    Bias,
    /// A tensor that is a layer by itself, such as a position embedding. Its name has no suffix.
    Whole,
}

impl Role {
    /// Returns `weight`, `bias` or an empty string.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Weight => "weight",
            Self::Bias => "bias",
            Self::Whole => "",
        }
    }
}

/// The name of a tensor. It consists of the layer's name, a dot, and `weight` or `bias`, or of the layer's
/// name alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TensorName<'a> {
    pub(super) layer: &'a str,
    pub(super) role: Role,
}

impl<'a> TensorName<'a> {
    /// Returns the layer's name.
    #[must_use]
    pub const fn layer(self) -> &'a str {
        self.layer
    }

    /// Returns the role of the tensor in its layer.
    #[must_use]
    pub const fn role(self) -> Role {
        self.role
    }
}

impl TensorName<'_> {
    /// Returns the hash of the name. A layer `fc.weight` without suffix has the name of the weights of a layer `fc`.
    pub(super) const fn hash(self) -> u64 {
        match self.role {
            Role::Whole => path_hash(&[self.layer]),
            role => path_hash(&[self.layer, role.as_str()]),
        }
    }
}

impl fmt::Display for TensorName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.role {
            Role::Whole => f.write_str(self.layer),
            role => write!(f, "{}.{}", self.layer, role.as_str()),
        }
    }
}

impl PartialEq<str> for TensorName<'_> {
    fn eq(&self, name: &str) -> bool {
        let suffix = name.strip_prefix(self.layer);
        match self.role {
            Role::Whole => suffix == Some(""),
            role => suffix.and_then(|suffix| suffix.strip_prefix('.')) == Some(role.as_str()),
        }
    }
}

impl PartialEq<&str> for TensorName<'_> {
    fn eq(&self, name: &&str) -> bool {
        *self == **name
    }
}

/// A tensor of a [`Plan`](crate::Plan), with its range in the flat buffer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tensor<'a> {
    pub(super) name: TensorName<'a>,
    /// The hash of the name, which decides the stream.
    pub(super) hash: u64,
    pub(super) shape: Shape,
    pub(super) values: Values,
    pub(super) start: usize,
    pub(super) len: usize,
}

/// The values of a tensor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Values {
    /// Independent draws from one distribution and one stream. A plain distribution needs no code.
    Drawn(Distribution, Option<&'static DrawnCode>),
    /// A structured scheme, or a stack.
    Special(Recipe, &'static SpecialCode),
}

/// The code for structured schemes and stacks. A layer refers to it only if it needs it, so that a program
/// whose layers are constants doesn't carry the code in its flash.
#[derive(Debug)]
pub(super) struct SpecialCode {
    pub(super) recipe: fn(&Init, &Shape, usize) -> Result<Recipe, InitError>,
    check_part: fn(&Request, bool, u64, usize) -> Result<(), InitError>,
    write: fn(&Request, u64, &mut [f32]),
    limits: fn(&Distribution) -> Limits,
}

pub(super) static SPECIAL: SpecialCode = SpecialCode {
    recipe: |init, shape, len| init.recipe(shape, len),
    check_part: |request, is_f32, start, len| request.check_part(is_f32, start, len),
    write: |request, start, out| _ = request.write_range(NoRounding::new(), start, out),
    limits: Distribution::limits,
};

/// There is only one.
impl PartialEq for SpecialCode {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl<'a> Tensor<'a> {
    /// An empty tensor without a name, for the slots of a [`BorrowedPlan`](crate::BorrowedPlan).
    pub const EMPTY: Self = Self {
        name: TensorName { layer: "", role: Role::Whole },
        hash: 0,
        shape: Shape::vector(0),
        values: Values::Drawn(Distribution::Constant { value: 0.0 }, None),
        start: 0,
        len: 0,
    };

    /// Returns the name, such as `fc1.weight`.
    #[must_use]
    pub const fn name(&self) -> TensorName<'a> {
        self.name
    }

    /// Returns the shape. It is the layer's shape for weights, and its [`bias`](Shape::bias) for biases.
    #[must_use]
    pub const fn shape(&self) -> &Shape {
        &self.shape
    }

    /// Returns the distribution that the values are drawn from, or `None` for a structured scheme.
    #[must_use]
    pub const fn distribution(&self) -> Option<&Distribution> {
        match &self.values {
            Values::Drawn(distribution, _) | Values::Special(Recipe::Drawn(distribution), _) => {
                Some(distribution)
            }
            Values::Special(Recipe::Structured(_), _) => None,
        }
    }

    /// Returns the fixed-point format with the most fraction bits in which no more than `share` of the values
    /// saturate, as [`Distribution::fixed_point`] does. For a structured scheme no value saturates.
    ///
    /// ```
    /// use weight_init::{Activation, Layer, Plan, Shape, Stream};
    ///
    /// let layers = [
    ///     Layer::new("fc1", Shape::dense(784, 32), Activation::Relu),
    ///     Layer::new("fc2", Shape::dense(32, 10), Activation::Linear),
    /// ];
    /// let plan: Plan<4> = Plan::from_layers(&layers)?;
    /// let bits = plan.tensors().iter().map(|tensor| tensor.fixed_point::<i8>(1e-4).fraction_bits());
    /// assert!(bits.eq([9, 7, 7, 7].map(Some)));
    ///
    /// let mut weights = vec![0_i8; plan.len()];
    /// plan.draw(Stream::new(42)).write_fixed(|tensor| tensor.fixed_point::<i8>(1e-4), &mut weights)?;
    /// # Ok::<(), weight_init::InitError>(())
    /// ```
    #[must_use]
    pub fn fixed_point<Q: FixedPoint>(&self, share: f32) -> Quantization {
        match self.distribution() {
            Some(distribution) => distribution.fixed_point::<Q>(share),
            None => self.bounds().fixed_point::<Q>(0.0),
        }
    }

    /// Returns the quantisation with the finest scale with which no more than `share` of the values saturate, as
    /// [`Distribution::quantization`] does. For a structured scheme no value saturates.
    #[must_use]
    pub fn quantization<Q: FixedPoint>(&self, share: f32) -> Quantization {
        match self.distribution() {
            Some(distribution) => distribution.quantization::<Q>(share),
            None => self.bounds().quantization::<Q>(0.0),
        }
    }

    /// Returns a distribution with the bounds of all values.
    fn bounds(&self) -> Distribution {
        let high = self.farthest();
        Distribution::Uniform { low: -high, high }
    }

    /// Returns the range of the tensor in the flat buffer.
    #[must_use]
    pub const fn range(&self) -> Range<usize> {
        self.start..self.start + self.len
    }

    /// Returns the tensor's stream below the model's stream, such as `model.named("fc1.weight")`.
    #[must_use]
    pub const fn stream(&self, model: Stream) -> Stream {
        model.hashed(self.hash)
    }

    /// Returns the request for the tensor in the network with that stream, for libraries whose tensors each
    /// have a buffer of their own, and for slots of other formats.
    ///
    /// ```
    /// use weight_init::{Activation, Layer, Plan, Shape, Stream};
    ///
    /// let layers = [Layer::new("fc", Shape::dense(30, 10), Activation::Relu)];
    /// let plan: Plan<2> = Plan::from_layers(&layers)?;
    /// let mut weights = [0_i8; 300];
    /// plan.tensors()[0].draw(Stream::new(42)).write_fixed(6, &mut weights)?;
    /// # assert!(weights.iter().any(|w| *w != 0));
    /// # Ok::<(), weight_init::InitError>(())
    /// ```
    #[must_use]
    pub fn draw(&self, model: Stream) -> Draw<'_> {
        let recipe = match self.values {
            Values::Drawn(distribution, _) => Recipe::Drawn(distribution),
            Values::Special(recipe, _) => recipe,
        };
        Draw::new(self.request(model, recipe), 0, self.len)
    }

    fn request(&self, model: Stream, recipe: Recipe) -> Request<'_> {
        let executor = Executor::FASTEST;
        Request { recipe, stream: self.stream(model), shape: &self.shape, executor }
    }

    /// Returns the limits for the values of a good buffer, or `None` for a structured scheme.
    pub(super) fn limits(&self) -> Option<Limits> {
        match self.values {
            Values::Drawn(distribution, None) => Some(distribution.limits_unless_truncated()),
            Values::Drawn(distribution, Some(code)) => Some((code.limits)(&distribution)),
            Values::Special(Recipe::Drawn(distribution), code) => {
                Some((code.limits)(&distribution))
            }
            Values::Special(Recipe::Structured(_), _) => None,
        }
    }

    /// Returns a bound on the magnitude of all values.
    fn farthest(&self) -> f32 {
        match self.values {
            Values::Drawn(distribution, _) => distribution.farthest(),
            Values::Special(recipe, _) => recipe.farthest(),
        }
    }

    /// Returns the rounding to slots of a floating-point format.
    pub(super) fn float<E: Element>(&self) -> Result<Float<E>, InitError> {
        // All values of a tensor are finite in `f32`.
        if E::INFINITE == f32::INFINITY { Ok(Float::new()) } else { Float::up_to(self.farthest()) }
    }

    /// Returns the rounding to slots of integers.
    pub(super) fn fixed<Q: FixedPoint>(
        &self,
        quantization: impl Into<Quantization>,
    ) -> Result<Fixed<Q>, InitError> {
        Fixed::up_to(self.farthest(), quantization)
    }

    /// Returns an error if the part of the tensor from `start` on can't be computed alone in the format.
    pub(super) fn check_range<R: Rounding>(
        &self,
        start: usize,
        len: usize,
    ) -> Result<(), InitError> {
        match self.values {
            Values::Drawn(..) => Ok(()),
            Values::Special(recipe, code) => {
                let (request, is_f32) = (self.request(Stream::new(0), recipe), R::values(&mut []));
                (code.check_part)(&request, is_f32.is_some(), start as u64, len)
            }
        }
    }

    /// Fills the part of the tensor that begins at the tensor's index `start`, in `f32` and by the fastest
    /// backend. The range has passed `check_range`.
    pub(super) fn fill(&self, model: Stream, start: usize, out: &mut [f32]) {
        self.write(Executor::FASTEST, NoRounding::new(), model, start, out);
    }

    /// Writes the part of the tensor that begins at the tensor's index `start`. It can't fail, because the
    /// tensor was checked when it was added to the plan, and the range by `check_range`. Returns the number of
    /// values that saturated.
    pub(super) fn write<R: Rounding>(
        &self,
        executor: Executor,
        rounding: R,
        model: Stream,
        start: usize,
        out: &mut [R::Slot],
    ) -> usize {
        match self.values {
            Values::Drawn(distribution, code) => {
                let (stream, start) = (self.stream(model), start as u64);
                if SMALL && let Some(out) = R::values(out) {
                    write_drawn(&distribution, code, stream, start, out);
                    return 0;
                }
                let fill = || distribution.fill_from(executor, stream, start);
                write_one_of_several(fill, rounding, out)
            }
            Values::Special(recipe, code) => {
                let request = Request { executor, ..self.request(model, recipe) };
                if let Some(out) = R::values(out) {
                    (code.write)(&request, start as u64, out);
                    0
                } else if SMALL {
                    write_through(&request, code, rounding, start, out)
                } else {
                    request.write_range(rounding, start as u64, out)
                }
            }
        }
    }
}

/// Fills the part of a tensor from `start` on by way of a small buffer, so that the code for structured schemes and
/// stacks is in flash only once, for `f32`. Returns the number of values that saturated.
fn write_through<R: Rounding>(
    request: &Request,
    code: &SpecialCode,
    rounding: R,
    mut start: usize,
    mut out: &mut [R::Slot],
) -> usize {
    let mut buffer = [0.0; 64];
    let mut saturated = 0;
    while !out.is_empty() {
        let slots = out.split_off_mut(..out.len().min(buffer.len())).unwrap_or_default();
        let values = buffer.get_mut(..slots.len()).unwrap_or_default();
        (code.write)(request, start as u64, values);
        for (slot, &mut value) in slots.iter_mut().zip(values) {
            let (rounded, saturates) = rounding.round(value);
            *slot = rounded;
            saturated += usize::from(saturates);
        }
        start += slots.len();
    }
    saturated
}

/// Cuts a part of the flat buffer at the boundaries of the tensors. Returns for each piece its tensor, the
/// tensor's index at which the piece begins, and the piece's range in the part.
pub(super) fn parts<'plan, 'a>(
    tensors: &'plan [Tensor<'a>],
    start: usize,
    len: usize,
) -> impl Iterator<Item = (&'plan Tensor<'a>, usize, Range<usize>)> {
    let end = start.saturating_add(len);
    tensors
        .iter()
        .skip_while(move |tensor| tensor.range().end <= start)
        .take_while(move |tensor| tensor.start < end)
        .map(move |tensor| {
            let first = tensor.start.max(start);
            let last = tensor.range().end.min(end);
            (tensor, first - tensor.start, first - start..last - start)
        })
        .filter(|(.., range)| !range.is_empty())
}

/// Returns an error if a part of the flat buffer can't be written with the roundings of its tensors.
pub(super) fn check_parts<'a, R: Rounding>(
    tensors: &[Tensor<'a>],
    start: usize,
    len: usize,
    rounding: impl Fn(&Tensor<'a>) -> Result<R, InitError>,
) -> Result<(), InitError> {
    for (tensor, start, range) in parts(tensors, start, len) {
        rounding(tensor)?;
        tensor.check_range::<R>(start, range.len())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{SPECIAL, Tensor, Values, write_through};
    use crate::{
        network::{Layer, Plan},
        scheme::{Init, Shape},
        slot::{Fixed, Rounding},
        stream::Stream,
    };

    /// A small processor writes other formats by way of a buffer, with the slots and the count of the direct way.
    #[test]
    fn the_way_through_a_buffer_makes_no_difference() {
        fn check<R: Rounding<Slot: Default>>(tensor: &Tensor, rounding: R) {
            let Values::Special(recipe, _) = tensor.values else { panic!("{}", tensor.name) };
            let request = tensor.request(Stream::new(7), recipe);
            for (start, len) in [(0, tensor.len), (0, 0), (3, 64), (100, 65), (17, 200)] {
                let mut direct = [R::Slot::default(); 1000];
                let mut through = direct;
                let (direct, through) = (&mut direct[..len], &mut through[..len]);
                let count = request.write_range(rounding, start as u64, direct);
                assert_eq!(write_through(&request, &SPECIAL, rounding, start, through), count);
                assert!(direct == through && count > 0 || len == 0, "{start}, {len}");
            }
        }
        let layers = [
            Layer::with_init("experts", Shape::dense(8, 30).stacked(4), Init::he_uniform()),
            Layer::with_init("sparse", Shape::dense(30, 20), Init::sparse(0.3, 1.0)),
        ];
        let plan: Plan<4> = Plan::from_layers(&layers).unwrap();
        for tensor in [0, 2].map(|i| &plan.tensors()[i]) {
            check(tensor, Fixed::<i8>::up_to(f32::MAX, 8).unwrap());
            check(tensor, Fixed::<i32>::up_to(f32::MAX, 32).unwrap());
        }
    }
}
