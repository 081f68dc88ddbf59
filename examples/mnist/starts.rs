//! The starts that are compared: five, and one of the user's choice.

use weight_init::Init;

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Start {
    Zeros,
    Small,
    Large,
    Xavier,
    He,
    /// From the command line.
    Chosen {
        init: Init,
        name: &'static str,
    },
}

impl Start {
    pub const FIVE: [Self; 5] = [Self::Zeros, Self::Small, Self::Large, Self::Xavier, Self::He];

    /// A scheme under its own name. There is one in a run, so its name may stay to the end.
    pub fn chosen(init: Init) -> Self {
        Self::Chosen { init, name: init.to_string().leak() }
    }

    /// How the weights are drawn.
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
