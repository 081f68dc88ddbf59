//! Random orthogonal matrices, uniform among all of them (Haar), in the caller's slice.
//!
//! The Q of a Gaussian matrix's LQ factorisation, if L has a positive diagonal, is Haar
//! distributed (Mezzadri, "How to generate random matrices from the classical compact groups",
//! 2007). It is a product of Householder reflections. The part of the matrix that the next of them
//! is made from is still Gaussian after those before it, and independent of them; so that part is
//! drawn instead, and nothing is factored (Stewart, "The efficient generation of random orthogonal
//! matrices with an application to condition estimators", 1980). That takes 4/3 n³ operations for
//! n × n, half of what factoring and multiplying out take.
//!
//! What it is, for rows ≤ columns = n. All is `f32`, each operation rounded by itself.
//!
//! 1. **Normals.** x\[k\]\[j\] is the standard normal at the stream's index k n + j. Only those with
//!    j ≥ k are used; the others count as +0.
//! 2. **Dot product** a · b: 16 partial sums begin as +0. In ascending order of columns, the product of
//!    column j is added to the partial sum j mod 16. Then partial sum i + 8 is added to i, of these
//!    i + 4 to i, then i + 2, then i + 1.
//! 3. **Reflections** H\[k\] = I − v vᵀ, where v ⋅ v = 2. With norm = √(x\[k\] · x\[k\]), `v` is x\[k\] but
//!    for v\[k\] = x\[k\]\[k\] + sign(x\[k\]\[k\]) × norm; all of `v` is then multiplied by
//!    √(1 ÷ (norm × |v\[k\]|)).
//! 4. **Rows.** Row i begins as d e\[i\], where d = −sign(x\[i\]\[i\]) makes L's diagonal positive. H\[i\],
//!    H\[i − 1\], …, H\[0\] are applied to it: row\[j\] = row\[j\] − (row · v) × v\[j\].
//! 5. **Gain.** Each value is clamped to ±1 and multiplied by the gain. So no gain overflows.
//!
//! With rows > columns it is the transpose of the columns × rows matrix.
//!
//! Since both row and `v` are +0 in columns that they have not reached, columns may be taken by
//! whole chunks of 16: what these add is ±0 to sums that are not −0.
//!
//! How it is done: the reflections stay in the rows that they were made from. A panel of rows after
//! the other, from the last to the first, is overwritten by its rows of Q, for which only the
//! reflections of its own rows and those above are needed. Rows don't depend on each other, so that
//! the number of rows in a panel is free. Each pass over the panel ends one reflection and begins the
//! dot products of the next.

use core::{array, hint::black_box};

use super::transpose::transpose;
use crate::{
    Backend, Distribution, InitError, Stream,
    backend::{NO_VECTORS, sqrt},
    distribution::SMALLEST,
};

/// Partial sums of a dot product.
pub(crate) const SUMS: usize = 16;

/// As many columns.
pub(crate) type Chunk = [f32; SUMS];

/// Fills a row-major `rows` × `cols` matrix with a random orthogonal matrix times `gain`.
///
/// With `rows` ≤ `cols` the rows are orthogonal to each other and have the length `gain`, else the
/// columns. A layer that starts so keeps the lengths of activations (or gradients), and not only on
/// average.
///
/// | parameter | admissible |
/// | --- | --- |
/// | `rows`, `cols` | any whose product fits in a `usize`; zero, for an empty slice |
/// | `gain` | finite, not negative; 0, which gives zeros, or at least 2⁻⁹⁰ = 8.1 × 10⁻²⁸ |
/// | `out` | `rows` × `cols` values |
///
/// The distribution is uniform (Haar's measure) over all such matrices: a Gaussian matrix's
/// LQ factorisation with positive diagonal of L (Mezzadri 2007), made without factoring (Stewart
/// 1980). A square one is a rotation or a reflection, as likely as the other. The matrix is a
/// function of stream, `rows` and `cols`, with the same bits on every machine, and the `cols` ×
/// `rows` one is its transpose. No value exceeds `gain`.
///
/// The work is 2 m² (n − m / 3) multiplications and additions each for m = min(`rows`, `cols`),
/// n = max; and rows are orthogonal up to the rounding of `f32`: at 1024 × 1024, Q Qᵀ differs from I by
/// less than 10⁻⁵ anywhere.
///
/// Source of the scheme: Saxe, McClelland & Ganguli, "Exact solutions to the nonlinear dynamics of
/// learning in deep linear neural networks", 2014. PyTorch's and Keras' `orthogonal`.
///
/// ```
/// use weight_init::{Stream, fill_orthogonal};
///
/// let mut q = [0.0; 3 * 5];
/// fill_orthogonal(Stream::new(42).named("rnn.weight"), 3, 5, 1.0, &mut q)?;
/// let dot = |i: usize, k: usize| (0..5).map(|j| q[5 * i + j] * q[5 * k + j]).sum::<f32>();
/// assert!((dot(1, 1) - 1.0).abs() < 1e-6 && dot(0, 2).abs() < 1e-6);
/// # Ok::<(), weight_init::InitError>(())
/// ```
///
/// # Errors
///
/// [`Gain`](InitError::Gain), [`TooSmall`](InitError::TooSmall), [`Overflow`](InitError::Overflow),
/// [`WrongLength`](InitError::WrongLength). On an error nothing was written.
pub fn fill_orthogonal(
    stream: Stream,
    rows: usize,
    cols: usize,
    gain: f32,
    out: &mut [f32],
) -> Result<(), InitError> {
    fill_orthogonal_with(Backend::detect(), stream, rows, cols, gain, out)
}

/// [`fill_orthogonal`] with a backend of one's choice: the same bits, for tests and benches.
///
/// # Errors
///
/// As [`fill_orthogonal`].
pub fn fill_orthogonal_with(
    backend: Backend,
    stream: Stream,
    rows: usize,
    cols: usize,
    gain: f32,
    out: &mut [f32],
) -> Result<(), InitError> {
    check_gain(gain)?;
    let expected = rows.checked_mul(cols).ok_or(InitError::Overflow)?;
    if expected != out.len() {
        return Err(InitError::WrongLength { expected, given: out.len() });
    }
    orthogonal(backend, stream, rows, cols, gain, out);
    Ok(())
}

/// Whether a gain is admissible. Below the smallest scale the products would be subnormal.
pub(crate) fn check_gain(given: f32) -> Result<(), InitError> {
    if !(given >= 0.0 && given.is_finite()) {
        Err(InitError::Gain { given })
    } else if given > 0.0 && given < SMALLEST {
        Err(InitError::TooSmall { given })
    } else {
        Ok(())
    }
}

/// [`fill_orthogonal_with`] without its checks. A longer slice is filled with as many matrices as it
/// holds, one after the other: matrix g takes the normals at the indices from g × `rows` × `cols` on.
pub(crate) fn orthogonal(
    backend: Backend,
    stream: Stream,
    rows: usize,
    cols: usize,
    gain: f32,
    out: &mut [f32],
) {
    if gain == 0.0 {
        // The products with zero would have signs.
        return out.fill(0.0);
    }
    Distribution::Normal { mean: 0.0, std: 1.0 }.checked(backend, stream, 0).write(out);
    for matrix in out.chunks_exact_mut((rows * cols).max(1)) {
        backend.orthogonal(rows.max(cols), gain, matrix);
        if rows > cols {
            transpose(cols, rows, 1, matrix);
        }
    }
}

/// The body of a pass, for whole chunks of `P` rows: subtracts d v, and gives the rows' dot products with
/// the next reflector. The partial sums of what comes after these chunks are added last.
///
/// A backend has its own, since arrays are kept in registers by one version of a compiler and not by the
/// next, which takes three times as long.
pub(crate) trait PassChunks<const P: usize>:
    Fn([&mut [Chunk]; P], [f32; P], &[Chunk], &[Chunk], &[Chunk; P]) -> [f32; P]
{
}

impl<const P: usize, F> PassChunks<P> for F where
    F: Fn([&mut [Chunk]; P], [f32; P], &[Chunk], &[Chunk], &[Chunk; P]) -> [f32; P]
{
}

/// Makes rows of Q of rows of normals, `P` rows of a panel at a time.
///
/// It is compiled for each backend by being inlined there.
#[inline(always)]
pub(crate) fn from_normals<const P: usize>(
    cols: usize,
    gain: f32,
    out: &mut [f32],
    pass_chunks: impl PassChunks<P>,
) {
    if cols == 0 {
        return;
    }
    let phase = Phase::of(out, cols);
    for (k, row) in out.chunks_exact_mut(cols).enumerate() {
        reflector(row, k, phase);
    }
    let mut first = out.len() / cols;
    while first > 0 {
        // Full panels where there is most to do; the rows that are left over are the first ones.
        let count = if first >= P { P } else { 1 };
        first -= count;
        let Some((above, rest)) = out.split_at_mut_checked(first * cols) else { return };
        let Some(panel) = rest.get_mut(..count * cols) else { return };
        begin(panel, cols, first, phase);
        if !NO_VECTORS && count == P {
            reflect(panel, cols, above, phase, &pass_chunks);
        } else {
            for row in panel.chunks_exact_mut(cols) {
                for (k, v) in above.chunks_exact(cols).enumerate().rev() {
                    apply(v, k, row, phase);
                }
            }
        }
        for value in panel {
            *value = value.clamp(-1.0, 1.0) * gain;
        }
    }
}

/// The columns before the first whole chunk. Chunks that meet the cache's lines take half the time,
/// and may be those: the partial sums are then rotated, which does not change their total.
#[derive(Clone, Copy)]
struct Phase(usize);

impl Phase {
    /// If the rows are aligned differently, there is no good one.
    #[inline(always)]
    fn of(out: &[f32], cols: usize) -> Self {
        if NO_VECTORS || !cols.is_multiple_of(SUMS) {
            return Self(0);
        }
        Self((out.as_ptr().addr() / size_of::<f32>()).wrapping_neg() % SUMS)
    }

    /// The column at which the chunk with column k begins. For the few columns before the first
    /// whole chunk, chunks begin at column 0.
    #[inline(always)]
    fn chunk(self, k: usize) -> usize {
        k.checked_sub(self.0).map_or(0, |beyond| k - beyond % SUMS)
    }
}

/// The part of a row from a column on. It is there.
#[inline(always)]
fn from(row: &[f32], first: usize) -> &[f32] {
    row.get(first..).unwrap_or_default()
}

#[inline(always)]
fn from_mut(row: &mut [f32], first: usize) -> &mut [f32] {
    row.get_mut(first..).unwrap_or_default()
}

/// Makes the reflector of row k of a row of normals, with zeros left of the diagonal.
#[inline(always)]
fn reflector(row: &mut [f32], k: usize, phase: Phase) {
    let Some((left, x)) = row.split_at_mut_checked(k) else { return };
    left.fill(0.0);
    let Some(&x_k) = x.first() else { return };
    let norm = sqrt(dot(row, row, k, phase));
    let v_k = x_k + norm.copysign(x_k);
    let scale = sqrt(1.0 / (norm * v_k.abs()));
    if let Some(value) = row.get_mut(k) {
        *value = v_k;
    }
    for value in from_mut(row, k) {
        *value *= scale;
    }
}

/// Overwrites the reflectors in a panel, whose first row is `first`, by rows that those have been
/// applied to.
#[inline(always)]
fn begin(panel: &mut [f32], cols: usize, first: usize, phase: Phase) {
    let mut k = first + panel.len() / cols;
    while k > first {
        k -= 1;
        let Some((_, rest)) = panel.split_at_mut_checked((k - first) * cols) else { return };
        let Some((v, below)) = rest.split_at_mut_checked(cols) else { return };
        for row in below.chunks_exact_mut(cols) {
            apply(v, k, row, phase);
        }
        // d e, to which H is applied: e · v is v[k], and two signs meet in all columns but this.
        let Some(&v_k) = v.get(k) else { return };
        for value in from_mut(v, k) {
            *value *= v_k.abs();
        }
        if let Some(value) = v.get_mut(k) {
            *value -= 1_f32.copysign(v_k);
        }
    }
}

/// Applies the reflection of row k to another row.
#[inline(always)]
fn apply(v: &[f32], k: usize, row: &mut [f32], phase: Phase) {
    let d = dot(row, v, k, phase);
    subtract(from_mut(row, k), d, from(v, k));
}

/// Applies the reflections above, from the last to the first, to the rows of a panel.
#[inline(always)]
fn reflect<const P: usize>(
    panel: &mut [f32],
    cols: usize,
    above: &[f32],
    phase: Phase,
    pass_chunks: impl PassChunks<P>,
) {
    let mut rows = panel.chunks_exact_mut(cols);
    let mut rows: [&mut [f32]; P] = array::from_fn(|_| rows.next().unwrap_or_default());
    let mut reflectors = above.chunks_exact(cols).enumerate().rev();
    let Some((mut k, mut v)) = reflectors.next() else { return };
    let mut d = [0.0; P];
    for (d, row) in d.iter_mut().zip(&rows) {
        *d = dot(row, v, k, phase);
    }
    for (next_k, next) in reflectors {
        d = pass(&mut rows, d, v, next, k, phase, &pass_chunks);
        (k, v) = (next_k, next);
    }
    for (row, d) in rows.into_iter().zip(d) {
        subtract(row, d, v);
    }
}

/// Subtracts d v, with zeros before column k, from each row, and gives the rows' dot products with
/// the next reflector. (What that has before the chunk of column k meets zeros.)
#[inline(always)]
fn pass<const P: usize>(
    rows: &mut [&mut [f32]; P],
    d: [f32; P],
    v: &[f32],
    next: &[f32],
    k: usize,
    phase: Phase,
    pass_chunks: impl PassChunks<P>,
) -> [f32; P] {
    let first = phase.chunk(k);
    let (v, v_end) = from(v, first).as_chunks::<SUMS>();
    let (next, next_end) = from(next, first).as_chunks::<SUMS>();
    let mut ends = [[0.0; SUMS]; P];
    if !v_end.is_empty() {
        for ((sums, row), d) in ends.iter_mut().zip(&mut *rows).zip(d) {
            let end = from_mut(row, first + v.len() * SUMS);
            subtract(end, d, v_end);
            add_products(sums, end, next_end);
        }
    }
    let chunks = rows.each_mut().map(|row| from_mut(row, first).as_chunks_mut().0);
    pass_chunks(chunks, d, v, next, &ends)
}

/// row − d v.
#[inline(always)]
fn subtract(row: &mut [f32], d: f32, v: &[f32]) {
    for (value, v) in row.iter_mut().zip(v) {
        *value -= d * v;
    }
}

/// The dot product of two rows, one of which has zeros before column k.
#[inline(always)]
fn dot(a: &[f32], b: &[f32], k: usize, phase: Phase) -> f32 {
    let first = phase.chunk(k);
    let (a, a_end) = from(a, first).as_chunks::<SUMS>();
    let (b, b_end) = from(b, first).as_chunks::<SUMS>();
    let mut sums = [0.0; SUMS];
    for (a, b) in a.iter().zip(b) {
        if NO_VECTORS {
            add_products(&mut sums, a, b);
        } else {
            // The same, such that the compiler makes vectors of it.
            sums = array::from_fn(|j| sums[j] + a[j] * b[j]);
        }
    }
    add_products(&mut sums, a_end, b_end);
    total(&sums)
}

/// Adds products to the partial sums.
#[inline(always)]
fn add_products(sums: &mut Chunk, a: &[f32], b: &[f32]) {
    for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
        *sum += a * b;
    }
}

/// The sum of the partial sums. It halves them, so that it is the same if they are rotated.
#[inline(always)]
pub(crate) fn total(sums: &Chunk) -> f32 {
    // By way of memory: otherwise the compiler takes the registers of the loop before apart, which then
    // takes three times as long.
    let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = *black_box(sums);
    let [a, b, c, d, e, f, g, h] = [a + i, b + j, c + k, d + l, e + m, f + n, g + o, h + p];
    let [a, b, c, d] = [a + e, b + f, c + g, d + h];
    (a + c) + (b + d)
}
