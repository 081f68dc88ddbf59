//! Random orthogonal matrices, and their spread over a convolution's kernel.

use core::mem;

use super::transpose::transpose;
use crate::{
    backend::Executor,
    distribution::{Distribution, SMALLEST},
    error::InitError,
    scheme::axes::Axes,
    slot::NoRounding,
    stream::Stream,
};

/// Returns an error if a gain is invalid. Products with a gain below `SMALLEST` would be subnormal.
pub(crate) fn check_gain(given: f32) -> Result<(), InitError> {
    if !(given >= 0.0 && given.is_finite()) {
        Err(InitError::Gain { given })
    } else if given > 0.0 && given < SMALLEST {
        Err(InitError::TooSmall { given })
    } else {
        Ok(())
    }
}

/// Fills a slice with as many random orthogonal matrices as it holds, one after the other, each times `gain`.
/// The gain has been checked. Matrix g takes the stream's normals from index g × `rows` × `cols` on.
pub(crate) fn orthogonal(
    executor: Executor,
    stream: Stream,
    rows: usize,
    cols: usize,
    gain: f32,
    out: &mut [f32],
) {
    if gain == 0.0 {
        // Products with a gain of zero could be −0.
        return out.fill(0.0);
    }
    let normal = Distribution::Normal { mean: 0.0, std: 1.0 };
    normal.fill_from(executor, stream, 0).write(NoRounding::new(), out);
    // Not `chunks_exact_mut`, whose panic stays in code that is optimised for size.
    let mut rest = out;
    while let Some(matrix) = rest.split_off_mut(..(rows * cols).max(1)) {
        executor.orthogonal(rows.max(cols), gain, matrix);
        if rows > cols {
            transpose(cols, rows, 1, matrix);
        }
    }
}

/// Fills a tensor with one orthogonal matrix of channels at an element of the kernel, and zeros elsewhere.
pub(super) fn delta_orthogonal(
    executor: Executor,
    stream: Stream,
    axes: &Axes,
    element: usize,
    gain: f32,
    out: &mut [f32],
) {
    let (rows, cols) = axes.channels();
    let Some((matrix, rest)) = out.split_at_mut_checked(rows * cols) else { return };
    orthogonal(executor, stream, rows, cols, gain, matrix);
    rest.fill(0.0);
    // Moves the matrix from the beginning of the tensor to the element. No value moves to a lower index, so
    // going from the last to the first overwrites none that is still to be moved.
    for row in (0..rows).rev() {
        for col in (0..cols).rev() {
            let value = out.get_mut(row * cols + col).map(mem::take).unwrap_or_default();
            if let Some(slot) = out.get_mut(axes.index_of_channels(row, col, element)) {
                *slot = value;
            }
        }
    }
}
