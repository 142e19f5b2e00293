//! What a value looks like: random text, language, a placeholder, a reference.

use crate::aws::letter_pairs::letter_wordiness;
use crate::rule::stats;
use base64::Engine;

/// Half bits by which `text` is likelier random than language or a name.
pub fn evidence(text: &[u8]) -> i32 {
    let class = |b: u8| match b {
        b'a'..=b'z' => 0,
        b'A'..=b'Z' => 1,
        b'0'..=b'9' => 2,
        _ => 3,
    };
    let mut changes = 0;
    for pair in text.windows(2) {
        changes += match (class(pair[0]), class(pair[1])) {
            (0 | 1, 2) | (2, 0 | 1) => 3,
            (0, 1) => 1,
            (1, 0) => 0,
            (3, 3) => -1,
            _ => 0,
        };
    }
    let digits = text.iter().filter(|b| b.is_ascii_digit()).count() as i32;
    // A number or word at the end of words is part of a name: `user1`, `v2`.
    changes + digits - letter_wordiness(text)
}

/// Whether the value only says its own name again: `"password": "Password"`, `token: my-token`.
pub fn repeats(text: &[u8], name: &[u8]) -> bool {
    text.eq_ignore_ascii_case(name)
}

/// Words that mark a placeholder, a reference or an example.
const MARKS: [&[u8]; 56] = [
    b"example",
    b"xxx",
    b"your",
    b"change",
    b"placeholder",
    b"12345",
    b"://",
    b"${",
    b"{{",
    b"{}",
    b"$(",
    b"%(",
    b"<",
    b"abcd",
    b"password",
    b"passwd",
    b"secret",
    b"token",
    b"test",
    b"dummy",
    b"fake",
    b"sample",
    b"redact",
    b"***",
    b"...",
    b"default",
    b"foobar",
    b"string",
    b"null",
    b"undefined",
    b"0000",
    b"mock",
    b"invalid",
    b"key",
    b"%s",
    b"%d",
    b"#{",
    b"pass",
    b"user",
    b"login",
    b"auth",
    b"admin",
    b"{0",
    b"pwd",
    b"value",
    b"utf-8",
    b"utf8",
    b"ssh-",
    b"sha1",
    b"sha256",
    b"hs256",
    b"rs256",
    b"hmac",
    b"aes-",
    b"-cbc",
    b"-gcm",
];

/// By the first byte of a mark, one bit for each of [`MARKS`].
static BY_FIRST: [u64; 256] = {
    let mut table = [0; 256];
    let mut i = 0;
    while i < MARKS.len() {
        table[MARKS[i][0] as usize] |= 1 << i;
        i += 1;
    }
    table
};

/// The marks that `text` begins with.
fn marks_at(text: &[u8]) -> impl Iterator<Item = &'static [u8]> {
    let mut left = BY_FIRST[usize::from(text[0])];
    let candidates = std::iter::from_fn(move || {
        let next = (left != 0).then(|| MARKS[left.trailing_zeros() as usize]);
        left &= left.wrapping_sub(1);
        next
    });
    candidates.filter(|mark| text.starts_with(mark))
}

/// Whether the value is plainly no secret: a placeholder, template, path, sentence, date or repetition.
pub fn is_no_secret(text: &[u8]) -> bool {
    let long = text.len() > 24;
    let mut lower = [0u8; 160];
    let lower = &mut lower[..text.len().min(160)];
    lower.iter_mut().zip(text).for_each(|(l, b)| *l = b.to_ascii_lowercase());
    // In long random text a short word is chance.
    let counts = |m: &[u8]| !long || m.len() > 4 || !m[0].is_ascii_alphabetic();
    if (0..lower.len()).any(|at| marks_at(&lower[at..]).any(counts)) {
        return true;
    }
    let spaces = text.iter().filter(|b| b.is_ascii_whitespace()).count();
    let outside = text.iter().any(|b| *b >= 0x80 || *b < 0x20);
    if spaces > 1
        || outside
        || text.first() == Some(&b'/')
        || text.first() == Some(&b'$')
        || text.first() == Some(&b'.')
    {
        return true;
    }
    if text.ends_with(b":") || text.first() == Some(&b'{') || text.first() == Some(&b'%') && text.ends_with(b"%") {
        return true;
    }
    stats::distinct(text) < 3.max(text.len().min(16) / 3)
        || is_path(text)
        || is_date(text)
        || is_constant(text)
        || is_colour(text)
        || is_number(text)
        || is_sequence(text)
        || is_version(text)
        || is_file(text)
        || is_page(text)
}

/// What stands for an object of JSON in base64 in which nothing is as long as a secret: the place of a page, the state of a
/// request. A line of it may be all that is seen. What names an algorithm is how a web token begins, whose rest stands on
/// the lines behind.
fn is_page(text: &[u8]) -> bool {
    // How `{"` begins.
    if !text.starts_with(b"eyJ") {
        return false;
    }
    let text = text.trim_ascii_end();
    let bare = text.strip_suffix(b"==").or(text.strip_suffix(b"=")).unwrap_or(text);
    // A single character is less than a byte.
    let bare = &bare[..bare.len() - usize::from(bare.len() % 4 == 1)];
    let Ok(json) = base64::engine::general_purpose::STANDARD_NO_PAD.decode(bare) else { return false };
    json.iter().all(|b| b.is_ascii_graphic() || b.is_ascii_whitespace())
        && memchr::memmem::find(&json, b"\"alg\"").is_none()
        && json.split(|b| !b.is_ascii_alphanumeric()).all(|word| word.len() < 12)
}

/// `id_rsa.pem`, `src.txt`: the name of a file.
fn is_file(text: &[u8]) -> bool {
    let ends: [&[u8]; 14] = [
        b".txt", b".json", b".pem", b".crt", b".key", b".yml", b".yaml", b".env", b".conf", b".ini", b".toml", b".xml",
        b".sh", b".jks",
    ];
    ends.iter().any(|end| text.ends_with(end))
}

/// `^1.0.*`, `v2.3.4`: numbers between dots.
fn is_version(text: &[u8]) -> bool {
    let text = text.strip_prefix(b"npm:").unwrap_or(text);
    let sign = text.iter().take_while(|b| b"^~<>=v".contains(b)).count();
    let numbers = &text[sign..];
    let fits = |part: &[u8]| part == b"*" || part == b"x" || !part.is_empty() && part.iter().all(u8::is_ascii_digit);
    numbers.contains(&b'.') && numbers.split(|b| *b == b'.').all(fits)
}

/// `00010203…`, `00112233…`: bytes in hex of which each is as far from the one before; `…abcdefgh…`: signs that follow
/// one another.
fn is_sequence(text: &[u8]) -> bool {
    // Steps up, down or none: eight signs in such a row are no chance.
    let mut rows = [0; 3];
    for pair in text.windows(2) {
        for (row, step) in rows.iter_mut().zip([1, 0, 255]) {
            *row = if pair[1] == pair[0].wrapping_add(step) { *row + 1 } else { 0 };
        }
        if rows.contains(&7) {
            return true;
        }
    }
    if text.len() < 16 || !text.len().is_multiple_of(2) || !text.iter().all(u8::is_ascii_hexdigit) {
        return false;
    }
    let digit = |b: u8| (b as char).to_digit(16).unwrap_or_default() as u8;
    let bytes: Vec<u8> = text.chunks_exact(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect();
    let steps: Vec<u8> = bytes.windows(2).map(|pair| pair[1].wrapping_sub(pair[0])).collect();
    let same = steps.windows(2).filter(|pair| pair[0] == pair[1]).count();
    same * 4 >= steps.len() * 3 - 3
}

/// `a/b/c.d`: several words of letters between slashes, or an extension.
fn is_path(text: &[u8]) -> bool {
    let slashes = text.iter().filter(|b| **b == b'/').count();
    let pieces = text.split(|b| *b == b'/' || *b == b'.' || *b == b'-' || *b == b'_');
    let odd = pieces.filter(|p| p.iter().any(u8::is_ascii_digit) || letter_wordiness(p) < 0).count();
    slashes >= 1 && odd == 0
}

fn is_date(text: &[u8]) -> bool {
    // Seconds or milliseconds since 1970, too.
    let counted = matches!(text.len(), 10 | 13) && text[0] == b'1' && text.iter().all(u8::is_ascii_digit);
    let written = text.len() >= 8
        && text.iter().all(|b| b.is_ascii_digit() || b"-:/. TZ+".contains(b))
        && text.iter().any(|b| b"-:/.".contains(b));
    counted || written
}

/// `SOME_CONSTANT`, `some_variable`, `a.b.c`: words that a joint holds together.
fn is_constant(text: &[u8]) -> bool {
    let joints = text.iter().filter(|b| b"_.-".contains(b)).count();
    joints >= 1 && text.iter().all(|b| b.is_ascii_alphabetic() || b"_.-".contains(b)) && letter_wordiness(text) > 0
}

/// `0xc0506617`: a machine word.
fn is_number(text: &[u8]) -> bool {
    let digits = text.strip_prefix(b"0x").or(text.strip_prefix(b"0X"));
    digits.is_some_and(|digits| digits.len() <= 16 && digits.iter().all(u8::is_ascii_hexdigit))
}

/// `#6C5A05`, also behind a style's words.
fn is_colour(text: &[u8]) -> bool {
    let last = text.rsplit(|b| *b == b' ').next().unwrap_or_default();
    last.first() == Some(&b'#') && last.len() <= 9 && last[1..].iter().all(u8::is_ascii_hexdigit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_text_has_evidence_and_language_has_none() {
        for random in ["ydncpcvbvy", "q8Zt4mW1xK9s", "fx9kq2zvwp01", "746609", "lqzbpmu"] {
            assert!(evidence(random.as_bytes()) > 0, "{random}: {}", evidence(random.as_bytes()));
        }
        for words in ["authenticate", "FORGOTTEN", "description", "nextStatement", "Interesting"] {
            assert!(evidence(words.as_bytes()) <= 0, "{words}: {}", evidence(words.as_bytes()));
        }
    }

    #[test]
    fn what_decodes_to_words_is_the_place_of_a_page() {
        let encoded = |json: &str| base64::engine::general_purpose::STANDARD.encode(json);
        let pages =
            [r#"{"foo": "bar"}"#, r#"{"boto_encoded_keys": [["foo"]], "foo": "YmFy"}"#, r#"{"page": 17, "size":50}"#];
        for json in pages {
            let text = encoded(json);
            // The last one without its padding, and a line of it.
            for text in [&text[..], text.trim_end_matches('='), &text[..text.len() / 4 * 4]] {
                assert!(is_no_secret(text.as_bytes()), "{json}");
            }
        }
        for json in [r#"{"k": "q8Zt4mW1xK9s"}"#, r#"{"id": "a", "é": 1}"#, r#"{"alg": "HS256", "typ": "JWT"}"#] {
            assert!(!is_page(encoded(json).as_bytes()), "{json}");
        }
        let begun = format!("{}.", encoded(r#"{"typ":"HjO","alg":"iP217"}"#).trim_end_matches('='));
        assert!(!is_page(begun.as_bytes()), "the first line of a web token");
        let signed = format!("{}.{}.{}", encoded(r#"{"alg": "x"}"#), encoded(r#"{"sub": "y"}"#), "q8Zt4mW1xK9s");
        assert!(!is_page(signed.as_bytes()));
    }

    #[test]
    fn placeholders_and_references_are_no_secrets() {
        for text in [
            "changeme1",
            "${X}",
            "/run/x",
            "2020-01-01",
            "1523456789",
            "#6C5A05",
            "bold #6C5A05",
            "aaaaaaaa",
            "some_variable",
            "0xc0506617",
            "000102030405060708090a0b0c0d0e0f",
            "00112233445566778899aabbccddeeff",
            "f0e0d0c0b0a09080",
            "q8abcdefghW1",
            "utf8",
            "ponmlkjihgfedcba",
            "q8AAAAAAAA=",
            "^1.0.*",
            "2019-10-19T17:05:09+00:00",
            "src.txt",
        ] {
            assert!(is_no_secret(text.as_bytes()), "{text}");
        }
        let random = "W1xK9s".to_string() + "q8Zt4m";
        assert!(!is_no_secret(random.as_bytes()));
    }
}
