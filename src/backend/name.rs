//! Backends by name: `"avx2".parse::<Backend>()`, and back.

use core::{error, fmt, str::FromStr};

use super::detect::Backend;
use crate::spelling::{near, same, suggest};

/// The names of all backends, also of those that this processor does not have.
const NAMES: [&str; 4] = ["avx512", "avx2", "neon", "portable"];

/// The error of parsing a [`Backend`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParseBackendError {
    /// No backend has the given name.
    UnknownName {
        /// The most similar names, the nearest first.
        near: [Option<&'static str>; 3],
    },
    /// The backend exists, but not on this processor, or not in this build.
    Unavailable {
        /// The backend's name.
        backend: &'static str,
    },
}

impl fmt::Display for ParseBackendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::UnknownName { near } => {
                f.write_str("unknown backend: ")?;
                suggest(f, near, "`avx512`, `avx2`, `neon` or `portable`")
            }
            Self::Unavailable { backend } => {
                write!(f, "this processor does not have `{backend}`, or this build is without it")
            }
        }
    }
}

impl error::Error for ParseBackendError {}

/// Parses the [`name`](Backend::name) of a backend that this processor has, in any case.
///
/// ```
/// use weight_init::Backend;
///
/// assert_eq!("portable".parse(), Ok(Backend::PORTABLE));
/// // `AVX2` gives an error on processors that don't have it.
/// let avx2 = Backend::available().find(|backend| backend.name() == "avx2");
/// assert_eq!("AVX2".parse().ok(), avx2);
///
/// let error = "avx".parse::<Backend>().unwrap_err();
/// assert_eq!(error.to_string(), "unknown backend: did you mean `avx512` or `avx2`?");
/// ```
impl FromStr for Backend {
    type Err = ParseBackendError;

    fn from_str(text: &str) -> Result<Self, ParseBackendError> {
        let name = text.trim();
        let Some(backend) = NAMES.into_iter().find(|known| same(known, name)) else {
            return Err(ParseBackendError::UnknownName { near: near(name, NAMES.into_iter()) });
        };
        Self::available()
            .find(|available| available.name() == backend)
            .ok_or(ParseBackendError::Unavailable { backend })
    }
}
