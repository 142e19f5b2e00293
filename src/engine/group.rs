//! From sightings to findings: one finding for each credential, with all its places, in an order that two runs share.

use super::suppress::{self, Case};
use crate::allow::Allowances;
use crate::aws;
use crate::baseline::Baseline;
use crate::finding::{
    Credential, Credentials, Exposure, Finding, Harvest, PLACES_SHOWN, PartKind, Severity, Sighting, Suppression, Tier,
};
use crate::fingerprint::Salt;
use crate::origin::Oid;
use crate::rule::{Rule, RuleSet};
use crate::verdict::Verdict;
use std::cmp::Reverse;
use std::sync::Arc;

/// The findings of `harvest`, sorted: severity (worst first), tier, rule, origin, place. `salt` is asked once, and only
/// when there is a finding. Leaves the rest of the harvest as it is.
pub fn group(
    harvest: &mut Harvest,
    credentials: &Credentials,
    rules: &RuleSet,
    policy: Policy<'_>,
    salt: impl FnOnce() -> Salt,
) -> (Vec<Finding>, Vec<Suppression>) {
    let mut sightings = std::mem::take(&mut harvest.sightings);
    sightings.sort_unstable_by(|a, b| a.credential.cmp(&b.credential).then_with(|| a.cmp(b)));
    let mut found = Vec::new();
    let mut rest = sightings.into_iter().peekable();
    while let Some(first) = rest.next() {
        let index = first.credential;
        let mut places = vec![first];
        while let Some(next) = rest.next_if(|next| next.credential == index) {
            places.push(next);
        }
        let credential = credentials.get(index);
        let rule = rules.get(credential.rule);
        places.retain(|sighting| sighting.origin.path().is_none_or(|path| rule.applies_to(path)));
        if !places.is_empty() {
            let blobs = harvest.blobs.remove(&index).unwrap_or_default();
            let sure = !harvest.unsure.contains(&index);
            let more = More {
                unlisted: harvest.unlisted.remove(&index).unwrap_or(0),
                exposure: harvest.exposures.remove(&index).map(|exposure| within_paths(exposure, rule)),
                blobs: blobs.0,
                blob_count: blobs.1,
            };
            found.push((credential, places, sure, more));
        }
    }
    if found.is_empty() {
        return Default::default();
    }
    let salt = salt();
    let (mut findings, mut suppressions) = (Vec::new(), Vec::new());
    for (credential, places, sure, more) in found {
        let rule = rules.get(credential.rule);
        let fingerprint = salt.fingerprint(&rule.text.id, &credential);
        let head = more.exposure.as_ref().map_or(&[][..], |exposure| &exposure.head);
        let off = policy.allow.off.get(&credential.rule);
        let case =
            Case { baseline: policy.baseline, fingerprint: &fingerprint, rule_id: &rule.text.id, off, sure, head };
        let split = suppress::split(places, &case);
        let severity = weight(rule, &credential).1;
        let unlisted = if split.reported.is_empty() { more.unlisted } else { 0 };
        let in_head = more.exposure.as_ref().map(|exposure| exposure.in_head);
        for (allowed, places) in split.left_out {
            suppressions.push(Suppression {
                rule_id: rule.text.id.clone(),
                severity,
                fingerprint: fingerprint.clone(),
                credential: Arc::clone(&credential),
                allowed,
                place_count: places.len() + unlisted,
                primary: places.into_iter().next().expect("a group has a member"),
                in_head,
            });
        }
        if !split.reported.is_empty() {
            findings.push(finding(rule, credential, fingerprint, split.reported, more));
        }
    }
    sort(&mut findings);
    suppressions.sort_by(|a, b| left_out_order(a).cmp(&left_out_order(b)));
    (findings, suppressions)
}

/// Who may leave something out.
#[derive(Clone, Copy)]
pub struct Policy<'a> {
    pub allow: &'a Allowances,
    pub baseline: Option<&'a Baseline>,
}

/// Leaves out findings that the baseline knows and that [`group`] has not left out: those that were made of others, and
/// what is only a half of one here.
pub fn leave_out_known(findings: &mut Vec<Finding>, suppressions: &mut Vec<Suppression>, policy: Policy<'_>) {
    let Some(baseline) = policy.baseline else { return };
    let allows = |print: &str| baseline.allows(print).or_else(|| baseline.allows_half(print));
    let known = |finding: &mut Finding| allows(&finding.fingerprint).is_some();
    for finding in findings.extract_if(.., known) {
        let Finding { rule_id, severity, fingerprint, credential, primary, place_count, exposure, .. } = finding;
        let allowed = allows(&fingerprint).expect("it was asked before");
        let in_head = exposure.map(|exposure| exposure.in_head);
        suppressions.push(Suppression {
            rule_id,
            severity,
            fingerprint,
            credential,
            allowed,
            primary,
            place_count,
            in_head,
        });
    }
    suppressions.sort_by(|a, b| left_out_order(a).cmp(&left_out_order(b)));
}

/// Sort key of suppressions, as that of findings.
fn left_out_order(left_out: &Suppression) -> impl Ord + '_ {
    let Suppression { severity, rule_id, primary, fingerprint, allowed, .. } = left_out;
    (Reverse(*severity), rule_id, &primary.origin, primary.place, fingerprint, allowed)
}

/// Puts findings into the order of a report.
pub fn sort(findings: &mut [Finding]) {
    findings.sort_by(|a, b| order(a).cmp(&order(b)));
}

/// Sort key of a report: what is known to work stands first of its severity. The fingerprint comes last: it decides only between credentials that share a place.
fn order(finding: &Finding) -> impl Ord + '_ {
    let Finding { severity, tier, rule_id, primary, fingerprint, verification, .. } = finding;
    let verdict = verification.as_ref().map_or(Verdict::Unknown, |told| told.verdict);
    (Reverse(*severity), verdict, Reverse(*tier), rule_id, &primary.origin, primary.place, fingerprint)
}

/// What is known of a credential beside its sightings.
pub struct More {
    /// Places beyond those that are listed.
    pub unlisted: usize,
    pub exposure: Option<Exposure>,
    pub blobs: Vec<Oid>,
    pub blob_count: usize,
}

/// The finding of a credential that was seen at `places`, which are sorted.
pub fn finding(
    rule: &Rule,
    credential: std::sync::Arc<Credential>,
    fingerprint: String,
    mut places: Vec<Sighting>,
    more: More,
) -> Finding {
    let More { unlisted, exposure, blobs, blob_count } = more;
    let confidence = places.iter().map(|place| place.confidence).max().unwrap_or(rule.text.confidence);
    // Sorted above; of one place seen twice the surer sighting stays.
    places.dedup_by(|next, kept| {
        let same = next.origin == kept.origin && next.place == kept.place;
        if same && next.confidence > kept.confidence {
            std::mem::swap(next, kept);
        }
        same
    });
    let place_count = places.len() + unlisted;
    let at = primary(&places, exposure.as_ref());
    let primary = places[at].clone();
    places.truncate(PLACES_SHOWN);
    if at >= PLACES_SHOWN {
        places[PLACES_SHOWN - 1] = primary.clone();
    }
    let (tier, severity) = weight(rule, &credential);
    Finding {
        rule_id: rule.text.id.clone(),
        description: rule.text.description.clone(),
        tier,
        severity,
        confidence,
        fingerprint,
        facts: aws::facts(&credential),
        credential,
        primary,
        places,
        place_count,
        blobs,
        blob_count,
        exposure,
        verification: None,
        halves: Vec::new(),
    }
}

/// An id and its secret together open the door, whatever the rule that brought them together says of itself.
fn weight(rule: &Rule, credential: &Credential) -> (Tier, Severity) {
    let has = |kind| credential.parts.iter().any(|part| part.0 == kind);
    let (tier, severity) = if has(PartKind::KeyId) && has(PartKind::Secret) {
        (Tier::Pair, Severity::Critical)
    } else {
        (rule.text.tier, rule.text.severity)
    };
    (tier, rule.severity.unwrap_or(severity))
}

/// Which of the sorted `places` a reader is shown first: where the credential first came in, if that is known. Of the
/// parts of a pair in one content it is the secret, which is what must not be there.
fn primary(places: &[Sighting], exposure: Option<&Exposure>) -> usize {
    let first = exposure
        .and_then(|exposure| exposure.introduced.first())
        .and_then(|first| {
            let in_commit = |place: &Sighting| place.origin.commit() == Some(first.commit.id);
            let exactly = |place: &Sighting| in_commit(place) && place.origin.path() == Some(&first.path[..]);
            places.iter().position(exactly).or_else(|| places.iter().position(in_commit))
        })
        .unwrap_or(0);
    let origin = &places[first].origin;
    let beside = places[first..].iter().take_while(|place| place.origin == *origin);
    first + beside.enumerate().find(|(_, place)| place.excerpt.hides()).map_or(0, |(offset, _)| offset)
}

/// `exposure` without what happened at paths that the rule leaves out.
fn within_paths(mut exposure: Exposure, rule: &Rule) -> Exposure {
    exposure.introduced.retain(|event| rule.applies_to(&event.path));
    exposure.removed.retain(|event| rule.applies_to(&event.path));
    exposure.head.retain(|sighting| sighting.origin.path().is_none_or(|path| rule.applies_to(path)));
    exposure
}

#[cfg(test)]
mod tests;
