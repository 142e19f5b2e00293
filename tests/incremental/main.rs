//! Searches of a history that remember: the next one reads only what is new, and its report is that of a full one.

#[path = "../support/mod.rs"]
mod support;

mod budget;
mod file;
mod property;
mod steps;
mod stopped;

use keysift::engine::{Command, Plan};
use keysift::finding::Report;
use std::path::Path;
use support::run;

/// A plan that searches all of `repo` and remembers nothing.
fn plan(repo: &Path, threads: usize) -> Plan {
    let command = Command::History { repo: repo.into(), attribution: true, full_blobs: false, submodules: false };
    run::plan(command, threads)
}

/// Runs `plan` with and without `store`, and holds that both say the same. Gives how many objects were remembered.
fn same(plan: &mut Plan, store: &Path, what: &str) -> u64 {
    plan.store = None;
    let (full, _) = run::run_plan(plan);
    plan.store = Some(store.into());
    let (mut report, notes) = run::run_plan(plan);
    assert!(notes.is_empty(), "{what}: {notes:?}");
    let remembered = std::mem::take(&mut report.receipt.remembered);
    assert_reports(&full, &report, what);
    remembered
}

/// Equal reports, or a panic with the first lines that differ.
fn assert_reports(full: &Report, report: &Report, what: &str) {
    let (full, report) = (run::json(full), run::json(report));
    if full == report {
        return;
    }
    let at = full.lines().zip(report.lines()).take_while(|(l, r)| l == r).count();
    let around = |text: &str| text.lines().skip(at.saturating_sub(12)).take(24).collect::<Vec<_>>().join("\n");
    panic!("{what}: differs from a full search at line {}:\n{}\n---\n{}", at + 1, around(&full), around(&report));
}
