//! A tensor of a plan.

use core::{fmt, ops::Range};

use crate::{
    backend::{Backend, Fill},
    distribution::Distribution,
    scheme::Shape,
    stream::Stream,
};

/// What a tensor is to its layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Role {
    /// The weights.
    Weight,
    /// The biases.
    Bias,
}

impl Role {
    /// `weight` or `bias`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Weight => "weight",
            Self::Bias => "bias",
        }
    }
}

/// A tensor's name: that of its layer, a dot, and `weight` or `bias`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TensorName {
    pub(super) layer: &'static str,
    pub(super) role: Role,
}

impl TensorName {
    /// The layer's name.
    #[must_use]
    pub const fn layer(self) -> &'static str {
        self.layer
    }

    /// What the tensor is to its layer.
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

/// A tensor of a [`Plan`]: where in the flat buffer it lies, and what its values are drawn from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tensor {
    pub(super) name: TensorName,
    pub(super) shape: Shape,
    pub(super) distribution: Distribution,
    pub(super) start: usize,
    pub(super) len: usize,
}

impl Tensor {
    /// Its name, such as `fc1.weight`.
    #[must_use]
    pub const fn name(&self) -> TensorName {
        self.name
    }

    /// Its shape: the layer's, or a vector.
    #[must_use]
    pub const fn shape(&self) -> &Shape {
        &self.shape
    }

    /// What its values are drawn from.
    #[must_use]
    pub const fn distribution(&self) -> &Distribution {
        &self.distribution
    }

    /// Where in the flat buffer it lies.
    #[must_use]
    pub const fn range(&self) -> Range<usize> {
        self.start..self.start + self.len
    }

    /// Its stream below that of the model, by its name: `model.named("fc1.weight")`. With
    /// [`distribution`](Self::distribution) this is all that a library needs which keeps every tensor
    /// in memory of its own.
    #[must_use]
    pub const fn stream(&self, model: Stream) -> Stream {
        model.named_part(self.name.layer, self.name.role.as_str())
    }

    /// Writes the part that begins at its own index `start`. All that could be wrong was found when
    /// the tensor entered the plan.
    pub(super) fn write(&self, model: Stream, start: usize, out: &mut [f32]) {
        self.fill_from(model, start).write(out);
    }

    pub(super) fn fill_from(&self, model: Stream, start: usize) -> Fill {
        self.distribution.checked(Backend::detect(), self.stream(model), start as u64)
    }
}
