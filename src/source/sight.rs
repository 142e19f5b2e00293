//! From hits in content to what a reader sees: places and excerpts in which no secret stands.

use crate::allow::{Allowances, Claims};
use crate::aws::partitions::named_in;
use crate::blob::{EXCERPT_BYTES, HIDDEN, Places, excerpt, unit_width};
use crate::finding::{
    Confidence, Credential, CredentialIndex, Credentials, Excerpt, Hit, PartKind, RuleIndex, Sighting,
};
use crate::line_hash::{LineHash, line_hashes};
use crate::origin::{Origin, Place};
use crate::secret::Secret;
use memchr::memmem;
use rustc_hash::FxHashMap;
use std::ops::Range;
use std::sync::Arc;
use zeroize::Zeroize;

/// An excerpt looks no further than this around a hit, in bytes of UTF-16 text; see [`excerpt`].
const WINDOW: usize = 2 * EXCERPT_BYTES;
/// The partition of a key pair is looked for in so many bytes before and after it: some ten lines.
const SURROUNDINGS: usize = 512;

/// A hit with its place and its excerpt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sight {
    pub credential: CredentialIndex,
    pub confidence: Confidence,
    pub place: Place,
    pub excerpt: Excerpt,
    pub line_hash: Option<LineHash>,
    /// The archive's member that it is in, if it is in one; then the place is one in that.
    pub member: Option<Vec<u8>>,
    pub rule: RuleIndex,
    /// What the content says about reporting it.
    pub claims: Claims,
}

impl Sight {
    /// The same, in an archive's member.
    #[must_use]
    pub fn in_member(self, member: Option<&[u8]>) -> Self {
        Self { member: member.map(<[u8]>::to_vec), ..self }
    }

    /// The same, at an origin.
    pub fn at(&self, origin: Origin, allow: &Allowances) -> Sighting {
        let Self { credential, confidence, place, excerpt, line_hash, member, .. } = self.clone();
        let origin = origin.within(member.as_deref());
        let allowed = allow.decide(self.rule, &self.claims, &origin);
        // GitHub names lines of files, not of what they unpack to, nor of their names.
        let line_hash = line_hash.filter(|_| origin.member().is_none() && !origin.is_name());
        Sighting { origin, place, credential, confidence, excerpt, line_hash, allowed }
    }
}

/// The line to name where only one is: that of the secret, or else of the first part. 0 where there is none.
pub fn line(sights: &[Sight]) -> u32 {
    let secret = sights.iter().find(|sight| sight.excerpt.hides());
    secret.or(sights.first()).map_or(0, |sight| sight.place.line)
}

/// What stands for the bytes of a hit: themselves where they are a part that may be shown, else asterisks.
pub fn mark_text(credentials: &Credentials, content: &[u8], hit: &Hit) -> String {
    mark_of(&credentials.get(hit.credential), content, hit)
}

fn mark_of(credential: &Credential, content: &[u8], hit: &Hit) -> String {
    let bytes = content.get(hit.start as usize..hit.end as usize).unwrap_or_default();
    // In wide text the other bytes are zero.
    let plain: Vec<u8> = bytes.iter().copied().filter(|byte| *byte != 0).collect();
    let public = credential.parts.iter().any(|(kind, part)| kind.is_public() && part.expose() == plain);
    if public { String::from_utf8_lossy(&plain).into_owned() } else { HIDDEN.to_string() }
}

/// The bytes that an excerpt must not show on account of a hit. Around an encoded one the whole run is hidden: who sees
/// the rest of it can decode that.
fn hidden(credential: &Credential, content: &[u8], hit: &Hit) -> Range<usize> {
    let (start, end) = (hit.start as usize, (hit.end as usize).min(content.len()));
    let bytes = content.get(start..end).unwrap_or_default();
    let narrow: Vec<u8> = bytes.iter().copied().filter(|byte| *byte != 0).collect();
    let plain = |part: &Secret| memmem::find(&narrow, part.expose()).is_some();
    if credential.parts.iter().any(|(_, part)| plain(part)) {
        return start..end;
    }
    let width = unit_width(bytes);
    let is_run = |unit: &&[u8], more: &[u8]| {
        let mut letters = unit.iter().filter(|byte| **byte != 0);
        let letter = letters.next().filter(|_| letters.next().is_none());
        letter.is_some_and(|b| b.is_ascii_alphanumeric() || b"+/_-%\\".contains(b) || more.contains(b))
    };
    let before = content[..start].rchunks_exact(width).take(WINDOW).take_while(|unit| is_run(unit, b"")).count();
    let after = content[end..].chunks_exact(width).take(WINDOW).take_while(|unit| is_run(unit, b"=")).count();
    start - before * width..end + after * width
}

/// The sights of `hits` (all that `content` holds, sorted by start) for which `wanted` says yes.
pub fn sights(
    credentials: &Credentials,
    allow: &Allowances,
    content: &[u8],
    hits: &[Hit],
    wanted: impl Fn(&Hit) -> bool,
) -> Vec<Sight> {
    let marked = Marked::new(credentials, content, hits);
    let mut places = Places::new(content);
    let mut sights = Vec::new();
    for (number, _) in hits.iter().enumerate().filter(|(_, hit)| wanted(hit)) {
        sights.push(marked.sight(number, &mut places, marked.claims(number, allow)));
    }
    name_lines(content, &mut sights);
    sights
}

/// Gives `sights`, all of one content, the names of their lines. Once for all of them, since it reads the content.
pub fn name_lines(content: &[u8], sights: &mut [Sight]) {
    let hashes = line_hashes(content, sights.iter().map(|sight| sight.place.line));
    for sight in sights {
        sight.line_hash = hashes.get(&sight.place.line).copied();
    }
}

/// All hits of one content with the marks that stand for them.
pub struct Marked<'c> {
    content: &'c [u8],
    hits: &'c [Hit],
    ranges: Vec<(usize, usize, String)>,
    credentials: FxHashMap<CredentialIndex, Arc<Credential>>,
}

impl<'c> Marked<'c> {
    /// `hits` are all that `content` holds, sorted by start.
    pub fn new(credentials: &Credentials, content: &'c [u8], hits: &'c [Hit]) -> Self {
        let mut known: FxHashMap<CredentialIndex, Arc<Credential>> = FxHashMap::default();
        let mut ranges = Vec::with_capacity(hits.len());
        for hit in hits {
            let credential = known.entry(hit.credential).or_insert_with(|| credentials.get(hit.credential));
            let hidden = hidden(credential, content, hit);
            ranges.push((hidden.start, hidden.end, mark_of(credential, content, hit)));
        }
        Self { content, hits, ranges, credentials: known }
    }

    /// What the content says about reporting hit `number`.
    pub fn claims(&self, number: usize, allow: &Allowances) -> Claims {
        let hit = &self.hits[number];
        allow.claims(self.content, hit, &self.credentials[&hit.credential])
    }

    /// Hit `number`, but for the name of its line.
    pub fn sight(&self, number: usize, places: &mut Places<'_>, claims: Claims) -> Sight {
        let hit = &self.hits[number];
        Sight {
            credential: hit.credential,
            confidence: hit.confidence,
            place: places.place(hit.start as usize, hit.end as usize),
            excerpt: self.excerpt(number),
            line_hash: None,
            member: None,
            rule: self.credentials[&hit.credential].rule,
            claims,
        }
    }

    /// The excerpt of hit `number`. Beside the hits themselves it hides the same secrets where they stand a second time
    /// without being a hit.
    pub fn excerpt(&self, number: usize) -> Excerpt {
        let (start, end, _) = self.ranges[number];
        let near = |range: &(usize, usize, String)| range.1 + WINDOW > start && range.0 < end + WINDOW;
        let first = self.ranges[..number].iter().rposition(|range| !near(range)).map_or(0, |at| at + 1);
        let last = self.ranges[number..].iter().position(|range| !near(range));
        let last = last.map_or(self.ranges.len(), |at| number + at);
        let mut ranges = self.ranges[first..last].to_vec();
        let mut nearby: Vec<CredentialIndex> = self.hits[first..last].iter().map(|hit| hit.credential).collect();
        nearby.sort_unstable();
        nearby.dedup();
        let nearby = nearby.iter().filter_map(|index| self.credentials.get(index));
        let parts = nearby.flat_map(|credential| &credential.parts);
        for (_, secret) in parts.filter(|(kind, part)| !kind.is_public() && !part.is_empty()) {
            let plain = secret.expose();
            let mut wide: Vec<u8> = plain.iter().flat_map(|byte| [*byte, 0]).collect();
            let mut wider: Vec<u8> = plain.iter().flat_map(|byte| [*byte, 0, 0, 0]).collect();
            for form in [plain, &wide[..wide.len() - 1], &wider[..wider.len() - 3]] {
                let from = start.saturating_sub(WINDOW + form.len());
                let to = (end + WINDOW + form.len()).min(self.content.len());
                let again = memmem::find_iter(&self.content[from..to], form);
                ranges.extend(again.map(|at| (from + at, from + at + form.len(), HIDDEN.to_string())));
            }
            wide.zeroize();
            wider.zeroize();
        }
        disjoint(&mut ranges);
        let which = ranges.partition_point(|range| range.1 <= start);
        let partitions = self.partitions(number);
        Excerpt { partitions, ..excerpt(self.content, &ranges, which) }
    }

    /// The partitions that the lines around a key pair name: a key id does not tell its own.
    fn partitions(&self, number: usize) -> Vec<&'static str> {
        let hit = &self.hits[number];
        let Some(credential) = self.credentials.get(&hit.credential) else { return Vec::new() };
        let has = |wanted| credential.parts.iter().any(|(kind, _)| *kind == wanted);
        if !has(PartKind::KeyId) || !has(PartKind::Secret) {
            return Vec::new();
        }
        let from = (hit.start as usize).saturating_sub(SURROUNDINGS);
        let to = (hit.end as usize + SURROUNDINGS).min(self.content.len());
        // In UTF-16 text every second byte is zero.
        let near: Vec<u8> = self.content[from..to].iter().copied().filter(|byte| *byte != 0).collect();
        named_in(&String::from_utf8_lossy(&near)).iter().map(|partition| partition.name).collect()
    }
}

/// Sorts the ranges and merges those that overlap; a merged one with different marks shows nothing.
fn disjoint(ranges: &mut Vec<(usize, usize, String)>) {
    ranges.sort();
    let mut apart: Vec<(usize, usize, String)> = Vec::with_capacity(ranges.len());
    for range in ranges.drain(..) {
        match apart.last_mut().filter(|last| range.0 < last.1) {
            None => apart.push(range),
            Some(last) => {
                last.1 = last.1.max(range.1);
                if last.2 != range.2 {
                    last.2 = HIDDEN.into();
                }
            }
        }
    }
    *ranges = apart;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_range_covers_short_ones_inside_it() {
        let mut ranges = vec![(10, 20, "***".to_string()), (0, 100, "***".into()), (150, 160, "ID".into())];
        disjoint(&mut ranges);
        assert_eq!(ranges, [(0, 100, "***".to_string()), (150, 160, "ID".into())]);
    }
}
