//! The network in burn. Its dense layers hold their weights as [in, out], and the adapter gives each connection the
//! value that it has as [out, in].

use burn::{
    module::{Module, ModuleMapper, Param},
    tensor::{Device, Gradients, Int, Tensor, TensorData, activation::relu},
};
use burn_core as burn;
use burn_nn::{Linear, LinearConfig, loss::CrossEntropyLossConfig};
use weight_init::{Init, Stream};
use weight_init_burn::{Kind, Reinit};

use crate::training::{Digits, Fallible, Framework, Parameters, RATE, WIDTHS};

#[derive(Module, Debug)]
struct Layers {
    fc1: Linear,
    fc2: Linear,
}

impl Layers {
    fn forward(&self, digits: &Digits) -> Tensor<2> {
        let images = TensorData::new(digits.images.clone(), [digits.len(), WIDTHS[0]]);
        self.fc2.forward(relu(self.fc1.forward(Tensor::from_data(images, &device()))))
    }

    fn loss(&self, digits: &Digits) -> Tensor<1> {
        let labels = digits.labels.iter().copied().map(i32::from).collect();
        let labels: Tensor<1, Int> =
            Tensor::from_data(TensorData::new(labels, [digits.len()]), &device());
        CrossEntropyLossConfig::new().init(&device()).forward(self.forward(digits), labels)
    }
}

pub struct Net(Layers);

/// A step of plain gradient descent. burn's optimisers need `std`, which would put its backends for GPUs into
/// Cargo.lock.
struct Descent(Gradients);

impl ModuleMapper for Descent {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        param.map(|tensor| match tensor.grad_remove(&mut self.0) {
            Some(grad) => Tensor::from_inner(tensor.inner() - grad * RATE).require_grad(),
            None => tensor,
        })
    }
}

fn device() -> Device {
    Device::flex().autodiff()
}

impl Framework for Net {
    const NAME: &'static str = "burn 0.22";

    fn start(model: Stream) -> Fallible<Self> {
        let [inputs, hidden, outputs] = WIDTHS;
        let layers = Layers {
            fc1: LinearConfig::new(inputs, hidden).init(&device()),
            fc2: LinearConfig::new(hidden, outputs).init(&device()),
        };
        let layers = Reinit::new(model, |target| match target.kind() {
            Kind::Linear => Init::he_normal().into(),
            _ => target.standard(),
        })
        .apply(layers)?;
        Ok(Self(layers))
    }

    fn parameters(&self) -> Fallible<Parameters> {
        fn values<const D: usize>(tensor: Tensor<D>) -> Fallible<Vec<f32>> {
            Ok(tensor.into_data().try_to_vec()?)
        }
        let weight = |layer: &Linear| values(layer.weight.val().transpose());
        let bias =
            |layer: &Linear| layer.bias.as_ref().map(Param::val).map_or(Ok(Vec::new()), values);
        let Layers { fc1, fc2 } = &self.0;
        Ok([weight(fc1)?, bias(fc1)?, weight(fc2)?, bias(fc2)?])
    }

    fn loss(&self, digits: &Digits) -> Fallible<f64> {
        Ok(f64::from(self.0.loss(digits).into_scalar::<f32>()))
    }

    fn step(&mut self, batch: &Digits) -> Fallible<f64> {
        let loss = self.0.loss(batch);
        self.0 = self.0.clone().map(&mut Descent(loss.backward()));
        Ok(f64::from(loss.into_scalar::<f32>()))
    }

    fn logits(&self, digits: &Digits) -> Fallible<Vec<f32>> {
        Ok(self.0.forward(digits).into_data().try_to_vec()?)
    }
}
