//! Prints the losses that the page shows, to the bit.
//!
//! ```text
//! cargo run --release -p page -- --depth 8 --width 64 --activation tanh --scheme he_uniform --gain 1.2
//! ```

use std::{error::Error, io::Read, process::ExitCode};

use clap::Parser;
use flate2::read::GzDecoder;
use page::{
    activation::Activation,
    architecture::{Architecture, BATCH},
    digits::Digits,
    hash::hash_of_normals,
    network::Network,
    pass::Pass,
    starts::{FIVE, SCHEMES, Start},
    training::{STEPS, Training, accuracy},
};
use weight_init::Stream;

/// Steps between two lines.
const CHUNK: usize = 25;

/// Trains a network on 5,000 digits of MNIST from five starts and yours. Prints the losses that the page shows, as bits.
#[derive(Debug, Parser)]
#[command(name = "page")]
struct Args {
    /// Hidden layers, from 1 to 50.
    #[arg(long, default_value_t = 10)]
    depth: usize,
    /// Units in each of them, from 1 to 256.
    #[arg(long, default_value_t = 64)]
    width: usize,
    /// Activation, such as relu or tanh.
    #[arg(long, default_value = "relu", value_parser = activation)]
    activation: Activation,
    /// Scheme of your start, such as he_normal or "normal(std=1)".
    #[arg(long, default_value = "he_normal", value_parser = scheme_index)]
    scheme: usize,
    /// Gain of your start.
    #[arg(long, default_value_t = 1.0)]
    gain: f32,
    /// Seed of the weights and of the order of the images.
    #[arg(long, default_value_t = 42)]
    seed: u64,
    /// Learning rate.
    #[arg(long, default_value_t = 0.03)]
    rate: f32,
    /// Passes over the 4,000 training images.
    #[arg(long, default_value_t = 3)]
    epochs: usize,
}

fn activation(name: &str) -> Result<Activation, String> {
    let all = Activation::ALL;
    let found = all.iter().find(|(_, known)| *known == name);
    found
        .map(|(activation, _)| *activation)
        .ok_or_else(|| expected(all.iter().map(|(_, name)| *name)))
}

fn scheme_index(name: &str) -> Result<usize, String> {
    let found = SCHEMES.iter().position(|(_, known)| *known == name);
    found.ok_or_else(|| expected(SCHEMES.iter().map(|(_, name)| *name)))
}

fn expected<'a>(names: impl Iterator<Item = &'a str>) -> String {
    format!("expected one of {}", names.collect::<Vec<_>>().join(", "))
}

fn main() -> ExitCode {
    match losses(&Args::parse()) {
        Ok(text) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

/// Returns the hash of a million values and one line for every [`CHUNK`] steps: the number of the step, and the bits of
/// the mean loss of each start. After an epoch comes a line with the number of held-out digits that each recognises.
fn losses(args: &Args) -> Result<String, Box<dyn Error>> {
    let mut bytes = Vec::new();
    let packed: &[u8] = include_bytes!("../../data/mnist_5k.gz");
    GzDecoder::new(packed).read_to_end(&mut bytes)?;
    let digits = Digits::read(&bytes).ok_or("the file of digits is damaged")?;
    let architecture = Architecture::new(args.depth, args.width, args.activation)
        .ok_or("depth is 1 to 50, and width 1 to 256")?;
    let stream = Stream::new(args.seed);

    let starts = FIVE.map(|(index, _)| (index, 1.0)).into_iter().chain([(args.scheme, args.gain)]);
    let mut networks = Vec::new();
    for (index, gain) in starts {
        let mut parameters = vec![0.0; architecture.parameters()];
        let start = Start::new(index, gain).ok_or("the gain is negative or not finite")?;
        Network::start(architecture, start, stream, &mut parameters)?;
        networks.push((parameters, Training::new(args.seed, args.rate)));
    }
    let mut rows = vec![[0.0; BATCH]; architecture.rows()];
    let mut pass = Pass::new(architecture, &mut rows).ok_or("too few rows")?;

    let mut text = format!("hash {:#018x}\n", hash_of_normals());
    for step in (CHUNK..=args.epochs * STEPS).step_by(CHUNK) {
        let mut line = format!("{step:5}");
        for (parameters, training) in &mut networks {
            let mut network = Network::resume(architecture, parameters);
            let loss = training.train(CHUNK, &mut network, &digits, &mut pass);
            line += &format!(" {:08x}", loss.to_bits());
        }
        text += &format!("{line}\n");
        if step % STEPS == 0 {
            let right = networks.iter_mut().map(|(parameters, _)| {
                let mut network = Network::resume(architecture, parameters);
                let share = accuracy(&mut network, &digits, &mut pass);
                format!(" {:8}", (share * 1000.0).round())
            });
            text += &format!("right{}\n", right.collect::<String>());
        }
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The files that the tests of the page in a browser compare with, too.
    #[test]
    fn losses_are_those_of_the_committed_files() {
        for file in [
            include_str!("../tests/losses/relu.txt"),
            include_str!("../tests/losses/tanh.txt"),
            include_str!("../tests/losses/gelu.txt"),
        ] {
            let (command, expected) = file.split_once('\n').unwrap();
            let arguments = command.strip_prefix("cargo run --release -p page -- ").unwrap();
            let args = Args::try_parse_from(
                [&["page"], &*arguments.split(' ').collect::<Vec<_>>()].concat(),
            );
            assert_eq!(losses(&args.unwrap()).unwrap(), expected, "{command}");
        }
    }

    #[test]
    fn wrong_arguments_are_refused() {
        let parse = |arguments: &[&str]| Args::try_parse_from([&["page"], arguments].concat());
        for wrong in [["--activation", "relus"], ["--scheme", "he"], ["--seed", "x"]] {
            let error = parse(&wrong).unwrap_err().to_string();
            assert!(error.contains(wrong[0]), "{error}");
        }
        for wrong in [["--depth", "51"], ["--width", "0"], ["--gain", "NaN"]] {
            assert!(losses(&parse(&wrong).unwrap()).is_err(), "{wrong:?}");
        }
    }
}
