//! What stands where: tables that tell by its nibbles what a byte may be part of.
//!
//! Words go into eight buckets by four bytes of theirs that stand in a row, and two look-ups a byte, one by each nibble,
//! tell which buckets could begin at a place. This is the Teddy algorithm that aho-corasick has as well; here bytes may be
//! sets, overlapping places are told, and other look-ups share the same pass.
//!
//! A bucket says yes to every mix of its words' nibbles, so who asks must look again. How often it errs depends on what
//! shares a bucket, which is for its owner to arrange ([`Nibbles::rate`]).

/// Bytes of a word that are looked for.
pub const WIDTH: usize = 4;
pub const BUCKETS: usize = 8;
/// Bytes of a sign.
pub const SIGN: usize = 2;

/// The bits of signs that want a token character before them.
pub const BEHIND_TOKENS: u8 = 0xf0;

/// Two bytes in a row, for each those that may stand there.
pub type Sign = [&'static [u8]; SIGN];

/// For each of some bytes in a row what it may belong to, one bit for each, by its low and by its high nibble.
#[derive(Debug, Clone, Copy)]
pub struct Rows<const N: usize> {
    pub low: [[u8; 16]; N],
    pub high: [[u8; 16]; N],
}

impl<const N: usize> Default for Rows<N> {
    fn default() -> Self {
        Self { low: [[0; 16]; N], high: [[0; 16]; N] }
    }
}

impl<const N: usize> Rows<N> {
    /// Lets `bit` have all that `nibbles` allow.
    pub fn add(&mut self, bit: usize, nibbles: &Nibbles<N>) {
        for k in 0..N {
            for n in 0..16 {
                self.low[k][n] |= u8::from(nibbles.low[k] & 1 << n != 0) << bit;
                self.high[k][n] |= u8::from(nibbles.high[k] & 1 << n != 0) << bit;
            }
        }
    }

    /// What these bytes may be, one bit for each.
    #[inline]
    pub fn at(&self, bytes: &[u8; N]) -> u8 {
        (0..N).fold(0xff, |all, k| {
            let (low, high) = (usize::from(bytes[k] & 15), usize::from(bytes[k] >> 4));
            all & self.low[k][low] & self.high[k][high]
        })
    }
}

/// All that a sweep looks for beside runs.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tables {
    pub words: Rows<WIDTH>,
    /// One bit for each sign; [`BEHIND_TOKENS`] for those that want a token before them.
    pub signs: Rows<SIGN>,
}

/// The nibbles that each of some bytes in a row may have, as one bit for each.
#[derive(Debug, Clone, Copy)]
pub struct Nibbles<const N: usize> {
    low: [u16; N],
    high: [u16; N],
}

impl<const N: usize> Default for Nibbles<N> {
    fn default() -> Self {
        Self { low: [0; N], high: [0; N] }
    }
}

impl<const N: usize> Nibbles<N> {
    /// Allows `byte` as byte `k`.
    pub fn add(&mut self, k: usize, byte: u8) {
        self.low[k] |= 1 << (byte & 15);
        self.high[k] |= 1 << (byte >> 4);
    }

    /// Allows any as byte `k`.
    pub fn add_any(&mut self, k: usize) {
        (self.low[k], self.high[k]) = (u16::MAX, u16::MAX);
    }

    /// Allows what either allows.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        let or = |a: &[u16; N], b: &[u16; N]| std::array::from_fn(|k| a[k] | b[k]);
        Self { low: or(&self.low, &other.low), high: or(&self.high, &other.high) }
    }

    /// How much of ordinary source text these say yes to, as far as single bytes tell.
    pub fn rate(&self) -> f32 {
        let of = |low: u16, mut high: u16| -> f32 {
            if (low, high) == (u16::MAX, u16::MAX) {
                return 1.0;
            }
            let mut sum = 0.0;
            while high != 0 {
                let row = (high.trailing_zeros() as usize) << 4;
                high &= high - 1;
                let mut left = low;
                while left != 0 {
                    sum += FREQUENCY[row | left.trailing_zeros() as usize];
                    left &= left - 1;
                }
            }
            sum
        };
        (0..N).map(|k| of(self.low[k], self.high[k])).product()
    }
}

/// The part that a byte has in source text: near enough to tell a rare word from a common one.
static FREQUENCY: [f32; 256] = {
    const LETTERS: [u8; 26] =
        [52, 12, 32, 30, 78, 20, 14, 18, 52, 2, 8, 33, 22, 50, 50, 24, 2, 52, 54, 61, 24, 9, 9, 7, 10, 2];
    let mut table = [0.0005; 256];
    let mut i = 0;
    while i < 256 {
        table[i] = match i as u8 {
            byte @ b'a'..=b'z' => LETTERS[(byte - b'a') as usize] as f32 / 1000.0,
            byte @ b'A'..=b'Z' => LETTERS[(byte - b'A') as usize] as f32 / 12_000.0,
            b' ' => 0.15,
            b'\n' | b'\t' => 0.035,
            b'_' => 0.018,
            b'!'..=b'~' => 0.006,
            _ => 0.0005,
        };
        i += 1;
    }
    table
};
