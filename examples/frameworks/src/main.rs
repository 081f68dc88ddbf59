//! Trains one small network on handwritten digits in candle, in burn and on ndarray, from the same stream.
//!
//! ```text
//! cargo run --release -p frameworks
//! cargo run --release -p frameworks -- time
//! ```
//!
//! The first command prints, for each framework, a hash of the weights before the first step, the loss of the first
//! step, the loss and the accuracy at the end, and the time. The three networks begin with the same bits, and see the
//! same batches in the same order. Their losses differ by rounding, because each framework adds up in its own order.
//!
//! The second command times the start of a GPT-2 of 124 million parameters in each framework, and through its adapter.
//!
//! ```text
//! digits ──► training ──┬──► candle  ──┐
//!             stream ───┼──► burn    ──┼──► table
//!                       └──► arrays  ──┘
//! ```

mod arrays;
mod burn;
mod candle;
// The packed digits, which the firmware trains on too.
#[path = "../../firmware/src/digits.rs"]
mod digits;
// The forward and the backward pass on arrays of ndarray, as in the example `mnist`.
#[path = "../../mnist/src/network.rs"]
mod network;
#[cfg(test)]
mod reference;
mod time;
mod training;

use std::{env, error::Error, process::ExitCode};

use weight_init::Stream;

use crate::training::{BATCH, EPOCHS, Fallible, Framework, RATE, Run, Split, WIDTHS, run};

/// The seed of all networks.
const MODEL: Stream = Stream::new(42);

fn main() -> ExitCode {
    let mut arguments = env::args().skip(1);
    let done = match (arguments.next().as_deref(), arguments.next()) {
        (None, _) => train(),
        (Some("time"), None) => time::time(),
        _ => Err(Box::<dyn Error + Send + Sync>::from("expected no argument, or `time`")),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Trains all three, and prints the table.
fn train() -> Fallible<()> {
    let digits = Split::load();
    let [inputs, hidden, outputs] = WIDTHS;
    println!(
        "A {inputs}–{hidden}–{outputs} ReLU network, trained on {} of UCI's digits and tested on {} others.\n\
         Plain SGD, batch size {BATCH}, learning rate {RATE}, {EPOCHS} epochs, seed 42.\n",
        digits.train.len(),
        digits.test.len(),
    );
    println!(
        "| framework | hash of the weights, step 0 | loss, step 1 | loss, end | test accuracy | seconds |"
    );
    println!("| --- | --- | ---: | ---: | ---: | ---: |");
    print_row::<candle::Net>(&digits)?;
    print_row::<burn::Net>(&digits)?;
    print_row::<arrays::Net>(&digits)
}

fn print_row<F: Framework>(digits: &Split) -> Fallible<()> {
    let Run { start, first_loss, last_loss, accuracy, seconds } = run::<F>(MODEL, digits)?;
    println!(
        "| {} | `{:016x}` | {first_loss:.7} | {last_loss:.4} | {:.1} % | {seconds:.2} |",
        F::NAME,
        training::hash(&start),
        100.0 * accuracy,
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{reference::Reference, training::Digits};

    struct Trained {
        name: &'static str,
        run: Run,
    }

    fn trained<F: Framework>(digits: &Split) -> Trained {
        Trained { name: F::NAME, run: run::<F>(MODEL, digits).unwrap() }
    }

    #[test]
    fn the_three_start_equal_and_learn_the_digits() {
        let digits = Split::load();
        let all = [
            trained::<candle::Net>(&digits),
            trained::<burn::Net>(&digits),
            trained::<arrays::Net>(&digits),
        ];

        // Weights and biases, from each input to each output, to the bit.
        let bits = |run: &Run| {
            run.start
                .each_ref()
                .map(|tensor| tensor.iter().map(|x| x.to_bits()).collect::<Vec<_>>())
        };
        for Trained { name, run } in &all {
            assert_eq!(run.start.each_ref().map(Vec::len), [64 * 32, 32, 32 * 10, 10], "{name}");
            assert!(bits(run) == bits(&all[0].run), "{name} starts otherwise than candle");
        }

        // Each loss is within the rounding errors of `f32` of the exact one.
        let Reference { loss, error } =
            Reference::new(&all[0].run.start, &digits.train.batch(0..BATCH));
        assert!(error < 1e-4 * loss, "the bound {error} is too loose to show a mistake");
        for Trained { name, run } in &all {
            let difference = (run.first_loss - loss).abs();
            assert!(
                difference <= error,
                "{name}: {} differs from {loss} by more than {error}",
                run.first_loss
            );
        }

        for Trained { name, run } in &all {
            assert!(run.accuracy >= 0.92, "{name}: {}", run.accuracy);
            assert!(run.last_loss < 0.2 * run.first_loss, "{name}: {} at the end", run.last_loss);
        }
    }

    /// Other seeds start otherwise, so that equal hashes say something.
    #[test]
    fn a_seed_decides_the_start() {
        let start = |seed| arrays::Net::start(Stream::new(seed)).unwrap().parameters().unwrap();
        let (one, other) = (start(42), start(43));
        assert_ne!(training::hash(&one), training::hash(&other));
        assert!(one.iter().zip(&other).all(|(a, b)| a != b));
    }

    /// The known hash of a string, by Fowler, Noll and Vo.
    #[test]
    fn the_hash_is_fnv_1a() {
        let word = f32::from_bits(u32::from_le_bytes(*b"foob"));
        let first_four = b"foob".iter().fold(0xcbf2_9ce4_8422_2325, |hash: u64, &byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        assert_eq!(training::hash(&[vec![word], vec![], vec![], vec![]]), first_four);
    }

    #[test]
    fn batches_hold_every_digit_once() {
        let Split { train, test } = Split::load();
        assert_eq!((train.len(), test.len()), (1437, 360));
        let batches: Vec<Digits> = train.batches().collect();
        assert_eq!(batches.len(), 1437_usize.div_ceil(BATCH));
        let labels: Vec<u8> = batches.iter().flat_map(|batch| batch.labels.clone()).collect();
        let images: Vec<f32> = batches.iter().flat_map(|batch| batch.images.clone()).collect();
        assert!(labels == train.labels && images == train.images);
    }
}
