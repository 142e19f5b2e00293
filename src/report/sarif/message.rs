//! The sentences of a SARIF log. SARIF gives brackets and braces a meaning in messages, so text from outside is escaped.

use crate::error::Gap;
use crate::finding::AllowedBy;
use crate::report::document::{FindingEntry, PlaceKind, SuppressionEntry};
use crate::report::plain::life;
use crate::verdict::Verdict;

/// What the base of all relative URIs is.
pub const SOURCE_ROOT: &str = "The root of the repository or the folder that was scanned.";

/// What is wrong and where it came from. Names of files, refs and people stay out: they have fields of their own.
pub fn result(finding: &FindingEntry) -> String {
    let mut text = literal(&finding.description);
    let ids: Vec<&str> = finding.parts.iter().filter_map(|part| part.value.as_deref()).collect();
    if !ids.is_empty() {
        text += &format!(" ({})", literal(&ids.join(", ")));
    }
    match &finding.exposure {
        Some(_) => text += &format!(": {}", literal(&life(finding))),
        None => text += place(finding.location.kind),
    }
    if let Some(told) = &finding.verification {
        text += match told.verdict {
            Verdict::Live => "; it is live",
            Verdict::IdActive => "; its id is active",
            Verdict::WrongSecret => "; its id is live, its secret is another one",
            Verdict::Inactive => "; it is inactive",
            Verdict::Expired => "; it has expired",
            Verdict::Canary => "; it is a canary and was not tried",
            Verdict::Unknown => "",
        };
    }
    if finding.place_count > 1 {
        text += &format!("; {} places in all", finding.place_count);
    }
    text + "."
}

/// What is left out, and where it is. Why is the suppression's to say.
pub fn left_out(description: &str, entry: &SuppressionEntry) -> String {
    let mut text = literal(description) + place(entry.location.kind);
    text += match entry.by {
        AllowedBy::Marker => "; a marker beside it allows it",
        AllowedBy::Configuration => "; the configuration allows it",
        AllowedBy::Baseline => "; the baseline has it",
    };
    if entry.place_count > 1 {
        text += &format!("; {} places in all", entry.place_count);
    }
    text + "."
}

fn place(kind: PlaceKind) -> &'static str {
    match kind {
        PlaceKind::File => " is readable in a file",
        PlaceKind::Stdin => " is readable in standard input",
        PlaceKind::Staged => " is staged for the next commit",
        PlaceKind::Commit => " is readable in a file of a commit",
        PlaceKind::CommitMessage => " is readable in a commit message",
        PlaceKind::TagMessage => " is readable in a tag message",
        PlaceKind::Blob => " is readable in a blob of the repository",
        PlaceKind::Ref => " is readable in the name of a ref",
        PlaceKind::Reflog => " is readable in a reflog",
    }
}

/// What was not read, and why.
pub fn gap(gap: &Gap) -> String {
    let why = gap.why.trim_end_matches('.');
    literal(&format!("{}: {why}", gap.what)) + "."
}

/// Text that means itself (SARIF 2.1.0, 3.11.5 and 3.11.6).
pub fn literal(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\\' | '[' | ']' => escaped.extend(['\\', character]),
            '{' | '}' => escaped.extend([character, character]),
            _ => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::literal;

    #[test]
    fn links_and_placeholders_mean_themselves() {
        assert_eq!(literal("[click](http://x) {0} \\"), "\\[click\\](http://x) {{0}} \\\\");
    }
}
