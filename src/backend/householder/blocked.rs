//! The work on processors with vectors: the reflections of a block at a time.
//!
//! A block's reflections are applied to 16 rows of Q together. A row is read twice for 16 reflections: once
//! for its dot products with the reflectors and once for the subtraction. One reflection after the other
//! would read and write it 16 times, from the second-level cache or from memory.
//!
//! Segments of the reflectors are copied to a small buffer first. Rows of 4,096 values, for example, are a
//! multiple of the cache's stride apart, so the same columns of 16 reflectors would evict each other from
//! the first-level cache.

use core::{array, num::NonZeroUsize, slice};

use super::row::{BLOCK, Chunk, SUMS, Step, multiply, reflector, suffix, suffix_mut};

/// The reflectors whose dot products are computed together.
pub(crate) const TILE: usize = 4;

/// A segment of [`TILE`] reflectors, or the partial sums of their dot products with the rows of a group.
#[repr(align(64))]
pub(crate) struct Buffer(pub(crate) [[Chunk; BLOCK]; TILE]);

impl Buffer {
    const ZEROS: Self = Self([[[0.0; SUMS]; BLOCK]; TILE]);
}

/// The chunks in a segment of [`TILE`] reflectors.
const LONG: usize = BLOCK;

/// The chunks in a segment of all reflectors of a block. Both kinds of segments fit in a [`Buffer`].
const SHORT: usize = TILE;

/// The loops over rows and columns. Each backend has its own, because whether the compiler keeps arrays in
/// registers depends on how the loop is written.
pub(crate) trait Kernel: Copy {
    /// Calls a function, which is compiled once and with the instructions of the backend.
    fn out_of_line(self, f: impl FnOnce());

    /// Adds the products of `len` chunks of row p, from chunk `at` on, with those of reflector k to the partial
    /// sums `sums[k][p]`. If `fresh`, the partial sums begin as +0. There are at most 16 rows.
    fn add_products(
        self,
        rows: &[&[Chunk]],
        at: usize,
        len: usize,
        v: &Buffer,
        fresh: bool,
        sums: &mut Buffer,
    );

    /// Returns the totals of 16 times 16 partial sums.
    fn totals(self, sums: &[Chunk; BLOCK]) -> Chunk;

    /// Subtracts `d[l][p]` times reflector l from row p, for l from 15 to 0. `v` has the reflectors' chunks for
    /// each of the row's chunks from chunk `at` on. There are at most 16 rows.
    fn subtract(
        self,
        rows: &mut [&mut [Chunk]],
        at: usize,
        v: &[[Chunk; BLOCK]],
        d: &[Chunk; BLOCK],
    );
}

/// Does one step of the work for some rows of the matrix. Their first is the first of a block.
#[inline(always)]
pub(super) fn from_normals(
    step: Step,
    cols: NonZeroUsize,
    gain: f32,
    rows: &mut [f32],
    kernel: impl Kernel,
) {
    let mut work = Work { cols, kernel, v: Buffer::ZEROS, sums: Buffer::ZEROS };
    match step {
        Step::All => {
            work.reflectors(rows, 0);
            work.within(rows, 0);
            multiply(rows, gain);
        }
        // One thread does all, so that small programs don't pay for the rest.
        _ if cfg!(not(feature = "rayon")) => {}
        Step::Reflectors { first } => work.reflectors(rows, first),
        Step::Within { first } => work.within(rows, first),
        Step::Above { reflectors } => {
            work.above(rows, reflectors, 0);
            multiply(rows, gain);
        }
    }
}

/// Returns the number of rows that are computed together. It is a multiple of [`BLOCK`]. The reflectors above
/// come from memory once for each panel, and the panel should stay in a cache meanwhile.
fn panel(cols: NonZeroUsize) -> usize {
    /// 1 MiB. With a quarter, a 4,096 × 4,096 matrix takes 1.3 times as long.
    const VALUES: usize = 1 << 18;
    (VALUES / cols / BLOCK).max(1) * BLOCK
}

/// Returns the number of values in so many rows. Never 0, so that no code for a panic is left.
fn values(rows: usize, cols: NonZeroUsize) -> usize {
    (rows * cols.get()).max(1)
}

/// The data that all parts of the work need.
struct Work<K> {
    cols: NonZeroUsize,
    kernel: K,
    /// A segment of the reflectors.
    v: Buffer,
    sums: Buffer,
}

impl<K: Kernel> Work<K> {
    /// Turns rows of normals into reflectors, and stores the products of each block's reflectors where
    /// these are zero. `first` is the number of the first row.
    #[inline(always)]
    fn reflectors(&mut self, rows: &mut [f32], first: usize) {
        for (i, block) in rows.chunks_mut(values(BLOCK, self.cols)).enumerate() {
            let first = first + i * BLOCK;
            for (i, row) in block.chunks_exact_mut(self.cols.get()).enumerate() {
                reflector(row, first + i);
            }
            let v = Group::new(block, self.cols, first);
            let products = self.dots(&v, &v, TILE);
            for (l, row) in block.chunks_exact_mut(self.cols.get()).enumerate() {
                let left = suffix_mut(row, first).iter_mut().take(l).enumerate();
                for ((k, value), products) in left.zip(&products) {
                    *value = products[(l - k / TILE * TILE) % BLOCK];
                }
            }
        }
    }

    /// Turns reflectors into rows of Q as far as the reflections of these rows go. `first` is the number of the
    /// first row.
    #[inline(always)]
    fn within(&mut self, rows: &mut [f32], first: usize) {
        let panel = panel(self.cols);
        let mut end = rows.len() / self.cols;
        while end > 0 {
            let start = (end - 1) / panel * panel;
            let Some(rows) = rows.get_mut(..end * self.cols.get()) else { return };
            let Some((above, rows)) = rows.split_at_mut_checked(start * self.cols.get()) else {
                return;
            };
            let mut at = (end - start).next_multiple_of(BLOCK);
            while at > 0 {
                at -= BLOCK;
                let Some(rows) = rows.get_mut(at * self.cols.get()..) else { return };
                let len = rows.len().min(BLOCK * self.cols.get());
                let Some((block, below)) = rows.split_at_mut_checked(len) else { return };
                self.apply(block, first + start + at, below);
                self.apply_to_itself(block, first + start + at);
            }
            self.above(rows, above, first);
            end = start;
        }
    }

    /// Applies the reflections of whole blocks above to some rows. `first` is the number of the first row above.
    #[inline(always)]
    fn above(&mut self, rows: &mut [f32], above: &[f32], first: usize) {
        for panel in rows.chunks_mut(values(panel(self.cols), self.cols)) {
            // A reversed `ChunksExact` would leave code for a panic.
            let (block, mut rest) = (values(BLOCK, self.cols), above);
            let mut i = above.len() / block;
            while i > 0 {
                i -= 1;
                let Some((before, block)) = rest.split_at_checked(i * block) else { return };
                self.apply(block, first + i * BLOCK, panel);
                rest = before;
            }
        }
    }

    /// Applies the reflections of a whole block to rows below it. `first` is the number of the block's first
    /// row.
    #[inline(always)]
    fn apply(&mut self, block: &[f32], first: usize, below: &mut [f32]) {
        if below.is_empty() {
            return;
        }
        self.kernel.out_of_line(
            #[inline(always)]
            move || {
                let corner = Corner::new(block, self.cols, first);
                let v = Group::new(block, self.cols, first + BLOCK);
                for rows in below.chunks_mut(values(BLOCK, self.cols)) {
                    // The rows are zero in the columns of the corner, as far as they have been computed.
                    let d = self.dots(&Group::new(rows, self.cols, first + BLOCK), &v, 0);
                    self.subtract(rows, first, &corner, &v, &corner.solve(d));
                }
            },
        );
    }

    /// Returns the dot products of reflectors and rows: `[k][p]` is the one of reflector k and row p. Each tile of
    /// reflectors skips as many rows more than the one before.
    #[inline(always)]
    fn dots(&mut self, rows: &Group, v: &Group, skipped: usize) -> [Chunk; BLOCK] {
        let mut d = [[0.0; SUMS]; BLOCK];
        let mut whole = rows.chunks.get(..rows.count).unwrap_or_default();
        let ends = rows.ends.each_ref().map(slice::from_ref);
        let mut ends = ends.get(..rows.count).unwrap_or_default();
        let len = rows.len();
        let (tiles, _) = d.as_chunks_mut::<TILE>();
        let (v_tiles, _) = v.chunks.as_chunks::<TILE>();
        let (v_end_tiles, _) = v.ends.as_chunks::<TILE>();
        for ((d, v), v_ends) in tiles.iter_mut().zip(v_tiles).zip(v_end_tiles) {
            let mut at = 0;
            while at < len {
                for (to, v) in self.v.0.iter_mut().zip(v) {
                    let v = v.get(at..).unwrap_or_default();
                    to.iter_mut().zip(v).for_each(|(to, v)| *to = *v);
                }
                let part = LONG.min(len - at);
                self.kernel.add_products(whole, at, part, &self.v, at == 0, &mut self.sums);
                at += part;
            }
            if rows.has_ends || len == 0 {
                for (to, v) in self.v.0.iter_mut().zip(v_ends) {
                    to[0] = *v;
                }
                self.kernel.add_products(ends, 0, 1, &self.v, len == 0, &mut self.sums);
            }
            for (d, sums) in d.iter_mut().zip(&self.sums.0) {
                *d = self.kernel.totals(sums);
            }
            whole = whole.get(skipped..).unwrap_or_default();
            ends = ends.get(skipped..).unwrap_or_default();
        }
        d
    }

    /// Subtracts the reflectors, times the factors d, from at most 16 rows.
    #[inline(always)]
    fn subtract(
        &mut self,
        rows: &mut [f32],
        first: usize,
        corner: &Corner,
        v: &Group,
        d: &[Chunk; BLOCK],
    ) {
        let mut corners: [&mut [Chunk]; BLOCK] = array::from_fn(|_| Default::default());
        let mut chunks: [&mut [Chunk]; BLOCK] = array::from_fn(|_| Default::default());
        let mut rests: [&mut [f32]; BLOCK] = array::from_fn(|_| Default::default());
        let parts = corners.iter_mut().zip(&mut chunks).zip(&mut rests);
        let mut count = 0;
        for (row, ((corner, chunks), rest)) in rows.chunks_exact_mut(self.cols.get()).zip(parts) {
            let (whole, end) = suffix_mut(row, first).as_chunks_mut();
            let Some((left, right)) = whole.split_at_mut_checked(1) else { return };
            (*corner, *chunks, *rest) = (left, right, end);
            count += 1;
        }
        let Some(corners) = corners.get_mut(..count) else { return };
        self.kernel.subtract(corners, 0, slice::from_ref(&corner.v), d);
        let Some(chunks) = chunks.get_mut(..count) else { return };
        let len = v.len();
        let mut at = 0;
        while at < len {
            for (l, v) in v.chunks.iter().enumerate() {
                let v = v.get(at..).unwrap_or_default();
                self.v.0.iter_mut().zip(v).for_each(|(to, v)| to[l] = *v);
            }
            let part = SHORT.min(len - at);
            let Some(v) = self.v.0.get(..part) else { return };
            self.kernel.subtract(chunks, at, v, d);
            at += part;
        }
        if v.has_ends {
            let mut ends = [[0.0; SUMS]; BLOCK];
            ends.iter_mut().zip(&rests).for_each(|(end, rest)| copy(end, rest));
            let mut rows = ends.each_mut().map(slice::from_mut);
            let Some(rows) = rows.get_mut(..count) else { return };
            self.kernel.subtract(rows, 0, slice::from_ref(&v.ends), d);
            rests.iter_mut().zip(&ends).for_each(|(rest, end)| copy(rest, end));
        }
    }

    /// Turns a block's reflectors into rows of Q as far as its own reflections go. `first` is the number of its
    /// first row.
    #[inline(always)]
    fn apply_to_itself(&mut self, block: &mut [f32], first: usize) {
        let corner = Corner::new(block, self.cols, first);
        // Row p begins with one value, so its dot products have one term. Later reflections don't change it.
        let signs: Chunk = array::from_fn(|p| 1_f32.copysign(-corner.v[p][p]));
        let d = corner.solve(array::from_fn(|k| {
            array::from_fn(|p| if p < k { 0.0 } else { signs[p] * corner.v[k][p] })
        }));
        let mut column = first;
        while column < self.cols.get() {
            let columns = column..self.cols.get().min(column + SUMS);
            // The reflectors are copied, because the rows of Q take their place.
            let mut v = corner.v;
            let mut q = [[0.0; SUMS]; BLOCK];
            if column == first {
                q.iter_mut().enumerate().for_each(|(p, q)| q[p] = signs[p]);
            } else {
                for (v, row) in v.iter_mut().zip(block.chunks_exact(self.cols.get())) {
                    copy(v, row.get(columns.clone()).unwrap_or_default());
                }
            }
            let mut rows = q.each_mut().map(slice::from_mut);
            self.kernel.subtract(&mut rows, 0, slice::from_ref(&v), &d);
            for (q, row) in q.iter().zip(block.chunks_exact_mut(self.cols.get())) {
                copy(row.get_mut(columns.clone()).unwrap_or_default(), q);
            }
            column = columns.end;
        }
    }
}

/// Up to 16 rows, cut into chunks.
struct Group<'a> {
    /// The number of rows. The others are empty.
    count: usize,
    /// The whole chunks.
    chunks: [&'a [Chunk]; BLOCK],
    /// The columns after the last whole chunk, and zeros.
    ends: [Chunk; BLOCK],
    /// Whether there are columns after the last whole chunk.
    has_ends: bool,
}

impl<'a> Group<'a> {
    /// Returns rows from column `first` on, which is a multiple of 16.
    #[inline(always)]
    fn new(rows: &'a [f32], cols: NonZeroUsize, first: usize) -> Self {
        let (mut chunks, mut ends) = ([[].as_slice(); BLOCK], [[0.0; SUMS]; BLOCK]);
        let mut count = 0;
        for (row, (chunks, end)) in
            rows.chunks_exact(cols.get()).zip(chunks.iter_mut().zip(&mut ends))
        {
            let (whole, rest) = suffix(row, first).as_chunks();
            *chunks = whole;
            copy(end, rest);
            count += 1;
        }
        Self { count, chunks, ends, has_ends: !cols.get().is_multiple_of(SUMS) }
    }

    /// Returns the number of whole chunks of each row.
    #[inline(always)]
    fn len(&self) -> usize {
        self.chunks[0].len()
    }
}

/// Copies as many values as the shorter slice has.
#[inline(always)]
fn copy(to: &mut [f32], from: &[f32]) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
}

/// The columns of a block's rows that have their numbers.
struct Corner {
    /// The reflectors.
    v: [Chunk; BLOCK],
    /// The products of reflectors l and k < l: `[l][k]`.
    products: [Chunk; BLOCK],
}

impl Corner {
    #[inline(always)]
    fn new(block: &[f32], cols: NonZeroUsize, first: usize) -> Self {
        let mut corner = Self { v: [[0.0; SUMS]; BLOCK], products: [[0.0; SUMS]; BLOCK] };
        let parts = corner.v.iter_mut().zip(&mut corner.products);
        for (l, (row, (v, products))) in block.chunks_exact(cols.get()).zip(parts).enumerate() {
            copy(v, suffix(row, first));
            *products = array::from_fn(|k| if k < l { v[k] } else { 0.0 });
            *v = array::from_fn(|k| if k < l { 0.0 } else { v[k] });
        }
        corner
    }

    /// Turns the dot products of the reflectors with the rows as they are into those with the rows as each
    /// reflection finds them.
    #[inline(always)]
    fn solve(&self, mut d: [Chunk; BLOCK]) -> [Chunk; BLOCK] {
        for k in (0..BLOCK).rev() {
            let mut row = d[k];
            for l in (k + 1..BLOCK).rev() {
                row = array::from_fn(|p| row[p] - d[l][p] * self.products[l][k]);
            }
            d[k] = row;
        }
        d
    }
}
