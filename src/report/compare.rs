//! Reports beside one another: several merged into one, two told apart, and the blobs that hold what was found.

use super::document::{Document, FindingEntry, PlaceEntry, SuppressionEntry};
use crate::error::{Error, Result};
use crate::finding::{BaselineUse, PLACES_SHOWN, Receipt};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// One report of several: findings of one fingerprint become one, receipts add up.
///
/// # Errors
/// [`Error::Usage`] if there is none.
pub fn merge(documents: Vec<Document>) -> Result<Document> {
    let mut documents = documents.into_iter();
    let Some(mut all) = documents.next() else { return Err(Error::usage("no report to merge")) };
    if documents.len() == 0 {
        return Ok(all);
    }
    let mut index: BTreeMap<(String, String), usize> = BTreeMap::new();
    let first = std::mem::take(&mut all.findings);
    add(&mut all.findings, &mut index, first);
    for next in documents {
        add(&mut all.findings, &mut index, next.findings);
        all.suppressions.extend(next.suppressions);
        all.tail.baseline = all.tail.baseline.zip(next.tail.baseline).and_then(|(one, other)| one_baseline(one, other));
        all.gaps.extend(next.gaps);
        let head = next.head;
        all.head.target = one_line(&all.head.target, &head.target);
        all.head.command = one_line(&all.head.command, &head.command);
        // Two repositories or two revisions have no common name.
        all.head.repository = all.head.repository.filter(|url| Some(url) == head.repository.as_ref());
        all.head.revision = all.head.revision.filter(|id| Some(id) == head.revision.as_ref());
        add_receipt(&mut all.tail.receipt, next.tail.receipt);
        all.tail.rules_used = all.tail.rules_used.max(next.tail.rules_used);
        all.tail.rules.extend(next.tail.rules);
    }
    all.tail.rules.sort_by(|a, b| a.id.cmp(&b.id));
    all.tail.rules.dedup_by(|a, b| a.id == b.id);
    all.suppressions.sort_by(|a, b| left_out_order(a).cmp(&left_out_order(b)));
    all.suppressions.dedup();
    all.tail.receipt.suppressed.clear();
    for left_out in &all.suppressions {
        *all.tail.receipt.suppressed.entry(left_out.by.name().to_owned()).or_default() += 1;
    }
    all.gaps.sort();
    all.gaps.dedup();
    all.head.complete = all.gaps.is_empty();
    all.findings.sort_by(|a, b| order(a).cmp(&order(b)));
    Ok(all)
}

fn one_line(all: &str, next: &str) -> String {
    if all.split(", ").any(|known| known == next) { all.to_owned() } else { format!("{all}, {next}") }
}

/// The order of reports, as far as a document tells it.
fn order(finding: &FindingEntry) -> impl Ord + '_ {
    (Reverse(finding.severity), Reverse(finding.tier), &finding.rule_id, &finding.location, &finding.fingerprint)
}

fn left_out_order(left_out: &SuppressionEntry) -> impl Ord + '_ {
    let SuppressionEntry { severity, rule_id, location, fingerprint, by, source, .. } = left_out;
    (Reverse(*severity), rule_id, location, fingerprint, by, source)
}

/// What two runs made of one baseline: an entry is unused that neither used. Two baselines have no common story.
fn one_baseline(one: BaselineUse, other: BaselineUse) -> Option<BaselineUse> {
    if (&one.file, one.entries) != (&other.file, other.entries) {
        return None;
    }
    let unused: Vec<_> = one.unused.into_iter().filter(|entry| other.unused.contains(entry)).collect();
    let known: BTreeSet<String> = one.known.into_iter().chain(other.known).collect();
    let used = one.used.max(other.used).max(one.entries.saturating_sub(unused.len()));
    Some(BaselineUse { known: known.into_iter().collect(), unused, used, ..one })
}

fn key(finding: &FindingEntry) -> (String, String) {
    (finding.fingerprint.clone(), finding.rule_id.clone())
}

fn add(all: &mut Vec<FindingEntry>, index: &mut BTreeMap<(String, String), usize>, more: Vec<FindingEntry>) {
    for finding in more {
        let at = *index.entry(key(&finding)).or_insert(all.len());
        match all.get_mut(at) {
            Some(known) => join(known, finding),
            None => all.push(finding),
        }
    }
}

/// Takes into `known` what another report says of the same credential.
fn join(known: &mut FindingEntry, other: FindingEntry) {
    let mut other = other;
    // The first place is the same in whatever order the reports come.
    if other.location < known.location {
        std::mem::swap(&mut other.location, &mut known.location);
        std::mem::swap(&mut other.excerpt, &mut known.excerpt);
    }
    let unlisted = |finding: &FindingEntry| finding.place_count.saturating_sub(finding.origins.len());
    let unlisted = unlisted(known).max(unlisted(&other));
    let places: BTreeSet<PlaceEntry> = known.origins.drain(..).chain(other.origins).collect();
    known.place_count = places.len().saturating_add(unlisted);
    known.origins = places.into_iter().take(PLACES_SHOWN).collect();
    if !known.origins.contains(&known.location) {
        known.origins.pop();
        known.origins.push(known.location.clone());
        known.origins.sort();
    }
    let blobs: BTreeSet<String> = known.blobs.drain(..).chain(other.blobs).collect();
    known.blob_count = known.blob_count.max(other.blob_count).max(blobs.len());
    known.blobs = blobs.into_iter().collect();
    known.severity = known.severity.max(other.severity);
    known.tier = known.tier.max(other.tier);
    known.confidence = known.confidence.max(other.confidence);
    known.facts.extend(other.facts);
    known.verification = known.verification.take().or(other.verification);
    match (&mut known.exposure, other.exposure) {
        (Some(known), Some(other)) => {
            known.introduced.extend(other.introduced);
            known.removed.extend(other.removed);
            for events in [&mut known.introduced, &mut known.removed] {
                let mut seen = BTreeSet::new();
                events.retain(|event| seen.insert((event.commit.clone(), event.path.clone())));
            }
            known.in_head |= other.in_head;
            let refs: BTreeSet<String> = known.refs.drain(..).chain(other.refs).collect();
            known.ref_count = known.ref_count.max(other.ref_count).max(refs.len());
            known.refs = refs.into_iter().collect();
            known.commit_count = known.commit_count.max(other.commit_count);
            known.path_count = known.path_count.max(other.path_count);
            if known.head.is_empty() {
                known.head = other.head;
            }
        }
        (exposure @ None, other) => *exposure = other,
        (Some(_), None) => {}
    }
}

/// Numbers of a stranger's file may be anything, so nothing overflows.
fn add_receipt(all: &mut Receipt, next: Receipt) {
    all.nested.extend(next.nested);
    all.nested.sort();
    all.nested.dedup();
    all.seen = all.seen.saturating_add(next.seen);
    all.scanned = all.scanned.saturating_add(next.scanned);
    all.bytes = all.bytes.saturating_add(next.bytes);
    all.commits = all.commits.saturating_add(next.commits);
    all.duration_ms = all.duration_ms.saturating_add(next.duration_ms);
    for (reason, count) in next.skipped {
        let sum = all.skipped.entry(reason).or_default();
        *sum = sum.saturating_add(count);
    }
}

/// What changed between two reports.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Difference {
    /// Only in the later one.
    pub new: Vec<FindingEntry>,
    /// Only in the earlier one.
    pub fixed: Vec<FindingEntry>,
    /// In both, as the later one tells it.
    pub unchanged: Vec<FindingEntry>,
}

/// Tells `before` and `after` apart by fingerprint and rule.
pub fn diff(before: Document, after: Document) -> Difference {
    let old: BTreeSet<_> = before.findings.iter().map(key).collect();
    let now: BTreeSet<_> = after.findings.iter().map(key).collect();
    let (unchanged, new) = after.findings.into_iter().partition(|finding| old.contains(&key(finding)));
    let fixed = before.findings.into_iter().filter(|finding| !now.contains(&key(finding))).collect();
    Difference { new, fixed, unchanged }
}

/// The blobs of some findings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobList {
    /// Ids, sorted.
    pub ids: BTreeSet<String>,
    /// How many more there are that the report does not list.
    pub unlisted: usize,
}

/// The ids of all blobs that hold a finding for which `wanted` says yes. What is no object id is left out: the list is
/// for another program.
pub fn blobs(document: &Document, wanted: impl Fn(&FindingEntry) -> bool) -> BlobList {
    let mut list = BlobList { ids: BTreeSet::new(), unlisted: 0 };
    for finding in document.findings.iter().filter(|finding| wanted(finding)) {
        list.unlisted = list.unlisted.saturating_add(finding.blob_count.saturating_sub(finding.blobs.len()));
        list.ids.extend(finding.blobs.iter().filter(|id| is_object_id(id)).cloned());
    }
    list
}

fn is_object_id(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}
