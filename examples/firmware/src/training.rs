//! Three starts of one network, and what becomes of them.

use core::fmt;

use weight_init::{Init, InitError, Stream};

use crate::{digits, network::Network};

const MODEL: Stream = Stream::new(42);

/// Trains a network of so many hidden units from three starts, and tells its progress line by line.
/// Whether it went as it should: zeros learn nothing, and He learns to read.
pub fn train<const HIDDEN: usize>(
    epochs: usize,
    memory: &mut [f32],
    mut print: impl FnMut(fmt::Arguments),
) -> Result<bool, InitError> {
    let starts = [
        ("zeros", Some(Init::zeros())),
        ("normal, std 0.001", Some(Init::normal(0.0, 0.001))),
        ("He", None),
    ];
    let mut as_it_should = true;
    for (name, init) in starts {
        let mut network: Network<HIDDEN> = Network::start(init, MODEL, &mut *memory)?;
        let mut accuracy = accuracy_of(&network);
        let loss = digits::training().map(|digit| network.loss(&digit)).sum::<f32>();
        let mut loss = loss / digits::training().len() as f32;
        for epoch in 0..=epochs {
            if epoch > 0 {
                loss = digits::training().map(|digit| network.learn(&digit)).sum::<f32>();
                loss /= digits::training().len() as f32;
                accuracy = accuracy_of(&network);
            }
            print(format_args!(
                "64-{HIDDEN}-10 from {name}, epoch {epoch}: loss {loss:.4} ({:#010x}), {:.1} % right",
                loss.to_bits(),
                100.0 * accuracy
            ));
        }
        as_it_should &= match name {
            "zeros" => accuracy < 0.2 && loss > 2.2,
            "He" => accuracy >= 0.9,
            _ => true,
        };
    }
    Ok(as_it_should)
}

/// The share of the held-out digits that the network reads.
fn accuracy_of<const HIDDEN: usize>(network: &Network<HIDDEN>) -> f32 {
    let right = digits::held_out().filter(|digit| network.answer(&digit.image) == digit.label);
    right.count() as f32 / digits::held_out().len() as f32
}
