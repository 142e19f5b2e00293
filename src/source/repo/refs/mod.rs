//! Refs, wherever they are kept: as files or in reftables. One that cannot be read costs itself and nothing else.

mod files;
pub mod reftable;

use super::format::RefStorage;
use super::{Format, Layout};
use crate::error::{Gap, GapKind};
use crate::origin::Oid;
use crate::regular::{self, limit};
use files::Files;
use gix::bstr::{BStr, BString, ByteSlice};
use gix::hash::Kind;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A name and the object that it names, not peeled.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference {
    /// Full name: `refs/heads/main`, `HEAD`, `worktrees/other/HEAD`.
    pub name: BString,
    pub target: Oid,
    pub kind: ReferenceKind,
}

/// The sorts of references.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReferenceKind {
    /// Something below `refs/`.
    Ref,
    /// HEAD of a worktree.
    Head,
    /// What git keeps for a while: `ORIG_HEAD`, `FETCH_HEAD`, the stash of a rebase.
    Pseudo,
}

/// All references, sorted by name, and what could not be read.
#[derive(Debug, Default)]
pub struct References {
    pub all: Vec<Reference>,
    pub gaps: Vec<Gap>,
}

/// What HEAD names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Head {
    /// This object, a commit in a sound repository.
    At(Oid),
    /// A branch without commits.
    Unborn,
    /// Nobody can say.
    Unreadable(Gap),
}

/// What a ref holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    Object(Oid),
    /// The full name of another ref.
    Symbolic(BString),
}

/// A symbolic ref may point to a symbolic ref; git follows so many.
const DEPTH: usize = 5;

/// Files that name objects but are no refs, relative to a worktree's git directory, however refs are kept.
const PSEUDO: [&str; 8] = [
    "AUTO_MERGE",
    "BISECT_EXPECTED_REV",
    "MERGE_AUTOSTASH",
    "NOTES_MERGE_PARTIAL",
    "rebase-apply/autostash",
    "rebase-apply/orig-head",
    "rebase-merge/autostash",
    "rebase-merge/orig-head",
];

/// A way to keep refs.
trait Store {
    /// Adds what one git directory holds; the names of what belongs to a worktree alone begin with `prefix`.
    fn list(&mut self, git_dir: &Path, prefix: &str, listed: &mut Listed);

    /// The value of one ref by its full name, as the worktree of `git_dir` sees it, without listing any other.
    fn lookup(&mut self, git_dir: &Path, name: &BStr) -> Result<Option<Value>, Gap>;

    /// The value of a worktree's HEAD; none if it is unborn without a name.
    fn head(&mut self, git_dir: &Path) -> Result<Option<Value>, Gap>;
}

/// What is below `refs/`, and the rest.
#[derive(Default)]
struct Listed {
    values: BTreeMap<BString, Value>,
    others: Vec<Reference>,
    gaps: Vec<Gap>,
}

fn store<'r>(layout: &'r Layout, format: &Format) -> Result<Box<dyn Store + 'r>, Gap> {
    match &format.refs {
        RefStorage::Files => Ok(Box::new(Files::new(layout, format.hash))),
        RefStorage::Reftable => Ok(Box::new(Reftables { layout, hash: format.hash })),
        RefStorage::Unknown(value) => {
            Err(gap("extensions.refStorage", format!("keysift does not know the place of refs that it names: {value}")))
        }
    }
}

pub(super) fn all(layout: &Layout, format: &Format) -> References {
    let mut listed = Listed::default();
    let mut store = store(layout, format).map_err(|gap| listed.gaps.push(gap)).ok();
    for (git_dir, prefix) in worktrees(layout) {
        if let Some(store) = &mut store {
            store.list(&git_dir, &prefix, &mut listed);
            match head_of(&mut **store, &git_dir) {
                Head::At(target) => {
                    let name = format!("{prefix}HEAD").into();
                    listed.others.push(Reference { name, target, kind: ReferenceKind::Head });
                }
                Head::Unborn => {}
                Head::Unreadable(gap) => listed.gaps.push(gap),
            }
        }
        pseudo(&git_dir, &prefix, format.hash, &mut listed);
    }
    let Listed { values, others: mut all, mut gaps } = listed;
    for (name, value) in &values {
        let mut value = Some(value);
        for _ in 0..DEPTH {
            match value {
                Some(Value::Symbolic(other)) => value = values.get(other),
                _ => break,
            }
        }
        if let Some(Value::Object(target)) = value {
            all.push(Reference { name: name.clone(), target: *target, kind: ReferenceKind::Ref });
        }
    }
    all.sort();
    all.dedup();
    gaps.sort();
    gaps.dedup();
    References { all, gaps }
}

pub(super) fn head(layout: &Layout, format: &Format) -> Head {
    match store(layout, format) {
        Ok(mut store) => head_of(&mut *store, &layout.git_dir),
        Err(gap) => Head::Unreadable(gap),
    }
}

/// Where git looks for a short name, in this order.
const SHORT: [(&str, &str); 6] = [
    ("", ""),
    ("refs/", ""),
    ("refs/tags/", ""),
    ("refs/heads/", ""),
    ("refs/remotes/", ""),
    ("refs/remotes/", "/HEAD"),
];

pub(super) fn find(layout: &Layout, format: &Format, name: &str) -> Result<Option<Oid>, Gap> {
    let mut store = store(layout, format)?;
    for full in full_names(name) {
        match store.lookup(&layout.git_dir, full.as_ref())? {
            Some(Value::Object(id)) => return Ok(Some(id)),
            Some(Value::Symbolic(target)) => {
                return Ok(follow(&mut *store, &layout.git_dir, target)?.map(|(_, id)| id));
            }
            None => {}
        }
    }
    Ok(None)
}

/// What a short name can mean.
fn full_names(name: &str) -> impl Iterator<Item = BString> {
    SHORT.into_iter().map(move |(before, after)| format!("{before}{name}{after}").into()).filter(|full: &BString| {
        // At the top there are HEAD and its like only; everything else there is no ref.
        let is_pseudo = full.bytes().all(|byte| byte == b'_' || byte == b'-' || byte.is_ascii_uppercase());
        (full.starts_with(b"refs/") || is_pseudo) && gix::validate::reference::name_partial(full.as_ref()).is_ok()
    })
}

/// The full names of the refs whose log a short name can mean, in git's order, with the folder that each belongs to: of a
/// symbolic ref its own, then its target's. No name means the branch that is checked out.
pub(super) fn logged(layout: &Layout, format: &Format, name: &str) -> Result<Vec<(PathBuf, BString)>, Gap> {
    let mut store = store(layout, format)?;
    let mut names = Vec::new();
    for full in full_names(if name.is_empty() { "HEAD" } else { name }) {
        let value = store.lookup(&layout.git_dir, full.as_ref())?;
        names.extend(value.is_some().then_some(full));
        if let Some(Value::Symbolic(target)) = value {
            names.extend(follow(&mut *store, &layout.git_dir, target)?.map(|(target, _)| target));
        }
    }
    if name.is_empty() && names.len() > 1 {
        names.remove(0);
    }
    Ok(names.into_iter().map(|name| (place_of(layout, &layout.git_dir, name.as_ref()).to_owned(), name)).collect())
}

fn gap(what: impl Into<String>, why: impl Into<String>) -> Gap {
    Gap { kind: GapKind::Ref, what: what.into(), why: why.into() }
}

/// Every worktree's git directory with the prefix of its names, as git has it.
pub(super) fn worktrees(layout: &Layout) -> Vec<(PathBuf, String)> {
    let here = std::fs::canonicalize(&layout.git_dir).ok();
    let is_here = |folder: &Path| here.is_some() && std::fs::canonicalize(folder).ok() == here;
    let main = &layout.common_dir;
    let mut found = vec![(main.clone(), if is_here(main) { String::new() } else { "main-worktree/".into() })];
    let entries = std::fs::read_dir(main.join("worktrees")).into_iter().flatten().flatten();
    let mut linked: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    linked.sort();
    for folder in linked {
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let prefix = if is_here(&folder) { String::new() } else { format!("worktrees/{name}/") };
        found.push((folder, prefix));
    }
    found
}

/// The git directory that the ref `name` lies in: some belong to a worktree alone.
fn place_of<'p>(layout: &'p Layout, git_dir: &'p Path, name: &BStr) -> &'p Path {
    let of_worktree = ["refs/bisect/", "refs/worktree/", "refs/rewritten/"];
    let own = !name.starts_with(b"refs/") || of_worktree.iter().any(|prefix| name.starts_with_str(prefix));
    if own { git_dir } else { &layout.common_dir }
}

/// What the HEAD of one worktree names in the end.
fn head_of(store: &mut dyn Store, git_dir: &Path) -> Head {
    match store.head(git_dir) {
        Ok(Some(Value::Object(id))) => Head::At(id),
        Ok(Some(Value::Symbolic(name))) => match follow(store, git_dir, name) {
            Ok(Some((_, id))) => Head::At(id),
            Ok(None) => Head::Unborn,
            Err(gap) => Head::Unreadable(gap),
        },
        Ok(None) => Head::Unborn,
        Err(gap) => Head::Unreadable(gap),
    }
}

/// What a symbolic ref to `name` names in the end, and by which ref; `None` if that does not exist.
fn follow(store: &mut dyn Store, git_dir: &Path, name: BString) -> Result<Option<(BString, Oid)>, Gap> {
    let mut next = name.clone();
    for _ in 0..DEPTH {
        if gix::validate::reference::name(next.as_ref()).is_err() || !next.starts_with(b"refs/") {
            return Err(gap(next.to_string(), "another ref points to this, which is no ref"));
        }
        match store.lookup(git_dir, next.as_ref())? {
            Some(Value::Object(id)) => return Ok(Some((next, id))),
            Some(Value::Symbolic(further)) => next = further,
            None => return Ok(None),
        }
    }
    Err(gap(name.to_string(), "its chain of symbolic refs is too long"))
}

/// The object id that `hex` is.
fn id(hex: &[u8], hash: Kind) -> Option<Oid> {
    (hex.len() == hash.len_in_hex()).then(|| Oid::from_hex(hex).ok()).flatten()
}

/// Adds what files beside the refs name.
fn pseudo(git_dir: &Path, prefix: &str, hash: Kind, listed: &mut Listed) {
    let entries = std::fs::read_dir(git_dir).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| name.ends_with("_HEAD") && name.bytes().all(|b| b == b'_' || b.is_ascii_uppercase()))
        .collect();
    names.extend(PSEUDO.iter().map(|name| name.to_string()));
    for name in names {
        let full = BString::from(format!("{prefix}{name}"));
        match regular::read(&git_dir.join(&name), limit::LIST) {
            // FETCH_HEAD and MERGE_HEAD hold one id a line; what is no id (a symbolic ref) names nothing new.
            Ok(content) => {
                let lines = content.unwrap_or_default();
                let ids = lines.lines().filter_map(|line| id(line.get(..hash.len_in_hex())?, hash));
                let kind = ReferenceKind::Pseudo;
                listed.others.extend(ids.map(|target| Reference { name: full.clone(), target, kind }));
            }
            Err(error) => listed.gaps.push(gap(full.to_string(), error.to_string())),
        }
    }
}

/// Refs in reftables: one stack for what all worktrees share, and one for each linked worktree.
struct Reftables<'r> {
    layout: &'r Layout,
    hash: Kind,
}

impl Store for Reftables<'_> {
    fn list(&mut self, git_dir: &Path, prefix: &str, listed: &mut Listed) {
        let stack = match reftable::Stack::open(git_dir, self.hash) {
            Ok(stack) => stack,
            Err(gap) => return listed.gaps.push(gap),
        };
        let (refs, gaps) = stack.refs();
        listed.gaps.extend(gaps);
        let shared = if git_dir == self.layout.common_dir { "" } else { prefix };
        for (name, value) in refs {
            match value {
                value if name.starts_with(b"refs/") => {
                    listed.values.insert([shared.as_bytes(), &name].concat().into(), value);
                }
                Value::Object(target) if name != "HEAD" => {
                    let name = [prefix.as_bytes(), &name].concat().into();
                    listed.others.push(Reference { name, target, kind: ReferenceKind::Pseudo });
                }
                _ => {}
            }
        }
    }

    fn lookup(&mut self, git_dir: &Path, name: &BStr) -> Result<Option<Value>, Gap> {
        reftable::Stack::open(place_of(self.layout, git_dir, name), self.hash)?.lookup(name)
    }

    fn head(&mut self, git_dir: &Path) -> Result<Option<Value>, Gap> {
        let value = self.lookup(git_dir, "HEAD".into())?;
        value.map(Some).ok_or_else(|| gap(git_dir.join("reftable").display().to_string(), "it holds no HEAD"))
    }
}
