//! A fully connected network in borrowed memory: it starts, sends images through, and learns.

use core::iter::zip;

use weight_init::{InitError, Stream};

use crate::{
    architecture::{Architecture, BATCH, CLASSES, Name},
    pass::Pass,
    products::{back, dense, descend},
    starts::Start,
};

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
        for number in 0..=architecture.depth() {
            let layer = network.layer(number);
            let stream = stream.named_bytes(Name::new(number, architecture.depth()).as_bytes());
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
        let width = self.architecture.width();
        let len = |number| self.architecture.shape(number).len();
        let before = match number {
            0 => 0,
            _ => len(0) + (number - 1) * len(1) + number * width,
        };
        let rest = self.parameters.get_mut(before..).unwrap_or_default();
        let (weights, rest) = rest.split_at_mut_checked(len(number)).unwrap_or_default();
        let outputs = if number == self.architecture.depth() { CLASSES } else { width };
        Layer { weights, biases: rest.get_mut(..outputs).unwrap_or_default() }
    }

    /// Sends the images in `pass` forward.
    pub fn forward(&mut self, pass: &mut Pass) {
        let depth = self.architecture.depth();
        for number in 0..depth {
            let layer = self.layer(number);
            let (inputs, outputs) = pass.around(number);
            dense(layer.weights, layer.biases, inputs, outputs);
            pass.activate(number, self.architecture.activation());
        }
        let layer = self.layer(depth);
        let (inputs, logits) = pass.around(depth);
        dense(layer.weights, layer.biases, inputs, logits);
    }

    /// Sends the gradients back after [`forward`](Self::forward), and takes a step down them if `rate` is not
    /// zero. Returns the loss before the step: the mean cross-entropy over the batch.
    pub fn backward(&mut self, labels: &[usize; BATCH], rate: f32, pass: &mut Pass) -> f32 {
        let loss = pass.softmax(labels);
        for number in (0..=self.architecture.depth()).rev() {
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

#[cfg(test)]
mod tests {
    use weight_init::{Init, Shape, fill_normal};

    use super::*;
    use crate::{activation::Activation, architecture::PIXELS};

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
