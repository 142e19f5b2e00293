//! Changed lines that were searched before and held no spot.
//!
//! Versions of a file bring the same lines again and again, because a pack's deltas lead from one version to another in
//! any order: of what they change, nine tenths stood so in another version. Whether a line holds a spot depends on the
//! line alone, so it is known by a hash of itself.
//!
//! A collision would hide a secret, so the hash is one whose collisions nobody can prepare: NH (Black, Halevi, Krawczyk,
//! Krovetz, Rogaway: "UMAC", 1999), which collides for any two texts with a probability of 2^-64 over keys that are
//! drawn anew in every run, folded to 64 bits by a strongly universal one (Dietzfelbinger, 1996).

use std::hash::{BuildHasher, RandomState};

/// Longest text that is remembered.
const LONGEST: usize = 1024;
/// Words of 8 bytes that NH has a key for: a text and its lengths.
const KEYS: usize = LONGEST.div_ceil(16) * 2 + 2;
/// Texts that are remembered: a table of 1 MiB stays in the processor's second cache.
const SLOTS: usize = 1 << 17;

/// The texts that a thread knows to be clean. A table that forgets: the latest of those that share a slot stays.
pub struct Clean {
    keys: Box<[u64; KEYS]>,
    fold: [u128; 2],
    known: Box<[u64]>,
}

/// What tells a text from all others; that of an empty slot, and of a text that is too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint(u64);
const NONE: Fingerprint = Fingerprint(0);

impl Clean {
    pub fn new() -> Self {
        // SipHash under keys from the system.
        Self::keyed(&RandomState::new())
    }

    fn keyed(random: &impl BuildHasher) -> Self {
        let draw = |n: usize| random.hash_one(n);
        let wide = |n: usize| u128::from(draw(n)) << 64 | u128::from(draw(n + 1));
        Self {
            keys: Box::new(std::array::from_fn(draw)),
            fold: [wide(KEYS), wide(KEYS + 2)],
            known: vec![0; SLOTS].into_boxed_slice(),
        }
    }

    /// What tells `text`, of which some bytes at both ends do not count, from all others.
    pub fn fingerprint(&self, text: &[u8], before: usize, behind: usize) -> Fingerprint {
        if text.len() > LONGEST {
            return NONE;
        }
        let hash = self.nh(text, before as u64, behind as u64);
        let [by_low, by_high] = self.fold;
        let folded = by_low.wrapping_mul(u128::from(hash as u64)).wrapping_add(by_high.wrapping_mul(hash >> 64));
        Fingerprint(((folded >> 64) as u64).max(1))
    }

    /// Whether a text with this fingerprint was clean.
    #[inline]
    pub fn knows(&self, fingerprint: Fingerprint) -> bool {
        self.known[slot(fingerprint)] == fingerprint.0 && fingerprint != NONE
    }

    /// Remembers that it was.
    #[inline]
    pub fn learn(&mut self, fingerprint: Fingerprint) {
        self.known[slot(fingerprint)] = fingerprint.0;
    }

    /// NH of `bytes` and two small numbers. The length goes in too: so it does not matter that the last words are looked
    /// at twice, or filled with zeros.
    #[inline]
    fn nh(&self, bytes: &[u8], before: u64, behind: u64) -> u128 {
        let product = |pair: &[u8; 16], keys: &[u64; 2]| {
            let [first, last] = [0, 8].map(|at| u64::from_le_bytes(pair[at..at + 8].try_into().expect("eight bytes")));
            u128::from(first.wrapping_add(keys[0])) * u128::from(last.wrapping_add(keys[1]))
        };
        let pairs = self.keys.as_chunks::<2>().0;
        let lengths = (before << 32 | behind, bytes.len() as u64);
        let first = u128::from(lengths.0.wrapping_add(pairs[0][0])) * u128::from(lengths.1.wrapping_add(pairs[0][1]));
        let (blocks, rest) = bytes.as_chunks::<16>();
        let mut sum = first;
        for (block, keys) in blocks.iter().zip(&pairs[1..]) {
            sum = sum.wrapping_add(product(block, keys));
        }
        if !rest.is_empty() {
            let keys = &pairs[1 + blocks.len()];
            sum = sum.wrapping_add(match bytes.last_chunk() {
                Some(last) => product(last, keys),
                None => {
                    let mut block = [0; 16];
                    block[..rest.len()].copy_from_slice(rest);
                    product(&block, keys)
                }
            });
        }
        sum
    }
}

#[inline]
fn slot(fingerprint: Fingerprint) -> usize {
    fingerprint.0 as usize % SLOTS
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;
    use std::hash::{BuildHasherDefault, DefaultHasher};

    #[test]
    fn a_fingerprint_tells_texts_apart() {
        let clean = Clean::keyed(&BuildHasherDefault::<DefaultHasher>::default());
        let mut seen = HashMap::new();
        // Of all lengths about those of a block, of zeros too: what fills a last word tells nothing.
        for length in (0..70).chain([500, 1008, 1023, LONGEST]) {
            for fill in [0, b'a', 0xff] {
                let mut text = vec![fill; length];
                let mut add = |text: &[u8], before, behind| {
                    let known = seen.insert(clean.fingerprint(text, before, behind), (text.to_vec(), before, behind));
                    assert_eq!(known, None);
                };
                // Texts of no bytes are all the same.
                let cuts = if fill == 0 || length > 0 { &[(0, 0), (1, 0), (0, 1)][..] } else { &[] };
                cuts.iter().for_each(|&(before, behind)| add(&text, before, behind));
                for at in 0..length {
                    text[at] ^= 0x10;
                    add(&text, 1, 1);
                    text[at] ^= 0x10;
                }
            }
        }
        assert!(seen.len() > 10_000);
    }

    #[test]
    fn what_was_learned_is_known_and_nothing_else() {
        let mut clean = Clean::new();
        let [known, other] = [b"one line", b"two line"].map(|text| clean.fingerprint(text, 0, 0));
        assert!(!clean.knows(known));
        clean.learn(known);
        assert!(clean.knows(known) && !clean.knows(other));
        // What is too long for a fingerprint is searched each time.
        let long = clean.fingerprint(&[b'a'; LONGEST + 1], 0, 0);
        clean.learn(long);
        assert!(!clean.knows(long));
    }
}
