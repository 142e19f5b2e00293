//! Files on disk and standard input.
//!
//! Everything that git would track or that nobody ignores is read: hidden files, binary files, the text of symbolic
//! links. Left out, and counted, are git's own folder, what .gitignore names unless it is tracked all the same, and
//! what is no file. The answer does not depend on the order in which threads take files.

mod ignores;
mod read;
mod walk;

use crate::error::{Error, Gap, GapKind, Result};
use crate::finding::{Credentials, Harvest};
use crate::origin::Origin;
use crate::scanner::{Context, Limits, Scanner};
use crate::source::collect::Collector;
use crate::source::parts::{self, Parts};
use crate::source::repo::{Environment, Repo};
use crate::source::search::{Failed, Search};
use ignores::Ignores;
use std::io::Read;
use std::path::{Component, Path, PathBuf};
use walk::{File, Tally, Task, Walk};

/// What to search.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Files and folders; none at all is the current folder, and `-` is standard input.
    pub paths: Vec<PathBuf>,
}

/// Searches files, and standard input where it is named.
///
/// # Errors
/// [`Error::Usage`] if a path does not exist; nothing has been read then.
pub fn run<S: Scanner>(
    options: &Options,
    scanner: &S,
    credentials: &Credentials,
    context: &Context<'_>,
) -> Result<Harvest> {
    run_with(options, &mut std::io::stdin().lock(), scanner, credentials, context)
}

/// The same with something else in the place of standard input.
///
/// # Errors
/// As [`run`].
pub fn run_with<S: Scanner>(
    options: &Options,
    stdin: &mut dyn Read,
    scanner: &S,
    credentials: &Credentials,
    context: &Context<'_>,
) -> Result<Harvest> {
    let here = [PathBuf::from(".")];
    let paths = if options.paths.is_empty() { &here[..] } else { &options.paths };
    let (roots, mut gaps) = roots(paths)?;
    context.progress.start("scanning files", 0);
    let collector = Collector::new(credentials, context.allow, context.limits.max_findings);
    let repo = roots.first().and_then(|root| Repo::open(&root.real, &Environment::default(), &context.limits).ok());
    let parts = match &repo {
        Some(repo) => repo.parts().clone(),
        None => Parts { max_unpacked: context.limits.max_unpacked, ..Parts::default() },
    };
    let mut tally = Tally::default();
    if paths.iter().any(|path| path.as_os_str() == "-") {
        tally.add(standard_input(stdin, scanner, &collector, &parts, context));
    }
    let overlap = overlap(&roots);
    let walk = Walk::new(scanner, &collector, context, parts.clone());
    let walk = walk.roots(roots.iter().map(|root| root.path.clone()));
    let walk = if overlap { walk.once() } else { walk };
    // One after the other if a file can be reached from two of them: then the first one named has it.
    let steps = if overlap { roots.into_iter().map(|root| vec![root]).collect() } else { vec![roots] };
    for roots in steps {
        tally.add(walk.run(tasks(roots, &parts, &context.limits)));
    }
    if context.stopped() {
        gaps.push(Gap { kind: GapKind::Interrupted, what: "scan".into(), why: "interrupted before its end".into() });
    }
    let collected = collector.finish();
    gaps.extend(tally.gaps);
    gaps.extend(collected.gap);
    gaps.sort();
    gaps.dedup();
    tally.receipt.nested.sort();
    tally.receipt.nested.dedup();
    Ok(Harvest {
        sightings: collected.sightings,
        unlisted: collected.unlisted,
        gaps,
        receipt: tally.receipt,
        head: repo.as_ref().and_then(Repo::head_id),
        remote: repo.and_then(|repo| repo.format().remote.clone()),
        ..Harvest::default()
    })
}

/// A path that the user named, and exists.
struct Root {
    path: PathBuf,
    real: PathBuf,
    is_folder: bool,
}

fn roots(paths: &[PathBuf]) -> Result<(Vec<Root>, Vec<Gap>)> {
    let mut roots = Vec::new();
    let mut gaps = Vec::new();
    for given in paths.iter().filter(|path| path.as_os_str() != "-") {
        let metadata = std::fs::metadata(given).and_then(|metadata| Ok((metadata, std::fs::canonicalize(given)?)));
        match metadata {
            Ok((metadata, real)) => roots.push(Root { path: plain(given), real, is_folder: metadata.is_dir() }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(Error::usage(format!("{}: there is no such file or folder", given.display())));
            }
            Err(error) => {
                let what = given.to_string_lossy().into_owned();
                gaps.push(Gap { kind: GapKind::File, what, why: error.to_string() });
            }
        }
    }
    Ok((roots, gaps))
}

/// The path without `.` in it; the current folder is the empty path.
fn plain(path: &Path) -> PathBuf {
    path.components().filter(|component| *component != Component::CurDir).collect()
}

/// Whether a file can be reached from two roots.
fn overlap(roots: &[Root]) -> bool {
    let mut real: Vec<&Path> = roots.iter().map(|root| root.real.as_path()).collect();
    real.sort();
    // Sorted by component, whatever is below a path follows it at once.
    real.windows(2).any(|pair| pair[1].starts_with(pair[0]))
}

fn tasks(roots: Vec<Root>, parts: &Parts, limits: &Limits) -> Vec<Task> {
    let mut tasks = Vec::new();
    let mut files = Vec::new();
    for root in roots {
        if root.is_folder {
            let ignores = Ignores::below_top(&root.real, limits);
            tasks.push(Task::Folder(root.path, ignores));
        } else {
            files.push(File { path: root.path, named: true });
        }
    }
    // Small batches: the user may name few files that are large.
    while !files.is_empty() {
        let batch = files.split_off(files.len().saturating_sub(4));
        tasks.push(Task::Files(batch, parts.clone()));
    }
    tasks
}

fn standard_input<S: Scanner>(
    stdin: &mut dyn Read,
    scanner: &S,
    collector: &Collector<'_>,
    parts: &Parts,
    context: &Context<'_>,
) -> Tally {
    let limit = context.limits.max_content.min(u64::from(u32::MAX));
    let mut tally = Tally::default();
    let mut gap = |kind, why: String| tally.gaps.push(Gap { kind, what: "standard input".into(), why });
    let mut content = Vec::new();
    if let Err(error) = stdin.take(limit + 1).read_to_end(&mut content) {
        gap(GapKind::File, error.to_string());
    }
    if content.len() as u64 > limit {
        content.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        gap(GapKind::Limit, format!("only the first {limit} bytes were read"));
    }
    tally.receipt.seen = 1;
    let searched = Search::new(scanner).parts(&content, parts, &mut |member, part, hits| {
        collector.add(part, hits, &Origin::Stdin.within(member));
    });
    match searched {
        Ok(missing) => {
            tally.gaps.extend(missing.iter().map(|m| parts::gap(m, GapKind::File, "standard input".into())));
            tally.receipt.scanned = 1;
            tally.receipt.bytes = content.len() as u64;
        }
        Err(Failed) => {
            gap(GapKind::File, Failed::WHY.into());
            tally.receipt.skipped.insert("search failed".into(), 1);
        }
    }
    tally
}
