//! The dimensions of a shape in memory, in both directions.

use super::{
    axes::{Axes, Layout},
    shape::{SPATIAL, Shape, Stacking},
};
use crate::error::InitError;

impl Shape {
    /// Returns the shape of the layer whose weights have the given dimensions in the given layout:
    /// `[out, in / g, kernel…]`, `[kernel…, in / g, out]` or `[out, kernel…, in / g]`. Most layers have
    /// one group.
    ///
    /// A transposed convolution has its dimensions in another order: use
    /// [`from_dims_transposed`](Self::from_dims_transposed).
    ///
    /// # Errors
    ///
    /// - [`RankTooLow`](InitError::RankTooLow) for fewer than 2 dimensions, because they don't determine a
    ///   fan
    /// - [`RankTooHigh`](InitError::RankTooHigh) for more than 8
    /// - [`Groups`](InitError::Groups) and [`Overflow`](InitError::Overflow)
    ///
    /// ```
    /// use weight_init::{Layout, Shape};
    ///
    /// let torch = Shape::from_dims(&[64, 3, 7, 7], Layout::OutIn, 1)?;
    /// let keras = Shape::from_dims(&[7, 7, 3, 64], Layout::InOut, 1)?;
    /// assert_eq!(torch, Shape::conv2d(3, 64, [7, 7]));
    /// assert_eq!(torch.fan(), keras.fan());
    ///
    /// let depthwise = Shape::from_dims(&[32, 1, 3, 3], Layout::OutIn, 32)?;
    /// assert_eq!(depthwise, Shape::conv2d(32, 32, [3, 3]).grouped(32));
    /// # Ok::<(), weight_init::InitError>(())
    /// ```
    pub const fn from_dims(
        dims: &[usize],
        layout: Layout,
        groups: usize,
    ) -> Result<Self, InitError> {
        let given = dims.len();
        let (output, input, spatial) = match (layout, dims) {
            (Layout::OutIn, [output, input, spatial @ ..])
            | (Layout::InOut, [spatial @ .., input, output])
            | (Layout::OutKernelIn, [output, spatial @ .., input]) => (*output, *input, spatial),
            _ => return Err(InitError::RankTooLow { expected: 2, given }),
        };
        let kernel = match *spatial {
            [] => [1; SPATIAL],
            [a] => [a, 1, 1, 1, 1, 1],
            [a, b] => [a, b, 1, 1, 1, 1],
            [a, b, c] => [a, b, c, 1, 1, 1],
            [a, b, c, d] => [a, b, c, d, 1, 1],
            [a, b, c, d, e] => [a, b, c, d, e, 1],
            [a, b, c, d, e, f] => [a, b, c, d, e, f],
            _ => return Err(InitError::RankTooHigh { expected: 2 + SPATIAL, given }),
        };
        let Some(inputs) = input.checked_mul(groups) else {
            return Err(InitError::Overflow);
        };
        let shape = Self::new(inputs, output, kernel, spatial.len() as u8);
        let shape = shape.grouped(groups).layout(layout);
        match shape.per_group() {
            Ok(_) => Ok(shape),
            Err(error) => Err(error),
        }
    }

    /// Returns the shape of the transposed convolution whose weights have the given dimensions in the
    /// given layout: `[in, out / g, kernel…]` as in PyTorch, `[kernel…, out / g, in]` as in Keras, or
    /// `[in, kernel…, out / g]`.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`from_dims`](Self::from_dims).
    pub const fn from_dims_transposed(
        dims: &[usize],
        layout: Layout,
        groups: usize,
    ) -> Result<Self, InitError> {
        match Self::from_dims(dims, layout, groups) {
            // In memory, a transposed convolution has its inputs where another layer has its outputs.
            Ok(shape) => Ok(Self {
                in_channels: shape.out_channels,
                out_channels: shape.in_channels,
                ..shape.transposed()
            }),
            Err(InitError::Groups { groups, in_channels, out_channels }) => {
                Err(InitError::Groups {
                    groups,
                    in_channels: out_channels,
                    out_channels: in_channels,
                })
            }
            Err(error) => Err(error),
        }
    }

    /// Returns the dimensions in the order in which they lie in memory.
    ///
    /// # Errors
    ///
    /// Returns [`Groups`](InitError::Groups) if the groups don't divide the channels, [`Overflow`](InitError::Overflow)
    /// if a packed axis does not fit in a `usize`, and [`NestedStack`](InitError::NestedStack).
    ///
    /// ```
    /// use weight_init::{Layout, Shape};
    ///
    /// let depthwise = Shape::conv2d(32, 32, [3, 3]).grouped(32);
    /// assert_eq!(*depthwise.dims()?, [32, 1, 3, 3]);
    /// assert_eq!(*depthwise.layout(Layout::InOut).dims()?, [3, 3, 1, 32]);
    ///
    /// let upsample = Shape::conv2d(64, 16, [4, 4]).transposed();
    /// assert_eq!(*upsample.dims()?, [64, 16, 4, 4]);
    ///
    /// assert_eq!(*Shape::dense(64, 64).stacked(3).dims()?, [3, 64, 64]);
    /// assert_eq!(*Shape::dense(64, 64).packed(3).dims()?, [192, 64]);
    /// # Ok::<(), weight_init::InitError>(())
    /// ```
    pub fn dims(&self) -> Result<Dims, InitError> {
        if self.stacking == Stacking::Nested {
            return Err(InitError::NestedStack);
        }
        let mut dims = Dims::EMPTY;
        let stacked_axis = match self.packed_axis() {
            None => {
                self.stack().into_iter().for_each(|count| dims.push(count));
                None
            }
            axis => axis,
        };
        self.push_unstacked(&mut dims)?;
        if let Some(size) = stacked_axis.and_then(|axis| dims.sizes.get_mut(axis)) {
            *size = size.checked_mul(self.count).ok_or(InitError::Overflow)?;
        }
        Ok(dims)
    }

    /// Appends the dimensions of one tensor of the stack.
    fn push_unstacked(&self, dims: &mut Dims) -> Result<(), InitError> {
        let Axes { major, minor, .. } = self.axes()?;
        let Some(spatial) = self.spatial.filter(|_| !self.is_bias) else {
            dims.push(self.out_channels);
            return Ok(());
        };
        let mut push = |part: &[usize]| part.iter().for_each(|&dim| dims.push(dim));
        let kernel = self.kernel.get(..usize::from(spatial)).unwrap_or_default();
        match self.layout {
            Layout::OutIn => [&[major, minor], kernel].map(push),
            Layout::InOut => [kernel, &[minor, major]].map(push),
            Layout::OutKernelIn => {
                push(&[major]);
                [kernel, &[minor]].map(push)
            }
        };
        Ok(())
    }

    /// Checks that a tensor has the dimensions of this shape, in the order in which they lie in memory.
    ///
    /// ```
    /// use weight_init::Shape;
    ///
    /// let fc1 = Shape::dense(784, 100);
    /// assert_eq!(fc1.check_dims(&[100, 784]), Ok(()));
    /// let error = fc1.check_dims(&[784, 100]).unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "transposed dimensions: expected 100 first and 784 last, got them in reverse; swap the shape's inputs and outputs, or choose its layout"
    /// );
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`WrongRank`](InitError::WrongRank), [`TransposedDims`](InitError::TransposedDims) if the dimensions are the right ones in reverse order,
    /// [`WrongDim`](InitError::WrongDim) for any other difference, and the errors of [`dims`](Self::dims).
    pub fn check_dims(&self, given: &[usize]) -> Result<(), InitError> {
        let dims = self.dims()?;
        let rank = dims.len();
        if given.len() != rank {
            return Err(InitError::WrongRank { expected: rank, given: given.len() });
        }
        let mut pairs = dims.iter().zip(given).enumerate();
        let Some((axis, (&expected, &size))) = pairs.find(|(_, (a, b))| a != b) else {
            return Ok(());
        };
        if dims.iter().rev().eq(given) {
            let [first, .., last] = *dims else { return Ok(()) };
            return Err(InitError::TransposedDims { first, last });
        }
        Err(InitError::WrongDim { axis, expected, given: size })
    }
}

/// The largest number of axes: a stack of tensors with two axes of channels and the largest kernel.
pub(crate) const RANK: usize = 1 + 2 + SPATIAL;

/// The dimensions of a [`Shape`] in memory order. It derefs to a slice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dims {
    sizes: [usize; RANK],
    rank: usize,
}

impl Dims {
    const EMPTY: Self = Self { sizes: [0; RANK], rank: 0 };

    /// Returns the sizes of a slice, or `None` if there are too many.
    pub(crate) fn from_slice(sizes: &[usize]) -> Option<Self> {
        if sizes.len() > RANK {
            return None;
        }
        let mut dims = Self::EMPTY;
        sizes.iter().for_each(|&size| dims.push(size));
        Some(dims)
    }

    /// Returns the same number of sizes, each computed from one of these.
    pub(crate) fn map(mut self, f: impl Fn(usize) -> usize) -> Self {
        self.iter_mut().for_each(|size| *size = f(*size));
        self
    }

    fn push(&mut self, size: usize) {
        if let Some(slot) = self.sizes.get_mut(self.rank) {
            *slot = size;
            self.rank += 1;
        }
    }
}

impl core::ops::Deref for Dims {
    type Target = [usize];

    fn deref(&self) -> &[usize] {
        self.sizes.get(..self.rank).unwrap_or(&self.sizes)
    }
}

impl core::ops::DerefMut for Dims {
    fn deref_mut(&mut self) -> &mut [usize] {
        self.sizes.get_mut(..self.rank).unwrap_or_default()
    }
}
