//! Reading small files without trusting what they are: those of a repository, and configuration.
//!
//! A FIFO in the place of `.git/config` would hang whoever opens it, a device would never end. So every file is
//! opened without waiting, asked what it is, and read up to a bound.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::path::Path;

/// Opens `path` if it is a regular file, or a symbolic link to one; never waits for a writer.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, libc::O_NONBLOCK | libc::O_NOCTTY);
    // A device may do things when it is opened, so the first question is asked before that.
    if !std::fs::metadata(path)?.is_file() {
        return Err(irregular());
    }
    let file = options.open(path)?;
    if !file.metadata()?.is_file() {
        return Err(irregular());
    }
    Ok(file)
}

fn irregular() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file")
}

/// The content of `path`, `None` if there is no such file.
///
/// # Errors
/// Anything but a regular file, a file above `limit` bytes, and whatever reading says.
pub(crate) fn read(path: &Path, limit: u64) -> io::Result<Option<Vec<u8>>> {
    let file = match open(path) {
        Ok(file) => file,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    content(&file, limit).map(Some)
}

/// What is left to read of an open file.
///
/// # Errors
/// More than `limit` bytes, and whatever reading says.
pub(crate) fn content(file: &File, limit: u64) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    file.take(limit + 1).read_to_end(&mut content)?;
    if content.len() as u64 > limit {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, format!("it is larger than {limit} bytes")));
    }
    Ok(content)
}

/// Bounds for the files of a repository, generous for what git writes.
pub(crate) mod limit {
    /// A loose ref, HEAD, a gitfile, a path in a file.
    pub(crate) const REF: u64 = 64 << 10;
    /// Configuration, alternates, a list of commits.
    pub(crate) const LIST: u64 = 64 << 20;
    /// Packed refs, reflogs and tables of refs: 100,000 refs take some 7 MB.
    pub(crate) const LOG: u64 = 1 << 30;
}
