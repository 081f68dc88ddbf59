//! Requests of any part, in any format, with any scheme.

use core::ffi::c_char;

use half::{bf16, f16};
use weight_init::{Draw, Element, FixedPoint, InitError, Quantization, Shape};

use crate::{
    error::{WI_ERROR_PART, code, of_request, wi_error},
    fill::wi_quantization,
    raw,
    scheme::by_text,
    shape::wi_shape,
    stream::wi_stream,
};

/// Part: the whole tensor.
pub const WI_WHOLE: u32 = 0;
/// Part: the flat indices from `start` on, as many as the buffer has room for.
pub const WI_RANGE: u32 = 1;
/// Part: a block, given by `offsets` and `sizes`.
pub const WI_BLOCK: u32 = 2;
/// Part: shard number `shard` of `shards` along `axis`. Each has size / shards indices, rounded up; the last ones may have
/// fewer or none.
pub const WI_SHARD: u32 = 3;

/// A request: which values, and where they go. Fields that are 0 have their usual value.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct wi_draw {
    /// The scheme as text, such as "he_normal" or "xavier_uniform(gain=0.5)"; or NULL, and then `scheme` is read. The
    /// beginning of the header lists the schemes.
    pub text: *const c_char,
    /// The number of the scheme. 0 is WI_ZEROS.
    pub scheme: u32,
    /// WI_WHOLE, WI_RANGE, WI_BLOCK or WI_SHARD.
    pub part: u32,
    /// The tensor's stream.
    pub stream: wi_stream,
    /// The shape of the whole tensor.
    pub shape: wi_shape,
    /// For WI_RANGE, the flat index at which the part begins.
    pub start: u64,
    /// The number of axes of `offsets`, `sizes` and `strides`.
    pub rank: usize,
    /// For WI_BLOCK, the index along each axis at which the block begins.
    pub offsets: *const usize,
    /// For WI_BLOCK, the block's size along each axis.
    pub sizes: *const usize,
    /// For WI_SHARD, the axis that is split.
    pub axis: usize,
    /// For WI_SHARD, the number of the shard, counted from 0.
    pub shard: usize,
    /// For WI_SHARD, the number of shards.
    pub shards: usize,
    /// The distance, in slots, from one index to the next along each axis of the part; or NULL, and then the slots
    /// lie in row-major order without gaps. Slots between strides are not written. With WI_RANGE they give WI_ERROR_PART.
    pub strides: *const usize,
}

impl wi_draw {
    /// Calls a function with the request, as the library takes it, for a buffer of `len` slots.
    ///
    /// # Safety
    ///
    /// The caller's contract.
    unsafe fn with<T>(
        request: *const Self,
        len: Option<usize>,
        run: impl FnOnce(Draw) -> Result<T, InitError>,
    ) -> Result<T, wi_error> {
        // SAFETY: the caller's contract.
        let this = unsafe { raw::value(request) }?;
        // SAFETY: as above.
        let init = unsafe { by_text(this.text, this.scheme) }?;
        let shape = this.shape.shape()?;
        let draw = init.draw(this.stream.into(), &shape).map_err(of_request)?;
        // SAFETY: as above.
        let axes = |first| unsafe { raw::values::<usize>(first, this.rank) };
        if this.part == WI_RANGE && !this.strides.is_null() {
            return Err(WI_ERROR_PART);
        }
        let draw = match this.part {
            WI_WHOLE => Ok(draw),
            WI_RANGE => draw.range(this.start..this.end(&shape, len)),
            WI_BLOCK => draw.block(axes(this.offsets)?, axes(this.sizes)?),
            WI_SHARD => draw.shard(this.axis, this.shard, this.shards),
            _ => return Err(WI_ERROR_PART),
        };
        let strided = |draw: Draw| -> Result<T, wi_error> {
            if this.strides.is_null() {
                return run(draw).map_err(of_request);
            }
            draw.strided(axes(this.strides)?).and_then(run).map_err(of_request)
        };
        draw.map_err(of_request).and_then(strided)
    }

    /// Returns the end of a range in a buffer of `len` slots. Without a buffer it is the end of the tensor.
    fn end(&self, shape: &Shape, len: Option<usize>) -> u64 {
        match len {
            Some(len) => self.start.saturating_add(len as u64),
            None => self.start.max(shape.len() as u64),
        }
    }
}

/// Computes the number of slots that a request writes or steps over, which is the length that its buffer needs.
/// For WI_RANGE it is the number of values from `start` to the end of the tensor.
///
/// @param request the request
/// @param len receives the number of slots
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wi_draw_len(request: *const wi_draw, len: *mut usize) -> wi_error {
    // SAFETY: the caller's contract.
    let counted = unsafe { raw::value(request) }.and_then(|this| {
        // SAFETY: as above.
        let strides = if this.strides.is_null() {
            None
        } else {
            Some(unsafe { raw::values(this.strides, this.rank) }?)
        };
        let slots = |draw: Draw| match strides {
            Some(strides) if !draw.is_empty() => span(&draw.dims()?, strides),
            _ => Ok(draw.len()),
        };
        // SAFETY: as above.
        unsafe { wi_draw::with(request, None, slots) }
    });
    code(counted.map(|given| {
        // SAFETY: as above.
        unsafe { raw::give(len, given) };
    }))
}

/// Returns the number of slots from the first to the last one of a part with strides.
fn span(dims: &[usize], strides: &[usize]) -> Result<usize, InitError> {
    let steps =
        dims.iter().zip(strides).map(|(size, stride)| size.saturating_sub(1).checked_mul(*stride));
    let last = steps.into_iter().try_fold(0_usize, |last, step| last.checked_add(step?));
    last.and_then(|last| last.checked_add(1)).ok_or(InitError::Overflow)
}

/// Writes floating-point values.
///
/// # Safety
///
/// The caller's contract.
unsafe fn write<E: Element>(request: *const wi_draw, out: *mut E, len: usize) -> wi_error {
    // SAFETY: the caller's contract.
    code(unsafe { raw::slots(out, len) }.and_then(|out| {
        // SAFETY: as above.
        unsafe { wi_draw::with(request, Some(len), |draw| draw.write_as(out)) }
    }))
}

/// Writes integers.
///
/// # Safety
///
/// The caller's contract.
unsafe fn write_fixed<Q: FixedPoint>(
    request: *const wi_draw,
    quantization: *const wi_quantization,
    out: *mut Q,
    len: usize,
    saturated: *mut usize,
) -> wi_error {
    // SAFETY: the caller's contract.
    let arguments = unsafe { raw::value(quantization) }
        .and_then(|quantization| Ok((quantization, unsafe { raw::slots(out, len) }?)));
    code(arguments.and_then(|(&quantization, out)| {
        let quantization = Quantization::from(quantization);
        // SAFETY: as above.
        let given = unsafe {
            wi_draw::with(request, Some(len), |draw| draw.write_fixed(quantization, out))
        }?;
        // SAFETY: as above.
        unsafe { raw::give(saturated, given) };
        Ok(())
    }))
}

/// Writes the values of a request as float.
///
/// @param request the request
/// @param out the buffer
/// @param len its length: that of wi_draw_len(), with strides at least that, and for WI_RANGE the length of the part
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wi_write_f32(
    request: *const wi_draw,
    out: *mut f32,
    len: usize,
) -> wi_error {
    // SAFETY: the caller's contract.
    unsafe { write(request, out, len) }
}

/// Does the same as wi_write_f32() as the bits of bfloat16.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wi_write_bf16(
    request: *const wi_draw,
    out: *mut u16,
    len: usize,
) -> wi_error {
    // SAFETY: the caller's contract. A `bf16` is a `u16`.
    unsafe { write(request, out.cast::<bf16>(), len) }
}

/// Does the same as wi_write_f32() as the bits of IEEE half precision.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wi_write_f16(
    request: *const wi_draw,
    out: *mut u16,
    len: usize,
) -> wi_error {
    // SAFETY: the caller's contract. An `f16` is a `u16`.
    unsafe { write(request, out.cast::<f16>(), len) }
}

/// Does the same as wi_write_f32() in 8-bit integers. Values are rounded once, to nearest and ties to even, and
/// saturate.
///
/// @param request the request
/// @param quantization the scale
/// @param out the buffer
/// @param len its length
/// @param saturated receives the number of values that saturated; may be NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wi_write_i8(
    request: *const wi_draw,
    quantization: *const wi_quantization,
    out: *mut i8,
    len: usize,
    saturated: *mut usize,
) -> wi_error {
    // SAFETY: the caller's contract.
    unsafe { write_fixed(request, quantization, out, len, saturated) }
}

/// Does the same as wi_write_i8() in unsigned 8-bit integers, which have a zero point.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wi_write_u8(
    request: *const wi_draw,
    quantization: *const wi_quantization,
    out: *mut u8,
    len: usize,
    saturated: *mut usize,
) -> wi_error {
    // SAFETY: the caller's contract.
    unsafe { write_fixed(request, quantization, out, len, saturated) }
}

/// Does the same as wi_write_i8() in 16-bit integers.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wi_write_i16(
    request: *const wi_draw,
    quantization: *const wi_quantization,
    out: *mut i16,
    len: usize,
    saturated: *mut usize,
) -> wi_error {
    // SAFETY: the caller's contract.
    unsafe { write_fixed(request, quantization, out, len, saturated) }
}

/// Does the same as wi_write_i8() in 32-bit integers.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wi_write_i32(
    request: *const wi_draw,
    quantization: *const wi_quantization,
    out: *mut i32,
    len: usize,
    saturated: *mut usize,
) -> wi_error {
    // SAFETY: the caller's contract.
    unsafe { write_fixed(request, quantization, out, len, saturated) }
}
