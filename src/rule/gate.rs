//! A cheap no before a regex: most places that begin like a token, `test_` or `pat`, are words, and what follows them
//! has bytes that no match has. This looks at as many bytes as every match has at least, and needs no compiled regex.

use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind};

/// What every match of a regex consists of.
pub struct Gate {
    /// Fewest bytes of a match.
    least: usize,
    /// Those that a match may hold.
    bytes: [bool; 256],
}

/// So many bytes are looked at: a word seldom has more.
const MOST: usize = 64;

impl Gate {
    /// The gate of a regex in our syntax; one that cannot be read lets all pass.
    pub fn new(regex: &str) -> Self {
        let mut gate = Self { least: 0, bytes: [false; 256] };
        if let Ok(hir) = ParserBuilder::new().unicode(false).utf8(false).build().parse(regex) {
            gate.least = hir.properties().minimum_len().unwrap_or(0).min(MOST);
            gate.allow(&hir);
        }
        gate
    }

    fn allow(&mut self, hir: &Hir) {
        match hir.kind() {
            HirKind::Empty | HirKind::Look(_) => {}
            HirKind::Literal(literal) => literal.0.iter().for_each(|&byte| self.bytes[usize::from(byte)] = true),
            HirKind::Class(Class::Bytes(class)) => {
                for range in class.ranges() {
                    self.bytes[usize::from(range.start())..=usize::from(range.end())].fill(true);
                }
            }
            // Several bytes each: none is asked for.
            HirKind::Class(Class::Unicode(_)) => self.bytes.fill(true),
            HirKind::Repetition(repetition) => self.allow(&repetition.sub),
            HirKind::Capture(capture) => self.allow(&capture.sub),
            HirKind::Concat(all) | HirKind::Alternation(all) => all.iter().for_each(|one| self.allow(one)),
        }
    }

    /// Whether a match may begin where `rest` begins, as far as its first line tells. Says too much, never too little.
    #[inline]
    pub fn admits(&self, rest: &[u8]) -> bool {
        for &byte in rest.iter().take(self.least) {
            if byte == b'\n' || !self.bytes[usize::from(byte)] {
                return self.bytes[usize::from(byte)];
            }
        }
        // The end of the content is like that of a line.
        rest.len() >= self.least || self.bytes[usize::from(b'\n')]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_refused() {
        let gate = Gate::new("(?:live|test)_[A-Za-z0-9]{30}");
        assert!(!gate.admits(b"test_expect_success 'what it does' '"));
        assert!(!gate.admits(b"test_0123456789"));
        assert!(gate.admits(&[&b"test_"[..], &[b'a'; 30]].concat()));
        assert!(Gate::new("(").admits(b""), "what cannot be read lets all pass");
        assert!(Gate::new(r"\ba?").admits(b""));
        let lines = Gate::new(r"ab[a-z\n]{8}");
        assert!(lines.admits(b"abcd\n") && !lines.admits(b"abcD\n"), "what stands on the next line does not count");
        assert!(!gate.admits(b"test_0123\n"));
    }
}
