//! Lane two: the few words that runs cannot show — private-key headers, `://`, the names that secrets are stored under —
//! and the signs of encoded text.
//!
//! The rarest four bytes of every word go into a bucket of the tables. Names are written in three cases, so letters of
//! theirs count in either.

use super::sweep::Sink;
use super::tables::{BEHIND_TOKENS, BUCKETS, Nibbles, SIGN, Sign, Tables, WIDTH};

/// A word to search for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    pub text: Vec<u8>,
    /// Letters match in either case; `text` is in lower case.
    pub any_case: bool,
}

/// A search for a set of words, and for a few signs in the same pass.
pub struct Words {
    words: Vec<Word>,
    pub(super) tables: Tables,
    /// By the hash of a fingerprint the number of a list in `lists`, from 1: says no to most of what the buckets say yes
    /// to by chance.
    slots: Box<[u8; SLOTS]>,
    lists: Vec<Vec<Fingerprint>>,
    /// Furthest that a fingerprint lies behind its word's beginning.
    furthest: usize,
}

/// Some bytes of a word in a row, folded. The mask leaves out what a word of three bytes does not have.
struct Fingerprint {
    bytes: u32,
    mask: u32,
    offset: usize,
    word: usize,
}

/// Lower case for letters; other bytes may collide, which costs a second look and nothing else.
#[inline]
const fn fold(byte: u8) -> u8 {
    byte | 0x20
}

const SLOTS: usize = 8192;

/// The slot of a fingerprint, by its first three bytes, which all have.
#[inline]
const fn slot(bytes: u32) -> usize {
    ((bytes << 8).wrapping_mul(0x9e37_79b1) >> (u32::BITS - SLOTS.trailing_zeros())) as usize
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

impl Word {
    /// What the bucket of the stretch at `offset` must allow.
    fn nibbles(&self, offset: usize) -> Nibbles<WIDTH> {
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
    nibbles: Nibbles<WIDTH>,
    bucket: usize,
}

/// Stretches of a word that may be its fingerprint: the rarest ones.
const STRETCHES: usize = 3;
/// How often all words are asked for a better place.
const ROUNDS: usize = 2;

/// A place for each word. Which stretch of a word is its fingerprint, and in which bucket it goes, decides how often the
/// buckets say yes by chance: each word goes where it adds least, and then again, now that the others are there.
fn arrange(words: &[Word]) -> Vec<Place> {
    let stretches: Vec<Vec<Place>> = words
        .iter()
        .map(|word| {
            let place = |offset| Place { offset, nibbles: word.nibbles(offset), bucket: usize::MAX };
            let mut all: Vec<Place> = (0..=word.text.len().saturating_sub(WIDTH)).map(place).collect();
            all.sort_by(|a, b| a.nibbles.rate().total_cmp(&b.nibbles.rate()));
            all.truncate(STRETCHES);
            all
        })
        .collect();
    let mut order: Vec<usize> = (0..words.len()).collect();
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
            let places = stretches[word].iter().flat_map(|&Place { offset, nibbles, .. }| {
                (0..BUCKETS).map(move |bucket| Place { offset, nibbles, bucket })
            });
            let before: [f32; BUCKETS] = std::array::from_fn(|bucket| without[bucket].rate());
            let cost = |place: &Place| without[place.bucket].or(&place.nibbles).rate() - before[place.bucket];
            placed[word] = places.min_by(|a, b| cost(a).total_cmp(&cost(b))).expect("every word has a stretch");
        }
    }
    placed
}

impl Words {
    /// Words have at least three bytes; of signs there are four at most of each kind, and those of one kind want a token
    /// character before them.
    pub fn new(words: Vec<Word>, signs: &[Sign], behind_tokens: &[Sign]) -> Self {
        let bits = BEHIND_TOKENS.trailing_zeros() as usize;
        assert!(signs.len() <= bits && behind_tokens.len() <= bits, "each sign has a bit of its own");
        let mut tables = Tables::default();
        for (bit, sign) in (0..).zip(signs).chain((bits..).zip(behind_tokens)) {
            let mut nibbles = Nibbles::<SIGN>::default();
            for (k, set) in sign.iter().enumerate() {
                set.iter().for_each(|&byte| nibbles.add(k, byte));
            }
            tables.signs.add(bit, &nibbles);
        }
        let mut built = Self { tables, slots: Box::new([0; SLOTS]), lists: Vec::new(), furthest: 0, words };
        for (word, place) in arrange(&built.words).into_iter().enumerate() {
            built.add(word, &place);
        }
        built
    }

    fn add(&mut self, word: usize, place: &Place) {
        let offset = place.offset;
        self.tables.words.add(place.bucket, &place.nibbles);
        let text = &self.words[word].text;
        let mask = if text.len() < WIDTH { u32::MAX >> 8 } else { u32::MAX };
        let bytes = folded(&text[offset..]) & mask;
        let number = &mut self.slots[slot(bytes)];
        if *number == 0 && self.lists.len() < usize::from(u8::MAX) {
            self.lists.push(Vec::new());
            *number = self.lists.len() as u8;
        }
        // With more words than lists, the last list holds many: slower, and right.
        *number = (*number).max(u8::MAX * u8::from(*number == 0));
        self.lists[usize::from(*number) - 1].push(Fingerprint { bytes, mask, offset, word });
        self.furthest = self.furthest.max(offset);
    }

    /// So far behind the beginning of a word it may be that the sweep sees it.
    pub fn furthest(&self) -> usize {
        self.furthest
    }

    /// Looks again where the tables say that a word's stretch may begin, and tells of the words that stand there.
    #[inline(always)]
    pub(super) fn verify(&self, text: &[u8], at: usize, sink: &mut impl Sink) {
        let here = folded(&text[at..]);
        let list = usize::from(self.slots[slot(here)]);
        if list != 0 {
            self.compare(text, at, here, &self.lists[list - 1], sink);
        }
    }

    /// Compares the words whose fingerprints may stand here: rare, so kept out of the loop.
    #[inline(never)]
    fn compare(&self, text: &[u8], at: usize, here: u32, list: &[Fingerprint], sink: &mut impl Sink) {
        for fingerprint in list {
            if here & fingerprint.mask == fingerprint.bytes && at >= fingerprint.offset {
                let start = at - fingerprint.offset;
                let Word { text: word, any_case } = &self.words[fingerprint.word];
                let Some(here) = text[start..].get(..word.len()) else { continue };
                if if *any_case { here.eq_ignore_ascii_case(word) } else { here == word } {
                    sink.word(start, fingerprint.word);
                }
            }
        }
    }

    /// Calls `found` for every word that begins in `from..to`, by comparing every one at every place: slow and plainly right,
    /// to compare with.
    pub fn find_plainly(&self, bytes: &[u8], from: usize, to: usize, mut found: impl FnMut(usize, usize)) {
        for at in from..to.min(bytes.len()) {
            for (i, word) in self.words.iter().enumerate() {
                let Some(here) = bytes[at..].get(..word.text.len()) else { continue };
                if here == word.text || (word.any_case && here.eq_ignore_ascii_case(&word.text)) {
                    found(at, i);
                }
            }
        }
    }
}
