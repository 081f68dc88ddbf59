//! The operations that a SIMD backend offers.

use core::mem::MaybeUninit;

use super::{
    queue::Queue,
    sizes::{GROUP, WINDOW},
    tables::Overhang,
};
use crate::sampler::ziggurat::Density;

/// An integer format.
#[derive(Clone, Copy)]
pub(crate) struct Integers {
    /// The integer that 0 becomes. It is 0 unless the slots are `u8`.
    pub(crate) zero_point: i32,
    /// Whether the slots are `u8`.
    pub(crate) unsigned: bool,
    /// Whether to count how many numbers saturate.
    pub(crate) count: bool,
}

/// The operations of one instruction set, on vectors of sixteen numbers.
///
/// A value of this type is a zero-sized proof that the processor has the instructions, because only the
/// backend's `available` can create one. Therefore the methods are safe.
///
/// All methods are `#[inline(always)]`, and so is every function that calls them, up to
/// [`vectorize`](Self::vectorize), [`out_of_line`](Self::out_of_line) or [`apart`](Self::apart). The instructions
/// are enabled only inside of these three: an operation that is not inlined there becomes a call.
/// `benches/calls.sh` finds such calls.
pub(crate) trait Simd: Copy {
    /// Sixteen `u32`, lane by lane. Comparisons and [`to_float`](Self::to_float) take them as `i32`.
    type U32: Copy;
    /// Sixteen `f32`.
    type F32: Copy;
    /// Sixteen `u64`.
    type U64: Copy;
    /// A yes or no for each lane.
    type Mask: Copy;
    /// The table of the fast path times std.
    type Edges;
    /// Sixteen integers on their way to slots of 8 or 16 bits.
    type Narrow: Copy;
    /// Counts of saturated numbers.
    type Counts: Copy;

    /// The number of blocks computed at once: 1, or 2 if stepping the lanes is limited by latency.
    const BLOCKS: usize;
    /// The number of vectors of tries computed at once: 1 or 2.
    const BATCH: usize;
    /// Whether more than 16 vectors of sixteen numbers fit in registers. Else about eight do.
    const MANY_REGISTERS: bool;
    /// Whether the values of a group stay in registers until they are rounded. Else they go through memory.
    const ROUNDS_IN_REGISTERS: bool;
    /// Whether NaN is counted as saturated.
    const COUNTS_NAN: bool;
    /// The power of two that [`signed`](Self::signed) multiplies by.
    const SIGNED: f32;

    /// Calls `f` with the instructions enabled. `f` has to be `#[inline(always)]`.
    fn vectorize<T>(self, f: impl FnOnce() -> T) -> T;

    /// Calls `f` with the instructions enabled, in a function that is never inlined into code without them. The
    /// compiler still inlines small ones into code with them: rustc 1.95 heeds `inline(never)` only in calls from
    /// functions with the same instructions, and this call is in a function without them. `f` has to be
    /// `#[inline(always)]`.
    fn out_of_line<T>(self, f: impl FnOnce() -> T) -> T;

    /// Does the same in a function that is never inlined. With this in place of every `out_of_line`, `avx512` takes 1.07
    /// times as long for 1,000 normals (Zen 4).
    fn apart<T>(self, f: impl FnOnce() -> T) -> T;

    // Moving vectors.

    fn splat(self, value: u32) -> Self::U32;
    fn splat_f(self, value: f32) -> Self::F32;
    fn load(self, from: &[u32; 16]) -> Self::U32;
    fn load_f(self, from: &[f32; 16]) -> Self::F32;
    fn load_states(self, from: &[u64; 16]) -> Self::U64;
    /// Zero-extends.
    fn widen(self, from: &[u16; 16]) -> Self::U32;
    fn to_array(self, from: Self::U32) -> [u32; 16];
    fn store_f(self, to: &mut [f32; 16], values: Self::F32);
    /// Writes values to their slots.
    fn write_slots(self, slots: &mut [MaybeUninit<f32>; 16], values: Self::F32);
    /// Rounds the values of a step to slots of 16 bits: `f16`, or else `bf16`.
    fn write_halves<T>(self, slots: &mut [MaybeUninit<T>; 16], values: Self::F32, f16: bool);
    /// The same for two steps.
    #[inline(always)]
    fn write_more_halves<T>(
        self,
        slots: &mut [MaybeUninit<T>; 32],
        values: [Self::F32; 2],
        f16: bool,
    ) {
        let (steps, _) = slots.as_chunks_mut();
        for (slots, values) in steps.iter_mut().zip(values) {
            self.write_halves(slots, values, f16);
        }
    }
    /// Returns no saturated numbers.
    fn no_counts(self) -> Self::Counts;
    /// Returns how many saturated numbers were counted.
    fn total_counts(self, counts: Self::Counts) -> u32;
    /// Rounds the numbers of a step to integers for slots of `BYTES` bytes. All numbers are below 2³¹. NaN stands for
    /// a rejected position.
    fn narrow<const BYTES: usize>(
        self,
        numbers: Self::F32,
        to: Integers,
        counts: &mut Self::Counts,
    ) -> Self::Narrow;
    /// Writes the integers of two steps plus the zero point to slots of 8 or 16 bits.
    fn write_integers<T>(
        self,
        slots: &mut [MaybeUninit<T>; 32],
        integers: [Self::Narrow; 2],
        to: Integers,
        counts: &mut Self::Counts,
    );
    /// The same for four steps.
    #[inline(always)]
    fn write_more_integers<T>(
        self,
        slots: &mut [MaybeUninit<T>; GROUP],
        [a, b, c, d]: [Self::Narrow; 4],
        to: Integers,
        counts: &mut Self::Counts,
    ) {
        if let ([first, second], _) = slots.as_chunks_mut() {
            self.write_integers(first, [a, b], to, counts);
            self.write_integers(second, [c, d], to, counts);
        }
    }

    // Arithmetic, lane by lane.

    fn and(self, a: Self::U32, b: Self::U32) -> Self::U32;
    fn or(self, a: Self::U32, b: Self::U32) -> Self::U32;
    fn xor(self, a: Self::U32, b: Self::U32) -> Self::U32;
    fn xor3(self, a: Self::U32, b: Self::U32, c: Self::U32) -> Self::U32;
    fn add(self, a: Self::U32, b: Self::U32) -> Self::U32;
    fn sub(self, a: Self::U32, b: Self::U32) -> Self::U32;
    fn shl<const N: i32>(self, a: Self::U32) -> Self::U32;
    fn shr<const N: i32>(self, a: Self::U32) -> Self::U32;
    /// Shifts right, and copies the sign.
    fn sar<const N: i32>(self, a: Self::U32) -> Self::U32;
    /// Rotates left by `LEFT`, which is right by `RIGHT`: their sum is 32.
    fn rotl<const LEFT: i32, const RIGHT: i32>(self, a: Self::U32) -> Self::U32;
    /// Returns `a`, plus 1 where a bit of `bits` is set in `x`.
    fn add_if(self, a: Self::U32, x: Self::U32, bits: u32) -> Self::U32;
    fn add_state(self, states: Self::U64, addend: u64) -> Self::U64;
    fn add_f(self, a: Self::F32, b: Self::F32) -> Self::F32;
    fn sub_f(self, a: Self::F32, b: Self::F32) -> Self::F32;
    fn mul_f(self, a: Self::F32, b: Self::F32) -> Self::F32;
    /// Returns the smaller of both, or `b` where `a` is NaN.
    fn min_f(self, a: Self::F32, b: Self::F32) -> Self::F32;
    /// Returns the larger of both, or `b` where `a` is NaN.
    fn max_f(self, a: Self::F32, b: Self::F32) -> Self::F32;
    /// Returns the total of each vector. It adds the upper half to the lower half until one number is left.
    fn totals(self, of: &[[f32; 16]; 16]) -> Self::F32;

    // Choosing.

    fn less(self, a: Self::U32, b: Self::U32) -> Self::Mask;
    fn equal(self, a: Self::U32, b: Self::U32) -> Self::Mask;
    fn less_f(self, a: Self::F32, b: Self::F32) -> Self::Mask;
    /// Whether a < b or a > b.
    fn differ_f(self, a: Self::F32, b: Self::F32) -> Self::Mask;
    /// Returns `a` where the mask says yes, else `b`.
    fn select(self, mask: Self::Mask, a: Self::U32, b: Self::U32) -> Self::U32;
    fn select_f(self, mask: Self::Mask, a: Self::F32, b: Self::F32) -> Self::F32;
    /// Bit i is set if the mask says yes for lane i.
    fn bits(self, mask: Self::Mask) -> u16;

    // Converting.

    fn to_bits(self, a: Self::F32) -> Self::U32;
    fn float_of_bits(self, a: Self::U32) -> Self::F32;
    fn to_float(self, a: Self::U32) -> Self::F32;
    /// Returns the nearest integer, ties to even.
    fn nearest(self, a: Self::F32) -> Self::U32;
    /// Returns the signed odd number in each word times [`SIGNED`](Self::SIGNED).
    fn signed(self, words: Self::U32) -> Self::F32;

    // The fast path.

    /// Returns the fast path's table times std.
    fn scaled_edges<D: Density>(self, std: f32) -> Self::Edges;

    /// Computes the fast path for a group. Calls `next` for the words of each of the four steps, and
    /// `put(step, values)` for the results. Returns a bit for each rejected position, in an order that
    /// [`append_rejected`](Self::append_rejected) knows. Both closures have to be `#[inline(always)]`.
    fn fast_group(
        self,
        edges: &Self::Edges,
        next: impl FnMut() -> Self::U32,
        put: impl FnMut(usize, Self::F32),
    ) -> u64;

    /// For each rejected position, writes `first` plus its position in the group, in any order. May write
    /// up to [`GROUP`] entries, of which only the first `rejected.count_ones()` are valid.
    fn append_rejected(self, list: &mut [u16], rejected: u64, first: u16);

    // The overhang.

    /// Returns the states of the first tries of sixteen rejected positions: see
    /// [`first_state`](super::queue::first_state).
    fn first_states(self, rejected: &[u16; 16], states: &[u64; WINDOW]) -> Self::U64;
    /// Hashes by SplitMix64's finaliser, and returns the low and the high halves.
    fn hash(self, states: Self::U64) -> (Self::U32, Self::U32);
    /// Looks up a column of the alias table. Returns the column itself if `share` is below its threshold,
    /// otherwise its alias.
    fn look_up_alias<D: Overhang>(self, column: Self::U32, share: Self::U32) -> Self::U32;
    /// Looks up a region's inner, width, below and height.
    fn look_up_region<D: Overhang>(self, region: Self::U32) -> [Self::F32; 4];
    /// Appends the tries in the mask to a queue.
    fn append(self, queue: &mut Queue, states: Self::U64, offsets: Self::U32, mask: u16);
    /// Writes each value to the slot at its offset, if that is within the slice.
    fn scatter(self, slots: &mut [MaybeUninit<f32>], offsets: Self::U32, values: Self::F32);
}

/// Implements the methods of [`Simd`] that a backend has as functions with `#[target_feature]`: each
/// calls the function of its name.
///
/// Such functions are safe for callers with the same features, and rustfmt, debuggers and
/// rust-analyzer see them. A method of a trait can't have features of its own and stay safe.
macro_rules! forward_operations {
    () => {
        forward_operations! {
            splat(value: u32) -> Self::U32;
            splat_f(value: f32) -> Self::F32;
            load(from: &[u32; 16]) -> Self::U32;
            load_f(from: &[f32; 16]) -> Self::F32;
            load_states(from: &[u64; 16]) -> Self::U64;
            widen(from: &[u16; 16]) -> Self::U32;
            to_array(from: Self::U32) -> [u32; 16];
            store_f(to: &mut [f32; 16], values: Self::F32) -> ();
            write_slots(slots: &mut [MaybeUninit<f32>; 16], values: Self::F32) -> ();
            write_halves[T][T](slots: &mut [MaybeUninit<T>; 16], values: Self::F32, f16: bool) -> ();
            no_counts() -> Self::Counts;
            total_counts(counts: Self::Counts) -> u32;
            narrow[const BYTES: usize][BYTES](
                numbers: Self::F32, to: Integers, counts: &mut Self::Counts
            ) -> Self::Narrow;
            write_integers[T][T](
                slots: &mut [MaybeUninit<T>; 32],
                integers: [Self::Narrow; 2],
                to: Integers,
                counts: &mut Self::Counts
            ) -> ();
            and(a: Self::U32, b: Self::U32) -> Self::U32;
            or(a: Self::U32, b: Self::U32) -> Self::U32;
            xor(a: Self::U32, b: Self::U32) -> Self::U32;
            xor3(a: Self::U32, b: Self::U32, c: Self::U32) -> Self::U32;
            add(a: Self::U32, b: Self::U32) -> Self::U32;
            sub(a: Self::U32, b: Self::U32) -> Self::U32;
            shl[const N: i32][N](a: Self::U32) -> Self::U32;
            shr[const N: i32][N](a: Self::U32) -> Self::U32;
            sar[const N: i32][N](a: Self::U32) -> Self::U32;
            rotl[const LEFT: i32, const RIGHT: i32][LEFT, RIGHT](a: Self::U32) -> Self::U32;
            add_if(a: Self::U32, x: Self::U32, bits: u32) -> Self::U32;
            add_state(states: Self::U64, addend: u64) -> Self::U64;
            add_f(a: Self::F32, b: Self::F32) -> Self::F32;
            sub_f(a: Self::F32, b: Self::F32) -> Self::F32;
            mul_f(a: Self::F32, b: Self::F32) -> Self::F32;
            min_f(a: Self::F32, b: Self::F32) -> Self::F32;
            max_f(a: Self::F32, b: Self::F32) -> Self::F32;
            totals(of: &[[f32; 16]; 16]) -> Self::F32;
            less(a: Self::U32, b: Self::U32) -> Self::Mask;
            equal(a: Self::U32, b: Self::U32) -> Self::Mask;
            less_f(a: Self::F32, b: Self::F32) -> Self::Mask;
            differ_f(a: Self::F32, b: Self::F32) -> Self::Mask;
            select(mask: Self::Mask, a: Self::U32, b: Self::U32) -> Self::U32;
            select_f(mask: Self::Mask, a: Self::F32, b: Self::F32) -> Self::F32;
            bits(mask: Self::Mask) -> u16;
            to_bits(a: Self::F32) -> Self::U32;
            float_of_bits(a: Self::U32) -> Self::F32;
            to_float(a: Self::U32) -> Self::F32;
            nearest(a: Self::F32) -> Self::U32;
            signed(words: Self::U32) -> Self::F32;
            scaled_edges[D: Density][D](std: f32) -> Self::Edges;
            append_rejected(list: &mut [u16], rejected: u64, first: u16) -> ();
            first_states(rejected: &[u16; 16], states: &[u64; WINDOW]) -> Self::U64;
            hash(states: Self::U64) -> (Self::U32, Self::U32);
            look_up_alias[D: Overhang][D](column: Self::U32, share: Self::U32) -> Self::U32;
            look_up_region[D: Overhang][D](region: Self::U32) -> [Self::F32; 4];
            append(queue: &mut Queue, states: Self::U64, offsets: Self::U32, mask: u16) -> ();
            scatter(
                slots: &mut [MaybeUninit<f32>], offsets: Self::U32, values: Self::F32
            ) -> ();
        }
    };
    ($(
        $name:ident$([$($parameters:tt)*][$($arguments:tt)*])?($($x:ident: $t:ty),*) -> $out:ty;
    )*) => {$(
        #[inline(always)]
        fn $name$(<$($parameters)*>)?(self, $($x: $t),*) -> $out {
            // SAFETY: the function enables only features that `available` has detected. `self` proves that
            // it has done so.
            unsafe { self::$name$(::<$($arguments)*>)?($($x),*) }
        }
    )*};
}

pub(crate) use forward_operations;
