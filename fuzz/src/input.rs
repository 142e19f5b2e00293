//! Bytes of a fuzzer read as decisions, and text with credentials in it that no seed holds.

use super::keys;
use super::random::Random;
use std::sync::LazyLock;

/// The rest of an input.
pub struct Input<'d>(pub &'d [u8]);

impl<'d> Input<'d> {
    /// The next byte; 0 at the end.
    pub fn byte(&mut self) -> u8 {
        let Some((&first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        first
    }

    /// A number below `bound`, which is not 0, out of two bytes.
    pub fn below(&mut self, bound: usize) -> usize {
        (usize::from(self.byte()) << 8 | usize::from(self.byte())) % bound
    }

    /// At most so many bytes.
    pub fn take(&mut self, most: usize) -> &'d [u8] {
        let (taken, rest) = self.0.split_at(most.min(self.0.len()));
        self.0 = rest;
        taken
    }
}

/// What the highest bytes stand for: made when the program runs, so that no file holds a whole key.
static WORDS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let mut random = Random::new(4);
    let (id, secret) = (keys::key_id(&mut random), keys::secret(&mut random));
    let profile = keys::profile_of(&id, &secret);
    let header = |end: &str| format!("-----{end} RSA PRIVATE KEY-----\n");
    vec![
        keys::temporary_key_id(&mut random),
        keys::profile(&mut random),
        format!("password = \"{}\"\n", keys::secret(&mut random)),
        format!("ghp_{}", &keys::secret(&mut random).replace(['+', '/'], "x")[..36]),
        header("BEGIN"),
        header("END"),
        format!("postgres://user:{}@host/db", &secret[..12]),
        id,
        secret,
        profile,
    ]
});

/// `bytes` with a credential, or a part of one, in the place of each of the highest ones.
pub fn planted(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    for &byte in bytes {
        match WORDS.get(usize::from(255 - byte)) {
            Some(word) => out.extend_from_slice(word.as_bytes()),
            None => out.push(byte),
        }
    }
    out
}
