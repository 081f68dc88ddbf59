//! Fills of runs of indices that need not be consecutive, batch by batch.

use super::{
    lanes::Lanes,
    ops::Simd,
    resolver::Resolver,
    sizes::{GROUP, STEPS},
    tables::Overhang,
    values::Values,
};
use crate::{
    backend::batch::{self, Batch, Parts, for_each_batch},
    sampler::lanes::Words,
    slot::{Rounding, Sink},
    stream::Stream,
};

/// Room for the rejected positions of a batch, and for the entries that the last group may write beyond.
const REJECTED_ROOM: usize = batch::STEPS * 16 + GROUP;

impl<S: Simd> batch::Steps for Lanes<S> {
    #[inline(always)]
    fn step(&mut self) -> Words {
        self.words()
    }
}

/// Fills the slots of the runs at the front that lie in one part of the slice.
#[inline(always)]
pub(crate) fn fill_runs<S: Simd, D: Overhang, R: Rounding>(
    simd: S,
    values: impl Values<S>,
    stream: Stream,
    runs: &mut Parts,
    out: &mut Sink<R>,
    mut resolver: Option<&mut Resolver<S, D>>,
) {
    let mut batch = Batch::new();
    for_each_batch(
        stream,
        runs,
        &mut batch,
        #[inline(always)]
        |key| Lanes::new(simd, key),
        #[inline(always)]
        |batch| {
            let (out, resolver) = (&mut *out, resolver.as_deref_mut());
            simd.out_of_line(
                #[inline(always)]
                move || fill_batch(simd, values, batch, out, resolver),
            );
        },
    );
    if let Some(resolver) = resolver {
        resolver.finish(out);
    }
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
    let mut list = [0; REJECTED_ROOM];
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
        if resolver.is_some() {
            if let Some(list) = list.get_mut(listed..) {
                simd.append_rejected(list, rejected, (group * GROUP) as u16);
            }
            listed += rejected.count_ones() as usize;
        }
    }
    batch.write(out);
    if let Some(resolver) = resolver {
        for position in list.iter().take(listed) {
            batch.tries(
                usize::from(*position),
                #[inline(always)]
                |state, offset, wanted| resolver.queue(state, offset, wanted, out),
            );
        }
    }
}
