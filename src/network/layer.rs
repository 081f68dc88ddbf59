//! The description of a network's layer, from which a plan makes its tensors.

use super::{
    drawn::{DrawnCode, code_of},
    tensor::{Role, SPECIAL, SpecialCode, TensorName},
};
use crate::{
    distribution::Distribution,
    error::InitError,
    scheme::{Activation, Init, Shape},
};

/// A layer of a network, with weights of some shape and a bias for each output.
///
/// Its functions are `const`, so that the layers can size a `static`. If the layers are constants, the compiler
/// computes their distributions, and a program contains only the code that one of them needs:
///
/// ```
/// use weight_init::{Activation, Layer, Shape};
///
/// const LAYERS: [Layer; 3] = [
///     Layer::new("conv", Shape::conv2d(1, 8, [3, 3]), Activation::Relu),
///     Layer::new("fc1", Shape::dense(288, 32), Activation::Tanh),
///     Layer::new("fc2", Shape::dense(32, 10), Activation::Linear),
/// ];
/// const LEN: usize = Layer::total_len(&LAYERS);
/// static WEIGHTS: [f32; LEN] = [0.0; LEN];
/// # assert_eq!(WEIGHTS.len(), 72 + 8 + 288 * 32 + 32 + 320 + 10);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Layer<'a> {
    pub(super) name: &'a str,
    pub(super) shape: Shape,
    pub(super) weights: Planned,
    pub(super) bias: Option<Planned>,
}

/// A tensor of a layer, before it has a range in a flat buffer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Planned {
    pub(super) role: Role,
    /// The hash of the tensor's name.
    pub(super) hash: u64,
    /// The number of values, or 0 if the tensor is refused.
    pub(super) len: usize,
    pub(super) values: PlannedValues,
}

/// How the values of a tensor are computed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum PlannedValues {
    /// They can't be computed, because of an error of the shape or the scheme.
    Refused(InitError),
    /// Draws from one distribution and one stream.
    Drawn(Distribution, Option<&'static DrawnCode>),
    /// A structured scheme, or a stack.
    Special(Init, &'static SpecialCode),
}

impl Planned {
    const fn new(layer: &str, role: Role, shape: &Shape, init: Init) -> Self {
        let hash = TensorName { layer, role }.hash();
        let (len, values) = match shape.try_len() {
            Ok(len) => (len, PlannedValues::new(shape, init, len)),
            Err(error) => (0, PlannedValues::Refused(error)),
        };
        Self { role, hash, len, values }
    }
}

impl PlannedValues {
    const fn new(shape: &Shape, init: Init, len: usize) -> Self {
        if init.is_special() || shape.stack().is_some() {
            return Self::Special(init, &SPECIAL);
        }
        match init.const_drawn(shape, len) {
            Ok(distribution) => Self::Drawn(distribution, code_of(&distribution)),
            Err(error) => Self::Refused(error),
        }
    }
}

impl<'a> Layer<'a> {
    /// Returns a layer whose weights have that shape, and the scheme for the activation that follows the
    /// layer ([`Activation::init`]). Its biases are zeros.
    #[must_use]
    pub const fn new(name: &'a str, shape: Shape, activation: Activation) -> Self {
        Self::with_init(name, shape, activation.init())
    }

    /// Returns a layer whose weights have that shape and that scheme. It is meant for layers without an
    /// activation, such as an embedding or the scale of a normalisation. Its biases are zeros.
    ///
    /// ```
    /// use weight_init::{Init, Layer, Shape};
    ///
    /// const NORM: Layer = Layer::with_init("norm", Shape::vector(32), Init::ones());
    /// const EMBEDDING: Layer =
    ///     Layer::with_init("embedding", Shape::dense(1000, 64), Init::normal(0.0, 0.02)).without_bias();
    /// ```
    #[must_use]
    pub const fn with_init(name: &'a str, shape: Shape, weights: Init) -> Self {
        let weights = Planned::new(name, Role::Weight, &shape, weights);
        Self { name, shape, weights, bias: None }.bias(Init::zeros())
    }

    /// Returns a layer that is a single tensor with the layer's name, such as a class token or a position
    /// embedding. The tensor's name has no suffix.
    ///
    /// ```
    /// use weight_init::{Init, Layer, Plan, Shape};
    ///
    /// let pos_embed = Layer::tensor("pos_embed", Shape::dense(64, 197), Init::truncated_normal(0.0, 0.02));
    /// let plan: Plan<1> = Plan::from_layers(&[pos_embed])?;
    /// assert_eq!(plan.tensors()[0].name().to_string(), "pos_embed");
    /// # Ok::<(), weight_init::InitError>(())
    /// ```
    #[must_use]
    pub const fn tensor(name: &'a str, shape: Shape, init: Init) -> Self {
        let weights = Planned::new(name, Role::Whole, &shape, init);
        Self { name, shape, weights, bias: None }
    }

    /// Returns the shape of a tensor of the layer.
    pub(super) const fn shape_of(&self, role: Role) -> Shape {
        match role {
            Role::Bias => self.shape.bias(),
            Role::Weight | Role::Whole => self.shape,
        }
    }

    /// Returns the layer with another scheme for its biases. A scheme that needs a fan gets the fan of the
    /// weights.
    #[must_use]
    pub const fn bias(self, init: Init) -> Self {
        let bias = Planned::new(self.name, Role::Bias, &self.shape.bias(), init);
        Self { bias: Some(bias), ..self }
    }

    /// Returns the layer without biases.
    #[must_use]
    pub const fn without_bias(self) -> Self {
        Self { bias: None, ..self }
    }

    /// Returns the number of weights and biases, or `usize::MAX` if the shape is not valid, as in
    /// [`Shape::len`].
    #[must_use]
    pub const fn len(&self) -> usize {
        match self.bias {
            Some(_) => self.shape.len().saturating_add(self.shape.bias().len()),
            None => self.shape.len(),
        }
    }

    /// Returns whether the layer has no values.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the number of values in all layers, which is the length of the flat buffer, or `usize::MAX`
    /// if it does not fit in a `usize`.
    #[must_use]
    pub const fn total_len(mut layers: &[Self]) -> usize {
        let mut total: usize = 0;
        while let [layer, rest @ ..] = layers {
            (total, layers) = (total.saturating_add(layer.len()), rest);
        }
        total
    }

    /// Returns the number of tensors in all layers, which is the `N` of their [`Plan`](crate::Plan).
    #[must_use]
    pub const fn tensor_count(mut layers: &[Self]) -> usize {
        let mut count = 0;
        while let [layer, rest @ ..] = layers {
            (count, layers) = (count + 1 + layer.bias.is_some() as usize, rest);
        }
        count
    }
}
