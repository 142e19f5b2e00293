//! Sixteen buckets of patterns of four bytes, looked for at 32 places at once: two table look-ups a byte, one by each
//! nibble, tell which buckets could begin there. This is the Teddy algorithm that aho-corasick has as well; here patterns
//! may be sets of bytes, and overlapping places are told, which the library's does not.
//!
//! A bucket says yes to every mix of its patterns' nibbles, so who asks must look again. How often it errs depends on
//! what shares a bucket, which is for its owner to arrange ([`Nibbles::rate`]).

/// Bytes of a pattern.
pub const WIDTH: usize = 4;
pub const BUCKETS: usize = 16;

/// For each byte of a pattern the buckets by low and by high nibble; the first eight buckets and the others apart.
#[derive(Default, Clone)]
pub struct Buckets {
    pub(super) low: [[[u8; 16]; WIDTH]; 2],
    pub(super) high: [[[u8; 16]; WIDTH]; 2],
}

impl Buckets {
    /// Lets `bucket` have all that `nibbles` allow.
    pub fn add(&mut self, bucket: usize, nibbles: &Nibbles) {
        for k in 0..WIDTH {
            for n in 0..16 {
                let bit = 1 << (bucket % 8);
                self.low[bucket / 8][k][n] |= if nibbles.low[k] & 1 << n != 0 { bit } else { 0 };
                self.high[bucket / 8][k][n] |= if nibbles.high[k] & 1 << n != 0 { bit } else { 0 };
            }
        }
    }

    /// Calls `found` for each place of `from..to` at which some buckets' patterns could begin, in no special order. Behind
    /// the end of `bytes` stand zeros.
    #[inline]
    pub fn find(&self, bytes: &[u8], from: usize, to: usize, found: impl FnMut(usize, Yes)) {
        let to = to.min(bytes.len());
        if from >= to {
            return;
        }
        #[cfg(target_arch = "x86_64")]
        if super::avx2::available() {
            return super::avx2::find_buckets(self, bytes, from, to, found);
        }
        self.find_portably(bytes, from, to, found);
    }

    /// The same without SIMD.
    pub(super) fn find_portably(&self, bytes: &[u8], from: usize, to: usize, mut found: impl FnMut(usize, Yes)) {
        for at in from..to {
            let [first, others] = self.at(std::array::from_fn(|k| bytes.get(at + k).copied().unwrap_or_default()));
            if first != 0 {
                found(at, Yes::First(first));
            }
            if others != 0 {
                found(at, Yes::Others);
            }
        }
    }

    /// The buckets that say yes to these bytes, the first eight and the others.
    #[inline]
    fn at(&self, bytes: [u8; WIDTH]) -> [u8; 2] {
        let half = |half: usize| {
            (0..WIDTH).fold(0xff, |buckets, k| {
                let (low, high) = (usize::from(bytes[k] & 15), usize::from(bytes[k] >> 4));
                buckets & self.low[half][k][low] & self.high[half][k][high]
            })
        };
        [half(0), half(1)]
    }
}

/// What says yes at a place. Of the first eight buckets it is told which ones do, of the others only that one does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Yes {
    /// One bit for each.
    First(u8),
    Others,
}

/// The nibbles that each byte of some patterns may have, as one bit for each.
#[derive(Debug, Default, Clone, Copy)]
pub struct Nibbles {
    low: [u16; WIDTH],
    high: [u16; WIDTH],
}

impl Nibbles {
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
        let or = |a: &[u16; WIDTH], b: &[u16; WIDTH]| std::array::from_fn(|k| a[k] | b[k]);
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
        (0..WIDTH).map(|k| of(self.low[k], self.high[k])).product()
    }
}

/// The part that a byte has in source text: near enough to tell a rare pattern from a common one.
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
