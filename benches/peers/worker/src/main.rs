//! Times this crate, `rand_distr` and memset. It is the Rust side of `run.py`.
//!
//! `peers-worker THREADS` prints the backends that this processor has, and then answers requests line by
//! line. `time SYSTEM SIZE SECONDS` prints the nanoseconds per value in a batch of fills that lasts at least
//! this long. `check SYSTEM SIZE` prints mean, standard deviation and kurtosis.
//!
//! Every fill takes a new stream, because branch predictors memorise a repeated input.

use std::{env, error::Error, hint::black_box, io, time::Instant};

use half::bf16;
use rand_distr::{Distribution, StandardNormal, Uniform};
use rand_xoshiro::{Xoshiro256PlusPlus, rand_core::SeedableRng};
use rayon::{ThreadPoolBuilder, prelude::*};
use weight_init::{Backend, Distribution as Values, Init, Shape, Stream};

/// Number of values from which a fill is split. Below it, waking a thread takes longer than it saves.
const SPLIT_FROM: usize = 65_536;

type Fill = Box<dyn FnMut(&mut [f32])>;

fn main() -> Result<(), Box<dyn Error>> {
    let threads = env::args().nth(1).ok_or("usage: peers-worker THREADS")?.parse()?;
    ThreadPoolBuilder::new().num_threads(threads).build_global()?;
    let backends: Vec<_> = Backend::available().map(Backend::name).collect();
    println!(r#"{{"backends": {backends:?}, "detected": {:?}}}"#, Backend::detect().name());

    let mut buffer = Vec::new();
    for (number, line) in io::stdin().lines().enumerate() {
        let line = line?;
        let words: Vec<_> = line.split_whitespace().collect();
        let [verb, system, size, ref rest @ ..] = words[..] else {
            return Err(format!("not a request: {line}").into());
        };
        let size = size.parse()?;
        // Seeds of two requests are 2³² apart, so that no fill repeats a stream.
        let seed = (number as u64) << 32;
        let fill = match system.split('-').collect::<Vec<_>>()[..] {
            ["ours", format, backend, "slots"] => {
                in_slots(format, backend, size, seed, verb == "check")
            }
            _ => prepare(system, size, threads, seed),
        };
        let Some(mut fill) = fill else {
            println!("error unknown system");
            continue;
        };
        let out = aligned(&mut buffer, size);
        fill(out);
        match (verb, rest) {
            ("time", [seconds]) => println!("{}", time(&mut fill, out, seconds.parse()?)),
            ("check", []) => {
                let [mean, std, kurtosis] = moments(out);
                println!("{mean} {std} {kurtosis}");
            }
            _ => return Err(format!("not a request: {line}").into()),
        }
    }
    Ok(())
}

/// Returns `size` values from the start of a cache line. The other systems have the same alignment.
fn aligned(buffer: &mut Vec<f32>, size: usize) -> &mut [f32] {
    if buffer.len() < size + 16 {
        *buffer = vec![1.0; size + 16];
    }
    let start = buffer.as_ptr().align_offset(64);
    &mut buffer[start..start + size]
}

/// Returns the fill of a system by its name, or `None` if there is no such system.
fn prepare(system: &str, size: usize, threads: usize, seed: u64) -> Option<Fill> {
    let shape = match system.split('-').nth(1) {
        Some("orthogonal") => Shape::dense(size.isqrt(), size.isqrt()),
        _ => Shape::dense(size, 1),
    };
    let mut stream = streams(seed);
    let threads = if size < SPLIT_FROM { 1 } else { threads };
    let words: Vec<_> = system.split('-').collect();
    Some(match words[..] {
        ["memset"] if threads == 1 => Box::new(|out| out.fill(0.0)),
        ["memset"] => Box::new(move |out| {
            out.par_chunks_mut(size.div_ceil(threads)).for_each(|part| part.fill(0.0));
        }),
        ["ours", scheme, "parallel"] => {
            let init = init(scheme)?;
            Box::new(move |out| init.draw(stream(), &shape).unwrap().parallel().write(out).unwrap())
        }
        ["ours", scheme, backend] => {
            let init = init(scheme)?;
            let backend = Backend::available().find(|known| known.name() == backend)?;
            Box::new(move |out| {
                init.draw(stream(), &shape).unwrap().on(backend).write(out).unwrap()
            })
        }
        ["rand_distr", "normal"] => {
            let std = (2.0 / size as f32).sqrt();
            sampled(threads, seed, move |rng| {
                let z: f32 = StandardNormal.sample(rng);
                std * z
            })
        }
        ["rand_distr", "uniform"] => {
            let bound = (6.0 / size as f32).sqrt();
            let uniform = Uniform::new(-bound, bound).ok()?;
            sampled(threads, seed, move |rng| uniform.sample(rng))
        }
        _ => return None,
    })
}

/// Returns a new stream on every call.
fn streams(seed: u64) -> impl FnMut() -> Stream {
    let mut next = seed;
    move || {
        next += 1;
        Stream::new(next)
    }
}

/// Returns a fill of slots of another format with normal values, whose std is He's for 784 inputs. For a
/// check, the values are also written as `f32` and scaled to He's std for the size.
fn in_slots(format: &str, backend: &str, size: usize, seed: u64, check: bool) -> Option<Fill> {
    let backend = Backend::available().find(|known| known.name() == backend)?;
    let std = (2.0 / 784_f32).sqrt();
    let values = Values::Normal { mean: 0.0, std };
    let unit = (2.0 / size as f32).sqrt() / std;
    let mut stream = streams(seed);
    Some(match format {
        "bf16" => {
            let mut slots = vec![bf16::ONE; size];
            Box::new(move |out| {
                let draw = values.draw_range(stream(), 0..size as u64).unwrap();
                draw.on(backend).write_as(black_box(&mut slots[..])).unwrap();
                if check {
                    out.iter_mut().zip(&slots).for_each(|(to, slot)| *to = slot.to_f32() * unit);
                }
            })
        }
        "i8" => {
            const FRACTION_BITS: u32 = 7;
            let unit = unit / (1 << FRACTION_BITS) as f32;
            let mut slots = vec![1_i8; size];
            Box::new(move |out| {
                let slots = black_box(&mut slots[..]);
                let draw = values.draw_range(stream(), 0..size as u64).unwrap();
                draw.on(backend).write_fixed(FRACTION_BITS, slots).unwrap();
                if check {
                    out.iter_mut().zip(slots).for_each(|(to, slot)| *to = f32::from(*slot) * unit);
                }
            })
        }
        _ => return None,
    })
}

/// Returns a scheme by its name in requests.
fn init(scheme: &str) -> Option<Init> {
    match scheme {
        "normal" => Some(Init::he_normal()),
        "truncated" => Some(Init::he_truncated_normal()),
        "orthogonal" => Some(Init::orthogonal()),
        "uniform" => Some(Init::he_uniform()),
        _ => None,
    }
}

/// Returns a fill value by value. Each thread has its part of the slice and its own generator, which
/// continues from fill to fill.
fn sampled(
    threads: usize,
    seed: u64,
    sample: impl Fn(&mut Xoshiro256PlusPlus) -> f32 + Sync + 'static,
) -> Fill {
    let generator = |thread| Xoshiro256PlusPlus::seed_from_u64(seed + thread as u64);
    let mut rngs: Vec<_> = (0..threads).map(generator).collect();
    Box::new(move |out| {
        if let [rng] = &mut rngs[..] {
            return fill_part(rng, out, &sample);
        }
        let parts = out.par_chunks_mut(out.len().div_ceil(threads));
        rngs.par_iter_mut().zip(parts).for_each(|(rng, part)| fill_part(rng, part, &sample));
    })
}

/// Fills one part. The function is not inlined and keeps the generator in a local variable, because
/// otherwise the normal sampler took up to 1.7 times as long (rustc 1.95): it was not inlined, or its state
/// stayed in memory.
#[inline(never)]
fn fill_part(
    rng: &mut Xoshiro256PlusPlus,
    part: &mut [f32],
    sample: &impl Fn(&mut Xoshiro256PlusPlus) -> f32,
) {
    let mut local = rng.clone();
    part.fill_with(|| sample(&mut local));
    *rng = local;
}

/// Returns nanoseconds per value. Batches that turn out too short are the warm-up.
fn time(fill: &mut Fill, out: &mut [f32], seconds: f64) -> f64 {
    let mut repetitions = 3;
    loop {
        let start = Instant::now();
        for _ in 0..repetitions {
            fill(black_box(&mut *out));
        }
        let elapsed = start.elapsed().as_secs_f64();
        if elapsed >= seconds {
            return 1e9 * elapsed / (repetitions * out.len()) as f64;
        }
        let factor = (1.2 * seconds / elapsed).min(100.0);
        repetitions = (repetitions as f64 * factor).ceil() as usize;
    }
}

/// Returns mean, standard deviation and kurtosis.
fn moments(values: &[f32]) -> [f64; 3] {
    let mean_of = |power: &dyn Fn(f64) -> f64| {
        values.iter().map(|&value| power(f64::from(value))).sum::<f64>() / values.len() as f64
    };
    let mean = mean_of(&|x| x);
    let variance = mean_of(&|x| (x - mean).powi(2));
    let fourth = mean_of(&|x| (x - mean).powi(4));
    [mean, variance.sqrt(), fourth / variance.powi(2)]
}
