//! What a run writes while it goes on, so that one that is stopped or killed was not for nothing: facts about objects
//! while they are searched, and about trees while they are read.

use super::{Kept, Memory};
use crate::source::history::objects::{Number, Objects};
use crate::source::history::scan::{self, Fates};
use crate::source::history::store::batch::{Batch, Fact};
use crate::source::history::store::draft::{self, Forest};
use crate::source::history::store::file::Change;
use crate::source::history::store::forest;
use crate::source::history::store::segment::{AGAIN, HIT, LOST, TREE};
use crate::source::history::trees::{Done, Edges, Names};
use crate::source::repo::Repo;
use std::sync::{Condvar, Mutex};
use std::time::Duration;

/// So much time goes by between two records of what has been searched.
const BETWEEN_RECORDS: Duration = Duration::from_secs(1);
/// And between two records of the trees that were read: there is more to write.
const BETWEEN_TREES: Duration = Duration::from_secs(4);

/// Whether trees are kept while others are still read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum KeptTrees {
    #[default]
    NotYet,
    Some,
    /// Another run has written, or nothing can be.
    Cannot,
}

/// The pass over the trees as it goes on.
pub struct Passing<'a> {
    pub repo: &'a Repo,
    pub objects: &'a Objects,
    pub fates: &'a Fates,
    /// By number.
    pub hit: &'a [bool],
    pub names: &'a Names,
    /// Nothing that was known of trees holds.
    pub anew: bool,
}

impl Memory {
    /// Does `work`, and writes a record of what was learned every now and then.
    pub fn keeping<T>(&self, objects: &Objects, work: impl FnOnce() -> T) -> T {
        if self.is_on() { every(BETWEEN_RECORDS, || self.record(objects), work) } else { work() }
    }

    /// Does `work`, which reads trees and says whether it came to its end, and gives what is `done`. Every now and then
    /// and when the end was not reached, what is done by then is written.
    pub fn keeping_trees(&self, passing: &Passing<'_>, done: &Done, work: impl FnOnce() -> bool) -> Vec<Edges> {
        if !self.is_on() {
            work();
            return done.take();
        }
        let parts = Mutex::default();
        let record = || self.record_trees(passing, done, &mut parts.lock().expect("no panic while holding this lock"));
        if !every(BETWEEN_TREES, record, work) {
            record();
        }
        let mut parts = parts.into_inner().expect("no panic while holding this lock");
        parts.extend(done.take());
        parts
    }

    /// Writes the trees that were done since the last time, and adds them to `parts`.
    fn record_trees(&self, passing: &Passing<'_>, done: &Done, parts: &mut Vec<Edges>) {
        let first = parts.len();
        parts.extend(done.take());
        self.record(passing.objects);
        let mut kept = self.kept.lock().expect("no panic while holding this lock");
        if parts[first..].iter().all(|edges| edges.trees.is_empty()) {
            return;
        }
        if kept.trees == KeptTrees::NotYet {
            let begun = self.begin_trees(passing, &mut kept);
            kept.trees = if begun { KeptTrees::Some } else { KeptTrees::Cannot };
        }
        if kept.trees == KeptTrees::Some
            && let Some((facts, forest)) = forest::part(passing, &parts[first..])
        {
            let batch = Batch { facts, ..Batch::default() };
            let record = draft::record(passing.objects, &batch, Some(&forest));
            let before = self.before(&kept);
            if !self.write(&mut kept, &Change { record: &record, instead_of: &[], only_after: Some(&before) }) {
                kept.trees = KeptTrees::Cannot;
            }
        }
    }

    /// Writes what holds for all trees that are going to be kept: what else there is, and what was found in it. Should
    /// something of that change, the trees do not count any more. What was known of trees is taken out, unless it holds.
    fn begin_trees(&self, passing: &Passing<'_>, kept: &mut Kept) -> bool {
        let Passing { objects, fates, hit, .. } = *passing;
        let knew = self.vanished || !self.damaged.is_empty() || self.mapped.iter().any(|m| m.segment.has_trees);
        let forget = passing.anew && knew;
        let mut batch = Batch::default();
        if forget {
            batch = kept.all.clone();
            batch.append(self.known(true).batch);
            batch.facts.retain(|fact| fact.kind & !HIT != TREE);
            batch.commits.sort_by_time();
        }
        let mut told = vec![false; objects.len()];
        batch.facts.iter().chain(&kept.all.facts).for_each(|fact| told[fact.number as usize] = true);
        for number in (0..objects.len() as Number).filter(|&n| !told[n as usize] && (forget || self.is_new(n))) {
            let kind = match fates.get(number) {
                scan::COPY | scan::TREE => continue,
                scan::LOST => LOST,
                _ => AGAIN,
            };
            let hit = if hit[number as usize] { HIT } else { 0 };
            batch.facts.push(Fact { number, kind: kind | hit, size: 0 });
        }
        let forest = Forest { partial: true, ..Forest::default() };
        let record = draft::record(objects, &batch, Some(&forest));
        let before = self.before(kept);
        let instead_of = if forget { &before[..] } else { &[] };
        let written = self.write(kept, &Change { record: &record, instead_of, only_after: Some(&before) });
        if written && forget {
            kept.forgot = true;
            kept.records.retain(|number| !before.contains(number));
        }
        written
    }
}

/// Does `work`, and `record` beside it whenever so much time has gone by.
fn every<T>(time: Duration, record: impl Fn() + Sync, work: impl FnOnce() -> T) -> T {
    let (done, ended) = (Mutex::new(false), Condvar::new());
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut over = done.lock().expect("no panic while holding this lock");
            while !*over {
                let (again, waited) = ended.wait_timeout(over, time).expect("no panic while holding this lock");
                over = again;
                if waited.timed_out() && !*over {
                    drop(over);
                    record();
                    over = done.lock().expect("no panic while holding this lock");
                }
            }
        });
        // A panic in there must not leave the thread waiting for ever.
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
        *done.lock().expect("no panic while holding this lock") = true;
        ended.notify_all();
        result.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}
