//! A network that starts from a stream learns to read digits, and its first loss is that of the core's weights.

use std::io::Read;

use burn::{
    module::{Module, ModuleMapper, Param},
    tensor::{Device, Gradients, Int, Tensor, TensorData, activation::relu},
};
use burn_core as burn;
use burn_nn::{Linear, LinearConfig, loss::CrossEntropyLossConfig};
use flate2::read::GzDecoder;
use weight_init::{Init, Shape};
use weight_init_burn::{Kind, Reinit, weight_init};

use crate::{MODEL, bits, core_linear, ndarray};

const IMAGES: usize = 5000;
const SIDE: usize = 28;
/// Each is the mean of a square of four.
const PIXELS: usize = SIDE / 2 * SIDE / 2;
const HIDDEN: usize = 128;
const CLASSES: usize = 10;
const BATCH: usize = 50;
const EPOCHS: usize = 20;
const RATE: f32 = 0.2;
/// Of the pixels, from 0 to 1.
const MEAN: f32 = 0.1313;
const STD: f32 = 0.2803;

#[derive(Module, Debug)]
struct Net {
    fc1: Linear,
    fc2: Linear,
}

impl Net {
    fn started(device: &Device) -> Self {
        let net = Self {
            fc1: LinearConfig::new(PIXELS, HIDDEN).init(device),
            fc2: LinearConfig::new(HIDDEN, CLASSES).init(device),
        };
        Reinit::new(MODEL, |target| match target.kind() {
            Kind::Linear => Init::he_normal(),
            _ => Init::zeros(),
        })
        .apply(net)
        .unwrap()
    }

    fn forward(&self, images: Tensor<2>) -> Tensor<2> {
        self.fc2.forward(relu(self.fc1.forward(images)))
    }
}

/// Images, one per row, and their labels.
struct Digits {
    images: Vec<f32>,
    labels: Vec<i32>,
}

impl Digits {
    /// Returns the digits that are trained with, and a fifth that is held out.
    fn load() -> [Self; 2] {
        let packed = include_bytes!("../../../examples/data/mnist_5k.gz");
        let mut bytes = Vec::new();
        GzDecoder::new(&packed[..]).read_to_end(&mut bytes).unwrap();
        let (labels, pixels) = bytes.split_at(IMAGES);
        // They are sorted by digit, so take them in steps that share no factor with their number.
        let order: Vec<_> = (0..IMAGES).map(|i| i * 1601 % IMAGES).collect();
        [&order[IMAGES / 5..], &order[..IMAGES / 5]].map(|order| Self {
            images: order
                .iter()
                .flat_map(|i| (0..PIXELS).map(move |pixel| (i, pixel)))
                .map(|(i, pixel)| {
                    let (row, col) = (pixel / (SIDE / 2) * 2, pixel % (SIDE / 2) * 2);
                    let at = |row, col| f32::from(pixels[(i * SIDE + row) * SIDE + col]);
                    let sum =
                        at(row, col) + at(row, col + 1) + at(row + 1, col) + at(row + 1, col + 1);
                    (sum / 4.0 / 255.0 - MEAN) / STD
                })
                .collect(),
            labels: order.iter().map(|i| i32::from(labels[*i])).collect(),
        })
    }

    fn batch(&self, number: usize, size: usize, device: &Device) -> (Tensor<2>, Tensor<1, Int>) {
        let images = self.images[number * size * PIXELS..][..size * PIXELS].to_vec();
        let labels = self.labels[number * size..][..size].to_vec();
        (
            Tensor::from_data(TensorData::new(images, [size, PIXELS]), device),
            Tensor::from_data(TensorData::new(labels, [size]), device),
        )
    }
}

/// One step of gradient descent.
struct Step<'a>(&'a Gradients);

impl ModuleMapper for Step<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let Some(gradient) = param.val().grad(self.0) else { panic!("no gradient") };
        param.map(|value| {
            Tensor::from_inner(value.inner() - gradient.mul_scalar(RATE)).require_grad()
        })
    }
}

/// Returns the mean cross-entropy of a batch, in `f64`, from the core's weights.
fn first_loss(digits: &Digits) -> f64 {
    let weights = |name, inputs, outputs| {
        let (shape, mut values) = (Shape::dense(inputs, outputs), vec![0.0_f32; inputs * outputs]);
        Init::he_normal().fill(MODEL.named(name), &shape, &mut values).unwrap();
        values.into_iter().map(f64::from).collect::<Vec<_>>()
    };
    let (fc1, fc2) =
        (weights("fc1.weight", PIXELS, HIDDEN), weights("fc2.weight", HIDDEN, CLASSES));
    let times = |weights: &[f64], input: &[f64]| -> Vec<f64> {
        weights
            .chunks(input.len())
            .map(|row| row.iter().zip(input).map(|(w, x)| w * x).sum())
            .collect()
    };
    let losses =
        digits.images.chunks(PIXELS).zip(&digits.labels).take(BATCH).map(|(image, label)| {
            let image: Vec<_> = image.iter().map(|pixel| f64::from(*pixel)).collect();
            let hidden: Vec<_> = times(&fc1, &image).into_iter().map(|x| x.max(0.0)).collect();
            let logits = times(&fc2, &hidden);
            logits.iter().map(|x| x.exp()).sum::<f64>().ln() - logits[*label as usize]
        });
    losses.sum::<f64>() / BATCH as f64
}

#[test]
fn a_started_network_learns_digits() {
    let device = ndarray().autodiff();
    let [train, test] = Digits::load();
    let mut net = Net::started(&device);
    let init = Init::he_normal();
    assert_eq!(bits(&net.fc1.weight.val()), core_linear(init, "fc1.weight", PIXELS, HIDDEN));
    assert_eq!(bits(&net.fc2.weight.val()), core_linear(init, "fc2.weight", HIDDEN, CLASSES));

    let loss = CrossEntropyLossConfig::new().init(&device);
    for step in 0..EPOCHS * train.labels.len() / BATCH {
        let (images, labels) = train.batch(step % (train.labels.len() / BATCH), BATCH, &device);
        let loss = loss.forward(net.forward(images), labels);
        if step == 0 {
            let (given, expected) =
                (f64::from(loss.clone().into_scalar::<f32>()), first_loss(&train));
            assert!((given - expected).abs() < 1e-5 * expected, "{given} {expected}");
        }
        let gradients = loss.backward();
        net = net.map(&mut Step(&gradients));
    }

    let (images, labels) = test.batch(0, test.labels.len(), &device);
    let right = net.forward(images).argmax(1).squeeze_dim::<1>(1).equal(labels).int().sum();
    let right = right.into_scalar::<i32>();
    assert!(right >= 920, "{right} of 1000");
}
