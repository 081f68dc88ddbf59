//! The memory of a batch on its way through a network, and the loss at its end.

use core::iter::zip;

use libm::{expf, logf};

use crate::{
    activation::Activation,
    architecture::{Architecture, BATCH, CLASSES, PIXELS, Row},
};

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
        let (width, depth) = (architecture.width(), architecture.depth());
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
    pub(crate) fn around(&mut self, number: usize) -> (&[Row], &mut [Row]) {
        let (inputs, len) = match number {
            0 => (0, PIXELS),
            _ => (PIXELS + (number - 1) * self.width, self.width),
        };
        let outputs = if number == self.depth { CLASSES } else { self.width };
        let rows = self.values.get_mut(inputs..).unwrap_or_default();
        let (inputs, rows) = rows.split_at_mut_checked(len).unwrap_or_default();
        (inputs, rows.get_mut(..outputs).unwrap_or_default())
    }

    pub(crate) fn activate(&mut self, number: usize, activation: Activation) {
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
    pub(crate) fn deltas(&mut self, number: usize) -> (&[Row], &mut [Row], &[Row]) {
        let from = (number - 1) * self.width;
        let rows = self.deltas.get_mut(from..).unwrap_or_default();
        let (before, after) = rows.split_at_mut_checked(self.width).unwrap_or_default();
        let outputs = if number == self.depth { CLASSES } else { self.width };
        let slopes = self.slopes.get(from..from + self.width).unwrap_or_default();
        (after.get(..outputs).unwrap_or_default(), before, slopes)
    }

    /// Returns the inputs of a layer and the gradients with respect to its outputs.
    pub(crate) fn step(&mut self, number: usize) -> (&[Row], &[Row]) {
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
    pub(crate) fn softmax(&mut self, labels: &[usize; BATCH]) -> f32 {
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
