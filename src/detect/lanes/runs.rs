//! Lane one: positions at which a run of at least 16 token characters begins or goes on after a separator.
//!
//! Nearly every credential is such a run. Blocks of 64 bytes become bit masks (one bit a byte); shift-and leaves the
//! positions from which 16 token bytes follow; of those, the ones after a non-token byte (a run's start) or after one
//! of `_ - + /` are places where a credential can begin.

/// Shortest run of token characters that lane one sees.
pub const SHORTEST: usize = 16;
/// Bytes of a run, from its position on, whose mix is looked at.
pub const MIX_REACH: usize = 64;

/// Whether a byte belongs to `[A-Za-z0-9+/_-]`.
#[inline]
pub fn is_token(byte: u8) -> bool {
    TOKEN[usize::from(byte)]
}

static TOKEN: [bool; 256] = {
    let mut table = [false; 256];
    let mut i = 0;
    while i < 256 {
        let b = i as u8;
        table[i] = b.is_ascii_alphanumeric() || is_separator(b);
        i += 1;
    }
    table
};

/// Token characters after which a new token can begin.
#[inline]
pub const fn is_separator(byte: u8) -> bool {
    matches!(byte, b'_' | b'-' | b'+' | b'/')
}

/// A position that lane one found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    pub at: usize,
    /// Whether the next 64 bytes of the run may be random (digits, both cases): what a run must have to be looked at by its
    /// shape alone.
    pub credible: bool,
}

/// Whether a run can be random text: two digits, or letters of both cases and one digit, or both cases that change at
/// every third letter at least. `CamelCaseNames` change at every fourth; of random text of 40 letters and digits, one in
/// 10,000 has no digit and changes less.
#[inline(always)]
const fn credible(digits: u32, mixed: bool, turns: u32, length: u32) -> bool {
    digits >= 2 || mixed && (digits == 1 || turns * 3 >= length)
}

/// Bit masks of 64 bytes; bit i stands for byte i.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Detail {
    pub separator: u64,
    pub digit: u64,
    pub upper: u64,
    pub lower: u64,
}

/// How a block of 64 bytes becomes masks: one implementation with SIMD, one without.
pub trait Masks {
    /// Token characters.
    fn token(block: &[u8; 64]) -> u64;
    /// The classes within them.
    fn detail(block: &[u8; 64]) -> Detail;
}

/// Calls `found` for every position of `from..to` in `bytes`, in order. Bytes outside of that range give context; a
/// run may begin before it and end after it.
#[inline]
pub fn find(bytes: &[u8], from: usize, to: usize, found: impl FnMut(Position)) {
    #[cfg(target_arch = "x86_64")]
    if super::avx2::available() {
        return super::avx2::find(bytes, from, to, found);
    }
    walk::<super::portable::Portable>(bytes, from, to, found);
}

/// The walk over blocks, the same for all kinds of masks.
#[inline(always)]
pub(super) fn walk<M: Masks>(bytes: &[u8], from: usize, to: usize, mut found: impl FnMut(Position)) {
    let to = to.min(bytes.len());
    if from >= to {
        return;
    }
    let mut before = from > 0 && is_token(bytes[from - 1]);
    let mut separator_before = from > 0 && is_separator(bytes[from - 1]);
    let mut start = from;
    let mut padded = [0u8; 64];
    let mut here = M::token(block(bytes, start, &mut padded));
    while start < to {
        let next_start = start + 64;
        let mut next_padded = [0u8; 64];
        let next = if next_start < bytes.len() { M::token(block(bytes, next_start, &mut next_padded)) } else { 0 };
        let both = u128::from(here) | u128::from(next) << 64;
        let mut long = both & (both >> 1);
        long &= long >> 2;
        long &= long >> 4;
        long &= long >> 8;
        let mut long = long as u64;
        if to - start < 64 {
            long &= (1 << (to - start)) - 1;
        }
        if long != 0 {
            let detail = M::detail(block(bytes, start, &mut padded));
            let starts = !(here << 1 | u64::from(before));
            let after_separator = detail.separator << 1 | u64::from(separator_before);
            let mut positions = long & (starts | after_separator);
            if positions != 0 {
                let after =
                    if next == 0 { Detail::default() } else { M::detail(block(bytes, next_start, &mut next_padded)) };
                let digits = u128::from(detail.digit) | u128::from(after.digit) << 64;
                let upper = u128::from(detail.upper) | u128::from(after.upper) << 64;
                let lower = u128::from(detail.lower) | u128::from(after.lower) << 64;
                while positions != 0 {
                    let k = positions.trailing_zeros();
                    positions &= positions - 1;
                    let length = (!(both >> k)).trailing_zeros().min(MIX_REACH as u32);
                    let run = ((1u128 << length) - 1) << k;
                    let turns = ((upper ^ upper >> 1) & run & run >> 1).count_ones();
                    let mixed = upper & run != 0 && lower & run != 0;
                    let credible = credible((digits & run).count_ones(), mixed, turns, length);
                    found(Position { at: start + k as usize, credible });
                }
            }
            separator_before = detail.separator >> 63 != 0;
        } else {
            // Only the last byte matters to the next block.
            separator_before = start + 63 < bytes.len() && is_separator(bytes[start + 63]);
        }
        before = here >> 63 != 0;
        here = next;
        start = next_start;
    }
}

/// The 64 bytes at `start`, from `padded` with zeros behind them where the content ends before.
#[inline(always)]
fn block<'a>(bytes: &'a [u8], start: usize, padded: &'a mut [u8; 64]) -> &'a [u8; 64] {
    match bytes[start..].first_chunk::<64>() {
        Some(whole) => whole,
        None => {
            let rest = &bytes[start..];
            padded[..rest.len()].copy_from_slice(rest);
            padded[rest.len()..].fill(0);
            padded
        }
    }
}

/// The same by looking at one byte after another: slow and plainly right, to compare with.
pub fn find_plainly(bytes: &[u8], from: usize, to: usize, mut found: impl FnMut(Position)) {
    for at in from..to.min(bytes.len()) {
        let run = bytes[at..].iter().take(MIX_REACH).take_while(|&&b| is_token(b)).count();
        let begins = at == 0 || !is_token(bytes[at - 1]) || is_separator(bytes[at - 1]);
        if run < SHORTEST || !begins {
            continue;
        }
        let run = &bytes[at..at + run];
        let count = |class: fn(&u8) -> bool| run.iter().filter(|b| class(b)).count();
        let mixed = count(u8::is_ascii_uppercase) > 0 && count(u8::is_ascii_lowercase) > 0;
        let turns = run.windows(2).filter(|w| w[0].is_ascii_uppercase() != w[1].is_ascii_uppercase()).count();
        let credible = credible(count(u8::is_ascii_digit) as u32, mixed, turns as u32, run.len() as u32);
        found(Position { at, credible });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(
        find: impl Fn(&[u8], usize, usize, &mut dyn FnMut(Position)),
        bytes: &[u8],
        from: usize,
        to: usize,
    ) -> Vec<Position> {
        let mut found = Vec::new();
        find(bytes, from, to, &mut |p| found.push(p));
        found
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn masks_find_what_a_plain_look_finds(
            bytes in proptest::collection::vec(proptest::sample::select(b"aaabcXYZ0129_-+/ .=\n\x00\xff\xc3@[`{:".to_vec()), 0..400),
            from in 0usize..300, length in 0usize..400,
        ) {
            let from = from.min(bytes.len());
            let to = (from + length).min(bytes.len());
            let plain = all(|b, f, t, c| find_plainly(b, f, t, c), &bytes, from, to);
            prop_assert_eq!(&all(|b, f, t, c| find(b, f, t, c), &bytes, from, to), &plain);
            prop_assert_eq!(&all(|b, f, t, c| walk::<super::super::portable::Portable>(b, f, t, c), &bytes, from, to), &plain);
        }
    }

    #[test]
    fn every_byte_has_one_class() {
        for b in 0..=255u8 {
            let mut bytes = vec![b'a'; 40];
            bytes[20] = b;
            let plain = all(|b, f, t, c| find_plainly(b, f, t, c), &bytes, 0, 40);
            assert_eq!(all(|b, f, t, c| find(b, f, t, c), &bytes, 0, 40), plain, "byte {b:#x}");
        }
    }
}
