//! Statistics of the values against their distributions. The seeds are fixed, so a test passes always or
//! never. The limits are 5 standard errors of a true sample, which one sample in 1.7 million exceeds. For a
//! χ² it is a few times as many, because it is skewed.
//!
//! The variance and a plain KS test over all values don't see the mistakes that are made in samplers: a tail
//! mirrored inside R, a wedge test dropped, a table off by one. Each part is therefore tested by itself. The
//! word of a value, which [`LaneRng`] gives, tells which part it came from. `tests/mutants/run.py` makes these
//! mistakes, and shows which test sees which.

use rand_core::{Rng, SeedableRng};
use weight_init::{LaneRng, Stream, fill_normal, fill_truncated_normal, fill_uniform};

use crate::{
    size::size,
    tables::{
        BOXES, NORMAL, TRUNCATED, area_to, box_area, density, edges, first_region_area, layer_area,
    },
};

pub const BLOCK: usize = 4096;

/// Returns the number of blocks per test. They hold 1.0 × 10⁸ values at full size, and a 32nd of them otherwise.
pub fn blocks() -> u64 {
    size(763, 24_415)
}

/// Returns the number of values per test.
pub fn values_per_test() -> f64 {
    (blocks() * BLOCK as u64) as f64
}

const LIMIT: f64 = 5.0;

/// The ends of the two densities: the normal, and the normal that ends at 2.
const ENDS: [f64; 2] = [NORMAL, TRUNCATED];

/// Calls with the words and the values of each block of a stream, with σ = 1.
fn for_each_block(end: f64, stream: Stream, mut f: impl FnMut(&[u32], &[f32])) {
    let (mut words, mut values) = ([0; BLOCK], [0.0; BLOCK]);
    for block in 0..blocks() {
        let mut rng = LaneRng::seed_from_u64(stream.block_key(block));
        words.fill_with(|| rng.next_u32());
        fill(end, stream, block * BLOCK as u64, &mut values);
        f(&words, &values);
    }
}

fn fill(end: f64, stream: Stream, start: u64, out: &mut [f32]) {
    if end == NORMAL {
        fill_normal(stream, start, 0.0, 1.0, out).unwrap();
    } else {
        fill_truncated_normal(stream, start, 0.0, TRUNCATED_STD, out).unwrap();
    }
}

/// The standard deviation of a standard normal after truncation.
const TRUNCATED_STD: f32 = 0.879_625_7;

/// Returns whether the fast path rejects the position of this word.
fn is_rejected(word: u32) -> bool {
    word & 127 >= 126
}

/// Returns by how many standard errors χ² is off, for counts and the expected shares of their sum.
pub fn chi_square(counts: &[u64], shares: &[f64]) -> f64 {
    let (total, sum) = (counts.iter().sum::<u64>() as f64, shares.iter().sum::<f64>());
    let chi: f64 = counts
        .iter()
        .zip(shares)
        .map(|(&count, share)| {
            let expected = total * share / sum;
            assert!(expected > 20.0, "too few values for a χ² test");
            (count as f64 - expected).powi(2) / expected
        })
        .sum();
    let degrees = (counts.len() - 1) as f64;
    (chi - degrees) / (2.0 * degrees).sqrt()
}

/// Returns by how many standard errors a count of `n` tries with this probability is off.
pub fn binomial(count: u64, n: f64, probability: f64) -> f64 {
    (count as f64 - n * probability) / (n * probability * (1.0 - probability)).sqrt()
}

#[track_caller]
pub fn assert_within(z: f64, what: &str) {
    assert!(z.abs() < LIMIT, "{what}: {z:+.2} standard errors");
}

/// Returns √n times the largest distance between the distribution function of the samples and the true one.
/// It exceeds 2.5 with a probability of 7 × 10⁻⁶.
pub fn kolmogorov_smirnov(samples: &mut [f32], probability_below: impl Fn(f64) -> f64) -> f64 {
    samples.sort_unstable_by(f32::total_cmp);
    let n = samples.len() as f64;
    let distance = samples.iter().enumerate().fold(0.0, |worst: f64, (i, &x)| {
        let p = probability_below(x.into());
        worst.max(p - i as f64 / n).max((i + 1) as f64 / n - p)
    });
    distance * n.sqrt()
}

fn normal_below(x: f64) -> f64 {
    0.5 * libm::erfc(-x * std::f64::consts::FRAC_1_SQRT_2)
}

/// Returns the x at which `area(x)`, which rises from 0 at `low`, is `wanted`.
pub fn invert(area: impl Fn(f64) -> f64, wanted: f64, mut low: f64, mut high: f64) -> f64 {
    for _ in 0..100 {
        let middle = 0.5 * (low + high);
        if area(middle) < wanted { low = middle } else { high = middle }
    }
    low
}

/// Sorts values into bins between rising edges. A table says at which edge to begin the search.
pub struct Bins {
    edges: Vec<f64>,
    first: Vec<usize>,
    scale: f64,
}

impl Bins {
    pub fn new(edges: Vec<f64>) -> Self {
        let cells = 16 * edges.len();
        let scale = cells as f64 / (edges[edges.len() - 1] - edges[0]);
        let at = |cell: usize| edges[0] + cell as f64 / scale;
        let first = (0..=cells).map(|c| edges.partition_point(|&e| e < at(c) - 1e-9)).collect();
        Self { edges, first, scale }
    }

    /// Returns the number of edges that are not above x.
    pub fn of(&self, x: f64) -> usize {
        let cell = ((x - self.edges[0]) * self.scale).max(0.0) as usize;
        let mut bin = self.first[cell.min(self.first.len() - 1)];
        while bin < self.edges.len() && self.edges[bin] <= x {
            bin += 1;
        }
        bin
    }
}

/// Returns the box between whose edges |z| lies, or 0 for the tail. The rest of the truncated normal belongs
/// to the box above it.
fn region(edges: &[f64], z: f64) -> usize {
    // The table has the edges as `f32` rounds them.
    edges.partition_point(|&edge| (edge as f32) as f64 > z)
}

/// The first box of the truncated normal. The edges of the layers before it lie at the end of the density.
const FIRST_BOX: usize = 28;

/// Returns the area of each region, numbered as by `region`.
fn region_areas(end: f64) -> Vec<f64> {
    let edges = edges(end);
    let mut areas = vec![0.0];
    areas.extend((1..=BOXES).map(|i| box_area(&edges, i)));
    areas[if end == NORMAL { 0 } else { FIRST_BOX }] += first_region_area(end);
    areas
}

/// Returns the area of region i between its inner edge and x.
fn area_in_region(end: f64, edges: &[f64], i: usize, x: f64) -> f64 {
    let (inner, outer) = (edges[i], edges[i - 1]);
    let mut below = density(outer);
    if end != NORMAL && i == FIRST_BOX {
        // The rest lies below the box, and is as wide.
        below -= first_region_area(end) / (outer - inner);
    }
    area_to(x) - area_to(inner) - (x - inner) * below
}

/// Returns the share below x of a normal that ends at ±`end`.
pub fn share_below(end: f64, x: f64) -> f64 {
    let cut = libm::erfc(end * std::f64::consts::FRAC_1_SQRT_2);
    (normal_below(x) - 0.5 * cut) / (1.0 - cut)
}

/// Returns the k-th moment. For even k, E zᵏ is (k − 1) E zᵏ⁻² less a term for the end of the density.
pub fn moment(end: f64, k: usize) -> f64 {
    match k {
        0 => 1.0,
        _ if k % 2 == 1 => 0.0,
        _ => {
            let at_end = if end == NORMAL { 0.0 } else { end.powi(k as i32 - 1) * density(end) };
            (k - 1) as f64 * moment(end, k - 2) - at_end / area_to(end)
        }
    }
}

#[test]
fn moments_of_the_normal() {
    assert!((moment(TRUNCATED, 2).sqrt() - f64::from(TRUNCATED_STD)).abs() < 6e-8);
    for end in ENDS {
        let mut sums = [0.0; 6];
        for_each_block(end, Stream::new(1), |_, values| {
            for &value in values {
                let mut power = 1.0;
                for sum in &mut sums {
                    power *= f64::from(value);
                    *sum += power;
                }
            }
        });
        for (i, sum) in sums.into_iter().enumerate() {
            let k = i + 1;
            let error = ((moment(end, 2 * k) - moment(end, k).powi(2)) / values_per_test()).sqrt();
            assert_within(
                (sum / values_per_test() - moment(end, k)) / error,
                &format!("moment {k}, up to {end}"),
            );
        }
    }
}

#[test]
fn the_normal_in_4096_bins_of_equal_probability() {
    const BINS: usize = 4096;
    for end in ENDS {
        let edge = |k| invert(|x| share_below(end, x), k as f64 / BINS as f64, -10.0, 10.0);
        let bins = Bins::new((1..BINS).map(edge).collect());
        let mut counts = [0; BINS];
        for_each_block(end, Stream::new(2), |_, values| {
            values.iter().for_each(|&v| counts[bins.of(v.into())] += 1);
        });
        assert_within(chi_square(&counts, &[1.0; BINS]), &format!("χ², up to {end}"));
    }
}

#[test]
fn kolmogorov_smirnov_of_the_normal() {
    let mut values = vec![0.0; size(1 << 20, 1 << 24)];
    for end in ENDS {
        fill(end, Stream::new(3), 0, &mut values);
        let distance = kolmogorov_smirnov(&mut values, |x| share_below(end, x));
        assert!(distance < 2.5, "{distance}, up to {end}");
    }
}

/// Each layer has a share of 1/128, so the fast path has 126/128. In each layer, each sign has one half.
#[test]
fn shares_of_the_layers() {
    let mut counts = [0; 256];
    for_each_block(NORMAL, Stream::new(4), |words, values| {
        for (&word, value) in words.iter().zip(values) {
            counts[(word & 127) as usize * 2 + usize::from(value.is_sign_negative())] += 1;
        }
    });
    assert_within(chi_square(&counts, &[1.0; 256]), "χ²");
    let left = counts[252..].iter().sum();
    assert_within(binomial(left, values_per_test(), 2.0 / 128.0), "share of rejected positions");
}

/// The values of each layer of the fast path are uniform up to its own edge.
#[test]
fn the_fast_path_is_uniform_within_each_layer() {
    const BINS: usize = 16;
    for end in ENDS {
        let edges = edges(end);
        let mut counts = vec![0; 126 * BINS];
        for_each_block(end, Stream::new(5), |words, values| {
            for (&word, &value) in words.iter().zip(values).filter(|&(&word, _)| !is_rejected(word))
            {
                let layer = (word & 127) as usize;
                let share = f64::from(value.abs()) / edges[layer];
                assert!(share < 1.0 + 1e-7);
                counts[layer * BINS + ((share * BINS as f64) as usize).min(BINS - 1)] += 1;
            }
        });
        assert_within(chi_square(&counts, &vec![1.0; 126 * BINS]), &format!("χ², up to {end}"));
    }
}

/// Among the rejected positions, each wedge, the cap and the tail have their shares, with both signs.
#[test]
fn shares_of_the_overhangs_and_of_the_tail() {
    for end in ENDS {
        let (edges, shares) = (edges(end), region_areas(end));
        let (mut counts, mut negative) = (vec![0; shares.len()], vec![0; shares.len()]);
        for_each_block(end, Stream::new(6), |words, values| {
            for (_, &value) in words.iter().zip(values).filter(|&(&word, _)| is_rejected(word)) {
                let region = region(&edges, value.abs().into());
                counts[region] += 1;
                negative[region] += u64::from(value.is_sign_negative());
            }
        });
        let total = counts.iter().sum::<u64>() as f64;
        for region in [if end == NORMAL { 0 } else { FIRST_BOX }, BOXES] {
            let share = shares[region] / (2.0 * layer_area(end));
            let what = format!("region {region}, up to {end}");
            assert_within(binomial(counts[region], total, share), &what);
        }
        // A χ² needs more values than the truncated normal's first box has at less than full size.
        let mut first = shares.iter().position(|&share| share > 0.0).unwrap();
        assert!(counts[..first].iter().all(|&count| count == 0));
        if total * shares[first] / (2.0 * layer_area(end)) < 20.0 {
            first += 1;
        }
        assert_within(chi_square(&counts[first..], &shares[first..]), &format!("χ², up to {end}"));
        for (region, (&count, &negative)) in counts.iter().zip(&negative).enumerate().skip(first) {
            assert_within(
                binomial(negative, count as f64, 0.5),
                &format!("sign in region {region}, up to {end}"),
            );
        }
        assert_within(binomial(negative.iter().sum(), total, 0.5), "sign");
    }
}

/// Within each wedge and the cap, bins of equal area have as many values.
#[test]
fn the_overhangs_follow_the_curve() {
    let per_box = size(2, 8);
    for end in ENDS {
        let edges = edges(end);
        let (mut bounds, mut shares) = (vec![0.0], Vec::new());
        let first = match end {
            NORMAL => 1,
            _ => size(FIRST_BOX + 1, FIRST_BOX),
        };
        for i in (first..=BOXES).rev() {
            let (inner, outer) = (edges[i], edges[i - 1]);
            let area = |x: f64| area_in_region(end, &edges, i, x);
            for k in 1..=per_box {
                bounds.push(invert(area, area(outer) * k as f64 / per_box as f64, inner, outer));
                shares.push(area(outer) / per_box as f64);
            }
        }
        let bins = Bins::new(bounds);
        let mut counts = vec![0; shares.len()];
        for_each_block(end, Stream::new(7), |words, values| {
            for (_, &value) in words.iter().zip(values).filter(|&(&word, _)| is_rejected(word)) {
                if let Some(count) = counts.get_mut(bins.of(value.abs().into()) - 1) {
                    *count += 1;
                }
            }
        });
        assert_within(chi_square(&counts, &shares), &format!("χ², up to {end}"));
    }
}

#[test]
fn nothing_of_the_truncated_normal_is_beyond_its_end() {
    let mut farthest = 0.0_f32;
    for_each_block(TRUNCATED, Stream::new(13), |_, values| {
        farthest = values.iter().fold(farthest, |farthest, v| farthest.max(v.abs()));
    });
    assert!(farthest <= 2.0 && farthest > 1.9999, "{farthest}");
}

/// Checks the values beyond R: how many there are, how they are distributed, and how far they reach.
#[test]
fn the_tail_follows_the_normal() {
    let start = edges(NORMAL)[0];
    let mut tail = Vec::new();
    for_each_block(NORMAL, Stream::new(8), |_, values| {
        tail.extend(values.iter().map(|v| v.abs()).filter(|&v| f64::from(v) > start));
    });
    let beyond = |x: f64| libm::erfc(x * std::f64::consts::FRAC_1_SQRT_2);
    assert_within(binomial(tail.len() as u64, values_per_test(), beyond(start)), "values beyond R");
    for sigma in [4.0, 4.5, 5.0] {
        let count = tail.iter().filter(|&&v| f64::from(v) > sigma).count() as u64;
        assert_within(
            binomial(count, values_per_test(), beyond(sigma)),
            &format!("values beyond {sigma} σ"),
        );
    }
    let distance = kolmogorov_smirnov(&mut tail, |x| 1.0 - beyond(x) / beyond(start));
    assert!(distance < 2.5, "{distance}");
    assert!(tail.iter().all(|&v| v < 8.0));
}

#[test]
fn moments_and_bins_of_the_uniform() {
    const BINS: usize = 4096;
    let (mut counts, mut sums) = ([0; BINS], [0.0; 4]);
    let mut values = [0.0; BLOCK];
    for block in 0..blocks() {
        fill_uniform(Stream::new(9), block * BLOCK as u64, -1.0, 1.0, &mut values).unwrap();
        for value in values.map(f64::from) {
            counts[((value + 1.0) * (BINS / 2) as f64) as usize] += 1;
            sums[0] += value;
            sums[1] += value.powi(2);
            sums[2] += value.powi(3);
            sums[3] += value.powi(4);
        }
    }
    assert_within(chi_square(&counts, &[1.0; BINS]), "χ²");
    for (k, sum) in (1_u32..).zip(sums) {
        let exact = |k: u32| if k.is_multiple_of(2) { 1.0 / f64::from(k + 1) } else { 0.0 };
        let error = ((exact(2 * k) - exact(k).powi(2)) / values_per_test()).sqrt();
        assert_within((sum / values_per_test() - exact(k)) / error, &format!("moment {k}"));
    }
}

#[test]
fn a_lopsided_uniform_fills_its_bounds() {
    let mut values = vec![0.0; 1 << 22];
    for (low, high) in [(0.0, 1.0), (-0.25, 1.0), (100.0, 101.0), (-1e-3, 3e5)] {
        fill_uniform(Stream::new(10), 0, low, high, &mut values).unwrap();
        assert!(values.iter().all(|&v| (low..=high).contains(&v)));
        let (low, high) = (f64::from(low), f64::from(high));
        let n = values.len() as f64;
        let mean = values.iter().map(|&v| f64::from(v)).sum::<f64>() / n;
        let error = (high - low) / (12.0 * n).sqrt();
        assert_within((mean - 0.5 * (low + high)) / error, &format!("mean of {low} to {high}"));
    }
}

#[test]
fn a_mean_and_a_std_shift_and_scale() {
    let mut standard = vec![0.0; 1 << 20];
    let mut given = standard.clone();
    for fill in [fill_normal, fill_truncated_normal] {
        fill(Stream::new(11), 5, 0.0, 1.0, &mut standard).unwrap();
        fill(Stream::new(11), 5, -3.0, 0.01, &mut given).unwrap();
        for (z, x) in standard.iter().zip(&given) {
            assert!((f64::from(*x) + 3.0 - 0.01 * f64::from(*z)).abs() < 3e-7, "{x} for {z}");
        }
    }
    // The std of the truncated normal is that after truncation. No value is farther than 2 σ of before.
    let n = standard.len() as f64;
    let mean_square = standard.iter().map(|&v| f64::from(v).powi(2)).sum::<f64>() / n;
    let error = (moment(TRUNCATED, 4) / moment(TRUNCATED, 2).powi(2) - 1.0) / n;
    assert_within((mean_square - 1.0) / error.sqrt(), "variance of the truncated normal");
    assert!(standard.iter().all(|v| v.abs() <= 2.0 / TRUNCATED_STD));
}

/// Returns by how many standard errors the correlation of two series of normal values, and that of their
/// squares, is off zero.
fn correlations(pairs: impl Iterator<Item = (f32, f32)>) -> [f64; 2] {
    let (mut n, mut plain, mut squares) = (0.0, 0.0, 0.0);
    for (a, b) in pairs.map(|(a, b)| (f64::from(a), f64::from(b))) {
        n += 1.0;
        plain += a * b;
        // z² - 1 has a mean of 0 and a variance of 2.
        squares += (a * a - 1.0) * (b * b - 1.0) / 2.0;
    }
    [plain / f64::sqrt(n), squares / f64::sqrt(n)]
}

#[track_caller]
fn assert_independent(what: &str, pairs: impl Iterator<Item = (f32, f32)>) {
    let [plain, squares] = correlations(pairs);
    assert_within(plain, &format!("correlation, {what}"));
    assert_within(squares, &format!("correlation of squares, {what}"));
}

fn sample(stream: Stream, start: u64, len: usize) -> Vec<f32> {
    let mut values = vec![0.0; len];
    fill_normal(stream, start, 0.0, 1.0, &mut values).unwrap();
    values
}

fn zip<'a>(a: &'a [f32], b: &'a [f32]) -> impl Iterator<Item = (f32, f32)> + 'a {
    a.iter().copied().zip(b.iter().copied())
}

#[test]
fn lags_lanes_and_blocks_are_independent() {
    let values = sample(Stream::new(12), 0, blocks() as usize * BLOCK / 4);
    for lag in [1, 2, 8, 15, 16, 17, 32, 256, BLOCK, 2 * BLOCK] {
        assert_independent(&format!("lag {lag}"), zip(&values, &values[lag..]));
    }
    for (a, b) in (0..16).flat_map(|a| (0..a).map(move |b| (a, b))) {
        let lanes = values.as_chunks::<16>().0.iter().map(|step| (step[a], step[b]));
        assert_independent(&format!("lanes {a} and {b}"), lanes);
    }
}

#[test]
fn streams_are_independent() {
    let len = blocks() as usize * BLOCK / 16;
    let root = Stream::new(0);
    let pairs = [
        ("seeds 0 and 1", root, Stream::new(1)),
        ("seeds 0 and 2^63", root, Stream::new(1 << 63)),
        ("a stream and its substream", root, root.substream(0)),
        ("substreams 0 and 1", root.substream(0), root.substream(1)),
        ("a stream and a name below it", root, root.named("a")),
        ("two names", root.named("fc1.weight"), root.named("fc2.weight")),
    ];
    for (what, a, b) in pairs {
        assert_independent(what, zip(&sample(a, 0, len), &sample(b, 0, len)));
    }
    // The same position in many streams, as in a small layer of many replicas.
    let first = |s| sample(root.substream(s), 0, 32);
    let firsts: Vec<f32> = (0..20_000).flat_map(first).collect();
    assert_independent("neighbouring substreams", zip(&firsts, &firsts[32..]));
}
