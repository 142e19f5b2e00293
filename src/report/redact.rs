//! The last look at text that leaves: a secret that stands in a file name, a ref, an author's name or an error message
//! goes out of it too.
//!
//! Excerpts come redacted from below; this also covers them, so that a mistake there shows asterisks and no secret.

use crate::finding::{Credential, Finding, Suppression};
use rustc_hash::{FxHashMap, FxHashSet};
use std::borrow::Cow;

/// Secrets below this many bytes are not looked for: "production" as a password must not garble every path with
/// that word in it, and what is that short is no key.
const SHORTEST: usize = 12;

/// What a secret is replaced by.
const MARK: &[u8] = b"***";

/// All secrets of a report, ready to be found in text.
#[derive(Default)]
pub struct Redactor<'a> {
    /// By their first bytes. Text that is looked at is short, so one lookup for each of its bytes is cheap enough.
    by_start: FxHashMap<[u8; SHORTEST], FxHashSet<&'a [u8]>>,
}

impl<'a> Redactor<'a> {
    /// Knows the secrets of `findings`.
    pub fn new(findings: &'a [Finding]) -> Self {
        let mut redactor = Self::default();
        findings.iter().for_each(|finding| redactor.learn(&finding.credential));
        redactor
    }

    /// Knows those of `suppressions` as well: what is left out of the report is still a secret.
    pub fn and(mut self, suppressions: &'a [Suppression]) -> Self {
        suppressions.iter().for_each(|left_out| self.learn(&left_out.credential));
        self
    }

    fn learn(&mut self, credential: &'a Credential) {
        for (kind, secret) in &credential.parts {
            let bytes = secret.expose();
            if let Some(start) = bytes.first_chunk().filter(|_| !kind.is_public()) {
                self.by_start.entry(*start).or_default().insert(bytes);
            }
        }
    }

    /// `bytes` without secrets.
    pub fn bytes<'t>(&self, bytes: &'t [u8]) -> Cow<'t, [u8]> {
        let mut kept = Vec::new();
        let mut from = 0;
        let mut at = 0;
        while !self.by_start.is_empty() && at + SHORTEST <= bytes.len() {
            match self.longest_at(&bytes[at..]) {
                Some(length) => {
                    kept.extend_from_slice(&bytes[from..at]);
                    kept.extend_from_slice(MARK);
                    at += length;
                    from = at;
                }
                None => at += 1,
            }
        }
        if from == 0 {
            return Cow::Borrowed(bytes);
        }
        kept.extend_from_slice(&bytes[from..]);
        Cow::Owned(kept)
    }

    /// `text` without secrets.
    pub fn text(&self, text: &str) -> String {
        match self.bytes(text.as_bytes()) {
            Cow::Borrowed(_) => text.to_owned(),
            // A secret that starts or ends within a character leaves a part of it behind.
            Cow::Owned(kept) => String::from_utf8_lossy(&kept).into_owned(),
        }
    }

    fn longest_at(&self, bytes: &[u8]) -> Option<usize> {
        let candidates = self.by_start.get(bytes.first_chunk::<SHORTEST>()?)?;
        candidates.iter().filter(|secret| bytes.starts_with(secret)).map(|secret| secret.len()).max()
    }
}

#[cfg(test)]
mod tests {
    use super::Redactor;
    use crate::report::tests::sample;

    #[test]
    fn takes_every_secret_out_and_leaves_the_key_id() {
        let mut finding = sample::pair();
        let secret = sample::secret_text();
        let report = [finding.clone()];
        let redactor = Redactor::new(&report);
        let id = sample::key_id_text();
        assert_eq!(redactor.text(&format!("a/{secret}{secret}/{id}.txt")), format!("a/******/{id}.txt"));
        assert_eq!(redactor.text(&secret[1..]), secret[1..], "a part of a secret is not the secret");
        finding.credential = sample::credential(&[(crate::finding::PartKind::Secret, "production")]);
        assert_eq!(Redactor::new(&[finding]).text("config/production.yml"), "config/production.yml");
    }
}
