//! What became of the credentials that a range adds: which commits brought them in and took them out, and whether the
//! range's newest commit still holds them (one of its newest, where a push brings several).

use super::spec::Spec;
use super::{Found, Range};
use crate::finding::{CommitInfo, CredentialIndex, Event, Exposure, PLACES_SHOWN, REFS_SHOWN, Reachable};
use crate::origin::{Oid, Origin};
use crate::scanner::Scanner;
use crate::source::changes::{BlobSearch, Role};
use crate::source::search::Search;
use crate::source::sight::line;
use crate::source::text::commit_info;
use crate::source::trees::{Entry, entries, files_below};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::{BTreeMap, BTreeSet};

/// At most so many commits are told for one credential, on either side.
const EVENTS: usize = 1000;

/// The lives of all credentials that the range's commits add.
pub(super) fn exposures<S: Scanner>(
    range: &Range<'_, S>,
    found: &[Found],
    spec: &Spec,
) -> BTreeMap<CredentialIndex, Exposure> {
    let wanted: FxHashSet<CredentialIndex> =
        found.iter().flat_map(|found| &found.added).flat_map(|(_, credentials)| credentials).copied().collect();
    if wanted.is_empty() {
        return BTreeMap::new();
    }
    let mut builder = Builder {
        range,
        search: range.blobs.searcher(),
        text: Search::new(range.scanner),
        infos: FxHashMap::default(),
        lives: wanted.iter().map(|credential| (*credential, Life::default())).collect(),
    };
    for found in found {
        builder.commit(found);
    }
    builder.finish(spec)
}

/// What is gathered for one credential.
#[derive(Default)]
struct Life {
    introduced: Vec<Event>,
    removed: Vec<Event>,
    paths: BTreeSet<Vec<u8>>,
}

struct Builder<'b, 'r, S: Scanner> {
    range: &'b Range<'r, S>,
    search: BlobSearch<'b, 'r, S>,
    /// Searches what is shown of commits.
    text: Search<'r, S>,
    infos: FxHashMap<Oid, Option<CommitInfo>>,
    lives: BTreeMap<CredentialIndex, Life>,
}

impl<S: Scanner> Builder<'_, '_, S> {
    fn commit(&mut self, found: &Found) {
        let id = self.range.selection.commits[found.number].id;
        // Every credential that this commit's new content holds, added or not, is not taken out by it.
        let mut held: FxHashSet<CredentialIndex> = FxHashSet::default();
        for change in &found.set.changes {
            for credential in self.credentials(change.new, Role::New) {
                let life = self.lives.get_mut(&credential).expect("only wanted ones are given");
                life.paths.insert(change.path.clone());
                held.insert(credential);
            }
        }
        for (place, credentials) in &found.added {
            let change = &found.set.changes[*place];
            for credential in credentials {
                if self.lives.get(credential).is_some_and(|life| life.introduced.len() < EVENTS)
                    && let Some(event) = self.event(id, &change.path, change.new, *credential)
                    && let Some(life) = self.lives.get_mut(credential)
                {
                    life.introduced.push(event);
                }
            }
        }
        let mut gone: Vec<(Vec<u8>, Oid)> = found.set.removed.clone();
        for change in &found.set.changes {
            gone.extend(change.old.iter().map(|old| (change.path.clone(), *old)));
        }
        for (path, tree) in &found.set.removed_trees {
            files_below(&mut self.search.reader, path, *tree, &mut |path, id| gone.push((path, id)));
        }
        let mut told = FxHashSet::default();
        for (path, blob) in gone {
            for credential in self.credentials(blob, Role::Old) {
                if !held.contains(&credential)
                    && told.insert(credential)
                    && self.lives.get(&credential).is_some_and(|life| life.removed.len() < EVENTS)
                    && let Some(event) = self.event(id, &path, blob, credential)
                    && let Some(life) = self.lives.get_mut(&credential)
                {
                    life.removed.push(event);
                }
            }
        }
    }

    /// The wanted credentials in a blob, each once.
    fn credentials(&mut self, blob: Oid, role: Role) -> Vec<CredentialIndex> {
        let hits = self.search.hits(blob, role);
        let mut found: Vec<CredentialIndex> = hits.iter().map(|hit| hit.credential).collect();
        found.sort_unstable();
        found.dedup();
        found.retain(|credential| self.lives.contains_key(credential));
        found
    }

    fn event(&mut self, commit: Oid, path: &[u8], blob: Oid, credential: CredentialIndex) -> Option<Event> {
        let Self { range, search, text, infos, .. } = self;
        let credentials = range.blobs.credentials;
        let info = infos.entry(commit).or_insert_with(|| commit_info(commit, &mut search.reader, text, credentials));
        let commit = info.clone()?;
        Some(Event { commit, path: path.to_vec(), line: line(&self.search.sights(blob, credential)), blob })
    }

    fn finish(mut self, spec: &Spec) -> BTreeMap<CredentialIndex, Exposure> {
        let refs = self.refs_at(spec);
        let mut tips: Vec<(Oid, Tip)> =
            spec.right.iter().map(|id| (*id, Tip::new(self.range, *id, &mut self.search))).collect();
        let mut exposures = BTreeMap::new();
        for (credential, life) in std::mem::take(&mut self.lives) {
            let mut head = Vec::new();
            let allow = self.range.blobs.allow;
            for (id, tip) in &mut tips {
                for path in &life.paths {
                    let Some(blob) = tip.blob(path, &mut self.search) else { continue };
                    let origin = Origin::Commit { commit: *id, path: path.clone(), blob };
                    head.extend(
                        self.search.sights(blob, credential).iter().map(|sight| sight.at(origin.clone(), allow)),
                    );
                }
            }
            let in_head = !head.is_empty();
            head.truncate(PLACES_SHOWN);
            let exposure = Exposure {
                introduced: life.introduced,
                removed: life.removed,
                in_head,
                head,
                refs: refs.iter().take(REFS_SHOWN).cloned().collect(),
                ref_count: refs.len(),
                // Commits outside of the range may hold it as well, so there is no number to be told.
                commit_count: 0,
                path_count: life.paths.len(),
                reachable: Reachable::Ref,
            };
            exposures.insert(credential, exposure);
        }
        exposures
    }

    /// The refs that name the range's newest commits.
    fn refs_at(&self, spec: &Spec) -> Vec<String> {
        let references = self.range.blobs.repo.references();
        let at_tip = references.all.iter().filter(|reference| spec.right.contains(&reference.target));
        let names = at_tip.map(|reference| reference.name.to_string());
        names.filter(|name| name.starts_with("refs/")).collect()
    }
}

/// The tree of one of the range's newest commits, opened as far as it is asked for.
struct Tip {
    tree: Option<Oid>,
    open: FxHashMap<Oid, Vec<Entry>>,
    buffer: Vec<u8>,
}

impl Tip {
    fn new<S: Scanner>(range: &Range<'_, S>, id: Oid, search: &mut BlobSearch<'_, '_, S>) -> Self {
        let mut buffer = Vec::new();
        let known = range.selection.commits.iter().find(|commit| commit.id == id).map(|commit| commit.tree);
        let read = || super::Commit::read(&mut search.reader, id, &mut buffer).ok().map(|commit| commit.tree);
        let tree = known.or_else(read);
        Self { tree, open: FxHashMap::default(), buffer }
    }

    /// The blob at `path`.
    fn blob<S: Scanner>(&mut self, path: &[u8], search: &mut BlobSearch<'_, '_, S>) -> Option<Oid> {
        let mut tree = self.tree?;
        let mut names = path.split(|byte| *byte == b'/').peekable();
        while let Some(name) = names.next() {
            let open = self
                .open
                .entry(tree)
                .or_insert_with(|| entries(&mut search.reader, Some(tree), &mut self.buffer).unwrap_or_default());
            let entry = open.iter().find(|entry| entry.name == name)?;
            if names.peek().is_none() {
                return entry.is_blob().then_some(entry.id);
            }
            tree = entry.is_tree().then_some(entry.id)?;
        }
        None
    }
}
