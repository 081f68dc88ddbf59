//! The data: 5,000 handwritten digits of MNIST, of which a fifth is held out for testing.
//!
//! `examples/data/mnist_5k.gz` unpacks to 5,000 labels of one byte, followed by the images in the same
//! order: 784 bytes each, row by row, from 0 (background) to 255 (full ink). `examples/data/README.md`
//! names its origin and licence.

use std::io::{self, Read};

use flate2::read::GzDecoder;
use ndarray::{Array2, ArrayView2, Axis};
use rand_core::{Rng, SeedableRng};
use weight_init::{LaneRng, Stream};

use crate::moments::Moments;

pub const IMAGES: usize = 5000;
pub const PIXELS: usize = 28 * 28;
pub const CLASSES: usize = 10;

/// One image in this many is held out.
const HELD_OUT: usize = 5;

/// The stream of the split, which is the same for every `--seed`.
const SPLIT: Stream = Stream::new(0).named("mnist.split");

/// The packed file, embedded so that the program runs from any directory.
static PACKED: &[u8] = include_bytes!("../../data/mnist_5k.gz");

/// Images, one per row, and their labels.
pub struct Digits {
    pub images: Array2<f32>,
    pub labels: Vec<u8>,
}

impl Digits {
    /// Copies the images and labels at these indices.
    pub fn batch(&self, indices: &[usize]) -> Self {
        Self {
            images: self.images.select(Axis(0), indices),
            labels: indices.iter().map(|&i| self.labels[i]).collect(),
        }
    }

    pub fn len(&self) -> usize {
        self.labels.len()
    }
}

/// The training set and the test set.
pub struct Split {
    pub train: Digits,
    pub test: Digits,
}

impl Split {
    /// Unpacks, splits and standardises the digits.
    ///
    /// One shift and one scale apply to all pixels, so that the training set has mean 0 and variance 1.
    /// In He's derivation the first layer behaves like the others only if its inputs have
    /// E\[x²\] = 1; raw pixels between 0 and 1 have 0.1.
    pub fn load() -> io::Result<Self> {
        let (labels, pixels) = unpack()?;
        let images = ArrayView2::from_shape((IMAGES, PIXELS), &pixels)
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?
            .mapv(f32::from);
        let all = Digits { images, labels };

        let (train, test) = split(&all.labels);
        let (mut train, mut test) = (all.batch(&train), all.batch(&test));
        let ink = Moments::of(&train.images);
        for digits in [&mut train, &mut test] {
            digits.images.mapv_inplace(|x| ((f64::from(x) - ink.mean) / ink.std) as f32);
        }
        Ok(Self { train, test })
    }
}

/// Returns all labels and all pixels.
fn unpack() -> io::Result<(Vec<u8>, Vec<u8>)> {
    let mut labels = vec![0; IMAGES];
    let mut pixels = vec![0; IMAGES * PIXELS];
    let mut decoder = GzDecoder::new(PACKED);
    decoder.read_exact(&mut labels)?;
    decoder.read_exact(&mut pixels)?;
    // The decoder compares the checksum only when it reaches the end.
    if decoder.read(&mut [0])? != 0 {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "more than 5,000 digits"));
    }
    Ok((labels, pixels))
}

/// Returns the indices of the training images and of the held-out ones.
///
/// A random fifth of each class is held out. Classes stay equally large, so that a guess is right exactly
/// one time in ten.
fn split(labels: &[u8]) -> (Vec<usize>, Vec<usize>) {
    let (mut train, mut test) = (Vec::new(), Vec::new());
    for class in 0..CLASSES {
        let mut of_class: Vec<usize> =
            (0..labels.len()).filter(|&i| usize::from(labels[i]) == class).collect();
        shuffle(&mut of_class, SPLIT.substream(class as u64));
        let (held_out, rest) = of_class.split_at(of_class.len() / HELD_OUT);
        test.extend_from_slice(held_out);
        train.extend_from_slice(rest);
    }
    (train, test)
}

/// Shuffles by Fisher–Yates, so that every order is equally likely.
pub fn shuffle(indices: &mut [usize], stream: Stream) {
    let mut rng = LaneRng::seed_from_u64(stream.block_key(0));
    for last in (1..indices.len()).rev() {
        // The high half of the product is below `last + 1`, with a negligible bias of 2⁻⁵².
        let choices = last as u128 + 1;
        let chosen = (u128::from(rng.next_u64()) * choices) >> 64;
        indices.swap(last, chosen as usize);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count_by_class(labels: &[u8]) -> [usize; CLASSES] {
        let mut counts = [0; CLASSES];
        labels.iter().for_each(|&label| counts[usize::from(label)] += 1);
        counts
    }

    #[test]
    fn the_file_holds_500_of_each_digit() {
        let (labels, pixels) = unpack().unwrap();
        assert_eq!((labels.len(), pixels.len()), (IMAGES, IMAGES * PIXELS));
        assert_eq!(count_by_class(&labels), [500; CLASSES]);
        assert_eq!((pixels.iter().min(), pixels.iter().max()), (Some(&0), Some(&255)));

        // The middle of a zero is empty, and that of a one is not.
        let middle_ink = |class: u8| -> u32 {
            let images = pixels.chunks_exact(PIXELS).zip(&labels);
            images.filter(|(_, l)| **l == class).map(|(x, _)| u32::from(x[14 * 28 + 14])).sum()
        };
        assert!(middle_ink(1) > 10 * middle_ink(0));
    }

    #[test]
    fn a_fifth_of_each_class_is_held_out_and_nothing_is_in_both() {
        let (labels, _) = unpack().unwrap();
        let (train, test) = split(&labels);
        let mut all = [train, test].concat();
        all.sort_unstable();
        assert_eq!(all, (0..IMAGES).collect::<Vec<_>>());

        let Split { train, test } = Split::load().unwrap();
        assert_eq!(count_by_class(&train.labels), [400; CLASSES]);
        assert_eq!(count_by_class(&test.labels), [100; CLASSES]);
    }

    #[test]
    fn the_training_images_are_standardised() {
        let ink = Moments::of(&Split::load().unwrap().train.images);
        assert!(ink.mean.abs() < 1e-6 && (ink.std - 1.0).abs() < 1e-6, "{ink:?}");
    }

    #[test]
    fn a_shuffle_keeps_every_index_and_follows_its_stream() {
        let shuffled = |seed| {
            let mut indices: Vec<usize> = (0..100).collect();
            shuffle(&mut indices, Stream::new(seed));
            indices
        };
        assert_eq!(shuffled(1), shuffled(1));
        assert_ne!(shuffled(1), shuffled(2));
        let mut sorted = shuffled(1);
        sorted.sort_unstable();
        assert_eq!(sorted, (0..100).collect::<Vec<_>>());
    }
}
