//! Slices of slots, seen as initialised or not.

use core::mem::MaybeUninit;

/// Returns a slice as one to write to.
///
/// # Safety
///
/// The caller writes initialised values only.
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
