//! The shape of a layer's weights, and the fan that follows from it.

use super::axes::{Axes, Layout};
use crate::error::InitError;

/// The number of inputs that meet in one output of a layer, and of outputs that one input reaches.
///
/// ```
/// use weight_init::{Fan, Shape};
///
/// assert_eq!(Shape::conv2d(3, 64, [7, 7]).fan(), Ok(Fan::new(147, 3136)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fan {
    /// The number of inputs that meet in one output.
    pub fan_in: usize,
    /// The number of outputs that one input reaches.
    pub fan_out: usize,
}

impl Fan {
    /// Returns the fan with the given numbers, for a layer that no [`Shape`] describes. A fan of zero is
    /// allowed here, and a scheme that divides by it returns [`InitError::ZeroFan`].
    #[must_use]
    pub const fn new(fan_in: usize, fan_out: usize) -> Self {
        Self { fan_in, fan_out }
    }
}

/// The largest number of kernel axes.
const SPATIAL: usize = 3;

/// The shape of a layer's weights: the kind of layer and its dimensions. The number of values and the
/// [`Fan`] follow from it. It is more than a list of dimensions, because a list does not tell inputs from
/// outputs.
///
/// All constructors and builders are `const`, so that a shape can size a buffer:
///
/// ```
/// use weight_init::{Init, Shape, Stream};
///
/// const FC1: Shape = Shape::dense(784, 100);
/// static SEED: Stream = Stream::new(42);
/// let mut weights = [0.0_f32; FC1.len()];
/// Init::he_normal().fill(SEED, &FC1, &mut weights)?;
/// # Ok::<(), weight_init::InitError>(())
/// ```
///
/// The builders don't return a `Result`, so that they stay simple in a `const`. If the groups don't divide
/// the channels, or the length does not fit in a `usize`, the methods that use the shape return the error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Shape {
    in_channels: usize,
    out_channels: usize,
    kernel: [usize; SPATIAL],
    /// The number of axes of `kernel` in use, or `None` for a vector, which has only `out_channels`.
    spatial: Option<usize>,
    groups: usize,
    transposed: bool,
    layout: Layout,
}

impl Shape {
    const fn new(
        in_channels: usize,
        out_channels: usize,
        kernel: [usize; 3],
        spatial: usize,
    ) -> Self {
        Self {
            in_channels,
            out_channels,
            kernel,
            spatial: Some(spatial),
            groups: 1,
            transposed: false,
            layout: Layout::OutIn,
        }
    }

    /// Returns the shape of a fully connected layer, which has `inputs × outputs` weights,
    /// fan_in = inputs and fan_out = outputs.
    #[must_use]
    pub const fn dense(inputs: usize, outputs: usize) -> Self {
        Self::new(inputs, outputs, [1; 3], 0)
    }

    /// Returns the shape of a convolution over one axis. With *g* groups and |k| kernel elements,
    /// fan_in = in / g · |k| and fan_out = out / g · |k|. This holds for one, two and three axes.
    #[must_use]
    pub const fn conv1d(in_channels: usize, out_channels: usize, kernel: usize) -> Self {
        Self::new(in_channels, out_channels, [kernel, 1, 1], 1)
    }

    /// Returns the shape of a convolution over two axes, `[height, width]`. For its fan see
    /// [`conv1d`](Self::conv1d).
    #[must_use]
    pub const fn conv2d(in_channels: usize, out_channels: usize, kernel: [usize; 2]) -> Self {
        Self::new(in_channels, out_channels, [kernel[0], kernel[1], 1], 2)
    }

    /// Returns the shape of a convolution over three axes, `[depth, height, width]`. For its fan see
    /// [`conv1d`](Self::conv1d).
    #[must_use]
    pub const fn conv3d(in_channels: usize, out_channels: usize, kernel: [usize; 3]) -> Self {
        Self::new(in_channels, out_channels, kernel, 3)
    }

    /// Returns the shape of a depthwise convolution over two axes. Each input channel by itself makes
    /// `multiplier` output channels. The shape is that of
    /// `conv2d(channels, channels × multiplier, kernel).grouped(channels)`, so fan_in = |k| and
    /// fan_out = multiplier · |k|.
    ///
    /// In the layout [`InOut`](Layout::InOut) its dimensions are
    /// `[height, width, 1, channels × multiplier]`, as in JAX. Keras' dimensions
    /// `[height, width, channels, multiplier]` describe the same memory.
    #[must_use]
    pub const fn depthwise2d(channels: usize, multiplier: usize, kernel: [usize; 2]) -> Self {
        match channels.checked_mul(multiplier) {
            Some(outputs) => Self::conv2d(channels, outputs, kernel).grouped(channels),
            // A shape whose length overflows, so that its methods return the error.
            None => Self::conv2d(channels, channels, [usize::MAX; 2]).grouped(channels),
        }
    }

    /// Returns the shape of a tensor with one axis, such as a bias or the scale of a normalisation layer.
    /// It has no fan, so schemes that need one return [`InitError::RankTooLow`]. For a bias that takes the
    /// fan of its weights, use [`Init::fill_bias`](crate::Init::fill_bias).
    #[must_use]
    pub const fn vector(len: usize) -> Self {
        Self { spatial: None, ..Self::new(1, len, [1; 3], 0) }
    }

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
    /// - [`RankTooHigh`](InitError::RankTooHigh) for more than 5
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
            [a] => [a, 1, 1],
            [a, b] => [a, b, 1],
            [a, b, c] => [a, b, c],
            _ => return Err(InitError::RankTooHigh { expected: 2 + SPATIAL, given }),
        };
        let Some(inputs) = input.checked_mul(groups) else {
            return Err(InitError::Overflow);
        };
        let shape = Self::new(inputs, output, kernel, spatial.len());
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

    /// Divides the layer into groups. Each output sees only the inputs of its group. A depthwise
    /// convolution has as many groups as input channels.
    ///
    /// The number of groups must divide both the input and the output channels. If it does not,
    /// [`fan`](Self::fan) and every fill return [`InitError::Groups`].
    #[must_use]
    pub const fn grouped(self, groups: usize) -> Self {
        Self { groups, ..self }
    }

    /// Makes the convolution a transposed one with the same input and output channels. In memory, the
    /// axes of inputs and outputs are swapped: `[in, out / g, kernel…]`, `[kernel…, out / g, in]` or
    /// `[in, kernel…, out / g]`.
    ///
    /// The fan stays the same, because it follows the data and not the memory. PyTorch reads it from the
    /// axes and so swaps fan_in and fan_out. The fan does not consider a stride: with a stride of *s* in
    /// each of *d* axes, an output meets fan_in / s^d inputs on average.
    #[must_use]
    pub const fn transposed(self) -> Self {
        Self { transposed: true, ..self }
    }

    /// Sets the order of the axes in memory. The values follow the memory and not the connections: the
    /// same stream gives the same value at the same flat index, which belongs to another connection in
    /// another layout.
    #[must_use]
    pub const fn layout(self, layout: Layout) -> Self {
        Self { layout, ..self }
    }

    /// Returns the number of values, which is the length of the slice for a fill. It is meant for the size
    /// of an array in a `const`.
    ///
    /// An invalid shape has the length `usize::MAX`, which no slice has. If the shape comes from outside
    /// and a buffer is allocated for it, use [`try_len`](Self::try_len).
    #[must_use]
    pub const fn len(&self) -> usize {
        match self.try_len() {
            Ok(len) => len,
            Err(_) => usize::MAX,
        }
    }

    /// Returns the number of values, if the shape is valid.
    ///
    /// # Errors
    ///
    /// Returns [`Groups`](InitError::Groups) or [`Overflow`](InitError::Overflow).
    pub const fn try_len(&self) -> Result<usize, InitError> {
        let inputs = match self.per_group() {
            Ok((inputs, _)) => inputs,
            Err(error) => return Err(error),
        };
        match self.times_kernel(inputs) {
            Some(row) => match row.checked_mul(self.out_channels) {
                Some(len) => Ok(len),
                None => Err(InitError::Overflow),
            },
            // Without outputs there are no values, even if the length of a row overflows.
            None if self.out_channels == 0 => Ok(0),
            None => Err(InitError::Overflow),
        }
    }

    pub(crate) const fn in_channels(&self) -> usize {
        self.in_channels
    }

    /// Returns the number of outputs, which is also the length of the bias.
    pub(crate) const fn out_channels(&self) -> usize {
        self.out_channels
    }

    /// Returns whether there are no values, because a dimension is zero.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the fan. For a dense layer it is the numbers of inputs and outputs, and for a convolution
    /// these times the number of kernel elements.
    ///
    /// In a grouped layer an input reaches only the outputs of its group, so fan_out = out / g · |k|.
    /// PyTorch and JAX don't divide fan_out by the groups.
    ///
    /// # Errors
    ///
    /// Returns [`RankTooLow`](InitError::RankTooLow) for a [`vector`](Self::vector), and otherwise
    /// [`Groups`](InitError::Groups) or [`Overflow`](InitError::Overflow).
    pub const fn fan(&self) -> Result<Fan, InitError> {
        if self.spatial.is_none() {
            return Err(InitError::RankTooLow { expected: 2, given: 1 });
        }
        match self.per_group() {
            Ok((inputs, outputs)) => {
                match (self.times_kernel(inputs), self.times_kernel(outputs)) {
                    (Some(fan_in), Some(fan_out)) => Ok(Fan { fan_in, fan_out }),
                    _ => Err(InitError::Overflow),
                }
            }
            Err(error) => Err(error),
        }
    }

    /// Returns the dimensions in the order in which they lie in memory.
    ///
    /// # Errors
    ///
    /// Returns [`Groups`](InitError::Groups) if the groups don't divide the channels.
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
    /// # Ok::<(), weight_init::InitError>(())
    /// ```
    pub fn dims(&self) -> Result<Dims, InitError> {
        let Axes { major, minor, .. } = self.axes()?;
        let mut dims = Dims { dims: [0; 2 + SPATIAL], rank: 0 };
        let Some(spatial) = self.spatial else {
            dims.push(self.out_channels);
            return Ok(dims);
        };
        let mut push = |part: &[usize]| part.iter().for_each(|&dim| dims.push(dim));
        let kernel = self.kernel.get(..spatial).unwrap_or_default();
        match self.layout {
            Layout::OutIn => [&[major, minor], kernel].map(push),
            Layout::InOut => [kernel, &[minor, major]].map(push),
            Layout::OutKernelIn => {
                push(&[major]);
                [kernel, &[minor]].map(push)
            }
        };
        Ok(dims)
    }

    /// Returns the axes by their order in memory.
    pub(crate) fn axes(&self) -> Result<Axes, InitError> {
        let (in_group, out_group) = self.per_group()?;
        let (major, minor) = match self.transposed {
            false => (self.out_channels, in_group),
            true => (self.in_channels, out_group),
        };
        let Self { layout, transposed, .. } = *self;
        let kernel = self.kernel.iter().fold(1, |product: usize, &k| product.saturating_mul(k));
        Ok(Axes { major, minor, kernel, layout, transposed })
    }

    /// Returns the number of axes in memory.
    pub(crate) const fn rank(&self) -> usize {
        match self.spatial {
            Some(spatial) => 2 + spatial,
            None => 1,
        }
    }

    pub(crate) const fn groups(&self) -> usize {
        self.groups
    }

    /// Returns the sizes of the kernel. Axes that the layer does not have are 1.
    pub(crate) const fn kernel(&self) -> &[usize] {
        &self.kernel
    }

    /// Returns the flat index within the kernel of the element that `choose` selects on each axis, given
    /// the size of the axis.
    pub(crate) fn kernel_element(&self, choose: impl Fn(usize) -> usize) -> usize {
        self.kernel.iter().fold(0, |element, &k| element * k + choose(k))
    }

    /// Returns the convolution before upscaling: `upscale^axes` times fewer output channels, or for a
    /// transposed convolution `upscale` times fewer kernel elements along each axis.
    pub(crate) fn before_upscale(&self, upscale: usize) -> Result<Self, InitError> {
        let Self { out_channels, groups, .. } = *self;
        let spatial = match self.spatial {
            None | Some(0) => {
                return Err(InitError::RankTooLow { expected: 3, given: self.rank() });
            }
            Some(spatial) => spatial,
        };
        if self.transposed {
            let mut small = *self;
            for size in small.kernel.iter_mut().take(spatial) {
                let kernel = *size;
                match (kernel.checked_rem(upscale), kernel.checked_div(upscale)) {
                    (Some(0), Some(quotient)) => *size = quotient,
                    _ => return Err(InitError::UpscaleKernel { upscale, kernel }),
                }
            }
            return Ok(small);
        }
        if groups != 1 {
            return Err(InitError::Grouped { groups });
        }
        let pixels = (0..spatial).try_fold(1_usize, |pixels, _| pixels.checked_mul(upscale));
        match pixels {
            Some(pixels) if out_channels.checked_rem(pixels) == Some(0) => {
                Ok(Self { out_channels: out_channels / pixels, ..*self })
            }
            _ => Err(InitError::Upscale { upscale, out_channels }),
        }
    }

    /// Returns (run length, copies) for each axis of the kernel, from the first to the last, if the values
    /// are repeated `upscale` times along each axis. The values of a run share an index on this axis.
    pub(crate) fn repeats_along_kernel(
        &self,
        axes: &Axes,
        upscale: usize,
    ) -> [(usize, usize); SPATIAL] {
        let [_, second, last] = self.kernel;
        let used = self.spatial.unwrap_or(0);
        let copies = |axis| if axis < used { upscale } else { 1 };
        let run = axes.after_kernel();
        [(run * last * second, copies(0)), (run * last, copies(1)), (run, copies(2))]
    }

    pub(crate) const fn is_transposed(&self) -> bool {
        self.transposed
    }

    /// Returns the numbers of input and output channels of one group.
    const fn per_group(&self) -> Result<(usize, usize), InitError> {
        let Self { groups, in_channels, out_channels, .. } = *self;
        // Most layers have one group. This saves four divisions, whose time shows in a small fill and on
        // processors without a division instruction.
        if groups == 1 {
            return Ok((in_channels, out_channels));
        }
        match (in_channels.checked_rem(groups), out_channels.checked_rem(groups)) {
            (Some(0), Some(0)) => Ok((in_channels / groups, out_channels / groups)),
            _ => Err(InitError::Groups { groups, in_channels, out_channels }),
        }
    }

    /// Returns the number of channels times the number of kernel elements, or `None` if that overflows. If
    /// any factor is zero, it is 0, even if a partial product overflows.
    const fn times_kernel(&self, channels: usize) -> Option<usize> {
        let [a, b, c] = self.kernel;
        if let Some(product) = channels.checked_mul(a)
            && let Some(product) = product.checked_mul(b)
            && let Some(product) = product.checked_mul(c)
        {
            return Some(product);
        }
        if channels == 0 || a == 0 || b == 0 || c == 0 { Some(0) } else { None }
    }
}

/// The dimensions of a [`Shape`] in memory order. It derefs to a slice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dims {
    dims: [usize; 2 + SPATIAL],
    rank: usize,
}

impl Dims {
    fn push(&mut self, dim: usize) {
        if let Some(slot) = self.dims.get_mut(self.rank) {
            *slot = dim;
            self.rank += 1;
        }
    }
}

impl core::ops::Deref for Dims {
    type Target = [usize];

    fn deref(&self) -> &[usize] {
        self.dims.get(..self.rank).unwrap_or(&self.dims)
    }
}
