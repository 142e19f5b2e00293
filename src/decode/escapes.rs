//! Escapes within text: `%2F`, `\x2f`, `\u002f`, `\/`, `&#47;`, `&quot;`, as they stand in URLs, JSON, source and XML.
//!
//! Text is full of escapes that hide nothing: line ends, quotes, spaces. So decoding begins with one that stands for
//! a character of a token, a quote or the beginning of another escape. All others are decoded along with it.

use super::map::{Decoded, How};
use super::surroundings::{after, before, is_token, looked};

/// Escapes that stand so near to one another, on one line, are decoded together.
const NEAR: usize = 48;
/// No escape is longer.
const LONGEST: usize = 10;
/// A line end before so many characters of base64 may hide the beginning of a key of that length.
const KEY: usize = 40;

/// How an escape looks with which decoding may begin. Line ends are left to the runs that must follow them.
pub(super) const SIGNS: [[&[u8]; 2]; 3] = [[b"%", b"234567"], [b"\\", b"uUx/"], [b"&", b"#qaspeb"]];

/// Whether decoding begins with the escape at `at`.
pub(super) fn begins(bytes: &[u8], at: usize) -> bool {
    starts(bytes, at) && is_first(bytes, at)
}

/// Whether none of the escapes closely before it is one to begin with.
fn is_first(bytes: &[u8], at: usize) -> bool {
    let behind = &bytes[at.saturating_sub(NEAR)..at];
    let line = behind.iter().rposition(|&b| b == b'\n').map_or(0, |end| end + 1);
    let first = at - behind.len();
    !memchr::memchr3_iter(b'%', b'\\', b'&', &behind[line..]).any(|offset| starts(bytes, first + line + offset))
}

/// An escape: how long it is, and the character it stands for.
struct Escape {
    length: usize,
    character: char,
}

/// Whether decoding begins with the escape at `at`.
fn starts(bytes: &[u8], at: usize) -> bool {
    let end = bytes.len().min(at + LONGEST);
    let Some(escape) = escape(&bytes[at..end]) else { return false };
    let token = |at: usize| bytes.get(at).is_some_and(|&b| is_token(b));
    let behind = at + escape.length;
    match (bytes[at], bytes[at + 1]) {
        (b'\\', b'/') => token(behind) || at > 0 && token(at - 1),
        (b'\\', b'n' | b'r' | b't') => {
            let base64 = |b: &&u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/');
            bytes[behind.min(bytes.len())..].iter().take(KEY).take_while(base64).count() == KEY
        }
        (b'\\', b'u' | b'U' | b'x') | (b'%' | b'&', _) => {
            u8::try_from(escape.character).is_ok_and(|b| is_token(b) || matches!(b, b'=' | b'"' | b'\'' | b'%' | b'\\'))
        }
        _ => false,
    }
}

/// The escape that `text` begins with.
fn escape(text: &[u8]) -> Option<Escape> {
    let numbered = |from: usize, digits: usize| {
        let digits = text.get(from..from + digits)?;
        let value = digits.iter().try_fold(0u32, |value, &b| Some(value << 4 | (b as char).to_digit(16)?))?;
        Some(Escape { length: from + digits.len(), character: char::from_u32(value)? })
    };
    match *text.get(..2)? {
        [b'%', _] => numbered(1, 2),
        [b'\\', b'x'] => numbered(2, 2),
        [b'\\', b'u'] if text.get(2) == Some(&b'{') => {
            let digits = text[3..].iter().take(6).take_while(|b| b.is_ascii_hexdigit()).count();
            let escape = numbered(3, digits).filter(|_| digits > 0 && text.get(3 + digits) == Some(&b'}'))?;
            Some(Escape { length: escape.length + 1, ..escape })
        }
        [b'\\', b'u'] => numbered(2, 4),
        [b'\\', b'U'] => numbered(2, 8),
        [b'\\', simple] => {
            let character = match simple {
                b'n' => '\n',
                b'r' => '\r',
                b't' => '\t',
                b'/' | b'"' | b'\'' | b'\\' => simple as char,
                _ => return None,
            };
            Some(Escape { length: 2, character })
        }
        [b'&', b'#'] => {
            let hex = matches!(text.get(2), Some(b'x' | b'X'));
            let (from, radix) = if hex { (3, 16) } else { (2, 10) };
            let digit = |b: &&u8| (**b as char).is_digit(radix);
            let digits = text[from.min(text.len())..].iter().take(6).take_while(digit).count();
            let number = std::str::from_utf8(text.get(from..from + digits)?).ok()?;
            let value = u32::from_str_radix(number, radix).ok()?;
            let closed = usize::from(text.get(from + digits) == Some(&b';'));
            (closed == 1).then_some(Escape { length: from + digits + closed, character: char::from_u32(value)? })
        }
        [b'&', _] => {
            let length = text.iter().position(|&b| b == b';')?;
            let character = match &text[1..length] {
                b"quot" => '"',
                b"apos" => '\'',
                b"amp" => '&',
                b"lt" => '<',
                b"gt" => '>',
                b"nbsp" => ' ',
                b"sol" => '/',
                b"plus" => '+',
                b"equals" => '=',
                b"bsol" => '\\',
                b"percnt" => '%',
                b"colon" => ':',
                _ => return None,
            };
            Some(Escape { length: length + 1, character })
        }
        _ => None,
    }
}

pub(super) fn at(content: &[u8], at: usize) -> Option<Decoded> {
    let context = before(content, at)?;
    let end = end(content, at);
    let behind = after(content, end);
    let text = &content[context.start..behind.end];
    let mut decoded = Decoded::new();
    let (mut done, mut next) = (0, 0);
    while let Some(offset) = memchr::memchr3(b'%', b'\\', b'&', &text[next..]) {
        let found = next + offset;
        let Some(escape) = escape(&text[found..text.len().min(found + LONGEST)]) else {
            next = found + 1;
            continue;
        };
        decoded.copy(&text[done..found], context.start + done);
        let mut buffer = [0; 4];
        // `%C3%A9` and `\xc3\xa9` are the bytes of one character.
        let bytes = matches!(text[found..found + 2], [b'%', _] | [b'\\', b'x']) && escape.length <= 4;
        let byte = [escape.character as u32 as u8];
        let character = if bytes { &byte[..] } else { escape.character.encode_utf8(&mut buffer).as_bytes() };
        decoded.put(character, context.start + found, escape.length, How::Whole);
        done = found + escape.length;
        next = done;
    }
    decoded.copy(&text[done..], context.start + done);
    decoded.to = looked(&behind).max(end + NEAR + KEY + LONGEST);
    Some(decoded)
}

/// The end of the last escape that belongs to the one at `at`.
fn end(text: &[u8], at: usize) -> usize {
    let (mut last, mut next) = (at, at);
    loop {
        let length = escape(&text[last..text.len().min(last + LONGEST)]).map_or(1, |escape| escape.length);
        let until = last + length + NEAR;
        next = next.max(last + length).min(text.len());
        let near = &text[next..until.clamp(next, text.len())];
        let line = &near[..memchr::memchr(b'\n', near).unwrap_or(near.len())];
        let more = memchr::memchr3_iter(b'%', b'\\', b'&', line).find(|offset| starts(text, next + offset));
        match more {
            Some(offset) => last = next + offset,
            None => return last + length,
        }
    }
}
