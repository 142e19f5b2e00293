//! `Secret`: bytes of a credential that cannot print themselves.
//!
//! Every part of a found credential travels in this type, so a stray `{:?}` in a log line or a panic message
//! shows asterisks. The bytes are overwritten when the value is dropped.

use std::fmt;
use zeroize::Zeroize;

/// Secret bytes. No `Display`, a `Debug` that shows nothing, zeroed on drop.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Secret(Box<[u8]>);

impl Secret {
    /// Takes a copy of `bytes`.
    pub fn new(bytes: &[u8]) -> Self {
        Self(bytes.into())
    }

    /// The bytes themselves. The name is long so that a reader notices every place that looks at them.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// Length in bytes.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no bytes.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn debug_shows_nothing() {
        let shown = format!("{:?}", Some(Secret::new(b"hunter2")));
        assert_eq!(shown, "Some(Secret(***))");
    }
}
