//! The work on small processors: one row and one reflection at a time, with almost no stack.

use core::num::NonZeroUsize;

use super::row::{BLOCK, SUMS, Step, dot, multiply, reflector, suffix, suffix_mut};

/// The values of a block of rows with so many columns. Never 0, so that no code for a panic is left.
fn block_len(cols: NonZeroUsize) -> NonZeroUsize {
    const ROWS: NonZeroUsize = NonZeroUsize::new(BLOCK).unwrap();
    cols.saturating_mul(ROWS)
}

/// Calls `f` for each part of `len` values and its number, from the last part to the first. `ChunksExact`
/// leaves code for a panic if it is reversed or zipped.
fn from_last(mut values: &[f32], len: NonZeroUsize, mut f: impl FnMut(usize, &[f32])) {
    let mut i = values.len() / len;
    while i > 0 {
        i -= 1;
        let Some((rest, part)) = values.split_at_checked(i * len.get()) else { return };
        f(i, part);
        values = rest;
    }
}

/// Does one step of the work for some rows of the matrix. Their first is the first of a block.
pub(super) fn from_normals(step: Step, cols: NonZeroUsize, gain: f32, rows: &mut [f32]) {
    match step {
        Step::All => {
            reflectors(rows, cols, 0);
            within(rows, cols, 0);
            multiply(rows, gain);
        }
        // One thread does all, so that small programs don't pay for the rest.
        _ if cfg!(not(feature = "rayon")) => {}
        Step::Reflectors { first } => reflectors(rows, cols, first),
        Step::Within { first } => within(rows, cols, first),
        Step::Above { reflectors } => {
            for row in rows.chunks_exact_mut(cols.get()) {
                from_last(reflectors, block_len(cols), |i, block| {
                    apply(block, cols, i * BLOCK, row);
                });
            }
            multiply(rows, gain);
        }
    }
}

/// Turns rows of normals into reflectors, and stores the products of each block's reflectors where these are
/// zero. `first` is the number of the first row.
fn reflectors(rows: &mut [f32], cols: NonZeroUsize, first: usize) {
    for (i, block) in rows.chunks_mut(block_len(cols).get()).enumerate() {
        let first = first + i * BLOCK;
        let mut rest = block;
        let mut l = rest.len() / cols;
        for (i, row) in rest.chunks_exact_mut(cols.get()).enumerate() {
            reflector(row, first + i);
        }
        while l > 0 {
            l -= 1;
            let Some((above, row)) = rest.split_at_mut_checked(l * cols.get()) else { return };
            for (k, v) in above.chunks_exact(cols.get()).enumerate() {
                // The row has products before column first + l, which `dot` skips.
                let product = dot(row, v, first + l);
                if let Some(value) = row.get_mut(first + k) {
                    *value = product;
                }
            }
            rest = above;
        }
    }
}

/// Turns reflectors into rows of Q as far as the reflections of these rows go. `first` is the number of the
/// first row.
fn within(rows: &mut [f32], cols: NonZeroUsize, first: usize) {
    let mut rest = rows;
    let mut l = rest.len() / cols;
    while l > 0 {
        l -= 1;
        // Whole blocks above, the row's own block up to it, and the row.
        let Some((above, row)) = rest.split_at_mut_checked(l * cols.get()) else { return };
        let Some((blocks, own)) = above.split_at_checked(l / BLOCK * BLOCK * cols.get()) else {
            return;
        };
        apply_own(own, cols, first + l / BLOCK * BLOCK, row);
        from_last(blocks, block_len(cols), |i, block| apply(block, cols, first + i * BLOCK, row));
        rest = above;
    }
}

/// Turns a reflector into its row of Q as far as the reflections of its block go. `above` has the reflectors of
/// the block above it.
fn apply_own(above: &[f32], cols: NonZeroUsize, first: usize, row: &mut [f32]) {
    let own = above.len() / cols;
    let Some(&v_i) = row.get(first + own) else { return };
    let sign = 1_f32.copysign(-v_i);
    // d, and the products until they are used.
    let mut d = [0.0; BLOCK];
    let d_i = sign * v_i;
    from_last(above, cols, |k, v| {
        if let (Some(d), Some(v)) = (d.get_mut(k), v.get(first + own)) {
            *d = sign * v;
        }
    });
    for (d, product) in d.iter_mut().zip(suffix(row, first)).take(own) {
        *d -= d_i * product;
    }
    for value in suffix_mut(row, first).iter_mut().take(own) {
        *value = 0.0;
    }
    for value in suffix_mut(row, first + own) {
        *value = 0.0 - d_i * *value;
    }
    if let Some(value) = row.get_mut(first + own) {
        *value = sign - d_i * v_i;
    }
    from_last(above, cols, |k, v| reflect(&mut d, k, v, first, row));
}

/// Applies the reflections of a whole block to a row below it.
fn apply(block: &[f32], cols: NonZeroUsize, first: usize, row: &mut [f32]) {
    let mut d = [0.0; BLOCK];
    from_last(block, cols, |k, v| {
        if let Some(d) = d.get_mut(k) {
            *d = dot(row, v, first + BLOCK);
        }
    });
    from_last(block, cols, |k, v| reflect(&mut d, k, v, first, row));
}

/// Applies reflection k of a block, whose dot product with the row is `d[k]`. The products in its row complete
/// those of the reflections above it.
fn reflect(d: &mut [f32; BLOCK], k: usize, v: &[f32], first: usize, row: &mut [f32]) {
    let Some(&d_k) = d.get(k) else { return };
    for (d, product) in d.iter_mut().zip(suffix(v, first)).take(k) {
        *d -= d_k * product;
    }
    for (value, v) in suffix_mut(row, first + k).iter_mut().zip(suffix(v, first + k)) {
        *value -= d_k * v;
    }
}

const _: () = assert!(BLOCK == SUMS, "a block begins where a chunk does");
