//! What the walk over packs does not give: loose objects, objects that a pack cannot give but another place may, and
//! the names of those that nobody has.

use super::objects::{Number, Objects};
use super::scan::{self, Fates, Place, ScanVisitor};
use super::trees::TreeVisitor;
use super::{MANY, Scanned, object_gap};
use crate::error::{Gap, GapKind};
use crate::scanner::{Context, LocalWorker, Scanner, Worker};
use crate::source::pack::file::{Entry, Kind, NO_BASE};
use crate::source::repo::{ReadError, Repo};
use gix::ObjectId;
use rayon::prelude::*;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// At most so many absent objects are named one by one.
const ABSENT_NAMED: usize = 20;

/// Searches loose objects and everything that the walk did not reach; of packs that were not walked, `single`.
#[allow(clippy::too_many_arguments)]
pub fn search<S>(
    repo: &Repo,
    place: &Place<'_>,
    single: Vec<Number>,
    scanner: &S,
    context: &Context<'_>,
    scanned: &mut Scanned,
    gaps: &mut Vec<Gap>,
) where
    S: Scanner,
    for<'s> S::Worker<'s>: LocalWorker + Send,
{
    let &Place { objects, fates, memory, .. } = place;
    let loose = (0..objects.loose.len()).map(|at| objects.number_of_loose(at));
    let mut numbers: Vec<Number> = loose.filter(|&number| !memory.settles(number)).chain(single).collect();
    let mut why: rustc_hash::FxHashMap<Number, &'static str> = rustc_hash::FxHashMap::default();
    for &(number, reason) in &scanned.lost {
        why.insert(number, reason);
    }
    scanned.lost.clear();
    numbers.extend(why.keys().copied());
    for (p, pack) in objects.packs.iter().enumerate() {
        let unseen = |(i, entry): (usize, &Entry)| {
            let number = objects.number_in(p, entry.position);
            if fates.get(number) != scan::UNSEEN {
                return None;
            }
            if objects.canonical(p, entry.position).is_none() {
                fates.set(number, scan::COPY);
            } else if root_kind(&pack.entries, i) == Kind::Tree {
                fates.set(number, scan::TREE);
            } else if !context.stopped() {
                return Some(number);
            }
            None
        };
        numbers.par_extend(pack.entries.par_iter().enumerate().with_min_len(MANY).filter_map(unseen));
    }
    numbers.sort_by_cached_key(|&number| objects.on_disk(number));
    let chunk = (numbers.len() / (context.threads * 8)).clamp(1, 1024);
    let parts: Vec<_> = numbers
        .par_chunks(chunk)
        .map(|numbers| {
            let slot = rayon::current_thread_index().unwrap_or_default();
            let mut visitor = ScanVisitor::new(scanner.worker(), place, slot);
            let mut reader = repo.objects().reader();
            let mut content = Vec::new();
            let mut trees = Vec::new();
            let mut gaps = Vec::new();
            for &number in numbers {
                if context.stopped() {
                    break;
                }
                context.progress.add(1);
                let id = objects.id(number);
                let done = catch_unwind(AssertUnwindSafe(|| match reader.read(&id, &mut content) {
                    Ok(gix::objs::Kind::Tree) => {
                        fates.set(number, scan::TREE);
                        trees.push(number);
                    }
                    Ok(gix::objs::Kind::Blob) => visitor.visit(number, Kind::Blob, &content),
                    Ok(gix::objs::Kind::Commit) => visitor.visit(number, Kind::Commit, &content),
                    Ok(gix::objs::Kind::Tag) => visitor.visit(number, Kind::Tag, &content),
                    Err(error) => {
                        fates.set(number, scan::LOST);
                        let mut gap = repo.object_gap(id, &error);
                        if let (Some(reason), ReadError::Damaged(_) | ReadError::Missing) = (why.get(&number), &error) {
                            gap.why = format!("{reason}, and no other copy can be read");
                        }
                        gaps.push(gap);
                    }
                }));
                if done.is_err() {
                    fates.set(number, scan::LOST);
                    gaps.push(object_gap(objects, number, "an error in keysift: please report it"));
                }
            }
            (visitor, trees, gaps)
        })
        .collect();
    let mut visitors = Vec::new();
    for (visitor, trees, more) in parts {
        visitors.push(visitor);
        scanned.trees.extend(trees);
        gaps.extend(more);
    }
    let more = Scanned::gather(visitors);
    scanned.found.extend(more.found);
    scanned.missing.extend(more.missing);
    scanned.bytes += more.bytes;
    scanned.commits.append(more.commits);
    scanned.tags.append(more.tags);
}

/// The kind of the root of an entry's delta chain; `Broken` where the chain has none.
fn root_kind(entries: &[Entry], start: usize) -> Kind {
    let mut at = start;
    for _ in 0..=entries.len() {
        let entry = &entries[at];
        if entry.base == NO_BASE {
            return entry.kind;
        }
        match entries.get(entry.base as usize) {
            Some(_) => at = entry.base as usize,
            None => return Kind::Broken,
        }
    }
    Kind::Broken
}

/// Trees that no walk reaches, of those that `is_tree` names.
pub fn strays(objects: &Objects, is_tree: impl Fn(Number) -> bool) -> Vec<Number> {
    let mut strays: Vec<Number> = (0..objects.loose.len()).map(|at| objects.number_of_loose(at)).collect();
    for (p, pack) in objects.packs.iter().enumerate() {
        let unreached = (0..pack.entries.len()).filter(|&i| root_kind(&pack.entries, i) != Kind::Tree);
        strays.extend(unreached.map(|i| objects.number_in(p, pack.entries[i].position)));
    }
    strays.retain(|&number| is_tree(number));
    strays
}

/// Adds loose trees and those that the walk lost to the visitors.
pub fn trees<W: Worker + Send>(
    repo: &Repo,
    objects: &Objects,
    fates: &Fates,
    loose: &[Number],
    visitors: &mut [TreeVisitor<'_, W>],
    gaps: &mut Vec<Gap>,
) {
    let lost: Vec<(Number, &'static str)> = visitors.iter_mut().flat_map(|v| std::mem::take(&mut v.lost)).collect();
    let all: Vec<(Number, &'static str)> = loose.iter().map(|&number| (number, "")).chain(lost).collect();
    let share = all.len().div_ceil(visitors.len()).max(1);
    let more = visitors.par_iter_mut().zip(all.par_chunks(share)).flat_map_iter(|(visitor, share)| {
        let mut reader = repo.objects().reader();
        let mut content = Vec::new();
        let mut gaps = Vec::new();
        for &(number, why) in share {
            match reader.read_kind(&objects.id(number), gix::objs::Kind::Tree, &mut content) {
                Ok(()) => visitor.add(number, &content),
                Err(_) => {
                    fates.set(number, scan::LOST);
                    let why = format!("{why}: what only this tree leads to has no commit in the report");
                    gaps.push(object_gap(objects, number, &why));
                }
            }
        }
        gaps
    });
    gaps.par_extend(more);
}

/// Tells of objects that are named and not there.
pub fn absent(repo: &Repo, mut ids: Vec<ObjectId>, gaps: &mut Vec<Gap>) {
    ids.sort_unstable();
    ids.dedup();
    // What lies beyond a shallow boundary is told as that.
    let (boundary, _) = repo.shallow();
    if !boundary.is_empty() {
        let mut beyond = rustc_hash::FxHashSet::default();
        let mut reader = repo.objects().reader();
        let mut content = Vec::new();
        for id in &boundary {
            if reader.read_kind(id, gix::objs::Kind::Commit, &mut content).is_ok() {
                beyond.extend(gix::objs::CommitRefIter::from_bytes(&content, repo.hash()).parent_ids());
            }
        }
        ids.retain(|id| !beyond.contains(id));
    }
    if ids.is_empty() {
        return;
    }
    let total = ids.len();
    for id in ids.iter().take(ABSENT_NAMED) {
        gaps.push(repo.object_gap(*id, &ReadError::Missing));
    }
    if total > ABSENT_NAMED {
        gaps.push(Gap {
            kind: if repo.format().promisor.is_some() { GapKind::History } else { GapKind::Object },
            what: format!("{total} objects"),
            why: format!("absent in all; {ABSENT_NAMED} of them are named"),
        });
    }
}
