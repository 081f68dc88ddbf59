//! Measures instructions per value and bytes of stack of fills on this board, and of other ways to make
//! normal values. Fails if a figure exceeds its budget.
#![no_std]
#![no_main]

use core::{f32::consts::TAU, hint::black_box, panic::PanicInfo};

use firmware::{
    board::{self, Clock, Memory, println},
    network::{self, Layers},
};
use rand_core::{Rng, SeedableRng};
use rand_distr::{Distribution, StandardNormal};
use rand_xoshiro::Xoshiro128PlusPlus;
use weight_init::{
    FixedPoint, Init, InitError, Layer, Plan, Quantization, Shape, Stream, fill_normal,
    fill_truncated_normal, fill_uniform,
};

#[panic_handler]
fn panic(info: &PanicInfo) -> ! {
    board::panicked(info)
}

const STD: f32 = 0.1;
const SHORT: usize = 64;
const LONG: usize = 2048;
const BLOCK: usize = 4096;
/// Number of values in the network that `train` trains.
const NETWORK: usize = network::len(32);
const LAYERS: [Layer; 2] = network::layers(32, None);
static MEMORY: Memory<[f32; NETWORK]> = Memory::new([0.0; NETWORK]);

/// Upper limits of instructions per value and of bytes of stack.
struct Budget {
    he: f32,
    /// He in slots of 8 or 16 bits, with a scale that is a power of two.
    slots: f32,
    /// He in slots with any other scale.
    scaled: f32,
    uniform: f32,
    he_short: f32,
    pages: f32,
    plan: f32,
    /// `Init::verify`, and `Plan::verify` of values about zero.
    checked: f32,
    plan_in_pages: f32,
    stack: usize,
    stack_of_slots: usize,
    stack_in_pages: usize,
    stack_of_a_plan: usize,
    stack_of_a_pushed_plan: usize,
    stack_of_pages: usize,
    stack_of_a_check: usize,
}

const fn budget(processor: &str) -> Option<Budget> {
    let (he, slots, scaled, uniform, he_short, pages) = match processor.as_bytes() {
        b"Cortex-M0" => (140.0, 190.0, 225.0, 85.0, 265.0, 680.0),
        b"Cortex-M3" | b"Cortex-M4" => (90.0, 120.0, 140.0, 40.0, 130.0, 330.0),
        b"Cortex-M4F" | b"Cortex-M7" => (28.0, 40.0, 40.0, 20.0, 70.0, 270.0),
        b"Cortex-M4F, softfp" => (29.0, 40.0, 40.0, 20.0, 72.0, 270.0),
        b"RV32IMC" => (100.0, 130.0, 150.0, 55.0, 150.0, 550.0),
        b"RV32IMAFC" => (36.0, 44.0, 44.0, 25.0, 85.0, 450.0),
        _ => return None,
    };
    let (stack, stack_in_pages) = (512, 576);
    let stack_of_slots = if matches!(processor.as_bytes(), b"Cortex-M0") { 576 } else { 512 };
    let (stack_of_a_plan, stack_of_a_pushed_plan, stack_of_pages) = (2100, 1300, 2300);
    let (plan, plan_in_pages) = (1.1 * he, 2.0 * he);
    let checked = if he > 50.0 { 75.0 } else { 40.0 };
    let stack_of_a_check = 720;
    Some(Budget {
        he,
        slots,
        scaled,
        uniform,
        he_short,
        pages,
        plan,
        checked,
        plan_in_pages,
        stack,
        stack_of_slots,
        stack_in_pages,
        stack_of_a_plan,
        stack_of_a_pushed_plan,
        stack_of_pages,
        stack_of_a_check,
    })
}

/// Fills a slice from the stream of a seed.
type Fill = fn(u64, &mut [f32]) -> Result<(), InitError>;

const NORMAL: Fill = |seed, out| fill_normal(Stream::new(seed), 0, 0.0, STD, out);
const TRUNCATED: Fill = |seed, out| fill_truncated_normal(Stream::new(seed), 0, 0.0, STD, out);
const UNIFORM: Fill = |seed, out| fill_uniform(Stream::new(seed), 0, -STD, STD, out);
const HE: Fill = |seed, out| Init::he_normal().fill(Stream::new(seed), shape(out), out);
const XAVIER: Fill = |seed, out| Init::xavier_uniform().fill(Stream::new(seed), shape(out), out);
/// With 10 fraction bits, He for 2,048 inputs has a standard deviation of 32 steps. One value in 16,000 saturates.
const HE_I8: Fill = |seed, out| write_fixed::<i8>(seed, 10, out);
const HE_I8_SCALED: Fill =
    |seed, out| write_fixed::<i8>(seed, Quantization::from_scale(0.0012), out);
const HE_U8: Fill =
    |seed, out| write_fixed::<u8>(seed, Quantization::from_scale(0.0012).with_zero_point(128), out);
const HE_I16: Fill = |seed, out| write_fixed::<i16>(seed, 15, out);
#[cfg(feature = "half")]
const HE_BF16: Fill =
    |seed, out| Init::he_normal().draw(Stream::new(seed), shape(out))?.write_as(bf16s(out));
/// Fills the pages of a block one by one, all into the same memory.
const HE_IN_PAGES: Fill = |seed, page| {
    static SHAPE: Shape = Shape::dense(BLOCK, 1);
    for start in (0..BLOCK as u64).step_by(SHORT) {
        Init::he_normal().fill_range(Stream::new(seed), &SHAPE, start, page)?;
    }
    Ok(())
};
const PLAN: Fill = |seed, out| {
    let plan = Layers::from_layers(&LAYERS)?;
    plan.fill(Stream::new(seed), out)
};
/// Does the same with a plan that never moves.
const PUSHED: Fill = |seed, out| {
    let mut plan = Layers::new();
    LAYERS.iter().try_for_each(|&layer| plan.push(layer))?;
    plan.fill(Stream::new(seed), out)
};
/// Checks what `PLAN` has filled.
const CHECKED: Fill = |_, out| {
    let plan = Layers::from_layers(&LAYERS)?;
    plan.verify(out).map_err(|_| InitError::NoDistribution)
};
/// Fills all pages into the same memory.
const PLAN_IN_PAGES: Fill = |seed, page| {
    let plan = Layers::from_layers(&LAYERS)?;
    let mut pages = plan.pages(Stream::new(seed))?;
    while let Some(values) = pages.next_page(page) {
        black_box(values);
    }
    Ok(())
};
/// Fills the second half of a block in pages, as after a reset in the middle of it.
const PLAN_RESUMED: Fill = |seed, page| {
    static WEIGHTS: Layer =
        Layer::with_init("fc", Shape::dense(BLOCK, 1), Init::he_normal()).without_bias();
    let plan: Plan<1> = Plan::from_layers(&[WEIGHTS])?;
    let range = BLOCK as u64 / 2..BLOCK as u64;
    let mut pages = plan.pages_in(Stream::new(seed), range)?;
    while let Some(values) = pages.next_page(page) {
        black_box(values);
    }
    Ok(())
};
/// Checks the values of a He fill, which must be there.
const VERIFY: Fill = |_, values| {
    assert!(Init::he_normal().verify(shape(values), values).is_ok());
    Ok(())
};
/// Checks the slots of `HE_I8`.
const VERIFY_I8: Fill = |_, memory| {
    let shape = shape(memory);
    assert!(Init::he_normal().verify_fixed(shape, 10, fixed::<i8>(memory)).is_ok());
    Ok(())
};
const RAND_DISTR: Fill = |seed, out| {
    let mut rng = Xoshiro128PlusPlus::seed_from_u64(seed);
    for value in out {
        let z: f32 = StandardNormal.sample(&mut rng);
        *value = STD * z;
    }
    Ok(())
};
const BOX_MULLER: Fill = |seed, out| {
    let mut rng = Xoshiro128PlusPlus::seed_from_u64(seed);
    // In (0, 1): 23 random bits plus one half.
    let mut unit = || ((rng.next_u32() >> 9) as f32 + 0.5) / (1 << 23) as f32;
    for pair in out.chunks_mut(2) {
        let radius = STD * libm::sqrtf(-2.0 * libm::logf(unit()));
        let (sin, cos) = libm::sincosf(TAU * unit());
        for (value, z) in pair.iter_mut().zip([cos, sin]) {
            *value = radius * z;
        }
    }
    Ok(())
};

/// Fills as many slots of an integer format as the memory has values.
#[inline(always)]
fn write_fixed<Q: FixedPoint>(
    seed: u64,
    quantization: impl Into<Quantization>,
    memory: &mut [f32],
) -> Result<(), InitError> {
    let draw = Init::he_normal().draw(Stream::new(seed), shape(memory))?;
    draw.write_fixed(quantization, fixed::<Q>(memory)).map(drop)
}

/// Returns as many slots of an integer format as the memory has values.
fn fixed<Q: FixedPoint>(memory: &mut [f32]) -> &mut [Q] {
    let len = memory.len();
    // SAFETY: every bit pattern is a valid integer, and a valid `f32`.
    let (_, slots, _) = unsafe { memory.align_to_mut() };
    slots.get_mut(..len).unwrap_or_default()
}

/// Returns as many slots of 16 bits as the memory has values.
#[cfg(feature = "half")]
fn bf16s(memory: &mut [f32]) -> &mut [half::bf16] {
    let len = memory.len();
    // SAFETY: every bit pattern is a valid `bf16`, and a valid `f32`.
    let (_, slots, _) = unsafe { memory.align_to_mut() };
    slots.get_mut(..len).unwrap_or_default()
}

fn shape(out: &[f32]) -> &'static Shape {
    static SHAPES: [Shape; 2] = [Shape::dense(SHORT, 1), Shape::dense(LONG, 1)];
    if out.len() == SHORT { &SHAPES[0] } else { &SHAPES[1] }
}

#[board::entry]
fn main() -> ! {
    let within = MEMORY.take().zip(budget(board::processor())).map(|(memory, budget)| {
        let meter = Meter { clock: Clock::start() };
        meter.table(memory, &budget)
    });
    board::exit(within == Some(true))
}

struct Meter {
    clock: Clock,
}

impl Meter {
    /// Prints the table. Returns whether all figures are within budget.
    fn table(&self, memory: &mut [f32], budget: &Budget) -> bool {
        println!("| {} | 64 values | all values | stack |", board::processor());
        println!("| --- | ---: | ---: | ---: |");
        let (any, stack, stack_of_slots) = (f32::INFINITY, budget.stack, budget.stack_of_slots);
        let rows = [
            ("`fill_normal`, 2,048", NORMAL, budget.he_short, budget.he, stack),
            ("`fill_truncated_normal`, 2,048", TRUNCATED, any, 1.1 * budget.he, stack),
            ("`fill_uniform`, 2,048", UNIFORM, any, budget.uniform, stack),
            ("`Init::he_normal`, 2,048", HE, budget.he_short, budget.he, stack),
            ("`Init::xavier_uniform`, 2,048", XAVIER, any, budget.uniform, stack),
            ("He in `i8`, 10 fraction bits, 2,048", HE_I8, any, budget.slots, stack_of_slots),
            ("He in `i8`, scale 0.0012, 2,048", HE_I8_SCALED, any, budget.scaled, stack_of_slots),
            ("He in `u8`, scale 0.0012, 2,048", HE_U8, any, budget.scaled, stack_of_slots),
            ("He in `i16`, 15 fraction bits, 2,048", HE_I16, any, budget.slots, stack_of_slots),
            #[cfg(feature = "half")]
            ("He in `bf16`, 2,048", HE_BF16, any, budget.slots, stack_of_slots),
            ("`rand_distr`, `StandardNormal`, 2,048", RAND_DISTR, any, any, usize::MAX),
            ("Box–Muller with `libm`, 2,048", BOX_MULLER, any, any, usize::MAX),
        ];
        let mut within = true;
        for (name, fill, most_short, most, most_stack) in rows {
            let short = self.instructions(fill, SHORT, &mut memory[..SHORT]);
            let long = self.instructions(fill, LONG, &mut memory[..LONG]);
            let stack = self.stack(fill, &mut memory[..LONG]);
            println!("| {name} | {short:.1} | {long:.1} | {stack} |");
            within &= short <= most_short && long <= most && stack <= most_stack;
        }
        let check = (budget.checked, budget.stack_of_a_check);
        for (name, fill, verify, (most, most_stack)) in [
            ("`Init::verify` of He, 2,048", HE, VERIFY, check),
            ("`Init::verify_fixed` of He in `i8`, 2,048", HE_I8, VERIFY_I8, (any, usize::MAX)),
        ] {
            run(fill, 1, &mut memory[..LONG]);
            let instructions = self.instructions(verify, LONG, &mut memory[..LONG]);
            let stack = self.stack(verify, &mut memory[..LONG]);
            println!("| {name} | | {instructions:.1} | {stack} |");
            within &= instructions <= most && stack <= most_stack;
        }
        let rows = [
            (
                "`Init::fill_range`, a block in pages of 64",
                (HE_IN_PAGES, BLOCK, SHORT),
                (budget.pages, budget.stack_in_pages),
            ),
            (
                "`Plan`, made and filled, 2,410",
                (PLAN, NETWORK, NETWORK),
                (budget.plan, budget.stack_of_a_plan),
            ),
            (
                "`Plan`, made by `push` and filled, 2,410",
                (PUSHED, NETWORK, NETWORK),
                (budget.plan, budget.stack_of_a_pushed_plan),
            ),
            (
                "`Plan`, made and verified, 2,410",
                (CHECKED, NETWORK, NETWORK),
                (budget.checked, budget.stack_of_a_plan),
            ),
            (
                "`Plan::pages`, made and filled, in pages of 64",
                (PLAN_IN_PAGES, NETWORK, SHORT),
                (budget.plan_in_pages, budget.stack_of_pages),
            ),
            (
                "`Plan::pages_in`, made and filled, half a block in pages of 64",
                (PLAN_RESUMED, BLOCK / 2, SHORT),
                (budget.plan_in_pages, budget.stack_of_pages),
            ),
        ];
        for (name, (fill, values, len), (most, most_stack)) in rows {
            let instructions = self.instructions(fill, values, &mut memory[..len]);
            let stack = self.stack(fill, &mut memory[..len]);
            println!("| {name} | | {instructions:.1} | {stack} |");
            within &= instructions <= most && stack <= most_stack;
        }
        if !within {
            println!("over budget");
        }
        within
    }

    /// Returns the instructions per value of a fill, averaged over many streams.
    fn instructions(&self, fill: Fill, values: usize, out: &mut [f32]) -> f32 {
        let times = (1 << 15) / values;
        self.clock.instructions(|| measured(fill, times, out)) / (times * values) as f32
    }

    /// Returns the bytes of stack that a fill uses, at most over a few streams.
    fn stack(&self, fill: Fill, out: &mut [f32]) -> usize {
        let own = board::stack_used(|| run(|_, _| Ok(()), 16, out));
        board::stack_used(|| run(fill, 16, out)) - own
    }
}

/// The same as [`run`]. `cycles.py` traces the calls of this function.
#[inline(never)]
fn measured(fill: Fill, times: usize, out: &mut [f32]) {
    run(black_box(fill), times, out);
}

/// Fills this many times, each time from a new stream.
#[inline(never)]
fn run(fill: Fill, times: usize, out: &mut [f32]) {
    for seed in 0..times as u64 {
        let filled = black_box(fill)(seed, black_box(&mut *out));
        assert_eq!(filled, Ok(()));
    }
}
