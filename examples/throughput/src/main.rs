//! Measures how fast each backend fills a slice, compared with `rand_distr` on xoshiro256++ and memset.
//!
//! ```text
//! cargo run --release -p throughput
//! cargo run --release -p throughput -- --threads 2
//! ```
//!
//! Tables go to stdout (with `--json` the same figures as JSON), progress to stderr, and a picture to a
//! folder. Compare figures within one run only.
//!
//! ```text
//! fills ──► measure ──┬──► report    (tables, JSON)
//!                     └──► picture   (SVG, PNG)
//! ```

mod fills;
mod machine;
mod measure;
mod picture;
mod report;

use std::{
    error::Error,
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

use clap::{CommandFactory, Parser, error::ErrorKind, value_parser};
use indicatif::{ProgressBar, ProgressStyle};
use output::{Files, exit_status};
use weight_init::Backend;

use crate::{
    fills::{Filler, Law, Threads},
    machine::Machine,
    measure::{ROUNDS, Row, measure},
    report::{Report, thousands},
};

/// Measures how fast each backend fills a slice, compared with rand_distr and memset.
#[derive(Debug, Parser)]
#[command(name = "throughput")]
struct Args {
    /// Numbers of values in the slice, each from 1 to 2^30.
    #[arg(long, value_name = "N,N,…", value_delimiter = ',', allow_negative_numbers = true)]
    #[arg(default_value = "64,1000,4096,262144,16777216")]
    #[arg(value_parser = value_parser!(u32).range(1..=1 << 30))]
    sizes: Vec<u32>,

    /// Number of threads that share a fill, from 1 to 256. More than one thread needs the default backend.
    #[arg(long, value_name = "N", default_value_t = 1, allow_negative_numbers = true)]
    #[arg(value_parser = value_parser!(u16).range(1..=256))]
    threads: u16,

    /// Measures one backend [default: all that this machine has].
    #[arg(long, value_name = "NAME")]
    backend: Option<Backend>,

    /// Prints JSON instead of tables.
    #[arg(long)]
    json: bool,

    /// Folder for the picture, throughput.svg and throughput.png.
    #[arg(long, value_name = "DIR", default_value = "throughput-out")]
    out: PathBuf,
}

impl Args {
    /// Returns the sizes in ascending order without duplicates, as the curves need them.
    fn sizes(&self) -> Vec<usize> {
        let mut sizes: Vec<_> = self.sizes.iter().map(|&size| size as usize).collect();
        sizes.sort_unstable();
        sizes.dedup();
        sizes
    }

    /// Returns the fillers to measure, or why the arguments contradict each other.
    fn fillers(&self) -> Result<Vec<Filler>, String> {
        let default = Backend::detect();
        let backends = match self.backend {
            Some(backend) if self.threads > 1 && backend != default => {
                return Err(format!(
                    "more than one thread (--threads) needs the default backend, which is {default} \
                     on this machine"
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

fn main() -> ExitCode {
    let args = Args::parse();
    let fillers = args.fillers().unwrap_or_else(|message| {
        Args::command().error(ErrorKind::ArgumentConflict, message).exit()
    });
    let files = Files::prepare_or_exit(&args.out, "throughput", Args::command());
    exit_status(run(&args, &fillers, &files, &mut io::stdout().lock()))
}

fn run(
    args: &Args,
    fillers: &[Filler],
    files: &Files,
    stdout: &mut impl Write,
) -> Result<(), Box<dyn Error>> {
    if cfg!(debug_assertions) {
        eprintln!("warning: figures of a debug build; add `--release`");
    }
    let machine = Machine::this();
    let threads = Threads::new(args.threads.into())?;
    let rows = measure_all(&threads, &args.sizes(), fillers)?;
    let on = match threads.number {
        1 => "one thread".to_owned(),
        n => format!("{n} threads"),
    };
    let title = format!("Filling a slice of f32 on {on} ({})", machine.cpu());
    picture::picture(&title, &rows).save(files)?;
    let pictures = format!("Picture: {} and {}", files.svg.display(), files.png.display());

    if args.json {
        serde_json::to_writer_pretty(&mut *stdout, &Report::new(&machine, threads.number, &rows))?;
        writeln!(stdout)?;
        eprintln!("{pictures}");
        return Ok(());
    }
    writeln!(stdout, "{title}. Medians of {ROUNDS} rounds.\n")?;
    for law in Law::ALL {
        writeln!(stdout, "{}\n{}\n", law.name(), report::by_size(law, &rows))?;
    }
    writeln!(stdout, "{pictures}")?;
    Ok(())
}

/// Measures all sizes of both distributions with a progress bar, which moves only between timings.
/// Indicatif draws it only if stderr is a terminal.
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
    use std::fs;

    use super::*;

    fn parse(arguments: &[&str]) -> Result<Args, clap::Error> {
        Args::try_parse_from([&["throughput"], arguments].concat())
    }

    #[test]
    fn the_command_line_has_its_defaults() {
        Args::command().debug_assert();
        let args = parse(&[]).unwrap();
        assert_eq!(args.sizes(), [64, 1_000, 4_096, 262_144, 16_777_216]);
        assert_eq!((args.threads, args.backend, args.json), (1, None, false));
        assert_eq!(args.out, PathBuf::from("throughput-out"));
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
    fn several_threads_need_the_default_backend() {
        let two = parse(&["--threads", "2"]).unwrap();
        let default = Filler::Backend(Backend::detect());
        assert_eq!(two.fillers().unwrap(), [default, Filler::RandDistr, Filler::Memset]);
        let portable = parse(&["--threads", "2", "--backend", "portable"]).unwrap();
        assert_eq!(portable.fillers().is_err(), Backend::detect() != Backend::PORTABLE);
    }

    #[test]
    fn a_short_run_writes_tables_or_json_and_a_picture() {
        let out = std::env::temp_dir().join(format!("throughput-{}", std::process::id()));
        let files = Files::prepare(&out, "throughput").unwrap();
        let mut args = parse(&["--sizes", "100", "--backend", "portable"]).unwrap();
        let [tables, json] = [false, true].map(|json| {
            args.json = json;
            let mut stdout = Vec::new();
            run(&args, &args.fillers().unwrap(), &files, &mut stdout).unwrap();
            String::from_utf8(stdout).unwrap()
        });
        let svg = fs::read_to_string(&files.svg).unwrap();
        fs::remove_dir_all(&out).unwrap();

        let last = tables.trim_end().lines().last().unwrap();
        assert!(last.contains(files.svg.to_str().unwrap()), "{last}");
        assert!(last.contains(files.png.to_str().unwrap()), "{last}");
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(json["results"].as_array().unwrap().len(), 6);
        for law in Law::ALL {
            assert!(tables.contains(law.name()) && svg.contains(law.name()), "{law:?}");
        }
        assert!(svg.contains("portable") && svg.contains("memset"));
    }
}
