//! How the time of a part of a tensor grows with its length.

use output::{Axis, Curve, Panel, Picture, Series};

/// The backends whose curves are drawn.
const BACKENDS: [&str; 4] = ["avx512", "avx2", "portable", "neon"];

/// The kinds of parts: the name in the record, and the texts above and below the panel.
const KINDS: [(&str, &str, &str); 2] = [
    ("range", "Consecutive values", "values"),
    ("columns", "Columns of all 4,096 rows", "columns"),
];

/// Returns the picture of a record of parts: lines of kind, backend, length and nanoseconds per value, after a first
/// line `# <processor>; <date>`.
pub fn picture(csv: &str) -> Result<Picture, String> {
    let machine = csv.lines().next().and_then(|line| line.strip_prefix("# "));
    let machine = machine.ok_or("the first line is not \"# <processor>; <date>\"")?;
    let rows = rows(csv)?;
    let drawn: Vec<_> =
        BACKENDS.into_iter().filter(|name| rows.iter().any(|row| row.backend == *name)).collect();
    if drawn.is_empty() {
        return Err(format!("no rows of {}", BACKENDS.join(", ")));
    }
    let panel = |(kind, title, x_title): (&str, &str, &str)| {
        let of_kind = || rows.iter().filter(move |row| row.kind == kind);
        if of_kind().next().is_none() {
            return Err(format!("no rows of \"{kind}\""));
        }
        let curve = |(series, backend): (usize, &&str)| {
            let rows = of_kind().filter(|row| row.backend == *backend);
            Curve { series, points: rows.map(|row| (row.length.log10(), row.ns.log10())).collect() }
        };
        Ok(Panel {
            title: title.to_owned(),
            x_title: x_title.to_owned(),
            y_title: "ns per value".to_owned(),
            x: Axis::lengths(of_kind().map(|row| row.length)),
            y: Axis::nanoseconds(rows.iter().map(|row| row.ns)),
            curves: drawn.iter().enumerate().map(curve).collect(),
            notes: Vec::new(),
        })
    };
    Ok(Picture {
        title: format!("Parts of a [4096, 4096] tensor of normals on one thread ({machine})"),
        height: 520,
        series: drawn.iter().map(|name| Series::filler(name)).collect(),
        panels: KINDS.into_iter().map(panel).collect::<Result<_, _>>()?,
    })
}

struct Row<'a> {
    kind: &'a str,
    backend: &'a str,
    length: f64,
    ns: f64,
}

impl<'a> Row<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        let [kind, backend, length, ns] = *line.split(',').collect::<Vec<_>>() else { return None };
        let positive = |text: &str| text.parse().ok().filter(|x: &f64| x.is_normal() && *x > 0.0);
        Some(Self { kind, backend, length: positive(length)?, ns: positive(ns)? })
    }
}

/// Returns all rows after the header.
fn rows(csv: &str) -> Result<Vec<Row<'_>>, String> {
    let lines = (1..).zip(csv.lines()).filter(|(_, line)| !line.starts_with('#')).skip(1);
    let row = |(number, line): (usize, _)| {
        Row::parse(line).ok_or(format!("line {number} is not `kind,backend,length,ns`: \"{line}\""))
    };
    lines.map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CSV: &str = "\
# Some CPU; 2026-11-29
kind,backend,length,ns
range,avx2,1,100
range,avx2,1000,1
range,portable,1,10
columns,avx2,10,2
";

    #[test]
    fn each_backend_has_a_curve_in_both_panels() {
        let picture = picture(CSV).unwrap();
        assert!(picture.title.ends_with("(Some CPU; 2026-11-29)"));
        let curves = |panel: usize| -> Vec<_> {
            let curves = picture.panels[panel].curves.iter();
            curves.map(|curve| (curve.series, curve.points.clone())).collect()
        };
        assert_eq!(curves(0), [(0, vec![(0.0, 2.0), (3.0, 0.0)]), (1, vec![(0.0, 1.0)])]);
        assert_eq!(curves(1), [(0, vec![(1.0, 2_f64.log10())]), (1, vec![])]);
    }

    #[test]
    fn a_record_with_an_error_is_refused_with_its_reason() {
        let refused = |csv: &str| picture(csv).err().unwrap();
        assert_eq!(refused(&CSV.replace("columns,avx2,10,2\n", "")), "no rows of \"columns\"");
        assert!(refused(&CSV.replace("1000,1", "1000,0")).starts_with("line 4 "));
        assert!(refused(&CSV.replace("1000,1", "1000,1,1")).starts_with("line 4 "));
        assert!(refused(CSV.strip_prefix("# ").unwrap()).contains("first line"));
        assert!(
            refused("# Some CPU; 2026\nkind,backend,length,ns\n").starts_with("no rows of avx")
        );
    }
}
