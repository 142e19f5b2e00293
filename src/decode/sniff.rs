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
    let text = |b: u8| matches!(b, b' '..=b'~' | b'\t' | b'\n' | b'\r');
    let other = head.iter().filter(|&&b| !b.is_ascii()).count();
    // Random bytes pass with 18 characters once in a hundred thousand times.
    (head.iter().all(|&b| text(b) || !b.is_ascii()) && other * 6 <= head.len()).then_some(Form::Plain)
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
