//! Which secret belongs to which id. People write several of each into one file, in either order, so the choice is made
//! for all of them together: never n times m pairs, and never the nearest secret when that one is another id's.

use super::resolve::{Ranked, gap};
use crate::finding::{Confidence, Credential, CredentialIndex, Credentials, Hit, PartKind, Tier};
use crate::rule::RuleSet;
use rustc_hash::FxHashMap;

/// An id and its secret stand at most so many bytes apart: some 40 lines, with room.
const WITHIN: u32 = 4096;
/// For one id at most so many secrets on either side are considered.
const CANDIDATES: usize = 8;
/// What an id without a secret costs when the near ones are shared out: a couple that costs more is no near one.
const ALONE: u32 = 600;
/// Partial solutions that are followed at the same time.
const STATES: usize = 64;

/// An id and a secret that may belong together.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Couple {
    cost: u32,
    /// Index into the ids.
    id: usize,
    /// Index into the completing hits.
    secret: usize,
}

/// Appends a hit of tier pair for every part of every pair. Each id and each secret, wherever it is repeated, has one
/// partner at most.
pub(super) fn pair(rules: &RuleSet, credentials: &Credentials, sure: &mut Vec<Ranked>, completing: &mut [Ranked]) {
    completing.sort_by_key(|r| (r.hit.start, r.rule));
    let ids = ids(rules, sure, completing);
    if ids.is_empty() {
        return;
    }
    let couples = couples(rules, &ids, completing);
    let mut order = share_out(&couples, ids.len());
    order.sort_unstable();
    let mut rest: Vec<Couple> = couples.into_iter().flatten().collect();
    rest.sort_unstable();
    order.append(&mut rest);

    let mut partners: FxHashMap<CredentialIndex, CredentialIndex> = FxHashMap::default();
    let mut belong = |one: CredentialIndex, other: CredentialIndex| {
        let known = |from, to| partners.get(&from).is_none_or(|partner| *partner == to);
        let fits = known(one, other) && known(other, one);
        if fits {
            partners.insert(one, other);
            partners.insert(other, one);
        }
        fits
    };
    let mut id_used = vec![false; ids.len()];
    let mut used = vec![false; completing.len()];
    for Couple { id: i, secret: s, .. } in order {
        let (id, secret) = (&ids[i], &completing[s]);
        if id_used[i] || used[s] || !belong(id.hit.credential, secret.hit.credential) {
            continue;
        }
        id_used[i] = true;
        used[s] = true;
        let token = nearest_token(rules, completing, &used, id);
        if let Some(t) = token {
            used[t] = true;
        }
        join(credentials, id, secret, token.map(|t| &completing[t]), sure);
    }
}

/// The ids to pair. One inside of a greater secret that holds no candidate, as a signed URL's signer is, leads to none.
fn ids(rules: &RuleSet, sure: &[Ranked], completing: &[Ranked]) -> Vec<Ranked> {
    let completed = |id: &Ranked| completing.iter().any(|c| rules.get(c.rule).completes == Some(id.rule));
    let mut ids: Vec<Ranked> = sure.iter().filter(|r| completed(r)).copied().collect();
    let inside = |inner: &Hit, outer: &Hit| {
        outer.start <= inner.start && inner.end <= outer.end && outer.end - outer.start > inner.end - inner.start
    };
    let has_candidate = |outer: &Hit| {
        completing.iter().any(|c| rules.get(c.rule).text.part == PartKind::Secret && inside(&c.hit, outer))
    };
    ids.retain(|id| !sure.iter().any(|r| r.tier >= Tier::Secret && inside(&id.hit, &r.hit) && !has_candidate(&r.hit)));
    ids.sort_by_key(|r| (r.hit.start, r.rule));
    ids
}

/// For each id its possible secrets, in their order.
fn couples(rules: &RuleSet, ids: &[Ranked], completing: &[Ranked]) -> Vec<Vec<Couple>> {
    let of = |(i, id): (usize, &Ranked)| {
        let middle = completing.partition_point(|c| c.hit.start < id.hit.start);
        let fits = |s: &usize| {
            let rule = rules.get(completing[*s].rule);
            rule.text.part == PartKind::Secret && rule.completes == Some(id.rule)
        };
        let after = (middle..completing.len()).filter(fits).take(CANDIDATES);
        let before = (0..middle).rev().filter(fits).take(CANDIDATES);
        let mut couples: Vec<Couple> = before
            .chain(after)
            .filter_map(|s| {
                let distance = gap(&id.hit, &completing[s].hit);
                // People write the id first; a secret before it must be clearly nearer.
                let reversed = if completing[s].hit.start < id.hit.start { distance + 1 } else { 0 };
                (distance <= WITHIN).then_some(Couple { cost: distance * 2 + reversed, id: i, secret: s })
            })
            .collect();
        couples.sort_unstable_by_key(|couple| couple.secret);
        couples
    };
    ids.iter().enumerate().map(of).collect()
}

/// A partial solution: the ids so far, each with a secret behind that of the one before, or alone.
#[derive(Clone, Copy)]
struct State {
    /// The first secret that is still free.
    next: usize,
    cost: u32,
    /// The last couple chosen, in the list of all that were.
    last: Option<usize>,
}

/// Shares the near secrets out: of all ways in which ids and secrets come in the same order, the cheapest. So a list of
/// records keeps its records whichever of the two they begin with, and two ids before two secrets go first to first.
fn share_out(couples: &[Vec<Couple>], ids: usize) -> Vec<Couple> {
    let mut chosen: Vec<(Couple, Option<usize>)> = Vec::new();
    let mut states = vec![State { next: 0, cost: 0, last: None }];
    for couples in couples.iter().take(ids) {
        let mut next: Vec<State> = states.iter().map(|s| State { cost: s.cost.saturating_add(ALONE), ..*s }).collect();
        for couple in couples.iter().filter(|couple| couple.cost < ALONE) {
            // The states are sorted: the cheapest that leaves this secret free is the last that does.
            let Some(state) = states.iter().rev().find(|state| state.next <= couple.secret) else { continue };
            chosen.push((*couple, state.last));
            let cost = state.cost.saturating_add(couple.cost);
            next.push(State { next: couple.secret + 1, cost, last: Some(chosen.len() - 1) });
        }
        // A state is worth following only when it is cheaper than all that leave more secrets free.
        next.sort_by_key(|state| (state.next, state.cost));
        let mut cheapest = u32::MAX;
        next.retain(|state| {
            let better = state.cost < cheapest;
            cheapest = cheapest.min(state.cost);
            better
        });
        let excess = next.len().saturating_sub(STATES);
        next.drain(..excess);
        states = next;
    }
    let mut at = states.last().and_then(|state| state.last);
    let mut couples = Vec::new();
    while let Some(index) = at {
        couples.push(chosen[index].0);
        at = chosen[index].1;
    }
    couples
}

/// Interns the pair and appends a hit for each of its parts.
fn join(credentials: &Credentials, id: &Ranked, secret: &Ranked, token: Option<&Ranked>, sure: &mut Vec<Ranked>) {
    let part = |kind, of: &Ranked| (kind, credentials.get(of.hit.credential).parts[0].1.clone());
    let mut parts = vec![part(PartKind::KeyId, id), part(PartKind::Secret, secret)];
    parts.extend(token.map(|token| part(PartKind::SessionToken, token)));
    let credential = credentials.intern(Credential { rule: secret.rule, parts });
    let confidence = id.hit.confidence.max(Confidence::Medium);
    for place in [Some(id), Some(secret), token].into_iter().flatten() {
        let hit = Hit { start: place.hit.start, end: place.hit.end, credential, confidence };
        sure.push(Ranked { hit, tier: Tier::Pair, ..*place });
    }
}

/// The free session token nearest to `id`.
fn nearest_token(rules: &RuleSet, completing: &[Ranked], used: &[bool], id: &Ranked) -> Option<usize> {
    (0..completing.len())
        .filter(|&t| {
            let rule = rules.get(completing[t].rule);
            !used[t] && rule.text.part == PartKind::SessionToken && rule.completes == Some(id.rule)
        })
        .map(|t| (gap(&id.hit, &completing[t].hit), t))
        .filter(|(distance, _)| *distance <= WITHIN)
        .min()
        .map(|(_, t)| t)
}
