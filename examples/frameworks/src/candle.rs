//! The network in candle. Nothing in it mentions a start, because that of candle's own layers is the one wanted.

use candle_core::{DType, Device, Result, Tensor};
use candle_nn::{Linear, Module, Optimizer, SGD, VarMap, linear, loss::cross_entropy};
use weight_init::Stream;
use weight_init_candle::SeededVarMap;

use crate::training::{Digits, Fallible, Framework, Parameters, RATE, WIDTHS};

const DEVICE: Device = Device::Cpu;

pub struct Net {
    fc1: Linear,
    fc2: Linear,
    optimizer: SGD,
}

impl Net {
    fn forward(&self, digits: &Digits) -> Result<Tensor> {
        let images = Tensor::from_slice(&digits.images, (digits.len(), WIDTHS[0]), &DEVICE)?;
        self.fc2.forward(&self.fc1.forward(&images)?.relu()?)
    }

    fn loss(&self, digits: &Digits) -> Result<Tensor> {
        let labels = Tensor::from_slice(&digits.labels, digits.len(), &DEVICE)?;
        cross_entropy(&self.forward(digits)?, &labels)
    }
}

impl Framework for Net {
    const NAME: &'static str = "candle 0.11";

    fn start(model: Stream) -> Fallible<Self> {
        let vars = VarMap::new();
        let vb = SeededVarMap::new(&vars, model).builder(DType::F32, &DEVICE);
        let [inputs, hidden, outputs] = WIDTHS;
        let fc1 = linear(inputs, hidden, vb.pp("fc1"))?;
        let fc2 = linear(hidden, outputs, vb.pp("fc2"))?;
        Ok(Self { fc1, fc2, optimizer: SGD::new(vars.all_vars(), f64::from(RATE))? })
    }

    fn parameters(&self) -> Fallible<Parameters> {
        // The matrices are [out, in] already.
        let values = |tensor: &Tensor| tensor.flatten_all()?.to_vec1();
        let bias = |layer: &Linear| match layer.bias() {
            Some(bias) => values(bias),
            None => Ok(Vec::new()),
        };
        Ok([
            values(self.fc1.weight())?,
            bias(&self.fc1)?,
            values(self.fc2.weight())?,
            bias(&self.fc2)?,
        ])
    }

    fn loss(&self, digits: &Digits) -> Fallible<f64> {
        Ok(f64::from(self.loss(digits)?.to_scalar::<f32>()?))
    }

    fn step(&mut self, batch: &Digits) -> Fallible<f64> {
        let loss = self.loss(batch)?;
        self.optimizer.backward_step(&loss)?;
        Ok(f64::from(loss.to_scalar::<f32>()?))
    }

    fn logits(&self, digits: &Digits) -> Fallible<Vec<f32>> {
        Ok(self.forward(digits)?.flatten_all()?.to_vec1()?)
    }
}
