//! The order of the stages of a run, and nothing else: a source reads and has everything scanned, sightings are grouped
//! into findings, findings become a report.

mod across;
mod budget;
mod group;
mod salt;
mod suppress;
mod ties;
pub mod verdicts;
mod version;

use crate::allow::Allowances;
use crate::baseline::Baseline;
use crate::detect::Detector;
use crate::error::{Gap, GapKind, Result};
use crate::finding::{Confidence, Credentials, Finding, Harvest, Report};
use crate::fingerprint::Salt;
use crate::mapped;
use crate::origin::Oid;
use crate::rule::RuleSet;
use crate::scanner::{Context, Limits, Progress};
use crate::source::range::{Commits, Named};
use crate::source::repo::Environment;
use crate::source::{files, history, lfs, message, range, staged};
use std::cell::LazyCell;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

/// What to do, with everything decided.
pub struct Plan {
    pub command: Command,
    pub rules: Arc<RuleSet>,
    /// Worker threads, at least 1.
    pub threads: usize,
    pub limits: Limits,
    /// Findings of less confidence are left out.
    pub least: Confidence,
    /// What git's environment variables say about the repository.
    pub environment: Environment,
    /// What need not be reported.
    pub allow: Allowances,
    /// What somebody has dealt with. Its key is that of the report's fingerprints.
    pub baseline: Option<Baseline>,
    /// Where searches of histories are remembered, so that the next one reads only what is new.
    pub store: Option<PathBuf>,
    /// Stop in time to report by then.
    pub budget: Option<Duration>,
}

/// What to read.
#[derive(Debug, Clone)]
pub enum Command {
    /// Files and folders on disk; the path `-` is standard input.
    Scan { paths: Vec<PathBuf> },
    /// Every object of a repository.
    History {
        repo: PathBuf,
        /// Whether to look for the commits and paths of what was found.
        attribution: bool,
        /// Whether to search every byte of every blob instead of what changed.
        full_blobs: bool,
        /// Whether to search the histories of submodules and nested repositories too.
        submodules: bool,
    },
    /// What a commit would record.
    Staged {
        repo: PathBuf,
        /// Whether to report what was there before as well.
        whole_files: bool,
        /// Whether to search all that is tracked instead of what changed.
        whole_index: bool,
    },
    /// What one end of a range adds over the other.
    Range { repo: PathBuf, spec: String },
    /// What a push brings: all that `tips` reach and nothing of `known` does.
    Push { repo: PathBuf, tips: Vec<Named>, known: Vec<Named> },
    /// The message of a commit that is being made.
    Message { repo: PathBuf, file: PathBuf },
}

/// Runs `plan`. Sets `progress` as it goes; when `stop` is set, what was found until then comes back with a gap of kind
/// `Interrupted`. Sets `stop` itself when the time budget is over; that is a gap of kind `Limit`.
///
/// # Errors
/// Where there is no answer at all: no repository, a range that does not resolve, a path that does not exist.
pub fn run(plan: &Plan, progress: &Progress, stop: &AtomicBool) -> Result<Report> {
    budget::within(plan.budget, stop, |over| run_within(plan, progress, stop, over))
}

fn run_within(plan: &Plan, progress: &Progress, stop: &AtomicBool, over: &AtomicBool) -> Result<Report> {
    let start = Instant::now();
    let lost_before = mapped::lost_pages();
    let credentials = Arc::new(Credentials::default());
    let detector = Detector::new(Arc::clone(&plan.rules), Arc::clone(&credentials));
    let context = Context { threads: plan.threads, stop, progress, limits: plan.limits.clone(), allow: &plan.allow };
    progress.start("opening", 0);
    let mut harvest = read(plan, &detector, &credentials, &context)?;
    let root = harvest.root;
    let policy = group::Policy { allow: &plan.allow, baseline: plan.baseline.as_ref() };
    let salt = LazyCell::new(|| plan.baseline.as_ref().map_or_else(|| salt::of(plan, root), Baseline::salt));
    let (mut findings, mut suppressions) =
        group::group(&mut harvest, &credentials, &plan.rules, policy, || Salt::clone(&salt));
    findings.retain(|finding| finding.confidence >= plan.least);
    let known = plan.baseline.as_ref();
    let candidates = across::pair(&mut findings, &plan.rules, plan.least, known, || Salt::clone(&salt));
    // A pair across files is known by a fingerprint of its own.
    group::leave_out_known(&mut findings, &mut suppressions, policy);
    let all = matches!(plan.command, Command::Scan { .. } | Command::History { .. });
    let usage = |baseline: &Baseline| suppress::usage(baseline, &findings, &suppressions, all);
    let baseline = plan.baseline.as_ref().map(usage);
    harvest.receipt.suppressed = suppress::counts(&suppressions);
    ties::tie(&mut findings);
    let mut gaps = harvest.gaps;
    gaps.extend(interruption(&gaps, context.stopped()));
    budget::explain(&mut gaps, plan, over);
    gaps.extend(truncation(lost_before));
    gaps.extend(cut(&mut findings, plan.limits.max_findings));
    gaps.sort();
    gaps.dedup();
    lfs::fold(&mut gaps);
    harvest.receipt.duration_ms = start.elapsed().as_millis() as u64;
    Ok(Report {
        command: plan.command.name(),
        target: plan.command.target(),
        head: harvest.head,
        remote: harvest.remote,
        findings,
        candidates,
        suppressions,
        baseline,
        gaps,
        receipt: harvest.receipt,
        rules: plan.rules.infos(),
    })
}

/// The commit that keys the fingerprints of a run of `plan`, where it needs no baseline to know.
pub fn key(plan: &Plan) -> Option<Oid> {
    salt::root(plan, None)
}

fn read(plan: &Plan, detector: &Detector, credentials: &Credentials, context: &Context) -> Result<Harvest> {
    let environment = plan.environment.clone();
    match plan.command.clone() {
        Command::Scan { paths } => files::run(&files::Options { paths }, detector, credentials, context),
        Command::History { repo, attribution, full_blobs: full, submodules } => {
            let store = plan.store.as_ref().map(|file| history::store::Place {
                file: file.clone(),
                rules: version::of(plan),
                limit: history::store::LIMIT,
            });
            let options = history::Options { repo, environment, attribution, full, submodules, store };
            history::run(&options, detector, credentials, context)
        }
        Command::Staged { repo, whole_files, whole_index } => {
            let options = staged::Options { repo, environment, whole_files, whole_index };
            staged::run(&options, detector, credentials, context)
        }
        Command::Range { repo, spec } => {
            let options = range::Options { repo, environment, commits: Commits::Spec(spec) };
            range::run(&options, detector, credentials, context)
        }
        Command::Push { repo, tips, known } => {
            let options = range::Options { repo, environment, commits: Commits::Push { tips, known } };
            range::run(&options, detector, credentials, context)
        }
        Command::Message { repo, file } => {
            message::run(&message::Options { repo, environment, file }, detector, credentials, context)
        }
    }
}

impl Command {
    /// The name of the command, as typed. What hooks add to the commands is told as the one that it is like.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Scan { .. } | Self::Message { .. } => "scan",
            Self::History { .. } => "history",
            Self::Staged { .. } => "staged",
            Self::Range { .. } | Self::Push { .. } => "range",
        }
    }

    /// What is scanned, as the user named it.
    fn target(&self) -> String {
        match self {
            Self::Scan { paths } => {
                let names: Vec<_> = paths.iter().map(|path| path.to_string_lossy()).collect();
                names.join(" ")
            }
            Self::History { repo, .. } | Self::Staged { repo, .. } => repo.to_string_lossy().into_owned(),
            Self::Range { repo, spec } if repo.as_os_str() == "." => spec.clone(),
            Self::Range { repo, spec } => format!("{spec} in {}", repo.to_string_lossy()),
            Self::Push { .. } => "the commits that a push brings".to_string(),
            Self::Message { file, .. } => file.to_string_lossy().into_owned(),
        }
    }
}

/// A source that was stopped says what it left out. Should one not, the run is still not a whole one.
fn interruption(gaps: &[Gap], stopped: bool) -> Option<Gap> {
    let told = gaps.iter().any(|gap| gap.kind == GapKind::Interrupted);
    (stopped && !told).then(|| Gap {
        kind: GapKind::Interrupted,
        what: "the run".to_string(),
        why: "interrupted before its end".to_string(),
    })
}

/// What was read of a pack that became shorter meanwhile was not its content, whatever else is said of it.
fn truncation(lost_before: usize) -> Option<Gap> {
    (mapped::lost_pages() > lost_before).then(|| Gap {
        kind: GapKind::Pack,
        what: "a pack or its index".to_string(),
        why: "it became shorter while it was read; search again when nobody writes to it".to_string(),
    })
}

/// Keeps the first `most` findings, which are the worst, and says how many that leaves out.
fn cut(findings: &mut Vec<Finding>, most: usize) -> Option<Gap> {
    let left_out = findings.len().saturating_sub(most);
    findings.truncate(most);
    (left_out > 0).then(|| Gap {
        kind: GapKind::Limit,
        what: "findings".to_string(),
        why: format!("{left_out} more are not reported; raise --max-findings, which is {most}"),
    })
}
