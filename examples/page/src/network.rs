//! A fully connected network in borrowed memory: it starts, sends images through, and learns.
//!
//! A batch of images travels together. A [`Row`] holds the values of one unit for all of them, so that the
//! compiler vectorises over the images, where no order of summation can change.

use core::iter::zip;

use libm::{expf, logf};
use weight_init::{InitError, Shape, Stream};

use crate::{activation::Activation, starts::Start};

pub const PIXELS: usize = 28 * 28;
pub const CLASSES: usize = 10;

/// The number of images that travel together.
pub const BATCH: usize = 16;
/// The values of one unit for each image of a batch.
pub type Row = [f32; BATCH];

pub const DEEPEST: usize = 50;
pub const WIDEST: usize = 256;

/// A network of `depth` hidden layers with `width` units each, between the pixels and the classes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Architecture {
    depth: usize,
    width: usize,
    activation: Activation,
}

impl Architecture {
    /// Returns `None` if the network is empty or too large for the page.
    #[must_use]
    pub fn new(depth: usize, width: usize, activation: Activation) -> Option<Self> {
        let fits = (1..=DEEPEST).contains(&depth) && (1..=WIDEST).contains(&width);
        fits.then_some(Self { depth, width, activation })
    }

    /// Returns the number of hidden layers. The layer with this index is the one of the logits.
    #[must_use]
    pub const fn depth(&self) -> usize {
        self.depth
    }

    /// Returns the shape of a layer's weights.
    #[must_use]
    pub const fn shape(&self, layer: usize) -> Shape {
        let inputs = if layer == 0 { PIXELS } else { self.width };
        let outputs = if layer == self.depth { CLASSES } else { self.width };
        Shape::dense(inputs, outputs)
    }

    /// Returns the number of weights and biases.
    #[must_use]
    pub fn parameters(&self) -> usize {
        let outputs = self.depth * self.width + CLASSES;
        outputs + (0..=self.depth).map(|layer| self.shape(layer).len()).sum::<usize>()
    }

    /// Returns the number of [`Row`]s that a batch occupies on its way.
    #[must_use]
    pub const fn rows(&self) -> usize {
        PIXELS + 3 * self.depth * self.width + 2 * CLASSES
    }
}

/// The name of a layer's weights in the stream: `fc1.weight` and so on, and `out.weight` for the logits. A layer
/// therefore keeps its weights when the depth changes.
pub struct Name([u8; 11], usize);

impl Name {
    #[must_use]
    pub const fn new(layer: usize, depth: usize) -> Self {
        let (ones, tens) = (b'0' + ((layer + 1) % 10) as u8, b'0' + ((layer + 1) / 10) as u8);
        if layer == depth {
            Self(*b"out.weight\0", 10)
        } else if layer < 9 {
            let mut name = *b"fc?.weight\0";
            name[2] = ones;
            Self(name, 10)
        } else {
            let mut name = *b"fc??.weight";
            (name[2], name[3]) = (tens, ones);
            Self(name, 11)
        }
    }

    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.get(..self.1).unwrap_or_default()
    }
}

/// A layer's weights, one row per output, and its biases.
struct Layer<'a> {
    weights: &'a mut [f32],
    biases: &'a mut [f32],
}

/// A network in borrowed memory.
pub struct Network<'a> {
    architecture: Architecture,
    parameters: &'a mut [f32],
}

impl<'a> Network<'a> {
    /// Uses memory of [`Architecture::parameters`] values as it is.
    #[must_use]
    pub fn resume(architecture: Architecture, parameters: &'a mut [f32]) -> Self {
        Self { architecture, parameters }
    }

    /// Starts all layers by one scheme, each with a stream of its own. Biases are zero.
    pub fn start(
        architecture: Architecture,
        start: Start,
        stream: Stream,
        parameters: &'a mut [f32],
    ) -> Result<Self, InitError> {
        let mut network = Self::resume(architecture, parameters);
        for number in 0..=architecture.depth {
            let layer = network.layer(number);
            let stream = stream.named_bytes(Name::new(number, architecture.depth).as_bytes());
            start.fill(stream, &architecture.shape(number), layer.weights)?;
            layer.biases.fill(0.0);
        }
        Ok(network)
    }

    /// Returns the weights of a layer, one row per output.
    #[must_use]
    pub fn weights(&mut self, number: usize) -> &mut [f32] {
        self.layer(number).weights
    }

    fn layer(&mut self, number: usize) -> Layer<'_> {
        let Architecture { width, .. } = self.architecture;
        let len = |number| self.architecture.shape(number).len();
        let before = match number {
            0 => 0,
            _ => len(0) + (number - 1) * len(1) + number * width,
        };
        let rest = self.parameters.get_mut(before..).unwrap_or_default();
        let (weights, rest) = rest.split_at_mut_checked(len(number)).unwrap_or_default();
        let outputs = if number == self.architecture.depth { CLASSES } else { width };
        Layer { weights, biases: rest.get_mut(..outputs).unwrap_or_default() }
    }

    /// Sends the images in `pass` forward.
    pub fn forward(&mut self, pass: &mut Pass) {
        let depth = self.architecture.depth;
        for number in 0..depth {
            let layer = self.layer(number);
            let (inputs, outputs) = pass.around(number);
            dense(layer.weights, layer.biases, inputs, outputs);
            pass.activate(number, self.architecture.activation);
        }
        let layer = self.layer(depth);
        let (inputs, logits) = pass.around(depth);
        dense(layer.weights, layer.biases, inputs, logits);
    }

    /// Sends the gradients back after [`forward`](Self::forward), and takes a step down them if `rate` is not
    /// zero. Returns the loss before the step: the mean cross-entropy over the batch.
    pub fn backward(&mut self, labels: &[usize; BATCH], rate: f32, pass: &mut Pass) -> f32 {
        let loss = pass.softmax(labels);
        for number in (0..=self.architecture.depth).rev() {
            let layer = self.layer(number);
            if number > 0 {
                let (deltas, before, slopes) = pass.deltas(number);
                back(layer.weights, deltas, before);
                for (row, slopes) in zip(before, slopes) {
                    for (delta, slope) in zip(row, slopes) {
                        *delta *= slope;
                    }
                }
            }
            if rate != 0.0 {
                let (inputs, deltas) = pass.step(number);
                descend(layer.weights, layer.biases, inputs, deltas, rate);
            }
        }
        loss
    }
}

/// The memory of a batch on its way through a network.
pub struct Pass<'a> {
    width: usize,
    depth: usize,
    /// The pixels, then the activations of each hidden layer, then the logits.
    values: &'a mut [Row],
    /// The slopes of the activations.
    slopes: &'a mut [Row],
    /// The gradients of the loss with respect to what an activation is applied to, by layer, the logits last.
    deltas: &'a mut [Row],
}

impl<'a> Pass<'a> {
    /// Divides memory of [`Architecture::rows`] rows. Returns `None` if it is shorter.
    #[must_use]
    pub fn new(architecture: Architecture, rows: &'a mut [Row]) -> Option<Self> {
        let Architecture { width, depth, .. } = architecture;
        let hidden = depth * width;
        let (values, rows) = rows.split_at_mut_checked(PIXELS + hidden + CLASSES)?;
        let (slopes, rows) = rows.split_at_mut_checked(hidden)?;
        let deltas = rows.get_mut(..hidden + CLASSES)?;
        Some(Self { width, depth, values, slopes, deltas })
    }

    /// Returns the rows of the pixels.
    pub fn inputs(&mut self) -> &mut [Row] {
        self.values.get_mut(..PIXELS).unwrap_or_default()
    }

    /// Returns the logits, one row per class.
    #[must_use]
    pub fn logits(&self) -> &[Row] {
        self.values.get(PIXELS + self.depth * self.width..).unwrap_or_default()
    }

    /// Returns the activations of a hidden layer, their slopes, and the gradients before them.
    #[must_use]
    pub fn hidden(&self, number: usize) -> [&[Row]; 3] {
        let from = number * self.width;
        [(&*self.values, PIXELS), (self.slopes, 0), (self.deltas, 0)].map(|(rows, before)| {
            rows.get(before + from..before + from + self.width).unwrap_or_default()
        })
    }

    /// Returns the inputs and the outputs of a layer.
    fn around(&mut self, number: usize) -> (&[Row], &mut [Row]) {
        let (inputs, len) = match number {
            0 => (0, PIXELS),
            _ => (PIXELS + (number - 1) * self.width, self.width),
        };
        let outputs = if number == self.depth { CLASSES } else { self.width };
        let rows = self.values.get_mut(inputs..).unwrap_or_default();
        let (inputs, rows) = rows.split_at_mut_checked(len).unwrap_or_default();
        (inputs, rows.get_mut(..outputs).unwrap_or_default())
    }

    fn activate(&mut self, number: usize, activation: Activation) {
        let from = number * self.width;
        let values = self.values.get_mut(PIXELS + from..).unwrap_or_default();
        let slopes = self.slopes.get_mut(from..).unwrap_or_default();
        // By pairs of literals, so that the choice is made once and not per value.
        macro_rules! each {
            ($($name:ident)*) => {
                match activation {
                    $(Activation::$name => {
                        for (values, slopes) in zip(values, slopes).take(self.width) {
                            for (value, slope) in zip(values, slopes) {
                                (*value, *slope) = Activation::$name.apply(*value);
                            }
                        }
                    })*
                }
            };
        }
        each!(Relu LeakyRelu Tanh Sigmoid Selu Gelu Silu Linear);
    }

    /// Returns the gradients after a layer, those before it, which are to be computed, and the slopes in between.
    fn deltas(&mut self, number: usize) -> (&[Row], &mut [Row], &[Row]) {
        let from = (number - 1) * self.width;
        let rows = self.deltas.get_mut(from..).unwrap_or_default();
        let (before, after) = rows.split_at_mut_checked(self.width).unwrap_or_default();
        let outputs = if number == self.depth { CLASSES } else { self.width };
        let slopes = self.slopes.get(from..from + self.width).unwrap_or_default();
        (after.get(..outputs).unwrap_or_default(), before, slopes)
    }

    /// Returns the inputs of a layer and the gradients with respect to its outputs.
    fn step(&mut self, number: usize) -> (&[Row], &[Row]) {
        let (from, outputs) =
            (number * self.width, if number == self.depth { CLASSES } else { self.width });
        let deltas = self.deltas.get(from..from + outputs).unwrap_or_default();
        let (from, inputs) = match number {
            0 => (0, PIXELS),
            _ => (PIXELS + (number - 1) * self.width, self.width),
        };
        (self.values.get(from..from + inputs).unwrap_or_default(), deltas)
    }

    /// Computes the gradients with respect to the logits, (softmax − one-hot) / images. Returns the loss.
    ///
    /// The largest logit is subtracted first, so that no exponential overflows and their sum is at least 1.
    fn softmax(&mut self, labels: &[usize; BATCH]) -> f32 {
        let from = self.depth * self.width;
        let logits = self.values.get(PIXELS + from..).unwrap_or_default();
        let deltas = self.deltas.get_mut(from..).unwrap_or_default();
        let mut loss = 0.0;
        for (image, &label) in labels.iter().enumerate() {
            let largest = logits.iter().fold(f32::NEG_INFINITY, |most, row| {
                if row[image] > most { row[image] } else { most }
            });
            let mut sum = 0.0;
            for (delta, row) in zip(&mut *deltas, logits) {
                delta[image] = expf(row[image] - largest);
                sum += delta[image];
            }
            for delta in &mut *deltas {
                delta[image] /= sum * BATCH as f32;
            }
            if let (Some(delta), Some(row)) = (deltas.get_mut(label), logits.get(label)) {
                delta[image] -= 1.0 / BATCH as f32;
                loss += logf(sum) - (row[image] - largest);
            }
        }
        loss / BATCH as f32
    }
}

/// Outputs or inputs that are computed together, because each loaded row then serves both.
const TOGETHER: usize = 2;

/// Computes outputs = weights × inputs + biases.
fn dense(weights: &[f32], biases: &[f32], inputs: &[Row], outputs: &mut [Row]) {
    let (pairs, last) = outputs.as_chunks_mut::<TOGETHER>();
    let mut weights = weights.chunks_exact(inputs.len());
    let mut biases = biases.iter();
    for pair in pairs {
        let (Some(first), Some(second)) = (weights.next(), weights.next()) else { return };
        for (sums, &bias) in zip(&mut *pair, &mut biases) {
            *sums = [bias; BATCH];
        }
        let [mut one, mut two] = *pair;
        for ((row, &a), &b) in zip(zip(inputs, first), second) {
            for image in 0..BATCH {
                one[image] += a * row[image];
                two[image] += b * row[image];
            }
        }
        *pair = [one, two];
    }
    for ((sums, &bias), weights) in zip(zip(last, biases), weights) {
        *sums = [bias; BATCH];
        for (row, &weight) in zip(inputs, weights) {
            for (sum, value) in zip(&mut *sums, row) {
                *sum += weight * value;
            }
        }
    }
}

/// Computes the gradients with respect to a layer's inputs: before = weightsᵀ × after.
fn back(weights: &[f32], after: &[Row], before: &mut [Row]) {
    let inputs = before.len();
    let (pairs, last) = before.as_chunks_mut::<TOGETHER>();
    for (number, pair) in pairs.iter_mut().enumerate() {
        let [mut one, mut two] = [[0.0; BATCH]; TOGETHER];
        for (weights, row) in zip(weights.chunks_exact(inputs), after) {
            let Some(&[a, b]) = weights.get(TOGETHER * number..).and_then(|w| w.first_chunk())
            else {
                return;
            };
            for image in 0..BATCH {
                one[image] += a * row[image];
                two[image] += b * row[image];
            }
        }
        *pair = [one, two];
    }
    for sums in last {
        *sums = [0.0; BATCH];
        for (weights, row) in zip(weights.chunks_exact(inputs), after) {
            let Some(&weight) = weights.last() else { return };
            for (sum, value) in zip(&mut *sums, row) {
                *sum += weight * value;
            }
        }
    }
}

/// Takes a step of gradient descent in a layer.
fn descend(weights: &mut [f32], biases: &mut [f32], inputs: &[Row], deltas: &[Row], rate: f32) {
    let rows = weights.chunks_exact_mut(inputs.len());
    for ((weights, bias), deltas) in zip(zip(rows, biases), deltas) {
        let steps = deltas.map(|delta| rate * delta);
        for (weight, values) in zip(weights, inputs) {
            let mut products = *values;
            for (product, step) in zip(&mut products, steps) {
                *product *= step;
            }
            *weight -= sum(products);
        }
        *bias -= sum(steps);
    }
}

/// Sums by halves, so that vectors do and each order is written here.
fn sum(mut row: Row) -> f32 {
    let mut half = BATCH / 2;
    while half > 0 {
        for n in 0..half {
            row[n] += row[n + half];
        }
        half /= 2;
    }
    row[0]
}

#[cfg(test)]
mod tests {
    use weight_init::{Init, fill_normal};

    use super::*;

    const SMALL: [(usize, usize); 4] = [(1, 1), (1, 4), (3, 5), (2, 8)];

    fn noise(name: &str, out: &mut [f32]) {
        fill_normal(Stream::new(1).named(name), 0, 0.0, 1.0, out).unwrap();
    }

    /// Runs `f` on a network with biases that are not zero, and a pass with random inputs.
    fn with_network(
        (depth, width): (usize, usize),
        activation: Activation,
        f: impl FnOnce(&mut Network, &mut Pass, &[usize; BATCH]),
    ) {
        let architecture = Architecture::new(depth, width, activation).unwrap();
        let mut parameters = vec![f32::NAN; architecture.parameters()];
        let mut rows = vec![[f32::NAN; BATCH]; architecture.rows()];
        let start = Start::new(0, 1.0).unwrap();
        let mut network =
            Network::start(architecture, start, Stream::new(1), &mut parameters).unwrap();
        for number in 0..=depth {
            noise("biases", network.layer(number).biases);
        }
        let mut pass = Pass::new(architecture, &mut rows).unwrap();
        noise("images", pass.inputs().as_flattened_mut());
        f(&mut network, &mut pass, &core::array::from_fn(|n| n % CLASSES));
    }

    /// Compares forward passes with a plain loop in double precision.
    #[test]
    fn a_pass_is_that_of_a_plain_loop() {
        for size @ (depth, width) in SMALL {
            with_network(size, Activation::Tanh, |network, pass, _| {
                network.forward(pass);
                for image in 0..BATCH {
                    let mut values: Vec<f64> =
                        pass.inputs().iter().map(|row| f64::from(row[image])).collect();
                    for number in 0..=depth {
                        let layer = network.layer(number);
                        let rows = zip(layer.weights.chunks(values.len()), layer.biases);
                        values = rows
                            .map(|(weights, bias)| {
                                let products =
                                    zip(weights, &values).map(|(w, x)| f64::from(*w) * x);
                                let z = products.sum::<f64>() + f64::from(*bias);
                                if number < depth { z.tanh() } else { z }
                            })
                            .collect();
                        if number < depth {
                            let [activations, slopes, _] = pass.hidden(number);
                            assert_eq!(activations.len(), width);
                            for ((a, s), value) in zip(zip(activations, slopes), &values) {
                                assert!((f64::from(a[image]) - value).abs() < 1e-5);
                                assert!((f64::from(s[image]) - (1.0 - value * value)).abs() < 1e-5);
                            }
                        }
                    }
                    assert_eq!(pass.logits().len(), CLASSES);
                    for (row, value) in zip(pass.logits(), &values) {
                        assert!((f64::from(row[image]) - value).abs() < 1e-4, "{size:?}");
                    }
                }
            });
        }
    }

    /// Compares the step of every parameter with the slope of the loss by finite differences.
    #[test]
    fn a_step_goes_down_the_slope_of_the_loss() {
        for (size, activation) in
            [((1, 3), Activation::Relu), ((3, 5), Activation::Tanh), ((2, 4), Activation::Gelu)]
        {
            with_network(size, activation, |network, pass, labels| {
                // Few inputs, so that the test is short: the others keep their rows.
                let before = network.parameters.to_vec();
                network.forward(pass);
                network.backward(labels, 1.0, pass);
                let after = network.parameters.to_vec();
                network.parameters.copy_from_slice(&before);
                let mut loss = |at: usize, step: f32| {
                    network.parameters[at] = before[at] + step;
                    network.forward(pass);
                    let loss = f64::from(network.backward(labels, 0.0, pass));
                    network.parameters[at] = before[at];
                    loss
                };
                const STEP: f32 = 2e-3;
                let (mut difference, mut norm) = (0.0, 0.0);
                // A stride that no layer's width divides.
                let first = PIXELS * size.1;
                let indices = (0..first).step_by(97).chain(first..before.len());
                for at in indices {
                    let slope = (loss(at, STEP) - loss(at, -STEP)) / f64::from(2.0 * STEP);
                    let given = f64::from(before[at] - after[at]);
                    difference += (slope - given) * (slope - given);
                    norm += given * given;
                }
                let (difference, norm) = (f64::sqrt(difference), f64::sqrt(norm));
                assert!(norm > 0.1, "nothing to compare: {norm}");
                assert!(difference < 2e-2 * norm, "{activation:?}: off by {difference} of {norm}");
            });
        }
    }

    #[test]
    fn layers_do_not_overlap_and_fill_the_memory() {
        for (depth, width) in [(1, 1), (3, 5), (50, 256)] {
            let architecture = Architecture::new(depth, width, Activation::Relu).unwrap();
            let mut parameters = vec![0.0; architecture.parameters()];
            let mut network = Network::resume(architecture, &mut parameters);
            for number in 0..=depth {
                let layer = network.layer(number);
                assert_eq!(layer.weights.len(), architecture.shape(number).len());
                layer.weights.iter_mut().chain(layer.biases).for_each(|x| *x += 1.0);
            }
            assert!(parameters.iter().all(|&x| x == 1.0));
        }
        for (depth, width) in [(0, 1), (51, 1), (1, 0), (1, 257)] {
            assert_eq!(Architecture::new(depth, width, Activation::Relu), None);
        }
    }

    #[test]
    fn weights_are_those_of_the_crate_and_do_not_depend_on_the_depth() {
        for depth in [2, 30] {
            let architecture = Architecture::new(depth, 8, Activation::Relu).unwrap();
            let mut parameters = vec![0.0; architecture.parameters()];
            let (start, init) = (Start::new(4, 1.5).unwrap(), Init::xavier_uniform().gain(1.5));
            let mut network =
                Network::start(architecture, start, Stream::new(7), &mut parameters).unwrap();
            let mut check = |number, name, shape: Shape| {
                let mut weights = vec![0.0; shape.len()];
                init.fill(Stream::new(7).named(name), &shape, &mut weights).unwrap();
                assert_eq!(network.weights(number), weights, "{name}");
            };
            check(0, "fc1.weight", Shape::dense(784, 8));
            check(1, "fc2.weight", Shape::dense(8, 8));
            check(depth, "out.weight", Shape::dense(8, 10));
            if depth > 10 {
                check(9, "fc10.weight", Shape::dense(8, 8));
                check(28, "fc29.weight", Shape::dense(8, 8));
            }
        }
    }

    #[test]
    fn equal_logits_cost_the_logarithm_of_the_classes() {
        with_network((1, 4), Activation::Relu, |network, pass, labels| {
            network.parameters.fill(0.0);
            network.forward(pass);
            let loss = network.backward(labels, 0.0, pass);
            assert!((loss - 10_f32.ln()).abs() < 1e-6, "{loss}");
            network.parameters.fill(f32::NAN);
            network.forward(pass);
            assert!(network.backward(labels, 0.0, pass).is_nan());
        });
    }
}
