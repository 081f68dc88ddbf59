//! The program whose instructions `benches/instructions.py` counts and `benches/neon.py` follows.
//!
//! `instructions BACKEND SAMPLER SLOT LENGTH FILLS` fills a slice of `LENGTH` slots `FILLS` times. The sampler
//! `rand_distr` is not this crate's, and ignores the backend.

use std::{env, error::Error, hint::black_box};

use half::{bf16, f16};
use rand_distr::{Distribution as _, StandardNormal};
use rand_xoshiro::{Xoshiro256PlusPlus, rand_core::SeedableRng};
use weight_init::{
    Backend, Cut, Distribution, Draw, Init, InitError, Quantization, Shape, Stream,
    stages::{self, Stage},
};

/// The first index of every fill after the first: neither a block nor a group begins there.
const ODD_START: u64 = 12_345;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = env::args().skip(1).collect();
    let [backend, sampler, slot, length, fills] = &args[..] else {
        return Err("usage: instructions BACKEND SAMPLER SLOT LENGTH FILLS".into());
    };
    let backend = Backend::available()
        .find(|available| available.name() == backend)
        .ok_or_else(|| format!("this processor does not have {backend}"))?;
    let (length, fills) = (length.parse()?, fills.parse()?);
    match slot.as_str() {
        "f32" => run(length, fills, |n, out| fill(backend, sampler, n, out)),
        "bf16" => run(length, fills, |n, out: &mut [bf16]| {
            draw(backend, sampler, n, out.len())?.write_as(out)
        }),
        "f16" => run(length, fills, |n, out: &mut [f16]| {
            draw(backend, sampler, n, out.len())?.write_as(out)
        }),
        "i8" => run(length, fills, |n, out: &mut [i8]| {
            draw(backend, sampler, n, out.len())?.write_fixed(6, out).map(drop)
        }),
        "i16" => run(length, fills, |n, out: &mut [i16]| {
            draw(backend, sampler, n, out.len())?.write_fixed(13, out).map(drop)
        }),
        "u8" => run(length, fills, |n, out: &mut [u8]| {
            let quantization = Quantization::from_fraction_bits(6).with_zero_point(128);
            draw(backend, sampler, n, out.len())?.write_fixed(quantization, out).map(drop)
        }),
        "i32" => run(length, fills, |n, out: &mut [i32]| {
            draw(backend, sampler, n, out.len())?.write_fixed(28, out).map(drop)
        }),
        _ => return Err(format!("no slot is called {slot}").into()),
    }?;
    Ok(())
}

/// Calls `fill` that often, with the number of the call.
fn run<T: Clone + Default>(
    length: usize,
    fills: u64,
    fill: impl Fn(u64, &mut [T]) -> Result<(), InitError>,
) -> Result<(), InitError> {
    let mut out = vec![T::default(); length];
    for n in 0..fills {
        fill(n, black_box(&mut out))?;
    }
    Ok(())
}

fn stream(n: u64) -> Stream {
    Stream::new(n)
}

/// The first fill begins where a block does.
fn start(n: u64) -> u64 {
    ODD_START * n.min(1)
}

fn fill(backend: Backend, sampler: &str, n: u64, out: &mut [f32]) -> Result<(), InitError> {
    let stage = match sampler {
        "words" => Stage::Words,
        "fast" => Stage::Fast,
        "overhang" => Stage::Overhang,
        "orthogonal" => {
            let side = out.len().isqrt();
            let shape = Shape::dense(side, side);
            return Init::orthogonal().draw(stream(n), &shape)?.on(backend).write(out);
        }
        "rand_distr" => {
            let mut rng = Xoshiro256PlusPlus::seed_from_u64(n);
            for slot in out {
                let z: f32 = StandardNormal.sample(&mut rng);
                *slot = 0.1 * z;
            }
            return Ok(());
        }
        _ => return draw(backend, sampler, n, out.len())?.write(out),
    };
    stages::fill(backend, stage, stream(n), start(n), out);
    Ok(())
}

fn draw(backend: Backend, sampler: &str, n: u64, len: usize) -> Result<Draw<'static>, InitError> {
    let range = start(n)..start(n) + len as u64;
    Ok(distribution(sampler)?.draw_range(stream(n), range)?.on(backend))
}

/// The fixed-point formats above hold ±2 (`i8`), ±4 (`i16`) and ±8 (`i32`): some values of the normals
/// with a mean saturate.
fn distribution(sampler: &str) -> Result<Distribution, InitError> {
    Ok(match sampler {
        "normal" => Distribution::Normal { mean: 0.0, std: 0.1 },
        "normal_mean" => Distribution::Normal { mean: 0.5, std: 0.5 },
        "truncated" => Distribution::TruncatedNormal { mean: 0.0, std: 0.1, cut: Cut::TWO },
        "truncated_mean" => Distribution::TruncatedNormal { mean: 0.5, std: 0.5, cut: Cut::TWO },
        "truncated_at_3" => {
            Distribution::TruncatedNormal { mean: 0.0, std: 0.1, cut: Cut::at(3.0) }
        }
        "truncated_at_1" => {
            Distribution::TruncatedNormal { mean: 0.0, std: 0.1, cut: Cut::at(1.0) }
        }
        "uniform" => Distribution::Uniform { low: -0.5, high: 0.5 },
        "uniform_asymmetric" => Distribution::Uniform { low: -0.5, high: 1.5 },
        _ => panic!("no sampler is called {sampler}"),
    })
}
