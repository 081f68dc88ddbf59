//! The loss of the network in `f64`, and a bound of the rounding errors that any `f32` computation of it makes.

use crate::training::{Digits, Parameters, WIDTHS};

/// The unit roundoff of `f32`.
const UNIT: f64 = 1.0 / (1 << 24) as f64;

/// The relative error of a sum of `terms` products in any order, with or without fused operations: γ = nu/(1 − nu), by
/// Higham, "Accuracy and Stability of Numerical Algorithms", 2002, section 3.1.
fn gamma(terms: usize) -> f64 {
    let nu = terms as f64 * UNIT;
    nu / (1.0 - nu)
}

/// The mean cross-entropy, and the bound of its error in `f32`.
pub struct Reference {
    pub loss: f64,
    pub error: f64,
}

/// A number, and the bound of its error.
type Bounded = (f64, f64);

impl Reference {
    pub fn new([weight1, bias1, weight2, bias2]: &Parameters, digits: &Digits) -> Self {
        let (mut loss, mut error) = (0.0, 0.0);
        for (image, &label) in digits.images.chunks(WIDTHS[0]).zip(&digits.labels) {
            let image: Vec<Bounded> = image.iter().map(|&pixel| (f64::from(pixel), 0.0)).collect();
            let mut hidden = dense(weight1, bias1, &image);
            for (value, _) in &mut hidden {
                // ReLU enlarges no error.
                *value = value.max(0.0);
            }
            let logits = dense(weight2, bias2, &hidden);
            let sum: f64 = logits.iter().map(|(logit, _)| logit.exp()).sum();
            let of_image = sum.ln() - logits[usize::from(label)].0;
            loss += of_image;
            // The slopes of the loss by the logits, softmax − one-hot, have a sum of magnitudes of at most 2.
            let largest = logits.iter().fold(0.0, |a: f64, (_, error)| a.max(*error));
            error += 2.0 * largest;
            // ln Σ exp(z − m) + m − z: the differences, ten exponentials with an error of a few units each, nine
            // additions, the logarithm and the last differences. The magnitudes are those of the logits.
            let magnitude = logits.iter().fold(of_image, |a, (logit, _)| a.max(logit.abs()));
            error += 32.0 * UNIT * (1.0 + 2.0 * magnitude);
        }
        let count = digits.len() as f64;
        // The mean: one addition for each image, and a division.
        let mean = loss / count;
        Self { loss: mean, error: error / count + gamma(digits.len() + 1) * mean }
    }
}

/// Returns the outputs of a dense layer.
fn dense(weight: &[f32], bias: &[f32], inputs: &[Bounded]) -> Vec<Bounded> {
    let rows = weight.chunks(inputs.len()).zip(bias);
    rows.map(|(row, &bias)| {
        let (mut value, mut magnitude, mut error) = (f64::from(bias), f64::from(bias).abs(), 0.0);
        for (&weight, &(input, input_error)) in row.iter().zip(inputs) {
            let weight = f64::from(weight);
            value += weight * input;
            magnitude += weight.abs() * (input.abs() + input_error);
            error += weight.abs() * input_error;
        }
        // The products and the bias.
        (value, error + gamma(inputs.len() + 1) * magnitude)
    })
    .collect()
}
