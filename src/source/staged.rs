//! What `git commit` would record now: the index compared with HEAD.
//!
//! This is a hook's work, so nothing is opened that is not needed: folders whose tree the index remembers and HEAD
//! holds are skipped, content is read by its id and never from disk, packs are opened only if an object is not loose.

use super::changes::{Additions, BlobSearch, Blobs, Change, ChangeSet, Role};
use super::collect::Collector;
use super::index;
use super::repo::{Environment, Head, ReadError, Reader, Repo};
use super::trees::{self, Entry};
use crate::error::{Error, Gap, GapKind, Result};
use crate::finding::{Credentials, Harvest};
use crate::origin::{Oid, Origin};
use crate::scanner::{Context, Scanner};
use gix::index::State;
use gix::index::entry::{Flags, Mode, Stage};
use gix::index::extension::Tree;
use std::ops::Range;
use std::path::PathBuf;

/// What to compare.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The repository, or a folder in it.
    pub repo: PathBuf,
    /// Git's variables, if they are about this repository.
    pub environment: Environment,
    /// Report all credentials of the staged files, not only those that the commit would add.
    pub whole_files: bool,
    /// Compare with nothing instead of HEAD: all that the index holds is searched.
    pub whole_index: bool,
}

/// Searches what is staged.
///
/// # Errors
/// [`Error::Repository`] if there is no repository, or if its index cannot be read.
pub fn run<S: Scanner>(
    options: &Options,
    scanner: &S,
    credentials: &Credentials,
    context: &Context<'_>,
) -> Result<Harvest> {
    let repo = Repo::open(&options.repo, &options.environment, &context.limits)?;
    let index = index::read(&repo).map_err(Error::Repository)?;
    let blobs = Blobs::new(&repo, scanner, credentials, context.allow);
    let collector = Collector::new(credentials, context.allow, context.limits.max_findings);
    let mut reader = repo.objects().reader();
    let mut head = None;
    let tree = match repo.head() {
        Head::Unborn => None,
        Head::Unreadable(gap) => {
            blobs.gap(Gap { why: format!("{}; all that is staged was taken for new", gap.why), ..gap });
            None
        }
        Head::At(id) if options.whole_index => {
            head = Some(id);
            None
        }
        Head::At(id) => {
            head = Some(id);
            tree_of(&mut reader, id).map_err(|(id, error)| blobs.gap(repo.object_gap(id, &error))).ok()
        }
    };
    if let Some(index) = &index {
        let mut comparison = Comparison { index, blobs: &blobs, set: ChangeSet::default(), buffer: Vec::new() };
        comparison.run(&mut reader, tree);
        let set = comparison.set;
        context.progress.start("reading staged files", set.changes.len() as u64);
        // The scanner may be still in the making until here.
        search_all(&set, options.whole_files, &mut blobs.searcher(), &collector, context);
    }
    if context.stopped() {
        blobs.gap(Gap { kind: GapKind::Interrupted, what: "staged".into(), why: "interrupted before its end".into() });
    }
    let (receipt, mut gaps) = blobs.finish();
    let collected = collector.finish();
    gaps.extend(repo.gaps());
    gaps.extend(collected.gap);
    gaps.sort();
    gaps.dedup();
    Ok(Harvest {
        sightings: collected.sightings,
        unlisted: collected.unlisted,
        gaps,
        receipt,
        head,
        remote: repo.format().remote.clone(),
        ..Harvest::default()
    })
}

fn search_all<S: Scanner>(
    set: &ChangeSet,
    whole_files: bool,
    search: &mut BlobSearch<'_, '_, S>,
    collector: &Collector<'_>,
    context: &Context<'_>,
) {
    let mut additions = Additions::new(set);
    for change in &set.changes {
        if context.stopped() {
            return;
        }
        if change.old.is_empty() || whole_files {
            let origin = |path| Origin::Staged { path, blob: change.new };
            search.names(&change.path, collector, origin);
        }
        if !search.hits(change.new, Role::New).is_empty() {
            let origin = [Origin::Staged { path: change.path.clone(), blob: change.new }];
            let added = if whole_files { Default::default() } else { additions.of(change, search) };
            if whole_files || !added.is_empty() {
                search.report(change.new, &origin, collector, |credential| whole_files || added.contains(&credential));
            }
        }
        context.progress.add(1);
    }
}

/// The tree of commit `id`, through tags if need be.
fn tree_of(reader: &mut Reader<'_>, id: Oid) -> std::result::Result<Oid, (Oid, ReadError)> {
    let mut buffer = Vec::new();
    let (id, kind) = reader.peel(id, &mut buffer)?;
    match kind {
        gix::objs::Kind::Tree => Ok(id),
        _ => gix::objs::CommitRefIter::from_bytes(&buffer, id.kind())
            .tree_id()
            .map_err(|_| (id, ReadError::Damaged("HEAD is no valid commit".into()))),
    }
}

/// The comparison of the index with HEAD's tree.
struct Comparison<'i, 'r, S> {
    index: &'i State,
    blobs: &'i Blobs<'r, S>,
    set: ChangeSet,
    buffer: Vec<u8>,
}

/// A folder to be compared: its entries in the index, the length of its path with the slash, what the index remembers
/// of its tree, and HEAD's tree.
struct Folder<'i> {
    entries: Range<usize>,
    prefix: usize,
    cached: Option<&'i Tree>,
    head: Option<Oid>,
}

impl<'i, S: Scanner> Comparison<'i, '_, S> {
    fn run(&mut self, reader: &mut Reader<'_>, head: Option<Oid>) {
        let entries = 0..self.index.entries().len();
        let mut waiting = vec![Folder { entries, prefix: 0, cached: self.index.tree(), head }];
        while let Some(folder) = waiting.pop() {
            let length = u32::try_from(folder.entries.len()).ok();
            // What the commit would record of this folder is the remembered tree itself.
            let known = folder.cached.filter(|tree| tree.num_entries.is_some() && tree.num_entries == length);
            if known.is_some() && known.map(|tree| tree.id) == folder.head {
                continue;
            }
            let head = trees::entries(reader, folder.head, &mut self.buffer).unwrap_or_else(|(id, error)| {
                self.blobs.gap(self.blobs.repo.object_gap(id, &error));
                Vec::new()
            });
            self.folder(reader, &folder, &head, &mut waiting);
        }
    }

    /// Goes through the index's entries of one folder and HEAD's side by side.
    fn folder(&mut self, reader: &mut Reader<'_>, folder: &Folder<'i>, head: &[Entry], waiting: &mut Vec<Folder<'i>>) {
        let index = self.index;
        let all = index.entries();
        let mut at = folder.entries.start;
        let mut next = 0;
        while at < folder.entries.end {
            let path = all[at].path(index);
            let rest = &path[folder.prefix.min(path.len())..];
            let slash = memchr::memchr(b'/', rest);
            // A sparse index has folders as entries, with a slash at the end.
            let is_folder = slash.is_some();
            let name = &rest[..slash.unwrap_or(rest.len())];
            while head.get(next).is_some_and(|entry| entry.cmp_key(name, is_folder).is_lt()) {
                self.removed(&path[..folder.prefix], &head[next]);
                next += 1;
            }
            let same = head.get(next).filter(|entry| entry.cmp_key(name, is_folder).is_eq());
            next += usize::from(same.is_some());
            let Some(slash) = slash else {
                // The stages of a conflict are entries of one path.
                let stages = all[at..folder.entries.end].iter().take_while(|entry| entry.path(index) == path).count();
                for number in at..at + stages {
                    self.entry(number, same);
                }
                at += stages;
                continue;
            };
            let prefix = folder.prefix + slash + 1;
            let below = &all[at..folder.entries.end];
            let children = folder.cached.map(|tree| tree.children.as_slice()).unwrap_or_default();
            let cached =
                children.binary_search_by(|child| child.name.as_slice().cmp(name)).ok().map(|at| &children[at]);
            let is_below = |entry: &gix::index::Entry| entry.path(index).get(..prefix) == path.get(..prefix);
            // Entries are sorted: what the index remembers of the folder nearly always says where it ends.
            let told = cached.and_then(|tree| tree.num_entries).map(|count| count as usize);
            let is_end = |&end: &usize| {
                end.checked_sub(1).and_then(|last| below.get(last)).is_some_and(is_below)
                    && below.get(end).is_none_or(|next| !is_below(next))
            };
            let end = at + told.filter(is_end).unwrap_or_else(|| below.partition_point(is_below));
            let tree = same.map(|entry| entry.id);
            if all[at].mode == Mode::DIR && path.len() == prefix {
                self.sparse(reader, path, all[at].id, tree);
                at += 1;
                continue;
            }
            waiting.push(Folder { entries: at..end, prefix, cached, head: tree });
            at = end;
        }
        let path = all.get(folder.entries.start).map_or(&b""[..], |entry| entry.path(index));
        for entry in &head[next..] {
            self.removed(&path[..folder.prefix.min(path.len())], entry);
        }
    }

    fn entry(&mut self, number: usize, head: Option<&Entry>) {
        let entry = &self.index.entries()[number];
        if head.is_some_and(|head| head.id == entry.id) {
            return;
        }
        // Stage 1 is what both sides of a conflict began with.
        if entry.stage() == Stage::Base {
            return;
        }
        if entry.flags.contains(Flags::INTENT_TO_ADD) {
            return self.blobs.skip("intent to add");
        }
        if entry.mode.is_submodule() {
            return self.blobs.skip("submodule");
        }
        let old = head.filter(|head| head.is_blob()).map(|head| head.id).into_iter().collect();
        self.set.changes.push(Change { path: entry.path(self.index).to_vec(), new: entry.id, old });
    }

    /// A folder outside of a sparse checkout, which is one entry.
    fn sparse(&mut self, reader: &mut Reader<'_>, path: &[u8], new: Oid, head: Option<Oid>) {
        let blobs = self.blobs;
        let found = trees::compare(reader, new, &[head], &mut |id, error| blobs.gap(blobs.repo.object_gap(id, &error)));
        let full = |below: &[u8]| [path, below].concat();
        self.set.changes.extend(found.changes.into_iter().map(|change| Change { path: full(&change.path), ..change }));
        self.set.removed.extend(found.removed.iter().map(|(below, id)| (full(below), *id)));
        self.set.removed_trees.extend(found.removed_trees.iter().map(|(below, id)| (full(below), *id)));
    }

    fn removed(&mut self, folder: &[u8], entry: &Entry) {
        let path = [folder, &entry.name].concat();
        if entry.is_tree() {
            self.set.removed_trees.push(([&path, &b"/"[..]].concat(), entry.id));
        } else if entry.is_blob() {
            self.set.removed.push((path, entry.id));
        }
    }
}
