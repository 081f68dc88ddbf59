//! The picture: one panel per distribution, one curve per filler.

use output::{Axis, Curve, Panel, Picture, Series};

use crate::{
    fills::{Filler, Law},
    measure::Row,
};

/// Returns the picture of these results.
pub fn picture(title: &str, rows: &[Row]) -> Picture {
    let fillers = fillers(rows);
    Picture {
        title: title.to_owned(),
        height: 500,
        series: fillers.iter().map(|filler| Series::filler(filler.name())).collect(),
        panels: Law::ALL.map(|law| panel(law, rows, &fillers)).into(),
    }
}

/// Returns the fillers in the order of the tables.
fn fillers(rows: &[Row]) -> Vec<Filler> {
    let mut fillers = Vec::new();
    for row in rows {
        if !fillers.contains(&row.filler) {
            fillers.push(row.filler);
        }
    }
    fillers
}

fn panel(law: Law, rows: &[Row], fillers: &[Filler]) -> Panel {
    let curve = |(series, &filler)| {
        let rows = rows.iter().filter(|row| (row.distribution, row.filler) == (law, filler));
        let points = rows.map(|row| ((row.values as f64).log10(), row.ns_per_value.log10()));
        Curve { series, points: points.collect() }
    };
    Panel {
        title: law.name().to_owned(),
        x_title: "values in the slice".to_owned(),
        y_title: "ns per value".to_owned(),
        // Both panels have the same axes, because these include the rows of both distributions.
        x: Axis::lengths(rows.iter().map(|row| row.values as f64)),
        y: Axis::nanoseconds(rows.iter().map(|row| row.ns_per_value)),
        curves: fillers.iter().enumerate().map(curve).collect(),
        notes: Vec::new(),
    }
}
