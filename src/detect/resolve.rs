//! From the marks of one content to its hits: what needs another rule's hit gets it or goes, ids and secrets become
//! pairs, and where matches overlap the strongest stays.

use super::pairing;
use crate::decode;
use crate::finding::{Credential, Credentials, Hit, RuleIndex, Tier};
use crate::rule::RuleSet;
use crate::scanner::{Mark, Verdict};
use std::cmp::{Ordering, Reverse};

/// A hit with what ranks it.
#[derive(Clone, Copy)]
pub(super) struct Ranked {
    pub hit: Hit,
    pub rule: RuleIndex,
    pub tier: Tier,
    /// Whether it was found in something decoded.
    pub decoded: bool,
}

/// Appends the hits that `marks` (sorted by anchor) amount to, sorted by start.
pub fn resolve(rules: &RuleSet, credentials: &Credentials, marks: &[Mark], hits: &mut Vec<Hit>) {
    let mut sure: Vec<Ranked> = Vec::new();
    let mut completing: Vec<Ranked> = Vec::new();
    for mark in marks {
        // Several rules may share a mark's; the credential tells which it was.
        let (Verdict::Hit(hit) | Verdict::Loose(hit)) = mark.verdict else { continue };
        let (index, decoded) = (credentials.get(hit.credential).rule, decode::Kind::of(mark.rule).is_some());
        let rule = rules.get(index);
        let ranked = |hit| Ranked { hit, rule: index, tier: rule.text.tier, decoded };
        if rule.completes.is_some() || matches!(mark.verdict, Verdict::Loose(_)) {
            completing.push(ranked(hit));
        }
        if matches!(mark.verdict, Verdict::Hit(_)) {
            sure.push(ranked(hit));
        }
    }
    if sure.is_empty() {
        return;
    }
    if sure.iter().any(|r| r.decoded) {
        once(credentials, &mut sure);
        once(credentials, &mut completing);
    }
    require(rules, &mut sure);
    if !completing.is_empty() {
        pairing::pair(rules, credentials, &mut sure, &mut completing);
    }
    strongest(&mut sure);
    hits.extend(sure.iter().map(|r| r.hit));
}

/// What a decoder leaves as it was is found on both ways. Where a place gives several credentials, as it stands and
/// decoded, what they are decides their order and not their numbers, which the timing of threads gives.
fn once(credentials: &Credentials, hits: &mut Vec<Ranked>) {
    let by_content = |a: &Ranked, b: &Ranked| {
        if a.hit.credential == b.hit.credential {
            return Ordering::Equal;
        }
        let (a, b) = (credentials.get(a.hit.credential), credentials.get(b.hit.credential));
        a.rule.cmp(&b.rule).then_with(|| exposed(&a).cmp(exposed(&b)))
    };
    hits.sort_by(|a, b| {
        let place = |r: &Ranked| (r.hit.start, r.hit.end);
        place(a).cmp(&place(b)).then_with(|| by_content(a, b)).then(a.decoded.cmp(&b.decoded))
    });
    hits.dedup_by_key(|r| (r.hit.start, r.hit.end, r.hit.credential));
}

fn exposed(credential: &Credential) -> impl Iterator<Item = &[u8]> {
    credential.parts.iter().map(|(_, part)| part.expose())
}

/// Drops hits of rules that want another rule's hit nearby and have none.
fn require(rules: &RuleSet, sure: &mut Vec<Ranked>) {
    if !sure.iter().any(|r| rules.get(r.rule).requires.is_some()) {
        return;
    }
    let all = sure.clone();
    sure.retain(|r| match rules.get(r.rule).requires {
        None => true,
        Some((wanted, within)) => all.iter().any(|o| o.rule == wanted && gap(&o.hit, &r.hit) <= within),
    });
}

/// Bytes between two hits.
pub(super) fn gap(a: &Hit, b: &Hit) -> u32 {
    b.start.saturating_sub(a.end).max(a.start.saturating_sub(b.end))
}

/// Of hits that overlap, keeps the one of the highest tier, then confidence, then length, then rule order, then the one
/// that was not decoded.
fn strongest(hits: &mut Vec<Ranked>) {
    // A value that is recognised as an identifier, or begins with one as a credential scope does, is no generic secret,
    // whatever the variable is called.
    let identifiers: Vec<Hit> = hits.iter().filter(|r| r.tier == Tier::Identifier).map(|r| r.hit).collect();
    let is_identifier = |hit: &Hit| identifiers.iter().any(|id| id.start <= hit.start && hit.start < id.end);
    hits.retain(|r| r.tier != Tier::Generic || !is_identifier(&r.hit));
    hits.sort_by_key(|r| (r.hit.start, Reverse(r.hit.end), Reverse(r.tier), r.rule, r.decoded));
    // A password in base64 is what it decodes to, not how it is written.
    let generic = |r: &Ranked| r.tier == Tier::Generic && r.decoded;
    let rank = |r: &Ranked| (r.tier, generic(r), r.hit.confidence, r.hit.end - r.hit.start, Reverse(r.rule));
    let mut kept: Vec<Ranked> = Vec::with_capacity(hits.len());
    for hit in hits.drain(..) {
        let mut stays = true;
        while let Some(last) = kept.last() {
            if last.hit.end <= hit.hit.start {
                break;
            }
            if rank(last) >= rank(&hit) {
                stays = false;
                break;
            }
            kept.pop();
        }
        if stays {
            kept.push(hit);
        }
    }
    *hits = kept;
}
