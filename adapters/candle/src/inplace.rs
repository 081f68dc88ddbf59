//! The operation that fills an existing tensor.

use candle_core::{CpuStorage, Error, InplaceOp1, Layout, Result, Tensor, backend::BackendStorage};
use weight_init::{Draw, Element, InitError};

use crate::{Checked, InitExt, check_dims, refused, tensor::through};

/// The name of the operation in candle's errors.
pub(crate) const NAME: &str = "weight_init";

/// Fills a tensor with the values of a draw.
pub(crate) fn assign(tensor: &Tensor, draw: &Draw<'_>) -> Result<()> {
    check_dims(&draw.dims().map_err(refused)?, tensor.dims()).map_err(refused)?;
    if draw.is_empty() {
        return Ok(());
    }
    if tensor.device().is_cpu() {
        return tensor.inplace_op1(&Fill(*draw));
    }
    copy_from_host(tensor, draw)
}

/// Fills a tensor with values that the host computes and copies to the tensor's device.
fn copy_from_host(tensor: &Tensor, draw: &Draw<'_>) -> Result<()> {
    if !tensor.is_contiguous() {
        return Err(Error::RequiresContiguous { op: NAME }.bt());
    }
    let values = Tensor::from_draw(draw, tensor.dtype(), tensor.device())?;
    // Both are contiguous, so that these are views of the same memory.
    tensor.flatten_all()?.slice_set(&values.flatten_all()?, 0, 0)
}

struct Fill<'a>(Draw<'a>);

impl InplaceOp1 for Fill<'_> {
    fn name(&self) -> &'static str {
        NAME
    }

    fn cpu_fwd(&self, storage: &mut CpuStorage, layout: &Layout) -> Result<()> {
        let result = match storage {
            CpuStorage::F32(slots) => self.write(slots, layout),
            CpuStorage::F64(slots) => self.write(slots, layout),
            CpuStorage::F16(slots) => self.write(slots, layout),
            CpuStorage::BF16(slots) => self.write(slots, layout),
            _ => return Err(Error::UnsupportedDTypeForOp(storage.dtype(), NAME).bt()),
        };
        result.map_err(refused)
    }
}

impl Fill<'_> {
    fn write<T: Element>(&self, slots: &mut [T], layout: &Layout) -> Checked<()> {
        let draw = &self.0;
        let strides = if layout.dims().is_empty() { &[1] } else { layout.stride() };
        let draw = draw.strided(strides)?;
        // A view without gaps needs a slice of exactly its length, and one with gaps a slice that reaches its end.
        let sizes = layout.dims().iter().zip(layout.stride());
        let reach = sizes.map(|(size, stride)| size.saturating_sub(1).saturating_mul(*stride));
        let span = reach.fold(1, usize::saturating_add);
        let slots = slots.get_mut(layout.start_offset()..).unwrap_or_default();
        let given = slots.len();
        let slots =
            slots.get_mut(..span).ok_or(InitError::WrongLength { expected: span, given })?;
        match draw.write_as(slots) {
            Err(InitError::WholeTensorOnly) => through(&draw, slots),
            result => result,
        }
    }
}

#[cfg(test)]
mod tests {
    use candle_core::{DType, Device, Error, Tensor};
    use weight_init::{Init, Shape, Stream};

    use super::{assign, copy_from_host};

    /// The way to other devices, by a copy on the CPU.
    #[test]
    fn a_copy_has_the_values_of_a_fill() {
        let shape = Shape::conv2d(3, 4, [2, 2]);
        let draw = Init::he_normal().draw(Stream::new(42), &shape).unwrap();
        for dtype in [DType::F32, DType::F64, DType::F16, DType::BF16] {
            let tensor = |len: usize| Tensor::ones((len, 3, 2, 2), dtype, &Device::Cpu).unwrap();
            let (filled, large) = (tensor(4), tensor(6));
            assign(&filled, &draw).unwrap();
            // A view that begins within its memory.
            copy_from_host(&large.narrow(0, 1, 4).unwrap(), &draw).unwrap();
            let values = |tensor: &Tensor| -> Vec<f64> {
                tensor.flatten_all().unwrap().to_dtype(DType::F64).unwrap().to_vec1().unwrap()
            };
            let ones = values(&tensor(1));
            assert_eq!(values(&large), [ones.clone(), values(&filled), ones].concat());
        }
        let columns = Tensor::ones((2, 2, 3, 4), DType::F32, &Device::Cpu)
            .unwrap()
            .permute((3, 2, 0, 1))
            .unwrap();
        let error = copy_from_host(&columns, &draw).unwrap_err();
        let inner = match error {
            Error::WithBacktrace { inner, .. } => *inner,
            error => error,
        };
        assert!(matches!(inner, Error::RequiresContiguous { .. }));
    }
}
