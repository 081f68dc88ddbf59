//! From a scheme and a shape to the values of a tensor: a distribution, or a structure.
//!
//! On processors of 64 bits the way from a shape to its distribution is inlined into each fill. A function would return
//! the distribution through memory, written number by number. The compiler reads two numbers at once, for which a
//! processor waits until both have left its store buffer: with functions a fill of 64 values takes 15 ns longer on a
//! Zen 4. Small processors share the functions, because each copy takes flash.

use super::{
    init::{Family, FanMode, Init, Scheme},
    shape::{Fan, Shape},
    structured::Structure,
};
use crate::{
    distribution::{Cut, Distribution},
    error::InitError,
    target::{const_sqrt, divide, is_magnitude, is_positive, sqrt},
};

/// The values for one tensor, after all checks have passed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Recipe {
    /// Independent draws from one distribution.
    Drawn(Distribution),
    /// Values that depend on their indices in the tensor.
    Structured(Structure),
}

impl Recipe {
    /// Returns the recipe for tensor `number` of a stack.
    pub(crate) fn of_tensor(self, number: usize) -> Self {
        match self {
            Self::Structured(Structure::Gates { constants }) => {
                let value = constants.get(number).copied().unwrap_or(0.0);
                Self::Drawn(Distribution::Constant { value })
            }
            recipe => recipe,
        }
    }

    /// Returns a bound on the magnitude of all values.
    #[inline]
    pub(crate) fn farthest(&self) -> f32 {
        match self {
            Self::Drawn(distribution) => distribution.farthest(),
            Self::Structured(structure) => structure.farthest(),
        }
    }

    /// Returns whether the values depend on each other, so that only whole tensors can be filled.
    pub(crate) fn is_orthogonal(&self) -> bool {
        matches!(self, Self::Structured(structure) if structure.is_orthogonal())
    }
}

impl Init {
    /// Returns the recipe for a tensor of the given shape, which has `len` values.
    #[inline(always)]
    pub(crate) fn recipe(&self, shape: &Shape, len: usize) -> Result<Recipe, InitError> {
        if self.is_special() {
            let nothing = Recipe::Drawn(Distribution::ZERO);
            return unless_empty(len, self.structure(shape).map(Recipe::Structured), nothing);
        }
        self.drawn(shape, len).map(Recipe::Drawn)
    }

    /// Returns the structure for a structured scheme. It is not inlined, so that fills of the other schemes
    /// don't pay for it in stack and code size.
    #[inline(never)]
    fn structure(&self, shape: &Shape) -> Result<Structure, InitError> {
        let structure = match (self.scheme, self.icnr) {
            // A structured scheme has no independent values that could be repeated.
            (Scheme::Structured(_), Some(_)) => return Err(InitError::NoDistribution),
            (Scheme::Structured(structure), None) => {
                let structure = structure.general();
                structure.check(shape)?;
                structure.times(self.checked_gain()?)
            }
            (_, Some((upscale, order))) => {
                let small = shape.before_upscale(upscale)?;
                let distribution = self.plain(small.fan())?;
                if shape.is_transposed() {
                    Structure::Upsampled { distribution, upscale }
                } else {
                    Structure::SubPixel { distribution, outputs: small.out_channels(), order }
                }
            }
            _ => return Err(InitError::NoDistribution),
        };
        structure.check(shape)?;
        Ok(structure)
    }

    /// Returns the distribution for a tensor whose values are independent draws from one.
    #[cfg_attr(target_pointer_width = "64", inline(always))]
    #[cfg_attr(not(target_pointer_width = "64"), inline)]
    pub(crate) fn drawn(&self, shape: &Shape, len: usize) -> Result<Distribution, InitError> {
        unless_empty(len, self.plain(shape.fan()), Distribution::ZERO)
    }

    /// Returns the same as [`drawn`](Self::drawn) in constants, with the slower root.
    pub(crate) const fn const_drawn(
        &self,
        shape: &Shape,
        len: usize,
    ) -> Result<Distribution, InitError> {
        unless_empty(len, self.const_plain(shape.fan()), Distribution::ZERO)
    }

    #[inline]
    const fn checked_gain(&self) -> Result<f32, InitError> {
        let given = self.gain;
        if is_magnitude(given) { Ok(given) } else { Err(InitError::Gain { given }) }
    }

    /// Returns the distribution for the scheme without ICNR. An error in `fan` counts only if the scheme
    /// needs a fan, because a bias has none and can still be filled with zeros.
    #[cfg_attr(target_pointer_width = "64", inline(always))]
    #[cfg_attr(not(target_pointer_width = "64"), inline)]
    pub(super) fn plain(&self, fan: Result<Fan, InitError>) -> Result<Distribution, InitError> {
        let scaled = match self.before_root(fan)? {
            BeforeRoot::Done(distribution) => return Ok(distribution),
            BeforeRoot::Scaled(scaled) => scaled,
        };
        let fan = match scaled.divisor {
            Divisor::Fan(fan) => fan,
            Divisor::GeometricMean(a, b) => geometric_mean(a, b),
        };
        // `Fan::std` has the same lines. If they share a function, a He fill on a Cortex-M0 takes 650 bytes more, because
        // the compiler no longer computes the standard deviation of a constant scheme.
        let (square, unlift) = quotient::<false>(scaled.scale, fan);
        scaled.after_root(if is_positive(square) { sqrt(square) * unlift } else { 0.0 })
    }

    /// Returns the same as [`plain`](Self::plain) in constants, with the slower root.
    pub(super) const fn const_plain(
        &self,
        fan: Result<Fan, InitError>,
    ) -> Result<Distribution, InitError> {
        let scaled = match self.before_root(fan) {
            Ok(BeforeRoot::Done(distribution)) => return Ok(distribution),
            Ok(BeforeRoot::Scaled(scaled)) => scaled,
            Err(error) => return Err(error),
        };
        let fan = match scaled.divisor {
            Divisor::Fan(fan) => fan,
            Divisor::GeometricMean(a, b) => const_sqrt(a as f32) * const_sqrt(b as f32),
        };
        let (square, unlift) = quotient::<false>(scaled.scale, fan);
        scaled.after_root(if square > 0.0 { const_sqrt(square) * unlift } else { 0.0 })
    }

    /// Does all work on the distribution that comes before the square root.
    #[cfg_attr(target_pointer_width = "64", inline(always))]
    #[cfg_attr(not(target_pointer_width = "64"), inline)]
    const fn before_root(&self, fan: Result<Fan, InitError>) -> Result<BeforeRoot, InitError> {
        let gain = match self.checked_gain() {
            Ok(gain) => gain,
            Err(error) => return Err(error),
        };
        match self.scheme {
            Scheme::Structured(_) => Err(InitError::NoDistribution),
            Scheme::Fixed(distribution) => {
                let scaled = match distribution.checked() {
                    Ok(distribution) => distribution.times(gain),
                    Err(error) => return Err(error),
                };
                if scaled.is_constant() && gain > 0.0 && !distribution.is_constant() {
                    return Err(InitError::TooSmall { given: gain });
                }
                match scaled.checked() {
                    Ok(distribution) => Ok(BeforeRoot::Done(distribution)),
                    Err(error) => Err(error),
                }
            }
            Scheme::VarianceScaling { scale: given, .. } if !is_magnitude(given) => {
                Err(InitError::Scale { given })
            }
            Scheme::VarianceScaling { scale, mode, family, cut } => {
                let divisor = match fan {
                    Ok(fan) => divisor(fan, mode),
                    Err(error) => return Err(error),
                };
                let scale = if matches!(family, Family::Uniform) { 3.0 * scale } else { scale };
                let scaled = match divisor {
                    Ok(divisor) => Scaled { gain, scale, divisor, family, cut },
                    Err(error) => return Err(error),
                };
                if scale.is_finite() {
                    return Ok(BeforeRoot::Scaled(scaled));
                }
                // Three times the scale overflowed. The root in integers takes finite numbers only.
                match scaled.after_root(scale) {
                    Ok(distribution) => Ok(BeforeRoot::Done(distribution)),
                    Err(error) => Err(error),
                }
            }
        }
    }
}

/// A distribution before the square root, the only step that is not `const` where it is fast.
enum BeforeRoot {
    /// It needs no root.
    Done(Distribution),
    Scaled(Scaled),
}

/// A distribution whose std, or whose bound if it is uniform, is gain × √(scale ÷ divisor).
struct Scaled {
    gain: f32,
    scale: f32,
    divisor: Divisor,
    family: Family,
    cut: Cut,
}

impl Scaled {
    #[cfg_attr(target_pointer_width = "64", inline(always))]
    #[cfg_attr(not(target_pointer_width = "64"), inline)]
    const fn after_root(&self, root: f32) -> Result<Distribution, InitError> {
        let &Self { gain, scale, family, cut, .. } = self;
        let std = gain * root;
        if std == 0.0 && gain > 0.0 && scale > 0.0 {
            return Err(InitError::TooSmall { given: gain });
        }
        let distribution = match family {
            Family::Normal if cut.is_none() => Distribution::Normal { mean: 0.0, std },
            Family::Normal | Family::TruncatedNormal => {
                Distribution::TruncatedNormal { mean: 0.0, std, cut }
            }
            Family::Uniform => Distribution::Uniform { low: -std, high: std },
        };
        distribution.checked()
    }
}

/// The fan by which the variance is divided. It is not zero.
enum Divisor {
    Fan(f32),
    /// The geometric mean of two fans.
    GeometricMean(usize, usize),
}

impl Fan {
    /// Returns √(scale ÷ fan), the standard deviation that [`Init::variance_scaling`] gives a normal. With three times
    /// the scale it is the bound of a uniform.
    ///
    /// ```
    /// use weight_init::{Fan, FanMode};
    ///
    /// let he = Fan::new(784, 100).std(2.0, FanMode::FanIn);
    /// assert_eq!(he, Ok((2.0_f32 / 784.0).sqrt()));
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`ZeroFan`](InitError::ZeroFan), or [`Scale`](InitError::Scale) if the scale is negative or not finite.
    #[inline]
    pub fn std(self, scale: f32, mode: FanMode) -> Result<f32, InitError> {
        if !is_magnitude(scale) {
            return Err(InitError::Scale { given: scale });
        }
        let fan = match divisor(self, mode)? {
            Divisor::Fan(fan) => fan,
            Divisor::GeometricMean(a, b) => geometric_mean(a, b),
        };
        let (square, unlift) = quotient::<true>(scale, fan);
        Ok(if is_positive(square) { sqrt(square) * unlift } else { 0.0 })
    }
}

/// Replaces an error about the sizes of a shape by `nothing`, if the shape has no values.
#[inline]
const fn unless_empty<T: Copy>(
    len: usize,
    result: Result<T, InitError>,
    nothing: T,
) -> Result<T, InitError> {
    match result {
        Err(
            InitError::ZeroFan { .. }
            | InitError::Overflow
            | InitError::OutputsTooFew { .. }
            | InitError::OutputsTooMany { .. }
            | InitError::Upscale { upscale: 1.., .. }
            | InitError::UpscaleKernel { upscale: 1.., .. },
        ) if len == 0 => Ok(nothing),
        result => result,
    }
}

#[cfg_attr(target_pointer_width = "64", inline(always))]
#[cfg_attr(not(target_pointer_width = "64"), inline)]
const fn divisor(fan: Fan, mode: FanMode) -> Result<Divisor, InitError> {
    let Fan { fan_in, fan_out } = fan;
    let (divisor, zero) = match mode {
        FanMode::FanIn => (Divisor::Fan(fan_in as f32), fan_in == 0),
        FanMode::FanOut => (Divisor::Fan(fan_out as f32), fan_out == 0),
        FanMode::FanAvg => {
            let mean = 0.5 * (fan_in as f32 + fan_out as f32);
            (Divisor::Fan(mean), fan_in == 0 || fan_out == 0)
        }
        FanMode::FanGeoAvg => {
            (Divisor::GeometricMean(fan_in, fan_out), fan_in == 0 || fan_out == 0)
        }
    };
    if zero { Err(InitError::ZeroFan { fan_in, fan_out }) } else { Ok(divisor) }
}

/// Returns scale ÷ fan, and the power of two that its root must be multiplied by. If the quotient would be subnormal
/// and lose digits, it is computed from a scale that is 2¹⁰⁰ times as large.
///
/// With `SHORT`, the division takes less flash where there is no FPU, and is not computed by the compiler even if the
/// scheme and the shape are constants.
#[inline]
const fn quotient<const SHORT: bool>(scale: f32, fan: f32) -> (f32, f32) {
    /// 2⁻⁶⁰. From here on the quotient is normal, because no fan exceeds 2⁶⁴. A program with constant schemes has no code
    /// for smaller scales.
    const NORMAL: f32 = 1.0 / (1_u64 << 60) as f32;
    const LIFT: f32 = (1_u128 << 100) as f32;
    const UNLIFT: f32 = 1.0 / (1_u64 << 50) as f32;
    // A comparison of bits, as elsewhere, would stay in the code of C's `wi_fill`, which chooses between two constants.
    if scale >= NORMAL {
        return (if SHORT { divide(scale, fan) } else { scale / fan }, 1.0);
    }
    let square = scale / fan;
    if square.to_bits() >= f32::MIN_POSITIVE.to_bits() {
        (square, 1.0)
    } else {
        (scale * LIFT / fan, UNLIFT)
    }
}

/// Returns the geometric mean of both fans, as a product of two roots because the product of the fans
/// could overflow. It is not inlined, so that the other modes don't pay for it in code size.
#[inline(never)]
fn geometric_mean(fan_in: usize, fan_out: usize) -> f32 {
    sqrt(fan_in as f32) * sqrt(fan_out as f32)
}
