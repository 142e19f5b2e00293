//! The published shape of a report, `keysift-report/1`: what JSON shows, and what every other format is written from.
//!
//! It owns its text and holds no secret (unless a person at a terminal asked for them), so it can be stored, read back,
//! merged and converted. `docs/report.md` explains the fields, `docs/report.schema.json` is
//! made of them.

mod build;

use crate::error::Gap;
use crate::finding::{AllowedBy, BaselineUse, Confidence, PartKind, Reachable, Receipt, Severity, Tier};
use crate::report::escape;
use crate::verdict::Verification;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The version of the shape. Fields may be added under the same version; none changes its meaning.
pub const SCHEMA: &str = "keysift-report/1";

/// The name of a severity, tier or kind, as JSON shows it.
pub fn name(value: impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => name,
        other => unreachable!("only enumerations without data are named: {other:?}"),
    }
}

/// Whether a document is built with secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Secrets {
    Hidden,
    Shown,
}

/// A report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Document {
    #[serde(flatten)]
    pub head: Head,
    pub findings: Vec<FindingEntry>,
    /// What would be findings, had nobody said otherwise.
    #[serde(default)]
    pub suppressions: Vec<SuppressionEntry>,
    pub gaps: Vec<Gap>,
    #[serde(flatten)]
    pub tail: Tail,
    /// The rules that ran and found nothing. Only SARIF lists them, from a run of its own.
    #[serde(skip)]
    pub idle_rules: Vec<RuleEntry>,
}

/// What a report is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Head {
    #[cfg_attr(test, schemars(with = "schema::Name"))]
    pub schema: String,
    pub tool: Tool,
    /// "scan", "history", "staged" or "range".
    pub command: String,
    /// What was scanned, as the user named it.
    pub target: String,
    /// Id of the commit that HEAD names.
    #[serde(rename = "head", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(with = "Option<schema::ObjectId>"))]
    pub revision: Option<String>,
    /// URL of the repository's remote, without user name and password.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// Whether everything was read: there is no gap.
    pub complete: bool,
}

/// What ran and what it covered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Tail {
    pub receipt: Receipt,
    /// What became of the baseline's entries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<BaselineUse>,
    /// How many rules ran.
    pub rules_used: usize,
    /// The rules that found something, by id.
    pub rules: Vec<RuleEntry>,
}

/// A credential, or some of its places, that is left out because somebody said so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SuppressionEntry {
    pub rule_id: String,
    pub severity: Severity,
    #[cfg_attr(test, schemars(with = "schema::Fingerprint"))]
    pub fingerprint: String,
    pub by: AllowedBy,
    /// The marker, or the file and line that says so.
    pub source: String,
    /// May be empty for a marker.
    pub reason: String,
    /// The first of the places.
    pub location: PlaceEntry,
    #[cfg_attr(test, schemars(range(min = 1)))]
    pub place_count: usize,
    /// Whether HEAD's tree holds it. Only for a history.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_head: Option<bool>,
}

/// The program that wrote the report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Tool {
    pub name: String,
    pub version: String,
}

/// A credential with its places.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct FindingEntry {
    pub rule_id: String,
    pub description: String,
    pub tier: Tier,
    pub severity: Severity,
    pub confidence: Confidence,
    /// Keyed hash: the same for the same credential in the same repository.
    #[cfg_attr(test, schemars(with = "schema::Fingerprint"))]
    pub fingerprint: String,
    pub excerpt: ExcerptEntry,
    /// The parts of the credential, the deciding one first.
    #[cfg_attr(test, schemars(length(min = 1)))]
    pub parts: Vec<PartEntry>,
    /// What can be told offline, by name.
    pub facts: BTreeMap<String, String>,
    /// The place to look at first.
    pub location: PlaceEntry,
    /// All listed places, `location` among them.
    #[cfg_attr(test, schemars(length(min = 1)))]
    pub origins: Vec<PlaceEntry>,
    /// How many places there are, listed or not.
    #[cfg_attr(test, schemars(range(min = 1)))]
    pub place_count: usize,
    /// Ids of the blobs that hold it, sorted. Only for a history; `blob_count` tells how many there are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(test, schemars(with = "Vec<schema::ObjectId>"))]
    pub blobs: Vec<String>,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub blob_count: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exposure: Option<ExposureEntry>,
    /// Whether it still works; only where that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verification: Option<Verification>,
}

fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// A line with a mark where the credential stood. Offsets are bytes of the UTF-8 text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ExcerptEntry {
    pub text: String,
    pub start: usize,
    pub end: usize,
}

impl ExcerptEntry {
    /// What stands before the mark, the mark, and what stands after it. A document that was read from a file may say
    /// anything, so offsets that do not fit give all of the text as "before".
    pub fn split(&self) -> (&str, &str, &str) {
        match (self.text.get(..self.start), self.text.get(self.start..self.end), self.text.get(self.end..)) {
            (Some(before), Some(mark), Some(after)) => (before, mark, after),
            _ => (&self.text, "", ""),
        }
    }
}

/// A part of a credential.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PartEntry {
    pub kind: PartKind,
    /// The part itself where it is an identifier; absent where it is secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// The kinds of places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum PlaceKind {
    File,
    Stdin,
    Staged,
    Commit,
    CommitMessage,
    TagMessage,
    Blob,
    // The path is the ref's name, and the place one in it.
    Ref,
    // The path is within git's folder.
    Reflog,
}

/// A path: text, and the bytes where text cannot hold them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PathEntry {
    /// The path; what is not UTF-8 in it is replaced by U+FFFD.
    pub path: String,
    /// Only where the path is not UTF-8: its bytes, percent-encoded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path_bytes: Option<String>,
}

impl PathEntry {
    /// The path's bytes.
    pub fn bytes(&self) -> Cow<'_, [u8]> {
        match &self.path_bytes {
            Some(encoded) => Cow::Owned(escape::unpercent(encoded)),
            None => Cow::Borrowed(self.path.as_bytes()),
        }
    }
}

/// Where a credential is. Lines and columns count from 1, columns count bytes, the end is exclusive.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PlaceEntry {
    pub kind: PlaceKind,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub path: Option<PathEntry>,
    /// The member of the archive at `path`; line and columns are those of what it unpacks to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member: Option<String>,
    /// It is in the name of the file, not in what the file holds; line and columns are those of the name.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub in_name: bool,
    #[cfg_attr(test, schemars(range(min = 1)))]
    pub line: u32,
    #[cfg_attr(test, schemars(range(min = 1)))]
    pub column: u32,
    #[cfg_attr(test, schemars(range(min = 1)))]
    pub end_line: u32,
    #[cfg_attr(test, schemars(range(min = 1)))]
    pub end_column: u32,
    /// The columns in UTF-16 code units, where these are others than in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(range(min = 1)))]
    pub column_utf16: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(range(min = 1)))]
    pub end_column_utf16: Option<u32>,
    /// GitHub's `primaryLocationLineHash` of the line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(with = "Option<schema::LineHash>"))]
    pub line_hash: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(with = "Option<schema::ObjectId>"))]
    pub blob: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(with = "Option<schema::ObjectId>"))]
    pub commit: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(with = "Option<schema::ObjectId>"))]
    pub tag: Option<String>,
}

/// The life of a credential in a history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ExposureEntry {
    /// Oldest first.
    pub introduced: Vec<EventEntry>,
    /// Oldest first.
    pub removed: Vec<EventEntry>,
    pub in_head: bool,
    /// Where HEAD's tree holds it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub head: Vec<PlaceEntry>,
    /// Full names of refs that reach it, the first of them; `ref_count` tells how many there are.
    pub refs: Vec<String>,
    pub ref_count: usize,
    pub commit_count: usize,
    pub path_count: usize,
    pub reachable: Reachable,
}

/// A commit that brought a credential in or took it out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct EventEntry {
    #[cfg_attr(test, schemars(with = "schema::ObjectId"))]
    pub commit: String,
    /// Author's name; never an e-mail address.
    pub author: String,
    /// Author date, ISO 8601 with its offset.
    #[cfg_attr(test, schemars(with = "schema::Date"))]
    pub date: String,
    /// First line of the message, shortened.
    pub summary: String,
    #[serde(flatten)]
    pub path: PathEntry,
    /// 0 for what stands in a message, which has an empty path.
    pub line: u32,
    #[cfg_attr(test, schemars(with = "schema::ObjectId"))]
    pub blob: String,
}

/// A rule that ran.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RuleEntry {
    pub id: String,
    pub description: String,
    pub tier: Tier,
    pub severity: Severity,
    pub confidence: Confidence,
    pub tags: Vec<String>,
    /// A page of the provider on this kind of credential.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
}

#[cfg(test)]
pub mod schema;
