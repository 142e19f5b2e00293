//! Values that stand farther from their name: in an attribute or element beside it, in braces or in a block below it.

use super::operator::skip_blanks;
use std::ops::Range;

/// A value is looked for so far behind its name.
const FAR: usize = 96;

/// Where the value is that the form around a name puts elsewhere than behind an operator, `from` being behind the name and
/// its quotes.
pub(super) fn value(window: &[u8], name: &Range<usize>, from: usize) -> Option<usize> {
    attribute(window, from)
        .or_else(|| element(window, name, from))
        .or_else(|| braces(window, from))
        .or_else(|| default(window, from))
}

/// `name="password" value="x"`, `"name": "password", "value": "x"`, `- name: PASSWORD` and `value: x` on the next line.
fn attribute(window: &[u8], from: usize) -> Option<usize> {
    let rest = &window[from..(from + 64).min(window.len())];
    let skipped = rest.iter().take_while(|b| b.is_ascii_whitespace() || b"\"',\\".contains(b)).count();
    let words: [&[u8]; 2] = [b"value", b"content"];
    let word =
        words.iter().find(|word| rest[skipped..].get(..word.len()).is_some_and(|w| w.eq_ignore_ascii_case(word)));
    let mut i = skipped + word.filter(|_| skipped > 0)?.len();
    while rest.get(i).is_some_and(|b| b"\"'\\ ".contains(b)) {
        i += 1;
    }
    matches!(rest.get(i), Some(b':' | b'=')).then(|| skip_blanks(window, from + i + 1))
}

/// `<name>password</name><value>x`, `<key>password</key><string>x`.
fn element(window: &[u8], name: &Range<usize>, from: usize) -> Option<usize> {
    if !window[..name.start].ends_with(b">") || !window[from..].starts_with(b"</") {
        return None;
    }
    let closed = tag(&window[from..])?;
    let blank = blanks(&window[from + closed..]);
    let next = from + closed + blank;
    let words: [&[u8]; 3] = [b"<value", b"<string", b"<val"];
    let known = words.iter().any(|word| window[next..].starts_with(word));
    known.then(|| tag(&window[next..])).flatten().map(|opened| inner(window, next + opened, true))
}

/// Bytes of the tag at the beginning of `text`.
fn tag(text: &[u8]) -> Option<usize> {
    let length = text.iter().take(FAR).skip(1).position(|b| b"<>".contains(b))? + 1;
    (text[0] == b'<' && text[length] == b'>').then_some(length + 1)
}

/// `variable "password" { default = "x" }`, `"password": { "value": "x" }`.
fn braces(window: &[u8], from: usize) -> Option<usize> {
    let mut opens = skip_blanks(window, from);
    let quoted = from > 0 && b"\"'`".contains(&window[from - 1]);
    let colon = window.get(opens) == Some(&b':');
    if colon {
        opens = skip_blanks(window, opens + 1);
    }
    if !(quoted || colon) || window.get(opens) != Some(&b'{') {
        return None;
    }
    let inside = &window[opens + 1..(opens + 1 + FAR).min(window.len())];
    let inside = &inside[..inside.iter().position(|b| b"{}".contains(b)).unwrap_or(inside.len())];
    let words: [&[u8]; 3] = [b"default", b"value", b"\"S\""];
    words.iter().find_map(|word| keyed(inside, word)).map(|at| skip_blanks(window, opens + 1 + at))
}

/// `add_argument("--password", type=str, default="x")`.
fn default(window: &[u8], from: usize) -> Option<usize> {
    let inside = window[from..].strip_prefix(b",").filter(|_| b"\"'".contains(&window[from - 1]))?;
    let inside = &inside[..inside.iter().take(FAR).position(|b| b"()\n".contains(b)).unwrap_or(inside.len().min(FAR))];
    keyed(inside, b"default").map(|at| skip_blanks(window, from + 1 + at))
}

/// Behind the operator of `word` in `inside`.
fn keyed(inside: &[u8], word: &[u8]) -> Option<usize> {
    let at = memchr::memmem::find(inside, word)?;
    let begins = at == 0 || !inside[at - 1].is_ascii_alphanumeric() && !b"_-.".contains(&inside[at - 1]);
    let behind = at + word.len();
    let closed = behind + inside[behind..].iter().take(2).take_while(|b| b"\"'\\".contains(b)).count();
    let operator = skip_blanks(inside, closed);
    (begins && matches!(inside.get(operator), Some(b':' | b'='))).then_some(operator + 1)
}

/// Where the value at `from` begins once what may stand before it is skipped: a tag or anchor of YAML, the sign of a block
/// and the line end behind it, the rest of an opening tag and the elements in it where it is the value of an `element`.
pub(super) fn inner(window: &[u8], from: usize, element: bool) -> usize {
    let rest = &window[from..];
    match rest {
        [b'|' | b'>', ..] => {
            let sign = 1 + rest[1..].iter().take(2).take_while(|b| b"+-".contains(b) || b.is_ascii_digit()).count();
            let blank = blanks(&rest[sign..]);
            if rest[sign..].starts_with(b"\n") || rest[sign..].starts_with(b"\r\n") {
                from + sign + blank
            } else {
                from
            }
        }
        [b'!', b'!' | b'a'..=b'z', ..] | [b'&', b'a'..=b'z', ..] => {
            let is_word = |b: &&u8| b.is_ascii_alphanumeric() || b"!&_-".contains(b);
            let word = rest.iter().take(24).take_while(is_word).count();
            let blank = skip_blanks(rest, word);
            if blank > word { from + blank } else { from }
        }
        // `${1:-value}`: an argument or the value.
        [b'$', b'{', b'0'..=b'9', b':', b'-' | b'=', ..] => from + 5,
        _ if element => {
            let mut at = from + blanks(rest);
            if window[at..].starts_with(b"<value>") {
                at += 7;
                at += blanks(&window[at..]);
            }
            at + if window[at..].starts_with(b"<![CDATA[") { 9 } else { 0 }
        }
        // `name =` and the value on the next line.
        _ => {
            let opens = usize::from(rest.first() == Some(&b'('));
            let at = opens + blanks(&rest[opens..]);
            if at > opens && is_quoted(&rest[at..]) { from + at } else { from }
        }
    }
}

/// Whether `text` begins with a quoted value, and not with the name of another one.
fn is_quoted(text: &[u8]) -> bool {
    let Some(quote @ (b'"' | b'\'' | b'`')) = text.first() else { return false };
    let Some(length) = text[1..].iter().position(|b| b == quote) else { return false };
    !matches!(text.get(skip_blanks(text, length + 2)), Some(b':' | b'='))
}

/// How many blanks and line ends `text` begins with, as far as a value may be moved.
fn blanks(text: &[u8]) -> usize {
    text.iter().take(40).take_while(|b| b.is_ascii_whitespace()).count()
}
