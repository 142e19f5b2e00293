//! From hits to sightings: places, excerpts without secrets, and a bound on how many places of one credential are kept.
//!
//! Of a credential's places the smallest ones in report order are kept, so the result does not depend on which thread
//! came first.

use super::sight::{Marked, name_lines};
use crate::allow::Allowances;
use crate::blob::Places;
use crate::error::{Gap, GapKind};
use crate::finding::{CredentialIndex, Credentials, Hit, PLACES_SHOWN, Sighting};
use crate::origin::Origin;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::{BTreeMap, BinaryHeap};
use std::sync::Mutex;

/// Gathers sightings from all threads.
pub struct Collector<'c> {
    credentials: &'c Credentials,
    allow: &'c Allowances,
    most: usize,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    by_credential: FxHashMap<CredentialIndex, Sightings>,
    /// Distinct credentials beyond the limit.
    beyond: FxHashSet<CredentialIndex>,
}

#[derive(Default)]
struct Sightings {
    /// The largest first, to be pushed out by a smaller one. What is allowed is larger than what is not: as long as
    /// one place is not allowed, one such is kept.
    smallest: BinaryHeap<(bool, Sighting)>,
    unlisted: usize,
}

/// What one content held of a credential so far.
#[derive(Default)]
struct Seen {
    count: usize,
    /// Whether one of its places is not allowed.
    reported: bool,
}

/// What a collector gives back.
pub struct Collected {
    /// Sorted.
    pub sightings: Vec<Sighting>,
    pub unlisted: BTreeMap<CredentialIndex, usize>,
    /// Whether there were too many credentials.
    pub gap: Option<Gap>,
}

impl<'c> Collector<'c> {
    /// At most `most` distinct credentials are kept.
    pub fn new(credentials: &'c Credentials, allow: &'c Allowances, most: usize) -> Self {
        Self { credentials, allow, most, kept: Mutex::default() }
    }

    /// Records `hits`, sorted by start, which were found in `content` at `origin`.
    pub fn add(&self, content: &[u8], hits: &[Hit], origin: &Origin) {
        self.add_at_all(content, hits, std::slice::from_ref(origin), |_| true);
    }

    /// Records those of `hits` whose credential is `wanted`, at every one of `origins`: all of them hold `content`.
    pub fn add_at_all(
        &self,
        content: &[u8],
        hits: &[Hit],
        origins: &[Origin],
        wanted: impl Fn(CredentialIndex) -> bool,
    ) {
        let marked = Marked::new(self.credentials, content, hits);
        let mut places = Places::new(content);
        let mut seen: FxHashMap<CredentialIndex, Seen> = FxHashMap::default();
        let mut sights = Vec::new();
        for (number, hit) in hits.iter().enumerate().filter(|(_, hit)| wanted(hit.credential)) {
            let seen = seen.entry(hit.credential).or_default();
            seen.count += 1;
            // Later ones in one content are never among the smallest, unless all before them are allowed.
            let mut listed = seen.count <= PLACES_SHOWN;
            let mut claims = None;
            if listed || !seen.reported {
                let rule = self.credentials.get(hit.credential).rule;
                let said = marked.claims(number, self.allow);
                let allowed = origins.iter().all(|origin| self.allow.decide(rule, &said, origin).is_some());
                listed |= !allowed;
                seen.reported |= !allowed;
                claims = Some(said);
            }
            if self.admits(hit.credential, if listed { 0 } else { origins.len() }) && listed {
                sights.push(marked.sight(number, &mut places, claims.unwrap_or_default()));
            }
        }
        if sights.is_empty() {
            return;
        }
        name_lines(content, &mut sights);
        let mut kept = self.kept.lock().expect("no panic while holding this lock");
        for sight in sights {
            let entry = kept.by_credential.entry(sight.credential).or_default();
            for origin in origins {
                entry.push(sight.at(origin.clone(), self.allow));
            }
        }
    }

    /// Whether there is room for this credential; counts `unlisted` more places of it if so.
    fn admits(&self, credential: CredentialIndex, unlisted: usize) -> bool {
        let mut kept = self.kept.lock().expect("no panic while holding this lock");
        if kept.by_credential.len() >= self.most && !kept.by_credential.contains_key(&credential) {
            kept.beyond.insert(credential);
            return false;
        }
        kept.by_credential.entry(credential).or_default().unlisted += unlisted;
        true
    }

    /// Everything that was recorded.
    pub fn finish(self) -> Collected {
        let kept = self.kept.into_inner().expect("no panic while holding this lock");
        let mut sightings = Vec::new();
        let mut unlisted = BTreeMap::new();
        for (credential, entry) in kept.by_credential {
            if entry.unlisted > 0 {
                unlisted.insert(credential, entry.unlisted);
            }
            sightings.extend(entry.smallest.into_iter().map(|(_, sighting)| sighting));
        }
        sightings.sort_unstable();
        let gap = (!kept.beyond.is_empty()).then(|| Gap {
            kind: GapKind::Limit,
            what: "findings".into(),
            why: format!("{} credentials above the limit of {} are left out", kept.beyond.len(), self.most),
        });
        Collected { sightings, unlisted, gap }
    }
}

impl Sightings {
    fn push(&mut self, sighting: Sighting) {
        self.smallest.push((sighting.allowed.is_some(), sighting));
        if self.smallest.len() > PLACES_SHOWN {
            self.smallest.pop();
            self.unlisted += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{Confidence, Credential, PartKind, RuleIndex};
    use crate::secret::Secret;

    fn credential(parts: &[(PartKind, &str)]) -> Credential {
        let parts = parts.iter().map(|(kind, text)| (*kind, Secret::new(text.as_bytes()))).collect();
        Credential { rule: RuleIndex(0), parts }
    }

    fn hit(content: &str, needle: &str, credential: CredentialIndex) -> Hit {
        let start = content.find(needle).expect("the test plants it") as u32;
        Hit { start, end: start + needle.len() as u32, credential, confidence: Confidence::High }
    }

    #[test]
    fn an_id_is_shown_and_a_secret_is_hidden_wherever_it_stands() {
        let credentials = Credentials::default();
        let pair = credentials.intern(credential(&[(PartKind::KeyId, "IDENT"), (PartKind::Secret, "hunter2hunter2")]));
        let content = "again=hunter2hunter2 id=IDENT secret=hunter2hunter2 and hunter2hunter2";
        let allow = Allowances::default();
        let collector = Collector::new(&credentials, &allow, 10);
        let mut second = hit(content, "secret=hunter2", pair);
        (second.start, second.end) = (second.start + 7, second.start + 21);
        collector.add(content.as_bytes(), &[hit(content, "IDENT", pair), second], &Origin::Stdin);
        let found = collector.finish();
        let texts: Vec<&str> = found.sightings.iter().map(|sighting| sighting.excerpt.text.as_str()).collect();
        assert_eq!(texts, ["again=*** id=IDENT secret=*** and ***"; 2]);
        let mark = found.sightings[1].excerpt.mark;
        assert_eq!(&texts[1][mark.0 - 7..mark.1], "secret=***");
    }

    #[test]
    fn the_smallest_places_stay_whatever_comes_first() {
        let credentials = Credentials::default();
        let index = credentials.intern(credential(&[(PartKind::Secret, "hunter2")]));
        let origins: Vec<Origin> =
            (0..PLACES_SHOWN + 5).map(|n| Origin::File { path: format!("{n:04}").into() }).collect();
        let run = |origins: Vec<&Origin>| {
            let allow = Allowances::default();
            let collector = Collector::new(&credentials, &allow, 10);
            for origin in origins {
                collector.add(b"hunter2", &[hit("hunter2", "hunter2", index)], origin);
            }
            let found = collector.finish();
            (found.sightings, found.unlisted)
        };
        let forward = run(origins.iter().collect());
        assert_eq!(forward, run(origins.iter().rev().collect()));
        assert_eq!(forward.0.len(), PLACES_SHOWN);
        assert_eq!(forward.1[&index], 5);
    }

    #[test]
    fn many_hits_in_one_content_and_too_many_credentials_are_bounded() {
        let credentials = Credentials::default();
        let content = "hunter2 ".repeat(PLACES_SHOWN + 7);
        let [one, two] = ["hunter2", "other"].map(|text| credentials.intern(credential(&[(PartKind::Secret, text)])));
        let hits: Vec<Hit> = (0..PLACES_SHOWN as u32 + 7)
            .map(|n| Hit { start: n * 8, end: n * 8 + 7, credential: one, confidence: Confidence::Low })
            .collect();
        let allow = Allowances::default();
        let collector = Collector::new(&credentials, &allow, 1);
        collector.add(content.as_bytes(), &hits, &Origin::Stdin);
        collector.add(
            b"other",
            &[Hit { start: 0, end: 5, credential: two, confidence: Confidence::Low }],
            &Origin::Stdin,
        );
        let found = collector.finish();
        assert_eq!((found.sightings.len(), found.unlisted[&one]), (PLACES_SHOWN, 7));
        assert_eq!(found.gap.expect("one is too many").kind, GapKind::Limit);
    }
}
