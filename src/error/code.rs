//! A number for each error, for C and for logs.

use super::InitError;

impl InitError {
    /// Returns the number of this kind of error, for an interface to C, or for a log on a device without
    /// room for the messages. It does not depend on the fields.
    ///
    /// The numbers are stable: a kind of error keeps its number, and the number of a kind that no longer
    /// exists is not used again. None is 0, which C programs take for success.
    ///
    /// | code | error |
    /// | ---: | --- |
    /// | 1 | [`WrongLength`](Self::WrongLength) |
    /// | 2 | [`RangePastEnd`](Self::RangePastEnd) |
    /// | 3 | [`StreamExhausted`](Self::StreamExhausted) |
    /// | 4 | [`ZeroFan`](Self::ZeroFan) |
    /// | 5 | [`Overflow`](Self::Overflow) |
    /// | 6 | [`RankTooLow`](Self::RankTooLow) |
    /// | 7 | [`RankTooHigh`](Self::RankTooHigh) |
    /// | 8 | [`Groups`](Self::Groups) |
    /// | 9 | [`OutputsTooFew`](Self::OutputsTooFew) |
    /// | 10 | [`OutputsTooMany`](Self::OutputsTooMany) |
    /// | 11 | [`Grouped`](Self::Grouped) |
    /// | 12 | [`Upscale`](Self::Upscale) |
    /// | 13 | [`UpscaleKernel`](Self::UpscaleKernel) |
    /// | 14 | [`WholeTensorOnly`](Self::WholeTensorOnly) |
    /// | 15 | [`NoDistribution`](Self::NoDistribution) |
    /// | 16 | [`Sparsity`](Self::Sparsity) |
    /// | 17 | [`Scale`](Self::Scale) |
    /// | 18 | [`DuplicateName`](Self::DuplicateName) |
    /// | 19 | [`PlanFull`](Self::PlanFull) |
    /// | 20 | [`UnknownName`](Self::UnknownName) |
    /// | 21 | [`Std`](Self::Std) |
    /// | 22 | [`Mean`](Self::Mean) |
    /// | 23 | [`Bounds`](Self::Bounds) |
    /// | 24 | [`Gain`](Self::Gain) |
    /// | 25 | [`Constant`](Self::Constant) |
    /// | 26 | [`TooSmall`](Self::TooSmall) |
    /// | 27 | [`TooLarge`](Self::TooLarge) |
    /// | 28 | [`TooLargeForFormat`](Self::TooLargeForFormat) |
    /// | 29 | [`QuantizationScale`](Self::QuantizationScale) |
    /// | 30 | [`WrongRank`](Self::WrongRank) |
    /// | 31 | [`WrongDim`](Self::WrongDim) |
    /// | 32 | [`TransposedDims`](Self::TransposedDims) |
    /// | 33 | [`BlockPastEnd`](Self::BlockPastEnd) |
    /// | 34 | [`Shard`](Self::Shard) |
    /// | 35 | [`OverlappingStrides`](Self::OverlappingStrides) |
    /// | 36 | [`StackTooLarge`](Self::StackTooLarge) |
    /// | 37 | [`NestedStack`](Self::NestedStack) |
    /// | 38 | [`OutOfMemory`](Self::OutOfMemory) |
    /// | 39 | [`Cut`](Self::Cut) |
    /// | 40 | [`ZeroPoint`](Self::ZeroPoint) |
    ///
    /// ```
    /// use weight_init::{Init, Shape, Stream};
    ///
    /// let error = Init::he_normal().fill(Stream::new(1), &Shape::dense(4, 3), &mut [0.0; 10]).unwrap_err();
    /// assert_eq!(error.code(), 1); // wrong length
    /// ```
    #[must_use]
    pub const fn code(&self) -> u16 {
        match self {
            Self::WrongLength { .. } => 1,
            Self::RangePastEnd { .. } => 2,
            Self::StreamExhausted { .. } => 3,
            Self::ZeroFan { .. } => 4,
            Self::Overflow => 5,
            Self::RankTooLow { .. } => 6,
            Self::RankTooHigh { .. } => 7,
            Self::Groups { .. } => 8,
            Self::OutputsTooFew { .. } => 9,
            Self::OutputsTooMany { .. } => 10,
            Self::Grouped { .. } => 11,
            Self::Upscale { .. } => 12,
            Self::UpscaleKernel { .. } => 13,
            Self::WholeTensorOnly => 14,
            Self::NoDistribution => 15,
            Self::Sparsity { .. } => 16,
            Self::Scale { .. } => 17,
            Self::DuplicateName { .. } => 18,
            Self::PlanFull { .. } => 19,
            Self::UnknownName => 20,
            Self::Std { .. } => 21,
            Self::Mean { .. } => 22,
            Self::Bounds { .. } => 23,
            Self::Gain { .. } => 24,
            Self::Constant { .. } => 25,
            Self::TooSmall { .. } => 26,
            Self::TooLarge { .. } => 27,
            Self::TooLargeForFormat { .. } => 28,
            Self::QuantizationScale { .. } => 29,
            Self::WrongRank { .. } => 30,
            Self::WrongDim { .. } => 31,
            Self::TransposedDims { .. } => 32,
            Self::BlockPastEnd { .. } => 33,
            Self::Shard { .. } => 34,
            Self::OverlappingStrides { .. } => 35,
            Self::StackTooLarge { .. } => 36,
            Self::NestedStack => 37,
            Self::OutOfMemory => 38,
            Self::Cut { .. } => 39,
            Self::ZeroPoint { .. } => 40,
        }
    }
}
