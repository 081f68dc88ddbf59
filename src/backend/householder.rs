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
//!    positive. H\[i\], H\[i − 1\], …, H\[0\] are applied to it in this order:
//!    row\[j\] = row\[j\] − (row · v) × v\[j\].
//! 5. **Gain.** Each value is clamped to ±1 and then multiplied by the gain, so that no gain overflows.
//!
//! With rows > columns, the result is the transpose of the columns × rows matrix. The caller transposes.
//!
//! # The order of the work
//!
//! Both a row and v are +0 in the columns before their diagonals. A pass may therefore begin some columns
//! early, at the boundary of a chunk of 16. The additional products are ±0, and adding them changes no
//! partial sum, because none is −0.
//!
//! Each reflector stays in the row that it was made from. The rows are overwritten by rows of Q in
//! *panels* of a few rows, from the last panel to the first, because a row of Q needs only the reflectors
//! of its own row and of those above. Rows of Q don't depend on each other, so the number of rows in a
//! panel can be chosen freely. Each pass over a panel ends one reflection and computes the dot products
//! of the next.

use core::{array, hint::black_box};

use crate::target::{NO_VECTORS, sqrt};

/// The number of partial sums of a dot product.
pub(super) const SUMS: usize = 16;

/// As many columns as there are partial sums, or the partial sums themselves.
pub(super) type Chunk = [f32; SUMS];

/// The inner loop of a pass over `P` rows, for whole chunks. The arguments are the rows, their dot
/// products d with the reflector v, v itself, the next reflector, and the partial sums of the columns after
/// the last whole chunk. It subtracts d\[p\] v from row p, and returns the dot product of each row with the
/// next reflector. The given partial sums are added last.
///
/// Each backend has its own loop, because whether the compiler keeps arrays in registers depends on its
/// version. If it does not, the loop takes three times as long.
pub(super) trait PassChunks<const P: usize>:
    Copy + Fn([&mut [Chunk]; P], [f32; P], &[Chunk], &[Chunk], &[Chunk; P]) -> [f32; P]
{
}

impl<const P: usize, F> PassChunks<P> for F where
    F: Copy + Fn([&mut [Chunk]; P], [f32; P], &[Chunk], &[Chunk], &[Chunk; P]) -> [f32; P]
{
}

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

/// Does one step for some rows of the matrix, in panels of `P` rows. The module's documentation specifies the
/// operations.
///
/// Always inlined, so that it is compiled with the instructions of the backend.
#[inline(always)]
pub(super) fn from_normals<const P: usize>(
    step: Step,
    cols: usize,
    gain: f32,
    rows: &mut [f32],
    pass_chunks: impl PassChunks<P>,
) {
    if cols == 0 {
        return;
    }
    let alignment = Alignment::of(rows, cols);
    match step {
        Step::All => {
            reflectors(rows, cols, 0, alignment);
            within(rows, cols, 0, alignment, pass_chunks);
            multiply(rows, gain);
        }
        // One thread does all, so that small programs don't pay for the rest.
        _ if cfg!(not(feature = "rayon")) => {}
        Step::Reflectors { first } => reflectors(rows, cols, first, alignment),
        Step::Within { first } => within(rows, cols, first, alignment, pass_chunks),
        Step::Above { reflectors: above } => {
            let mut panels = rows.chunks_exact_mut((P * cols).max(1));
            for panel in &mut panels {
                apply_above(panel, cols, above, 0, alignment, pass_chunks);
            }
            apply_above_one_by_one(panels.into_remainder(), cols, above, 0, alignment);
            multiply(rows, gain);
        }
    }
}

/// Turns rows of normals into their reflectors. `first` is the number of the first row.
#[inline(always)]
fn reflectors(rows: &mut [f32], cols: usize, first: usize, alignment: Alignment) {
    for (i, row) in rows.chunks_exact_mut(cols).enumerate() {
        reflector(row, first + i, alignment);
    }
}

/// Turns reflectors into rows of Q as far as the reflections of these rows go.
#[inline(always)]
fn within<const P: usize>(
    rows: &mut [f32],
    cols: usize,
    first: usize,
    alignment: Alignment,
    pass_chunks: impl PassChunks<P>,
) {
    let mut start = rows.len() / cols;
    while start > 0 {
        // The panels of `P` rows come first, because the last rows have the most reflections. The rows
        // left over are the first ones.
        let count = if start >= P { P } else { 1 };
        start -= count;
        let Some((above, rest)) = rows.split_at_mut_checked(start * cols) else { return };
        let Some(panel) = rest.get_mut(..count * cols) else { return };
        apply_within(panel, cols, first + start, alignment);
        if !NO_VECTORS && count == P {
            apply_above(panel, cols, above, first, alignment, pass_chunks);
        } else {
            apply_above_one_by_one(panel, cols, above, first, alignment);
        }
    }
}

/// Clamps the rows of Q and multiplies them by the gain.
#[inline(always)]
fn multiply(rows: &mut [f32], gain: f32) {
    for value in rows {
        *value = value.clamp(-1.0, 1.0) * gain;
    }
}

/// The number of columns before the first aligned chunk. Chunks aligned to cache lines take half the
/// time. Beginning at another column rotates the partial sums, which does not change their [`total`].
#[derive(Clone, Copy)]
struct Alignment(usize);

impl Alignment {
    /// Returns the alignment of all rows, or 0 if they are aligned differently.
    #[inline(always)]
    fn of(out: &[f32], cols: usize) -> Self {
        if NO_VECTORS || !cols.is_multiple_of(SUMS) {
            return Self(0);
        }
        Self((out.as_ptr().addr() / size_of::<f32>()).wrapping_neg() % SUMS)
    }

    /// Returns the first column of the chunk that contains column k. For the columns before the first
    /// aligned chunk, it is column 0.
    #[inline(always)]
    fn chunk_start(self, k: usize) -> usize {
        k.checked_sub(self.0).map_or(0, |beyond| k - beyond % SUMS)
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
fn reflector(row: &mut [f32], k: usize, alignment: Alignment) {
    let Some((left, x)) = row.split_at_mut_checked(k) else { return };
    left.fill(0.0);
    let Some(&x_k) = x.first() else { return };
    let norm = sqrt(dot(row, row, k, alignment));
    let v_k = x_k + norm.copysign(x_k);
    let scale = sqrt(1.0 / (norm * v_k.abs()));
    if let Some(value) = row.get_mut(k) {
        *value = v_k;
    }
    for value in suffix_mut(row, k) {
        *value *= scale;
    }
}

/// Turns a panel's reflectors into rows of Q as far as the reflections within the panel go. `first` is the
/// number of the panel's first row.
#[inline(always)]
fn apply_within(panel: &mut [f32], cols: usize, first: usize, alignment: Alignment) {
    let mut k = first + panel.len() / cols;
    while k > first {
        k -= 1;
        let Some((_, rest)) = panel.split_at_mut_checked((k - first) * cols) else { return };
        let Some((v, below)) = rest.split_at_mut_checked(cols) else { return };
        for row in below.chunks_exact_mut(cols) {
            apply(v, k, row, alignment);
        }
        // Row k is H[k] applied to s e[k]. Because e[k] · v is v[k], and s is the opposite sign of v[k],
        // the result is |v[k]| v in all columns, plus s in column k.
        let Some(&v_k) = v.get(k) else { return };
        for value in suffix_mut(v, k) {
            *value *= v_k.abs();
        }
        if let Some(value) = v.get_mut(k) {
            *value -= 1_f32.copysign(v_k);
        }
    }
}

/// Applies the reflection of row k to another row.
#[inline(always)]
fn apply(v: &[f32], k: usize, row: &mut [f32], alignment: Alignment) {
    let d = dot(row, v, k, alignment);
    subtract(suffix_mut(row, k), d, suffix(v, k));
}

/// Applies the reflections of the rows above, from the last to the first, to each row of a panel.
#[inline(always)]
fn apply_above_one_by_one(
    panel: &mut [f32],
    cols: usize,
    above: &[f32],
    first: usize,
    alignment: Alignment,
) {
    for row in panel.chunks_exact_mut(cols) {
        for (i, v) in above.chunks_exact(cols).enumerate().rev() {
            apply(v, first + i, row, alignment);
        }
    }
}

/// Applies the reflections of the rows above, from the last to the first, to the `P` rows of a panel. `first`
/// is the number of the first of the rows above.
#[inline(always)]
fn apply_above<const P: usize>(
    panel: &mut [f32],
    cols: usize,
    above: &[f32],
    first: usize,
    alignment: Alignment,
    pass_chunks: impl PassChunks<P>,
) {
    let mut rows = panel.chunks_exact_mut(cols);
    let mut rows: [&mut [f32]; P] = array::from_fn(|_| rows.next().unwrap_or_default());
    let mut reflectors = above.chunks_exact(cols).enumerate().rev();
    let Some((last, mut v)) = reflectors.next() else { return };
    let mut k = first + last;
    let mut d = [0.0; P];
    for (d, row) in d.iter_mut().zip(&rows) {
        *d = dot(row, v, k, alignment);
    }
    for (i, next) in reflectors {
        d = pass(&mut rows, d, v, next, k, alignment, pass_chunks);
        (k, v) = (first + i, next);
    }
    for (row, d) in rows.into_iter().zip(d) {
        subtract(row, d, v);
    }
}

/// Subtracts d\[p\] v from row p, where v is the reflector of row k, and returns the dot product of each row
/// with the next reflector. The columns before the chunk of column k are skipped, because the rows are
/// zero there.
#[inline(always)]
fn pass<const P: usize>(
    rows: &mut [&mut [f32]; P],
    d: [f32; P],
    v: &[f32],
    next: &[f32],
    k: usize,
    alignment: Alignment,
    pass_chunks: impl PassChunks<P>,
) -> [f32; P] {
    let first = alignment.chunk_start(k);
    let (v, v_end) = suffix(v, first).as_chunks::<SUMS>();
    let (next, next_end) = suffix(next, first).as_chunks::<SUMS>();
    let mut ends = [[0.0; SUMS]; P];
    if !v_end.is_empty() {
        for ((sums, row), d) in ends.iter_mut().zip(&mut *rows).zip(d) {
            let end = suffix_mut(row, first + v.len() * SUMS);
            subtract(end, d, v_end);
            add_products(sums, end, next_end);
        }
    }
    let chunks = rows.each_mut().map(|row| suffix_mut(row, first).as_chunks_mut().0);
    pass_chunks(chunks, d, v, next, &ends)
}

/// Subtracts d v from a row.
#[inline(always)]
fn subtract(row: &mut [f32], d: f32, v: &[f32]) {
    for (value, v) in row.iter_mut().zip(v) {
        *value -= d * v;
    }
}

/// Returns the dot product of two rows, one of which has zeros before column k.
#[inline(always)]
fn dot(a: &[f32], b: &[f32], k: usize, alignment: Alignment) -> f32 {
    let first = alignment.chunk_start(k);
    let (a, a_end) = suffix(a, first).as_chunks::<SUMS>();
    let (b, b_end) = suffix(b, first).as_chunks::<SUMS>();
    let mut sums = [0.0; SUMS];
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
