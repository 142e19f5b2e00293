//! What a range of commits adds: every commit of it, merges included, against all its parents.
//!
//! A key that one commit adds and a later one removes again is told, with the commit that added it: whoever gets the
//! commits gets the key.
//!
//! `spec` says which commits are meant, `push` which ones a push is about, `walk` what lies between them, `others` looks
//! at what was named and is no commit, `exposure` tells what became of a key.

mod commit;
mod exposure;
mod others;
mod push;
mod spec;
mod walk;

use super::changes::{Additions, BlobSearch, Blobs, ChangeSet};
use super::collect::Collector;
use super::repo::{Environment, Repo};
use super::search::{Failed, Search};
use super::trees;
use crate::error::{Gap, GapKind, Result};
use crate::finding::{CredentialIndex, Credentials, Harvest};
use crate::origin::{Oid, Origin};
use crate::scanner::{Context, Scanner};
use commit::Commit;
use rustc_hash::{FxHashMap, FxHashSet};
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use walk::Selection;

/// What to compare.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The repository, or a folder in it.
    pub repo: PathBuf,
    /// Git's variables, if they are about this repository.
    pub environment: Environment,
    pub commits: Commits,
}

/// Which commits.
#[derive(Debug, Clone)]
pub enum Commits {
    /// `BASE..HEAD` or `A...B`, as git understands them.
    Spec(String),
    /// What a push brings: all that `tips` reach and nothing of `known` does.
    Push {
        /// Each must exist. Tags are searched themselves; trees and blobs too.
        tips: Vec<Named>,
        /// What is not in the repository is left out: a remote may have what this clone lacks.
        known: Vec<Named>,
    },
}

impl Default for Commits {
    /// Everything that HEAD reaches.
    fn default() -> Self {
        Self::Push { tips: vec![Named::Object("HEAD".into())], known: Vec::new() }
    }
}

/// A way to name objects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    /// One, by its id, the name of a ref, or whatever git resolves.
    Object(String),
    /// The objects of all refs whose full names begin with this.
    Below(String),
}

/// Searches the commits of a range.
///
/// # Errors
/// [`crate::error::Error::Repository`] if there is no repository, [`crate::error::Error::Usage`] if the range cannot be
/// resolved.
pub fn run<S: Scanner>(
    options: &Options,
    scanner: &S,
    credentials: &Credentials,
    context: &Context<'_>,
) -> Result<Harvest> {
    let repo = Repo::open(&options.repo, &options.environment, &context.limits)?;
    let blobs = Blobs::new(&repo, scanner, credentials, context.allow);
    let spec = match &options.commits {
        Commits::Spec(text) => spec::resolve(&repo, text)?,
        Commits::Push { tips, known } => push::resolve(&repo, tips, known, &mut |gap| blobs.gap(gap))?,
    };
    let (shallow, shallow_gap) = repo.shallow();
    context.progress.start("walking commits", 0);
    let selection = walk::select(&repo, &spec, &shallow, context);
    selection.gaps.iter().for_each(|gap| blobs.gap(gap.clone()));
    if !selection.cut.is_empty() {
        shallow_gap.into_iter().for_each(|gap| blobs.gap(gap));
    }
    let collector = Collector::new(credentials, context.allow, context.limits.max_findings);
    context.progress.start("searching commits", selection.commits.len() as u64);
    let range = Range { blobs: &blobs, collector: &collector, scanner, selection: &selection, shallow: &shallow };
    let found = range.search(context);
    range.search_others(&spec.others);
    if context.stopped() {
        let what = "the range".into();
        blobs.gap(Gap { kind: GapKind::Interrupted, what, why: "interrupted before its end".into() });
    }
    let exposures = exposure::exposures(&range, &found, &spec);
    let (mut receipt, mut gaps) = blobs.finish();
    let collected = collector.finish();
    receipt.commits = found.len() as u64;
    gaps.extend(repo.gaps());
    gaps.extend(collected.gap);
    gaps.sort();
    gaps.dedup();
    Ok(Harvest {
        sightings: collected.sightings,
        unlisted: collected.unlisted,
        exposures,
        gaps,
        receipt,
        head: repo.head_id(),
        remote: repo.format().remote.clone(),
        ..Harvest::default()
    })
}

/// What one commit of a range brings.
struct Found {
    /// Its number in the selection.
    number: usize,
    set: ChangeSet,
    /// Which change of the set adds which credentials; sorted by change.
    added: Vec<(usize, FxHashSet<CredentialIndex>)>,
}

/// A range, ready to be searched.
struct Range<'r, S> {
    blobs: &'r Blobs<'r, S>,
    collector: &'r Collector<'r>,
    scanner: &'r S,
    selection: &'r Selection,
    shallow: &'r [Oid],
}

impl<'r, S: Scanner> Range<'r, S> {
    /// Searches all commits, each by one thread; the result is in the selection's order.
    fn search(&self, context: &Context<'_>) -> Vec<Found> {
        let trees: FxHashMap<Oid, Oid> = self.selection.commits.iter().map(|commit| (commit.id, commit.tree)).collect();
        let next = AtomicUsize::new(0);
        let all = Mutex::new(Vec::new());
        let work = || {
            let mut thread = Thread {
                range: self,
                trees: &trees,
                search: self.blobs.searcher(),
                messages: Search::new(self.scanner),
                buffer: Vec::new(),
            };
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let Some(commit) = self.selection.commits.get(number).filter(|_| !context.stopped()) else { return };
                let found = thread.commit(number, commit);
                all.lock().expect("no panic while holding this lock").push(found);
                context.progress.add(1);
            }
        };
        let threads = context.threads.min(self.selection.commits.len());
        std::thread::scope(|scope| {
            let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
            work();
            others.into_iter().for_each(|other| other.join().expect("a scanner's panics are caught"));
        });
        let mut found = all.into_inner().expect("no panic while holding this lock");
        found.sort_by_key(|found| found.number);
        found
    }
}

/// One thread of a search.
struct Thread<'t, 'r, S: Scanner> {
    range: &'t Range<'r, S>,
    /// The trees of the range's own commits.
    trees: &'t FxHashMap<Oid, Oid>,
    search: BlobSearch<'t, 'r, S>,
    messages: Search<'r, S>,
    buffer: Vec<u8>,
}

impl<S: Scanner> Thread<'_, '_, S> {
    fn commit(&mut self, number: usize, commit: &Commit) -> Found {
        let old = self.trees_before(commit);
        let blobs = self.range.blobs;
        let mut broken = |id, error| blobs.gap(blobs.repo.object_gap(id, &error));
        let set = trees::compare(&mut self.search.reader, commit.tree, &old, &mut broken);
        let mut additions = Additions::new(&set);
        let mut added: Vec<(usize, FxHashSet<CredentialIndex>)> = Vec::new();
        // One content at many paths is looked at and read once: a tree bomb has it at millions.
        let mut alike: FxHashMap<(Oid, &[Oid]), Vec<usize>> = FxHashMap::default();
        for (place, change) in set.changes.iter().enumerate() {
            alike.entry((change.new, &change.old)).or_default().push(place);
        }
        for change in set.changes.iter().filter(|change| change.old.is_empty()) {
            let origin = |path| Origin::Commit { commit: commit.id, path, blob: change.new };
            self.search.names(&change.path, self.range.collector, origin);
        }
        for places in alike.into_values() {
            let change = &set.changes[places[0]];
            let credentials = additions.of(change, &mut self.search);
            if !credentials.is_empty() {
                let origin = |place: &usize| {
                    let path = set.changes[*place].path.clone();
                    Origin::Commit { commit: commit.id, path, blob: change.new }
                };
                let origins: Vec<Origin> = places.iter().map(origin).collect();
                let wanted = |credential| credentials.contains(&credential);
                self.search.report(change.new, &origins, self.range.collector, wanted);
                added.extend(places.into_iter().map(|place| (place, credentials.clone())));
            }
        }
        added.sort_unstable_by_key(|(place, _)| *place);
        self.message(commit.id);
        Found { number, set, added }
    }

    /// The trees of a commit's parents; an empty one for a root, and for what a shallow clone made one.
    fn trees_before(&mut self, commit: &Commit) -> Vec<Option<Oid>> {
        if commit.parents.is_empty() || self.range.shallow.binary_search(&commit.id).is_ok() {
            return vec![None];
        }
        let mut trees = Vec::with_capacity(commit.parents.len());
        for parent in &commit.parents {
            trees.push(self.trees.get(parent).copied().or_else(|| {
                match Commit::read(&mut self.search.reader, *parent, &mut self.buffer) {
                    Ok(parent) => Some(parent.tree),
                    Err(error) => {
                        self.range.blobs.gap(self.range.blobs.repo.object_gap(*parent, &error));
                        None
                    }
                }
            }));
        }
        trees
    }

    /// Searches the commit itself: its message, and the names in it.
    fn message(&mut self, id: Oid) {
        let blobs = self.range.blobs;
        if let Err(error) = Commit::read(&mut self.search.reader, id, &mut self.buffer) {
            return blobs.gap(blobs.repo.object_gap(id, &error));
        }
        match self.messages.hits_in_text(&self.buffer) {
            Ok(hits) => {
                blobs.searched(self.buffer.len());
                if !hits.is_empty() {
                    self.range.collector.add(&self.buffer, hits, &Origin::CommitMessage { commit: id });
                }
            }
            Err(Failed) => {
                blobs.skip("search failed");
                blobs.gap(Gap { kind: GapKind::Object, what: id.to_string(), why: Failed::WHY.into() });
            }
        }
    }
}
