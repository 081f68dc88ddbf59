//! Error codes and their texts.

use core::ffi::{CStr, c_char};

use weight_init::{InitError, Mismatch, PlanMismatch};

/// WI_OK, or the number of an error. On an error nothing has been written.
pub type wi_error = i32;

/// Success.
pub const WI_OK: i32 = 0;
/// The buffer does not have the length that the request needs.
pub const WI_ERROR_WRONG_LENGTH: i32 = 1;
/// The range reaches past the end of the shape or the plan.
pub const WI_ERROR_RANGE_PAST_END: i32 = 2;
/// The range reaches past the end of the stream.
pub const WI_ERROR_STREAM_EXHAUSTED: i32 = 3;
/// The scheme divides by a fan that is zero.
pub const WI_ERROR_ZERO_FAN: i32 = 4;
/// A length or a fan does not fit in a size_t.
pub const WI_ERROR_OVERFLOW: i32 = 5;
/// The shape has too few axes for the scheme.
pub const WI_ERROR_RANK_TOO_LOW: i32 = 6;
/// The shape has more axes than the scheme supports.
pub const WI_ERROR_RANK_TOO_HIGH: i32 = 7;
/// The groups must divide the input and the output channels.
pub const WI_ERROR_GROUPS: i32 = 8;
/// The scheme needs at least as many outputs as inputs.
pub const WI_ERROR_OUTPUTS_TOO_FEW: i32 = 9;
/// The layer has too many outputs for the scheme.
pub const WI_ERROR_OUTPUTS_TOO_MANY: i32 = 10;
/// The scheme does not support grouped layers.
pub const WI_ERROR_GROUPED: i32 = 11;
/// The output channels must be a multiple of the upscale to the power of the axes.
pub const WI_ERROR_UPSCALE: i32 = 12;
/// The kernel of a transposed convolution must be a multiple of the upscale.
pub const WI_ERROR_UPSCALE_KERNEL: i32 = 13;
/// Orthogonal matrices can only be filled whole and as float.
pub const WI_ERROR_WHOLE_TENSOR_ONLY: i32 = 14;
/// The scheme does not draw its values from one distribution.
pub const WI_ERROR_NO_DISTRIBUTION: i32 = 15;
/// The share of zeros must be between 0 and 1.
pub const WI_ERROR_SPARSITY: i32 = 16;
/// The scale must be finite and not negative.
pub const WI_ERROR_SCALE: i32 = 17;
/// The plan already has a tensor of that name.
pub const WI_ERROR_DUPLICATE_NAME: i32 = 18;
/// The plan has no room for another tensor.
pub const WI_ERROR_PLAN_FULL: i32 = 19;
/// The plan has no tensor of that name, such as "fc1.weight".
pub const WI_ERROR_UNKNOWN_NAME: i32 = 20;
/// The standard deviation must be finite and not negative.
pub const WI_ERROR_STD: i32 = 21;
/// The mean must be finite.
pub const WI_ERROR_MEAN: i32 = 22;
/// The bounds must be finite, and the lower one must not exceed the upper one.
pub const WI_ERROR_BOUNDS: i32 = 23;
/// The gain must be finite and not negative.
pub const WI_ERROR_GAIN: i32 = 24;
/// The constant must be finite.
pub const WI_ERROR_CONSTANT: i32 = 25;
/// A standard deviation, half-width or gain must be 0 or at least 2^-90.
pub const WI_ERROR_TOO_SMALL: i32 = 26;
/// 8 standard deviations from the mean must fit in a float.
pub const WI_ERROR_TOO_LARGE: i32 = 27;
/// The values may be too large for the number format.
pub const WI_ERROR_TOO_LARGE_FOR_FORMAT: i32 = 28;
/// The scale of a quantization must lie between 2^-120 and 2^120.
pub const WI_ERROR_QUANTIZATION_SCALE: i32 = 29;
/// The shape has another number of axes than was given.
pub const WI_ERROR_WRONG_RANK: i32 = 30;
/// The tensor has another size along an axis than the shape.
pub const WI_ERROR_WRONG_DIM: i32 = 31;
/// The tensor has the dimensions of the shape in reverse order.
pub const WI_ERROR_TRANSPOSED_DIMS: i32 = 32;
/// The block reaches past the end of the shape along an axis.
pub const WI_ERROR_BLOCK_PAST_END: i32 = 33;
/// There is no such shard.
pub const WI_ERROR_SHARD: i32 = 34;
/// The strides give two values the same slot, or interleave axes.
pub const WI_ERROR_OVERLAPPING_STRIDES: i32 = 35;
/// The stack has too many tensors for the scheme.
pub const WI_ERROR_STACK_TOO_LARGE: i32 = 36;
/// A stack can't contain stacks.
pub const WI_ERROR_NESTED_STACK: i32 = 37;
/// Out of memory.
pub const WI_ERROR_OUT_OF_MEMORY: i32 = 38;
/// A normal can't be truncated at less than 1 standard deviation.
pub const WI_ERROR_CUT: i32 = 39;
/// The zero point does not lie in the range of the number format.
pub const WI_ERROR_ZERO_POINT: i32 = 40;
/// A pointer is NULL.
pub const WI_ERROR_NULL: i32 = 100;
/// The buffer is longer than half of the address space.
pub const WI_ERROR_TOO_LONG: i32 = 101;
/// A text is not UTF-8.
pub const WI_ERROR_NOT_UTF8: i32 = 102;
/// The function does not support the scheme of that number.
pub const WI_ERROR_SCHEME: i32 = 103;
/// The text is not a scheme, such as "he_normal" or "xavier_uniform(gain=0.5)".
pub const WI_ERROR_TEXT: i32 = 104;
/// The shape has an unknown layout or flag, a kernel with a gap, or WI_PACKED without a stack.
pub const WI_ERROR_SHAPE: i32 = 105;
/// The request has an unknown kind of part.
pub const WI_ERROR_PART: i32 = 106;
/// The layer has an unknown kind of biases.
pub const WI_ERROR_BIASES: i32 = 107;
/// The function does not fill stacks: wi_fill_any_scheme(), wi_write_f32() and wi_plan_push_text() do.
pub const WI_ERROR_STACK: i32 = 108;
/// A value is NaN or infinite.
pub const WI_ERROR_NOT_FINITE: i32 = 110;
/// A value lies outside the range of the distribution.
pub const WI_ERROR_RANGE: i32 = 111;
/// There are too many zeros.
pub const WI_ERROR_ZEROS: i32 = 112;
/// Too many values equal the value 16 before them.
pub const WI_ERROR_REPEATS: i32 = 113;
/// The mean is too far from that of the distribution.
pub const WI_ERROR_WRONG_MEAN: i32 = 114;
/// The standard deviation is too far from that of the distribution.
pub const WI_ERROR_WRONG_STD: i32 = 115;
/// Too few or too many values are far from the mean.
pub const WI_ERROR_BEYOND: i32 = 116;
/// The values are not those of the plan and the stream.
pub const WI_ERROR_DIFFERENT: i32 = 120;

/// Returns a text for an error, in static memory. It is English, begins in lower case and has no full stop.
///
/// @param error a return value of another function; for other numbers the text is "unknown error"
#[cfg(feature = "general")]
#[unsafe(no_mangle)]
pub extern "C" fn wi_error_text(error: wi_error) -> *const c_char {
    let text: &CStr = match error {
        WI_OK => c"no error",
        WI_ERROR_WRONG_LENGTH => c"the buffer does not have the length that the request needs",
        WI_ERROR_RANGE_PAST_END => c"the range reaches past the end of the shape or the plan",
        WI_ERROR_STREAM_EXHAUSTED => c"the range reaches past the end of the stream",
        WI_ERROR_ZERO_FAN => c"the scheme divides by a fan that is zero",
        WI_ERROR_OVERFLOW => c"a length or a fan does not fit in a size_t",
        WI_ERROR_RANK_TOO_LOW => c"the shape has too few axes for the scheme",
        WI_ERROR_RANK_TOO_HIGH => c"the shape has more axes than the scheme supports",
        WI_ERROR_GROUPS => c"the groups must divide the input and the output channels",
        WI_ERROR_OUTPUTS_TOO_FEW => c"the scheme needs at least as many outputs as inputs",
        WI_ERROR_OUTPUTS_TOO_MANY => c"the layer has too many outputs for the scheme",
        WI_ERROR_GROUPED => c"the scheme does not support grouped layers",
        WI_ERROR_UPSCALE => {
            c"the output channels must be a multiple of the upscale to the power of the axes"
        }
        WI_ERROR_UPSCALE_KERNEL => {
            c"the kernel of a transposed convolution must be a multiple of the upscale"
        }
        WI_ERROR_WHOLE_TENSOR_ONLY => c"orthogonal matrices can only be filled whole and as float",
        WI_ERROR_NO_DISTRIBUTION => c"the scheme does not draw its values from one distribution",
        WI_ERROR_SPARSITY => c"the share of zeros must be between 0 and 1",
        WI_ERROR_SCALE => c"the scale must be finite and not negative",
        WI_ERROR_DUPLICATE_NAME => c"the plan already has a tensor of that name",
        WI_ERROR_PLAN_FULL => c"the plan has no room for another tensor",
        WI_ERROR_UNKNOWN_NAME => c"the plan has no tensor of that name, such as \"fc1.weight\"",
        WI_ERROR_STD => c"the standard deviation must be finite and not negative",
        WI_ERROR_MEAN => c"the mean must be finite",
        WI_ERROR_BOUNDS => {
            c"the bounds must be finite, and the lower one must not exceed the upper one"
        }
        WI_ERROR_GAIN => c"the gain must be finite and not negative",
        WI_ERROR_CONSTANT => c"the constant must be finite",
        WI_ERROR_TOO_SMALL => {
            c"a standard deviation, half-width or gain must be 0 or at least 2^-90"
        }
        WI_ERROR_TOO_LARGE => c"8 standard deviations from the mean must fit in a float",
        WI_ERROR_TOO_LARGE_FOR_FORMAT => c"the values may be too large for the number format",
        WI_ERROR_QUANTIZATION_SCALE => {
            c"the scale of a quantization must lie between 2^-120 and 2^120"
        }
        WI_ERROR_WRONG_RANK => c"the shape has another number of axes than was given",
        WI_ERROR_WRONG_DIM => c"the tensor has another size along an axis than the shape",
        WI_ERROR_TRANSPOSED_DIMS => c"the tensor has the dimensions of the shape in reverse order",
        WI_ERROR_BLOCK_PAST_END => c"the block reaches past the end of the shape along an axis",
        WI_ERROR_SHARD => c"there is no such shard",
        WI_ERROR_OVERLAPPING_STRIDES => {
            c"the strides give two values the same slot, or interleave axes"
        }
        WI_ERROR_STACK_TOO_LARGE => c"the stack has too many tensors for the scheme",
        WI_ERROR_NESTED_STACK => c"a stack can't contain stacks",
        WI_ERROR_OUT_OF_MEMORY => c"out of memory",
        WI_ERROR_CUT => c"a normal can't be truncated at less than 1 standard deviation",
        WI_ERROR_ZERO_POINT => c"the zero point does not lie in the range of the number format",
        WI_ERROR_NULL => c"a pointer is NULL",
        WI_ERROR_TOO_LONG => c"the buffer is longer than half of the address space",
        WI_ERROR_NOT_UTF8 => c"a text is not UTF-8",
        WI_ERROR_SCHEME => c"the function does not support the scheme of that number",
        WI_ERROR_TEXT => {
            c"the text is not a scheme, such as \"he_normal\" or \"xavier_uniform(gain=0.5)\""
        }
        WI_ERROR_SHAPE => c"the shape has an unknown layout or flag, a kernel with a gap, or is packed without a stack",
        WI_ERROR_PART => c"the request has an unknown kind of part",
        WI_ERROR_BIASES => c"the layer has an unknown kind of biases",
        WI_ERROR_STACK => c"the function does not fill stacks",
        WI_ERROR_NOT_FINITE => c"a value is NaN or infinite",
        WI_ERROR_RANGE => c"a value lies outside the range of the distribution",
        WI_ERROR_ZEROS => c"there are too many zeros",
        WI_ERROR_REPEATS => c"too many values equal the value 16 before them",
        WI_ERROR_WRONG_MEAN => c"the mean is too far from that of the distribution",
        WI_ERROR_WRONG_STD => c"the standard deviation is too far from that of the distribution",
        WI_ERROR_BEYOND => c"too few or too many values are far from the mean",
        WI_ERROR_DIFFERENT => c"the values are not those of the plan and the stream",
        _ => c"unknown error",
    };
    text.as_ptr()
}

/// Returns the code of a result.
pub(crate) fn code(result: Result<(), wi_error>) -> wi_error {
    result.err().unwrap_or(WI_OK)
}

/// Returns the code of an error of a request.
pub(crate) fn of_request(error: InitError) -> wi_error {
    error.code().into()
}

/// Returns the code of a mismatch.
pub(crate) fn of_mismatch(mismatch: Mismatch) -> wi_error {
    match mismatch {
        Mismatch::Request(error) => of_request(error),
        Mismatch::NotFinite { .. } => WI_ERROR_NOT_FINITE,
        Mismatch::Range { .. } => WI_ERROR_RANGE,
        Mismatch::Zeros { .. } => WI_ERROR_ZEROS,
        Mismatch::Repeats { .. } => WI_ERROR_REPEATS,
        Mismatch::Mean { .. } => WI_ERROR_WRONG_MEAN,
        Mismatch::Std { .. } => WI_ERROR_WRONG_STD,
        // A later version may have more kinds.
        _ => WI_ERROR_BEYOND,
    }
}

/// Returns the code of a mismatch in a plan.
pub(crate) fn of_plan_mismatch(mismatch: PlanMismatch) -> wi_error {
    match mismatch {
        PlanMismatch::Request(error) => of_request(error),
        PlanMismatch::Tensor { mismatch, .. } => of_mismatch(mismatch),
        // A later version may have more kinds.
        _ => WI_ERROR_DIFFERENT,
    }
}
