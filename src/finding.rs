//! What a run finds: credentials, the places they were seen at, and the report that holds it all.
//!
//! A *credential* is a rule and its secret bytes; it is interned once per run ([`Credentials`]). A *sighting* is a
//! credential at a place. A *finding* is a credential with all its sightings, ready for a report.

pub use crate::blob::Excerpt;
use crate::error::Gap;
use crate::line_hash::LineHash;
use crate::origin::{Oid, Origin, Place};
use crate::secret::Secret;
use crate::verdict::Verification;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

/// How much a finding is, from a bare identifier to a working pair. Ordered: a later one outranks an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    Identifier,
    Generic,
    Secret,
    Pair,
}

/// How bad it is if true. Ordered from harmless to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Note,
    Low,
    Medium,
    High,
    Critical,
}

/// How likely it is true.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    Low,
    Medium,
    High,
}

/// Index of a rule in the run's rule set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleIndex(pub u16);

/// Index of a credential in [`Credentials`]. The number depends on thread timing: never sort a report by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CredentialIndex(pub u32);

/// What a part of a credential is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum PartKind {
    /// An identifier that may be shown.
    KeyId,
    /// A secret that may not.
    #[default]
    Secret,
    /// A session token.
    SessionToken,
}

impl PartKind {
    /// Whether a report may show the part.
    pub fn is_public(self) -> bool {
        matches!(self, PartKind::KeyId)
    }
}

/// One credential: what it takes to tell two of them apart.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Credential {
    pub rule: RuleIndex,
    /// The parts, the deciding one first.
    pub parts: Vec<(PartKind, Secret)>,
}

/// A credential in a piece of content, after all filters. Offsets are bytes in that content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hit {
    pub start: u32,
    pub end: u32,
    pub credential: CredentialIndex,
    pub confidence: Confidence,
}

/// All distinct credentials of a run. Hits are rare, so one lock serves all workers.
#[derive(Default)]
pub struct Credentials {
    inner: Mutex<Interner>,
}

#[derive(Default)]
struct Interner {
    index: FxHashMap<Arc<Credential>, CredentialIndex>,
    all: Vec<Arc<Credential>>,
}

impl Credentials {
    /// The index of `credential`, which is added if it is new.
    pub fn intern(&self, credential: Credential) -> CredentialIndex {
        let mut inner = self.inner.lock().expect("no panic while holding this lock");
        if let Some(&known) = inner.index.get(&credential) {
            return known;
        }
        let index = CredentialIndex(inner.all.len() as u32);
        let shared = Arc::new(credential);
        inner.all.push(Arc::clone(&shared));
        inner.index.insert(shared, index);
        index
    }

    /// The credential at `index`.
    pub fn get(&self, index: CredentialIndex) -> Arc<Credential> {
        Arc::clone(&self.inner.lock().expect("no panic while holding this lock").all[index.0 as usize])
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.inner.lock().expect("no panic while holding this lock").all.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A credential seen at a place: what a source hands to the engine.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sighting {
    pub origin: Origin,
    pub place: Place,
    pub credential: CredentialIndex,
    pub confidence: Confidence,
    pub excerpt: Excerpt,
    /// GitHub's name for the line, where the content has one.
    pub line_hash: Option<LineHash>,
    /// Who said that it need not be reported, if somebody did.
    pub allowed: Option<Arc<Allowed>>,
}

/// Who said that a credential need not be reported, and why.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Allowed {
    pub by: AllowedBy,
    /// Where it is said: the marker itself, or a file and a line.
    pub source: String,
    /// The reason that was given; may be empty for a marker. From outside: writers escape and redact it.
    pub reason: String,
}

/// What can say that a credential need not be reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum AllowedBy {
    /// A marker beside it.
    Marker,
    /// A configuration file.
    Configuration,
    /// The baseline.
    Baseline,
}

impl AllowedBy {
    /// As the receipt names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Marker => "marker",
            Self::Configuration => "configuration",
            Self::Baseline => "baseline",
        }
    }
}

/// A commit as a report shows it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct CommitInfo {
    pub id: Oid,
    /// Author's name, lossy UTF-8; hostile bytes possible. No e-mail address: reports do not publish those.
    pub author: String,
    /// Author time, seconds since 1970, and offset from UTC in seconds.
    pub time: i64,
    pub offset: i32,
    /// First line of the message, at most 100 characters. Secrets in it are replaced.
    pub summary: String,
}

/// Where a credential came in or went out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Event {
    pub commit: CommitInfo,
    pub path: Vec<u8>,
    /// Line of the secret in the blob that came in; in the blob before for a removal.
    pub line: u32,
    pub blob: Oid,
}

/// How a credential can be reached in a repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Reachable {
    /// From a branch, tag, remote branch, stash, HEAD or any other ref.
    Ref,
    /// From a reflog only.
    Reflog,
    /// From nothing: dangling objects.
    Nothing,
}

/// The life of a credential in a history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exposure {
    /// Every commit that brought it in, oldest first: two branches or a reverted removal give several.
    pub introduced: Vec<Event>,
    /// Every commit that took it out, oldest first.
    pub removed: Vec<Event>,
    /// Whether HEAD's tree holds it.
    pub in_head: bool,
    /// Where HEAD's tree (or the newest commit of a range) holds it, sorted by path; at most [`PLACES_SHOWN`].
    pub head: Vec<Sighting>,
    /// Full names of the refs whose history holds it, sorted; at most `REFS_SHOWN`.
    pub refs: Vec<String>,
    /// How many refs there are in all.
    pub ref_count: usize,
    /// How many commits hold it.
    pub commit_count: usize,
    /// How many distinct paths held it.
    pub path_count: usize,
    pub reachable: Reachable,
}

/// At most so many refs are listed for one finding; `ref_count` tells how many there are.
pub const REFS_SHOWN: usize = 20;
/// At most so many places are listed for one finding; `place_count` tells how many there are.
pub const PLACES_SHOWN: usize = 100;

/// At most so many blobs are listed for one finding; `blob_count` tells how many there are.
pub const BLOBS_SHOWN: usize = 10_000;

/// A credential with all its places.
#[derive(Debug, Clone)]
pub struct Finding {
    pub rule_id: String,
    pub description: String,
    pub tier: Tier,
    pub severity: Severity,
    pub confidence: Confidence,
    /// Keyed hash, `ks1:` and 32 hex digits. See `docs/report.md`.
    pub fingerprint: String,
    pub credential: Arc<Credential>,
    /// Facts that can be told offline: account, "canary", expiry. Sorted by name.
    pub facts: BTreeMap<String, String>,
    /// Where it is shown to the reader first.
    pub primary: Sighting,
    /// All places, sorted, the primary one among them; at most [`PLACES_SHOWN`].
    pub places: Vec<Sighting>,
    pub place_count: usize,
    /// The blobs that hold it, sorted; at most [`BLOBS_SHOWN`]. Only for a history.
    pub blobs: Vec<Oid>,
    pub blob_count: usize,
    /// Only for a history.
    pub exposure: Option<Exposure>,
    /// Whether it still works. `None` where that was not to be asked.
    pub verification: Option<Verification>,
    /// Of a pair across files or commits: the fingerprints of its id and of its secret, each by itself.
    pub halves: Vec<String>,
}

/// A pair that might be instead of what a report says: an id with a secret that it was not joined to. Verification may
/// try it; nothing else shows it.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// The finding that it would be.
    pub pair: Finding,
    /// Fingerprints of the findings of its id and of its secret, each by itself.
    pub halves: [String; 2],
    /// Fingerprints of the findings that it takes the place of.
    pub replaces: Vec<String>,
    /// The findings that are left alone by that.
    pub leaves: Vec<Finding>,
}

/// A credential, or some of its places, that is not reported because somebody said so. Nothing is left out without one
/// of these.
#[derive(Debug, Clone)]
pub struct Suppression {
    pub rule_id: String,
    pub severity: Severity,
    pub fingerprint: String,
    /// So that it can be taken out of texts; its secret parts are never shown.
    pub credential: Arc<Credential>,
    pub allowed: Arc<Allowed>,
    /// The first of the places that are left out.
    pub primary: Sighting,
    pub place_count: usize,
    /// Only for a history: whether HEAD's tree holds it.
    pub in_head: Option<bool>,
}

/// An entry of a baseline as a report names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct BaselineEntry {
    pub line: usize,
    pub fingerprint: String,
    pub rule_id: String,
    /// Lossy UTF-8; hostile bytes possible.
    pub path: String,
}

/// What a run made of its baseline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct BaselineUse {
    pub file: String,
    /// Entries there are.
    pub entries: usize,
    /// Entries whose credential was seen.
    pub used: usize,
    /// Fingerprints of what the baseline holds and does not leave out: it is real, the entry has expired, or something
    /// else leaves it out. Sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub known: Vec<String>,
    /// Entries that count no more.
    pub expired: Vec<BaselineEntry>,
    /// Entries whose credential is not there any more; empty where only a change was searched.
    pub unused: Vec<BaselineEntry>,
}

/// What was covered, so that a reader can trust "nothing found".
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Receipt {
    /// Objects (or files) there are.
    pub seen: u64,
    /// Objects (or files) whose content was searched.
    pub scanned: u64,
    /// Objects (or files) not searched, by reason. `seen` is `scanned` and all of these together.
    pub skipped: BTreeMap<String, u64>,
    /// Repositories within what was searched, submodules too, whose own history was not searched; sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nested: Vec<String>,
    /// Credentials and places left out because somebody said so, by who said it. Counts the report's suppressions.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub suppressed: BTreeMap<String, u64>,
    /// Objects, of those scanned, whose bytes an earlier run searched with the same rules.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub remembered: u64,
    /// Bytes of content that were searched, or known to be searched because a delta copies them.
    pub bytes: u64,
    /// Commits that were looked at.
    pub commits: u64,
    /// Wall time in milliseconds: the only number that differs between two runs.
    pub duration_ms: u64,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde's shape
fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// A rule as a report tells it (SARIF wants all that ran).
#[derive(Debug, Clone)]
pub struct RuleInfo {
    pub id: String,
    pub description: String,
    pub severity: Severity,
    pub tier: Tier,
    pub confidence: Confidence,
    pub tags: Vec<String>,
    /// A page of the provider that says what the format is.
    pub reference: Option<String>,
}

/// The result of a run.
#[derive(Debug, Clone)]
pub struct Report {
    /// "scan", "history", "staged" or "range".
    pub command: &'static str,
    /// What was scanned, as the user named it.
    pub target: String,
    /// The commit that HEAD names, for SARIF's provenance and for links.
    pub head: Option<Oid>,
    /// Address of the repository's remote as configured ("origin", or the only one); writers take user names and
    /// passwords out of it.
    pub remote: Option<String>,
    /// Sorted: severity (worst first), tier, rule, origin, place.
    pub findings: Vec<Finding>,
    /// What verification may try beside, the likeliest first.
    pub candidates: Vec<Candidate>,
    /// What would be findings, had nobody said otherwise; sorted as findings are.
    pub suppressions: Vec<Suppression>,
    /// Only with a baseline.
    pub baseline: Option<BaselineUse>,
    pub gaps: Vec<Gap>,
    pub receipt: Receipt,
    pub rules: Vec<RuleInfo>,
}

impl Report {
    /// Whether everything was read.
    pub fn is_complete(&self) -> bool {
        self.gaps.is_empty()
    }
}

/// What a source gives back: everything but the grouping into findings.
#[derive(Debug, Default)]
pub struct Harvest {
    pub sightings: Vec<Sighting>,
    /// Sightings beyond those listed, by credential.
    pub unlisted: BTreeMap<CredentialIndex, usize>,
    /// Credentials of which not every place was looked at: what is allowed at those that were is reported all the same.
    pub unsure: BTreeSet<CredentialIndex>,
    /// For a history: the blobs that hold each credential, sorted and listed as far as [`BLOBS_SHOWN`], and their number.
    pub blobs: BTreeMap<CredentialIndex, (Vec<Oid>, usize)>,
    /// For a history: the life of each credential.
    pub exposures: BTreeMap<CredentialIndex, Exposure>,
    pub gaps: Vec<Gap>,
    pub receipt: Receipt,
    pub head: Option<Oid>,
    /// The commit that HEAD's first parents lead back to, where the source has come by it.
    pub root: Option<Oid>,
    /// See [`Report::remote`].
    pub remote: Option<String>,
}
