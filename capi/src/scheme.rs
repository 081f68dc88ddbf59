//! Schemes by number and by text.

use core::ffi::c_char;

use weight_init::Init;

use crate::{
    error::{WI_ERROR_SCHEME, WI_ERROR_TEXT, wi_error},
    raw,
};

/// All values are 0.
pub const WI_ZEROS: u32 = 0;
/// All values are 1.
pub const WI_ONES: u32 = 1;
/// He (Kaiming), normal: variance 2 / fan_in. For layers before a ReLU.
pub const WI_HE_NORMAL: u32 = 2;
/// He, uniform.
pub const WI_HE_UNIFORM: u32 = 3;
/// He, normal and truncated at two standard deviations.
pub const WI_HE_TRUNCATED_NORMAL: u32 = 4;
/// Xavier (Glorot), normal: variance 2 / (fan_in + fan_out).
pub const WI_XAVIER_NORMAL: u32 = 5;
/// Xavier, uniform.
pub const WI_XAVIER_UNIFORM: u32 = 6;
/// Xavier, normal and truncated at two standard deviations.
pub const WI_XAVIER_TRUNCATED_NORMAL: u32 = 7;
/// LeCun, normal: variance 1 / fan_in.
pub const WI_LECUN_NORMAL: u32 = 8;
/// LeCun, uniform.
pub const WI_LECUN_UNIFORM: u32 = 9;
/// LeCun, normal and truncated at two standard deviations.
pub const WI_LECUN_TRUNCATED_NORMAL: u32 = 10;
/// The default of PyTorch's layers: uniform, variance 1 / (3 fan_in).
pub const WI_PYTORCH_DEFAULT: u32 = 11;
/// Random orthogonal matrix. It can only be filled whole and as float: parts, pages, other formats and
/// wi_plan_matches() give WI_ERROR_WHOLE_TENSOR_ONLY.
pub const WI_ORTHOGONAL: u32 = 12;
/// Random orthogonal matrix in the middle of the kernel.
pub const WI_DELTA_ORTHOGONAL: u32 = 13;
/// Identity matrix.
pub const WI_IDENTITY: u32 = 14;
/// Convolution that keeps its input.
pub const WI_DIRAC: u32 = 15;
/// Transposed convolution that interpolates.
pub const WI_BILINEAR: u32 = 16;

/// Returns the scheme of a number if it draws each value by itself.
pub(crate) const fn drawn(number: u32) -> Result<Init, wi_error> {
    Ok(match number {
        WI_ZEROS => Init::zeros(),
        WI_ONES => Init::ones(),
        WI_HE_NORMAL => Init::he_normal(),
        WI_HE_UNIFORM => Init::he_uniform(),
        WI_HE_TRUNCATED_NORMAL => Init::he_truncated_normal(),
        WI_XAVIER_NORMAL => Init::xavier_normal(),
        WI_XAVIER_UNIFORM => Init::xavier_uniform(),
        WI_XAVIER_TRUNCATED_NORMAL => Init::xavier_truncated_normal(),
        WI_LECUN_NORMAL => Init::lecun_normal(),
        WI_LECUN_UNIFORM => Init::lecun_uniform(),
        WI_LECUN_TRUNCATED_NORMAL => Init::lecun_truncated_normal(),
        WI_PYTORCH_DEFAULT => Init::pytorch_default(),
        _ => return Err(WI_ERROR_SCHEME),
    })
}

/// Returns the scheme of a number.
pub(crate) const fn by_number(number: u32) -> Result<Init, wi_error> {
    Ok(match number {
        WI_ORTHOGONAL => Init::orthogonal(),
        WI_DELTA_ORTHOGONAL => Init::delta_orthogonal(),
        WI_IDENTITY => Init::identity(),
        WI_DIRAC => Init::dirac(),
        WI_BILINEAR => Init::bilinear(),
        _ => return drawn(number),
    })
}

/// Returns the scheme of a text, or of a number if the text is NULL.
///
/// # Safety
///
/// The caller's contract.
pub(crate) unsafe fn by_text(text: *const c_char, number: u32) -> Result<Init, wi_error> {
    if text.is_null() {
        return by_number(number);
    }
    // SAFETY: the caller's contract.
    unsafe { raw::text(text) }?.parse().map_err(|_| WI_ERROR_TEXT)
}
