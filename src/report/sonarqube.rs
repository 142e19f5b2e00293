//! SonarQube's generic issues. It takes issues in files that it has itself, so what lies only in the history, which no
//! file of today shows, is left out; the other formats have it.

use super::document::{Document, PlaceEntry, name};
use super::plain::{is_current, present, sentence};
use super::{json_text, plain, runbook};
use crate::finding::Severity;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{self, Write};

/// Writes rules and issues.
pub fn write(document: &Document, out: &mut dyn Write) -> io::Result<()> {
    let shown = document.findings.iter().filter(|finding| is_current(finding) && present(finding).path.is_some());
    let mut rules: BTreeMap<&str, Value> = BTreeMap::new();
    let mut issues = Vec::new();
    for finding in shown {
        let steps: Vec<&str> = runbook::steps(finding).iter().map(|step| step.title).collect();
        rules.entry(&finding.rule_id).or_insert_with(|| {
            json!({
                "id": finding.rule_id,
                "name": finding.description,
                "description": format!("{}. {}.", finding.description.trim_end_matches('.'), steps.join(". ")),
                "engineId": "keysift",
                "cleanCodeAttribute": "TRUSTWORTHY",
                "type": "VULNERABILITY",
                "severity": old_severity(finding.severity),
                "impacts": [{ "softwareQuality": "SECURITY", "severity": severity(finding.severity) }],
            })
        });
        issues.push(json!({
            "ruleId": finding.rule_id,
            "effortMinutes": 30,
            "primaryLocation": {
                "message": format!("{} [{}]", sentence(finding), name(finding.severity)),
                "filePath": plain::container(present(finding)),
                "textRange": range(present(finding)),
            },
        }));
    }
    json_text::write_pretty(&json!({ "rules": rules.into_values().collect::<Vec<_>>(), "issues": issues }), out)
}

/// Columns count from 0 in UTF-16 units. An empty range is refused, and one line alone may be named without columns.
fn range(place: &PlaceEntry) -> Value {
    let start = place.column_utf16.unwrap_or(place.column).saturating_sub(1);
    let end = place.end_column_utf16.unwrap_or(place.end_column).saturating_sub(1);
    let (line, end_line) = (place.line.max(1), place.end_line.max(place.line).max(1));
    if end_line > line || end > start {
        json!({ "startLine": line, "endLine": end_line, "startColumn": start, "endColumn": end })
    } else {
        json!({ "startLine": line })
    }
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "BLOCKER",
        Severity::High => "HIGH",
        Severity::Medium => "MEDIUM",
        Severity::Low => "LOW",
        Severity::Note => "INFO",
    }
}

/// As SonarQube before 10.3 says it.
fn old_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "BLOCKER",
        Severity::High => "CRITICAL",
        Severity::Medium => "MAJOR",
        Severity::Low => "MINOR",
        Severity::Note => "INFO",
    }
}
