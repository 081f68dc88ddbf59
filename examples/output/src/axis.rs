//! An axis with ticks at given values, and logarithmic axes whose ticks suit any sizes.

use std::ops::Range;

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};

/// Margin on both sides of a logarithmic axis, in powers of ten. It leaves room for a tick beside a single
/// value.
const MARGIN: f64 = 0.25;

/// A linear axis whose ticks the program chooses, because those that plotters chooses suit neither
/// powers of ten nor epochs. On a logarithmic scale, all values are powers of ten.
#[derive(Clone)]
pub struct Axis {
    pub range: Range<f64>,
    pub ticks: Vec<f64>,
    /// Turns a tick into its label.
    pub label: fn(f64) -> String,
}

impl Axis {
    /// Returns the logarithmic axis of slice lengths, with labels such as 200, 1k and 10M.
    pub fn lengths(values: impl Iterator<Item = f64>) -> Self {
        around(values, |log| short(10_f64.powf(log)))
    }

    /// Returns the logarithmic axis of nanoseconds, with labels such as 0.02.
    pub fn nanoseconds(values: impl Iterator<Item = f64>) -> Self {
        around(values, |log| decimal(10_f64.powf(log)))
    }
}

impl Ranged for Axis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, pixels: (i32, i32)) -> i32 {
        let share = (value - self.range.start) / (self.range.end - self.range.start);
        pixels.0 + (share * f64::from(pixels.1 - pixels.0)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        // Plotters also asks for the lines between ticks, which are not drawn.
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

/// Returns an axis in powers of ten around these values, with ticks at powers of ten. A short axis also
/// has ticks at their doubles and quintuples.
fn around(values: impl Iterator<Item = f64>, label: fn(f64) -> String) -> Axis {
    let logs = values.filter(|&value| value > 0.0).map(f64::log10);
    let bounds = logs.fold(None, |bounds: Option<(f64, f64)>, log| {
        Some(bounds.map_or((log, log), |(low, high)| (low.min(log), high.max(log))))
    });
    let (low, high) = bounds.unwrap_or((0.0, 0.0));
    let range = low - MARGIN..high + MARGIN;
    let steps: &[f64] = if high - low > 3.0 { &[1.0] } else { &[1.0, 2.0, 5.0] };
    let decades = range.start.floor() as i32..=range.end.floor() as i32;
    let ticks = decades.flat_map(|n| steps.iter().map(move |step| f64::from(n) + step.log10()));
    let ticks = ticks.filter(|tick| range.contains(tick)).collect();
    Axis { range, ticks, label }
}

/// Formats 0.02 with as many decimals as its first digit needs.
fn decimal(x: f64) -> String {
    // 10_f64.powf may be slightly below a power of ten, whose logarithm must not be rounded down.
    let decimals = (-(x.log10() + 1e-6).floor()).max(0.0);
    format!("{x:.0$}", decimals as usize)
}

/// Formats 200, 1k and 10M.
fn short(x: f64) -> String {
    let x = x.round();
    match x {
        1e9.. => format!("{}G", decimal(x / 1e9)),
        1e6.. => format!("{}M", decimal(x / 1e6)),
        1e3.. => format!("{}k", decimal(x / 1e3)),
        _ => decimal(x),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: &Axis) -> Vec<String> {
        axis.ticks.iter().map(|&tick| (axis.label)(tick)).collect()
    }

    #[test]
    fn every_axis_has_round_ticks() {
        let lengths = |values: &[f64]| labels(&Axis::lengths(values.iter().copied()));
        let nanoseconds = |values: &[f64]| labels(&Axis::nanoseconds(values.iter().copied()));
        let all = [64.0, 4096.0, 16_777_216.0];
        assert_eq!(lengths(&all), ["100", "1k", "10k", "100k", "1M", "10M"]);
        assert_eq!(lengths(&[3e5]), ["200k", "500k"]);
        assert_eq!(lengths(&[1.0]), ["1"]);
        assert_eq!(nanoseconds(&[0.025, 0.09]), ["0.02", "0.05", "0.1"]);
        assert!(!nanoseconds(&[]).is_empty());
    }
}
