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

    /// Stands for the decoder where a rule is named: in spots and marks. Rule sets stay below these numbers.
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

/// How escapes look: where lane two finds that, [`marked`] looks again.
pub const SIGNS: &[[&[u8]; 2]] = &escapes::SIGNS;
/// How joined strings look behind a token character.
pub const SIGNS_BEHIND_TOKENS: &[[&[u8]; 2]] = &folding::SIGNS;

/// What begins at `at`, where a sign may stand.
#[inline]
pub fn marked(bytes: &[u8], at: usize) -> Option<Kind> {
    match bytes[at] {
        b'"' | b'\'' => folding::begins(bytes, at).then_some(Kind::Folding),
        _ => escapes::begins(bytes, at).then_some(Kind::Escapes),
    }
}

/// Whether the run of token characters at `at` is an escape's letter and what follows it, and decoding begins with that
/// escape: `\n` before a key.
#[inline]
pub fn is_escaped(bytes: &[u8], at: usize) -> bool {
    at > 0 && bytes[at - 1] == b'\\' && matches!(bytes[at], b'n' | b'r' | b't') && escapes::begins(bytes, at - 1)
}

/// Whether anything in the lines before the place `line` may go on there: a cheap look that says too much.
#[inline(always)]
pub fn may_go_on(text: &[u8], line: usize) -> bool {
    folding::may_go_on(text, line)
}

/// What begins in the lines before the place `line` and goes on in the line there, and for which decoder: all that does
/// not depend on its own line alone.
pub fn continued(text: &[u8], line: usize) -> Option<(usize, Kind)> {
    folding::continued(text, line).map(|at| (at, Kind::Folding))
}

/// Whether decoding of this kind still begins at `at` when all lines are seen.
pub fn is_spot(kind: Kind, content: &[u8], at: usize) -> bool {
    kind != Kind::Folding || folding::begins(content, at)
}

/// Decodes what begins at the anchor `at` of `content`, if it is text. Without a piece, it is none as a far look told.
pub fn at(kind: Kind, content: &[u8], at: usize) -> Option<Decoded> {
    match kind {
        Kind::Base64 => base64::at(content, at),
        Kind::Hex => hex::at(content, at),
        Kind::Escapes => escapes::at(content, at),
        Kind::Folding => folding::at(content, at),
        Kind::QuotedPrintable => quoted_printable::at(content, at),
    }
}
