//! What a start does to a deep network: the activations layer by layer, without any training.

use weight_init::{InitError, Stream};

use crate::{
    data::{CLASSES, Digits, PIXELS},
    moments::Moments,
    network::Network,
    starts::Start,
};

pub const HIDDEN_LAYERS: usize = 20;
const WIDTH: usize = 100;

/// The activations' standard deviation down a network of 20 hidden layers: that of the images
/// first, then of each layer after its ReLU.
pub struct Depth {
    pub start: Start,
    pub stds: Vec<f64>,
}

impl Depth {
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

    /// After the last hidden layer.
    pub fn last(&self) -> f64 {
        self.stds[HIDDEN_LAYERS]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Split;

    #[test]
    fn he_holds_xavier_fades_and_the_others_vanish_or_explode() {
        let test = Split::load().unwrap().test;
        for seed in [1, 2, 42] {
            let stds = Start::FIVE.map(|start| Depth::measure(start, &test, seed).unwrap());
            let [zeros, small, large, xavier, he] = stds.map(|depth| depth.last());
            assert_eq!(zeros, 0.0);
            // 0.001 · √(100 / 2) a layer, and √(100 / 2).
            assert!(small < 1e-35, "small: {small}");
            assert!(large > 1e15, "large: {large}");
            // A network of this depth and width strays from He's 1 a layer by a factor of 2 or so.
            assert!((0.2..5.0).contains(&he), "He: {he}");
            // Xavier draws the same normal numbers, so their quotient does not stray: √(1 / 2) in
            // 19 layers, and √(784 / 884) in the first, where fan_in and fan_out differ.
            let quotient = 0.5_f64.powf(9.5) * (784.0_f64 / 884.0).sqrt();
            assert!((xavier / he / quotient - 1.0).abs() < 1e-3, "Xavier: {xavier}, He: {he}");
        }
    }
}
