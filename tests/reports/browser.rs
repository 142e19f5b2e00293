//! The HTML report in a real browser: `tests/tools/browse.py` uses it as a reader would.

use crate::audit::{Audit, hostile, many};
use crate::support::program::end;
use crate::support::tools;
use serde_json::Value;
use std::process::Command;

fn browse(mode: &str, audit: &Audit, report: &Value) {
    let page = audit.convert(report, "html");
    let report = audit.write("report.json", report);
    let mut browser = Command::new(tools::python("python"));
    browser.args(["tests/tools/browse.py", mode]).arg(report).arg(page);
    let ended = end(&mut browser);
    assert_eq!((ended.code, ended.out.as_str()), (Some(0), "ok\n"), "{mode}: {}", ended.err);
}

#[test]
fn filters_keys_print_and_colours_work_and_nothing_is_fetched() {
    let audit = Audit::new();
    browse("audit", &audit, &many(&audit.json(), 120));
}

#[test]
fn what_somebody_planted_stays_text() {
    let audit = Audit::new();
    browse("hostile", &audit, &hostile(&audit.json()));
}

#[test]
fn five_thousand_findings_are_filtered() {
    let audit = Audit::new();
    browse("many", &audit, &many(&audit.json(), 5_000));
}

/// The page has no place in which a secret could hide: neither in text nor in attributes.
#[test]
fn no_secret_is_in_the_page() {
    let audit = Audit::new();
    let page = audit.converted(&audit.json(), "html");
    assert!(audit.secrets.len() == 4 && audit.secrets.iter().all(|secret| !page.contains(secret.as_str())));
}
