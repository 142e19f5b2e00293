//! Regexes of Go and Python as those of Rust: nearly the same language, with other ideas of what is literal.

use crate::rule::Pattern;

/// `pattern` in our syntax.
///
/// # Errors
/// What it asks for that our regexes cannot do.
pub(super) fn translate(pattern: &str) -> Result<String, String> {
    let translated = Walk { rest: pattern, out: String::new() }.run();
    // The last line of a message of the parser says what is wrong, the others draw where.
    let reason = |message: String| {
        let last = message.lines().last().unwrap_or_default();
        last.trim().trim_start_matches("error: ").to_string()
    };
    Pattern::new(&translated).check().map_err(reason)?;
    Ok(translated)
}

/// `pattern`, which is in our syntax, with its group of this number (from 1) named `secret`; `None` if it has no such group.
pub(super) fn name_group(pattern: &str, number: usize) -> Option<String> {
    let bytes = pattern.as_bytes();
    let (mut at, mut class, mut seen) = (0, false, 0);
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 1,
            b'[' if !class => class = true,
            b']' if class => class = false,
            b'(' if !class => {
                let rest = &pattern[at + 1..];
                let name = rest.strip_prefix("?P<").or_else(|| rest.strip_prefix("?<"));
                if name.is_some() || !rest.starts_with('?') {
                    seen += 1;
                    if seen == number {
                        let after = name.map_or(Some(rest), |name| name.split_once('>').map(|(_, after)| after))?;
                        return Some(format!("{}(?P<secret>{after}", &pattern[..at]));
                    }
                }
            }
            _ => {}
        }
        at += 1;
    }
    None
}

struct Walk<'p> {
    rest: &'p str,
    out: String,
}

impl Walk<'_> {
    fn run(mut self) -> String {
        while let Some(next) = self.rest.chars().next() {
            match next {
                '\\' => self.escape(),
                '[' => self.class(),
                '{' if !is_count(self.rest) => self.literal('{'),
                _ => self.take(next),
            }
        }
        self.out
    }

    fn take(&mut self, character: char) {
        self.out.push(character);
        self.rest = &self.rest[character.len_utf8()..];
    }

    fn literal(&mut self, character: char) {
        self.out.push('\\');
        self.take(character);
    }

    /// A backslash and what belongs to it.
    fn escape(&mut self) {
        let after = &self.rest[1..];
        if let Some(quoted) = after.strip_prefix('Q') {
            let (text, rest) = quoted.split_once("\\E").unwrap_or((quoted, ""));
            self.out.push_str(&regex_syntax::escape(text));
            self.rest = rest;
        } else if let Some(rest) = after.strip_prefix('Z') {
            self.out.push_str("\\z");
            self.rest = rest;
        } else {
            self.take('\\');
            if let Some(next) = self.rest.chars().next() {
                self.take(next);
            }
        }
    }

    /// A class. Within one a bracket is a literal elsewhere, and `&&`, `--`, `~~` are no operators.
    fn class(&mut self) {
        self.take('[');
        if self.rest.starts_with('^') {
            self.take('^');
        }
        let mut first = true;
        while let Some(next) = self.rest.chars().next() {
            let doubled = self.rest[next.len_utf8()..].starts_with(next);
            match next {
                ']' if !first => return self.take(']'),
                ']' => self.literal(']'),
                '[' if self.rest.starts_with("[:") && self.rest.contains(":]") => {
                    let end = self.rest.find(":]").map_or(self.rest.len(), |at| at + 2);
                    self.out.push_str(&self.rest[..end]);
                    self.rest = &self.rest[end..];
                }
                '[' => self.literal('['),
                '\\' => self.escape(),
                '-' if first && doubled => self.literal('-'),
                '-' if doubled => {
                    self.take('-');
                    self.literal('-');
                }
                '&' | '~' if doubled => self.literal(next),
                _ => self.take(next),
            }
            first = false;
        }
    }
}

/// Whether a text begins with a count such as `{3}` or `{2,}`; elsewhere any other brace is a literal.
fn is_count(text: &str) -> bool {
    let Some((inner, _)) = text[1..].split_once('}') else { return false };
    let (least, most) = inner.split_once(',').unwrap_or((inner, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    !least.is_empty() && digits(least) && digits(most)
}

#[cfg(test)]
mod tests {
    use super::{name_group, translate};

    #[test]
    fn what_go_takes_for_literal_stays_literal() {
        for (theirs, ours) in [
            (r"a{2,3}b{4}", r"a{2,3}b{4}"),
            (r"\$\{[^}]+}", r"\$\{[^}]+}"),
            (r"{{.*}}", r"\{\{.*}}"),
            (r"[[a]x[]b]", r"[\[a]x[\]b]"),
            (r"[[:alpha:]_&&-]", r"[[:alpha:]_\&&-]"),
            (r"[--/]", r"[\--/]"),
            (r"[\]+--]", r"[\]+-\-]"),
            (r"\Qa.b(\E$", r"a\.b\($"),
            (r"end\Z", r"end\z"),
        ] {
            assert_eq!(translate(theirs).as_deref(), Ok(ours), "{theirs}");
        }
        let why = translate(r"(?!test)a").unwrap_err();
        assert!(why.contains("look-around"), "{why}");
        assert!(translate("(").is_err() && translate(r"\p{Greek}").is_err());
    }

    #[test]
    fn groups_are_named() {
        for (pattern, number, named) in [
            ("a(b)c", 1, Some("a(?P<secret>b)c")),
            (r"\((?i)[(](x)(?:y)(?P<z>w)", 2, Some(r"\((?i)[(](x)(?:y)(?P<secret>w)")),
            ("(?:a)", 1, None),
        ] {
            assert_eq!(name_group(pattern, number).as_deref(), named, "{pattern}");
        }
    }
}
