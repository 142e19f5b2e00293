//! Text in hex: two digits a byte. Hashes are what hex mostly holds, and they are no text.

use super::map::{Decoded, How};
use super::sniff;
use super::surroundings::{after, before, is_token, looked};

/// Fewest digits: a key id has 20 bytes.
const SHORTEST: usize = 40;
/// Digits that are looked at before anything else.
const HEAD: usize = 16;

/// Whether text in hex may begin at `at`: nothing of a token before it, and the first bytes are printable characters or
/// line ends, behind a byte order mark or not; in UTF-16 each with a zero beside it. Or as many bytes as must be there
/// are UTF-8.
#[inline]
pub(super) fn may_begin(bytes: &[u8], at: usize) -> bool {
    if at > 0 && is_token(bytes[at - 1]) {
        return false;
    }
    let Some(head) = bytes.get(at..at + HEAD) else { return false };
    let prefix = if head[0] == b'0' && head[1] | 0x20 == b'x' { 2 } else { 0 };
    let digits = &head[prefix..];
    let marked = digits[..4].eq_ignore_ascii_case(b"fffe") || digits[..4].eq_ignore_ascii_case(b"feff");
    let units = if marked { &digits[4..] } else { digits };
    let wide =
        |zero: usize| units.chunks_exact(4).all(|unit| &unit[zero..zero + 2] == b"00" && is_text(&unit[2 - zero..]));
    let mut utf8 = sniff::Utf8::default();
    let mut takes = |pair: &[u8]| pair.iter().all(u8::is_ascii_hexdigit) && utf8.takes(byte(pair));
    digits.chunks_exact(2).all(is_text)
        || wide(0)
        || wide(2)
        || bytes.get(at + prefix..at + prefix + SHORTEST).is_some_and(|all| all.chunks_exact(2).all(&mut takes))
}

fn is_text(pair: &[u8]) -> bool {
    match pair[0] {
        b'2'..=b'7' => pair[1].is_ascii_hexdigit(),
        b'0' => matches!(pair[1], b'9' | b'a' | b'A' | b'd' | b'D'),
        _ => false,
    }
}

pub(super) fn at(content: &[u8], at: usize) -> Option<Decoded> {
    let rest = &content[at..];
    let prefix = if rest.len() > 1 && rest[0] == b'0' && rest[1] | 0x20 == b'x' { 2 } else { 0 };
    let head = rest[prefix..].iter().take(2 * SHORTEST).take_while(|b| b.is_ascii_hexdigit()).count();
    if head < SHORTEST || sniff::form(&bytes(&rest[prefix..prefix + head])).is_none() {
        return None;
    }
    let length = rest[prefix..].iter().take_while(|b| b.is_ascii_hexdigit()).count();
    let follows = rest.get(prefix + length);
    if !length.is_multiple_of(2) || follows.is_some_and(|&b| is_token(b)) {
        return Some(Decoded::nothing(at + prefix + length + 1));
    }
    let raw = bytes(&rest[prefix..prefix + length]);
    let start = at + prefix;
    let Some(form) = sniff::form(&raw[..raw.len().min(256)]) else { return Some(Decoded::nothing(start + length + 1)) };
    let context = before(content, at)?;
    let behind = after(content, start + length);
    let mut decoded = Decoded::new();
    decoded.copy(&content[context.clone()], context.start);
    decoded.put(&sniff::text(raw, form), start, length, How::Hex { unit: form.unit() });
    decoded.copy(&content[behind.clone()], behind.start);
    decoded.to = looked(&behind);
    Some(decoded)
}

/// The bytes that pairs of digits stand for.
fn bytes(digits: &[u8]) -> Vec<u8> {
    digits.chunks_exact(2).map(byte).collect()
}

fn byte(pair: &[u8]) -> u8 {
    let value = |digit: u8| (digit as char).to_digit(16).unwrap_or_default() as u8;
    value(pair[0]) << 4 | value(pair[1])
}
