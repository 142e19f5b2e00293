//! Markers beside a credential, in the content itself: ours and those of other scanners.
//!
//! A marker counts on the line of the credential (its first or its last), and on the line before when nothing but
//! comment signs stands before it there: behind another value it speaks of that value.

/// How far a line is looked at from a credential, in bytes.
const REACH: usize = 1024;
/// Characters of a reason that are kept.
const REASON: usize = 200;

/// Words that stand for "this is allowed", each of one scanner. Only ours can name rules.
const WORDS: [&str; 6] = [
    "keysift:allow",
    "gitleaks:allow",
    "betterleaks:allow",
    "trufflehog:ignore",
    "kingfisher:ignore",
    "kingfisher:allow",
];

/// A marker as it was found.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Marker {
    /// Which one it is.
    pub word: String,
    /// What follows it on the line.
    pub reason: String,
}

/// Which lines a marker is looked for on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum On {
    Same,
    Before,
}

/// The marker for what rule `rule` found at `start..end` of `content`.
pub(super) fn find(content: &[u8], start: usize, end: usize, rule: &str) -> Option<Marker> {
    let end = end.min(content.len());
    let start = start.min(end);
    // In UTF-16 text every second byte is zero.
    let wide = content[start..end].iter().skip(1).step_by(2).take(8).all(|&b| b == 0) && end - start > 3;
    let wide = wide || content[start..end].iter().step_by(2).take(8).all(|&b| b == 0) && end - start > 3;
    let text = |from: usize, to: usize| {
        let bytes = &content[from..to];
        let plain: Vec<u8> = bytes.iter().copied().filter(|&b| !wide || b != 0).collect();
        String::from_utf8_lossy(&plain).into_owned()
    };
    let line_start = begin(content, start);
    let line_end = finish(content, end);
    // The credential's own bytes are no marker.
    let on_line = || on(&text(line_start, start), rule, On::Same).or_else(|| on(&text(end, line_end), rule, On::Same));
    on_line().or_else(|| {
        let before = previous(content, line_start, wide)?;
        on(&text(before.0, before.1), rule, On::Before)
    })
}

fn is_end(byte: u8) -> bool {
    byte == b'\n' || byte == b'\r'
}

/// Where the line that holds `at` begins, or as far back as is looked.
fn begin(content: &[u8], at: usize) -> usize {
    let from = at.saturating_sub(REACH);
    content[from..at].iter().rposition(|&b| is_end(b)).map_or(from, |i| from + i + 1)
}

/// Where the line that holds `at` ends, or as far on as is looked.
fn finish(content: &[u8], at: usize) -> usize {
    let to = (at + REACH).min(content.len());
    content[at..to].iter().position(|&b| is_end(b)).map_or(to, |i| at + i)
}

/// The line before the one that begins at `line`; none where that is farther than is looked.
fn previous(content: &[u8], line: usize, wide: bool) -> Option<(usize, usize)> {
    let mut end = line;
    // One line end: LF, CR, or CR and LF, with their zero bytes in UTF-16 text.
    let skip_zero = |end: usize| if wide && end > 0 && content[end - 1] == 0 { end - 1 } else { end };
    end = skip_zero(end);
    let last = *content.get(end.checked_sub(1)?)?;
    if !is_end(last) {
        return None;
    }
    end -= 1;
    let more = skip_zero(end);
    if last == b'\n' && more > 0 && content[more - 1] == b'\r' {
        end = more - 1;
    }
    Some((begin(content, end), end))
}

/// The first marker in `text` that speaks of `rule`.
fn on(text: &str, rule: &str, on: On) -> Option<Marker> {
    let alone = |before: &str| on == On::Same || !before.chars().any(char::is_alphanumeric);
    for word in WORDS {
        for (at, _) in text.match_indices(word) {
            let rest = &text[at + word.len()..];
            let goes_on = rest.starts_with(|c: char| c.is_alphanumeric() || c == '-' || c == '_');
            if goes_on || !alone(&text[..at]) {
                continue;
            }
            let (named, rest) = match rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
                Some((rules, rest)) if word == WORDS[0] => (rules.split(',').any(|id| id.trim() == rule), rest),
                _ => (true, rest),
            };
            if named {
                return Some(Marker { word: word.to_string(), reason: reason(rest) });
            }
        }
    }
    // detect-secrets: `pragma: allowlist secret`, and `nextline secret` on the line before.
    let lower = text.to_ascii_lowercase();
    for (at, word) in lower.match_indices("pragma:") {
        let rest = lower[at + word.len()..].trim_start();
        let rest = ["allowlist", "whitelist"].iter().find_map(|list| rest.strip_prefix(list));
        let Some(rest) = rest.and_then(|rest| rest.strip_prefix([' ', '-'])) else { continue };
        let next = rest.strip_prefix("nextline").and_then(|rest| rest.strip_prefix([' ', '-']));
        let fits = match next {
            Some(rest) => on == On::Before && rest.starts_with("secret"),
            None => rest.starts_with("secret"),
        };
        if fits && (next.is_some() || alone(&text[..at])) {
            let rest = rest.split_once("secret").map_or("", |(_, rest)| rest);
            return Some(Marker {
                word: "pragma: allowlist secret".into(),
                reason: reason(&text[text.len() - rest.len()..]),
            });
        }
    }
    None
}

/// The reason behind a marker, without what closes a comment.
fn reason(rest: &str) -> String {
    let closed = rest.trim().trim_end_matches("*/").trim_end_matches("-->").trim_end_matches("%>");
    closed.trim_matches(|c: char| c.is_whitespace() || ":-,;\"'`".contains(c)).chars().take(REASON).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The marker for `SECRET` in `text`.
    fn marker(text: &str) -> Option<Marker> {
        let start = text.find("SECRET").expect("the test plants it");
        find(text.as_bytes(), start, start + 6, "rule-one")
    }

    #[test]
    fn every_scanners_marker_counts_on_the_line() {
        for word in WORDS {
            assert_eq!(marker(&format!("a\nx = SECRET # {word}\n")).expect(word).word, word);
            assert!(marker(&format!("/* {word} */ x = SECRET")).is_some(), "{word}");
        }
        assert!(marker("x = SECRET  // pragma: allowlist secret").is_some());
        assert!(marker("x = SECRET  # pragma: whitelist-secret").is_some());
    }

    #[test]
    fn the_line_before_counts_when_it_is_a_comment() {
        assert!(marker("# keysift:allow\nx = SECRET").is_some());
        assert!(marker("<!-- gitleaks:allow -->\r\nx = SECRET").is_some());
        assert!(marker("# pragma: allowlist nextline secret\nx = SECRET").is_some());
        assert_eq!(marker("y = 1 # keysift:allow\nx = SECRET"), None, "that marker is about y");
        assert_eq!(marker("# keysift:allow\n\nx = SECRET"), None);
        assert_eq!(marker("x = SECRET\n# keysift:allow"), None);
        assert_eq!(marker("x = SECRET # pragma: allowlist nextline secret"), None);
    }

    #[test]
    fn ours_can_name_rules_and_give_a_reason() {
        assert_eq!(marker("SECRET # keysift:allow[rule-two, rule-one] a fixture").unwrap().reason, "a fixture");
        assert_eq!(marker("SECRET # keysift:allow[rule-two] a fixture"), None);
        assert_eq!(marker("SECRET /* keysift:allow: made up */").unwrap().reason, "made up");
        assert_eq!(marker("SECRET # keysift:allowed"), None);
    }

    #[test]
    fn a_block_is_allowed_from_both_its_ends() {
        let content = b"-----BEGIN\nxyz\n-----END # keysift:allow\n";
        assert!(find(content, 0, content.len() - 17, "r").is_some());
        assert!(find(b"# keysift:allow\n-----BEGIN\nxyz\n-----END\n", 16, 41, "r").is_some());
    }

    #[test]
    fn utf_16_is_read() {
        let wide: Vec<u8> = "# keysift:allow why\r\nSECRET".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(find(&wide, 42, wide.len(), "r").expect("a marker").reason, "why");
    }

    #[test]
    fn a_long_line_is_not_searched_to_its_end() {
        assert_eq!(marker(&format!("SECRET{}keysift:allow", " ".repeat(5000))), None);
    }
}
