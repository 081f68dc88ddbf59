//! The kernel of linear interpolation, for convolutions that upscale an image.

/// Returns the value of the interpolation at an element of a kernel of the given sizes: the product of the
/// values along each axis, from the last axis to the first.
pub(super) fn interpolation(kernel: &[usize], mut element: usize) -> f32 {
    kernel.iter().rev().fold(1.0, |product, &size| {
        let at = element.checked_rem(size).unwrap_or(0);
        element = element.checked_div(size).unwrap_or(0);
        product * along_axis(size, at)
    })
}

/// Returns 1 − |at − (size − 1) / 2| / f for f = ⌈size / 2⌉, which falls linearly from the middle of the axis
/// to both ends.
///
/// It is the quotient of two integers, so that it is rounded only once. They are counted from the nearer end.
fn along_axis(size: usize, at: usize) -> f32 {
    let from_end = at.min(size.saturating_sub(at).saturating_sub(1));
    if size.is_multiple_of(2) {
        (2 * from_end + 1) as f32 / size as f32
    } else {
        (from_end + 1) as f32 / (size / 2 + 1) as f32
    }
}
