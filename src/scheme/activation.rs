//! The activation that follows a layer, and the scheme and gain that suit it.

use super::init::Init;
use crate::target::const_sqrt;

/// The activation that follows a layer. It changes the variance of the values that pass through it, and
/// so decides which scheme and gain keep the variance constant from layer to layer.
///
/// | activation | gain | scheme | std |
/// | --- | --- | --- | --- |
/// | `Linear`, `Sigmoid` | 1 | Xavier | √(2 / (fan_in + fan_out)) |
/// | `Tanh` | 5/3 | Xavier with its gain | 5/3 · √(2 / (fan_in + fan_out)) |
/// | `Relu` | √2 | He | √(2 / fan_in) |
/// | `LeakyRelu` with slope *s* | √(2 / (1 + s²)) | He times 1/√(1 + s²) | √(2 / ((1 + s²) fan_in)) |
/// | `Selu` | 3/4 | LeCun | √(1 / fan_in) |
/// | `Gelu`, `Silu`, `Mish`, `Elu`, `Softplus` | 1.534, 1.677, 1.487, 1.245, 1.042 | LeCun with its gain | gain · √(1 / fan_in) |
///
/// The gains in the first rows are PyTorch's (`calculate_gain`). The gains in the last row are
/// 1/√E\[f(z)²\] for a standard normal z, by numerical integration. For SELU the scheme differs from
/// PyTorch's, because its authors ask for LeCun's std, which lets activations normalise themselves
/// (Klambauer et al., "Self-normalizing neural networks", 2017).
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Activation {
    /// No activation, as after the last layer before a loss or a softmax.
    Linear,
    /// 1 / (1 + e⁻ˣ).
    Sigmoid,
    /// tanh x.
    Tanh,
    /// max(x, 0).
    Relu,
    /// x, or `slope` times x if x is negative.
    LeakyRelu {
        /// The slope on the negative side; 0 gives the ReLU. If the slope or its square is not finite, the
        /// gain is NaN, and a fill returns [`InitError::Gain`](crate::InitError::Gain).
        slope: f32,
    },
    /// Scaled exponential linear unit.
    Selu,
    /// x Φ(x), with the normal distribution's Φ.
    Gelu,
    /// x / (1 + e⁻ˣ), also known as Swish.
    #[doc(alias = "swish")]
    Silu,
    /// x tanh(ln(1 + eˣ)).
    Mish,
    /// x, or eˣ − 1 if x is negative.
    Elu,
    /// ln(1 + eˣ).
    Softplus,
}

impl Activation {
    /// Returns the factor by which to multiply LeCun's std, √(1 / fan_in), before this activation. For
    /// the activations that PyTorch's `calculate_gain` has,
    /// `Init::lecun_normal().gain(activation.gain())` has the std of PyTorch's `kaiming_normal_`, up to
    /// rounding.
    #[doc(alias = "calculate_gain")]
    #[must_use]
    pub const fn gain(self) -> f32 {
        match self {
            Self::Linear | Self::Sigmoid => 1.0,
            Self::Tanh => 5.0 / 3.0,
            Self::Relu => core::f32::consts::SQRT_2,
            Self::LeakyRelu { slope } => core::f32::consts::SQRT_2 * leaky(slope),
            Self::Selu => 0.75,
            Self::Gelu => 1.533_530_5,
            Self::Silu => 1.676_532_5,
            Self::Mish => 1.486_847_6,
            Self::Elu => 1.245_198_3,
            Self::Softplus => 1.041_866_8,
        }
    }

    /// Returns the scheme for the weights of the layer before the activation.
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
            Self::Linear | Self::Sigmoid | Self::Tanh => Init::xavier_normal().gain(self.gain()),
            Self::Relu => Init::he_normal(),
            Self::LeakyRelu { slope } => Init::he_normal().gain(leaky(slope)),
            Self::Selu => Init::lecun_normal(),
            Self::Gelu | Self::Silu | Self::Mish | Self::Elu | Self::Softplus => {
                Init::lecun_normal().gain(self.gain())
            }
        }
    }
}

/// Returns the factor 1/√(1 + s²), by which a negative slope of s reduces He's std.
const fn leaky(slope: f32) -> f32 {
    let square = 1.0 + slope * slope;
    if square.is_finite() { 1.0 / const_sqrt(square) } else { f32::NAN }
}
