//! Trees compared with trees: which paths differ. Equal subtrees are not opened, and nothing recurses, so that a tree
//! of any depth is only as much work as it differs.

use super::changes::{Change, ChangeSet};
use super::repo::{ReadError, Reader};
use crate::origin::Oid;
use gix::objs::Kind;
use gix::objs::tree::EntryKind;
use rustc_hash::FxHashSet;
use std::cmp::Ordering;

/// After so many folders, a tree that was compared at one path is not compared again at another: a tree bomb has more
/// paths than fit into any memory.
const FOLDERS: usize = 10_000;

/// An entry of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub name: Vec<u8>,
    pub kind: EntryKind,
    pub id: Oid,
}

impl Entry {
    /// Whether it has content: a file or a symbolic link.
    pub fn is_blob(&self) -> bool {
        matches!(self.kind, EntryKind::Blob | EntryKind::BlobExecutable | EntryKind::Link)
    }

    /// Whether it is a folder.
    pub fn is_tree(&self) -> bool {
        self.kind == EntryKind::Tree
    }

    /// As git sorts: a folder as if its name ended in a slash.
    pub fn cmp_key(&self, name: &[u8], is_tree: bool) -> Ordering {
        let common = self.name.len().min(name.len());
        let after = |name: &[u8], is_tree: bool| name.get(common).copied().or(is_tree.then_some(b'/'));
        self.name[..common].cmp(&name[..common]).then_with(|| {
            let order = after(&self.name, self.is_tree()).cmp(&after(name, is_tree));
            order.then_with(|| self.name.len().cmp(&name.len()))
        })
    }
}

/// The entries of tree `id` in the order they stand in; none is an empty tree. Names and modes that git would refuse to
/// write are taken as they are: what they lead to is content like any other.
///
/// # Errors
/// If it cannot be read, or ends within an entry.
pub fn entries(reader: &mut Reader<'_>, id: Option<Oid>, buffer: &mut Vec<u8>) -> Result<Vec<Entry>, (Oid, ReadError)> {
    let Some(id) = id else { return Ok(Vec::new()) };
    reader.read_kind(&id, Kind::Tree, buffer).map_err(|error| (id, error))?;
    let mut found = Vec::new();
    let mut rest = buffer.as_slice();
    while !rest.is_empty() {
        let (entry, after) = split_entry(rest, id.kind().len_in_bytes())
            .ok_or_else(|| (id, ReadError::Damaged("it is no valid tree".into())))?;
        found.push(entry);
        rest = after;
    }
    Ok(found)
}

/// The first entry of a tree's bytes, and what follows it.
fn split_entry(bytes: &[u8], hash_length: usize) -> Option<(Entry, &[u8])> {
    let nul = memchr::memchr(0, bytes)?;
    let id = Oid::try_from(bytes.get(nul + 1..nul + 1 + hash_length)?).ok()?;
    let space = memchr::memchr(b' ', &bytes[..nul])?;
    // As the history engine has it: a tree, a commit of another repository, a link, and all else is a file.
    let kind = match &bytes[..space] {
        b"40000" | b"040000" => EntryKind::Tree,
        b"160000" => EntryKind::Commit,
        b"120000" => EntryKind::Link,
        b"100755" => EntryKind::BlobExecutable,
        _ => EntryKind::Blob,
    };
    Some((Entry { name: bytes[space + 1..nul].to_vec(), kind, id }, &bytes[nul + 1 + hash_length..]))
}

/// A folder that differs: its path with a slash at its end (or nothing), the new tree and the old ones.
struct Folder {
    path: Vec<u8>,
    new: Oid,
    old: Vec<Option<Oid>>,
}

/// What `new` holds that differs from every one of `old` (the trees of a commit's parents, none for an empty one), and
/// what it lacks. Trees that cannot be read are told to `broken`.
pub fn compare(
    reader: &mut Reader<'_>,
    new: Oid,
    old: &[Option<Oid>],
    broken: &mut dyn FnMut(Oid, ReadError),
) -> ChangeSet {
    let mut set = ChangeSet::default();
    let mut buffer = Vec::new();
    let mut waiting = Vec::new();
    let mut seen: FxHashSet<(Oid, Vec<Option<Oid>>)> = FxHashSet::default();
    let mut compared = 0;
    if !old.contains(&Some(new)) {
        waiting.push(Folder { path: Vec::new(), new, old: old.to_vec() });
    }
    while let Some(folder) = waiting.pop() {
        compared += 1;
        if !seen.insert((folder.new, folder.old.clone())) && compared > FOLDERS {
            continue;
        }
        let new = match entries(reader, Some(folder.new), &mut buffer) {
            Ok(entries) => entries,
            Err((id, error)) => {
                broken(id, error);
                continue;
            }
        };
        let mut olds = Vec::with_capacity(folder.old.len());
        for tree in &folder.old {
            olds.push(entries(reader, *tree, &mut buffer).unwrap_or_else(|(id, error)| {
                broken(id, error);
                Vec::new()
            }));
        }
        step(&folder.path, &new, &olds, &mut set, &mut waiting);
    }
    set
}

/// One folder: goes through the new entries and all old ones side by side.
fn step(path: &[u8], new: &[Entry], olds: &[Vec<Entry>], set: &mut ChangeSet, waiting: &mut Vec<Folder>) {
    let mut at = vec![0; olds.len()];
    let mut before: Vec<Option<&Entry>> = vec![None; olds.len()];
    for entry in new {
        for (number, old) in olds.iter().enumerate() {
            let next = &mut at[number];
            while old.get(*next).is_some_and(|other| other.cmp_key(&entry.name, entry.is_tree()).is_lt()) {
                gone(path, &old[*next], set);
                *next += 1;
            }
            let same = old.get(*next).filter(|other| other.cmp_key(&entry.name, entry.is_tree()).is_eq());
            *next += usize::from(same.is_some());
            before[number] = same;
        }
        if before.iter().flatten().any(|other| other.id == entry.id) {
            continue;
        }
        let mut full = [path, &entry.name].concat();
        if entry.is_tree() {
            full.push(b'/');
            let old = before.iter().map(|other| other.filter(|other| other.is_tree()).map(|other| other.id)).collect();
            waiting.push(Folder { path: full, new: entry.id, old });
        } else if entry.is_blob() {
            let old = before.iter().flatten().filter(|other| other.is_blob()).map(|other| other.id).collect();
            set.changes.push(Change { path: full, new: entry.id, old });
        }
    }
    for (number, old) in olds.iter().enumerate() {
        old[at[number]..].iter().for_each(|entry| gone(path, entry, set));
    }
}

fn gone(path: &[u8], entry: &Entry, set: &mut ChangeSet) {
    let full = [path, &entry.name].concat();
    if entry.is_tree() {
        set.removed_trees.push(([&full, &b"/"[..]].concat(), entry.id));
    } else if entry.is_blob() {
        set.removed.push((full, entry.id));
    }
}

/// All files below the tree `id`, each tree once. What cannot be read is left out: this only tells what is no news.
pub fn files_below(reader: &mut Reader<'_>, path: &[u8], id: Oid, found: &mut dyn FnMut(Vec<u8>, Oid)) {
    let mut buffer = Vec::new();
    let mut seen = FxHashSet::default();
    let mut waiting = vec![(path.to_vec(), id)];
    while let Some((path, tree)) = waiting.pop() {
        if !seen.insert(tree) {
            continue;
        }
        for entry in entries(reader, Some(tree), &mut buffer).unwrap_or_default() {
            let mut full = [&path, &entry.name[..]].concat();
            if entry.is_tree() {
                full.push(b'/');
                waiting.push((full, entry.id));
            } else if entry.is_blob() {
                found(full, entry.id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str, kind: EntryKind) -> Entry {
        Entry { name: name.into(), kind, id: Oid::null(gix::hash::Kind::Sha1) }
    }

    #[test]
    fn folders_sort_as_if_they_ended_in_a_slash() {
        let file = entry("a", EntryKind::Blob);
        let folder = entry("a", EntryKind::Tree);
        assert_eq!(folder.cmp_key(b"a.c", false), Ordering::Greater);
        assert_eq!(file.cmp_key(b"a.c", false), Ordering::Less);
        assert_eq!(file.cmp_key(b"a", true), Ordering::Less);
        assert_eq!(folder.cmp_key(b"a", true), Ordering::Equal);
        assert_eq!(folder.cmp_key(b"a0", false), Ordering::Less);
    }
}
