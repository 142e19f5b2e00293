//! Changed paths, and what they add: a credential that stood in the old content of the path, or in anything that the
//! same change took away elsewhere (a renamed file), is not news.
//!
//! Content is read by its id only, each blob is searched once, and old content only where the new one has hits.

use super::collect::Collector;
use super::parts;
use super::repo::{Reader, Repo};
use super::search::{Failed, Search};
use super::sight::{Sight, sights};
use super::trees::files_below;
use crate::allow::Allowances;
use crate::error::{Gap, GapKind};
use crate::finding::{CredentialIndex, Credentials, Hit, Receipt};
use crate::origin::{Oid, Origin};
use crate::scanner::{SHORTEST_NAME, Scanner};
use crate::secret::Secret;
use gix::objs::Kind;
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::{Arc, Mutex, MutexGuard};

/// A path with new content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub path: Vec<u8>,
    pub new: Oid,
    /// What was there before; several after a merge.
    pub old: Vec<Oid>,
}

/// All changes of one commit, or of the index.
#[derive(Debug, Clone, Default)]
pub struct ChangeSet {
    pub changes: Vec<Change>,
    /// Files that are gone, with their paths.
    pub removed: Vec<(Vec<u8>, Oid)>,
    /// Folders that are gone as a whole, with their paths and trees.
    pub removed_trees: Vec<(Vec<u8>, Oid)>,
}

/// Blobs of a repository, each searched once.
pub struct Blobs<'r, S> {
    pub repo: &'r Repo,
    pub credentials: &'r Credentials,
    pub allow: &'r Allowances,
    scanner: &'r S,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    searched: FxHashMap<Oid, Searched>,
    receipt: Receipt,
    gaps: Vec<Gap>,
}

/// What a blob's search came to.
struct Searched {
    hits: Arc<[Hit]>,
    /// What could not be unpacked of it.
    missing: Vec<Gap>,
    /// Bytes, or why it could not be searched.
    outcome: Result<u64, Gap>,
    /// Whether it is in the receipt.
    counted: bool,
}

impl Known {
    /// The hits of a blob that was searched before. The first time that it is asked for as a new one it is counted.
    fn recall(&mut self, id: Oid, role: Role) -> Option<Arc<[Hit]>> {
        let searched = self.searched.get_mut(&id)?;
        if role == Role::New && !searched.counted {
            searched.counted = true;
            self.receipt.seen += 1;
            self.gaps.append(&mut searched.missing);
            match &searched.outcome {
                Ok(size) => {
                    self.receipt.scanned += 1;
                    self.receipt.bytes += size;
                }
                Err(gap) => {
                    let why = if gap.kind == GapKind::Limit { "too large" } else { "unreadable" };
                    *self.receipt.skipped.entry(why.into()).or_default() += 1;
                    self.gaps.push(gap.clone());
                }
            }
        }
        Some(Arc::clone(&searched.hits))
    }
}

/// Whether a blob counts in the receipt, and whether it is a gap if it cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// It is what the user asked about.
    New,
    /// It only tells what is no news.
    Old,
}

impl<'r, S: Scanner> Blobs<'r, S> {
    /// Nothing is read yet.
    pub fn new(repo: &'r Repo, scanner: &'r S, credentials: &'r Credentials, allow: &'r Allowances) -> Self {
        Self { repo, credentials, allow, scanner, known: Mutex::default() }
    }

    /// A searcher for one thread.
    pub fn searcher(&self) -> BlobSearch<'_, 'r, S> {
        BlobSearch {
            blobs: self,
            reader: self.repo.objects().reader(),
            search: Search::new(self.scanner),
            content: Vec::new(),
        }
    }

    /// What was read, and what could not be.
    pub fn finish(self) -> (Receipt, Vec<Gap>) {
        let known = self.known.into_inner().expect("no panic while holding this lock");
        (known.receipt, known.gaps)
    }

    /// Counts something that was not searched, by reason.
    pub fn skip(&self, why: &str) {
        let mut known = self.lock();
        known.receipt.seen += 1;
        *known.receipt.skipped.entry(why.to_owned()).or_default() += 1;
    }

    /// Counts something that was searched elsewhere, of so many bytes.
    pub fn searched(&self, bytes: usize) {
        let mut known = self.lock();
        known.receipt.seen += 1;
        known.receipt.scanned += 1;
        known.receipt.bytes += bytes as u64;
    }

    /// Notes a gap.
    pub fn gap(&self, gap: Gap) {
        self.lock().gaps.push(gap);
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().expect("no panic while holding this lock")
    }
}

/// One thread's reader and scanner.
pub struct BlobSearch<'b, 'r, S: Scanner> {
    blobs: &'b Blobs<'r, S>,
    pub reader: Reader<'r>,
    search: Search<'r, S>,
    content: Vec<u8>,
}

impl<S: Scanner> BlobSearch<'_, '_, S> {
    /// The hits in blob `id`, or none if it cannot be read.
    pub fn hits(&mut self, id: Oid, role: Role) -> Arc<[Hit]> {
        if let Some(hits) = self.blobs.lock().recall(id, role) {
            return hits;
        }
        let (hits, missing, outcome) = match self.search_blob(id) {
            Ok((hits, missing)) => (hits, missing, Ok(self.content.len() as u64)),
            Err(gap) => (Arc::from([]), Vec::new(), Err(gap)),
        };
        let mut known = self.blobs.lock();
        known.searched.entry(id).or_insert(Searched { hits, missing, outcome, counted: false });
        known.recall(id, role).expect("it was entered just now")
    }

    fn search_blob(&mut self, id: Oid) -> Result<(Arc<[Hit]>, Vec<Gap>), Gap> {
        self.content.clear();
        let read = self.reader.read_kind(&id, Kind::Blob, &mut self.content);
        read.map_err(|error| self.blobs.repo.object_gap(id, &error))?;
        let failed = |Failed| Gap { kind: GapKind::Object, what: id.to_string(), why: Failed::WHY.into() };
        let mut all = Vec::new();
        let found = &mut |_: Option<&[u8]>, _: &[u8], hits: &[Hit]| all.extend_from_slice(hits);
        let missing = self.search.parts(&self.content, self.blobs.repo.parts(), found).map_err(failed)?;
        let gap = |missing| parts::gap(missing, GapKind::Object, id.to_string());
        Ok((Arc::from(all), missing.iter().map(gap).collect()))
    }

    /// Records the hits of blob `id` whose credential is `wanted` at all `origins`.
    pub fn report(
        &mut self,
        id: Oid,
        origins: &[Origin],
        collector: &Collector<'_>,
        wanted: impl Fn(CredentialIndex) -> bool,
    ) {
        let hits = self.hits(id, Role::New);
        // It was read before; if it cannot be any more, a gap of its own says so.
        match self.reader.read_kind(&id, Kind::Blob, &mut self.content) {
            Ok(()) if parts::has_parts(&self.content) => {
                // It did not fail before, and what is missing was told then.
                let _ = self.search.parts(&self.content, self.blobs.repo.parts(), &mut |member, part, hits| {
                    let origins: Vec<Origin> = origins.iter().map(|origin| origin.clone().within(member)).collect();
                    collector.add_at_all(part, hits, &origins, &wanted);
                });
            }
            Ok(()) => collector.add_at_all(&self.content, &hits, origins, wanted),
            Err(error) => self.blobs.gap(self.blobs.repo.object_gap(id, &error)),
        }
    }

    /// Searches the names in a path that is new, those of its folders too; `origin` tells where such a path is.
    pub fn names(&mut self, path: &[u8], collector: &Collector<'_>, origin: impl Fn(Vec<u8>) -> Origin) {
        let ends = memchr::memchr_iter(b'/', path).chain([path.len()]);
        let mut start = 0;
        for end in ends {
            let name = &path[start..end];
            start = end + 1;
            if name.len() < SHORTEST_NAME {
                continue;
            }
            match self.search.hits(name) {
                Ok([]) => {}
                Ok(hits) => collector.add(name, hits, &origin(path[..end].to_vec()).as_name()),
                Err(Failed) => {
                    let what = String::from_utf8_lossy(path).into_owned();
                    self.blobs.gap(Gap { kind: GapKind::Object, what, why: Failed::WHY.into() });
                }
            }
        }
    }

    /// Where blob `id` holds `credential`.
    pub fn sights(&mut self, id: Oid, credential: CredentialIndex) -> Vec<Sight> {
        let hits = self.hits(id, Role::Old);
        if !hits.iter().any(|hit| hit.credential == credential) {
            return Vec::new();
        }
        match self.reader.read_kind(&id, Kind::Blob, &mut self.content) {
            Ok(()) if parts::has_parts(&self.content) => {
                let mut all = Vec::new();
                let (parts, credentials, allow) = (self.blobs.repo.parts(), self.blobs.credentials, self.blobs.allow);
                let _ = self.search.parts(&self.content, parts, &mut |member, part, hits| {
                    let sights = sights(credentials, allow, part, hits, |hit| hit.credential == credential);
                    all.extend(sights.into_iter().map(|sight| sight.in_member(member)));
                });
                all
            }
            Ok(()) => {
                let wanted = |hit: &Hit| hit.credential == credential;
                sights(self.blobs.credentials, self.blobs.allow, &self.content, &hits, wanted)
            }
            Err(_) => Vec::new(),
        }
    }
}

/// Tells what a change set adds.
pub struct Additions<'s> {
    set: &'s ChangeSet,
    /// What stood in anything that the set took away, once that was needed.
    elsewhere: Option<Before>,
}

/// What stood in old content.
#[derive(Default)]
struct Before {
    credentials: FxHashSet<CredentialIndex>,
    parts: FxHashSet<Secret>,
}

impl<'s> Additions<'s> {
    /// Of this set.
    pub fn new(set: &'s ChangeSet) -> Self {
        Self { set, elsewhere: None }
    }

    /// The credentials that `change`, which is in the set, adds.
    pub fn of<S: Scanner>(
        &mut self,
        change: &Change,
        search: &mut BlobSearch<'_, '_, S>,
    ) -> FxHashSet<CredentialIndex> {
        let hits = search.hits(change.new, Role::New);
        let mut added: FxHashSet<CredentialIndex> = hits.iter().map(|hit| hit.credential).collect();
        if added.is_empty() {
            return added;
        }
        Before::read(&change.old, search).subtract(search.blobs.credentials, &mut added);
        if added.is_empty() {
            return added;
        }
        let set = self.set;
        let elsewhere = self.elsewhere.get_or_insert_with(|| {
            let mut gone: Vec<Oid> = set.changes.iter().flat_map(|change| change.old.iter().copied()).collect();
            gone.extend(set.removed.iter().map(|(_, id)| *id));
            for (path, tree) in &set.removed_trees {
                files_below(&mut search.reader, path, *tree, &mut |_, id| gone.push(id));
            }
            Before::read(&gone, search)
        });
        elsewhere.subtract(search.blobs.credentials, &mut added);
        added
    }
}

impl Before {
    fn read<S: Scanner>(blobs: &[Oid], search: &mut BlobSearch<'_, '_, S>) -> Self {
        let mut before = Self::default();
        for id in blobs {
            for hit in search.hits(*id, Role::Old).iter() {
                if before.credentials.insert(hit.credential) {
                    let credential = search.blobs.credentials.get(hit.credential);
                    before.parts.extend(credential.parts.iter().map(|(_, part)| part.clone()));
                }
            }
        }
        before
    }

    /// Takes out what was there, and what consists of parts that all were there: two lines that moved nearer to one
    /// another, or apart, bring nothing in.
    fn subtract(&self, credentials: &Credentials, added: &mut FxHashSet<CredentialIndex>) {
        added.retain(|index| {
            let was_there = || credentials.get(*index).parts.iter().all(|(_, part)| self.parts.contains(part));
            !self.credentials.contains(index) && !was_there()
        });
    }
}
