//! Between a report and verification: which keys a report holds, and what the answers change in it.

use super::group;
use crate::aws::partitions::named_in;
use crate::finding::{Confidence, Finding, Report, Severity};
use crate::verdict::{Verdict, Verification};
use crate::verify::key::Key;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// A key with the index of its finding; behind the findings of a report its candidates are counted.
pub struct Found {
    pub finding: usize,
    pub key: Key,
}

/// The AWS keys of `report`, the likeliest first. Ids without a secret are among them only `with_ids`, and then nothing
/// is tried that was not found as a pair: no secret is.
pub fn keys(report: &Report, with_ids: bool) -> Vec<Found> {
    let key = |(finding, found): (usize, &Finding)| {
        let mut key = Key::of(&found.credential)?;
        key.evidence = named_in(&surroundings(found));
        (key.secret.is_some() || with_ids).then_some(Found { finding, key })
    };
    let mut keys: Vec<Found> = report.findings.iter().enumerate().filter_map(key).collect();
    keys.sort_by_key(|found| {
        let finding = &report.findings[found.finding];
        let in_head = finding.exposure.as_ref().is_none_or(|exposure| exposure.in_head);
        (Reverse(finding.confidence), Reverse(in_head), Reverse(finding.place_count))
    });
    if !with_ids {
        let candidates = report.candidates.iter().enumerate();
        keys.extend(candidates.filter_map(|(index, candidate)| key((report.findings.len() + index, &candidate.pair))));
    }
    keys
}

/// Text that may tell a key's partition: what stands around it and in the names of its files, and what its token says.
fn surroundings(finding: &Finding) -> String {
    let mut text = finding.facts.get("region").cloned().unwrap_or_default();
    for place in &finding.places {
        text.push(' ');
        for name in &place.excerpt.partitions {
            text += name;
            text.push(' ');
        }
        text += &String::from_utf8_lossy(place.origin.path().unwrap_or_default());
    }
    text
}

/// Writes the verdicts into the report. A live key is as bad as it gets, whatever its rule thought of it; only a clear
/// answer makes one less bad.
pub fn apply(report: &mut Report, verdicts: impl IntoIterator<Item = (usize, Verification)>) {
    let mut live = Vec::new();
    for (index, verification) in verdicts {
        match index.checked_sub(report.findings.len()) {
            None => judge(&mut report.findings[index], verification),
            // A guess that AWS does not confirm was none.
            Some(candidate) if verification.verdict == Verdict::Live => live.push((candidate, verification)),
            Some(_) => {}
        }
    }
    confirm(report, live);
    group::sort(&mut report.findings);
}

fn judge(finding: &mut Finding, verification: Verification) {
    let at_most = |severity: Severity| severity.min(finding.severity);
    finding.severity = match verification.verdict {
        Verdict::Live => Severity::Critical,
        Verdict::WrongSecret => at_most(Severity::High),
        Verdict::Inactive => at_most(Severity::Medium),
        Verdict::Expired => at_most(Severity::Low),
        Verdict::IdActive | Verdict::Canary | Verdict::Unknown => finding.severity,
    };
    if verification.verdict == Verdict::Live {
        finding.confidence = Confidence::High;
    }
    finding.verification = Some(verification);
}

/// Puts the candidates that are live, by their index, into the place of what the report took them for.
fn confirm(report: &mut Report, live: Vec<(usize, Verification)>) {
    let mut left: BTreeMap<String, Finding> = BTreeMap::new();
    for (index, verification) in &live {
        let candidate = &report.candidates[*index];
        report.findings.retain(|finding| !candidate.replaces.contains(&finding.fingerprint));
        left.extend(candidate.leaves.iter().map(|alone| (alone.fingerprint.clone(), alone.clone())));
        let mut pair = candidate.pair.clone();
        judge(&mut pair, verification.clone());
        report.findings.push(pair);
    }
    for half in live.iter().flat_map(|(index, _)| &report.candidates[*index].halves) {
        left.remove(half);
    }
    left.retain(|fingerprint, _| report.findings.iter().all(|finding| finding.fingerprint != *fingerprint));
    report.findings.extend(left.into_values());
}
