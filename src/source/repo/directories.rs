//! The folders that objects are in: the repository's own, its alternates, theirs, and those of a quarantine.

use super::{Environment, Layout};
use crate::error::{Gap, GapKind};
use crate::regular::{self, limit};
use rustc_hash::FxHashSet;
use std::path::{Path, PathBuf};

/// All object directories, the repository's own first, each once; and what is named but missing.
///
/// Circles of alternates, which git tolerates, end at the first folder that was seen before.
pub fn find(layout: &Layout, environment: &Environment) -> (Vec<PathBuf>, Vec<Gap>) {
    let own = environment.object_directory.clone().unwrap_or_else(|| layout.common_dir.join("objects"));
    let mut waiting: Vec<PathBuf> = environment.alternate_object_directories.iter().rev().cloned().collect();
    waiting.push(own);
    let mut found = Vec::new();
    let mut gaps = Vec::new();
    let mut seen = FxHashSet::default();
    while let Some(folder) = waiting.pop() {
        let real = match std::fs::canonicalize(&folder) {
            Ok(real) if real.is_dir() => real,
            outcome => {
                let why = outcome.err().map_or("it is not a folder".into(), |error| error.to_string());
                gaps.push(missing(&folder, &why));
                continue;
            }
        };
        if seen.insert(real.clone()) {
            waiting.extend(alternates(&real, &mut gaps).into_iter().rev());
            found.push(real);
        }
    }
    (found, gaps)
}

fn alternates(folder: &Path, gaps: &mut Vec<Gap>) -> Vec<PathBuf> {
    let path = folder.join("info/alternates");
    let content = match regular::read(&path, limit::LIST) {
        Ok(content) => content.unwrap_or_default(),
        Err(error) => {
            gaps.push(missing(&path, &error.to_string()));
            return Vec::new();
        }
    };
    match gix::odb::alternate::parse(&content) {
        Ok(paths) => paths.into_iter().map(|path| folder.join(path)).collect(),
        Err(error) => {
            gaps.push(missing(&path, &error.to_string()));
            Vec::new()
        }
    }
}

fn missing(what: &Path, why: &str) -> Gap {
    Gap {
        kind: GapKind::Object,
        what: what.display().to_string(),
        why: format!("objects that this repository borrows from there cannot be read: {why}"),
    }
}
