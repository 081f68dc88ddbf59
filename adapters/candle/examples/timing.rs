//! Times the start of a GPT-2 of 124 million parameters: candle's own `VarMap`, then `SeededVarMap` on one thread and on
//! all. Prints the shortest of five runs of each. All runs write to memory that the allocator takes anew.
//!
//! `cargo run --release -p weight-init-candle --example timing`

use std::time::{Duration, Instant};

use candle_core::{DType, Device, Result};
use candle_nn::{Init as Hint, VarBuilder, VarMap};
use weight_init_candle::{SeededVarMap, weight_init::Stream};

const BLOCKS: usize = 12;
const WIDTH: usize = 768;

/// Asks for the variables of the model.
fn gpt2(vb: &VarBuilder<'_>) -> Result<()> {
    let normal = |stdev| Hint::Randn { mean: 0.0, stdev };
    let norm = |vb: VarBuilder<'_>| candle_nn::layer_norm(WIDTH, 1e-5, vb);
    let linear = |vb: VarBuilder<'_>, inputs, outputs, std| -> Result<()> {
        vb.get_with_hints((outputs, inputs), "weight", normal(std))?;
        vb.get_with_hints(outputs, "bias", Hint::Const(0.0))?;
        Ok(())
    };
    vb.pp("wte").get_with_hints((50257, WIDTH), "weight", normal(0.02))?;
    vb.pp("wpe").get_with_hints((1024, WIDTH), "weight", normal(0.02))?;
    let residual = 0.02 / (2.0 * BLOCKS as f64).sqrt();
    for block in 0..BLOCKS {
        let vb = vb.pp("h").pp(block);
        norm(vb.pp("ln_1"))?;
        linear(vb.pp("attn.c_attn"), WIDTH, 3 * WIDTH, 0.02)?;
        linear(vb.pp("attn.c_proj"), WIDTH, WIDTH, residual)?;
        norm(vb.pp("ln_2"))?;
        linear(vb.pp("mlp.c_fc"), WIDTH, 4 * WIDTH, 0.02)?;
        linear(vb.pp("mlp.c_proj"), 4 * WIDTH, WIDTH, residual)?;
    }
    norm(vb.pp("ln_f")).map(drop)
}

fn shortest(start: impl Fn(&VarMap) -> Result<()>) -> Result<Duration> {
    let mut shortest = Duration::MAX;
    for _ in 0..5 {
        let vars = VarMap::new();
        let clock = Instant::now();
        start(&vars)?;
        shortest = shortest.min(clock.elapsed());
        let count: usize = vars.all_vars().iter().map(|var| var.elem_count()).sum();
        assert_eq!(count, 124_439_808);
    }
    Ok(shortest)
}

fn main() -> Result<()> {
    let (dtype, device) = (DType::F32, Device::Cpu);
    let own = shortest(|vars| gpt2(&VarBuilder::from_varmap(vars, dtype, &device)))?;
    println!("candle's VarMap:            {:>5} ms", own.as_millis());
    let threads = std::thread::available_parallelism().map_or(1, |threads| threads.get());
    for threads in [1, threads] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        let pool = pool.map_err(candle_core::Error::wrap)?;
        let seeded =
            |vars: &VarMap| gpt2(&SeededVarMap::new(vars, Stream::new(42)).builder(dtype, &device));
        let ours = pool.install(|| shortest(seeded))?;
        let ratio = own.as_secs_f64() / ours.as_secs_f64();
        println!(
            "SeededVarMap, {threads} thread(s): {:>5} ms, {ratio:.1} times as fast",
            ours.as_millis()
        );
    }
    Ok(())
}
