//! The stages of a fill, each by itself, for the crate's own benches. They are not part of the public
//! interface and may change in any release.

use crate::{
    backend::{Axis, Backend, Fill, Job, Runs},
    slot::NoRounding,
    stream::Stream,
};

/// A stage, which is run for every slot.
#[derive(Clone, Copy, Debug)]
pub enum Stage {
    /// The words of the generator, reinterpreted as `f32`.
    Words,
    /// The normal's fast path, with NaN for each rejected position.
    Fast,
    /// The overhang for every position, as if the fast path had rejected all of them.
    Overhang,
}

/// Fills a slice with the results of one stage, for the indices from `start` on.
pub fn fill(backend: Backend, stage: Stage, stream: Stream, start: u64, out: &mut [f32]) {
    let job = match stage {
        Stage::Words => Job::Words,
        Stage::Fast => Job::Fast { std: 1.0 },
        Stage::Overhang => Job::Overhang { std: 1.0 },
    };
    Fill { backend, job, stream, start }.write(out);
}

/// Fills a slice with the normals of a block of a matrix with `cols` columns: those of all rows, and from
/// column `first` on.
pub fn fill_columns(
    backend: Backend,
    stream: Stream,
    cols: usize,
    first: usize,
    width: usize,
    out: &mut [f32],
) {
    let rows = Axis { len: out.len() / width.max(1), step: cols as u64, stride: width };
    let axes = [rows, Axis { len: width, step: 1, stride: 1 }];
    let job = Job::Normal { mean: 0.0, std: 0.1 };
    if let Some(runs) = Runs::new(&axes, first as u64, 0) {
        Fill { backend, job, stream, start: 0 }.write_runs(NoRounding::new(), runs, out);
    }
}
