//! Trains a network from one of three starts.

use core::fmt::Arguments;

use weight_init::{Init, PlanMismatch, Stream};

use crate::{
    digits::{self, Digit},
    network::Network,
};

const MODEL: Stream = Stream::new(42);

/// A way to start the weights.
#[derive(Clone, Copy, PartialEq)]
pub enum Start {
    Zeros,
    TooSmall,
    He,
}

impl Start {
    pub const ALL: [Self; 3] = [Self::Zeros, Self::TooSmall, Self::He];

    const fn name(self) -> &'static str {
        match self {
            Self::Zeros => "zeros",
            Self::TooSmall => "normal, std 0.001",
            Self::He => "He",
        }
    }

    /// Returns the scheme, or `None` if each layer takes the one for its activation.
    const fn init(self) -> Option<Init> {
        match self {
            Self::Zeros => Some(Init::zeros()),
            Self::TooSmall => Some(Init::normal(0.0, 0.001)),
            Self::He => None,
        }
    }
}

/// Trains a 64–`HIDDEN`–10 network, and prints one line before the first epoch and one after each.
///
/// Returns whether the result is as expected: zeros learn nothing, and He recognises 90 % of the held-out
/// digits.
pub fn train<const HIDDEN: usize>(
    start: Start,
    epochs: usize,
    memory: &mut [f32],
    print: fn(Arguments),
) -> Result<bool, PlanMismatch<'static>> {
    let mut network: Network<HIDDEN> = Network::start(start.init(), MODEL, memory)?;
    let mut loss = mean(digits::training().map(|digit| network.loss(&digit)));
    let mut accuracy = mean(digits::held_out().map(|digit| correct(&network, &digit)));
    for epoch in 0..=epochs {
        if epoch > 0 {
            loss = mean(digits::training().map(|digit| network.learn(&digit)));
            accuracy = mean(digits::held_out().map(|digit| correct(&network, &digit)));
        }
        print(format_args!(
            "64-{HIDDEN}-10 from {}, epoch {epoch}: loss {loss:.4} ({:#010x}), {:.1} % correct",
            start.name(),
            loss.to_bits(),
            100.0 * accuracy
        ));
    }
    Ok(match start {
        Start::Zeros => loss > 2.3 && accuracy < 0.2,
        Start::TooSmall => true,
        Start::He => epochs == 0 || accuracy >= 0.9,
    })
}

/// Returns 1 if the network recognises the digit, else 0.
fn correct<const HIDDEN: usize>(network: &Network<HIDDEN>, digit: &Digit) -> f32 {
    if network.answer(&digit.image) == digit.label { 1.0 } else { 0.0 }
}

fn mean(values: impl ExactSizeIterator<Item = f32>) -> f32 {
    let count = values.len() as f32;
    values.sum::<f32>() / count
}
