//! Fills with schemes of one distribution. `release.sh` compiles each into an object of its own, so that the compiler
//! sees which distribution it is and removes the code of the others.

use weight_init::{Fan, FanMode, InitError, Stream};

use crate::{
    error::{
        WI_ERROR_NO_DISTRIBUTION, WI_ERROR_SCHEME, WI_ERROR_WRONG_LENGTH, code, of_request,
        wi_error,
    },
    raw,
    shape::wi_shape,
    stream::wi_stream,
};

/// Scale of a scheme, whose variance is scale / fan, and whether it counts the outputs too.
type Scale = (f32, bool);
const HE: Scale = (2.0, false);
const XAVIER: Scale = (1.0, true);
const LECUN: Scale = (1.0, false);
const PYTORCH: Scale = (1.0 / 3.0, false);

/// Fills a whole tensor. It doesn't go by way of `Init`, because its fill has the code of every scheme and of stacks,
/// unless the scheme is a constant.
///
/// # Safety
///
/// The caller's contract.
#[inline(always)]
unsafe fn fill(
    scale: Option<Scale>,
    write: impl FnOnce(Fan, f32, Stream, &mut [f32]) -> Result<(), InitError>,
    stream: wi_stream,
    shape: *const wi_shape,
    (out, len): (*mut f32, usize),
) -> wi_error {
    // SAFETY: the caller's contract.
    code(unsafe { raw::value(shape) }.and_then(|wi_shape| {
        let (scale, outputs_too) = scale.ok_or(WI_ERROR_SCHEME)?;
        let shape = wi_shape.inlined()?;
        // SAFETY: the caller's contract.
        let out = unsafe { raw::slots(out, len) }?;
        if shape.try_len().map_err(of_request)? != len {
            return Err(WI_ERROR_WRONG_LENGTH);
        }
        if wi_shape.stacked != 0 {
            return Err(WI_ERROR_NO_DISTRIBUTION);
        }
        if len == 0 {
            return Ok(());
        }
        let mut fan = shape.fan().map_err(of_request)?;
        if !outputs_too {
            // The mean of both fans is then that of the inputs, so that the code for one mode serves for both.
            fan.fan_out = fan.fan_in;
        }
        write(fan, scale, stream.into(), out).map_err(of_request)
    }))
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
    let scale = match scheme {
        WI_HE_NORMAL => Some(HE),
        WI_XAVIER_NORMAL => Some(XAVIER),
        WI_LECUN_NORMAL => Some(LECUN),
        _ => None,
    };
    let write = |fan: Fan, scale, stream, out: &mut [f32]| {
        weight_init::fill_normal(stream, 0, 0.0, fan.std(scale, FanMode::FanAvg)?, out)
    };
    // SAFETY: the caller's contract.
    unsafe { fill(scale, write, stream, shape, (out, len)) }
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
    let scale = match scheme {
        WI_HE_TRUNCATED_NORMAL => Some(HE),
        WI_XAVIER_TRUNCATED_NORMAL => Some(XAVIER),
        WI_LECUN_TRUNCATED_NORMAL => Some(LECUN),
        _ => None,
    };
    let write = |fan: Fan, scale, stream, out: &mut [f32]| {
        weight_init::fill_truncated_normal(stream, 0, 0.0, fan.std(scale, FanMode::FanAvg)?, out)
    };
    // SAFETY: the caller's contract.
    unsafe { fill(scale, write, stream, shape, (out, len)) }
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
    let scale = match scheme {
        WI_HE_UNIFORM => Some(HE),
        WI_XAVIER_UNIFORM => Some(XAVIER),
        WI_LECUN_UNIFORM => Some(LECUN),
        WI_PYTORCH_DEFAULT => Some(PYTORCH),
        _ => None,
    };
    let write = |fan: Fan, scale, stream, out: &mut [f32]| {
        let bound = fan.std(3.0 * scale, FanMode::FanAvg)?;
        weight_init::fill_uniform(stream, 0, -bound, bound, out)
    };
    // SAFETY: the caller's contract.
    unsafe { fill(scale, write, stream, shape, (out, len)) }
}
