//! The same training for every start, and what is measured on the way.

use indicatif::ProgressBar;
use weight_init::{InitError, Stream};

use crate::{
    data::{CLASSES, Digits, PIXELS, Split, shuffle},
    moments::Moments,
    network::{Network, accuracy, cross_entropy},
    starts::Start,
};

/// The network's widths, from the pixels to the classes.
pub const WIDTHS: [usize; 4] = [PIXELS, 100, 100, CLASSES];
pub const LAYERS: usize = WIDTHS.len() - 1;

pub const BATCH: usize = 16;
pub const RATE: f32 = 0.1;

/// One layer at step 0, over the whole training set.
#[derive(Clone, Copy)]
pub struct LayerAtStart {
    /// After the ReLU; of the last layer, the logits.
    pub activation: Moments,
    /// Of the loss with respect to the layer's weights.
    pub gradient: Moments,
}

/// How far the network is after an epoch.
#[derive(Clone, Copy)]
pub struct Progress {
    /// Over the whole training set.
    pub training_loss: f64,
    /// From 0 to 1, on the images held out.
    pub test_accuracy: f64,
}

/// The record of one start's training.
pub struct Run {
    pub start: Start,
    pub at_start: Vec<LayerAtStart>,
    /// `progress[n]` is after `n` epochs, so `progress[0]` before the first step.
    pub progress: Vec<Progress>,
}

impl Run {
    /// After the last epoch.
    pub fn last(&self) -> Progress {
        self.progress[self.progress.len() - 1]
    }
}

/// How many steps a training takes.
pub fn steps(digits: &Split, epochs: usize) -> usize {
    epochs * digits.train.len().div_ceil(BATCH)
}

/// Trains one start; advances `bar` by one a step.
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
        // Like the weights, the order does not depend on the start: all five see the same batches.
        shuffle(&mut order, stream.named("batches").substream(epoch as u64));
        for indices in order.chunks(BATCH) {
            let Digits { images, labels } = digits.train.batch(indices);
            let activations = network.activations(images.view());
            let gradients = network.gradients(images.view(), &labels, &activations);
            network.descend(&gradients, RATE);
            bar.inc(1);
        }
        let now = measure_progress(&network, digits);
        bar.set_message(format!("{:.1} % right", 100.0 * now.test_accuracy));
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
    fn he_learns_to_read() {
        let accuracy = final_accuracy(Start::He, 10);
        assert!(accuracy >= 0.92, "{accuracy}");
    }

    #[test]
    fn zeros_stay_at_chance() {
        // All logits but for the biases are equal, so one class takes all the images.
        let accuracy = final_accuracy(Start::Zeros, 3);
        assert!((accuracy - 0.1).abs() < 1e-9, "{accuracy}");
    }

    #[test]
    fn the_normal_starts_differ_in_scale_alone() {
        let digits = Split::load().unwrap().test;
        let first_layer = |start: Start| {
            let network = Network::new(&WIDTHS, start.init(), Stream::new(1)).unwrap();
            measure_layers(&network, &digits)[0].activation.std
        };
        // √(2 / 784) for He.
        let quotient = first_layer(Start::He) / first_layer(Start::Large);
        assert!((quotient * (784.0_f64 / 2.0).sqrt() - 1.0).abs() < 1e-4, "{quotient}");
    }
}
