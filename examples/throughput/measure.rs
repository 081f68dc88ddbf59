//! Rounds, medians and ratios.

use std::{error::Error, time::Duration};

use serde::Serialize;

use crate::fills::{Bench, Filler, Law, Threads};

/// Each times every filler once, in turn, so that a slow moment of the machine hits all of them.
/// The median is what counts.
pub const ROUNDS: usize = 7;

/// How long a filler is timed in a round, at least.
const SPAN: Duration = Duration::from_millis(10);

/// One filler at one size.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    pub distribution: Law,
    pub values: usize,
    pub filler: Filler,
    pub ns_per_value: f64,
    pub gb_per_s: f64,
    /// How many times as long as memset it takes.
    pub time_over_memset: f64,
    /// How many times as fast as `rand_distr` it is.
    pub speed_over_rand_distr: f64,
}

/// Times all fillers at one size. `tick` is called after each, `ROUNDS + 1` times a filler.
pub fn measure(
    threads: &Threads,
    law: Law,
    size: usize,
    fillers: &[Filler],
    tick: impl Fn(),
) -> Result<Vec<Row>, Box<dyn Error>> {
    let mut bench = Bench::new(threads, law, size)?;
    let mut fills = Vec::new();
    for &filler in fillers {
        fills.push(enough(&mut bench, filler)?);
        tick();
    }
    let mut rounds = vec![Vec::new(); fillers.len()];
    for _ in 0..ROUNDS {
        for ((&filler, &fills), times) in fillers.iter().zip(&fills).zip(&mut rounds) {
            let time = bench.time(filler, fills)?;
            times.push(time.as_secs_f64() * 1e9 / (fills as f64 * size as f64));
            tick();
        }
    }
    let medians: Vec<_> = fillers.iter().copied().zip(rounds.into_iter().map(median)).collect();
    Ok(rows(law, size, &medians))
}

/// How many fills last long enough to be timed. The first of them warm up.
fn enough(bench: &mut Bench, filler: Filler) -> Result<u64, Box<dyn Error>> {
    let mut fills = 1;
    while bench.time(filler, fills)? < SPAN {
        fills *= 2;
    }
    Ok(fills)
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    let middle = times.len() / 2;
    if times.len() % 2 == 1 { times[middle] } else { 0.5 * (times[middle - 1] + times[middle]) }
}

/// From nanoseconds per value to all figures. Memset and `rand_distr` are among the fillers.
pub fn rows(law: Law, size: usize, medians: &[(Filler, f64)]) -> Vec<Row> {
    let of = |wanted| {
        let found = medians.iter().find(|(filler, _)| *filler == wanted);
        found.map_or(f64::NAN, |&(_, ns)| ns)
    };
    let (memset, rand_distr) = (of(Filler::Memset), of(Filler::RandDistr));
    let row = |&(filler, ns): &(Filler, f64)| Row {
        distribution: law,
        values: size,
        filler,
        ns_per_value: ns,
        gb_per_s: size_of::<f32>() as f64 / ns,
        time_over_memset: ns / memset,
        speed_over_rand_distr: rand_distr / ns,
    };
    medians.iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use weight_init::Backend;

    use super::*;

    #[test]
    fn the_median_does_not_mind_an_outlier() {
        assert_eq!(median(vec![3.0, 1e9, 1.0, 2.0, 2.5]), 2.5);
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), 2.5);
        assert_eq!(median(vec![7.0]), 7.0);
    }

    #[test]
    fn ratios_are_time_over_memset_and_speed_over_rand_distr() {
        let ours = Filler::Backend(Backend::PORTABLE);
        let medians = [(ours, 0.5), (Filler::RandDistr, 2.0), (Filler::Memset, 0.125)];
        let rows = rows(Law::Normal, 64, &medians);
        let figures = |row: &Row| [row.gb_per_s, row.time_over_memset, row.speed_over_rand_distr];
        assert_eq!(
            rows.iter().map(figures).collect::<Vec<_>>(),
            [[8.0, 4.0, 4.0], [2.0, 16.0, 1.0], [32.0, 1.0, 16.0]]
        );
    }
}
