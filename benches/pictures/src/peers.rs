//! How fast a fill is beside those of others, by size.

use output::{Axis, Curve, Panel, Picture, Series};

use crate::{
    record::Record,
    systems::{Times, times, with_one_mkl},
};

/// Returns the picture: one panel per distribution, one curve per system, on one thread.
pub fn picture(record: &Record) -> Result<Picture, String> {
    let panels = [
        ("He normal", with_one_mkl(times(record, "normal", 1)?)),
        ("He uniform", with_one_mkl(times(record, "uniform", 1)?)),
    ];
    let all = || panels.iter().flat_map(|(_, times)| times);
    let mut names: Vec<String> = Vec::new();
    for times in all() {
        if !names.contains(&times.system.name()) {
            names.push(times.system.name());
        }
    }
    // Both panels have the same axes.
    let points = || all().flat_map(|times| &times.points);
    let x = Axis::lengths(points().map(|point| point.0));
    let y = Axis::nanoseconds(points().map(|point| point.1));
    let panel = |(title, times): &(&str, Vec<Times>)| Panel {
        title: (*title).to_owned(),
        x_title: "values in the slice".to_owned(),
        y_title: "ns per value".to_owned(),
        x: x.clone(),
        y: y.clone(),
        curves: times.iter().filter_map(|times| curve(times, &names)).collect(),
        notes: Vec::new(),
    };
    Ok(Picture {
        title: format!("Filling a slice of f32 on one thread ({})", record.machine()),
        height: 620,
        series: names.iter().map(|name| Series::filler(name)).collect(),
        panels: panels.iter().map(panel).collect(),
    })
}

fn curve(times: &Times, names: &[String]) -> Option<Curve> {
    let series = names.iter().position(|name| *name == times.system.name())?;
    let points = times.points.iter().map(|(size, ns)| (size.log10(), ns.log10()));
    Some(Curve { series, points: points.collect() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::systems::tests::record;

    #[test]
    fn each_panel_shows_the_systems_of_its_distribution() {
        let record = record(&[
            (1, "normal", "memset", 100, 0.1),
            (1, "uniform", "memset", 100, 0.1),
            (1, "normal", "weight-init he_normal, avx512", 100, 10.0),
            (1, "uniform", "weight-init he_uniform, avx512", 100, 1.0),
            (1, "normal", "PyTorch kaiming_normal_", 100, 100.0),
            (1, "uniform", "JAX he_uniform, jitted", 100, 1000.0),
            (2, "normal", "rand_distr StandardNormal × std, xoshiro256++", 100, 1.0),
        ]);
        let picture = picture(&record).unwrap();
        let names: Vec<_> = picture.series.iter().map(|series| series.name.as_str()).collect();
        assert_eq!(names, ["memset", "avx512", "PyTorch", "JAX"]);
        let curves = |panel: usize| {
            let curves = picture.panels[panel].curves.iter();
            curves.map(|curve| (names[curve.series], curve.points[0])).collect::<Vec<_>>()
        };
        assert_eq!(
            curves(0),
            [("memset", (2.0, -1.0)), ("avx512", (2.0, 1.0)), ("PyTorch", (2.0, 2.0))]
        );
        assert_eq!(
            curves(1),
            [("memset", (2.0, -1.0)), ("avx512", (2.0, 0.0)), ("JAX", (2.0, 3.0))]
        );
    }
}
