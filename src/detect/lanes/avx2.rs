//! Masks by AVX2: two table look-ups (one by each nibble) classify 32 bytes at once.
//!
//! `unsafe` because intrinsics need the processor to have the feature: `available` asks it once, and nothing here is
//! called without that. Measured in the delta walk of a large history, this lane costs a twentieth of decoding; the
//! portable one half of it.

use super::buckets::{Buckets, WIDTH};
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

/// [`Buckets::find`] by AVX2: 32 places at once.
#[inline]
pub fn find_buckets(buckets: &Buckets, bytes: &[u8], from: usize, to: usize, found: impl FnMut(usize, u16)) {
    assert!(available() && from <= to && to <= bytes.len());
    // SAFETY: the features that `buckets_avx2` is compiled with are there.
    unsafe { buckets_avx2(buckets, bytes, from, to, found) }
}

/// The bytes that one step looks at: 32 places and what follows the last of them.
const STEP: usize = 32 + WIDTH - 1;

#[target_feature(enable = "avx2,bmi1,bmi2,popcnt,lzcnt")]
fn buckets_avx2(buckets: &Buckets, bytes: &[u8], from: usize, to: usize, mut found: impl FnMut(usize, u16)) {
    let table = |t: &[u8; 16]| {
        // SAFETY: an unaligned load of 16 bytes from an array of 16.
        unsafe { _mm256_broadcastsi128_si256(_mm_loadu_si128(t.as_ptr().cast())) }
    };
    let tables = |of: &[[[u8; 16]; WIDTH]; 2]| -> [[__m256i; WIDTH]; 2] {
        std::array::from_fn(|half| std::array::from_fn(|k| table(&of[half][k])))
    };
    let (low, high) = (tables(&buckets.low), tables(&buckets.high));
    let nibble = _mm256_set1_epi8(15);
    // `count` places of the step, which begins at `at`.
    let mut look = |step: &[u8; STEP], at: usize, count: usize| {
        let mut yes = [_mm256_set1_epi8(-1); 2];
        for k in 0..WIDTH {
            let here: &[u8; 32] = step[k..].first_chunk().expect("a step is that much longer than 32");
            // SAFETY: an unaligned load of 32 bytes from an array of 32.
            let here = unsafe { _mm256_loadu_si256(here.as_ptr().cast()) };
            let (by_low, by_high) =
                (_mm256_and_si256(here, nibble), _mm256_and_si256(_mm256_srli_epi16(here, 4), nibble));
            for half in 0..2 {
                let both = _mm256_and_si256(
                    _mm256_shuffle_epi8(low[half][k], by_low),
                    _mm256_shuffle_epi8(high[half][k], by_high),
                );
                yes[half] = _mm256_and_si256(yes[half], both);
            }
        }
        let none = _mm256_cmpeq_epi8(_mm256_or_si256(yes[0], yes[1]), _mm256_setzero_si256());
        let mut places = !(_mm256_movemask_epi8(none) as u32);
        if count < 32 {
            places &= (1 << count) - 1;
        }
        if places != 0 {
            let mut each = [[0u8; 32]; 2];
            for half in 0..2 {
                // SAFETY: an unaligned store of 32 bytes to an array of 32.
                unsafe { _mm256_storeu_si256(each[half].as_mut_ptr().cast(), yes[half]) };
            }
            while places != 0 {
                let i = places.trailing_zeros() as usize;
                places &= places - 1;
                found(at + i, u16::from_le_bytes([each[0][i], each[1][i]]));
            }
        }
    };
    let mut at = from;
    while at < to {
        let count = (to - at).min(32);
        match bytes[at..].first_chunk() {
            Some(step) => look(step, at, count),
            None => {
                let mut padded = [0; STEP];
                padded[..bytes.len() - at].copy_from_slice(&bytes[at..]);
                look(&padded, at, count);
            }
        }
        at += 32;
    }
}
