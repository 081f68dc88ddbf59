//! Errors of parsing a scheme.

use core::fmt;

use crate::spelling::suggest;

/// The error of parsing an [`Init`](crate::Init).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParseInitError {
    /// No scheme has the given name.
    UnknownName {
        /// The most similar names, the nearest first.
        near: [Option<&'static str>; 3],
    },
    /// The scheme does not have the parameter, or the parameter was given twice.
    Parameter {
        /// The scheme's name.
        scheme: &'static str,
        /// The parameters of the scheme.
        known: &'static [&'static str],
    },
    /// A parameter without a default was not given, or `order` without `icnr`.
    Missing {
        /// The scheme's name.
        scheme: &'static str,
        /// The parameter's name.
        parameter: &'static str,
    },
    /// The value of a parameter is not a number, or is not one of the possible words.
    Value {
        /// The parameter's name.
        parameter: &'static str,
        /// The possible values, in words.
        expected: &'static str,
    },
    /// The name means one thing here and another thing in PyTorch or Keras, so it is refused.
    TwoMeanings {
        /// The name.
        name: &'static str,
        /// The name of the scheme here.
        here: &'static str,
        /// The call that gives the scheme of the other library.
        call: &'static str,
        /// The scheme of the other library.
        there: &'static str,
    },
    /// PyTorch or Keras has no function of the given name that initialises a tensor.
    UnknownFunction {
        /// The module of the other library.
        library: &'static str,
        /// The most similar names, the nearest first.
        near: [Option<&'static str>; 3],
    },
    /// A function of PyTorch or Keras has an argument that no scheme can follow.
    Unsupported {
        /// The argument, and the reason.
        reason: &'static str,
    },
    /// The text is neither a name nor a name with parameters in brackets.
    Syntax,
}

impl fmt::Display for ParseInitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownName { near } => {
                f.write_str("unknown scheme: ")?;
                suggest(f, *near, "a name such as `he_normal` or `xavier_uniform`")
            }
            Self::Parameter { scheme, known: [] } => {
                write!(f, "unknown parameter: `{scheme}` takes none")
            }
            Self::Parameter { scheme, known } => {
                write!(f, "unknown or repeated parameter: `{scheme}` takes ")?;
                known.iter().enumerate().try_for_each(|(i, name)| {
                    write!(f, "{}`{name}`", if i == 0 { "" } else { ", " })
                })?;
                f.write_str(", each at most once")
            }
            Self::Missing { scheme, parameter } => {
                write!(f, "missing parameter: `{scheme}` needs `{parameter}=…`")
            }
            Self::Value { parameter, expected } => write!(f, "`{parameter}` must be {expected}"),
            Self::TwoMeanings { name, here, call, there } => {
                write!(
                    f,
                    "`{name}` has two meanings: write `{here}`, or `{call}`, which is `{there}`"
                )
            }
            Self::UnknownFunction { library, near } => {
                write!(f, "unknown function of `{library}`: ")?;
                suggest(f, *near, "the name of one that initialises a tensor")
            }
            Self::Unsupported { reason } => f.write_str(reason),
            Self::Syntax => write!(
                f,
                "syntax error: expected a name such as `he_normal`, or `he_normal(gain=0.5, mode=fan_out)`"
            ),
        }
    }
}

impl core::error::Error for ParseInitError {}
