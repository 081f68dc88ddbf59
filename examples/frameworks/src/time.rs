//! Times the start of GPT-2 small, 124 million parameters, in one process: every way once in each of six rounds, of
//! which the first is not counted.
//!
//! Every way but the last two makes new tensors. glibc keeps the memory of the run before, which a program that starts
//! does not have. `MALLOC_MMAP_THRESHOLD_=1048576` in the environment makes it map each tensor anew.

use std::{
    cell::RefCell,
    hint::black_box,
    time::{Duration, Instant},
};

use candle_core::{DType, Device as CandleDevice};
use candle_nn::{Init as Hint, VarBuilder, VarMap};
use gpt2::{BLOCKS, POSITIONS, TOKENS, WIDTH, layers, names};
use ndarray::ArrayD;
use rayon::{ThreadPool, ThreadPoolBuilder};
use weight_init::{Distribution, Init, VecPlan};
use weight_init_burn::{Kind, Reinit};
use weight_init_candle::SeededVarMap;
use weight_init_ndarray::InitExt;

use self::in_burn::Gpt2;
use crate::{MODEL, training::Fallible};

const VALUES: usize = 124_439_808;
const ROUNDS: usize = 6;

/// A way to start the model. It returns the time, without that of freeing the tensors.
type Start<'a> = Box<dyn FnMut() -> Fallible<Duration> + 'a>;

struct Way<'a> {
    name: &'static str,
    threads: usize,
    start: Start<'a>,
    times: Vec<Duration>,
}

/// Prints the median time of each way.
pub fn time() -> Fallible<()> {
    let names = names();
    let plan = VecPlan::from_layers(&layers(&names))?;
    let plan = &plan;
    let buffer = RefCell::new(vec![1.0_f32; plan.len()]);
    let pools = [pool(1)?, pool(2)?];

    let mut ways = vec![
        Way::new("candle, `VarMap`", 1, Box::new(|| in_candle(plan, Seeded::No))),
        Way::new("burn, `Module::init`", 1, Box::new(|| in_burn(Seeded::No))),
    ];
    for pool in &pools {
        let mut add = |name, start: fn(&VecPlan<'_>) -> Fallible<Duration>| {
            let start = move || pool.install(|| start(plan));
            ways.push(Way::new(name, pool.current_num_threads(), Box::new(start)));
        };
        add("weight-init-candle, `SeededVarMap`", |plan| in_candle(plan, Seeded::Yes));
        add("weight-init-burn, `Reinit`", |_| in_burn(Seeded::Yes));
        add("weight-init-ndarray, `from_draw`", in_arrays);
        add("weight-init, `plan.draw(…).to_vec()`", in_vec);
    }
    for pool in &pools {
        let buffer = &buffer;
        let start = move || {
            let mut buffer = buffer.try_borrow_mut()?;
            let slots = buffer.as_mut_slice();
            let clock = Instant::now();
            pool.install(|| plan.draw(MODEL).parallel().write(slots))?;
            Ok(clock.elapsed())
        };
        let name = "weight-init, `plan.draw(…).write(…)`, mapped memory";
        ways.push(Way::new(name, pool.current_num_threads(), Box::new(start)));
    }

    for _ in 0..ROUNDS {
        for Way { start, times, .. } in &mut ways {
            times.push(start()?);
        }
    }

    println!(
        "The start of a GPT-2 of {VALUES} parameters, `f32`, median of {} runs.\n",
        ROUNDS - 1
    );
    println!("| start | threads | ms | GB/s |\n| --- | ---: | ---: | ---: |");
    for Way { name, threads, times, .. } in &mut ways {
        let seconds = median(&mut times[1..]).as_secs_f64();
        let rate = 4.0 * VALUES as f64 / seconds / 1e9;
        println!("| {name} | {threads} | {:.0} | {rate:.1} |", 1000.0 * seconds);
    }
    Ok(())
}

impl<'a> Way<'a> {
    fn new(name: &'static str, threads: usize, start: Start<'a>) -> Self {
        Self { name, threads, start, times: Vec::new() }
    }
}

fn pool(threads: usize) -> Fallible<ThreadPool> {
    Ok(ThreadPoolBuilder::new().num_threads(threads).build()?)
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// Whether the seed or the framework's own generator decides the values.
#[derive(Clone, Copy, PartialEq)]
enum Seeded {
    Yes,
    No,
}

/// Returns the time if the number of values is right.
fn checked(clock: Instant, count: impl FnOnce() -> usize) -> Fallible<Duration> {
    let elapsed = clock.elapsed();
    match count() {
        VALUES => Ok(elapsed),
        count => Err(format!("expected {VALUES} values, got {count}").into()),
    }
}

/// Asks for the variables of the model, with the hints that layers would give.
fn in_candle(plan: &VecPlan<'_>, seeded: Seeded) -> Fallible<Duration> {
    let (vars, dtype, device) = (VarMap::new(), DType::F32, CandleDevice::Cpu);
    let clock = Instant::now();
    let vb = match seeded {
        Seeded::Yes => SeededVarMap::new(&vars, MODEL).builder(dtype, &device),
        Seeded::No => VarBuilder::from_varmap(&vars, dtype, &device),
    };
    for tensor in plan.tensors() {
        let hint = match tensor.distribution() {
            Some(&Distribution::Normal { mean, std }) => {
                Hint::Randn { mean: mean.into(), stdev: std.into() }
            }
            Some(&Distribution::Constant { value }) => Hint::Const(value.into()),
            other => return Err(format!("GPT-2 has no {other:?}").into()),
        };
        let dims = tensor.shape().dims()?;
        vb.get_with_hints(&*dims, &tensor.name().to_string(), hint)?;
    }
    checked(clock, || vars.all_vars().iter().map(|var| var.elem_count()).sum())
}

fn in_burn(seeded: Seeded) -> Fallible<Duration> {
    let clock = Instant::now();
    let mut model = Gpt2::new();
    if seeded == Seeded::Yes {
        let normal = Init::normal(0.0, 0.02);
        model = Reinit::new(MODEL, |target| match target.kind() {
            Kind::Linear if target.path().contains("c_proj") => normal.residual(BLOCKS).into(),
            Kind::Linear | Kind::Embedding => normal.into(),
            Kind::Bias => Init::zeros().into(),
            _ => target.standard(),
        })
        .apply(model)?;
    }
    // burn computes a parameter at its first use.
    let count = model.use_all();
    checked(clock, || count)
}

/// Makes one array for each tensor.
fn in_arrays(plan: &VecPlan<'_>) -> Fallible<Duration> {
    let clock = Instant::now();
    let draws = plan.tensors().iter().map(|tensor| tensor.draw(MODEL).parallel());
    let arrays =
        draws.map(|draw| ArrayD::<f32>::from_draw(&draw)).collect::<Result<Vec<_>, _>>()?;
    checked(clock, || black_box(&arrays).iter().map(|array| array.len()).sum())
}

/// Makes one vector of all tensors.
fn in_vec(plan: &VecPlan<'_>) -> Fallible<Duration> {
    let clock = Instant::now();
    let weights = plan.draw(MODEL).parallel().to_vec()?;
    checked(clock, || black_box(&weights).len())
}

/// The model in burn, with burn's own initialisers where a layer has a choice. A dense layer's bias has that of its
/// weights.
mod in_burn {
    use burn::{
        module::{Module, ModuleVisitor, Param},
        tensor::{Device, Tensor},
    };
    use burn_core as burn;
    use burn_nn::{
        Embedding, EmbeddingConfig, Initializer, LayerNorm, LayerNormConfig, Linear, LinearConfig,
    };

    use super::*;

    #[derive(Module, Debug)]
    pub struct Gpt2 {
        wte: Embedding,
        wpe: Embedding,
        h: Vec<Block>,
        ln_f: LayerNorm,
    }

    #[derive(Module, Debug)]
    struct Block {
        ln_1: LayerNorm,
        attn: Attention,
        ln_2: LayerNorm,
        mlp: Mlp,
    }

    #[derive(Module, Debug)]
    struct Attention {
        c_attn: Linear,
        c_proj: Linear,
    }

    #[derive(Module, Debug)]
    struct Mlp {
        c_fc: Linear,
        c_proj: Linear,
    }

    impl Gpt2 {
        /// Returns the model. No parameter has values yet.
        pub fn new() -> Self {
            let device = Device::flex();
            let normal = |std| Initializer::Normal { mean: 0.0, std };
            let residual = 0.02 / (2.0 * BLOCKS as f64).sqrt();
            let embedding = |rows| {
                let config = EmbeddingConfig::new(rows, WIDTH);
                config.with_initializer(normal(0.02)).init(&device)
            };
            let linear = |inputs, outputs, std| {
                let config = LinearConfig::new(inputs, outputs);
                config.with_initializer(normal(std)).init(&device)
            };
            let norm = || LayerNormConfig::new(WIDTH).init(&device);
            let block = |_| Block {
                ln_1: norm(),
                attn: Attention {
                    c_attn: linear(WIDTH, 3 * WIDTH, 0.02),
                    c_proj: linear(WIDTH, WIDTH, residual),
                },
                ln_2: norm(),
                mlp: Mlp {
                    c_fc: linear(WIDTH, 4 * WIDTH, 0.02),
                    c_proj: linear(4 * WIDTH, WIDTH, residual),
                },
            };
            Self {
                wte: embedding(TOKENS),
                wpe: embedding(POSITIONS),
                h: (0..BLOCKS).map(block).collect(),
                ln_f: norm(),
            }
        }

        /// Uses every parameter, and returns the number of values.
        pub fn use_all(&self) -> usize {
            struct Count(usize);

            impl ModuleVisitor for Count {
                fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
                    self.0 += param.val().shape().num_elements();
                }
            }

            let mut count = Count(0);
            self.visit(&mut count);
            count.0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_one() {
        let times = [5, 1, 4, 2, 3].map(Duration::from_millis);
        assert_eq!(median(&mut times.clone()), Duration::from_millis(3));
    }

    #[test]
    fn a_wrong_number_of_values_is_an_error() {
        assert!(checked(Instant::now(), || VALUES).is_ok());
        assert!(checked(Instant::now(), || VALUES - 1).is_err());
    }
}
