//! Fills with the schemes that have a number.

use core::ops::Range;

use half::bf16;
use weight_init::{Distribution, FixedPoint, Quantization};

use crate::{
    error::{WI_ERROR_RANGE_PAST_END, code, of_request, wi_error},
    raw,
    scheme::{WI_ONES, WI_ZEROS, by_number, drawn},
    shape::wi_shape,
    stream::wi_stream,
};

/// Returns the distribution of a scheme, and the number of values of the whole tensor. It uses no request of the
/// library's, because requests have the code of structured schemes and stacks.
///
/// # Safety
///
/// The caller's contract.
unsafe fn distribution(
    scheme: u32,
    shape: *const wi_shape,
) -> Result<(Distribution, u64), wi_error> {
    // SAFETY: the caller's contract.
    let wi_shape = unsafe { raw::value(shape) }?;
    let (init, shape) = (drawn(scheme)?, wi_shape.unstacked()?);
    let len = shape.try_len().map_err(of_request)?;
    if len == 0 {
        return Ok((Distribution::Constant { value: 0.0 }, 0));
    }
    let distribution = match scheme {
        // These need no fan.
        WI_ZEROS => Distribution::Constant { value: 0.0 },
        WI_ONES => Distribution::Constant { value: 1.0 },
        _ => shape.fan().and_then(|fan| init.distribution(fan)).map_err(of_request)?,
    };
    Ok((distribution, len as u64))
}

/// Returns the range of a part, or an error if it reaches past the end.
fn part(start: u64, len: usize, end: u64) -> Result<Range<u64>, wi_error> {
    match start.checked_add(len as u64) {
        Some(part_end) if part_end <= end => Ok(start..part_end),
        _ => Err(WI_ERROR_RANGE_PAST_END),
    }
}

/// Does what wi_fill() does for every scheme that has a number, and for stacks. The program then contains the code for
/// all of them.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wi_fill_any_scheme(
    scheme: u32,
    stream: wi_stream,
    shape: *const wi_shape,
    out: *mut f32,
    len: usize,
) -> wi_error {
    // SAFETY: the caller's contract.
    let arguments = unsafe { raw::value(shape) }
        // SAFETY: the caller's contract.
        .and_then(|shape| {
            Ok((by_number(scheme)?, shape.shape()?, unsafe { raw::slots(out, len) }?))
        });
    code(
        arguments.and_then(|(init, shape, out)| {
            init.fill(stream.into(), &shape, out).map_err(of_request)
        }),
    )
}

/// Fills a part of a tensor with the values that it has in the whole tensor. For the schemes from WI_ZEROS to
/// WI_PYTORCH_DEFAULT; wi_write_f32() has the others.
///
/// @param scheme the number of the scheme
/// @param stream the tensor's stream
/// @param shape the shape of the whole tensor
/// @param start the flat index at which the part begins
/// @param out the part
/// @param len the number of values in the part
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wi_fill_range(
    scheme: u32,
    stream: wi_stream,
    shape: *const wi_shape,
    start: u64,
    out: *mut f32,
    len: usize,
) -> wi_error {
    // SAFETY: the caller's contract.
    code(unsafe { distribution(scheme, shape) }.and_then(|(distribution, end)| {
        // SAFETY: the caller's contract.
        let out = unsafe { raw::slots(out, len) }?;
        part(start, len, end)?;
        distribution.fill(stream.into(), start, out).map_err(of_request)
    }))
}

/// Scale and zero point of integers: value = scale * (integer - zero_point).
#[repr(C)]
#[derive(Clone, Copy)]
pub struct wi_quantization {
    /// The number of bits after the binary point, 0 to 120. It is not read if `scale` is not 0.
    pub fraction_bits: u32,
    /// The value of one step, from 2^-120 to 2^120; or 0, and then it is 2^-fraction_bits.
    pub scale: f32,
    /// The integer that stands for 0. It must be 0 for signed integers.
    pub zero_point: i32,
}

impl From<wi_quantization> for Quantization {
    fn from(quantization: wi_quantization) -> Self {
        let wi_quantization { fraction_bits, scale, zero_point } = quantization;
        let quantization = if scale == 0.0 {
            Self::from_fraction_bits(fraction_bits)
        } else {
            Self::from_scale(scale)
        };
        quantization.with_zero_point(zero_point)
    }
}

/// Writes a part of a tensor in fixed point.
///
/// # Safety
///
/// The caller's contract.
unsafe fn fixed<Q: FixedPoint>(
    scheme: u32,
    stream: wi_stream,
    shape: *const wi_shape,
    start: u64,
    fraction_bits: u32,
    (out, len): (*mut Q, usize),
    saturated: *mut usize,
) -> wi_error {
    // SAFETY: the caller's contract.
    code(unsafe { distribution(scheme, shape) }.and_then(|(distribution, end)| {
        // SAFETY: the caller's contract.
        let out = unsafe { raw::slots(out, len) }?;
        let draw = distribution.draw_range(stream.into(), part(start, len, end)?);
        let given =
            draw.and_then(|draw| draw.write_fixed(fraction_bits, out)).map_err(of_request)?;
        // SAFETY: the caller's contract.
        unsafe { raw::give(saturated, given) };
        Ok(())
    }))
}

/// Fills a tensor, or a part of it, with 8-bit fixed point. Values are rounded once, to nearest and ties to even,
/// and saturate. For the schemes from WI_ZEROS to WI_PYTORCH_DEFAULT; wi_write_i8() has the others, and other scales.
///
/// @param scheme the number of the scheme
/// @param stream the tensor's stream
/// @param shape the shape of the whole tensor
/// @param start the flat index at which the part begins
/// @param fraction_bits the bits after the binary point, 0 to 120. They may exceed 8, for small weights.
/// @param out the part
/// @param len the number of values in the part
/// @param saturated receives the number of values that saturated; may be NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wi_fill_i8(
    scheme: u32,
    stream: wi_stream,
    shape: *const wi_shape,
    start: u64,
    fraction_bits: u32,
    out: *mut i8,
    len: usize,
    saturated: *mut usize,
) -> wi_error {
    // SAFETY: the caller's contract.
    unsafe { fixed(scheme, stream, shape, start, fraction_bits, (out, len), saturated) }
}

/// Does the same as wi_fill_i8() in 16 bits.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wi_fill_i16(
    scheme: u32,
    stream: wi_stream,
    shape: *const wi_shape,
    start: u64,
    fraction_bits: u32,
    out: *mut i16,
    len: usize,
    saturated: *mut usize,
) -> wi_error {
    // SAFETY: the caller's contract.
    unsafe { fixed(scheme, stream, shape, start, fraction_bits, (out, len), saturated) }
}

/// Fills a tensor, or a part of it, with bfloat16: the upper half of a float, rounded to nearest and ties to even.
/// For the schemes from WI_ZEROS to WI_PYTORCH_DEFAULT.
///
/// @param scheme the number of the scheme
/// @param stream the tensor's stream
/// @param shape the shape of the whole tensor
/// @param start the flat index at which the part begins
/// @param out the part, as the bits of bfloat16 numbers
/// @param len the number of values in the part
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wi_fill_bf16(
    scheme: u32,
    stream: wi_stream,
    shape: *const wi_shape,
    start: u64,
    out: *mut u16,
    len: usize,
) -> wi_error {
    // SAFETY: the caller's contract.
    code(unsafe { distribution(scheme, shape) }.and_then(|(distribution, end)| {
        // SAFETY: the caller's contract. A `bf16` is a `u16`.
        let out = unsafe { raw::slots(out.cast::<bf16>(), len) }?;
        let draw = distribution.draw_range(stream.into(), part(start, len, end)?);
        draw.and_then(|draw| draw.write_as(out)).map_err(of_request)
    }))
}
