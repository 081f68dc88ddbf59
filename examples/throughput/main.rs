//! How fast each backend fills, beside `rand_distr` on xoshiro256++ and beside memset.
//!
//! ```text
//! cargo run --release --example throughput
//! ```
//!
//! A table goes to stdout for each distribution (with `--json` all figures as JSON), progress to
//! stderr, and a picture into a folder. Compare within one run only. With more threads:
//!
//! ```text
//! cargo run --release --features rayon --example throughput -- --threads 2
//! ```
//!
//! ```text
//! fills ──► measure ──┬──► report   (tables, JSON)
//!                     └──► picture  (SVG, PNG; on an axis)
//! ```

mod axis;
mod fills;
mod machine;
mod measure;
mod picture;
mod report;

use std::{
    error::Error,
    fs::{self, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{CommandFactory, Parser, error::ErrorKind, value_parser};
use indicatif::{ProgressBar, ProgressStyle};
use weight_init::Backend;

use crate::{
    fills::{Filler, Law, Threads},
    machine::Machine,
    measure::{ROUNDS, Row, measure},
    report::{Report, thousands},
};

/// Measures how fast each backend fills, beside rand_distr and beside memset.
#[derive(Debug, Parser)]
#[command(name = "throughput")]
struct Args {
    /// How many values a slice has, 1 to 2^30 each.
    #[arg(long, value_name = "N,N,…", value_delimiter = ',', allow_negative_numbers = true)]
    #[arg(default_value = "64,1000,4096,262144,16777216")]
    #[arg(value_parser = value_parser!(u32).range(1..=1 << 30))]
    sizes: Vec<u32>,

    /// How many threads share a fill, 1 to 256: more than one only with the default backend, and
    /// with cargo's `--features rayon`.
    #[arg(long, value_name = "N", default_value = "1", allow_negative_numbers = true)]
    #[arg(value_parser = threads)]
    threads: usize,

    /// The only backend to measure [default: all that this machine has].
    #[arg(long, value_name = "NAME", value_parser = backend)]
    backend: Option<Backend>,

    /// Prints JSON and no tables.
    #[arg(long)]
    json: bool,

    /// The folder for the picture: throughput.svg and throughput.png.
    #[arg(long, value_name = "DIR", default_value = "throughput-out")]
    out: PathBuf,
}

impl Args {
    /// Ascending, each once: as the picture wants them.
    fn sizes(&self) -> Vec<usize> {
        let mut sizes: Vec<_> = self.sizes.iter().map(|&size| size as usize).collect();
        sizes.sort_unstable();
        sizes.dedup();
        sizes
    }

    /// Whom to measure, or why not.
    fn fillers(&self) -> Result<Vec<Filler>, String> {
        let default = Backend::detect();
        let backends = match self.backend {
            Some(backend) if self.threads > 1 && backend != default => {
                return Err(format!(
                    "more than one thread (--threads) works with the default backend only, which \
                     is {default} here"
                ));
            }
            Some(backend) => vec![backend],
            None if self.threads > 1 => vec![default],
            None => Backend::available().collect(),
        };
        let backends = backends.into_iter().map(Filler::Backend);
        Ok(backends.chain([Filler::RandDistr, Filler::Memset]).collect())
    }
}

fn threads(argument: &str) -> Result<usize, String> {
    match argument.parse() {
        Ok(n @ 2..=256) if !cfg!(feature = "rayon") => {
            Err(format!("{n} threads need cargo's `--features rayon`, before the `--`"))
        }
        Ok(n @ 1..=256) => Ok(n),
        _ => Err("not a number from 1 to 256".to_owned()),
    }
}

fn backend(name: &str) -> Result<Backend, String> {
    Backend::available().find(|backend| backend.name() == name).ok_or_else(|| {
        let names: Vec<_> = Backend::available().map(Backend::name).collect();
        format!("available here: {}", names.join(", "))
    })
}

/// Where the picture goes.
struct Outputs {
    svg: PathBuf,
    png: PathBuf,
}

impl Outputs {
    /// Makes the folder, and makes sure before the measuring that both files can be written.
    fn prepare(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let outputs =
            Self { svg: folder.join("throughput.svg"), png: folder.join("throughput.png") };
        for path in [&outputs.svg, &outputs.png] {
            // Appending nothing leaves the last run's picture as it is, should this run be stopped.
            OpenOptions::new().append(true).create(true).open(path)?;
        }
        Ok(outputs)
    }
}

fn main() -> ExitCode {
    let args = Args::parse();
    let refuse = |kind, message| -> ! { Args::command().error(kind, message).exit() };
    let fillers =
        args.fillers().unwrap_or_else(|message| refuse(ErrorKind::ArgumentConflict, message));
    let outputs = Outputs::prepare(&args.out).unwrap_or_else(|error| {
        let message = format!("can't write to '{}' (--out): {error}", args.out.display());
        refuse(ErrorKind::ValueValidation, message)
    });
    match run(&args, &fillers, &outputs, &mut io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(
    args: &Args,
    fillers: &[Filler],
    outputs: &Outputs,
    stdout: &mut impl Write,
) -> Result<(), Box<dyn Error>> {
    if cfg!(debug_assertions) {
        eprintln!("warning: these are not the figures of a release build: add `--release`");
    }
    let machine = Machine::this();
    let threads = match args.threads {
        1 => "one thread".to_owned(),
        n => format!("{n} threads"),
    };
    let rows = measure_all(&Threads::new(args.threads)?, &args.sizes(), fillers)?;
    let title = format!("Filling a slice of f32 on {threads} ({})", machine.cpu());
    picture::draw(&title, &rows, &outputs.svg, &outputs.png)?;
    let pictures = format!("Picture: {} and {}", outputs.svg.display(), outputs.png.display());

    if args.json {
        serde_json::to_writer_pretty(&mut *stdout, &Report::new(&machine, args.threads, &rows))?;
        writeln!(stdout)?;
        eprintln!("{pictures}");
        return Ok(());
    }
    writeln!(stdout, "{title}. Medians of {ROUNDS} rounds.\n")?;
    for law in Law::ALL {
        writeln!(stdout, "{}\n{}\n", law.name(), report::table(law, &rows))?;
    }
    writeln!(stdout, "{pictures}")?;
    Ok(())
}

/// All sizes of both distributions, with a progress bar if a person is watching: indicatif draws
/// none where stderr is no terminal. It moves between two timings only.
fn measure_all(
    threads: &Threads,
    sizes: &[usize],
    fillers: &[Filler],
) -> Result<Vec<Row>, Box<dyn Error>> {
    let style = ProgressStyle::with_template("{msg:30} {bar:40} {percent:>3} %")?;
    let timings = Law::ALL.len() * sizes.len() * fillers.len() * (ROUNDS + 1);
    let bar = ProgressBar::new(timings as u64).with_style(style);
    let mut rows = Vec::new();
    for law in Law::ALL {
        for &size in sizes {
            bar.set_message(format!("{}, {} values", law.name(), thousands(size)));
            rows.extend(measure(threads, law, size, fillers, || bar.inc(1))?);
        }
    }
    bar.finish_and_clear();
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Result<Args, clap::Error> {
        Args::try_parse_from([&["throughput"], arguments].concat())
    }

    #[test]
    fn the_command_line_is_sound_and_has_its_defaults() {
        Args::command().debug_assert();
        let args = parse(&[]).unwrap();
        assert_eq!(args.sizes(), [64, 1_000, 4_096, 262_144, 16_777_216]);
        assert_eq!((args.threads, args.backend, args.json), (1, None, false));
        assert_eq!(args.out, Path::new("throughput-out"));
        assert_eq!(args.fillers().unwrap().len(), Backend::available().count() + 2);
    }

    #[test]
    fn sizes_are_sorted_and_backends_found_by_name() {
        let args = parse(&["--sizes", "1000,64,1073741824,64", "--backend", "portable"]).unwrap();
        assert_eq!(args.sizes(), [64, 1_000, 1 << 30]);
        let fillers = [Filler::Backend(Backend::PORTABLE), Filler::RandDistr, Filler::Memset];
        assert_eq!(args.fillers().unwrap(), fillers);
    }

    #[test]
    fn a_wrong_value_is_refused_with_exit_status_2() {
        for wrong in [
            ["--sizes", "0"],
            ["--sizes", "64,0"],
            ["--sizes", "64,,128"],
            ["--sizes", ""],
            ["--sizes", "-1"],
            ["--sizes", "1e3"],
            ["--sizes", "1073741825"],
            ["--threads", "0"],
            ["--threads", "-1"],
            ["--threads", "257"],
            ["--threads", "x"],
            ["--backend", "sse"],
            ["--out", ""],
            ["--seed", "1"],
        ] {
            let error = parse(&wrong).unwrap_err();
            assert_eq!(error.exit_code(), 2, "{wrong:?}");
            assert!(error.to_string().contains(wrong[0]), "{error}");
        }
        let unknown = parse(&["--backend", "sse"]).unwrap_err().to_string();
        assert!(Backend::available().all(|backend| unknown.contains(backend.name())), "{unknown}");
        assert_eq!(parse(&["--help"]).unwrap_err().exit_code(), 0);
    }

    #[test]
    fn threads_need_the_feature_and_the_default_backend() {
        let two = parse(&["--threads", "2"]);
        if !cfg!(feature = "rayon") {
            let error = two.unwrap_err();
            assert_eq!(error.exit_code(), 2);
            assert!(error.to_string().contains("--features rayon"), "{error}");
            return;
        }
        let default = Filler::Backend(Backend::detect());
        let fillers = [default, Filler::RandDistr, Filler::Memset];
        assert_eq!(two.unwrap().fillers().unwrap(), fillers);
        let portable = parse(&["--threads", "2", "--backend", "portable"]).unwrap();
        assert_eq!(portable.fillers().is_err(), Backend::detect() != Backend::PORTABLE);
    }

    #[test]
    fn a_short_run_writes_tables_or_json_and_both_pictures() {
        let out = std::env::temp_dir().join(format!("throughput-example-{}", std::process::id()));
        let outputs = Outputs::prepare(&out).unwrap();
        let mut args = parse(&["--sizes", "100", "--backend", "portable"]).unwrap();
        let [tables, json] = [false, true].map(|json| {
            args.json = json;
            let mut stdout = Vec::new();
            run(&args, &args.fillers().unwrap(), &outputs, &mut stdout).unwrap();
            String::from_utf8(stdout).unwrap()
        });
        let (svg, png) =
            (fs::read_to_string(&outputs.svg).unwrap(), fs::read(&outputs.png).unwrap());
        fs::remove_dir_all(&out).unwrap();

        let last = tables.trim_end().lines().last().unwrap();
        assert!(last.contains(outputs.svg.to_str().unwrap()), "{last}");
        assert!(last.contains(outputs.png.to_str().unwrap()), "{last}");
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(json["results"].as_array().unwrap().len(), 6);
        for law in Law::ALL {
            assert!(tables.contains(law.name()) && svg.contains(law.name()), "{law:?}");
        }
        assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"));
        assert!(png.starts_with(b"\x89PNG"));
    }
}
