//! The inner loops of an orthogonal matrix.

use core::array;

use super::ops::Simd;
use crate::backend::householder::{BLOCK, Buffer, Chunk, Kernel, Step, from_normals};

/// Does a step of the work on an orthogonal matrix, as [`from_normals`] says.
#[inline(always)]
pub(crate) fn orthogonal<S: Simd>(simd: S, step: Step, cols: usize, gain: f32, out: &mut [f32]) {
    from_normals(step, cols, gain, out, Loops(simd));
}

/// The loops in the operations of a backend.
#[derive(Clone, Copy)]
struct Loops<S>(S);

impl<S: Simd> Kernel for Loops<S> {
    #[inline(always)]
    fn out_of_line(self, f: impl FnOnce()) {
        self.0.out_of_line(f);
    }

    #[inline(always)]
    fn add_products(
        self,
        rows: &[&[Chunk]],
        at: usize,
        len: usize,
        v: &Buffer,
        fresh: bool,
        sums: &mut Buffer,
    ) {
        self.0.out_of_line(
            #[inline(always)]
            || {
                if S::MANY_REGISTERS {
                    self.add_in_tiles::<4, 4>(rows, at, len, v, fresh, sums);
                } else {
                    self.add_in_tiles::<2, 2>(rows, at, len, v, fresh, sums);
                }
            },
        );
    }

    #[inline(always)]
    fn totals(self, sums: &[Chunk; BLOCK]) -> Chunk {
        let mut totals = [0.0; BLOCK];
        self.0.store_f(&mut totals, self.0.totals(sums));
        totals
    }

    #[inline(always)]
    fn subtract(
        self,
        rows: &mut [&mut [Chunk]],
        at: usize,
        v: &[[Chunk; BLOCK]],
        d: &[Chunk; BLOCK],
    ) {
        self.0.out_of_line(
            #[inline(always)]
            || {
                if S::MANY_REGISTERS {
                    self.subtract_in_tiles::<8, 2>(rows, at, v, d);
                } else {
                    self.subtract_in_tiles::<4, 1>(rows, at, v, d);
                }
            },
        );
    }
}

impl<S: Simd> Loops<S> {
    /// Adds products for `R` rows and `K` reflectors at a time.
    #[inline(always)]
    fn add_in_tiles<const R: usize, const K: usize>(
        self,
        rows: &[&[Chunk]],
        at: usize,
        len: usize,
        v: &Buffer,
        fresh: bool,
        sums: &mut Buffer,
    ) {
        let (v, _) = v.0.as_chunks::<K>();
        let (sums, _) = sums.0.as_chunks_mut::<K>();
        let (groups, rest) = rows.as_chunks::<R>();
        for (v, sums) in v.iter().zip(sums) {
            for (i, rows) in groups.iter().enumerate() {
                self.add_tile(rows, at, len, v, fresh, i * R, sums);
            }
            for (i, row) in rest.iter().enumerate() {
                self.add_tile(array::from_ref(row), at, len, v, fresh, groups.len() * R + i, sums);
            }
        }
    }

    /// Adds the products of `R` rows, the first of which is row p, and `K` reflectors. All partial sums stay in
    /// registers.
    #[inline(always)]
    #[expect(clippy::too_many_arguments, reason = "only called above")]
    fn add_tile<const R: usize, const K: usize>(
        self,
        rows: &[&[Chunk]; R],
        at: usize,
        len: usize,
        v: &[[Chunk; BLOCK]; K],
        fresh: bool,
        p: usize,
        sums: &mut [[Chunk; BLOCK]; K],
    ) {
        let simd = self.0;
        // All have the same length. They are cut to it here, so that the loop needs no bounds checks. `get` is
        // used because indexing could leave a panic in the code.
        let mut parts = *rows;
        for part in &mut parts {
            let Some(cut) = part.get(at..at + len) else { return };
            *part = cut;
        }
        let mut to = [[simd.splat_f(0.0); R]; K];
        if !fresh {
            for (to, sums) in to.iter_mut().zip(&*sums) {
                let Some(sums) = sums.get(p..p + R) else { return };
                to.iter_mut().zip(sums).for_each(|(to, sums)| *to = simd.load_f(sums));
            }
        }
        for i in 0..len {
            let mut values = [simd.splat_f(0.0); R];
            for r in 0..R {
                let Some(chunk) = parts[r].get(i) else { return };
                values[r] = simd.load_f(chunk);
            }
            for k in 0..K {
                let Some(chunk) = v[k].get(i) else { return };
                let v = simd.load_f(chunk);
                for r in 0..R {
                    to[k][r] = simd.add_f(to[k][r], simd.mul_f(values[r], v));
                }
            }
        }
        for (to, sums) in to.iter().zip(sums) {
            let Some(sums) = sums.get_mut(p..p + R) else { return };
            to.iter().zip(sums).for_each(|(to, sums)| simd.store_f(sums, *to));
        }
    }

    /// Subtracts from `R` rows and `C` chunks at a time.
    #[inline(always)]
    fn subtract_in_tiles<const R: usize, const C: usize>(
        self,
        rows: &mut [&mut [Chunk]],
        at: usize,
        v: &[[Chunk; BLOCK]],
        d: &[Chunk; BLOCK],
    ) {
        let (groups, rest) = rows.as_chunks_mut::<R>();
        let whole = groups.len() * R;
        for (i, rows) in groups.iter_mut().enumerate() {
            self.subtract_rows::<R, C>(rows, at, v, d, i * R);
        }
        for (i, row) in rest.iter_mut().enumerate() {
            self.subtract_rows::<1, C>(array::from_mut(row), at, v, d, whole + i);
        }
    }

    /// Subtracts from `R` rows, the first of which is row p.
    #[inline(always)]
    fn subtract_rows<const R: usize, const C: usize>(
        self,
        rows: &mut [&mut [Chunk]; R],
        at: usize,
        v: &[[Chunk; BLOCK]],
        d: &[Chunk; BLOCK],
        p: usize,
    ) {
        let mut factors = [[0.0; R]; BLOCK];
        for (factors, d) in factors.iter_mut().zip(d) {
            let Some(d) = d.get(p..).and_then(|d| d.first_chunk()) else { return };
            *factors = *d;
        }
        let (groups, rest) = v.as_chunks::<C>();
        let whole = at + groups.len() * C;
        for (i, v) in groups.iter().enumerate() {
            self.subtract_tile(rows, at + i * C, v, &factors);
        }
        for (i, v) in rest.iter().enumerate() {
            self.subtract_tile(rows, whole + i, array::from_ref(v), &factors);
        }
    }

    /// Subtracts from `R` rows and `C` chunks. These stay in registers.
    #[inline(always)]
    fn subtract_tile<const R: usize, const C: usize>(
        self,
        rows: &mut [&mut [Chunk]; R],
        at: usize,
        v: &[[Chunk; BLOCK]; C],
        factors: &[[f32; R]; BLOCK],
    ) {
        let simd = self.0;
        let mut values = [[simd.splat_f(0.0); C]; R];
        for r in 0..R {
            let Some(chunks) = rows[r].get(at..at + C) else { return };
            for c in 0..C {
                values[r][c] = simd.load_f(&chunks[c]);
            }
        }
        for l in (0..BLOCK).rev() {
            for r in 0..R {
                let factor = simd.splat_f(factors[l][r]);
                for c in 0..C {
                    let product = simd.mul_f(factor, simd.load_f(&v[c][l]));
                    values[r][c] = simd.sub_f(values[r][c], product);
                }
            }
        }
        for r in 0..R {
            let Some(chunks) = rows[r].get_mut(at..at + C) else { return };
            for c in 0..C {
                simd.store_f(&mut chunks[c], values[r][c]);
            }
        }
    }
}
