//! Draws the pictures of `docs/performance.md` from the records in `benches/records`.
//!
//! ```text
//! cargo run -p pictures -- benches/records/<record>.json --out docs         peers, threads
//! cargo run -p pictures -- benches/records/stages-<record>.csv --out docs   stages
//! cargo run -p pictures -- benches/records/parts-<record>.csv --out docs    parts
//! ```
//!
//! ```text
//! record (JSON of benches/peers/run.py) ──► systems ──┬──► peers     (SVG, PNG)
//!                                                     └──► threads   (SVG, PNG)
//! stages, parts (CSV)                                                (SVG, PNG)
//! ```

mod parts;
mod peers;
mod record;
mod stages;
mod systems;
mod threads;

use std::{error::Error, fs, path::PathBuf, process::ExitCode};

use clap::Parser;
use output::{Files, Picture, exit_status};

use crate::record::Record;

/// Draws the pictures of docs/performance.md from a record.
#[derive(Parser)]
#[command(name = "pictures")]
struct Args {
    /// Record of benches/peers/run.py (JSON), or of the stages of a fill or the parts of a tensor (CSV).
    record: PathBuf,

    /// Folder for the pictures, each as SVG and PNG.
    #[arg(long, value_name = "DIR", default_value = "pictures-out")]
    out: PathBuf,
}

fn main() -> ExitCode {
    exit_status(run(&Args::parse()))
}

fn run(args: &Args) -> Result<(), Box<dyn Error>> {
    // All pictures of the record before any file is touched.
    for (name, picture) in pictures(args)? {
        let files = Files::prepare(&args.out, name)
            .map_err(|error| format!("can't write to '{}' (--out): {error}", args.out.display()))?;
        picture.save(&files)?;
        println!("{} and {}", files.svg.display(), files.png.display());
    }
    Ok(())
}

/// Returns the pictures of the record, each with the name of its files.
fn pictures(args: &Args) -> Result<Vec<(&'static str, Picture)>, String> {
    let path = args.record.display();
    let text = fs::read_to_string(&args.record)
        .map_err(|error| format!("can't read '{path}': {error}"))?;
    let name = args.record.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    let pictures = if name.starts_with("stages-") {
        stages::picture(&text).map(|picture| vec![("stages", picture)])
    } else if name.starts_with("parts-") {
        parts::picture(&text).map(|picture| vec![("parts", picture)])
    } else {
        Record::read(&text).and_then(|record| {
            Ok(vec![("peers", peers::picture(&record)?), ("threads", threads::picture(&record)?)])
        })
    };
    pictures.map_err(|message| format!("'{path}': {message}"))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn committed(name: &str) -> Args {
        let records = Path::new(env!("CARGO_MANIFEST_DIR")).join("../records");
        Args { record: records.join(name), out: PathBuf::new() }
    }

    #[test]
    fn every_committed_record_has_its_pictures() {
        let names = |record: &str| {
            let pictures = pictures(&committed(record)).unwrap();
            pictures.into_iter().map(|(name, _)| name).collect::<Vec<_>>()
        };
        let mut records = 0;
        for entry in fs::read_dir(committed("").record).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            if name.ends_with(".json") {
                assert_eq!(names(&name), ["peers", "threads"], "{name}");
                records += 1;
            } else if let Some(picture) = ["stages", "parts"]
                .into_iter()
                .find(|picture| name.starts_with(&format!("{picture}-")))
            {
                assert_eq!(names(&name), [picture], "{name}");
                records += 1;
            }
        }
        assert!(records >= 4, "{records}");
    }

    #[test]
    fn a_missing_file_is_named() {
        let message = pictures(&committed("missing.json")).err().unwrap();
        assert!(message.starts_with("can't read '"), "{message}");
        assert!(message.contains("missing.json"), "{message}");
    }

    #[test]
    fn a_file_that_is_no_record_is_named() {
        let mut args = committed("");
        args.record = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
        let message = pictures(&args).err().unwrap();
        assert!(message.contains("Cargo.toml': not a record of benches/peers/run.py"), "{message}");
    }
}
