//! The SARIF 2.1.0 format, as GitHub code scanning and other consumers of static analysis read it.
//!
//! What GitHub asks for decides the shape: every result has one relative file location with lines and columns, every
//! rule a level, a precision and a security severity. A finding's other places are related locations, since GitHub shows
//! an alert at one. It holds no secret, no snippet and no author.

mod location;
mod message;
mod rule;
mod split;

pub use split::split;

use super::document::{Document, FindingEntry, PlaceEntry, RuleEntry};
use super::json_text;
use super::plain::{is_current, present};
use crate::finding::Severity;
use location::{SOURCE_ROOT, location, related};
use rule::{descriptor, gap_descriptors, gap_id};
use serde_json::{Value, json};
use serde_sarif::sarif::{
    ArtifactLocation, Invocation, Location, Message, Notification, PropertyBag, ReportingDescriptorReference, Result,
    ResultColumnKind, ResultLevel, Run, RunAutomationDetails, Sarif, Tool, ToolComponent, VersionControlDetails,
};
use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write};

/// GitHub takes 1,000 locations of a result, and shows 100 of them.
const LOCATIONS: usize = 100;
/// GitHub takes 25,000 results of a run, and keeps 5,000 of them.
const RESULTS: usize = 5_000;
/// GitHub takes so many runs of a file.
const RUNS: usize = 20;

/// Which findings a log holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Scope {
    /// What can still be read in HEAD, in files or in what is staged.
    Head,
    /// What only the history holds, too.
    #[default]
    All,
}

/// Writes `document` as a SARIF log. More results than GitHub keeps of a run go on in a further run.
pub fn write(document: &Document, scope: Scope, out: &mut dyn Write) -> io::Result<()> {
    let findings = in_scope(document, scope);
    let rules = Rules::new(document);
    let parts: Vec<&[&FindingEntry]> = if findings.is_empty() { vec![&[]] } else { findings.chunks(RESULTS).collect() };
    let log = Sarif::builder()
        .schema("https://json.schemastore.org/sarif-2.1.0.json")
        .version("2.1.0")
        .runs(
            parts
                .into_iter()
                .enumerate()
                .map(|(part, some)| run(document, &rules, scope, some, part))
                .collect::<Vec<_>>(),
        )
        .build();
    json_text::write_pretty(&log, out)
}

/// The findings that `scope` asks for.
fn in_scope(document: &Document, scope: Scope) -> Vec<&FindingEntry> {
    document.findings.iter().filter(|finding| scope == Scope::All || is_current(finding)).collect()
}

/// All rules that ran, and where each stands in the list.
struct Rules<'a> {
    all: Vec<&'a RuleEntry>,
    index: HashMap<&'a str, i64>,
}

impl<'a> Rules<'a> {
    fn new(document: &'a Document) -> Self {
        let all: Vec<_> = document.tail.rules.iter().chain(&document.idle_rules).collect();
        let index = all.iter().zip(0..).map(|(rule, index)| (rule.id.as_str(), index)).collect();
        Self { all, index }
    }
}

/// Run number `part` of the log.
fn run(document: &Document, rules: &Rules<'_>, scope: Scope, findings: &[&FindingEntry], part: usize) -> Run {
    let tool = &document.head.tool;
    let mut driver = ToolComponent::builder()
        .name(tool.name.clone())
        .semantic_version(tool.version.clone())
        .version(tool.version.clone())
        .rules(rules.all.iter().map(|rule| descriptor(rule)).collect::<Vec<_>>())
        .notifications(gap_descriptors(&document.gaps))
        .build();
    driver.information_uri = Some(env!("CARGO_PKG_REPOSITORY").to_owned()).filter(|uri| !uri.is_empty());
    let root = ArtifactLocation::builder().description(Message::builder().text(message::SOURCE_ROOT).build()).build();
    let mut run = Run::builder()
        .tool(Tool::builder().driver(driver).build())
        .column_kind(json!(ResultColumnKind::Utf16CodeUnits))
        .invocations(vec![invocation(document, part)])
        .original_uri_base_ids(BTreeMap::from([(SOURCE_ROOT.to_owned(), root)]))
        .results(findings.iter().map(|finding| result(finding, rules, scope)).collect::<Vec<_>>())
        // Results with `suppressions` would be open alerts on GitHub, which does not know that property.
        .properties(properties([
            ("command", json!(document.head.command)),
            ("receipt", json!(document.tail.receipt)),
            ("suppressed", json!(document.suppressions)),
        ]))
        .build();
    run.version_control_provenance = provenance(document).map(|provenance| vec![provenance]);
    // GitHub wants runs of one tool to be of different categories. The first one keeps that of the upload.
    run.automation_details =
        (part > 0).then(|| RunAutomationDetails::builder().id(format!("keysift/part-{}/", part + 1)).build());
    run
}

/// The repository and its HEAD; SARIF has no way to name a revision without a repository's URI.
fn provenance(document: &Document) -> Option<VersionControlDetails> {
    let repository = document.head.repository.as_ref()?;
    let mapped_to = ArtifactLocation::builder().uri_base_id(SOURCE_ROOT).build();
    let mut details = VersionControlDetails::builder().repository_uri(repository).mapped_to(mapped_to).build();
    details.revision_id = document.head.revision.clone();
    Some(details)
}

/// How the run went. A gap is a notification, and with gaps the run was no success: what was not read is not clean. The
/// first run of a log tells them all.
fn invocation(document: &Document, part: usize) -> Invocation {
    let told = if part == 0 { &document.gaps[..] } else { &[] };
    let notifications = told.iter().map(|gap| {
        Notification::builder()
            .descriptor(ReportingDescriptorReference::builder().id(gap_id(gap.kind)).build())
            .level("warning")
            .message(Message::builder().text(message::gap(gap)).build())
            .build()
    });
    Invocation::builder()
        .execution_successful(document.head.complete)
        .tool_execution_notifications(notifications.collect::<Vec<_>>())
        .build()
}

fn result(finding: &FindingEntry, rules: &Rules<'_>, scope: Scope) -> Result {
    let place = present(finding);
    let mut bag = vec![
        ("tier", json!(finding.tier)),
        ("severity", json!(finding.severity)),
        ("confidence", json!(finding.confidence)),
        ("placeCount", json!(finding.place_count)),
    ];
    let ids: Vec<&String> = finding.parts.iter().filter_map(|part| part.value.as_ref()).collect();
    if !ids.is_empty() {
        bag.push(("keyIds", json!(ids)));
    }
    if !finding.facts.is_empty() {
        bag.push(("facts", json!(finding.facts)));
    }
    if let Some(told) = &finding.verification {
        bag.push(("verdict", json!(told.verdict)));
    }
    if let Some(exposure) = &finding.exposure {
        bag.push(("inHead", json!(exposure.in_head)));
        bag.push(("reachable", json!(exposure.reachable)));
        bag.push(("introducedBy", json!(exposure.introduced.iter().map(|event| &event.commit).collect::<Vec<_>>())));
        bag.push(("removedBy", json!(exposure.removed.iter().map(|event| &event.commit).collect::<Vec<_>>())));
    }
    let mut fingerprints = BTreeMap::from([("keysift/v1".to_owned(), finding.fingerprint.clone())]);
    fingerprints.extend(place.line_hash.clone().map(|hash| ("primaryLocationLineHash".to_owned(), hash)));
    let mut result = Result::builder()
        .rule_id(finding.rule_id.clone())
        .level(level(finding.severity))
        .message(Message::builder().text(message::result(finding)).build())
        .locations(vec![location(place)])
        .partial_fingerprints(fingerprints)
        .properties(properties(bag))
        .build();
    result.rule_index = rules.index.get(finding.rule_id.as_str()).copied();
    let others: Vec<Location> = others(finding, place, scope).zip(1..).map(|(place, id)| related(place, id)).collect();
    result.related_locations = Some(others).filter(|others| !others.is_empty());
    result
}

/// The other places that `scope` asks for, those in HEAD first, as far as GitHub takes them.
fn others<'a>(
    finding: &'a FindingEntry,
    first: &'a PlaceEntry,
    scope: Scope,
) -> impl Iterator<Item = &'a PlaceEntry> + 'a {
    let in_head = finding.exposure.as_ref().map_or(&[][..], |exposure| &exposure.head[..]);
    let known = move |place: &PlaceEntry| place == first || in_head.contains(place);
    // Without a history, every place is one of today.
    let wanted = scope == Scope::All || finding.exposure.is_none();
    let rest = finding.origins.iter().filter(move |place| wanted && !known(place));
    in_head.iter().filter(move |place| *place != first).chain(rest).take(LOCATIONS - 1)
}

fn level(severity: Severity) -> ResultLevel {
    match severity {
        Severity::Critical | Severity::High => ResultLevel::Error,
        Severity::Medium => ResultLevel::Warning,
        Severity::Low | Severity::Note => ResultLevel::Note,
    }
}

fn properties(entries: impl IntoIterator<Item = (&'static str, Value)>) -> PropertyBag {
    let entries = entries.into_iter().map(|(name, value)| (name.to_owned(), value));
    PropertyBag::builder().additional_properties(entries.collect::<BTreeMap<_, _>>()).build()
}
