//! Measures in rounds, and computes medians and ratios.

use std::{error::Error, time::Duration};

use serde::Serialize;

use crate::fills::{Bench, Filler, Law, Threads};

/// Number of rounds. Each round times every filler once, so that a slow phase of the machine affects all
/// of them. Results are medians over the rounds.
pub const ROUNDS: usize = 7;

/// Minimum time for which a filler runs in a round.
const SPAN: Duration = Duration::from_millis(10);

/// Results of one filler at one size.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    pub distribution: Law,
    pub values: usize,
    pub filler: Filler,
    pub ns_per_value: f64,
    pub gb_per_s: f64,
    /// Time divided by that of memset.
    pub time_over_memset: f64,
    /// Time of `rand_distr` divided by this time.
    pub speed_over_rand_distr: f64,
}

/// Times all fillers at one size. Calls `tick` after each timing, `ROUNDS + 1` times per filler.
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

/// Returns a number of fills that takes at least [`SPAN`]. Finding it also warms up the filler.
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

/// Computes all figures from the median nanoseconds per value. The fillers must include memset and
/// `rand_distr`.
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
    fn an_outlier_does_not_change_the_median() {
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
