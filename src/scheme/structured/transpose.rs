//! Transposition of a matrix in place, without extra memory.
//!
//! ```text
//! square            swap across the diagonal, tile by tile
//! cols = q rows     treat each row as q segments: transpose the rows × q matrix of segments, then each
//!                   square
//! cols > rows       split the columns into [q rows | rest] and transpose both parts
//! cols < rows       the same backwards
//! ```
//!
//! The rest has fewer columns than rows, as in Euclid's algorithm, so the depth of the recursion is
//! logarithmic.

use core::mem;

/// The side of a tile: one cache line of values.
const TILE: usize = 16;

/// Transposes a row-major `rows` × `cols` matrix of segments of `len` values each. Leaves a slice of any
/// other length unchanged.
pub(crate) fn transpose(rows: usize, cols: usize, len: usize, matrix: &mut [f32]) {
    let expected = rows.checked_mul(cols).and_then(|cells| cells.checked_mul(len));
    if rows > 1 && cols > 1 && len > 0 && expected == Some(matrix.len()) {
        if cols >= rows { wide(rows, cols, len, matrix) } else { tall(rows, cols, len, matrix) }
    }
}

/// Transposes a matrix with at least as many columns as rows.
fn wide(rows: usize, cols: usize, len: usize, matrix: &mut [f32]) {
    let (count, rest) = (cols / rows.max(1), cols % rows.max(1));
    let side = rows * len;
    separate(rows, count * side, rest * len, matrix);
    let Some((left, right)) = matrix.split_at_mut_checked(rows * count * side) else { return };
    permute(rows, count, side, left);
    squares(rows, len, left);
    if rest > 1 {
        tall(rows, rest, len, right);
    }
}

/// Transposes a matrix with at least as many rows as columns, by the steps of `wide` in reverse.
fn tall(rows: usize, cols: usize, len: usize, matrix: &mut [f32]) {
    let (count, rest) = (rows / cols.max(1), rows % cols.max(1));
    let side = cols * len;
    let Some((top, bottom)) = matrix.split_at_mut_checked(cols * count * side) else { return };
    if rest > 1 {
        wide(rest, cols, len, bottom);
    }
    squares(cols, len, top);
    permute(count, cols, side, top);
    join(cols, count * side, rest * len, matrix);
}

/// Transposes consecutive `n` × `n` matrices.
fn squares(n: usize, len: usize, matrices: &mut [f32]) {
    for matrix in matrices.chunks_exact_mut((n * n * len).max(1)) {
        // Swaps the part of a strip of rows left of the diagonal with the part of the columns above it.
        for first in (0..n).step_by(TILE) {
            for tile in (0..=first).step_by(TILE) {
                for row in first..n.min(first + TILE) {
                    for col in tile..row.min(tile + TILE) {
                        exchange(col * n + row, row * n + col, len, matrix);
                    }
                }
            }
        }
    }
}

/// Transposes a matrix of segments, one cycle of moves after the other. A cycle is followed from its
/// lowest index. It takes few steps to find that an index is not the lowest of its cycle: on average the
/// logarithm of the number of segments.
fn permute(rows: usize, cols: usize, len: usize, matrix: &mut [f32]) {
    if rows <= 1 || cols <= 1 {
        return;
    }
    // The first and the last segment stay where they are.
    for first in 1..rows * cols - 1 {
        let mut at = source(first, rows, cols);
        while at > first {
            at = source(at, rows, cols);
        }
        if at == first {
            let mut next = source(at, rows, cols);
            while next != first {
                exchange(at.min(next), at.max(next), len, matrix);
                (at, next) = (next, source(next, rows, cols));
            }
        }
    }
}

/// Returns the index of the segment that the transposition moves to index `to`.
#[inline(always)]
fn source(to: usize, rows: usize, cols: usize) -> usize {
    to % rows * cols + to / rows
}

/// Swaps two segments; `a` < `b`.
#[inline]
fn exchange(a: usize, b: usize, len: usize, matrix: &mut [f32]) {
    let Some((head, tail)) = matrix.split_at_mut_checked(b * len) else { return };
    let (a, b) = (head.get_mut(a * len..).unwrap_or_default(), tail.get_mut(..len));
    for (a, b) in a.iter_mut().zip(b.unwrap_or_default()) {
        mem::swap(a, b);
    }
}

/// Moves the left parts of all rows [left | right] before all right parts.
fn separate(rows: usize, left: usize, right: usize, matrix: &mut [f32]) {
    if rows <= 1 || left == 0 || right == 0 {
        return;
    }
    let half = rows / 2;
    let Some((top, bottom)) = matrix.split_at_mut_checked(half * (left + right)) else { return };
    separate(half, left, right, top);
    separate(rows - half, left, right, bottom);
    let middle = half * left..rows * left + half * right;
    rotate(half * right, matrix.get_mut(middle).unwrap_or_default());
}

/// Undoes `separate`.
fn join(rows: usize, left: usize, right: usize, matrix: &mut [f32]) {
    if rows <= 1 || left == 0 || right == 0 {
        return;
    }
    let half = rows / 2;
    let middle = half * left..rows * left + half * right;
    rotate((rows - half) * left, matrix.get_mut(middle).unwrap_or_default());
    let Some((top, bottom)) = matrix.split_at_mut_checked(half * (left + right)) else { return };
    join(half, left, right, top);
    join(rows - half, left, right, bottom);
}

/// Moves the first `count` values behind the others. `rotate_left` would do the same, but contains a
/// panic and a buffer on the stack.
fn rotate(count: usize, values: &mut [f32]) {
    if let Some((head, tail)) = values.split_at_mut_checked(count) {
        reverse(head);
        reverse(tail);
        reverse(values);
    }
}

/// Reverses a slice. `slice::reverse` keeps a panic where the code is optimised for size.
fn reverse(values: &mut [f32]) {
    if let Some((head, tail)) = values.split_at_mut_checked(values.len() / 2) {
        head.iter_mut().zip(tail.iter_mut().rev()).for_each(|(a, b)| mem::swap(a, b));
    }
}

#[cfg(test)]
mod tests {
    use super::transpose;

    fn check(rows: usize, cols: usize, len: usize) {
        let mut matrix: [f32; 4096] = core::array::from_fn(|i| i as f32);
        let Some(matrix) = matrix.get_mut(..rows * cols * len) else { return };
        transpose(rows, cols, len, matrix);
        for (i, &value) in matrix.iter().enumerate() {
            let (col, row, offset) = (i / (rows * len), i / len % rows, i % len);
            let expected = (row * cols + col) * len + offset;
            assert_eq!(value, expected as f32, "{rows} × {cols} of {len}, {col}, {row}");
        }
    }

    #[test]
    fn every_small_shape() {
        for rows in 0..70 {
            for cols in 0..70 {
                check(rows, cols, 1);
            }
        }
        for rows in 0..20 {
            for cols in 0..20 {
                for len in [0, 2, 3, 16, 17] {
                    check(rows, cols, len);
                }
            }
        }
        // Consecutive Fibonacci numbers are the worst case of Euclid's algorithm.
        for (rows, cols) in [(34, 55), (55, 34), (2, 2048), (2048, 2), (3, 1365), (1365, 3)] {
            check(rows, cols, 1);
        }
    }

    #[test]
    fn another_length_is_left_alone() {
        let mut matrix = [1.0, 2.0, 3.0, 4.0, 5.0];
        transpose(2, 2, 1, &mut matrix);
        transpose(usize::MAX, 2, 1, &mut matrix);
        transpose(2, 3, usize::MAX / 2, &mut matrix);
        assert_eq!(matrix, [1.0, 2.0, 3.0, 4.0, 5.0]);
    }
}
