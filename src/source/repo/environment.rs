//! What git's environment variables say about a repository, as plain data.
//!
//! Hooks are handed a temporary index, a git directory, and in `pre-receive` a quarantine of objects. The library reads
//! no environment itself: the command line passes a way to look variables up.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

/// The variables that keysift honours. All relative paths are relative to the current directory, as git has it.
///
/// They belong to the repository that git started the program in: leave them empty for a repository that the user
/// named otherwise.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Environment {
    /// `GIT_DIR`
    pub git_dir: Option<PathBuf>,
    /// `GIT_COMMON_DIR`
    pub common_dir: Option<PathBuf>,
    /// `GIT_INDEX_FILE`
    pub index_file: Option<PathBuf>,
    /// `GIT_OBJECT_DIRECTORY`
    pub object_directory: Option<PathBuf>,
    /// `GIT_ALTERNATE_OBJECT_DIRECTORIES`
    pub alternate_object_directories: Vec<PathBuf>,
    /// `GIT_SHALLOW_FILE`
    pub shallow_file: Option<PathBuf>,
}

impl Environment {
    /// Takes the variables from `lookup`, usually `std::env::var_os`.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<OsString>) -> Self {
        let path = |name: &str| lookup(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        Self {
            git_dir: path("GIT_DIR"),
            common_dir: path("GIT_COMMON_DIR"),
            index_file: path("GIT_INDEX_FILE"),
            object_directory: path("GIT_OBJECT_DIRECTORY"),
            alternate_object_directories: lookup("GIT_ALTERNATE_OBJECT_DIRECTORIES")
                .map(|list| split(&list))
                .unwrap_or_default(),
            shallow_file: path("GIT_SHALLOW_FILE"),
        }
    }
}

/// Splits a list of paths as git does: by the platform's separator, an entry that begins with a double quote is
/// C-quoted.
fn split(list: &OsStr) -> Vec<PathBuf> {
    let separator = if cfg!(windows) { b';' } else { b':' };
    let mut rest = list.as_encoded_bytes();
    let mut paths = Vec::new();
    while !rest.is_empty() {
        let quoted = rest.starts_with(b"\"").then(|| gix::quote::ansi_c::undo(rest.into()).ok()).flatten();
        let (entry, consumed) = match quoted {
            Some((entry, consumed)) => (entry.to_vec(), consumed),
            None => {
                let end = memchr::memchr(separator, rest).unwrap_or(rest.len());
                (rest[..end].to_vec(), end)
            }
        };
        rest = &rest[(consumed + 1).min(rest.len())..];
        if !entry.is_empty() {
            paths.push(super::path_from_bytes(&entry));
        }
    }
    paths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_alternates_is_split_as_git_does() {
        let paths = split(OsStr::new("/one:\"/t\\167o\":::/three"));
        assert_eq!(paths, ["/one", "/two", "/three"].map(PathBuf::from));
    }

    #[test]
    fn an_empty_variable_is_none() {
        let environment = Environment::from_lookup(|_| Some(OsString::new()));
        assert_eq!(environment, Environment::default());
    }
}
