//! Words and order that several formats share: where a place is, what a finding's state is, what is worst.

use super::date;
use super::document::{Document, FindingEntry, PlaceEntry, PlaceKind};
use super::escape::terminal;
use super::human::text::{count, thousands};
use crate::finding::{Reachable, Severity};
use crate::verdict::Verdict;

/// The severities, worst first.
pub const SEVERITIES: [Severity; 5] =
    [Severity::Critical, Severity::High, Severity::Medium, Severity::Low, Severity::Note];

/// An object id in short.
pub fn short(id: &str) -> String {
    terminal(id.get(..10).unwrap_or(id).as_bytes())
}

/// What holds a place: a path, or what stands for one.
pub fn container(place: &PlaceEntry) -> String {
    let id = |id: &Option<String>| id.as_deref().map(short).unwrap_or_default();
    match (&place.path, place.kind) {
        (Some(path), _) => terminal(&path.bytes()),
        (None, PlaceKind::CommitMessage) => format!("message of commit {}", id(&place.commit)),
        (None, PlaceKind::TagMessage) => format!("message of tag {}", id(&place.tag)),
        (None, PlaceKind::Stdin) => "standard input".to_owned(),
        (None, _) => format!("blob {}", id(&place.blob)),
    }
}

/// `path:line:column`, made harmless.
pub fn position(place: &PlaceEntry) -> String {
    let name = if place.in_name { " (its name)" } else { "" };
    format!("{}:{}:{}{name}", container(place), place.line, place.column)
}

/// The place where a reader finds the credential today: in HEAD where it is still there, else where it came in.
pub fn present(finding: &FindingEntry) -> &PlaceEntry {
    finding.exposure.as_ref().and_then(|exposure| exposure.head.first()).unwrap_or(&finding.location)
}

/// Whether the credential can still be read without the history: in HEAD, in a file, in what is staged.
pub fn is_current(finding: &FindingEntry) -> bool {
    match &finding.exposure {
        Some(exposure) => exposure.in_head,
        None => !matches!(
            finding.location.kind,
            PlaceKind::Blob | PlaceKind::CommitMessage | PlaceKind::TagMessage | PlaceKind::Reflog
        ),
    }
}

/// When it came and went and who can reach it, in a few words. Names of people and refs stay out. Empty where nothing
/// is known.
pub fn life(finding: &FindingEntry) -> String {
    let Some(exposure) = &finding.exposure else { return String::new() };
    let mut phrases = Vec::new();
    if let Some(event) = exposure.introduced.first() {
        phrases.push(format!("introduced {} in {}", day(&event.date), short(&event.commit)));
    }
    match (exposure.in_head, exposure.removed.last()) {
        (true, _) => phrases.push("still in HEAD".to_owned()),
        (false, Some(event)) => phrases.push(format!("removed {} in {}", day(&event.date), short(&event.commit))),
        (false, None) => phrases.push("not in HEAD".to_owned()),
    }
    phrases.push(match (exposure.reachable, exposure.ref_count) {
        (Reachable::Ref, 1) => "reachable from 1 ref".to_owned(),
        (Reachable::Ref, count) => format!("reachable from {count} refs"),
        (Reachable::Reflog, _) => "reachable from a reflog only".to_owned(),
        (Reachable::Nothing, _) => "reachable from no ref".to_owned(),
    });
    phrases.join(", ")
}

/// The day of a date, made harmless: a report that was read from a file may say anything.
pub fn day(date: &str) -> String {
    terminal(date::day(date).as_bytes())
}

/// One sentence on a finding for formats that have no fields for more.
pub fn sentence(finding: &FindingEntry) -> String {
    let mut text = terminal(finding.description.as_bytes());
    let ids: Vec<String> = key_ids(finding).map(|id| terminal(id.as_bytes())).collect();
    if !ids.is_empty() {
        text += &format!(" ({})", ids.join(", "));
    }
    let life = life(finding);
    if !life.is_empty() {
        text += &format!(": {life}");
    }
    if finding.place_count > 1 {
        text += &format!("; {} places in all", finding.place_count);
    }
    text + "."
}

/// How bad it is, and how long it has been so: what somebody reads who reads nothing else.
pub fn lead(document: &Document) -> String {
    let findings = &document.findings;
    if findings.is_empty() {
        return match document.head.complete {
            true => "No credentials were found, and everything was read.".to_owned(),
            false => "No credentials were found in what could be read.".to_owned(),
        };
    }
    let current = findings.iter().filter(|finding| is_current(finding)).count() as u64;
    let past = findings.len() as u64 - current;
    let mut text = count(findings.len() as u64, "credential was found", "credentials were found");
    text += &match (current, past) {
        (_, 0) => ", readable today.".to_owned(),
        (0, _) => ", in the history only: whoever can clone it can read them.".to_owned(),
        _ => format!(": {} readable today, {} in the history only.", thousands(current), thousands(past)),
    };
    let told =
        |verdict| findings.iter().filter(|f| f.verification.as_ref().is_some_and(|v| v.verdict == verdict)).count();
    match told(Verdict::Live) as u64 {
        0 => {}
        live => text += &format!(" {} live: deactivate first.", count(live, "of them is", "of them are")),
    }
    let introduced = findings.iter().filter_map(|finding| finding.exposure.as_ref()?.introduced.first());
    if let Some(first) = introduced.map(|event| day(&event.date)).filter(|day| day.len() == 10).min() {
        text += &format!(" The oldest came in on {first}.");
    }
    text
}

/// The identifiers of a credential, which may be shown.
pub fn key_ids(finding: &FindingEntry) -> impl Iterator<Item = &str> {
    finding.parts.iter().filter(|part| part.kind.is_public()).filter_map(|part| part.value.as_deref())
}
