//! The standard normal in double precision: its density and the probability of its tail.
//!
//! Both are `const`, so that whatever follows from a constant scheme is computed by the compiler. They use
//! only IEEE 754 operations in the order written, so they give the same bits everywhere.

/// 1 / √(2π).
const PEAK: f64 = 0.398_942_280_401_432_7;

/// Returns the density exp(−x²/2) / √(2π), with a relative error below 10⁻¹³. It is 0 beyond ±37.
pub(crate) const fn density(x: f64) -> f64 {
    if x * x > 1400.0 { 0.0 } else { PEAK * exp(-0.5 * x * x) }
}

/// Returns the probability that a standard normal exceeds x, with a relative error below 10⁻¹¹.
pub(crate) const fn tail(x: f64) -> f64 {
    if x < 0.0 {
        1.0 - tail(-x)
    } else if x < 3.0 {
        // The probability from 0 to x is density(x) · (x + x³/3 + x⁵/(3·5) + x⁷/(3·5·7) + …).
        let (mut term, mut sum, mut odd) = (x, x, 3.0);
        while term > sum * 1e-18 {
            term *= x * x / odd;
            sum += term;
            odd += 2.0;
        }
        0.5 - density(x) * sum
    } else {
        // Laplace's continued fraction, density(x) / (x + 1/(x + 2/(x + 3/(x + …)))), from its end.
        let (mut fraction, mut n) = (x, 100.0);
        while n > 0.0 {
            fraction = x + n / fraction;
            n -= 1.0;
        }
        density(x) / fraction
    }
}

/// Returns eˣ for −700 ≤ x ≤ 0.
pub(crate) const fn exp(x: f64) -> f64 {
    // x = n ln 2 + r with |r| ≤ ln 2 / 2. The higher part of ln 2 has so few bits that n times it is exact.
    const LN_2_HIGH: f64 = 0.693_147_180_369_123_8;
    const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;
    let n = (x * core::f64::consts::LOG2_E - 0.5) as i64;
    let r = (x - n as f64 * LN_2_HIGH) - n as f64 * LN_2_LOW;
    let (mut sum, mut n_terms) = (1.0, 16.0);
    while n_terms > 0.0 {
        sum = 1.0 + sum * r / n_terms;
        n_terms -= 1.0;
    }
    sum * f64::from_bits(((n + 1023) as u64) << 52)
}

#[cfg(test)]
mod tests {
    use super::{density, exp, tail};

    fn close(given: f64, expected: f64, error: f64) -> bool {
        (given / expected - 1.0).abs() <= error
    }

    #[test]
    fn exp_is_that_of_libm() {
        for i in 0..700_000 {
            let x = f64::from(i) * -1e-3;
            assert!(close(exp(x), libm::exp(x), 1e-15), "{x}: {} {}", exp(x), libm::exp(x));
        }
    }

    #[test]
    fn the_density_is_that_of_libm() {
        for i in 0..37_000 {
            let x = f64::from(i) * 1e-3;
            let expected = libm::exp(-0.5 * x * x) / libm::sqrt(2.0 * core::f64::consts::PI);
            assert!(close(density(x), expected, 1e-13) && density(x) == density(-x), "{x}");
        }
        assert_eq!(density(40.0), 0.0);
    }

    #[test]
    fn the_tail_is_that_of_libm() {
        for i in 0..37_000 {
            let x = f64::from(i) * 1e-3;
            let expected = 0.5 * libm::erfc(x * core::f64::consts::FRAC_1_SQRT_2);
            assert!(close(tail(x), expected, 1e-11), "{x}: {} {expected}", tail(x));
            assert!((tail(x) + tail(-x) - 1.0).abs() < 1e-15, "{x}");
        }
        assert_eq!((tail(0.0), tail(40.0), tail(-40.0)), (0.5, 0.0, 1.0));
    }
}
