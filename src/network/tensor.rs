//! The tensors of a plan.

use core::{fmt, ops::Range};

use crate::{
    backend::{Backend, Fill},
    distribution::Distribution,
    scheme::Shape,
    stream::Stream,
};

/// The role of a tensor in its layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Role {
    /// The weights.
    Weight,
    /// The biases.
    Bias,
}

impl Role {
    /// Returns `weight` or `bias`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Weight => "weight",
            Self::Bias => "bias",
        }
    }
}

/// The name of a tensor. It consists of the layer's name, a dot, and `weight` or `bias`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TensorName {
    pub(super) layer: &'static str,
    pub(super) role: Role,
}

impl TensorName {
    /// Returns the layer's name.
    #[must_use]
    pub const fn layer(self) -> &'static str {
        self.layer
    }

    /// Returns the role of the tensor in its layer.
    #[must_use]
    pub const fn role(self) -> Role {
        self.role
    }
}

impl fmt::Display for TensorName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.layer, self.role.as_str())
    }
}

impl PartialEq<str> for TensorName {
    fn eq(&self, name: &str) -> bool {
        name.strip_prefix(self.layer).and_then(|rest| rest.strip_prefix('.'))
            == Some(self.role.as_str())
    }
}

impl PartialEq<&str> for TensorName {
    fn eq(&self, name: &&str) -> bool {
        *self == **name
    }
}

/// A tensor of a [`Plan`](crate::Plan), with its range in the flat buffer and its distribution.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tensor {
    pub(super) name: TensorName,
    pub(super) shape: Shape,
    pub(super) distribution: Distribution,
    pub(super) start: usize,
    pub(super) len: usize,
}

impl Tensor {
    /// Returns the name, such as `fc1.weight`.
    #[must_use]
    pub const fn name(&self) -> TensorName {
        self.name
    }

    /// Returns the shape. It is the layer's shape for weights, and a vector for biases.
    #[must_use]
    pub const fn shape(&self) -> &Shape {
        &self.shape
    }

    /// Returns the distribution that the values are drawn from.
    #[must_use]
    pub const fn distribution(&self) -> &Distribution {
        &self.distribution
    }

    /// Returns the range of the tensor in the flat buffer.
    #[must_use]
    pub const fn range(&self) -> Range<usize> {
        self.start..self.start + self.len
    }

    /// Returns the tensor's stream below the model's stream, such as `model.named("fc1.weight")`. With
    /// this and [`distribution`](Self::distribution), a library can fill tensors that each have a buffer
    /// of their own.
    #[must_use]
    pub const fn stream(&self, model: Stream) -> Stream {
        model.named_part(self.name.layer, self.name.role.as_str())
    }

    /// Fills the part of the tensor that begins at the tensor's index `start`. It can't fail, because the
    /// tensor was checked when it was added to the plan.
    pub(super) fn write(&self, model: Stream, start: usize, out: &mut [f32]) {
        self.fill_from(model, start).write(out);
    }

    /// Returns the fill of the part that begins at the tensor's index `start`.
    pub(super) fn fill_from(&self, model: Stream, start: usize) -> Fill {
        self.distribution.prepare_unchecked(Backend::detect(), self.stream(model), start as u64)
    }
}
