//! The systems of a record, and the rows that a picture shows of each.

use crate::record::Record;

/// The code that filled the slice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum System {
    Memset,
    /// A backend of weight-init on one thread.
    Backend(String),
    /// Such a backend on all threads.
    Parallel(String),
    RandDistr,
    /// One of MKL's generators.
    Mkl(String),
    NumPy,
    PyTorch,
    Jax,
}

impl System {
    /// Returns the system of a row, or `None` if no picture shows it.
    fn of(label: &str) -> Option<Self> {
        let (name, rest) = label.split_once(' ').unwrap_or((label, ""));
        match name {
            "memset" => Some(Self::Memset),
            "weight-init" => {
                let (_scheme, how) = rest.split_once(", ")?;
                Some(match how.split_once(" (") {
                    Some(("par_fill" | "parallel", backend)) => {
                        Self::Parallel(backend.strip_suffix(')')?.to_owned())
                    }
                    _ => Self::Backend(how.to_owned()),
                })
            }
            "rand_distr" => Some(Self::RandDistr),
            "MKL" => Some(Self::Mkl(rest.split(", ").nth(1)?.to_owned())),
            // Its fastest generator only.
            "NumPy" => rest.ends_with(", SFC64").then_some(Self::NumPy),
            "PyTorch" => Some(Self::PyTorch),
            "JAX" => Some(Self::Jax),
            _ => None,
        }
    }

    /// Returns the name in a legend.
    pub fn name(&self) -> String {
        match self {
            Self::Memset => "memset".to_owned(),
            Self::Backend(backend) | Self::Parallel(backend) => backend.clone(),
            Self::RandDistr => "rand_distr".to_owned(),
            Self::Mkl(generator) => format!("MKL {generator}"),
            Self::NumPy => "NumPy".to_owned(),
            Self::PyTorch => "PyTorch".to_owned(),
            Self::Jax => "JAX".to_owned(),
        }
    }
}

/// The times of one system.
#[derive(Debug, PartialEq)]
pub struct Times {
    pub system: System,
    /// Sizes in ascending order, each with its nanoseconds per value.
    pub points: Vec<(f64, f64)>,
}

impl Times {
    /// Returns the time at this size.
    pub fn at(&self, size: f64) -> Option<f64> {
        self.points.iter().find(|point| point.0 == size).map(|point| point.1)
    }

    /// Returns the mean of the logarithms, so that each size has the same weight.
    fn mean(&self) -> f64 {
        self.points.iter().map(|(_, ns)| ns.ln()).sum::<f64>() / self.points.len() as f64
    }
}

/// Returns the times of all systems in the order of the record. It is an error if none of them is
/// weight-init.
pub fn times(record: &Record, distribution: &str, threads: u32) -> Result<Vec<Times>, String> {
    let mut all: Vec<Times> = Vec::new();
    for row in &record.results {
        let ns = row.ns_median;
        // A logarithmic axis has no zero.
        if (row.distribution.as_str(), row.threads) != (distribution, threads) || ns <= 0.0 {
            continue;
        }
        let Some(system) = System::of(&row.system) else { continue };
        let point = (row.size as f64, ns);
        match all.iter_mut().find(|times| times.system == system) {
            Some(times) => times.points.push(point),
            None => all.push(Times { system, points: vec![point] }),
        }
    }
    for times in &mut all {
        times.points.sort_by(|a, b| a.0.total_cmp(&b.0));
    }
    let ours = |times: &Times| matches!(times.system, System::Backend(_) | System::Parallel(_));
    if !all.iter().any(ours) {
        return Err(format!(
            "no rows of weight-init for the distribution \"{distribution}\" and \"threads\": {threads}"
        ));
    }
    Ok(all)
}

/// Returns the same with only the fastest of MKL's generators.
pub fn with_one_mkl(mut all: Vec<Times>) -> Vec<Times> {
    let mkl = all.iter().filter(|times| matches!(times.system, System::Mkl(_)));
    let fastest = mkl.min_by(|a, b| a.mean().total_cmp(&b.mean()));
    let fastest = fastest.map(|times| times.system.clone());
    all.retain(|times| {
        !matches!(times.system, System::Mkl(_)) || Some(&times.system) == fastest.as_ref()
    });
    all
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::record::Row;

    /// Returns a record with one row for each (threads, distribution, system, size, ns).
    pub fn record(rows: &[(u32, &str, &str, u64, f64)]) -> Record {
        let json = r#"{"date": "2026-11-24", "cpu": {"model": "2"}, "results": []}"#;
        let row = |&(threads, distribution, system, size, ns_median): &(_, &str, &str, _, _)| Row {
            threads,
            distribution: distribution.to_owned(),
            system: system.to_owned(),
            size,
            ns_median,
        };
        let mut record = Record::read(json).unwrap();
        record.results.extend(rows.iter().map(row));
        record
    }

    #[test]
    fn labels_of_the_records_have_short_names() {
        let name = |label| System::of(label).map(|system| system.name());
        for (label, short) in [
            ("memset", Some("memset")),
            ("weight-init he_normal, avx512", Some("avx512")),
            ("weight-init he_uniform, parallel (neon)", Some("neon")),
            ("rand_distr StandardNormal × std, xoshiro256++", Some("rand_distr")),
            ("MKL vsRngGaussian, ARS5, ICDF", Some("MKL ARS5")),
            ("MKL vsRngUniform, ARS5", Some("MKL ARS5")),
            ("NumPy standard_normal × std, SFC64", Some("NumPy")),
            ("NumPy standard_normal × std, PCG64 (default_rng)", None),
            ("PyTorch kaiming_normal_", Some("PyTorch")),
            ("JAX he_uniform, jitted", Some("JAX")),
            ("(the call in each of MKL's figures)", None),
        ] {
            assert_eq!(name(label).as_deref(), short, "{label}");
        }
        let parallel = Some(System::Parallel("avx2".to_owned()));
        assert_eq!(System::of("weight-init he_normal, par_fill (avx2)"), parallel);
        assert_eq!(System::of("weight-init he_normal, parallel (avx2)"), parallel);
    }

    #[test]
    fn only_rows_of_the_distribution_and_the_threads_are_taken() {
        let ours = "weight-init he_normal, avx2";
        let record = record(&[
            (1, "normal", "memset", 64, 0.1),
            (1, "normal", ours, 4096, 1.0),
            (1, "normal", ours, 64, 2.0),
            (1, "slots", ours, 1000, 3.0),
            (1, "truncated", "weight-init he_truncated_normal, avx2", 1000, 4.0),
            (2, "normal", "weight-init he_normal, par_fill (avx2)", 64, 5.0),
            (2, "normal", "memset", 4096, 6.0),
        ]);
        let memset = Times { system: System::Memset, points: vec![(64.0, 0.1)] };
        let backend = Times {
            system: System::Backend("avx2".to_owned()),
            points: vec![(64.0, 2.0), (4096.0, 1.0)],
        };
        assert_eq!(times(&record, "normal", 1).unwrap(), [memset, backend]);
        let message = times(&record, "uniform", 1).unwrap_err();
        assert!(message.contains("\"uniform\" and \"threads\": 1"), "{message}");
        // Rows of others are not enough.
        assert!(times(&record, "normal", 3).is_err());
    }

    #[test]
    fn the_fastest_generator_of_mkl_represents_it() {
        let fastest = |sfmt: [f64; 2]| {
            let record = record(&[
                (1, "normal", "weight-init he_normal, avx2", 64, 1.0),
                (1, "normal", "MKL vsRngGaussian, ARS5, ICDF", 64, 10.0),
                (1, "normal", "MKL vsRngGaussian, SFMT19937, ICDF", 64, sfmt[0]),
                (1, "normal", "MKL vsRngGaussian, ARS5, ICDF", 4096, 1.0),
                (1, "normal", "MKL vsRngGaussian, SFMT19937, ICDF", 4096, sfmt[1]),
            ]);
            let times = with_one_mkl(times(&record, "normal", 1).unwrap());
            times.iter().map(|times| times.system.name()).collect::<Vec<_>>()
        };
        // Ratios count, so that the larger figures of small sizes don't decide.
        assert_eq!(fastest([11.0, 0.8]), ["avx2", "MKL SFMT19937"]);
        assert_eq!(fastest([8.0, 1.5]), ["avx2", "MKL ARS5"]);
    }
}
