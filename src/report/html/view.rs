//! What the page shows, as text and numbers: every name is made harmless here, and the template escapes it for HTML.

use super::timeline::Timeline;
use crate::report::document::{Document, EventEntry, ExposureEntry, FindingEntry, PlaceEntry, name};
use crate::report::escape::terminal;
use crate::report::human::text::{bytes, count, duration, thousands};
use crate::report::link;
use crate::report::plain::{SEVERITIES, container, day, is_current, key_ids, lead, life, position, present, short};
use crate::report::runbook::{self, Step};
use crate::verdict::Verification;
use std::collections::BTreeSet;

/// Places of a finding that the page lists.
const PLACES: usize = 50;
/// Commits of a finding that the page lists, for either side.
const EVENTS: usize = 20;
/// Refs of a finding that the page names.
const REFS: usize = 5;
/// Gaps that the page lists.
const GAPS: usize = 1000;

/// All of the page.
pub struct View {
    pub title: String,
    pub command: String,
    pub repository: String,
    pub revision: String,
    pub version: String,
    pub lead: String,
    pub complete: bool,
    pub tiles: Vec<Tile>,
    pub timeline: Option<Timeline>,
    pub findings: Vec<Entry>,
    pub severities: Vec<String>,
    pub rules: Vec<String>,
    pub authors: Vec<String>,
    pub verdicts: Vec<String>,
    pub gaps: Vec<(String, String, String)>,
    pub gap_count: String,
    pub more_gaps: usize,
    pub receipt: Vec<(String, String)>,
}

/// A count by severity.
pub struct Tile {
    pub severity: String,
    pub count: String,
    pub note: String,
}

/// A finding.
pub struct Entry {
    pub number: usize,
    pub severity: String,
    pub tier: String,
    pub confidence: String,
    pub rule: String,
    pub description: String,
    pub verdict: String,
    /// What was told beside the verdict.
    pub told: String,
    pub state: &'static str,
    pub position: String,
    /// Distinct ones, one a line, as the filters want them.
    pub paths: String,
    pub authors: String,
    pub life: String,
    pub before: String,
    pub mark: String,
    pub after: String,
    pub key_ids: String,
    pub facts: Vec<(String, String)>,
    pub events: Vec<Event>,
    pub more_events: usize,
    pub refs: String,
    pub places: Vec<Place>,
    pub more_places: usize,
    pub steps: Vec<Step>,
    pub fingerprint: String,
}

/// A commit that brought a credential in or took it out.
pub struct Event {
    pub what: &'static str,
    pub day: String,
    pub commit: String,
    /// Its page at the forge, if that is known; else empty.
    pub url: String,
    pub author: String,
    pub place: String,
    pub summary: String,
}

/// A place, and its page at the forge.
pub struct Place {
    pub text: String,
    pub url: String,
}

fn clean(text: &str) -> String {
    terminal(text.as_bytes())
}

impl View {
    /// Of `document`.
    pub fn new(document: &Document) -> Self {
        let head = &document.head;
        let repository = head.repository.as_deref();
        let numbered = document.findings.iter().zip(1..);
        let findings: Vec<Entry> = numbered.map(|(finding, number)| entry(number, finding, repository)).collect();
        let distinct = |of: fn(&Entry) -> &str| -> Vec<String> {
            let all: BTreeSet<&str> = findings.iter().flat_map(|entry| of(entry).split('\n')).collect();
            all.into_iter().filter(|text| !text.is_empty()).map(str::to_owned).collect()
        };
        let (rules, authors) = (distinct(|entry| &entry.rule), distinct(|entry| &entry.authors));
        let verdicts = distinct(|entry| &entry.verdict);
        let gaps = document.gaps.iter().take(GAPS);
        Self {
            title: clean(&head.target),
            command: clean(&head.command),
            repository: repository.map(clean).unwrap_or_default(),
            revision: head.revision.as_deref().map(short).unwrap_or_default(),
            version: clean(&head.tool.version),
            lead: clean(&lead(document)),
            complete: head.complete,
            tiles: tiles(document),
            severities: distinct_severities(document),
            timeline: Timeline::new(document),
            rules,
            authors,
            verdicts,
            gaps: gaps.map(|gap| (name(gap.kind), clean(&gap.what), clean(&gap.why))).collect(),
            gap_count: count(document.gaps.len() as u64, "thing", "things"),
            more_gaps: document.gaps.len().saturating_sub(GAPS),
            receipt: receipt(document),
            findings,
        }
    }
}

fn tiles(document: &Document) -> Vec<Tile> {
    let tile = |severity| {
        let some: Vec<_> = document.findings.iter().filter(|finding| finding.severity == severity).collect();
        let current = some.iter().filter(|finding| is_current(finding)).count();
        let note = match some.len() - current {
            0 => "readable today".to_owned(),
            _ if current == 0 => "in the history only".to_owned(),
            past => format!("{} today, {} in the history only", thousands(current as u64), thousands(past as u64)),
        };
        Tile { severity: name(severity), count: thousands(some.len() as u64), note }
    };
    SEVERITIES.into_iter().map(tile).collect()
}

fn distinct_severities(document: &Document) -> Vec<String> {
    let occurs = |severity: &_| document.findings.iter().any(|finding| finding.severity == *severity);
    SEVERITIES.into_iter().filter(occurs).map(name).collect()
}

fn receipt(document: &Document) -> Vec<(String, String)> {
    let receipt = &document.tail.receipt;
    let number = |number: u64| thousands(number);
    let mut rows = vec![
        ("Objects or files seen".to_owned(), number(receipt.seen)),
        ("Searched".to_owned(), number(receipt.scanned)),
    ];
    rows.extend(receipt.skipped.iter().map(|(reason, n)| (format!("Not searched: {}", clean(reason)), number(*n))));
    rows.push(("Content".to_owned(), bytes(receipt.bytes)));
    rows.push(("Commits".to_owned(), number(receipt.commits)));
    rows.push(("Rules".to_owned(), number(document.tail.rules_used as u64)));
    rows.push(("Time".to_owned(), duration(receipt.duration_ms)));
    rows
}

fn entry(number: usize, finding: &FindingEntry, repository: Option<&str>) -> Entry {
    let place = present(finding);
    let (before, mark, after) = finding.excerpt.split();
    let exposure = finding.exposure.as_ref();
    let (introduced, removed) = exposure.map_or((&[][..], &[][..]), |e| (&e.introduced[..], &e.removed[..]));
    let events = |what, of: &[EventEntry]| -> Vec<Event> {
        of.iter().take(EVENTS).map(|one| event(what, one, repository)).collect()
    };
    let mut places: Vec<&PlaceEntry> = finding.origins.iter().filter(|other| *other != place).collect();
    places.insert(0, place);
    let listed = places.len().min(PLACES);
    let authors = introduced.iter().chain(removed).map(|event| clean(&event.author));
    let removed_paths = removed.iter().chain(introduced).map(|event| terminal(&event.path.bytes()));
    let verdict = finding.verification.as_ref();
    Entry {
        number,
        severity: name(finding.severity),
        tier: name(finding.tier),
        confidence: name(finding.confidence),
        rule: clean(&finding.rule_id),
        description: clean(&finding.description),
        verdict: verdict.map(|told| name(told.verdict)).unwrap_or_default(),
        told: verdict.map(told).unwrap_or_default(),
        state: if is_current(finding) { "today" } else { "history" },
        position: position(place),
        paths: lines(places.iter().map(|place| container(place)).chain(removed_paths)),
        authors: lines(authors),
        life: life(finding),
        before: clean(before.trim_start()),
        mark: clean(mark),
        after: clean(after),
        key_ids: clean(&key_ids(finding).collect::<Vec<_>>().join(", ")),
        facts: finding.facts.iter().map(|(fact, value)| (clean(fact), clean(value))).collect(),
        events: [events("added", introduced), events("removed", removed)].into_iter().flatten().collect(),
        more_events: introduced.len().saturating_sub(EVENTS) + removed.len().saturating_sub(EVENTS),
        refs: exposure.map(refs).unwrap_or_default(),
        more_places: finding.place_count.saturating_sub(listed),
        places: places[..listed].iter().map(|place| self::place(place, repository)).collect(),
        steps: runbook::steps(finding),
        fingerprint: clean(&finding.fingerprint),
    }
}

/// Distinct texts, one a line. None holds a line feed: they are made harmless before.
fn lines(texts: impl Iterator<Item = String>) -> String {
    let distinct: BTreeSet<String> = texts.filter(|text| !text.trim().is_empty()).collect();
    distinct.into_iter().collect::<Vec<_>>().join("\n")
}

/// The first refs, and how many there are.
fn refs(exposure: &ExposureEntry) -> String {
    let mut text = exposure.refs.iter().take(REFS).map(|name| clean(name)).collect::<Vec<_>>().join(", ");
    let more = exposure.ref_count.saturating_sub(exposure.refs.len().min(REFS)) as u64;
    if more > 0 {
        text += &format!(" and {} more", thousands(more));
    }
    text
}

/// What AWS said beside its verdict.
fn told(verification: &Verification) -> String {
    let parts =
        [&verification.reason, &verification.arn, &verification.account, &verification.code, &verification.checked];
    parts.into_iter().flatten().map(|text| clean(text)).collect::<Vec<_>>().join("; ")
}

fn place(place: &PlaceEntry, repository: Option<&str>) -> Place {
    let text = match (&place.commit, &place.path) {
        (Some(commit), Some(_)) => format!("{} in {}", position(place), short(commit)),
        _ => position(place),
    };
    Place { text, url: link::place(repository, place).unwrap_or_default() }
}

fn event(what: &'static str, event: &EventEntry, repository: Option<&str>) -> Event {
    Event {
        what,
        day: day(&event.date),
        commit: short(&event.commit),
        url: link::commit(repository, &event.commit).unwrap_or_default(),
        author: clean(&event.author),
        place: match event.path.bytes() {
            path if path.is_empty() => "its message".to_owned(),
            path => format!("{}:{}", terminal(&path), event.line),
        },
        summary: clean(&event.summary),
    }
}
