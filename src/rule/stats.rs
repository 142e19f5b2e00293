//! Counting characters: entropy and class bounds.

use super::model::Needs;

/// Shannon entropy in bits per byte.
pub fn entropy(bytes: &[u8]) -> f64 {
    let mut counts = [0u16; 256];
    let short = &bytes[..bytes.len().min(usize::from(u16::MAX))];
    for &b in short {
        counts[usize::from(b)] += 1;
    }
    if short.is_empty() {
        return 0.0;
    }
    // log2(n) minus the mean of log2(count), each character weighed by its count.
    let total = short.len() as f64;
    let weighed: f64 = counts.iter().filter(|&&c| c > 1).map(|&c| f64::from(c) * f64::from(c).log2()).sum();
    total.log2() - weighed / total
}

/// How many characters of each kind there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub digits: usize,
    pub upper: usize,
    pub lower: usize,
    pub distinct: usize,
}

impl Counts {
    /// Counts in one pass.
    pub fn of(bytes: &[u8]) -> Self {
        let mut counts = Self { distinct: distinct(bytes), ..Self::default() };
        for b in bytes {
            counts.digits += usize::from(b.is_ascii_digit());
            counts.upper += usize::from(b.is_ascii_uppercase());
            counts.lower += usize::from(b.is_ascii_lowercase());
        }
        counts
    }

    /// Whether these are the characters that `needs` asks for.
    pub fn meet(&self, needs: &Needs) -> bool {
        self.digits >= needs.digits
            && self.upper >= needs.upper
            && self.lower >= needs.lower
            && self.distinct >= needs.distinct
    }
}

/// Whether `bytes` has the characters that `needs` asks for.
pub fn meets(needs: &Needs, bytes: &[u8]) -> bool {
    *needs == Needs::default() || Counts::of(bytes).meet(needs)
}

/// How many different bytes there are.
pub fn distinct(bytes: &[u8]) -> usize {
    let mut seen = [0u64; 4];
    bytes.iter().for_each(|&b| seen[usize::from(b >> 6)] |= 1 << (b & 63));
    seen.iter().map(|s| s.count_ones() as usize).sum()
}

#[cfg(test)]
mod tests {
    #[test]
    fn entropy_of_known_texts() {
        assert_eq!(super::entropy(b"aaaa"), 0.0);
        assert_eq!(super::entropy(b"abab"), 1.0);
        assert_eq!(super::entropy(b"abcd"), 2.0);
        assert_eq!(super::entropy(b""), 0.0);
    }
}
