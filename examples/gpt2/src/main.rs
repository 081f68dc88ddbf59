//! Fills the weights of GPT-2 small, 475 MiB, and prints each tensor with its std, and the SHA-256 of all.
//!
//! `cargo run --release -p gpt2`

use std::time::Instant;

use gpt2::{layers, names, sha256};
use weight_init::{InitError, Stream, VecPlan};

fn main() -> Result<(), InitError> {
    let names = names();
    let plan = VecPlan::from_layers(&layers(&names))?;
    let mut weights = vec![0.0; plan.len()];
    let start = Instant::now();
    plan.fill(Stream::new(42), &mut weights)?;
    let seconds = start.elapsed().as_secs_f64();
    for (tensor, values) in plan.slices(&weights)? {
        let std =
            tensor.distribution().map_or(f32::NAN, |distribution| distribution.stats(values).std);
        println!(
            "{:24} {:14} std {std:.5}",
            tensor.name().to_string(),
            format!("{:?}", &*tensor.shape().dims()?)
        );
    }
    println!("{} tensors, {} values, filled in {seconds:.2} s", plan.tensors().len(), plan.len());
    println!("SHA-256 {}", sha256(&weights));
    Ok(())
}
