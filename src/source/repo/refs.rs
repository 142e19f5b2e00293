//! Refs, read file by file: a garbage ref costs itself and nothing else.

use super::{Format, Layout, path_from_bytes, path_to_bytes};
use crate::error::{Gap, GapKind};
use crate::origin::Oid;
use crate::regular::{self, limit};
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

/// A symbolic ref may point to a symbolic ref; git follows so many.
const DEPTH: usize = 5;
/// Folders below `refs/` are nested so deep at most; more is a trap.
const FOLDER_DEPTH: usize = 128;

enum Value {
    Object(Oid),
    Symbolic(BString),
}

/// Files that name objects but are no refs, relative to a worktree's git directory.
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

pub(super) fn all(layout: &Layout, format: &Format) -> References {
    let mut store = Store { layout, hash: format.hash, packed: Vec::new(), gaps: Vec::new() };
    if format.reftable {
        store.gaps.push(reftable());
    }
    store.read_packed();
    let mut values = store.packed_values();
    if !format.reftable {
        store.folder(&layout.common_dir, "", &mut values);
    }
    let mut references = Vec::new();
    for (git_dir, prefix) in store.worktrees() {
        if git_dir != layout.common_dir && !format.reftable {
            store.folder(&git_dir, &prefix, &mut values);
        }
        if !format.reftable {
            match store.head_of(&git_dir) {
                Head::At(target) => {
                    references.push(Reference {
                        name: format!("{prefix}HEAD").into(),
                        target,
                        kind: ReferenceKind::Head,
                    });
                }
                Head::Unborn => {}
                Head::Unreadable(gap) => store.gaps.push(gap),
            }
        }
        store.pseudo(&git_dir, &prefix, &mut references);
    }
    for (name, value) in &values {
        let mut value = Some(value);
        for _ in 0..DEPTH {
            match value {
                Some(Value::Symbolic(other)) => value = values.get(other),
                _ => break,
            }
        }
        if let Some(Value::Object(target)) = value {
            references.push(Reference { name: name.clone(), target: *target, kind: ReferenceKind::Ref });
        }
    }
    references.sort();
    references.dedup();
    References { all: references, gaps: store.gaps }
}

pub(super) fn head(layout: &Layout, format: &Format) -> Head {
    if format.reftable {
        return Head::Unreadable(reftable());
    }
    Store { layout, hash: format.hash, packed: Vec::new(), gaps: Vec::new() }.head_of(&layout.git_dir)
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
    if format.reftable {
        return Err(reftable());
    }
    let mut store = Store { layout, hash: format.hash, packed: Vec::new(), gaps: Vec::new() };
    for (before, after) in SHORT {
        let full = format!("{before}{name}{after}");
        // At the top there are HEAD and its like only; everything else there is no ref.
        let is_pseudo = full.bytes().all(|byte| byte == b'_' || byte == b'-' || byte.is_ascii_uppercase());
        let is_ref = full.starts_with("refs/") || is_pseudo;
        if !is_ref || gix::validate::reference::name_partial(full.as_bytes().as_bstr()).is_err() {
            continue;
        }
        match store.lookup(&layout.git_dir, full.as_bytes().as_bstr())? {
            Some(Value::Object(id)) => return Ok(Some(id)),
            Some(Value::Symbolic(target)) => return store.follow(&layout.git_dir, target),
            None => {}
        }
    }
    Ok(None)
}

fn reftable() -> Gap {
    gap("reftable", "the refs of this repository are in a reftable, which keysift cannot read")
}

fn gap(what: impl Into<String>, why: impl Into<String>) -> Gap {
    Gap { kind: GapKind::Ref, what: what.into(), why: why.into() }
}

struct Store<'r> {
    layout: &'r Layout,
    hash: Kind,
    /// Content of `packed-refs`, once read.
    packed: Vec<u8>,
    gaps: Vec<Gap>,
}

impl Store<'_> {
    fn read_packed(&mut self) {
        let path = self.layout.common_dir.join("packed-refs");
        match regular::read(&path, limit::LOG) {
            Ok(content) => self.packed = content.unwrap_or_default(),
            Err(error) => self.gaps.push(gap(path.display().to_string(), error.to_string())),
        }
    }

    fn packed_values(&mut self) -> BTreeMap<BString, Value> {
        let mut values = BTreeMap::new();
        let mut wrong = 0;
        for line in self.packed.lines() {
            if line.is_empty() || line.starts_with(b"#") || line.starts_with(b"^") {
                continue;
            }
            match line.split_once_str(b" ").map(|(id, name)| (self.id(id), name)) {
                Some((Some(id), name)) => drop(values.insert(name.into(), Value::Object(id))),
                _ => wrong += 1,
            }
        }
        if wrong > 0 {
            self.gaps.push(gap("packed-refs", format!("{wrong} of its lines cannot be understood")));
        }
        values
    }

    fn id(&self, hex: &[u8]) -> Option<Oid> {
        (hex.len() == self.hash.len_in_hex()).then(|| Oid::from_hex(hex).ok()).flatten()
    }

    /// The value that a loose ref's file holds.
    fn value(&self, content: &[u8]) -> Option<Value> {
        if let Some(target) = content.strip_prefix(b"ref:") {
            return Some(Value::Symbolic(target.trim().into()));
        }
        let hex = content.get(..self.hash.len_in_hex())?;
        let rest = &content[hex.len()..];
        (rest.is_empty() || rest[0].is_ascii_whitespace()).then(|| self.id(hex).map(Value::Object)).flatten()
    }

    /// Adds all loose refs of one git directory.
    fn folder(&mut self, git_dir: &Path, prefix: &str, values: &mut BTreeMap<BString, Value>) {
        let mut waiting = vec![(git_dir.join("refs"), BString::from(format!("{prefix}refs")), 0)];
        while let Some((folder, name, depth)) = waiting.pop() {
            let entries = match std::fs::read_dir(&folder) {
                Ok(entries) => entries,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                Err(error) => {
                    self.gaps.push(gap(name.to_string(), error.to_string()));
                    continue;
                }
            };
            for entry in entries.flatten() {
                let file_name = path_to_bytes(Path::new(&entry.file_name()));
                let full = BString::from([name.as_slice(), b"/", &file_name].concat());
                match entry.file_type() {
                    Ok(kind) if kind.is_dir() && depth < FOLDER_DEPTH => waiting.push((entry.path(), full, depth + 1)),
                    Ok(kind) if kind.is_dir() => self.gaps.push(gap(full.to_string(), "nested too deep")),
                    _ if file_name.ends_with(b".lock") => {}
                    _ => {
                        if let Some(value) = self.loose(&entry.path(), full.as_ref()) {
                            values.insert(full, value);
                        }
                    }
                }
            }
        }
    }

    fn loose(&mut self, path: &Path, name: &BStr) -> Option<Value> {
        let why = match regular::read(path, limit::REF) {
            Ok(Some(content)) => match self.value(&content) {
                Some(value) => return Some(value),
                None => "it holds neither an object id nor the name of another ref".into(),
            },
            // Deleted while refs are read.
            Ok(None) => return None,
            Err(error) => error.to_string(),
        };
        self.gaps.push(gap(name.to_string(), why));
        None
    }

    /// Every worktree's git directory with the prefix of its names, as git has it.
    fn worktrees(&self) -> Vec<(PathBuf, String)> {
        let here = std::fs::canonicalize(&self.layout.git_dir).ok();
        let is_here = |folder: &Path| here.is_some() && std::fs::canonicalize(folder).ok() == here;
        let main = &self.layout.common_dir;
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

    /// What the HEAD file of one worktree names in the end.
    fn head_of(&mut self, git_dir: &Path) -> Head {
        let path = git_dir.join("HEAD");
        let unreadable = |why: String| Head::Unreadable(gap(path.display().to_string(), why));
        let content = match regular::read(&path, limit::REF) {
            Ok(Some(content)) => content,
            // HEAD as a symbolic link, from git's first years, to a branch without commits.
            Ok(None) if path.is_symlink() => return Head::Unborn,
            Ok(None) => return unreadable("it does not exist".into()),
            Err(error) => return unreadable(error.to_string()),
        };
        let Some(value) = self.value(&content) else {
            return unreadable("it holds neither an object id nor the name of a branch".into());
        };
        match value {
            Value::Object(id) => Head::At(id),
            Value::Symbolic(name) => match self.follow(git_dir, name) {
                Ok(Some(id)) => Head::At(id),
                Ok(None) => Head::Unborn,
                Err(gap) => Head::Unreadable(gap),
            },
        }
    }

    /// What a symbolic ref to `name` names in the end; `None` if that does not exist.
    fn follow(&mut self, git_dir: &Path, name: BString) -> Result<Option<Oid>, Gap> {
        let mut next = name.clone();
        for _ in 0..DEPTH {
            if gix::validate::reference::name(next.as_ref()).is_err() || !next.starts_with(b"refs/") {
                return Err(gap(next.to_string(), "another ref points to this, which is no ref"));
            }
            match self.lookup(git_dir, next.as_ref())? {
                Some(Value::Object(id)) => return Ok(Some(id)),
                Some(Value::Symbolic(further)) => next = further,
                None => return Ok(None),
            }
        }
        Err(gap(name.to_string(), "its chain of symbolic refs is too long"))
    }

    /// One ref by its full name, without listing any other.
    fn lookup(&mut self, git_dir: &Path, name: &BStr) -> Result<Option<Value>, Gap> {
        let of_worktree = ["refs/bisect/", "refs/worktree/", "refs/rewritten/"];
        let own = !name.starts_with(b"refs/") || of_worktree.iter().any(|prefix| name.starts_with_str(prefix));
        let folder = if own { git_dir } else { &self.layout.common_dir };
        match regular::read(&folder.join(path_from_bytes(name)), limit::REF) {
            Ok(Some(content)) => {
                let wrong = || gap(name.to_string(), "it holds neither an object id nor the name of another ref");
                return self.value(&content).map(Some).ok_or_else(wrong);
            }
            // A folder where the ref would be means that there is no such loose ref.
            Ok(None) => {}
            Err(_) if folder.join(path_from_bytes(name)).is_dir() => {}
            Err(error) => return Err(gap(name.to_string(), error.to_string())),
        }
        if self.packed.is_empty() {
            self.read_packed();
        }
        let needle = [b" ", name.as_bytes()].concat();
        for at in memchr::memmem::find_iter(&self.packed, &needle) {
            let ends = self.packed.get(at + needle.len()).is_none_or(|byte| matches!(byte, b'\n' | b'\r'));
            let start = memchr::memrchr(b'\n', &self.packed[..at]).map_or(0, |newline| newline + 1);
            if ends && let Some(id) = self.id(&self.packed[start..at]) {
                return Ok(Some(Value::Object(id)));
            }
        }
        Ok(None)
    }

    fn pseudo(&mut self, git_dir: &Path, prefix: &str, references: &mut Vec<Reference>) {
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
                    let ids = lines.lines().filter_map(|line| self.id(line.get(..self.hash.len_in_hex())?));
                    let kind = ReferenceKind::Pseudo;
                    references.extend(ids.map(|target| Reference { name: full.clone(), target, kind }));
                }
                Err(error) => self.gaps.push(gap(full.to_string(), error.to_string())),
            }
        }
    }
}
