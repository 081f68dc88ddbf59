//! Random orthogonal matrices: their bits, their orthogonality, and whether they are distributed as
//! Haar's measure says. As in `distribution`, seeds are fixed and limits are standard errors.

use nalgebra::DMatrix;
use weight_init::{Backend, InitError, Stream, fill_normal, fill_orthogonal, fill_orthogonal_with};

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

fn matrix(stream: Stream, rows: usize, cols: usize, gain: f32) -> Vec<f32> {
    let mut out = vec![f32::NAN; rows * cols];
    fill_orthogonal(stream, rows, cols, gain, &mut out).unwrap();
    out
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|v| v.to_bits()).collect()
}

/// The specification, one operation after the other.
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
    let rows = signs.iter().enumerate().flat_map(|(i, &sign)| {
        let mut row = vec![0.0; cols];
        row[i] = sign;
        for v in out.chunks(cols).take(i + 1).rev() {
            let d = dot(&row, v);
            row.iter_mut().zip(v).for_each(|(value, v)| *value -= d * v);
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
        for backend in Backend::available() {
            // At every place between two cache lines.
            for offset in 0..16 {
                let mut out = vec![-5.0; rows * cols + 17];
                let part = &mut out[offset..][..rows * cols];
                fill_orthogonal_with(backend, stream, rows, cols, 0.7, part).unwrap();
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

/// The largest |Q Qᵀ − I|, and the largest sum of a row of it, in `f64`.
fn errors(q: &[f32], rows: usize, cols: usize) -> [f64; 2] {
    let q = DMatrix::from_row_slice(rows, cols, q).map(f64::from);
    let q = if rows <= cols { q } else { q.transpose() };
    let mut error = &q * q.transpose();
    error.fill_diagonal(0.0);
    for (i, row) in q.row_iter().enumerate() {
        error[(i, i)] = row.norm_squared() - 1.0;
    }
    let sums = error.row_iter().map(|row| row.iter().map(|e| e.abs()).sum());
    [error.amax(), sums.fold(0.0, f64::max)]
}

/// A reflection adds to a row, whose length is 1, the rounding of a product and of a difference for each
/// value; of the dot product's n / 16 + 4 sums, times |v| = √2; and of v · v. Each of these
/// n / 16 + 14 parts is taken as 2⁻²⁵ long, half a unit in the last place of what is below 1, and all as
/// independent, over the m reflections. Two rows meet, and the largest of many pairs is at 6 standard
/// errors.
fn limit(rows: usize, cols: usize) -> f64 {
    let (m, n) = (rows.min(cols) as f64, rows.max(cols) as f64);
    6.0 * (2.0 * m * (n / 16.0 + 14.0)).sqrt() * 2.0_f64.powi(-25)
}

#[test]
fn rows_or_columns_are_orthonormal() {
    let large = if cfg!(debug_assertions) { (400, 512) } else { (1024, 1024) };
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
    // The only value of 1 × 1 is 1 up to rounding, to either side.
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

const LIMIT: f64 = 5.0;

/// Matrices in each of the statistics below.
const MATRICES: u64 = if cfg!(debug_assertions) { 4_000 } else { 40_000 };

/// Calls with many matrices.
fn for_each_matrix(seed: u64, rows: usize, cols: usize, mut f: impl FnMut(DMatrix<f64>)) {
    let mut q = vec![0.0; rows * cols];
    for i in 0..MATRICES {
        fill_orthogonal(Stream::new(seed).substream(i), rows, cols, 1.0, &mut q).unwrap();
        f(DMatrix::from_row_slice(rows, cols, &q).map(f64::from));
    }
}

/// Fails if a mean of samples is more than five of their standard errors from where it should be.
#[track_caller]
fn assert_mean(samples: &[f64], expected: f64, what: &str) {
    let n = samples.len() as f64;
    let mean = samples.iter().sum::<f64>() / n;
    let variance = samples.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0);
    let z = (mean - expected) / (variance / n).sqrt().max(1e-9);
    assert!(z.abs() < LIMIT, "{what}: {mean} and not {expected}, {z:+.1} standard errors");
}

/// The probability that a coordinate of a random point on the unit sphere in n dimensions is below x.
/// Its density is (1 − x²)^((n − 3) / 2), so with x = sin θ it is the integral of cosⁿ⁻² θ.
fn coordinate_below(n: usize, x: f64) -> f64 {
    fn integral(power: usize, theta: f64) -> f64 {
        let (sin, cos) = theta.sin_cos();
        match power {
            0 => theta,
            1 => sin,
            _ => {
                let (k, rest) = (power as f64, integral(power - 2, theta));
                (cos.powi(power as i32 - 1) * sin + (k - 1.0) * rest) / k
            }
        }
    }
    let quarter = integral(n - 2, std::f64::consts::FRAC_PI_2);
    0.5 + 0.5 * integral(n - 2, x.clamp(-1.0, 1.0).asin()) / quarter
}

/// √n times the largest distance from the distribution function of a coordinate. Above 2.5 with a
/// probability of 7 × 10⁻⁶.
#[track_caller]
fn assert_coordinates(samples: &mut [f64], n: usize, what: &str) {
    samples.sort_unstable_by(f64::total_cmp);
    let len = samples.len() as f64;
    let distance = samples.iter().enumerate().fold(0.0, |worst: f64, (i, &x)| {
        let p = coordinate_below(n, x);
        worst.max(p - i as f64 / len).max((i + 1) as f64 / len - p)
    });
    assert!(distance * len.sqrt() < 2.5, "{what}: {}", distance * len.sqrt());
}

/// Each entry is a coordinate of a random point on a sphere: its square follows
/// Beta(1/2, (n − 1) / 2).
#[test]
fn entries_are_coordinates_of_a_random_point() {
    for (rows, cols) in [(2, 2), (3, 3), (4, 4), (8, 8), (3, 5), (5, 3)] {
        let mut entries = vec![Vec::new(); rows * cols];
        for_each_matrix(20, rows, cols, |q| {
            entries.iter_mut().zip(q.iter()).for_each(|(entries, &q)| entries.push(q));
        });
        for (i, entries) in entries.iter_mut().enumerate() {
            let (row, col) = (i % rows, i / rows);
            let what = format!("{rows} × {cols}, entry {row}, {col}");
            assert_coordinates(entries, rows.max(cols), &what);
        }
    }
}

/// So is the coordinate of Q u in a direction w, whatever u and w.
#[test]
fn fixed_directions_are_turned_anywhere() {
    for n in [3, 4, 8, 20] {
        let ones = DMatrix::from_element(n, 1, 1.0).normalize();
        let signs = DMatrix::from_fn(n, 1, |i, _| if i % 2 == 0 { 1.0 } else { -1.0 }).normalize();
        let rising = DMatrix::from_fn(n, 1, |i, _| 1.0 + i as f64).normalize();
        let pairs = [(&ones, &ones), (&ones, &signs), (&signs, &rising), (&rising, &rising)];
        let mut samples = [(); 4].map(|()| Vec::new());
        for_each_matrix(21, n, n, |q| {
            for (samples, (w, u)) in samples.iter_mut().zip(pairs) {
                samples.push(w.dot(&(&q * u)));
            }
        });
        for (i, samples) in samples.iter_mut().enumerate() {
            assert_coordinates(samples, n, &format!("{n} × {n}, directions {i}"));
        }
    }
}

/// Half of them are rotations, half have a reflection.
#[test]
fn both_determinants_are_as_likely() {
    for n in [1, 2, 3, 8] {
        let mut determinants = Vec::new();
        for_each_matrix(22, n, n, |q| determinants.push(q.determinant()));
        assert!(determinants.iter().all(|d| (d.abs() - 1.0).abs() < 1e-5));
        assert_mean(&determinants, 0.0, &format!("{n} × {n}"));
    }
}

/// E tr Qᵏ is 1 if k is even and 0 if it is odd, and the variance is k, both exactly if 4 k ≤ n
/// (Diaconis and Evans, "Linear functionals of eigenvalues of random matrices", 2001). For n ≥ 2,
/// E (tr Q)² is 1 too.
#[test]
fn traces_of_powers_have_their_moments() {
    for (n, powers) in [(2, 1), (3, 1), (4, 1), (16, 4)] {
        let mut traces = vec![Vec::new(); powers];
        for_each_matrix(23, n, n, |q| {
            let mut power = q.clone();
            for traces in &mut traces {
                traces.push(power.trace());
                power *= &q;
            }
        });
        for (k, traces) in (1..).zip(&traces) {
            let mean = f64::from(u8::from(k % 2 == 0));
            assert_mean(traces, mean, &format!("{n} × {n}, trace of power {k}"));
            let squares: Vec<f64> = traces.iter().map(|t| (t - mean).powi(2)).collect();
            assert_mean(&squares, k as f64, &format!("{n} × {n}, its variance"));
        }
    }
}

/// The phases θ of the eigenvalues of an 8 × 8 matrix, between 0 and π: their density is
/// (7 ± sin 7θ / sin θ) / 2π, + if the determinant is 1 and − if it is −1, when 1 and −1 are
/// eigenvalues too (Katz and Sarnak, "Random matrices, Frobenius eigenvalues, and monodromy", 1999).
/// sin 7θ / sin θ = 1 + 2 (cos 2θ + cos 4θ + cos 6θ).
#[test]
fn phases_of_eigenvalues_have_their_density() {
    const BINS: usize = 12;
    let width = std::f64::consts::PI / BINS as f64;
    let mut counts = [(); 2].map(|()| vec![Vec::new(); BINS]);
    for_each_matrix(24, 8, 8, |q| {
        let rotation = q.determinant() > 0.0;
        let mut bins = [0.0; BINS];
        for value in q.complex_eigenvalues().iter() {
            // Each pair once, and neither 1 nor −1.
            if value.im > 1e-5 {
                bins[((value.arg() / width) as usize).min(BINS - 1)] += 1.0;
            }
        }
        let counts = &mut counts[usize::from(rotation)];
        counts.iter_mut().zip(bins).for_each(|(counts, count)| counts.push(count));
    });
    for (counts, sign) in counts.iter().zip([-1.0, 1.0]) {
        let integral = |theta: f64| {
            let waves = [1.0, 2.0, 3.0].map(|k| (2.0 * k * theta).sin() / k).iter().sum::<f64>();
            (7.0 * theta + sign * (theta + waves)) / (2.0 * std::f64::consts::PI)
        };
        for (bin, counts) in counts.iter().enumerate() {
            let expected = integral((bin + 1) as f64 * width) - integral(bin as f64 * width);
            assert_mean(counts, expected, &format!("determinant {sign}, phases in bin {bin}"));
        }
    }
}
