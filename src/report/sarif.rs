//! The SARIF 2.1.0 format, as GitHub code scanning and other consumers of static analysis read it.
//!
//! What GitHub asks for decides the shape: every result has one relative file location with lines and columns, every
//! rule a level, a precision and a security severity. A finding's other places are related locations, since GitHub shows
//! an alert at one. It holds no secret, no snippet and no author.
//!
//! What is left out is a result, too, with who left it out and why as its suppression, as the standard has it. GitHub
//! does not know that property and opens an alert for each, so [`Suppressed::Omit`] leaves them to a property of the run.

mod left_out;
mod location;
mod message;
mod rule;
mod split;

pub use split::split;

use super::document::{Document, FindingEntry, PlaceEntry, RuleEntry, SuppressionEntry};
use super::json_text;
use super::plain::{is_current, present};
use crate::finding::{AllowedBy, Severity};
use location::{SOURCE_ROOT, location, related};
use rule::{descriptor, gap_descriptors, gap_id};
use serde_json::{Value, json};
use serde_sarif::sarif::{
    ArtifactLocation, Invocation, Location, Message, Notification, PropertyBag, ReportingDescriptorReference, Result,
    ResultBaselineState, ResultColumnKind, ResultLevel, Run, RunAutomationDetails, Sarif, Tool, ToolComponent,
    VersionControlDetails,
};
use std::collections::{BTreeMap, BTreeSet, HashMap};
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

/// What becomes of credentials that somebody said need not be reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Suppressed {
    /// They are results with `suppressions`.
    #[default]
    Mark,
    /// They are no results; a property of the run lists them.
    Omit,
}

/// What a log holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Choice {
    pub scope: Scope,
    pub suppressed: Suppressed,
}

/// What makes a result.
enum Item<'a> {
    Found(&'a FindingEntry),
    LeftOut(&'a SuppressionEntry),
}

/// One file of a log that may have several.
pub struct Part {
    pub document: Document,
    /// From 1.
    pub number: usize,
}

/// Writes `document` as a SARIF log. More results than GitHub keeps of a run go on in a further run.
pub fn write(document: &Document, choice: Choice, out: &mut dyn Write) -> io::Result<()> {
    write_file(document, choice, 1, out)
}

/// Writes a part as a file of its own.
pub fn write_part(part: &Part, choice: Choice, out: &mut dyn Write) -> io::Result<()> {
    let mut out = io::BufWriter::new(out);
    write_file(&part.document, choice, part.number, &mut out)?;
    out.flush()
}

fn write_file(document: &Document, choice: Choice, file: usize, out: &mut dyn Write) -> io::Result<()> {
    let items = items(document, choice);
    let context = Context::new(document);
    let parts: Vec<&[Item<'_>]> = if items.is_empty() { vec![&[]] } else { items.chunks(RESULTS).collect() };
    let log = Sarif::builder()
        .schema("https://json.schemastore.org/sarif-2.1.0.json")
        .version("2.1.0")
        .runs(
            parts
                .into_iter()
                .enumerate()
                .map(|(part, some)| run(document, &context, choice, some, Place { file, run: part + 1 }))
                .collect::<Vec<_>>(),
        )
        .build();
    json_text::write_pretty(&log, out)
}

/// What `choice` asks for.
fn items(document: &Document, choice: Choice) -> Vec<Item<'_>> {
    let all = choice.scope == Scope::All;
    let found = document.findings.iter().filter(|finding| all || is_current(finding)).map(Item::Found);
    let mut items: Vec<_> = found.collect();
    if choice.suppressed == Suppressed::Mark {
        let left_out = document.suppressions.iter().filter(|entry| all || left_out::is_current(entry));
        items.extend(left_out.map(Item::LeftOut));
    }
    items
}

/// Where a run stands: the number of its file, and its own within that; both from 1.
#[derive(Clone, Copy)]
struct Place {
    file: usize,
    run: usize,
}

impl Place {
    /// GitHub wants runs of one tool to be of different categories, in one upload and in two. The first one keeps that of
    /// the upload.
    fn category(self) -> Option<String> {
        match (self.file, self.run) {
            (1, 1) => None,
            (1, run) => Some(format!("keysift/part-{run}/")),
            (file, 1) => Some(format!("keysift/file-{file}/")),
            (file, run) => Some(format!("keysift/file-{file}-part-{run}/")),
        }
    }
}

/// Whether a text is a log that was written as file number `number` of several.
pub fn is_part(text: impl io::Read, number: usize) -> bool {
    #[derive(serde::Deserialize)]
    struct Log {
        runs: Vec<LogRun>,
    }
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct LogRun {
        automation_details: Option<LogId>,
    }
    #[derive(serde::Deserialize)]
    struct LogId {
        id: String,
    }
    let category = Place { file: number, run: 1 }.category();
    let log: Option<Log> = serde_json::from_reader(io::BufReader::new(text)).ok();
    let first = log.and_then(|log| log.runs.into_iter().next()).and_then(|run| run.automation_details);
    category.is_some() && first.map(|details| details.id) == category
}

/// What a result is seen against: all rules that ran, where each stands in the list, and the baseline.
struct Context<'a> {
    all: Vec<&'a RuleEntry>,
    index: HashMap<&'a str, i64>,
    has_baseline: bool,
    /// Fingerprints of what is reported though the baseline has it.
    known: BTreeSet<&'a str>,
}

impl<'a> Context<'a> {
    fn new(document: &'a Document) -> Self {
        let all: Vec<_> = document.tail.rules.iter().chain(&document.idle_rules).collect();
        let index = all.iter().zip(0..).map(|(rule, index)| (rule.id.as_str(), index)).collect();
        let baseline = document.tail.baseline.as_ref();
        let known = baseline.iter().flat_map(|used| &used.known).map(String::as_str).collect();
        Self { all, index, has_baseline: baseline.is_some(), known }
    }
}

/// The run at `place` of the log.
fn run(document: &Document, context: &Context<'_>, choice: Choice, items: &[Item<'_>], place: Place) -> Run {
    let tool = &document.head.tool;
    let mut bag = vec![("command", json!(document.head.command)), ("receipt", json!(document.tail.receipt))];
    if choice.suppressed == Suppressed::Omit && !document.suppressions.is_empty() {
        bag.push(("suppressed", json!(document.suppressions)));
    }
    // Results in the state "absent" they cannot be: GitHub's rules want a line, and the baseline has none.
    if let Some(used) = document.tail.baseline.as_ref().filter(|used| !used.unused.is_empty()) {
        bag.push(("absent", json!(used.unused)));
    }
    let mut driver = ToolComponent::builder()
        .name(tool.name.clone())
        .semantic_version(tool.version.clone())
        .version(tool.version.clone())
        .rules(context.all.iter().map(|rule| descriptor(rule)).collect::<Vec<_>>())
        .notifications(gap_descriptors(&document.gaps))
        .build();
    driver.information_uri = Some(env!("CARGO_PKG_REPOSITORY").to_owned()).filter(|uri| !uri.is_empty());
    let root = ArtifactLocation::builder().description(Message::builder().text(message::SOURCE_ROOT).build()).build();
    let mut run = Run::builder()
        .tool(Tool::builder().driver(driver).build())
        .column_kind(json!(ResultColumnKind::Utf16CodeUnits))
        .invocations(vec![invocation(document, place.run)])
        .original_uri_base_ids(BTreeMap::from([(SOURCE_ROOT.to_owned(), root)]))
        .results(items.iter().map(|item| result_of(item, context, choice.scope)).collect::<Vec<_>>())
        .properties(properties(bag))
        .build();
    run.version_control_provenance = provenance(document).map(|provenance| vec![provenance]);
    run.automation_details = place.category().map(|id| RunAutomationDetails::builder().id(id).build());
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
fn invocation(document: &Document, number: usize) -> Invocation {
    let told = if number == 1 { &document.gaps[..] } else { &[] };
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

/// The result of an item, with what it is to the baseline: if one result of a run says that, all must.
fn result_of(item: &Item<'_>, context: &Context<'_>, scope: Scope) -> Result {
    let against = |fingerprint: &str| match context.known.contains(fingerprint) {
        true => ResultBaselineState::Unchanged,
        false => ResultBaselineState::New,
    };
    let (mut result, state) = match item {
        Item::Found(finding) => (result(finding, context, scope), against(&finding.fingerprint)),
        Item::LeftOut(entry) if entry.by == AllowedBy::Baseline => {
            (left_out::result(entry, context), ResultBaselineState::Unchanged)
        }
        Item::LeftOut(entry) => (left_out::result(entry, context), against(&entry.fingerprint)),
    };
    result.baseline_state = context.has_baseline.then(|| json!(state));
    result
}

fn result(finding: &FindingEntry, context: &Context<'_>, scope: Scope) -> Result {
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
    result.rule_index = context.index.get(finding.rule_id.as_str()).copied();
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
