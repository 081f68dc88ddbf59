//! What a fill costs: instructions per value, and stack.
#![no_std]
#![no_main]

use core::hint::black_box;

use firmware::board::{self, Clock, println};
use rand_core::SeedableRng;
use rand_distr::{Distribution, StandardNormal};
use rand_xoshiro::Xoshiro128PlusPlus;
use weight_init::{Init, InitError, Shape, Stream, fill_normal, fill_uniform};

#[panic_handler]
fn panic(info: &core::panic::PanicInfo) -> ! {
    board::panicked(info)
}

type Fill = fn(u64, &mut [f32]) -> Result<(), InitError>;

static mut VALUES: [f32; 2048] = [0.0; 2048];

#[board::entry]
fn main() -> ! {
    let clock = Clock::start();
    #[allow(static_mut_refs)]
    let values = unsafe { &mut VALUES };
    let fills: [(&str, Fill); 7] = [
        ("normal", |seed, out| fill_normal(Stream::new(seed), 0, 0.0, 0.1, out)),
        ("uniform", |seed, out| fill_uniform(Stream::new(seed), 0, -0.1, 0.1, out)),
        ("normal, mean", |seed, out| fill_normal(Stream::new(seed), 0, 1.0, 0.1, out)),
        ("uniform, lopsided", |seed, out| fill_uniform(Stream::new(seed), 0, -0.1, 0.2, out)),
        ("He", |seed, out| {
            Init::he_normal().fill(Stream::new(seed), &Shape::dense(out.len(), 1), out)
        }),
        ("rand_distr", |seed, out| {
            let mut rng = Xoshiro128PlusPlus::seed_from_u64(seed);
            for value in out {
                let z: f32 = StandardNormal.sample(&mut rng);
                *value = z * 0.1;
            }
            Ok(())
        }),
        ("pages", |seed, out| {
            for (i, page) in out.chunks_mut(64).enumerate() {
                fill_normal(Stream::new(seed), i as u64 * 64, 0.0, 0.1, page)?;
            }
            Ok(())
        }),
    ];
    for (name, fill) in fills {
        for len in [64, 2048] {
            let out = &mut values[..len];
            let runs = 16384 / len;
            let instructions = clock.instructions(|| {
                for seed in 0..runs {
                    fill(black_box(seed as u64), black_box(&mut *out)).unwrap();
                }
            });
            let per_value = instructions / 16384.0;
            let stack = board::stack_used(|| fill(black_box(1), black_box(&mut *out)).unwrap());
            println!("{name} {len} {per_value:.1} {stack}");
        }
    }
    board::exit(true)
}
