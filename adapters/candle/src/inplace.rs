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
    let values = Tensor::from_draw(draw, tensor.dtype(), tensor.device())?;
    if !tensor.is_contiguous() {
        return Err(Error::RequiresContiguous { op: NAME }.bt());
    }
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
