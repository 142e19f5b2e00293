//! Where a report goes: standard output, or a file that is replaced whole or not at all.
//!
//! An old report is worth more than half of a new one. So a report is written to a temporary file beside its target,
//! brought to disk and renamed over it; whatever fails before that leaves the old file as it was. The target is tried
//! before the scan starts, because nobody wants to hear of a typing error after an hour.

use keysift::error::{Error, Result};
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// The place for a report. Made before the scan, used after it.
#[derive(Debug)]
pub enum Output {
    Stdout,
    /// A device, pipe or socket: there is nothing to replace.
    Direct(PathBuf),
    /// A regular file, there already or not.
    File(PathBuf),
}

/// How writing ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    Whole,
    /// The reader went away, as `head` does: no error.
    ReaderGone,
}

impl Output {
    /// Looks at the target `path`, `None` for standard output, and tries whether a file can be made beside it.
    ///
    /// # Errors
    /// A target that is a folder or a dangling link; a folder that is missing or cannot be written to.
    pub fn prepare(path: Option<&Path>) -> Result<Self> {
        let Some(path) = path else { return Ok(Self::Stdout) };
        if STDOUT_NAMES.iter().any(|name| path == Path::new(name)) {
            return Ok(Self::Stdout);
        }
        let Ok(kind) = path.symlink_metadata() else {
            beside(path)?;
            return Ok(Self::File(path.to_path_buf()));
        };
        // A link stays, and what it leads to is replaced.
        let target = if kind.is_symlink() {
            path.canonicalize().map_err(|e| cannot(path, "the symbolic link leads nowhere", e))?
        } else {
            path.to_path_buf()
        };
        let metadata = path.metadata().map_err(|e| cannot(path, "it cannot be looked at", e))?;
        if metadata.is_dir() {
            return Err(Error::usage(format!("cannot write the report to {}: it is a folder", path.display())));
        }
        // Names of open files are written to as they are, even when a regular file is open there.
        if !metadata.is_file() || path.starts_with("/dev") || path.starts_with("/proc") {
            return Ok(Self::Direct(path.to_path_buf()));
        }
        beside(&target)?;
        Ok(Self::File(target))
    }

    /// The file or device that the user named, if it is not standard output.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::Stdout => None,
            Self::Direct(path) | Self::File(path) => Some(path),
        }
    }

    /// Hands `write` a buffered writer and brings everything it wrote to its place.
    ///
    /// # Errors
    /// What went wrong in writing; a file that was there before is then as it was.
    pub fn write(&self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<Written> {
        let (name, result) = match self {
            Self::Stdout => ("standard output".to_string(), buffered(io::stdout().lock(), write)),
            Self::Direct(path) => (path.display().to_string(), to_device(path, write)),
            Self::File(path) => (path.display().to_string(), replace(path, write)),
        };
        match result {
            Ok(()) => Ok(Written::Whole),
            Err(e) if e.kind() == ErrorKind::BrokenPipe => Ok(Written::ReaderGone),
            Err(e) => Err(Error::io(format!("cannot write the report to {name}"), e)),
        }
    }
}

/// Names of this process's standard output. By its device name opened anew, a regular file behind it would be written from its start.
const STDOUT_NAMES: [&str; 4] = ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"];

fn buffered(to: impl Write, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut to = BufWriter::with_capacity(64 << 10, to);
    write(&mut to)?;
    to.flush()
}

fn to_device(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    buffered(OpenOptions::new().append(true).open(path)?, write)
}

fn replace(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let temporary = temporary(path)?;
    buffered(temporary.as_file(), write)?;
    temporary.as_file().sync_all()?;
    temporary.persist(path).map_err(|e| e.error)?;
    // The report is whole and in its place; a folder that cannot be synced (some network file systems) changes nothing.
    if let Ok(folder) = File::open(folder(path)) {
        let _ = folder.sync_all();
    }
    Ok(())
}

/// A new file in the folder of `path`, readable by its owner alone: reports tell of leaks.
fn temporary(path: &Path) -> io::Result<tempfile::NamedTempFile> {
    tempfile::Builder::new().prefix(".keysift-").suffix(".tmp").tempfile_in(folder(path))
}

/// Tries to make a file beside `path` and removes it again: left there, a scan of that folder would find it.
fn beside(path: &Path) -> Result<()> {
    let trial = temporary(path).map_err(|e| match e.kind() {
        ErrorKind::NotFound => {
            Error::usage(format!("cannot write the report to {}: there is no such folder", path.display()))
        }
        _ => cannot(path, "no file can be made in its folder", e),
    })?;
    trial.close().map_err(|e| cannot(path, "no file can be removed in its folder", e))
}

fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

fn cannot(path: &Path, why: &str, source: io::Error) -> Error {
    Error::io(format!("cannot write the report to {}: {why}", path.display()), source)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn names(folder: &Path) -> Vec<String> {
        let mut all: Vec<String> =
            fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect();
        all.sort();
        all
    }

    #[test]
    fn a_failed_write_keeps_the_old_file_and_leaves_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.json");
        fs::write(&path, "old").unwrap();
        let output = Output::prepare(Some(&path)).unwrap();
        let result = output.write(|to| {
            to.write_all(&[b'x'; 1 << 20])?;
            Err(io::Error::from(ErrorKind::StorageFull))
        });
        let text = result.unwrap_err().to_string();
        assert!(text.contains("report.json"), "{text}");
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(names(folder.path()), ["report.json"]);
    }

    #[test]
    fn preparing_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new.json");
        let output = Output::prepare(Some(&path)).unwrap();
        assert!(names(folder.path()).is_empty());
        assert_eq!(output.write(|to| to.write_all(b"{}")).unwrap(), Written::Whole);
        assert_eq!(fs::read(&path).unwrap(), b"{}");
    }

    #[test]
    fn a_folder_or_a_missing_folder_is_refused_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let text = Output::prepare(Some(folder.path())).unwrap_err().to_string();
        assert!(text.ends_with("it is a folder"), "{text}");
        let text = Output::prepare(Some(&folder.path().join("no/report"))).unwrap_err().to_string();
        assert!(text.contains("no such folder"), "{text}");
    }

    #[test]
    fn a_reader_that_left_is_no_error() {
        let folder = tempfile::tempdir().unwrap();
        let output = Output::File(folder.path().join("x"));
        assert_eq!(output.write(|_| Err(ErrorKind::BrokenPipe.into())).unwrap(), Written::ReaderGone);
    }

    #[cfg(unix)]
    #[test]
    fn reports_are_their_owners_and_links_stay() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        fs::write(&file, "old").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        symlink("file", &link).unwrap();
        Output::prepare(Some(&link)).unwrap().write(|to| to.write_all(b"new")).unwrap();
        assert!(link.symlink_metadata().unwrap().is_symlink());
        assert_eq!(fs::read(&file).unwrap(), b"new");
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);

        fs::remove_file(&file).unwrap();
        assert!(Output::prepare(Some(&link)).unwrap_err().to_string().contains("leads nowhere"));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn devices_are_written_to() {
        let full = Output::prepare(Some(Path::new("/dev/full"))).unwrap();
        assert!(matches!(full, Output::Direct(_)));
        assert!(full.write(|to| to.write_all(b"x")).is_err());
        assert!(matches!(Output::prepare(Some(Path::new("/dev/stdout"))).unwrap(), Output::Stdout));
    }
}
