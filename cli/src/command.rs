//! The command line: arguments, progress, tables, exit codes.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use clap::{Args, Parser, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use safetensors::Dtype;
use weight_init::{Distribution, Tensor};

use crate::{
    Error, Fill, Format, Names, Network, PictureFormat, Pictures, Summary, TensorFile, Verify,
    fill::check_used, picture::short,
};

/// The exit code if a file differs from its plan.
const DIFFERENT: u8 = 1;

/// The exit code if a command can't be carried out. Clap's for wrong arguments is the same.
const FAILED: u8 = 2;

/// The exit code after Ctrl-C, as that of a program that the signal ends.
const INTERRUPTED: u8 = 130;

/// Starting weights of neural networks in .safetensors files: the same bits on every machine.
#[derive(Debug, Parser)]
#[command(name = "weight-init", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write a network's starting weights to a file.
    Fill(FillArguments),
    /// Compare a file with a plan: every bit with --seed, the statistics without.
    ///
    /// Exit code 0: all tensors are as planned. 1: some differ. 2: the comparison could not be made.
    Verify(VerifyArguments),
    /// Print mean, std, min, max, zeros and NaNs of each tensor in a file.
    Stats(StatsArguments),
    /// Print the tensors of a plan with their shapes and distributions.
    List(ListArguments),
}

#[derive(Args, Debug)]
struct FillArguments {
    /// The network.
    plan: PathBuf,
    /// The seed of the network's streams.
    #[arg(long)]
    seed: u64,
    /// The file to write.
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// The number format of all tensors.
    #[arg(long, value_enum, default_value = "f32")]
    format: Format,
    /// The share of each tensor's values that may saturate with --format i8.
    #[arg(long, value_name = "SHARE", default_value = "0.0001", value_parser = share)]
    saturate: f32,
    /// Replace the file if it exists.
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    common: Common,
}

#[derive(Args, Debug)]
struct VerifyArguments {
    /// The network.
    plan: PathBuf,
    /// The file to read.
    file: PathBuf,
    /// The seed that the file's values should have.
    #[arg(long)]
    seed: Option<u64>,
    /// Accept tensors that the plan does not have.
    #[arg(long)]
    allow_extra: bool,
    #[command(flatten)]
    common: Common,
}

#[derive(Args, Debug)]
struct StatsArguments {
    /// The file to read.
    file: PathBuf,
    /// Draw a histogram of each tensor into this folder.
    #[arg(long, value_name = "FOLDER")]
    plot: Option<PathBuf>,
    /// The kind of the histograms' files.
    #[arg(long, value_enum, default_value = "svg", requires = "plot")]
    plot_format: PictureFormat,
    #[command(flatten)]
    common: Common,
}

#[derive(Args, Debug)]
struct ListArguments {
    /// The network.
    plan: PathBuf,
    #[command(flatten)]
    common: Common,
}

#[derive(Args, Debug)]
struct Common {
    /// Only tensors with these names, separated by commas. A * stands for any characters.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    names: Vec<String>,
    /// Print errors and differences only.
    #[arg(short, long)]
    quiet: bool,
}

impl Common {
    fn names(&self) -> Names {
        // Spaces after the commas are for the reader.
        Names::new(self.names.iter().map(|name| name.trim().to_owned()))
    }
}

/// Parses a share of values.
fn share(text: &str) -> Result<f32, String> {
    let share: f32 = text.parse().map_err(|_| "expected a number such as 0.0001".to_owned())?;
    if (0.0..=1.0).contains(&share) { Ok(share) } else { Err("expected 0 to 1".to_owned()) }
}

/// Runs the program with the arguments of the process, and returns its exit code.
#[must_use]
pub fn main() -> ExitCode {
    let Arguments { command } = Arguments::parse();
    let interrupted = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&interrupted);
    // Without a handler, an interrupted program leaves its temporary file, and all else is the same.
    ctrlc::set_handler(move || flag.store(true, Ordering::Relaxed)).ok();
    let result = match command {
        Command::Fill(arguments) => arguments.run(&interrupted),
        Command::Verify(arguments) => arguments.run(&interrupted),
        Command::Stats(arguments) => arguments.run(&interrupted),
        Command::List(arguments) => arguments.run(),
    };
    match result {
        Ok(code) => code.into(),
        // The reader of a pipe has seen enough, as `head` has.
        Err(Error::Io(_, error)) if error.kind() == io::ErrorKind::BrokenPipe => 0.into(),
        Err(error) => {
            eprintln!("error: {error}");
            match error {
                Error::Interrupted => INTERRUPTED,
                _ => FAILED,
            }
            .into()
        }
    }
}

/// Reads the network of a plan's file.
fn read(path: &Path) -> Result<Network, Error> {
    let text = fs::read_to_string(path).map_err(|error| Error::Io(path.into(), error))?;
    Network::parse(&text).map_err(|error| Error::Plan(path.into(), error))
}

/// Prints a line to the standard output.
fn print(line: &str) -> Result<(), Error> {
    writeln!(io::stdout(), "{}", line.trim_end())
        .map_err(|error| Error::Io("standard output".into(), error))
}

/// Returns a bar of bytes on the standard error, which is hidden unless that is a terminal.
fn bar(quiet: bool) -> ProgressBar {
    if quiet {
        return ProgressBar::hidden();
    }
    let template = "{bar:40} {bytes} of {total_bytes}, {binary_bytes_per_sec}, {eta} left";
    let style = ProgressStyle::with_template(template);
    ProgressBar::new(0).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// Returns a number of bytes as text.
fn size(bytes: u64) -> String {
    match bytes {
        1_000_000_000.. => format!("{:.2} GB", bytes as f64 / 1e9),
        1_000_000.. => format!("{:.2} MB", bytes as f64 / 1e6),
        1_000.. => format!("{:.2} kB", bytes as f64 / 1e3),
        _ => format!("{bytes} bytes"),
    }
}

impl FillArguments {
    fn run(self, interrupted: &AtomicBool) -> Result<u8, Error> {
        let network = read(&self.plan)?;
        let plan = network.plan().map_err(|error| Error::Plan(self.plan.clone(), error))?;
        let fill = Fill {
            seed: self.seed,
            format: self.format,
            share: self.saturate,
            names: self.common.names(),
            replaces: self.force,
        };
        let bar = bar(self.common.quiet);
        let start = Instant::now();
        let written = fill.run(&plan, &self.output, interrupted, |written, total| {
            bar.set_length(total);
            bar.set_position(written);
        });
        bar.finish_and_clear();
        let written = written?;
        if !self.common.quiet {
            let seconds = start.elapsed().as_secs_f64();
            print(&format!(
                "{}: {} in {seconds:.2} s, {}/s",
                self.output.display(),
                size(written),
                size((written as f64 / seconds.max(1e-9)) as u64),
            ))?;
        }
        Ok(0)
    }
}

impl VerifyArguments {
    fn run(self, interrupted: &AtomicBool) -> Result<u8, Error> {
        let network = read(&self.plan)?;
        let plan = network.plan().map_err(|error| Error::Plan(self.plan.clone(), error))?;
        let file = TensorFile::open(&self.file)?;
        let verify =
            Verify { seed: self.seed, names: self.common.names(), allows_extra: self.allow_extra };
        let bar = bar(self.common.quiet);
        let verdicts = verify.run(&plan, &file, interrupted, |compared, total| {
            bar.set_length(total);
            bar.set_position(compared);
        });
        bar.finish_and_clear();
        let verdicts = verdicts?;
        if !self.common.quiet
            && let Some(seed) = file.seed()
        {
            match self.seed {
                Some(given) if given == seed => {}
                Some(_) => print(&format!("the file says seed {seed}"))?,
                None => {
                    print(&format!("the file says seed {seed}; --seed {seed} compares every bit"))?
                }
            }
        }
        let width = verdicts.iter().map(|verdict| verdict.name.chars().count()).max().unwrap_or(0);
        let same = if self.seed.is_some() {
            "the bits of the seed"
        } else {
            "the statistics of the scheme"
        };
        for verdict in &verdicts {
            match &verdict.difference {
                Some(difference) => print(&format!("DIFF  {:width$}  {difference}", verdict.name))?,
                None if !self.common.quiet => {
                    print(&format!("ok    {:width$}  {same}", verdict.name))?
                }
                None => {}
            }
        }
        let differing = verdicts.iter().filter(|verdict| verdict.difference.is_some()).count();
        if !self.common.quiet {
            print(&format!("{differing} of {} tensors differ", verdicts.len()))?;
        }
        Ok(if differing == 0 { 0 } else { DIFFERENT })
    }
}

impl StatsArguments {
    fn run(self, interrupted: &AtomicBool) -> Result<u8, Error> {
        let file = TensorFile::open(&self.file)?;
        let names = self.common.names();
        check_used(&names, file.tensors().map(|tensor| tensor.name))?;
        let pictures = self.plot.as_deref().map(|folder| Pictures::new(folder, self.plot_format));
        let mut pictures = pictures.transpose()?;
        let chosen = file.tensors().filter(|tensor| names.contain(tensor.name));
        let width = chosen.clone().map(|tensor| tensor.name.chars().count()).max().unwrap_or(0);
        let row = |name: &str, [dtype, len, mean, std, min, max, zeros, nan, dims]: [&str; 9]| {
            print(&format!(
                "{name:width$}  {dtype:5} {len:>12} {mean:>11} {std:>11} {min:>11} {max:>11} {zeros:>10} {nan:>7}  {dims}"
            ))
        };
        if !self.common.quiet {
            row("", ["", "values", "mean", "std", "min", "max", "zeros", "NaN/inf", "shape"])?;
        }
        for tensor in chosen {
            if interrupted.load(Ordering::Relaxed) {
                return Err(Error::Interrupted);
            }
            let (dtype, dims) = (tensor.dtype.to_string(), format!("{:?}", tensor.dims));
            let Some(summary) = tensor.summary() else {
                row(tensor.name, [&dtype, "", "", "", "", "", "", "", &dims])?;
                continue;
            };
            let Summary { len, nan, infinite, zeros, mean, std, min, max } = summary;
            let [mean, std, min, max] = [mean, std, min, max].map(short);
            let [len, zeros, nan] = [len, zeros, nan + infinite].map(|count| count.to_string());
            let is_raw = tensor.dtype == Dtype::I8 && tensor.quantization.is_none();
            let dims = if is_raw { format!("{dims}  raw integers, without a scale") } else { dims };
            row(tensor.name, [&dtype, &len, &mean, &std, &min, &max, &zeros, &nan, &dims])?;
            if let Some(pictures) = &mut pictures
                && let Some(histogram) = tensor.histogram(&summary)
            {
                pictures.draw(tensor.name, &summary, &histogram)?;
            }
        }
        Ok(0)
    }
}

impl ListArguments {
    fn run(self) -> Result<u8, Error> {
        let network = read(&self.plan)?;
        let plan = network.plan().map_err(|error| Error::Plan(self.plan.clone(), error))?;
        let names = self.common.names();
        let all: Vec<_> = plan.tensors().iter().map(|tensor| tensor.name().to_string()).collect();
        check_used(&names, all.iter().map(String::as_str))?;
        let chosen = plan.tensors().iter().zip(&all).filter(|(_, name)| names.contain(name));
        let chosen: Vec<_> = chosen.collect();
        let width = chosen.iter().map(|(_, name)| name.chars().count()).max().unwrap_or(0);
        let in_name_only = network.truncated_in_name_only();
        let mut values = 0;
        for (tensor, name) in &chosen {
            let dims =
                tensor.shape().dims().map_err(|error| Error::Tensor((*name).clone(), error))?;
            let dims = format!("{:?}", &*dims);
            let is_normal = matches!(tensor.distribution(), Some(Distribution::Normal { .. }));
            let note = if is_normal && in_name_only.contains(*name) {
                ", truncated farther away than any value lies"
            } else {
                ""
            };
            print(&format!("{name:width$}  {dims:20}  {}{note}", describe(tensor)))?;
            values += tensor.range().len();
        }
        if !self.common.quiet {
            print(&format!("{} tensors, {values} values", chosen.len()))?;
        }
        Ok(0)
    }
}

/// Returns what a tensor's values are drawn from.
fn describe(tensor: &Tensor<'_>) -> String {
    use Distribution::{Constant, Normal, TruncatedNormal, Uniform};
    match tensor.distribution() {
        Some(Constant { value }) => format!("constant {value}"),
        Some(Normal { mean, std }) => format!("normal, mean {mean}, std {std}"),
        Some(TruncatedNormal { mean, std, cut }) => {
            let when = if cut.is_std_before() { "before" } else { "after" };
            let sigmas = cut.sigmas();
            format!("truncated normal, mean {mean}, std {std} {when} the cut at ±{sigmas} σ")
        }
        Some(Uniform { low, high }) => format!("uniform from {low} to {high}"),
        _ => "structured".to_owned(),
    }
}
