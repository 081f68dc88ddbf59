//! Five ways to start the same network, on real digits.
//!
//! ```text
//! cargo run --release --example mnist
//! cargo run --release --example mnist -- --init "orthogonal(gain=1.4142)"
//! ```
//!
//! A 784–100–100–10 network is trained five times, with the same batches in the same order, and
//! nothing changes but the scale of its first weights. Then the same five scales go down a network
//! of 20 layers, which no training follows. Tables go to stdout, progress to stderr, and a picture
//! of it all into a folder. `--init` adds a sixth start, with any scheme by name.
//!
//! ```text
//! data ──► network ──► training ──► report   (tables)
//!             ▲   └──► depth ──┬──► panels ──► picture   (SVG, PNG)
//!          starts
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
    fs::{self, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
    time::Instant,
};

use clap::{CommandFactory, Parser, error::ErrorKind, value_parser};
use indicatif::{ProgressBar, ProgressStyle};
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
    /// Where the weights and the order of the batches come from.
    #[arg(long, default_value_t = 42, allow_negative_numbers = true)]
    seed: u64,

    /// How often each start sees the 4,000 training images, 1 to 1000.
    #[arg(long, default_value_t = 10, allow_negative_numbers = true)]
    #[arg(value_parser = value_parser!(u16).range(1..=1000))]
    epochs: u16,

    /// One more start: a scheme by name, such as he_uniform, glorot_normal or "orthogonal(gain=1.4)".
    #[arg(long, value_name = "NAME")]
    init: Option<Init>,

    /// The folder for the picture: mnist.svg and mnist.png.
    #[arg(long, value_name = "DIR", default_value = "mnist-out")]
    out: PathBuf,
}

/// Where the picture goes.
struct Outputs {
    svg: PathBuf,
    png: PathBuf,
}

impl Outputs {
    /// Makes the folder, and makes sure before the training that both files can be written.
    fn prepare(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let outputs = Self { svg: folder.join("mnist.svg"), png: folder.join("mnist.png") };
        for path in [&outputs.svg, &outputs.png] {
            // Appending nothing leaves the last run's picture as it is, should this run be stopped.
            OpenOptions::new().append(true).create(true).open(path)?;
        }
        Ok(outputs)
    }
}

fn main() -> ExitCode {
    let args = Args::parse();
    let outputs = Outputs::prepare(&args.out).unwrap_or_else(|error| {
        let message = format!("can't write to '{}' (--out): {error}", args.out.display());
        Args::command().error(ErrorKind::ValueValidation, message).exit()
    });
    match run(&args, &outputs, &mut io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args, outputs: &Outputs, stdout: &mut impl Write) -> Result<(), Box<dyn Error>> {
    let began = Instant::now();
    let (seed, epochs) = (args.seed, usize::from(args.epochs));

    let digits = Split::load()?;
    writeln!(
        stdout,
        "A 784–100–100–10 network under ReLU, on {} digits of MNIST; {} held out.\n\
         Plain SGD: batches of {BATCH}, learning rate {RATE}. Epochs: {epochs}. Seed: {seed}.\n",
        digits.train.len(),
        digits.test.len(),
    )?;

    let starts: Vec<Start> = Start::FIVE.into_iter().chain(args.init.map(Start::chosen)).collect();
    let runs = train_all(&starts, &digits, seed, epochs)?;
    writeln!(stdout, "At step 0, over the training images\n{}\n", report::at_step_0(&runs))?;
    writeln!(stdout, "Training loss and test accuracy by epoch\n{}\n", report::by_epoch(&runs))?;
    writeln!(stdout, "The {} starts at a glance\n{}\n", count(&runs), report::summary(&runs))?;

    let depths = starts.iter().map(|&start| Depth::measure(start, &digits.test, seed));
    let depths = depths.collect::<Result<Vec<_>, _>>()?;
    picture::draw(&runs, &depths, seed, &outputs.svg, &outputs.png)?;
    writeln!(
        stdout,
        "Picture: {} and {}\n{:.1} s",
        outputs.svg.display(),
        outputs.png.display(),
        began.elapsed().as_secs_f64(),
    )?;
    Ok(())
}

fn count(runs: &[Run]) -> &'static str {
    if runs.len() == 5 { "five" } else { "six" }
}

/// Trains the starts one after the other, with a progress bar for each if a person is
/// watching: indicatif draws none where stderr is no terminal.
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
    use super::*;

    fn parse(arguments: &[&str]) -> Result<Args, clap::Error> {
        Args::try_parse_from([&["mnist"], arguments].concat())
    }

    #[test]
    fn the_command_line_is_sound_and_has_its_defaults() {
        Args::command().debug_assert();
        let args = parse(&[]).unwrap();
        assert_eq!((args.seed, args.epochs, args.init), (42, 10, None));
        let args = parse(&["--init", "glorot_uniform(gain=2)"]).unwrap();
        assert_eq!(args.init, Some(Init::xavier_uniform().gain(2.0)));
        assert_eq!(args.out, Path::new("mnist-out"));
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
    fn an_unknown_scheme_brings_the_near_ones() {
        let error = parse(&["--init", "he_norml"]).unwrap_err().to_string();
        assert!(error.contains("he_normal"), "{error}");
    }

    /// A convolution's, which no dense layer can have.
    #[test]
    fn a_scheme_that_does_not_fit_is_an_error() {
        let out = std::env::temp_dir().join(format!("mnist-example-{}-init", std::process::id()));
        let outputs = Outputs::prepare(&out).unwrap();
        let args = Args { seed: 1, epochs: 1, init: Some(Init::dirac()), out: out.clone() };
        let error = run(&args, &outputs, &mut Vec::new()).unwrap_err();
        fs::remove_dir_all(&out).unwrap();
        assert!(error.to_string().contains("rank too low"), "{error}");
    }

    #[test]
    fn a_folder_that_cannot_be_is_found_out_at_once() {
        let file = std::env::temp_dir().join(format!("mnist-example-{}", std::process::id()));
        fs::write(&file, "a file").unwrap();
        let refused = Outputs::prepare(&file.join("folder"));
        fs::remove_file(&file).unwrap();
        assert!(refused.is_err());
    }

    #[test]
    fn a_short_run_writes_the_tables_and_both_pictures() {
        let out = std::env::temp_dir().join(format!("mnist-example-{}-out", std::process::id()));
        let outputs = Outputs::prepare(&out).unwrap();
        let init = Some(Init::sparse(0.5, 0.1));
        let args = Args { seed: 1, epochs: 1, init, out: out.clone() };
        let mut stdout = Vec::new();
        run(&args, &outputs, &mut stdout).unwrap();
        let (svg, png) =
            (fs::read_to_string(&outputs.svg).unwrap(), fs::read(&outputs.png).unwrap());
        fs::remove_dir_all(&out).unwrap();

        let stdout = String::from_utf8(stdout).unwrap();
        for start in Start::FIVE.into_iter().chain(init.map(Start::chosen)) {
            assert_eq!(
                stdout.matches(start.name()).count(),
                3,
                "{}: a place in each table",
                start.name()
            );
            assert!(svg.contains(start.name()), "{}: a place in the legend", start.name());
        }
        assert!(stdout.contains(outputs.svg.to_str().unwrap()));
        assert!(stdout.contains(outputs.png.to_str().unwrap()));
        assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"));
        assert!(png.starts_with(b"\x89PNG"));
    }
}
