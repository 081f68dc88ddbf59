//! The time of each stage of a fill, in each backend.
//!
//! `cargo bench -p benches --features stages --bench stages` runs everything; `-- overhang` at its end
//! selects one stage. Each fill has 2¹⁸ values, which fit into a second-level cache, on one thread, and takes
//! a new stream.
//!
//! | stage | work for every value |
//! | --- | --- |
//! | seeding | one value of a fresh block: its key, sixteen seeds, and the smallest batch of the backend |
//! | lanes | xoshiro128++ |
//! | uniform | lanes, conversion, scale |
//! | fast path | lanes, table look-up, conversion, scale |
//! | overhang | resolves every position as if it had been rejected; in a fill, 1 in 64 is |
//! | normal | a whole fill with a mean other than zero |
//! | he normal | a whole fill of He's scheme |

mod settings;

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use weight_init::{
    Backend, Distribution, Draw, Init, Shape, Stream,
    stages::{Stage, fill},
};

const SIZE: usize = 1 << 18;

fn whole(distribution: Distribution, stream: Stream) -> Draw<'static> {
    distribution.draw_range(stream, 0..SIZE as u64).unwrap()
}

fn stages(c: &mut Criterion) {
    let shape = Shape::dense(SIZE, 1);
    let uniform = Distribution::Uniform { low: -0.05, high: 0.05 };
    let normal = Distribution::Normal { mean: 0.5, std: 0.05 };
    let mut stage = |name: &str, size: usize, run: &dyn Fn(Backend, Stream, &mut [f32])| {
        let mut group = c.benchmark_group(name);
        group.throughput(Throughput::Elements(size as u64));
        let mut out = vec![1.0; size];
        for backend in Backend::available() {
            let mut seed = 0;
            group.bench_function(BenchmarkId::from_parameter(backend), |b| {
                b.iter(|| {
                    seed += 1;
                    run(backend, Stream::new(seed), black_box(&mut out));
                });
            });
        }
        group.finish();
    };
    stage("seeding", 1, &|backend, stream, out| fill(backend, Stage::Words, stream, 0, out));
    stage("lanes", SIZE, &|backend, stream, out| fill(backend, Stage::Words, stream, 0, out));
    stage("uniform", SIZE, &|backend, stream, out| {
        whole(uniform, stream).on(backend).write(out).unwrap();
    });
    stage("fast path", SIZE, &|backend, stream, out| fill(backend, Stage::Fast, stream, 0, out));
    stage("overhang", SIZE, &|backend, stream, out| {
        fill(backend, Stage::Overhang, stream, 0, out);
    });
    stage("normal", SIZE, &|backend, stream, out| {
        whole(normal, stream).on(backend).write(out).unwrap();
    });
    stage("he normal", SIZE, &|backend, stream, out| {
        Init::he_normal().draw(stream, &shape).unwrap().on(backend).write(out).unwrap();
    });
}

criterion_group! {
    name = benches;
    config = settings::criterion();
    targets = stages
}
criterion_main!(benches);
