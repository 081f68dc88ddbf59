//! The tables, as text.

use output::{align_right, lines, table};

use crate::training::{LAYERS, Progress, Run};

/// Returns each layer's activations and gradients before the first step: one row per start, with one
/// line per layer.
pub fn at_step_0(runs: &[Run]) -> String {
    let header = [
        "start",
        "layer",
        "activation\nmean",
        "activation\nstd",
        "gradient\nmean",
        "gradient\nstd",
    ];
    let mut table = table(&header, false);
    for run in runs {
        let layers = &run.at_start;
        table.add_row([
            run.start.name().to_owned(),
            lines(1..=LAYERS, |n| format!("fc{n}, {}", if n < LAYERS { "ReLU" } else { "logits" })),
            lines(layers, |layer| number(layer.activation.mean)),
            lines(layers, |layer| number(layer.activation.std)),
            lines(layers, |layer| number(layer.gradient.mean)),
            lines(layers, |layer| number(layer.gradient.std)),
        ]);
    }
    align_right(&mut table, 2..header.len());
    table.to_string()
}

/// Returns training loss and test accuracy: one row per epoch, one column per start.
pub fn by_epoch(runs: &[Run]) -> String {
    let mut header = vec!["epoch"];
    header.extend(runs.iter().map(|run| run.start.name()));
    let mut table = table(&header, false);
    for epoch in 0..runs.iter().map(|run| run.progress.len()).max().unwrap_or(0) {
        let mut row = vec![epoch.to_string()];
        row.extend(runs.iter().map(|run| {
            let Progress { training_loss, test_accuracy } = run.progress[epoch];
            format!("{:>6} {:>7}", loss(training_loss), percent(test_accuracy))
        }));
        table.add_row(row);
    }
    align_right(&mut table, 0..header.len());
    table.to_string()
}

/// Returns one row of key figures per start.
pub fn summary(runs: &[Run]) -> String {
    let header = [
        "start",
        "activation std,\nlast hidden layer,\nstep 0",
        "gradient std,\nfirst layer,\nstep 0",
        "training loss\nafter epoch 1",
        "final\ntest accuracy",
    ];
    let mut table = table(&header, false);
    for run in runs {
        let [first, .., last_hidden, _logits] = run.at_start.as_slice() else {
            unreachable!("the network has three layers")
        };
        table.add_row([
            run.start.name().to_owned(),
            number(last_hidden.activation.std),
            number(first.gradient.std),
            loss(run.progress[1].training_loss),
            percent(run.last().test_accuracy),
        ]);
    }
    align_right(&mut table, 1..header.len());
    table.to_string()
}

/// Returns a number with at least two significant digits, as a power of ten if it is small or large.
fn number(x: f64) -> String {
    match x.abs() {
        0.0 => "0".to_owned(),
        0.01..10.0 => format!("{x:.3}"),
        10.0..1000.0 => format!("{x:.1}"),
        _ => format!("{x:.1e}"),
    }
}

/// Returns a loss, or "diverged" if it is infinite or NaN.
fn loss(x: f64) -> String {
    match x {
        _ if !x.is_finite() => "diverged".to_owned(),
        0.0..100.0 => format!("{x:.3}"),
        _ => format!("{x:.0}"),
    }
}

fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_digits_at_every_magnitude() {
        let given = [0.0, 0.5, -0.0123, 0.0036, 105.2, 1480.0];
        assert_eq!(given.map(number), ["0", "0.500", "-0.012", "3.6e-3", "105.2", "1.5e3"]);
        assert_eq!([0.25, 3098.6].map(loss), ["0.250", "3099"]);
        assert_eq!([f64::NAN, f64::INFINITY].map(loss), ["diverged", "diverged"]);
        assert_eq!(percent(0.9375), "93.8 %");
    }
}
