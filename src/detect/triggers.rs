//! Triggers: from a place that the prefilter found to the rules that could apply there.

use super::bitmap::Bitmap;
use super::lanes::runs::is_token;
use super::lanes::words::{Word, Words};
use super::near::Near;
use crate::decode;
use crate::finding::RuleIndex;
use crate::rule::RuleSet;
use crate::rule::model::{Class, MAX_SHAPE, longest_line};
use rustc_hash::FxHashMap;
use std::sync::OnceLock;

/// All triggers of a rule set.
pub struct Triggers {
    prefixes: Prefixes,
    /// By class and length of a run, the rules that it could be for.
    shapes: [Vec<Vec<RuleIndex>>; CLASSES],
    near: OnceLock<Near>,
    pub words: Words,
    /// What each of `words` stands for.
    pub word_rules: Vec<Asking>,
}

/// The rules that one literal asks for.
#[derive(Default)]
pub struct Asking {
    /// Those that want nothing before it.
    plain: Vec<RuleIndex>,
    /// Those that want it at the beginning of a line.
    first: Vec<RuleIndex>,
    /// Those that want words before it.
    behind: Vec<Asked>,
    /// One bit for what each of those words ends in, by the lower five bits of the byte.
    ends: u32,
}

/// A rule that a literal asks for behind some words.
#[derive(Clone, PartialEq, Eq)]
struct Asked {
    pub rule: RuleIndex,
    /// In lower case, the words that must stand before the literal; the anchor is where they begin. Many names end in
    /// the same word: that one is searched, and this looked for where it is found.
    before: Box<[u8]>,
}

/// Most bytes of a name before its last word, joints included.
pub const LONGEST_BEFORE: usize = 32;

impl Asking {
    fn add(&mut self, rule: RuleIndex, before: &str) {
        match before.as_bytes() {
            [b'\n'] => self.first.push(rule),
            [] if self.plain.contains(&rule) => {}
            [] => self.plain.push(rule),
            [.., last] => {
                let asked = Asked { rule, before: before.as_bytes().into() };
                // A word that is empty ends in anything.
                self.ends |= if *last == b'_' { u32::MAX } else { 1 << (last & 31) };
                if !self.behind.contains(&asked) {
                    self.behind.push(asked);
                }
            }
        }
    }

    /// Calls `found` with the anchor of each rule that asks for the literal at `at`, if what must stand before it does.
    #[inline]
    pub fn anchors(&self, bytes: &[u8], at: usize, mut found: impl FnMut(usize, RuleIndex)) {
        self.plain.iter().for_each(|&rule| found(at, rule));
        if !self.first.is_empty() && (at == 0 || bytes[at - 1] == b'\n') {
            self.first.iter().for_each(|&rule| found(at, rule));
        }
        let end = at - joint(bytes, at);
        // Of many names that end in the same word, this says no to nearly all at once.
        if end > 0 && self.ends & 1 << (bytes[end - 1] & 31) != 0 {
            for asked in &self.behind {
                if let Some(at) = asked.anchor(bytes, at) {
                    found(at, asked.rule);
                }
            }
        }
    }
}

/// One where a joint of two words stands before `at`, else nothing.
#[inline]
fn joint(bytes: &[u8], at: usize) -> usize {
    usize::from(at > 0 && b"_-.".contains(&bytes[at - 1]))
}

impl Asked {
    /// Where the anchor is for a literal found at `at`, if what must stand before it does.
    #[inline]
    fn anchor(&self, bytes: &[u8], at: usize) -> Option<usize> {
        let mut end = at;
        for word in self.before.rsplit(|&b| b == b'_') {
            end -= joint(bytes, end);
            let begin = end.checked_sub(word.len())?;
            if !bytes[begin..end].eq_ignore_ascii_case(word) {
                return None;
            }
            end = begin;
        }
        Some(end)
    }
}

impl Triggers {
    pub fn new(rules: &RuleSet) -> Self {
        let mut prefixes = Prefixes::default();
        let mut shapes: [Vec<Vec<RuleIndex>>; CLASSES] = Default::default();
        let mut words: Vec<Word> = Vec::new();
        let mut word_rules: Vec<Asking> = Vec::new();
        let mut add_word = |word: Word, rule: RuleIndex, before: &str| {
            let known = words.iter().position(|known| *known == word);
            let at = known.unwrap_or_else(|| {
                words.push(word);
                word_rules.push(Asking::default());
                words.len() - 1
            });
            word_rules[at].add(rule, before);
        };
        for (index, rule) in rules.iter() {
            for prefix in &rule.text.prefixes {
                prefixes.add(prefix.as_bytes(), index);
            }
            if let Some(shape) = &rule.text.shape {
                let by_length = &mut shapes[shape.class as usize];
                by_length.resize_with(by_length.len().max(shape.max + 1), Vec::new);
                by_length[shape.min..=shape.max].iter_mut().for_each(|rules| rules.push(index));
            }
            for literal in &rule.text.literals {
                let line = longest_line(literal);
                let before = if literal.starts_with('\n') && literal[1..] == *line { "\n" } else { "" };
                add_word(Word { text: line.into(), any_case: false }, index, before);
            }
            for name in &rule.text.names {
                let (before, word) = name.rsplit_once('_').unwrap_or(("", name));
                add_word(Word { text: word.into(), any_case: true }, index, before);
            }
        }
        for word in decode::words() {
            add_word(Word { text: word.text.into(), any_case: word.any_case }, word.kind.rule(), "");
        }
        Self {
            prefixes,
            shapes,
            near: OnceLock::new(),
            words: Words::new(words, decode::SIGNS, decode::SIGNS_BEHIND_TOKENS),
            word_rules,
        }
    }

    /// Calls `found` for each rule that has a prefix at the beginning of `rest`.
    #[inline]
    pub fn prefixed(&self, rest: &[u8], found: impl FnMut(RuleIndex)) {
        self.prefixes.at(rest, found);
    }

    /// Whether a prefix may begin here: a cheap look that says too much.
    #[inline]
    pub fn may_be_prefix(&self, rest: &[u8]) -> bool {
        self.prefixes.may_begin(rest)
    }

    /// Calls `found(rule, length)` for each rule whose shape a whole run at `at` has.
    pub fn shaped(&self, bytes: &[u8], at: usize, mut found: impl FnMut(RuleIndex, usize)) {
        // One pass tells for every class how long its run is: a class's bit falls at the first byte outside of it.
        let before = if at == 0 { 0 } else { classes_of(bytes[at - 1]) };
        let mut alive = !before & ALL_CLASSES;
        let mut tell = |fallen: u8, length: usize| {
            let mut fallen = fallen;
            while fallen != 0 {
                let class = fallen.trailing_zeros() as usize;
                fallen &= fallen - 1;
                for &rule in self.shapes[class].get(length).into_iter().flatten() {
                    found(rule, length);
                }
            }
        };
        let mut length = 0;
        while alive != 0 && length <= MAX_SHAPE {
            let here = bytes.get(at + length).map_or(0, |&b| classes_of(b));
            tell(alive & !here, length);
            alive &= here;
            length += 1;
        }
    }

    /// The words that rules want near.
    pub fn near(&self, rules: &RuleSet) -> &Near {
        self.near.get_or_init(|| Near::new(rules))
    }
}

const CLASSES: usize = 8;
const ALL_CLASSES: u8 = 0xff;

/// Bit i: the byte belongs to the `Class` whose number is i.
#[inline]
fn classes_of(byte: u8) -> u8 {
    static TABLE: [u8; 256] = {
        let mut table = [0; 256];
        let mut i = 0;
        while i < 256 {
            let b = i as u8;
            let lower_hex = b.is_ascii_digit() || (b >= b'a' && b <= b'f');
            let upper_hex = b >= b'A' && b <= b'F';
            let mut bits = 0;
            if lower_hex {
                bits |= 1 << Class::Hex as u8 | 1 << Class::Uuid as u8 | 1 << Class::HexAny as u8;
            }
            if upper_hex {
                bits |= 1 << Class::HexAny as u8;
            }
            if b == b'-' {
                bits |= 1 << Class::Uuid as u8;
            }
            if b.is_ascii_digit() || b.is_ascii_lowercase() {
                bits |= 1 << Class::LowerAlnum as u8;
            }
            if b.is_ascii_digit() || b.is_ascii_uppercase() {
                bits |= 1 << Class::UpperAlnum as u8;
            }
            if b.is_ascii_alphanumeric() {
                bits |= 1 << Class::Alnum as u8;
            }
            if b.is_ascii_alphanumeric() || b == b'+' || b == b'/' {
                bits |= 1 << Class::Base64 as u8;
            }
            if b.is_ascii_alphanumeric() || b == b'_' || b == b'-' {
                bits |= 1 << Class::Base64Url as u8;
            }
            table[i] = bits;
            i += 1;
        }
        table
    };
    TABLE[usize::from(byte)]
}

/// What a prefix has behind its first three bytes, most often nothing, and the rule that has it.
type Prefix = (Box<[u8]>, RuleIndex);

/// Prefixes by their first three bytes.
#[derive(Default)]
struct Prefixes {
    beginnings: Bitmap,
    by_first: FxHashMap<[u8; FIRST], Vec<Prefix>>,
}

const FIRST: usize = 3;
const _: () = assert!(crate::rule::model::MIN_PREFIX == FIRST - 1);

impl Prefixes {
    /// The first bytes as a number.
    #[inline]
    fn beginning(first: &[u8; FIRST]) -> u32 {
        u32::from_le_bytes([first[0], first[1], first[2], 0])
    }

    fn add(&mut self, prefix: &[u8], rule: RuleIndex) {
        let mut add = |first: [u8; FIRST]| {
            self.beginnings.add(Self::beginning(&first));
            let rest = prefix.get(FIRST..).unwrap_or_default();
            self.by_first.entry(first).or_default().push((rest.into(), rule));
        };
        match *prefix {
            // A prefix of two has any token character behind it: it is asked at the beginning of a run.
            [a, b] => (0..=u8::MAX).filter(|&c| is_token(c)).for_each(|c| add([a, b, c])),
            _ => add(*prefix.first_chunk().expect("the loader refuses shorter ones")),
        }
    }

    #[inline]
    fn may_begin(&self, rest: &[u8]) -> bool {
        rest.first_chunk().is_some_and(|first| self.beginnings.may_hold(Self::beginning(first)))
    }

    fn at(&self, rest: &[u8], mut found: impl FnMut(RuleIndex)) {
        let Some((first, rest)) = rest.split_first_chunk() else { return };
        let Some(candidates) = self.by_first.get(first) else { return };
        let mut last = None;
        for (behind, rule) in candidates {
            if last != Some(*rule) && rest.starts_with(behind) {
                last = Some(*rule);
                found(*rule);
            }
        }
    }
}

/// How far back a run of base64 is followed to tell a path's slash from one inside of encoded data.
const ENCODED: usize = 40;

/// Whether a token can begin at `at`: nothing before it, or something that is no part of a token. Depends on at most
/// 64 bytes before `at`.
pub fn can_begin(bytes: &[u8], at: usize) -> bool {
    let Some(&before) = at.checked_sub(1).and_then(|i| bytes.get(i)) else { return true };
    match before {
        b'+' | b'/' => {
            let run = bytes[..at]
                .iter()
                .rev()
                .take(ENCODED)
                .take_while(|&&b| b.is_ascii_alphanumeric() || b == b'+' || b == b'/');
            run.count() < ENCODED
        }
        b if b.is_ascii_alphanumeric() => after_escape(bytes, at),
        _ => true,
    }
}

/// Whether the alphanumeric byte before `at` belongs to an escape: `\n`, `%2F`, `\x22`, `\u0022`, a colour's `m`.
fn after_escape(bytes: &[u8], at: usize) -> bool {
    let back = |n: usize| at.checked_sub(n).map(|i| bytes[i]);
    let hex = |from: usize, count: usize| (from..from + count).all(|n| back(n).is_some_and(|b| b.is_ascii_hexdigit()));
    match back(2) {
        Some(b'\\') if back(1).is_some_and(|b| b"nrtfbv0".contains(&b)) => return true,
        _ => {}
    }
    if hex(1, 2) && (back(3) == Some(b'%') || (back(3) == Some(b'x') && back(4) == Some(b'\\'))) {
        return true;
    }
    if hex(1, 4) && matches!(back(5), Some(b'u' | b'U')) && back(6) == Some(b'\\') {
        return true;
    }
    if back(1) == Some(b'm') {
        let mut n = 2;
        while n < 12 && back(n).is_some_and(|b| b.is_ascii_digit() || b == b';') {
            n += 1;
        }
        return n > 2 && back(n) == Some(b'[') && back(n + 1) == Some(0x1b);
    }
    false
}

/// Bytes from a run's start to the furthest of its [`escaped_starts`].
pub const LONGEST_ESCAPE: usize = 5;

/// Positions behind a run's start at which a token can begin after an escape, for a run that an escape's introducer
/// stands before: at most four.
pub fn escaped_starts(bytes: &[u8], run: usize) -> impl Iterator<Item = usize> + '_ {
    let introducer = run.checked_sub(1).map(|i| bytes[i]);
    let offsets: &[usize] = match introducer {
        Some(b'\\' | b'%') => &[1, 2, 3, LONGEST_ESCAPE],
        Some(b'[' | b';') => &[1, 2, 3, 4],
        _ => &[],
    };
    offsets
        .iter()
        .map(move |o| run + o)
        .filter(move |&at| at < bytes.len() && bytes[at - 1].is_ascii_alphanumeric() && after_escape(bytes, at))
        .filter(move |&at| {
            bytes[at..].iter().take(super::lanes::runs::SHORTEST).filter(|&&b| is_token(b)).count()
                == super::lanes::runs::SHORTEST
        })
}
