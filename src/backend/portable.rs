//! The portable backend: the specification, step by step. All others are compared with it.

use core::{array, mem::MaybeUninit};

use super::{
    batch::{self, Batch, Compute, Parts},
    bounds,
    for_each_block::for_each_block,
    householder::{BLOCK, Buffer, Chunk, Kernel, SUMS, Step, from_normals, total},
    job::{Job, Packed},
    slots::init,
};
use crate::{
    sampler::{
        LANES,
        bounded::Bounded,
        lanes::{Lanes, Words},
        overhang::{from_try, overhang},
        uniform::Uniform,
        ziggurat::{Density, Normal, Truncated, fast},
    },
    stream::Stream,
};

/// Fills `out` with the values of the indices from `start` on.
pub(super) fn fill(job: Packed, stream: Stream, start: u64, out: &mut [MaybeUninit<f32>]) {
    let job = job.job();
    for_each_block(stream, start, out, |block_key, position, part| match job {
        Job::Constant(value) => part.fill(MaybeUninit::new(value)),
        Job::Uniform { low, high } => {
            let uniform = Uniform::new(low, high);
            if uniform.symmetric() {
                map_words(block_key, position, part, |word| uniform.offset(word));
            } else {
                map_words(block_key, position, part, |word| uniform.value(word));
            }
        }
        Job::Normal { mean, std } => {
            ziggurat::<Normal>(mean, std, block_key, position, part);
        }
        Job::Truncated { mean, sigma } => {
            ziggurat::<Truncated>(mean, sigma, block_key, position, part);
        }
        Job::Bounded { mean, std, sigmas } => {
            let values = ziggurat::<Normal>(mean, std, block_key, position, part);
            let bounded = Bounded::new(mean, std, sigmas);
            bounds::redraw(&bounded, block_key, position, values);
        }
        #[cfg(any(test, feature = "stages"))]
        Job::Words => _ = map_words(block_key, position, part, f32::from_bits),
        #[cfg(any(test, feature = "stages"))]
        Job::Fast { std } => {
            map_words(block_key, position, part, |word| fast::<Normal>(word, std));
        }
        #[cfg(any(test, feature = "stages"))]
        Job::Overhang { std } => {
            let part = map_words(block_key, position, part, |_| f32::NAN);
            resolve::<Normal>(block_key, position, part, |z| z * std);
        }
    });
}

/// Fills in two passes. The first takes the fast path for all positions, without a branch, and leaves
/// NaN where it rejects one. The second resolves the rejected positions. Returns the slice as initialised.
fn ziggurat<D: Density>(
    mean: f32,
    std: f32,
    block_key: u64,
    position: usize,
    out: &mut [MaybeUninit<f32>],
) -> &mut [f32] {
    if mean == 0.0 {
        let out = map_words(block_key, position, out, |word| fast::<D>(word, std));
        resolve::<D>(block_key, position, out, |z| z * std);
        out
    } else {
        let out = map_words(block_key, position, out, |word| fast::<D>(word, std) + mean);
        resolve::<D>(block_key, position, out, |z| z * std + mean);
        out
    }
}

/// Computes the runs at the front that lie in one part of the slice, and passes the batches with their values to
/// `write`.
pub(super) fn batches(job: &Job, stream: Stream, runs: &mut Parts, write: &mut dyn FnMut(&Batch)) {
    batch::fill_runs(stream, runs, &mut Batch::new(), &mut Batches { job, write });
}

/// Computes runs by batches only.
struct Batches<'a> {
    job: &'a Job,
    write: &'a mut dyn FnMut(&Batch),
}

impl Compute for Batches<'_> {
    type Lanes = Lanes;

    const LONG: usize = usize::MAX;

    fn seed(&self, block_key: u64) -> Lanes {
        Lanes::new(block_key)
    }

    #[inline]
    fn step(&self, lanes: &mut Lanes) -> Words {
        lanes.step()
    }

    /// Not always inlined, because the compiler then keeps the words, which takes 1.1 to 1.3 times as long.
    #[inline]
    fn skip(&self, lanes: &mut Lanes, mut at: usize, first: usize) -> usize {
        while at < first {
            lanes.step();
            at += 1;
        }
        at
    }

    fn fill(&mut self, _: &mut Lanes, _: u64, _: usize, _: usize) -> usize {
        0
    }

    fn flush(&mut self, batch: &mut Batch) {
        compute(self.job, batch);
        (self.write)(batch);
    }
}

/// Computes the values of a batch.
#[inline(never)]
fn compute(job: &Job, batch: &mut Batch) {
    match *job {
        Job::Constant(value) => batch.map_words(|_| value),
        Job::Uniform { low, high } => {
            let uniform = Uniform::new(low, high);
            if uniform.symmetric() {
                batch.map_words(|word| uniform.offset(word));
            } else {
                batch.map_words(|word| uniform.value(word));
            }
        }
        Job::Normal { mean, std } => batch_ziggurat::<Normal>(mean, std, batch),
        Job::Truncated { mean, sigma } => batch_ziggurat::<Truncated>(mean, sigma, batch),
        // `Fill::dispatch_runs` redraws the values outside the bounds.
        Job::Bounded { mean, std, .. } => batch_ziggurat::<Normal>(mean, std, batch),
        #[cfg(any(test, feature = "stages"))]
        Job::Words => batch.map_words(f32::from_bits),
        #[cfg(any(test, feature = "stages"))]
        Job::Fast { std } => batch.map_words(|word| fast::<Normal>(word, std)),
        #[cfg(any(test, feature = "stages"))]
        Job::Overhang { std } => {
            batch.map_words(|_| f32::NAN);
            batch.resolve(|state| from_try::<Normal>(state) * std);
        }
    }
}

/// Computes the values of a batch in two passes, as [`ziggurat`] does.
fn batch_ziggurat<D: Density>(mean: f32, std: f32, batch: &mut Batch) {
    if mean == 0.0 {
        batch.map_words(|word| fast::<D>(word, std));
        batch.resolve(|state| from_try::<D>(state) * std);
    } else {
        batch.map_words(|word| fast::<D>(word, std) + mean);
        batch.resolve(|state| from_try::<D>(state) * std + mean);
    }
}

/// Does a step of the work on an orthogonal matrix, as [`from_normals`] specifies.
pub(super) fn orthogonal(step: Step, cols: usize, gain: f32, rows: &mut [f32]) {
    from_normals(step, cols, gain, rows, Loops);
}

/// The loops over the columns of an orthogonal matrix.
#[derive(Clone, Copy)]
struct Loops;

impl Kernel for Loops {
    #[inline(never)]
    fn out_of_line(self, f: impl FnOnce()) {
        f();
    }

    #[inline(never)]
    fn add_products(
        self,
        rows: &[&[Chunk]],
        at: usize,
        len: usize,
        v: &Buffer,
        fresh: bool,
        sums: &mut Buffer,
    ) {
        for (p, row) in rows.iter().enumerate() {
            let Some(row) = row.get(at..at + len) else { return };
            for (v, sums) in v.0.iter().zip(&mut sums.0) {
                let Some(sums) = sums.get_mut(p) else { return };
                for q in (0..SUMS).step_by(WIDTH) {
                    let mut to: [f32; WIDTH] =
                        array::from_fn(|j| if fresh { 0.0 } else { sums[q + j] });
                    for (a, b) in row.iter().zip(v) {
                        to = array::from_fn(|j| to[j] + a[q + j] * b[q + j]);
                    }
                    (0..WIDTH).for_each(|j| sums[q + j] = to[j]);
                }
            }
        }
    }

    #[inline(always)]
    fn totals(self, sums: &[Chunk; BLOCK]) -> Chunk {
        sums.each_ref().map(total)
    }

    #[inline(never)]
    fn subtract(
        self,
        rows: &mut [&mut [Chunk]],
        at: usize,
        v: &[[Chunk; BLOCK]],
        d: &[Chunk; BLOCK],
    ) {
        for (p, row) in rows.iter_mut().enumerate() {
            let Some(row) = row.get_mut(at..at + v.len()) else { return };
            for (row, v) in row.iter_mut().zip(v) {
                let mut new = *row;
                for l in (0..BLOCK).rev() {
                    let d = d[l][p % SUMS];
                    new = array::from_fn(|j| new[j] - d * v[l][j]);
                }
                *row = new;
            }
        }
    }
}

/// The columns that fill a register. With more at a time, the sums no longer fit in registers.
const WIDTH: usize = 4;

/// Writes the value of each position's word, for one block from `position` on. Returns the slice as
/// initialised.
fn map_words(
    block_key: u64,
    position: usize,
    out: &mut [MaybeUninit<f32>],
    value: impl Fn(u32) -> f32,
) -> &mut [f32] {
    let mut lanes = Lanes::new(block_key);
    for _ in 0..position / LANES {
        lanes.step();
    }
    // A range may begin within a step.
    let skipped = position % LANES;
    let (head, body) = out.split_at_mut(out.len().min((LANES - skipped) % LANES));
    if !head.is_empty() {
        write(head, lanes.step().into_iter().skip(skipped), &value);
    }
    let (steps, rest) = body.as_chunks_mut::<LANES>();
    for step in steps {
        // Indexed instead of zipped, because the compiled loop is 1.3 times as fast.
        let words = lanes.step();
        for lane in 0..LANES {
            step[lane].write(value(words[lane]));
        }
    }
    if !rest.is_empty() {
        write(rest, lanes.step(), &value);
    }
    // SAFETY: `head`, `steps` and `rest` together are `out`, and every slot of each was written above.
    unsafe { init(out) }
}

#[inline]
fn write(
    out: &mut [MaybeUninit<f32>],
    words: impl IntoIterator<Item = u32>,
    value: impl Fn(u32) -> f32,
) {
    for (slot, word) in out.iter_mut().zip(words) {
        slot.write(value(word));
    }
}

/// Replaces each NaN in a part of a block that begins at `position`. The groups of sixteen values that have a NaN are
/// listed first, without a branch. A bit mask then tells which values of a group they are, mostly one.
///
/// A branch for each group would be unpredictable, and nothing after it could begin before it is decided. Without
/// it, a whole fill takes 0.9 times the time (Zen 4). Groups of 4 take 1.05 times the time of groups of 8 and 16.
fn resolve<D: Density>(
    block_key: u64,
    position: usize,
    out: &mut [f32],
    value: impl Fn(f32) -> f32,
) {
    const GROUP: usize = 16;
    const LISTED: usize = 64;
    let resolve_group = |first: usize, group: &mut [f32]| {
        let mut left = group.iter().rev().fold(0_u32, |bits, v| bits << 1 | u32::from(v.is_nan()));
        while left != 0 {
            let i = left.trailing_zeros() as usize;
            if let Some(slot) = group.get_mut(i) {
                *slot = value(overhang::<D>(block_key, first + i));
            }
            left &= left - 1;
        }
    };
    let (groups, rest) = out.as_chunks_mut::<GROUP>();
    let mut first = position;
    for groups in groups.chunks_mut(LISTED) {
        let mut listed = [0_u8; LISTED];
        let mut count = 0;
        for (i, group) in groups.iter().enumerate() {
            listed[count % LISTED] = i as u8;
            count += usize::from(group.iter().fold(false, |any, v| any | v.is_nan()));
        }
        for i in listed.iter().take(count).map(|i| usize::from(*i)) {
            if let Some(group) = groups.get_mut(i) {
                resolve_group(first + i * GROUP, group);
            }
        }
        first += groups.len() * GROUP;
    }
    resolve_group(first, rest);
}
