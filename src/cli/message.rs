//! Messages on standard error. They never panic, and they never pass on control characters: a path or a ref may hold
//! terminal escapes.

use std::fmt::Write as _;
use std::io::Write as _;

/// Prints an error that ends the run.
pub fn error(text: impl AsRef<str>) {
    line("error: ", text.as_ref());
}

/// Prints something that a user should know.
pub fn note(text: impl AsRef<str>) {
    line("", text.as_ref());
}

/// A message that cannot be printed has nobody to be told to.
fn line(kind: &str, text: &str) {
    let _ = writeln!(std::io::stderr(), "keysift: {kind}{}", escape(text));
}

/// `text` with control characters, and those that reorder or hide text, as `\u{..}`.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let hidden = c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
        if hidden && c != '\n' {
            let _ = write!(out, "{}", c.escape_default());
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn terminal_escapes_do_not_pass() {
        assert_eq!(escape("a\x1b[31mb\r\u{202e}c\u{9b}d é"), "a\\u{1b}[31mb\\r\\u{202e}c\\u{9b}d é");
    }
}
