//! What a person reads whom a hook stopped: what, where, why, and the ways on, in a dozen lines.

use super::Options;
use super::document::{Document, FindingEntry, Secrets, name};
use super::escape::terminal;
use super::human::finding::{position, severity_style};
use super::human::text::{BOLD, CYAN, DIM, Page, count};
use crate::finding::Report;
use std::io::{self, Write};

/// What waited for the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gate {
    /// A commit: what is staged was searched.
    Commit,
    /// A commit: its message was searched.
    Message,
    /// A push, on the side that sends.
    Push,
    /// A push, on the side that receives.
    Receive,
}

/// Findings and gaps that are shown; the rest is counted.
const SHOWN: usize = 2;

/// Writes why `gate` stays closed. Never shows a secret.
///
/// # Errors
/// What writing says.
pub fn write_blocked(report: &Report, gate: Gate, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let document = Document::new(report, Secrets::Hidden);
    let page = Page::new(options);
    let mut out = io::BufWriter::new(out);
    let found = document.findings.len();
    if found > 0 {
        let what = count(found as u64, "credential", "credentials");
        writeln!(
            out,
            "{}",
            page.paint(BOLD, &format!("keysift: {} blocked, {what} in {}", gate.what(), gate.searched()))
        )?;
        for entry in document.findings.iter().take(SHOWN) {
            finding(entry, &page, &mut out)?;
        }
        if found > SHOWN {
            writeln!(out, "  and {} more: {} lists all", found - SHOWN, page.paint(CYAN, gate.list()))?;
        }
    } else {
        let why = "could not be read, so nobody knows that it is clean";
        writeln!(
            out,
            "{}",
            page.paint(BOLD, &format!("keysift: {} blocked, a part of {} {why}", gate.what(), gate.searched()))
        )?;
    }
    for gap in document.gaps.iter().take(SHOWN) {
        writeln!(out, "  not read: {} ({})", terminal(gap.what.as_bytes()), terminal(gap.why.as_bytes()))?;
    }
    if document.gaps.len() > SHOWN {
        writeln!(out, "  not read: {} more", document.gaps.len() - SHOWN)?;
    }
    if found > 0 {
        writeln!(out, "Ways on:")?;
        for (label, text) in gate.ways(&document.findings[0].rule_id) {
            writeln!(out, "{}{text}", page.label(label))?;
        }
    }
    out.flush()
}

/// What it is, where it stands, and who brought it in.
fn finding(entry: &FindingEntry, page: &Page, out: &mut dyn Write) -> io::Result<()> {
    let severity = page.paint(severity_style(entry.severity), &format!("{:<8}", name(entry.severity)));
    let rule = page.paint(DIM, &format!("[{}]", terminal(entry.rule_id.as_bytes())));
    writeln!(out, "  {severity}  {} {rule}", terminal(entry.description.as_bytes()))?;
    let place = page.paint(CYAN, &position(&entry.location));
    let commit = match &entry.location.commit {
        Some(id) => format!(" in commit {}", &id[..id.len().min(12)]),
        None => String::new(),
    };
    writeln!(out, "{}{place}{commit}", page.label(""))
}

impl Gate {
    fn what(self) -> &'static str {
        match self {
            Gate::Commit | Gate::Message => "commit",
            Gate::Push | Gate::Receive => "push",
        }
    }

    fn searched(self) -> &'static str {
        match self {
            Gate::Commit => "what is staged",
            Gate::Message => "the message",
            Gate::Push | Gate::Receive => "the commits that it brings",
        }
    }

    fn list(self) -> &'static str {
        match self {
            Gate::Commit => "keysift staged",
            Gate::Message => "keysift scan .git/COMMIT_EDITMSG",
            Gate::Push | Gate::Receive => "keysift history",
        }
    }

    /// The ways on: mend it, allow it with a reason, or take it for known.
    fn ways(self, rule: &str) -> Vec<(&'static str, String)> {
        let fix = match self {
            Gate::Commit => "take it out and `git add` again; revoke a key that others may have seen".to_owned(),
            Gate::Message => "write it without: `git commit -e -F .git/COMMIT_EDITMSG`".to_owned(),
            Gate::Push | Gate::Receive => {
                "take it out of the commit (`git rebase -i`); a later commit does not. Revoke the key".to_owned()
            }
        };
        if self == Gate::Receive {
            return vec![
                ("fix", fix),
                ("allow", "ask those who run this server: what they allow counts here".to_owned()),
            ];
        }
        let verb = if self == Gate::Push { "push" } else { "commit" };
        let rule = terminal(rule.as_bytes());
        vec![
            ("fix", fix),
            (
                "allow",
                format!(
                    "no secret? write `keysift:allow[{rule}] REASON` behind it; `git {verb} --no-verify` passes once"
                ),
            ),
            ("baseline", "known and dealt with? `keysift baseline update --reason REASON` records it".to_owned()),
        ]
    }
}
