//! Between a report and verification: which keys a report holds, and what the answers change in it.

use super::group;
use crate::aws::partitions::named_in;
use crate::finding::{Confidence, Finding, Report, Severity};
use crate::verdict::{Verdict, Verification};
use crate::verify::key::Key;
use std::cmp::Reverse;

/// A key with the index of its finding.
pub struct Found {
    pub finding: usize,
    pub key: Key,
}

/// The AWS keys of `report`, the likeliest first. Ids without a secret are among them only `with_ids`.
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
    for (index, verification) in verdicts {
        let finding = &mut report.findings[index];
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
    group::sort(&mut report.findings);
}
