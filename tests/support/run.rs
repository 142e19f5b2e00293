//! Runs of the engine as a library, and what tests want to know of a report.

use keysift::allow::Allowances;
use keysift::engine::{self, Command, Plan};
use keysift::finding::{Confidence, Exposure, Finding, Report};
use keysift::report::{self, Format, Options};
use keysift::rule::RuleSet;
use keysift::scanner::{Limits, Progress};
use keysift::source::repo::Environment;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, LazyLock};

/// The embedded rules, loaded once a test file.
pub static RULES: LazyLock<Arc<RuleSet>> = LazyLock::new(|| Arc::new(RuleSet::embedded()));

/// How a history is searched.
#[derive(Debug, Clone, Copy)]
pub struct How {
    pub attribution: bool,
    pub full_blobs: bool,
    pub threads: usize,
}

/// The usual way, with two threads.
pub const USUAL: How = How { attribution: true, full_blobs: false, threads: 2 };

/// Runs `command`; its wall time, the only thing that differs between two runs, is set to 0.
pub fn run(command: Command, threads: usize) -> Report {
    run_plan(&plan(command, threads)).0
}

/// The plan of [`run`].
pub fn plan(command: Command, threads: usize) -> Plan {
    Plan {
        command,
        rules: Arc::clone(&RULES),
        threads,
        limits: Limits::default(),
        least: Confidence::Low,
        environment: Environment::default(),
        allow: Allowances::default(),
        baseline: None,
        store: None,
        budget: None,
    }
}

/// Runs `plan`, as [`run`] does; gives the notes as well.
pub fn run_plan(plan: &Plan) -> (Report, Vec<String>) {
    let progress = Progress::default();
    let mut report = engine::run(plan, &progress, &AtomicBool::new(false)).expect("the run gives an answer");
    report.receipt.duration_ms = 0;
    (report, progress.notes())
}

/// Searches the history of `repo`.
pub fn history(repo: &Path, how: How) -> Report {
    let How { attribution, full_blobs, threads } = how;
    run(Command::History { repo: repo.to_path_buf(), attribution, full_blobs, submodules: false }, threads)
}

/// The report as a program reads it.
pub fn json(report: &Report) -> String {
    let mut out = Vec::new();
    report::write(Format::Json, report, &Options::default(), &mut out).expect("memory takes it");
    String::from_utf8(out).expect("JSON is UTF-8")
}

/// The one finding whose credential has `secret` as a part; of several, the one of the highest tier.
pub fn finding_of<'r>(report: &'r Report, secret: &str) -> &'r Finding {
    let has = |finding: &&Finding| finding.credential.parts.iter().any(|(_, part)| part.expose() == secret.as_bytes());
    report.findings.iter().filter(has).max_by_key(|finding| finding.tier).expect("the planted secret is found")
}

/// The life of `secret`.
pub fn exposure_of<'r>(report: &'r Report, secret: &str) -> &'r Exposure {
    finding_of(report, secret).exposure.as_ref().expect("a history tells the exposure")
}
