//! The tables.

use comfy_table::{Cell, CellAlignment, ContentArrangement, Table, presets::UTF8_FULL_CONDENSED};

use crate::training::{LAYERS, Progress, Run};

/// Each layer's activations and gradients before the first step: one row a start, one line a layer.
pub fn at_step_0(runs: &[Run]) -> Table {
    let mut table = table(&[
        "start",
        "layer",
        "activation\nmean",
        "activation\nstd",
        "gradient\nmean",
        "gradient\nstd",
    ]);
    for run in runs {
        let lines =
            |value: &dyn Fn(usize) -> String| (0..LAYERS).map(value).collect::<Vec<_>>().join("\n");
        let layers = &run.at_start;
        table.add_row([
            run.start.name().to_owned(),
            lines(&|i| {
                if i + 1 < LAYERS {
                    format!("fc{}, ReLU", i + 1)
                } else {
                    format!("fc{}, logits", i + 1)
                }
            }),
            lines(&|i| number(layers[i].activation.mean)),
            lines(&|i| number(layers[i].activation.std)),
            lines(&|i| number(layers[i].gradient.mean)),
            lines(&|i| number(layers[i].gradient.std)),
        ]);
    }
    align_right(&mut table, 2);
    table
}

/// Training loss and test accuracy, one row an epoch, one column a start.
pub fn by_epoch(runs: &[Run]) -> Table {
    let mut header = vec!["epoch"];
    header.extend(runs.iter().map(|run| run.start.name()));
    let mut table = table(&header);
    for epoch in 0..runs.iter().map(|run| run.progress.len()).max().unwrap_or(0) {
        let mut row = vec![epoch.to_string()];
        row.extend(runs.iter().map(|run| {
            let Progress { training_loss, test_accuracy } = run.progress[epoch];
            format!("{:>6} {:>7}", loss(training_loss), percent(test_accuracy))
        }));
        table.add_row(row);
    }
    align_right(&mut table, 0);
    table
}

/// The whole comparison at a glance.
pub fn summary(runs: &[Run]) -> Table {
    let mut table = table(&[
        "start",
        "activation std,\nlast hidden layer,\nstep 0",
        "gradient std,\nfirst layer,\nstep 0",
        "training loss\nafter epoch 1",
        "final\ntest accuracy",
    ]);
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
    align_right(&mut table, 1);
    table
}

/// Lines as they are, whatever the terminal's width, so that a file gets what a screen gets.
fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table
        .load_style(UTF8_FULL_CONDENSED)
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header(header.iter().map(|&title| Cell::new(title)));
    table
}

fn align_right(table: &mut Table, from: usize) {
    for column in table.column_iter_mut().skip(from) {
        column.set_cell_alignment(CellAlignment::Right);
    }
}

/// Two digits at least, with an exponent where the magnitude asks for one.
fn number(x: f64) -> String {
    match x.abs() {
        0.0 => "0".to_owned(),
        0.01..10.0 => format!("{x:.3}"),
        10.0..1000.0 => format!("{x:.1}"),
        _ => format!("{x:.1e}"),
    }
}

/// What is infinite, or no number any more, has diverged.
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
