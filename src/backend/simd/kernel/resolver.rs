//! Resolves the positions that the fast path rejected, many at a time.
//!
//! ```text
//! list of rejected positions of a window
//!     once 64 are listed: the first try of each, in batches
//!         accepted          write the value to its slot
//!         rejected again    queue the next try
//!         in the tail       queue the try for the tail
//! once 32 tries of a kind wait: make them, sixteen at a time, until few of each kind wait
//! ```

use core::{
    marker::PhantomData,
    mem::{MaybeUninit, transmute_copy},
};

use super::{
    ops::Simd,
    queue::{Queue, first_state},
    round::{round, upper_half},
    sizes::{ENOUGH_REJECTED, ENOUGH_WAITING, REJECTED_ROOM, TRIES, WINDOW},
    tables::Overhang,
    tries::{self, Points, Tries, first_bits},
};
use crate::{
    sampler::overhang::{NEXT_TRY, first_try, from_try},
    slot::{Rounding, Sink},
};

/// The rejected positions of a fill that have no value yet.
pub(crate) struct Resolver<S, D> {
    simd: S,
    density: PhantomData<D>,
    mean: f32,
    std: f32,
    /// For each block of the window, the state of the first try of position 0.
    states: [u64; WINDOW],
    /// The slice offset of the window's first position. It wraps around if that position lies before the
    /// slice.
    window_offset: u32,
    /// Rejected positions of the window that have not been tried, counted from its first position.
    rejected: [u16; REJECTED_ROOM],
    listed: usize,
    /// Made when it is needed, because most fills of 64 values don't need it, and clearing it would be a tenth of
    /// their time.
    waiting: Option<Waiting>,
}

/// Tries that wait until they fill a vector.
struct Waiting {
    queue: Queue,
    /// Tries that are known to be in the tail.
    tails: Queue,
}

impl Waiting {
    #[cold]
    #[inline(never)]
    const fn new() -> Self {
        Self { queue: Queue::new(), tails: Queue::new() }
    }
}

impl<S: Simd, D: Overhang> Resolver<S, D> {
    #[inline(always)]
    pub(crate) fn new(simd: S, mean: f32, std: f32) -> Self {
        // `try_listed` assumes this, so that neither a batch nor its rest reaches beyond the list.
        const { assert!(S::BATCH == 2 || S::BATCH == 1 && S::BLOCKS == 1) };
        Self {
            simd,
            density: PhantomData,
            mean,
            std,
            states: [0; WINDOW],
            window_offset: 0,
            rejected: [0; REJECTED_ROOM],
            listed: 0,
            waiting: None,
        }
    }

    #[inline(always)]
    fn waiting(&mut self) -> &mut Waiting {
        self.waiting.get_or_insert_with(Waiting::new)
    }

    /// Returns the length of the longer queue.
    #[inline(always)]
    fn longest(&self) -> usize {
        self.waiting.as_ref().map_or(0, |waiting| waiting.queue.len.max(waiting.tails.len))
    }

    /// Begins a window whose first position is at `offset`, and queues the previous window's listed
    /// positions.
    #[inline(always)]
    pub(crate) fn begin_window<R: Rounding>(&mut self, offset: u32, out: &mut Sink<R>) {
        self.simd.out_of_line(
            #[inline(always)]
            move || {
                self.queue_listed(out);
                self.window_offset = offset;
            },
        );
    }

    /// Begins a window of one run whose first position has its slot at `offset` and its first try at `state`.
    #[inline(always)]
    pub(crate) fn begin_run<R: Rounding>(&mut self, state: u64, offset: u32, out: &mut Sink<R>) {
        self.begin_window(offset, out);
        self.states[0] = state;
    }

    /// Sets the keys of the window's block number `block` and of the block after it.
    #[inline(always)]
    pub(crate) fn set_keys(&mut self, block: usize, keys: [u64; 2]) {
        for (state, key) in self.states.iter_mut().skip(block).zip(keys) {
            *state = first_try(key);
        }
    }

    /// Lists the rejected positions of a group that begins at position `first` of the window.
    #[inline(always)]
    pub(crate) fn list(&mut self, rejected: u64, first: usize) {
        if let Some(list) = self.rejected.get_mut(self.listed..) {
            self.simd.append_rejected(list, rejected, first as u16);
        }
        self.listed += rejected.count_ones() as usize;
    }

    /// Queues the first try of a rejected position that has its slot at `offset`, if the slot is wanted.
    #[inline(always)]
    pub(crate) fn queue<R: Rounding>(
        &mut self,
        state: u64,
        offset: u32,
        wanted: bool,
        out: &mut Sink<R>,
    ) {
        let Queue { states, offsets, len } = &mut self.waiting().queue;
        if let Some(to) = states.get_mut(*len).zip(offsets.get_mut(*len)) {
            (*to.0, *to.1) = (state, offset);
        }
        *len += usize::from(wanted);
        if *len >= ENOUGH_WAITING {
            self.drain(TRIES, out);
        }
    }

    /// Makes the first tries of the listed positions, if there are enough.
    #[inline(always)]
    pub(crate) fn resolve<R: Rounding>(&mut self, out: &mut Sink<R>) {
        if self.listed >= ENOUGH_REJECTED {
            self.simd.out_of_line(
                #[inline(always)]
                move || self.try_listed(out),
            );
        }
    }

    /// Resolves all positions that are left. Up to three are resolved one by one, because a batch takes as
    /// long as three. Small slices have no more than that.
    #[inline(always)]
    pub(crate) fn finish<R: Rounding>(&mut self, out: &mut Sink<R>) {
        let waiting = self.waiting.as_ref();
        let waiting = waiting.map_or(0, |waiting| waiting.queue.len + waiting.tails.len);
        if self.listed + waiting > 3 {
            self.begin_window(0, out);
            self.drain(1, out);
            return;
        }
        let mut resolve = |state, offset: u32| {
            if let Some(slot) = out.slots.get_mut(offset as usize) {
                let z = from_try::<D>(state) * self.std;
                let value = if self.mean == 0.0 { z } else { z + self.mean };
                let (rounded, saturates) = out.rounding.round(value);
                slot.write(rounded);
                out.saturated += usize::from(saturates);
            }
        };
        for rejected in self.rejected.iter().take(self.listed) {
            let offset = self.window_offset.wrapping_add(u32::from(*rejected));
            resolve(first_state(*rejected, &self.states), offset);
        }
        if let Some(Waiting { queue, tails }) = &self.waiting {
            for queue in [queue, tails] {
                for (state, offset) in queue.states.iter().zip(&queue.offsets).take(queue.len) {
                    resolve(*state, *offset);
                }
            }
        }
    }

    /// Makes the first tries of all listed positions that fill whole batches.
    #[inline(always)]
    fn try_listed<R: Rounding>(&mut self, out: &mut Sink<R>) {
        let batch = TRIES * S::BATCH;
        let mut first = 0;
        while self.listed - first >= batch {
            if S::BATCH == 2 {
                let tries = [self.first_tries(first), self.first_tries(first + TRIES)];
                let [points, points2] = tries::two_in_boxes::<S, D>(self.simd, tries);
                self.settle(tries[0], points, u16::MAX, out);
                self.settle(tries[1], points2, u16::MAX, out);
            } else {
                let tries = self.first_tries(first);
                let points = tries::in_boxes::<S, D>(self.simd, tries);
                self.settle(tries, points, u16::MAX, out);
            }
            if self.longest() >= ENOUGH_WAITING {
                self.drain(TRIES, out);
            }
            first += batch;
        }
        // Less than a batch is left, and moves to the front.
        let rest = self.rejected.get(first..).and_then(|list| list.first_chunk()).copied();
        if let (Some(rest), Some(to)) = (rest, self.rejected.first_chunk_mut()) {
            let to: &mut [u16; 2 * TRIES] = to;
            *to = rest;
        }
        self.listed -= first;
    }

    /// Queues the first tries of all listed positions.
    #[inline(always)]
    fn queue_listed<R: Rounding>(&mut self, out: &mut Sink<R>) {
        let mut first = 0;
        while first < self.listed {
            let count = (self.listed - first).min(TRIES);
            let Tries { states, offsets } = self.first_tries(first);
            let simd = self.simd;
            simd.append(&mut self.waiting().queue, states, offsets, first_bits(count));
            if self.longest() >= ENOUGH_WAITING {
                self.drain(TRIES, out);
            }
            first += count;
        }
        self.listed = 0;
    }

    /// Returns the first tries of sixteen listed positions.
    #[inline(always)]
    fn first_tries(&self, first: usize) -> Tries<S> {
        let rejected = self.rejected.get(first..).and_then(|list| list.first_chunk());
        let rejected = rejected.unwrap_or(&[0; TRIES]);
        let window_offset = self.simd.splat(self.window_offset);
        Tries {
            states: self.simd.first_states(rejected, &self.states),
            offsets: self.simd.add(self.simd.widen(rejected), window_offset),
        }
    }

    /// Makes tries until both queues are shorter than `limit`.
    #[inline(always)]
    fn drain<R: Rounding>(&mut self, limit: usize, out: &mut Sink<R>) {
        self.simd.out_of_line(
            #[inline(always)]
            move || {
                while self.longest() >= limit {
                    let simd = self.simd;
                    let Waiting { queue, tails } = self.waiting();
                    if queue.len >= tails.len {
                        let (tries, mask) = Tries::pop(simd, queue);
                        let points = tries::in_boxes::<S, D>(self.simd, tries);
                        self.settle(tries, points, mask, out);
                    } else {
                        let (tries, mask) = Tries::pop(simd, tails);
                        let points = tries::in_tail(self.simd, tries);
                        self.write(tries.offsets, points, points.accepted & mask, out);
                        self.try_again(tries, !points.accepted & mask);
                    }
                }
            },
        );
    }

    /// Writes the values of the accepted tries. Of the tries in the mask, it queues the next try of each
    /// rejected one, and queues those in the tail in `tails`.
    #[inline(always)]
    fn settle<R: Rounding>(
        &mut self,
        tries: Tries<S>,
        points: Points<S>,
        mask: u16,
        out: &mut Sink<R>,
    ) {
        // Region 0 is the tail or the rest. In the rest, every point is accepted.
        let again = !points.in_region_0 & !points.accepted & mask;
        let tail = if D::NARROW == 0 { points.in_region_0 & mask } else { 0 };
        self.write(tries.offsets, points, mask & !again & !tail, out);
        if D::NARROW == 0 {
            let simd = self.simd;
            simd.append(&mut self.waiting().tails, tries.states, tries.offsets, tail);
        }
        self.try_again(tries, again);
    }

    /// Queues the next tries of those in the mask.
    #[inline(always)]
    fn try_again(&mut self, tries: Tries<S>, mask: u16) {
        let simd = self.simd;
        let next = simd.add_state(tries.states, NEXT_TRY);
        simd.append(&mut self.waiting().queue, next, tries.offsets, mask);
    }

    /// Writes all values to their slots. The values that were not accepted are overwritten later, and don't
    /// count if they saturate.
    #[inline(always)]
    fn write<R: Rounding>(
        &self,
        offsets: S::U32,
        points: Points<S>,
        accepted: u16,
        out: &mut Sink<R>,
    ) {
        let simd = self.simd;
        let sign = simd.and(simd.shl::<20>(points.high), simd.splat(1 << 31));
        let z = simd.float_of_bits(simd.xor(simd.to_bits(points.x), sign));
        let mut value = simd.mul_f(z, simd.splat_f(self.std));
        if self.mean != 0.0 {
            value = simd.add_f(value, simd.splat_f(self.mean));
        }
        if let Some(slots) = R::as_f32(out.slots) {
            simd.scatter(slots, offsets, value);
            return;
        }
        let (mut words, saturates) = round(simd, out.rounding, value);
        if upper_half(out.rounding) {
            words = simd.shr::<16>(words);
        }
        // A slice has fewer than 2³¹ slots.
        let before = simd.bits(simd.less(offsets, simd.splat(0)));
        let inside = simd.bits(simd.less(offsets, simd.splat(out.slots.len() as u32))) & !before;
        out.saturated += (saturates & accepted & inside).count_ones() as usize;
        let (offsets, words) = (simd.to_array(offsets), simd.to_array(words));
        if inside == u16::MAX {
            for (offset, word) in offsets.into_iter().zip(words) {
                // SAFETY: `inside` says of each offset that it is below the number of slots.
                unsafe { *out.slots.get_unchecked_mut(offset as usize) = low_bits(word) };
            }
            return;
        }
        for (offset, word) in offsets.into_iter().zip(words) {
            if let Some(to) = out.slots.get_mut(offset as usize) {
                *to = low_bits(word);
            }
        }
    }
}

/// Returns the slot that the low bits of a word are the content of. The targets with SIMD backends are little-endian.
#[inline(always)]
fn low_bits<T>(word: u32) -> MaybeUninit<T> {
    if size_of::<T>() > size_of::<u32>() {
        return MaybeUninit::uninit();
    }
    // SAFETY: the word has at least as many bytes as the slot, and a `MaybeUninit` may hold any bytes.
    unsafe { transmute_copy(&word) }
}
