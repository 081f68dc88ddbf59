//! Matrices of nalgebra and faer that start with the crate's values, filled in place.
//!
//! Both libraries keep a matrix column by column, and faer may leave room between two columns. The matrix of a dense
//! layer is outputs × inputs, so that y = W x. Its values are those of the row-major tensor `[outputs, inputs]` with
//! the same stream, to the bit: the value at (o, i) is the tensor's value at the index `o × inputs + i`. Therefore the
//! weights are the same as in any framework that fills its tensors with this crate.
//!
//! A fill without strides, with `Layout::InOut`, is also a valid start. But the values then follow the memory, so that
//! the same stream gives (o, i) another value than in a row-major tensor.

use faer::{Mat, MatMut};
use nalgebra::DMatrix;
use weight_init::{Init, InitError, Shape, Stream};

/// The number of values that [`fill_faer`] computes at a time, 32 KiB.
const SCRATCH: usize = 8192;

/// Fills a matrix of nalgebra. It has outputs × inputs values, whatever the scheme.
///
/// # Errors
///
/// Returns [`InitError::WrongDim`] or another error of [`Shape::check_dims`] if the matrix has other dimensions than
/// the shape, and the errors of [`Init::draw`].
pub fn fill_nalgebra(
    init: &Init,
    stream: Stream,
    shape: &Shape,
    matrix: &mut DMatrix<f32>,
) -> Result<(), InitError> {
    let (rows, cols) = matrix.shape();
    shape.check_dims(&[rows, cols])?;
    // From one row to the next, and from one column to the next.
    let draw = init.draw(stream, shape)?.strided(&[1, rows])?;
    match draw.write(matrix.as_mut_slice()) {
        // The values of an orthogonal matrix depend on each other, so they are computed in the order of the tensor.
        Err(InitError::WholeTensorOnly) => {
            let mut scratch = vec![0.0; rows * cols];
            draw.write_through(&mut scratch, matrix.as_mut_slice())
        }
        result => result,
    }
}

/// Fills a slice whose columns are `col_stride` slots apart, and returns it as a matrix of faer. Slots between the
/// columns stay as they are. This is the fastest way to a matrix of faer: one fill, without a second slice.
///
/// # Errors
///
/// Returns [`InitError::WrongLength`] if the slice is too short, [`InitError::OverlappingStrides`] if the columns
/// overlap, and the errors of [`fill_nalgebra`].
pub fn faer_in<'slots>(
    init: &Init,
    stream: Stream,
    shape: &Shape,
    col_stride: usize,
    slots: &'slots mut [f32],
) -> Result<MatMut<'slots, f32>, InitError> {
    let (rows, cols) = rows_and_cols(shape)?;
    let draw = init.draw(stream, shape)?.strided(&[1, col_stride])?;
    // A strided draw takes exactly its slots, or more if there are gaps between them.
    let span = match (rows, cols) {
        (0, _) | (_, 0) => 0,
        _ => (cols - 1) * col_stride + rows,
    };
    let given = slots.len();
    let slots = slots.get_mut(..span).ok_or(InitError::WrongLength { expected: span, given })?;
    match draw.write(slots) {
        Err(InitError::WholeTensorOnly) => {
            let mut scratch = vec![0.0; rows * cols];
            draw.write_through(&mut scratch, slots)?;
        }
        result => result?,
    }
    Ok(MatMut::from_column_major_slice_with_stride_mut(slots, rows, cols, col_stride))
}

/// Fills a matrix of faer that exists already. A `Mat` lends its columns one at a time, because its memory between
/// them is not initialised. Therefore the values are computed some rows at a time and then copied.
///
/// # Errors
///
/// Returns the errors of [`fill_nalgebra`].
pub fn fill_faer(
    init: &Init,
    stream: Stream,
    shape: &Shape,
    matrix: &mut Mat<f32>,
) -> Result<(), InitError> {
    let (rows, cols) = (matrix.nrows(), matrix.ncols());
    shape.check_dims(&[rows, cols])?;
    let draw = init.draw(stream, shape)?;
    if draw.is_empty() {
        return Ok(());
    }
    let mut some = (SCRATCH / cols).clamp(1, rows);
    let mut scratch = vec![0.0; some * cols];
    let mut first = 0;
    while first < rows {
        let len = some.min(rows - first);
        let values = &mut scratch[..len * cols];
        match draw.block(&[first, 0], &[len, cols])?.write(values) {
            Err(InitError::WholeTensorOnly) if some < rows => {
                some = rows;
                scratch = vec![0.0; rows * cols];
                continue;
            }
            result => result?,
        }
        for col in 0..cols {
            let slots = &mut matrix.col_as_slice_mut(col)[first..first + len];
            slots.iter_mut().zip(values[col..].iter().step_by(cols)).for_each(|(s, v)| *s = *v);
        }
        first += len;
    }
    Ok(())
}

/// Returns the rows and columns of a shape with two axes.
fn rows_and_cols(shape: &Shape) -> Result<(usize, usize), InitError> {
    match *shape.dims()? {
        [rows, cols] => Ok((rows, cols)),
        ref dims => Err(InitError::WrongRank { expected: dims.len(), given: 2 }),
    }
}
