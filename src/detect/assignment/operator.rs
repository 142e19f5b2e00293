//! What stands between a name and its value.

use std::ops::Range;

/// Where a value begins and how it must stand there.
pub struct Behind {
    pub value: usize,
    /// After a call or a comparison, only a literal is a value: anything bare is an expression.
    pub literal: bool,
    /// A word of a command line: what follows it is another word, and no sentence.
    pub word: bool,
}

/// Where the value begins, by the operator behind the name.
pub fn behind(window: &[u8], name: &Range<usize>) -> Option<Behind> {
    let mut i = name.end;
    let peek = |i: usize| window.get(i).copied();
    let mut closed_quote = false;
    // The quote, bracket or escape that ends the name: `"name"`, `['name']`, `\"name\"`.
    for _ in 0..6 {
        match peek(i) {
            Some(b'"' | b'\'' | b'`') => {
                closed_quote = true;
                i += 1;
            }
            Some(b']' | b')' | b'\\' | b'?') => i += 1,
            _ => break,
        }
    }
    if let Some(value) = named_value(window, i) {
        return Some(Behind { value, literal: false, word: false });
    }
    if let Some(value) = closed_quote.then(|| serialized(window, i)).flatten() {
        return Some(Behind { value, literal: true, word: false });
    }
    let blanks = skip_blanks(window, i);
    let spaced = blanks > i;
    i = blanks;
    let flag = window[name.clone()].starts_with(b"-") || spaced && is_argument(&window[..name.start]);
    // `NAME=value command`, as shells have it.
    let set = peek(i) == Some(b'=') && !spaced && peek(i + 1).is_some_and(|b| b.is_ascii_alphanumeric());
    let word = flag || set && !window[name.clone()].iter().any(u8::is_ascii_lowercase);
    let mut literal = false;
    match peek(i)? {
        b'=' | b':' => {
            literal = peek(i + 1) == Some(b'=') && peek(i) == Some(b'=');
            i += 1;
            while matches!(peek(i), Some(b'=' | b'>')) {
                i += 1;
            }
        }
        b'>' => i += 1,
        b'-' if peek(i + 1) == Some(b'>') => i += 2,
        b'!' if peek(i + 1) == Some(b'=') => i += 2 + usize::from(peek(i + 2) == Some(b'=')),
        b'%' if window[i..].starts_with(b"%3D") || window[i..].starts_with(b"%3d") => i += 3,
        b'+' if peek(i + 1) == Some(b'=') => i += 2,
        b',' if closed_quote && is_pair(window, name.start, i + 1) => i += 1,
        b'(' => {
            literal = true;
            i += 1;
        }
        // SQL: `PASSWORD 'x'`, and YAML-like tools that need no operator.
        b'\'' | b'"' if spaced && !closed_quote => {}
        _ if flag && spaced => {}
        _ => return None,
    }
    i = skip_blanks(window, i);
    Some(Behind { value: typed(window, i).unwrap_or(i), literal, word })
}

/// Whether a name behind `before` is the argument of a command that gives it a value: `ENV NAME value` of a Dockerfile,
/// `setx NAME value`, `set -x NAME value`, `aws configure set name value`.
fn is_argument(before: &[u8]) -> bool {
    let commands: [&[u8]; 8] =
        [b"ENV", b"setx", b"setenv", b"set -x", b"set -gx", b"set -Ux", b"configure set", b"config set"];
    let trimmed = before.trim_ascii_end();
    trimmed.len() < before.len() && commands.iter().any(|command| trimmed.ends_with(command))
}

/// Whether the quoted name before a comma is the first of its list, `("name", "value")`, and, in brackets, of two: further
/// ones are names among names.
fn is_pair(window: &[u8], name: usize, from: usize) -> bool {
    let before = window[..name].iter().rev().take(8).find(|b| !b"\"'`\\ ".contains(b));
    match before {
        Some(b'(') => true,
        Some(b'[' | b'{') => is_last(window, from),
        _ => false,
    }
}

/// Whether a quoted value is the last of its list. A value that the window cuts is.
fn is_last(window: &[u8], from: usize) -> bool {
    let i = skip_blanks(window, from);
    let Some(quote @ (b'"' | b'\'' | b'`')) = window.get(i) else { return true };
    let Some(length) = window[i + 1..].iter().position(|b| b == quote) else { return true };
    window.get(skip_blanks(window, i + length + 2)) != Some(&b',')
}

/// `name: str = "value"`: behind the type.
fn typed(window: &[u8], from: usize) -> Option<usize> {
    let length =
        window[from..].iter().take(24).take_while(|b| b.is_ascii_alphanumeric() || b"_<>.?&*".contains(b)).count();
    let i = skip_blanks(window, from + length);
    let next = window.get(i + 1)?;
    (length > 0 && i > from + length && window[i] == b'=' && *next != b'=' && *next != b'>')
        .then(|| skip_blanks(window, i + 1))
}

/// `name="password" value="x"`, `"name": "password", "value": "x"`, `- name: PASSWORD` and `value: x` on the next line.
fn named_value(window: &[u8], from: usize) -> Option<usize> {
    let rest = &window[from..(from + 64).min(window.len())];
    let skipped = rest.iter().take_while(|b| b.is_ascii_whitespace() || b"\"',\\".contains(b)).count();
    let word = rest.get(skipped..skipped + 5)?;
    if skipped == 0 || !word.eq_ignore_ascii_case(b"value") {
        return None;
    }
    let mut i = skipped + 5;
    while rest.get(i).is_some_and(|b| b"\"'\\ ".contains(b)) {
        i += 1;
    }
    matches!(rest.get(i), Some(b':' | b'=')).then(|| skip_blanks(window, from + i + 1))
}

/// `s:6:"name";s:8:"value"`, as PHP writes what it stores; the quotes may be escaped.
fn serialized(window: &[u8], from: usize) -> Option<usize> {
    let rest = window[from..].strip_prefix(b";s:")?;
    let digits = rest.iter().take(4).take_while(|b| b.is_ascii_digit()).count();
    (digits > 0 && rest.get(digits) == Some(&b':')).then_some(from + 3 + digits + 1)
}

fn skip_blanks(window: &[u8], from: usize) -> usize {
    from + window[from.min(window.len())..].iter().take(24).take_while(|&&b| b == b' ' || b == b'\t').count()
}

#[cfg(test)]
mod tests {
    fn rest<'t>(text: &'t str, name: &str) -> Option<&'t str> {
        let at = text.find(name).expect("it is there");
        super::behind(text.as_bytes(), &(at..at + name.len())).map(|b| &text[b.value..])
    }

    #[test]
    fn operators_of_many_languages() {
        for text in [
            "pwd=V",
            "pwd: V",
            "pwd := V",
            "\"pwd\" => V",
            "x['pwd'] = V",
            "\\\"pwd\\\": V",
            "<pwd>V",
            "(\"pwd\", V",
            "pwd: String = V",
            "name=\"pwd\" value=V",
            "- name: pwd\n  value: V",
            "pwd%3DV",
            "pwd -> V",
            "s:3:\"pwd\";s:1:V",
        ] {
            assert_eq!(rest(text, "pwd"), Some("V"), "{text}");
        }
        assert_eq!(rest("['a', 'pwd', 'b']", "pwd"), None);
        assert_eq!(rest("['pwd', 'a', 'b']", "pwd"), None);
        assert_eq!(rest("['pwd', 'V']", "pwd"), Some("'V']"));
        assert_eq!(rest("pwd + x", "pwd"), None);
    }
}
