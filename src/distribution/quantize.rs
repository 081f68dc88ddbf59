//! The choice of a quantisation for a distribution: the finest that saturates no more than a share of the values.

use super::{cut::share_within, parameters::Distribution};
use crate::{
    gaussian::tail,
    sampler::overhang::FARTHEST,
    slot::{FixedPoint, Quantization, limits, power_of_two},
};

impl Distribution {
    /// Returns the fixed-point format with the most fraction bits in which no more than `share` of the values
    /// saturate. A share of 0, below 0 or NaN means that no value may saturate. The scale is a power of two from
    /// 2⁻¹²⁰ to 2¹²⁰, so for large values there may be fewer than 0 fraction bits. For `u8` the zero point is the
    /// one with which both ends saturate alike, 128 if the mean is 0.
    ///
    /// The share is that of the distribution, so a tensor may have a few values more. The function is `const`.
    /// At run time it computes in `f64`.
    ///
    /// ```
    /// use weight_init::{Distribution, Quantization};
    ///
    /// // ±0.125 is more than 4 standard deviations, and ±0.0625 is only 2.
    /// const HE: Distribution = Distribution::Normal { mean: 0.0, std: 0.029 };
    /// const Q: Quantization = HE.fixed_point::<i8>(1e-4);
    /// assert_eq!(Q.fraction_bits(), Some(10));
    /// ```
    #[must_use]
    pub const fn fixed_point<Q: FixedPoint>(&self, share: f32) -> Quantization {
        if let Some(quantization) = self.for_zeros::<Q>() {
            return quantization;
        }
        // The largest number that fits, by bisection. More fraction bits saturate more values.
        let (mut fits, mut beyond) = (-120_i32, 121);
        while beyond - fits > 1 {
            let middle = (fits + beyond).div_euclid(2);
            let quantization = self.centred::<Q>(power_of_two(-middle));
            let saturates = self.saturating::<Q>(quantization) > allowed(share);
            (fits, beyond) = if saturates { (fits, middle) } else { (middle, beyond) };
        }
        self.centred::<Q>(power_of_two(-fits))
    }

    /// Returns the quantisation with the finest scale with which no more than `share` of the values saturate. It
    /// is the same as [`fixed_point`](Self::fixed_point), except that the scale is not restricted to powers of two.
    ///
    /// ```
    /// use weight_init::Distribution;
    ///
    /// let weights = Distribution::Uniform { low: -0.1, high: 0.1 };
    /// assert!((weights.quantization::<i8>(0.0).scale() - 0.1 / 127.5).abs() < 1e-9);
    /// ```
    #[must_use]
    pub const fn quantization<Q: FixedPoint>(&self, share: f32) -> Quantization {
        if let Some(quantization) = self.for_zeros::<Q>() {
            return quantization;
        }
        // The bits of positive numbers are in the order of the numbers.
        let (mut beyond, mut fits) =
            (power_of_two(-120).to_bits() - 1, power_of_two(120).to_bits());
        while fits - beyond > 1 {
            let middle = beyond.midpoint(fits);
            let quantization = self.centred::<Q>(f32::from_bits(middle));
            let saturates = self.saturating::<Q>(quantization) > allowed(share);
            (beyond, fits) = if saturates { (middle, fits) } else { (beyond, middle) };
        }
        self.centred::<Q>(f32::from_bits(fits))
    }

    /// Returns the quantisation with that scale, and for a format without a sign with the zero point that puts the
    /// middle of the values in the middle of the integers.
    const fn centred<Q: FixedPoint>(&self, scale: f32) -> Quantization {
        let quantization = Quantization::from_scale(scale);
        if Q::SMALLEST < 0 {
            return quantization;
        }
        let middle = match *self {
            Self::Constant { value } => value as f64,
            Self::Normal { mean, .. } | Self::TruncatedNormal { mean, .. } => mean as f64,
            Self::Uniform { low, high } => 0.5 * (low as f64 + high as f64),
        };
        // 127.5 is rounded to 128.
        let zero_point = 0.5 * Q::LARGEST as f64 + 0.5 - middle / scale as f64;
        quantization.with_zero_point(part(zero_point, Q::LARGEST as f64) as i32)
    }

    /// Returns the share of the values that saturate.
    const fn saturating<Q: FixedPoint>(&self, quantization: Quantization) -> f64 {
        let (scale, (low, high)) = (quantization.scale() as f64, limits::<Q>(quantization));
        let (low, high) = (low as f64 * scale, high as f64 * scale);
        match *self {
            Self::Normal { mean: value, std: 0.0 }
            | Self::TruncatedNormal { mean: value, std: 0.0, .. }
            | Self::Constant { value } => {
                let value = value as f64;
                if low <= value && value <= high { 0.0 } else { 1.0 }
            }
            Self::Normal { mean, std } => {
                let (mean, std) = (mean as f64, std as f64);
                beyond((high - mean) / std, FARTHEST as f64)
                    + beyond((mean - low) / std, FARTHEST as f64)
            }
            Self::TruncatedNormal { mean, std, cut } => {
                let (mean, std) = (mean as f64, cut.sigma(std) as f64);
                let end = if cut.is_beyond_all() { FARTHEST } else { cut.sigmas() } as f64;
                (beyond((high - mean) / std, end) + beyond((mean - low) / std, end))
                    / share_within(end)
            }
            Self::Uniform { low: first, high: last } => {
                let (first, last) = (first as f64, last as f64);
                let width = last - first;
                if width > 0.0 {
                    (part(last - high, width) + part(low - first, width)) / width
                } else if low <= last && last <= high {
                    0.0
                } else {
                    1.0
                }
            }
        }
    }

    /// Returns the usual quantisation for values that are all zero, all of whose bits but the sign are fraction
    /// bits. Every quantisation is exact for them.
    const fn for_zeros<Q: FixedPoint>(&self) -> Option<Quantization> {
        let zero = match *self {
            Self::Constant { value } => value,
            Self::Normal { mean, std } | Self::TruncatedNormal { mean, std, .. } if std == 0.0 => {
                mean
            }
            Self::Uniform { low, high } if low == high => low,
            _ => return None,
        };
        let fraction_bits = 8 * size_of::<Q>() as i32 - 1;
        if zero == 0.0 { Some(self.centred::<Q>(power_of_two(-fraction_bits))) } else { None }
    }
}

/// Returns the share of a standard normal that lies between z and `end`.
const fn beyond(z: f64, end: f64) -> f64 {
    if z >= end { 0.0 } else { tail(if z < -end { -end } else { z }) - tail(end) }
}

/// Returns the part of a number that lies between 0 and `end`. Unlike `clamp`, it has no panic for a wrong `end`.
const fn part(x: f64, end: f64) -> f64 {
    if x > end {
        end
    } else if x > 0.0 {
        x
    } else {
        0.0
    }
}

/// Returns the share that may saturate.
const fn allowed(share: f32) -> f64 {
    if share > 0.0 { share as f64 } else { 0.0 }
}
