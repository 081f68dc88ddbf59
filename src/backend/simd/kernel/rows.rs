//! The inner loop of an orthogonal matrix: one pass over a panel of rows.

use core::mem;

use super::ops::Simd;
use crate::backend::householder::{Chunk, Step, from_normals};

/// Does a step of the work on an orthogonal matrix, as [`from_normals`] says, `P` rows at a time.
#[inline(always)]
pub(crate) fn orthogonal<S: Simd, const P: usize>(
    simd: S,
    step: Step,
    cols: usize,
    gain: f32,
    out: &mut [f32],
) {
    from_normals(
        step,
        cols,
        gain,
        out,
        #[inline(always)]
        |rows: [&mut [Chunk]; P], d, v: &[Chunk], next: &[Chunk], ends: &[Chunk; P]| {
            pass_chunks(simd, rows, d, v, next, ends)
        },
    );
}

/// Subtracts d\[p\] v from row p. Returns each row's dot product with `next`, including the partial sums
/// in `ends`. All partial sums stay in registers.
#[inline(always)]
fn pass_chunks<S: Simd, const P: usize>(
    simd: S,
    mut rows: [&mut [Chunk]; P],
    d: [f32; P],
    v: &[Chunk],
    next: &[Chunk],
    ends: &[Chunk; P],
) -> [f32; P] {
    // All have the same length. They are cut to it here, so that the loop needs no bounds checks. `get_mut`
    // is used because indexing still left a panic in the code.
    let len = v.len();
    let Some(next) = next.get(..len) else { return d };
    for row in &mut rows {
        let Some(part) = mem::take(row).get_mut(..len) else { return d };
        *row = part;
    }
    let mut factors = [simd.splat_f(0.0); P];
    for (factor, d) in factors.iter_mut().zip(d) {
        *factor = simd.splat_f(d);
    }
    let mut sums = [simd.splat_f(0.0); P];
    for (i, (v, next)) in v.iter().zip(next).enumerate() {
        let (v, next) = (simd.load_f(v), simd.load_f(next));
        for p in 0..P {
            let Some(row) = rows[p].get_mut(i) else { return d };
            let new = simd.sub_f(simd.load_f(row), simd.mul_f(factors[p], v));
            simd.store_f(row, new);
            sums[p] = simd.add_f(sums[p], simd.mul_f(new, next));
        }
    }
    let mut totals = [0.0; P];
    for ((to, sum), end) in totals.iter_mut().zip(sums).zip(ends) {
        *to = simd.total(simd.add_f(sum, simd.load_f(end)));
    }
    totals
}
