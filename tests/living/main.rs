//! Living with it: configuration, markers, the baseline, as a user has them from the command line.

#[path = "../support/mod.rs"]
mod support;

mod baseline;
mod configuration;
mod import;
mod markers;

use serde_json::Value;
use std::path::Path;
use support::program::{Ended, run};

/// The report of a run in `folder`.
fn report(folder: &Path, arguments: &[&str]) -> Value {
    let ended = run(folder, [arguments, &["--format", "json"]].concat());
    let report = ended.report();
    let counted: u64 = report["receipt"]["suppressed"]
        .as_object()
        .into_iter()
        .flat_map(|by| by.values())
        .filter_map(Value::as_u64)
        .sum();
    assert_eq!(counted, list(&report, "suppressions").len() as u64, "what is left out is counted and listed");
    report
}

fn list<'r>(report: &'r Value, name: &str) -> &'r [Value] {
    report[name].as_array().expect("it is a list")
}

/// How many findings there are, and how many are left out.
fn counts(folder: &Path, arguments: &[&str]) -> (usize, usize) {
    let report = report(folder, arguments);
    (list(&report, "findings").len(), list(&report, "suppressions").len())
}

/// Runs something that must end well.
fn well(folder: &Path, arguments: &[&str]) -> Ended {
    let ended = run(folder, arguments);
    assert_eq!(ended.code, Some(0), "{arguments:?}\n{}\n{}", ended.out, ended.err);
    ended
}
