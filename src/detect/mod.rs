//! Detection: content in, hits out. The order is lanes (where to look), triggers (which rules), judge (is it one),
//! resolve (what it amounts to).

mod assignment;
mod bitmap;
pub mod examples;
#[cfg(debug_assertions)]
pub mod fault;
mod judge;
pub mod lanes;
mod near;
mod pairing;
mod resolve;
mod triggers;

use crate::container;
use crate::decode::{self, wide};
use crate::finding::{Credentials, Hit, RuleIndex};
use crate::rule::RuleSet;
use crate::rule::stats::Counts;
use crate::scanner::{AHEAD, BEHIND, LocalWorker, Mark, Scanner, Short, Verdict, View, Worker};
use judge::Judge;
use lanes::literals::Seen;
use near::Nearby;
use std::sync::{Arc, LazyLock};
use std::thread;
use triggers::Triggers;

/// A rule set with its triggers: what all threads share.
pub struct Detector {
    rules: Arc<RuleSet>,
    credentials: Arc<Credentials>,
    triggers: Arc<LazyLock<Triggers, Build>>,
}

type Build = Box<dyn FnOnce() -> Triggers + Send>;

impl Detector {
    /// Returns at once. The triggers are built in a thread of their own, beside what a source does before it has
    /// something to search: for a hook that is as much time.
    pub fn new(rules: Arc<RuleSet>, credentials: Arc<Credentials>) -> Self {
        let of = Arc::clone(&rules);
        let build: Build = Box::new(move || Triggers::new(&of));
        let triggers = Arc::new(LazyLock::new(build));
        let early = Arc::clone(&triggers);
        // Without a thread they are built when the first worker needs them.
        let _ = thread::Builder::new().spawn(move || {
            LazyLock::force(&early);
        });
        Self { rules, credentials, triggers }
    }
}

impl Scanner for Detector {
    type Worker<'s> = DetectWorker<'s>;

    fn worker(&self) -> DetectWorker<'_> {
        let triggers = LazyLock::force(&self.triggers);
        DetectWorker {
            detector: self,
            triggers,
            judge: Judge::new(&self.rules, triggers, &self.credentials),
            marks: Vec::new(),
            anchors: Vec::new(),
            seen: Nearby::default(),
            shaped: Vec::new(),
            depth: 0,
        }
    }
}

/// One thread's detector.
pub struct DetectWorker<'s> {
    detector: &'s Detector,
    triggers: &'s Triggers,
    judge: Judge<'s>,
    marks: Vec<Mark>,
    anchors: Vec<(usize, RuleIndex)>,
    seen: Nearby,
    shaped: Vec<(RuleIndex, usize)>,
    /// How many decoders deep this is.
    depth: u8,
}

impl Worker for DetectWorker<'_> {
    fn scan(&mut self, content: &[u8], hits: &mut Vec<Hit>) {
        // A mark alone proves nothing: it may stand before plain ASCII, so the bytes are searched as they are too.
        let known = hits.len();
        self.scan_bytes(content, hits);
        if let Some(order) = wide::order(content) {
            let wide = hits.len();
            self.scan_bytes(&wide::narrow(content, order), hits);
            let width = order.width() as u32;
            for hit in &mut hits[wide..] {
                (hit.start, hit.end) = (hit.start * width, hit.end * width);
            }
            hits[known..].sort_unstable();
        }
    }
}

impl LocalWorker for DetectWorker<'_> {
    fn is_local(&self, head: &[u8]) -> bool {
        wide::order(head).is_none() && !container::is_container(head)
    }

    fn look(&mut self, view: View<'_>, from: usize, to: usize, marks: &mut Vec<Mark>) -> Result<(), Short> {
        #[cfg(debug_assertions)]
        fault::strike(view.bytes);
        let mut anchors = std::mem::take(&mut self.anchors);
        anchors.clear();
        let first = from - view.offset;
        let last = to - view.offset;
        self.seen.forget();
        self.anchors_in(view, first, last, &mut anchors);
        anchors.sort_unstable();
        anchors.dedup();
        let known = marks.len();
        let mut result = Ok(());
        for &(at, rule) in &anchors {
            result = self.look_again(view, view.offset + at, rule, marks);
            if result.is_err() {
                marks.truncate(known);
                break;
            }
        }
        self.anchors = anchors;
        result
    }

    fn look_again(&mut self, view: View<'_>, at: usize, rule: RuleIndex, marks: &mut Vec<Mark>) -> Result<(), Short> {
        match decode::Kind::of(rule) {
            Some(kind) => self.decode(view, at, kind, marks),
            None => self.judge.judge(view, at, rule, marks),
        }
    }

    fn resolve(&mut self, marks: &[Mark], hits: &mut Vec<Hit>) {
        resolve::resolve(&self.detector.rules, &self.detector.credentials, marks, hits);
    }
}

impl DetectWorker<'_> {
    fn scan_bytes(&mut self, content: &[u8], hits: &mut Vec<Hit>) {
        let mut marks = std::mem::take(&mut self.marks);
        marks.clear();
        self.look(View::whole(content), 0, content.len(), &mut marks).expect("a whole view holds every window");
        self.resolve(&marks, hits);
        self.marks = marks;
    }

    /// Decodes what begins at `at` and appends the marks of what is found in it, each at its place in the content.
    fn decode(&mut self, view: View<'_>, at: usize, kind: decode::Kind, marks: &mut Vec<Mark>) -> Result<(), Short> {
        if self.depth == decode::DEPTH {
            return Ok(());
        }
        let Some(decoded) = decode::at(kind, view, at)? else { return Ok(()) };
        let hull = decoded.hull();
        let mut inner = Vec::new();
        self.depth += 1;
        // A name that stands before a decoded value is asked too.
        let looked = self.look(View::whole(&decoded.bytes), hull.start.saturating_sub(BEHIND), hull.end, &mut inner);
        self.depth -= 1;
        looked.expect("a whole view holds every window");
        let to = decoded.to.max(at + AHEAD).min(view.length);
        let mark = |verdict| {
            let (at, from, to) = (at as u32, at.saturating_sub(BEHIND) as u32, to as u32);
            Mark { at, from, to, rule: kind.rule(), verdict }
        };
        let known = marks.len();
        for found in inner {
            let (Verdict::Hit(hit) | Verdict::Loose(hit)) = found.verdict else { continue };
            let (start, end) = (hit.start as usize, hit.end as usize);
            if decoded.concerns(start, end) && !is_signer(&decoded.bytes, start, end) {
                let (start, end) = decoded.original(start, end);
                let hit = Hit { start: start as u32, end: end as u32, ..hit };
                let loose = matches!(found.verdict, Verdict::Loose(_));
                marks.push(mark(if loose { Verdict::Loose(hit) } else { Verdict::Hit(hit) }));
            }
        }
        if marks.len() == known && to > at + AHEAD {
            marks.push(mark(Verdict::Nothing));
        }
        Ok(())
    }

    /// All anchors of `from..to` in the view's bytes, with the rules to ask there.
    fn anchors_in(&mut self, view: View<'_>, from: usize, to: usize, anchors: &mut Vec<(usize, RuleIndex)>) {
        let bytes = view.bytes;
        let triggers = self.triggers;
        let (seen, shaped) = (&mut self.seen, &mut self.shaped);
        let prefixed = |at: usize, anchors: &mut Vec<(usize, RuleIndex)>| {
            if triggers.may_be_prefix(&bytes[at..]) && triggers::can_begin(bytes, at) {
                triggers.prefixed(&bytes[at..], |rule| anchors.push((at, rule)));
            }
        };
        // A token behind an escape begins a few bytes after the run that holds it: that run may begin before `from`.
        let first = from.saturating_sub(triggers::LONGEST_ESCAPE);
        // An escape of two characters lies before its run.
        lanes::runs::find(bytes, first, to + 1, |position| {
            let at = position.at;
            prefixed(at, anchors);
            if decode::is_escaped(bytes, at) {
                anchors.push((at - 1, decode::Kind::Escapes.rule()));
            }
            if let Some(kind) = decode::begins(bytes, at) {
                anchors.push((at, kind.rule()));
            }
            if position.credible {
                shaped.clear();
                triggers.shaped(bytes, at, |rule, length| shaped.push((rule, length)));
                if !shaped.is_empty() {
                    near_only(&self.detector.rules, triggers, view, at, shaped, seen);
                    anchors.extend(shaped.iter().map(|s| (at, s.0)));
                }
            }
            if at > 0 && matches!(bytes[at - 1], b'\\' | b'%' | b'[' | b';') {
                for escaped in triggers::escaped_starts(bytes, at) {
                    prefixed(escaped, anchors);
                }
            }
        });
        // A name may begin before `to` and the last word of it, which is searched, behind.
        let last = (to + triggers::LONGEST_BEFORE).min(bytes.len());
        triggers.literals.find(bytes, from.saturating_sub(1), last, |at, seen| match seen {
            Seen::Word(word) => {
                triggers.literal_rules[word].anchors(bytes, at, |at, rule| anchors.push((at, rule)));
            }
            Seen::Patterns(patterns) => {
                decode::marked(bytes, at, patterns, |at, kind| anchors.push((at, kind.rule())));
            }
        });
        // Every anchor belongs to exactly one of two ranges that touch, wherever its run began.
        anchors.retain(|anchor| (from..to).contains(&anchor.0));
    }
}

/// Whether the id at `start..end` of decoded text is that of a session in the scope of a signed request,
/// `ASIA…/20260131/…`, of which a line may hold the year only. Such text was encoded as a whole, in a token or URL, which
/// is the finding; of a piece of one the id says nothing.
fn is_signer(text: &[u8], start: usize, end: usize) -> bool {
    let rest = &text[end.min(text.len())..];
    let scope = [&b"/"[..], b"%2F", b"%2f"].iter().find_map(|slash| rest.strip_prefix(*slash));
    let dated =
        |scope: &[u8]| scope.len() >= 4 && scope.starts_with(b"20") && scope[..4].iter().all(u8::is_ascii_digit);
    text[start..].starts_with(b"ASIA") && end - start == 20 && scope.is_some_and(dated)
}

/// Drops the rules that want a word nearby where none of theirs stands, by one look for all of them. The judge asks
/// again for each that stays, within its own distance.
fn near_only(
    rules: &RuleSet,
    triggers: &Triggers,
    view: View<'_>,
    at: usize,
    shaped: &mut Vec<(RuleIndex, usize)>,
    seen: &mut Nearby,
) {
    let mut counted = (0, Counts::default());
    shaped.retain(|&(rule, length)| {
        let rule = rules.get(rule);
        // Where the whole run is the secret, the characters that it needs are a cheap bound.
        rule.regex.is_some() || {
            if counted.0 != length {
                counted = (length, Counts::of(&view.bytes[at..at + length]));
            }
            counted.1.meet(&rule.text.needs)
        }
    });
    let Some(longest) = shaped.iter().map(|s| s.1).max() else { return };
    let distance = |s: &(RuleIndex, usize)| rules.get(s.0).text.distance;
    let Some(distance) = shaped.iter().map(distance).max() else { return };
    let end = at + longest + distance;
    if end > view.bytes.len() && view.offset + view.bytes.len() < view.length {
        // The piece at hand does not show all of the surroundings: the judge will ask for them.
        return;
    }
    let near = triggers.near(rules);
    near.look(view.bytes, at.saturating_sub(distance)..end.min(view.bytes.len()), seen);
    shaped.retain(|&(rule, _)| rules.get(rule).completes.is_some() || near.has(rule, seen));
}

// What lane one looks at lies within what the history engine shows it.
const _: () = assert!(lanes::runs::MIX_REACH <= AHEAD && crate::rule::model::MAX_DISTANCE < BEHIND);
