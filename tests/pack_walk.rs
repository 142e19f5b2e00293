//! The walk over packs against random packs: every object is shown exactly once with the right bytes, however many
//! threads share the work.

mod support;

use keysift::source::pack::delta::Script;
use keysift::source::pack::file::{Kind, Pack};
use keysift::source::pack::walk::{Bounds, Made, Visitor, walk};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use support::random::Random;
use support::repository::{self, Bases, Repository, Shape};
use support::{content, delta, keys};

/// Rebuilds everything and keeps it, with the number of times it was shown.
#[derive(Default)]
struct Collector {
    seen: Vec<(PathBuf, gix::ObjectId, Vec<u8>)>,
    lost: Vec<gix::ObjectId>,
}

impl Visitor for Collector {
    /// The content again: a child must be handed its own base's state and no other.
    type State = Vec<u8>;

    fn clear(state: &mut Vec<u8>) {
        state.clear();
    }

    fn wants(&self, _: Kind) -> bool {
        true
    }

    fn root(&mut self, pack: &Pack, entry: u32, kind: Kind, content: &[u8], state: &mut Vec<u8>) {
        assert!(kind != Kind::Delta);
        state.extend_from_slice(content);
        self.seen.push((pack.path.clone(), pack.id(entry), content.to_vec()));
    }

    fn child(&mut self, pack: &Pack, made: Made<'_, Vec<u8>>, out: &mut Vec<u8>, state: &mut Vec<u8>) {
        assert_eq!(made.base, made.base_state);
        assert_eq!(made.needed, !pack.children(made.entry).is_empty());
        made.script.rebuild(made.base, made.delta, out);
        state.extend_from_slice(out);
        self.seen.push((pack.path.clone(), pack.id(made.entry), out.clone()));
    }

    fn lost(&mut self, pack: &Pack, entry: u32, _: &'static str) {
        self.lost.push(pack.id(entry));
    }
}

fn packs(folder: &Path, hash: gix::hash::Kind) -> Vec<Pack> {
    let listed = std::fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path());
    let mut indexes: Vec<PathBuf> = listed.filter(|path| path.extension().is_some_and(|e| e == "idx")).collect();
    indexes.sort();
    indexes.iter().map(|path| Pack::open(path, hash).unwrap()).collect()
}

/// Walks the repository's own packs and compares; returns how many objects they hold.
fn check(repository: &Repository, threads: usize, what: &str) -> usize {
    let packs = packs(&repository.path.join("objects/pack"), repository.hash);
    let expected: usize = packs.iter().map(|pack| pack.entries.len()).sum();
    let visitors = (0..threads).map(|_| Collector::default()).collect();
    let done = AtomicU64::new(0);
    let count = |objects| {
        done.fetch_add(objects, Ordering::Relaxed);
    };
    let visitors = walk(&packs, visitors, Bounds { max_content: 1 << 30 }, &AtomicBool::new(false), &count);
    let mut shown: BTreeMap<(PathBuf, gix::ObjectId), usize> = BTreeMap::new();
    for visitor in visitors {
        assert!(visitor.lost.is_empty(), "{what}: lost {:?}", visitor.lost);
        for (path, id, bytes) in visitor.seen {
            assert!(repository.objects[&id].1 == bytes, "{what}: {id} has other bytes");
            *shown.entry((path, id)).or_default() += 1;
        }
    }
    assert!(shown.values().all(|&times| times == 1), "{what}: some object was shown twice");
    assert_eq!(shown.len(), expected, "{what}: objects shown");
    assert_eq!(done.into_inner(), expected as u64, "{what}: progress");
    expected
}

fn words(random: &mut Random) -> Vec<Vec<u8>> {
    (0..3).map(|_| keys::profile(random).into_bytes()).collect()
}

#[test]
fn every_object_is_shown_once_with_its_bytes() {
    let mut objects = 0;
    for seed in 0..150 {
        let mut random = Random::new(seed);
        let shape = Shape::any(&mut random);
        let words = words(&mut random);
        let folder = tempfile::tempdir().unwrap();
        let repository = repository::write(folder.path(), &shape, &words, &mut random);
        objects += check(&repository, 1 + seed as usize % 4, &format!("seed {seed}"));
    }
    assert!(objects > 3000, "only {objects} objects were packed: the shapes are too small to mean anything");
}

#[test]
fn long_chains_and_wide_fans_are_shared_between_threads() {
    for bases in [Bases::Chain, Bases::Fan, Bases::Any] {
        for threads in [1, 2, 5] {
            let mut random = Random::new(99);
            let any = Shape::any(&mut random);
            let shape = Shape { bases, blobs: 1500, packs: 1, deltas: 100, blob_size: 300, ..any };
            let words = words(&mut random);
            let folder = tempfile::tempdir().unwrap();
            let repository = repository::write(folder.path(), &shape, &words, &mut random);
            check(&repository, threads, &format!("{bases:?} on {threads} threads"));
        }
    }
}

#[test]
fn scripts_rebuild_what_deltas_say() {
    let mut random = Random::new(5);
    let words = words(&mut random);
    let mut rebuilt = Vec::new();
    for round in 0..2000 {
        let size = random.below(2000);
        let base = content::assemble(&mut random, &words, size);
        let ops = content::edit(&mut random, &base, &words);
        let target = delta::apply(&base, &ops);
        let bytes = delta::encode(&mut random, &base, &ops);
        let mut script = Script::default();
        script.read(&bytes, base.len()).unwrap();
        assert_eq!(script.length, target.len(), "round {round}");
        // Into a buffer that held another object before.
        script.rebuild(&base, &bytes, &mut rebuilt);
        assert!(rebuilt == target, "round {round}");
    }
}
