//! The shape of a layer's weights, and the fan that follows from it.

use super::axes::{Axes, Layout};
use crate::{error::InitError, target::exact_quotient};

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
pub(super) const SPATIAL: usize = 6;

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
    pub(super) in_channels: usize,
    pub(super) out_channels: usize,
    pub(super) kernel: [usize; SPATIAL],
    /// The number of elements of the kernel, or `usize::MAX` if it does not fit in a `usize`.
    pub(super) kernel_len: usize,
    /// Whether it fits. A field of its own takes less memory than an `Option`.
    pub(super) kernel_fits: bool,
    /// The number of axes of `kernel` in use, or `None` for a vector, which has only `out_channels`.
    pub(super) spatial: Option<u8>,
    pub(super) groups: usize,
    pub(super) transposed: bool,
    pub(super) layout: Layout,
    /// Whether the tensor is the layer's bias, which has one value for each output.
    pub(super) is_bias: bool,
    pub(super) has_fan: bool,
    /// The fan given by hand, if `has_fan`.
    pub(super) fan: Fan,
    pub(super) stacking: Stacking,
    /// The number of tensors in the stack, if this is one. All other fields describe one of them.
    pub(super) count: usize,
}

/// Whether a shape is a stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Stacking {
    None,
    /// The tensors lie along an axis of their own, which is the first.
    Stacked,
    /// The tensors lie along the axis of the outputs.
    Packed,
    /// A stack of stacks, which is refused.
    Nested,
}

impl Shape {
    pub(super) const fn new(
        in_channels: usize,
        out_channels: usize,
        kernel: [usize; SPATIAL],
        spatial: u8,
    ) -> Self {
        let (kernel_len, kernel_fits) = product(&kernel);
        Self {
            in_channels,
            out_channels,
            kernel,
            kernel_len,
            kernel_fits,
            spatial: Some(spatial),
            groups: 1,
            transposed: false,
            layout: Layout::OutIn,
            is_bias: false,
            has_fan: false,
            fan: Fan::new(0, 0),
            stacking: Stacking::None,
            count: 1,
        }
    }

    /// Returns the shape with another kernel, of the same number of axes.
    pub(super) const fn with_kernel(self, kernel: [usize; SPATIAL]) -> Self {
        let (kernel_len, kernel_fits) = product(&kernel);
        Self { kernel, kernel_len, kernel_fits, ..self }
    }

    /// Returns the shape of a fully connected layer, which has `inputs × outputs` weights,
    /// fan_in = inputs and fan_out = outputs.
    #[must_use]
    pub const fn dense(inputs: usize, outputs: usize) -> Self {
        Self::new(inputs, outputs, [1; SPATIAL], 0)
    }

    /// Returns the shape of a convolution over one axis. With *g* groups and |k| kernel elements,
    /// fan_in = in / g · |k| and fan_out = out / g · |k|. This holds for one, two and three axes.
    #[must_use]
    pub const fn conv1d(in_channels: usize, out_channels: usize, kernel: usize) -> Self {
        Self::new(in_channels, out_channels, [kernel, 1, 1, 1, 1, 1], 1)
    }

    /// Returns the shape of a convolution over two axes, `[height, width]`. For its fan see
    /// [`conv1d`](Self::conv1d).
    #[must_use]
    pub const fn conv2d(in_channels: usize, out_channels: usize, kernel: [usize; 2]) -> Self {
        let [height, width] = kernel;
        Self::new(in_channels, out_channels, [height, width, 1, 1, 1, 1], 2)
    }

    /// Returns the shape of a convolution over three axes, `[depth, height, width]`. For its fan see
    /// [`conv1d`](Self::conv1d).
    #[must_use]
    pub const fn conv3d(in_channels: usize, out_channels: usize, kernel: [usize; 3]) -> Self {
        let [depth, height, width] = kernel;
        Self::new(in_channels, out_channels, [depth, height, width, 1, 1, 1], 3)
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
            // A shape whose length overflows, and that of its bias, so that its methods return the error.
            None => {
                let overflows = Self::conv2d(channels, channels, [usize::MAX; 2]);
                overflows.grouped(channels).packed(usize::MAX - 1)
            }
        }
    }

    /// Returns the shape of a tensor with one axis, such as a bias or the scale of a normalisation layer.
    /// It has no fan, so schemes that need one return [`InitError::RankTooLow`]. For a bias that takes the
    /// fan of its weights, use [`bias`](Self::bias).
    #[must_use]
    pub const fn vector(len: usize) -> Self {
        Self { spatial: None, ..Self::new(1, len, [1; SPATIAL], 0) }
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

    /// Replaces the fan that follows from the dimensions, for a layer that no other constructor describes.
    /// Schemes then scale by the given fan.
    ///
    /// ```
    /// use weight_init::{Fan, Init, Layout, Shape, Stream};
    ///
    /// // A projection to 8 heads of 64 values each: [512, 8, 64], where 512 inputs meet in each output.
    /// let heads = Shape::from_dims(&[512, 8, 64], Layout::OutIn, 1)?.with_fan(Fan::new(512, 512));
    /// let mut weights = vec![0.0; heads.len()];
    /// Init::xavier_uniform().fill(Stream::new(42).named("query"), &heads, &mut weights)?;
    /// # assert!(weights.iter().all(|w| w.abs() <= (6.0_f32 / 1024.0).sqrt()));
    /// # Ok::<(), weight_init::InitError>(())
    /// ```
    #[must_use]
    pub const fn with_fan(self, fan: Fan) -> Self {
        Self { has_fan: true, fan, ..self }
    }

    /// Returns the shape of the layer's bias: one value for each output, with the fan of the weights, as
    /// PyTorch's default layers take it.
    ///
    /// ```
    /// use weight_init::{Init, Shape, Stream};
    ///
    /// const FC: Shape = Shape::dense(400, 10);
    /// let mut bias = [0.0; FC.bias().len()];
    /// Init::pytorch_default().fill(Stream::new(42).named("fc.bias"), &FC.bias(), &mut bias)?;
    /// assert!(bias.iter().all(|b| b.abs() < 1.0 / 20.0));
    /// # Ok::<(), weight_init::InitError>(())
    /// ```
    #[must_use]
    pub const fn bias(self) -> Self {
        Self { is_bias: true, ..self }
    }

    /// Returns the shape of a tensor that consists of `count` independent tensors of this shape, one after
    /// the other along a new first axis, such as the experts of a mixture or the members of an ensemble.
    ///
    /// Each tensor has its own fan, and is orthogonal, sparse or an identity by itself. Tensor number *i* has
    /// the values of a tensor of its own with the stream `stream.substream(i)`, so an expert can be filled
    /// alone on the machine that holds it. A stack of stacks is refused with
    /// [`NestedStack`](InitError::NestedStack).
    ///
    /// ```
    /// use weight_init::{Fan, Init, Shape, Stream};
    ///
    /// const EXPERT: Shape = Shape::dense(512, 256);
    /// let experts = EXPERT.stacked(8);
    /// assert_eq!(*experts.dims()?, [8, 256, 512]);
    /// assert_eq!(experts.fan()?, Fan::new(512, 256));
    ///
    /// let stream = Stream::new(42).named("experts");
    /// let mut all = vec![0.0; experts.len()];
    /// Init::xavier_uniform().fill(stream, &experts, &mut all)?;
    /// let mut third = vec![0.0; EXPERT.len()];
    /// Init::xavier_uniform().fill(stream.substream(3), &EXPERT, &mut third)?;
    /// assert_eq!(all[3 * EXPERT.len()..][..EXPERT.len()], third);
    /// # Ok::<(), weight_init::InitError>(())
    /// ```
    #[must_use]
    pub const fn stacked(self, count: usize) -> Self {
        self.stack_of(count, Stacking::Stacked)
    }

    /// Returns the shape of a tensor that consists of `count` independent tensors of this shape, side by
    /// side along the axis of the outputs, such as the gates of a recurrent layer or a packed projection to
    /// query, key and value. It is [`stacked`](Self::stacked) in another order of the axes.
    ///
    /// ```
    /// use weight_init::{Init, Layout, Shape, Stream};
    ///
    /// let qkv = Shape::dense(64, 64).packed(3);
    /// assert_eq!(*qkv.dims()?, [192, 64]);
    /// assert_eq!(*qkv.layout(Layout::InOut).dims()?, [64, 192]);
    ///
    /// let mut weights = vec![0.0; qkv.len()];
    /// Init::xavier_uniform().fill(Stream::new(42).named("attn.in_proj_weight"), &qkv, &mut weights)?;
    /// let largest = weights.iter().fold(0.0_f32, |largest, w| largest.max(w.abs()));
    /// assert!(largest > 0.2164 && largest < 0.2166); // √(6 / 128), and not √(6 / 256) = 0.153
    /// # Ok::<(), weight_init::InitError>(())
    /// ```
    #[must_use]
    pub const fn packed(self, count: usize) -> Self {
        self.stack_of(count, Stacking::Packed)
    }

    const fn stack_of(self, count: usize, stacking: Stacking) -> Self {
        let stacking = match self.stacking {
            Stacking::None => stacking,
            _ => Stacking::Nested,
        };
        Self { stacking, count, ..self }
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
    /// Returns [`Groups`](InitError::Groups), [`Overflow`](InitError::Overflow) or
    /// [`NestedStack`](InitError::NestedStack).
    #[cfg_attr(target_pointer_width = "64", inline)]
    pub const fn try_len(&self) -> Result<usize, InitError> {
        let inputs = match self.per_group() {
            Ok((inputs, _)) => inputs,
            Err(error) => return Err(error),
        };
        let row = if self.is_bias { Some(1) } else { self.times_kernel(inputs) };
        let len = match row {
            _ if matches!(self.stacking, Stacking::Nested) => return Err(InitError::NestedStack),
            // Without outputs there are no values, even if the length of a row overflows.
            _ if self.out_channels == 0 || self.count == 0 => return Ok(0),
            Some(row) => row.checked_mul(self.out_channels),
            None => None,
        };
        let len = match len {
            // This saves a multiplication, which is a call on some processors.
            Some(len) if self.count != 1 => len.checked_mul(self.count),
            len => len,
        };
        match len {
            Some(len) => Ok(len),
            None => Err(InitError::Overflow),
        }
    }

    pub(crate) const fn in_channels(&self) -> usize {
        self.in_channels
    }

    /// Returns the number of outputs.
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
    #[cfg_attr(target_pointer_width = "64", inline)]
    pub const fn fan(&self) -> Result<Fan, InitError> {
        if self.has_fan {
            return Ok(self.fan);
        }
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

    /// Returns the axes by their order in memory.
    pub(crate) fn axes(&self) -> Result<Axes, InitError> {
        let (in_group, out_group) = self.per_group()?;
        let Self { layout, transposed, out_channels, .. } = *self;
        if self.is_bias {
            return Ok(Axes {
                major: out_channels,
                minor: 1,
                kernel: 1,
                layout,
                transposed: false,
            });
        }
        let (major, minor) = match transposed {
            false => (out_channels, in_group),
            true => (self.in_channels, out_group),
        };
        Ok(Axes { major, minor, kernel: self.kernel_len, layout, transposed })
    }

    /// Returns the shape of one tensor of the stack.
    pub(crate) const fn unstacked(&self) -> Self {
        Self { stacking: Stacking::None, count: 1, ..*self }
    }

    /// Returns the number of tensors, if this is a stack.
    pub(crate) const fn stack(&self) -> Option<usize> {
        if matches!(self.stacking, Stacking::None) { None } else { Some(self.count) }
    }

    /// Returns the axis of a single tensor along which the stack is packed, or `None` if the stack has an
    /// axis of its own.
    pub(crate) const fn packed_axis(&self) -> Option<usize> {
        if matches!(self.stacking, Stacking::Packed) { Some(self.output_axis()) } else { None }
    }

    /// Returns the number of the axis of the outputs in a single tensor.
    pub(crate) const fn output_axis(&self) -> usize {
        let rank = self.rank();
        match (self.layout, self.transposed) {
            _ if rank < 2 => 0,
            (Layout::OutIn, true) => 1,
            (Layout::OutIn | Layout::OutKernelIn, false) => 0,
            (Layout::InOut, true) => rank - 2,
            (Layout::InOut, false) | (Layout::OutKernelIn, true) => rank - 1,
        }
    }

    /// Returns the number of the first axis of the kernel in a single tensor.
    pub(crate) const fn first_kernel_axis(&self) -> usize {
        match self.layout {
            Layout::OutIn => 2,
            Layout::InOut => 0,
            Layout::OutKernelIn => 1,
        }
    }

    /// Returns the number of axes in memory, without that of a stack.
    pub(crate) const fn rank(&self) -> usize {
        match self.spatial {
            Some(spatial) if !self.is_bias => 2 + spatial as usize,
            _ => 1,
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

    pub(crate) const fn is_transposed(&self) -> bool {
        self.transposed
    }

    /// Returns the numbers of input and output channels of one group.
    #[cfg_attr(target_pointer_width = "64", inline)]
    pub(super) const fn per_group(&self) -> Result<(usize, usize), InitError> {
        let Self { groups, in_channels, out_channels, .. } = *self;
        // Most layers have one group. This saves four divisions, whose time shows in a small fill and on
        // processors without a division instruction.
        if groups == 1 {
            return Ok((in_channels, out_channels));
        }
        match (exact_quotient(in_channels, groups), exact_quotient(out_channels, groups)) {
            (Some(inputs), Some(outputs)) => Ok((inputs, outputs)),
            _ => Err(InitError::Groups { groups, in_channels, out_channels }),
        }
    }

    /// Returns the number of channels times the number of kernel elements, or `None` if that overflows. If
    /// any factor is zero, it is 0, even if a partial product overflows.
    #[cfg_attr(target_pointer_width = "64", inline)]
    const fn times_kernel(&self, channels: usize) -> Option<usize> {
        match self.kernel_len {
            _ if !self.kernel_fits && channels != 0 => None,
            // This saves a multiplication, which is a call on some processors.
            1 => Some(channels),
            len => channels.checked_mul(len),
        }
    }
}

/// Returns the product of some sizes and whether it fits in a `usize`. If it does not, it is `usize::MAX`. A size of
/// zero makes it zero, whatever the others are.
const fn product(mut sizes: &[usize]) -> (usize, bool) {
    let (mut product, mut fits, mut zero) = (1_usize, true, false);
    while let [size, rest @ ..] = sizes {
        // Most sizes are 1. This saves a multiplication, which is a call on some processors.
        if *size != 1 {
            match product.checked_mul(*size) {
                Some(larger) => product = larger,
                None => (product, fits) = (usize::MAX, false),
            }
        }
        zero |= *size == 0;
        sizes = rest;
    }
    if zero { (0, true) } else { (product, fits) }
}
