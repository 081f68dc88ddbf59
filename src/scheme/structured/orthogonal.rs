//! Random orthogonal matrices, and their spread over a convolution's kernel.

use core::mem;

use super::transpose::transpose;
use crate::{
    backend::Backend,
    distribution::{Distribution, SMALLEST},
    error::InitError,
    scheme::axes::Axes,
    stream::Stream,
};

/// Fills a row-major `rows` × `cols` matrix with a random orthogonal matrix times `gain`.
///
/// If `rows` ≤ `cols`, the rows are orthogonal to each other and have the length `gain`, otherwise the
/// columns. With a gain of 1, a layer that starts so keeps the length of every vector of activations (or
/// gradients), and not only the average length.
///
/// | parameter | valid values |
/// | --- | --- |
/// | `rows`, `cols` | any numbers whose product fits in a `usize`, also 0 for an empty slice |
/// | `gain` | finite, and either 0, which gives zeros, or at least 2⁻⁹⁰ = 8.1 × 10⁻²⁸ |
/// | `out` | `rows` × `cols` values |
///
/// - The distribution is uniform over all such matrices (Haar measure). The matrix is the Q of a Gaussian
///   matrix's LQ factorisation in which L has a positive diagonal (Mezzadri 2007), but computed without
///   the factorisation (Stewart 1980). A square matrix is a rotation or a reflection with equal
///   probability.
/// - The matrix is a function of `stream`, `rows`, `cols` and `gain`, with the same bits on every machine.
///   The `cols` × `rows` matrix is the transpose of the `rows` × `cols` one.
/// - The magnitude of a value is at most `gain`.
/// - With m = min(`rows`, `cols`) and n = max(`rows`, `cols`), it takes 2 m² (n − m / 3) multiplications and
///   as many additions.
/// - The rows are orthogonal up to the rounding of `f32`. At 1024 × 1024, each value of Q Qᵀ differs from
///   that of the identity by less than 10⁻⁵.
///
/// Known as `orthogonal_` in PyTorch, and as `Orthogonal` in Keras. Source: Saxe, McClelland & Ganguli,
/// "Exact solutions to the nonlinear dynamics of learning in deep linear neural networks", 2014.
///
/// ```
/// use weight_init::{Stream, fill_orthogonal};
///
/// let mut q = [0.0; 3 * 5];
/// fill_orthogonal(Stream::new(42).named("rnn.weight"), 3, 5, 1.0, &mut q)?;
/// let dot = |i: usize, k: usize| (0..5).map(|j| q[5 * i + j] * q[5 * k + j]).sum::<f32>();
/// assert!((dot(1, 1) - 1.0).abs() < 1e-6 && dot(0, 2).abs() < 1e-6);
/// # Ok::<(), weight_init::InitError>(())
/// ```
///
/// # Errors
///
/// Returns [`Gain`](InitError::Gain) or [`TooSmall`](InitError::TooSmall) if the gain is invalid,
/// [`Overflow`](InitError::Overflow) if the product of `rows` and `cols` overflows, or
/// [`WrongLength`](InitError::WrongLength). On an error, nothing is written.
pub fn fill_orthogonal(
    stream: Stream,
    rows: usize,
    cols: usize,
    gain: f32,
    out: &mut [f32],
) -> Result<(), InitError> {
    fill_orthogonal_with(Backend::detect(), stream, rows, cols, gain, out)
}

/// Fills a matrix like [`fill_orthogonal`], with the given backend. It writes the same bits, so it is meant
/// for tests and benches.
///
/// # Errors
///
/// Returns the errors of [`fill_orthogonal`].
pub fn fill_orthogonal_with(
    backend: Backend,
    stream: Stream,
    rows: usize,
    cols: usize,
    gain: f32,
    out: &mut [f32],
) -> Result<(), InitError> {
    check_gain(gain)?;
    let expected = rows.checked_mul(cols).ok_or(InitError::Overflow)?;
    if expected != out.len() {
        return Err(InitError::WrongLength { expected, given: out.len() });
    }
    orthogonal(backend, stream, rows, cols, gain, out);
    Ok(())
}

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

/// Fills a slice with as many orthogonal matrices as it holds, one after the other, without the checks of
/// [`fill_orthogonal_with`]. Matrix g takes the stream's normals from index g × `rows` × `cols` on.
pub(crate) fn orthogonal(
    backend: Backend,
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
    Distribution::Normal { mean: 0.0, std: 1.0 }.prepare_unchecked(backend, stream, 0).write(out);
    for matrix in out.chunks_exact_mut((rows * cols).max(1)) {
        backend.orthogonal(rows.max(cols), gain, matrix);
        if rows > cols {
            transpose(cols, rows, 1, matrix);
        }
    }
}

/// Fills a tensor with one orthogonal matrix of channels at an element of the kernel, and zeros elsewhere.
pub(super) fn delta_orthogonal(
    backend: Backend,
    stream: Stream,
    axes: &Axes,
    element: usize,
    gain: f32,
    out: &mut [f32],
) {
    let (rows, cols) = axes.channels();
    let Some((matrix, rest)) = out.split_at_mut_checked(rows * cols) else { return };
    orthogonal(backend, stream, rows, cols, gain, matrix);
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
