//! Checks of filled tensors.

use crate::{
    error::{code, of_mismatch, wi_error},
    raw,
    scheme::drawn,
    shape::wi_shape,
};

/// Checks by statistics whether a scheme can have produced the values of a tensor.
///
/// It finds NaN, zeros, wrong scales and stuck memory. A good tensor is rejected with a probability below 10^-9. It
/// can't tell one seed from another, and doesn't see a flipped bit: wi_plan_matches() compares every bit. For the
/// schemes from WI_ZEROS to WI_PYTORCH_DEFAULT.
///
/// @param scheme the number of the scheme
/// @param shape the tensor's shape
/// @param values the values
/// @param len the number of values, which must be that of the shape
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wi_verify(
    scheme: u32,
    shape: *const wi_shape,
    values: *const f32,
    len: usize,
) -> wi_error {
    // SAFETY: the caller's contract.
    let arguments = unsafe { raw::value(shape) }.and_then(|shape| {
        Ok((drawn(scheme)?, shape.shape()?, unsafe { raw::values(values, len) }?))
    });
    code(
        arguments
            .and_then(|(init, shape, values)| init.verify(&shape, values).map_err(of_mismatch)),
    )
}
