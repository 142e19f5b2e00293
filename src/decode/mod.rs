//! Encoded text inside of content: base64, hex, escapes, strings that are joined from parts, quoted-printable mail.
//!
//! A decoder has a cheap trigger and then depends on a bounded stretch of the content: [`crate::scanner::BEHIND`] bytes before its
//! anchor, and after it as many as it says. So a stretch that is copied keeps what was found in it, and only
//! [`wide`] text (UTF-16, UTF-32) is judged as a whole. What is decoded is put in the place of what stood there, with
//! the text around it: a name before an encoded value goes on naming it.

mod base64;
mod escapes;
mod folding;
mod hex;
mod map;
mod quoted_printable;
mod sniff;
mod surroundings;
pub mod wide;

use crate::finding::RuleIndex;
use crate::scanner::{Short, View};
pub use map::Decoded;

/// Decoders are applied to what other decoders give, so deep at most.
pub const DEPTH: u8 = 5;

/// The decoders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Base64,
    Hex,
    Escapes,
    Folding,
    QuotedPrintable,
}

impl Kind {
    const ALL: [Self; 5] = [Self::Base64, Self::Hex, Self::Escapes, Self::Folding, Self::QuotedPrintable];

    /// Stands for the decoder where a rule is named: in anchors and marks. Rule sets stay below these numbers.
    pub fn rule(self) -> RuleIndex {
        RuleIndex(u16::MAX - self as u16)
    }

    /// The decoder that a rule's index stands for, if it does.
    #[inline]
    pub fn of(rule: RuleIndex) -> Option<Self> {
        Self::ALL.get(usize::from(u16::MAX - rule.0)).copied()
    }
}

/// A decoder's word for lane two.
pub struct Word {
    pub text: &'static str,
    pub any_case: bool,
    pub kind: Kind,
}

/// What lane two looks for on behalf of decoders.
pub fn words() -> impl Iterator<Item = Word> {
    std::iter::once(Word { text: quoted_printable::WORD, any_case: true, kind: Kind::QuotedPrintable })
}

/// Whether an encoded text may begin with the run of token characters at `at`: a cheap look that says too much.
#[inline]
pub fn begins(bytes: &[u8], at: usize) -> Option<Kind> {
    if base64::may_begin(bytes, at) {
        Some(Kind::Base64)
    } else if hex::may_begin(bytes, at) {
        Some(Kind::Hex)
    } else {
        None
    }
}

/// How joined strings and escapes look in four bytes: where lane two finds that, [`marked`] looks again. First come
/// those of joined strings, which look from the byte before the mark on.
pub const PATTERNS: [[&[u8]; 4]; JOINTS + ESCAPES] = {
    let mut all = [[&[] as &[u8]; 4]; JOINTS + ESCAPES];
    let mut i = 0;
    while i < all.len() {
        all[i] = if i < JOINTS { folding::PATTERNS[i] } else { escapes::PATTERNS[i - JOINTS] };
        i += 1;
    }
    all
};
const JOINTS: usize = folding::PATTERNS.len();
const ESCAPES: usize = escapes::PATTERNS.len();

/// Calls `found` for the marks at the place `at`, where those [`PATTERNS`] may stand whose bits are set.
#[inline]
pub fn marked(bytes: &[u8], at: usize, patterns: u8, mut found: impl FnMut(usize, Kind)) {
    if patterns & ((1 << JOINTS) - 1) != 0 && folding::begins(bytes, at + 1) {
        found(at + 1, Kind::Folding);
    }
    if patterns >> JOINTS != 0 && escapes::begins(bytes, at) {
        found(at, Kind::Escapes);
    }
}

/// Whether the run of token characters at `at` is an escape's letter and what follows it, and decoding begins with that
/// escape: `\n` before a key.
#[inline]
pub fn is_escaped(bytes: &[u8], at: usize) -> bool {
    at > 0 && bytes[at - 1] == b'\\' && matches!(bytes[at], b'n' | b'r' | b't') && escapes::begins(bytes, at - 1)
}

/// Calls `found` for each place in `from..to` where escapes or joined strings may begin: all of it by itself, for those
/// who have no lanes.
pub fn marks(bytes: &[u8], from: usize, to: usize, mut found: impl FnMut(usize, Kind)) {
    for at in from..to {
        if escapes::begins(bytes, at) {
            found(at, Kind::Escapes);
        }
        if folding::begins(bytes, at) {
            found(at, Kind::Folding);
        }
    }
}

/// Decodes what begins at the anchor `at` of the viewed content, if it is text.
///
/// # Errors
/// [`Short`] when the view does not hold all of it.
pub fn at(kind: Kind, view: View<'_>, at: usize) -> Result<Option<Decoded>, Short> {
    match kind {
        Kind::Base64 => base64::at(view, at),
        Kind::Hex => hex::at(view, at),
        Kind::Escapes => escapes::at(view, at),
        Kind::Folding => folding::at(view, at),
        Kind::QuotedPrintable => quoted_printable::at(view, at),
    }
}
