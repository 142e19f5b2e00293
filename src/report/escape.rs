//! Text that somebody else wrote (names, lines, messages) made harmless: for a terminal, and for a URI.
//!
//! A file name may hold any byte but NUL and `/`. Printed raw it can move the cursor, set the window's title, or show
//! `gpj.exe` as `exe.jpg`. So everything that steers instead of showing is written as a visible escape.

use std::fmt::Write;

/// Whether a character steers the display, is invisible, or breaks a line.
pub fn is_hostile(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
        )
}

/// Bytes as text for one line of a terminal: `\n`, `\t`, `\x1b` and `\u{202e}` for what is hostile, `\xff` for what is
/// not UTF-8. A backslash stays as it is, so this is for eyes; programs read JSON.
pub fn terminal(bytes: &[u8]) -> String {
    let mut shown = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            push_visible(&mut shown, character);
        }
        for byte in chunk.invalid() {
            write!(shown, "\\x{byte:02x}").expect("a String takes everything");
        }
    }
    shown
}

fn push_visible(shown: &mut String, character: char) {
    match character {
        '\n' => shown.push_str("\\n"),
        '\r' => shown.push_str("\\r"),
        '\t' => shown.push_str("\\t"),
        _ if !is_hostile(character) => shown.push(character),
        '\0'..='\x7f' => write!(shown, "\\x{:02x}", character as u32).expect("a String takes everything"),
        _ => write!(shown, "\\u{{{:x}}}", character as u32).expect("a String takes everything"),
    }
}

/// A path as the path of a URI (RFC 3986): everything but unreserved characters and `/` is percent-encoded byte by
/// byte, so that the bytes can be had back whatever they are.
pub fn percent(path: &[u8]) -> String {
    let mut encoded = String::with_capacity(path.len());
    for &byte in path {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                encoded.push(char::from(byte))
            }
            _ => write!(encoded, "%{byte:02X}").expect("a String takes everything"),
        }
    }
    encoded
}

/// The bytes that [`percent`] encoded. A stray `%` stands for itself.
pub fn unpercent(encoded: &str) -> Vec<u8> {
    let bytes = encoded.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let digits = encoded.get(at + 1..at + 3).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match (bytes[at], digits) {
            (b'%', Some(byte)) => {
                decoded.push(byte);
                at += 3;
            }
            (byte, _) => {
                decoded.push(byte);
                at += 1;
            }
        }
    }
    decoded
}

#[cfg(test)]
mod tests {
    use super::{is_hostile, percent, terminal, unpercent};

    #[test]
    fn steering_becomes_visible() {
        assert_eq!(terminal(b"a\x1b]0;title\x07b"), "a\\x1b]0;title\\x07b");
        assert_eq!(terminal("exe\u{202e}gpj".as_bytes()), "exe\\u{202e}gpj");
        assert_eq!(terminal("\u{9b}2J\u{7f}".as_bytes()), "\\u{9b}2J\\x7f");
        assert_eq!(terminal(b"one\r\ntwo\tthree"), "one\\r\\ntwo\\tthree");
        assert_eq!(terminal(b"caf\xe9 \xff\xfe"), "caf\\xe9 \\xff\\xfe");
        assert_eq!(terminal("\u{feff}zero\u{200b}width\u{e0041}".as_bytes()), "\\u{feff}zero\\u{200b}width\\u{e0041}");
    }

    #[test]
    fn harmless_text_stays() {
        let text = "naïve/日本語/emoji 🔑.txt";
        assert_eq!(terminal(text.as_bytes()), text);
    }

    #[test]
    fn nothing_hostile_is_left_of_any_character() {
        for character in '\0'..=char::MAX {
            let shown = terminal(character.to_string().as_bytes());
            assert!(!shown.chars().any(is_hostile), "{:x}", character as u32);
        }
    }

    #[test]
    fn percent_encoding_keeps_the_bytes() {
        let every: Vec<u8> = (0..=255).collect();
        let encoded = percent(&every);
        assert!(encoded.is_ascii() && !encoded.contains([' ', '"', '#', '?', ':', '\\', '<']));
        assert_eq!(unpercent(&encoded), every);
        assert_eq!(percent("a b/ü#1.txt".as_bytes()), "a%20b/%C3%BC%231.txt");
        assert_eq!(unpercent("100%/%zz"), b"100%/%zz");
    }
}
