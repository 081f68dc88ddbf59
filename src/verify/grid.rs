//! The values that a format can hold, and which values of a sampler become each of them.

use super::stats::power;
use crate::slot::{Element, FixedPoint, Quantization};

/// The values of a format, in steps: the integers minus the zero point for fixed point, and the values
/// themselves for floating point. The *cell* of a value is the interval that is rounded to it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grid {
    /// The value of one step.
    scale: f32,
    /// The steps in 1.0, rounded as in a fill.
    multiplier: f32,
    /// The significant bits. Fixed point has more than any integer needs, so that all its steps are 1.
    significant_bits: i32,
    /// The exponent of the smallest step.
    finest: i32,
    /// The lowest and the highest value of the format, in steps.
    low: f64,
    high: f64,
}

impl Grid {
    /// Returns the values of a floating-point format.
    pub(super) fn float<E: Element>() -> Self {
        let high = f64::from(E::LARGEST);
        let (significant_bits, finest) = (E::SIGNIFICANT_BITS, E::SMALLEST_EXPONENT);
        Self { scale: 1.0, multiplier: 1.0, significant_bits, finest, low: -high, high }
    }

    /// Returns the values of a fixed-point format.
    pub(super) fn fixed<Q: FixedPoint>(quantization: Quantization) -> Self {
        let [low, high] = [Q::SMALLEST, Q::LARGEST]
            .map(|integer| f64::from(integer) - f64::from(quantization.zero_point()));
        let scale = quantization.scale();
        Self { scale, multiplier: 1.0 / scale, significant_bits: 64, finest: 0, low, high }
    }

    /// Returns whether all steps are the same.
    pub(super) fn is_even(&self) -> bool {
        self.significant_bits == 64
    }

    /// Returns whether a zero has a sign, so that there are two of them.
    pub(super) fn has_signed_zero(&self) -> bool {
        !self.is_even()
    }

    /// Returns the largest rounding error of a value, divided by the value. It is 0 for fixed point.
    pub(super) fn relative_error(&self) -> f64 {
        if self.is_even() { 0.0 } else { power(-self.significant_bits) }
    }

    /// Returns the grid point nearest to a value.
    pub(super) fn nearest(&self, value: f32) -> f64 {
        /// The sum with this number has no fraction bits.
        const INTEGER: f64 = 1.5 / f64::EPSILON;
        let at = f64::from(value * self.multiplier).max(self.low).min(self.high);
        let step = self.step(at.abs());
        ((at / step + INTEGER) - INTEGER) * step
    }

    /// Returns the value of a grid point, as [`value`] does for an integer.
    pub(super) fn value(&self, at: f64) -> f32 {
        scaled(at as f32, self.scale)
    }

    /// Returns the next higher grid point.
    pub(super) fn next(&self, at: f64) -> f64 {
        at + self.step_above(at)
    }

    /// Returns the next lower grid point.
    pub(super) fn previous(&self, at: f64) -> f64 {
        -self.next(-at)
    }

    /// Returns the value in the middle between a grid point and the next higher one.
    pub(super) fn above(&self, at: f64) -> f64 {
        self.real(at + 0.5 * self.step_above(at))
    }

    /// Returns the value in the middle between a grid point and the next lower one.
    pub(super) fn below(&self, at: f64) -> f64 {
        -self.above(-at)
    }

    /// Returns the value of a number of steps, without rounding.
    pub(super) fn real(&self, steps: f64) -> f64 {
        steps / f64::from(self.multiplier)
    }

    /// Returns the number of grid points between two, including both.
    pub(super) fn count(&self, low: f64, high: f64) -> f64 {
        self.index(high) - self.index(low) + 1.0
    }

    /// Returns the number of grid points from zero to another one, with its sign.
    fn index(&self, at: f64) -> f64 {
        let exponent = self.step_exponent(at.abs());
        let index = at.abs() / power(exponent)
            + f64::from(exponent - self.finest) * power(self.significant_bits - 1);
        if at < 0.0 { -index } else { index }
    }

    /// Returns the distance from a grid point to the next higher one.
    pub(super) fn step_above(&self, at: f64) -> f64 {
        self.step(if at < 0.0 { at.abs().next_down() } else { at })
    }

    /// Returns the step just above a magnitude.
    pub(super) fn step(&self, magnitude: f64) -> f64 {
        power(self.step_exponent(magnitude))
    }

    fn step_exponent(&self, magnitude: f64) -> i32 {
        (exponent(magnitude) - self.significant_bits + 1).max(self.finest)
    }

    /// Returns the step just above a number of steps, and the power of two at which it changes. Steps of
    /// magnitudes up to `negligible` are taken to be the same.
    pub(super) fn piece(&self, at: f64, negligible: f64) -> (f64, f64) {
        if self.is_even() {
            return (1.0, f64::INFINITY);
        }
        let flat = (self.finest + self.significant_bits - 1).max(exponent(negligible));
        let end = power(flat + 1);
        let (exponent, end) = if at < -end {
            let exponent = exponent(at.abs().next_down());
            (exponent, -power(exponent))
        } else if at < end {
            (flat, end)
        } else {
            (exponent(at), power(exponent(at) + 1))
        };
        (power(exponent - self.significant_bits + 1), end)
    }
}

/// Returns the value that an integer stands for, rounded to `f32`.
pub(super) fn value<Q: FixedPoint>(quantization: Quantization, integer: Q) -> f32 {
    let steps = integer.integer().wrapping_sub(quantization.zero_point());
    scaled(steps as f32, quantization.scale())
}

/// Returns a number of steps times the value of one. It is finite, because an integer always stands for a finite
/// value.
fn scaled(steps: f32, scale: f32) -> f32 {
    let value = steps * scale;
    if value.is_finite() { value } else { f32::MAX.copysign(value) }
}

/// Returns the exponent of the largest power of two up to a magnitude. Zero may have either sign.
fn exponent(magnitude: f64) -> i32 {
    (magnitude.abs().to_bits() >> 52) as i32 - 1023
}
