//! Fills with schemes of one distribution. `release.sh` compiles each into an object of its own, so that the compiler
//! sees which distribution it is and removes the code of the others.

use weight_init::{Fan, FanMode, InitError, Shape, Stream};

use crate::{
    error::{WI_ERROR_SCHEME, WI_ERROR_WRONG_LENGTH, code, of_request, wi_error},
    raw,
    shape::wi_shape,
    stream::wi_stream,
};

/// Returns a shape that is no stack, and the slots for all of its values.
///
/// # Safety
///
/// The caller's contract.
#[inline(always)]
unsafe fn whole<'a>(
    shape: *const wi_shape,
    (out, len): (*mut f32, usize),
) -> Result<(Shape, &'a mut [f32]), wi_error> {
    // SAFETY: the caller's contract.
    let shape = unsafe { raw::value(shape) }?.unstacked()?;
    if shape.try_len().map_err(of_request)? != len {
        return Err(WI_ERROR_WRONG_LENGTH);
    }
    // SAFETY: the caller's contract.
    Ok((shape, unsafe { raw::slots_of_a_shape(out, len) }?))
}

/// Fills a whole tensor, if the scheme is one of those of the function. It doesn't call `Init::fill`, which has the code
/// of every scheme and of stacks unless the scheme is a constant.
///
/// # Safety
///
/// The caller's contract.
#[inline(always)]
unsafe fn fill(
    is_known: bool,
    counts_outputs: bool,
    write: impl FnOnce(Fan, Stream, &mut [f32]) -> Result<(), InitError>,
    stream: wi_stream,
    shape: *const wi_shape,
    (out, len): (*mut f32, usize),
) -> wi_error {
    // SAFETY: the caller's contract.
    code(unsafe { whole(shape, (out, len)) }.and_then(|(shape, out)| {
        if !is_known {
            return Err(WI_ERROR_SCHEME);
        }
        if out.is_empty() {
            return Ok(());
        }
        let mut fan = shape.fan().map_err(of_request)?;
        if !counts_outputs {
            // The mean of both fans is then that of the inputs, so that the code for one mode serves for both.
            fan.fan_out = fan.fan_in;
        }
        write(fan, stream.into(), out).map_err(of_request)
    }))
}

/// Does what wi_fill() does for WI_ZEROS and WI_ONES. Refuses other schemes and stacks.
#[cfg(feature = "constant")]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wi_fill_constant_scheme(
    scheme: u32,
    shape: *const wi_shape,
    out: *mut f32,
    len: usize,
) -> wi_error {
    use crate::scheme::{WI_ONES, WI_ZEROS};
    let value = match scheme {
        WI_ZEROS => 0.0,
        WI_ONES => 1.0,
        _ => return WI_ERROR_SCHEME,
    };
    // SAFETY: the caller's contract.
    code(unsafe { whole(shape, (out, len)) }.map(|(_, out)| out.fill(value)))
}

/// Does what wi_fill() does for WI_HE_NORMAL, WI_XAVIER_NORMAL and WI_LECUN_NORMAL. Refuses other schemes and stacks.
#[cfg(feature = "normal")]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wi_fill_normal_scheme(
    scheme: u32,
    stream: wi_stream,
    shape: *const wi_shape,
    out: *mut f32,
    len: usize,
) -> wi_error {
    use crate::scheme::{WI_HE_NORMAL, WI_LECUN_NORMAL, WI_XAVIER_NORMAL};
    let is_known = matches!(scheme, WI_HE_NORMAL | WI_LECUN_NORMAL | WI_XAVIER_NORMAL);
    let write = |fan: Fan, stream, out: &mut [f32]| {
        let scale = if scheme == WI_HE_NORMAL { 2.0 } else { 1.0 };
        weight_init::fill_normal(stream, 0, 0.0, fan.std(scale, FanMode::FanAvg)?, out)
    };
    // SAFETY: the caller's contract.
    unsafe { fill(is_known, scheme == WI_XAVIER_NORMAL, write, stream, shape, (out, len)) }
}

/// Does what wi_fill() does for WI_HE_TRUNCATED_NORMAL, WI_XAVIER_TRUNCATED_NORMAL and WI_LECUN_TRUNCATED_NORMAL.
/// Refuses other schemes and stacks.
#[cfg(feature = "truncated-normal")]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wi_fill_truncated_normal_scheme(
    scheme: u32,
    stream: wi_stream,
    shape: *const wi_shape,
    out: *mut f32,
    len: usize,
) -> wi_error {
    use crate::scheme::{
        WI_HE_TRUNCATED_NORMAL, WI_LECUN_TRUNCATED_NORMAL, WI_XAVIER_TRUNCATED_NORMAL,
    };
    let is_known = matches!(
        scheme,
        WI_HE_TRUNCATED_NORMAL | WI_LECUN_TRUNCATED_NORMAL | WI_XAVIER_TRUNCATED_NORMAL
    );
    let write = |fan: Fan, stream, out: &mut [f32]| {
        let scale = if scheme == WI_HE_TRUNCATED_NORMAL { 2.0 } else { 1.0 };
        weight_init::fill_truncated_normal(stream, 0, 0.0, fan.std(scale, FanMode::FanAvg)?, out)
    };
    // SAFETY: the caller's contract.
    unsafe {
        fill(is_known, scheme == WI_XAVIER_TRUNCATED_NORMAL, write, stream, shape, (out, len))
    }
}

/// Does what wi_fill() does for WI_HE_UNIFORM, WI_XAVIER_UNIFORM, WI_LECUN_UNIFORM and WI_PYTORCH_DEFAULT. Refuses
/// other schemes and stacks.
#[cfg(feature = "uniform")]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wi_fill_uniform_scheme(
    scheme: u32,
    stream: wi_stream,
    shape: *const wi_shape,
    out: *mut f32,
    len: usize,
) -> wi_error {
    use crate::scheme::{WI_HE_UNIFORM, WI_LECUN_UNIFORM, WI_PYTORCH_DEFAULT, WI_XAVIER_UNIFORM};
    let is_known =
        matches!(scheme, WI_HE_UNIFORM | WI_LECUN_UNIFORM | WI_PYTORCH_DEFAULT | WI_XAVIER_UNIFORM);
    let write = |fan: Fan, stream, out: &mut [f32]| {
        let scale = match scheme {
            WI_HE_UNIFORM => 2.0,
            WI_PYTORCH_DEFAULT => 1.0 / 3.0,
            _ => 1.0,
        };
        let bound = fan.std(3.0 * scale, FanMode::FanAvg)?;
        weight_init::fill_uniform(stream, 0, -bound, bound, out)
    };
    // SAFETY: the caller's contract.
    unsafe { fill(is_known, scheme == WI_XAVIER_UNIFORM, write, stream, shape, (out, len)) }
}
