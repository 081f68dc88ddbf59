//! The data: the 5,000 digits of `examples/data`, of which a fifth is held out.

use crate::architecture::{BATCH, PIXELS, Row};

pub const IMAGES: usize = 5000;
/// The bytes of the unpacked file: one label per image, then the images in the same order.
pub const BYTES: usize = IMAGES * (1 + PIXELS);

/// One image in this many is held out. The file is sorted by digit, so a fifth of each digit is.
const HELD_OUT: usize = 5;
pub const TESTING: usize = IMAGES / HELD_OUT;
pub const TRAINING: usize = IMAGES - TESTING;

/// The digits, and the standardised value of each shade.
#[derive(Clone, Copy)]
pub struct Digits<'a> {
    labels: &'a [u8],
    pixels: &'a [[u8; PIXELS]],
    shades: [f32; 256],
}

impl<'a> Digits<'a> {
    /// Reads the unpacked file. Returns `None` if it has another length, or a label that is not a digit.
    ///
    /// One shift and one scale apply to all pixels, so that the training images have mean 0 and variance 1,
    /// as He's derivation assumes. Their sums are integers, so no order of summation can matter.
    #[must_use]
    pub fn read(bytes: &'a [u8]) -> Option<Self> {
        if bytes.len() != BYTES {
            return None;
        }
        let (labels, pixels) = bytes.split_at(IMAGES);
        let (pixels, _) = pixels.as_chunks();
        let mut digits = Self { labels, pixels, shades: [0.0; 256] };
        if labels.iter().any(|&label| label > 9) {
            return None;
        }
        let (mut sum, mut squares) = (0, 0);
        for n in 0..TRAINING {
            for &shade in digits.pixels.get(training(n))? {
                sum += u64::from(shade);
                squares += u64::from(shade) * u64::from(shade);
            }
        }
        let count = (TRAINING * PIXELS) as f64;
        let mean = sum as f64 / count;
        let std = libm::sqrt(squares as f64 / count - mean * mean);
        for (shade, value) in (0_u8..=255).zip(&mut digits.shades) {
            *value = ((f64::from(shade) - mean) / std) as f32;
        }
        Some(digits)
    }

    /// Copies the images at these indices into the columns of `inputs`, one row per pixel. Returns their labels.
    pub fn batch(&self, indices: [usize; BATCH], inputs: &mut [Row]) -> [usize; BATCH] {
        let mut labels = [0; BATCH];
        for (column, index) in indices.into_iter().enumerate() {
            if let (Some(pixels), Some(&label)) = (self.pixels.get(index), self.labels.get(index)) {
                for (row, &shade) in inputs.iter_mut().zip(pixels) {
                    row[column] = self.shades[usize::from(shade)];
                }
                labels[column] = usize::from(label);
            }
        }
        labels
    }

    /// Returns the indices of the images that the page sends through a network: training images, evenly spread
    /// over the digits.
    #[must_use]
    pub fn sample() -> [usize; BATCH] {
        core::array::from_fn(|n| training(n * TRAINING / BATCH))
    }
}

/// Returns the index of a training image: every image but each fifth.
#[must_use]
pub const fn training(n: usize) -> usize {
    n + n / (HELD_OUT - 1)
}

/// Returns the index of a held-out image.
#[must_use]
pub const fn testing(n: usize) -> usize {
    n * HELD_OUT + HELD_OUT - 1
}

#[cfg(test)]
pub mod tests {
    use std::{io::Read, sync::LazyLock};

    use super::*;

    pub static FILE: LazyLock<Vec<u8>> = LazyLock::new(|| {
        let mut bytes = Vec::new();
        let packed: &[u8] = include_bytes!("../../data/mnist_5k.gz");
        flate2::read::GzDecoder::new(packed).read_to_end(&mut bytes).unwrap();
        bytes
    });

    #[test]
    fn a_fifth_of_each_digit_is_held_out_and_nothing_is_in_both() {
        let digits = Digits::read(&FILE).unwrap();
        let mut all: Vec<usize> =
            (0..TRAINING).map(training).chain((0..TESTING).map(testing)).collect();
        let mut counts = [0; 10];
        all[TRAINING..].iter().for_each(|&n| counts[usize::from(digits.labels[n])] += 1);
        assert_eq!(counts, [100; 10]);
        all.sort_unstable();
        assert_eq!(all, (0..IMAGES).collect::<Vec<_>>());
    }

    #[test]
    fn the_training_images_are_standardised() {
        let digits = Digits::read(&FILE).unwrap();
        let pixels = || (0..TRAINING).flat_map(|n| digits.pixels[training(n)]);
        let values = || pixels().map(|shade| f64::from(digits.shades[usize::from(shade)]));
        let count = (TRAINING * PIXELS) as f64;
        let (mean, square) =
            (values().sum::<f64>() / count, values().map(|x| x * x).sum::<f64>() / count);
        assert!(mean.abs() < 1e-6 && (square - 1.0).abs() < 1e-6, "{mean} {square}");
    }

    #[test]
    fn a_batch_holds_the_images_in_its_columns() {
        let digits = Digits::read(&FILE).unwrap();
        let mut inputs = [[f32::NAN; BATCH]; PIXELS];
        let indices = Digits::sample();
        let labels = digits.batch(indices, &mut inputs);
        assert_eq!(labels, [0, 0, 1, 1, 2, 3, 3, 4, 5, 5, 6, 6, 7, 8, 8, 9]);
        for (pixel, row) in inputs.iter().enumerate() {
            for (column, &value) in row.iter().enumerate() {
                let shade = FILE[IMAGES + indices[column] * PIXELS + pixel];
                assert_eq!(value, digits.shades[usize::from(shade)]);
            }
        }
    }

    #[test]
    fn another_file_is_refused() {
        assert!(Digits::read(&FILE[1..]).is_none());
        let mut wrong = FILE.clone();
        wrong[4999] = 10;
        assert!(Digits::read(&wrong).is_none());
    }
}
