//! The boundary of a shallow clone.

use super::{Environment, Layout};
use crate::error::{Gap, GapKind};
use crate::origin::Oid;
use crate::regular::{self, limit};
use gix::bstr::ByteSlice;
use gix::hash::Kind;

/// The commits whose parents are absent, sorted, and the gap that says so.
pub(super) fn boundary(layout: &Layout, environment: &Environment, hash: Kind) -> (Vec<Oid>, Option<Gap>) {
    let path = environment.shallow_file.clone().unwrap_or_else(|| layout.common_dir.join("shallow"));
    let content = match regular::read(&path, limit::LIST) {
        Ok(content) => content.unwrap_or_default(),
        Err(error) => {
            let gap = Gap { kind: GapKind::History, what: path.display().to_string(), why: error.to_string() };
            return (Vec::new(), Some(gap));
        }
    };
    let hexes = content.lines().filter(|line| line.len() == hash.len_in_hex());
    let mut ids: Vec<Oid> = hexes.filter_map(|hex| Oid::from_hex(hex).ok()).collect();
    ids.sort_unstable();
    ids.dedup();
    let gap = ids.first().map(|first| Gap {
        kind: GapKind::History,
        what: match ids.len() {
            1 => format!("history before commit {first}"),
            count => format!("history before commit {first} and {} others", count - 1),
        },
        why: "this is a shallow clone; `git fetch --unshallow` gets the rest".into(),
    });
    (ids, gap)
}
