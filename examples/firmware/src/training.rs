//! Starts of a network, and what becomes of them.

use core::fmt::Arguments;

use weight_init::{Init, PlanMismatch, Stream};

use crate::{
    digits::{self, Digit},
    network::Network,
};

const MODEL: Stream = Stream::new(42);

/// Where a network starts from.
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

    /// None, where the activations decide.
    const fn init(self) -> Option<Init> {
        match self {
            Self::Zeros => Some(Init::zeros()),
            Self::TooSmall => Some(Init::normal(0.0, 0.001)),
            Self::He => None,
        }
    }
}

/// Trains 64–`HIDDEN`–10 from that start, and prints a line for each epoch and one for what was
/// before. Whether it went as it should: zeros learn nothing, and He learns to read.
pub fn train<const HIDDEN: usize>(
    start: Start,
    epochs: usize,
    memory: &mut [f32],
    print: fn(Arguments),
) -> Result<bool, PlanMismatch> {
    let mut network: Network<HIDDEN> = Network::start(start.init(), MODEL, memory)?;
    let mut loss = mean(digits::training().map(|digit| network.loss(&digit)));
    let mut right = mean(digits::held_out().map(|digit| reads(&network, &digit)));
    for epoch in 0..=epochs {
        if epoch > 0 {
            loss = mean(digits::training().map(|digit| network.learn(&digit)));
            right = mean(digits::held_out().map(|digit| reads(&network, &digit)));
        }
        print(format_args!(
            "64-{HIDDEN}-10 from {}, epoch {epoch}: loss {loss:.4} ({:#010x}), {:.1} % right",
            start.name(),
            loss.to_bits(),
            100.0 * right
        ));
    }
    Ok(match start {
        Start::Zeros => loss > 2.3 && right < 0.2,
        Start::TooSmall => true,
        Start::He => epochs == 0 || right >= 0.9,
    })
}

/// 1 if the network reads the digit, else 0.
fn reads<const HIDDEN: usize>(network: &Network<HIDDEN>, digit: &Digit) -> f32 {
    if network.answer(&digit.image) == digit.label { 1.0 } else { 0.0 }
}

fn mean(values: impl ExactSizeIterator<Item = f32>) -> f32 {
    let count = values.len() as f32;
    values.sum::<f32>() / count
}
