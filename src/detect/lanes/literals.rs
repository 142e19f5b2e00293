//! Lane two: the few words that runs cannot show — private-key headers, `://`, the names that secrets are stored under.
//!
//! The rarest four bytes of every word, letters in lower case, go into eight buckets; two table look-ups a byte (one by
//! each nibble) tell for 32 places at once which buckets could begin there. This is the Teddy algorithm that
//! aho-corasick has as well; here it ignores case (a name is written in three), takes any number of words, and tells
//! overlapping ones, which the library's does not.

/// A word to search for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Literal {
    pub text: Vec<u8>,
    /// Letters match in either case; `text` is in lower case.
    pub any_case: bool,
}

/// Bytes of a word that the first look considers: the rarest four in a row, for they decide how often it errs.
pub(super) const FINGERPRINT: usize = 4;
const BUCKETS: usize = 8;
/// The bytes of a fingerprint that a word of three has.
const SHORT: u32 = 0x00ff_ffff;

/// A search for a set of words.
pub struct Literals {
    literals: Vec<Literal>,
    /// By bucket, its words' fingerprints.
    buckets: [Vec<Fingerprint>; BUCKETS],
    tables: Tables,
    /// One bit for each hash that a whole fingerprint has: says no to most of what the tables say yes to by chance.
    hashes: Box<[u64; 1024]>,
    /// Furthest that a fingerprint lies behind its word's beginning.
    furthest: usize,
}

/// Four bytes of a word, folded; a word of three has a mask that leaves the fourth out.
struct Fingerprint {
    bytes: u32,
    mask: u32,
    offset: usize,
    literal: usize,
}

/// For each byte of a fingerprint, the buckets by low and by high nibble.
#[derive(Default, Clone)]
pub(super) struct Tables {
    pub low: [[u8; 16]; FINGERPRINT],
    pub high: [[u8; 16]; FINGERPRINT],
}

/// Lower case for letters; other bytes may collide, which costs a second look and nothing else.
#[inline]
const fn fold(byte: u8) -> u8 {
    byte | 0x20
}

/// How common a folded byte is in source text, in thousandths: near enough to tell a rare stretch from a common one.
fn frequency(byte: u8) -> f32 {
    const LETTERS: [u8; 26] =
        [60, 14, 38, 35, 90, 24, 16, 25, 60, 2, 9, 38, 25, 58, 58, 28, 2, 60, 62, 70, 28, 10, 10, 8, 12, 2];
    match byte {
        b'a'..=b'z' => f32::from(LETTERS[usize::from(byte - b'a')]),
        b' ' => 160.0,
        // Line feed and tab fold to these.
        b'*' | b')' => 40.0,
        0x7f => 25.0,
        b'!'..=b'?' => 8.0,
        _ => 1.0,
    }
}

/// Where fingerprints of a word may begin: its three rarest stretches.
fn rarest(text: &[u8]) -> Vec<usize> {
    let cost = |&at: &usize| text[at..at + FINGERPRINT].iter().map(|&b| frequency(fold(b))).product::<f32>();
    let mut offsets: Vec<usize> = (0..=text.len() - FINGERPRINT).collect();
    offsets.sort_by(|a, b| cost(a).total_cmp(&cost(b)));
    offsets.truncate(3);
    offsets
}

/// How much of ordinary text a bucket says yes to, with one more fingerprint in it.
fn yes_rate(tables: &Tables, bucket: usize, more: [u8; FINGERPRINT]) -> f32 {
    let holds = |nibbles: &[u8; 16], n: u8, own: u8| n == own || nibbles[usize::from(n)] & 1 << bucket != 0;
    let at = |k: usize| -> f32 {
        let high = (0..16).filter(|&h| holds(&tables.high[k], h, more[k] >> 4));
        high.flat_map(|h| (0..16).filter(|&l| holds(&tables.low[k], l, more[k] & 15)).map(move |l| h << 4 | l))
            .map(frequency)
            .sum()
    };
    (0..FINGERPRINT).map(at).product()
}

/// Word and bit of a fingerprint in `Literals::hashes`.
#[inline]
fn hash(bytes: u32) -> (usize, u64) {
    let hash = bytes.wrapping_mul(0x9e37_79b1) >> 16;
    ((hash >> 6) as usize, 1 << (hash & 63))
}

impl Literals {
    /// Words have at least three bytes.
    ///
    /// Which stretch of a word is its fingerprint, and in which bucket it goes, decides how often the tables say yes by
    /// chance: each word goes where it adds least, the hard ones first.
    pub fn new(literals: Vec<Literal>) -> Self {
        let mut built = Self {
            buckets: Default::default(),
            tables: Tables::default(),
            hashes: Box::new([0; 1024]),
            furthest: 0,
            literals: Vec::new(),
        };
        let mut rates = [0.0f32; BUCKETS - 1];
        let mut order: Vec<(usize, Vec<usize>)> = Vec::new();
        for (literal, Literal { text, .. }) in literals.iter().enumerate() {
            if text.len() < FINGERPRINT {
                built.add_short(text, literal);
            } else {
                order.push((literal, rarest(text)));
            }
        }
        let stretch = |literal: usize, offset: usize| -> [u8; FINGERPRINT] {
            std::array::from_fn(|k| fold(literals[literal].text[offset + k]))
        };
        let hardness = |(literal, offsets): &(usize, Vec<usize>)| {
            stretch(*literal, offsets[0]).iter().map(|&b| frequency(b)).product::<f32>()
        };
        order.sort_by(|a, b| hardness(b).total_cmp(&hardness(a)));
        for (literal, offsets) in order {
            let places = offsets.iter().flat_map(|&offset| (0..BUCKETS - 1).map(move |bucket| (offset, bucket)));
            let (_, rate, offset, bucket) = places
                .map(|(offset, bucket)| {
                    let rate = yes_rate(&built.tables, bucket, stretch(literal, offset));
                    (rate - rates[bucket], rate, offset, bucket)
                })
                .min_by(|a, b| a.0.total_cmp(&b.0))
                .expect("a word of four bytes has a stretch of four");
            rates[bucket] = rate;
            built.add(stretch(literal, offset), offset, literal, bucket);
        }
        Self { literals, ..built }
    }

    fn add(&mut self, bytes: [u8; FINGERPRINT], offset: usize, literal: usize, bucket: usize) {
        for (k, &byte) in bytes.iter().enumerate() {
            self.tables.low[k][usize::from(byte & 15)] |= 1 << bucket;
            self.tables.high[k][usize::from(byte >> 4)] |= 1 << bucket;
        }
        let bytes = u32::from_le_bytes(bytes);
        let (word, bit) = hash(bytes);
        self.hashes[word] |= bit;
        self.furthest = self.furthest.max(offset);
        self.buckets[bucket].push(Fingerprint { bytes, mask: u32::MAX, offset, literal });
    }

    /// Words of three say yes to any fourth byte, so they have a bucket of their own and do not spoil another's.
    fn add_short(&mut self, text: &[u8], literal: usize) {
        const BUCKET: usize = BUCKETS - 1;
        let (mut bytes, mut mask) = ([0; FINGERPRINT], [0; FINGERPRINT]);
        for k in 0..FINGERPRINT {
            match text.get(k) {
                Some(&byte) => {
                    (bytes[k], mask[k]) = (fold(byte), 0xff);
                    self.tables.low[k][usize::from(bytes[k] & 15)] |= 1 << BUCKET;
                    self.tables.high[k][usize::from(bytes[k] >> 4)] |= 1 << BUCKET;
                }
                None => {
                    self.tables.low[k].iter_mut().chain(&mut self.tables.high[k]).for_each(|t| *t |= 1 << BUCKET);
                }
            }
        }
        let (bytes, mask) = (u32::from_le_bytes(bytes), u32::from_le_bytes(mask));
        let (word, bit) = hash(bytes);
        self.hashes[word] |= bit;
        self.buckets[BUCKET].push(Fingerprint { bytes, mask, offset: 0, literal });
    }

    /// Calls `found(position, word)` for every occurrence that begins in `from..to`, overlapping ones included, in no
    /// special order.
    #[inline]
    pub fn find(&self, bytes: &[u8], from: usize, to: usize, mut found: impl FnMut(usize, usize)) {
        if self.literals.is_empty() || from >= to {
            return;
        }
        let last = self.last(bytes, to);
        // The closure has one caller on each processor, so that it is compiled into the loop.
        #[cfg(target_arch = "x86_64")]
        if super::avx2::available() {
            super::avx2::find_fingerprints(&self.tables, bytes, from, last, |at, buckets| {
                self.verify(bytes, at, buckets, &(from..to), &mut found);
            });
            return self.find_short_at_end(bytes, from, to, &mut found);
        }
        self.find_portably(bytes, from, to, &mut found);
    }

    /// The same without SIMD.
    fn find_portably(&self, bytes: &[u8], from: usize, to: usize, found: &mut impl FnMut(usize, usize)) {
        find_fingerprints(&self.tables, bytes, from, self.last(bytes, to), &mut |at, buckets| {
            self.verify(bytes, at, buckets, &(from..to), found);
        });
        self.find_short_at_end(bytes, from, to, found);
    }

    /// Where the fingerprints of words that begin before `to` end at the latest.
    fn last(&self, bytes: &[u8], to: usize) -> usize {
        (to + self.furthest + FINGERPRINT - 1).min(bytes.len())
    }

    /// A word of three at the very end has no fourth byte to look at.
    fn find_short_at_end(&self, bytes: &[u8], from: usize, to: usize, found: &mut impl FnMut(usize, usize)) {
        let end = bytes.len();
        if let Some(at) = end.checked_sub(FINGERPRINT - 1).filter(|&at| (from..to).contains(&at)) {
            let short = self.buckets.iter().flatten().filter(|f| f.mask >> 24 == 0 && f.offset == 0);
            for fingerprint in short {
                self.compare(bytes, at, fingerprint.literal, &(from..to), found);
            }
        }
    }

    #[inline(always)]
    fn verify(
        &self,
        bytes: &[u8],
        at: usize,
        mut buckets: u8,
        range: &std::ops::Range<usize>,
        found: &mut impl FnMut(usize, usize),
    ) {
        let Some(here) = bytes[at..].first_chunk::<FINGERPRINT>() else { return };
        let here = u32::from_le_bytes(*here) | u32::from_le_bytes([0x20; FINGERPRINT]);
        let (word, bit) = hash(here);
        if self.hashes[word] & bit == 0 {
            // Only a word of three can be here.
            let (word, bit) = hash(here & SHORT);
            buckets &= if self.hashes[word] & bit == 0 { 0 } else { 1 << (BUCKETS - 1) };
        }
        if buckets != 0 {
            self.compare_all(bytes, at, here, buckets, range, found);
        }
    }

    /// Compares the words of some buckets: rare, so kept out of the loop.
    #[inline(never)]
    fn compare_all(
        &self,
        bytes: &[u8],
        at: usize,
        here: u32,
        mut buckets: u8,
        range: &std::ops::Range<usize>,
        found: &mut impl FnMut(usize, usize),
    ) {
        while buckets != 0 {
            for fingerprint in &self.buckets[buckets.trailing_zeros() as usize] {
                if here & fingerprint.mask == fingerprint.bytes && at >= fingerprint.offset {
                    self.compare(bytes, at - fingerprint.offset, fingerprint.literal, range, found);
                }
            }
            buckets &= buckets - 1;
        }
    }

    #[inline]
    fn compare(
        &self,
        bytes: &[u8],
        start: usize,
        literal: usize,
        range: &std::ops::Range<usize>,
        found: &mut impl FnMut(usize, usize),
    ) {
        let Literal { text, any_case } = &self.literals[literal];
        let Some(here) = bytes[start..].get(..text.len()) else { return };
        if range.contains(&start) && if *any_case { here.eq_ignore_ascii_case(text) } else { here == text } {
            found(start, literal);
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

/// Calls `verify` for each place in `bytes[from..last]` at which four bytes of some buckets stand.
pub(super) fn find_fingerprints(
    tables: &Tables,
    bytes: &[u8],
    from: usize,
    last: usize,
    verify: &mut impl FnMut(usize, u8),
) {
    for at in from..last.saturating_sub(FINGERPRINT - 1) {
        let buckets = (0..FINGERPRINT).fold(0xff, |buckets, k| {
            let byte = fold(bytes[at + k]);
            buckets & tables.low[k][usize::from(byte & 15)] & tables.high[k][usize::from(byte >> 4)]
        });
        if buckets != 0 {
            verify(at, buckets);
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
        Literals::new(exact.into_iter().chain(names).collect())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]
        #[test]
        fn finds_what_a_plain_look_finds(
            pieces in proptest::collection::vec(
                proptest::sample::select(vec!["passw", "PassW", "TOKEN", "tok", "://", "-----BEGI", "N", "aab", "b", "abC", "x", "7q~", "7Q~", "\u{0}", "é", " a b c "]),
                0..60),
            from in 0usize..100, length in 0usize..300,
        ) {
            let bytes = pieces.concat().into_bytes();
            let from = from.min(bytes.len());
            let literals = literals();
            let (mut plain, mut fast, mut portable) = (Vec::new(), Vec::new(), Vec::new());
            literals.find_plainly(&bytes, from, from + length, |at, i| plain.push((at, i)));
            literals.find(&bytes, from, from + length, |at, i| fast.push((at, i)));
            literals.find_portably(&bytes, from, from + length, &mut |at, i| portable.push((at, i)));
            fast.sort_unstable();
            portable.sort_unstable();
            prop_assert_eq!(&fast, &plain);
            prop_assert_eq!(&portable, &plain);
        }
    }
}
