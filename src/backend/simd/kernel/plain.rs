//! Numbers that may be copied to and from vectors byte by byte.

/// Types without padding for which every bit pattern is valid.
///
/// # Safety
///
/// The type has no padding, and every bit pattern is a valid value.
pub(crate) unsafe trait Plain: Copy {}
// SAFETY: `u8` … `f32` have no padding, and every bit pattern is a valid value.
unsafe impl Plain for u8 {}
// SAFETY: the same.
unsafe impl Plain for u16 {}
// SAFETY: the same.
unsafe impl Plain for u32 {}
// SAFETY: the same.
unsafe impl Plain for u64 {}
// SAFETY: the same.
unsafe impl Plain for f32 {}
