//! The products of a layer's weights with a batch, forward and back, and the step of gradient descent.

use core::iter::zip;

use crate::architecture::{BATCH, Row};

/// Outputs or inputs that are computed together, because each loaded row then serves both.
const TOGETHER: usize = 2;

/// Computes outputs = weights × inputs + biases.
pub(crate) fn dense(weights: &[f32], biases: &[f32], inputs: &[Row], outputs: &mut [Row]) {
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
pub(crate) fn back(weights: &[f32], after: &[Row], before: &mut [Row]) {
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
pub(crate) fn descend(
    weights: &mut [f32],
    biases: &mut [f32],
    inputs: &[Row],
    deltas: &[Row],
    rate: f32,
) {
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
