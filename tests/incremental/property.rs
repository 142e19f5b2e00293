//! Random repositories in random states: packs, loose objects and alternates come and go between searches, and rule
//! sets change. Each search that remembers must say what one says that does not.
//!
//!     KEYSIFT_SEEDS=417..418 cargo test --test incremental property

use super::support::planted;
use super::support::random::Random;
use super::support::repository::{self, Shape};
use super::support::run::RULES;
use super::{plan, same};
use keysift::rule::RuleSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};

/// Fewer rules than all.
static FEWER: LazyLock<Arc<RuleSet>> = LazyLock::new(|| {
    let ids: Vec<String> = RuleSet::embedded_ids().into_iter().filter(|id| id.starts_with("aws")).collect();
    Arc::new(RuleSet::embedded().select(&ids, &[]).expect("there are rules for AWS"))
});

/// What a repository can lack: whole packs, each with its index, and loose objects.
fn movable(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("it can be listed").map(|entry| entry.unwrap().path()) {
        let name = entry.file_name().unwrap().to_string_lossy().into_owned();
        if entry.is_dir() {
            movable(&entry, found);
        } else if name.ends_with(".pack") || name.len() >= 38 && name.chars().all(|c| c.is_ascii_hexdigit()) {
            found.push(entry);
        }
    }
}

/// The files of an object store's part: the pack and its index, or one.
fn files(part: &Path) -> Vec<PathBuf> {
    let index = part.with_extension("idx");
    if part.extension().is_some() { vec![part.to_path_buf(), index] } else { vec![part.to_path_buf()] }
}

fn hidden(file: &Path) -> PathBuf {
    file.with_file_name(format!("hidden-{}.tmp", file.file_name().unwrap().to_string_lossy()))
}

fn check(seed: u64) -> u64 {
    let mut random = Random::new(seed);
    let any = Shape::any(&mut random);
    let shape = Shape { blobs: any.blobs * 2, packs: random.below(6), ..any };
    let words = planted::words(&mut random);
    let folder = tempfile::tempdir().unwrap();
    let repository = repository::write(folder.path(), &shape, &words, &mut random);
    let store = folder.path().join("cache/of/mine/store.redb");
    let mut parts = Vec::new();
    movable(folder.path(), &mut parts);
    parts.sort();
    let mut here = vec![true; parts.len()];
    let mut plan = plan(&repository.path, 1 + seed as usize % 3);
    let mut remembered = 0;
    for state in 0..5 {
        for (part, here) in parts.iter().zip(&mut here) {
            // At first half of it is missing, in the end all is there.
            let wanted = state == 4 || if state == 0 { random.chance(50) } else { *here != random.chance(15) };
            if wanted != *here {
                for file in files(part) {
                    let (from, to) = if wanted { (hidden(&file), file) } else { (file.clone(), hidden(&file)) };
                    std::fs::rename(from, to).unwrap();
                }
                *here = wanted;
            }
        }
        plan.rules = Arc::clone(if random.chance(20) { &*FEWER } else { &*RULES });
        let attribution = !random.chance(15);
        let keysift::engine::Command::History { attribution: wanted, .. } = &mut plan.command else { unreachable!() };
        *wanted = attribution;
        remembered += same(&mut plan, &store, &format!("seed {seed}, state {state}"));
        // Nothing changes: all of it is known.
        if random.chance(30) {
            remembered += same(&mut plan, &store, &format!("seed {seed}, state {state}, again"));
        }
    }
    remembered
}

#[test]
fn random_states_give_the_report_of_a_full_search() {
    let seeds = match std::env::var("KEYSIFT_SEEDS") {
        Ok(text) => {
            let (from, to) = text.split_once("..").expect("KEYSIFT_SEEDS is a range such as 0..1000");
            from.parse().expect("a number")..to.parse().expect("a number")
        }
        Err(_) => 0..60,
    };
    let (next, total) = (AtomicU64::new(seeds.start), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.end {
                        return;
                    }
                    total.fetch_add(check(seed), Ordering::Relaxed);
                }
            });
        }
    });
    let (total, count) = (total.into_inner(), seeds.end - seeds.start);
    assert!(total > 20 * count, "only {total} objects were remembered in {count} repositories");
}
