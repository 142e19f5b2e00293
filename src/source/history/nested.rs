//! Repositories within a repository: submodules, and what else has a `.git` below the work tree. Their files are not
//! this repository's, and neither is their history. It is searched where that is asked for, and named where not.

use super::trees::Gitlinks;
use crate::error::{Gap, GapKind};
use crate::finding::{Exposure, Harvest, PLACES_SHOWN, REFS_SHOWN, Receipt};
use crate::origin::{Oid, Origin};
use crate::scanner::Context;
use crate::source::repo::{Environment, Repo, path_to_bytes};
use gix::objs::Kind;
use rustc_hash::FxHashSet;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// At most so many are named one by one.
const NAMED: usize = 100;

/// A repository within another.
struct Nested {
    /// Where it is, relative to the outermost one: its folder in the work tree, or where git keeps it.
    path: PathBuf,
    repo: Repo,
}

/// Searches what lies within `repo` with `search` and adds it to `harvest`, or names it there if `wanted` is not set.
/// `links` are the commits of other repositories that `repo` names.
pub fn search(
    repo: &Repo,
    links: Gitlinks,
    wanted: bool,
    context: &Context<'_>,
    search: &dyn Fn(&Repo) -> (Harvest, Gitlinks),
    harvest: &mut Harvest,
) {
    let mut seen = FxHashSet::default();
    seen.insert(real(&repo.layout().common_dir));
    let mut finder = Finder { context, seen, gaps: Vec::new() };
    let mut waiting = finder.within(repo, Path::new(""), repo);
    waiting.reverse();
    let mut links: Vec<(PathBuf, Gitlinks)> = vec![(PathBuf::new(), links)];
    let mut held = FxHashSet::default();
    while let Some(nested) = waiting.pop() {
        let within = finder.within(&nested.repo, &nested.path, repo);
        waiting.extend(within.into_iter().rev());
        hold(&nested.repo, &links, &mut held);
        if wanted && !context.stopped() {
            let (found, more) = search(&nested.repo);
            add(harvest, found, &nested.path);
            hold(&nested.repo, &[(PathBuf::new(), more.clone())], &mut held);
            links.push((nested.path, more));
        } else {
            harvest.receipt.nested.push(nested.path.to_string_lossy().into_owned());
        }
    }
    let absent = absent(&links, &held);
    if wanted {
        harvest.gaps.append(&mut finder.gaps);
        harvest.gaps.extend(absent.iter().take(NAMED).map(|(path, count)| Gap {
            kind: GapKind::Nested,
            what: path.clone(),
            why: format!("{count} of this submodule's commits are not here: `git submodule update --init` gets it"),
        }));
    } else {
        harvest.receipt.nested.extend(finder.gaps.into_iter().map(|gap| gap.what));
        harvest.receipt.nested.extend(absent.into_keys());
    }
    let named = &mut harvest.receipt.nested;
    named.sort();
    named.dedup();
    let more = named.len().saturating_sub(NAMED);
    if more > 0 {
        named.truncate(NAMED);
        named.push(format!("and {more} more"));
    }
    harvest.gaps.sort();
    harvest.gaps.dedup();
}

/// Takes note of which commits that others name `repo` has.
fn hold(repo: &Repo, links: &[(PathBuf, Gitlinks)], held: &mut FxHashSet<Oid>) {
    let mut reader = repo.objects().reader();
    let mut content = Vec::new();
    for (_, id) in links.iter().flat_map(|(_, links)| links) {
        if !held.contains(id) && reader.read_kind(id, Kind::Commit, &mut content).is_ok() {
            held.insert(*id);
        }
    }
}

/// The names of submodules of which some commits are nowhere, with how many.
fn absent(links: &[(PathBuf, Gitlinks)], held: &FxHashSet<Oid>) -> BTreeMap<String, usize> {
    let mut absent = BTreeMap::new();
    for (within, links) in links {
        for (name, _) in links.iter().filter(|(_, id)| !held.contains(id)) {
            let path = within.join(String::from_utf8_lossy(name).as_ref());
            *absent.entry(path.to_string_lossy().into_owned()).or_default() += 1;
        }
    }
    absent
}

/// Finds repositories within repositories, each once.
struct Finder<'c> {
    context: &'c Context<'c>,
    /// The common directories of those that are known, without links in them.
    seen: FxHashSet<PathBuf>,
    /// What could not be entered.
    gaps: Vec<Gap>,
}

impl Finder<'_> {
    /// All repositories in the work tree of `repo` and among what git keeps for it; those within these are found when
    /// their turn comes. `prefix` is where `repo` lies in the outermost one.
    fn within(&mut self, repo: &Repo, prefix: &Path, outermost: &Repo) -> Vec<Nested> {
        let layout = repo.layout();
        let mut found = Vec::new();
        if let Some(top) = &layout.work_tree {
            self.look(top, prefix, outermost, &mut found);
        }
        self.look(&layout.common_dir.join("modules"), &prefix.join(".git/modules"), outermost, &mut found);
        for worktree in folders(&layout.common_dir.join("worktrees")) {
            let name = worktree.file_name().unwrap_or_default();
            let shown = prefix.join(".git/worktrees").join(name).join("modules");
            self.look(&worktree.join("modules"), &shown, outermost, &mut found);
        }
        found.sort_by(|a, b| a.path.cmp(&b.path));
        found
    }

    /// Looks for repositories below `folder`, which is shown as `shown`. What is within one of them is left to it.
    fn look(&mut self, folder: &Path, shown: &Path, outermost: &Repo, found: &mut Vec<Nested>) {
        let mut waiting: Vec<(PathBuf, PathBuf)> = vec![(folder.to_path_buf(), shown.to_path_buf())];
        while let Some((folder, shown)) = waiting.pop() {
            for inner in folders(&folder) {
                let Some(name) = inner.file_name().filter(|name| *name != ".git") else { continue };
                let shown = shown.join(name);
                let is_top = inner.join(".git").symlink_metadata().is_ok();
                let is_bare = || inner.join("HEAD").is_file() && inner.join("objects").is_dir();
                // What lies within a repository is found when its turn comes.
                if !(is_top || is_bare()) || !self.enter(&inner, shown.clone(), outermost, found) {
                    waiting.push((inner, shown));
                }
            }
        }
    }

    /// Whether `folder` is a repository that can be had; then it is in `found`, unless it was found before.
    fn enter(&mut self, folder: &Path, path: PathBuf, outermost: &Repo, found: &mut Vec<Nested>) -> bool {
        let mut gap = |path: &Path, why: String| {
            self.gaps.push(Gap { kind: GapKind::Nested, what: path.to_string_lossy().into_owned(), why });
            false
        };
        let repo = match Repo::open(folder, &Environment::default(), &self.context.limits) {
            Ok(repo) => repo,
            Err(error) => return gap(&path, error.to_string()),
        };
        let (here, layout) = (real(folder), repo.layout());
        if layout.work_tree.as_deref().map(real) != Some(here.clone()) && real(&layout.git_dir) != here {
            return gap(&path, "what is called .git there is no repository".to_string());
        }
        let common = real(&layout.common_dir);
        // Who writes a `.git` file decides where it leads: not out of what the user named.
        let layout = outermost.layout();
        let homes = layout.work_tree.iter().chain([&layout.common_dir]).map(|home| real(home));
        if !homes.into_iter().any(|home| common.starts_with(home)) {
            let why = format!("its repository lies elsewhere: `keysift history {}` searches it", common.display());
            return gap(&path, why);
        }
        if self.seen.insert(common) {
            found.push(Nested { path, repo });
        }
        true
    }
}

/// The folders in a folder; links are none.
fn folders(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let is_folder = |entry: &std::fs::DirEntry| entry.file_type().is_ok_and(|kind| kind.is_dir());
    let mut folders: Vec<PathBuf> = entries.filter(is_folder).map(|entry| entry.path()).collect();
    folders.sort();
    folders
}

fn real(path: &Path) -> PathBuf {
    std::fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf())
}

/// Adds what was found in the repository at `path`.
fn add(all: &mut Harvest, mut more: Harvest, path: &Path) {
    let prefix = path_to_bytes(path);
    more.sightings.iter_mut().for_each(|sighting| moved(&mut sighting.origin, &prefix));
    all.sightings.append(&mut more.sightings);
    for (credential, count) in more.unlisted {
        *all.unlisted.entry(credential).or_default() += count;
    }
    for (credential, (ids, count)) in more.blobs {
        let known = all.blobs.entry(credential).or_default();
        known.0.extend(ids);
        known.0.sort_unstable();
        known.1 += count;
    }
    for (credential, mut exposure) in more.exposures {
        let events = exposure.introduced.iter_mut().chain(&mut exposure.removed);
        events.for_each(|event| event.path = joined(&prefix, &event.path));
        exposure.head.iter_mut().for_each(|sighting| moved(&mut sighting.origin, &prefix));
        exposure.refs.iter_mut().for_each(|name| *name = format!("{}:{name}", path.to_string_lossy()));
        match all.exposures.get_mut(&credential) {
            Some(known) => join(known, exposure),
            None => {
                all.exposures.insert(credential, exposure);
            }
        }
    }
    let within = |gap: Gap| Gap { what: format!("{}: {}", path.to_string_lossy(), gap.what), ..gap };
    all.gaps.extend(more.gaps.into_iter().map(within));
    add_receipt(&mut all.receipt, more.receipt);
}

fn add_receipt(all: &mut Receipt, more: Receipt) {
    all.seen += more.seen;
    all.scanned += more.scanned;
    all.bytes += more.bytes;
    all.commits += more.commits;
    for (why, count) in more.skipped {
        *all.skipped.entry(why).or_default() += count;
    }
}

/// One life of two, which a credential led in two repositories.
fn join(known: &mut Exposure, more: Exposure) {
    known.introduced.extend(more.introduced);
    known.introduced.sort_by_key(|event| event.commit.time);
    known.removed.extend(more.removed);
    known.removed.sort_by_key(|event| event.commit.time);
    known.in_head |= more.in_head;
    known.head.extend(more.head);
    known.head.truncate(PLACES_SHOWN);
    known.refs.extend(more.refs);
    known.refs.truncate(REFS_SHOWN);
    known.ref_count += more.ref_count;
    known.commit_count += more.commit_count;
    known.path_count += more.path_count;
    known.reachable = known.reachable.min(more.reachable);
}

/// Puts `prefix` before the path of `origin`.
fn moved(origin: &mut Origin, prefix: &[u8]) {
    match origin {
        Origin::Commit { path, .. } => *path = joined(prefix, path),
        Origin::Member { of, .. } | Origin::Name { of } => moved(of, prefix),
        _ => {}
    }
}

fn joined(prefix: &[u8], path: &[u8]) -> Vec<u8> {
    if path.is_empty() { Vec::new() } else { [prefix, b"/", path].concat() }
}
