//! The time of a shard of columns, compared with the fill of the whole tensor.
//!
//! `cargo bench -p benches --features stages --bench runs` runs everything; `-- 64` at its end selects a
//! tensor with 64 columns. A shard is one eighth of the columns, in slots without gaps. Compare figures within
//! one run only, and take the median of several runs: the shares below depend on how busy the memory is.
//!
//! The share that the issue of blocks allows is 0.16 of the whole for [4096, 11008], 0.35 for [4096, 512] and
//! 0.5 for [32768, 64].

mod settings;

use std::{cell::Cell, hint::black_box};

use criterion::{Criterion, criterion_group, criterion_main};
use weight_init::{Backend, Distribution, Stream, stages::fill_columns};

fn shards(c: &mut Criterion) {
    let normal = Distribution::Normal { mean: 0.0, std: 0.1 };
    for (rows, cols) in [(4096, 11_008), (4096, 512), (32_768, 64)] {
        let mut group = c.benchmark_group(format!("[{rows}, {cols}]"));
        let width = cols / 8;
        let (mut whole, mut shard) = (vec![1.0; rows * cols], vec![1.0; rows * width]);
        let seed = Cell::new(0);
        let stream = || {
            seed.set(seed.get() + 1);
            Stream::new(seed.get())
        };
        for backend in Backend::available() {
            group.bench_function(format!("whole {backend}"), |b| {
                b.iter(|| normal.fill_with(backend, stream(), 0, black_box(&mut whole)).unwrap());
            });
            group.bench_function(format!("shard {backend}"), |b| {
                b.iter(|| {
                    let shard = black_box(&mut shard);
                    fill_columns(backend, stream(), cols, 3 * width, width, shard);
                });
            });
        }
        group.finish();
    }
}

criterion_group! {
    name = benches;
    config = settings::criterion();
    targets = shards
}
criterion_main!(benches);
