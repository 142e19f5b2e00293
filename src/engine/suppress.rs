//! What is left out of a report, and why: markers, configuration and baseline, each counted and listed.

use crate::baseline::Baseline;
use crate::finding::{Allowed, AllowedBy, BaselineEntry, BaselineUse, Finding, Sighting, Suppression};
use rustc_hash::FxHashSet;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The places of one credential: those to report, and those left out by who allows them.
#[derive(Default)]
pub struct Split {
    pub reported: Vec<Sighting>,
    pub left_out: BTreeMap<Arc<Allowed>, Vec<Sighting>>,
}

/// What decides about one credential beside its places.
pub struct Case<'a> {
    pub baseline: Option<&'a Baseline>,
    pub fingerprint: &'a str,
    pub rule_id: &'a str,
    /// Whether its whole rule is switched off.
    pub off: Option<&'a Arc<Allowed>>,
    /// Whether every place was looked at.
    pub sure: bool,
    /// Where HEAD holds it.
    pub head: &'a [Sighting],
}

/// Splits the sorted `places` of a credential.
pub fn split(mut places: Vec<Sighting>, case: &Case<'_>) -> Split {
    if let Some(by) = case.off.cloned().or_else(|| case.baseline.and_then(|b| b.allows(case.fingerprint))) {
        return Split { reported: Vec::new(), left_out: BTreeMap::from([(by, places)]) };
    }
    let by_marker = |place: &Sighting| place.allowed.as_ref().is_some_and(|allowed| allowed.by == AllowedBy::Marker);
    if let Some(baseline) = case.baseline {
        let paths: BTreeSet<&[u8]> = places.iter().filter(|p| by_marker(p)).map(path_of).collect();
        if !paths.is_empty() && !baseline.trusts_marker(case.fingerprint, case.rule_id, &paths) {
            places.iter_mut().filter(|place| by_marker(place)).for_each(|place| place.allowed = None);
        }
    }
    // Of a pair in one content it is the secret that must not be there: its marker speaks for the key id too.
    for at in 0..places.len() {
        if places[at].allowed.is_none() && !places[at].excerpt.hides() {
            let mut secrets = places.iter().filter(|p| p.origin == places[at].origin && p.excerpt.hides());
            let first = secrets.next().and_then(|secret| secret.allowed.clone());
            if first.is_some() && secrets.all(|secret| secret.allowed.is_some()) {
                places[at].allowed = first;
            }
        }
    }
    let everywhere = places.iter().all(|place| place.allowed.is_some());
    let in_head = case.head.iter().any(|place| place.allowed.is_none() && place.excerpt.hides());
    let mut split = Split::default();
    if everywhere && (!case.sure || in_head) {
        split.reported = places;
        return split;
    }
    for place in places {
        match place.allowed.clone() {
            Some(allowed) => split.left_out.entry(allowed).or_default().push(place),
            None => split.reported.push(place),
        }
    }
    split
}

fn path_of(place: &Sighting) -> &[u8] {
    place.origin.path().unwrap_or_default()
}

/// How many suppressions there are, by who said so.
pub fn counts(suppressions: &[Suppression]) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for suppression in suppressions {
        *counts.entry(suppression.allowed.by.name().to_string()).or_default() += 1;
    }
    counts
}

/// What a run made of a baseline. Entries are unused only where `all` was read, not just a change.
pub fn usage(baseline: &Baseline, findings: &[Finding], suppressions: &[Suppression], all: bool) -> BaselineUse {
    let found = findings.iter().map(|finding| finding.fingerprint.as_str());
    let seen: FxHashSet<&str> = found.chain(suppressions.iter().map(|s| s.fingerprint.as_str())).collect();
    let entry = |entry: &crate::baseline::Entry| BaselineEntry {
        line: entry.line,
        fingerprint: entry.fingerprint.clone(),
        rule_id: entry.rule_id.clone(),
        path: String::from_utf8_lossy(&entry.path).into_owned(),
    };
    let kept = suppressions.iter().filter(|s| s.allowed.by != AllowedBy::Baseline).map(|s| s.fingerprint.as_str());
    let kept = findings.iter().map(|finding| finding.fingerprint.as_str()).chain(kept);
    let known: BTreeSet<&str> = kept.filter(|print| baseline.entries.contains_key(*print)).collect();
    let entries = baseline.entries.values();
    let is_seen = |entry: &&crate::baseline::Entry| {
        seen.contains(entry.fingerprint.as_str()) || entry.halves.iter().any(|half| seen.contains(half.as_str()))
    };
    BaselineUse {
        file: baseline.name.clone(),
        entries: baseline.entries.len(),
        used: entries.clone().filter(is_seen).count(),
        known: known.into_iter().map(str::to_owned).collect(),
        expired: entries.clone().filter(|e| baseline.is_expired(e)).map(entry).collect(),
        unused: entries.filter(|e| all && !is_seen(e)).map(entry).collect(),
    }
}
