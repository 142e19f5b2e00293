//! What git would not track: .gitignore files of a repository, and the tracked files that they do not concern.
//!
//! The matching is the `ignore` crate's; its walker is not used, because it opens whatever is called .gitignore, a FIFO
//! too, and knows nothing of tracked files.

use crate::error::{Gap, GapKind};
use crate::regular;
use crate::scanner::Limits;
use crate::source::index;
use crate::source::parts::Parts;
use crate::source::repo::{Environment, Repo, path_from_bytes, path_to_bytes};
use gix::bstr::ByteSlice;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// A .gitignore is read up to this size, in bytes.
const IGNORE_FILE: u64 = 16 << 20;

/// What applies in one folder of a repository's work tree.
#[derive(Clone)]
pub(super) struct Ignores {
    repository: Arc<Repository>,
    /// The innermost rules.
    level: Option<Arc<Level>>,
    /// The folder, relative to the work tree's top.
    folder: PathBuf,
}

struct Repository {
    repo: Repo,
    tracked: OnceLock<Result<Option<gix::index::File>, String>>,
}

struct Level {
    above: Option<Arc<Level>>,
    rules: Gitignore,
    /// How many components the folder of these rules has below the top.
    depth: usize,
}

impl Ignores {
    /// For the top of a work tree, `folder`; none if its `.git` is no repository's.
    pub(super) fn at_top(folder: &Path, limits: &Limits) -> Option<Self> {
        let folder = std::fs::canonicalize(if folder.as_os_str().is_empty() { Path::new(".") } else { folder }).ok()?;
        let repo = open(&folder, limits).filter(|repo| repo.layout().work_tree.as_deref() == Some(&folder))?;
        Some(Self::of(repo))
    }

    /// For a folder below the top of a work tree that is not searched from its top.
    pub(super) fn below_top(folder: &Path, limits: &Limits) -> Option<Self> {
        let folder = std::fs::canonicalize(folder).ok()?;
        let repo = open(&folder, limits)?;
        let top = repo.layout().work_tree.clone()?;
        let git_dir = std::fs::canonicalize(&repo.layout().git_dir).ok()?;
        let inside = folder.strip_prefix(&top).ok()?;
        if inside.as_os_str().is_empty() || folder.starts_with(git_dir) {
            return None;
        }
        let mut ignores = Self::of(repo);
        let mut above = top;
        for name in inside {
            ignores.add_file(&above);
            ignores = ignores.enter(name);
            above.push(name);
        }
        Some(ignores)
    }

    fn of(repo: Repo) -> Self {
        let exclude = repo.layout().common_dir.join("info/exclude");
        let mut ignores = Self {
            repository: Arc::new(Repository { repo, tracked: OnceLock::new() }),
            level: None,
            folder: PathBuf::new(),
        };
        ignores.add(&exclude);
        ignores
    }

    /// Takes the rules of the `.gitignore` in `folder`, which is the folder this is for. A link is not followed, as in
    /// git.
    pub(super) fn add_file(&mut self, folder: &Path) {
        let path = folder.join(".gitignore");
        if path.symlink_metadata().is_ok_and(|metadata| metadata.is_file()) {
            self.add(&path);
        }
    }

    fn add(&mut self, path: &Path) {
        let Ok(Some(content)) = regular::read(path, IGNORE_FILE) else { return };
        let mut builder = GitignoreBuilder::new("");
        for line in content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&content).lines() {
            // A line that is no valid pattern ignores nothing.
            let _ = builder.add_line(None, &line.to_str_lossy());
        }
        if let Ok(rules) = builder.build()
            && !rules.is_empty()
        {
            let depth = self.folder.components().count();
            self.level = Some(Arc::new(Level { above: self.level.take(), rules, depth }));
        }
    }

    /// How to take apart what lies here.
    pub(super) fn parts(&self) -> &Parts {
        self.repository.repo.parts()
    }

    /// The same for the folder `name` in this one.
    pub(super) fn enter(&self, name: &OsStr) -> Self {
        Self { folder: self.folder.join(name), ..self.clone() }
    }

    /// Whether the rules say to leave `name` out; the innermost that says something decides.
    pub(super) fn matches(&self, name: &OsStr, is_folder: bool) -> bool {
        let mut level = self.level.as_deref();
        if level.is_none() {
            return false;
        }
        let path = self.folder.join(name);
        while let Some(rules) = level {
            let mut components = path.components();
            components.by_ref().take(rules.depth).for_each(drop);
            let matched = rules.rules.matched(components.as_path(), is_folder);
            if !matched.is_none() {
                return matched.is_ignore();
            }
            level = rules.above.as_deref();
        }
        false
    }

    /// Whether the file `name` is in the index.
    pub(super) fn is_tracked(&self, name: &OsStr) -> bool {
        let path = path_to_bytes(&self.folder.join(name));
        self.index().is_some_and(|index| index.entry_by_path(path.as_bstr()).is_some())
    }

    /// All tracked files below the folder `name`, relative to this folder.
    pub(super) fn tracked_below(&self, name: &OsStr) -> Vec<PathBuf> {
        let mut prefix = path_to_bytes(&self.folder.join(name));
        prefix.push(b'/');
        let own = prefix.len() - path_to_bytes(Path::new(name)).len() - 1;
        let Some(index) = self.index() else { return Vec::new() };
        let entries = index.prefixed_entries(prefix.as_bstr()).unwrap_or_default();
        let mut paths: Vec<_> = entries.iter().map(|entry| path_from_bytes(&entry.path(index)[own..])).collect();
        // The stages of a conflict are one file.
        paths.dedup();
        paths
    }

    fn index(&self) -> Option<&gix::index::File> {
        let tracked = self.repository.tracked.get_or_init(|| index::read(&self.repository.repo));
        tracked.as_ref().ok()?.as_ref()
    }

    /// The gap if it cannot be told which files are tracked, and something was ignored.
    pub(super) fn gap(&self) -> Option<Gap> {
        let why = self.repository.tracked.get()?.as_ref().err()?;
        Some(Gap {
            kind: GapKind::File,
            what: self.repository.repo.index_path().display().to_string(),
            why: format!("{why}; tracked files that .gitignore names were left out"),
        })
    }
}

fn open(folder: &Path, limits: &Limits) -> Option<Repo> {
    Repo::open(folder, &Environment::default(), limits).ok()
}
