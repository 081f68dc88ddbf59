//! Fills of runs of indices that need not be consecutive, batch by batch.

use super::{
    blocks::whole_group,
    lanes::Lanes,
    ops::Simd,
    resolver::Resolver,
    sizes::{GROUP, STEPS},
    tables::Overhang,
    values::Values,
};
use crate::{
    backend::{
        batch::{self, Batch, Compute, Parts, first_try_of},
        slots::uninit,
    },
    sampler::{LANES, lanes::Words},
    slot::{NoRounding, Rounding, Sink},
    stream::Stream,
};

const _: () = assert!(batch::REJECTED_ROOM >= batch::STEPS * LANES + GROUP);

/// Fills the slots of the runs at the front that lie in one part of the slice.
#[inline(always)]
pub(crate) fn fill_runs<S: Simd, D: Overhang, R: Rounding>(
    simd: S,
    values: impl Values<S>,
    stream: Stream,
    runs: &mut Parts,
    out: &mut Sink<R>,
    resolver: Option<&mut Resolver<S, D>>,
) {
    let mut writer = Writer { simd, values, out, resolver };
    batch::fill_runs(stream, runs, &mut Batch::new(), &mut writer);
    if let Some(resolver) = writer.resolver {
        resolver.finish(writer.out);
    }
}

/// Computes values, and writes them to their slots.
struct Writer<'a, 'b, S, V, D, R: Rounding> {
    simd: S,
    values: V,
    out: &'a mut Sink<'b, R>,
    resolver: Option<&'a mut Resolver<S, D>>,
}

impl<S: Simd, V: Values<S>, D: Overhang, R: Rounding> Compute for Writer<'_, '_, S, V, D, R> {
    type Lanes = Lanes<S>;

    const LONG: usize = 4 * GROUP;

    #[inline(always)]
    fn seed(&self, block_key: u64) -> Lanes<S> {
        Lanes::new(self.simd, block_key)
    }

    #[inline(always)]
    fn step(&self, lanes: &mut Lanes<S>) -> Words {
        self.simd.to_array(lanes.step())
    }

    #[inline(always)]
    fn fill(&mut self, lanes: &mut Lanes<S>, state: u64, offset: usize, len: usize) -> usize {
        let (simd, values) = (self.simd, self.values);
        let (out, mut resolver) = (&mut *self.out, self.resolver.as_deref_mut());
        let len = len.min(out.slots.len().saturating_sub(offset)) / GROUP * GROUP;
        // The lanes go there and back by value, so that they stay in registers here.
        let mut copy = *lanes;
        *lanes = simd.out_of_line(
            #[inline(always)]
            move || {
                if let Some(resolver) = &mut resolver {
                    resolver.begin_run(state, offset as u32, out);
                }
                for group in (0..len).step_by(GROUP) {
                    whole_group(simd, values, &mut copy, group, offset + group, out, &mut resolver);
                    if let Some(resolver) = &mut resolver {
                        resolver.resolve(out);
                    }
                }
                copy
            },
        );
        len
    }

    #[inline(always)]
    fn flush(&mut self, batch: &mut Batch) {
        let (simd, values) = (self.simd, self.values);
        let (out, resolver) = (&mut *self.out, self.resolver.as_deref_mut());
        simd.out_of_line(
            #[inline(always)]
            move || fill_batch(simd, values, batch, out, resolver),
        );
    }
}

/// Computes the values of a batch, except those of the rejected positions, which it lists in the batch. Returns how
/// many there are.
#[inline(always)]
fn fast_values<S: Simd>(simd: S, values: impl Values<S>, batch: &mut Batch) -> usize {
    let mut listed = 0;
    let groups = batch.steps.div_ceil(STEPS);
    let (words, _) = batch.words.as_chunks::<STEPS>();
    let (to, _) = batch.values.as_chunks_mut::<STEPS>();
    for (group, (words, to)) in words.iter().zip(to).take(groups).enumerate() {
        let mut words = words.iter();
        let rejected = values.group(
            simd,
            #[inline(always)]
            || words.next().map_or(simd.splat(0), |words| simd.load(words)),
            #[inline(always)]
            |step, values| simd.store_f(&mut to[step % STEPS], values),
        );
        if let Some(list) = batch.rejected.get_mut(listed..) {
            simd.append_rejected(list, rejected, (group * GROUP) as u16);
        }
        listed += rejected.count_ones() as usize;
    }
    listed
}

/// Computes all values of a batch.
#[inline(always)]
pub(crate) fn fill_batch_values<S: Simd, D: Overhang>(
    simd: S,
    values: impl Values<S>,
    batch: &mut Batch,
    resolver: Option<&mut Resolver<S, D>>,
) {
    let listed = fast_values(simd, values, batch);
    let Some(resolver) = resolver else { return };
    let Batch { states, values, rejected, .. } = batch;
    // SAFETY: the resolver writes initialised values only.
    let mut out = Sink::new(NoRounding::new(), unsafe { uninit(values.as_flattened_mut()) });
    for &position in rejected.iter().take(listed) {
        resolver.queue(first_try_of(states, position.into()), position.into(), true, &mut out);
    }
    resolver.finish(&mut out);
}

/// Fills the slots of a batch.
#[inline(always)]
fn fill_batch<S: Simd, D: Overhang, R: Rounding>(
    simd: S,
    values: impl Values<S>,
    batch: &mut Batch,
    out: &mut Sink<R>,
    resolver: Option<&mut Resolver<S, D>>,
) {
    let listed = fast_values(simd, values, batch);
    batch.write(out);
    if let Some(resolver) = resolver {
        for position in batch.rejected.iter().take(listed) {
            batch.tries(
                usize::from(*position),
                #[inline(always)]
                |state, offset, wanted| resolver.queue(state, offset, wanted, out),
            );
        }
    }
}
