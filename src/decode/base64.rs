//! Text in base64 or base64url, on one line or wrapped as mail, PEM and `base64` itself wrap it; compressed by gzip or not.

use super::map::{Decoded, How};
use super::sniff::{self, Form};
use super::surroundings::{after, before, is_token, looked};
use crate::scanner::BEHIND;
use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use flate2::read::MultiGzDecoder;
use std::io::Read;
use std::ops::Range;

/// Fewest characters: 18 bytes of text. A key id has 20.
const SHORTEST: usize = 24;
/// Characters that tell whether it is text.
const HEAD: usize = 64;
/// Lines of wrapped text have so many characters.
const WIDTHS: Range<usize> = 48..101;

/// How gzip begins, and how that begins in base64.
const GZIP: &[u8] = &[0x1f, 0x8b, 8];
const GZIP_HEAD: &[u8] = b"H4sI";
/// What is compressed is unpacked to so many bytes, and to so many times its size: text seldom is more, and nobody can
/// make a small file cost much.
const UNPACKED: usize = 1 << 20;
const RATIO: usize = 32;

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const ENGINE: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);

/// Bit 0: the first of four characters that stand for text; bit 1: the first of four where every second byte is zero.
static FIRST: [u8; 256] = {
    let mut table = [0; 256];
    let mut i = 0;
    while i < 256 {
        // The upper six bits of printable ASCII, of tab and of line ends.
        if matches!(i as u8, b'I'..=b'Z' | b'a'..=b'f' | b'C' | b'D') {
            table[i] = 3;
        }
        i += 1;
    }
    table[b'A' as usize] = 2;
    table
};

/// The six bits that a character of either alphabet stands for, or `NO_DIGIT`.
static DIGITS: [u8; 256] = {
    let mut table = [NO_DIGIT; 256];
    let mut i = 0;
    while i < 64 {
        table[b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"[i] as usize] = i as u8;
        i += 1;
    }
    (table[b'-' as usize], table[b'_' as usize]) = (62, 63);
    table
};
const NO_DIGIT: u8 = 0xff;

/// Whether text in base64 may begin at `at`: nothing of a token before it, and every fourth character is one with
/// which three printable bytes begin, or all of them together begin a text in UTF-8.
#[inline]
pub(super) fn may_begin(bytes: &[u8], at: usize) -> bool {
    if at > 0 && is_token(bytes[at - 1]) {
        return false;
    }
    let Some(head) = bytes.get(at..at + SHORTEST).filter(|head| !head.contains(&b'\n')) else { return false };
    let all = head.iter().step_by(4).fold(3, |all, &b| all & FIRST[usize::from(b)]);
    if head.starts_with(GZIP_HEAD) {
        return true;
    }
    // Wide text has a zero at every other such place; a mark before it stands at the first.
    all & 1 != 0 || all & 2 != 0 && head[4] == b'A' || head[0] == b'/' && head[1] | 1 == b'/' || is_utf8(head)
}

/// Whether base64 stands for text in UTF-8 that has other characters than ASCII in it. Of random text one in a million
/// does, and the first four characters say no for nearly all.
fn is_utf8(head: &[u8]) -> bool {
    let mut text = sniff::Utf8::default();
    head.chunks_exact(4).all(|four| {
        let digits = [four[0], four[1], four[2], four[3]].map(|b| DIGITS[usize::from(b)]);
        let bits = digits.iter().fold(0, |bits, &digit| bits << 6 | u32::from(digit & 63));
        let [_, bytes @ ..] = bits.to_be_bytes();
        !digits.contains(&NO_DIGIT) && bytes.into_iter().all(|byte| text.takes(byte))
    })
}

pub(super) fn at(content: &[u8], at: usize) -> Option<Decoded> {
    let rest = &content[at..];
    let form = form(rest)?;
    if goes_on(content, at) {
        return None;
    }
    let lines = Lines::read(rest);
    let mut characters: Vec<u8> = Vec::with_capacity(lines.characters);
    for number in 0..lines.count {
        let start = number * lines.stride;
        let length = (lines.characters - number * lines.width).min(lines.width);
        characters.extend_from_slice(&rest[start..start + length]);
    }
    let Some(raw) = decode(&mut characters) else { return Some(Decoded::nothing(at + lines.looked)) };
    let (text, how) = if raw.starts_with(GZIP) {
        let text = unpacked(&raw);
        let form = sniff::form(&text[..text.len().min(HEAD)]).unwrap_or(Form::Plain);
        (sniff::text(text, form), How::Whole)
    } else {
        let how = How::Base64 { unit: form.unit(), width: lines.width as u32, stride: lines.stride as u32 };
        (sniff::text(raw, form), how)
    };
    let context = before(content, at)?;
    let end = at + lines.end;
    let padding = rest[lines.end..].iter().take(2).take_while(|&&b| b == b'=').count();
    let behind = after(content, end + padding);
    let mut decoded = Decoded::new();
    decoded.copy(&content[context.clone()], context.start);
    decoded.put(&text, at, lines.end, how);
    decoded.copy(&content[behind.clone()], behind.start);
    decoded.to = looked(&behind).max(at + lines.looked);
    Some(decoded)
}

/// The form of the text that a run at the beginning of `rest` stands for, if it is long enough and text.
fn form(rest: &[u8]) -> Option<Form> {
    let length = rest.iter().take(HEAD).take_while(|&&b| is_token(b)).count();
    if length < SHORTEST {
        return None;
    }
    let head = decode(&mut rest[..length].to_vec())?;
    if head.starts_with(GZIP) { Some(Form::Plain) } else { sniff::form(&head) }
}

/// What gzip has packed into `raw`, as far as it goes.
fn unpacked(raw: &[u8]) -> Vec<u8> {
    let most = UNPACKED.min(raw.len() * RATIO);
    let mut text = Vec::new();
    // What came out before an error is as good as any other text.
    let _ = MultiGzDecoder::new(raw).take(most as u64).read_to_end(&mut text);
    text
}

/// Whether the run at `at` continues a line before it: then it was decoded there.
fn goes_on(content: &[u8], at: usize) -> bool {
    let behind = &content[at.saturating_sub(BEHIND)..at];
    let whole = at <= BEHIND;
    let blank = behind.iter().rev().take_while(|&&b| b == b' ' || b == b'\t').count();
    let separator = blank + line_end(&behind[..behind.len() - blank]);
    if separator == blank {
        return false;
    }
    let line = &behind[..behind.len() - separator];
    let width = line.iter().rev().take_while(|&&b| is_token(b)).count();
    if !WIDTHS.contains(&width) || separator + width >= BEHIND || width == line.len() && !whole {
        return false;
    }
    let length = content[at..].iter().take(WIDTHS.end).take_while(|&&b| is_token(b)).count();
    let before = &line[line.len() - width..];
    // A line before it that is no text in base64 is something else of that length, say a hash.
    length <= width && (!width.is_multiple_of(4) || form(before).is_some())
}

/// Bytes of the line end, real or escaped, that `text` ends with.
fn line_end(text: &[u8]) -> usize {
    let ends: [&[u8]; 4] = [b"\r\n", b"\n", b"\\r\\n", b"\\n"];
    ends.iter().find(|end| text.ends_with(end)).map_or(0, |end| end.len())
}

/// Lines of one width, the last one shorter, that stand equally far apart.
struct Lines {
    /// All of the lines together.
    characters: usize,
    count: usize,
    width: usize,
    stride: usize,
    /// Behind the last character.
    end: usize,
    /// How far the look went.
    looked: usize,
}

impl Lines {
    fn read(rest: &[u8]) -> Self {
        let run = |from: usize| rest[from..].iter().take_while(|&&b| is_token(b)).count();
        let first = run(0);
        let mut lines =
            Self { characters: first, count: 1, width: first, stride: first, end: first, looked: first + 1 };
        if !WIDTHS.contains(&first) {
            return lines;
        }
        let Some(separator) = separator(&rest[first..]).filter(|separator| separator.len() + first < BEHIND) else {
            return lines;
        };
        let stride = first + separator.len();
        while rest[lines.end..].starts_with(separator) {
            let next = run(lines.end + separator.len());
            lines.looked = lines.end + separator.len() + next + 1;
            if next == 0 || next > first {
                break;
            }
            lines.stride = stride;
            lines.count += 1;
            lines.characters += next;
            lines.end += separator.len() + next;
            if next < first {
                break;
            }
        }
        // The line that ends it is seen to end it, with its separator.
        lines.looked = lines.looked.max(lines.end + BEHIND);
        lines
    }
}

/// What `rest` begins with between two lines: the end of one and the indentation of the next.
fn separator(rest: &[u8]) -> Option<&[u8]> {
    let ends: [&[u8]; 4] = [b"\r\n", b"\n", b"\\r\\n", b"\\n"];
    let end = ends.iter().find(|end| rest.starts_with(end))?;
    let blank = rest[end.len()..].iter().take(BEHIND).take_while(|&&b| b == b' ' || b == b'\t').count();
    Some(&rest[..end.len() + blank])
}

/// The bytes that characters of either alphabet stand for; none when both alphabets are mixed.
fn decode(characters: &mut Vec<u8>) -> Option<Vec<u8>> {
    let (mut standard, mut url) = (false, false);
    for character in characters.iter_mut() {
        match character {
            b'+' | b'/' => standard = true,
            b'-' => (*character, url) = (b'+', true),
            b'_' => (*character, url) = (b'/', true),
            _ => {}
        }
    }
    if characters.len() % 4 == 1 {
        characters.pop();
    }
    if standard && url { None } else { ENGINE.decode(characters).ok() }
}
