//! Values: where one begins and ends, by the quoting rules that most languages share.

use std::ops::Range;

/// Longest value.
const VALUE: usize = 160;

/// A value's place.
#[derive(Debug)]
pub struct Value {
    pub span: Range<usize>,
    pub quoted: bool,
}

/// The value that begins at `from`, behind prefixes and calls; `word` where it is one of a command line.
pub fn at(window: &[u8], from: usize, word: bool) -> Option<Value> {
    let mut i = from;
    let peek = |i: usize| window.get(i).copied();
    if window[i.min(window.len())..].starts_with(b"[[") {
        return long(window, i + 2);
    }
    if peek(i) == Some(b'[') || peek(i) == Some(b'(') {
        i += 1;
    }
    // A binary of Erlang: `<<"…">>`.
    i += if window[i.min(window.len())..].starts_with(b"<<\"") { 2 } else { 0 };
    // A call or conversion with a literal: `String("…")`, `[]byte("…")`, `Base64.decode("…")`, `b"…"`, `\"…\"`.
    let call =
        window[i..].iter().take(40).take_while(|b| b.is_ascii_alphanumeric() || b"_.:$@()[]\\& ".contains(b)).count();
    let mut opens = i + call;
    // A list that is written with its type: `[]string{"…"}`, `new String[]{"…"}`.
    if peek(opens) == Some(b'{') && (window[i..opens].ends_with(b"]string") || window[i..opens].ends_with(b"[]")) {
        i = opens + 1;
        opens = i;
    }
    if let Some(quote @ (b'"' | b'\'' | b'`')) = peek(opens) {
        let before = &window[i..opens];
        let prefix = before.is_empty()
            || before == b"\\"
            || before.len() <= 2 && before.iter().all(|b| b"bruflLRBU@$\\".contains(b))
            || before.last() == Some(&b'(') && !reads(before);
        if prefix {
            return quoted(window, opens, quote);
        }
        // A word of a command line, and a quoted one behind it.
        if word && before.ends_with(b" ") && before.trim_ascii().iter().all(|b| b.is_ascii_alphanumeric()) {
            return bare(window, i, word);
        }
        return if is_word_in_quotes(before, window.get(opens + 1)) { bare(window, i, word) } else { None };
    }
    bare(window, i, word)
}

/// Whether `text` is a word that a quote ends, as in `-H 'X-Api-Key: 8f9b…'`: a value that stands bare in a quoted text.
/// A short one may be what says of which kind a literal is, as in `sql"…"`, unless it `is_last` in its text.
fn is_word_in_quotes(text: &[u8], follows: Option<&u8>) -> bool {
    let length = text.iter().take_while(|b| b.is_ascii_alphanumeric()).count();
    // Line ends may stand behind it, written as escapes.
    let escapes = &text[length..];
    let breaks =
        escapes.len().is_multiple_of(2) && escapes.chunks(2).all(|pair| matches!(pair, [b'\\', b'n' | b'r' | b't']));
    let is_last = !escapes.is_empty() || follows.is_none_or(|b| b.is_ascii_whitespace() || b",;)]}\\".contains(b));
    breaks && length >= if is_last { 4 } else { 8 }
}

/// Whether a call fetches its value by the name it is given.
fn reads(call: &[u8]) -> bool {
    let words: [&[u8]; 10] =
        [b"get", b"env", b"param", b"read", b"find", b"load", b"fetch", b"config", b"require", b"credentials("];
    words.iter().any(|w| call.windows(w.len()).any(|c| c.eq_ignore_ascii_case(w)))
}

/// `[[…]]`, as Lua has it.
fn long(window: &[u8], start: usize) -> Option<Value> {
    let length = window[start..].iter().take(VALUE + 1).position(|b| b"]\n".contains(b))?;
    let closed = window[start + length..].starts_with(b"]]");
    closed.then_some(Value { span: start..start + length, quoted: true })
}

fn quoted(window: &[u8], opens: usize, quote: u8) -> Option<Value> {
    let triple = window[opens..].starts_with(&[quote; 3]);
    let start = opens + if triple { 3 } else { 1 };
    let escaped = opens > 0 && window[opens - 1] == b'\\';
    let is_end = |(i, b): (usize, &u8)| {
        *b == b'\n' || *b == b'\r' || (*b == quote && (escaped || i == 0 || window[start + i - 1] != b'\\'))
    };
    let length = window[start..].iter().take(VALUE + 1).enumerate().position(is_end)?;
    let mut end = start + length;
    if window[end] != quote {
        return None;
    }
    if escaped && length > 0 && window[end - 1] == b'\\' {
        end -= 1;
    }
    // `"…" + x` and `"…" % x` are built from parts.
    (end - start <= VALUE).then_some(Value { span: start..end, quoted: true })
}

fn bare(window: &[u8], from: usize, word: bool) -> Option<Value> {
    let stop = |b: &u8| b.is_ascii_whitespace() || b"\"'`,;<>(){}[]&|\\".contains(b);
    let length = window[from..].iter().take(VALUE + 1).position(stop).unwrap_or((window.len() - from).min(VALUE + 1));
    let end = from + length;
    if length > VALUE {
        return None;
    }
    let text = &window[from..end];
    // In code something that is no end of a value follows: a call, an index, another operand.
    let ended = match window.get(end) {
        None | Some(b'<') => true,
        Some(b' ' | b'\t') => !continues(&window[end..], word),
        Some(b']') => window[end..].starts_with(b"]]>"),
        Some(b) => {
            b.is_ascii_whitespace() || matches!(b, b',' | b';' | b'&' | b'"' | b'\'' | b'`' | b'}' | b'\\' | b')')
        }
    };
    // `a.b`, `a->b`, `A::B`, `$a`, `--flag`, `/a/path`, `!tag`, `*pointer`: what code and configuration refer with.
    let dollar = text.contains(&b'$') && (word || text.contains(&b'.') || !text.iter().any(u8::is_ascii_digit));
    let refers = dollar
        || text.contains(&b':')
        || text.first() == Some(&b'$')
        || text.contains(&b'.') && !text.iter().any(u8::is_ascii_digit)
        || text.first().is_some_and(|b| b"/-!*@%#.~+=".contains(b));
    (ended && !refers).then_some(Value { span: from..end, quoted: false })
}

/// Whether an expression goes on behind a bare value, or a sentence where it is not one `word` of several.
fn continues(rest: &[u8], word: bool) -> bool {
    let next = rest.iter().position(|b| *b != b' ' && *b != b'\t').map(|i| &rest[i..]);
    let Some(next) = next else { return false };
    let first = next[0];
    if first == b'=' || first == b'?' || first == b'+' || first == b'|' && next.get(1) == Some(&b'|') {
        return true;
    }
    if word {
        return false;
    }
    // Several words follow: natural language.
    let mut words = next.split(|b| b.is_ascii_whitespace() || b",.'".contains(b)).filter(|word| !word.is_empty());
    let is_word = |word: Option<&[u8]>| word.is_none_or(|word| word.iter().all(u8::is_ascii_lowercase));
    first.is_ascii_lowercase() && is_word(words.next()) && is_word(words.next())
}
