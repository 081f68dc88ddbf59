//! The files of a picture, and how a program ends.

use std::{
    error::Error,
    fs::{self, OpenOptions},
    io,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Command, error::ErrorKind};

/// The two files of a picture.
pub struct Files {
    pub svg: PathBuf,
    pub png: PathBuf,
}

impl Files {
    /// Creates the folder, and checks that both files can be written, so that a long run doesn't fail
    /// at its end.
    pub fn prepare(folder: &Path, name: &str) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let file = |extension| folder.join(name).with_extension(extension);
        let files = Self { svg: file("svg"), png: file("png") };
        for path in [&files.svg, &files.png] {
            // Opened for appending, so that an interrupted run leaves an earlier picture as it was.
            OpenOptions::new().append(true).create(true).open(path)?;
        }
        Ok(files)
    }

    /// Like [`prepare`](Self::prepare) for the folder given as `--out`. On an error, reports it as a wrong
    /// argument of `command` and exits.
    pub fn prepare_or_exit(folder: &Path, name: &str, mut command: Command) -> Self {
        Self::prepare(folder, name).unwrap_or_else(|error| {
            let message = format!("can't write to '{}' (--out): {error}", folder.display());
            command.error(ErrorKind::ValueValidation, message).exit()
        })
    }
}

/// Returns the exit status of a program, and prints its error if it failed.
pub fn exit_status(result: Result<(), Box<dyn Error>>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn temporary(name: &str) -> PathBuf {
        std::env::temp_dir().join(format!("output-{}-{name}", std::process::id()))
    }

    #[test]
    fn preparing_keeps_an_earlier_picture() {
        let folder = temporary("earlier");
        let files = Files::prepare(&folder, "plot").unwrap();
        assert_eq!((&files.svg, &files.png), (&folder.join("plot.svg"), &folder.join("plot.png")));
        fs::write(&files.svg, "earlier").unwrap();
        Files::prepare(&folder, "plot").unwrap();
        let kept = fs::read_to_string(&files.svg).unwrap();
        fs::remove_dir_all(&folder).unwrap();
        assert_eq!(kept, "earlier");
    }

    #[test]
    fn a_folder_that_cannot_exist_is_an_error() {
        let file = temporary("file");
        fs::write(&file, "a file").unwrap();
        let refused = Files::prepare(&file.join("folder"), "plot");
        fs::remove_file(&file).unwrap();
        assert!(refused.is_err());
    }
}
