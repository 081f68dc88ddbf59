//! The number formats of a file.

use bytemuck::Pod;
use clap::ValueEnum;
use half::{bf16, f16};
use safetensors::Dtype;
use weight_init::{Draw, InitError, Quantization};

/// The number format of a file's tensors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// IEEE 754 single precision.
    F32,
    /// The upper half of an `f32`.
    Bf16,
    /// IEEE 754 half precision.
    F16,
    /// Integers from −128 to 127, with one scale per tensor in the file's metadata.
    I8,
}

impl Format {
    /// Returns the format of a tensor in a file, or `None` if no fill writes it.
    #[must_use]
    pub const fn from_dtype(dtype: Dtype) -> Option<Self> {
        match dtype {
            Dtype::F32 => Some(Self::F32),
            Dtype::BF16 => Some(Self::Bf16),
            Dtype::F16 => Some(Self::F16),
            Dtype::I8 => Some(Self::I8),
            _ => None,
        }
    }

    /// Returns the name of the format in a file's header.
    #[must_use]
    pub const fn dtype(self) -> Dtype {
        match self {
            Self::F32 => Dtype::F32,
            Self::Bf16 => Dtype::BF16,
            Self::F16 => Dtype::F16,
            Self::I8 => Dtype::I8,
        }
    }

    /// Returns the number of bytes of a value.
    #[must_use]
    pub const fn size(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::Bf16 | Self::F16 => 2,
            Self::I8 => 1,
        }
    }

    /// Returns the bytes of some values. `draw` selects the values and `slots` has room for them; the quantisation
    /// is that of [`I8`](Self::I8). The error [`WholeTensorOnly`](InitError::WholeTensorOnly) means that the values
    /// need [`write_through`](Self::write_through).
    pub(crate) fn write<'slots>(
        self,
        draw: &Draw<'_>,
        quantization: Quantization,
        slots: &'slots mut [f32],
    ) -> Result<&'slots [u8], InitError> {
        let len = draw.len();
        match self {
            Self::F32 => finish(slots, len, |out: &mut [f32]| draw.write(out)),
            Self::Bf16 => finish(slots, len, |out: &mut [bf16]| draw.write_as(out)),
            Self::F16 => finish(slots, len, |out: &mut [f16]| draw.write_as(out)),
            Self::I8 => {
                finish(slots, len, |out: &mut [i8]| draw.write_fixed(quantization, out).map(drop))
            }
        }
    }

    /// Does the same by way of a slice with room for the whole tensor.
    pub(crate) fn write_through<'slots>(
        self,
        draw: &Draw<'_>,
        quantization: Quantization,
        scratch: &mut [f32],
        slots: &'slots mut [f32],
    ) -> Result<&'slots [u8], InitError> {
        let len = draw.len();
        match self {
            Self::F32 => finish(slots, len, |out: &mut [f32]| draw.write(out)),
            Self::Bf16 => finish(slots, len, |out: &mut [bf16]| draw.write_through(scratch, out)),
            Self::F16 => finish(slots, len, |out: &mut [f16]| draw.write_through(scratch, out)),
            Self::I8 => finish(slots, len, |out: &mut [i8]| {
                draw.write_fixed_through(scratch, quantization, out).map(drop)
            }),
        }
    }
}

/// Returns the bytes of the first `len` slots of another format after `write` has filled them. If there is room for
/// fewer, `write` refuses them.
fn finish<T: Pod>(
    slots: &mut [f32],
    len: usize,
    write: impl FnOnce(&mut [T]) -> Result<(), InitError>,
) -> Result<&[u8], InitError> {
    let slots = bytemuck::cast_slice_mut::<f32, T>(slots);
    let len = len.min(slots.len());
    let slots = slots.get_mut(..len).unwrap_or_default();
    write(slots)?;
    Ok(bytemuck::cast_slice(slots))
}
