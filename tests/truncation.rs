//! The normal that is truncated elsewhere than at 2 σ: the normal's values, and redraws of those outside.
//!
//! The redraws are tested by themselves, because at ±3 σ they are 1 value in 370. They have the distribution of
//! all values, whatever value they replace.

use weight_init::{Cut, Distribution, Stream, fill_normal};

use crate::distribution::{
    BLOCK, Bins, assert_within, binomial, blocks, chi_square, invert, kolmogorov_smirnov, moment,
    share_below, values_per_test,
};

const CUTS: [f32; 3] = [1.0, 1.5, 3.0];

fn truncated(mean: f32, std: f32, cut: Cut) -> Distribution {
    Distribution::TruncatedNormal { mean, std, cut }
}

/// Calls with the normal values and the truncated values of each block of a stream, with σ = 1.
fn for_each_block(k: f32, stream: Stream, mut f: impl FnMut(&[f32], &[f32])) {
    let (mut normals, mut values) = ([0.0; BLOCK], [0.0; BLOCK]);
    for start in (0..blocks()).map(|block| block * BLOCK as u64) {
        fill_normal(stream, start, 0.0, 1.0, &mut normals).unwrap();
        truncated(0.0, 1.0, Cut::std_before(k)).fill(stream, start, &mut values).unwrap();
        f(&normals, &values);
    }
}

/// Returns bins of equal probability.
fn equal_bins(k: f64, count: usize) -> Bins {
    let edge = |i| invert(|x| share_below(k, x), i as f64 / count as f64, -k, k);
    Bins::new((1..count).map(edge).collect())
}

/// Checks bins and moments of all values and of the redraws, and that exactly the values outside are redrawn.
#[test]
fn all_values_and_the_redraws_have_the_distribution() {
    const BINS: usize = 1024;
    const REDRAWN_BINS: usize = 64;
    for k in CUTS {
        let end = f64::from(k);
        let (bins, few) = (equal_bins(end, BINS), equal_bins(end, REDRAWN_BINS));
        let (mut counts, mut redrawn_counts) = ([0; BINS], [0; REDRAWN_BINS]);
        let (mut sums, mut redrawn_sums, mut farthest) = ([0.0; 6], [0.0; 6], 0.0_f32);
        for_each_block(k, Stream::new(21), |normals, values| {
            for (normal, &value) in normals.iter().zip(values) {
                farthest = farthest.max(value.abs());
                let redrawn = normal.abs() > k;
                assert!(redrawn || normal.to_bits() == value.to_bits(), "{normal} {value}");
                let value = f64::from(value);
                counts[bins.of(value)] += 1;
                redrawn_counts[few.of(value)] += u64::from(redrawn);
                let mut power = 1.0;
                for (sum, redrawn_sum) in sums.iter_mut().zip(&mut redrawn_sums) {
                    power *= value;
                    *sum += power;
                    *redrawn_sum += if redrawn { power } else { 0.0 };
                }
            }
        });
        assert!(farthest <= k && farthest > k - 1e-3 * k, "{k}: {farthest}");
        assert_within(chi_square(&counts, &[1.0; BINS]), &format!("χ² at {k}"));
        let what = format!("χ² of the redraws at {k}");
        assert_within(chi_square(&redrawn_counts, &[1.0; REDRAWN_BINS]), &what);
        let redrawn = redrawn_counts.iter().sum::<u64>();
        let outside = libm::erfc(end * std::f64::consts::FRAC_1_SQRT_2);
        assert_within(
            binomial(redrawn, values_per_test(), outside),
            &format!("share of the redraws at {k}"),
        );
        for (sums, n, what) in
            [(sums, values_per_test(), "all"), (redrawn_sums, redrawn as f64, "redraws")]
        {
            for (power, sum) in (1..).zip(sums) {
                let expected = moment(end, power);
                let error = ((moment(end, 2 * power) - expected.powi(2)) / n).sqrt();
                let what = format!("moment {power} of {what} at {k}");
                assert_within((sum / n - expected) / error, &what);
            }
        }
    }
}

#[test]
fn kolmogorov_smirnov_of_all_values_and_of_the_redraws() {
    for k in CUTS {
        let (mut all, mut redrawn) = (Vec::new(), Vec::new());
        for_each_block(k, Stream::new(22), |normals, values| {
            if all.len() < 1 << 20 {
                all.extend_from_slice(values);
            }
            if redrawn.len() < 1 << 20 {
                let outside = normals.iter().zip(values).filter(|(normal, _)| normal.abs() > k);
                redrawn.extend(outside.map(|(_, &value)| value));
            }
        });
        for (mut values, what) in [(all, "all"), (redrawn, "redraws")] {
            let distance = kolmogorov_smirnov(&mut values, |x| share_below(k.into(), x));
            assert!(distance < 2.5, "{distance}: {what} at {k}");
        }
    }
}

/// A redraw depends neither on the value that it replaces, nor on the redraws of other positions, nor on those
/// of other blocks. Two positions that shared a hash would have the same value.
#[test]
fn redraws_are_independent() {
    const DISTANCES: [usize; 4] = [1, 2, 16, 17];
    for k in CUTS {
        let end = f64::from(k);
        // Products with the excess of the replaced value, and with the redraw before.
        let (mut n, mut with_replaced, mut with_last) = (0.0, 0.0, 0.0);
        let (mut last, mut block_before) = (None::<f64>, Vec::new());
        let (mut repeats, mut near_repeats) = (0, 0);
        let variance = moment(end, 2);
        let normal_moment = |power| moment(f64::INFINITY, power);
        let outside = libm::erfc(end * std::f64::consts::FRAC_1_SQRT_2);
        // The mean square of the values outside.
        let square_outside = (normal_moment(2) - (1.0 - outside) * variance) / outside;
        for_each_block(k, Stream::new(23), |normals, values| {
            for (normal, &value) in normals.iter().zip(values).filter(|(n, _)| n.abs() > k) {
                let (normal, value) = (f64::from(*normal), f64::from(value));
                n += 1.0;
                with_replaced += normal * value;
                with_last += last.unwrap_or(0.0) * value;
                last = Some(value);
            }
            for distance in DISTANCES {
                let pairs = values.iter().zip(&values[distance..]);
                near_repeats += pairs.filter(|(a, b)| a == b).count();
            }
            repeats += values.iter().zip(&block_before).filter(|(a, b)| a == b).count();
            block_before.clear();
            block_before.extend_from_slice(values);
        });
        let error = (variance * square_outside * n).sqrt();
        assert_within(with_replaced / error, &format!("redraw and replaced value at {k}"));
        let error = variance * f64::sqrt(n);
        assert_within(with_last / error, &format!("redraw and redraw before at {k}"));
        // Two independent values are the same once in 10⁶ to 10⁷ pairs.
        assert!(
            f64::from(u32::try_from(repeats).unwrap()) < 2.0 + 2e-6 * values_per_test(),
            "{repeats} at {k}"
        );
        let most = 4.0 * (2.0 + 2e-6 * values_per_test());
        assert!(f64::from(u32::try_from(near_repeats).unwrap()) < most, "{near_repeats} at {k}");
    }
}

/// The std is the one after truncation or the one before, as the cut says. The bounds are around the mean.
#[test]
fn a_mean_and_a_std_shift_and_scale() {
    let (mut values, mut normals) = (vec![0.0; 1 << 20], vec![0.0; 1 << 20]);
    let n = values.len() as f64;
    for k in CUTS {
        for (mean, std, cut) in [
            (0.0, 1.0, Cut::at(k)),
            (-3.0, 0.5, Cut::at(k)),
            (2.0, 0.25, Cut::std_before(k)),
            (0.0, 4.0, Cut::std_before(k)),
        ] {
            let end = f64::from(k);
            let after = if cut.is_std_before() {
                f64::from(std) * moment(end, 2).sqrt()
            } else {
                f64::from(std)
            };
            let sigma = after / moment(end, 2).sqrt();
            let distribution = truncated(mean, std, cut);
            assert!((f64::from(distribution.std()) / after - 1.0).abs() < 1e-6, "{k}");
            distribution.fill(Stream::new(24), 5, &mut values).unwrap();
            let offset = |value: &f32| f64::from(*value) - f64::from(mean);
            let sum: f64 = values.iter().map(offset).sum();
            assert_within(sum / (after * n.sqrt()), &format!("mean at {k}"));
            let squares: f64 = values.iter().map(|value| offset(value).powi(2)).sum();
            let error = ((moment(end, 4) / moment(end, 2).powi(2) - 1.0) / n).sqrt();
            let relative = squares / n / after.powi(2) - 1.0;
            assert_within(relative / error, &format!("variance at {k}"));
            let reach = end * sigma * (1.0 + 1e-6);
            assert!(values.iter().all(|value| offset(value).abs() <= reach), "{k}");
            // The values inside are those of the normal with the same σ.
            fill_normal(Stream::new(24), 5, mean, sigma as f32, &mut normals).unwrap();
            let pairs = values.iter().zip(&normals);
            let differ = pairs.filter(|(a, b)| offset(a) - offset(b) > 2e-6 * sigma).count();
            let below = 0.5 * libm::erfc(end * std::f64::consts::FRAC_1_SQRT_2);
            assert_within(binomial(differ as u64, n, below), &format!("values raised at {k}"));
        }
    }
}

/// At 2 σ nothing is redrawn, and at 8 σ nothing is cut off.
#[test]
fn the_special_cuts_are_other_samplers() {
    let fill = |distribution: Distribution| {
        let mut values = vec![0.0; 3 * BLOCK];
        distribution.fill(Stream::new(25), 7, &mut values).unwrap();
        values
    };
    for mean in [0.0, 1.5] {
        let normal = fill(Distribution::Normal { mean, std: 0.5 });
        for k in [8.0, 100.0, f32::INFINITY] {
            assert_eq!(fill(truncated(mean, 0.5, Cut::at(k))), normal);
            assert_eq!(fill(truncated(mean, 0.5, Cut::std_before(k))), normal);
        }
        let two = fill(truncated(mean, 0.5 * Cut::TWO.ratio(), Cut::TWO));
        assert_eq!(fill(truncated(mean, 0.5, Cut::std_before(2.0))), two);
        assert_ne!(fill(truncated(mean, 0.5, Cut::std_before(2.0_f32.next_up()))), two);
    }
}
