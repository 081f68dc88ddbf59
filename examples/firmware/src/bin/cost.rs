//! What a fill costs on this board: instructions per value and bytes of stack, beside others' ways to
//! normal values. Fails if a figure exceeds its budget.
#![no_std]
#![no_main]

use core::{f32::consts::TAU, hint::black_box, panic::PanicInfo};

use firmware::board::{self, Clock, Memory, println};
use rand_core::{Rng, SeedableRng};
use rand_distr::{Distribution, StandardNormal};
use rand_xoshiro::Xoshiro128PlusPlus;
use weight_init::{Init, InitError, Shape, Stream, fill_normal, fill_uniform};

#[panic_handler]
fn panic(info: &PanicInfo) -> ! {
    board::panicked(info)
}

const STD: f32 = 0.1;
/// Values in a measurement, from as many streams as that takes.
const VALUES: usize = 1 << 15;
const LENGTHS: [usize; 2] = [64, 2048];
static SHORT: Shape = Shape::dense(LENGTHS[0], 1);
static LONG: Shape = Shape::dense(LENGTHS[1], 1);
static MEMORY: Memory<[f32; 2048]> = Memory::new([0.0; 2048]);

/// Instructions per value at 2,048 values, and bytes of stack, for the crate's own fills.
const fn budget(processor: &str) -> (f32, usize) {
    match processor.as_bytes() {
        b"Cortex-M4F" | b"Cortex-M7" => (28.0, 512),
        b"Cortex-M3" => (90.0, 512),
        b"Cortex-M0" => (200.0, 512),
        _ => (130.0, 512),
    }
}

type Fill = fn(u64, &mut [f32]) -> Result<(), InitError>;

/// Those with a budget first.
const FILLS: [(&str, Fill); 6] = [
    ("`fill_normal`", |seed, out| fill_normal(Stream::new(seed), 0, 0.0, STD, out)),
    ("`fill_uniform`", |seed, out| fill_uniform(Stream::new(seed), 0, -STD, STD, out)),
    ("`Init::he_normal`", |seed, out| Init::he_normal().fill(Stream::new(seed), shape(out), out)),
    ("the same, in pages of 64", |seed, out| {
        let shape = shape(out);
        for (page, start) in out.chunks_mut(64).zip((0..).step_by(64)) {
            Init::he_normal().fill_range(Stream::new(seed), shape, start, page)?;
        }
        Ok(())
    }),
    ("`rand_distr`, `StandardNormal`", |seed, out| {
        let mut rng = Xoshiro128PlusPlus::seed_from_u64(seed);
        for value in out {
            let z: f32 = StandardNormal.sample(&mut rng);
            *value = STD * z;
        }
        Ok(())
    }),
    ("Box–Muller with `libm`", |seed, out| {
        let mut rng = Xoshiro128PlusPlus::seed_from_u64(seed);
        // In (0, 1): 23 bits and a half.
        let mut unit = || ((rng.next_u32() >> 9) as f32 + 0.5) / (1 << 23) as f32;
        for pair in out.chunks_mut(2) {
            let radius = STD * libm::sqrtf(-2.0 * libm::logf(unit()));
            let (sin, cos) = libm::sincosf(TAU * unit());
            for (value, z) in pair.iter_mut().zip([cos, sin]) {
                *value = radius * z;
            }
        }
        Ok(())
    }),
];
const BUDGETED: usize = 3;

fn shape(out: &[f32]) -> &'static Shape {
    if out.len() == LENGTHS[0] { &SHORT } else { &LONG }
}

#[board::entry]
fn main() -> ! {
    board::exit(MEMORY.take().is_some_and(|memory| measured(memory)))
}

/// Prints the table. Whether all is within budget.
fn measured(memory: &mut [f32]) -> bool {
    let clock = Clock::start();
    let processor = board::processor();
    let (budget, stack_budget) = budget(processor);
    let mut within = true;
    println!("| {processor} | 64 values | 2,048 values | stack |");
    println!("| --- | ---: | ---: | ---: |");
    for (i, &(name, fill)) in FILLS.iter().enumerate() {
        let mut stack = 0;
        let instructions = LENGTHS.map(|len| {
            let out = &mut memory[..len];
            // What the measurement itself takes is not counted.
            let nothing: Fill = |_, _| Ok(());
            let own = board::stack_used(|| run(nothing, 16, out));
            stack = stack.max(board::stack_used(|| run(fill, 16, out)) - own);
            clock.instructions(|| run(fill, VALUES / len, out)) / VALUES as f32
        });
        println!("| {name} | {:.1} | {:.1} | {stack} |", instructions[0], instructions[1]);
        if i < BUDGETED && (instructions[1] > budget || stack > stack_budget) {
            println!("over budget: {budget} instructions, {stack_budget} bytes of stack");
            within = false;
        }
    }
    within
}

/// Fills so many times, each time from another stream.
#[inline(never)]
fn run(fill: Fill, times: usize, out: &mut [f32]) {
    for seed in 0..times as u64 {
        let filled = black_box(fill)(seed, black_box(&mut *out));
        assert_eq!(filled, Ok(()));
    }
}
