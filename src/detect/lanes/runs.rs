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

/// The classes of 64 bytes, as bit masks; bit i stands for byte i.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Detail {
    pub tokens: u64,
    pub digits: u64,
    pub upper: u64,
    pub lower: u64,
}

impl Detail {
    /// Whether the run that these bytes begin with can be random text.
    #[inline(always)]
    pub fn credible(&self) -> bool {
        let length = (!self.tokens).trailing_zeros();
        let run = self.tokens & (u64::MAX >> (u64::BITS - length).min(63));
        let turns = ((self.upper ^ self.upper >> 1) & run & run >> 1).count_ones();
        let mixed = self.upper & run != 0 && self.lower & run != 0;
        credible((self.digits & run).count_ones(), mixed, turns, length)
    }
}

/// Calls `found` for every position of `from..to`, in order, by looking at one byte after another: slow and plainly
/// right, to compare with.
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
