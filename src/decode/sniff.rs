//! Whether decoded bytes are text: their beginning tells.

use super::wide::{self, Order};

/// What kind of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Plain,
    Wide(Order),
}

impl Form {
    /// Bytes for a byte of text.
    pub(super) fn unit(self) -> u32 {
        match self {
            Self::Plain => 1,
            Self::Wide(order) => order.width() as u32,
        }
    }
}

/// The form of text that begins with `head`, if it is text.
pub(super) fn form(head: &[u8]) -> Option<Form> {
    if let Some(order) = wide::order(head) {
        return Some(Form::Wide(order));
    }
    let mut utf8 = Utf8::default();
    let other = head.iter().filter(|&&b| !b.is_ascii()).count();
    // A comment in another script may stand first. Text in an older encoding has few such characters: random bytes pass
    // with 18 characters once in a hundred thousand times.
    let few = other * 6 <= head.len() && head.iter().all(|&b| is_text(b) || !b.is_ascii());
    (few || head.iter().all(|&b| utf8.takes(b))).then_some(Form::Plain)
}

/// Printable ASCII, a tab or a line end.
pub(super) fn is_text(byte: u8) -> bool {
    matches!(byte, b' '..=b'~' | b'\t' | b'\n' | b'\r')
}

/// Takes text in UTF-8 byte by byte.
#[derive(Default)]
pub(super) struct Utf8 {
    /// Bytes that the character begun still needs.
    missing: u8,
}

impl Utf8 {
    /// Whether `byte` may come next. A few forbidden characters pass, none of which text has.
    #[inline]
    pub(super) fn takes(&mut self, byte: u8) -> bool {
        if self.missing > 0 {
            self.missing -= 1;
            return matches!(byte, 0x80..=0xbf);
        }
        self.missing = match byte {
            0xc2..=0xdf => 1,
            0xe0..=0xef => 2,
            0xf0..=0xf4 => 3,
            _ => 0,
        };
        self.missing > 0 || is_text(byte)
    }
}

/// The text itself, without the line end that tools put behind a secret.
pub(super) fn text(bytes: Vec<u8>, form: Form) -> Vec<u8> {
    let mut text = match form {
        Form::Plain => bytes,
        Form::Wide(order) => wide::narrow(&bytes, order),
    };
    while matches!(text.last(), Some(b'\n' | b'\r')) {
        text.pop();
    }
    text
}
