//! The fillers that are compared, and how a fill is timed.

use std::{
    error::Error,
    hint::black_box,
    time::{Duration, Instant},
};

use rand_core::SeedableRng;
use rand_distr::{Distribution, StandardNormal, Uniform};
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::{ThreadPool, ThreadPoolBuilder, prelude::*};
use serde::{Serialize, Serializer};
use weight_init::{Backend, Init, InitError, Shape, Stream};

/// The distribution of the weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Law {
    Normal,
    Uniform,
}

impl Law {
    pub const ALL: [Self; 2] = [Self::Normal, Self::Uniform];

    /// Returns the usual name of the scheme.
    pub fn name(self) -> &'static str {
        match self {
            Self::Normal => "He normal",
            Self::Uniform => "He uniform",
        }
    }

    fn init(self) -> Init {
        match self {
            Self::Normal => Init::he_normal(),
            Self::Uniform => Init::he_uniform(),
        }
    }
}

/// The code that fills the slice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filler {
    Backend(Backend),
    RandDistr,
    Memset,
}

impl Filler {
    pub fn name(self) -> &'static str {
        match self {
            Self::Backend(backend) => backend.name(),
            Self::RandDistr => "rand_distr",
            Self::Memset => "memset",
        }
    }
}

impl Serialize for Filler {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// The threads that share a fill. They start once, so that no measured fill includes their start.
pub struct Threads {
    pub number: usize,
    pool: Option<ThreadPool>,
}

impl Threads {
    pub fn new(number: usize) -> Result<Self, Box<dyn Error>> {
        let pool = || ThreadPoolBuilder::new().num_threads(number).build();
        Ok(Self { number, pool: (number > 1).then(pool).transpose()? })
    }
}

/// A slice, and the state of all fillers.
pub struct Bench<'a> {
    threads: &'a Threads,
    init: Init,
    shape: Shape,
    out: Vec<f32>,
    /// Seed of the last fill. Each fill takes a new one, because branch predictors memorise a repeated
    /// input.
    stream: u64,
    rival: Rival,
    /// One per thread, for the rival.
    generators: Vec<Xoshiro256PlusPlus>,
}

impl<'a> Bench<'a> {
    pub fn new(threads: &'a Threads, law: Law, size: usize) -> Result<Self, Box<dyn Error>> {
        let mut out = Vec::new();
        out.try_reserve_exact(size).map_err(|_| format!("no memory for {size} values"))?;
        // Written once, so that no measured fill waits for the system to map pages.
        out.resize(size, 1.0);
        let mut generator = Xoshiro256PlusPlus::seed_from_u64(42);
        let generators = (0..threads.number).map(|_| {
            generator.jump();
            generator.clone()
        });
        Ok(Self {
            init: law.init(),
            shape: Shape::dense(size, 1),
            stream: 0,
            rival: Rival::new(law, size)?,
            generators: generators.collect(),
            threads,
            out,
        })
    }

    /// Returns the time that this many fills take.
    pub fn time(&mut self, filler: Filler, fills: u64) -> Result<Duration, InitError> {
        if let Some(pool) = &self.threads.pool {
            return self.time_on(pool, filler, fills);
        }
        let Self { init, shape, out, stream, rival, generators, .. } = self;
        match filler {
            Filler::Backend(backend) => clock(fills, out, |out| {
                *stream += 1;
                init.draw(Stream::new(*stream), shape)?.on(backend).write(out)
            }),
            Filler::RandDistr => clock(fills, out, |out| {
                rival.fill(&mut generators[0], out);
                Ok(())
            }),
            Filler::Memset => clock(fills, out, |out| {
                out.fill(0.0);
                Ok(())
            }),
        }
    }

    /// Returns the time on all threads of the pool. The clock runs inside the pool, because entering it
    /// takes as long as filling thousands of values.
    fn time_on(
        &mut self,
        pool: &ThreadPool,
        filler: Filler,
        fills: u64,
    ) -> Result<Duration, InitError> {
        let Self { init, shape, out, stream, rival, generators, .. } = self;
        let part = out.len().div_ceil(generators.len());
        pool.install(|| match filler {
            // The threads take the default backend.
            Filler::Backend(_) => clock(fills, out, |out| {
                *stream += 1;
                init.draw(Stream::new(*stream), shape)?.parallel().write(out)
            }),
            Filler::RandDistr => clock(fills, out, |out| {
                let parts = out.par_chunks_mut(part).zip(generators.par_iter_mut());
                parts.for_each(|(part, generator)| rival.fill(generator, part));
                Ok(())
            }),
            Filler::Memset => clock(fills, out, |out| {
                out.par_chunks_mut(part).for_each(|part| part.fill(0.0));
                Ok(())
            }),
        })
    }
}

/// Returns the time of this many calls. Generic so that `fill` is inlined, because setting 64 values to
/// zero takes only a nanosecond or two.
fn clock(
    fills: u64,
    out: &mut [f32],
    mut fill: impl FnMut(&mut [f32]) -> Result<(), InitError>,
) -> Result<Duration, InitError> {
    let began = Instant::now();
    for _ in 0..fills {
        fill(black_box(&mut *out))?;
    }
    Ok(began.elapsed())
}

/// Sampling by `rand_distr` on xoshiro256++, with the scheme's parameters.
enum Rival {
    Normal { std: f32 },
    Uniform(Uniform<f32>),
}

impl Rival {
    fn new(law: Law, size: usize) -> Result<Self, Box<dyn Error>> {
        let fan = size as f32;
        Ok(match law {
            Law::Normal => Self::Normal { std: (2.0 / fan).sqrt() },
            Law::Uniform => {
                let bound = (6.0 / fan).sqrt();
                Self::Uniform(Uniform::new(-bound, bound)?)
            }
        })
    }

    fn fill(&self, generator: &mut Xoshiro256PlusPlus, out: &mut [f32]) {
        match self {
            Self::Normal { std } => normal(*std, generator, out),
            Self::Uniform(uniform) => sample(uniform, generator, out),
        }
    }
}

// These two functions run the rival at its fastest. They are not inlined, because in the loop of `clock`
// the uniform distribution took 1.25 times as long. The generator is a local variable, because behind a
// reference the normal distribution took up to 1.7 times as long.

#[inline(never)]
fn normal(std: f32, generator: &mut Xoshiro256PlusPlus, out: &mut [f32]) {
    let mut local = generator.clone();
    for value in out {
        let z: f32 = StandardNormal.sample(&mut local);
        *value = std * z;
    }
    *generator = local;
}

#[inline(never)]
fn sample(uniform: &Uniform<f32>, generator: &mut Xoshiro256PlusPlus, out: &mut [f32]) {
    let mut local = generator.clone();
    for value in out {
        *value = uniform.sample(&mut local);
    }
    *generator = local;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_fillers_write_the_whole_slice_with_the_same_std() {
        const SIZE: usize = 10_001;
        for (law, threads) in Law::ALL.into_iter().flat_map(|law| (1..=3).map(move |n| (law, n))) {
            let threads = Threads::new(threads).unwrap();
            let mut bench = Bench::new(&threads, law, SIZE).unwrap();
            for filler in [Filler::Backend(Backend::detect()), Filler::RandDistr] {
                bench.out.fill(f32::NAN);
                bench.time(filler, 2).unwrap();
                let squares: f64 = bench.out.iter().map(|&v| f64::from(v).powi(2)).sum();
                assert!((1.9..2.1).contains(&squares), "{law:?}, {filler:?}: {squares}");
            }
            bench.time(Filler::Memset, 1).unwrap();
            assert!(bench.out.iter().all(|&v| v == 0.0), "{law:?}");
        }
    }
}
