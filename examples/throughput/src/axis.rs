//! Logarithmic axes whose ticks suit any sizes.

use output::Axis;

/// Margin on both sides of the values, in powers of ten. It leaves room for a tick beside a single value.
const MARGIN: f64 = 0.25;

/// Returns the axis of slice lengths, with labels such as 200, 1k and 10M.
pub fn lengths(values: impl Iterator<Item = f64>) -> Axis {
    around(values, |log| short(10_f64.powf(log)))
}

/// Returns the axis of nanoseconds, with labels such as 0.02.
pub fn nanoseconds(values: impl Iterator<Item = f64>) -> Axis {
    around(values, |log| decimal(10_f64.powf(log)))
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
        let lengths = |values: &[f64]| labels(&lengths(values.iter().copied()));
        let nanoseconds = |values: &[f64]| labels(&nanoseconds(values.iter().copied()));
        let all = [64.0, 4096.0, 16_777_216.0];
        assert_eq!(lengths(&all), ["100", "1k", "10k", "100k", "1M", "10M"]);
        assert_eq!(lengths(&[3e5]), ["200k", "500k"]);
        assert_eq!(lengths(&[1.0]), ["1"]);
        assert_eq!(nanoseconds(&[0.025, 0.09]), ["0.02", "0.05", "0.1"]);
        assert!(!nanoseconds(&[]).is_empty());
    }
}
