//! A network of two dense layers with a ReLU between them, trained on one image at a time.
//!
//! Every board and the host compute the same bits, because all operations are `f32` in the order written
//! here, also those inside `libm`'s `expf` and `logf`.

use core::iter::zip;

use weight_init::{Activation, Init, Layer, Plan, PlanMismatch, Shape, Stream};

use crate::digits::{CLASSES, Digit, PIXELS};

const RATE: f32 = 0.03;

/// A 64–`HIDDEN`–10 network in borrowed memory.
pub struct Network<'a, const HIDDEN: usize> {
    /// One row per output.
    weights1: &'a mut [f32],
    bias1: &'a mut [f32],
    weights2: &'a mut [f32],
    bias2: &'a mut [f32],
}

/// Returns the layers of a 64–`hidden`–10 network. Without a scheme, each layer takes the one for its
/// activation.
pub const fn layers(hidden: usize, init: Option<Init>) -> [Layer<'static>; 2] {
    let (fc1, fc2) = (Shape::dense(PIXELS, hidden), Shape::dense(hidden, CLASSES));
    match init {
        Some(init) => [Layer::with_init("fc1", fc1, init), Layer::with_init("fc2", fc2, init)],
        None => {
            [Layer::new("fc1", fc1, Activation::Relu), Layer::new("fc2", fc2, Activation::Linear)]
        }
    }
}

/// Returns the number of weights and biases in a network.
pub const fn len(hidden: usize) -> usize {
    Layer::total_len(&layers(hidden, None))
}

/// Layers with the schemes that most networks need, to measure how much flash a plan of them takes.
pub const PLAIN: [Layer; 3] = [
    Layer::with_init("fc1", Shape::dense(48, 24), Init::he_normal()),
    Layer::with_init("fc2", Shape::dense(24, 16), Init::xavier_uniform()),
    Layer::with_init("fc3", Shape::dense(16, 10), Init::zeros()),
];
/// The number of weights and biases in a network of [`PLAIN`] layers.
pub const PLAIN_LEN: usize = Layer::total_len(&PLAIN);
/// The number of tensors in such a network.
pub const PLAIN_TENSORS: usize = Layer::tensor_count(&PLAIN);

/// A plan for weights and biases of two layers.
pub type Layers = Plan<'static, 4>;

impl<'a, const HIDDEN: usize> Network<'a, HIDDEN> {
    /// Fills `memory` with the starting weights of [`layers`].
    pub fn start(
        init: Option<Init>,
        stream: Stream,
        memory: &'a mut [f32],
    ) -> Result<Self, PlanMismatch<'static>> {
        let plan = Layers::from_layers(&layers(HIDDEN, init))?;
        plan.fill(stream, memory)?;
        // Checks that the values have the distributions of their schemes.
        plan.verify(memory)?;
        let mut slices = plan.slices_mut(memory)?.map(|(_, values)| values);
        let mut next = || slices.next().unwrap_or_default();
        Ok(Self { weights1: next(), bias1: next(), weights2: next(), bias2: next() })
    }

    fn forward(&self, image: &[f32; PIXELS]) -> ([f32; HIDDEN], [f32; CLASSES]) {
        let (mut hidden, mut logits) = ([0.0; HIDDEN], [0.0; CLASSES]);
        dense(self.weights1, self.bias1, image, &mut hidden);
        for unit in &mut hidden {
            *unit = if *unit > 0.0 { *unit } else { 0.0 };
        }
        dense(self.weights2, self.bias2, &hidden, &mut logits);
        (hidden, logits)
    }

    /// Returns the digit that the network recognises.
    pub fn answer(&self, image: &[f32; PIXELS]) -> usize {
        let (_, logits) = self.forward(image);
        let mut best = 0;
        for (digit, &logit) in logits.iter().enumerate() {
            if logit > logits[best] {
                best = digit;
            }
        }
        best
    }

    /// Returns the cross-entropy for one digit.
    pub fn loss(&self, digit: &Digit) -> f32 {
        softmax(self.forward(&digit.image).1, digit.label).0
    }

    /// Takes one step of stochastic gradient descent. Returns the loss before the step.
    pub fn learn(&mut self, Digit { image, label }: &Digit) -> f32 {
        let (hidden, logits) = self.forward(image);
        let (loss, gradient2) = softmax(logits, *label);
        let mut gradient1 = [0.0; HIDDEN];
        for (row, &g) in zip(self.weights2.chunks(HIDDEN), &gradient2) {
            for (sum, weight) in zip(&mut gradient1, row) {
                *sum += weight * g;
            }
        }
        for (g, &unit) in zip(&mut gradient1, &hidden) {
            *g = if unit > 0.0 { *g } else { 0.0 };
        }
        descend(self.weights2, self.bias2, &hidden, &gradient2);
        descend(self.weights1, self.bias1, image, &gradient1);
        loss
    }
}

/// Computes outputs = weights × inputs + bias.
fn dense(weights: &[f32], bias: &[f32], inputs: &[f32], outputs: &mut [f32]) {
    for ((output, row), &bias) in zip(zip(outputs, weights.chunks(inputs.len())), bias) {
        *output = zip(row, inputs).fold(bias, |sum, (weight, input)| sum + weight * input);
    }
}

/// Takes one step of gradient descent in a layer, given the gradient with respect to its outputs.
fn descend(weights: &mut [f32], bias: &mut [f32], inputs: &[f32], gradient: &[f32]) {
    for ((row, bias), &g) in zip(zip(weights.chunks_mut(inputs.len()), bias), gradient) {
        let step = RATE * g;
        if step != 0.0 {
            for (weight, input) in zip(row, inputs) {
                *weight -= step * input;
            }
            *bias -= step;
        }
    }
}

/// Returns the cross-entropy of a softmax over the logits, and its gradient with respect to them.
fn softmax(logits: [f32; CLASSES], label: usize) -> (f32, [f32; CLASSES]) {
    let largest = logits.iter().fold(logits[0], |a, &b| if b > a { b } else { a });
    let exponentials = logits.map(|logit| libm::expf(logit - largest));
    let sum: f32 = exponentials.iter().sum();
    let mut gradient = exponentials.map(|e| e / sum);
    gradient[label] -= 1.0;
    (libm::logf(sum) - (logits[label] - largest), gradient)
}
