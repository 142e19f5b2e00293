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
use crate::scanner::{AHEAD, BEHIND, LocalWorker, MOST_MARKS, Mark, Scanner, Spot, Verdict, Worker};
use judge::Judge;
use lanes::runs::Position;
use lanes::sweep::{Sink, sweep};
use near::Nearby;
use std::ops::Range;
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
            spots: Vec::new(),
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
    spots: Vec<Spot>,
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

    fn spots(&mut self, text: &[u8], from: usize, to: usize, spots: &mut Vec<Spot>) {
        #[cfg(debug_assertions)]
        fault::strike(text);
        let known = spots.len();
        self.lanes(text, from, to, spots);
        spots[known..].sort_unstable();
        // Every spot belongs to exactly one of two ranges that touch, wherever its run began.
        let range = from as u32..to as u32;
        let mut last = None;
        let drops = |spot: &mut Spot| !range.contains(&spot.at) || last.replace(*spot) == Some(*spot);
        spots.extract_if(known.., drops).for_each(drop);
    }

    #[inline(always)]
    fn may_go_on(&self, content: &[u8], line: usize) -> bool {
        decode::may_go_on(content, line)
    }

    fn continued(&self, content: &[u8], line: usize) -> Option<Spot> {
        decode::continued(content, line).map(|(at, kind)| Spot { at: at as u32, rule: kind.rule() })
    }

    fn judge(&mut self, content: &[u8], spots: &[Spot], marks: &mut Vec<Mark>) {
        self.seen.forget();
        for &Spot { at, rule } in spots {
            let at = at as usize;
            match decode::Kind::of(rule) {
                Some(kind) => self.decode(content, at, kind, marks),
                None if rule == SHAPED => self.judge_shaped(content, at, marks),
                None => self.judge_by(content, at, rule, marks),
            }
        }
    }

    fn look(&mut self, content: &[u8], marks: &mut Vec<Mark>) -> bool {
        let all = |_: &Mark| true;
        self.look_at(content, 0..content.len(), all, MOST_MARKS, marks)
    }

    fn resolve(&mut self, marks: &[Mark], hits: &mut Vec<Hit>) {
        resolve::resolve(&self.detector.rules, &self.detector.credentials, marks, hits);
    }
}

/// Stands for all rules that want a run of some shape and a word of theirs nearby: many want the same shape, and nearly
/// always no such word is there.
const SHAPED: RuleIndex = RuleIndex(u16::MAX - 0x100);

/// So many bytes are searched before what stands in them is judged.
const CHUNK: usize = 1 << 16;

impl DetectWorker<'_> {
    fn scan_bytes(&mut self, content: &[u8], hits: &mut Vec<Hit>) {
        let mut marks = std::mem::take(&mut self.marks);
        marks.clear();
        self.look_at(content, 0..content.len(), says_something, usize::MAX, &mut marks);
        self.resolve(&marks, hits);
        self.marks = marks;
    }

    /// Appends the marks of the spots in `range` that are `wanted`, sorted. Gives up where there are more than `most`.
    fn look_at(
        &mut self,
        content: &[u8],
        range: Range<usize>,
        wanted: impl Fn(&Mark) -> bool,
        most: usize,
        marks: &mut Vec<Mark>,
    ) -> bool {
        let mut spots = std::mem::take(&mut self.spots);
        let mut first = range.start;
        while first < range.end && marks.len() <= most {
            let last = range.end.min(first + CHUNK);
            spots.clear();
            self.spots(content, first, last, &mut spots);
            let known = marks.len();
            self.judge(content, &spots, marks);
            marks.extract_if(known.., |mark| !wanted(mark)).for_each(drop);
            first = last;
        }
        self.spots = spots;
        marks.sort_unstable();
        marks.len() <= most
    }

    /// Judges one rule at `at`.
    fn judge_by(&mut self, content: &[u8], at: usize, rule: RuleIndex, marks: &mut Vec<Mark>) {
        let verdict = self.judge.verdict(content, at, rule);
        let reach = self.detector.rules.get(rule).text.reach;
        marks.push(mark(content, at, at + reach, rule, verdict));
    }

    /// Judges the rules that [`SHAPED`] stands for.
    fn judge_shaped(&mut self, content: &[u8], at: usize, marks: &mut Vec<Mark>) {
        let mut shaped = std::mem::take(&mut self.shaped);
        shaped_in(&self.detector.rules, self.triggers, content, at, &mut shaped);
        let reach = |&(rule, _): &(RuleIndex, usize)| self.detector.rules.get(rule).text.reach;
        let to = at + shaped.iter().map(reach).max().unwrap_or(AHEAD);
        near_only(&self.detector.rules, self.triggers, content, at, &mut shaped, &mut self.seen);
        let known = marks.len();
        for &(rule, _) in &shaped {
            match self.judge.verdict(content, at, rule) {
                Verdict::Nothing => {}
                verdict => marks.push(mark(content, at, to, SHAPED, verdict)),
            }
        }
        if marks.len() == known {
            marks.push(mark(content, at, to, SHAPED, Verdict::Nothing));
        }
        self.shaped = shaped;
    }

    /// Decodes what begins at `at` and appends the marks of what is found in it, each at its place in the content.
    fn decode(&mut self, content: &[u8], at: usize, kind: decode::Kind, marks: &mut Vec<Mark>) {
        if self.depth == decode::DEPTH || !decode::is_spot(kind, content, at) {
            return;
        }
        let known = marks.len();
        let mut to = at + AHEAD;
        if let Some(decoded) = decode::at(kind, content, at) {
            to = to.max(decoded.to);
            let hull = decoded.hull();
            let mut inner = Vec::new();
            self.depth += 1;
            let spots = std::mem::take(&mut self.spots);
            // A name that stands before a decoded value is asked too.
            let range = hull.start.saturating_sub(BEHIND)..hull.end;
            self.look_at(&decoded.bytes, range, says_something, usize::MAX, &mut inner);
            self.spots = spots;
            self.depth -= 1;
            // What was seen near was seen in the decoded text.
            self.seen.forget();
            for found in inner {
                let (Verdict::Hit(hit) | Verdict::Loose(hit)) = found.verdict else { continue };
                let (start, end) = (hit.start as usize, hit.end as usize);
                if decoded.concerns(start, end) && !is_signer(&decoded.bytes, start, end) {
                    let (start, end) = decoded.original(start, end);
                    let verdict = found.verdict.map(|hit| Hit { start: start as u32, end: end as u32, ..hit });
                    marks.push(mark(content, at, to, kind.rule(), verdict));
                }
            }
        }
        if marks.len() == known {
            marks.push(mark(content, at, to, kind.rule(), Verdict::Nothing));
        }
    }

    /// What the lanes see in `from..to`, and some of what lies beside.
    fn lanes(&mut self, text: &[u8], from: usize, to: usize, spots: &mut Vec<Spot>) {
        let triggers = self.triggers;
        let mut spotter = Spotter { text, rules: &self.detector.rules, triggers, shaped: &mut self.shaped, spots };
        // A token behind an escape begins a few bytes after the run that holds it: that run may begin before `from`.
        let first = from.saturating_sub(triggers::LONGEST_ESCAPE);
        // An escape lies before its run, and a name may begin before `to` and the last word of it, which is searched, behind.
        let last = to + 1 + triggers::LONGEST_BEFORE + triggers.words.furthest();
        sweep(text, first, last, &triggers.words, &mut spotter);
    }
}

/// From what a sweep sees to spots.
struct Spotter<'s> {
    text: &'s [u8],
    rules: &'s RuleSet,
    triggers: &'s Triggers,
    shaped: &'s mut Vec<(RuleIndex, usize)>,
    spots: &'s mut Vec<Spot>,
}

impl Spotter<'_> {
    #[inline]
    fn add(&mut self, at: usize, rule: RuleIndex) {
        self.spots.push(Spot { at: at as u32, rule });
    }

    /// The rules that have a prefix at `at`.
    #[inline]
    fn prefixed(&mut self, at: usize) {
        let rest = &self.text[at..];
        if self.triggers.may_be_prefix(rest) && triggers::can_begin(self.text, at) {
            self.triggers.prefixed(rest, |rule| {
                if self.rules.get(rule).regex.as_ref().is_none_or(|regex| regex.admits(rest)) {
                    self.spots.push(Spot { at: at as u32, rule });
                }
            });
        }
    }
}

impl Sink for Spotter<'_> {
    #[inline]
    fn run(&mut self, Position { at, credible }: Position) {
        let text = self.text;
        self.prefixed(at);
        if let Some(kind) = decode::begins(text, at) {
            self.add(at, kind.rule());
        }
        if credible {
            shaped_in(self.rules, self.triggers, text, at, self.shaped);
            if !self.shaped.is_empty() {
                self.add(at, SHAPED);
            }
        }
        if at > 0 && matches!(text[at - 1], b'\\' | b'%' | b'[' | b';') {
            if decode::is_escaped(text, at) {
                self.add(at - 1, decode::Kind::Escapes.rule());
            }
            for escaped in triggers::escaped_starts(text, at) {
                self.prefixed(escaped);
            }
        }
    }

    #[inline]
    fn word(&mut self, at: usize, word: usize) {
        let spots = &mut *self.spots;
        self.triggers.word_rules[word].anchors(self.text, at, |at, rule| spots.push(Spot { at: at as u32, rule }));
    }

    #[inline]
    fn sign(&mut self, at: usize) {
        if let Some(kind) = decode::marked(self.text, at) {
            self.add(at, kind.rule());
        }
    }
}

fn says_something(mark: &Mark) -> bool {
    mark.verdict != Verdict::Nothing
}

/// A mark at `at` of `content` whose window ends at `to`.
fn mark(content: &[u8], at: usize, to: usize, rule: RuleIndex, verdict: Verdict) -> Mark {
    let (from, to) = (at.saturating_sub(BEHIND), to.min(content.len()));
    Mark { at: at as u32, from: from as u32, to: to as u32, rule, verdict }
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

/// The rules for whose shape the run at `at` is, each with the length of the run.
fn shaped_in(rules: &RuleSet, triggers: &Triggers, bytes: &[u8], at: usize, shaped: &mut Vec<(RuleIndex, usize)>) {
    shaped.clear();
    triggers.shaped(bytes, at, |rule, length| shaped.push((rule, length)));
    let mut counted = (0, Counts::default());
    shaped.retain(|&(rule, length)| {
        let rule = rules.get(rule);
        // Where the whole run is the secret, the characters that it needs are a cheap bound.
        rule.regex.is_some() || {
            if counted.0 != length {
                counted = (length, Counts::of(&bytes[at..at + length]));
            }
            counted.1.meet(&rule.text.needs)
        }
    });
}

/// Drops the rules that want a word nearby where none of theirs stands, by one look for all of them. The judge asks
/// again for each that stays, within its own distance.
fn near_only(
    rules: &RuleSet,
    triggers: &Triggers,
    content: &[u8],
    at: usize,
    shaped: &mut Vec<(RuleIndex, usize)>,
    seen: &mut Nearby,
) {
    let Some(longest) = shaped.iter().map(|s| s.1).max() else { return };
    let distance = |s: &(RuleIndex, usize)| rules.get(s.0).text.distance;
    let Some(distance) = shaped.iter().map(distance).max() else { return };
    let end = content.len().min(at + longest + distance);
    let near = triggers.near(rules);
    near.look(content, at.saturating_sub(distance)..end, seen);
    shaped.retain(|&(rule, _)| rules.get(rule).completes.is_some() || near.has(rule, seen));
}

// What lane one looks at lies within what the history engine shows it.
const _: () = assert!(lanes::runs::MIX_REACH <= AHEAD && crate::rule::model::MAX_DISTANCE < BEHIND);
