//! Writing the values of a draw to the elements of an array, wherever they are in memory.

use alloc::vec::Vec;

use ndarray::{
    ArrayBase, ArrayView, ArrayViewMutD, Axis, DataOwned, Dimension, IxDyn, RawData, Shape,
};
use weight_init::{Draw, InitError};

use crate::format::{self, Format};

/// The number of values that are computed at a time for a view whose memory is no slice: 256 KiB of `f32`.
const SLAB: usize = 1 << 16;

/// Returns an array of the given values in the order of its memory.
pub(crate) fn array<S, A, D>(dims: Shape<D>, values: Vec<A>) -> Result<ArrayBase<S, D>, InitError>
where
    S: DataOwned + RawData<Elem = A>,
    D: Dimension,
{
    // There are as many values as the dimensions say. An empty array may still have axes that are too long.
    ArrayBase::from_shape_vec(dims, values).map_err(|_| InitError::Overflow)
}

/// Fills a view. Returns the number of values that saturated.
pub(crate) fn assign<A: Copy>(
    format: &impl Format<A>,
    mut view: ArrayViewMutD<'_, A>,
    draw: &Draw<'_>,
) -> Result<usize, InitError> {
    check_dims(&draw.dims()?, view.shape())?;
    if view.ndim() == 0 {
        view = view.insert_axis(Axis(0));
    }
    match assign_in_order(format, &mut view, draw) {
        Err(InitError::WholeTensorOnly) => {
            let (values, saturated) = format::to_vec(format, draw)?;
            assign_values(view, &values)?;
            Ok(saturated)
        }
        result => result,
    }
}

/// Fills a view without computing values that are not in it.
fn assign_in_order<A: Copy>(
    format: &impl Format<A>,
    view: &mut ArrayViewMutD<'_, A>,
    draw: &Draw<'_>,
) -> Result<usize, InitError> {
    // A single index has no neighbour, so its stride has no meaning and may be negative.
    let strides: Option<Vec<usize>> = (view.shape().iter().zip(view.strides()))
        .map(|(&size, &stride)| if size > 1 { usize::try_from(stride).ok() } else { Some(0) })
        .collect();
    if let (Some(strides), Some(slots)) = (strides, view.as_slice_memory_order_mut()) {
        return format.write(&draw.strided(&strides)?, slots);
    }
    let mut buffer = Vec::new();
    assign_slabs(format, view.view_mut(), draw, 0, &mut buffer)
}

/// Fills a view by way of a buffer for a part of it. All axes before `axis` have the size 1, unless the part is
/// small.
fn assign_slabs<A: Copy>(
    format: &impl Format<A>,
    mut view: ArrayViewMutD<'_, A>,
    draw: &Draw<'_>,
    axis: usize,
    buffer: &mut Vec<A>,
) -> Result<usize, InitError> {
    let (len, size) = (draw.len(), view.shape().get(axis).copied());
    match size {
        Some(size) if len > SLAB => {
            let chunk = (SLAB / (len / size)).max(1);
            // The largest chunk comes first, so that the buffer is long enough for all.
            let count = size.div_ceil(chunk);
            let mut saturated = 0;
            for (i, part) in view.axis_chunks_iter_mut(Axis(axis), size.div_ceil(count)).enumerate()
            {
                let draw = draw.shard(axis, i, count)?;
                saturated += assign_slabs(format, part, &draw, axis + 1, buffer)?;
            }
            Ok(saturated)
        }
        _ => {
            let draw = draw.shard(0, 0, 1)?;
            let saturated = match buffer.get_mut(..len) {
                Some(values) if len > 0 => format.write(&draw, values)?,
                _ => {
                    let (values, saturated) = format.to_vec(&draw)?;
                    *buffer = values;
                    saturated
                }
            };
            assign_values(view, buffer.get(..len).unwrap_or_default())?;
            Ok(saturated)
        }
    }
}

/// Moves the values, which are in logical order, to the elements of the view.
fn assign_values<A: Copy>(mut view: ArrayViewMutD<'_, A>, values: &[A]) -> Result<(), InitError> {
    let values = ArrayView::<A, IxDyn>::from_shape(view.raw_dim(), values)
        .map_err(|_| InitError::Overflow)?;
    view.zip_mut_with(&values, |slot, value| *slot = *value);
    Ok(())
}

/// Returns an error unless an array has the dimensions of a draw. An array without axes has one element, as a vector
/// of length 1 has.
fn check_dims(expected: &[usize], given: &[usize]) -> Result<(), InitError> {
    let rank = expected.len();
    let axes = if given.is_empty() { &[1] } else { given };
    if axes.len() != rank {
        return Err(InitError::WrongRank { expected: rank, given: given.len() });
    }
    let given = axes;
    let mut pairs = expected.iter().zip(given).enumerate();
    let Some((axis, (&size, &other))) = pairs.find(|(_, (a, b))| a != b) else {
        return Ok(());
    };
    match *expected {
        [first, .., last] if expected.iter().rev().eq(given) => {
            Err(InitError::TransposedDims { first, last })
        }
        _ => Err(InitError::WrongDim { axis, expected: size, given: other }),
    }
}
