//! The settings of all benches.

use std::time::Duration;

use criterion::Criterion;

/// Returns settings with which all benches together take minutes and not hours.
pub fn criterion() -> Criterion {
    Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .sample_size(20)
}
