//! Why a parameter was not started.

use alloc::{string::String, vec::Vec};
use core::{error, fmt};

use burn_core::tensor::DType;
use weight_init::{InitError, Layout};

/// The error of [`Reinit::apply`](crate::Reinit::apply): the parameter, and why it was refused.
#[derive(Clone, Debug, PartialEq)]
pub struct Error {
    /// The path of the parameter in its module, such as `blocks.7.fc1.weight`.
    pub path: String,
    /// Why it was refused.
    pub reason: Reason,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {}", self.path, self.reason)
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        Some(&self.reason)
    }
}

/// Why a parameter was refused.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Reason {
    /// The scheme does not fit the dimensions.
    Init(InitError),
    /// The default rule does not know the layer, so that it can't tell inputs from outputs.
    NoRule {
        /// The type that holds the parameter.
        container: String,
        /// The dimensions of the parameter.
        dims: Vec<usize>,
    },
    /// The parameter holds numbers of a type that is not written here, such as quantised ones, or that the
    /// device does not support.
    DType(DType),
    /// A bias has another length than its layer has outputs. The usual cause is a transposed convolution with
    /// groups that the rule does not state.
    BiasLength {
        /// The number of outputs, by the dimensions of the weights and the groups that the rule stated.
        expected: usize,
        /// The length of the bias.
        given: usize,
    },
    /// The number of packed matrices does not divide the number of outputs.
    Packed {
        /// The number of matrices.
        count: usize,
        /// The number of outputs.
        outputs: usize,
    },
    /// The number of stacked tensors is not the size of the first axis.
    Stacked {
        /// The number of tensors that the rule stated.
        count: usize,
        /// The dimensions of the parameter.
        dims: Vec<usize>,
    },
    /// The layout is not known to this version of the crate.
    Layout(Layout),
}

impl From<InitError> for Reason {
    fn from(error: InitError) -> Self {
        Self::Init(error)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Init(error) => error.fmt(f),
            Self::NoRule { container, dims } => write!(
                f,
                "the default rule does not know the layer `{container}` with dimensions {dims:?}; \
                 return a scheme for it, or `Start::keep()`"
            ),
            Self::DType(dtype) => write!(
                f,
                "can't write numbers of type {dtype:?} on this device; expected F32, F16, BF16, F64 or Flex32"
            ),
            Self::BiasLength { expected, given } => write!(
                f,
                "the layer has {expected} outputs by its weights, but a bias of {given}; \
                 if the layer has groups, state them for the weights with `Start::groups`"
            ),
            Self::Packed { count, outputs } => {
                write!(f, "{count} packed matrices don't divide {outputs} outputs")
            }
            Self::Stacked { count, dims } => {
                write!(f, "expected {count} as the first of three or more dimensions, got {dims:?}")
            }
            Self::Layout(layout) => write!(f, "does not support the layout {layout}"),
        }
    }
}

impl error::Error for Reason {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Init(error) => Some(error),
            _ => None,
        }
    }
}
