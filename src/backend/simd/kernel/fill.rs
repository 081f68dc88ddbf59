//! The entry points: each job's values, and the resolver that they need.

use core::mem::MaybeUninit;

#[cfg(any(test, feature = "stages"))]
use super::values::Words;
use super::{
    super::entry::Entry,
    blocks::{fill_blocks, no_resolver},
    bounds,
    lanes::Lanes,
    ops::Simd,
    resolver::Resolver,
    rows,
    runs::{fill_batch_values, fill_runs},
    sizes::PART,
    tables::Overhang,
    values::{Asymmetric, FastPath, Symmetric, Values},
};
#[cfg(test)]
use super::{math, round, sizes::GROUP};
use crate::{
    backend::{
        batch::{self, Batch, Compute, Parts},
        householder::Step,
        job::{Job, Packed},
    },
    sampler::{
        bounded::Bounded,
        lanes,
        uniform::Uniform,
        ziggurat::{Normal, Truncated},
    },
    slot::{self, NoRounding, Rounding, Sink},
    stream::Stream,
};

impl<S: Simd> Entry for S {
    fn fill<R: Rounding>(
        self,
        job: Packed,
        stream: Stream,
        start: u64,
        rounding: R,
        slots: &mut [MaybeUninit<R::Slot>],
    ) -> usize {
        let job = job.job();
        if let Job::Bounded { mean, std, sigmas } = job
            && let Some(slots) = R::as_f32(slots)
        {
            bounds::fill(self, Bounded::new(mean, std, sigmas), stream, start, slots);
            return 0;
        }
        let (mut start, mut saturated) = (start, 0);
        for slots in slots.chunks_mut(PART) {
            let mut out = Sink::new(rounding, slots);
            fill_part(self, &job, stream, From(start), &mut out);
            start = start.wrapping_add(out.slots.len() as u64);
            saturated += out.saturated;
        }
        saturated
    }

    fn fill_runs<R: Rounding>(
        self,
        job: &Job,
        stream: Stream,
        runs: &mut Parts,
        out: &mut Sink<R>,
    ) {
        fill_part(self, job, stream, runs, out);
    }

    fn batches(self, job: &Job, stream: Stream, runs: &mut Parts, write: &mut dyn FnMut(&Batch)) {
        self.out_of_line(
            #[inline(always)]
            move || {
                let mut batches = Batches { simd: self, job, stream, write };
                batch::fill_runs(stream, runs, &mut Batch::new(), &mut batches);
            },
        );
    }

    fn round<R: Rounding>(
        self,
        rounding: R,
        values: &[f32],
        slots: &mut [MaybeUninit<R::Slot>],
    ) -> usize {
        self.vectorize(
            #[inline(always)]
            move || slot::round(rounding, values, slots),
        )
    }

    fn orthogonal(self, step: Step, cols: usize, gain: f32, out: &mut [f32]) {
        self.vectorize(
            #[inline(always)]
            move || {
                rows::orthogonal(self, step, cols, gain, out);
            },
        );
    }

    #[cfg(test)]
    fn round_all<R: Rounding>(
        self,
        rounding: R,
        values: &[f32],
        slots: &mut [MaybeUninit<R::Slot>],
    ) -> usize {
        self.vectorize(
            #[inline(always)]
            move || round::round_all(self, rounding, values, slots),
        )
    }

    #[cfg(test)]
    fn fast_path(
        self,
        std: f32,
        groups: impl Iterator<Item = [u32; GROUP]>,
        check: impl FnMut(&[u32; GROUP], &[f32; GROUP], &[u16]),
    ) {
        self.vectorize(
            #[inline(always)]
            move || fast_path(self, std, groups, check),
        );
    }

    #[cfg(test)]
    fn density_and_ln(self, x: &[f32; 16]) -> [[f32; 16]; 2] {
        self.vectorize(
            #[inline(always)]
            move || {
                let x = self.load_f(x);
                let ([density], ln) = (math::density(self, [x]), math::ln(self, x));
                let mut values = [[0.0; 16]; 2];
                self.store_f(&mut values[0], density);
                self.store_f(&mut values[1], ln);
                values
            },
        )
    }
}

/// Computes values, and passes them on in batches.
struct Batches<'a, S> {
    simd: S,
    job: &'a Job,
    stream: Stream,
    write: &'a mut dyn FnMut(&Batch),
}

impl<S: Simd> Compute for Batches<'_, S> {
    type Lanes = Lanes<S>;

    const LONG: usize = usize::MAX;

    #[inline(always)]
    fn seed(&self, block_key: u64) -> Lanes<S> {
        Lanes::new(self.simd, block_key)
    }

    #[inline(always)]
    fn step(&self, lanes: &mut Lanes<S>) -> lanes::Words {
        self.simd.to_array(lanes.step())
    }

    #[inline(always)]
    fn fill(&mut self, _: &mut Lanes<S>, _: u64, _: usize, _: usize) -> usize {
        0
    }

    #[inline(always)]
    fn flush(&mut self, batch: &mut Batch) {
        let mut no_slots = Sink::new(NoRounding::new(), &mut []);
        fill_part(self.simd, self.job, self.stream, &mut *batch, &mut no_slots);
        (self.write)(batch);
    }
}

/// The indices of a fill.
trait Indices<S: Simd> {
    /// Fills the slots of the indices.
    fn fill<D: Overhang, R: Rounding>(
        self,
        simd: S,
        values: impl Values<S>,
        stream: Stream,
        out: &mut Sink<R>,
        resolver: Option<&mut Resolver<S, D>>,
    );
}

/// The indices from this one on, one for each slot.
struct From(u64);

impl<S: Simd> Indices<S> for From {
    #[inline(always)]
    fn fill<D: Overhang, R: Rounding>(
        self,
        simd: S,
        values: impl Values<S>,
        stream: Stream,
        out: &mut Sink<R>,
        resolver: Option<&mut Resolver<S, D>>,
    ) {
        fill_blocks(simd, values, stream, self.0, out, resolver);
    }
}

impl<S: Simd> Indices<S> for &mut Parts {
    #[inline(always)]
    fn fill<D: Overhang, R: Rounding>(
        self,
        simd: S,
        values: impl Values<S>,
        stream: Stream,
        out: &mut Sink<R>,
        resolver: Option<&mut Resolver<S, D>>,
    ) {
        fill_runs(simd, values, stream, self, out, resolver);
    }
}

/// The indices of a batch. The values stay in it.
impl<S: Simd> Indices<S> for &mut Batch {
    #[inline(always)]
    fn fill<D: Overhang, R: Rounding>(
        self,
        simd: S,
        values: impl Values<S>,
        _: Stream,
        _: &mut Sink<R>,
        resolver: Option<&mut Resolver<S, D>>,
    ) {
        fill_batch_values(simd, values, self, resolver);
    }
}

/// Fills a slice whose offsets fit in 32 bits. If the slots are narrow, the job is a common one, so that the code
/// for the others is not compiled.
#[inline(always)]
fn fill_part<S: Simd, R: Rounding>(
    simd: S,
    job: &Job,
    stream: Stream,
    indices: impl Indices<S>,
    out: &mut Sink<R>,
) {
    match *job {
        Job::Constant(value) => out.fill(value),
        Job::Uniform { low, high } => {
            fill_uniform(simd, Uniform::new(low, high), stream, indices, out);
        }
        Job::Normal { mean, std } => {
            fill_normal::<S, Normal, R>(simd, mean, std, stream, indices, out);
        }
        Job::Truncated { mean, sigma } => {
            fill_normal::<S, Truncated, R>(simd, mean, sigma, stream, indices, out);
        }
        // The caller redraws the values outside the bounds.
        Job::Bounded { mean, std, .. } => {
            fill_normal::<S, Normal, R>(simd, mean, std, stream, indices, out);
        }
        #[cfg(any(test, feature = "stages"))]
        _ if R::NARROW => {}
        #[cfg(any(test, feature = "stages"))]
        Job::Words => simd.out_of_line(
            #[inline(always)]
            move || indices.fill(simd, Words::<false>, stream, out, no_resolver()),
        ),
        #[cfg(any(test, feature = "stages"))]
        Job::Fast { std } => simd.out_of_line(
            #[inline(always)]
            move || {
                let edges = simd.scaled_edges::<Normal>(std);
                let values = FastPath::new(simd, &edges);
                indices.fill(simd, values, stream, out, no_resolver());
            },
        ),
        #[cfg(any(test, feature = "stages"))]
        Job::Overhang { std } => simd.out_of_line(
            #[inline(always)]
            move || {
                let mut resolver = Resolver::<S, Normal>::new(simd, 0.0, std);
                indices.fill(simd, Words::<true>, stream, out, Some(&mut resolver));
            },
        ),
    }
}

#[inline(always)]
fn fill_uniform<S: Simd, R: Rounding>(
    simd: S,
    uniform: Uniform,
    stream: Stream,
    indices: impl Indices<S>,
    out: &mut Sink<R>,
) {
    if R::NARROW || uniform.symmetric() {
        simd.out_of_line(
            #[inline(always)]
            move || {
                let values = Symmetric::new(simd, uniform);
                indices.fill(simd, values, stream, out, no_resolver());
            },
        );
    } else {
        simd.out_of_line(
            #[inline(always)]
            move || {
                let values = Asymmetric::new(simd, uniform);
                indices.fill(simd, values, stream, out, no_resolver());
            },
        );
    }
}

/// Fills with the normal or the truncated normal.
#[inline(always)]
fn fill_normal<S: Simd, D: Overhang, R: Rounding>(
    simd: S,
    mean: f32,
    std: f32,
    stream: Stream,
    indices: impl Indices<S>,
    out: &mut Sink<R>,
) {
    if R::NARROW || mean == 0.0 {
        simd.out_of_line(
            #[inline(always)]
            move || {
                let edges = simd.scaled_edges::<D>(std);
                let mut resolver = Resolver::<S, D>::new(simd, 0.0, std);
                let values = FastPath::new(simd, &edges);
                indices.fill(simd, values, stream, out, Some(&mut resolver));
            },
        );
    } else {
        simd.out_of_line(
            #[inline(always)]
            move || {
                let edges = simd.scaled_edges::<D>(std);
                let mut resolver = Resolver::<S, D>::new(simd, mean, std);
                let values = FastPath::around(simd, &edges, mean);
                indices.fill(simd, values, stream, out, Some(&mut resolver));
            },
        );
    }
}

/// Runs the fast path on the given words, group by group, and passes the words, their values and the
/// rejected positions to `check`.
#[cfg(test)]
#[inline(always)]
fn fast_path<S: Simd>(
    simd: S,
    std: f32,
    groups: impl Iterator<Item = [u32; GROUP]>,
    mut check: impl FnMut(&[u32; GROUP], &[f32; GROUP], &[u16]),
) {
    let edges = simd.scaled_edges::<Normal>(std);
    for words in groups {
        let mut values = [0.0; GROUP];
        let mut steps = words.as_chunks().0.iter();
        let (to, _) = values.as_chunks_mut();
        let rejected = simd.fast_group(
            &edges,
            #[inline(always)]
            move || simd.load(steps.next().expect("a group has as many steps as are asked for")),
            #[inline(always)]
            |step, values| simd.store_f(&mut to[step], values),
        );
        let mut list = [0; 2 * GROUP];
        simd.append_rejected(&mut list, rejected, 0);
        check(&words, &values, &list[..rejected.count_ones() as usize]);
    }
}
