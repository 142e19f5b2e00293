//! Errors that end a run, and gaps that do not.
//!
//! An [`Error`] means the run cannot give an answer: wrong usage, no repository, a broken rule file. A [`Gap`] means
//! that the run went on without a part of its input; it is named in the report and makes exit code 3.

use std::path::PathBuf;

/// What ends a run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The user asked for something that cannot be done as asked: exit code 2. The text says what to do.
    #[error("{0}")]
    Usage(String),
    /// A rule file, a configuration or a baseline is wrong: exit code 2. `line` counts from 1; 0 where the file as a
    /// whole is meant.
    #[error("{}:{line}: {message}", file.display())]
    File { file: PathBuf, line: usize, message: String },
    /// The repository cannot be opened or is of a kind that keysift cannot read: exit code 2.
    #[error("{0}")]
    Repository(String),
    /// Reading or writing failed where nothing sensible is left to do: exit code 2.
    #[error("{what}: {source}")]
    Io {
        what: String,
        #[source]
        source: std::io::Error,
    },
}

impl Error {
    /// A usage error from any text.
    pub fn usage(text: impl Into<String>) -> Self {
        Self::Usage(text.into())
    }

    /// An I/O error with what was being done ("write report.json").
    pub fn io(what: impl Into<String>, source: std::io::Error) -> Self {
        Self::Io { what: what.into(), source }
    }
}

/// The library's result.
pub type Result<T> = std::result::Result<T, Error>;

/// A part of the input that was not read, decoded or searched.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Gap {
    /// What sort of thing is missing.
    pub kind: GapKind,
    /// Which one: a path, an object id, a ref name. Lossy UTF-8; may hold hostile bytes, writers escape it.
    pub what: String,
    /// Why, in words a user can act on.
    pub why: String,
}

/// The sorts of gaps, as they stand in the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum GapKind {
    /// A file or folder on disk that could not be opened or read.
    File,
    /// An object that is missing or damaged.
    Object,
    /// A pack or its index that is damaged.
    Pack,
    /// A ref, reflog or ref store that cannot be read.
    Ref,
    /// History that the repository does not hold: a shallow boundary, a partial clone's absent objects.
    History,
    /// Something above a limit: size, findings, time.
    Limit,
    /// A nested repository or submodule that was not entered.
    Nested,
    /// Something about the repository's format that keysift does not know.
    Repository,
    /// The run was interrupted.
    Interrupted,
}
