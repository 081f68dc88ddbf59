//! Structured schemes, whose values are not independent draws from one distribution: orthogonal matrices,
//! and zeros, ones and repeated values at indices that depend on the shape.
//!
//! The values are still a function of only the scheme, the stream and the shape. All schemes but the
//! orthogonal ones can fill a part of a tensor.

mod bilinear;
mod block;
mod diagonal;
pub(crate) mod orthogonal;
mod sparse;
mod subpixel;
mod transpose;

use core::convert::Infallible;

pub use self::subpixel::SubPixel;
pub(crate) use self::transpose::transpose;
use self::{
    bilinear::interpolation,
    diagonal::diagonal,
    orthogonal::{check_gain, delta_orthogonal, orthogonal},
    sparse::zeros_of_part,
    subpixel::repeated,
};
use super::shape::Shape;
use crate::{
    backend::{Executor, Fill},
    distribution::Distribution,
    error::InitError,
    sampler::overhang::FARTHEST,
    slot::{NoRounding, Rounding},
    stream::Stream,
};

/// A structured scheme and its parameters. `D` is the distribution of the values that are repeated.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Structure<D = Distribution> {
    /// A random orthogonal matrix.
    Orthogonal { gain: f32 },
    /// A random orthogonal matrix in the middle of the kernel, and zeros around it.
    DeltaOrthogonal { gain: f32 },
    /// The identity times the gain: of a dense layer, or if `kernel`, in the middle of a convolution's
    /// kernel.
    Diagonal { gain: f32, kernel: bool },
    /// The kernel of linear interpolation where output i meets input i.
    Bilinear { gain: f32 },
    /// Normal values with a share of zeros among the weights of each input.
    Sparse { sparsity: f32, std: f32 },
    /// A constant for each tensor of a stack of up to four.
    Gates { constants: [f32; 4] },
    /// The values of a convolution with only `outputs` output channels, each repeated.
    SubPixel { distribution: D, outputs: usize, order: SubPixel },
    /// The values of a transposed convolution with a smaller kernel, each repeated `upscale` times
    /// along each axis of the kernel.
    Upsampled { distribution: D, upscale: usize },
}

/// A structured scheme without repeated values, as an `Init` has it. It is 8 bytes smaller, because it has no room for
/// a distribution.
pub(crate) type Unrepeated = Structure<Infallible>;

impl Unrepeated {
    /// Returns the same scheme as one that could have repeated values.
    pub(crate) const fn general(self) -> Structure {
        match self {
            Self::Orthogonal { gain } => Structure::Orthogonal { gain },
            Self::DeltaOrthogonal { gain } => Structure::DeltaOrthogonal { gain },
            Self::Diagonal { gain, kernel } => Structure::Diagonal { gain, kernel },
            Self::Bilinear { gain } => Structure::Bilinear { gain },
            Self::Sparse { sparsity, std } => Structure::Sparse { sparsity, std },
            Self::Gates { constants } => Structure::Gates { constants },
            Self::SubPixel { distribution, .. } | Self::Upsampled { distribution, .. } => {
                match distribution {}
            }
        }
    }
}

impl Structure {
    /// Returns the structure of every value times a factor. The addition of 0 turns a −0 into +0.
    pub(crate) fn times(self, factor: f32) -> Self {
        match self {
            Self::Orthogonal { gain } => Self::Orthogonal { gain: gain * factor + 0.0 },
            Self::DeltaOrthogonal { gain } => Self::DeltaOrthogonal { gain: gain * factor + 0.0 },
            Self::Diagonal { gain, kernel } => Self::Diagonal { gain: gain * factor + 0.0, kernel },
            Self::Bilinear { gain } => Self::Bilinear { gain: gain * factor + 0.0 },
            Self::Sparse { sparsity, std } => Self::Sparse { sparsity, std: std * factor + 0.0 },
            Self::Gates { constants } => {
                Self::Gates { constants: constants.map(|constant| constant * factor + 0.0) }
            }
            Self::SubPixel { .. } | Self::Upsampled { .. } => self,
        }
    }

    /// Returns an error if a parameter is invalid, or if the scheme can't fill a tensor of the given
    /// shape.
    pub(crate) fn check(&self, shape: &Shape) -> Result<(), InitError> {
        let given = shape.rank();
        let rank = |low: usize, high: usize| match given {
            _ if given < low => Err(InitError::RankTooLow { expected: low, given }),
            _ if given > high => Err(InitError::RankTooHigh { expected: high, given }),
            _ => Ok(()),
        };
        match *self {
            Self::Orthogonal { gain } => {
                rank(2, usize::MAX)?;
                check_gain(gain)
            }
            Self::DeltaOrthogonal { gain } => {
                rank(3, usize::MAX)?;
                check_gain(gain)?;
                let (in_channels, out_channels) = (shape.in_channels(), shape.out_channels());
                match shape.groups() {
                    1 if in_channels > out_channels => {
                        Err(InitError::OutputsTooFew { in_channels, out_channels })
                    }
                    1 => Ok(()),
                    groups => Err(InitError::Grouped { groups }),
                }
            }
            Self::Diagonal { kernel: true, .. } => rank(3, usize::MAX),
            Self::Bilinear { gain } => {
                rank(3, usize::MAX)?;
                check_gain(gain)
            }
            Self::Diagonal { kernel: false, .. } => {
                rank(2, 2)?;
                match shape.groups() {
                    1 => Ok(()),
                    groups => Err(InitError::Grouped { groups }),
                }
            }
            Self::Sparse { sparsity, std } => {
                rank(2, 2)?;
                if !(0.0..=1.0).contains(&sparsity) {
                    return Err(InitError::Sparsity { given: sparsity });
                }
                let (largest, given) = (u32::MAX, shape.out_channels());
                if given as u64 > u64::from(largest) && !shape.is_empty() {
                    return Err(InitError::OutputsTooMany { largest, given });
                }
                match shape.groups() {
                    1 => Distribution::Normal { mean: 0.0, std }.check(),
                    groups => Err(InitError::Grouped { groups }),
                }
            }
            Self::Gates { constants } => {
                let (largest, given) = (constants.len(), shape.stack().unwrap_or(1));
                match constants.into_iter().find(|constant| !constant.is_finite()) {
                    Some(given) => Err(InitError::Constant { given }),
                    None if given > largest => Err(InitError::StackTooLarge { largest, given }),
                    None => Ok(()),
                }
            }
            // `Init::structure` has checked the shape and the distribution.
            Self::SubPixel { .. } | Self::Upsampled { .. } => Ok(()),
        }
    }

    /// Returns a bound on the magnitude of all values.
    pub(crate) fn farthest(&self) -> f32 {
        match *self {
            Self::Orthogonal { gain } | Self::DeltaOrthogonal { gain } => gain,
            Self::Diagonal { gain, .. } | Self::Bilinear { gain } => gain,
            Self::Sparse { std, .. } => FARTHEST * std,
            Self::Gates { constants } => {
                constants.into_iter().fold(0.0, |farthest, constant| constant.abs().max(farthest))
            }
            Self::SubPixel { distribution, .. } | Self::Upsampled { distribution, .. } => {
                distribution.farthest()
            }
        }
    }

    /// Returns whether the values depend on each other, so that only whole tensors can be filled.
    pub(crate) fn is_orthogonal(&self) -> bool {
        matches!(self, Self::Orthogonal { .. } | Self::DeltaOrthogonal { .. })
    }

    /// Fills the part of a tensor from `start` on, which must end within the tensor. The caller has checked
    /// the shape, and that orthogonal matrices are filled whole and as `f32`. Returns the number of values
    /// that saturated.
    ///
    /// It is not inlined, so that fills of the other schemes don't pay for it in stack and code size.
    #[inline(never)]
    pub(crate) fn write<R: Rounding>(
        &self,
        executor: Executor,
        rounding: R,
        stream: Stream,
        shape: &Shape,
        start: usize,
        out: &mut [R::Slot],
    ) -> usize {
        // An empty part needs no values, even of a tensor whose length overflows. If the part is not empty,
        // the length of the tensor and every factor of it fit in a `usize`.
        if out.is_empty() {
            return 0;
        }
        let Ok(axes) = shape.axes() else { return 0 };
        let (zero, _) = rounding.round(0.0);
        match *self {
            Self::Orthogonal { gain } => {
                if let Some(out) = R::values(out) {
                    let groups = shape.groups();
                    let (rows, cols) = axes.matrix(groups);
                    // Computes the groups one after the other. This is the memory order only if the grouped
                    // axis is the first.
                    orthogonal(executor, stream, rows, cols, gain, out);
                    if axes.major_is_last() {
                        transpose(groups, rows, cols, out);
                    }
                }
                0
            }
            Self::DeltaOrthogonal { gain } => {
                if let Some(out) = R::values(out) {
                    let middle = shape.kernel_element(|k| k.saturating_sub(1) / 2);
                    delta_orthogonal(executor, stream, &axes, middle, gain, out);
                }
                0
            }
            Self::Diagonal { gain, .. } => {
                let (one, saturates) = rounding.round(gain);
                let middle = shape.kernel_element(|k| k / 2);
                let mut ones = 0;
                out.fill(zero);
                let elements = middle..middle.saturating_add(1);
                diagonal(&axes, shape.groups(), elements, start, out.len(), |offset, _| {
                    if let Some(slot) = out.get_mut(offset) {
                        *slot = one;
                        ones += 1;
                    }
                });
                if saturates { ones } else { 0 }
            }
            Self::Bilinear { gain } => {
                let mut saturated = 0;
                out.fill(zero);
                let elements = 0..axes.kernel;
                diagonal(&axes, shape.groups(), elements, start, out.len(), |offset, element| {
                    let value = interpolation(shape.kernel(), element) * gain;
                    let (value, saturates) = rounding.round(value);
                    if let Some(slot) = out.get_mut(offset) {
                        *slot = value;
                        saturated += usize::from(saturates);
                    }
                });
                saturated
            }
            Self::Sparse { sparsity, std } => {
                let normal = Distribution::Normal { mean: 0.0, std };
                let fill = normal.fill_from(executor, stream, start as u64);
                let mut saturated = fill.write(rounding, out);
                let part = start..start.saturating_add(out.len());
                zeros_of_part(&axes, sparsity, stream, part, |offset| {
                    let Some(slot) = out.get_mut(offset) else { return };
                    let fill = Fill { start: (start + offset) as u64, ..fill };
                    saturated -= replace_by_zero(rounding, slot, saturated, fill);
                });
                saturated
            }
            // This is the only tensor. The tensors of a stack are filled as constants.
            Self::Gates { constants: [value, ..] } => {
                let constant = Distribution::Constant { value };
                constant.fill_from(executor, stream, 0).write(rounding, out)
            }
            Self::SubPixel { distribution, outputs, order } => {
                let repeats = order.repeats(axes.outputs(), outputs);
                repeated(repeats, start, out, &mut |start, part| {
                    distribution.fill_from(executor, stream, start as u64).write(rounding, part)
                })
            }
            Self::Upsampled { distribution, upscale } => {
                // The inner calls repeat along the last axis, and the outer ones along the axes before it.
                let [first, second, last] = shape.repeats_along_kernel(&axes, upscale);
                repeated(first, start, out, &mut |start, part| {
                    repeated(second, start, part, &mut |start, part| {
                        repeated(last, start, part, &mut |start, part| {
                            distribution
                                .fill_from(executor, stream, start as u64)
                                .write(rounding, part)
                        })
                    })
                })
            }
        }
    }
}

/// Replaces a slot's value by zero. Returns 1 if the value is one of the `saturated` ones, because a zero
/// does not saturate, and otherwise 0. `fill` begins at the value's index.
pub(super) fn replace_by_zero<R: Rounding>(
    rounding: R,
    slot: &mut R::Slot,
    saturated: usize,
    fill: Fill,
) -> usize {
    let ends = [-f32::MAX, f32::MAX].map(|end| rounding.round(end).0);
    let saturates = saturated > 0 && ends.contains(slot) && {
        let mut value = [0.0];
        fill.write(NoRounding::new(), &mut value);
        rounding.round(value[0]).1
    };
    *slot = rounding.round(0.0).0;
    usize::from(saturates)
}
