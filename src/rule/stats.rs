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

/// Whether `bytes` has the characters that `needs` asks for.
pub fn meets(needs: &Needs, bytes: &[u8]) -> bool {
    let count = |class: fn(&u8) -> bool| bytes.iter().filter(|b| class(b)).count();
    (needs.digits == 0 || count(u8::is_ascii_digit) >= needs.digits)
        && (needs.upper == 0 || count(u8::is_ascii_uppercase) >= needs.upper)
        && (needs.lower == 0 || count(u8::is_ascii_lowercase) >= needs.lower)
        && (needs.distinct == 0 || distinct(bytes) >= needs.distinct)
}

/// How many different bytes there are.
pub fn distinct(bytes: &[u8]) -> usize {
    let mut seen = [false; 256];
    bytes.iter().for_each(|&b| seen[usize::from(b)] = true);
    seen.iter().filter(|&&s| s).count()
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
