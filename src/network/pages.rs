//! A plan's values in order, a page at a time.

use core::ops::Range;

use super::tensor::{Tensor, Values, parts};
use crate::{
    backend::{Executor, Resumed},
    slot::NoRounding,
    stream::Stream,
};

/// The values of a [`Plan`](crate::Plan) in order, a page at a time. [`PlanOf::pages`](crate::PlanOf::pages)
/// returns it.
#[derive(Clone, Debug)]
pub struct Pages<'plan, 'a> {
    tensors: &'plan [Tensor<'a>],
    stream: Stream,
    range: Range<usize>,
    lanes: Resumed,
}

impl<'plan, 'a> Pages<'plan, 'a> {
    pub(super) const fn new(
        tensors: &'plan [Tensor<'a>],
        stream: Stream,
        range: Range<usize>,
    ) -> Self {
        Self { tensors, stream, range, lanes: Resumed::new() }
    }

    /// Fills the next page. Returns the flat index at which the page begins, and its values. The last page
    /// may have fewer values than the slice has room for. Returns `None` after the last page, and for an
    /// empty slice. Pages may differ in length.
    pub fn next_page<'page>(
        &mut self,
        page: &'page mut [f32],
    ) -> Option<(usize, &'page mut [f32])> {
        let Self { tensors, stream, range: Range { start, end }, ref mut lanes } = *self;
        let values = page.get_mut(..page.len().min(end - start))?;
        if values.is_empty() {
            return None;
        }
        for (tensor, skipped, part) in parts(tensors, start, values.len()) {
            let part = values.get_mut(part).unwrap_or_default();
            match tensor.values {
                Values::Drawn(distribution) => {
                    let stream = tensor.stream(stream);
                    let fill = distribution.fill_from(Executor::FASTEST, stream, skipped as u64);
                    fill.write_resumed(NoRounding::new(), lanes, part);
                }
                Values::Special(..) => tensor.write(stream, skipped, part),
            }
        }
        self.range.start += values.len();
        Some((start, values))
    }
}
