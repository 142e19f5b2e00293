//! Where the parts of a repository are: discovery upwards, gitfiles, linked worktrees, bare repositories.
//!
//! Done here and not by gix, because nothing may be opened before it is known to be a regular file, and because the
//! owner of a folder must not decide how much of it is read.

use super::{Environment, path_from_bytes};
use crate::error::{Error, Result};
use crate::regular::{self, limit};
use std::path::{Path, PathBuf};

/// The folders of a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// Holds HEAD and the index; for a linked worktree a folder of its own.
    pub git_dir: PathBuf,
    /// Holds objects, refs and the configuration.
    pub common_dir: PathBuf,
    /// Where the files are checked out; none for a bare repository.
    pub work_tree: Option<PathBuf>,
}

/// Finds the repository that `start` is in, or that `environment` names.
///
/// # Errors
/// [`Error::Repository`] if there is none, or if one of its files is not what it has to be.
pub fn discover(start: &Path, environment: &Environment) -> Result<Layout> {
    let mut layout = match &environment.git_dir {
        Some(git_dir) => {
            let git_dir = resolve_gitfile(git_dir)?.unwrap_or_else(|| git_dir.clone());
            let work_tree = (git_dir.file_name() == Some(".git".as_ref())).then(|| git_dir.join(".."));
            at(&git_dir, work_tree, environment)?.ok_or_else(|| {
                Error::Repository(format!("GIT_DIR is {}, which is not a git repository", git_dir.display()))
            })?
        }
        None => upwards(start, environment)?,
    };
    if let Some(common_dir) = &environment.common_dir {
        layout.common_dir = common_dir.clone();
    }
    Ok(layout)
}

fn upwards(start: &Path, environment: &Environment) -> Result<Layout> {
    let nothing_here = |why: &dyn std::fmt::Display| {
        Error::Repository(format!(
            "{}: {why}. Name a folder inside a git repository; `keysift scan` searches files without one",
            start.display()
        ))
    };
    let real = std::fs::canonicalize(start).map_err(|error| nothing_here(&error))?;
    if real.is_file()
        && let Some(git_dir) = resolve_gitfile(&real)?
    {
        let work_tree = real.parent().map(Path::to_owned);
        return at(&git_dir, work_tree, environment)?.ok_or_else(|| nothing_here(&"no git repository"));
    }
    for folder in real.ancestors() {
        let dot_git = folder.join(".git");
        if let Some(git_dir) = resolve_gitfile(&dot_git)? {
            return at(&git_dir, Some(folder.to_owned()), environment)?.ok_or_else(|| {
                Error::Repository(format!(
                    "{} points to {}, which is not a git repository. `git worktree repair` may help",
                    dot_git.display(),
                    git_dir.display()
                ))
            });
        }
        if let Some(layout) = at(&dot_git, Some(folder.to_owned()), environment)? {
            return Ok(layout);
        }
        let work_tree = (folder.file_name() == Some(".git".as_ref())).then(|| folder.parent()).flatten();
        if let Some(layout) = at(folder, work_tree.map(Path::to_owned), environment)? {
            return Ok(layout);
        }
    }
    Err(nothing_here(&"no git repository here or in any folder above"))
}

/// Where the gitfile `path` points to; `None` if it is a folder or absent.
fn resolve_gitfile(path: &Path) -> Result<Option<PathBuf>> {
    match std::fs::metadata(path) {
        Ok(metadata) if !metadata.is_dir() => {}
        _ => return Ok(None),
    }
    let broken = |why: &dyn std::fmt::Display| Error::Repository(format!("cannot read {}: {why}", path.display()));
    let content = regular::read(path, limit::REF).map_err(|error| broken(&error))?.unwrap_or_default();
    let target = content
        .strip_prefix(b"gitdir:")
        .ok_or_else(|| broken(&"it is a file that names no git directory. Name a repository, or a folder in one"))?;
    let folder = path.parent().unwrap_or(Path::new(""));
    Ok(Some(folder.join(path_from_bytes(target.trim_ascii()))))
}

/// The repository whose git directory is `git_dir`, if it is one: HEAD, objects and refs are there.
fn at(git_dir: &Path, work_tree: Option<PathBuf>, environment: &Environment) -> Result<Option<Layout>> {
    let head = git_dir.join("HEAD");
    match std::fs::symlink_metadata(&head) {
        Err(_) => return Ok(None),
        Ok(metadata) if metadata.is_symlink() || metadata.is_file() => {}
        Ok(_) if !git_dir.join("objects").is_dir() => return Ok(None),
        Ok(_) => return Err(Error::Repository(format!("{} is not a regular file", head.display()))),
    }
    let file = git_dir.join("commondir");
    let common_dir = match regular::read(&file, limit::REF) {
        Ok(None) => git_dir.to_owned(),
        Ok(Some(content)) => git_dir.join(path_from_bytes(content.trim_ascii())),
        Err(error) => return Err(Error::Repository(format!("cannot read {}: {error}", file.display()))),
    };
    let objects = environment.object_directory.clone().unwrap_or_else(|| common_dir.join("objects"));
    if !objects.is_dir() || !common_dir.join("refs").is_dir() {
        return Ok(None);
    }
    Ok(Some(Layout { git_dir: git_dir.to_owned(), common_dir, work_tree }))
}
