//! Trains the same network from five starts on handwritten digits, and compares them.
//!
//! ```text
//! cargo run --release -p mnist
//! cargo run --release -p mnist -- --init "orthogonal(gain=1.4142)"
//! ```
//!
//! A 784–100–100–10 network is trained five times on the same batches in the same order. Only the starting
//! weights differ. Then images pass through an untrained network of 20 layers with each of the starts.
//! Tables go to stdout, progress to stderr, and a picture to a folder. `--init` adds a sixth start: any
//! scheme by name.
//!
//! ```text
//! data ──► network ──┬──► training ──┬──► report              (tables)
//! starts ────┘       └──► depth ─────┴──► panels ──► picture  (SVG, PNG)
//! ```

mod data;
mod depth;
mod moments;
mod network;
mod panels;
mod picture;
mod report;
mod starts;
mod training;

use std::{
    error::Error,
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
    time::Instant,
};

use clap::{CommandFactory, Parser, value_parser};
use indicatif::{ProgressBar, ProgressStyle};
use output::{Files, exit_status};
use weight_init::Init;

use crate::{
    data::Split,
    depth::Depth,
    starts::Start,
    training::{BATCH, RATE, Run, steps, train},
};

/// Trains a 784-100-100-10 network on 5,000 digits of MNIST from five starts, and compares them.
#[derive(Debug, Parser)]
#[command(name = "mnist")]
struct Args {
    /// Seed of the weights and of the order of the batches.
    #[arg(long, default_value_t = 42, allow_negative_numbers = true)]
    seed: u64,

    /// Passes over the 4,000 training images, from 1 to 1000.
    #[arg(long, default_value_t = 10, allow_negative_numbers = true)]
    #[arg(value_parser = value_parser!(u16).range(1..=1000))]
    epochs: u16,

    /// Adds a sixth start: a scheme by name, such as he_uniform or "orthogonal(gain=1.4)".
    #[arg(long, value_name = "NAME")]
    init: Option<Init>,

    /// Folder for the picture, mnist.svg and mnist.png.
    #[arg(long, value_name = "DIR", default_value = "mnist-out")]
    out: PathBuf,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let files = Files::prepare_or_exit(&args.out, "mnist", Args::command());
    exit_status(run(&args, &files, &mut io::stdout().lock()))
}

fn run(args: &Args, files: &Files, stdout: &mut impl Write) -> Result<(), Box<dyn Error>> {
    let began = Instant::now();
    let (seed, epochs) = (args.seed, usize::from(args.epochs));

    let digits = Split::load()?;
    writeln!(
        stdout,
        "A 784–100–100–10 ReLU network, trained on {} digits of MNIST and tested on {} others.\n\
         Plain SGD, batch size {BATCH}, learning rate {RATE}, {epochs} epochs, seed {seed}.\n",
        digits.train.len(),
        digits.test.len(),
    )?;

    let starts: Vec<Start> = Start::FIVE.into_iter().chain(args.init.map(Start::chosen)).collect();
    let runs = train_all(&starts, &digits, seed, epochs)?;
    writeln!(
        stdout,
        "Before the first step, over the training images\n{}\n",
        report::at_step_0(&runs)
    )?;
    writeln!(stdout, "Training loss and test accuracy by epoch\n{}\n", report::by_epoch(&runs))?;
    writeln!(stdout, "Summary of the {} starts\n{}\n", count(&runs), report::summary(&runs))?;

    let depths = starts.iter().map(|&start| Depth::measure(start, &digits.test, seed));
    let depths = depths.collect::<Result<Vec<_>, _>>()?;
    picture::picture(&runs, &depths, seed).save(files)?;
    writeln!(
        stdout,
        "Picture: {} and {}\n{:.1} s",
        files.svg.display(),
        files.png.display(),
        began.elapsed().as_secs_f64(),
    )?;
    Ok(())
}

/// Returns the number of starts in words.
fn count(runs: &[Run]) -> &'static str {
    if runs.len() == Start::FIVE.len() { "five" } else { "six" }
}

/// Trains the starts one after another, each with a progress bar. Indicatif draws the bar only if stderr
/// is a terminal.
fn train_all(
    starts: &[Start],
    digits: &Split,
    seed: u64,
    epochs: usize,
) -> Result<Vec<Run>, Box<dyn Error>> {
    let style = ProgressStyle::with_template("{prefix:18} {bar:40} {pos:>5}/{len} steps {msg}")?;
    let mut runs = Vec::new();
    for &start in starts {
        let bar = ProgressBar::new(steps(digits, epochs) as u64).with_style(style.clone());
        bar.set_prefix(start.name());
        runs.push(train(start, digits, seed, epochs, &bar)?);
        bar.finish();
    }
    Ok(runs)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn parse(arguments: &[&str]) -> Result<Args, clap::Error> {
        Args::try_parse_from([&["mnist"], arguments].concat())
    }

    #[test]
    fn the_command_line_has_its_defaults() {
        Args::command().debug_assert();
        let args = parse(&[]).unwrap();
        assert_eq!((args.seed, args.epochs, args.init), (42, 10, None));
        let args = parse(&["--init", "glorot_uniform(gain=2)"]).unwrap();
        assert_eq!(args.init, Some(Init::xavier_uniform().gain(2.0)));
        assert_eq!(args.out, PathBuf::from("mnist-out"));
    }

    #[test]
    fn a_wrong_value_is_refused_with_exit_status_2() {
        for wrong in [
            ["--seed", "-1"],
            ["--seed", "18446744073709551616"],
            ["--seed", "x"],
            ["--epochs", "0"],
            ["--epochs", "-3"],
            ["--epochs", "1001"],
            ["--epochs", "2.5"],
            ["--out", ""],
            ["--rate", "1"],
            ["--init", "he_norml"],
            ["--init", "normal"],
        ] {
            let error = parse(&wrong).unwrap_err();
            assert_eq!(error.exit_code(), 2, "{wrong:?}");
            assert!(error.to_string().contains(wrong[0]), "{error}");
        }
        assert_eq!(parse(&["--help"]).unwrap_err().exit_code(), 0);
    }

    #[test]
    fn an_unknown_scheme_suggests_similar_ones() {
        let error = parse(&["--init", "he_norml"]).unwrap_err().to_string();
        assert!(error.contains("he_normal"), "{error}");
    }

    /// Runs with these arguments and one epoch in a temporary folder. Returns the tables and the SVG.
    fn short_run(name: &str, init: Option<Init>) -> Result<(String, String), Box<dyn Error>> {
        let out = std::env::temp_dir().join(format!("mnist-{}-{name}", std::process::id()));
        let files = Files::prepare(&out, "mnist")?;
        let args = Args { seed: 1, epochs: 1, init, out: out.clone() };
        let mut stdout = Vec::new();
        let done = run(&args, &files, &mut stdout);
        let svg = fs::read_to_string(&files.svg)?;
        fs::remove_dir_all(&out)?;
        done?;
        let stdout = String::from_utf8(stdout)?;
        assert!(stdout.contains(files.svg.to_str().unwrap()), "{stdout}");
        assert!(stdout.contains(files.png.to_str().unwrap()), "{stdout}");
        Ok((stdout, svg))
    }

    #[test]
    fn a_scheme_for_convolutions_is_an_error() {
        let error = short_run("dirac", Some(Init::dirac())).unwrap_err();
        assert!(error.to_string().contains("rank too low"), "{error}");
    }

    #[test]
    fn every_start_is_in_each_table_and_in_the_legend() {
        let init = Init::sparse(0.5, 0.1);
        let (stdout, svg) = short_run("sparse", Some(init)).unwrap();
        for start in Start::FIVE.into_iter().chain([Start::chosen(init)]) {
            assert_eq!(stdout.matches(start.name()).count(), 3, "{}", start.name());
            assert!(svg.contains(start.name()), "{}", start.name());
        }
    }
}
