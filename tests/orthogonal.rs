//! Random orthogonal matrices: their bits and their orthogonality. `heavy/orthogonal.rs` tests how they are
//! distributed.

use weight_init::{Backend, Init, InitError, Shape, Stream, fill_normal};

use crate::size::size;

const SHAPES: [(usize, usize); 20] = [
    (1, 1),
    (1, 2),
    (1, 40),
    (40, 1),
    (2, 2),
    (3, 5),
    (7, 13),
    (8, 15),
    (13, 16),
    (17, 17),
    (9, 32),
    (31, 37),
    (37, 31),
    (64, 64),
    (48, 16),
    (70, 300),
    (300, 70),
    (128, 576),
    (576, 128),
    (250, 256),
];

fn fill_orthogonal(
    stream: Stream,
    rows: usize,
    cols: usize,
    gain: f32,
    out: &mut [f32],
) -> Result<(), InitError> {
    Init::orthogonal().gain(gain).fill(stream, &Shape::dense(cols, rows), out)
}

fn matrix(stream: Stream, rows: usize, cols: usize, gain: f32) -> Vec<f32> {
    let mut out = vec![f32::NAN; rows * cols];
    fill_orthogonal(stream, rows, cols, gain, &mut out).unwrap();
    out
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|v| v.to_bits()).collect()
}

/// Follows the specification, one operation after the other.
fn reference(stream: Stream, rows: usize, cols: usize, gain: f32) -> Vec<f32> {
    if rows > cols {
        let wide = reference(stream, cols, rows, gain);
        return (0..rows * cols).map(|i| wide[i % cols * rows + i / cols]).collect();
    }
    let mut out = vec![0.0; rows * cols];
    fill_normal(stream, 0, 0.0, 1.0, &mut out).unwrap();
    let dot = |a: &[f32], b: &[f32]| {
        let mut sums = [0.0_f32; 16];
        for (j, (a, b)) in a.iter().zip(b).enumerate() {
            sums[j % 16] += a * b;
        }
        for half in [8, 4, 2, 1] {
            for i in 0..half {
                sums[i] += sums[i + half];
            }
        }
        sums[0]
    };
    let mut signs = Vec::new();
    for (k, v) in out.chunks_mut(cols).enumerate() {
        v[..k].fill(0.0);
        let norm = dot(v, v).sqrt();
        signs.push(if v[k] > 0.0 { -1.0_f32 } else { 1.0 });
        v[k] = if v[k] > 0.0 { v[k] + norm } else { v[k] - norm };
        let scale = (1.0 / (norm * v[k].abs())).sqrt();
        v.iter_mut().for_each(|v| *v *= scale);
    }
    let v: Vec<&[f32]> = out.chunks(cols).collect();
    let rows = signs.iter().enumerate().flat_map(|(i, &sign)| {
        let mut row = vec![0.0; cols];
        row[i] = sign;
        for first in (0..i + 1).step_by(16).rev() {
            let block = first..(first + 16).min(i + 1);
            let mut d = [0.0; 16];
            for k in block.clone().rev() {
                let start = dot(&row, v[k]);
                d[k - first] = (k + 1..block.end)
                    .rev()
                    .fold(start, |sum, l| sum - d[l - first] * dot(v[l], v[k]));
            }
            for k in block.rev() {
                row.iter_mut().zip(v[k]).for_each(|(value, v)| *value -= d[k - first] * v);
            }
        }
        row.into_iter().map(|value| value.clamp(-1.0, 1.0) * gain)
    });
    rows.collect()
}

#[test]
fn the_bits_of_every_backend_are_those_of_the_specification() {
    for (i, (rows, cols)) in SHAPES.into_iter().enumerate() {
        let stream = Stream::new(100).substream(i as u64);
        let expected = reference(stream, rows, cols, 0.7);
        let (init, shape) = (Init::orthogonal().gain(0.7), Shape::dense(cols, rows));
        let draw = init.draw(stream, &shape).unwrap();
        for backend in Backend::available() {
            // At every alignment within a cache line.
            for offset in 0..16 {
                let mut out = vec![-5.0; rows * cols + 17];
                let part = &mut out[offset..][..rows * cols];
                draw.on(backend).write(part).unwrap();
                assert_eq!(bits(part), bits(&expected), "{backend}, {rows} × {cols}, {offset}");
                let guards = out[..offset].iter().chain(&out[offset + rows * cols..]);
                assert!(guards.copied().all(|v| v == -5.0), "{backend}, {rows} × {cols}");
            }
        }
    }
}

#[test]
fn a_tall_matrix_is_the_transpose_of_the_wide_one() {
    for (rows, cols) in SHAPES.into_iter().filter(|(rows, cols)| rows != cols) {
        let (a, b) =
            (matrix(Stream::new(5), rows, cols, 1.0), matrix(Stream::new(5), cols, rows, 1.0));
        for (i, value) in a.iter().enumerate() {
            let transposed = b[i % cols * rows + i / cols];
            assert_eq!(value.to_bits(), transposed.to_bits(), "{rows} × {cols}, {i}");
        }
    }
}

/// Returns the largest |Q Qᵀ − I| and the largest sum over a row of it, computed in `f64`. For a tall Q,
/// these are of Qᵀ Q.
fn errors(q: &[f32], rows: usize, cols: usize) -> [f64; 2] {
    let (m, n) = (rows.min(cols), rows.max(cols));
    let wide = |i: usize, k: usize| f64::from(q[if rows <= cols { i * n + k } else { k * m + i }]);
    let tall: Vec<f64> = (0..m * n).map(|i| wide(i % m, i / m)).collect();
    let (mut largest, mut largest_sum) = (0.0_f64, 0.0_f64);
    for i in 0..m {
        let mut error = vec![0.0; m];
        error[i] = -1.0;
        for (k, column) in tall.chunks(m).enumerate() {
            let factor = wide(i, k);
            error.iter_mut().zip(column).for_each(|(sum, value)| *sum += factor * value);
        }
        largest = error.iter().fold(largest, |largest, e| largest.max(e.abs()));
        largest_sum = largest_sum.max(error.iter().map(|e| e.abs()).sum());
    }
    [largest, largest_sum]
}

/// Returns the largest error that rounding explains.
///
/// A row has the length 1. A reflection adds the rounding of a product and of a difference for each value,
/// of the n / 16 + 4 sums of the dot product times |v| = √2, and of v · v. Each of these n / 16 + 14 errors is
/// taken as 2⁻²⁵ long, half a unit in the last place below 1. The errors of the m reflections are taken as
/// independent. Each pair has two rows, and the largest error of many pairs is at 6 standard errors.
fn limit(rows: usize, cols: usize) -> f64 {
    let (m, n) = (rows.min(cols) as f64, rows.max(cols) as f64);
    6.0 * (2.0 * m * (n / 16.0 + 14.0)).sqrt() * 2.0_f64.powi(-25)
}

#[test]
fn rows_or_columns_are_orthonormal() {
    let large = size((400, 512), (1024, 1024));
    for (rows, cols) in SHAPES.into_iter().chain([large]) {
        for seed in 0..4 {
            let q = matrix(Stream::new(seed), rows, cols, 1.0);
            assert!(q.iter().all(|v| v.abs() <= 1.0));
            let [largest, sum] = errors(&q, rows, cols);
            let limit = limit(rows, cols).min(1e-5);
            println!("{rows} × {cols}: {largest:.1e} of {limit:.1e}, row sum {sum:.1e}");
            assert!(largest < limit, "{rows} × {cols}: {largest:e}");
        }
    }
}

#[test]
fn a_gain_multiplies_each_value_once() {
    let plain = matrix(Stream::new(6), 30, 50, 1.0);
    let smallest = 2.0_f32.powi(-90);
    for gain in [0.3, 1.5, f32::MAX, smallest] {
        let expected: Vec<f32> = plain.iter().map(|v| v * gain).collect();
        let given = matrix(Stream::new(6), 30, 50, gain);
        assert_eq!(bits(&given), bits(&expected), "{gain}");
        assert!(given.iter().all(|v| v.is_finite()));
    }
    for gain in [0.0, -0.0] {
        assert_eq!(bits(&matrix(Stream::new(6), 30, 50, gain)), [0; 30 * 50]);
    }
    // The only value of a 1 × 1 matrix is ±1 up to rounding.
    for seed in 0..100 {
        let [value] = matrix(Stream::new(seed), 1, 1, f32::MAX)[..] else { unreachable!() };
        assert!(value.is_finite() && value.abs() >= f32::MAX * (1.0 - 1e-6), "{value}");
    }
}

#[test]
fn what_is_wrong_is_an_error_and_writes_nothing() {
    let mut out = [7.0; 12];
    let mut check = |rows, cols, gain, expected| {
        let given = fill_orthogonal(Stream::new(1), rows, cols, gain, &mut out);
        assert_eq!(format!("{given:?}"), format!("{:?}", Err::<(), _>(expected)));
        assert_eq!(out, [7.0; 12]);
    };
    for given in [-1.0, f32::INFINITY, f32::NEG_INFINITY, f32::NAN] {
        check(3, 4, given, InitError::Gain { given });
    }
    for given in [1e-30, f32::from_bits(1), 8.0e-28] {
        check(3, 4, given, InitError::TooSmall { given });
    }
    check(3, 5, 1.0, InitError::WrongLength { expected: 15, given: 12 });
    check(0, 5, 1.0, InitError::WrongLength { expected: 0, given: 12 });
    check(usize::MAX, 2, 1.0, InitError::Overflow);
    for (rows, cols) in [(0, 0), (0, 5), (5, 0), (0, usize::MAX), (usize::MAX, 0)] {
        assert_eq!(fill_orthogonal(Stream::new(1), rows, cols, 1.0, &mut []), Ok(()));
    }
}
