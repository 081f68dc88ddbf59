//! A file that has its name only when it is complete.

use std::{
    ffi::OsString,
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    process,
};

use crate::error::Error;

/// A file under a temporary name, beside the one that it will become. It is removed unless it is
/// [`finished`](Self::finish).
pub(crate) struct NewFile {
    file: File,
    temporary: PathBuf,
    path: PathBuf,
    replaces: bool,
}

impl NewFile {
    /// Creates the file. An existing file of the final name is an error unless the new one may replace it.
    pub(crate) fn create(path: &Path, replaces: bool) -> Result<Self, Error> {
        if path.is_dir() {
            let message = "is a folder, and the output is a file in one";
            let error = io::Error::new(io::ErrorKind::IsADirectory, message);
            return Err(Error::Io(path.into(), error));
        }
        check(path, replaces)?;
        let Some(name) = path.file_name() else {
            let error = io::Error::new(io::ErrorKind::InvalidFilename, "the path has no file name");
            return Err(Error::Io(path.into(), error));
        };
        // The number keeps two runs at the same time apart.
        let mut hidden = OsString::from(".");
        hidden.push(name);
        hidden.push(format!(".{}.part", process::id()));
        let temporary = path.with_file_name(hidden);
        let file = OpenOptions::new().write(true).create_new(true).open(&temporary);
        let file = file.map_err(|error| match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() && !folder.is_dir() => {
                let message = "there is no such folder";
                Error::Io(folder.into(), io::Error::new(io::ErrorKind::NotFound, message))
            }
            _ => Error::Io(path.into(), error),
        })?;
        Ok(Self { file, temporary, path: path.into(), replaces })
    }

    /// Writes the next bytes.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.file.write_all(bytes).map_err(|error| Error::Io(self.path.clone(), error))
    }

    /// Waits until the bytes are on the disk, and gives the file its name.
    pub(crate) fn finish(self) -> Result<(), Error> {
        // Otherwise a power cut could leave a file of the final name without its bytes.
        self.file.sync_all().map_err(|error| Error::Io(self.path.clone(), error))?;
        check(&self.path, self.replaces)?;
        let renamed = fs::rename(&self.temporary, &self.path);
        renamed.map_err(|error| Error::Io(self.path.clone(), error))
    }
}

/// Returns an error if a file exists that may not be replaced.
fn check(path: &Path, replaces: bool) -> Result<(), Error> {
    match path.symlink_metadata() {
        Ok(_) if !replaces => Err(Error::Exists(path.into())),
        _ => Ok(()),
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        // After `finish` there is no file of this name.
        fs::remove_file(&self.temporary).ok();
    }
}
