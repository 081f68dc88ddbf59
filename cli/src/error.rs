//! The errors of commands.

use std::{error, fmt, io, path::PathBuf};

use safetensors::SafeTensorError;
use weight_init::InitError;

use crate::plan::PlanError;

/// The error of a command.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// A file can't be read or written.
    Io(PathBuf, io::Error),
    /// The text of a plan is wrong.
    Plan(PathBuf, PlanError),
    /// A file is not a whole file in the format of safetensors.
    NotSafetensors(PathBuf, SafeTensorError),
    /// A tensor can't be written in the format.
    Tensor(String, InitError),
    /// The file exists already, and the command may not replace it.
    Exists(PathBuf),
    /// The header would be longer than readers accept. The number is its length in bytes.
    Header(usize),
    /// Patterns of names match no tensor.
    Names(Vec<String>),
    /// A picture can't be drawn.
    Picture(PathBuf, String),
    /// Somebody interrupted the program.
    Interrupted,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(path, error) => write!(f, "{}: {error}", path.display()),
            Self::Plan(path, error) => write!(f, "{}: {error}", path.display()),
            Self::NotSafetensors(path, error) => {
                write!(f, "{}: not a whole safetensors file: {error}", path.display())
            }
            Self::Tensor(name, error) => write!(f, "{name}: {error}"),
            Self::Exists(path) => {
                write!(f, "{}: the file exists; --force replaces it", path.display())
            }
            Self::Header(len) => {
                write!(f, "the header would have {len} bytes, and readers accept 100000000")
            }
            Self::Names(patterns) => {
                write!(f, "no tensor has a name that matches `{}`", patterns.join("` or `"))
            }
            Self::Picture(path, error) => write!(f, "{}: {error}", path.display()),
            Self::Interrupted => write!(f, "interrupted"),
        }
    }
}

/// The source is the error that the variant holds.
impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Io(_, error) => Some(error),
            Self::Plan(_, error) => Some(error),
            Self::NotSafetensors(_, error) => Some(error),
            Self::Tensor(_, error) => Some(error),
            _ => None,
        }
    }
}
