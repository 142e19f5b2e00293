//! The judge: a rule and an anchor become a verdict. It sees a window of at most `BEHIND` bytes before the anchor and the
//! rule's reach behind it, and nothing else.

use super::assignment;
use super::triggers::Triggers;
use crate::finding::{Confidence, Credential, Credentials, Hit, PartKind, RuleIndex};
use crate::rule::model::{Carrier, Ends, Looks};
use crate::rule::{Rule, RuleSet, passes, stats};
use crate::scanner::{BEHIND, Verdict};
use crate::secret::Secret;
use regex_automata::meta::{Cache, Regex};
use regex_automata::util::captures::Captures;
use regex_automata::{Anchored, Input};
use std::ops::Range;

/// One thread's judge: the caches of the regexes that it has used.
pub struct Judge<'s> {
    rules: &'s RuleSet,
    triggers: &'s Triggers,
    credentials: &'s Credentials,
    caches: Vec<Option<Box<(Cache, Captures)>>>,
}

/// A match before the filters.
struct Candidate {
    /// Of the secret, in the window.
    secret: Range<usize>,
    confidence: Confidence,
}

impl<'s> Judge<'s> {
    pub fn new(rules: &'s RuleSet, triggers: &'s Triggers, credentials: &'s Credentials) -> Self {
        Self { rules, triggers, credentials, caches: Vec::new() }
    }

    /// What `rule` says at the anchor `at` of `content`.
    pub fn verdict(&mut self, content: &[u8], at: usize, index: RuleIndex) -> Verdict {
        let rules = self.rules;
        let rule = rules.get(index);
        let from = at.saturating_sub(BEHIND);
        let window = &content[from..content.len().min(at + rule.text.reach)];
        match self.candidate(rule, index, window, at - from) {
            Some(candidate) => self.filter(rule, index, window, from, candidate),
            None => Verdict::Nothing,
        }
    }

    /// What the rule's expression matches at the anchor.
    fn candidate(&mut self, rule: &Rule, index: RuleIndex, window: &[u8], anchor: usize) -> Option<Candidate> {
        let confidence = rule.text.confidence;
        if !rule.text.names.is_empty() || rule.text.carrier != Carrier::Assignment {
            return assignment::at(window, anchor, &rule.text)
                .map(|found| Candidate { secret: found.value, confidence: confidence.min(found.confidence) });
        }
        let Some(pattern) = &rule.regex else {
            let mut secret = None;
            self.triggers.shaped(window, anchor, |found, length| {
                if found == index {
                    secret = Some(anchor..anchor + length);
                }
            });
            return secret.map(|secret| Candidate { secret, confidence });
        };
        let regex = pattern.regex();
        let slot = usize::from(index.0);
        if self.caches.len() <= slot {
            self.caches.resize_with(self.rules.len().max(slot + 1), || None);
        }
        let (cache, captures) =
            &mut **self.caches[slot].get_or_insert_with(|| Box::new((regex.create_cache(), regex.create_captures())));
        let secret = if rule.text.prefixes.is_empty() {
            covering(regex, cache, captures, window, anchor)
        } else {
            let input = Input::new(window).span(anchor..window.len()).anchored(Anchored::Yes);
            regex.search_captures_with(cache, &input, captures);
            secret_of(captures)
        }?;
        Some(Candidate { secret, confidence })
    }

    fn filter(&self, rule: &Rule, index: RuleIndex, window: &[u8], offset: usize, candidate: Candidate) -> Verdict {
        let Candidate { secret: span, mut confidence } = candidate;
        let secret = &window[span.clone()];
        let follows = window.get(span.end).copied();
        if secret.is_empty() || !may_end(rule.text.ends, follows) {
            return Verdict::Nothing;
        }
        if !stats::meets(&rule.text.needs, secret)
            || rule.text.entropy.is_some_and(|least| stats::entropy(secret) < least)
            || rule.text.check.is_some_and(|check| !passes(check, secret))
            || rule.allow.iter().any(|p| p.regex().is_match(secret))
        {
            return Verdict::Nothing;
        }
        if let Some(looks) = rule.text.looks {
            match assignment::looks_secret(secret, true, looks == Looks::Weak) {
                Some(by_looks) => confidence = confidence.min(by_looks),
                None => return Verdict::Nothing,
            }
        }
        if !rule.allow_line.is_empty() {
            let line = line_around(window, &span);
            if rule.allow_line.iter().any(|p| p.regex().is_match(line)) {
                return Verdict::Nothing;
            }
        }
        let near = rule.text.near.is_empty() || self.has_near(rule, index, window, &span);
        if !near && rule.completes.is_none() {
            return Verdict::Nothing;
        }
        let credential =
            self.credentials.intern(Credential { rule: index, parts: vec![(rule.text.part, Secret::new(secret))] });
        let hit = Hit { start: (offset + span.start) as u32, end: (offset + span.end) as u32, credential, confidence };
        // A token or secret that only a key id makes meaningful is kept for pairing alone.
        if near && !(rule.completes.is_some() && rule.text.near.is_empty() && rule.text.part == PartKind::Secret) {
            Verdict::Hit(hit)
        } else {
            Verdict::Loose(hit)
        }
    }

    fn has_near(&self, rule: &Rule, index: RuleIndex, window: &[u8], span: &Range<usize>) -> bool {
        let from = span.start.saturating_sub(rule.text.distance);
        let to = (span.end + rule.text.distance).min(window.len());
        let inner = span.start - from..span.end - from;
        self.triggers.near(self.rules).beside(index, &window[from..to], &inner)
    }
}

/// The first match that covers `anchor`.
fn covering(
    regex: &Regex,
    cache: &mut Cache,
    captures: &mut Captures,
    window: &[u8],
    anchor: usize,
) -> Option<Range<usize>> {
    let mut from = 0;
    while from <= anchor {
        regex.search_captures_with(cache, &Input::new(window).span(from..window.len()), captures);
        let whole = captures.get_match()?;
        if whole.start() > anchor {
            return None;
        }
        if whole.end() > anchor {
            return secret_of(captures);
        }
        from = whole.end().max(whole.start() + 1);
    }
    None
}

fn secret_of(captures: &Captures) -> Option<Range<usize>> {
    let whole = captures.get_match()?;
    Some(captures.get_group_by_name("secret").map_or(whole.range(), |s| s.range()))
}

fn may_end(ends: Ends, follows: Option<u8>) -> bool {
    let Some(b) = follows else { return true };
    match ends {
        Ends::Word => !(b.is_ascii_alphanumeric() || b == b'_'),
        Ends::Base64 => !(b.is_ascii_alphanumeric() || b == b'+' || b == b'/'),
        Ends::Base64Url => !(b.is_ascii_alphanumeric() || b == b'_' || b == b'-'),
        Ends::Any => true,
    }
}

/// The line that holds the span's beginning, as far as the window shows it.
fn line_around<'w>(window: &'w [u8], span: &Range<usize>) -> &'w [u8] {
    let is_end = |b: &u8| *b == b'\n' || *b == b'\r';
    let start = window[..span.start].iter().rposition(is_end).map_or(0, |i| i + 1);
    let end = window[span.start..].iter().position(is_end).map_or(window.len(), |i| span.start + i);
    &window[start..end]
}
