//! Ids and secrets that no content holds together, but the same repository or folder does: an id in one file and a named
//! secret in another, or in an earlier commit.
//!
//! That is a guess, and it says so: such a pair tells what it was made on and is of medium confidence at most. Each id
//! and each secret is used once, the surest couple first. What else they could be is listed, and verification may try it.

use super::group::{self, More};
use crate::aws::key_id::{KeyId, Kind};
use crate::aws::secret_key::is_secret_key;
use crate::baseline::Baseline;
use crate::finding::{
    BLOBS_SHOWN, Candidate, Confidence, Credential, Finding, PLACES_SHOWN, PartKind, RuleIndex, Sighting, Tier,
};
use crate::fingerprint::Salt;
use crate::rule::RuleSet;
use crate::secret::Secret;
use common::{Common, Where};
use rustc_hash::FxHashSet;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

mod common;

/// Of what else could be the partner so many are listed, and tried by verification for one id.
const OTHERS: usize = 5;
/// Candidates that are kept in all.
const CANDIDATES: usize = 500;
/// Names of the facts.
const PAIRED: &str = "paired";
const OTHER_CANDIDATES: &str = "other_candidates";

/// An id or a secret, with the finding that it is a part of.
struct Half {
    finding: usize,
    text: Secret,
    /// Whether that finding is a pair already, of one content.
    paired: bool,
    /// The rule of the pair that a secret makes; of an id its own.
    rule: RuleIndex,
    places: Where,
}

/// An id and a secret that have something in common.
struct Couple {
    common: Common,
    /// Among the ids.
    id: usize,
    /// Among the secrets.
    secret: usize,
}

/// Joins ids and secrets that are alone so far where that is as sure as `least`, and gives the couples that were not
/// joined. `findings` are sorted and stay so. What `known` lists as a pair is that pair, however much less of the
/// repository this run has read than the one that listed it.
pub(super) fn pair(
    findings: &mut Vec<Finding>,
    rules: &RuleSet,
    least: Confidence,
    known: Option<&Baseline>,
    salt: impl Fn() -> Salt,
) -> Vec<Candidate> {
    let (ids, secrets) = halves(findings, rules);
    let mut couples = couples(&ids, &secrets, rules);
    if couples.is_empty() {
        return Vec::new();
    }
    let salt = salt();
    if let Some(known) = known.filter(|known| known.has_halves()) {
        keep_known(&mut couples, known, |couple| {
            let (id, secret) = (&ids[couple.id], &secrets[couple.secret]);
            (print(&salt, rules, id, secret), &findings[secret.finding].fingerprint)
        });
    }
    let world = World::new(findings, rules, (&ids, &secrets), &couples, salt);
    let mut made: BTreeMap<usize, Finding> = BTreeMap::new();
    for couple in choose(&couples, &ids, &secrets) {
        let pair = world.join(couple, true);
        // What is too unsure to be shown stays apart.
        if pair.confidence >= least {
            made.insert(couple, pair);
        }
    }
    let candidates = world.candidates(&made);
    let mut used = vec![false; findings.len()];
    for couple in made.keys().map(|couple| &couples[*couple]) {
        used[ids[couple.id].finding] = true;
        used[secrets[couple.secret].finding] = true;
    }
    let mut index = 0;
    findings.retain(|_| {
        index += 1;
        !used[index - 1]
    });
    findings.extend(made.into_values());
    group::sort(findings);
    candidates
}

/// The ids and secrets to share out: those that are alone, and the ids of pairs, whose secret may be another one.
fn halves(findings: &[Finding], rules: &RuleSet) -> (Vec<Half>, Vec<Half>) {
    let text = |finding: &Finding, wanted| {
        let mut parts = finding.credential.parts.iter();
        parts.find(|(kind, _)| *kind == wanted).map(|(_, text)| text.clone())
    };
    // One that has its partner in one content looks for no other, wherever else it stands.
    let pairs = findings.iter().filter(|finding| finding.tier == Tier::Pair);
    let partnered: FxHashSet<Secret> =
        pairs.flat_map(|pair| pair.credential.parts.iter().map(|p| p.1.clone())).collect();
    let completing = |id: RuleIndex| {
        rules.iter().find(|(_, rule)| rule.completes == Some(id) && rule.text.part == PartKind::Secret).map(|r| r.0)
    };
    let (mut ids, mut secrets) = (Vec::new(), Vec::new());
    for (index, finding) in findings.iter().enumerate() {
        let paired = finding.tier == Tier::Pair;
        let rule = finding.credential.rule;
        let half = |text: Secret, rule: RuleIndex, places: Where| Half { finding: index, text, paired, rule, places };
        let has_partner = |text: &Secret| !paired && partnered.contains(text);
        if let Some(id) = text(finding, PartKind::KeyId) {
            let of = if paired { rules.get(rule).completes } else { Some(rule) };
            let wanted =
                KeyId::parse(id.expose()).is_some_and(|id| matches!(id.kind(), Kind::LongTerm | Kind::Temporary));
            if let Some(of) = of.filter(|of| wanted && completing(*of).is_some() && !has_partner(&id)) {
                ids.push(half(id, of, Where::of(finding)));
            }
        } else if let ([(PartKind::Secret, secret)], false) = (&finding.credential.parts[..], paired) {
            // A secret of a rule that knows none, `SECRET_KEY = …`, may be one as well by its looks.
            let looks_like_one = || secret.expose().try_into().is_ok_and(is_secret_key);
            let makes = match rules.get(rule).completes {
                Some(_) => Some(rule),
                None if finding.tier == Tier::Generic && looks_like_one() => rules
                    .iter()
                    .find(|(_, other)| other.completes.is_some() && other.text.part == PartKind::Secret)
                    .map(|r| r.0),
                None => None,
            };
            if let Some(makes) = makes.filter(|_| !has_partner(secret)) {
                secrets.push(half(secret.clone(), makes, Where::of(finding)));
            }
        }
    }
    (ids, secrets)
}

/// All couples that have something in common, the surest first.
fn couples(ids: &[Half], secrets: &[Half], rules: &RuleSet) -> Vec<Couple> {
    let free = ids.iter().filter(|id| !id.paired).count();
    let only = free == 1 && ids.len() == 1 && secrets.len() == 1;
    let mut couples = Vec::new();
    for (secret, id) in common::near(ids.iter().map(|id| &id.places), secrets.iter().map(|secret| &secret.places), only)
    {
        if rules.get(secrets[secret].rule).completes == Some(ids[id].rule) {
            let common = ids[id].places.common(&secrets[secret].places, only);
            couples.push(Couple { common, id, secret });
        }
    }
    couples.sort_by_key(|couple| (Reverse(couple.common.weight()), couple.secret, couple.id));
    couples
}

/// Puts the couples that are in a baseline first, and leaves out the others of their secrets. `prints` gives the
/// fingerprints of a couple and of its secret alone.
fn keep_known<'p>(couples: &mut Vec<Couple>, known: &Baseline, prints: impl Fn(&Couple) -> (String, &'p String)) {
    let is_known = |couple: &Couple| known.entries.contains_key(&prints(couple).0);
    couples.retain(|couple| !known.is_half(prints(couple).1) || is_known(couple));
    couples.sort_by_cached_key(|couple| !is_known(couple));
}

/// The credential of an id and a secret.
fn credential(id: &Half, secret: &Half) -> Credential {
    let parts = vec![(PartKind::KeyId, id.text.clone()), (PartKind::Secret, secret.text.clone())];
    Credential { rule: secret.rule, parts }
}

/// The fingerprint of an id and a secret together.
fn print(salt: &Salt, rules: &RuleSet, id: &Half, secret: &Half) -> String {
    salt.fingerprint(&rules.get(secret.rule).text.id, &credential(id, secret))
}

/// The couples to join: by their index, each id and secret in one at most.
fn choose(couples: &[Couple], ids: &[Half], secrets: &[Half]) -> Vec<usize> {
    let mut id_used: Vec<bool> = ids.iter().map(|id| id.paired).collect();
    let mut secret_used = vec![false; secrets.len()];
    let mut chosen = Vec::new();
    for (index, couple) in couples.iter().enumerate() {
        if couple.common.is_enough() && !id_used[couple.id] && !secret_used[couple.secret] {
            (id_used[couple.id], secret_used[couple.secret]) = (true, true);
            chosen.push(index);
        }
    }
    chosen
}

struct World<'a> {
    findings: &'a [Finding],
    rules: &'a RuleSet,
    ids: &'a [Half],
    secrets: &'a [Half],
    couples: &'a [Couple],
    /// The couples of each id, and of each secret.
    of_id: Vec<Vec<usize>>,
    of_secret: Vec<Vec<usize>>,
    salt: Salt,
}

impl<'a> World<'a> {
    fn new(
        findings: &'a [Finding],
        rules: &'a RuleSet,
        (ids, secrets): (&'a [Half], &'a [Half]),
        couples: &'a [Couple],
        salt: Salt,
    ) -> Self {
        let (mut of_id, mut of_secret) = (vec![Vec::new(); ids.len()], vec![Vec::new(); secrets.len()]);
        for (index, couple) in couples.iter().enumerate() {
            of_id[couple.id].push(index);
            of_secret[couple.secret].push(index);
        }
        Self { findings, rules, ids, secrets, couples, of_id, of_secret, salt }
    }

    /// The couples that have the id or the secret of this one, but not both; the surest first.
    fn rivals(&self, couple: usize) -> Vec<&'a Couple> {
        let Couple { id, secret, .. } = self.couples[couple];
        let mut rivals = [&self.of_id[id][..], &self.of_secret[secret]].concat();
        rivals.retain(|rival| *rival != couple);
        rivals.sort_unstable();
        rivals.into_iter().map(|rival| &self.couples[rival]).collect()
    }

    /// The finding of a couple.
    fn join(&self, couple: usize, with_others: bool) -> Finding {
        let Couple { common, id, secret } = &self.couples[couple];
        let (id, half) = (&self.ids[*id], &self.secrets[*secret]);
        let (of_id, of_secret) = (&self.findings[id.finding], &self.findings[half.finding]);
        let credential = Arc::new(credential(id, half));
        let rule = self.rules.get(half.rule);
        let fingerprint = print(&self.salt, self.rules, id, half);
        // Of a pair only the places of its id belong here.
        let of_id_alone = of_id.places.iter().filter(|place| !id.paired || !place.excerpt.hides());
        let mut places: Vec<Sighting> = of_id_alone.cloned().collect();
        // Neither half crowds the other out.
        places.truncate((PLACES_SHOWN / 2).max(PLACES_SHOWN.saturating_sub(of_secret.places.len())));
        let room = PLACES_SHOWN - places.len();
        places.extend(of_secret.places.iter().take(room).cloned());
        if !places.contains(&of_secret.primary) {
            places.pop();
            places.push(of_secret.primary.clone());
        }
        places.sort_unstable();
        let total = of_secret.place_count + if id.paired { 0 } else { of_id.place_count };
        let mut blobs = [&of_secret.blobs[..], &of_id.blobs[..]].concat();
        let both = blobs.len();
        blobs.sort_unstable();
        blobs.dedup();
        let blob_count = of_secret.blob_count + of_id.blob_count - (both - blobs.len());
        blobs.truncate(BLOBS_SHOWN);
        // An id is no secret: the life of the pair is that of its secret.
        let exposure = of_secret.exposure.clone();
        let more = More { unlisted: total.saturating_sub(places.len()), exposure, blobs, blob_count };
        let mut pair = group::finding(rule, credential, fingerprint, places, more);
        pair.primary = of_secret.primary.clone();
        pair.halves = [of_id, of_secret].map(|finding| finding.fingerprint.clone()).into();
        let contested = self.rivals(couple).iter().any(|rival| rival.common.weight() >= common.weight());
        pair.confidence = if common.is_much() && !contested { Confidence::Medium } else { Confidence::Low };
        pair.facts.insert(PAIRED.into(), format!("from different files or commits: {common}"));
        if with_others {
            let others: Vec<String> = self.rivals(couple).into_iter().map(|rival| self.name(rival, half)).collect();
            let mut listed = others[..others.len().min(OTHERS)].join(", ");
            if others.len() > OTHERS {
                listed += &format!(" and {} more", others.len() - OTHERS);
            }
            if !listed.is_empty() {
                pair.facts.insert(OTHER_CANDIDATES.into(), listed);
            }
        }
        pair
    }

    /// The rival half of a couple, by its place.
    fn name(&self, rival: &Couple, secret: &Half) -> String {
        let is_id = std::ptr::eq(&self.secrets[rival.secret], secret);
        let (half, what) = if is_id { (&self.ids[rival.id], "id") } else { (&self.secrets[rival.secret], "secret") };
        let Sighting { origin, place, .. } = &self.findings[half.finding].primary;
        let path = origin.path().map_or("another object".into(), String::from_utf8_lossy);
        format!("{what} at {path}:{}", place.line)
    }

    /// What verification may try beside the pairs that were made: for each id the likeliest other secrets.
    fn candidates(&self, made: &BTreeMap<usize, Finding>) -> Vec<Candidate> {
        let mut tried = vec![0; self.ids.len()];
        let mut candidates = Vec::new();
        for (index, couple) in self.couples.iter().enumerate().filter(|(index, _)| !made.contains_key(index)) {
            if candidates.len() == CANDIDATES {
                break;
            }
            if tried[couple.id] == OTHERS {
                continue;
            }
            tried[couple.id] += 1;
            let halves = [&self.ids[couple.id], &self.secrets[couple.secret]];
            let of = |half: &Half| &self.findings[half.finding];
            // A pair of one content stays what it is, with the verdict on it.
            let alone = halves.into_iter().filter(|half| !half.paired);
            let mut replaces: Vec<String> = alone.map(|half| of(half).fingerprint.clone()).collect();
            let mut leaves = Vec::new();
            for joined in [&self.of_id[couple.id][..], &self.of_secret[couple.secret]].concat() {
                let Some(pair) = made.get(&joined) else { continue };
                let other = &self.couples[joined];
                let left = if other.id == couple.id { &self.secrets[other.secret] } else { &self.ids[other.id] };
                replaces.push(pair.fingerprint.clone());
                leaves.push(of(left).clone());
            }
            let halves = halves.map(|half| of(half).fingerprint.clone());
            candidates.push(Candidate { pair: self.join(index, false), halves, replaces, leaves });
        }
        candidates
    }
}
