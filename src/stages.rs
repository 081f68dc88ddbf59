//! The stages of a fill, each by itself, for the crate's own benches. They are not part of the public
//! interface and may change in any release.

use crate::{
    backend::{Backend, Fill, Job},
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
    Fill { executor: backend.into(), job, stream, start }.write(NoRounding::new(), out);
}
