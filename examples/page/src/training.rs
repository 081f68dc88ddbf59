//! Trains a network on the digits by plain gradient descent.

use rand_core::{Rng, SeedableRng};
use weight_init::{LaneRng, Stream};

use crate::{
    architecture::BATCH,
    digits::{Digits, TESTING, TRAINING, testing, training},
    network::Network,
    pass::Pass,
};

/// Steps in an epoch.
pub const STEPS: usize = TRAINING / BATCH;

/// The order of the images, which depends on the seed and the epoch, and not on the start.
#[derive(Clone, Copy)]
pub struct Order {
    stream: Stream,
    epoch: usize,
    order: [u16; TRAINING],
}

impl Order {
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let mut order =
            Self { stream: Stream::new(seed).named("batches"), epoch: 0, order: [0; TRAINING] };
        order.shuffle(0);
        order
    }

    /// Shuffles by Fisher–Yates, so that every order is equally likely.
    fn shuffle(&mut self, epoch: usize) {
        self.epoch = epoch;
        for (n, image) in self.order.iter_mut().enumerate() {
            *image = training(n) as u16;
        }
        let mut rng = LaneRng::seed_from_u64(self.stream.substream(epoch as u64).block_key(0));
        for last in (1..TRAINING).rev() {
            // The high half of the product is at most `last`, with a negligible bias of 2⁻²⁰.
            let chosen = (u64::from(rng.next_u32()) * (last as u64 + 1)) >> 32;
            self.order.swap(last, chosen as usize);
        }
    }

    /// Returns the indices of the images of a step.
    fn batch(&mut self, step: usize) -> [usize; BATCH] {
        if step / STEPS != self.epoch {
            self.shuffle(step / STEPS);
        }
        let (batches, _) = self.order.as_chunks();
        batches.get(step % STEPS).copied().unwrap_or([0; BATCH]).map(usize::from)
    }
}

/// A network on its way.
#[derive(Clone, Copy)]
pub struct Training {
    order: Order,
    rate: f32,
    step: usize,
}

impl Training {
    #[must_use]
    pub fn new(seed: u64, rate: f32) -> Self {
        Self { order: Order::new(seed), rate, step: 0 }
    }

    /// Takes steps. Returns the mean of the losses before each of them, or infinity if one is not finite.
    pub fn train(
        &mut self,
        steps: usize,
        network: &mut Network,
        digits: &Digits,
        pass: &mut Pass,
    ) -> f32 {
        let mut sum = 0.0;
        for _ in 0..steps {
            let labels = digits.batch(self.order.batch(self.step), pass.inputs());
            network.forward(pass);
            sum += network.backward(&labels, self.rate, pass);
            self.step += 1;
        }
        let mean = sum / steps as f32;
        // The payload of NaN is the only thing that may differ between machines.
        if mean.is_finite() { mean } else { f32::INFINITY }
    }
}

/// Returns the share of held-out images whose largest logit is that of their label.
pub fn accuracy(network: &mut Network, digits: &Digits, pass: &mut Pass) -> f32 {
    let mut right = 0;
    for first in (0..TESTING).step_by(BATCH) {
        // The last batch repeats an image, which is not counted again.
        let images = core::array::from_fn(|n| testing((first + n).min(TESTING - 1)));
        let labels = digits.batch(images, pass.inputs());
        network.forward(pass);
        for (image, &label) in labels.iter().enumerate().take(TESTING - first) {
            let (mut best, mut most) = (0, f32::NEG_INFINITY);
            for (class, row) in pass.logits().iter().enumerate() {
                if row[image] > most {
                    (best, most) = (class, row[image]);
                }
            }
            right += usize::from(best == label);
        }
    }
    right as f32 / TESTING as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        activation::Activation, architecture::Architecture, digits::tests::FILE, starts::Start,
    };

    fn accuracy_after(epochs: usize, scheme: usize) -> f32 {
        let digits = Digits::read(&FILE).unwrap();
        let architecture = Architecture::new(2, 100, Activation::Relu).unwrap();
        let mut parameters = vec![f32::NAN; architecture.parameters()];
        let mut rows = vec![[f32::NAN; BATCH]; architecture.rows()];
        let start = Start::new(scheme, 1.0).unwrap();
        let mut network =
            Network::start(architecture, start, Stream::new(1), &mut parameters).unwrap();
        let mut pass = Pass::new(architecture, &mut rows).unwrap();
        let mut training = Training::new(1, 0.1);
        training.train(epochs * STEPS, &mut network, &digits, &mut pass);
        accuracy(&mut network, &digits, &mut pass)
    }

    #[test]
    fn he_learns_the_digits() {
        let accuracy = accuracy_after(4, 0);
        assert!(accuracy >= 0.9, "{accuracy}");
    }

    #[test]
    fn zeros_stay_at_chance() {
        assert_eq!(accuracy_after(1, 11), 0.1);
    }

    #[test]
    fn an_epoch_shows_every_image_once_in_an_order_of_its_own() {
        let mut order = Order::new(3);
        let mut epoch = |n: usize| -> Vec<usize> {
            (n * STEPS..(n + 1) * STEPS).flat_map(|step| order.batch(step)).collect()
        };
        let [first, second, again] = [0, 1, 0].map(&mut epoch);
        assert_ne!(first, second);
        assert_eq!(first, again);
        for mut images in [first, second] {
            images.sort_unstable();
            assert_eq!(images, (0..TRAINING).map(training).collect::<Vec<_>>());
        }
    }
}
