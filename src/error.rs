//! The errors of requests. Every error is found before the first value is written.

mod code;

use core::{fmt, ops::Range};

/// The error of a request. If the request was a fill, the slice is as it was before the call.
///
/// ```
/// use weight_init::{Init, InitError, Shape, Stream};
///
/// let mut weights = [0.0_f32; 10];
/// let error = Init::he_normal().fill(Stream::new(1), &Shape::dense(4, 3), &mut weights).unwrap_err();
/// assert_eq!(error, InitError::WrongLength { expected: 12, given: 10 });
/// assert_eq!(error.to_string(), "wrong length: expected 12 values, but the slice has 10");
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
// In the order of their codes, which makes `code` an addition. A new one comes last.
pub enum InitError {
    /// The slice does not have the length that the request needs.
    WrongLength {
        /// The number of slots that the request needs.
        expected: usize,
        /// The slice's length.
        given: usize,
    },
    /// The range reaches past the end of the shape or the plan.
    RangePastEnd {
        /// The flat index at which the range begins.
        start: u64,
        /// The number of values requested.
        given: usize,
        /// The number of values in the shape or the plan.
        end: usize,
    },
    /// The range has index 2⁶⁴ − 1 or reaches past it. Every stream ends before that index.
    StreamExhausted {
        /// The index at which the range begins.
        start: u64,
        /// The number of values requested.
        given: usize,
    },
    /// The scheme divides by a fan that is zero.
    ZeroFan {
        /// The number of inputs that meet in one output.
        fan_in: usize,
        /// The number of outputs that one input reaches.
        fan_out: usize,
    },
    /// A length or a fan does not fit in a `usize` on this target.
    Overflow,
    /// The shape has too few axes. A fan needs inputs and outputs, and some schemes need a kernel.
    RankTooLow {
        /// The smallest number of axes that the fan or the scheme needs.
        expected: usize,
        /// The number of axes given.
        given: usize,
    },
    /// The shape has more axes than any supported layer, or than the scheme supports.
    RankTooHigh {
        /// The largest number of axes.
        expected: usize,
        /// The number of axes given.
        given: usize,
    },
    /// The number of groups is zero, or does not divide both the input and the output channels.
    Groups {
        /// The number of groups.
        groups: usize,
        /// The layer's input channels.
        in_channels: usize,
        /// The layer's output channels.
        out_channels: usize,
    },
    /// The scheme keeps the norm of a convolution's input, which needs at least as many outputs as inputs.
    OutputsTooFew {
        /// The layer's input channels.
        in_channels: usize,
        /// The layer's output channels.
        out_channels: usize,
    },
    /// The layer has too many outputs for the scheme, which chooses among them with 32-bit random numbers.
    OutputsTooMany {
        /// The largest number of outputs.
        largest: u32,
        /// The layer's outputs.
        given: usize,
    },
    /// The scheme does not support grouped layers.
    Grouped {
        /// The number of groups.
        groups: usize,
    },
    /// `upscale` to the power of the image's axes does not divide the output channels of a sub-pixel
    /// convolution.
    Upscale {
        /// The factor by which each side of the image becomes larger.
        upscale: usize,
        /// The layer's output channels.
        out_channels: usize,
    },
    /// `upscale` does not divide the kernel of a transposed convolution along each of its axes.
    UpscaleKernel {
        /// The factor by which each side of the image becomes larger: the stride.
        upscale: usize,
        /// The first kernel axis that is not a multiple of it.
        kernel: usize,
    },
    /// A part of an orthogonal matrix was requested, or a format other than `f32`. Its values depend on each
    /// other, so all of them are computed together, as `f32`.
    /// [`Draw::write_through`](crate::Draw::write_through) does so in a second slice.
    WholeTensorOnly,
    /// The operation needs a distribution, but the scheme's values are not independent draws from one.
    NoDistribution,
    /// The share of zeros is not between 0 and 1.
    Sparsity {
        /// The share given.
        given: f32,
    },
    /// The scale of the variance is negative, infinite or NaN.
    Scale {
        /// The scale given.
        given: f32,
    },
    /// The plan already has a tensor with the same name, so both would get the same stream.
    DuplicateName {
        /// The number of that tensor in the plan, counted from 0.
        tensor: usize,
    },
    /// The plan does not have room for the tensors of the layer.
    PlanFull {
        /// The number of tensors for which the plan has room.
        capacity: usize,
        /// The number of tensors that the plan would have with the layer.
        needed: usize,
    },
    /// The plan has no tensor of the given name. (The error does not hold the name, because it is `Copy`
    /// and borrows nothing.)
    UnknownName,
    /// The standard deviation is negative, infinite or NaN.
    Std {
        /// The standard deviation given.
        given: f32,
    },
    /// The mean is infinite or NaN.
    Mean {
        /// The mean given.
        given: f32,
    },
    /// A bound is infinite or NaN, or the lower bound is above the upper one.
    Bounds {
        /// The lower bound given.
        low: f32,
        /// The upper bound given.
        high: f32,
    },
    /// The gain is negative, infinite or NaN.
    Gain {
        /// The gain given.
        given: f32,
    },
    /// The constant is infinite or NaN.
    Constant {
        /// The constant given.
        given: f32,
    },
    /// The standard deviation, half the width of a uniform, or the gain of an orthogonal or bilinear scheme is
    /// positive, but below 2⁻⁹⁰ = 8.1 × 10⁻²⁸. Products with it would be subnormal, so the distribution would be
    /// wrong.
    TooSmall {
        /// The standard deviation, half the width, or the gain.
        given: f32,
    },
    /// The mean and the standard deviation are finite, but values far from the mean would not be.
    TooLarge {
        /// The mean.
        mean: f32,
        /// The standard deviation.
        std: f32,
    },
    /// The values fit in `f32`, but the largest would round to infinity in the format of the slots.
    TooLargeForFormat {
        /// The largest finite value of the format.
        largest: f32,
        /// A bound on the magnitude of the values. For a normal it is \|mean\| + 8 standard deviations.
        given: f32,
    },
    /// The scale of a quantisation is not a number from 2⁻¹²⁰ to 2¹²⁰.
    QuantizationScale {
        /// The scale given. It is 0 for more than 120 fraction bits.
        given: f32,
    },
    /// The shape has another number of axes than the offsets, sizes, strides or dimensions given for it.
    WrongRank {
        /// The number of axes of the shape.
        expected: usize,
        /// The number given.
        given: usize,
    },
    /// A tensor has another size along an axis than the shape.
    WrongDim {
        /// The number of the axis, counted from 0.
        axis: usize,
        /// The size of the shape.
        expected: usize,
        /// The size given.
        given: usize,
    },
    /// A tensor has the dimensions of the shape in reverse order.
    TransposedDims {
        /// The shape's first dimension.
        first: usize,
        /// The shape's last dimension.
        last: usize,
    },
    /// A block reaches past the end of the shape along an axis.
    BlockPastEnd {
        /// The number of the axis, counted from 0.
        axis: usize,
        /// The index along the axis at which the block begins.
        offset: usize,
        /// The block's size along the axis.
        given: usize,
        /// The shape's size along the axis.
        end: usize,
    },
    /// The axis does not exist, or the rank is not below the number of shards, or there are no shards.
    Shard {
        /// The number of the axis, counted from 0.
        axis: usize,
        /// The number of the shard, counted from 0.
        rank: usize,
        /// The number of shards.
        world_size: usize,
    },
    /// The strides give two values the same slot, or interleave axes in a way that is not supported: each
    /// stride must be at least the distance from the first to the last slot of the axes with smaller strides, plus 1.
    OverlappingStrides {
        /// The number of an axis whose stride is too small, counted from 0.
        axis: usize,
        /// The stride given.
        given: usize,
    },
    /// The scheme supports only small stacks.
    StackTooLarge {
        /// The largest number of tensors in the stack.
        largest: usize,
        /// The number given.
        given: usize,
    },
    /// The shape is a stack of stacks.
    NestedStack,
    /// The allocator has no memory for the values.
    OutOfMemory,
    /// A normal is truncated at less than one standard deviation from its mean, or at NaN.
    Cut {
        /// The number of standard deviations given.
        given: f32,
    },
    /// The zero point of a quantisation is not an integer of the format, or the format has a sign and needs none.
    ZeroPoint {
        /// The largest zero point of the format. It is 0 for a format with a sign.
        largest: i32,
        /// The zero point given.
        given: i32,
    },
}

/// Returns the start and the length of a range, if it does not reach past `end`.
#[inline]
pub(crate) fn within(range: Range<u64>, end: usize) -> Result<(u64, usize), InitError> {
    let len = range.end.saturating_sub(range.start);
    let len = usize::try_from(len).map_err(|_| InitError::Overflow)?;
    check_end(range.start, len, end)?;
    Ok((range.start, len))
}

/// Returns an error if a range of `given` values from index `start` on reaches past `end`.
#[inline]
pub(crate) fn check_end(start: u64, given: usize, end: usize) -> Result<(), InitError> {
    match (end as u64).checked_sub(start) {
        Some(room) if room >= given as u64 => Ok(()),
        _ => Err(InitError::RangePastEnd { start, given, end }),
    }
}

impl fmt::Display for InitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::WrongLength { expected, given } => {
                write!(f, "wrong length: expected {expected} values, but the slice has {given}")
            }
            Self::RangePastEnd { start, given, end } => write!(
                f,
                "range past the end: {given} values from index {start} on, but there are only {end} values"
            ),
            Self::StreamExhausted { start, given } => write!(
                f,
                "range past the end of the stream: {given} values from index {start} on, but a stream ends before index 2^64 - 1"
            ),
            Self::ZeroFan { fan_in, fan_out } => write!(
                f,
                "zero fan: the scheme divides by the fan, but fan_in = {fan_in} and fan_out = {fan_out}"
            ),
            Self::Overflow => {
                write!(f, "overflow: a length or a fan exceeds usize::MAX = {}", usize::MAX)
            }
            Self::RankTooLow { expected, given } => write!(
                f,
                "rank too low: expected at least {expected} axes, but the shape has {given}"
            ),
            Self::RankTooHigh { expected, given } => write!(
                f,
                "rank too high: expected at most {expected} axes, but the shape has {given}"
            ),
            Self::WrongRank { expected, given } => {
                write!(f, "wrong number of axes: the shape has {expected}, but {given} were given")
            }
            Self::WrongDim { axis, expected, given } => {
                write!(f, "wrong dimension: expected {expected} along axis {axis}, got {given}")
            }
            Self::TransposedDims { first, last } => write!(
                f,
                "transposed dimensions: expected {first} first and {last} last, got them in reverse; swap the shape's inputs and outputs, or choose its layout"
            ),
            Self::BlockPastEnd { axis, offset, given, end } => write!(
                f,
                "block past the end: {given} from {offset} on along axis {axis}, but the shape has only {end}"
            ),
            Self::Shard { axis, rank, world_size } => {
                write!(f, "no such shard: shard {rank} of {world_size} along axis {axis}")
            }
            Self::OverlappingStrides { axis, given } => write!(
                f,
                "overlapping strides: a stride of {given} along axis {axis} gives two values the same slot, or interleaves axes"
            ),
            Self::Groups { groups, in_channels, out_channels } => write!(
                f,
                "groups must divide the channels: got {groups} groups, {in_channels} input channels and {out_channels} output channels"
            ),
            Self::OutputsTooFew { in_channels, out_channels } => write!(
                f,
                "too few outputs: {in_channels} input channels need at least as many output channels, but there are {out_channels}"
            ),
            Self::OutputsTooMany { largest, given } => write!(
                f,
                "too many outputs: the scheme supports at most {largest}, but the layer has {given}"
            ),
            Self::NestedStack => {
                write!(f, "the shape is a stack of stacks, but a shape has only one")
            }
            Self::OutOfMemory => {
                write!(f, "out of memory: the allocator has no room for the values")
            }
            Self::StackTooLarge { largest, given } => write!(
                f,
                "stack too large: the scheme supports at most {largest} tensors, but the stack has {given}"
            ),
            Self::Grouped { groups } => write!(
                f,
                "the scheme does not support grouped layers, but the shape has {groups} groups"
            ),
            Self::Upscale { upscale, out_channels } => write!(
                f,
                "the number of output channels must be a multiple of upscale^axes, got upscale = {upscale} and {out_channels} output channels"
            ),
            Self::UpscaleKernel { upscale, kernel } => write!(
                f,
                "the kernel of a transposed convolution must be a multiple of the upscale along each axis, got upscale = {upscale} and a kernel axis of {kernel}"
            ),
            Self::WholeTensorOnly => {
                write!(
                    f,
                    "orthogonal matrices can only be filled whole and as f32: use `fill`, or `write_through` of the tensor's `draw`"
                )
            }
            Self::NoDistribution => write!(
                f,
                "the scheme does not draw its values from one distribution, which this operation needs"
            ),
            Self::Sparsity { given } => {
                write!(f, "the share of zeros must be between 0 and 1, got {given}")
            }
            Self::Scale { given } => {
                write!(f, "the scale must be finite and not negative, got {given}")
            }
            Self::DuplicateName { tensor } => {
                write!(f, "duplicate name: tensor {tensor} of the plan already has the name")
            }
            Self::PlanFull { capacity, needed } => {
                write!(f, "plan full: it has room for {capacity} tensors, but {needed} are needed")
            }
            Self::UnknownName => {
                write!(
                    f,
                    "unknown name: the plan has no tensor of that name, such as \"fc1.weight\""
                )
            }
            Self::Std { given } => {
                write!(f, "the standard deviation must be finite and not negative, got {given}")
            }
            Self::Mean { given } => write!(f, "the mean must be finite, got {given}"),
            Self::Cut { given } => write!(
                f,
                "a normal can't be truncated at less than 1 standard deviation from its mean, got {given}"
            ),
            Self::Bounds { low, high } => write!(
                f,
                "the bounds must be finite with low <= high, got low = {low} and high = {high}"
            ),
            Self::Gain { given } => {
                write!(f, "the gain must be finite and not negative, got {given}")
            }
            Self::Constant { given } => write!(f, "the constant must be finite, got {given}"),
            Self::TooSmall { given } => write!(
                f,
                "too small: a standard deviation, a uniform's half-width, or the gain of an orthogonal or bilinear scheme must be 0 or at least 2^-90 = 8.1e-28, got {given:e}"
            ),
            Self::TooLarge { mean, std } => write!(
                f,
                "too large: 8 standard deviations from the mean must fit in f32, got mean = {mean} and std = {std}"
            ),
            Self::TooLargeForFormat { largest, given } => write!(
                f,
                "too large for the format: values may be as large as {given:e}, but its largest finite value is {largest:e}"
            ),
            Self::QuantizationScale { given } => write!(
                f,
                "the scale of a quantisation must lie between 2^-120 and 2^120, which is at most 120 fraction bits, got {given:e}"
            ),
            Self::ZeroPoint { largest, given } => {
                write!(f, "the zero point must lie between 0 and {largest}, got {given}")
            }
        }
    }
}

impl core::error::Error for InitError {}
