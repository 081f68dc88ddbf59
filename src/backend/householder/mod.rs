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
mod row;

use core::num::NonZeroUsize;

pub(crate) use self::row::Step;
pub(super) use self::{
    blocked::{Buffer, Kernel},
    row::{BLOCK, Chunk, SUMS, total},
};
use crate::target::SMALL;

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
    let Some(cols) = NonZeroUsize::new(cols) else { return };
    if SMALL {
        one_by_one::from_normals(step, cols, gain, rows);
    } else {
        blocked::from_normals(step, cols, gain, rows, kernel);
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::{vec, vec::Vec};

    use super::{NonZeroUsize, Step, one_by_one};
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

            let nonzero = NonZeroUsize::new(cols).unwrap();
            let mut q = normals.clone();
            one_by_one::from_normals(Step::All, nonzero, 0.7, &mut q);
            assert_eq!(bits(&q), bits(&expected), "{rows} × {cols}");

            if cfg!(feature = "rayon") && rows > 32 {
                let (above, below) = normals.split_at_mut(32 * cols);
                one_by_one::from_normals(Step::Reflectors { first: 0 }, nonzero, 0.7, above);
                one_by_one::from_normals(Step::Reflectors { first: 32 }, nonzero, 0.7, below);
                one_by_one::from_normals(Step::Within { first: 32 }, nonzero, 0.7, below);
                one_by_one::from_normals(Step::Above { reflectors: above }, nonzero, 0.7, below);
                assert_eq!(bits(below), bits(&expected[32 * cols..]), "{rows} × {cols}");
            }
        }
    }
}
