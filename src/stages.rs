//! The stages of a fill, each by itself, for the crate's own benches: no part of its promises.

use crate::{
    backend::{Backend, Fill, Job},
    stream::Stream,
};

/// What is done for every value.
#[derive(Clone, Copy, Debug)]
pub enum Stage {
    /// The lanes' words, as bits.
    Words,
    /// The normal's fast path, with NaN where a position left it.
    Fast,
    /// Every position mended, as if all had left the fast path.
    Overhang,
}

/// Runs one stage for each slot.
pub fn fill(backend: Backend, stage: Stage, stream: Stream, start: u64, out: &mut [f32]) {
    let job = match stage {
        Stage::Words => Job::Words,
        Stage::Fast => Job::Fast { std: 1.0 },
        Stage::Overhang => Job::Overhang { std: 1.0 },
    };
    Fill { backend, job, stream, start }.write(out);
}
