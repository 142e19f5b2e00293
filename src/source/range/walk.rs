//! Which commits a range holds.
//!
//! Both sides are walked from the newest commit to older ones, each commit marked with the sides that reach it. The walk
//! ends when nothing is waiting that only the wanted side reaches; a clock that ran backwards can make the range larger
//! than it is, never smaller.

use super::commit::Commit;
use super::spec::Spec;
use crate::error::Gap;
use crate::origin::Oid;
use crate::scanner::Context;
use crate::source::repo::{Reader, Repo};
use rustc_hash::FxHashMap;
use std::collections::BinaryHeap;

const LEFT: u8 = 1;
const RIGHT: u8 = 2;
/// So many commits of no interest are walked further, in case that a clock ran backwards.
const SLOP: u32 = 64;

/// The commits of a range.
#[derive(Debug, Default)]
pub struct Selection {
    /// Parents before their children.
    pub commits: Vec<Commit>,
    /// Commits of the range that a shallow clone cut off from their parents.
    pub cut: Vec<Oid>,
    pub gaps: Vec<Gap>,
}

/// Walks `spec`. Commits in `shallow`, which is sorted, have no parents.
pub fn select(repo: &Repo, spec: &Spec, shallow: &[Oid], context: &Context<'_>) -> Selection {
    let mut walk = Walk {
        repo,
        reader: repo.objects().reader(),
        buffer: Vec::new(),
        shallow,
        symmetric: spec.symmetric,
        seen: FxHashMap::default(),
        waiting: BinaryHeap::new(),
        wanted: 0,
        gaps: Vec::new(),
    };
    spec.left.iter().for_each(|id| walk.mark(*id, LEFT));
    spec.right.iter().for_each(|id| walk.mark(*id, RIGHT));
    let mut slop = SLOP;
    while let Some((_, _, id)) = walk.waiting.pop() {
        if context.stopped() {
            break;
        }
        if walk.wanted == 0 {
            slop -= 1;
            if slop == 0 {
                break;
            }
        }
        walk.visit(id);
    }
    walk.finish()
}

/// A commit on the way.
struct Seen {
    /// None if it cannot be read.
    commit: Option<Commit>,
    sides: u8,
    /// The sides that its parents were told.
    told: u8,
    is_waiting: bool,
}

struct Walk<'r, 's> {
    repo: &'r Repo,
    reader: Reader<'r>,
    buffer: Vec<u8>,
    shallow: &'s [Oid],
    symmetric: bool,
    seen: FxHashMap<Oid, Seen>,
    /// By time, the newest first; ids make the order the same every time.
    waiting: BinaryHeap<(i64, std::cmp::Reverse<Oid>, Oid)>,
    /// How many of those waiting are in the range so far as is known.
    wanted: usize,
    gaps: Vec<Gap>,
}

impl Walk<'_, '_> {
    fn is_wanted(&self, sides: u8) -> bool {
        sides == RIGHT || (self.symmetric && sides == LEFT)
    }

    /// Notes that `sides` reach commit `id`.
    fn mark(&mut self, id: Oid, sides: u8) {
        if !self.seen.contains_key(&id) {
            let commit = match Commit::read(&mut self.reader, id, &mut self.buffer) {
                Ok(commit) => Some(commit),
                Err(error) => {
                    self.gaps.push(self.repo.object_gap(id, &error));
                    None
                }
            };
            self.seen.insert(id, Seen { commit, sides: 0, told: 0, is_waiting: false });
        }
        let symmetric = self.symmetric;
        let is_wanted = |sides: u8| sides == RIGHT || (symmetric && sides == LEFT);
        let seen = self.seen.get_mut(&id).expect("it was entered just now");
        let before = seen.is_waiting && is_wanted(seen.sides);
        seen.sides |= sides;
        if seen.sides != seen.told && !seen.is_waiting {
            seen.is_waiting = true;
            let time = seen.commit.as_ref().map_or(0, |commit| commit.time);
            self.waiting.push((time, std::cmp::Reverse(id), id));
        }
        let after = seen.is_waiting && is_wanted(seen.sides);
        self.wanted = self.wanted + usize::from(after) - usize::from(before);
    }

    /// Tells the parents of a commit what is known of it.
    fn visit(&mut self, id: Oid) {
        let seen = self.seen.get_mut(&id).expect("what waits was seen");
        let sides = seen.sides;
        (seen.is_waiting, seen.told) = (false, sides);
        let parents = match &seen.commit {
            Some(commit) if self.shallow.binary_search(&id).is_err() => commit.parents.clone(),
            _ => Vec::new(),
        };
        self.wanted -= usize::from(self.is_wanted(sides));
        for parent in parents {
            self.mark(parent, sides);
        }
    }

    fn finish(mut self) -> Selection {
        // What one side alone reached is wanted; what was not told yet is of no interest to anyone.
        let wanted: FxHashMap<Oid, Commit> = self
            .seen
            .iter()
            .filter(|(_, seen)| self.is_wanted(seen.sides) && seen.told == seen.sides)
            .filter_map(|(id, seen)| Some((*id, seen.commit.clone()?)))
            .collect();
        let mut cut: Vec<Oid> = wanted.keys().copied().filter(|id| self.shallow.binary_search(id).is_ok()).collect();
        cut.sort_unstable();
        self.gaps.sort();
        self.gaps.dedup();
        Selection { commits: parents_first(wanted), cut, gaps: self.gaps }
    }
}

/// Sorts so that parents come before their children; among those that could come in any order, the oldest first.
fn parents_first(mut commits: FxHashMap<Oid, Commit>) -> Vec<Commit> {
    let mut open: FxHashMap<Oid, usize> = FxHashMap::default();
    let mut children: FxHashMap<Oid, Vec<Oid>> = FxHashMap::default();
    for commit in commits.values() {
        let parents = commit.parents.iter().filter(|parent| commits.contains_key(*parent));
        for parent in parents.clone() {
            children.entry(*parent).or_default().push(commit.id);
        }
        open.insert(commit.id, parents.count());
    }
    let key = |commit: &Commit| std::cmp::Reverse((commit.time, commit.id));
    let mut ready: BinaryHeap<_> = commits.values().filter(|commit| open[&commit.id] == 0).map(key).collect();
    let mut sorted = Vec::with_capacity(commits.len());
    while let Some(std::cmp::Reverse((_, id))) = ready.pop() {
        for child in children.remove(&id).unwrap_or_default() {
            let open = open.get_mut(&child).expect("every commit was entered");
            *open -= 1;
            if *open == 0 {
                ready.push(key(&commits[&child]));
            }
        }
        sorted.extend(commits.remove(&id));
    }
    sorted
}
