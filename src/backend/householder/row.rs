//! The operations on one row, and the sizes and steps of the work.

use core::{array, hint::black_box};

use crate::target::{SMALL, sqrt};

/// The number of partial sums of a dot product.
pub(crate) const SUMS: usize = 16;

/// As many columns as there are partial sums, or the partial sums themselves.
pub(crate) type Chunk = [f32; SUMS];

/// The number of reflections in a block. A block begins where a chunk does.
pub(crate) const BLOCK: usize = 16;

/// A part of the work, so that threads can share it.
#[derive(Clone, Copy)]
#[cfg_attr(not(feature = "rayon"), allow(dead_code, reason = "one thread does all"))]
pub(crate) enum Step<'a> {
    /// Turns all rows of normals into rows of Q times the gain.
    All,
    /// Turns rows of normals into their reflectors. The first is row `first` of the matrix.
    Reflectors { first: usize },
    /// Turns reflectors into rows of Q as far as the reflections of these rows go.
    Within { first: usize },
    /// Applies the reflections of all rows above to rows that [`Within`](Self::Within) has made, and the gain.
    Above { reflectors: &'a [f32] },
}

/// Clamps the rows of Q and multiplies them by the gain.
#[inline(always)]
pub(super) fn multiply(rows: &mut [f32], gain: f32) {
    for value in rows {
        *value = value.clamp(-1.0, 1.0) * gain;
    }
}

/// Returns a row from column `first` on. Callers guarantee that the row has that column, so the default
/// is never taken.
#[inline(always)]
pub(super) fn suffix(row: &[f32], first: usize) -> &[f32] {
    row.get(first..).unwrap_or_default()
}

/// Returns a row from column `first` on, like [`suffix`].
#[inline(always)]
pub(super) fn suffix_mut(row: &mut [f32], first: usize) -> &mut [f32] {
    row.get_mut(first..).unwrap_or_default()
}

/// Turns row k, a row of normals, into its reflector, with zeros left of the diagonal.
#[inline(always)]
pub(super) fn reflector(row: &mut [f32], k: usize) {
    let Some((left, x)) = row.split_at_mut_checked(k) else { return };
    left.fill(0.0);
    let Some(&x_k) = x.first() else { return };
    let norm = sqrt(dot(row, row, k));
    let v_k = x_k + norm.copysign(x_k);
    let scale = sqrt(1.0 / (norm * v_k.abs()));
    if let Some(value) = row.get_mut(k) {
        *value = v_k;
    }
    // From the start of a chunk, where the values are zero, because whole chunks are faster.
    for value in suffix_mut(row, k - k % SUMS) {
        *value *= scale;
    }
}

/// Returns the dot product of two rows from column k on. Before it, one of them is zero, or counts as zero.
#[inline(always)]
pub(super) fn dot(a: &[f32], b: &[f32], k: usize) -> f32 {
    let mut sums = [0.0; SUMS];
    // Up to the next chunk.
    let next = k.next_multiple_of(SUMS);
    for (i, sum) in sums.iter_mut().enumerate().skip(SUMS - (next - k)) {
        let column = next - SUMS + i;
        if let (Some(a), Some(b)) = (a.get(column), b.get(column)) {
            *sum += a * b;
        }
    }
    let (a, a_end) = suffix(a, next).as_chunks::<SUMS>();
    let (b, b_end) = suffix(b, next).as_chunks::<SUMS>();
    for (a, b) in a.iter().zip(b) {
        if SMALL {
            add_products(&mut sums, a, b);
        } else {
            // The same as `add_products`, in a form that the compiler vectorises.
            sums = array::from_fn(|j| sums[j] + a[j] * b[j]);
        }
    }
    add_products(&mut sums, a_end, b_end);
    total(&sums)
}

/// Adds the products of two rows to the partial sums.
#[inline(always)]
fn add_products(sums: &mut Chunk, a: &[f32], b: &[f32]) {
    for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
        *sum += a * b;
    }
}

/// Returns the total of the partial sums. It adds the upper half to the lower half until one sum is left,
/// so that rotated partial sums have the same total.
#[inline(always)]
pub(crate) fn total(sums: &Chunk) -> f32 {
    // `black_box` passes the sums through memory. Otherwise the compiler splits the registers of the loop
    // before this call, which then takes three times as long.
    let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = *black_box(sums);
    let [a, b, c, d, e, f, g, h] = [a + i, b + j, c + k, d + l, e + m, f + n, g + o, h + p];
    let [a, b, c, d] = [a + e, b + f, c + g, d + h];
    (a + c) + (b + d)
}
