//! A run that is stopped while it finds out which commits hold what it found: what it does not know yet, it does not say,
//! and the next run goes on there.

use super::support::git::Fixture;
use super::support::keys;
use super::support::pack;
use super::support::random::Random;
use super::support::run::RULES;
use gix::ObjectId;
use gix::hash::Kind as Hash;
use gix::objs::Kind;
use keysift::allow::Allowances;
use keysift::detect::{DetectWorker, Detector};
use keysift::error::GapKind;
use keysift::finding::{Credentials, Harvest, Hit};
use keysift::scanner::{Context, Limits, LocalWorker, Mark, Progress, Scanner, Spot, Worker};
use keysift::source::history::{self, Options, store};
use keysift::source::repo::Environment;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// How names of files begin that are counted as the pass over the trees reads them.
const NAME: &str = "stop-when-this-name-is-read";

/// Stops the run when so many names were read, if at all.
struct Stopper {
    detector: Detector,
    stop: AtomicBool,
    read: AtomicUsize,
    after: Option<usize>,
}

struct StopWorker<'s> {
    worker: DetectWorker<'s>,
    all: &'s Stopper,
}

impl Scanner for Stopper {
    type Worker<'s>
        = StopWorker<'s>
    where
        Self: 's;

    fn worker(&self) -> StopWorker<'_> {
        StopWorker { worker: self.detector.worker(), all: self }
    }
}

impl Worker for StopWorker<'_> {
    fn scan(&mut self, content: &[u8], hits: &mut Vec<Hit>) {
        if content.starts_with(NAME.as_bytes())
            && Some(self.all.read.fetch_add(1, Ordering::Relaxed) + 1) == self.all.after
        {
            self.all.stop.store(true, Ordering::Relaxed);
        }
        self.worker.scan(content, hits);
    }
}

impl LocalWorker for StopWorker<'_> {
    fn is_local(&self, head: &[u8]) -> bool {
        self.worker.is_local(head)
    }

    fn spots(&mut self, text: &[u8], from: usize, to: usize, spots: &mut Vec<Spot>) {
        self.worker.spots(text, from, to, spots);
    }

    fn may_go_on(&self, content: &[u8], line: usize) -> bool {
        self.worker.may_go_on(content, line)
    }

    fn continued(&self, content: &[u8], line: usize) -> Option<Spot> {
        self.worker.continued(content, line)
    }

    fn judge(&mut self, content: &[u8], spots: &[Spot], marks: &mut Vec<Mark>) {
        self.worker.judge(content, spots, marks);
    }

    fn look(&mut self, content: &[u8], marks: &mut Vec<Mark>) -> bool {
        self.worker.look(content, marks)
    }

    fn resolve(&mut self, marks: &[Mark], hits: &mut Vec<Hit>) {
        self.worker.resolve(marks, hits);
    }
}

/// Searches `repo`, and stops after so many names; tells how many were read.
fn search(repo: &Path, after: Option<usize>, store: Option<&Path>) -> (Harvest, usize) {
    let credentials = Arc::new(Credentials::default());
    let detector = Detector::new(Arc::clone(&RULES), Arc::clone(&credentials));
    let scanner = Stopper { detector, stop: AtomicBool::new(false), read: AtomicUsize::new(0), after };
    let (progress, allow) = (Progress::default(), Allowances::default());
    let context =
        Context { threads: 1, stop: &scanner.stop, progress: &progress, limits: Limits::default(), allow: &allow };
    let options = Options {
        repo: repo.into(),
        environment: Environment::default(),
        attribution: true,
        full: false,
        submodules: false,
        store: store.map(|file| store::Place { file: file.into(), rules: [0; 32], limit: store::LIMIT }),
    };
    let harvest = history::run(&options, &scanner, &credentials, &context).expect("the run gives an answer");
    assert!(progress.notes().is_empty(), "{:?}", progress.notes());
    (harvest, scanner.read.into_inner())
}

#[test]
fn a_run_that_is_stopped_among_the_trees_says_nothing_of_commits() {
    let fixture = Fixture::new();
    fixture.write("keys.txt", format!("{}\n", keys::key_id(&mut Random::new(7))));
    fixture.commit_file(NAME, "a file\n", "a key and a name");
    let (whole, _) = search(fixture.path(), None, None);
    assert!(!whole.sightings.is_empty() && whole.gaps.is_empty());
    assert_eq!(whole.exposures.len(), 1);
    let (stopped, _) = search(fixture.path(), Some(1), None);
    assert_eq!(stopped.sightings.len(), whole.sightings.len());
    assert!(stopped.exposures.is_empty(), "nothing is known of commits: {:?}", stopped.exposures);
    let told = |gap: &keysift::error::Gap| gap.kind == GapKind::Interrupted && gap.why.contains("commits");
    assert!(stopped.gaps.iter().any(told), "{:?}", stopped.gaps);
}

/// Writes a history whose trees have many names, each once, and a file with keys all along. Another file with keys that
/// all trees name is not there; it is given.
fn many_names(fixture: &Fixture, random: &mut Random) -> (ObjectId, Vec<u8>) {
    let (hash, mut entries) = (Hash::Sha1, Vec::new());
    let mut add = |kind: Kind, data: Vec<u8>| {
        let id = pack::id_of(hash, kind, &data);
        entries.push(pack::Entry { id, kind, stored: pack::Stored::Whole, data });
        id
    };
    let entry = |mode: &str, name: &str, id: &ObjectId| [format!("{mode} {name}\0").as_bytes(), id.as_slice()].concat();
    let key = add(Kind::Blob, keys::profile(random).into_bytes());
    let absent = keys::profile(random).into_bytes();
    let missing = pack::id_of(hash, Kind::Blob, &absent);
    let mut parent = String::new();
    for n in 0..100 {
        let name = format!("{NAME}-in-folder-{n:03}");
        let folder = [entry("100644", "a", &missing), entry("100644", &name, &key)].concat();
        let folder = add(Kind::Tree, folder);
        let mut tree = entry("40000", "of", &folder);
        (0..9).for_each(|m| tree.extend(entry("100644", &format!("{NAME}-{n:03}-{m}"), &key)));
        let tree = add(Kind::Tree, tree);
        let who = format!("A <a@b.c> {} +0000", 1_700_000_000 + n);
        let text = format!("tree {tree}\n{parent}author {who}\ncommitter {who}\n\n{n}\n");
        parent = format!("parent {}\n", add(Kind::Commit, text.into_bytes()));
    }
    let folder = fixture.join(".git/objects/pack");
    std::fs::create_dir_all(&folder).unwrap();
    pack::write(&folder, &entries, &pack::Options { hash, level: 0, wide_offsets: 0 });
    fixture.git(&["update-ref", "refs/heads/main", parent["parent ".len()..].trim()]);
    (missing, absent)
}

/// What is told of commits and paths, in an order of its own.
fn lives(harvest: &Harvest) -> Vec<String> {
    let mut lives: Vec<String> = harvest
        .exposures
        .values()
        .map(|e| format!("{:?}", (&e.introduced, &e.removed, e.in_head, &e.refs, e.commit_count, e.path_count)))
        .collect();
    lives.sort();
    lives
}

#[test]
fn runs_that_are_stopped_among_the_trees_go_on_there() {
    for comes in [false, true] {
        let fixture = Fixture::new();
        let (missing, content) = many_names(&fixture, &mut Random::new(32));
        let store = fixture.join("store.redb");
        let (mut total, mut runs) = (0, 0);
        let last = loop {
            let (harvest, read) = search(fixture.path(), Some(300), Some(&store));
            total += read;
            if !harvest.gaps.iter().any(|gap| gap.kind == GapKind::Interrupted) {
                break harvest;
            }
            assert!(harvest.exposures.is_empty(), "lives from a part of the trees");
            runs += 1;
            assert!(runs < 10, "it comes to no end");
            if comes && runs == 2 {
                // What trees named all along is there now: they lead to a find that they did not lead to.
                pack::write_loose(&fixture.join(".git/objects"), Kind::Blob, missing, &content);
            }
        };
        let (full, names) = search(fixture.path(), None, None);
        assert_eq!(lives(&last), lives(&full), "after {runs} runs");
        assert_eq!(lives(&full).len(), if comes { 2 } else { 1 });
        assert!(names >= 1000 && runs >= 3, "{runs} runs for {names} names");
        // A tree that was read is not read again, unless what came made all of it doubtful.
        let most = names + runs * 50 + if comes { 700 } else { 0 };
        assert!(total <= most, "{total} names were read in {runs} runs, and there are {names}");
        let (again, read) = search(fixture.path(), None, Some(&store));
        assert_eq!((lives(&again), read), (lives(&full), 0), "all is known");
    }
}
