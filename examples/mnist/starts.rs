//! The five starts that are compared.

use weight_init::Init;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    Zeros,
    Small,
    Large,
    Xavier,
    He,
}

impl Start {
    pub const ALL: [Self; 5] = [Self::Zeros, Self::Small, Self::Large, Self::Xavier, Self::He];

    /// How the weights are drawn.
    pub const fn init(self) -> Init {
        match self {
            Self::Zeros => Init::zeros(),
            Self::Small => Init::normal(0.0, 0.001),
            Self::Large => Init::normal(0.0, 1.0),
            Self::Xavier => Init::xavier_normal(),
            Self::He => Init::he_normal(),
        }
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::Zeros => "zeros",
            Self::Small => "normal, std 0.001",
            Self::Large => "normal, std 1",
            Self::Xavier => "Xavier",
            Self::He => "He",
        }
    }
}
