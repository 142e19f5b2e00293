//! A run that is stopped while it finds out which commits hold what it found: what it does not know yet, it does not say.

use super::support::git::Fixture;
use super::support::keys;
use super::support::random::Random;
use super::support::run::RULES;
use keysift::allow::Allowances;
use keysift::detect::{DetectWorker, Detector};
use keysift::error::GapKind;
use keysift::finding::{Credentials, Harvest, Hit, RuleIndex};
use keysift::scanner::{Context, Limits, LocalWorker, Mark, Progress, Scanner, Short, View, Worker};
use keysift::source::history::{self, Options};
use keysift::source::repo::Environment;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A file's name that only the pass over the trees reads.
const NAME: &str = "stop-when-this-name-is-read.txt";

/// Stops the run when it comes to [`NAME`].
struct Stopper {
    detector: Detector,
    stop: AtomicBool,
    armed: bool,
}

struct StopWorker<'s> {
    worker: DetectWorker<'s>,
    stop: &'s AtomicBool,
    armed: bool,
}

impl Scanner for Stopper {
    type Worker<'s>
        = StopWorker<'s>
    where
        Self: 's;

    fn worker(&self) -> StopWorker<'_> {
        StopWorker { worker: self.detector.worker(), stop: &self.stop, armed: self.armed }
    }
}

impl Worker for StopWorker<'_> {
    fn scan(&mut self, content: &[u8], hits: &mut Vec<Hit>) {
        if self.armed && content == NAME.as_bytes() {
            self.stop.store(true, Ordering::Relaxed);
        }
        self.worker.scan(content, hits);
    }
}

impl LocalWorker for StopWorker<'_> {
    fn is_local(&self, head: &[u8]) -> bool {
        self.worker.is_local(head)
    }

    fn look(&mut self, view: View<'_>, from: usize, to: usize, marks: &mut Vec<Mark>) -> Result<(), Short> {
        self.worker.look(view, from, to, marks)
    }

    fn look_again(&mut self, view: View<'_>, at: usize, rule: RuleIndex, marks: &mut Vec<Mark>) -> Result<(), Short> {
        self.worker.look_again(view, at, rule, marks)
    }

    fn resolve(&mut self, marks: &[Mark], hits: &mut Vec<Hit>) {
        self.worker.resolve(marks, hits);
    }
}

fn search(fixture: &Fixture, armed: bool) -> Harvest {
    let credentials = Arc::new(Credentials::default());
    let detector = Detector::new(Arc::clone(&RULES), Arc::clone(&credentials));
    let scanner = Stopper { detector, stop: AtomicBool::new(false), armed };
    let (progress, allow) = (Progress::default(), Allowances::default());
    let context =
        Context { threads: 1, stop: &scanner.stop, progress: &progress, limits: Limits::default(), allow: &allow };
    let options = Options {
        repo: fixture.path().into(),
        environment: Environment::default(),
        attribution: true,
        full: false,
        submodules: false,
        store: None,
    };
    history::run(&options, &scanner, &credentials, &context).expect("the run gives an answer")
}

#[test]
fn a_run_that_is_stopped_among_the_trees_says_nothing_of_commits() {
    let fixture = Fixture::new();
    fixture.write("keys.txt", format!("{}\n", keys::key_id(&mut Random::new(7))));
    fixture.commit_file(NAME, "a file\n", "a key and a name");
    let whole = search(&fixture, false);
    assert!(!whole.sightings.is_empty() && whole.gaps.is_empty());
    assert_eq!(whole.exposures.len(), 1);
    let stopped = search(&fixture, true);
    assert_eq!(stopped.sightings.len(), whole.sightings.len());
    assert!(stopped.exposures.is_empty(), "nothing is known of commits: {:?}", stopped.exposures);
    let told = |gap: &keysift::error::Gap| gap.kind == GapKind::Interrupted && gap.why.contains("commits");
    assert!(stopped.gaps.iter().any(told), "{:?}", stopped.gaps);
}
