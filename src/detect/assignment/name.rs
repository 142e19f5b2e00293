//! Names: whether the word that lane two found makes its identifier the name of a secret.

use std::ops::Range;

/// Longest name that counts.
const NAME: usize = 64;

/// Ends of names that are about a secret and hold none.
const ABOUT: [&[u8]; 44] = [
    b"file",
    b"path",
    b"name",
    b"url",
    b"uri",
    b"type",
    b"length",
    b"len",
    b"size",
    b"field",
    b"policy",
    b"regex",
    b"text",
    b"label",
    b"error",
    b"message",
    b"placeholder",
    b"prompt",
    b"hint",
    b"env",
    b"arn",
    b"keyid",
    b"id",
    b"class",
    b"format",
    b"ttl",
    b"count",
    b"title",
    b"algorithm",
    b"expiry",
    b"expires",
    b"dir",
    b"ref",
    b"hash",
    b"expire",
    b"expiration",
    b"timeout",
    b"lifetime",
    b"version",
    b"fingerprint",
    b"digest",
    b"sha1",
    b"sha2",
    b"sha256",
];

fn is_name_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_' || b == b'-' || b == b'.' || b == b'$'
}

/// The identifier around `anchor`, when one of `names` stands there as a word of its own.
pub fn around(window: &[u8], anchor: usize, names: &[String]) -> Option<Range<usize>> {
    let word = names.iter().filter_map(|wanted| length_of(&window[anchor..], wanted)).max()?;
    let mut end = anchor + word;
    let rest = &window[end..];
    if word == 4 && window[anchor..end].eq_ignore_ascii_case(b"pass") {
        let tails: [&[u8]; 5] = [b"word", b"wd", b"phrase", b"code", b"wort"];
        match tails.iter().find(|tail| rest.get(..tail.len()).is_some_and(|r| r.eq_ignore_ascii_case(tail))) {
            Some(tail) => end += tail.len(),
            None if !is_word_end(window, end) || !is_word_start(window, anchor) => return None,
            None => {}
        }
    }
    if window.get(end).is_some_and(|b| b.eq_ignore_ascii_case(&b's')) {
        end += 1;
    }
    // `tokenizer`, `secretary`, `authenticated`: the word goes on and is another.
    if !is_word_end(window, end) {
        return None;
    }
    let start = window[..anchor].iter().rposition(|&b| !is_name_byte(b)).map_or(0, |i| i + 1);
    let stop = window[end..].iter().position(|&b| !is_name_byte(b)).map_or(window.len(), |i| end + i);
    if stop - start > NAME || is_about(&window[end..stop]) || is_public(&window[start..stop]) {
        return None;
    }
    Some(start..stop)
}

/// Whether the name is that of a public key, or of a part of one: `publicKey`, `PublicKeyToken`, `ssh_public_key`.
fn is_public(name: &[u8]) -> bool {
    name.windows(6).enumerate().any(|(at, word)| {
        let rest = &name[at + 6..];
        let rest = rest.strip_prefix(b"_").or(rest.strip_prefix(b"-")).unwrap_or(rest);
        word.eq_ignore_ascii_case(b"public") && rest.get(..3).is_some_and(|key| key.eq_ignore_ascii_case(b"key"))
    })
}

/// Length of `wanted` at the beginning of `text`, ignoring case, with `_`, `-`, `.` or nothing for its `_`.
fn length_of(text: &[u8], wanted: &str) -> Option<usize> {
    let mut at = 0;
    for w in wanted.bytes() {
        if w == b'_' {
            at += usize::from(text.get(at).is_some_and(|b| b"_-.".contains(b)));
        } else if text.get(at)?.eq_ignore_ascii_case(&w) {
            at += 1;
        } else {
            return None;
        }
    }
    Some(at)
}

fn is_word_end(window: &[u8], end: usize) -> bool {
    match window.get(end) {
        Some(b) if b.is_ascii_lowercase() => false,
        Some(b) if b.is_ascii_uppercase() => window[end - 1].is_ascii_lowercase(),
        _ => true,
    }
}

fn is_word_start(window: &[u8], start: usize) -> bool {
    match start.checked_sub(1).map(|i| window[i]) {
        Some(b) if b.is_ascii_alphabetic() => window[start].is_ascii_uppercase() && b.is_ascii_lowercase(),
        _ => true,
    }
}

fn is_about(tail: &[u8]) -> bool {
    let last = tail.iter().rposition(|&b| b == b'_' || b == b'-' || b == b'.').map_or(tail, |i| &tail[i + 1..]);
    ABOUT.iter().any(|word| {
        last.eq_ignore_ascii_case(word)
            || last.len() > word.len()
                && last[last.len() - word.len()].is_ascii_uppercase()
                && last[last.len() - word.len()..].eq_ignore_ascii_case(word)
    })
}

#[cfg(test)]
mod tests {
    fn is_name(text: &str, word: &str) -> bool {
        let names = ["pass", "token", "api_key"].map(String::from);
        super::around(text.as_bytes(), text.to_ascii_lowercase().find(word).expect("it is there"), &names).is_some()
    }

    #[test]
    fn a_word_of_its_own_makes_a_name() {
        for (text, word) in
            [("dbPassword", "pass"), ("DB_PASS", "pass"), ("my-api-key", "api-key"), ("tokens", "token")]
        {
            assert!(is_name(text, word), "{text}");
        }
        for (text, word) in [
            ("bypass", "pass"),
            ("passed", "pass"),
            ("tokenizer", "token"),
            ("PASSWORD_FILE", "pass"),
            ("PublicKeyToken", "token"),
            ("passwordResetTokenExpire", "token"),
        ] {
            assert!(!is_name(text, word), "{text}");
        }
    }
}
