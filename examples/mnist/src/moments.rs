//! Mean and standard deviation over all entries of a matrix.

use ndarray::Array2;

#[derive(Clone, Copy, Debug)]
pub struct Moments {
    pub mean: f64,
    pub std: f64,
}

impl Moments {
    /// Computes both in two passes and in `f64`, because activations of 10¹⁷ overflow `f32` when squared.
    pub fn of(values: &Array2<f32>) -> Self {
        let count = values.len() as f64;
        let mean = values.iter().map(|&x| f64::from(x)).sum::<f64>() / count;
        let variance = values.iter().map(|&x| (f64::from(x) - mean).powi(2)).sum::<f64>() / count;
        Self { mean, std: variance.sqrt() }
    }
}
