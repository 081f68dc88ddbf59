//! The diagonal of the channels, on which identity, Dirac and bilinear kernels have their values.

use core::{num::NonZero, ops::Range};

use crate::scheme::axes::Axes;

/// Calls `visit` for each weight of the diagonal in the part of a tensor that has `len` values from `start`
/// on. The arguments are the weight's offset from `start`, and its element of the kernel.
///
/// The diagonal is where channel i of the minor axis meets channel i of a group on the major axis, at each of
/// the given `elements` of the kernel.
///
/// The first weight in the part is found by division, so the cost follows the part and not the tensor. The
/// part must not be empty and must end within the tensor, so that no index overflows.
pub(super) fn diagonal(
    axes: &Axes,
    groups: usize,
    elements: Range<usize>,
    start: usize,
    len: usize,
    mut visit: impl FnMut(usize, usize),
) {
    let major_per_group = axes.major.checked_div(groups).unwrap_or(0);
    let channels = major_per_group.min(axes.minor);
    let first = axes.index(0, 0, elements.start);
    // The indices are first + group × group.step + channel × channel.step + element × element.step.
    let group = Steps::new(groups, || axes.index(major_per_group, 0, elements.start) - first);
    let channel = Steps::new(channels, || axes.index(1, 1, elements.start) - first);
    let element = Steps::new(elements.len(), || axes.index(0, 0, elements.start + 1) - first);
    // All indices of one outer step come before those of the next.
    let element_is_outer = axes.major_is_last();
    let (outer, inner) = if element_is_outer { (element, group) } else { (group, element) };
    let distance = start.saturating_sub(first);
    let (mut i, rest) = (distance / outer.step, distance % outer.step);
    let (mut j, rest) = (rest / channel.step, rest % channel.step);
    let mut k = rest / inner.step + usize::from(rest % inner.step != 0);
    loop {
        if k >= inner.count {
            (j, k) = (j + 1, 0);
        }
        if j >= channel.count {
            (i, j, k) = (i + 1, 0, 0);
        }
        if i >= outer.count {
            return;
        }
        let index = first + i * outer.step.get() + j * channel.step.get() + k * inner.step.get();
        let Some(offset) = index.checked_sub(start).filter(|&offset| offset < len) else {
            return;
        };
        visit(offset, elements.start + if element_is_outer { i } else { k });
        k += 1;
    }
}

/// A number of indices at equal distances.
#[derive(Clone, Copy)]
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
