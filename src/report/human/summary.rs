//! What follows the findings: counts by severity, what could not be read, and what was covered.

use super::finding::severity_style;
use super::text::{BOLD, DIM, GREEN, Page, RED, YELLOW, bytes, count, duration, thousands, wrap};
use crate::error::Gap;
use crate::finding::Severity;
use crate::report::document::{Document, FindingEntry, name};
use crate::report::escape::terminal;
use crate::report::plain::{lead, position, present};
use std::io::{self, Write};

/// Findings that the summary names.
const FIRST: usize = 3;
/// Gaps that are listed unless all are wanted.
const GAPS_LISTED: usize = 5;

/// The table of counts, or that nothing was found.
pub fn counts(document: &Document, page: &Page, out: &mut dyn Write) -> io::Result<()> {
    if document.findings.is_empty() {
        return match document.head.complete {
            true => writeln!(out, "{}", page.paint(GREEN, "No credentials found.")),
            false => writeln!(out, "{}", page.paint(YELLOW, "No credentials found in what could be read.")),
        };
    }
    for line in wrap(&lead(document), page.width) {
        writeln!(out, "{}", page.paint(BOLD, line))?;
    }
    start_with(document, page, out)?;
    // The last two columns mean something only where there is a history.
    let history = document.findings.iter().any(|finding| finding.exposure.is_some());
    let mut header = format!("{:<10}{:>12}{:>10}", "severity", "credentials", "places");
    if history {
        header += &format!("{:>10}{:>14}", "in HEAD", "only history");
    }
    writeln!(out, "{}", page.paint(DIM, &header))?;
    let severities = [Severity::Critical, Severity::High, Severity::Medium, Severity::Low, Severity::Note];
    for severity in severities {
        let findings: Vec<_> = document.findings.iter().filter(|finding| finding.severity == severity).collect();
        if !findings.is_empty() {
            let label = page.paint(severity_style(severity), &format!("{:<10}", name(severity)));
            writeln!(out, "{label}{}", numbers(&findings, history))?;
        }
    }
    let all: Vec<_> = document.findings.iter().collect();
    writeln!(out, "{:<10}{}\n", "total", numbers(&all, history))
}

/// The worst findings once more, in a line each: of a long list the reader sees the end.
fn start_with(document: &Document, page: &Page, out: &mut dyn Write) -> io::Result<()> {
    if document.findings.len() > FIRST {
        writeln!(out, "Start with:")?;
        for finding in &document.findings[..FIRST] {
            let severity = format!("  {:<10}", name(finding.severity));
            let place = page.linked(present(finding), position(present(finding)));
            let description = terminal(finding.description.as_bytes());
            writeln!(out, "{}{place}  {description}", page.paint(severity_style(finding.severity), &severity))?;
        }
    }
    writeln!(out)
}

fn numbers(findings: &[&FindingEntry], history: bool) -> String {
    // A report that was read from a file may say anything.
    let places = findings.iter().fold(0usize, |sum, finding| sum.saturating_add(finding.place_count));
    let mut row = format!("{:>12}{:>10}", thousands(findings.len() as u64), thousands(places as u64));
    if history {
        let in_head = |in_head| {
            let exposures = findings.iter().filter_map(|finding| finding.exposure.as_ref());
            thousands(exposures.filter(|exposure| exposure.in_head == in_head).count() as u64)
        };
        row += &format!("{:>10}{:>14}", in_head(true), in_head(false));
    }
    row
}

/// What is left out because somebody said so, and what became of the baseline.
pub fn suppressions(document: &Document, page: &Page, out: &mut dyn Write) -> io::Result<()> {
    let all = &document.suppressions;
    if !all.is_empty() {
        let by = document.tail.receipt.suppressed.iter();
        let by: Vec<String> = by.map(|(name, number)| format!("{} by {name}", thousands(*number))).collect();
        let more = if page.verbose() { "" } else { "; -v lists them" };
        let number = count(all.len() as u64, "finding", "findings");
        writeln!(out, "Left out: {number}, {}{more}.", by.join(", "))?;
        for left_out in all.iter().filter(|_| page.verbose()) {
            let (place, reason) = (position(&left_out.location), terminal(left_out.reason.as_bytes()));
            let source = terminal(left_out.source.as_bytes());
            let reason = if reason.is_empty() { String::new() } else { format!(" ({reason})") };
            for (line, head) in wrap(
                &format!("{} {} at {place}: {source}{reason}", name(left_out.severity), left_out.rule_id),
                page.width - 4,
            )
            .into_iter()
            .zip(std::iter::once("  - ").chain(std::iter::repeat("    ")))
            {
                writeln!(out, "{head}{line}")?;
            }
        }
    }
    if let Some(baseline) = &document.tail.baseline {
        let file = terminal(baseline.file.as_bytes());
        for (entries, what) in [(&baseline.expired, "expired"), (&baseline.unused, "match nothing any more")] {
            if !entries.is_empty() {
                let number = count(entries.len() as u64, "entry", "entries");
                writeln!(out, "{file}: {number} {what}; `keysift baseline prune` takes them out.")?;
                for entry in entries.iter().filter(|_| page.verbose()) {
                    let (path, rule) = (terminal(entry.path.as_bytes()), terminal(entry.rule_id.as_bytes()));
                    writeln!(out, "  - line {}: {rule} {path}", entry.line)?;
                }
            }
        }
    }
    Ok(())
}

/// What could not be read.
pub fn gaps(document: &Document, page: &Page, out: &mut dyn Write) -> io::Result<()> {
    if document.gaps.is_empty() {
        return Ok(());
    }
    gap_count(document, page, out)?;
    let listed = if page.verbose() { document.gaps.len() } else { GAPS_LISTED };
    for gap in document.gaps.iter().take(listed) {
        let mut head = "  - ";
        for line in wrap(&sentence(gap), page.width - head.len()) {
            writeln!(out, "{head}{line}")?;
            head = "    ";
        }
    }
    let more = document.gaps.len().saturating_sub(listed) as u64;
    if more > 0 {
        writeln!(out, "  and {} more; -v or --format json lists them all", thousands(more))?;
    }
    writeln!(out)
}

/// One line that there are gaps: said even if little else is.
pub fn gap_count(document: &Document, page: &Page, out: &mut dyn Write) -> io::Result<()> {
    match document.gaps.len() as u64 {
        0 => Ok(()),
        number => {
            let gaps = count(number, "gap", "gaps");
            writeln!(out, "{}", page.paint(RED, &format!("Incomplete: {gaps} in what was read.")))
        }
    }
}

fn sentence(gap: &Gap) -> String {
    let kind = name(gap.kind);
    let (what, why) = (terminal(gap.what.as_bytes()), terminal(gap.why.as_bytes()));
    if what.is_empty() { format!("{kind}: {why}") } else { format!("{kind} {what}: {why}") }
}

/// So many repositories that were not entered are named.
const NESTED_LISTED: usize = 5;

/// What was covered, in a line or two.
pub fn receipt(document: &Document, page: &Page, out: &mut dyn Write) -> io::Result<()> {
    let receipt = &document.tail.receipt;
    let (one, many) = match document.head.command.as_str() {
        "scan" => ("file", "files"),
        "staged" => ("staged file", "staged files"),
        _ => ("object", "objects"),
    };
    let commits = match receipt.commits {
        0 => String::new(),
        number => format!(", {}", count(number, "commit", "commits")),
    };
    let mut text = format!(
        "Searched {} of {} ({}{commits}) with {} in {}.",
        thousands(receipt.scanned),
        count(receipt.seen, one, many),
        bytes(receipt.bytes),
        count(document.tail.rules_used as u64, "rule", "rules"),
        duration(receipt.duration_ms),
    );
    if receipt.remembered > 0 {
        text += &format!(" Known from earlier runs: {} of them.", thousands(receipt.remembered));
    }
    if !receipt.skipped.is_empty() {
        let reasons = receipt.skipped.iter().map(|(reason, number)| format!("{} {reason}", thousands(*number)));
        let reasons = terminal(reasons.collect::<Vec<_>>().join(", ").as_bytes());
        text += &format!(" Not searched: {reasons}.");
    }
    if !receipt.nested.is_empty() {
        let shown = if page.verbose() { receipt.nested.len() } else { NESTED_LISTED };
        let names: Vec<String> = receipt.nested.iter().take(shown).map(|path| terminal(path.as_bytes())).collect();
        let more = match receipt.nested.len().saturating_sub(shown) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let how =
            if document.head.command == "history" { "--submodules searches" } else { "`keysift history` searches" };
        let names = names.join(", ");
        text += &format!(" Not entered: the history of {names}{more}, repositories of their own; {how} it.");
    }
    for line in wrap(&text, page.width) {
        writeln!(out, "{}", page.paint(DIM, line))?;
    }
    Ok(())
}
