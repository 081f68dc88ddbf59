//! Random orthogonal matrices, uniform among all of them (Haar), generated in place in the caller's
//! slice.
//!
//! # The method
//!
//! The Q of a Gaussian matrix's LQ factorisation is Haar distributed if L has a positive diagonal
//! (Mezzadri, "How to generate random matrices from the classical compact groups", 2007). Q is a product
//! of Householder reflections, one per row.
//!
//! Each reflection is computed from the part of the matrix that the earlier reflections have not reduced.
//! This part is still Gaussian and independent of them, so it is drawn instead of computed, and nothing is
//! factored (Stewart, "The efficient generation of random orthogonal matrices with an application to
//! condition estimators", 1980). For an n × n matrix this takes 4/3 n³ operations, which is half as many
//! as factoring and multiplying out.
//!
//! # The operations
//!
//! For rows ≤ columns = n. All arithmetic is `f32`, and each operation is rounded by itself.
//!
//! 1. **Normals.** x\[k\]\[j\] is the standard normal at the stream's index k n + j. Only those with
//!    j ≥ k are used. The others count as +0.
//! 2. **Dot product** a · b. Sixteen partial sums begin as +0. In ascending order of columns, the product
//!    of column j is added to partial sum j mod 16. Then the upper half of the sums is added to the lower
//!    half, sum i + 8 to sum i, and so on with 8, 4 and 2 sums until one is left.
//! 3. **Reflections** H\[k\] = I − v vᵀ, where v · v = 2. With norm = √(x\[k\] · x\[k\]), the *reflector*
//!    v is x\[k\], except that v\[k\] = x\[k\]\[k\] + sign(x\[k\]\[k\]) × norm. All of v is then
//!    multiplied by √(1 ÷ (norm × |v\[k\]|)).
//! 4. **Rows.** Row i begins as s e\[i\], where s = −sign(x\[i\]\[i\]). This makes the diagonal of L
//!    positive. H\[i\], H\[i − 1\], …, H\[0\] are applied to it in this order, but in *blocks* of 16: those of
//!    rows 0 to 15, 16 to 31, and so on. All dot products of a block come first. For k descending in the
//!    block, d\[k\] = row · v\[k\], and then, for l > k in the block and l descending,
//!    d\[k\] = d\[k\] − d\[l\] × (v\[l\] · v\[k\]). Then row\[j\] = row\[j\] − d\[k\] × v\[k\]\[j\], for
//!    k descending.
//! 5. **Gain.** Each value is clamped to ±1 and then multiplied by the gain, so that no gain overflows.
//!
//! With rows > columns, the result is the transpose of the columns × rows matrix. The caller transposes.
//!
//! # The order of the work
//!
//! A block's reflections are one product: the dot products of a row with 16 reflectors, a triangular system
//! for the factors d, and one pass that subtracts (the compact WY representation, with the system solved
//! instead of inverted). So each row is read twice for 16 reflections.
//!
//! Both a row and v are +0 in the columns before their diagonals. A product of ±0 changes no partial sum,
//! because none is −0, so such columns may be skipped or not.
//!
//! Each reflector stays in the row that it was made from. Its products with the others of its block,
//! v\[l\] · v\[k\] for k < l, are stored where it is zero: in row l, column k. The rows are overwritten by
//! rows of Q from the last block to the first, because a row of Q needs only the reflectors of its own row and of
//! those above. Rows of Q don't depend on each other, so any number of them can be computed together.

mod blocked;
mod one_by_one;

use core::{array, hint::black_box};

pub(super) use self::blocked::{Buffer, Kernel};
use crate::target::{NO_VECTORS, sqrt};

/// The number of partial sums of a dot product.
pub(super) const SUMS: usize = 16;

/// As many columns as there are partial sums, or the partial sums themselves.
pub(super) type Chunk = [f32; SUMS];

/// The number of reflections in a block. A block begins where a chunk does.
pub(super) const BLOCK: usize = 16;

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

/// Does one step for some rows of the matrix. The first row is the first of a block. The module's documentation
/// specifies the operations.
///
/// Always inlined, so that it is compiled with the instructions of the backend.
#[inline(always)]
pub(super) fn from_normals(
    step: Step,
    cols: usize,
    gain: f32,
    rows: &mut [f32],
    kernel: impl Kernel,
) {
    if cols == 0 {
        return;
    }
    if NO_VECTORS {
        one_by_one::from_normals(step, cols, gain, rows);
    } else {
        blocked::from_normals(step, cols, gain, rows, kernel);
    }
}

/// Clamps the rows of Q and multiplies them by the gain.
#[inline(always)]
fn multiply(rows: &mut [f32], gain: f32) {
    for value in rows {
        *value = value.clamp(-1.0, 1.0) * gain;
    }
}

/// Returns a row from column `first` on. Callers guarantee that the row has that column, so the default
/// is never taken.
#[inline(always)]
fn suffix(row: &[f32], first: usize) -> &[f32] {
    row.get(first..).unwrap_or_default()
}

/// Returns a row from column `first` on, like [`suffix`].
#[inline(always)]
fn suffix_mut(row: &mut [f32], first: usize) -> &mut [f32] {
    row.get_mut(first..).unwrap_or_default()
}

/// Turns row k, a row of normals, into its reflector, with zeros left of the diagonal.
#[inline(always)]
fn reflector(row: &mut [f32], k: usize) {
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
fn dot(a: &[f32], b: &[f32], k: usize) -> f32 {
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
        if NO_VECTORS {
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
pub(super) fn total(sums: &Chunk) -> f32 {
    // `black_box` passes the sums through memory. Otherwise the compiler splits the registers of the loop
    // before this call, which then takes three times as long.
    let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = *black_box(sums);
    let [a, b, c, d, e, f, g, h] = [a + i, b + j, c + k, d + l, e + m, f + n, g + o, h + p];
    let [a, b, c, d] = [a + e, b + f, c + g, d + h];
    (a + c) + (b + d)
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::{vec, vec::Vec};

    use super::{Step, one_by_one};
    use crate::{Backend, Stream, fill_normal};

    /// Small processors get the bits of all others, also if the matrix is made in parts.
    #[test]
    fn one_row_at_a_time_gives_the_same_bits() {
        for (rows, cols) in [(1, 1), (3, 5), (16, 16), (17, 17), (31, 40), (33, 33), (70, 100)] {
            let mut normals = vec![0.0; rows * cols];
            fill_normal(Stream::new(7), 0, 0.0, 1.0, &mut normals).unwrap();
            let bits = |q: &[f32]| q.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
            let mut expected = normals.clone();
            Backend::PORTABLE.orthogonal(Step::All, cols, 0.7, &mut expected);

            let mut q = normals.clone();
            one_by_one::from_normals(Step::All, cols, 0.7, &mut q);
            assert_eq!(bits(&q), bits(&expected), "{rows} × {cols}");

            if cfg!(feature = "rayon") && rows > 32 {
                let (above, below) = normals.split_at_mut(32 * cols);
                one_by_one::from_normals(Step::Reflectors { first: 0 }, cols, 0.7, above);
                one_by_one::from_normals(Step::Reflectors { first: 32 }, cols, 0.7, below);
                one_by_one::from_normals(Step::Within { first: 32 }, cols, 0.7, below);
                one_by_one::from_normals(Step::Above { reflectors: above }, cols, 0.7, below);
                assert_eq!(bits(below), bits(&expected[32 * cols..]), "{rows} × {cols}");
            }
        }
    }
}
