//! The activations that the page offers.

use core::f32::consts::{FRAC_1_SQRT_2, PI};

use libm::{erff, expf, sqrtf, tanhf};

/// The activation after every hidden layer.
///
/// The numbers begin at 1, so that the state of `exports` is all zeros before its first use and takes no part of the
/// file.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(u8)]
pub enum Activation {
    Relu = 1,
    LeakyRelu,
    Tanh,
    Sigmoid,
    Selu,
    Gelu,
    Silu,
    Linear,
}

use Activation::{Gelu, LeakyRelu, Linear, Relu, Selu, Sigmoid, Silu, Tanh};

impl Activation {
    /// The activations and their names, in the order of the page's list.
    pub const ALL: [(Self, &str); 8] = [
        (Relu, "relu"),
        (LeakyRelu, "leaky_relu"),
        (Tanh, "tanh"),
        (Sigmoid, "sigmoid"),
        (Selu, "selu"),
        (Gelu, "gelu"),
        (Silu, "silu"),
        (Linear, "linear"),
    ];

    /// Returns f(z) and its slope f′(z).
    ///
    /// NaN passes through, so that a network that diverged doesn't look like one that is dead.
    #[inline]
    #[must_use]
    pub fn apply(self, z: f32) -> (f32, f32) {
        /// Klambauer et al., "Self-normalizing neural networks", 2017.
        const SELU: (f32, f32) = (1.050_701, 1.673_263_2);
        match self {
            Relu => (if z < 0.0 { 0.0 } else { z }, if z > 0.0 { 1.0 } else { 0.0 }),
            LeakyRelu => {
                let slope = if z < 0.0 { 0.01 } else { 1.0 };
                (slope * z, slope)
            }
            Tanh => {
                let y = tanhf(z);
                (y, 1.0 - y * y)
            }
            Sigmoid => {
                let y = sigmoid(z);
                (y, y * (1.0 - y))
            }
            Selu => {
                let (scale, alpha) = SELU;
                if z < 0.0 {
                    let e = alpha * expf(z);
                    (scale * (e - alpha), scale * e)
                } else {
                    (scale * z, scale)
                }
            }
            Gelu => {
                let below = 0.5 * (1.0 + erff(z * FRAC_1_SQRT_2));
                let density = expf(-0.5 * z * z) / sqrtf(2.0 * PI);
                // At infinity, the product with a density of zero would be NaN.
                (z * below, if density == 0.0 { below } else { below + z * density })
            }
            Silu => {
                let y = sigmoid(z);
                (z * y, y + z * y * (1.0 - y))
            }
            Linear => (z, 1.0),
        }
    }
}

fn sigmoid(z: f32) -> f32 {
    1.0 / (1.0 + expf(-z))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slopes_are_those_of_the_functions() {
        for (activation, name) in Activation::ALL {
            for n in -40..40 {
                // Never at a kink.
                let (z, step) = (n as f32 * 0.1 + 0.05, 1e-2);
                let value = |z| f64::from(activation.apply(z).0);
                let slope = (value(z + step) - value(z - step)) / f64::from(2.0 * step);
                let given = f64::from(activation.apply(z).1);
                assert!((slope - given).abs() < 1e-3, "{name} at {z}: {given} and not {slope}");
            }
        }
    }

    #[test]
    fn values_are_known_ones() {
        let value = |activation: Activation, z| f64::from(activation.apply(z).0);
        for (activation, at_1, at_minus_1) in [
            (Relu, 1.0, 0.0),
            (LeakyRelu, 1.0, -0.01),
            (Tanh, 0.761_594_16, -0.761_594_16),
            (Sigmoid, 0.731_058_58, 0.268_941_42),
            (Selu, 1.050_701, -1.111_330_7),
            (Gelu, 0.841_344_75, -0.158_655_25),
            (Silu, 0.731_058_58, -0.268_941_42),
            (Linear, 1.0, -1.0),
        ] {
            assert!((value(activation, 1.0) - at_1).abs() < 1e-6, "{activation:?}");
            assert!((value(activation, -1.0) - at_minus_1).abs() < 1e-6, "{activation:?}");
        }
    }

    #[test]
    fn nan_stays_nan() {
        for (activation, name) in Activation::ALL {
            assert!(activation.apply(f32::NAN).0.is_nan(), "{name}");
        }
    }
}
