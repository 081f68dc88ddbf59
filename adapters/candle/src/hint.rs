//! From candle's schemes to those of `weight-init`.

use candle_nn::init::{FanInOut, Init as Hint, NonLinearity, NormalOrUniform};
use weight_init::{Activation, Fan, FanMode, Init, InitError, Layout, Shape};

use crate::Checked;

/// Returns candle's scheme as one of `weight-init`.
///
/// The bits are those of the scheme that `weight-init` has a name for. Kaiming with ReLU is
/// [`Init::he_normal`] and not LeCun's scheme times √2, whose last digit may differ:
///
/// ```
/// use candle_nn::init::DEFAULT_KAIMING_NORMAL;
/// use weight_init_candle::{from_hint, weight_init::Init};
///
/// assert_eq!(from_hint(DEFAULT_KAIMING_NORMAL), Init::he_normal());
/// ```
///
/// | candle | weight-init |
/// | --- | --- |
/// | `Const(c)` | `constant(c)` |
/// | `Randn { mean, stdev }` | `normal(mean, stdev)` |
/// | `Uniform { lo, up }` | `uniform(lo, up)` |
/// | `Kaiming`, `Normal` or `Uniform`, `ReLU` or a gain of √2 | `he_normal()`, `he_uniform()` |
/// | `Kaiming`, `Normal` or `Uniform`, `Linear`, `Sigmoid` | `lecun_normal()`, `lecun_uniform()` |
/// | the same, `Tanh`, `SELU`, `ExplicitGain(g)` | the same, `.gain(5.0 / 3.0)`, `.gain(0.75)`, `.gain(g)` |
/// | the same, `FanOut` | the same, `.mode(FanMode::FanOut)` |
///
/// candle's numbers are `f64` and are rounded to `f32`.
#[must_use]
pub fn from_hint(hint: Hint) -> Init {
    let (dist, fan, non_linearity) = match hint {
        Hint::Const(value) => return Init::constant(value as f32),
        Hint::Randn { mean, stdev } => return Init::normal(mean as f32, stdev as f32),
        Hint::Uniform { lo, up } => return Init::uniform(lo as f32, up as f32),
        Hint::Kaiming { dist, fan, non_linearity } => (dist, fan, non_linearity),
    };
    let is_relu = non_linearity.gain() == NonLinearity::ReLU.gain();
    let init = match (dist, is_relu) {
        (NormalOrUniform::Normal, true) => Init::he_normal(),
        (NormalOrUniform::Uniform, true) => Init::he_uniform(),
        (NormalOrUniform::Normal, false) => Init::lecun_normal(),
        (NormalOrUniform::Uniform, false) => Init::lecun_uniform(),
    };
    let init = match non_linearity {
        _ if is_relu => init,
        NonLinearity::ReLU | NonLinearity::Linear | NonLinearity::Sigmoid => init,
        NonLinearity::Tanh => init.gain(Activation::Tanh.gain()),
        NonLinearity::SELU => init.gain(Activation::Selu.gain()),
        NonLinearity::ExplicitGain(gain) => init.gain(gain as f32),
    };
    init.mode(match fan {
        FanInOut::FanIn => FanMode::FanIn,
        FanInOut::FanOut => FanMode::FanOut,
    })
}

/// Returns the shape of a tensor with the fan that candle's schemes give it: `dims[1]` and `dims[0]`, each times the
/// other dimensions, or 1 where there is none.
pub(crate) fn hinted_shape(dims: &[usize]) -> Checked<Shape> {
    let len = product(dims)?;
    let kernel = dims.get(2..).map_or(Ok(1), product)?;
    let times_kernel = |axis: usize| match dims.get(axis) {
        Some(size) => size.checked_mul(kernel).ok_or(InitError::Overflow),
        None => Ok(1),
    };
    let fan = Fan::new(times_kernel(1)?, times_kernel(0)?);
    // The values follow the flat index, so the number of axes makes no difference to a hint.
    Ok(Shape::vector(len).with_fan(fan))
}

/// Returns the shape that dimensions alone describe: PyTorch's weights of a dense layer or a convolution, or a vector.
pub(crate) fn shape_of(dims: &[usize]) -> Checked<Shape> {
    match *dims {
        [] => Ok(Shape::vector(1)),
        [len] => Ok(Shape::vector(len)),
        _ => Shape::from_dims(dims, Layout::OutIn, 1),
    }
}

/// Returns the number of values. The dimensions that are not zero must not overflow, because candle computes the strides
/// of an empty tensor too, without a check.
pub(crate) fn product(dims: &[usize]) -> Checked<usize> {
    let mut sizes = dims.iter().filter(|size| **size != 0);
    let product = sizes.try_fold(1_usize, |product, size| product.checked_mul(*size));
    let product = product.ok_or(InitError::Overflow)?;
    Ok(if dims.contains(&0) { 0 } else { product })
}
