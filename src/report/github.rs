//! Annotations of a GitHub Actions step, as workflow commands. GitHub shows ten of each kind and drops the rest without
//! a word, so the rest is counted in the last one.

use super::document::{Document, FindingEntry};
use super::escape::terminal;
use super::plain::{container, present, sentence};
use crate::finding::Severity;
use std::io::{self, Write};

/// GitHub shows so many annotations of a kind in one step.
const SHOWN: usize = 10;

/// Writes one line for each annotation.
pub fn write(document: &Document, out: &mut dyn Write) -> io::Result<()> {
    let kinds = [
        ("error", document.findings.iter().filter(|f| f.severity >= Severity::High).collect::<Vec<_>>()),
        ("warning", document.findings.iter().filter(|f| f.severity == Severity::Medium).collect()),
        ("notice", document.findings.iter().filter(|f| f.severity <= Severity::Low).collect()),
    ];
    for (kind, findings) in kinds {
        // A gap must be seen, so warnings keep room for one.
        let gap = kind == "warning" && !document.gaps.is_empty();
        let room = SHOWN - usize::from(gap);
        let shown = if findings.len() > room { room - 1 } else { findings.len() };
        for finding in &findings[..shown] {
            annotation(kind, finding, out)?;
        }
        if findings.len() > shown {
            let rest = findings.len() - shown;
            writeln!(out, "::{kind} title=keysift::{rest} more credentials of this weight; see the whole report")?;
        }
        if gap {
            let (count, first) = (document.gaps.len(), &document.gaps[0]);
            let text = format!("Incomplete: {count} gaps, the first {}: {}", first.what, first.why);
            writeln!(out, "::warning title=keysift::{}", data(&text))?;
        }
    }
    Ok(())
}

fn annotation(kind: &str, finding: &FindingEntry, out: &mut dyn Write) -> io::Result<()> {
    let place = present(finding);
    let mut properties = String::new();
    if place.path.is_some() {
        properties = format!(
            "file={},line={},endLine={},",
            property(&container(place)),
            place.line.max(1),
            place.end_line.max(place.line).max(1)
        );
        if place.end_line == place.line {
            let (start, end) =
                (place.column_utf16.unwrap_or(place.column), place.end_column_utf16.unwrap_or(place.end_column));
            properties += &format!("col={},endColumn={},", start.max(1), end.max(start).max(1));
        }
    }
    let title = property(&format!("keysift: {}", finding.rule_id));
    writeln!(out, "::{kind} {properties}title={title}::{}", data(&sentence(finding)))
}

/// Text after the second `::`. Line ends are visible escapes by then.
fn data(text: &str) -> String {
    terminal(text.as_bytes()).replace('%', "%25")
}

/// A value before it, where `:` and `,` separate.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
