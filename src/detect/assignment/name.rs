//! Names: whether the word that lane two found makes its identifier the name of a secret.

use std::ops::Range;

/// Longest name that counts.
const NAME: usize = 64;

/// Ends of names that are about a secret and hold none.
const ABOUT: [&[u8]; 46] = [
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
    b"prefix",
    b"suffix",
];

/// Ends of file names: a file that is called for a secret holds none in its name, whatever digest stands behind it.
const FILES: [&[u8]; 26] = [
    b"php", b"py", b"js", b"mjs", b"jsx", b"ts", b"tsx", b"vue", b"rb", b"java", b"kt", b"go", b"rs", b"cs", b"cpp",
    b"h", b"css", b"scss", b"html", b"svg", b"png", b"json", b"xml", b"md", b"txt", b"map",
];

/// Names that are the end of other words too: `enclave`.
const SHORT: [&[u8]; 2] = [b"clave", b"sifre"];

/// What `pass` is written together with in names that have no capitals: `dbpass`. Most other words before it make another
/// one: `bypass`, `compass`, `lowpass`.
const OWNERS: [&[u8]; 26] = [
    b"db", b"my", b"user", b"usr", b"admin", b"root", b"smtp", b"mail", b"ftp", b"sql", b"redis", b"auth", b"login",
    b"proxy", b"http", b"ssh", b"key", b"store", b"cert", b"ldap", b"bind", b"server", b"wifi", b"imap", b"test",
    b"pg",
];

fn is_owned(before: &[u8]) -> bool {
    let word = before.iter().rev().take(12).take_while(|b| b.is_ascii_alphabetic()).count();
    let word = &before[before.len() - word..];
    OWNERS.iter().any(|owner| word.len() >= owner.len() && word[word.len() - owner.len()..].eq_ignore_ascii_case(owner))
}

/// Whether `mot de` stands before it, in any way to write a name.
fn is_french(before: &[u8]) -> bool {
    let joint = |text: &[u8]| text.len() - text.iter().rev().take(1).filter(|b| b"_- .".contains(b)).count();
    let strip = |text: &'static [u8], from: usize| {
        let at = from.checked_sub(text.len())?;
        before[at..from].eq_ignore_ascii_case(text).then_some(at)
    };
    strip(b"de", joint(before)).and_then(|at| strip(b"mot", joint(&before[..at]))).is_some()
}

fn is_name_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_' || b == b'-' || b == b'.' || b == b'$'
}

/// The identifier around `anchor`, when one of `names` stands there as a word of its own.
pub fn around(window: &[u8], anchor: usize, names: &[String]) -> Option<Range<usize>> {
    let word = names.iter().filter_map(|wanted| length_of(&window[anchor..], wanted)).max()?;
    let mut end = anchor + word;
    let rest = &window[end..];
    if word == 4 && window[anchor..end].eq_ignore_ascii_case(b"pass") {
        let tails: [&[u8]; 9] = [b"word", b"wd", b"phrase", b"code", b"wort", b"wrd", b"ord", b"key", b"w"];
        match tails.iter().find(|tail| rest.get(..tail.len()).is_some_and(|r| r.eq_ignore_ascii_case(tail))) {
            Some(tail) => end += tail.len(),
            // French: `mot de passe`.
            None if is_french(&window[..anchor]) && rest.first().is_some_and(|b| b.eq_ignore_ascii_case(&b'e')) => {
                end += 1
            }
            None if !is_word_end(window, end) => return None,
            None if !is_word_start(window, anchor) && !is_owned(&window[..anchor]) => return None,
            None => {}
        }
    } else if window[anchor..end].eq_ignore_ascii_case(b"contrase") {
        let tails: [&[u8]; 4] = ["ña".as_bytes(), "n\u{303}a".as_bytes(), b"na", "Ña".as_bytes()];
        end += tails.iter().find(|tail| rest.get(..tail.len()).is_some_and(|r| r.eq_ignore_ascii_case(tail)))?.len();
    } else if SHORT.iter().any(|short| window[anchor..end].eq_ignore_ascii_case(short))
        && !is_word_start(window, anchor)
    {
        return None;
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
    let tells = is_about(&window[end..stop]) || is_public(&window[start..stop]);
    if stop - start > NAME || tells || is_lookup(&window[start..anchor], &window[anchor..end]) {
        return None;
    }
    Some(start..stop)
}

/// Words before `key` and before `token` with which it finds a record or a page and opens nothing.
const OF_RECORDS: [&[u8]; 11] =
    [b"cache", b"sort", b"primary", b"foreign", b"partition", b"hash", b"range", b"object", b"index", b"shard", b"row"];
const OF_PAGES: [&[u8]; 6] = [b"next", b"page", b"pagination", b"continuation", b"sequence", b"request"];

fn is_lookup(before: &[u8], word: &[u8]) -> bool {
    let before = before.strip_suffix(b"_").or(before.strip_suffix(b"-")).unwrap_or(before);
    let words: &[&[u8]] = match word.len() {
        3 if word.eq_ignore_ascii_case(b"key") => &OF_RECORDS,
        5 if word.eq_ignore_ascii_case(b"token") => &OF_PAGES,
        _ => return false,
    };
    words.iter().any(|w| before.len() >= w.len() && before[before.len() - w.len()..].eq_ignore_ascii_case(w))
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
    if tail.is_empty() {
        return false;
    }
    let joint = tail.iter().rposition(|&b| b == b'_' || b == b'-' || b == b'.');
    let last = joint.map_or(tail, |i| &tail[i + 1..]);
    if joint.is_some_and(|i| tail[i] == b'.') && FILES.contains(&last) {
        return true;
    }
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
        for (text, word) in [
            ("dbPassword", "pass"),
            ("DB_PASS", "pass"),
            ("my-api-key", "api-key"),
            ("tokens", "token"),
            ("dbpass", "pass"),
            ("motDePasse", "pass"),
            ("mot_de_passe", "pass"),
        ] {
            assert!(is_name(text, word), "{text}");
        }
        for (text, word) in [
            ("bypass", "pass"),
            ("passed", "pass"),
            ("lowpass", "pass"),
            ("nextToken", "token"),
            ("passe", "pass"),
            ("tokenizer", "token"),
            ("PASSWORD_FILE", "pass"),
            ("Auth/Password.php", "pass"),
            ("PublicKeyToken", "token"),
            ("passwordResetTokenExpire", "token"),
        ] {
            assert!(!is_name(text, word), "{text}");
        }
    }
}
