//! Slices and texts of C.

use core::{
    ffi::{CStr, c_char},
    slice,
};

use crate::error::{WI_ERROR_NOT_UTF8, WI_ERROR_NULL, WI_ERROR_TOO_LONG, wi_error};

/// Returns some slots of C's.
///
/// # Safety
///
/// The pointer is NULL, or the caller's contract holds for `len` values.
pub(crate) unsafe fn slots<'a, T>(first: *mut T, len: usize) -> Result<&'a mut [T], wi_error> {
    check::<T>(len)?;
    // SAFETY: the caller's contract.
    unsafe { slots_of_a_shape(first, len) }
}

/// Does the same as [`slots`] for a length that is that of a shape. A length that doesn't fit in an `isize` is then no
/// mistake of the call, because the contract says that there are as many values.
///
/// # Safety
///
/// As for [`slots`].
#[inline(always)]
pub(crate) unsafe fn slots_of_a_shape<'a, T>(
    first: *mut T,
    len: usize,
) -> Result<&'a mut [T], wi_error> {
    if len == 0 {
        return Ok(&mut []);
    }
    if first.is_null() {
        return Err(WI_ERROR_NULL);
    }
    // SAFETY: the pointer is not NULL, and the caller's contract says that the values are there and are not used
    // otherwise. Every bit pattern is valid, because `T` is a number. No object of C is longer than `isize::MAX` bytes.
    Ok(unsafe { slice::from_raw_parts_mut(first, len) })
}

/// Returns some values of C's.
///
/// # Safety
///
/// The pointer is NULL, or the caller's contract holds for `len` values.
pub(crate) unsafe fn values<'a, T>(first: *const T, len: usize) -> Result<&'a [T], wi_error> {
    check::<T>(len)?;
    if len == 0 {
        return Ok(&[]);
    }
    if first.is_null() {
        return Err(WI_ERROR_NULL);
    }
    // SAFETY: as in `slots_of_a_shape`.
    Ok(unsafe { slice::from_raw_parts(first, len) })
}

/// Returns an error if no slice has as many values.
fn check<T>(len: usize) -> Result<(), wi_error> {
    if len > isize::MAX as usize / size_of::<T>() { Err(WI_ERROR_TOO_LONG) } else { Ok(()) }
}

/// Returns a value of C's.
///
/// # Safety
///
/// The pointer is NULL, or the caller's contract holds for one value.
pub(crate) unsafe fn value<'a, T>(pointer: *const T) -> Result<&'a T, wi_error> {
    // SAFETY: the caller's contract.
    unsafe { pointer.as_ref() }.ok_or(WI_ERROR_NULL)
}

/// Writes a result, unless the pointer is NULL because nobody wants it.
///
/// # Safety
///
/// The pointer is NULL, or the caller's contract holds for one value.
pub(crate) unsafe fn give<T>(pointer: *mut T, value: T) {
    if !pointer.is_null() {
        // SAFETY: the caller's contract.
        unsafe { pointer.write(value) };
    }
}

/// Returns the bytes of a text. NULL is the empty text.
///
/// # Safety
///
/// The pointer is NULL or points to a text that ends with a NUL.
pub(crate) unsafe fn bytes<'a>(text: *const c_char) -> &'a [u8] {
    // SAFETY: the caller's contract.
    if text.is_null() { &[] } else { unsafe { CStr::from_ptr(text) }.to_bytes() }
}

/// Returns a text that must be UTF-8.
///
/// # Safety
///
/// As for [`bytes`].
pub(crate) unsafe fn text<'a>(text: *const c_char) -> Result<&'a str, wi_error> {
    // SAFETY: as for `bytes`.
    str::from_utf8(unsafe { bytes(text) }).map_err(|_| WI_ERROR_NOT_UTF8)
}

/// Does the same as [`text`], but NULL is an error.
///
/// # Safety
///
/// As for [`bytes`].
pub(crate) unsafe fn name<'a>(name: *const c_char) -> Result<&'a str, wi_error> {
    // SAFETY: as for `bytes`.
    if name.is_null() { Err(WI_ERROR_NULL) } else { unsafe { text(name) } }
}
