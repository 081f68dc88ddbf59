//! The bytes of a plan's tensor, computed a part at a time.

use std::ops::Range;

use half::bf16;
use weight_init::{InitError, Quantization, Stream, Tensor};

use crate::format::Format;

/// The number of `f32` slots of a part, 1 MiB. It is a multiple of the 4096 values of a block.
pub(crate) const SLOTS: usize = 1 << 18;

/// A tensor in a format, whose bytes are computed when they are asked for.
pub(crate) struct Source<'plan, 'a> {
    tensor: &'plan Tensor<'a>,
    stream: Stream,
    format: Format,
    quantization: Quantization,
    /// All slots, if the values depend on each other and so can't be computed in parts.
    whole: Option<Vec<f32>>,
}

impl<'plan, 'a> Source<'plan, 'a> {
    /// Returns the source of a tensor's bytes. An orthogonal matrix is computed here.
    pub(crate) fn new(
        tensor: &'plan Tensor<'a>,
        stream: Stream,
        format: Format,
        quantization: Quantization,
    ) -> Result<Self, InitError> {
        let mut source = Self { tensor, stream, format, quantization, whole: None };
        let draw = tensor.draw(stream);
        // Of an orthogonal matrix, no single value can be computed in another format than `f32`.
        let one = 0..u64::from(!draw.is_empty());
        let mut slot = [bf16::ZERO];
        let probe = draw.range(one.clone())?.write_as(&mut slot[..one.end as usize]);
        if probe == Err(InitError::WholeTensorOnly) {
            let mut scratch = match format {
                Format::F32 => Vec::new(),
                _ => zeros(draw.scratch_len())?,
            };
            let mut slots = zeros((draw.len() * format.size()).div_ceil(size_of::<f32>()))?;
            format.write_through(&draw, quantization, &mut scratch, &mut slots)?;
            source.whole = Some(slots);
        }
        Ok(source)
    }

    /// Returns the number of bytes of all values.
    pub(crate) fn len(&self) -> usize {
        self.tensor.range().len() * self.format.size()
    }

    /// Returns the ranges of bytes that are computed at a time.
    pub(crate) fn parts(&self) -> impl Iterator<Item = Range<usize>> + use<> {
        let (len, part) = (self.len(), SLOTS * size_of::<f32>());
        (0..len).step_by(part).map(move |start| start..len.min(start + part))
    }

    /// Returns the bytes of a part. `slots` are [`SLOTS`] slots.
    pub(crate) fn bytes<'slots>(
        &'slots self,
        part: Range<usize>,
        slots: &'slots mut [f32],
    ) -> Result<&'slots [u8], InitError> {
        if let Some(whole) = &self.whole {
            return Ok(bytemuck::cast_slice(whole).get(part).unwrap_or_default());
        }
        let [start, end] = [part.start, part.end].map(|byte| (byte / self.format.size()) as u64);
        let draw = self.tensor.draw(self.stream).range(start..end)?;
        self.format.write(&draw, self.quantization, slots)
    }
}

/// Returns that many zeros, or an error if there is no memory for them.
fn zeros(len: usize) -> Result<Vec<f32>, InitError> {
    let mut slots = Vec::new();
    slots.try_reserve_exact(len).map_err(|_| InitError::OutOfMemory)?;
    slots.resize(len, 0.0);
    Ok(slots)
}
