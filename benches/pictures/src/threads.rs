//! How a fill scales to two threads, by size.

use output::{Axis, BLACK, Curve, Mark, Panel, Picture, Series};

use crate::{
    record::Record,
    systems::{System, Times, times, with_one_mkl},
};

/// Returns the picture of normals: the times on one thread and on two, and their ratio.
pub fn picture(record: &Record) -> Result<Picture, String> {
    let one = with_one_mkl(times(record, "normal", 1)?);
    let pairs = pairs(one, times(record, "normal", 2)?)?;

    // Thin lines for one thread. The last two series have no curve, because they explain the lines.
    let thin =
        |name: &str, color| Series { name: name.to_owned(), color, width: 1, mark: Mark::None };
    let looks = || pairs.iter().map(|pair| Series::filler(&pair.one.system.name()));
    let mut series: Vec<_> = looks().map(|look| thin("", look.color)).collect();
    series.extend(looks());
    series.push(thin("one thread", BLACK));
    series.push(Series { width: 2, ..thin("two threads", BLACK) });

    let x = Axis::lengths(points(&pairs).map(|point| point.0));
    let panel = |title: &str, y_title: &str, y, curves| Panel {
        title: title.to_owned(),
        x_title: "values in the slice".to_owned(),
        y_title: y_title.to_owned(),
        x: x.clone(),
        y,
        curves,
        notes: Vec::new(),
    };
    Ok(Picture {
        title: format!("He normal on one thread and on two ({})", record.machine()),
        height: 560,
        series,
        panels: vec![
            panel("Time", "ns per value", nanoseconds(&pairs), time_curves(&pairs)),
            panel("Two threads beside one", "times as fast", ratios(&pairs), ratio_curves(&pairs)),
        ],
    })
}

/// The times of one system on one thread and on two.
#[derive(Debug, PartialEq)]
struct Pair {
    one: Times,
    two: Times,
}

impl Pair {
    /// Returns how many times as fast two threads are, for each size that both have.
    fn ratios(&self) -> impl Iterator<Item = (f64, f64)> {
        let ratio = |&(size, two): &(f64, f64)| self.one.at(size).map(|one| (size, one / two));
        self.two.points.iter().filter_map(ratio)
    }
}

/// Returns the pairs of the backend that fills on two threads, `rand_distr`, MKL and PyTorch.
fn pairs(one: Vec<Times>, mut two: Vec<Times>) -> Result<Vec<Pair>, String> {
    let mut pairs = Vec::new();
    for one in one {
        let wanted = match &one.system {
            System::Backend(backend) => System::Parallel(backend.clone()),
            System::RandDistr | System::Mkl(_) | System::PyTorch => one.system.clone(),
            _ => continue,
        };
        if let Some(index) = two.iter().position(|times| times.system == wanted) {
            pairs.push(Pair { one, two: two.swap_remove(index) });
        }
    }
    if pairs.iter().any(|pair| matches!(pair.one.system, System::Backend(_))) {
        return Ok(pairs);
    }
    Err("no backend of weight-init has rows of normals on one thread and on two".to_owned())
}

fn points(pairs: &[Pair]) -> impl Iterator<Item = (f64, f64)> {
    pairs.iter().flat_map(|pair| pair.one.points.iter().chain(&pair.two.points)).copied()
}

fn nanoseconds(pairs: &[Pair]) -> Axis {
    Axis::nanoseconds(points(pairs).map(|point| point.1))
}

/// Returns a linear axis from zero to at least two, the ratio of a fill that scales perfectly.
fn ratios(pairs: &[Pair]) -> Axis {
    let highest = pairs.iter().flat_map(Pair::ratios).map(|point| point.1).fold(2.0, f64::max);
    let ticks = (0..).map(|n| 0.5 * f64::from(n)).take_while(|&tick| tick <= highest);
    Axis {
        range: 0.0..1.05 * highest,
        ticks: ticks.collect(),
        label: |ratio| format!("{ratio:.1}"),
    }
}

/// Returns the curves of one thread, then those of two, as the series are ordered.
fn time_curves(pairs: &[Pair]) -> Vec<Curve> {
    let times = pairs.iter().map(|pair| &pair.one).chain(pairs.iter().map(|pair| &pair.two));
    let curve = |(series, times): (usize, &Times)| {
        let points = times.points.iter().map(|(size, ns)| (size.log10(), ns.log10()));
        Curve { series, points: points.collect() }
    };
    times.enumerate().map(curve).collect()
}

fn ratio_curves(pairs: &[Pair]) -> Vec<Curve> {
    let curve = |(index, pair): (usize, &Pair)| {
        let points = pair.ratios().map(|(size, ratio)| (size.log10(), ratio));
        Curve { series: pairs.len() + index, points: points.collect() }
    };
    pairs.iter().enumerate().map(curve).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::systems::tests::record;

    const AVX2: &str = "weight-init he_normal, avx2";
    const AVX512: &str = "weight-init he_normal, avx512";
    const BOTH: &str = "weight-init he_normal, par_fill (avx512)";
    const ARS5: &str = "MKL vsRngGaussian, ARS5, ICDF";
    const SFMT: &str = "MKL vsRngGaussian, SFMT19937, ICDF";

    #[test]
    fn each_system_on_two_threads_is_paired_with_itself_on_one() {
        let record = record(&[
            (1, "normal", "memset", 100, 0.1),
            (1, "normal", AVX2, 100, 3.0),
            (1, "normal", AVX512, 100, 2.0),
            (1, "normal", AVX512, 1000, 1.0),
            (1, "normal", ARS5, 100, 5.0),
            (1, "normal", SFMT, 100, 4.0),
            (1, "normal", "PyTorch kaiming_normal_", 100, 7.0),
            (2, "normal", "memset", 100, 0.1),
            (2, "normal", BOTH, 100, 4.0),
            (2, "normal", BOTH, 1000, 0.625),
            (2, "normal", ARS5, 100, 1.0),
            (2, "normal", SFMT, 100, 2.0),
        ]);
        let picture = picture(&record).unwrap();
        let names: Vec<_> = picture.series.iter().map(|series| series.name.as_str()).collect();
        // MKL has the generator that is the fastest on one thread.
        assert_eq!(names, ["", "", "avx512", "MKL SFMT19937", "one thread", "two threads"]);
        let curves = |panel: usize| {
            let curves = picture.panels[panel].curves.iter();
            curves.map(|curve| (curve.series, curve.points.clone())).collect::<Vec<_>>()
        };
        let log = f64::log10;
        assert_eq!(
            curves(0),
            [
                (0, vec![(2.0, log(2.0)), (3.0, 0.0)]),
                (1, vec![(2.0, log(4.0))]),
                (2, vec![(2.0, log(4.0)), (3.0, log(0.625))]),
                (3, vec![(2.0, log(2.0))]),
            ]
        );
        assert_eq!(curves(1), [(2, vec![(2.0, 0.5), (3.0, 1.6)]), (3, vec![(2.0, 2.0)])]);
    }

    #[test]
    fn a_record_of_one_thread_has_no_such_picture() {
        let message = picture(&record(&[(1, "normal", AVX2, 100, 3.0)])).err().unwrap();
        assert!(message.contains("\"threads\": 2"), "{message}");
        let rows = [(1, "normal", AVX2, 100, 3.0), (2, "normal", BOTH, 100, 3.0)];
        let message = picture(&record(&rows)).err().unwrap();
        assert!(message.starts_with("no backend of weight-init"), "{message}");
    }
}
