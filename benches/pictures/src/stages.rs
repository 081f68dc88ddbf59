//! Which stage of a fill costs what, as one bar per backend.
//!
//! The stages are those of `benches/stages.rs`. A bar adds up the time of a value:
//!
//! | part | computed from the stages |
//! | --- | --- |
//! | lanes | lanes |
//! | table look-up, scale | fast path − lanes |
//! | rejected positions | overhang ÷ 64, because one position in 64 is rejected |
//! | the rest | he normal − fast path − overhang ÷ 64 |

use output::{
    Axis, BLACK, BLUE, Curve, GREEN, GREY, HPos, Mark, Note, ORANGE, Panel, Picture, Series, VPos,
};

/// The backends from top to bottom. No machine has both `avx2` and `neon`, so that the bars have no gaps.
const BACKENDS: [&str; 4] = ["avx512", "avx2", "portable", "neon"];

/// The parts of a bar.
const PARTS: [&str; 4] =
    ["lanes (xoshiro128++)", "table look-up, scale", "rejected positions (1 in 64)", "the rest"];

/// Rejected positions, as a share of all.
const REJECTED: f64 = 1.0 / 64.0;

/// Returns the picture of a record of stages: lines of backend, stage and nanoseconds, after a first line
/// `# <processor>; <date>`.
pub fn picture(csv: &str) -> Result<Picture, String> {
    let machine = csv.lines().next().and_then(|line| line.strip_prefix("# "));
    let machine = machine.ok_or("the first line is not \"# <processor>; <date>\"")?;
    let rows = rows(csv)?;
    let mut bars = Vec::new();
    for (index, &backend) in BACKENDS.iter().enumerate() {
        if rows.iter().any(|row| row.backend == backend) {
            bars.push((-(index as f64), bar(&rows, backend)?));
        }
    }
    let (Some((top, _)), Some((bottom, _))) = (bars.first(), bars.last()) else {
        return Err(format!("no rows of {}", BACKENDS.join(", ")));
    };
    let longest = bars.iter().map(|(_, parts)| parts.iter().sum()).fold(0.0, f64::max);
    Ok(Picture {
        title: format!("Filling 262,144 normals on one thread, by stage ({machine})"),
        height: 150 + 70 * bars.len() as u32,
        series: series(),
        panels: vec![Panel {
            title: String::new(),
            x_title: "ns per value".to_owned(),
            y_title: String::new(),
            x: nanoseconds(1.08 * longest),
            y: Axis {
                range: bottom - 0.6..top + 0.6,
                ticks: bars.iter().map(|bar| bar.0).collect(),
                label: |y| BACKENDS.get(-y as usize).copied().unwrap_or_default().to_owned(),
            },
            curves: bars.iter().flat_map(|(y, parts)| curves(*y, parts)).collect(),
            notes: bars.iter().map(|(y, parts)| total(*y, parts, longest)).collect(),
        }],
    })
}

struct Row<'a> {
    backend: &'a str,
    stage: &'a str,
    ns: f64,
}

impl<'a> Row<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        let (backend, rest) = line.split_once(',')?;
        let (stage, ns) = rest.split_once(',')?;
        let ns = ns.parse().ok().filter(|ns: &f64| ns.is_normal() && *ns > 0.0)?;
        Some(Self { backend, stage, ns })
    }
}

/// Returns all rows after the header.
fn rows(csv: &str) -> Result<Vec<Row<'_>>, String> {
    let lines = (1..).zip(csv.lines()).filter(|(_, line)| !line.starts_with('#')).skip(1);
    let row = |(number, line): (usize, _)| {
        Row::parse(line).ok_or(format!("line {number} is not `backend,stage,ns`: \"{line}\""))
    };
    lines.map(row).collect()
}

/// Returns the lengths of the parts of a backend's bar.
fn bar(rows: &[Row], backend: &str) -> Result<[f64; PARTS.len()], String> {
    let stage = |name: &str| {
        let row = rows.iter().find(|row| (row.backend, row.stage) == (backend, name));
        row.map(|row| row.ns).ok_or(format!("no row \"{backend},{name}\""))
    };
    let (lanes, fast) = (stage("lanes")?, stage("fast path")?);
    let rejected = stage("overhang")? * REJECTED;
    // The stages are timed one by one, so that noise can make a difference negative.
    let rest = (stage("he normal")? - fast - rejected).max(0.0);
    Ok([lanes, (fast - lanes).max(0.0), rejected, rest])
}

/// Returns the series of the parts, and one for the notes.
fn series() -> Vec<Series> {
    let bar = |(name, color): (&str, _)| Series {
        name: name.to_owned(),
        color,
        width: 26,
        mark: Mark::None,
    };
    // The last one has no curve, because it is the colour of the notes.
    let parts = PARTS.into_iter().zip([BLUE, GREEN, ORANGE, GREY]);
    parts.chain([("", BLACK)]).map(bar).collect()
}

/// Returns a bar's parts as thick lines, each beginning where the one before ends.
fn curves(y: f64, parts: &[f64]) -> Vec<Curve> {
    let mut start = 0.0;
    let curve = |(series, &part): (usize, &f64)| {
        let end = start + part;
        let points = vec![(start, y), (end, y)];
        start = end;
        Curve { series, points }
    };
    parts.iter().enumerate().map(curve).collect()
}

/// Returns the sum of a bar's parts, to be written beside its end.
fn total(y: f64, parts: &[f64], longest: f64) -> Note {
    let sum: f64 = parts.iter().sum();
    let anchor = (HPos::Left, VPos::Center);
    Note { series: PARTS.len(), at: (sum + 0.01 * longest, y), text: format!("{sum:.3}"), anchor }
}

/// Returns a linear axis from zero with five to ten ticks or so, at round numbers.
fn nanoseconds(end: f64) -> Axis {
    let decade = 10_f64.powf(end.log10().floor());
    let steps = [0.1, 0.2, 0.5].map(|step| step * decade);
    let step = steps.into_iter().find(|step| end / step <= 10.0).unwrap_or(decade);
    let ticks = (0..).map(|n| step * f64::from(n)).take_while(|&tick| tick <= end);
    // Rounded, because 3 × 0.1 has seventeen digits.
    let label = |ns: f64| format!("{}", (1e6 * ns).round() / 1e6);
    Axis { range: 0.0..end, ticks: ticks.collect(), label }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CSV: &str = "\
# Some CPU; 2026-11-28
# More about it.
backend,stage,ns
portable,lanes,1
portable,fast path,3
portable,overhang,32
portable,he normal,4
portable,uniform,2
avx2,he normal,1.25
avx2,lanes,0.25
avx2,fast path,0.5
avx2,overhang,16
";

    #[test]
    fn the_parts_of_a_bar_add_up_to_the_whole() {
        let picture = picture(CSV).unwrap();
        assert_eq!(
            picture.title,
            "Filling 262,144 normals on one thread, by stage (Some CPU; 2026-11-28)"
        );
        let panel = &picture.panels[0];
        let bars: Vec<_> = panel.curves.iter().map(|c| (c.series, c.points.clone())).collect();
        let part = |series, y, start, end| (series, vec![(start, y), (end, y)]);
        assert_eq!(
            bars,
            [
                part(0, -1.0, 0.0, 0.25),
                part(1, -1.0, 0.25, 0.5),
                part(2, -1.0, 0.5, 0.75),
                part(3, -1.0, 0.75, 1.25),
                part(0, -2.0, 0.0, 1.0),
                part(1, -2.0, 1.0, 3.0),
                part(2, -2.0, 3.0, 3.5),
                part(3, -2.0, 3.5, 4.0),
            ]
        );
        let notes: Vec<_> = panel.notes.iter().map(|note| note.text.as_str()).collect();
        assert_eq!(notes, ["1.250", "4.000"]);
        let labels = |axis: &Axis| axis.ticks.iter().map(|&t| (axis.label)(t)).collect::<Vec<_>>();
        assert_eq!(labels(&panel.y), ["avx2", "portable"]);
        assert_eq!(labels(&panel.x), ["0", "0.5", "1", "1.5", "2", "2.5", "3", "3.5", "4"]);
    }

    #[test]
    fn a_record_with_an_error_is_refused_with_its_reason() {
        let refused = |csv: &str| picture(csv).err().unwrap();
        assert_eq!(refused(&CSV.replace("avx2,lanes,0.25\n", "")), "no row \"avx2,lanes\"");
        assert_eq!(
            refused(&CSV.replace("avx2,lanes,0.25", "avx2,lanes,fast")),
            "line 10 is not `backend,stage,ns`: \"avx2,lanes,fast\""
        );
        assert!(refused(&CSV.replace("avx2,lanes,0.25", "avx2,lanes,0")).starts_with("line 10 "));
        assert!(refused(CSV.strip_prefix("# ").unwrap()).contains("first line"));
        assert_eq!(
            refused("# Some CPU; 2026-11-28\nbackend,stage,ns\n"),
            "no rows of avx512, avx2, portable, neon"
        );
    }
}
