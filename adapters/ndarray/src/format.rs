//! The formats of an array's elements, and how the values of a draw become them.

use alloc::vec::Vec;

use weight_init::{Draw, Element, FixedPoint, Init, InitError, Quantization, Shape, Stream};

/// The format of an array's elements. Each method returns how many values saturated.
pub(crate) trait Format<A> {
    /// Writes the values of a draw to contiguous or strided slots.
    fn write(&self, draw: &Draw<'_>, out: &mut [A]) -> Result<usize, InitError>;

    /// Writes them by way of the whole tensor.
    fn write_through(
        &self,
        draw: &Draw<'_>,
        scratch: &mut [f32],
        out: &mut [A],
    ) -> Result<usize, InitError>;

    /// Returns them in a `Vec`.
    fn to_vec(&self, draw: &Draw<'_>) -> Result<(Vec<A>, usize), InitError>;
}

pub(crate) struct Float;

impl<A: Element> Format<A> for Float {
    fn write(&self, draw: &Draw<'_>, out: &mut [A]) -> Result<usize, InitError> {
        draw.write_as(out).map(|()| 0)
    }

    fn write_through(
        &self,
        draw: &Draw<'_>,
        scratch: &mut [f32],
        out: &mut [A],
    ) -> Result<usize, InitError> {
        draw.write_through(scratch, out).map(|()| 0)
    }

    fn to_vec(&self, draw: &Draw<'_>) -> Result<(Vec<A>, usize), InitError> {
        draw.to_vec_as().map(|values| (values, 0))
    }
}

pub(crate) struct Fixed(pub(crate) Quantization);

impl<A: FixedPoint> Format<A> for Fixed {
    fn write(&self, draw: &Draw<'_>, out: &mut [A]) -> Result<usize, InitError> {
        draw.write_fixed(self.0, out)
    }

    fn write_through(
        &self,
        draw: &Draw<'_>,
        scratch: &mut [f32],
        out: &mut [A],
    ) -> Result<usize, InitError> {
        draw.write_fixed_through(scratch, self.0, out)
    }

    fn to_vec(&self, draw: &Draw<'_>) -> Result<(Vec<A>, usize), InitError> {
        draw.to_vec_fixed(self.0)
    }
}

/// Returns the values of any part of any tensor in the order of the part's own row-major indices.
pub(crate) fn to_vec<A: Copy>(
    format: &impl Format<A>,
    draw: &Draw<'_>,
) -> Result<(Vec<A>, usize), InitError> {
    // The draw may have strides. A shard has none, and the only one of one shard is the whole part.
    let draw = draw.shard(0, 0, 1)?;
    match format.to_vec(&draw) {
        Err(InitError::WholeTensorOnly) => {
            let shape = Shape::vector(draw.len());
            let zeros = Init::zeros().draw(Stream::new(0), &shape)?;
            let (mut values, _) = format.to_vec(&zeros)?;
            let shape = Shape::vector(draw.scratch_len());
            let mut scratch = Init::zeros().draw(Stream::new(0), &shape)?.to_vec()?;
            let saturated = format.write_through(&draw, &mut scratch, &mut values)?;
            Ok((values, saturated))
        }
        result => result,
    }
}
