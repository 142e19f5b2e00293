//! Words that rules want near a secret, as names of services: all of them in one look at the surroundings.
//!
//! Nearly all text that is looked at holds none of the hundreds of words, so what counts is how fast it says no. A
//! bitmap of the hashes of how words begin fits the first-level cache and is asked at every byte. An automaton of so many
//! words does not fit, and takes a while to build: measured, a scan took a fifteenth longer with one.

use super::bitmap::Bitmap;
use crate::finding::RuleIndex;
use crate::rule::RuleSet;
use rustc_hash::FxHashMap;
use std::ops::Range;

/// The `near` words of all rules.
pub struct Near {
    words: Words,
    /// By rule, the numbers of the words that it wants.
    wants: Vec<Vec<u32>>,
}

/// The words that stand near a place.
#[derive(Default)]
pub struct Nearby {
    /// By word: the look in which it was seen last.
    looks: Vec<u32>,
    look: u32,
    /// The stretch of the bytes that the last look was at.
    stretch: Range<usize>,
}

impl Nearby {
    /// What was seen was in other bytes than those that come now.
    pub fn forget(&mut self) {
        self.stretch = 0..0;
    }
}

/// Bytes that one look covers: runs that ask for words stand close to one another, and the next ones are answered by
/// the same look.
const STRETCH: usize = 768;

impl Near {
    pub fn new(rules: &RuleSet) -> Self {
        let mut words = Words::default();
        let mut numbers: FxHashMap<String, u32> = FxHashMap::default();
        let mut wants = Vec::new();
        for (_, rule) in rules.iter() {
            let spelled = rule.text.near.iter().flat_map(|word| spellings(&word.to_ascii_lowercase()));
            let number = |word: String| *numbers.entry(word).or_insert_with_key(|word| words.add(word));
            wants.push(spelled.map(number).collect());
        }
        Self { words, wants }
    }

    /// Notes the words in `wanted`, or in more than that.
    pub fn look(&self, bytes: &[u8], wanted: Range<usize>, seen: &mut Nearby) {
        if seen.stretch.start <= wanted.start && wanted.end <= seen.stretch.end {
            return;
        }
        // Who asks again so soon stands in a list.
        let in_list = (seen.stretch.start..seen.stretch.end + STRETCH).contains(&wanted.start);
        let more = if in_list { STRETCH } else { 0 };
        seen.stretch = wanted.start..wanted.end.max((wanted.start + more).min(bytes.len()));
        seen.looks.resize(self.words.list.len(), 0);
        seen.look += 1;
        self.words.find(&bytes[seen.stretch.clone()], |word, _| {
            seen.looks[word as usize] = seen.look;
            false
        });
    }

    /// Whether the last look saw a word that `rule` wants, or it wants none.
    pub fn has(&self, rule: RuleIndex, seen: &Nearby) -> bool {
        let wanted = &self.wants[usize::from(rule.0)];
        wanted.is_empty() || wanted.iter().any(|&word| seen.looks[word as usize] == seen.look)
    }

    /// Whether a word that `rule` wants stands in `text` before `span` or behind it.
    pub fn beside(&self, rule: RuleIndex, text: &[u8], span: &Range<usize>) -> bool {
        let wanted = &self.wants[usize::from(rule.0)];
        // A word inside of the secret itself is chance.
        self.words.find(text, |word, at| (at.end <= span.start || at.start >= span.end) && wanted.contains(&word))
    }
}

/// Words in lower case, searched in either case.
#[derive(Default)]
struct Words {
    list: Vec<Box<[u8]>>,
    beginnings: Bitmap,
    by_beginning: FxHashMap<u32, Vec<Begun>>,
    /// What there is of a beginning: very short words have fewer bytes than others look at.
    masks: Vec<u32>,
}

/// A word whose beginning stands somewhere.
struct Begun {
    word: u32,
    /// The bytes behind the beginning, folded, and those of them that the word has: many words begin alike.
    next: u32,
    mask: u32,
}

/// Bytes of a beginning.
const BEGINNING: usize = 4;

/// Lower case for letters; other bytes may collide, which costs a second look and nothing else.
const FOLD: u8 = 0x20;

#[inline]
fn folded(bytes: [u8; BEGINNING]) -> u32 {
    u32::from_le_bytes(bytes) | u32::from_le_bytes([FOLD; BEGINNING])
}

/// The bytes of `text` from `at` on, folded, and a mask of those that there are.
#[inline]
fn chunk(text: &[u8], at: usize) -> (u32, u32) {
    let rest = text.get(at..).unwrap_or_default();
    if let Some(whole) = rest.first_chunk() {
        return (folded(*whole), u32::MAX);
    }
    let mut bytes = [0; BEGINNING];
    bytes[..rest.len()].copy_from_slice(rest);
    let mask = (0..rest.len()).fold(0, |mask, k| mask | 0xff << (8 * k));
    (folded(bytes) & mask, mask)
}

impl Words {
    /// Adds a word, which gets the next number.
    fn add(&mut self, word: &str) -> u32 {
        let number = self.list.len() as u32;
        let (first, mask) = chunk(word.as_bytes(), 0);
        let (next, next_mask) = chunk(word.as_bytes(), BEGINNING);
        let short = word.len() == BEGINNING - 1;
        // With all bytes that may stand behind it, a word of three is as long as others: no look of its own for it.
        let last = (0..=u8::MAX).filter(|&byte| short && byte == byte | FOLD);
        let beginnings = last.map(|byte| first | u32::from(byte) << 24).chain((!short).then_some(first));
        for beginning in beginnings {
            self.beginnings.add(beginning);
            self.by_beginning.entry(beginning).or_default().push(Begun { word: number, next, mask: next_mask });
        }
        let mask = if short { u32::MAX } else { mask };
        if !self.masks.contains(&mask) {
            self.masks.push(mask);
        }
        self.list.push(word.as_bytes().into());
        number
    }

    /// Calls `found` with every word that stands in `text`, overlapping ones included, and where, until it says that this
    /// is enough; tells whether it did.
    fn find(&self, text: &[u8], mut found: impl FnMut(u32, Range<usize>) -> bool) -> bool {
        for &mask in &self.masks {
            let mut at_each = |at: usize, first: [u8; BEGINNING]| {
                let beginning = folded(first) & mask;
                self.beginnings.may_hold(beginning) && self.compare(text, at, beginning, &mut found)
            };
            let whole = text.len().saturating_sub(BEGINNING - 1);
            let enough = text
                .windows(BEGINNING)
                .enumerate()
                .any(|(at, first)| at_each(at, *first.first_chunk().expect("windows have that many bytes")))
                || (whole..text.len()).any(|at| {
                    let mut first = [0; BEGINNING];
                    first[..text.len() - at].copy_from_slice(&text[at..]);
                    at_each(at, first)
                });
            if enough {
                return true;
            }
        }
        false
    }

    /// Compares the words with this beginning: rare, so kept out of the loop.
    #[inline(never)]
    fn compare(
        &self,
        text: &[u8],
        at: usize,
        beginning: u32,
        found: &mut impl FnMut(u32, Range<usize>) -> bool,
    ) -> bool {
        let Some(all) = self.by_beginning.get(&beginning) else { return false };
        let (next, _) = chunk(text, at + BEGINNING);
        all.iter().filter(|begun| next & begun.mask == begun.next).any(|begun| {
            let word = &self.list[begun.word as usize];
            let here = text[at..].get(..word.len());
            here.is_some_and(|here| here.eq_ignore_ascii_case(word)) && found(begun.word, at..at + word.len())
        })
    }
}

/// `api_key` is written `api-key`, `apikey` (and so `apiKey`), `api key` and `api.key` as well.
fn spellings(word: &str) -> Vec<String> {
    if !word.contains('_') {
        return vec![word.to_string()];
    }
    ["_", "-", "", " ", "."].iter().map(|joint| word.replace('_', joint)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LIST: [&str; 9] = ["lob", "okta", "okta.com", "k", "sp=", "api key", "passw\u{f6}rd", "aws", "awsome"];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn finds_what_a_plain_look_finds(
            pieces in proptest::collection::vec(
                proptest::sample::select(
                    vec!["lo", "b", "LOB", "Okta", ".com", "sp", "=", "API ", "key", "passw\u{f6}", "rd", "aw", "some", "\u{0}", " "]),
                0..30),
        ) {
            let text = pieces.concat();
            let mut words = Words::default();
            for word in LIST {
                words.add(word);
            }
            let mut plain = Vec::new();
            for (number, word) in LIST.iter().enumerate() {
                for at in 0..text.len() {
                    let here = text.as_bytes()[at..].get(..word.len());
                    if here.is_some_and(|here| here.eq_ignore_ascii_case(word.as_bytes())) {
                        plain.push((number as u32, at..at + word.len()));
                    }
                }
            }
            let mut fast = Vec::new();
            let enough = words.find(text.as_bytes(), |word, at| {
                fast.push((word, at));
                false
            });
            prop_assert!(!enough);
            let order = |found: &(u32, Range<usize>)| (found.0, found.1.start);
            fast.sort_by_key(order);
            prop_assert_eq!(&fast, &plain);
            prop_assert_eq!(words.find(text.as_bytes(), |word, _| word == 0), plain.iter().any(|(word, _)| *word == 0));
        }
    }
}
