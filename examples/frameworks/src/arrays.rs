//! The network on ndarray, with the passes of the example `mnist`.

use ndarray::ArrayView2;
use weight_init::{Init, Shape, Stream};
use weight_init_ndarray::{NamedArrays, NamedError, Start, Visitor};

use crate::{
    network::{Layer, Network, cross_entropy},
    training::{Digits, Fallible, Framework, Parameters, RATE, WIDTHS},
};

pub struct Net(Network);

impl NamedArrays for Layer {
    fn visit(&mut self, visitor: &mut Visitor<'_>) -> Result<(), NamedError> {
        visitor.array("weight", &mut self.weight)?;
        visitor.array("bias", &mut self.bias)
    }
}

impl NamedArrays for Network {
    fn visit(&mut self, visitor: &mut Visitor<'_>) -> Result<(), NamedError> {
        for (layer, number) in self.layers.iter_mut().zip(1..) {
            visitor.nested(&format!("fc{number}"), layer)?;
        }
        Ok(())
    }
}

impl Framework for Net {
    const NAME: &'static str = "ndarray 0.17";

    fn start(model: Stream) -> Fallible<Self> {
        let mut network = Network::new(&WIDTHS, Init::zeros(), model)?;
        let [inputs, hidden, outputs] = WIDTHS;
        // A bias has the fan of its layer's weights.
        let bias = |shape: Shape| Start::from((Init::pytorch_default(), shape.bias()));
        network.init_arrays(model, |name, _| match name {
            "fc1.bias" => bias(Shape::dense(inputs, hidden)),
            "fc2.bias" => bias(Shape::dense(hidden, outputs)),
            _ => Init::he_normal().into(),
        })?;
        Ok(Self(network))
    }

    fn parameters(&self) -> Fallible<Parameters> {
        let [fc1, fc2] = self.0.layers.as_slice() else { return Err("expected two layers".into()) };
        let weight = |layer: &Layer| layer.weight.iter().copied().collect();
        Ok([weight(fc1), fc1.bias.to_vec(), weight(fc2), fc2.bias.to_vec()])
    }

    fn loss(&self, digits: &Digits) -> Fallible<f64> {
        Ok(cross_entropy(&self.0.logits(images(digits)?), &digits.labels))
    }

    fn step(&mut self, batch: &Digits) -> Fallible<f64> {
        let images = images(batch)?;
        let activations = self.0.activations(images);
        let loss = activations.last().map(|logits| cross_entropy(logits, &batch.labels));
        let gradients = self.0.gradients(images, &batch.labels, &activations);
        self.0.descend(&gradients, RATE);
        loss.ok_or_else(|| "expected two layers".into())
    }

    fn logits(&self, digits: &Digits) -> Fallible<Vec<f32>> {
        Ok(self.0.logits(images(digits)?).iter().copied().collect())
    }
}

fn images(digits: &Digits) -> Fallible<ArrayView2<'_, f32>> {
    Ok(ArrayView2::from_shape((digits.len(), WIDTHS[0]), &digits.images)?)
}
