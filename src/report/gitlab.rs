//! GitLab's report of secret detection, version 15 of its schema.

use super::date::iso8601;
use super::document::{Document, FindingEntry, PlaceEntry, name};
use super::escape::terminal;
use super::plain::{container, key_ids, present, sentence};
use super::{json_text, runbook};
use crate::finding::Severity;
use serde_json::{Value, json};
use std::io::{self, Write};

const VERSION: &str = "15.2.1";
/// A commit that stands for "what is checked out": GitLab demands one.
const NO_COMMIT: &str = "0000000000000000000000000000000000000000";

/// Writes `document` as one object.
pub fn write(document: &Document, out: &mut dyn Write) -> io::Result<()> {
    let tool = json!({
        "id": "keysift",
        "name": "keysift",
        "version": document.head.tool.version,
        "vendor": { "name": "keysift" },
    });
    // A report is the same for the same run, and none of its parts depends on the clock: GitLab's two times are the
    // beginning of time.
    let never = iso8601(0, 0).trim_end_matches("+00:00").to_owned();
    let messages: Vec<Value> = document
        .gaps
        .iter()
        .map(|gap| json!({ "level": "warn", "value": terminal(format!("{}: {}", gap.what, gap.why).as_bytes()) }))
        .collect();
    let report = json!({
        "version": VERSION,
        "scan": {
            "type": "secret_detection",
            "status": if document.head.complete { "success" } else { "failure" },
            "start_time": never,
            "end_time": never,
            "analyzer": tool,
            "scanner": tool,
            "messages": messages,
        },
        "vulnerabilities": document.findings.iter().map(|finding| entry(finding, document)).collect::<Vec<_>>(),
    });
    json_text::write_pretty(&report, out)
}

fn entry(finding: &FindingEntry, document: &Document) -> Value {
    let place = present(finding);
    let steps: Vec<String> =
        runbook::steps(finding).iter().enumerate().map(|(n, step)| format!("{}. {}", n + 1, step.title)).collect();
    let mut identifiers = vec![json!({
        "type": "keysift_rule_id",
        "name": format!("keysift rule {}", finding.rule_id),
        "value": finding.rule_id,
    })];
    identifiers.extend(key_ids(finding).map(|id| json!({ "type": "key_id", "name": id, "value": id })));
    json!({
        "id": finding.fingerprint,
        "name": short(&finding.description),
        "description": sentence(finding),
        "severity": severity(finding.severity),
        "confidence": name(finding.confidence),
        "solution": steps.join(" "),
        "location": location(place, document),
        "identifiers": identifiers,
        "raw_source_code_extract": finding.excerpt.text,
    })
}

fn location(place: &PlaceEntry, document: &Document) -> Value {
    let commit = place.commit.as_deref().or(document.head.revision.as_deref()).unwrap_or(NO_COMMIT);
    json!({
        "file": container(place),
        "start_line": place.line.max(1),
        "end_line": place.end_line.max(place.line).max(1),
        "commit": { "sha": commit },
    })
}

/// GitLab takes names of at most 255 characters.
fn short(text: &str) -> String {
    text.chars().take(255).collect()
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "Critical",
        Severity::High => "High",
        Severity::Medium => "Medium",
        Severity::Low => "Low",
        Severity::Note => "Info",
    }
}
