//! Mean and standard deviation of a matrix, all its entries taken together.

use ndarray::Array2;

#[derive(Clone, Copy, Debug)]
pub struct Moments {
    pub mean: f64,
    pub std: f64,
}

impl Moments {
    /// In two passes and in `f64`, as activations of 10¹⁷ squared are beyond `f32`.
    pub fn of(values: &Array2<f32>) -> Self {
        let count = values.len() as f64;
        let mean = values.iter().map(|&x| f64::from(x)).sum::<f64>() / count;
        let variance = values.iter().map(|&x| (f64::from(x) - mean).powi(2)).sum::<f64>() / count;
        Self { mean, std: variance.sqrt() }
    }
}
