//! The ways to start that are compared: five fixed ones, and one that the user may add.

use weight_init::Init;

/// A way to start the weights.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Start {
    Zeros,
    Small,
    Large,
    Xavier,
    He,
    /// The scheme given as `--init`.
    Chosen {
        init: Init,
        name: &'static str,
    },
}

impl Start {
    pub const FIVE: [Self; 5] = [Self::Zeros, Self::Small, Self::Large, Self::Xavier, Self::He];

    /// Returns the start with this scheme, named after it. The name is leaked, once per run, so that a
    /// start stays `Copy`.
    pub fn chosen(init: Init) -> Self {
        Self::Chosen { init, name: init.to_string().leak() }
    }

    /// Returns the scheme of the weights.
    pub const fn init(self) -> Init {
        match self {
            Self::Zeros => Init::zeros(),
            Self::Small => Init::normal(0.0, 0.001),
            Self::Large => Init::normal(0.0, 1.0),
            Self::Xavier => Init::xavier_normal(),
            Self::He => Init::he_normal(),
            Self::Chosen { init, .. } => init,
        }
    }

    /// Returns the name in tables and legends.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Zeros => "zeros",
            Self::Small => "normal, std 0.001",
            Self::Large => "normal, std 1",
            Self::Xavier => "Xavier",
            Self::He => "He",
            Self::Chosen { name, .. } => name,
        }
    }
}
