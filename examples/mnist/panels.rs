//! What the picture's three panels show: curves cut to their axes, and the notes beside them.

use std::ops::Range;

use plotters::{
    coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter},
    style::text_anchor::{HPos, VPos},
};

use crate::{
    depth::{Depth, HIDDEN_LAYERS},
    starts::Start,
    training::Run,
};

/// One of the three charts. Where an axis is logarithmic, all of it is in powers of ten.
pub struct Panel {
    pub title: &'static str,
    pub x_title: &'static str,
    pub x: Axis,
    pub y: Axis,
    pub curves: Vec<Curve>,
    pub notes: Vec<Note>,
}

/// An axis with its ticks where they are wanted, and not where a library finds them round.
#[derive(Clone)]
pub struct Axis {
    range: Range<f64>,
    ticks: Vec<f64>,
    label: fn(f64) -> String,
}

impl Ranged for Axis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, pixels: (i32, i32)) -> i32 {
        let share = (value - self.range.start) / (self.range.end - self.range.start);
        pixels.0 + (share * f64::from(pixels.1 - pixels.0)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        // The lines between the ticks are asked for too: there are none.
        if hint.weight().allow_light_points() { Vec::new() } else { self.ticks.clone() }
    }

    fn range(&self) -> Range<f64> {
        self.range.clone()
    }
}

impl ValueFormatter<f64> for Axis {
    fn format_ext(&self, value: &f64) -> String {
        (self.label)(*value)
    }
}

pub struct Curve {
    pub start: Start,
    pub points: Vec<(f64, f64)>,
}

/// A few words in the colour of their curve.
pub struct Note {
    pub start: Start,
    pub at: (f64, f64),
    pub text: String,
    pub anchor: (HPos, VPos),
}

/// Losses are drawn between these powers of ten.
const LOSS: Range<f64> = -4.0..4.3;

/// Training loss by epoch. A curve ends where its network diverged.
pub fn losses(runs: &[Run]) -> Panel {
    let curves: Vec<Curve> = runs
        .iter()
        .map(|run| {
            let losses = run.progress.iter().map(|now| now.training_loss.log10());
            Curve { start: run.start, points: cut(losses, LOSS) }
        })
        .collect();
    let ends = runs.iter().zip(&curves);
    let notes =
        ends.filter(|(run, _)| !run.last().training_loss.is_finite()).map(|(run, curve)| {
            let &(x, y) = curve.points.last().unwrap_or(&(0.0, LOSS.end));
            let text = "  diverged".to_owned();
            Note { start: run.start, at: (x, y), text, anchor: (HPos::Left, VPos::Center) }
        });
    Panel {
        title: "Training loss",
        x_title: "epoch",
        x: epochs(runs),
        y: Axis { range: LOSS, ticks: ticks(-4, 4, 1), label: power_of_ten },
        notes: notes.collect(),
        curves,
    }
}

/// Test accuracy by epoch.
pub fn accuracies(runs: &[Run]) -> Panel {
    let curves = runs.iter().map(|run| {
        let accuracies = run.progress.iter().map(|now| 100.0 * now.test_accuracy);
        Curve { start: run.start, points: cut(accuracies, 0.0..100.0) }
    });
    Panel {
        title: "Test accuracy",
        x_title: "epoch",
        x: epochs(runs),
        y: Axis {
            range: 0.0..100.0,
            ticks: ticks(0, 100, 20),
            label: |percent| format!("{percent} %"),
        },
        curves: curves.collect(),
        notes: Vec::new(),
    }
}

/// Standard deviations are drawn between these powers of ten.
const STD: Range<f64> = -7.0..7.0;

/// Zero has no logarithm: it gets the axis itself, below all that has one.
const ZERO: f64 = -8.0;

/// The activations' standard deviation down the deep network.
pub fn stds(depths: &[Depth]) -> Panel {
    let curves = depths.iter().map(|Depth { start, stds }| {
        let points = match stds.iter().position(|&std| std == 0.0) {
            Some(layer) => {
                let mut points = cut(stds[..layer].iter().map(|std| std.log10()), STD);
                points.extend((layer..stds.len()).map(|layer| (layer as f64, ZERO)));
                points
            }
            None => cut(stds.iter().map(|std| std.log10()), STD),
        };
        Curve { start: *start, points }
    });
    let curves: Vec<Curve> = curves.collect();
    let notes = depths.iter().zip(&curves).filter_map(|(depth, curve)| note(depth, curve));
    Panel {
        title: "Activation std in 20 ReLU layers, untrained",
        x_title: "layer (0: the images)",
        x: Axis {
            range: 0.0..HIDDEN_LAYERS as f64,
            ticks: ticks(0, HIDDEN_LAYERS as i32, 5),
            label: |layer| layer.to_string(),
        },
        y: Axis {
            range: ZERO..STD.end + 0.5,
            ticks: [vec![ZERO], ticks(-6, 6, 2)].concat(),
            label: |y| if y == ZERO { "0".to_owned() } else { power_of_ten(y) },
        },
        notes: notes.collect(),
        curves,
    }
}

/// Where a start's curve goes: to the last layer, or out of the panel before.
fn note(depth: &Depth, curve: &Curve) -> Option<Note> {
    let &(x, y) = curve.points.last()?;
    let (last, std) = (HIDDEN_LAYERS as f64, depth.last());
    let power = power_of_ten(std.log10().round());
    // Above or below another's note, should the curves lie on each other.
    let apart = if matches!(depth.start, Start::Chosen { .. }) { 1.3 } else { 0.5 };
    let (at, text, anchor) = if std == 0.0 {
        ((last, y + 0.2), "exactly 0".to_owned(), (HPos::Right, VPos::Bottom))
    } else if x < last {
        ((x + 0.8, y), format!("to {power} in layer {last}"), (HPos::Left, VPos::Center))
    } else if std > 0.1 {
        ((last, y + apart), format!("holds: {std:.2}"), (HPos::Right, VPos::Bottom))
    } else {
        ((last, y - apart), format!("fades: {std:.4}"), (HPos::Right, VPos::Top))
    };
    Some(Note { start: depth.start, at, text, anchor })
}

/// The points (0, y₀), (1, y₁) and so on, up to where they leave the range or stop being numbers.
/// The last one then lies on the range's edge.
fn cut(ys: impl Iterator<Item = f64>, range: Range<f64>) -> Vec<(f64, f64)> {
    let mut points: Vec<(f64, f64)> = Vec::new();
    for (x, y) in ys.enumerate().map(|(x, y)| (x as f64, y)) {
        if y.is_nan() {
            break;
        }
        let edge = y.clamp(range.start, range.end);
        if y == edge {
            points.push((x, y));
            continue;
        }
        if let Some(&(before_x, before_y)) = points.last() {
            points.push((before_x + (edge - before_y) / (y - before_y) * (x - before_x), edge));
        }
        break;
    }
    points
}

/// The axis of the epochs: at most six ticks, at steps of 1, 2 or 5 and their tenfolds.
fn epochs(runs: &[Run]) -> Axis {
    let last = runs.iter().map(|run| run.progress.len() - 1).max().unwrap_or(1);
    let steps = [1, 2, 5, 10, 20, 50, 100, 200];
    let step = steps.into_iter().find(|step| last / step < 6).unwrap_or(500);
    Axis {
        range: 0.0..last as f64,
        ticks: ticks(0, last as i32, step),
        label: |epoch| epoch.to_string(),
    }
}

fn ticks(from: i32, to: i32, step: usize) -> Vec<f64> {
    (from..=to).step_by(step).map(f64::from).collect()
}

/// 10⁻³ for −3.
fn power_of_ten(exponent: f64) -> String {
    let digits = format!("{exponent}");
    let raised = digits.chars().map(|digit| match digit {
        '-' => '⁻',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        '4' => '⁴',
        '5' => '⁵',
        '6' => '⁶',
        '7' => '⁷',
        '8' => '⁸',
        '9' => '⁹',
        _ => '⁰',
    });
    format!("10{}", raised.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_is_cut_on_the_edge_of_its_panel() {
        let cut = |ys: &[f64]| cut(ys.iter().copied(), -1.0..2.0);
        assert_eq!(cut(&[0.0, 1.0, 3.0, 0.0]), [(0.0, 0.0), (1.0, 1.0), (1.5, 2.0)]);
        assert_eq!(cut(&[0.0, -2.0]), [(0.0, 0.0), (0.5, -1.0)]);
        assert_eq!(cut(&[1.0, f64::NAN, 1.0]), [(0.0, 1.0)]);
        assert_eq!(cut(&[1.0, f64::INFINITY]), [(0.0, 1.0), (0.0, 2.0)]);
        assert_eq!(cut(&[5.0]), []);
    }

    #[test]
    fn powers_of_ten_are_raised() {
        assert_eq!([-43.0, -2.0, 0.0, 17.0].map(power_of_ten), ["10⁻⁴³", "10⁻²", "10⁰", "10¹⁷"]);
    }
}
