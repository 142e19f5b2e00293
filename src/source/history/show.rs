//! What the report shows of a history: for each credential its places, its commits and its exposure. Only here are
//! objects read a second time, and only those that are shown.

use super::Scanned;
use super::attribute::{self, Input, Life, Tip};
use super::graph::Graph;
use super::objects::{Number, Objects};
use super::paths;
use super::scan::Found;
use crate::allow::Allowances;
use crate::error::{Gap, GapKind};
use crate::finding::{
    BLOBS_SHOWN, CommitInfo, CredentialIndex, Credentials, Event, Exposure, Harvest, Hit, PLACES_SHOWN, REFS_SHOWN,
    Reachable, Sighting,
};
use crate::origin::{Oid, Origin};
use crate::scanner::Scanner;
use crate::source::repo::{ReferenceKind, Repo};
use crate::source::search::{Failed, Search};
use crate::source::sight::{Sight, line, sights};
use crate::source::text::commit_info;
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeMap;

/// At most so many commits are listed as having brought a credential in, and as many as having taken it out.
const EVENTS_SHOWN: usize = 1000;

/// All that showing needs.
pub struct Shown<'a> {
    pub repo: &'a Repo,
    pub objects: &'a Objects,
    pub graph: &'a Graph,
    pub names: &'a [Box<[u8]>],
    pub scanned: &'a Scanned,
    pub credentials: &'a Credentials,
    pub allow: &'a Allowances,
}

/// A place to show: a credential in an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Want {
    object: Number,
    credential: CredentialIndex,
}

/// Wants with what was seen of them.
type SeenList = Vec<(Want, Vec<Sight>)>;

/// Reads every wanted object once and looks at it again; gives for each want its sights in order.
fn look<S: Scanner>(
    repo: &Repo,
    objects: &Objects,
    scanner: &S,
    credentials: &Credentials,
    allow: &Allowances,
    wants: &FxHashSet<Want>,
) -> (FxHashMap<Want, Vec<Sight>>, Vec<Gap>) {
    let mut by_object: BTreeMap<Number, Vec<CredentialIndex>> = BTreeMap::new();
    for want in wants {
        by_object.entry(want.object).or_default().push(want.credential);
    }
    let mut by_object: Vec<(Number, Vec<CredentialIndex>)> = by_object.into_iter().collect();
    by_object.sort_by_cached_key(|(object, _)| objects.on_disk(*object));
    let chunk = (by_object.len() / (rayon::current_num_threads() * 8)).clamp(1, 256);
    let parts: Vec<(SeenList, Vec<Gap>)> = by_object
        .par_chunks(chunk)
        .map(|chunk| {
            let mut search = Search::new(scanner);
            let mut reader = repo.objects().reader();
            let mut content = Vec::new();
            let (mut seen, mut gaps) = (Vec::new(), Vec::new());
            for (object, wanted) in chunk {
                let id = objects.id(*object);
                let is_wanted = |hit: &Hit| wanted.contains(&hit.credential);
                let found = match objects.name(*object) {
                    Some(name) => search.hits(name).map(|hits| sights(credentials, allow, name, hits, is_wanted)),
                    None => match reader.read(&id, &mut content) {
                        Ok(gix::objs::Kind::Commit | gix::objs::Kind::Tag) => search
                            .hits_in_text(&content)
                            .map(|hits| sights(credentials, allow, &content, hits, is_wanted)),
                        Ok(_) => {
                            let mut found = Vec::new();
                            let each = &mut |member: Option<&[u8]>, part: &[u8], hits: &[Hit]| {
                                let sights = sights(credentials, allow, part, hits, is_wanted);
                                found.extend(sights.into_iter().map(|sight| sight.in_member(member)));
                            };
                            // What cannot be unpacked was told when it was searched.
                            search.parts(&content, repo.parts(), each).map(|_| found)
                        }
                        Err(error) => {
                            gaps.push(repo.object_gap(id, &error));
                            continue;
                        }
                    },
                };
                match found {
                    Ok(found) => seen.extend(by_credential(*object, found)),
                    Err(Failed) => {
                        gaps.push(Gap { kind: GapKind::Object, what: id.to_string(), why: Failed::WHY.into() });
                    }
                }
            }
            (seen, gaps)
        })
        .collect();
    let mut all = FxHashMap::default();
    let mut gaps = Vec::new();
    for (seen, more) in parts {
        all.extend(seen);
        gaps.extend(more);
    }
    (all, gaps)
}

/// `origin`, or its name where `object` stands for one.
fn named(objects: &Objects, object: Number, origin: Origin) -> Origin {
    if objects.name(object).is_some() { origin.as_name() } else { origin }
}

/// What was seen in one object, for each credential.
fn by_credential(object: Number, found: Vec<Sight>) -> impl Iterator<Item = (Want, Vec<Sight>)> {
    let mut all: BTreeMap<CredentialIndex, Vec<Sight>> = BTreeMap::new();
    for sight in found {
        all.entry(sight.credential).or_default().push(sight);
    }
    all.into_iter().map(move |(credential, sights)| (Want { object, credential }, sights))
}

/// The objects of each credential.
fn objects_of(found: &[Found]) -> BTreeMap<CredentialIndex, Vec<Number>> {
    let mut by_credential: BTreeMap<CredentialIndex, Vec<Number>> = BTreeMap::new();
    for f in found {
        let objects = by_credential.entry(f.hit.credential).or_default();
        if objects.last() != Some(&f.object) {
            objects.push(f.object);
        }
    }
    by_credential
}

/// The blobs of each credential, for those who clean a history by blob ids. `is_blob` tells blobs from commits and tags.
pub fn blobs(
    objects: &Objects,
    found: &[Found],
    is_blob: impl Fn(Number) -> bool,
) -> BTreeMap<CredentialIndex, (Vec<Oid>, usize)> {
    let lists = objects_of(found).into_iter().map(|(credential, numbers)| {
        let mut ids: Vec<Oid> = numbers.into_iter().filter(|&n| is_blob(n)).map(|n| objects.id(n)).collect();
        ids.sort_unstable();
        let count = ids.len();
        ids.truncate(BLOBS_SHOWN);
        (credential, (ids, count))
    });
    lists.collect()
}

/// Places without commits: the objects with the smallest ids. Refs are read for what is wrong with them.
pub fn blobs_only<S: Scanner>(
    repo: &Repo,
    objects: &Objects,
    scanner: &S,
    credentials: &Credentials,
    allow: &Allowances,
    found: &[Found],
    harvest: &mut Harvest,
) {
    let mut wants = FxHashSet::default();
    let mut shown: Vec<(Oid, Want)> = Vec::new();
    for (credential, numbers) in objects_of(found) {
        let mut ids: Vec<(Oid, Number)> = numbers.iter().map(|&n| (objects.id(n), n)).collect();
        ids.sort();
        if ids.len() > PLACES_SHOWN {
            harvest.unsure.insert(credential);
            harvest.unlisted.insert(credential, ids.len() - PLACES_SHOWN);
            ids.truncate(PLACES_SHOWN);
        }
        for (id, object) in ids {
            let want = Want { object, credential };
            wants.insert(want);
            shown.push((id, want));
        }
    }
    let (seen, gaps) = look(repo, objects, scanner, credentials, allow, &wants);
    harvest.gaps.extend(gaps);
    harvest.gaps.extend(repo.references().gaps);
    for (blob, want) in shown {
        let sights = seen.get(&want).into_iter().flatten();
        harvest
            .sightings
            .extend(sights.map(|sight| sight.at(named(objects, want.object, Origin::Blob { blob }), allow)));
    }
}

/// Places with commits and exposures.
pub fn with_lives<S: Scanner>(shown: &Shown<'_>, scanner: &S, gaps: &mut Vec<Gap>, harvest: &mut Harvest) {
    let (objects, commits) = (shown.objects, &shown.scanned.commits);
    // Credentials that were seen get numbers without holes; the order of these numbers shows nowhere.
    let by_credential = objects_of(&shown.scanned.found);
    let dense: FxHashMap<CredentialIndex, u32> =
        by_credential.keys().enumerate().map(|(i, &c)| (c, i as u32)).collect();
    let mut hits: Vec<(Number, Vec<u32>)> = Vec::new();
    for f in &shown.scanned.found {
        let credential = dense[&f.hit.credential];
        match hits.last_mut() {
            Some((object, list)) if *object == f.object => list.push(credential),
            _ => hits.push((f.object, vec![credential])),
        }
    }
    for (_, list) in &mut hits {
        list.sort_unstable();
        list.dedup();
    }

    let tip = |id: &Oid, passed: &mut Vec<Number>| -> Option<Tip> {
        let number = shown.scanned.tags.peel(objects.number(id)?, passed)?;
        Some(commits.place(number).map_or(Tip::Object(number), Tip::Commit))
    };
    let references = shown.repo.references();
    gaps.extend(references.gaps);
    let (mut ref_names, mut refs, mut ref_tags) = (Vec::new(), Vec::new(), Vec::new());
    // What ORIG_HEAD and its like keep is kept as a reflog keeps it: for a while.
    let mut reflog = Vec::new();
    // A HEAD that stands where a branch or tag stands reaches nothing more; a detached one is listed.
    let named: FxHashSet<Oid> =
        references.all.iter().filter(|r| r.kind == ReferenceKind::Ref).map(|r| r.target).collect();
    for reference in &references.all {
        if reference.kind == ReferenceKind::Head && named.contains(&reference.target) {
            continue;
        }
        let mut passed = Vec::new();
        match tip(&reference.target, &mut passed) {
            Some(tip) if reference.kind == ReferenceKind::Pseudo => reflog.push(tip),
            Some(tip) => {
                ref_names.push(String::from_utf8_lossy(&reference.name).into_owned());
                refs.push(tip);
                ref_tags.push(passed);
            }
            // Nor does git keep what they name from being pruned.
            None if reference.kind == ReferenceKind::Pseudo => {}
            None => gaps.push(Gap {
                kind: GapKind::Ref,
                what: String::from_utf8_lossy(&reference.name).into_owned(),
                why: format!("it names {}, which is missing or unreadable", reference.target),
            }),
        }
    }
    let (reflog_ids, reflog_gaps) = shown.repo.reflog_ids();
    gaps.extend(reflog_gaps);
    reflog.extend(reflog_ids.iter().filter_map(|id| tip(id, &mut Vec::new())));

    let head = shown.repo.head_id().and_then(|id| objects.number(id.as_ref())).and_then(|n| commits.place(n));
    let input =
        Input { graph: shown.graph, commits, hits: &hits, refs: &refs, ref_tags: &ref_tags, reflog: &reflog, head };
    let (lives, path_counts) = rayon::join(
        || attribute::lives(&input, by_credential.len()),
        || paths::count(shown.graph, commits, &hits, by_credential.len()),
    );
    Builder {
        shown,
        input: &input,
        ref_names: &ref_names,
        path_counts: &path_counts,
        lives: &lives,
        by_credential: &by_credential,
    }
    .build(scanner, gaps, harvest);
}

struct Builder<'a> {
    shown: &'a Shown<'a>,
    input: &'a Input<'a>,
    ref_names: &'a [String],
    path_counts: &'a [usize],
    lives: &'a [Life],
    by_credential: &'a BTreeMap<CredentialIndex, Vec<Number>>,
}

/// Where a credential came in or went out: the commit, and the places in its tree (or its parent's).
struct Stop {
    commit: usize,
    places: Vec<(Vec<u8>, Number)>,
}

struct Plan {
    credential: CredentialIndex,
    introduced: Vec<Stop>,
    removed: Vec<Stop>,
    /// The places in HEAD's tree.
    head: Vec<(Vec<u8>, Number)>,
    /// Objects that no commit's tree brought in: commits and tags themselves, dangling blobs.
    others: Vec<Number>,
    /// How many of those are left out.
    unlisted: usize,
}

impl Builder<'_> {
    fn build<S: Scanner>(&self, scanner: &S, gaps: &mut Vec<Gap>, harvest: &mut Harvest) {
        let plans: Vec<Plan> = self
            .by_credential
            .iter()
            .collect::<Vec<_>>()
            .par_iter()
            .enumerate()
            .map(|(i, (credential, objects))| self.plan(i, **credential, objects))
            .collect();
        let mut wants = FxHashSet::default();
        let mut commits_shown: FxHashSet<usize> = FxHashSet::default();
        for plan in &plans {
            let credential = plan.credential;
            for stop in plan.introduced.iter().chain(&plan.removed) {
                commits_shown.insert(stop.commit);
                wants.extend(stop.places.iter().map(|p| Want { object: p.1, credential }));
            }
            wants.extend(plan.head.iter().map(|place| Want { object: place.1, credential }));
            wants.extend(plan.others.iter().map(|&object| Want { object, credential }));
        }
        let shown = self.shown;
        let (seen, more) = look(shown.repo, shown.objects, scanner, shown.credentials, shown.allow, &wants);
        gaps.extend(more);
        let infos = self.commit_infos(scanner, commits_shown);
        for (i, plan) in plans.iter().enumerate() {
            self.finish(i, plan, &seen, &infos, harvest);
        }
    }

    fn plan(&self, dense: usize, credential: CredentialIndex, objects: &[Number]) -> Plan {
        let commits = &self.input.commits.list;
        let life = &self.lives[dense];
        let places = |commit: usize| {
            attribute::paths_in(self.input, self.shown.names, commits[commit].tree, dense as u32, PLACES_SHOWN)
        };
        let introduced: Vec<Stop> =
            life.introduced.iter().take(EVENTS_SHOWN).map(|&commit| Stop { commit, places: places(commit) }).collect();
        let removed = life
            .removed
            .iter()
            .take(EVENTS_SHOWN)
            .map(|&(commit, parent)| Stop { commit, places: places(parent) })
            .collect();
        // What some commit's tree brought in is shown there. Commits, tags and dangling blobs are shown as they are.
        let in_trees: bool = introduced.iter().any(|s| !s.places.is_empty());
        let mut others: Vec<Number> = objects
            .iter()
            .copied()
            .filter(|&o| !in_trees || self.input.commits.place(o).is_some() || self.shown.scanned.tags.is_tag(o))
            .collect();
        others.sort_by_key(|&o| self.shown.objects.id(o));
        let unlisted = others.len().saturating_sub(PLACES_SHOWN);
        others.truncate(PLACES_SHOWN);
        let head = self.input.head.filter(|_| life.in_head).map(places).unwrap_or_default();
        Plan { credential, introduced, removed, head, others, unlisted }
    }

    fn finish(
        &self,
        dense: usize,
        plan: &Plan,
        seen: &FxHashMap<Want, Vec<Sight>>,
        infos: &FxHashMap<usize, CommitInfo>,
        harvest: &mut Harvest,
    ) {
        let (objects, life) = (self.shown.objects, &self.lives[dense]);
        let credential = plan.credential;
        let mut listed = [0; 2];
        let line_in = |object: Number| seen.get(&Want { object, credential }).map_or(0, |sights| line(sights));
        let mut events = |stops: &[Stop], harvest: Option<&mut Harvest>| {
            let mut events = Vec::new();
            let mut sink = harvest;
            for stop in stops {
                let Some(info) = infos.get(&stop.commit) else { continue };
                if stop.places.is_empty() {
                    let blob = info.id;
                    events.push(Event { commit: info.clone(), path: Vec::new(), line: 0, blob });
                }
                for (path, object) in &stop.places {
                    let blob = objects.id(*object);
                    events.push(Event { commit: info.clone(), path: path.clone(), line: line_in(*object), blob });
                    if let Some(harvest) = sink.as_deref_mut() {
                        for sight in seen.get(&Want { object: *object, credential }).into_iter().flatten() {
                            let origin = Origin::Commit { commit: info.id, path: path.clone(), blob };
                            let sighting = sight.at(named(objects, *object, origin), self.shown.allow);
                            // Those that are allowed must not crowd out one that is not.
                            let listed = &mut listed[usize::from(sighting.allowed.is_some())];
                            if *listed < PLACES_SHOWN {
                                harvest.sightings.push(sighting);
                            } else {
                                *harvest.unlisted.entry(credential).or_default() += 1;
                            }
                            *listed += 1;
                        }
                    }
                }
            }
            events
        };
        let introduced = events(&plan.introduced, Some(harvest));
        let removed = events(&plan.removed, None);
        for &object in &plan.others {
            let id = objects.id(object);
            let origin = if self.input.commits.place(object).is_some() {
                Origin::CommitMessage { commit: id }
            } else if self.shown.scanned.tags.is_tag(object) {
                Origin::TagMessage { tag: id }
            } else {
                named(objects, object, Origin::Blob { blob: id })
            };
            let sights = seen.get(&Want { object, credential }).into_iter().flatten();
            harvest.sightings.extend(sights.map(|sight| sight.at(origin.clone(), self.shown.allow)));
        }
        let cut = |stop: &Stop| stop.places.len() >= PLACES_SHOWN;
        if plan.unlisted > 0 || life.introduced.len() > EVENTS_SHOWN || plan.introduced.iter().any(cut) {
            harvest.unsure.insert(credential);
        }
        if plan.unlisted > 0 {
            *harvest.unlisted.entry(credential).or_default() += plan.unlisted;
        }
        let head = self.head(plan, seen);
        let reachable = if !life.refs.is_empty() {
            Reachable::Ref
        } else if life.in_reflog {
            Reachable::Reflog
        } else {
            Reachable::Nothing
        };
        harvest.exposures.insert(
            credential,
            Exposure {
                introduced,
                removed,
                in_head: life.in_head,
                head,
                refs: life.refs.iter().take(REFS_SHOWN).map(|&r| self.ref_names[r].clone()).collect(),
                ref_count: life.refs.len(),
                commit_count: life.commits,
                path_count: self.path_counts[dense],
                reachable,
            },
        );
    }

    /// Where HEAD's tree holds the credential.
    fn head(&self, plan: &Plan, seen: &FxHashMap<Want, Vec<Sight>>) -> Vec<Sighting> {
        let Some(head) = self.input.head else { return Vec::new() };
        let commit = self.shown.objects.id(self.input.commits.list[head].number);
        let mut all = Vec::new();
        for (path, object) in &plan.head {
            let origin = Origin::Commit { commit, path: path.clone(), blob: self.shown.objects.id(*object) };
            let origin = named(self.shown.objects, *object, origin);
            let sights = seen.get(&Want { object: *object, credential: plan.credential }).into_iter().flatten();
            all.extend(sights.map(|sight| sight.at(origin.clone(), self.shown.allow)));
        }
        all.truncate(PLACES_SHOWN);
        all
    }

    /// Author, time and subject of the commits that are shown.
    fn commit_infos<S: Scanner>(&self, scanner: &S, commits: FxHashSet<usize>) -> FxHashMap<usize, CommitInfo> {
        let mut commits: Vec<usize> = commits.into_iter().collect();
        commits.sort_unstable();
        let chunk = (commits.len() / (rayon::current_num_threads() * 4)).clamp(1, 512);
        commits
            .par_chunks(chunk)
            .flat_map_iter(|chunk| {
                let mut reader = self.shown.repo.objects().reader();
                let mut search = Search::new(scanner);
                let mut infos = Vec::new();
                for &commit in chunk {
                    let id = self.shown.objects.id(self.input.commits.list[commit].number);
                    if let Some(info) = commit_info(id, &mut reader, &mut search, self.shown.credentials) {
                        infos.push((commit, info));
                    }
                }
                infos
            })
            .collect()
    }
}
