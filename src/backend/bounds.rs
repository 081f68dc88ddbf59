//! The second pass of a normal with bounds: finds the values outside, and redraws them one by one.

use crate::sampler::bounded::Bounded;

/// Replaces each value outside the bounds in a part of a block that begins at `position`. One branch tests
/// sixteen values at once, because at ±3 σ none of them lies outside in 96 % of the cases.
pub(super) fn redraw(bounded: &Bounded, block_key: u64, mut position: usize, values: &mut [f32]) {
    const SCANNED: usize = 16;
    let &Bounded { low, high, .. } = bounded;
    let (groups, rest) = values.as_chunks_mut::<SCANNED>();
    for group in groups {
        if group.iter().fold(false, |any, &value| any | (value < low) | (value > high)) {
            redraw_each(bounded, block_key, position, group);
        }
        position += SCANNED;
    }
    redraw_each(bounded, block_key, position, rest);
}

/// Replaces each value outside the bounds, with a branch for each value.
#[inline]
pub(super) fn redraw_each(bounded: &Bounded, block_key: u64, position: usize, values: &mut [f32]) {
    for (i, value) in values.iter_mut().enumerate() {
        if !bounded.contains(*value) {
            *value = bounded.redraw(block_key, position + i);
        }
    }
}
