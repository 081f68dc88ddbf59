//! What is not one independent value per position: matrices, and zeros and repetitions at chosen
//! places.
//!
//! Values are still a function of the stream and the shape alone. All but the orthogonal matrices can
//! be computed in parts.

pub(crate) mod orthogonal;
mod places;
mod transpose;

use self::orthogonal::{check_gain, orthogonal};
pub use self::places::SubPixel;
use self::places::{diagonal, repeat, repeated_part, sparse, spread};
pub(crate) use self::transpose::transpose;
use crate::{Backend, Distribution, InitError, Shape, Stream, sampler::overhang::FARTHEST};

/// A scheme whose values depend on their places.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Structure {
    /// A random orthogonal matrix.
    Orthogonal { gain: f32 },
    /// One in the middle of the kernel.
    DeltaOrthogonal { gain: f32 },
    /// Output i is input i, of a dense layer or through a kernel.
    Diagonal { gain: f32, kernel: bool },
    /// Normal, but for a share of zeros among the outputs of each input.
    Sparse { sparsity: f32, std: f32 },
    /// The values of a layer with that many outputs, each repeated.
    SubPixel { distribution: Distribution, outputs: usize, order: SubPixel },
}

impl Structure {
    /// Every value times a factor. The zero that is added makes +0 of −0.
    pub(crate) fn times(self, factor: f32) -> Self {
        match self {
            Self::Orthogonal { gain } => Self::Orthogonal { gain: gain * factor + 0.0 },
            Self::DeltaOrthogonal { gain } => Self::DeltaOrthogonal { gain: gain * factor + 0.0 },
            Self::Diagonal { gain, kernel } => Self::Diagonal { gain: gain * factor + 0.0, kernel },
            Self::Sparse { sparsity, std } => Self::Sparse { sparsity, std: std * factor + 0.0 },
            Self::SubPixel { .. } => self,
        }
    }

    /// Whether it can fill a tensor of that shape.
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
                if u32::try_from(shape.out_channels()).is_err() {
                    return Err(InitError::Overflow);
                }
                match shape.groups() {
                    1 => Distribution::Normal { mean: 0.0, std }.check(),
                    groups => Err(InitError::Grouped { groups }),
                }
            }
            // Found when it was made.
            Self::SubPixel { .. } => Ok(()),
        }
    }

    /// No value is farther from zero.
    pub(crate) fn farthest(&self) -> f32 {
        match *self {
            Self::Orthogonal { gain } | Self::DeltaOrthogonal { gain } => gain,
            Self::Diagonal { gain, .. } => gain,
            Self::Sparse { std, .. } => FARTHEST * std,
            Self::SubPixel { distribution, .. } => distribution.farthest(),
        }
    }

    /// Fills a whole tensor of a shape that has been checked. Out of the way of other fills, on a small
    /// stack.
    #[inline(never)]
    pub(crate) fn write(&self, backend: Backend, stream: Stream, shape: &Shape, out: &mut [f32]) {
        let Ok(axes) = shape.axes() else { return };
        if out.is_empty() {
            return;
        }
        match *self {
            Self::Orthogonal { gain } => {
                let (rows, cols) = axes.matrix();
                orthogonal(backend, stream, rows, cols, gain, out);
            }
            Self::DeltaOrthogonal { gain } => {
                let middle = shape.place_in_kernel(|k| k.saturating_sub(1) / 2);
                let (rows, cols) = axes.channels();
                let Some((matrix, rest)) = out.split_at_mut_checked(rows * cols) else { return };
                orthogonal(backend, stream, rows, cols, gain, matrix);
                rest.fill(0.0);
                spread(&axes, middle, out);
            }
            Self::SubPixel { distribution, outputs, order } => {
                let [before, all, after] = axes.outputs();
                let first = before * outputs * after;
                let part = out.get_mut(..first).unwrap_or_default();
                distribution.checked(backend, stream, 0).write(part);
                repeat([before, all, after], outputs, order, out);
            }
            _ => self.write_places(backend, stream, shape, 0, out),
        }
    }

    /// Fills the part that begins at `start` and ends within the tensor.
    #[inline(never)]
    pub(crate) fn write_part(
        &self,
        backend: Backend,
        stream: Stream,
        shape: &Shape,
        start: usize,
        out: &mut [f32],
    ) -> Result<(), InitError> {
        match *self {
            _ if out.is_empty() => {}
            Self::Orthogonal { .. } | Self::DeltaOrthogonal { .. } => {
                return Err(InitError::WholeTensorOnly);
            }
            Self::SubPixel { distribution, outputs, order } => {
                let axes = shape.axes()?.outputs();
                repeated_part(axes, outputs, order, start, out, |start, part| {
                    distribution.checked(backend, stream, start as u64).write(part);
                });
            }
            _ => self.write_places(backend, stream, shape, start, out),
        }
        Ok(())
    }

    /// Those that are as good in parts as whole.
    fn write_places(
        &self,
        backend: Backend,
        stream: Stream,
        shape: &Shape,
        start: usize,
        out: &mut [f32],
    ) {
        let Ok(axes) = shape.axes() else { return };
        match *self {
            Self::Diagonal { gain, .. } => {
                let middle = shape.place_in_kernel(|k| k / 2);
                diagonal(&axes, shape.groups(), middle, gain, start, out);
            }
            Self::Sparse { sparsity, std } => {
                let normal = Distribution::Normal { mean: 0.0, std };
                normal.checked(backend, stream, start as u64).write(out);
                sparse(&axes, sparsity, stream, start, out);
            }
            _ => {}
        }
    }
}
