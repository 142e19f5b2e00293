//! Masks by AVX2: table look-ups by nibbles classify 32 bytes at once.
//!
//! `unsafe` because intrinsics need the processor to have the feature: `available` asks it once, and nothing here is
//! called without that. Measured: the sweep takes an eighth of the time of a search of a large history.

use super::runs::Detail;
use super::sweep::{BLOCK, Block, Masks, Seen, Sink, walk};
use super::tables::{BEHIND_TOKENS, Rows, SIGN, WIDTH};
use super::words::Words;
use std::arch::x86_64::*;

/// Whether this processor can.
#[inline]
pub fn available() -> bool {
    // The standard library caches the answer.
    is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("bmi1")
        && is_x86_feature_detected!("bmi2")
        && is_x86_feature_detected!("popcnt")
        && is_x86_feature_detected!("lzcnt")
}

/// [`super::sweep::sweep`] by AVX2.
#[inline]
pub fn sweep(text: &[u8], from: usize, to: usize, words: &Words, sink: &mut impl Sink) {
    assert!(available());
    // SAFETY: the features that `sweep_avx2` is compiled with are there.
    unsafe { sweep_avx2(text, from, to, words, sink) }
}

#[target_feature(enable = "avx2,bmi1,bmi2,popcnt,lzcnt")]
fn sweep_avx2(text: &[u8], from: usize, to: usize, words: &Words, sink: &mut impl Sink) {
    let masks = Avx2 {
        classes: Table::new(&CLASSES, 0),
        words: std::array::from_fn(|k| Table::new(&words.tables.words, k)),
        signs: std::array::from_fn(|k| Table::new(&words.tables.signs, k)),
    };
    walk(&masks, text, from, to, words, sink);
}

/// What the tables say of a byte, by its low and by its high nibble.
#[derive(Clone, Copy)]
struct Table {
    low: __m256i,
    high: __m256i,
}

struct Avx2 {
    classes: Table,
    words: [Table; WIDTH],
    signs: [Table; SIGN],
}

// Classes by high nibble: 2 holds `+ - /`, 3 digits, 4 A-O, 5 P-Z and `_`, 6 a-o, 7 p-z. A byte belongs to a class when
// the tables of both its nibbles have the class's bit.
const MARKS: u8 = 1;
const DIGITS: u8 = 2;
const UPPER_1: u8 = 4;
const UPPER_2: u8 = 8;
const UNDERSCORE: u8 = 16;
const LOWER_1: u8 = 32;
const LOWER_2: u8 = 64;

static CLASSES: Rows<1> = {
    let high = [0, 0, MARKS, DIGITS, UPPER_1, UPPER_2 | UNDERSCORE, LOWER_1, LOWER_2, 0, 0, 0, 0, 0, 0, 0, 0];
    let mut low = [0; 16];
    let mut n = 0;
    while n < 16 {
        if n == 0xb || n == 0xd || n == 0xf {
            low[n] |= MARKS;
        }
        if n <= 9 {
            low[n] |= DIGITS;
        }
        if n >= 1 {
            low[n] |= UPPER_1 | LOWER_1;
        }
        if n <= 0xa {
            low[n] |= UPPER_2 | LOWER_2;
        }
        if n == 0xf {
            low[n] |= UNDERSCORE;
        }
        n += 1;
    }
    Rows { low: [low], high: [high] }
};

impl Table {
    /// The tables of byte `k`.
    #[target_feature(enable = "avx2")]
    #[inline]
    fn new<const N: usize>(rows: &Rows<N>, k: usize) -> Self {
        let load = |table: &[u8; 16]| {
            // SAFETY: an unaligned load of 16 bytes from an array of 16.
            unsafe { _mm256_broadcastsi128_si256(_mm_loadu_si128(table.as_ptr().cast())) }
        };
        Self { low: load(&rows.low[k]), high: load(&rows.high[k]) }
    }

    /// What 32 bytes may be.
    #[target_feature(enable = "avx2")]
    #[inline]
    fn at(&self, low: __m256i, high: __m256i) -> __m256i {
        _mm256_and_si256(_mm256_shuffle_epi8(self.low, low), _mm256_shuffle_epi8(self.high, high))
    }
}

/// The 32 bytes at `at` of some more.
#[target_feature(enable = "avx2")]
#[inline]
fn load<const N: usize>(bytes: &[u8; N], at: usize) -> __m256i {
    let bytes: &[u8; 32] = bytes[at..].first_chunk().expect("there are so many");
    // SAFETY: an unaligned load of 32 bytes from an array of 32.
    unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
}

#[target_feature(enable = "avx2")]
#[inline]
fn low(bytes: __m256i) -> __m256i {
    _mm256_and_si256(bytes, _mm256_set1_epi8(15))
}

#[target_feature(enable = "avx2")]
#[inline]
fn high(bytes: __m256i) -> __m256i {
    _mm256_and_si256(_mm256_srli_epi16(bytes, 4), _mm256_set1_epi8(15))
}

/// One bit for each byte that has some of `bits`.
#[target_feature(enable = "avx2")]
#[inline]
fn mask(bytes: __m256i, bits: u8) -> u64 {
    let of = _mm256_and_si256(bytes, _mm256_set1_epi8(bits as i8));
    let none = _mm256_cmpeq_epi8(of, _mm256_setzero_si256());
    u64::from(!(_mm256_movemask_epi8(none) as u32))
}

/// What 32 places may be, by the bytes there and those behind.
#[target_feature(enable = "avx2")]
#[inline]
fn all<const N: usize>(tables: &[Table; N], bytes: &[__m256i; WIDTH]) -> __m256i {
    let mut all = _mm256_set1_epi8(-1);
    for (table, &bytes) in tables.iter().zip(bytes) {
        all = _mm256_and_si256(all, table.at(low(bytes), high(bytes)));
    }
    all
}

const HALF: usize = BLOCK / 2;

impl Avx2 {
    #[target_feature(enable = "avx2")]
    #[inline]
    fn half(&self, block: &Block, at: usize) -> Seen {
        let bytes: [__m256i; WIDTH] = std::array::from_fn(|k| load(block, at + k));
        let classes = self.classes(bytes[0]);
        let words = all(&self.words, &bytes);
        let signs = all(&self.signs, &bytes);
        Seen {
            tokens: mask(classes, 0xff),
            separators: mask(classes, MARKS | UNDERSCORE),
            words: mask(words, 0xff),
            signs: mask(signs, !BEHIND_TOKENS),
            behind_tokens: mask(signs, BEHIND_TOKENS),
        }
    }

    /// A byte with its top bit set has no class: it is looked up as nothing in the table for low nibbles.
    #[target_feature(enable = "avx2")]
    #[inline]
    fn classes(&self, bytes: __m256i) -> __m256i {
        self.classes.at(bytes, high(bytes))
    }

    #[target_feature(enable = "avx2")]
    #[inline]
    fn detail_of_half(&self, block: &[u8; BLOCK], at: usize) -> Detail {
        let classes = self.classes(load(block, at));
        Detail {
            tokens: mask(classes, 0xff),
            digits: mask(classes, DIGITS),
            upper: mask(classes, UPPER_1 | UPPER_2),
            lower: mask(classes, LOWER_1 | LOWER_2),
        }
    }
}

impl Masks for Avx2 {
    #[inline(always)]
    fn look(&self, block: &Block) -> Seen {
        // SAFETY: only `sweep_avx2` has these masks, and it is entered after `available` only.
        let (a, b) = unsafe { (self.half(block, 0), self.half(block, HALF)) };
        Seen {
            tokens: a.tokens | b.tokens << HALF,
            separators: a.separators | b.separators << HALF,
            words: a.words | b.words << HALF,
            signs: a.signs | b.signs << HALF,
            behind_tokens: a.behind_tokens | b.behind_tokens << HALF,
        }
    }

    #[inline(always)]
    fn detail(&self, block: &[u8; BLOCK]) -> Detail {
        // SAFETY: as above.
        let (a, b) = unsafe { (self.detail_of_half(block, 0), self.detail_of_half(block, HALF)) };
        Detail {
            tokens: a.tokens | b.tokens << HALF,
            digits: a.digits | b.digits << HALF,
            upper: a.upper | b.upper << HALF,
            lower: a.lower | b.lower << HALF,
        }
    }
}
