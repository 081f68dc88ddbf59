//! Ones on the diagonal of the channels, at one element of the kernel: identity and Dirac.

use core::num::NonZero;

use crate::scheme::axes::Axes;

/// Fills the part of a tensor from `start` on with zeros and ones. Returns the number of ones.
///
/// The ones are at one `element` of the kernel, where channel i of the minor axis meets channel i of a
/// group on the major axis. All other values are zero.
///
/// The first one in the part is found by division, so the cost follows the part and not the tensor. The
/// part must not be empty and must end within the tensor, so that no index overflows.
pub(super) fn diagonal<T: Copy>(
    axes: &Axes,
    groups: usize,
    element: usize,
    [zero, one]: [T; 2],
    start: usize,
    out: &mut [T],
) -> usize {
    out.fill(zero);
    let major_per_group = axes.major.checked_div(groups).unwrap_or(0);
    let channels = major_per_group.min(axes.minor);
    let first = axes.index(0, 0, element);
    // The indices of the ones are first + group × group.step + channel × channel.step.
    let group = Steps::new(groups, || axes.index(major_per_group, 0, element) - first);
    let channel = Steps::new(channels, || axes.index(1, 1, element) - first);
    // All ones of one outer step come before those of the next, in every layout.
    let (outer, inner) =
        if group.step > channel.step { (group, channel) } else { (channel, group) };
    let distance = start.saturating_sub(first);
    let (mut i, rest) = (distance / outer.step, distance % outer.step);
    let mut j = rest / inner.step + usize::from(rest % inner.step != 0);
    let mut ones = 0;
    loop {
        if j >= inner.count {
            (i, j) = (i + 1, 0);
        }
        if i >= outer.count || j >= inner.count {
            return ones;
        }
        let index = first + i * outer.step.get() + j * inner.step.get();
        let Some(slot) = index.checked_sub(start).and_then(|offset| out.get_mut(offset)) else {
            return ones;
        };
        *slot = one;
        ones += 1;
        j += 1;
    }
}

/// A number of indices at equal distances.
struct Steps {
    count: usize,
    step: NonZero<usize>,
}

impl Steps {
    /// Returns `count` indices at a distance of `step`. It is computed only if there is a second index,
    /// because otherwise it may overflow.
    fn new(count: usize, step: impl FnOnce() -> usize) -> Self {
        let step = if count > 1 { NonZero::new(step()) } else { None };
        Self { count, step: step.unwrap_or(NonZero::<usize>::MAX) }
    }
}
