//! The training that all frameworks share: the same digits, in the same batches, in the same order.

use std::{error::Error, ops::Range, time::Instant};

use ndarray::Array2;
use weight_init::Stream;

use crate::{
    digits::{CLASSES, Digit, PIXELS, held_out, training},
    network::accuracy,
};

/// Widths of the network, from pixels to classes.
pub const WIDTHS: [usize; 3] = [PIXELS, 32, CLASSES];
pub const BATCH: usize = 16;
pub const RATE: f32 = 0.1;
pub const EPOCHS: usize = 10;

/// A result with the error of any framework.
pub type Fallible<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// The weights of the first layer, its biases, and those of the second layer. A matrix has one row for each output.
pub type Parameters = [Vec<f32>; 4];

/// Images, one after the other, and their labels.
pub struct Digits {
    pub images: Vec<f32>,
    pub labels: Vec<u8>,
}

/// The training set and the test set.
pub struct Split {
    pub train: Digits,
    pub test: Digits,
}

impl Split {
    pub fn load() -> Self {
        Self { train: training().collect(), test: held_out().collect() }
    }
}

impl FromIterator<Digit> for Digits {
    fn from_iter<I: IntoIterator<Item = Digit>>(digits: I) -> Self {
        let (mut images, mut labels) = (Vec::new(), Vec::new());
        for Digit { image, label } in digits {
            images.extend(image);
            labels.push(label as u8);
        }
        Self { images, labels }
    }
}

impl Digits {
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Copies the images and labels of a range.
    pub fn batch(&self, range: Range<usize>) -> Self {
        Self {
            images: self.images[range.start * PIXELS..range.end * PIXELS].to_vec(),
            labels: self.labels[range].to_vec(),
        }
    }

    /// Iterates over the batches of an epoch. The digits are shuffled in their file, so their order is that of the file.
    pub fn batches(&self) -> impl Iterator<Item = Self> {
        let starts = (0..self.len()).step_by(BATCH);
        starts.map(|start| self.batch(start..self.len().min(start + BATCH)))
    }
}

/// The network in one framework, with that framework's own layers, loss, gradients and optimiser.
pub trait Framework: Sized {
    const NAME: &'static str;

    /// Starts the weights by He's scheme, and each bias uniformly within ±1/√fan_in.
    fn start(model: Stream) -> Fallible<Self>;

    fn parameters(&self) -> Fallible<Parameters>;

    /// Returns the mean cross-entropy.
    fn loss(&self, digits: &Digits) -> Fallible<f64>;

    /// Takes one step of gradient descent, and returns the loss before it.
    fn step(&mut self, batch: &Digits) -> Fallible<f64>;

    /// Returns one row of logits for each image.
    fn logits(&self, digits: &Digits) -> Fallible<Vec<f32>>;
}

/// The record of a training.
pub struct Run {
    /// The parameters before the first step.
    pub start: Parameters,
    /// Over the first batch, before the first step.
    pub first_loss: f64,
    /// Over the whole training set.
    pub last_loss: f64,
    /// On the held-out images, from 0 to 1.
    pub accuracy: f64,
    /// From the start to the end of the last epoch.
    pub seconds: f64,
}

/// Trains the network in one framework.
pub fn run<F: Framework>(model: Stream, digits: &Split) -> Fallible<Run> {
    let clock = Instant::now();
    let mut network = F::start(model)?;
    let start = network.parameters()?;
    let mut first_loss = None;
    for _ in 0..EPOCHS {
        for batch in digits.train.batches() {
            let loss = network.step(&batch)?;
            first_loss.get_or_insert(loss);
        }
    }
    let seconds = clock.elapsed().as_secs_f64();
    let logits = network.logits(&digits.test)?;
    let logits = Array2::from_shape_vec((digits.test.len(), CLASSES), logits)?;
    Ok(Run {
        start,
        first_loss: first_loss.ok_or("the training set is empty")?,
        last_loss: network.loss(&digits.train)?,
        accuracy: accuracy(&logits, &digits.test.labels),
        seconds,
    })
}

/// Returns the FNV-1a hash of the little-endian bytes of all values.
pub fn hash(parameters: &Parameters) -> u64 {
    let bytes = parameters.iter().flatten().flat_map(|value| value.to_le_bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
