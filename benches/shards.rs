//! The time of a shard of columns, compared with the fill of the whole tensor.
//!
//! `cargo bench -p benches --bench shards` runs everything; `-- 64` at its end selects a
//! tensor with 64 columns. A shard is one eighth of the columns, in slots without gaps. Compare figures within
//! one run only, and take the median of several runs: the shares below depend on how busy the memory is.
//!
//! The aim is 0.16 of the whole for [4096, 11008], 0.35 for [4096, 512] and 0.5 for [32768, 64].

mod settings;

use std::{cell::Cell, hint::black_box};

use criterion::{Criterion, criterion_group, criterion_main};
use weight_init::{Backend, Init, Shape, Stream};

fn shards(c: &mut Criterion) {
    for (rows, cols) in [(4096, 11_008), (4096, 512), (32_768, 64)] {
        let mut group = c.benchmark_group(format!("[{rows}, {cols}]"));
        let (shape, width) = (Shape::dense(cols, rows), cols / 8);
        let (mut whole, mut shard) = (vec![1.0; rows * cols], vec![1.0; rows * width]);
        let seed = Cell::new(0);
        let stream = || {
            seed.set(seed.get() + 1);
            Stream::new(seed.get())
        };
        for backend in Backend::available() {
            group.bench_function(format!("whole {backend}"), |b| {
                b.iter(|| {
                    let draw = Init::he_normal().draw(stream(), &shape).unwrap().on(backend);
                    draw.write(black_box(&mut whole)).unwrap();
                });
            });
            group.bench_function(format!("shard {backend}"), |b| {
                b.iter(|| {
                    let draw = Init::he_normal().draw(stream(), &shape).unwrap().on(backend);
                    draw.shard(1, 3, 8).unwrap().write(black_box(&mut shard)).unwrap();
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
