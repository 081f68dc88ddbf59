//! The probabilities of a distribution's values before they are rounded, in double precision.

use core::f64::consts::SQRT_2;

use crate::{
    distribution::{Distribution, share_within},
    gaussian::{density, tail},
    sampler::uniform::Uniform,
};

/// A distribution of a variable z without a unit: a value is mean + z × `unit`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Law {
    pub(super) mean: f64,
    /// The standard deviation before truncation, or half the width of a uniform.
    pub(super) unit: f64,
    shape: Shape,
}

#[derive(Clone, Copy, Debug)]
enum Shape {
    /// A normal between ±`end`. A normal without ends has the share `within` between them, and `beyond` above
    /// them.
    Normal { end: f64, within: f64, beyond: f64 },
    /// A uniform between −1 and 1.
    Uniform,
}

/// A point at which a range of values begins or ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct Edge {
    pub(super) z: f64,
    /// The share of values above.
    pub(super) above: f64,
    pub(super) density: f64,
    /// The integral of the squared density above, up to a constant.
    squares: f64,
}

impl Law {
    /// Returns the law of a distribution whose values differ.
    pub(super) fn new(distribution: &Distribution) -> Self {
        let normal = |mean: f32, std: f32, end: f64| Self {
            mean: mean.into(),
            unit: std.into(),
            shape: Shape::Normal { end, within: share_within(end), beyond: tail(end) },
        };
        match *distribution {
            Distribution::Constant { value } => normal(value, 0.0, f64::INFINITY),
            Distribution::Normal { mean, std } => normal(mean, std, f64::INFINITY),
            Distribution::TruncatedNormal { mean, std, cut } if cut.is_beyond_all() => {
                normal(mean, std, f64::INFINITY)
            }
            Distribution::TruncatedNormal { mean, std, cut } => {
                normal(mean, cut.sigma(std), cut.sigmas().into())
            }
            Distribution::Uniform { low, high } => {
                let Uniform { middle, half, .. } = Uniform::new(low, high);
                Self { mean: middle.into(), unit: half.into(), shape: Shape::Uniform }
            }
        }
    }

    pub(super) fn is_normal(&self) -> bool {
        matches!(self.shape, Shape::Normal { .. })
    }

    /// Returns z, within the bounds of the distribution.
    fn within(&self, value: f64) -> f64 {
        let end = match self.shape {
            Shape::Normal { end, .. } => end,
            Shape::Uniform => 1.0,
        };
        ((value - self.mean) / self.unit).max(-end).min(end)
    }

    /// Returns the share of values above one.
    pub(super) fn above(&self, value: f64) -> f64 {
        let z = self.within(value);
        match self.shape {
            Shape::Normal { within, beyond, .. } => (tail(z) - beyond) / within,
            Shape::Uniform => 0.5 - 0.5 * z,
        }
    }

    pub(super) fn edge(&self, value: f64) -> Edge {
        /// 1 / (2 √π), the integral of the squared density of the normal.
        const SQUARES: f64 = 0.282_094_791_773_878_14;
        let (z, above) = (self.within(value), self.above(value));
        match self.shape {
            Shape::Normal { within, .. } => Edge {
                z,
                above,
                density: density(z) / within,
                squares: SQUARES * tail(SQRT_2 * z) / (within * within),
            },
            Shape::Uniform => Edge { z, above, density: 0.5, squares: -0.25 * z },
        }
    }

    /// Returns the integral of the squared density between two edges.
    pub(super) fn squares(&self, low: &Edge, high: &Edge) -> f64 {
        low.squares - high.squares
    }

    /// Returns the highest density between two edges.
    pub(super) fn highest_density(&self, low: &Edge, high: &Edge) -> f64 {
        match self.shape {
            Shape::Normal { within, .. } => density(low.z.max(0.0).min(high.z)) / within,
            Shape::Uniform => 0.5,
        }
    }

    /// Returns the integrals of 1, z, z² and z⁴, times the density, between two edges.
    pub(super) fn moments(&self, low: &Edge, high: &Edge) -> [f64; 4] {
        let share = low.above - high.above;
        match self.shape {
            Shape::Normal { .. } => {
                let between = |power: &dyn Fn(f64) -> f64| {
                    power(low.z) * low.density - power(high.z) * high.density
                };
                let square = share + between(&|z| z);
                [share, between(&|_| 1.0), square, 3.0 * square + between(&|z| z * z * z)]
            }
            Shape::Uniform => {
                let [a, b] = [low.z, high.z];
                let fifth = |z: f64| z * z * z * z * z;
                [
                    share,
                    (b * b - a * a) / 4.0,
                    (b * b * b - a * a * a) / 6.0,
                    (fifth(b) - fifth(a)) / 10.0,
                ]
            }
        }
    }
}
