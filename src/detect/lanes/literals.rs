//! Lane two: the few words that runs cannot show — private-key headers, `://`, the names that secrets are stored under —
//! and the marks of encoded text.
//!
//! The rarest four bytes of every word go into eight [`buckets`](super::buckets), what decoders look for has the other
//! eight: one pass finds both. Names are written in three cases, so letters of theirs count in either.

use super::buckets::{BUCKETS, Buckets, Nibbles, WIDTH, Yes};
use std::ops::Range;

/// A word to search for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Literal {
    pub text: Vec<u8>,
    /// Letters match in either case; `text` is in lower case.
    pub any_case: bool,
}

/// Bytes in a row, for each those that may stand there; an empty set stands for any.
pub type Pattern = [&'static [u8]; WIDTH];

/// What stands at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Seen {
    /// The word of this number begins here.
    Word(usize),
    /// Some patterns may begin here: one bit for each.
    Patterns(u8),
}

/// The first bucket for words; each one before it holds a pattern.
pub const WORDS: usize = 8;
/// Bytes of a fingerprint: a word has three at least.
const LENGTHS: [usize; 2] = [3, WIDTH];

/// A search for a set of words, and for a few patterns in the same pass.
pub struct Literals {
    literals: Vec<Literal>,
    buckets: Buckets,
    /// By the hash of a fingerprint the number of a list in `lists`, from 1: says no to most of what the buckets say yes
    /// to by chance.
    slots: Box<[u8; SLOTS]>,
    lists: Vec<Vec<Fingerprint>>,
    /// Furthest that a fingerprint lies behind its word's beginning.
    furthest: usize,
}

/// Some bytes of a word in a row, folded. The mask leaves out those that a short word does not have.
struct Fingerprint {
    bytes: u32,
    mask: u32,
    offset: usize,
    literal: usize,
}

/// Lower case for letters; other bytes may collide, which costs a second look and nothing else.
#[inline]
const fn fold(byte: u8) -> u8 {
    byte | 0x20
}

const SLOTS: usize = 8192;

/// The slot of a fingerprint.
#[inline]
const fn slot(bytes: u32) -> usize {
    (bytes.wrapping_mul(0x9e37_79b1) >> (u32::BITS - SLOTS.trailing_zeros())) as usize
}

/// The first `length` bytes of a fingerprint.
const fn mask(length: usize) -> u32 {
    u32::MAX >> (8 * (WIDTH - length))
}

/// Folded bytes as a number; what lies behind the end counts as nothing that a word has.
#[inline]
fn folded(bytes: &[u8]) -> u32 {
    let mut all = [0; WIDTH];
    match bytes.first_chunk() {
        Some(whole) => all = *whole,
        None => all[..bytes.len()].copy_from_slice(bytes),
    }
    u32::from_le_bytes(all.map(fold))
}

impl Literal {
    /// What the bucket of the stretch at `offset` must allow.
    fn nibbles(&self, offset: usize) -> Nibbles {
        let mut nibbles = Nibbles::default();
        for k in 0..WIDTH {
            match self.text.get(offset + k) {
                Some(&byte) if self.any_case => {
                    nibbles.add(k, byte.to_ascii_lowercase());
                    nibbles.add(k, byte.to_ascii_uppercase());
                }
                Some(&byte) => nibbles.add(k, byte),
                None => nibbles.add_any(k),
            }
        }
        nibbles
    }
}

/// Where a word may go: the beginning of the fingerprint in it, what that asks of a bucket, and a bucket.
#[derive(Clone, Copy)]
struct Place {
    offset: usize,
    nibbles: Nibbles,
    bucket: usize,
}

/// Stretches of a word that may be its fingerprint: the rarest ones.
const STRETCHES: usize = 3;
/// How often all words are asked for a better place.
const ROUNDS: usize = 2;

/// A place for each word. Which stretch of a word is its fingerprint, and in which bucket it goes, decides how often the
/// buckets say yes by chance: each word goes where it adds least, and then again, now that the others are there.
fn arrange(literals: &[Literal]) -> Vec<Place> {
    let stretches: Vec<Vec<Place>> = literals
        .iter()
        .map(|literal| {
            let place = |offset| Place { offset, nibbles: literal.nibbles(offset), bucket: usize::MAX };
            let mut all: Vec<Place> = (0..=literal.text.len().saturating_sub(WIDTH)).map(place).collect();
            all.sort_by(|a, b| a.nibbles.rate().total_cmp(&b.nibbles.rate()));
            all.truncate(STRETCHES);
            all
        })
        .collect();
    let mut order: Vec<usize> = (0..literals.len()).collect();
    order.sort_by(|&a, &b| stretches[b][0].nibbles.rate().total_cmp(&stretches[a][0].nibbles.rate()));
    let mut placed: Vec<Place> = stretches.iter().map(|all| all[0]).collect();
    for _ in 0..ROUNDS {
        for &word in &order {
            let mut without = [Nibbles::default(); BUCKETS];
            for (other, place) in placed.iter().enumerate() {
                if other != word && place.bucket < BUCKETS {
                    without[place.bucket] = without[place.bucket].or(&place.nibbles);
                }
            }
            let places = stretches[word]
                .iter()
                .flat_map(|&stretch| (WORDS..BUCKETS).map(move |bucket| Place { bucket, ..stretch }));
            let before: [f32; BUCKETS] = std::array::from_fn(|bucket| without[bucket].rate());
            let cost = |place: &Place| without[place.bucket].or(&place.nibbles).rate() - before[place.bucket];
            placed[word] = places.min_by(|a, b| cost(a).total_cmp(&cost(b))).expect("every word has a stretch");
        }
    }
    placed
}

impl Literals {
    /// Words have at least three bytes; of patterns there are eight at most.
    pub fn new(literals: Vec<Literal>, patterns: &[Pattern]) -> Self {
        assert!(patterns.len() <= WORDS, "each pattern has a bucket of its own");
        let mut buckets = Buckets::default();
        for (bucket, pattern) in patterns.iter().enumerate() {
            let mut nibbles = Nibbles::default();
            for (k, set) in pattern.iter().enumerate() {
                match set {
                    [] => nibbles.add_any(k),
                    set => set.iter().for_each(|&byte| nibbles.add(k, byte)),
                }
            }
            buckets.add(bucket, &nibbles);
        }
        let mut built = Self { buckets, slots: Box::new([0; SLOTS]), lists: Vec::new(), furthest: 0, literals };
        for (literal, place) in arrange(&built.literals).into_iter().enumerate() {
            built.add(literal, &place);
        }
        built
    }

    fn add(&mut self, literal: usize, place: &Place) {
        let offset = place.offset;
        self.buckets.add(place.bucket, &place.nibbles);
        let text = &self.literals[literal].text;
        let mask = mask(text.len().min(WIDTH));
        let bytes = folded(&text[offset..]) & mask;
        let number = &mut self.slots[slot(bytes)];
        if *number == 0 && self.lists.len() < usize::from(u8::MAX) {
            self.lists.push(Vec::new());
            *number = self.lists.len() as u8;
        }
        // With more words than lists, the last list holds many: slower, and right.
        *number = (*number).max(u8::MAX * u8::from(*number == 0));
        self.lists[usize::from(*number) - 1].push(Fingerprint { bytes, mask, offset, literal });
        self.furthest = self.furthest.max(offset);
    }

    /// Calls `found` for every word that begins in `from..to`, overlapping ones included, and for every place in it, and
    /// some behind it, where patterns may begin; in no special order.
    #[inline]
    pub fn find(&self, bytes: &[u8], from: usize, to: usize, found: impl FnMut(usize, Seen)) {
        self.buckets.find(bytes, from, to + self.furthest, self.verify(bytes, from..to, found));
    }

    /// What looks again where buckets say yes.
    #[inline(always)]
    fn verify<'a>(
        &'a self,
        bytes: &'a [u8],
        range: Range<usize>,
        mut found: impl FnMut(usize, Seen) + 'a,
    ) -> impl FnMut(usize, Yes) + 'a {
        move |at, yes| match yes {
            Yes::First(patterns) => found(at, Seen::Patterns(patterns)),
            Yes::Others => {
                let here = folded(&bytes[at..]);
                let lists = LENGTHS.map(|length| self.slots[slot(here & mask(length))]);
                if lists != [0; 2] {
                    self.compare_all(bytes, at, here, lists, &range, &mut found);
                }
            }
        }
    }

    /// Compares the words whose fingerprints may stand here, those of each length in a list of its own: rare, so kept out of
    /// the loop.
    #[inline(never)]
    fn compare_all(
        &self,
        bytes: &[u8],
        at: usize,
        here: u32,
        lists: [u8; 2],
        range: &Range<usize>,
        found: &mut impl FnMut(usize, Seen),
    ) {
        for (length, list) in LENGTHS.into_iter().zip(lists) {
            let list = usize::from(list).checked_sub(1).map(|list| &self.lists[list]);
            for fingerprint in list.into_iter().flatten() {
                let same = here & fingerprint.mask == fingerprint.bytes && fingerprint.mask == mask(length);
                if same && at >= fingerprint.offset {
                    self.compare(bytes, at - fingerprint.offset, fingerprint.literal, range, found);
                }
            }
        }
    }

    #[inline]
    fn compare(
        &self,
        bytes: &[u8],
        start: usize,
        literal: usize,
        range: &Range<usize>,
        found: &mut impl FnMut(usize, Seen),
    ) {
        let Literal { text, any_case } = &self.literals[literal];
        let Some(here) = bytes[start..].get(..text.len()) else { return };
        if range.contains(&start) && if *any_case { here.eq_ignore_ascii_case(text) } else { here == text } {
            found(start, Seen::Word(literal));
        }
    }

    /// The same by comparing every word at every place: slow and plainly right, to compare with.
    pub fn find_plainly(&self, bytes: &[u8], from: usize, to: usize, mut found: impl FnMut(usize, usize)) {
        for at in from..to.min(bytes.len()) {
            for (i, literal) in self.literals.iter().enumerate() {
                let Some(here) = bytes[at..].get(..literal.text.len()) else { continue };
                if here == literal.text || (literal.any_case && here.eq_ignore_ascii_case(&literal.text)) {
                    found(at, i);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn literals() -> Literals {
        let exact =
            ["-----BEGIN", "://", "7Q~", "aab", "aabb", "aab"].map(|t| Literal { text: t.into(), any_case: false });
        let names = ["passw", "token", "abc"].map(|t| Literal { text: t.into(), any_case: true });
        Literals::new(exact.into_iter().chain(names).collect(), &[[b"ab", b"-", b"", b""]])
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]
        #[test]
        fn finds_what_a_plain_look_finds(
            pieces in proptest::collection::vec(
                proptest::sample::select(vec!["passw", "PassW", "TOKEN", "tok", "://", "-----BEGI", "N", "aab", "b", "abC", "x", "a-", "7q~", "7Q~", "\u{0}", "é", " a b c "]),
                0..60),
            from in 0usize..100, length in 0usize..300,
        ) {
            let bytes = pieces.concat().into_bytes();
            let from = from.min(bytes.len());
            let literals = literals();
            let (mut plain, mut fast, mut portable) = (Vec::new(), Vec::new(), Vec::new());
            literals.find_plainly(&bytes, from, from + length, |at, i| plain.push((at, Seen::Word(i))));
            literals.find(&bytes, from, from + length, |at, seen| fast.push((at, seen)));
            let to = (from + length + literals.furthest).min(bytes.len());
            let verify = literals.verify(&bytes, from..from + length, |at, seen| portable.push((at, seen)));
            literals.buckets.find_portably(&bytes, from, to, verify);
            fast.sort_unstable();
            portable.sort_unstable();
            prop_assert_eq!(&fast, &portable);
            for at in from..bytes.len().min(from + length) {
                let is_marked = matches!(bytes[at..], [b'a' | b'b', b'-', ..]);
                prop_assert!(!is_marked || fast.contains(&(at, Seen::Patterns(1))));
            }
            fast.retain(|(_, seen)| matches!(seen, Seen::Word(_)));
            prop_assert_eq!(&fast, &plain);
        }
    }
}
