//! Reflogs: the ids that history remembers for a while. Older stashes are nowhere else.

use super::{Layout, path_to_bytes};
use crate::error::{Gap, GapKind};
use crate::origin::Oid;
use crate::regular::{self, limit};
use gix::bstr::ByteSlice;
use gix::hash::Kind;
use rustc_hash::FxHashSet;
use std::path::Path;

/// All old and new ids of all reflogs of all worktrees, sorted, each once.
pub(super) fn ids(layout: &Layout, hash: Kind) -> (Vec<Oid>, Vec<Gap>) {
    let mut ids = FxHashSet::default();
    let mut gaps = Vec::new();
    let mut waiting = vec![layout.common_dir.join("logs"), layout.git_dir.join("logs")];
    let worktrees = std::fs::read_dir(layout.common_dir.join("worktrees")).into_iter().flatten().flatten();
    waiting.extend(worktrees.map(|entry| entry.path().join("logs")));
    waiting.sort();
    waiting.dedup();
    while let Some(folder) = waiting.pop() {
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) => {
                use std::io::ErrorKind::{NotADirectory, NotFound};
                if !matches!(error.kind(), NotFound | NotADirectory) {
                    gaps.push(gap(&folder, error.to_string()));
                }
                continue;
            }
        };
        for entry in entries.flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => waiting.push(entry.path()),
                _ => file(&entry.path(), hash, &mut ids, &mut gaps),
            }
        }
    }
    let mut ids: Vec<Oid> = ids.into_iter().collect();
    ids.sort_unstable();
    gaps.sort();
    (ids, gaps)
}

fn file(path: &Path, hash: Kind, ids: &mut FxHashSet<Oid>, gaps: &mut Vec<Gap>) {
    let content = match regular::read(path, limit::LOG) {
        Ok(content) => content.unwrap_or_default(),
        Err(error) => return gaps.push(gap(path, error.to_string())),
    };
    let mut wrong = 0;
    for line in content.lines().filter(|line| !line.is_empty()) {
        match pair(line, hash) {
            Some(pair) => ids.extend(pair.into_iter().filter(|id| !id.is_null())),
            None => wrong += 1,
        }
    }
    if wrong > 0 {
        gaps.push(gap(path, format!("{wrong} of its lines cannot be understood")));
    }
}

/// The old and the new id that a reflog line begins with.
fn pair(line: &[u8], hash: Kind) -> Option<[Oid; 2]> {
    let length = hash.len_in_hex();
    let old = Oid::from_hex(line.get(..length)?).ok()?;
    let rest = line[length..].strip_prefix(b" ")?;
    let new = Oid::from_hex(rest.get(..length)?).ok()?;
    matches!(rest.get(length), None | Some(b' ' | b'\t')).then_some([old, new])
}

fn gap(path: &Path, why: String) -> Gap {
    Gap { kind: GapKind::Ref, what: format!("reflog {}", path_to_bytes(path).to_str_lossy()), why }
}
