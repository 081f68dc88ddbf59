//! What can be wrong with a request. Every error is found before the first value is written.

use core::fmt;

/// Why a request was refused. If it was a fill, the slice is as it was before the call.
///
/// ```
/// use weight_init::{Init, InitError, Shape, Stream};
///
/// let mut weights = [0.0_f32; 10];
/// let error = Init::he_normal().fill(Stream::new(1), &Shape::dense(4, 3), &mut weights).unwrap_err();
/// assert_eq!(error, InitError::WrongLength { expected: 12, given: 10 });
/// assert_eq!(error.to_string(), "wrong length: 12 values are expected, and the slice has 10");
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum InitError {
    /// The slice does not have as many elements as the shape or the plan.
    WrongLength {
        /// [`Shape::len`](crate::Shape::len) or [`Plan::len`](crate::Plan::len).
        expected: usize,
        /// The slice's length.
        given: usize,
    },
    /// The range reaches past the end of the shape or the plan.
    RangePastEnd {
        /// The flat index at which the range begins.
        start: u64,
        /// The slice's length.
        given: usize,
        /// The number of values in the shape or the plan.
        end: usize,
    },
    /// The range reaches past index 2⁶⁴ − 1, the end of every stream.
    StreamExhausted {
        /// The index at which the range begins.
        start: u64,
        /// The slice's length.
        given: usize,
    },
    /// The scheme divides by a fan that is zero.
    ZeroFan {
        /// The inputs that meet in one output.
        fan_in: usize,
        /// The outputs that one input reaches.
        fan_out: usize,
    },
    /// A length or a fan does not fit in a `usize` on this target.
    Overflow,
    /// The shape has too few axes: a fan needs inputs and outputs, and some schemes a kernel.
    RankTooLow {
        /// The number of axes that the scheme needs.
        expected: usize,
        /// The number of axes given.
        given: usize,
    },
    /// More axes than any supported layer has, or than the scheme knows what to do with.
    RankTooHigh {
        /// The largest number of axes.
        expected: usize,
        /// The number of axes given.
        given: usize,
    },
    /// The groups are zero, or do not divide both the input and the output channels.
    Groups {
        /// The number of groups.
        groups: usize,
        /// The layer's input channels.
        in_channels: usize,
        /// The layer's output channels.
        out_channels: usize,
    },
    /// A convolution that is to keep the norm of its input has fewer outputs than inputs.
    OutputsTooFew {
        /// The layer's input channels.
        in_channels: usize,
        /// The layer's output channels.
        out_channels: usize,
    },
    /// The layer has more outputs than the scheme's 32-bit random numbers can choose from.
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
    /// The output channels of a convolution whose image is enlarged are no multiple of the pixels that
    /// each of them stands for.
    Upscale {
        /// How many times larger each side of the image becomes.
        upscale: usize,
        /// The layer's output channels.
        out_channels: usize,
    },
    /// The values of an orthogonal matrix depend on each other: no part can be computed alone, and slots
    /// of other formats can't hold it while it is made.
    WholeTensorOnly,
    /// The scheme's values depend on their places: no distribution says what they are.
    NoDistribution,
    /// A share of zeros that is not between 0 and 1.
    Sparsity {
        /// The share given.
        given: f32,
    },
    /// The scale of a variance that is negative, infinite or NaN.
    Scale {
        /// The scale given.
        given: f32,
    },
    /// The plan already has a layer of that name, whose tensors have the same streams.
    DuplicateName {
        /// The layer's name.
        layer: &'static str,
    },
    /// The plan has no room for the layer's tensors.
    PlanFull {
        /// The number of tensors that it has room for.
        capacity: usize,
        /// The number of tensors that it would have.
        needed: usize,
    },
    /// The plan has no tensor of the name that was given. (An error is `Copy` and borrows nothing, so
    /// it does not hold that name.)
    UnknownName,
    /// A standard deviation that is negative, infinite or NaN.
    Std {
        /// The standard deviation given.
        given: f32,
    },
    /// A mean that is infinite or NaN.
    Mean {
        /// The mean given.
        given: f32,
    },
    /// Bounds that are infinite or NaN, or the lower above the upper.
    Bounds {
        /// The lower bound given.
        low: f32,
        /// The upper bound given.
        high: f32,
    },
    /// A gain that is negative, infinite or NaN.
    Gain {
        /// The gain given.
        given: f32,
    },
    /// A constant that is infinite or NaN.
    Constant {
        /// The constant given.
        given: f32,
    },
    /// A standard deviation, half the width of a uniform, or the gain of an orthogonal matrix, that is
    /// positive and below 2⁻⁹⁰ = 8.1 × 10⁻²⁸. The values' products would be subnormal, so their distribution would be wrong.
    TooSmall {
        /// The standard deviation, half the width, or the gain.
        given: f32,
    },
    /// The mean and the standard deviation are finite, but the far values would not be.
    TooLarge {
        /// The mean.
        mean: f32,
        /// The standard deviation.
        std: f32,
    },
    /// The values fit in `f32`, and the farthest would be infinite in the format of the slots.
    TooLargeForFormat {
        /// The largest finite value of the format.
        largest: f32,
        /// How far from zero the values may lie: for a normal, \|mean\| + 8 standard deviations.
        given: f32,
    },
    /// More fraction bits than the fixed-point format has beside its sign.
    FractionBits {
        /// The most that it can have.
        largest: u32,
        /// The number given.
        given: u32,
    },
}

impl fmt::Display for InitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::WrongLength { expected, given } => {
                write!(f, "wrong length: {expected} values are expected, and the slice has {given}")
            }
            Self::RangePastEnd { start, given, end } => write!(
                f,
                "range past the end: there are {end} values, and the range begins at {start} and has {given}"
            ),
            Self::StreamExhausted { start, given } => write!(
                f,
                "range past the end of the stream: indices end at 2^64 - 1, the range begins at {start} and has {given} values"
            ),
            Self::ZeroFan { fan_in, fan_out } => write!(
                f,
                "zero fan: the scheme divides by the fan, and was given fan_in = {fan_in}, fan_out = {fan_out}"
            ),
            Self::Overflow => {
                write!(f, "a length or a fan exceeds usize::MAX = {} on this target", usize::MAX)
            }
            Self::RankTooLow { expected, given } => {
                write!(
                    f,
                    "rank too low: at least {expected} axes are needed, and the shape has {given}"
                )
            }
            Self::RankTooHigh { expected, given } => {
                write!(
                    f,
                    "rank too high: at most {expected} axes are possible, and {given} were given"
                )
            }
            Self::Groups { groups, in_channels, out_channels } => write!(
                f,
                "groups must divide the channels: {groups} groups, {in_channels} input and {out_channels} output channels"
            ),
            Self::OutputsTooFew { in_channels, out_channels } => write!(
                f,
                "too few outputs: {in_channels} input channels need as many output channels to keep their norm, and there are {out_channels}"
            ),
            Self::OutputsTooMany { largest, given } => {
                write!(
                    f,
                    "too many outputs: the scheme supports at most {largest}, and the layer has {given}"
                )
            }
            Self::Grouped { groups } => {
                write!(
                    f,
                    "the scheme does not support grouped layers, and the shape has {groups} groups"
                )
            }
            Self::Upscale { upscale, out_channels } => write!(
                f,
                "the output channels must be a multiple of the upscale ({upscale}) to the power of the image's axes, and are {out_channels}"
            ),
            Self::WholeTensorOnly => write!(
                f,
                "the values of an orthogonal matrix depend on each other: `fill` makes whole tensors of f32, and there are no parts and no other formats"
            ),
            Self::NoDistribution => write!(
                f,
                "the scheme's values depend on their places: it has no distribution, to be drawn from, repeated or looked for"
            ),
            Self::Sparsity { given } => {
                write!(f, "the share of zeros must be between 0 and 1, and was {given}")
            }
            Self::Scale { given } => {
                write!(f, "the scale must be finite and not negative, and was {given}")
            }
            Self::DuplicateName { layer } => {
                write!(f, "duplicate name: the plan already has a layer {layer:?}")
            }
            Self::PlanFull { capacity, needed } => {
                write!(f, "plan full: it has room for {capacity} tensors, and {needed} are needed")
            }
            Self::UnknownName => {
                write!(f, "unknown name: tensors are named as in \"fc1.weight\" and \"fc1.bias\"")
            }
            Self::Std { given } => {
                write!(f, "the standard deviation must be finite and not negative, and was {given}")
            }
            Self::Mean { given } => write!(f, "the mean must be finite, and was {given}"),
            Self::Bounds { low, high } => write!(
                f,
                "the bounds must be finite and low <= high, and were low = {low}, high = {high}"
            ),
            Self::Gain { given } => {
                write!(f, "the gain must be finite and not negative, and was {given}")
            }
            Self::Constant { given } => write!(f, "the constant must be finite, and was {given}"),
            Self::TooSmall { given } => write!(
                f,
                "a standard deviation, half a width or an orthogonal matrix's gain must be 0 or at least 2^-90 = 8.1e-28, and was {given:e}"
            ),
            Self::TooLarge { mean, std } => write!(
                f,
                "values up to 8 standard deviations from the mean must fit in f32, and mean = {mean}, std = {std}"
            ),
            Self::TooLargeForFormat { largest, given } => write!(
                f,
                "the format's largest finite value is {largest:e}, and values may be as large as {given:e}"
            ),
            Self::FractionBits { largest, given } => write!(
                f,
                "the fixed-point format has room for at most {largest} fraction bits, and {given} were given"
            ),
        }
    }
}

impl core::error::Error for InitError {}
