//! One line of a baseline: `FINGERPRINT RULE PATH [of=FINGERPRINT+FINGERPRINT] [as=VERDICT] [owner=NAME] [expires=DATE]
//! [# REASON]`.
//!
//! Words are separated by spaces; what a word cannot hold as it is (spaces, control characters, `%`, what is not UTF-8)
//! is percent-encoded, so that a line is one line whatever a path holds.

use super::date::is_date;
use super::{Entry, Verdict};
use crate::similar;
use std::fmt::Write as _;

/// How a baseline begins; the key follows.
pub(super) const HEADER: &str = "# keysift baseline 1, key ";
/// Stands for "no path".
const NO_PATH: &str = "-";

/// Parses a line that is neither empty nor a comment.
pub(super) fn parse(line: &str) -> Result<Entry, String> {
    if ["<<<<<<<", "=======", ">>>>>>>"].iter().any(|mark| line.starts_with(mark)) {
        return Err("this merge conflict is not resolved; keep both sides, then run `keysift baseline update`. \
                    `.keysift-baseline merge=union` in .gitattributes avoids it"
            .into());
    }
    let (words, reason) = match line.split_once(" # ") {
        Some((words, reason)) => (words, reason.trim()),
        None => (line, ""),
    };
    let mut words = words.split_whitespace();
    let fingerprint = words.next().unwrap_or_default();
    if !is_fingerprint(fingerprint) {
        return Err("expected a fingerprint, `ks1:` and 32 hexadecimal digits".into());
    }
    let rule_id = words.next().ok_or("expected the id of a rule after the fingerprint")?;
    let path = words.next().ok_or("expected a path, or `-`, after the rule")?;
    let mut entry = Entry {
        fingerprint: fingerprint.into(),
        rule_id: rule_id.into(),
        path: if path == NO_PATH { Vec::new() } else { decode(path) },
        verdict: None,
        owner: None,
        halves: Vec::new(),
        expires: None,
        reason: reason.into(),
        line: 0,
    };
    for word in words {
        let (name, value) = word.split_once('=').ok_or_else(|| {
            format!("expected `of=`, `as=`, `owner=`, `expires=` or ` # ` and a reason, not `{word}`")
        })?;
        match name {
            "as" => {
                let known = Verdict::ALL.into_iter().find(|verdict| verdict.name() == value);
                let hint = || similar::hint(value, Verdict::ALL.into_iter().map(Verdict::name));
                entry.verdict = Some(known.ok_or_else(|| format!("`{value}` is no verdict{}", hint()))?);
            }
            "owner" => entry.owner = Some(String::from_utf8_lossy(&decode(value)).into_owned()),
            "of" if value.split('+').all(is_fingerprint) => entry.halves = value.split('+').map(String::from).collect(),
            "of" => return Err(format!("expected fingerprints joined by `+`, not `{value}`")),
            "expires" if is_date(value) => entry.expires = Some(value.into()),
            "expires" => return Err(format!("expected a day such as 2027-01-31, not `{value}`")),
            _ => {
                let hint = similar::hint(name, ["of", "as", "owner", "expires"].into_iter());
                return Err(format!("`{name}` is no field of an entry{hint}"));
            }
        }
    }
    Ok(entry)
}

fn is_fingerprint(text: &str) -> bool {
    let digits = text.strip_prefix("ks1:").unwrap_or_default();
    digits.len() == 32 && digits.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

/// The line of an entry.
pub(super) fn render(entry: &Entry) -> String {
    let mut line = format!("{} {} ", entry.fingerprint, entry.rule_id);
    line += &if entry.path.is_empty() { NO_PATH.to_string() } else { encode(&entry.path) };
    if !entry.halves.is_empty() {
        let _ = write!(line, " of={}", entry.halves.join("+"));
    }
    if let Some(verdict) = entry.verdict {
        let _ = write!(line, " as={}", verdict.name());
    }
    if let Some(owner) = &entry.owner {
        let _ = write!(line, " owner={}", encode(owner.as_bytes()));
    }
    if let Some(expires) = &entry.expires {
        let _ = write!(line, " expires={expires}");
    }
    let reason: String = entry.reason.split(|c: char| c.is_control()).collect::<Vec<_>>().join(" ");
    if !reason.trim().is_empty() {
        let _ = write!(line, " # {}", reason.trim());
    }
    line
}

fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            // A lone dash would read as "no path", a `#` as the beginning of a comment.
            let plain = !(c.is_whitespace() || c.is_control() || c == '%' || c == '#');
            if plain && bytes != b"-" {
                text.push(c);
            } else {
                let mut buffer = [0; 4];
                c.encode_utf8(&mut buffer).bytes().for_each(|b| percent(b, &mut text));
            }
        }
        chunk.invalid().iter().for_each(|&b| percent(b, &mut text));
    }
    text
}

fn percent(byte: u8, text: &mut String) {
    let _ = write!(text, "%{byte:02X}");
}

fn decode(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let code = bytes.get(at + 1..at + 3).and_then(|hex| std::str::from_utf8(hex).ok());
        match code.and_then(|hex| u8::from_str_radix(hex, 16).ok()).filter(|_| bytes[at] == b'%') {
            Some(byte) => {
                plain.push(byte);
                at += 3;
            }
            None => {
                plain.push(bytes[at]);
                at += 1;
            }
        }
    }
    plain
}
