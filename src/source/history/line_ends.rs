//! Line ends near a place. Most lines are short, so what counts is how soon the first few dozen bytes are done.

use memchr::{memchr, memrchr};

/// Bytes that are looked at in one step.
const STEP: usize = 32;

/// The first line end in `bytes`.
#[inline(always)]
pub fn first(bytes: &[u8]) -> Option<usize> {
    let Some(near) = bytes.first_chunk() else { return bytes.iter().position(|&b| b == b'\n') };
    match ends(near) {
        0 => memchr(b'\n', &bytes[STEP..]).map(|at| STEP + at),
        ends => Some(ends.trailing_zeros() as usize),
    }
}

/// The last line end in `bytes`.
#[inline(always)]
pub fn last(bytes: &[u8]) -> Option<usize> {
    let Some(near) = bytes.last_chunk() else { return bytes.iter().rposition(|&b| b == b'\n') };
    let before = bytes.len() - STEP;
    match ends(near) {
        0 => memrchr(b'\n', &bytes[..before]),
        ends => Some(before + STEP - 1 - ends.leading_zeros() as usize),
    }
}

/// Bytes of a window.
pub const WINDOW: usize = 64;

/// One bit for each line end of a window.
#[inline(always)]
pub fn all(bytes: &[u8; WINDOW]) -> u64 {
    let half = |at: usize| u64::from(ends(bytes[at..].first_chunk().expect("half of a window")));
    half(0) | half(STEP) << STEP
}

/// One bit for each line end.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn ends(bytes: &[u8; STEP]) -> u32 {
    use std::arch::x86_64::*;
    // SAFETY: unaligned loads of 16 bytes each from an array of 32, by instructions that every processor of this
    // architecture has. Measured: they take half the time of a call to memchr, which is made for long texts.
    unsafe {
        let half = |at: usize| _mm_loadu_si128(bytes.as_ptr().add(at).cast());
        let ends = |half| _mm_movemask_epi8(_mm_cmpeq_epi8(half, _mm_set1_epi8(b'\n' as i8))) as u32;
        ends(half(0)) | ends(half(16)) << 16
    }
}

#[cfg(not(target_arch = "x86_64"))]
use portable as ends;

/// The same on any processor.
#[cfg(any(test, not(target_arch = "x86_64")))]
#[inline(always)]
fn portable(bytes: &[u8; STEP]) -> u32 {
    let (words, _) = bytes.as_chunks::<8>();
    words.iter().rev().fold(0, |all, word| {
        // Zero where a line end is; then the highest bit of a byte says that it is not zero.
        let differs = u64::from_le_bytes(*word) ^ 0x0a0a_0a0a_0a0a_0a0a;
        let low = 0x7f7f_7f7f_7f7f_7f7f;
        let is_end = !(((differs & low) + low) | differs | low);
        // Moves the highest bit of each byte to the last byte, in order.
        all << 8 | ((is_end >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56) as u32
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn are_where_a_plain_look_finds_them(
            bytes in proptest::collection::vec(proptest::sample::select(b"aaaaaaaaaaaaaaaaaaaaaaaaa\n\x8a\x0b".to_vec()), 0..120),
        ) {
            prop_assert_eq!(first(&bytes), bytes.iter().position(|b| *b == b'\n'));
            prop_assert_eq!(last(&bytes), bytes.iter().rposition(|b| *b == b'\n'));
        }

        #[test]
        fn are_told_by_bits(bytes in proptest::collection::vec(proptest::sample::select(b"aaa\n\n\n\x8a\x0b\x00\xff".to_vec()), WINDOW)) {
            let window: &[u8; WINDOW] = bytes.first_chunk().expect("so many bytes");
            let plain = (0..WINDOW).filter(|&at| window[at] == b'\n').fold(0u64, |bits, at| bits | 1 << at);
            prop_assert_eq!(all(window), plain);
            for half in window.as_chunks::<STEP>().0 {
                prop_assert_eq!(ends(half), portable(half));
            }
        }
    }
}
