#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod hint;
mod inplace;
mod tensor;
mod var_map;

use candle_core::Error;
pub use weight_init;
use weight_init::InitError;

pub use crate::{
    hint::from_hint,
    tensor::InitExt,
    var_map::{SeededVarMap, Start, Target},
};

/// The result of a request before its error becomes one of candle's.
type Checked<T> = Result<T, InitError>;

/// Returns the error in candle's type.
fn refused(error: InitError) -> Error {
    Error::wrap(error)
}

/// Returns an error with the tensor's own number of axes. The shape of a tensor without axes is a vector, which has one.
fn with_rank(error: InitError, dims: &[usize]) -> InitError {
    match error {
        InitError::RankTooLow { expected, .. } if dims.is_empty() => {
            InitError::RankTooLow { expected, given: 0 }
        }
        error => error,
    }
}

/// Returns an error unless a tensor has the dimensions of a draw. A tensor without axes has one value, as a vector of
/// length 1 has.
fn check_dims(expected: &[usize], given: &[usize]) -> Checked<()> {
    let rank = expected.len();
    let axes = if given.is_empty() { &[1] } else { given };
    if axes.len() != rank {
        return Err(InitError::WrongRank { expected: rank, given: given.len() });
    }
    let given = axes;
    let mut pairs = expected.iter().zip(given).enumerate();
    let Some((axis, (&size, &other))) = pairs.find(|(_, (a, b))| a != b) else {
        return Ok(());
    };
    match *expected {
        [first, .., last] if expected.iter().rev().eq(given) => {
            Err(InitError::TransposedDims { first, last })
        }
        _ => Err(InitError::WrongDim { axis, expected: size, given: other }),
    }
}
