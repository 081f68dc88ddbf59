//! The description of a network's layer, from which a plan makes its tensors.

use crate::scheme::{Activation, Init, Shape};

/// A layer of a network, with weights of some shape and a bias for each output.
///
/// Its functions are `const`, so that the layers can size a `static`:
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
pub struct Layer {
    pub(super) name: &'static str,
    pub(super) shape: Shape,
    pub(super) weights: Init,
    pub(super) bias: Option<Init>,
}

impl Layer {
    /// Returns a layer whose weights have that shape, and the scheme for the activation that follows the
    /// layer ([`Activation::init`]). Its biases are zeros.
    #[must_use]
    pub const fn new(name: &'static str, shape: Shape, activation: Activation) -> Self {
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
    pub const fn with_init(name: &'static str, shape: Shape, weights: Init) -> Self {
        Self { name, shape, weights, bias: Some(Init::zeros()) }
    }

    /// Returns the layer with another scheme for its biases. A scheme that needs a fan gets the fan of the
    /// weights.
    #[must_use]
    pub const fn bias(self, init: Init) -> Self {
        Self { bias: Some(init), ..self }
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
            Some(_) => self.shape.len().saturating_add(self.shape.out_channels()),
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
