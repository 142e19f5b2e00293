//! Masks without SIMD, for processors that have none keysift knows, and to compare with.

use super::runs::{Detail, is_separator};
use super::sweep::{BLOCK, Block, Masks, Seen};
use super::tables::{BEHIND_TOKENS, Tables};

/// Byte by byte through tables.
pub(super) struct Portable<'t>(pub &'t Tables);

const DIGIT: u8 = 1;
const UPPER: u8 = 2;
const LOWER: u8 = 4;
const SEPARATOR: u8 = 8;

static CLASS: [u8; 256] = {
    let mut table = [0; 256];
    let mut i = 0;
    while i < 256 {
        let b = i as u8;
        table[i] = if b.is_ascii_digit() {
            DIGIT
        } else if b.is_ascii_uppercase() {
            UPPER
        } else if b.is_ascii_lowercase() {
            LOWER
        } else if is_separator(b) {
            SEPARATOR
        } else {
            0
        };
        i += 1;
    }
    table
};

/// One bit for each byte of a block for which `is` says yes.
fn mask(is: impl Fn(usize) -> bool) -> u64 {
    (0..BLOCK).rev().fold(0, |mask, i| mask << 1 | u64::from(is(i)))
}

impl Masks for Portable<'_> {
    fn look(&self, block: &Block) -> Seen {
        let class = |i: usize| CLASS[usize::from(block[i])];
        let signs: [u8; BLOCK] =
            std::array::from_fn(|i| self.0.signs.at(block[i..].first_chunk().expect("so many stand behind")));
        Seen {
            tokens: mask(|i| class(i) != 0),
            separators: mask(|i| class(i) == SEPARATOR),
            words: mask(|i| self.0.words.at(block[i..].first_chunk().expect("so many stand behind")) != 0),
            signs: mask(|i| signs[i] & !BEHIND_TOKENS != 0),
            behind_tokens: mask(|i| signs[i] & BEHIND_TOKENS != 0),
        }
    }

    fn detail(&self, block: &[u8; BLOCK]) -> Detail {
        let of = |class| mask(|i| CLASS[usize::from(block[i])] == class);
        let tokens = mask(|i| CLASS[usize::from(block[i])] != 0);
        Detail { tokens, digits: of(DIGIT), upper: of(UPPER), lower: of(LOWER) }
    }
}
