//! What stands between a name and its value.

use super::named;
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
    if let Some(value) = named::value(window, name, i) {
        return Some(Behind { value, literal: false, word: false });
    }
    if let Some(value) = closed_quote.then(|| serialized(window, i)).flatten() {
        return Some(Behind { value, literal: true, word: false });
    }
    // `char name[32] = "…"`, `**name**: …`.
    i += window[i..].iter().take(2).take_while(|b| **b == b'*').count();
    i += array(&window[i..]);
    let blanks = skip_blanks(window, i);
    let spaced = blanks > i;
    i = blanks;
    let flag = window[name.clone()].starts_with(b"-") || spaced && is_argument(&window[..name.start]);
    // `NAME=value command`, as shells have it.
    let set = peek(i) == Some(b'=') && !spaced && peek(i + 1).is_some_and(|b| b.is_ascii_alphanumeric());
    let word = flag || set && !window[name.clone()].iter().any(u8::is_ascii_lowercase);
    let (mut literal, mut element) = (false, window[..name.start].ends_with(b"<"));
    if element && spaced {
        // `<name type="string">`: behind the attributes.
        i += window[i..].iter().take(64).position(|b| b"<>/".contains(b))?;
    }
    let rest = &window[i..];
    match peek(i)? {
        b'=' | b':' => {
            // Behind an arrow, too, as code has it.
            literal = peek(i) == Some(b'=') && matches!(peek(i + 1), Some(b'=' | b'>'));
            i += 1;
            while matches!(peek(i), Some(b'=' | b'>')) {
                i += 1;
            }
            // `${NAME:-value}`, as shells have it.
            i += usize::from(rest.starts_with(b":-") && window[..name.start].ends_with(b"${"));
        }
        // `pass->pw_gid`: the dash passed for a part of the name, and a member follows.
        b'>' if window[..name.end].ends_with(b"-") => {
            literal = true;
            i += 1;
        }
        // `<password> <host>` in documentation is a list of what to fill in.
        b'>' if element && peek(i + 1) == Some(b' ') && !closes(&rest[1..]) => return None,
        b'>' => {
            element = true;
            i += 1;
        }
        b'-' if peek(i + 1) == Some(b'>') => i += 2,
        b'<' if peek(i + 1) == Some(b'-') => i += 2,
        b'<' if rest.starts_with(b"<<<") => i += 3,
        b'!' if peek(i + 1) == Some(b'=') => i += 2 + usize::from(peek(i + 2) == Some(b'=')),
        b'|' if rest.starts_with(b"||=") => i += 3,
        b'?' if rest.starts_with(b"?=") => i += 2,
        b'|' | b'?' if rest.starts_with(b"||") || rest.starts_with(b"??") => {
            literal = true;
            i += 2;
        }
        b'|' if is_cell(&window[..name.start]) => i += 1,
        b'%' if rest.starts_with(b"%3D") || rest.starts_with(b"%3d") => i += 3,
        b'&' if rest.starts_with(b"&gt;") => i += 4,
        b'+' if peek(i + 1) == Some(b'=') => i += 2,
        b',' if rest.starts_with(b", with: ") => {
            literal = true;
            i += 8;
        }
        b',' if closed_quote && is_pair(window, name.start, i + 1) => {
            literal = true;
            i += 1;
        }
        // `"--password", "x"` among the arguments of a command, as programs start one.
        b',' if closed_quote && window[name.clone()].starts_with(b"--") => {
            literal = true;
            i += 1;
        }
        b',' if !closed_quote && is_operand(window, name) => {
            literal = true;
            i += 1;
        }
        // What a question such as `isValidToken("…")` is asked about is a sample.
        b'(' if asks(&window[name.clone()]) || is_worked_on(&window[name.clone()]) => return None,
        b'(' => {
            literal = true;
            i += 1;
        }
        b'{' if matches!(peek(i + 1), Some(b'"')) => {
            literal = true;
            i += 1;
        }
        // `string Name { get; set; } = "…"`
        b'{' if rest.starts_with(b"{ get;") => {
            let closes = rest.iter().take(48).position(|b| *b == b'}')? + 1;
            let equals = skip_blanks(rest, closes);
            literal = true;
            i += equals + usize::from(*rest.get(equals)? == b'=');
        }
        // SQL: `PASSWORD 'x'`, and YAML-like tools that need no operator.
        b'\'' | b'"' if spaced && !closed_quote && &window[name.clone()] != b"pass" => {}
        _ if flag && spaced => {}
        _ => {
            i += by_words(rest, closed_quote)?;
            literal = !rest.starts_with(b"\xef\xbc");
        }
    }
    i = skip_blanks(window, i);
    let value = typed(window, i).unwrap_or(i);
    Some(Behind { value: named::inner(window, value, element), literal, word })
}

/// Whether an element ends on the line that `text` begins with.
fn closes(text: &[u8]) -> bool {
    let line = &text[..text.iter().position(|b| *b == b'\n').unwrap_or(text.len())];
    line.windows(2).any(|two| two == b"</")
}

/// Whether a name is that of a question, `isToken`, `obj.has_password`, or of a call that fetches what it names.
fn asks(name: &[u8]) -> bool {
    let last = name.rsplit(|b| *b == b'.').next().unwrap_or_default();
    let words: [&[u8]; 4] = [b"is", b"Is", b"has", b"Has"];
    // Jenkins: `credentials('id')`.
    if last == b"credentials" {
        return true;
    }
    let rest = words.iter().find_map(|word| last.strip_prefix(*word));
    rest.and_then(<[u8]>::first).is_some_and(|b| b.is_ascii_uppercase() || *b == b'_')
}

/// Whether a name is that of a call that works on a text: `password.encode`.
fn is_worked_on(name: &[u8]) -> bool {
    let calls: [&[u8]; 10] =
        [b"code", b"split", b"replace", b"strip", b"trim", b"join", b"with", b"match", b"indexof", b"format"];
    let Some(dot) = name.iter().rposition(|b| *b == b'.') else { return false };
    let last = name[dot + 1..].to_ascii_lowercase();
    calls.iter().any(|call| last.ends_with(call))
}

/// Bytes of a length in brackets, which may be empty.
fn array(rest: &[u8]) -> usize {
    let inner = rest.iter().skip(1).take(8).take_while(|b| b.is_ascii_digit()).count();
    if rest.first() == Some(&b'[') && rest.get(inner + 1) == Some(&b']') { inner + 2 } else { 0 }
}

/// Whether a name is what a call takes before the value: `strcmp(name, "…")`, `{name, "…"}`, `put(NAME, "…")`.
fn is_operand(window: &[u8], name: &Range<usize>) -> bool {
    let before = &window[..name.start];
    let constant = !window[name.clone()].iter().any(u8::is_ascii_lowercase);
    let Some(before) = before.strip_suffix(b"(") else { return before.ends_with(b"{") || before.ends_with(b" :") };
    let call = before.iter().rev().take(24).take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
    let call = &before[before.len() - call..];
    let compares: [&[u8]; 5] = [b"str", b"wcs", b"mem", b"assert", b"expect"];
    constant || compares.iter().any(|c| call.get(..c.len()).is_some_and(|call| call.eq_ignore_ascii_case(c)))
}

/// Whether a name behind `before` is the first cell of a row: `| name | value |`.
fn is_cell(before: &[u8]) -> bool {
    let quotes = before.iter().rev().take(2).take_while(|b| b"`*".contains(b)).count();
    before[..before.len() - quotes].trim_ascii_end().ends_with(b"|")
}

/// Bytes of an operator that is a word or a call: `name is "…"`, `"name" to "…"`, `name string = "…"`,
/// `expect(name).toBe("…")`; or a sign of another script.
fn by_words(rest: &[u8], closed_quote: bool) -> Option<usize> {
    // A colon or equals sign of full width.
    if rest.starts_with("\u{ff1a}".as_bytes()) || rest.starts_with("\u{ff1d}".as_bytes()) {
        return Some(3);
    }
    let opens = |from: usize| {
        let from = skip_blanks(rest, from);
        rest.get(from).filter(|b| b"\"'`".contains(b)).map(|_| from)
    };
    let word = |text: &[u8], word: &[u8]| text.get(..word.len()).is_some_and(|text| text.eq_ignore_ascii_case(word));
    if let Some(call) = rest.strip_prefix(b".") {
        let length = call.iter().take(24).take_while(|b| b.is_ascii_alphabetic() || **b == b'.' || **b == b'_').count();
        let known = [&b"tobe"[..], b"toequal", b"to.", b"eq", b"should"].iter().any(|known| word(call, known));
        return opens(length + 2).filter(|_| known && call.get(length) == Some(&b'('));
    }
    if closed_quote {
        return opens(3).filter(|_| word(rest, b"to "));
    }
    if word(rest, b"is ") || word(rest, b"or ") {
        return opens(3);
    }
    let types: [&[u8]; 3] = [b"as string", b"string", b"str"];
    let length = types.iter().find(|name| word(rest, name))?.len();
    let equals = skip_blanks(rest, length);
    (rest.get(equals) == Some(&b'=') && rest.get(equals + 1) != Some(&b'=')).then(|| opens(equals + 1)).flatten()
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
    let from = from + if window[from..].starts_with(b"&'static ") { 9 } else { 0 };
    let length =
        window[from..].iter().take(24).take_while(|b| b.is_ascii_alphanumeric() || b"_<>.?&*".contains(b)).count();
    let i = skip_blanks(window, from + length);
    let next = window.get(i + 1)?;
    (length > 0 && i > from + length && window[i] == b'=' && *next != b'=' && *next != b'>')
        .then(|| skip_blanks(window, i + 1))
}

/// `s:6:"name";s:8:"value"`, as PHP writes what it stores; the quotes may be escaped.
fn serialized(window: &[u8], from: usize) -> Option<usize> {
    let rest = window[from..].strip_prefix(b";s:")?;
    let digits = rest.iter().take(4).take_while(|b| b.is_ascii_digit()).count();
    (digits > 0 && rest.get(digits) == Some(&b':')).then_some(from + 3 + digits + 1)
}

pub(super) fn skip_blanks(window: &[u8], from: usize) -> usize {
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
            "${pwd:-V",
            "pwd <- V",
            "ENV['pwd'] ||= V",
            "| `pwd` | V",
            "<pwd type=\"string\">V",
            "<pwd>\n  <![CDATA[V",
            "<name>pwd</name>\n  <value>V",
            "<key>pwd</key>\n<string>V",
            "variable \"pwd\" {\n  type = string\n  default = V",
            "\"pwd\": {\"type\": \"string\", \"default\": V",
            "pwd: >-\n    V",
            "pwd: !!str V",
            "pwd\u{ff1a}V",
            "pwd ?= V",
            "add('--pwd', type=str, default=V",
        ] {
            assert_eq!(rest(text, "pwd"), Some("V"), "{text}");
        }
        assert_eq!(rest("['a', 'pwd', 'b']", "pwd"), None);
        assert_eq!(rest("['pwd', 'a', 'b']", "pwd"), None);
        assert_eq!(rest("['pwd', 'V']", "pwd"), Some("'V']"));
        assert_eq!(rest("pwd + x", "pwd"), None);
        for text in [
            "pwd is \"V\"",
            "\"pwd\" to \"V\"",
            "var pwd string = \"V\"",
            "expect(x.pwd).toBe(\"V\")",
            "char pwd[32] = \"V\"",
            "strcmp(pwd, \"V\")",
            "std::string pwd{\"V\"",
            "env.pwd || \"V\"",
            "string pwd { get; set; } = \"V\"",
            "set :pwd, \"V\"",
            "assertEqual(pwd, \"V\"",
        ] {
            assert!(rest(text, "pwd").is_some_and(|rest| rest.starts_with("\"V\"")), "{text}");
        }
        for text in [
            "pwd is V",
            "pwd is not \"V\"",
            "f(pwd, \"V\")",
            "pwd to V",
            "pwd.format(\"V\")",
            "<host> <pwd> <x>",
            "pwd.encode(\"V\")",
            "pwd).toString(\"V\")",
        ] {
            assert_eq!(rest(text, "pwd"), None, "{text}");
        }
    }
}
