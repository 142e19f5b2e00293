//! Masks by AVX2: two table look-ups (one by each nibble) classify 32 bytes at once.
//!
//! `unsafe` because intrinsics need the processor to have the feature: `available` asks it once, and nothing here is
//! called without that. Measured in the delta walk of a large history, this lane costs a twentieth of decoding; the
//! portable one half of it.

use super::literals::{FINGERPRINT, Tables};
use super::runs::{Detail, Masks, Position, walk};
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

/// [`super::runs::find`] by AVX2.
#[inline]
pub fn find(bytes: &[u8], from: usize, to: usize, found: impl FnMut(Position)) {
    assert!(available());
    // SAFETY: the features that `walk_avx2` is compiled with are there.
    unsafe { walk_avx2(bytes, from, to, found) }
}

#[target_feature(enable = "avx2,bmi1,bmi2,popcnt,lzcnt")]
fn walk_avx2(bytes: &[u8], from: usize, to: usize, found: impl FnMut(Position)) {
    walk::<Avx2>(bytes, from, to, found);
}

struct Avx2;

// Classes by high nibble: 2 holds `+ - /`, 3 digits, 4 A-O, 5 P-Z and `_`, 6 a-o, 7 p-z. A byte belongs to a class when
// the tables of both its nibbles have the class's bit.
const MARKS: i8 = 1;
const DIGITS: i8 = 2;
const UPPER_1: i8 = 4;
const UPPER_2: i8 = 8;
const UNDERSCORE: i8 = 16;
const LOWER_1: i8 = 32;
const LOWER_2: i8 = 64;

static HIGH: [i8; 16] = [0, 0, MARKS, DIGITS, UPPER_1, UPPER_2 | UNDERSCORE, LOWER_1, LOWER_2, 0, 0, 0, 0, 0, 0, 0, 0];
static LOW: [i8; 16] = {
    let mut table = [0i8; 16];
    let mut n = 0;
    while n < 16 {
        if n == 0xb || n == 0xd || n == 0xf {
            table[n] |= MARKS;
        }
        if n <= 9 {
            table[n] |= DIGITS;
        }
        if n >= 1 {
            table[n] |= UPPER_1 | LOWER_1;
        }
        if n <= 0xa {
            table[n] |= UPPER_2 | LOWER_2;
        }
        if n == 0xf {
            table[n] |= UNDERSCORE;
        }
        n += 1;
    }
    table
};

#[target_feature(enable = "avx2")]
#[inline]
fn classes(half: &[u8; 32]) -> __m256i {
    // SAFETY: unaligned loads from arrays of exactly the size loaded.
    let (high, low, bytes) = unsafe {
        (
            _mm256_broadcastsi128_si256(_mm_loadu_si128(HIGH.as_ptr().cast())),
            _mm256_broadcastsi128_si256(_mm_loadu_si128(LOW.as_ptr().cast())),
            _mm256_loadu_si256(half.as_ptr().cast()),
        )
    };
    let by_high = _mm256_shuffle_epi8(high, _mm256_and_si256(_mm256_srli_epi16(bytes, 4), _mm256_set1_epi8(15)));
    // A byte with its top bit set shuffles to 0: no class.
    _mm256_and_si256(by_high, _mm256_shuffle_epi8(low, bytes))
}

#[target_feature(enable = "avx2")]
#[inline]
fn mask_of(classes: __m256i, bits: i8) -> u64 {
    let none = _mm256_cmpeq_epi8(_mm256_and_si256(classes, _mm256_set1_epi8(bits)), _mm256_setzero_si256());
    u64::from(!(_mm256_movemask_epi8(none) as u32))
}

#[inline]
fn halves(block: &[u8; 64]) -> (&[u8; 32], &[u8; 32]) {
    (block.first_chunk().expect("64 is more than 32"), block.last_chunk().expect("64 is more than 32"))
}

impl Masks for Avx2 {
    #[inline(always)]
    fn token(block: &[u8; 64]) -> u64 {
        let (a, b) = halves(block);
        // SAFETY: only `walk_avx2` uses these masks, and it is entered after `available` only.
        unsafe { mask_of(classes(a), -1) | mask_of(classes(b), -1) << 32 }
    }

    #[inline(always)]
    fn detail(block: &[u8; 64]) -> Detail {
        let (a, b) = halves(block);
        // SAFETY: as above.
        unsafe {
            let (a, b) = (classes(a), classes(b));
            let mask = |bits| mask_of(a, bits) | mask_of(b, bits) << 32;
            Detail {
                separator: mask(MARKS | UNDERSCORE),
                digit: mask(DIGITS),
                upper: mask(UPPER_1 | UPPER_2),
                lower: mask(LOWER_1 | LOWER_2),
            }
        }
    }
}

/// [`super::literals::find_fingerprints`] by AVX2: 32 places at once.
#[inline]
pub fn find_fingerprints(tables: &Tables, bytes: &[u8], from: usize, last: usize, verify: impl FnMut(usize, u8)) {
    assert!(available() && from <= last && last <= bytes.len());
    // SAFETY: the features that `fingerprints_avx2` is compiled with are there.
    unsafe { fingerprints_avx2(tables, bytes, from, last, verify) }
}

/// `here` moved up by 16 - `BACK` bytes, behind the last ones of `before`.
#[target_feature(enable = "avx2")]
#[inline]
fn shifted<const BACK: i32>(here: __m256i, before: __m256i) -> __m256i {
    _mm256_alignr_epi8::<BACK>(here, _mm256_permute2x128_si256::<0x21>(before, here))
}

#[target_feature(enable = "avx2,bmi1,bmi2,popcnt,lzcnt")]
fn fingerprints_avx2(tables: &Tables, bytes: &[u8], from: usize, last: usize, mut verify: impl FnMut(usize, u8)) {
    let table = |t: &[u8; 16]| {
        // SAFETY: an unaligned load of 16 bytes from an array of 16.
        unsafe { _mm256_broadcastsi128_si256(_mm_loadu_si128(t.as_ptr().cast())) }
    };
    let low: [__m256i; FINGERPRINT] = std::array::from_fn(|k| table(&tables.low[k]));
    let high: [__m256i; FINGERPRINT] = std::array::from_fn(|k| table(&tables.high[k]));
    let nibble = _mm256_set1_epi8(15);
    let case = _mm256_set1_epi8(0x20);
    // Which buckets have each byte as byte k of a fingerprint, for all k.
    let looked_up = |chunk: __m256i| -> [__m256i; FINGERPRINT] {
        let folded = _mm256_or_si256(chunk, case);
        let (by_low, by_high) =
            (_mm256_and_si256(folded, nibble), _mm256_and_si256(_mm256_srli_epi16(folded, 4), nibble));
        std::array::from_fn(|k| {
            _mm256_and_si256(_mm256_shuffle_epi8(low[k], by_low), _mm256_shuffle_epi8(high[k], by_high))
        })
    };
    // A chunk tells where fingerprints end: their first three bytes may lie in the chunk before. `count` bytes of it are
    // there, the first at `at`.
    let mut look = |chunk: &[u8; 32], before: &mut [__m256i; FINGERPRINT], at: usize, count: usize| {
        // SAFETY: an unaligned load of 32 bytes from an array of 32.
        let here = looked_up(unsafe { _mm256_loadu_si256(chunk.as_ptr().cast()) });
        let buckets = _mm256_and_si256(
            _mm256_and_si256(here[3], shifted::<15>(here[2], before[2])),
            _mm256_and_si256(shifted::<14>(here[1], before[1]), shifted::<13>(here[0], before[0])),
        );
        *before = here;
        let none = _mm256_cmpeq_epi8(buckets, _mm256_setzero_si256());
        let mut places = !(_mm256_movemask_epi8(none) as u32);
        if count < 32 {
            places &= (1 << count) - 1;
        }
        if places != 0 {
            let mut each = [0u8; 32];
            // SAFETY: an unaligned store of 32 bytes to an array of 32.
            unsafe { _mm256_storeu_si256(each.as_mut_ptr().cast(), buckets) };
            while places != 0 {
                let i = places.trailing_zeros() as usize;
                places &= places - 1;
                verify(at + i - (FINGERPRINT - 1), each[i]);
            }
        }
    };
    let mut before = [_mm256_setzero_si256(); FINGERPRINT];
    let (chunks, rest) = bytes[from..last].as_chunks::<32>();
    for (i, chunk) in chunks.iter().enumerate() {
        look(chunk, &mut before, from + i * 32, 32);
    }
    if !rest.is_empty() {
        let mut padded = [0; 32];
        padded[..rest.len()].copy_from_slice(rest);
        look(&padded, &mut before, last - rest.len(), rest.len());
    }
}
