//! From the dimensions of a parameter to the shape of its layer, and to the slots of its values.

use alloc::{vec, vec::Vec};

use weight_init::{Layout, Shape};

use crate::{
    error::Reason,
    start::{Stack, Start},
    target::Kind,
};

/// A tensor in the order `[out, in, kernel…]`, and where its values lie in memory.
#[derive(Clone, Debug)]
pub(crate) struct Logical {
    pub(crate) shape: Shape,
    /// The distances between neighbours along each axis of `shape`, or `None` if memory has the same order.
    pub(crate) strides: Option<Vec<usize>>,
}

impl Logical {
    /// Describes a parameter. `weights` is the shape of the weights next to it, if this may be their bias.
    pub(crate) fn new(
        kind: Kind,
        start: &Start,
        dims: &[usize],
        weights: Option<&Shape>,
    ) -> Result<Self, Reason> {
        let logical = match *dims {
            [len] => Self { shape: vector(kind, len, weights)?, strides: None },
            _ => matrices(kind, start, dims)?,
        };
        Ok(match start.fan {
            Some(fan) => Self { shape: logical.shape.with_fan(fan), ..logical },
            None => logical,
        })
    }

    /// Describes the same matrix for a memory with its axes exchanged. `dims` are those before.
    pub(crate) fn turned(self, dims: &[usize]) -> Self {
        let strides = match self.strides {
            None => dims.first().map(|rows| vec![1, *rows]),
            Some(_) => None,
        };
        Self { strides, ..self }
    }
}

fn vector(kind: Kind, len: usize, weights: Option<&Shape>) -> Result<Shape, Reason> {
    let Some(bias) = weights.map(|weights| weights.bias()) else { return Ok(Shape::vector(len)) };
    match bias.try_len()? {
        outputs if outputs == len => Ok(bias),
        outputs if kind == Kind::Bias => Err(Reason::BiasLength { expected: outputs, given: len }),
        _ => Ok(Shape::vector(len)),
    }
}

fn matrices(kind: Kind, start: &Start, dims: &[usize]) -> Result<Logical, Reason> {
    let layout =
        start.layout.unwrap_or(if kind == Kind::Linear { Layout::InOut } else { Layout::OutIn });
    let transposed = start.transposed.unwrap_or(kind == Kind::ConvTranspose);

    // One tensor of the stack.
    let mut one = dims.to_vec();
    match start.stack {
        Stack::None => {}
        Stack::Stacked(count) => {
            if dims.len() < 3 || dims.first() != Some(&count) {
                return Err(Reason::Stacked { count, dims: dims.to_vec() });
            }
            one.remove(0);
        }
        Stack::Packed(count) => {
            let axis = output_axis(layout, transposed, dims.len())?;
            if let Some(outputs) = one.get_mut(axis) {
                match outputs.checked_rem(count) {
                    Some(0) => *outputs /= count,
                    _ => return Err(Reason::Packed { count, outputs: *outputs }),
                }
            }
        }
    }
    let shape = if transposed {
        Shape::from_dims_transposed(&one, layout, start.groups)?
    } else {
        Shape::from_dims(&one, layout, start.groups)?
    };
    let shape = shape.layout(Layout::OutIn);
    let shape = match start.stack {
        Stack::None => shape,
        Stack::Packed(count) => shape.packed(count),
        Stack::Stacked(count) => shape.stacked(count),
    };
    let strides = match layout {
        Layout::OutIn => None,
        // The same as `OutIn` without a kernel.
        Layout::OutKernelIn if one.len() == 2 => None,
        _ => Some(strides(layout, dims, matches!(start.stack, Stack::Stacked(_)))?),
    };
    Ok(Logical { shape, strides })
}

/// Returns the axis of the outputs, by the order of the axes in memory.
fn output_axis(layout: Layout, transposed: bool, rank: usize) -> Result<usize, Reason> {
    match (layout, transposed) {
        (Layout::OutIn, true) => Ok(1),
        (Layout::OutIn | Layout::OutKernelIn, false) => Ok(0),
        (Layout::InOut, true) => Ok(rank.saturating_sub(2)),
        (Layout::InOut, false) | (Layout::OutKernelIn, true) => Ok(rank.saturating_sub(1)),
        _ => Err(Reason::Layout(layout)),
    }
}

/// Returns the strides of the axes `[major, minor, kernel…]` in a tensor with the given dimensions in memory. A
/// stack has its own axis before them. Strides of a tensor that overflows are wrong, and the core refuses its shape.
fn strides(layout: Layout, dims: &[usize], stacked: bool) -> Result<Vec<usize>, Reason> {
    let mut strides = vec![1_usize; dims.len()];
    let mut stride = 1_usize;
    for (slot, size) in strides.iter_mut().zip(dims).rev() {
        *slot = stride;
        stride = stride.saturating_mul(*size);
    }
    let tail = strides.get_mut(usize::from(stacked)..).unwrap_or_default();
    match layout {
        Layout::OutIn => {}
        // [kernel…, minor, major]
        Layout::InOut => {
            tail.rotate_right(2.min(tail.len()));
            if let [minor, major, ..] = tail {
                core::mem::swap(minor, major);
            }
        }
        // [major, kernel…, minor]
        Layout::OutKernelIn => {
            if let [_, rest @ ..] = tail {
                rest.rotate_right(1.min(rest.len()));
            }
        }
        _ => return Err(Reason::Layout(layout)),
    }
    Ok(strides)
}
