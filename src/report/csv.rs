//! The CSV format (RFC 4180, with plain line feeds): one line a finding, for a spreadsheet.
//!
//! Spreadsheets take a cell that begins with `=`, `+`, `-` or `@` for a formula, and names of files come from
//! strangers: such a cell gets an apostrophe before it, which spreadsheets read as "this is text".

use super::document::{Document, name};
use super::escape::terminal;
use super::plain::{container, is_current, key_ids, present};
use std::io::{self, Write};

const HEADER: [&str; 19] = [
    "severity",
    "tier",
    "confidence",
    "verdict",
    "rule",
    "description",
    "key_id",
    "file",
    "line",
    "column",
    "commit",
    "in_head",
    "introduced",
    "introduced_by",
    "removed",
    "commits",
    "places",
    "reachable",
    "fingerprint",
];

/// Writes a header line and a line for each finding.
pub fn write(document: &Document, out: &mut dyn Write) -> io::Result<()> {
    let mut table = csv::Writer::from_writer(out);
    table.write_record(HEADER)?;
    for finding in &document.findings {
        let place = present(finding);
        let exposure = finding.exposure.as_ref();
        let introduced = exposure.and_then(|exposure| exposure.introduced.first());
        let removed = exposure.filter(|exposure| !exposure.in_head).and_then(|exposure| exposure.removed.last());
        let text = |text: &str| cell(&terminal(text.as_bytes()));
        let row = [
            name(finding.severity),
            name(finding.tier),
            name(finding.confidence),
            finding.verification.as_ref().map(|told| name(told.verdict)).unwrap_or_default(),
            text(&finding.rule_id),
            text(&finding.description),
            text(&key_ids(finding).collect::<Vec<_>>().join(" ")),
            cell(&container(place)),
            place.line.to_string(),
            place.column.to_string(),
            text(place.commit.as_deref().unwrap_or_default()),
            is_current(finding).to_string(),
            introduced.map(|event| text(&event.date)).unwrap_or_default(),
            introduced.map(|event| text(&event.author)).unwrap_or_default(),
            removed.map(|event| text(&event.date)).unwrap_or_default(),
            exposure.map(|exposure| exposure.commit_count.to_string()).unwrap_or_default(),
            finding.place_count.to_string(),
            exposure.map(|exposure| name(exposure.reachable)).unwrap_or_default(),
            text(&finding.fingerprint),
        ];
        table.write_record(row)?;
    }
    table.flush()
}

fn cell(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@']) { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::cell;

    #[test]
    fn no_cell_is_a_formula() {
        assert_eq!(cell("=HYPERLINK(\"http://x\")"), "'=HYPERLINK(\"http://x\")");
        assert_eq!(cell("src/a.py"), "src/a.py");
    }
}
