//! A fully connected ReLU network: forward pass, backward pass, and one step of gradient descent.

use ndarray::{Array1, Array2, ArrayView2, Axis};
use weight_init::{Init, InitError, Shape, Stream};

/// A dense layer's weights and biases, or the gradients of the loss with respect to them.
pub struct Layer {
    /// The shape is `[outputs, inputs]`.
    pub weight: Array2<f32>,
    pub bias: Array1<f32>,
}

impl Layer {
    fn new(inputs: usize, outputs: usize, init: Init, stream: Stream) -> Result<Self, InitError> {
        let shape = Shape::dense(inputs, outputs);
        let mut weight = vec![0.0; shape.len()];
        init.fill(stream.named("weight"), &shape, &mut weight)?;

        let shape = Shape::vector(outputs);
        let mut bias = vec![0.0; shape.len()];
        Init::zeros().fill(stream.named("bias"), &shape, &mut bias)?;

        let weight = Array2::from_shape_vec((outputs, inputs), weight)
            .expect("a dense shape holds outputs × inputs values");
        Ok(Self { weight, bias: Array1::from_vec(bias) })
    }
}

/// Dense layers with a ReLU after each but the last. The outputs of the last are the logits.
pub struct Network {
    pub layers: Vec<Layer>,
}

impl Network {
    /// Fills a network of these widths, inputs first and classes last.
    ///
    /// Each layer has its own stream, which doesn't depend on the scheme. All normal starts with one seed
    /// therefore scale the same normal numbers, and the comparison shows the effect of the scale alone.
    pub fn new(widths: &[usize], init: Init, stream: Stream) -> Result<Self, InitError> {
        let layers = widths.windows(2).zip(1..).map(|(width, number)| {
            Layer::new(width[0], width[1], init, stream.named(&format!("fc{number}")))
        });
        Ok(Self { layers: layers.collect::<Result<_, _>>()? })
    }

    /// Returns the activations of every layer, one image per row. The last are the logits.
    pub fn activations(&self, images: ArrayView2<f32>) -> Vec<Array2<f32>> {
        let mut activations: Vec<Array2<f32>> = Vec::with_capacity(self.layers.len());
        for layer in &self.layers {
            let inputs = match activations.last_mut() {
                Some(previous) => {
                    relu(previous);
                    previous.view()
                }
                None => images,
            };
            let outputs = inputs.dot(&layer.weight.t()) + &layer.bias;
            activations.push(outputs);
        }
        activations
    }

    /// Returns the logits, one image per row.
    pub fn logits(&self, images: ArrayView2<f32>) -> Array2<f32> {
        self.activations(images).pop().expect("a network has a layer")
    }

    /// Returns the gradients of the mean cross-entropy with respect to every layer's weights and biases,
    /// given the [`activations`](Self::activations) of the same images.
    pub fn gradients(
        &self,
        images: ArrayView2<f32>,
        labels: &[u8],
        activations: &[Array2<f32>],
    ) -> Vec<Layer> {
        let mut gradients = Vec::with_capacity(self.layers.len());
        // Gradient of the loss with respect to the layer's outputs, before the ReLU.
        let mut delta = cross_entropy_gradient(&activations[self.layers.len() - 1], labels);
        for (depth, layer) in self.layers.iter().enumerate().rev() {
            let inputs = match depth {
                0 => images,
                _ => activations[depth - 1].view(),
            };
            gradients.push(Layer { weight: delta.t().dot(&inputs), bias: delta.sum_axis(Axis(0)) });
            if depth > 0 {
                delta = delta.dot(&layer.weight);
                // The ReLU passes the gradient where it passed the activation.
                delta
                    .zip_mut_with(&inputs, |delta, &x| *delta = if x > 0.0 { *delta } else { 0.0 });
            }
        }
        gradients.reverse();
        gradients
    }

    /// Takes one step of plain gradient descent.
    pub fn descend(&mut self, gradients: &[Layer], rate: f32) {
        for (layer, gradient) in self.layers.iter_mut().zip(gradients) {
            layer.weight.scaled_add(-rate, &gradient.weight);
            layer.bias.scaled_add(-rate, &gradient.bias);
        }
    }
}

/// Applies ReLU. `f32::max` would turn NaN into zero and hide that a network diverged.
fn relu(values: &mut Array2<f32>) {
    values.mapv_inplace(|x| if x < 0.0 { 0.0 } else { x });
}

/// Returns the mean over the images of −ln softmax(logits)\[label\].
///
/// The largest logit is subtracted first, so that no exponential overflows and their sum is at least 1.
/// The sum is in `f64`, because over 4,000 images `f32` would lose digits.
pub fn cross_entropy(logits: &Array2<f32>, labels: &[u8]) -> f64 {
    let losses = logits.rows().into_iter().zip(labels).map(|(logits, &label)| {
        let largest = f64::from(logits.fold(f32::NEG_INFINITY, |a, &b| a.max(b)));
        let sum: f64 = logits.iter().map(|&x| (f64::from(x) - largest).exp()).sum();
        largest + sum.ln() - f64::from(logits[usize::from(label)])
    });
    losses.sum::<f64>() / labels.len() as f64
}

/// Returns the gradient of [`cross_entropy`] with respect to the logits: (softmax − one-hot) / images.
fn cross_entropy_gradient(logits: &Array2<f32>, labels: &[u8]) -> Array2<f32> {
    let mut gradient = logits.clone();
    for (mut row, &label) in gradient.rows_mut().into_iter().zip(labels) {
        let largest = row.fold(f32::NEG_INFINITY, |a, &b| a.max(b));
        row.mapv_inplace(|x| (x - largest).exp());
        let sum = row.sum();
        row /= sum;
        row[usize::from(label)] -= 1.0;
    }
    gradient / labels.len() as f32
}

/// Returns the share of images whose largest logit is that of their label.
pub fn accuracy(logits: &Array2<f32>, labels: &[u8]) -> f64 {
    let hits = logits.rows().into_iter().zip(labels).filter(|(logits, label)| {
        let best = (1..logits.len()).fold(0, |a, b| if logits[b] > logits[a] { b } else { a });
        best == usize::from(**label)
    });
    hits.count() as f64 / labels.len() as f64
}

#[cfg(test)]
mod tests {
    use ndarray::arr2;
    use weight_init::fill_normal;

    use super::*;

    /// Compares backpropagation with finite differences for every parameter of a small network.
    #[test]
    fn gradients_are_the_slopes_of_the_loss() {
        let stream = Stream::new(1);
        let mut network = Network::new(&[7, 6, 5, 4], Init::he_normal(), stream).unwrap();
        let mut images = Array2::zeros((9, 7));
        let pixels = images.as_slice_mut().unwrap();
        fill_normal(stream.named("images"), 0, 0.0, 1.0, pixels).unwrap();
        let labels = [0, 1, 2, 3, 0, 1, 2, 3, 0];
        // Biases of zero would hide a wrong use of them.
        for layer in &mut network.layers {
            let bias = layer.bias.as_slice_mut().unwrap();
            fill_normal(stream.named("biases"), 0, 0.0, 0.5, bias).unwrap();
        }

        let activations = network.activations(images.view());
        let gradients = network.gradients(images.view(), &labels, &activations);

        // Losses from f32 logits are accurate to 10⁻⁷, so slopes with this step are accurate to 10⁻⁴. A
        // longer step would sometimes cross the kink of a ReLU.
        const STEP: f32 = 1e-3;
        let mut loss_with = |parameter: &dyn Fn(&mut Network) -> &mut f32, step: f32| {
            let before = *parameter(&mut network);
            *parameter(&mut network) = before + step;
            let loss = cross_entropy(&network.logits(images.view()), &labels);
            *parameter(&mut network) = before;
            loss
        };
        let mut slope = |parameter: &dyn Fn(&mut Network) -> &mut f32| {
            (loss_with(parameter, STEP) - loss_with(parameter, -STEP)) / f64::from(2.0 * STEP)
        };
        let (mut difference, mut norm) = (0.0, 0.0);
        for (depth, gradient) in gradients.iter().enumerate() {
            for (at, &g) in gradient.weight.indexed_iter() {
                difference += (slope(&|n| &mut n.layers[depth].weight[at]) - f64::from(g)).powi(2);
                norm += f64::from(g).powi(2);
            }
            for (at, &g) in gradient.bias.indexed_iter() {
                difference += (slope(&|n| &mut n.layers[depth].bias[at]) - f64::from(g)).powi(2);
                norm += f64::from(g).powi(2);
            }
        }
        let (difference, norm) = (f64::sqrt(difference), f64::sqrt(norm));
        assert!(norm > 0.1, "nothing to compare: the gradient's norm is {norm}");
        assert!(difference < 1e-3 * norm, "off by {difference} of {norm}");
    }

    #[test]
    fn cross_entropy_matches_known_values_and_does_not_overflow() {
        let even = Array2::zeros((2, 10));
        assert!((cross_entropy(&even, &[3, 7]) - 10_f64.ln()).abs() < 1e-12);

        let sure = arr2(&[[1e30, 0.0]]);
        assert_eq!(cross_entropy(&sure, &[0]), 0.0);
        assert_eq!(cross_entropy(&sure, &[1]), f64::from(1e30_f32));
        assert_eq!(cross_entropy_gradient(&sure, &[1]), arr2(&[[1.0, -1.0]]));
    }

    #[test]
    fn a_nan_goes_through_to_the_loss() {
        let mut network = Network::new(&[3, 4, 2], Init::he_normal(), Stream::new(1)).unwrap();
        network.layers[0].weight.fill(f32::NAN);
        let logits = network.logits(Array2::ones((1, 3)).view());
        assert!(cross_entropy(&logits, &[0]).is_nan());
    }

    #[test]
    fn accuracy_counts_the_largest_logit() {
        let logits = arr2(&[[0.0, 1.0], [2.0, 1.0], [-3.0, -2.0]]);
        assert_eq!(accuracy(&logits, &[1, 0, 0]), 2.0 / 3.0);
    }
}
