//! What earlier runs know of the objects of this one, and what this one learns.

mod keeping;

pub use keeping::Passing;

use super::Place;
use super::batch::{Batch, Fact};
use super::draft;
use super::file::{Change, File, Key, Loaded};
use super::forest::{self, Passed};
use super::locate::{NOWHERE, locate};
use super::segment::{AGAIN, BLOB, COMMIT, HIT, LOST, MENTIONED, Segment, TAG, TREE};
use crate::mapped;
use crate::source::history::MANY;
use crate::source::history::objects::{Number, Objects};
use crate::source::history::scan::{self, Fates};
use crate::source::history::trees::{Edges, Names};
use crate::source::repo::Repo;
use keeping::KeptTrees;
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use std::sync::Mutex;

/// A copy of an object that goes under another number.
const COPY: u8 = 0x40;
/// With so many records they are made one.
const RECORDS: usize = 12;
/// At most so many objects of a pack are read one by one; for more of them it is walked.
const FEW: usize = 2000;
/// And only if the pack has so many times as many.
const OF_MANY: usize = 8;

/// A record, and which objects of this run it is about.
pub struct Mapped {
    pub segment: Segment,
    /// By place; [`NOWHERE`] for what the repository does not have.
    pub numbers: Vec<Number>,
}

/// The memory of one repository. Without a store it knows nothing and keeps nothing.
pub struct Memory {
    file: Option<File>,
    mapped: Vec<Mapped>,
    /// The numbers of the records in the file.
    records: Vec<u64>,
    damaged: Vec<u64>,
    old: bool,
    /// By object number what records say of it, or [`COPY`]. Empty where nothing is remembered.
    status: Vec<u8>,
    /// Something that records know as present is there no more.
    vanished: bool,
    /// By pack, then by entry: whether it or something built on it is to be searched. Empty for all.
    needed: Vec<Vec<bool>>,
    /// What threads have learned since the last record.
    learned: Vec<Mutex<Batch>>,
    kept: Mutex<Kept>,
    lost_pages: usize,
}

/// What was read of a store, before it is known which objects there are.
pub struct Loading {
    file: File,
    loaded: Result<Loaded, String>,
}

/// What this run has written.
#[derive(Default)]
struct Kept {
    all: Batch,
    records: Vec<u64>,
    /// The records that were read are there no more: what they know of trees does not hold.
    forgot: bool,
    trees: KeptTrees,
    trouble: Option<String>,
}

/// What is known of objects that need not be searched.
#[derive(Debug, Default)]
pub struct Known {
    pub batch: Batch,
    /// Bytes of those that were searched.
    pub bytes: u64,
    /// How many were searched.
    pub searched: u64,
}

impl Memory {
    /// Reads what the store at `place` holds about `repo`.
    pub fn load(place: Option<&Place>, repo: &Repo) -> Option<Loading> {
        let place = place?;
        let file = File::new(place.file.clone(), key(place, repo), place.limit);
        let loaded = file.load();
        Some(Loading { file, loaded })
    }

    /// What was read of a store as knowledge about `objects`, and why it cannot be used, if so.
    pub fn open(loading: Option<Loading>, objects: &Objects, threads: usize) -> (Self, Option<String>) {
        let mut memory = Self {
            file: None,
            mapped: Vec::new(),
            records: Vec::new(),
            damaged: Vec::new(),
            old: false,
            status: Vec::new(),
            vanished: false,
            needed: Vec::new(),
            learned: (0..threads).map(|_| Mutex::default()).collect(),
            kept: Mutex::default(),
            lost_pages: mapped::lost_pages(),
        };
        let Some(Loading { file, loaded }) = loading else { return (memory, None) };
        let loaded = match loaded {
            Ok(loaded) => loaded,
            Err(trouble) => return (memory, Some(trouble)),
        };
        memory.file = Some(file);
        memory.old = loaded.old;
        memory.damaged = loaded.damaged;
        if !loaded.records.is_empty() {
            memory.status = vec![MENTIONED; objects.len()];
        }
        for (number, bytes) in loaded.records {
            memory.records.push(number);
            match Segment::read(bytes, objects.hash) {
                Some(segment) => memory.map(segment, objects),
                None => memory.damaged.push(number),
            }
        }
        memory.unsettle();
        memory.records.extend(&memory.damaged);
        memory.records.sort_unstable();
        memory.records.dedup();
        (memory, None)
    }

    fn map(&mut self, segment: Segment, objects: &Objects) {
        let status = &mut self.status;
        let numbers = locate(&segment, objects, |copy| status[copy as usize] = COPY);
        for (&kind, &number) in segment.kinds().iter().zip(&numbers) {
            if kind == MENTIONED {
                continue;
            }
            match status.get_mut(number as usize) {
                Some(known) => *known = (*known & !HIT).max(kind & !HIT) | (*known | kind) & HIT,
                None => self.vanished = true,
            }
        }
        self.mapped.push(Mapped { segment, numbers });
    }

    /// A commit or tag that names what is not there any more is looked at again: that is told.
    fn unsettle(&mut self) {
        for Mapped { segment, numbers } in &self.mapped {
            let is_gone = |place: u32| numbers.get(place as usize).is_none_or(|&number| number == NOWHERE);
            let commits = segment.commits().filter_map(|(commit, mut parents)| {
                (is_gone(commit.tree) || parents.any(is_gone)).then_some(commit.at)
            });
            let tags = segment.tags().filter(|[_, to]| is_gone(*to)).map(|[tag, _]| tag);
            for place in commits.chain(tags) {
                if let Some(status) = numbers.get(place as usize).and_then(|&n| self.status.get_mut(n as usize)) {
                    *status = AGAIN;
                }
            }
        }
    }

    /// Whether this run learns anything that is kept.
    pub fn is_on(&self) -> bool {
        self.file.is_some()
    }

    /// Whether anything is known.
    #[inline]
    pub fn knows_any(&self) -> bool {
        !self.status.is_empty()
    }

    /// Whether an object need not be looked at.
    #[inline]
    pub fn settles(&self, number: Number) -> bool {
        self.status.get(number as usize).is_some_and(|&status| status >= BLOB && status & HIT == 0)
    }

    /// Whether an entry of a pack need not be looked at, nor anything that is built on it.
    #[inline]
    pub fn skips(&self, pack: usize, entry: u32) -> bool {
        self.needed.get(pack).and_then(|needed| needed.get(entry as usize)).is_some_and(|needed| !needed)
    }

    /// Reads what packs hold, where that is not known already, and sets the fates of what need not be looked at. Gives
    /// the objects that are to be read one by one.
    pub fn settle(&mut self, objects: &mut Objects, fates: &Fates) -> Vec<Number> {
        let mut single = Vec::new();
        if self.status.is_empty() {
            objects.packs.iter_mut().for_each(|pack| pack.read_entries());
            return single;
        }
        self.status.par_iter().enumerate().with_min_len(MANY).for_each(|(number, &status)| match status {
            BLOB | COMMIT | TAG => fates.set(number as Number, scan::SEARCHED),
            TREE => fates.set(number as Number, scan::TREE),
            COPY => fates.set(number as Number, scan::COPY),
            _ => {}
        });
        self.needed = vec![Vec::new(); objects.packs.len()];
        for pack in 0..objects.packs.len() {
            let count = objects.packs[pack].index.num_objects();
            let number = |position: u32| objects.number_in(pack, position);
            let all = (0..count).into_par_iter().with_min_len(MANY);
            let open: Vec<u32> = all.filter(|&position| !self.settles(number(position))).collect();
            // Why the walk cannot have an object is a part of the report.
            let lost = open.iter().any(|&position| self.status[number(position) as usize] & !HIT == LOST);
            if !lost && open.len() <= FEW && open.len() * OF_MANY <= count as usize {
                for position in open {
                    match objects.canonical(pack, position) {
                        Some(number) => single.push(number),
                        None => fates.set(number(position), scan::COPY),
                    }
                }
            } else {
                objects.packs[pack].read_entries();
                if open.len() < count as usize {
                    let opened = |position: u32| !self.settles(objects.number_in(pack, position));
                    self.needed[pack] = needed(&objects.packs[pack].entries, opened);
                }
            }
        }
        single
    }

    /// What is known of the objects that are settled: their commits, tags and counts, and if asked for all `facts`.
    pub fn known(&self, facts: bool) -> Known {
        let mut known = Known::default();
        let mut taken = vec![false; self.status.len()];
        for Mapped { segment, numbers } in &self.mapped {
            let mut own = vec![false; segment.len()];
            for (place, (&kind, &number)) in segment.kinds().iter().zip(numbers).enumerate() {
                if number == NOWHERE || kind < BLOB || !self.settles(number) || taken[number as usize] {
                    continue;
                }
                taken[number as usize] = true;
                own[place] = true;
                let size = segment.size_of(place);
                if facts {
                    known.batch.facts.push(Fact { number, kind, size });
                }
                if kind != TREE {
                    known.bytes += u64::from(size);
                    known.searched += 1;
                }
            }
            let at = |place: u32| numbers.get(place as usize).copied().unwrap_or(NOWHERE);
            let is_own = |place: u32| own.get(place as usize).copied().unwrap_or(false);
            for (commit, parents) in segment.commits().filter(|(commit, _)| is_own(commit.at)) {
                known.batch.commits.push(at(commit.at), at(commit.tree), commit.time, parents.map(at));
            }
            known.batch.tags.extend(segment.tags().filter(|[tag, _]| is_own(*tag)).map(|[tag, to]| (at(tag), at(to))));
        }
        known
    }

    /// Takes note of what thread `slot` has learned.
    pub fn learn(&self, slot: usize, note: impl FnOnce(&mut Batch)) {
        if self.is_on() {
            note(&mut self.learned[slot % self.learned.len()].lock().expect("no panic while holding this lock"));
        }
    }

    /// The numbers of the records that there should be in the file.
    fn before(&self, kept: &Kept) -> Vec<u64> {
        let read = self.records.iter().filter(|_| !kept.forgot);
        read.chain(&kept.records).copied().collect()
    }

    /// Whether nothing is known of an object.
    fn is_new(&self, number: Number) -> bool {
        self.status.get(number as usize).is_none_or(|&status| status & !HIT < AGAIN)
    }

    /// Takes what was learned since the last time.
    fn gather(&self) -> Batch {
        let mut batch = Batch::default();
        for learned in &self.learned {
            batch.append(std::mem::take(&mut *learned.lock().expect("no panic while holding this lock")));
        }
        batch
    }

    /// Writes what was learned since the last time.
    fn record(&self, objects: &Objects) {
        let batch = self.gather();
        let mut kept = self.kept.lock().expect("no panic while holding this lock");
        if self.has_news(&batch) {
            let record = draft::record(objects, &batch, None);
            self.write(&mut kept, &Change { record: &record, instead_of: &[], only_after: None });
        }
        kept.all.append(batch);
    }

    /// Whether a batch holds anything that is not in the store.
    fn has_news(&self, batch: &Batch) -> bool {
        batch
            .facts
            .iter()
            .any(|fact| self.status.get(fact.number as usize).is_none_or(|known| known & !HIT < fact.kind & !HIT))
    }

    /// Says whether the change was made.
    fn write(&self, kept: &mut Kept, change: &Change<'_>) -> bool {
        let Some(file) = self.file.as_ref().filter(|_| kept.trouble.is_none()) else { return false };
        // What was read of a file that became shorter meanwhile was not its content.
        if mapped::lost_pages() > self.lost_pages {
            return false;
        }
        match file.save(Some(change)) {
            Ok(number) => {
                kept.records.extend(number);
                number.is_some()
            }
            Err(trouble) => {
                kept.trouble = Some(trouble);
                false
            }
        }
    }

    /// The edges of all trees that are known, if what is known of them still holds; `hit` says which objects hit.
    pub fn forest(&self, repo: &Repo, names: &Names, hit: &[bool]) -> Option<Edges> {
        if self.vanished || !self.damaged.is_empty() || !self.mapped.iter().any(|mapped| mapped.segment.has_trees) {
            return None;
        }
        forest::restore(repo, &self.mapped, names, hit)
    }

    /// Whether a tree is known.
    pub fn has_tree(&self, number: Number) -> bool {
        self.status.get(number as usize) == Some(&TREE)
    }

    /// Writes the rest at the end of a run.
    pub fn finish(self, end: End<'_>) -> Option<String> {
        let file = self.file.as_ref()?;
        let End { objects, fates, passed, hit, restored } = end;
        let mut batch = self.gather();
        let lost = |number: &Number| fates.get(*number) == scan::LOST;
        let losses: Vec<Number> = (0..objects.len() as Number).filter(lost).collect();
        batch.facts.extend(losses.iter().map(|&number| Fact { number, kind: LOST, size: 0 }));
        let mut kept = std::mem::take(&mut *self.kept.lock().expect("no panic while holding this lock"));
        let before = self.before(&kept);
        // After a loss the trees are read again by the next run.
        let passed = passed.filter(|_| losses.is_empty());
        let partial = kept.trees != KeptTrees::NotYet || self.mapped.iter().any(|mapped| mapped.segment.partial);
        let has_trees = partial || self.mapped.iter().any(|mapped| mapped.segment.has_trees);
        let many = before.len() >= RECORDS || !self.damaged.is_empty();
        // What is known of trees must not go because a run was stopped.
        let may_go = passed.is_some() || !has_trees || !losses.is_empty();
        let whole = passed.is_some() && (!restored || partial) || many && may_go;
        if whole {
            batch.append(std::mem::take(&mut kept.all));
            batch.append(self.known(true).batch);
            batch.commits.sort_by_time();
        }
        let mut forest = None;
        if let Some(Ended { passed, uncovered }) = passed {
            let mut told = vec![false; objects.len()];
            let so_far = batch.facts.iter().chain(&kept.all.facts);
            so_far.for_each(|fact| told[fact.number as usize] = true);
            let is_covered = |number: Number| fates.get(number) == scan::TREE && !uncovered[number as usize];
            let is_new = |number: Number| whole || self.is_new(number);
            for number in (0..objects.len() as Number).filter(|&number| !told[number as usize] && is_new(number)) {
                let kind = match fates.get(number) {
                    scan::COPY => continue,
                    scan::TREE if is_covered(number) => TREE,
                    _ => AGAIN,
                };
                let hit = if hit[number as usize] { HIT } else { 0 };
                batch.facts.push(Fact { number, kind: kind | hit, size: 0 });
            }
            forest = forest::keep(&passed, |number| is_covered(number) && (whole || !self.has_tree(number)));
        }
        if forest.is_none() {
            batch.facts.retain(|fact| !matches!(fact.kind & !HIT, TREE | AGAIN));
        }
        if whole || self.has_news(&batch) {
            let record = draft::record(objects, &batch, forest.as_ref());
            let instead_of = if whole { &before[..] } else { &[] };
            // What is known of trees holds together with the records that were read, and no others.
            let only_after = (forest.is_some() || whole).then_some(&before[..]);
            self.write(&mut kept, &Change { record: &record, instead_of, only_after });
        } else if self.old {
            kept.trouble = file.save(None).err();
        }
        kept.trouble
    }
}

/// How a run ended.
pub struct End<'a> {
    pub objects: &'a Objects,
    pub fates: &'a Fates,
    /// Where the trees were passed, and all of them that were to be.
    pub passed: Option<Ended<'a>>,
    /// By number.
    pub hit: Vec<bool>,
    /// What was known of trees held.
    pub restored: bool,
}

/// What the tree pass gave, and by number the trees that must be read every time.
pub struct Ended<'a> {
    pub passed: Passed<'a>,
    pub uncovered: Vec<bool>,
}

/// Which entries are open, or have something open built on them.
fn needed(entries: &[crate::source::pack::file::Entry], open: impl Fn(u32) -> bool) -> Vec<bool> {
    let mut needed: Vec<bool> = entries.iter().map(|entry| open(entry.position)).collect();
    // A base lies before its deltas, nearly always: then once is enough.
    loop {
        let mut again = false;
        for (i, entry) in entries.iter().enumerate().rev() {
            if let Some(base) = needed.get(entry.base as usize)
                && needed[i]
                && !base
            {
                needed[entry.base as usize] = true;
                again |= entry.base as usize > i;
            }
        }
        if !again {
            return needed;
        }
    }
}

/// The name under which the records of a repository and a rule set lie.
fn key(place: &Place, repo: &Repo) -> Key {
    let folder = &repo.layout().common_dir;
    let folder = std::fs::canonicalize(folder).unwrap_or_else(|_| folder.clone());
    let repository = Sha256::new()
        .chain_update([repo.hash().len_in_bytes() as u8])
        .chain_update(folder.as_os_str().as_encoded_bytes())
        .finalize();
    let mut key = [0; 32];
    key[..16].copy_from_slice(&repository[..16]);
    key[16..].copy_from_slice(&place.rules[..16]);
    key
}
