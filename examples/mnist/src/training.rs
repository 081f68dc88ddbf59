//! Trains a network from one start, and measures it on the way. All starts get the same training.

use indicatif::ProgressBar;
use weight_init::{InitError, Stream};

use crate::{
    data::{CLASSES, Digits, PIXELS, Split, shuffle},
    moments::Moments,
    network::{Network, accuracy, cross_entropy},
    starts::Start,
};

/// Widths of the network, from pixels to classes.
pub const WIDTHS: [usize; 4] = [PIXELS, 100, 100, CLASSES];
pub const LAYERS: usize = WIDTHS.len() - 1;

pub const BATCH: usize = 16;
pub const RATE: f32 = 0.1;

/// Measurements of one layer before the first step, over the whole training set.
#[derive(Clone, Copy)]
pub struct LayerAtStart {
    /// The activations after the ReLU, or the logits in the last layer.
    pub activation: Moments,
    /// The gradient of the loss with respect to the layer's weights.
    pub gradient: Moments,
}

/// Measurements of the network after an epoch.
#[derive(Clone, Copy)]
pub struct Progress {
    /// Over the whole training set.
    pub training_loss: f64,
    /// On the held-out images, from 0 to 1.
    pub test_accuracy: f64,
}

/// The record of training from one start.
pub struct Run {
    pub start: Start,
    pub at_start: Vec<LayerAtStart>,
    /// `progress[n]` is measured after `n` epochs, `progress[0]` before the first step.
    pub progress: Vec<Progress>,
}

impl Run {
    /// Returns the measurements after the last epoch.
    pub fn last(&self) -> Progress {
        self.progress[self.progress.len() - 1]
    }
}

/// Returns the number of steps in a training.
pub fn steps(digits: &Split, epochs: usize) -> usize {
    epochs * digits.train.len().div_ceil(BATCH)
}

/// Trains from one start, and advances `bar` by one per step.
pub fn train(
    start: Start,
    digits: &Split,
    seed: u64,
    epochs: usize,
    bar: &ProgressBar,
) -> Result<Run, InitError> {
    let stream = Stream::new(seed);
    let mut network = Network::new(&WIDTHS, start.init(), stream)?;
    let at_start = measure_layers(&network, &digits.train);
    let mut progress = vec![measure_progress(&network, digits)];

    let mut order: Vec<usize> = (0..digits.train.len()).collect();
    for epoch in 0..epochs {
        // The order of the batches depends on the seed and not on the start.
        shuffle(&mut order, stream.named("batches").substream(epoch as u64));
        for indices in order.chunks(BATCH) {
            let Digits { images, labels } = digits.train.batch(indices);
            let activations = network.activations(images.view());
            let gradients = network.gradients(images.view(), &labels, &activations);
            network.descend(&gradients, RATE);
            bar.inc(1);
        }
        let now = measure_progress(&network, digits);
        bar.set_message(format!("{:.1} % correct", 100.0 * now.test_accuracy));
        progress.push(now);
    }
    Ok(Run { start, at_start, progress })
}

fn measure_layers(network: &Network, digits: &Digits) -> Vec<LayerAtStart> {
    let activations = network.activations(digits.images.view());
    let gradients = network.gradients(digits.images.view(), &digits.labels, &activations);
    let layers = activations.iter().zip(&gradients);
    layers
        .map(|(activations, gradient)| LayerAtStart {
            activation: Moments::of(activations),
            gradient: Moments::of(&gradient.weight),
        })
        .collect()
}

fn measure_progress(network: &Network, digits: &Split) -> Progress {
    let Split { train, test } = digits;
    Progress {
        training_loss: cross_entropy(&network.logits(train.images.view()), &train.labels),
        test_accuracy: accuracy(&network.logits(test.images.view()), &test.labels),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn final_accuracy(start: Start, epochs: usize) -> f64 {
        let digits = Split::load().unwrap();
        let run = train(start, &digits, 1, epochs, &ProgressBar::hidden()).unwrap();
        assert_eq!(run.progress.len(), epochs + 1);
        run.last().test_accuracy
    }

    #[test]
    fn he_learns_the_digits() {
        let accuracy = final_accuracy(Start::He, 10);
        assert!(accuracy >= 0.92, "{accuracy}");
    }

    #[test]
    fn zeros_stay_at_chance() {
        // Only the biases differ between classes, so that one class wins for every image.
        let accuracy = final_accuracy(Start::Zeros, 3);
        assert!((accuracy - 0.1).abs() < 1e-9, "{accuracy}");
    }

    #[test]
    fn normal_starts_differ_only_in_scale() {
        let digits = Split::load().unwrap().test;
        let first_layer = |start: Start| {
            let network = Network::new(&WIDTHS, start.init(), Stream::new(1)).unwrap();
            measure_layers(&network, &digits)[0].activation.std
        };
        // He's std is √(2 / 784) here, and that of Large is 1.
        let quotient = first_layer(Start::He) / first_layer(Start::Large);
        assert!((quotient * (784.0_f64 / 2.0).sqrt() - 1.0).abs() < 1e-4, "{quotient}");
    }
}
