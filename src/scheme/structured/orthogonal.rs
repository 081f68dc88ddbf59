//! Random orthogonal matrices: the public functions and their checks.

use super::transpose::transpose;
use crate::{
    backend::Backend,
    distribution::{Distribution, SMALLEST},
    error::InitError,
    stream::Stream,
};

/// Fills a row-major `rows` × `cols` matrix with a random orthogonal matrix times `gain`.
///
/// With `rows` ≤ `cols` the rows are orthogonal to each other and have the length `gain`, else the
/// columns. A layer that starts so keeps the lengths of activations (or gradients), and not only on
/// average.
///
/// | parameter | admissible |
/// | --- | --- |
/// | `rows`, `cols` | any whose product fits in a `usize`; zero, for an empty slice |
/// | `gain` | finite, not negative; 0, which gives zeros, or at least 2⁻⁹⁰ = 8.1 × 10⁻²⁸ |
/// | `out` | `rows` × `cols` values |
///
/// The distribution is uniform (Haar's measure) over all such matrices: a Gaussian matrix's
/// LQ factorisation with positive diagonal of L (Mezzadri 2007), made without factoring (Stewart
/// 1980). A square one is a rotation or a reflection, as likely as the other. The matrix is a
/// function of stream, `rows` and `cols`, with the same bits on every machine, and the `cols` ×
/// `rows` one is its transpose. No value exceeds `gain`.
///
/// The work is 2 m² (n − m / 3) multiplications and additions each for m = min(`rows`, `cols`),
/// n = max; and rows are orthogonal up to the rounding of `f32`: at 1024 × 1024, Q Qᵀ differs from I by
/// less than 10⁻⁵ anywhere.
///
/// Source of the scheme: Saxe, McClelland & Ganguli, "Exact solutions to the nonlinear dynamics of
/// learning in deep linear neural networks", 2014. PyTorch's and Keras' `orthogonal`.
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
/// [`Gain`](InitError::Gain), [`TooSmall`](InitError::TooSmall), [`Overflow`](InitError::Overflow),
/// [`WrongLength`](InitError::WrongLength). On an error nothing was written.
pub fn fill_orthogonal(
    stream: Stream,
    rows: usize,
    cols: usize,
    gain: f32,
    out: &mut [f32],
) -> Result<(), InitError> {
    fill_orthogonal_with(Backend::detect(), stream, rows, cols, gain, out)
}

/// [`fill_orthogonal`] with a backend of one's choice: the same bits, for tests and benches.
///
/// # Errors
///
/// As [`fill_orthogonal`].
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

/// Whether a gain is admissible. Below the smallest scale the products would be subnormal.
pub(crate) fn check_gain(given: f32) -> Result<(), InitError> {
    if !(given >= 0.0 && given.is_finite()) {
        Err(InitError::Gain { given })
    } else if given > 0.0 && given < SMALLEST {
        Err(InitError::TooSmall { given })
    } else {
        Ok(())
    }
}

/// Does the same as [`fill_orthogonal_with`] without its checks. A longer slice is filled with as many
/// matrices as it holds, one after the other: matrix g takes the normals at the indices from
/// g × `rows` × `cols` on.
pub(crate) fn orthogonal(
    backend: Backend,
    stream: Stream,
    rows: usize,
    cols: usize,
    gain: f32,
    out: &mut [f32],
) {
    if gain == 0.0 {
        // The products with zero would have signs.
        return out.fill(0.0);
    }
    Distribution::Normal { mean: 0.0, std: 1.0 }.checked(backend, stream, 0).write(out);
    for matrix in out.chunks_exact_mut((rows * cols).max(1)) {
        backend.orthogonal(rows.max(cols), gain, matrix);
        if rows > cols {
            transpose(cols, rows, 1, matrix);
        }
    }
}
