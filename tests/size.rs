//! The size of the tests that draw many values or try many cases.

extern crate std;

/// Returns `full` in release code or if the variable `FULL_SIZE` is set, and otherwise `small`.
///
/// It also returns `small` where CI runs the tests of the bits again for another processor, a forced backend or the
/// sanitizer.
pub fn size<T>(small: T, full: T) -> T {
    let is_full = cfg!(not(any(debug_assertions, weight_init_bits)));
    if is_full || std::env::var_os("FULL_SIZE").is_some() { full } else { small }
}
