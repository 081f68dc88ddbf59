//! The time of a fill in each backend, compared with `rand_distr` on xoshiro256++ and memset.
//!
//! `cargo bench -p benches --bench fill` runs everything; `-- 16777216/` at its end selects one size.
//! Throughput is in bytes of `f32` written, to memory that was written before, on one thread. Compare
//! figures within one run only.
//!
//! Every fill takes a new stream, because branch predictors memorise a repeated input: on a Zen 5, 2¹⁸
//! repeated values showed up to 1.7 times the speed of fresh ones.

mod settings;

use std::{cell::Cell, hint::black_box};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use rand_core::SeedableRng;
use rand_distr::{Distribution, StandardNormal, Uniform};
use rand_xoshiro::Xoshiro256PlusPlus;
use weight_init::{Backend, Init, Shape, Stream};

const SIZES: [usize; 5] = [64, 1_000, 4_096, 1 << 18, 1 << 24];

fn fills(c: &mut Criterion) {
    for size in SIZES {
        let mut group = c.benchmark_group("fill");
        group.throughput(Throughput::Bytes(4 * size as u64));
        let mut out = vec![1.0_f32; size];
        let streams = Cell::new(0);
        let stream = || {
            streams.set(streams.get() + 1);
            Stream::new(streams.get())
        };
        let mut bench = |name: &str, fill: &mut dyn FnMut(&mut [f32])| {
            group.bench_function(BenchmarkId::from_parameter(format!("{size}/{name}")), |b| {
                b.iter(|| fill(black_box(&mut out)));
            });
        };

        bench("memset", &mut |out| out.fill(0.0));

        let shape = Shape::dense(size, 1);
        for backend in Backend::available() {
            bench(&format!("he_uniform {backend}"), &mut |out| {
                let draw = Init::he_uniform().draw(stream(), &shape).unwrap();
                draw.on(backend).write(out).unwrap();
            });
        }
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(42);
        let uniform = Uniform::new(-0.05_f32, 0.05).unwrap();
        bench("rand_distr uniform", &mut |out| out.fill_with(|| uniform.sample(&mut rng)));

        let schemes = [
            ("he_normal", Init::he_normal()),
            ("he_truncated_normal", Init::he_truncated_normal()),
        ];
        for (name, init) in schemes {
            for backend in Backend::available() {
                bench(&format!("{name} {backend}"), &mut |out| {
                    init.draw(stream(), &shape).unwrap().on(backend).write(out).unwrap();
                });
            }
        }
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(42);
        bench("rand_distr normal", &mut |out| {
            out.fill_with(|| {
                let z: f32 = StandardNormal.sample(&mut rng);
                0.05 * z
            });
        });
        group.finish();
    }
}

/// Allocates, fills and frees a tensor, with and without zeroing it first. The time includes mapping the
/// pages of fresh memory.
fn fresh(c: &mut Criterion) {
    for size in [4_096, 1 << 18, 1 << 24] {
        let mut group = c.benchmark_group("fresh");
        group.throughput(Throughput::Bytes(4 * size as u64));
        let shape = Shape::dense(size, 1);
        let mut seed = 0;
        let mut bench = |name: &str, make: &dyn Fn(Stream) -> Vec<f32>| {
            group.bench_function(BenchmarkId::from_parameter(format!("{size}/{name}")), |b| {
                b.iter(|| {
                    seed += 1;
                    make(Stream::new(seed))
                });
            });
        };
        bench("zeroed, then fill", &|stream| {
            let mut out = vec![0.0; size];
            Init::he_normal().fill(stream, &shape, &mut out).unwrap();
            out
        });
        bench("to_vec", &|stream| {
            Init::he_normal().draw(stream, &shape).unwrap().to_vec().unwrap()
        });
        group.finish();
    }
}

/// Makes random orthogonal matrices: square, wide and tall.
fn orthogonal(c: &mut Criterion) {
    let mut group = c.benchmark_group("orthogonal");
    for (rows, cols) in [(64, 64), (512, 1024), (1024, 512), (1024, 1024)] {
        let mut out = vec![1.0; rows * cols];
        let shape = Shape::dense(cols, rows);
        let mut seed = 0;
        for backend in Backend::available() {
            group.bench_function(format!("{rows} x {cols}/{backend}"), |b| {
                b.iter(|| {
                    seed += 1;
                    let (stream, out) = (Stream::new(seed), black_box(&mut out));
                    let draw = Init::orthogonal().draw(stream, &shape).unwrap();
                    draw.on(backend).write(out).unwrap();
                });
            });
        }
    }
    group.finish();
}

/// Compares slots of 16 and 8 bits with `f32`. Throughput is in values, because their sizes differ.
fn elements(c: &mut Criterion) {
    let normal = weight_init::Distribution::Normal { mean: 0.0, std: 0.05 };
    for size in [4_096, 1 << 24] {
        let mut group = c.benchmark_group("elements");
        group.throughput(Throughput::Elements(size as u64));
        let (mut float, mut fixed) = (vec![1.0_f32; size], vec![1_i8; size]);
        let mut brain = vec![half::bf16::ONE; size];
        let mut seed = 0;
        for backend in Backend::available() {
            let draw = |stream| normal.draw_range(stream, 0..size as u64).unwrap().on(backend);
            let mut bench = |name: &str, fill: &mut dyn FnMut(Stream)| {
                group.bench_function(format!("{size}/{name} {backend}"), |b| {
                    b.iter(|| {
                        seed += 1;
                        fill(Stream::new(seed));
                    });
                });
            };
            bench("f32", &mut |stream| {
                draw(stream).write(black_box(&mut float)).unwrap();
            });
            bench("bf16", &mut |stream| {
                draw(stream).write_as(black_box(&mut brain[..])).unwrap();
            });
            bench("i8", &mut |stream| {
                draw(stream).write_fixed(7, black_box(&mut fixed[..])).unwrap();
            });
        }
        group.finish();
    }
}

criterion_group! {
    name = benches;
    config = settings::criterion();
    targets = fills, fresh, orthogonal, elements
}
criterion_main!(benches);
