//! The activations in each layer of a deep, untrained network.

use weight_init::{InitError, Stream};

use crate::{
    data::{CLASSES, Digits, PIXELS},
    moments::Moments,
    network::Network,
    starts::Start,
};

pub const HIDDEN_LAYERS: usize = 20;
const WIDTH: usize = 100;

/// Standard deviations in a network of 20 hidden layers.
pub struct Depth {
    pub start: Start,
    /// The images first, then the activations of each hidden layer after its ReLU.
    pub stds: Vec<f64>,
}

impl Depth {
    /// Sends images through a network that this start filled.
    pub fn measure(start: Start, digits: &Digits, seed: u64) -> Result<Self, InitError> {
        let mut widths = vec![PIXELS];
        widths.extend([WIDTH; HIDDEN_LAYERS]);
        widths.push(CLASSES);
        let network = Network::new(&widths, start.init(), Stream::new(seed).named("deep"))?;

        let activations = network.activations(digits.images.view());
        let hidden = activations.iter().take(HIDDEN_LAYERS);
        let stds = std::iter::once(&digits.images).chain(hidden).map(|x| Moments::of(x).std);
        Ok(Self { start, stds: stds.collect() })
    }

    /// Returns the standard deviation after the last hidden layer.
    pub fn last(&self) -> f64 {
        self.stds[HIDDEN_LAYERS]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Split;

    #[test]
    fn he_holds_xavier_fades_and_others_vanish_or_explode() {
        let test = Split::load().unwrap().test;
        for seed in [1, 2, 42] {
            let stds = Start::FIVE.map(|start| Depth::measure(start, &test, seed).unwrap());
            let [zeros, small, large, xavier, he] = stds.map(|depth| depth.last());
            assert_eq!(zeros, 0.0);
            // A layer multiplies by 0.001 · √(100 / 2) for small, and by √(100 / 2) for large.
            assert!(small < 1e-35, "small: {small}");
            assert!(large > 1e15, "large: {large}");
            // He's factor per layer is 1. At this depth and width, chance adds a factor of about 2.
            assert!((0.2..5.0).contains(&he), "He: {he}");
            // Xavier draws the same normal numbers, so chance cancels in the quotient. It is √(1 / 2)
            // for each of 19 layers, and √(784 / 884) for the first, whose fans differ.
            let quotient = 0.5_f64.powf(9.5) * (784.0_f64 / 884.0).sqrt();
            assert!((xavier / he / quotient - 1.0).abs() < 1e-3, "Xavier: {xavier}, He: {he}");
        }
    }
}
