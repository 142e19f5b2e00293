//! Markdown, for a job summary, a pull request or an issue: a table first, then what to do about each finding.

use super::document::{Document, FindingEntry, name};
use super::escape::terminal;
use super::plain::{SEVERITIES, is_current, life, position, present};
use super::runbook;
use std::io::{self, Write};

/// A job summary takes a megabyte: findings beyond these are counted.
const DETAILED: usize = 100;
const LISTED: usize = 1000;

/// Writes `document`.
pub fn write(document: &Document, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "## keysift: {}\n", headline(document))?;
    if !document.findings.is_empty() {
        writeln!(out, "| severity | credentials | still readable today |\n|---|--:|--:|")?;
        for severity in SEVERITIES {
            let some: Vec<&FindingEntry> = document.findings.iter().filter(|f| f.severity == severity).collect();
            if !some.is_empty() {
                let current = some.iter().filter(|finding| is_current(finding)).count();
                writeln!(out, "| {} | {} | {current} |", name(severity), some.len())?;
            }
        }
        writeln!(out, "\n| | what | where | since |\n|---|---|---|---|")?;
        for finding in document.findings.iter().take(LISTED) {
            let verdict = finding.verification.as_ref().map(|told| format!(" ({})", name(told.verdict)));
            writeln!(
                out,
                "| {} | {}{} | {} | {} |",
                name(finding.severity),
                text(&finding.description),
                verdict.unwrap_or_default(),
                code(&position(present(finding))),
                text(&life(finding)),
            )?;
        }
        more(document.findings.len(), LISTED, out)?;
        writeln!(out, "\n### What to do\n")?;
        for finding in document.findings.iter().take(DETAILED) {
            details(finding, out)?;
        }
        more(document.findings.len(), DETAILED, out)?;
    }
    if !document.gaps.is_empty() {
        writeln!(out, "\n### Not read\n")?;
        for gap in document.gaps.iter().take(DETAILED) {
            writeln!(out, "- {}: {}", code(&gap.what), text(&gap.why))?;
        }
        more(document.gaps.len(), DETAILED, out)?;
    }
    let receipt = &document.tail.receipt;
    writeln!(
        out,
        "\nSearched {} of {} objects or files with {} rules ({}).",
        receipt.scanned,
        receipt.seen,
        document.tail.rules_used,
        code(&document.head.target)
    )
}

fn headline(document: &Document) -> String {
    let found = match document.findings.len() {
        0 if document.head.complete => "no credentials found".to_owned(),
        0 => "no credentials found in what could be read".to_owned(),
        1 => "1 credential found".to_owned(),
        count => format!("{count} credentials found"),
    };
    if document.head.complete { found } else { format!("{found}, {} gaps", document.gaps.len()) }
}

fn more(total: usize, listed: usize, out: &mut dyn Write) -> io::Result<()> {
    if total > listed { writeln!(out, "\nand {} more.", total - listed) } else { Ok(()) }
}

fn details(finding: &FindingEntry, out: &mut dyn Write) -> io::Result<()> {
    let place = position(present(finding));
    writeln!(out, "**{}** {}\n", text(&finding.description), code(&place))?;
    for (number, step) in runbook::steps(finding).iter().enumerate() {
        writeln!(out, "{}. **{}.** {}", number + 1, step.title, text(&step.text))?;
        for command in &step.commands {
            writeln!(out, "\n   ```sh\n   {command}\n   ```")?;
        }
    }
    writeln!(out)
}

/// Text that means itself: what Markdown or HTML would take for markup is escaped.
fn text(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in terminal(text.as_bytes()).chars() {
        match character {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            // A mention or a bare link would call somebody.
            '@' => escaped.push_str("&#64;"),
            ':' => escaped.push_str("&#58;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '|' | '!' | '~' => escaped.extend(['\\', character]),
            _ => escaped.push(character),
        }
    }
    escaped
}

/// Text as code. In a table a `|` would end the cell even there.
fn code(text: &str) -> String {
    let shown = terminal(text.as_bytes()).replace('|', "\\|");
    let fence = "`".repeat(longest_run(&shown) + 1);
    let pad = if shown.starts_with('`') || shown.ends_with('`') || shown.is_empty() { " " } else { "" };
    format!("{fence}{pad}{shown}{pad}{fence}")
}

fn longest_run(text: &str) -> usize {
    text.split(|character| character != '`').map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::{code, text};

    #[test]
    fn markup_means_itself() {
        assert_eq!(text("<b>[x](y) @me *a*"), "&lt;b&gt;\\[x\\](y) &#64;me \\*a\\*");
        assert_eq!(code("a`b``c|d"), "```a`b``c\\|d```");
    }
}
