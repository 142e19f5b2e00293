//! Mail in quoted-printable: `=3D` for a character, and lines that end in `=` go on with the next.

use super::map::{Decoded, How};
use crate::scanner::BEHIND;

/// The header's value.
pub(super) const WORD: &str = "quoted-printable";
/// The header's name.
const NAME: &[u8] = b"content-transfer-encoding:";
/// A part is decoded so far.
const LONGEST: usize = 1 << 20;

pub(super) fn at(content: &[u8], at: usize) -> Option<Decoded> {
    let behind = &content[at.saturating_sub(BEHIND)..at];
    let line = &behind[behind.iter().rposition(|&b| b == b'\n').map_or(0, |end| end + 1)..];
    let name = line.trim_ascii_end();
    if !name.eq_ignore_ascii_case(NAME) {
        return None;
    }
    let rest = &content[at..];
    let end = boundary(rest).unwrap_or(rest.len().min(LONGEST));
    let text = &rest[..end];
    let mut decoded = Decoded::new();
    let (mut done, mut next) = (0, 0);
    while let Some(offset) = memchr::memchr(b'=', &text[next..]) {
        let found = next + offset;
        let (length, byte) = match text.get(found + 1..) {
            Some([b'\r', b'\n', ..]) => (3, None),
            Some([b'\n', ..]) => (2, None),
            Some(&[high, low, ..]) => match ((high as char).to_digit(16), (low as char).to_digit(16)) {
                (Some(high), Some(low)) => (3, Some((high << 4 | low) as u8)),
                _ => (0, None),
            },
            _ => (0, None),
        };
        next = found + length.max(1);
        if length == 0 {
            continue;
        }
        decoded.copy(&text[done..found], at + done);
        match byte {
            Some(byte) => decoded.put(&[byte], at + found, length, How::Whole),
            None => decoded.leave_out(),
        }
        done = next;
    }
    decoded.copy(&text[done..], at + done);
    // With the boundary, and the byte behind it that tells it from a signature's.
    decoded.to = at + end + 4;
    Some(decoded)
}

/// Where the next part of the mail begins: a line that starts with two dashes and is not a signature's.
fn boundary(rest: &[u8]) -> Option<usize> {
    let rest = &rest[..rest.len().min(LONGEST)];
    memchr::memmem::find_iter(rest, b"\n--")
        .find(|&at| rest.get(at + 3).is_some_and(|&b| b != b' ' && b != b'\r' && b != b'\n'))
}
