//! Masks by AVX2: two table look-ups (one by each nibble) classify 32 bytes at once.
//!
//! `unsafe` because intrinsics need the processor to have the feature: `available` asks it once, and nothing here is
//! called without that. Measured in the delta walk of a large history, this lane costs a twentieth of decoding; the
//! portable one half of it.

use super::buckets::{Buckets, WIDTH, Yes};
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
pub fn find_buckets(buckets: &Buckets, bytes: &[u8], from: usize, to: usize, found: impl FnMut(usize, Yes)) {
    assert!(available() && from <= to && to <= bytes.len());
    // SAFETY: the features that `buckets_avx2` is compiled with are there.
    unsafe { buckets_avx2(buckets, bytes, from, to, found) }
}

/// The bytes that one step looks at: 32 places and what follows the last of them.
const STEP: usize = 32 + WIDTH - 1;
/// Places are kept for so many bytes before they are told: how many a step has is chance, and a processor that must guess
/// when a loop over them ends is wrong at nearly every step, which takes longer than the look itself.
const STRETCH: usize = 128;

/// Of a step so many places at most are kept without asking how many there are.
const MOST_UNASKED: usize = 4;

/// Places of a stretch, of which `UNASKED` of each step are kept without asking.
struct Kept<const UNASKED: usize> {
    places: [u8; STRETCH + MOST_UNASKED],
    count: usize,
}

impl<const UNASKED: usize> Kept<UNASKED> {
    const NONE: Self = Self { places: [0; STRETCH + MOST_UNASKED], count: 0 };

    /// Keeps a place for each bit of `bits`, the lowest of which stands for `at`.
    #[inline(always)]
    fn add(&mut self, at: usize, mut bits: u32) {
        let known = self.count + UNASKED;
        let count = self.count + bits.count_ones() as usize;
        let mut keep = |place: &mut u8| {
            *place = (at as u32 + bits.trailing_zeros()) as u8;
            bits &= bits.wrapping_sub(1);
        };
        self.places[self.count..known].iter_mut().for_each(&mut keep);
        if count > known {
            self.places[known..count].iter_mut().for_each(&mut keep);
        }
        self.count = count;
    }

    fn iter(&self) -> impl Iterator<Item = usize> {
        self.places[..self.count].iter().map(|&place| usize::from(place))
    }
}

#[target_feature(enable = "avx2,bmi1,bmi2,popcnt,lzcnt")]
fn buckets_avx2(buckets: &Buckets, bytes: &[u8], from: usize, to: usize, mut found: impl FnMut(usize, Yes)) {
    let table = |t: &[u8; 16]| {
        // SAFETY: an unaligned load of 16 bytes from an array of 16.
        unsafe { _mm256_broadcastsi128_si256(_mm_loadu_si128(t.as_ptr().cast())) }
    };
    let tables = |of: &[[[u8; 16]; WIDTH]; 2]| -> [[__m256i; WIDTH]; 2] {
        std::array::from_fn(|half| std::array::from_fn(|k| table(&of[half][k])))
    };
    let (low, high) = (tables(&buckets.low), tables(&buckets.high));
    let nibble = _mm256_set1_epi8(15);
    let mut padded = [0; STEP];
    // What the first buckets say, by place.
    let mut said = [0u8; STRETCH];
    let (mut first, mut others) = (Kept::<1>::NONE, Kept::<MOST_UNASKED>::NONE);
    let mut start = from;
    while start < to {
        let length = STRETCH.min(to - start);
        (first.count, others.count) = (0, 0);
        for at in (0..length).step_by(32) {
            let rest = &bytes[start + at..];
            let step: &[u8; STEP] = match rest.first_chunk() {
                Some(step) => step,
                None => {
                    padded[..rest.len()].copy_from_slice(rest);
                    padded[rest.len()..].fill(0);
                    &padded
                }
            };
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
            let within = u32::MAX >> (32 - (length - at).min(32));
            let places = yes.map(|yes| {
                let none = _mm256_cmpeq_epi8(yes, _mm256_setzero_si256());
                !(_mm256_movemask_epi8(none) as u32) & within
            });
            let said: &mut [u8; 32] = said[at..].first_chunk_mut().expect("a stretch is a multiple of a step");
            // SAFETY: an unaligned store of 32 bytes to an array of 32.
            unsafe { _mm256_storeu_si256(said.as_mut_ptr().cast(), yes[0]) };
            first.add(at, places[0]);
            others.add(at, places[1]);
        }
        for at in first.iter() {
            found(start + at, Yes::First(said[at]));
        }
        for at in others.iter() {
            found(start + at, Yes::Others);
        }
        start += length;
    }
}
