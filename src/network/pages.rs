//! A plan's values in order, a page at a time.

use core::ops::Range;

use super::tensor::{Tensor, Values, check_parts, parts};
use crate::{
    backend::{Executor, Resumed},
    error::InitError,
    slot::{Element, FixedPoint, Quantization, Rounding},
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

/// The flat index at which a page begins, and its slots.
type Page<'page, T> = (usize, &'page mut [T]);

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
        // The parts of an orthogonal matrix were refused when the pages were made.
        self.next_by(&Tensor::float, page).ok().flatten()
    }

    /// Does the same as [`next_page`](Self::next_page) for slots of another floating-point format, as in
    /// [`PlanDraw::write_as`](crate::PlanDraw::write_as).
    ///
    /// # Errors
    ///
    /// Returns [`TooLargeForFormat`](InitError::TooLargeForFormat). Then nothing is written, and the page remains
    /// the next one.
    pub fn next_page_as<'page, E: Element>(
        &mut self,
        page: &'page mut [E],
    ) -> Result<Option<(usize, &'page mut [E])>, InitError> {
        self.next_by(&Tensor::float, page)
    }

    /// Does the same as [`next_page`](Self::next_page) for slots of integers, as in
    /// [`PlanDraw::write_fixed`](crate::PlanDraw::write_fixed). `quantization` chooses the fraction bits or the
    /// [`Quantization`] of each tensor.
    ///
    /// ```
    /// use weight_init::{Activation, Layer, Plan, Shape, Stream};
    ///
    /// let layers = [Layer::new("fc", Shape::dense(30, 10), Activation::Relu)];
    /// let plan: Plan<2> = Plan::from_layers(&layers)?;
    /// let mut weights = [0_i8; 310];
    /// plan.draw(Stream::new(42)).write_fixed(|_| 6, &mut weights)?;
    ///
    /// let mut pages = plan.pages(Stream::new(42))?;
    /// let mut page = [0_i8; 64];
    /// while let Some((start, values)) = pages.next_page_fixed(|_| 6, &mut page)? {
    ///     assert_eq!(values, &weights[start..start + values.len()]);
    /// }
    /// # Ok::<(), weight_init::InitError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`QuantizationScale`](InitError::QuantizationScale) or [`ZeroPoint`](InitError::ZeroPoint). Then
    /// nothing is written, and the page remains the next one.
    pub fn next_page_fixed<'page, Q: FixedPoint, T: Into<Quantization>>(
        &mut self,
        quantization: impl Fn(&Tensor<'a>) -> T,
        page: &'page mut [Q],
    ) -> Result<Option<(usize, &'page mut [Q])>, InitError> {
        self.next_by(&|tensor: &Tensor<'a>| tensor.fixed(quantization(tensor)), page)
    }

    /// Fills the next page. Not inlined, so that `next_page` and `Plan::matches` share it.
    #[inline(never)]
    pub(super) fn next_by<'page, R: Rounding>(
        &mut self,
        rounding: &impl Fn(&Tensor<'a>) -> Result<R, InitError>,
        page: &'page mut [R::Slot],
    ) -> Result<Option<Page<'page, R::Slot>>, InitError> {
        let Range { start, end } = self.range;
        let len = page.len().min(end - start);
        let values = page.get_mut(..len).unwrap_or_default();
        if values.is_empty() {
            return Ok(None);
        }
        check_parts(self.tensors, start, len, rounding)?;
        for (tensor, skipped, part) in parts(self.tensors, start, len) {
            let (rounding, part) = (rounding(tensor)?, values.get_mut(part).unwrap_or_default());
            match tensor.values {
                Values::Drawn(distribution, _) => {
                    let stream = tensor.stream(self.stream);
                    let fill = distribution.fill_from(Executor::FASTEST, stream, skipped as u64);
                    fill.write_resumed(rounding, &mut self.lanes, part);
                }
                Values::Special(..) => {
                    tensor.write(Executor::FASTEST, rounding, self.stream, skipped, part);
                }
            }
        }
        self.range.start += len;
        Ok(Some((start, values)))
    }
}
