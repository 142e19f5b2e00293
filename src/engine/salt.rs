//! The salt of a run's fingerprints: which repository, and which commit its history begins with.

use super::{Command, Plan};
use crate::fingerprint::Salt;
use crate::origin::Oid;
use crate::scanner::Limits;
use crate::source::repo::{Environment, Repo};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The salt for what `plan` reads. A scan of paths has the salt of their repository when all of them lie in one, so
/// that `scan` and `history` name a credential alike. `known` is the root commit where the source has seen it: walking
/// there takes a third of a second for 24,000 commits.
pub fn of(plan: &Plan, known: Option<Oid>) -> Salt {
    root(plan, known).map_or_else(Salt::fixed, Salt::of_root_commit)
}

/// That commit.
pub fn root(plan: &Plan, known: Option<Oid>) -> Option<Oid> {
    known.or_else(|| match &plan.command {
        Command::Scan { paths } => common_root(paths, &plan.limits),
        Command::History { repo, .. }
        | Command::Staged { repo, .. }
        | Command::Range { repo, .. }
        | Command::Push { repo, .. }
        | Command::Message { repo, .. } => {
            Repo::open(repo, &plan.environment, &plan.limits).ok().and_then(|repo| repo.root_commit())
        }
    })
}

fn common_root(paths: &[PathBuf], limits: &Limits) -> Option<Oid> {
    let folders: BTreeSet<&Path> =
        paths.iter().filter(|path| path.as_os_str() != "-").map(|path| folder(path)).collect();
    let mut common: Option<(PathBuf, Repo)> = None;
    for folder in folders {
        let repo = Repo::open(folder, &Environment::default(), limits).ok()?;
        let place = repo.layout().common_dir.canonicalize().ok()?;
        match &common {
            Some((known, _)) if *known != place => return None,
            Some(_) => {}
            None => common = Some((place, repo)),
        }
    }
    common?.1.root_commit()
}

fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !path.is_dir() => {
            if parent.as_os_str().is_empty() {
                Path::new(".")
            } else {
                parent
            }
        }
        _ => path,
    }
}
