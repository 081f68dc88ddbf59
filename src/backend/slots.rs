//! Slices of slots, seen as initialised or not.

use core::mem::MaybeUninit;

#[cfg(feature = "alloc")]
use crate::error::InitError;

/// Returns a slice as one to write to.
///
/// # Safety
///
/// The caller leaves every slot initialised.
#[inline]
pub(super) unsafe fn uninit<T>(out: &mut [T]) -> &mut [MaybeUninit<T>] {
    // SAFETY: `MaybeUninit<T>` has the layout of `T`, and the caller leaves every slot initialised.
    unsafe { &mut *(core::ptr::from_mut(out) as *mut [MaybeUninit<T>]) }
}

/// Returns a slice that has been written as one to read from.
///
/// # Safety
///
/// The caller has written every slot.
#[inline]
pub(super) unsafe fn init<T>(out: &mut [MaybeUninit<T>]) -> &mut [T] {
    // SAFETY: `MaybeUninit<T>` has the layout of `T`, and the caller has written every slot.
    unsafe { &mut *(core::ptr::from_mut(out) as *mut [T]) }
}

/// Returns a `Vec` of `len` values that `write` initialises, and the second result of `write`. `write` must return
/// the whole slice.
#[cfg(feature = "alloc")]
pub(crate) fn collect<T, X>(
    len: usize,
    write: impl FnOnce(&mut [MaybeUninit<T>]) -> Result<(&mut [T], X), InitError>,
) -> Result<(alloc::vec::Vec<T>, X), InitError> {
    let mut values = alloc::vec::Vec::new();
    values.try_reserve_exact(len).map_err(|_| InitError::OutOfMemory)?;
    let slots = values.spare_capacity_mut().get_mut(..len).unwrap_or_default();
    let first = slots.as_ptr().cast::<T>();
    let (written, other) = write(slots)?;
    if written.as_ptr() == first && written.len() == len {
        // SAFETY: the capacity is at least `len`. The slice is the one that was passed, so all of its
        // values are initialised.
        unsafe { values.set_len(len) };
    }
    Ok((values, other))
}
