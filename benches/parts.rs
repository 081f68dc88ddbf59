//! The time of a part of a tensor, by its length: consecutive values, and columns.
//!
//! `cargo bench -p benches --bench parts` runs everything; `-- columns` at its end selects one kind. The tensor is
//! [4096, 4096], on one thread. Ranges begin at any index, and columns at a multiple of their number. The slots have
//! no gaps.

mod settings;

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use weight_init::{Backend, Init, Shape, Stream};

const SIDE: usize = 4096;

const SHAPE: Shape = Shape::dense(SIDE, SIDE);

/// Odd, so that multiples of it begin everywhere within blocks and groups.
const STRIDE: u64 = 1_000_003;

fn parts(c: &mut Criterion) {
    let scheme = Init::he_normal();
    let mut group = c.benchmark_group("range");
    for length in (0..=18).step_by(2).map(|power| 1_usize << power) {
        group.throughput(Throughput::Elements(length as u64));
        let mut out = vec![1.0; length];
        for backend in Backend::available() {
            let mut n = 0;
            group.bench_function(BenchmarkId::new(backend.name(), length), |b| {
                b.iter(|| {
                    n += 1;
                    let start = n * STRIDE % (SHAPE.len() - length) as u64;
                    let draw = scheme.draw(Stream::new(n), &SHAPE).unwrap().on(backend);
                    draw.range(start..start + length as u64)
                        .unwrap()
                        .write(black_box(&mut out))
                        .unwrap();
                });
            });
        }
    }
    group.finish();

    let mut group = c.benchmark_group("columns");
    for width in (0..=12).step_by(2).map(|power| 1_usize << power) {
        group.throughput(Throughput::Elements((SIDE * width) as u64));
        let mut out = vec![1.0; SIDE * width];
        for backend in Backend::available() {
            let mut n = 0;
            group.bench_function(BenchmarkId::new(backend.name(), width), |b| {
                b.iter(|| {
                    n += 1;
                    let part = (n * STRIDE % (SIDE / width) as u64) as usize;
                    let draw = scheme.draw(Stream::new(n), &SHAPE).unwrap().on(backend);
                    draw.shard(1, part, SIDE / width).unwrap().write(black_box(&mut out)).unwrap();
                });
            });
        }
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = settings::criterion();
    targets = parts
}
criterion_main!(benches);
