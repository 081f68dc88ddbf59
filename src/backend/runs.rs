//! The indices of a block of a tensor, and where their slots are.

/// The largest number of axes of [`Runs`].
pub(crate) const AXES: usize = 9;

/// One axis of a block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Axis {
    /// The number of elements along the axis.
    pub(crate) len: usize,
    /// The distance of the indices of two neighbours in the stream.
    pub(crate) step: u64,
    /// The distance of their slots in the slice.
    pub(crate) stride: usize,
}

/// A run of consecutive indices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    /// The first index.
    pub(crate) start: u64,
    /// The number of indices. It is not zero.
    pub(crate) len: usize,
    /// The offset of the first index's slot in the slice.
    pub(crate) offset: usize,
    /// The distance of the slots of two neighbours.
    pub(crate) stride: usize,
}

/// The indices of a block, and where their slots are. It iterates over the block's runs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Runs {
    /// The axes in loop order, the outermost first, without the innermost two.
    axes: [Axis; AXES],
    rank: usize,
    /// The number of elements passed on each of these axes.
    at: [usize; AXES],
    next: Option<Rows>,
    /// The remaining rows of the current step of the iterator.
    rows: Option<Rows>,
}

/// Runs that follow one another along an axis.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rows {
    /// The first run.
    pub(super) run: Run,
    /// The number of runs. It is not zero.
    pub(super) count: usize,
    /// The distance of the first indices of two neighbours.
    pub(super) step: u64,
    /// The distance of their first slots.
    pub(super) stride: usize,
}

impl Rows {
    /// Removes the first run. Returns whether another one is left.
    #[inline(always)]
    pub(super) fn pass(&mut self) -> bool {
        self.run.start = self.run.start.wrapping_add(self.step);
        self.run.offset = self.run.offset.wrapping_add(self.stride);
        self.count -= 1;
        self.count > 0
    }
}

impl Runs {
    /// Returns the runs of a block with the given axes, the outermost first, whose first index is `start`
    /// and has its slot at `offset`. Returns `None` if there are more than [`AXES`] axes.
    pub(crate) fn new(axes: &[Axis], start: u64, offset: usize) -> Option<Self> {
        const ONE: Axis = Axis { len: 1, step: 1, stride: 1 };
        let (mut outer, mut rank) = ([ONE; AXES], 0);
        for axis in axes.iter().filter(|axis| axis.len != 1) {
            *outer.get_mut(rank)? = *axis;
            rank += 1;
        }
        let mut pop = || {
            rank = rank.checked_sub(1)?;
            outer.get(rank).copied()
        };
        // A run consists of consecutive indices.
        let (run, rows) = match pop() {
            Some(run) if run.step == 1 => (run, pop()),
            rows => (ONE, rows),
        };
        let Axis { len, stride, .. } = run;
        let run = Run { start, len, offset, stride };
        let Axis { len: count, step, stride } = rows.unwrap_or(ONE);
        let next = Some(Rows { run, count, step, stride });
        let next = next.filter(|_| axes.iter().all(|axis| axis.len > 0));
        Some(Self { axes: outer, rank, at: [0; AXES], next, rows: None })
    }

    /// Returns whether the block has each of so many slots exactly once. Returns false once iteration has begun.
    pub(crate) fn covers(&self, slots: usize) -> bool {
        let Some(Rows { run, count, stride, .. }) = self.next else { return slots == 0 };
        if run.offset != 0 || self.rows.is_some() || self.at.iter().any(|at| *at != 0) {
            return false;
        }
        let outer = self.axes.iter().take(self.rank).map(|axis| (axis.len, axis.stride));
        let axes = || outer.clone().chain([(count, stride), (run.len, run.stride)]);
        // The slots that the axes with the smallest strides cover, and the number of indices of these axes.
        // Each further axis has to put copies of them side by side.
        let mut covered = 1_usize;
        let next = |covered| axes().find(|&(len, stride)| len > 1 && stride == covered);
        while let Some((len, _)) = next(covered) {
            let Some(more) = covered.checked_mul(len) else { return false };
            covered = more;
        }
        let indices = axes().try_fold(1_usize, |indices, (len, _)| indices.checked_mul(len));
        covered == slots && indices == Some(slots)
    }

    /// Removes the runs that follow one another along the innermost axis but one, and returns them.
    pub(super) fn next_rows(&mut self) -> Option<Rows> {
        let rows = self.next?;
        self.next = None;
        let Run { mut start, mut offset, .. } = rows.run;
        let outer = self.axes.iter().zip(&mut self.at).take(self.rank);
        for (axis, at) in outer.rev() {
            if *at + 1 < axis.len {
                *at += 1;
                start = start.wrapping_add(axis.step);
                offset = offset.wrapping_add(axis.stride);
                self.next = Some(Rows { run: Run { start, offset, ..rows.run }, ..rows });
                break;
            }
            start = start.wrapping_sub(axis.step.wrapping_mul(*at as u64));
            offset = offset.wrapping_sub(axis.stride.wrapping_mul(*at));
            *at = 0;
        }
        Some(rows)
    }
}

impl Iterator for Runs {
    type Item = Run;

    fn next(&mut self) -> Option<Run> {
        let mut rows = self.rows.take().or_else(|| self.next_rows())?;
        let run = rows.run;
        self.rows = rows.pass().then_some(rows);
        Some(run)
    }
}
