//! A logarithmic axis whose ticks suit any sizes.

use std::ops::Range;

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};

/// All of it in powers of ten.
#[derive(Clone)]
pub struct Axis {
    range: Range<f64>,
    label: fn(f64) -> String,
}

impl Axis {
    /// Around these values, with a margin that leaves room for a tick beside a single one.
    pub fn around(values: impl Iterator<Item = f64>, label: fn(f64) -> String) -> Self {
        const MARGIN: f64 = 0.25;
        let logs = values.filter(|&value| value > 0.0).map(f64::log10);
        let bounds = logs.fold(None, |bounds: Option<(f64, f64)>, log| {
            Some(bounds.map_or((log, log), |(low, high)| (low.min(log), high.max(log))))
        });
        let (low, high) = bounds.unwrap_or((0.0, 0.0));
        Self { range: low - MARGIN..high + MARGIN, label }
    }

    /// Powers of ten; of a short axis also their doubles and quintuples.
    fn ticks(&self) -> Vec<f64> {
        let Range { start, end } = self.range;
        let steps: &[f64] = if end - start > 3.5 { &[1.0] } else { &[1.0, 2.0, 5.0] };
        let decades = start.floor() as i32..=end.floor() as i32;
        let ticks = decades.flat_map(|n| steps.iter().map(move |step| f64::from(n) + step.log10()));
        ticks.filter(|tick| self.range.contains(tick)).collect()
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
        // The lines between the ticks are asked for too: there are none.
        if hint.weight().allow_light_points() { Vec::new() } else { self.ticks() }
    }

    fn range(&self) -> Range<f64> {
        self.range.clone()
    }
}

impl ValueFormatter<f64> for Axis {
    fn format_ext(&self, log: &f64) -> String {
        (self.label)(10_f64.powf(*log))
    }
}

/// 0.02: as many decimals as the first digit needs.
pub fn decimal(x: f64) -> String {
    // A power of ten is not reached exactly, so it is not rounded down.
    let decimals = (-(x.log10() + 1e-6).floor()).max(0.0);
    format!("{x:.0$}", decimals as usize)
}

/// 200, 1k, 10M.
pub fn short(x: f64) -> String {
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

    fn labels(values: &[f64], label: fn(f64) -> String) -> Vec<String> {
        let axis = Axis::around(values.iter().copied(), label);
        axis.ticks().iter().map(|tick| axis.format_ext(tick)).collect()
    }

    #[test]
    fn every_axis_has_round_ticks() {
        let sizes = [64.0, 4096.0, 16_777_216.0];
        assert_eq!(labels(&sizes, short), ["100", "1k", "10k", "100k", "1M", "10M"]);
        assert_eq!(labels(&[3e5], short), ["200k", "500k"]);
        assert_eq!(labels(&[1.0], short), ["1"]);
        assert_eq!(labels(&[0.025, 0.09], decimal), ["0.02", "0.05", "0.1"]);
        assert!(!labels(&[], decimal).is_empty());
    }
}
