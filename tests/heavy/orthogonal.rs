//! Statistics of random orthogonal matrices, which must follow Haar's measure. As in `distribution`, the seeds
//! are fixed and the limits are standard errors.

use nalgebra::DMatrix;
use weight_init::{Init, Shape, Stream};

use crate::size::size;

const LIMIT: f64 = 5.0;

/// Calls `f` with many matrices.
fn for_each_matrix(seed: u64, rows: usize, cols: usize, mut f: impl FnMut(DMatrix<f64>)) {
    let mut q = vec![0.0; rows * cols];
    for i in 0..size(4_000, 40_000) {
        let (stream, shape) = (Stream::new(seed).substream(i), Shape::dense(cols, rows));
        Init::orthogonal().fill(stream, &shape, &mut q).unwrap();
        f(DMatrix::from_row_slice(rows, cols, &q).map(f64::from));
    }
}

/// Fails if the mean of samples is more than five standard errors from the expected one.
#[track_caller]
fn assert_mean(samples: &[f64], expected: f64, what: &str) {
    let n = samples.len() as f64;
    let mean = samples.iter().sum::<f64>() / n;
    let variance = samples.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0);
    let z = (mean - expected) / (variance / n).sqrt().max(1e-9);
    assert!(z.abs() < LIMIT, "{what}: {mean} instead of {expected}, {z:+.1} standard errors");
}

/// Returns the probability that a coordinate of a random point on the unit sphere in n dimensions is below x.
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

/// Fails if √n times the largest distance from the distribution function of a coordinate is above 2.5, which
/// has a probability of 7 × 10⁻⁶.
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

/// The coordinate of Q u in a direction w follows the same distribution, for all u and w.
#[test]
fn fixed_directions_become_random_points() {
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

/// Half of the matrices are rotations, and half contain a reflection.
#[test]
fn both_determinants_are_equally_likely() {
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
            // Takes each pair once, and neither 1 nor −1.
            if value.im > 1e-5 {
                bins[((value.im.atan2(value.re) / width) as usize).min(BINS - 1)] += 1.0;
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
