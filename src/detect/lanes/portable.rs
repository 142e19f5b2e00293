//! Masks without SIMD, for processors that have none keysift knows, and to compare with.

use super::runs::{Detail, Masks};

/// Byte by byte through a table.
pub struct Portable;

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
        } else if super::runs::is_separator(b) {
            SEPARATOR
        } else {
            0
        };
        i += 1;
    }
    table
};

impl Masks for Portable {
    #[inline]
    fn token(block: &[u8; 64]) -> u64 {
        block.iter().rev().fold(0, |mask, &b| mask << 1 | u64::from(CLASS[usize::from(b)] != 0))
    }

    #[inline]
    fn detail(block: &[u8; 64]) -> Detail {
        let mask = |class| block.iter().rev().fold(0, |m, &b| m << 1 | u64::from(CLASS[usize::from(b)] == class));
        Detail { separator: mask(SEPARATOR), digit: mask(DIGIT), upper: mask(UPPER), lower: mask(LOWER) }
    }
}
