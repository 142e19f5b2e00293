//! One credential: what it is, where it is, how exposed it is.

use super::exposure::{author, event_line, sentence};
use super::text::{BOLD, CYAN, DIM, GREEN, MAGENTA, Page, RED, YELLOW, columns, count};
use super::{actions, excerpt, text, verdict};
use crate::finding::{PartKind, Severity};
use crate::report::date;
use crate::report::document::{FindingEntry, PartEntry, PlaceEntry, PlaceKind, name};
use crate::report::escape::terminal;
use crate::report::plain::short;
use anstyle::Style;
use std::io::{self, Write};

/// Other places that are listed unless all are wanted.
const OTHERS_LISTED: usize = 4;

/// Writes the credential as one block of lines.
pub fn write(finding: &FindingEntry, page: &Page, out: &mut dyn Write) -> io::Result<()> {
    heading(finding, page, out)?;
    place(finding, page, out)?;
    excerpt::write(&finding.excerpt, page, out)?;
    for part in &finding.parts {
        if let PartEntry { kind, value: Some(value) } = part {
            excerpt::write_lines(part_name(*kind), value, page, out)?;
        }
    }
    if let Some(exposure) = &finding.exposure {
        page.labelled("exposure", Style::new(), &sentence(exposure), out)?;
        if page.verbose() {
            for (label, events) in [("added", &exposure.introduced), ("removed", &exposure.removed)] {
                for event in events {
                    page.labelled(label, Style::new(), &event_line(event), out)?;
                }
            }
            if !exposure.refs.is_empty() {
                let mut refs: Vec<String> = exposure.refs.iter().map(|name| terminal(name.as_bytes())).collect();
                let unlisted = exposure.ref_count.saturating_sub(refs.len());
                refs.extend((unlisted > 0).then(|| format!("and {} more", text::thousands(unlisted as u64))));
                page.labelled("refs", Style::new(), &refs.join(", "), out)?;
            }
        }
    }
    if let Some(told) = &finding.verification {
        page.labelled("verdict", verdict::style(told.verdict), &verdict::sentence(told), out)?;
    }
    if !finding.facts.is_empty() {
        let facts: Vec<String> = finding.facts.iter().map(|(fact, value)| format!("{fact}: {value}")).collect();
        page.labelled("facts", Style::new(), &terminal(facts.join("; ").as_bytes()), out)?;
    }
    others(finding, page, out)?;
    actions::write(finding, page, out)?;
    page.labelled("id", DIM, &terminal(finding.fingerprint.as_bytes()), out)
}

/// Severity, what it is, and which rule says so: on one line if it fits.
fn heading(finding: &FindingEntry, page: &Page, out: &mut dyn Write) -> io::Result<()> {
    let severity = name(finding.severity).to_uppercase();
    let description = terminal(finding.description.as_bytes());
    let rule = format!("[{}: {}]", name(finding.tier), terminal(finding.rule_id.as_bytes()));
    let style = severity_style(finding.severity);
    let room = page.width.saturating_sub(text::INDENT);
    let mut head = page.paint(style, &format!("{severity:<width$}", width = text::INDENT));
    for line in text::wrap(&description, room) {
        write!(out, "{head}{}", page.paint(BOLD, line))?;
        head = format!("\n{}", " ".repeat(text::INDENT));
    }
    let last = text::wrap(&description, room).last().map_or(0, |line| columns(line));
    let gap = if last + 1 + columns(&rule) <= room { " ".to_owned() } else { head };
    writeln!(out, "{gap}{}", page.paint(DIM, &rule))
}

/// The position, whole so that it can be copied, and beside it (or below, where it is long) where that file is.
fn place(finding: &FindingEntry, page: &Page, out: &mut dyn Write) -> io::Result<()> {
    let position = position(&finding.location);
    let origin = origin(finding, &finding.location);
    let shown = page.linked(&finding.location, page.paint(CYAN, &position));
    write!(out, "{}{shown}", page.label("at"))?;
    if origin.is_empty() {
        writeln!(out)
    } else if text::INDENT + columns(&position) + columns(&origin) + 3 <= page.width {
        writeln!(out, " ({origin})")
    } else {
        writeln!(out)?;
        page.labelled("", Style::new(), &format!("({origin})"), out)
    }
}

/// `path:line:column`, or what stands for the path.
pub fn position(place: &PlaceEntry) -> String {
    let id = |id: &Option<String>| id.as_deref().map(short).unwrap_or_default();
    let what = match (&place.path, place.kind) {
        (Some(path), _) => terminal(&path.bytes()),
        (None, PlaceKind::CommitMessage) => format!("message of commit {}", id(&place.commit)),
        (None, PlaceKind::TagMessage) => format!("message of tag {}", id(&place.tag)),
        (None, PlaceKind::Stdin) => "standard input".to_owned(),
        (None, _) => format!("blob {}", id(&place.blob)),
    };
    let member = place.member.as_ref().map_or(String::new(), |name| format!("!/{}", terminal(name.as_bytes())));
    let name = if place.in_name { " (its name)" } else { "" };
    format!("{what}{member}:{}:{}{name}", place.line, place.column)
}

/// Where the file is, unless it is simply on disk: staged, or in which commit.
fn origin(finding: &FindingEntry, place: &PlaceEntry) -> String {
    match (place.kind, &place.commit) {
        (PlaceKind::Staged, _) => "staged for the next commit".to_owned(),
        (PlaceKind::Ref, _) => "the name of a ref".to_owned(),
        (PlaceKind::Reflog, _) => "in git's folder".to_owned(),
        (PlaceKind::Commit | PlaceKind::CommitMessage, Some(id)) => {
            let events =
                finding.exposure.iter().flat_map(|exposure| exposure.introduced.iter().chain(&exposure.removed));
            let mut known = events.filter(|event| event.commit == *id);
            match known.next() {
                Some(event) => {
                    format!("commit {}, {}, {}", short(id), author(event), date::day(&event.date))
                }
                None if place.kind == PlaceKind::Commit => format!("commit {}", short(id)),
                None => String::new(),
            }
        }
        _ => String::new(),
    }
}

/// The other places: some of them, and how many there are.
fn others(finding: &FindingEntry, page: &Page, out: &mut dyn Write) -> io::Result<()> {
    let total = finding.place_count.saturating_sub(1);
    if total == 0 {
        return Ok(());
    }
    let listed = finding.origins.iter().filter(|place| **place != finding.location);
    let listed: Vec<String> = listed.take(if page.verbose() { usize::MAX } else { OTHERS_LISTED }).map(brief).collect();
    let unlisted = total.saturating_sub(listed.len()) as u64;
    if page.verbose() {
        for place in &listed {
            page.labelled("also at", Style::new(), place, out)?;
        }
        if unlisted > 0 {
            page.labelled("", Style::new(), &format!("and {}", count(unlisted, "more place", "more places")), out)?;
        }
        return Ok(());
    }
    let more = if unlisted > 0 { ", …" } else { "" };
    let places = count(total as u64, "more place", "more places");
    page.labelled("also at", Style::new(), &format!("{places}: {}{more}", listed.join(", ")), out)
}

fn brief(place: &PlaceEntry) -> String {
    match (&place.path, &place.commit) {
        (Some(_), Some(id)) => format!("{} ({})", position(place), short(id)),
        _ => position(place),
    }
}

/// The colour of a severity.
pub fn severity_style(severity: Severity) -> Style {
    match severity {
        Severity::Critical => RED,
        Severity::High => MAGENTA,
        Severity::Medium => YELLOW,
        Severity::Low => GREEN,
        Severity::Note => BOLD,
    }
}

fn part_name(kind: PartKind) -> &'static str {
    match kind {
        PartKind::KeyId => "key id",
        PartKind::Secret => "secret",
        PartKind::SessionToken => "token",
    }
}
