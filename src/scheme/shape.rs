//! What a tensor is, and how many inputs and outputs meet in it.

use super::axes::{Axes, Layout};
use crate::error::InitError;

/// How many inputs meet in one output of a layer, and how many outputs one input reaches.
///
/// ```
/// use weight_init::{Fan, Shape};
///
/// assert_eq!(Shape::conv2d(3, 64, [7, 7]).fan(), Ok(Fan::new(147, 3136)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fan {
    /// The inputs that meet in one output.
    pub fan_in: usize,
    /// The outputs that one input reaches.
    pub fan_out: usize,
}

impl Fan {
    /// A fan of one's own, for a layer that no [`Shape`] describes. Zero is an error where it is
    /// used ([`InitError::ZeroFan`]), not here.
    #[must_use]
    pub const fn new(fan_in: usize, fan_out: usize) -> Self {
        Self { fan_in, fan_out }
    }
}

/// Axes of a kernel at most.
const SPATIAL: usize = 3;

/// The shape of a layer's weights: which layer it is, and so how many values it has and which
/// fan. Not a bare list of dimensions, because these don't tell inputs from outputs.
///
/// All of it is `const`, so that a shape can size a buffer:
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
/// What can be wrong with a shape (groups that don't divide the channels, a length that no
/// `usize` holds) is an error where the shape is used, so that the builders stay `const` and plain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Shape {
    in_channels: usize,
    out_channels: usize,
    kernel: [usize; SPATIAL],
    /// Axes of `kernel` in use, or `None` for a vector, which has `out_channels` alone.
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

    /// A fully connected layer: `inputs × outputs` weights.
    /// fan_in = inputs, fan_out = outputs.
    #[must_use]
    pub const fn dense(inputs: usize, outputs: usize) -> Self {
        Self::new(inputs, outputs, [1; 3], 0)
    }

    /// A convolution over one axis. With groups *g* and |k| kernel elements,
    /// fan_in = in / g · |k| and fan_out = out / g · |k|, in one, two and three dimensions.
    #[must_use]
    pub const fn conv1d(in_channels: usize, out_channels: usize, kernel: usize) -> Self {
        Self::new(in_channels, out_channels, [kernel, 1, 1], 1)
    }

    /// A convolution over two axes, `[height, width]`. Fans as in [`conv1d`](Self::conv1d).
    #[must_use]
    pub const fn conv2d(in_channels: usize, out_channels: usize, kernel: [usize; 2]) -> Self {
        Self::new(in_channels, out_channels, [kernel[0], kernel[1], 1], 2)
    }

    /// A convolution over three axes, `[depth, height, width]`. Fans as in
    /// [`conv1d`](Self::conv1d).
    #[must_use]
    pub const fn conv3d(in_channels: usize, out_channels: usize, kernel: [usize; 3]) -> Self {
        Self::new(in_channels, out_channels, kernel, 3)
    }

    /// A depthwise convolution over two axes: each channel by itself makes `multiplier` outputs. It is
    /// `conv2d(channels, channels × multiplier, kernel).grouped(channels)`, so fan_in = |k| and
    /// fan_out = multiplier · |k|.
    ///
    /// In the layout [`InOut`](Layout::InOut) its dimensions are `[height, width, 1, channels ×
    /// multiplier]`, as in JAX; what Keras calls `[height, width, channels, multiplier]` is the same
    /// memory.
    #[must_use]
    pub const fn depthwise2d(channels: usize, multiplier: usize, kernel: [usize; 2]) -> Self {
        match channels.checked_mul(multiplier) {
            Some(outputs) => Self::conv2d(channels, outputs, kernel).grouped(channels),
            // A shape that overflows where it is used.
            None => Self::conv2d(channels, channels, [usize::MAX; 2]).grouped(channels),
        }
    }

    /// A tensor with one axis: a bias, the scale of a normalisation. It has no fan, so the schemes
    /// that need one refuse it ([`InitError::RankTooLow`]); a bias that follows its weights' fan
    /// takes it from their shape ([`Init::fill_bias`](crate::Init::fill_bias)).
    #[must_use]
    pub const fn vector(len: usize) -> Self {
        Self { spatial: None, ..Self::new(1, len, [1; 3], 0) }
    }

    /// The layer in that many groups (1 for most) whose weights have these dimensions in that
    /// layout: `[out, in / g, kernel…]`, `[kernel…, in / g, out]` or `[out, kernel…, in / g]`.
    ///
    /// The dimensions of a transposed convolution mean something else:
    /// [`from_dims_transposed`](Self::from_dims_transposed).
    ///
    /// # Errors
    ///
    /// [`RankTooLow`](InitError::RankTooLow) for fewer than 2 dimensions: no fan is guessed.
    /// [`RankTooHigh`](InitError::RankTooHigh) for more than 5.
    /// [`Groups`](InitError::Groups), [`Overflow`](InitError::Overflow).
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

    /// As [`from_dims`](Self::from_dims), for a transposed convolution: `[in, out / g, kernel…]`, as
    /// in PyTorch, `[kernel…, out / g, in]`, as in Keras, or `[in, kernel…, out / g]`.
    ///
    /// # Errors
    ///
    /// As [`from_dims`](Self::from_dims).
    pub const fn from_dims_transposed(
        dims: &[usize],
        layout: Layout,
        groups: usize,
    ) -> Result<Self, InitError> {
        match Self::from_dims(dims, layout, groups) {
            // The two axes have changed places, and with them inputs and outputs.
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

    /// The same layer in groups: each output sees only its group's inputs. A depthwise convolution
    /// has as many groups as input channels.
    ///
    /// The groups must divide the input and the output channels; if they don't, [`fan`](Self::fan)
    /// and every fill are an error ([`InitError::Groups`]).
    #[must_use]
    pub const fn grouped(self, groups: usize) -> Self {
        Self { groups, ..self }
    }

    /// The transposed convolution with these input and output channels: the axes of the two change
    /// places in memory, `[in, out / g, kernel…]`, `[kernel…, out / g, in]` or
    /// `[in, kernel…, out / g]`.
    ///
    /// The fan does not change with it, as it follows the data and not the memory. PyTorch
    /// reads it off the axes and so confuses the two. A stride is not considered: with a stride
    /// of *s* in each of *d* axes, an output meets fan_in / s^d inputs on average.
    #[must_use]
    pub const fn transposed(self) -> Self {
        Self { transposed: true, ..self }
    }

    /// The same layer with its axes in another order in memory. The values follow the memory: the
    /// same stream fills the same flat indices, which are then other connections.
    #[must_use]
    pub const fn layout(self, layout: Layout) -> Self {
        Self { layout, ..self }
    }

    /// The number of values: what a slice must have room for. For the size of an array, in a
    /// `const`.
    ///
    /// A shape that is in error has the length `usize::MAX`, which no slice has. Where a shape
    /// comes from outside and a buffer is allocated for it, ask [`try_len`](Self::try_len).
    #[must_use]
    pub const fn len(&self) -> usize {
        match self.try_len() {
            Ok(len) => len,
            Err(_) => usize::MAX,
        }
    }

    /// The number of values, if the shape is sound.
    ///
    /// # Errors
    ///
    /// [`Groups`](InitError::Groups) and [`Overflow`](InitError::Overflow).
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
            // No outputs, no values: whatever a row of them would take.
            None if self.out_channels == 0 => Ok(0),
            None => Err(InitError::Overflow),
        }
    }

    pub(crate) const fn in_channels(&self) -> usize {
        self.in_channels
    }

    /// The layer's outputs, and so its biases.
    pub(crate) const fn out_channels(&self) -> usize {
        self.out_channels
    }

    /// Whether there are no values at all: a dimension is zero.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The fan: for a dense layer its inputs and outputs, for a convolution these times the kernel.
    ///
    /// In a grouped layer an input reaches only its own group's outputs, so
    /// fan_out = out / g · |k|; PyTorch and JAX forget the groups there.
    ///
    /// # Errors
    ///
    /// [`RankTooLow`](InitError::RankTooLow) for a [`vector`](Self::vector),
    /// [`Groups`](InitError::Groups) and [`Overflow`](InitError::Overflow).
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

    /// The dimensions in the order in which they lie in memory.
    ///
    /// # Errors
    ///
    /// [`Groups`](InitError::Groups).
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

    /// The axes of channels, by what they are in memory.
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

    /// The number of axes that it has in memory.
    pub(crate) const fn rank(&self) -> usize {
        match self.spatial {
            Some(spatial) => 2 + spatial,
            None => 1,
        }
    }

    pub(crate) const fn groups(&self) -> usize {
        self.groups
    }

    /// The place in the kernel that is chosen on each of its axes.
    pub(crate) fn place_in_kernel(&self, choose: impl Fn(usize) -> usize) -> usize {
        self.kernel.iter().fold(0, |place, &k| place * k + choose(k))
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

    /// Returns, for each axis of the kernel from the first to the last, the length of a run of values
    /// that share an index of this axis, and how often each run is repeated if values are repeated
    /// `upscale` times along the axis.
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

    /// Input and output channels of one group.
    const fn per_group(&self) -> Result<(usize, usize), InitError> {
        let Self { groups, in_channels, out_channels, .. } = *self;
        // Nearly all layers: four divisions less, which a small fill feels, and a chip without any.
        if groups == 1 {
            return Ok((in_channels, out_channels));
        }
        match (in_channels.checked_rem(groups), out_channels.checked_rem(groups)) {
            (Some(0), Some(0)) => Ok((in_channels / groups, out_channels / groups)),
            _ => Err(InitError::Groups { groups, in_channels, out_channels }),
        }
    }

    /// Returns the channels times the elements of the kernel, or `None` if that overflows. A zero
    /// anywhere makes it zero, in whatever order.
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

/// The dimensions of a [`Shape`] in memory order; derefs to a slice.
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
