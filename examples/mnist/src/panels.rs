//! The data of the picture's three panels: curves cut at the edges of their axes, and notes.

use std::ops::Range;

use output::{Axis, Curve, HPos, Note, Panel, VPos};

use crate::{
    depth::{Depth, HIDDEN_LAYERS},
    starts::Start,
    training::Run,
};

/// Powers of ten between which losses are drawn.
const LOSS: Range<f64> = -4.0..4.3;

/// Returns the panel of training loss by epoch. A curve ends where its network diverged.
pub fn losses(runs: &[Run]) -> Panel {
    let (mut curves, mut notes) = (Vec::new(), Vec::new());
    for (series, run) in runs.iter().enumerate() {
        let losses = run.progress.iter().map(|now| now.training_loss.log10());
        let points = cut(losses, LOSS);
        if !run.last().training_loss.is_finite() {
            let at = *points.last().unwrap_or(&(0.0, LOSS.end));
            let text = "  diverged".to_owned();
            notes.push(Note { series, at, text, anchor: (HPos::Left, VPos::Center) });
        }
        curves.push(Curve { series, points });
    }
    Panel {
        title: "Training loss".to_owned(),
        x_title: "epoch".to_owned(),
        y_title: String::new(),
        x: epochs(runs),
        y: Axis { range: LOSS, ticks: ticks(-4, 4, 1), label: power_of_ten },
        curves,
        notes,
    }
}

/// Returns the panel of test accuracy by epoch.
pub fn accuracies(runs: &[Run]) -> Panel {
    let curves = runs.iter().enumerate().map(|(series, run)| {
        let accuracies = run.progress.iter().map(|now| 100.0 * now.test_accuracy);
        Curve { series, points: cut(accuracies, 0.0..100.0) }
    });
    Panel {
        title: "Test accuracy".to_owned(),
        x_title: "epoch".to_owned(),
        y_title: String::new(),
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

/// Powers of ten between which standard deviations are drawn.
const STD: Range<f64> = -7.0..7.0;

/// Height at which a standard deviation of zero is drawn: on the x axis, because zero has no logarithm.
const ZERO: f64 = -8.0;

/// Returns the panel of the activations' standard deviation down the deep network.
pub fn stds(depths: &[Depth]) -> Panel {
    let (mut curves, mut notes) = (Vec::new(), Vec::new());
    for (series, depth) in depths.iter().enumerate() {
        let stds = &depth.stds;
        let zeros_from = stds.iter().position(|&std| std == 0.0).unwrap_or(stds.len());
        let mut points = cut(stds[..zeros_from].iter().map(|std| std.log10()), STD);
        points.extend((zeros_from..stds.len()).map(|layer| (layer as f64, ZERO)));
        notes.extend(points.last().map(|&end| note(series, depth, end)));
        curves.push(Curve { series, points });
    }
    Panel {
        title: "Activation std in 20 ReLU layers, untrained".to_owned(),
        x_title: "layer (0: the images)".to_owned(),
        y_title: String::new(),
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
        curves,
        notes,
    }
}

/// Returns the note at the end of a start's curve: the standard deviation after the last layer.
fn note(series: usize, depth: &Depth, (x, y): (f64, f64)) -> Note {
    let (last, std) = (HIDDEN_LAYERS as f64, depth.last());
    let power = power_of_ten(std.log10().round());
    // The chosen start keeps more distance, because its curve may lie on another one.
    let apart = if matches!(depth.start, Start::Chosen { .. }) { 1.3 } else { 0.5 };
    let (at, text, anchor) = if std == 0.0 {
        ((last, y + 0.2), "exactly 0".to_owned(), (HPos::Right, VPos::Bottom))
    } else if x < last {
        ((x + 0.8, y), format!("{power} in layer {last}"), (HPos::Left, VPos::Center))
    } else if std > 0.1 {
        ((last, y + apart), format!("holds: {std:.2}"), (HPos::Right, VPos::Bottom))
    } else {
        ((last, y - apart), format!("fades: {std:.4}"), (HPos::Right, VPos::Top))
    };
    Note { series, at, text, anchor }
}

/// Returns the points (0, y₀), (1, y₁), … up to the first that leaves the range or is NaN.
///
/// If the curve leaves the range, the last point is where it crosses the range's edge.
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

/// Returns the axis of epochs, with at most six ticks at multiples of 1, 2 or 5 times a power of ten.
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

/// Returns "10⁻³" for −3.
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
    fn a_curve_is_cut_at_the_edge_of_its_panel() {
        let cut = |ys: &[f64]| cut(ys.iter().copied(), -1.0..2.0);
        assert_eq!(cut(&[0.0, 1.0, 3.0, 0.0]), [(0.0, 0.0), (1.0, 1.0), (1.5, 2.0)]);
        assert_eq!(cut(&[0.0, -2.0]), [(0.0, 0.0), (0.5, -1.0)]);
        assert_eq!(cut(&[1.0, f64::NAN, 1.0]), [(0.0, 1.0)]);
        assert_eq!(cut(&[1.0, f64::INFINITY]), [(0.0, 1.0), (0.0, 2.0)]);
        assert_eq!(cut(&[5.0]), []);
    }

    #[test]
    fn powers_of_ten_have_raised_exponents() {
        assert_eq!([-43.0, -2.0, 0.0, 17.0].map(power_of_ten), ["10⁻⁴³", "10⁻²", "10⁰", "10¹⁷"]);
    }
}
