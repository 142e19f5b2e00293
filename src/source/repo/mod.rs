//! A git repository of any shape, read without trusting it: nothing in it is run, nothing is written, nobody's home
//! folder is looked at, and replace refs and grafts do not hide anything.
//!
//! | file | what |
//! |---|---|
//! | `environment` | git's variables as data |
//! | `layout` | discovery, gitfiles, linked worktrees |
//! | `format` | the configuration, so far as reading depends on it |
//! | `directories` | object directories with all alternates |
//! | `objects` | an object by its id |
//! | `refs` | names of objects, as files or in reftables |
//! | `reflog`, `shallow` | where history begins and ends |

mod directories;
mod environment;
mod format;
mod layout;
mod objects;
mod reflog;
mod refs;
mod shallow;

pub use environment::Environment;
pub use format::{Format, RefStorage};
pub use layout::Layout;
pub use objects::{Objects, ReadError, Reader};
pub use reflog::When;
pub use refs::{Head, Reference, ReferenceKind, References, Value, reftable};

use crate::error::{Gap, GapKind, Result};
use crate::origin::Oid;
use crate::scanner::Limits;
use crate::source::lfs::Store;
use crate::source::parts::Parts;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// An open repository. Shared by all threads; objects are read through a [`Reader`] for each.
pub struct Repo {
    layout: Layout,
    format: Format,
    environment: Environment,
    objects: Objects,
    parts: Parts,
    /// What opening found missing.
    gaps: Vec<Gap>,
}

impl Repo {
    /// Opens the repository that `start` is in: a work tree, a folder in it, a git directory, a linked worktree, a bare
    /// repository. No pack and no ref is opened yet.
    ///
    /// # Errors
    /// [`crate::error::Error::Repository`] if there is none, or none that keysift can read.
    pub fn open(start: &Path, environment: &Environment, limits: &Limits) -> Result<Self> {
        let layout = layout::discover(start, environment)?;
        let mut format = Format::read(&layout.common_dir)?;
        let mut gaps = std::mem::take(&mut format.gaps);
        let (folders, missing) = directories::find(&layout, environment);
        gaps.extend(missing);
        let objects = Objects::new(folders, format.hash, limits.max_content);
        // Where objects are borrowed from, content that git LFS keeps is borrowed too.
        let beside = |objects: &PathBuf| objects.parent().map(|folder| folder.join("lfs/objects"));
        let named = format.lfs_storage.iter().map(|storage| layout.common_dir.join(storage).join("objects"));
        let stores = named.chain(objects.directories().iter().filter_map(beside)).collect();
        let store = Arc::new(Store::new(stores, limits.max_content));
        let parts = Parts { max_unpacked: limits.max_unpacked, store };
        Ok(Self { layout, format, environment: environment.clone(), objects, parts, gaps })
    }

    /// How to take its blobs apart.
    pub(crate) fn parts(&self) -> &Parts {
        &self.parts
    }

    /// SHA-1 or SHA-256.
    pub fn hash(&self) -> gix::hash::Kind {
        self.format.hash
    }

    /// Where its parts are.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// What its configuration says about reading it.
    pub fn format(&self) -> &Format {
        &self.format
    }

    /// The variables that it was opened with.
    pub fn environment(&self) -> &Environment {
        &self.environment
    }

    /// The index file, which may not exist.
    pub fn index_path(&self) -> PathBuf {
        self.environment.index_file.clone().unwrap_or_else(|| self.layout.git_dir.join("index"))
    }

    /// Object directories, the repository's own first, then all alternates; each exists, is absolute and occurs once.
    pub fn object_directories(&self) -> &[PathBuf] {
        self.objects.directories()
    }

    /// Objects by id.
    pub fn objects(&self) -> &Objects {
        &self.objects
    }

    /// What opening found missing, and what reading objects found since (damaged packs).
    pub fn gaps(&self) -> Vec<Gap> {
        let mut gaps = self.gaps.clone();
        gaps.extend(self.objects.gaps());
        gaps
    }

    /// All refs, the HEAD of every worktree, and what else names objects; with what could not be read.
    pub fn references(&self) -> References {
        refs::all(&self.layout, &self.format)
    }

    /// The object that a ref names, by any of the short names that git allows; `None` if there is no such ref.
    ///
    /// # Errors
    /// The gap, if there is one that cannot be read.
    pub fn find_reference(&self, name: &str) -> std::result::Result<Option<Oid>, Gap> {
        refs::find(&self.layout, &self.format, name)
    }

    /// What a ref was, by its reflog; without a name the branch that is checked out. `None` if there is no such log, or
    /// if it does not go so far back.
    ///
    /// # Errors
    /// The gap, if the ref or its log cannot be read.
    pub fn find_logged(&self, name: &str, when: When) -> std::result::Result<Option<Oid>, Gap> {
        reflog::was(&self.layout, &self.format, name, when)
    }

    /// What HEAD of this worktree names.
    pub fn head(&self) -> Head {
        refs::head(&self.layout, &self.format)
    }

    /// The commit HEAD names, if it names one.
    pub fn head_id(&self) -> Option<Oid> {
        match self.head() {
            Head::At(id) => Some(id),
            Head::Unborn | Head::Unreadable(_) => None,
        }
    }

    /// The commit that HEAD's first parents lead back to. None without commits, and where a shallow clone or damage
    /// cuts the way: a boundary that two clones do not share identifies no repository.
    pub fn root_commit(&self) -> Option<Oid> {
        let shallow = self.shallow().0;
        let mut reader = self.objects().reader();
        let mut content = Vec::new();
        let mut id = self.head_id()?;
        loop {
            reader.read_kind(&id, gix::objs::Kind::Commit, &mut content).ok()?;
            match gix::objs::CommitRefIter::from_bytes(&content, self.hash()).parent_ids().next() {
                Some(_) if shallow.binary_search(&id).is_ok() => return None,
                Some(parent) => id = parent,
                None => return Some(id),
            }
        }
    }

    /// All ids that stand in reflogs, old and new ones, sorted, each once; with what could not be read.
    pub fn reflog_ids(&self) -> (Vec<Oid>, Vec<Gap>) {
        reflog::ids(&self.layout, &self.format)
    }

    /// Calls `found` with the path of each reflog within git's folder and its text, in which ids are blanked; returns
    /// what could not be read.
    pub fn reflog_texts(&self, found: &mut dyn FnMut(&[u8], &[u8])) -> Vec<Gap> {
        reflog::texts(&self.layout, &self.format, found)
    }

    /// The commits whose parents a shallow clone lacks, sorted; a gap names them if there are any.
    pub fn shallow(&self) -> (Vec<Oid>, Option<Gap>) {
        shallow::boundary(&self.layout, &self.environment, self.format.hash)
    }

    /// The gap for `id`, which could not be read because of `error`.
    pub fn object_gap(&self, id: Oid, error: &ReadError) -> Gap {
        let (kind, why) = match (error, &self.format.promisor) {
            (ReadError::Missing, Some(remote)) => (
                GapKind::History,
                format!(
                    "not here: this is a partial clone of \"{remote}\"; `git fetch --refetch --no-filter` gets it all"
                ),
            ),
            (ReadError::Missing, None) => (GapKind::Object, "missing; `git fsck` says what else is".into()),
            (ReadError::TooLarge { size, limit }, _) => {
                (GapKind::Limit, format!("{size} bytes, above the limit of {limit}"))
            }
            (ReadError::Damaged(why), _) => (GapKind::Object, why.clone()),
        };
        Gap { kind, what: id.to_string(), why }
    }
}

/// A path from bytes as git stores them.
pub(crate) fn path_from_bytes(bytes: &[u8]) -> PathBuf {
    #[cfg(unix)]
    return PathBuf::from(<std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(bytes));
    #[cfg(not(unix))]
    return PathBuf::from(String::from_utf8_lossy(bytes).into_owned());
}

/// The bytes of a path as git would store them, with slashes.
pub(crate) fn path_to_bytes(path: &Path) -> Vec<u8> {
    #[cfg(unix)]
    return std::os::unix::ffi::OsStrExt::as_bytes(path.as_os_str()).to_vec();
    #[cfg(not(unix))]
    return path.to_string_lossy().replace('\\', "/").into_bytes();
}
