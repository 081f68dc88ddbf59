//! What follows a layer, and so which start its weights want.

use crate::{Init, backend::const_sqrt};

/// The activation that follows a layer. It decides what becomes of the variance on its way, and so
/// which scheme and gain keep it.
///
/// | activation | scheme | std |
/// | --- | --- | --- |
/// | `Linear`, `Sigmoid` | Xavier | √(2 / (fan_in + fan_out)) |
/// | `Tanh` | Xavier, gain 5/3 | 5/3 · √(2 / (fan_in + fan_out)) |
/// | `Relu` | He | √(2 / fan_in) |
/// | `LeakyRelu` with slope *s* | He, gain 1/√(1 + s²) | √(2 / ((1 + s²) fan_in)) |
/// | `Selu` | LeCun | √(1 / fan_in) |
///
/// The gains are PyTorch's, but for SELU: its authors ask for LeCun's std, which lets activations
/// normalise themselves (Klambauer et al., "Self-normalizing neural networks", 2017).
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Activation {
    /// None, as in the last layer before a loss or a softmax.
    Linear,
    /// 1 / (1 + e⁻ˣ).
    Sigmoid,
    /// tanh x.
    Tanh,
    /// max(x, 0).
    Relu,
    /// x, or `slope` times x where it is negative.
    LeakyRelu {
        /// The slope on the negative side: 0 is the ReLU. If it or its square is not finite, the gain
        /// is NaN, and a fill is refused ([`InitError::Gain`](crate::InitError::Gain)).
        slope: f32,
    },
    /// Scaled exponential linear unit.
    Selu,
}

impl Activation {
    /// The scheme for the weights of the layer before it.
    ///
    /// ```
    /// use weight_init::{Activation, Init};
    ///
    /// assert_eq!(Activation::Relu.init(), Init::he_normal());
    /// assert_eq!(Activation::Tanh.init(), Init::xavier_normal().gain(5.0 / 3.0));
    /// ```
    #[must_use]
    pub const fn init(self) -> Init {
        match self {
            Self::Linear | Self::Sigmoid => Init::xavier_normal(),
            Self::Tanh => Init::xavier_normal().gain(5.0 / 3.0),
            Self::Relu => Init::he_normal(),
            Self::LeakyRelu { slope } => {
                let square = 1.0 + slope * slope;
                Init::he_normal().gain(if square.is_finite() {
                    1.0 / const_sqrt(square)
                } else {
                    f32::NAN
                })
            }
            Self::Selu => Init::lecun_normal(),
        }
    }
}
