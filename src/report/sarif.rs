//! The SARIF 2.1.0 format, as GitHub code scanning and other consumers of static analysis read it.
//!
//! What GitHub asks for decides the shape: every result has one relative file location with lines and columns, every
//! rule a level, a precision and a security severity. It holds no secret, no snippet and no author.

mod location;
mod message;
mod rule;

use super::document::{Document, FindingEntry};
use super::json_text;
use crate::finding::Severity;
use location::{SOURCE_ROOT, location};
use rule::{descriptor, gap_descriptors, gap_id};
use serde_json::{Value, json};
use serde_sarif::sarif::{
    ArtifactLocation, Invocation, Location, Message, Notification, PropertyBag, ReportingDescriptorReference, Result,
    ResultLevel, Run, Sarif, Tool, ToolComponent, VersionControlDetails,
};
use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write};

/// GitHub takes 1,000 locations of a result.
const LOCATIONS: usize = 1_000;

/// Writes `document` as a SARIF log with one run.
pub fn write(document: &Document, out: &mut dyn Write) -> io::Result<()> {
    let log = Sarif::builder()
        .schema("https://json.schemastore.org/sarif-2.1.0.json")
        .version("2.1.0")
        .runs(vec![run(document)])
        .build();
    json_text::write_pretty(&log, out)
}

fn run(document: &Document) -> Run {
    let rules: Vec<_> = document.tail.rules.iter().chain(&document.idle_rules).collect();
    let index: HashMap<&str, i64> = rules.iter().zip(0..).map(|(rule, index)| (rule.id.as_str(), index)).collect();
    let tool = &document.head.tool;
    let mut driver = ToolComponent::builder()
        .name(tool.name.clone())
        .semantic_version(tool.version.clone())
        .version(tool.version.clone())
        .rules(rules.into_iter().map(descriptor).collect::<Vec<_>>())
        .notifications(gap_descriptors(&document.gaps))
        .build();
    driver.information_uri = Some(env!("CARGO_PKG_REPOSITORY").to_owned()).filter(|uri| !uri.is_empty());
    let root = ArtifactLocation::builder().description(Message::builder().text(message::SOURCE_ROOT).build()).build();
    let mut run = Run::builder()
        .tool(Tool::builder().driver(driver).build())
        .invocations(vec![invocation(document)])
        .original_uri_base_ids(BTreeMap::from([(SOURCE_ROOT.to_owned(), root)]))
        .results(document.findings.iter().map(|finding| result(finding, &index)).collect::<Vec<_>>())
        .properties(properties([("command", json!(document.head.command)), ("receipt", json!(document.tail.receipt))]))
        .build();
    run.version_control_provenance = provenance(document).map(|provenance| vec![provenance]);
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

/// How the run went. A gap is a notification, and with gaps the run was no success: what was not read is not clean.
fn invocation(document: &Document) -> Invocation {
    let notifications = document.gaps.iter().map(|gap| {
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

fn result(finding: &FindingEntry, rules: &HashMap<&str, i64>) -> Result {
    // One secret in several places is one result: each of them must be dealt with, so none is merely related.
    let others = finding.origins.iter().filter(|place| **place != finding.location).take(LOCATIONS - 1);
    let locations: Vec<Location> = std::iter::once(&finding.location).chain(others).map(location).collect();
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
    if let Some(exposure) = &finding.exposure {
        bag.push(("inHead", json!(exposure.in_head)));
        bag.push(("reachable", json!(exposure.reachable)));
        bag.push(("introducedBy", json!(exposure.introduced.iter().map(|event| &event.commit).collect::<Vec<_>>())));
        bag.push(("removedBy", json!(exposure.removed.iter().map(|event| &event.commit).collect::<Vec<_>>())));
    }
    let mut result = Result::builder()
        .rule_id(finding.rule_id.clone())
        .level(level(finding.severity))
        .message(Message::builder().text(message::result(finding)).build())
        .locations(locations)
        .partial_fingerprints(BTreeMap::from([("keysift/v1".to_owned(), finding.fingerprint.clone())]))
        .properties(properties(bag))
        .build();
    result.rule_index = rules.get(finding.rule_id.as_str()).copied();
    result
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
