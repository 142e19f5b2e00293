//! The history source: every object of a repository, reachable or not, searched once; then, for what was found, which
//! commits brought it in, which took it out and what still reaches it.
//!
//! | file | what |
//! |---|---|
//! | `objects` | one numbering over packs, loose objects and alternates |
//! | `scan` | the visitor that searches what deltas insert |
//! | `lines`, `line_ends` | the lines that a delta changes |
//! | `clean` | those that were searched in another version and held nothing |
//! | `rest` | loose objects, and those that the walk could not have |
//! | `commits`, `tags` | what links objects |
//! | `trees`, `graph` | which trees lead to hits |
//! | `attribute`, `paths` | from hits to commits, refs and paths |
//! | `root` | the commit that the history begins with |
//! | `nested` | submodules and other repositories within this one |
//! | `texts` | names of refs, reflogs |
//! | `store` | what is remembered from one search to the next |
//! | `show` | places, excerpts and commits for the report |

mod attribute;
mod clean;
mod commits;
mod graph;
mod line_ends;
mod lines;
mod nested;
mod objects;
mod paths;
mod rest;
mod root;
mod scan;
mod show;
pub mod store;
mod tags;
mod texts;
mod trees;

use crate::container::Missing;
use crate::error::{Gap, GapKind, Result};
use crate::finding::{Credentials, Harvest};
use crate::scanner::{Context, LocalWorker, Scanner};
use crate::source::pack::walk::{Bounds, walk};
use crate::source::parts;
use crate::source::repo::{Environment, Repo};
use objects::{Number, Objects};
use rustc_hash::FxHashSet;
use scan::{Fates, Found, Place, ScanVisitor};
use std::path::{Path, PathBuf};
use store::Memory;
use trees::{Done, Gitlinks, Names, Telling, TreeVisitor};

/// Where each takes nanoseconds, so many are looked at by one thread before another one is asked for help.
const MANY: usize = 1 << 12;

/// What a history scan is asked for.
#[derive(Debug, Clone)]
pub struct Options {
    pub repo: PathBuf,
    pub environment: Environment,
    /// Find out commits, paths and refs for what was found, and whether an object is missing that a tree names.
    pub attribution: bool,
    /// Search every byte of every object instead of what deltas insert: slow, and the same report.
    pub full: bool,
    /// Search the histories of submodules and of other repositories within this one too.
    pub submodules: bool,
    /// Where earlier searches are remembered. A full one neither asks nor adds.
    pub store: Option<store::Place>,
}

/// Searches the history of a repository, and those of the repositories within it where that is asked for.
///
/// # Errors
/// [`crate::error::Error::Repository`] when there is none that can be read.
pub fn run<S>(options: &Options, scanner: &S, credentials: &Credentials, context: &Context<'_>) -> Result<Harvest>
where
    S: Scanner,
    for<'s> S::Worker<'s>: LocalWorker + Send,
{
    let repo = Repo::open(Path::new(&options.repo), &options.environment, &context.limits)?;
    let (mut harvest, links) = search(&repo, options, scanner, credentials, context);
    let search = |repo: &Repo| search(repo, options, scanner, credentials, context);
    nested::search(&repo, links, options.submodules, context, &search, &mut harvest);
    Ok(harvest)
}

/// Searches one repository; tells besides which commits of others it names.
fn search<S>(
    repo: &Repo,
    options: &Options,
    scanner: &S,
    credentials: &Credentials,
    context: &Context<'_>,
) -> (Harvest, Gitlinks)
where
    S: Scanner,
    for<'s> S::Worker<'s>: LocalWorker + Send,
{
    let mut gaps = Vec::new();
    let place = options.store.as_ref().filter(|_| !options.full);
    let (mut objects, loading) = rayon::join(
        || Objects::open(repo.object_directories().to_vec(), repo.hash(), &mut gaps),
        || Memory::load(place, repo),
    );
    let fates = Fates::new(objects.len());
    let (mut memory, trouble) = Memory::open(loading, &objects, context.threads);
    tell(context, place, trouble);
    let single = memory.settle(&mut objects, &fates);
    let bounds = Bounds { max_content: context.limits.max_content };

    context.progress.start("searching", objects.len() as u64);
    let shared = Place { objects: &objects, fates: &fates, full: options.full, parts: repo.parts(), memory: &memory };
    let search = || {
        let visitors = (0..context.threads).map(|slot| ScanVisitor::new(scanner.worker(), &shared, slot)).collect();
        let advance = |objects| context.progress.add(objects);
        let visitors = walk(&objects.packs, visitors, bounds, context.stop, &advance);
        let mut scanned = Scanned::gather(visitors);
        rest::search(repo, &shared, single, scanner, context, &mut scanned, &mut gaps);
        scanned
    };
    let (mut scanned, known) = rayon::join(|| memory.keeping(&objects, search), || memory.known(false));
    let remembered = scanned.add(known);
    scanned.found.sort_unstable();
    let missing = scanned.missing.iter();
    gaps.extend(missing.map(|(number, m)| parts::gap(m, GapKind::Object, objects.id(*number).to_string())));

    let mut harvest = Harvest { head: repo.head_id(), ..Harvest::default() };
    harvest.receipt = scanned.receipt(&objects, &fates);
    harvest.receipt.remembered = remembered;
    if !scanned.found.is_empty() {
        scanned.commits.index(objects.len());
        let is_blob = |number| scanned.commits.place(number).is_none() && !scanned.tags.is_tag(number);
        harvest.blobs = show::blobs(&objects, &scanned.found, is_blob);
        harvest.root = root::root_commit(repo, &objects, &scanned.commits);
    }
    if context.stopped() {
        gaps.push(Gap {
            kind: GapKind::Interrupted,
            what: "history".into(),
            why: "stopped before everything was searched".into(),
        });
    }
    let mut links = Gitlinks::default();
    let mut trouble = None;
    if options.attribution && !context.stopped() {
        (links, trouble) = attribute_all(
            repo,
            &mut objects,
            &fates,
            memory,
            scanner,
            credentials,
            context,
            &mut scanned,
            &mut gaps,
            &mut harvest,
        );
    } else {
        if repo.format().promisor.is_some() {
            gaps.push(Gap {
                kind: GapKind::History,
                what: "partial clone".into(),
                why: "objects may be absent; without --no-attribution they are counted".into(),
            });
        }
        show::blobs_only(repo, &objects, scanner, credentials, context.allow, &scanned.found, &mut harvest);
        let end = store::End { objects: &objects, fates: &fates, passed: None, hit: Vec::new(), restored: false };
        trouble = trouble.or(memory.finish(end));
    }
    texts::search(repo, scanner, credentials, context.allow, options.attribution, &mut harvest);
    gaps.append(&mut harvest.gaps);
    tell(context, place, trouble);
    gaps.extend(repo.shallow().1);
    gaps.extend(repo.gaps());
    gaps.sort();
    gaps.dedup();
    harvest.gaps = gaps;
    (harvest, links)
}

/// What the search gave, from all threads.
#[derive(Default)]
struct Scanned {
    found: Vec<Found>,
    missing: Vec<(Number, Missing)>,
    lost: Vec<(Number, &'static str)>,
    bytes: u64,
    commits: commits::Commits,
    tags: tags::Tags,
    /// Loose trees, for the tree pass.
    trees: Vec<Number>,
}

impl Scanned {
    fn gather<W>(visitors: Vec<ScanVisitor<'_, W>>) -> Self {
        let mut all = Self::default();
        for visitor in visitors {
            all.found.extend(visitor.found);
            all.missing.extend(visitor.missing);
            all.lost.extend(visitor.lost);
            all.bytes += visitor.bytes;
            all.commits.append(visitor.commits);
            all.tags.append(visitor.tags);
        }
        all
    }

    /// Adds what is known from earlier runs; tells how many objects were searched by these.
    fn add(&mut self, known: store::Known) -> u64 {
        self.bytes += known.bytes;
        self.commits.append(known.batch.commits);
        known.batch.tags.into_iter().for_each(|(tag, target)| self.tags.push(tag, target));
        known.searched
    }

    fn receipt(&self, objects: &Objects, fates: &Fates) -> crate::finding::Receipt {
        let mut receipt = crate::finding::Receipt {
            bytes: self.bytes,
            commits: self.commits.list.len() as u64,
            ..Default::default()
        };
        let mut counts = [0u64; 256];
        (0..objects.len() as Number).for_each(|number| counts[fates.get(number) as usize] += 1);
        let mut seen = 0;
        for (fate, count) in (0..=u8::MAX).zip(counts).filter(|&(fate, count)| count > 0 && fate != scan::COPY) {
            seen += count;
            let reason = match fate {
                scan::SEARCHED => {
                    receipt.scanned = count;
                    continue;
                }
                scan::TREE => "tree",
                scan::LOST => "unreadable",
                _ => "not reached",
            };
            *receipt.skipped.entry(reason.to_string()).or_default() += count;
        }
        receipt.seen = seen;
        receipt
    }
}

#[allow(clippy::too_many_arguments)]
fn attribute_all<S>(
    repo: &Repo,
    objects: &mut Objects,
    fates: &Fates,
    memory: Memory,
    scanner: &S,
    credentials: &Credentials,
    context: &Context<'_>,
    scanned: &mut Scanned,
    gaps: &mut Vec<Gap>,
    harvest: &mut Harvest,
) -> (Gitlinks, Option<String>)
where
    S: Scanner,
    for<'s> S::Worker<'s>: LocalWorker + Send,
{
    context.progress.start("attributing", objects.len() as u64);
    let mut hit = vec![false; objects.len()];
    for found in &scanned.found {
        hit[found.object as usize] = true;
    }
    let (names, telling) = (Names::default(), Telling::default());
    let numbers = objects.len();
    let (mut known, ()) =
        rayon::join(|| memory.forest(repo, &names, &hit), || scanned.commits.sort_topologically(numbers));
    if known.is_none() && memory.knows_any() {
        objects.packs.iter_mut().for_each(|pack| pack.read_entries());
        scanned.trees.extend(rest::strays(objects, |number| memory.has_tree(number)));
    }
    let of_known = known.is_some().then_some(&memory);
    let done = Done::default();
    let restored = known.is_some();
    let (mut graph, mut parts) = {
        let objects = &*objects;
        let visitor = |_| TreeVisitor::new(objects, &hit, &names, scanner.worker(), &telling, of_known, &done);
        let visitors = (0..context.threads).map(visitor).collect();
        let bounds = Bounds { max_content: context.limits.max_content };
        let advance = |objects| context.progress.add(objects);
        let passing = store::Passing { repo, objects, fates, hit: &hit, names: &names, anew: !restored };
        let pass = || {
            let mut visitors = walk(&objects.packs, visitors, bounds, context.stop, &advance);
            rest::trees(repo, objects, fates, &scanned.trees, &mut visitors, gaps);
            visitors.into_iter().for_each(TreeVisitor::finish);
            !context.stopped()
        };
        let adopt = || graph::Graph::new(known.as_mut(), objects.len());
        rayon::join(adopt, || memory.keeping_trees(&passing, &done, pass))
    };
    let mut absent: Vec<gix::ObjectId> = scanned.commits.absent.iter().chain(&scanned.tags.absent).copied().collect();
    for edges in &parts {
        absent.extend(edges.absent.iter().copied());
        for &broken in &edges.broken {
            gaps.push(object_gap(objects, broken, "it is not a well-formed tree"));
        }
    }
    for &broken in &scanned.commits.broken {
        gaps.push(object_gap(objects, broken, "it is not a well-formed commit"));
    }
    absent.extend(known.iter().flat_map(|edges| &edges.absent).copied());
    rest::absent(repo, absent, gaps);
    // A name that holds a credential is searched like an object of its own.
    let (mut listed, first) = (Vec::new(), objects.len());
    for (at, (name, id, hits)) in telling.into_list().into_iter().enumerate() {
        scanned.found.extend(hits.into_iter().map(|hit| Found { object: (first + at) as Number, hit }));
        listed.push((name, id));
    }
    scanned.found.sort_unstable();
    objects.set_names(listed);

    let objects = &*objects;
    let roots = scanned.commits.list.iter().map(|commit| commit.tree);
    parts.splice(0..0, known);
    graph.add(&parts, roots);
    let names = names.into_list();
    // Of a part of the trees nothing can be told: a commit whose tree was not read seems to hold nothing.
    let whole = !context.stopped();
    let passed = whole.then(|| keep(repo, objects, &graph, &names, &mut parts));
    let show = || {
        if whole {
            let graph = &graph;
            let allow = context.allow;
            let shown = show::Shown { repo, objects, graph, names: &names, scanned, credentials, allow };
            return show::with_lives(&shown, scanner, gaps, harvest);
        }
        gaps.push(Gap {
            kind: GapKind::Interrupted,
            what: "history".into(),
            why: "stopped before all trees were read: commits, paths and refs of what was found are not known".into(),
        });
        show::blobs_only(repo, objects, scanner, credentials, context.allow, &scanned.found, harvest);
    };
    let end = store::End { objects, fates, passed, hit, restored };
    let (trouble, ()) = rayon::join(|| memory.finish(end), show);
    let links = parts.into_iter().flat_map(|edges| edges.gitlinks).collect();
    (links, trouble)
}

/// What the store may keep of the trees, after all were passed.
fn keep<'a>(
    repo: &'a Repo,
    objects: &'a Objects,
    graph: &'a graph::Graph,
    names: &'a [Box<[u8]>],
    parts: &mut [trees::Edges],
) -> store::Ended<'a> {
    let mut uncovered = vec![false; objects.len()];
    let broken = parts.iter().flat_map(|edges| &edges.broken).copied();
    let telling =
        graph.each().filter(|(_, _, blobs)| blobs.iter().any(|edge| objects.is_name(edge.to))).map(|(tree, ..)| tree);
    broken.chain(telling).for_each(|tree| uncovered[tree as usize] = true);
    let (mut absent, mut links, mut linking) = (FxHashSet::default(), FxHashSet::default(), Default::default());
    for edges in parts {
        absent.extend(edges.absent.iter().copied());
        links.extend(edges.gitlinks.iter().cloned());
        std::mem::swap(&mut linking, &mut edges.linking);
        linking.extend(std::mem::take(&mut edges.linking));
    }
    let (absent, links) = (absent.into_iter().collect(), links.into_iter().collect());
    store::Ended { passed: store::Passed { repo, objects, graph, names, absent, links, linking }, uncovered }
}

/// Tells why earlier searches cannot be remembered.
fn tell(context: &Context<'_>, place: Option<&store::Place>, trouble: Option<String>) {
    if let (Some(place), Some(trouble)) = (place, trouble) {
        let file = place.file.display();
        context.progress.note(format!("doing without the store {file}: {trouble} (--no-store does without, too)"));
    }
}

fn object_gap(objects: &Objects, number: Number, why: &str) -> Gap {
    Gap { kind: GapKind::Object, what: objects.id(number).to_string(), why: why.to_string() }
}
