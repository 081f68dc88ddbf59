//! What follows a layer, and so which start its weights want.

use super::init::Init;
use crate::target::const_sqrt;

/// The activation that follows a layer. It decides what becomes of the variance on its way, and so
/// which scheme and gain keep it.
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
/// The first gains are PyTorch's (`calculate_gain`); those of the last row are 1/√E\[f(z)²\] for a
/// standard normal z, by integration. For SELU the scheme is not PyTorch's: its authors ask for LeCun's
/// std, which lets activations normalise themselves (Klambauer et al., "Self-normalizing neural
/// networks", 2017).
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
    /// x Φ(x), with the normal distribution's Φ.
    Gelu,
    /// x / (1 + e⁻ˣ), also known as Swish.
    #[doc(alias = "swish")]
    Silu,
    /// x tanh(ln(1 + eˣ)).
    Mish,
    /// x, or eˣ − 1 where it is negative.
    Elu,
    /// ln(1 + eˣ).
    Softplus,
}

impl Activation {
    /// The factor for LeCun's std, √(1 / fan_in), before that activation. For those that PyTorch
    /// knows, `Init::lecun_normal().gain(activation.gain())` has the std of its `kaiming_normal_`, up to
    /// roundings.
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

/// What the negative side takes from He's std: 1/√(1 + s²).
const fn leaky(slope: f32) -> f32 {
    let square = 1.0 + slope * slope;
    if square.is_finite() { 1.0 / const_sqrt(square) } else { f32::NAN }
}
