//! The tables as text, and the same figures as JSON.

use std::iter;

use output::{align_right, lines, table};
use serde::Serialize;

use crate::{
    fills::Law,
    machine::Machine,
    measure::{ROUNDS, Row},
};

/// Returns the table of one distribution: one row per size, with one line per filler.
pub fn by_size(law: Law, rows: &[Row]) -> String {
    let header = [
        "values",
        "filled by",
        "ns per value",
        "GB/s",
        "time ÷\nmemset's",
        "speed ÷\nrand_distr's",
    ];
    let mut table = table(&header, true);
    let rows: Vec<_> = rows.iter().filter(|row| row.distribution == law).collect();
    for size in rows.chunk_by(|a, b| a.values == b.values) {
        table.add_row([
            thousands(size[0].values),
            lines(size, |row| row.filler.name().to_owned()),
            lines(size, |row| three_digits(row.ns_per_value)),
            lines(size, |row| three_digits(row.gb_per_s)),
            lines(size, |row| three_digits(row.time_over_memset)),
            lines(size, |row| three_digits(row.speed_over_rand_distr)),
        ]);
    }
    align_right(&mut table, [0, 2, 3, 4, 5]);
    table.to_string()
}

/// All results, with the machine and the versions.
#[derive(Serialize)]
pub struct Report<'a> {
    pub crate_version: &'static str,
    /// The compiler, if the program was built with `RUSTC_VERSION="$(rustc --version)" cargo run …`,
    /// because Cargo doesn't pass it on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rustc: Option<&'static str>,
    pub machine: &'a Machine,
    pub threads: usize,
    pub rounds: usize,
    pub results: &'a [Row],
}

impl<'a> Report<'a> {
    pub fn new(machine: &'a Machine, threads: usize, results: &'a [Row]) -> Self {
        Self {
            // Both packages have the version of the workspace.
            crate_version: env!("CARGO_PKG_VERSION"),
            rustc: option_env!("RUSTC_VERSION"),
            machine,
            threads,
            rounds: ROUNDS,
            results,
        }
    }
}

/// Formats 16,777,216.
pub fn thousands(n: usize) -> String {
    let digits = n.to_string();
    let comma = |i: usize| i > 0 && (digits.len() - i).is_multiple_of(3);
    let digits = digits.chars().enumerate();
    digits.flat_map(|(i, d)| comma(i).then_some(',').into_iter().chain(iter::once(d))).collect()
}

/// Formats three significant digits, because further ones are noise.
fn three_digits(x: f64) -> String {
    // The factor accounts for rounding up: 9.996 becomes 10.0 and not 10.00.
    let decimals = (2.0 - (1.0005 * x).log10().floor()).clamp(0.0, 9.0);
    format!("{x:.0$}", decimals as usize)
}

#[cfg(test)]
mod tests {
    use weight_init::Backend;

    use super::*;
    use crate::{fills::Filler, measure};

    fn results() -> Vec<Row> {
        let fillers = [Filler::Backend(Backend::PORTABLE), Filler::RandDistr, Filler::Memset];
        let rows = |(law, size, ns)| {
            let medians: Vec<_> = fillers.into_iter().zip(ns).collect();
            measure::rows(law, size, &medians)
        };
        [
            (Law::Normal, 64, [1.79, 1.71, 0.025]),
            (Law::Normal, 1 << 24, [0.95, 1.59, 0.046]),
            (Law::Uniform, 64, [1.01, 0.73, 0.025]),
        ]
        .into_iter()
        .flat_map(rows)
        .collect()
    }

    #[test]
    fn the_table_holds_the_figures_of_its_distribution() {
        let expected = "\
┌────────────┬────────────┬──────────────┬──────┬──────────┬──────────────┐
│     values ┆ filled by  ┆ ns per value ┆ GB/s ┆   time ÷ ┆      speed ÷ │
│            ┆            ┆              ┆      ┆ memset's ┆ rand_distr's │
╞════════════╪════════════╪══════════════╪══════╪══════════╪══════════════╡
│         64 ┆ portable   ┆         1.79 ┆ 2.23 ┆     71.6 ┆        0.955 │
│            ┆ rand_distr ┆         1.71 ┆ 2.34 ┆     68.4 ┆         1.00 │
│            ┆ memset     ┆       0.0250 ┆  160 ┆     1.00 ┆         68.4 │
├╌╌╌╌╌╌╌╌╌╌╌╌┼╌╌╌╌╌╌╌╌╌╌╌╌┼╌╌╌╌╌╌╌╌╌╌╌╌╌╌┼╌╌╌╌╌╌┼╌╌╌╌╌╌╌╌╌╌┼╌╌╌╌╌╌╌╌╌╌╌╌╌╌┤
│ 16,777,216 ┆ portable   ┆        0.950 ┆ 4.21 ┆     20.7 ┆         1.67 │
│            ┆ rand_distr ┆         1.59 ┆ 2.52 ┆     34.6 ┆         1.00 │
│            ┆ memset     ┆       0.0460 ┆ 87.0 ┆     1.00 ┆         34.6 │
└────────────┴────────────┴──────────────┴──────┴──────────┴──────────────┘";
        assert_eq!(by_size(Law::Normal, &results()), expected);
    }

    #[test]
    fn json_holds_every_result() {
        let machine =
            Machine { architecture: "x86_64", system: "linux", cpu: None, processors: Some(2) };
        let json = serde_json::to_value(Report::new(&machine, 1, &results())).unwrap();
        assert_eq!(json["crate_version"], env!("CARGO_PKG_VERSION"));
        assert!(json["machine"].get("cpu").is_none());
        assert_eq!(json["results"].as_array().unwrap().len(), 9);
        assert_eq!(json["results"][6]["distribution"], "uniform");
        assert_eq!(json["results"][6]["filler"], "portable");
        assert_eq!(json["results"][6]["ns_per_value"], 1.01);
    }

    #[test]
    fn numbers_have_three_digits_at_any_magnitude() {
        let given = [0.0251, 0.95, 1.0, 9.994, 9.996, 63.64, 1234.5];
        assert_eq!(
            given.map(three_digits),
            ["0.0251", "0.950", "1.00", "9.99", "10.0", "63.6", "1234"]
        );
        assert_eq!([64, 1000, 1 << 24].map(thousands), ["64", "1,000", "16,777,216"]);
    }
}
