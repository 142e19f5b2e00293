//! Reflogs: the ids that history remembers for a while, and what was done in words. Older stashes are nowhere else.

use super::refs::reftable::Stack;
use super::{Format, Layout, RefStorage, path_from_bytes, path_to_bytes, refs};
use crate::error::{Gap, GapKind};
use crate::origin::Oid;
use crate::regular::{self, limit};
use gix::bstr::ByteSlice;
use gix::hash::Kind;
use rustc_hash::FxHashSet;
use std::path::{Path, PathBuf};

/// All old and new ids of all reflogs of all worktrees, sorted, each once.
pub(super) fn ids(layout: &Layout, format: &Format) -> (Vec<Oid>, Vec<Gap>) {
    let mut ids = FxHashSet::default();
    let hash = format.hash;
    let mut gaps = each(layout, format, &mut |path, content| {
        let mut wrong = 0;
        for line in content.lines().filter(|line| !line.is_empty()) {
            match pair(line, hash) {
                Some(pair) => ids.extend(pair.into_iter().filter(|id| !id.is_null())),
                None => wrong += 1,
            }
        }
        (wrong > 0).then(|| format!("{wrong} of its lines cannot be understood")).map(|why| gap(path, why))
    });
    let mut ids: Vec<Oid> = ids.into_iter().collect();
    ids.sort_unstable();
    gaps.sort();
    (ids, gaps)
}

/// Calls `found` with the path of each reflog within git's folder, and with its text. The ids that lines begin with are
/// blanked: they are no text, and everything else stands at its place.
pub(super) fn texts(layout: &Layout, format: &Format, found: &mut dyn FnMut(&[u8], &[u8])) -> Vec<Gap> {
    let hash = format.hash;
    each(layout, format, &mut |path, content| {
        let mut at = 0;
        for length in content.lines_with_terminator().map(<[u8]>::len).collect::<Vec<_>>() {
            if pair(&content[at..at + length], hash).is_some() {
                content[at..at + 2 * hash.len_in_hex() + 1].fill(b' ');
            }
            at += length;
        }
        found(path, content);
        None
    })
}

/// Which entry of a reflog is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// So many entries ago; 0 is the newest.
    Ago(usize),
    /// The newest of this time or before, in seconds since 1970.
    At(i64),
}

/// What the ref `name` was then, by its log; `None` if there is no such log, or if it does not go so far back.
pub(super) fn was(layout: &Layout, format: &Format, name: &str, when: When) -> Result<Option<Oid>, Gap> {
    for (git_dir, name) in refs::logged(layout, format, name)? {
        let log = match format.refs {
            RefStorage::Reftable => {
                let mut log = None;
                let damage = Stack::open(&git_dir, format.hash)?.logs(&mut |other, content| {
                    if other == name {
                        log = Some(content);
                    }
                });
                // With an entry less, the number would mean another one.
                if let Some(gap) = damage.into_iter().next() {
                    return Err(gap);
                }
                log
            }
            _ => {
                let path = git_dir.join("logs").join(path_from_bytes(&name));
                // A folder in its place belongs to the logs of refs that were deleted.
                let log = if path.is_dir() { Ok(None) } else { regular::read(&path, limit::LOG) };
                log.map_err(|error| gap(&[b"logs/", &name[..]].concat(), error.to_string()))?
            }
        };
        if let Some(log) = log {
            return Ok(entry(&log, format.hash, when));
        }
    }
    Ok(None)
}

fn entry(log: &[u8], hash: Kind, when: When) -> Option<Oid> {
    let newest_first = || log.lines().rev().filter_map(|line| Some((pair(line, hash)?, line)));
    let known = |id: Oid| Some(id).filter(|id| !id.is_null());
    // What the ref was before the oldest entry stands in that.
    let [before, first] = newest_first().next_back()?.0;
    match when {
        When::Ago(number) => match newest_first().nth(number) {
            Some(([_, new], _)) => known(new),
            None => known(before).filter(|_| newest_first().count() == number),
        },
        When::At(time) => match newest_first().find(|(_, line)| self::time(line).is_some_and(|then| then <= time)) {
            Some(([_, new], _)) => known(new),
            None => known(before).or(known(first)),
        },
    }
}

/// When an entry was made, in seconds since 1970.
fn time(line: &[u8]) -> Option<i64> {
    let line = line.split_once_str(b"\t").map_or(line, |(line, _)| line);
    let (_, time) = line.rsplit_once_str(b"> ")?;
    time.split_once_str(b" ").map_or(time, |(time, _)| time).to_str().ok()?.parse().ok()
}

/// What is done with a reflog: its path within git's folder, and its text.
type Each<'f> = dyn FnMut(&[u8], &mut [u8]) -> Option<Gap> + 'f;

/// Calls `found` for each reflog of each worktree, with its path within git's folder (that of the file, also where a
/// reftable holds it) and its text; returns what it says, and what cannot be read.
fn each(layout: &Layout, format: &Format, found: &mut Each<'_>) -> Vec<Gap> {
    let mut gaps = Vec::new();
    let within = |path: &Path| {
        let within = path.strip_prefix(&layout.common_dir).or(path.strip_prefix(&layout.git_dir)).unwrap_or(path);
        path_to_bytes(within)
    };
    let mut git_dirs: Vec<PathBuf> = refs::worktrees(layout).into_iter().map(|(git_dir, _)| git_dir).collect();
    let here = std::fs::canonicalize(&layout.git_dir).ok();
    if !git_dirs.iter().any(|git_dir| std::fs::canonicalize(git_dir).ok() == here) {
        git_dirs.push(layout.git_dir.clone());
    }
    if format.refs == RefStorage::Reftable {
        for git_dir in &git_dirs {
            // That a stack cannot be opened is told where refs are read.
            let Ok(stack) = Stack::open(git_dir, format.hash) else { continue };
            let folder = within(&git_dir.join("logs"));
            let damage = stack.logs(&mut |name, mut content| {
                gaps.extend(found(&[&folder, &b"/"[..], name].concat(), &mut content));
            });
            gaps.extend(damage);
        }
    }
    let mut waiting: Vec<PathBuf> = git_dirs.iter().map(|git_dir| git_dir.join("logs")).collect();
    while let Some(folder) = waiting.pop() {
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) => {
                use std::io::ErrorKind::{NotADirectory, NotFound};
                if !matches!(error.kind(), NotFound | NotADirectory) {
                    gaps.push(gap(&within(&folder), error.to_string()));
                }
                continue;
            }
        };
        for entry in entries.flatten() {
            let path = entry.path();
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => waiting.push(path),
                _ => match regular::read(&path, limit::LOG) {
                    Ok(content) => gaps.extend(found(&within(&path), &mut content.unwrap_or_default())),
                    Err(error) => gaps.push(gap(&within(&path), error.to_string())),
                },
            }
        }
    }
    gaps
}

/// The old and the new id that a reflog line begins with.
fn pair(line: &[u8], hash: Kind) -> Option<[Oid; 2]> {
    let length = hash.len_in_hex();
    let old = Oid::from_hex(line.get(..length)?).ok()?;
    let rest = line[length..].strip_prefix(b" ")?;
    let new = Oid::from_hex(rest.get(..length)?).ok()?;
    matches!(rest.get(length), None | Some(b' ' | b'\t')).then_some([old, new])
}

fn gap(path: &[u8], why: String) -> Gap {
    Gap { kind: GapKind::Ref, what: format!("reflog {}", path.to_str_lossy()), why }
}
