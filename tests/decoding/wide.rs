//! UTF-16 and UTF-32 with something encoded in them: line and column are those that an editor shows.

use super::support::random::Random;
use super::support::{keys, run};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use keysift::engine::Command;

/// A text as the bytes of a file.
type Encode = fn(&str) -> Vec<u8>;

const ENCODINGS: [(&str, Encode); 4] = [
    ("UTF-16LE", |text| text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
    ("UTF-16BE", |text| text.encode_utf16().flat_map(u16::to_be_bytes).collect()),
    ("UTF-32LE", |text| text.chars().flat_map(|c| (c as u32).to_le_bytes()).collect()),
    ("UTF-32BE", |text| text.chars().flat_map(|c| (c as u32).to_be_bytes()).collect()),
];

/// A form of a secret.
type Form = fn(&str) -> String;

const FORMS: [(&str, Form); 7] = [
    ("plain", |secret| secret.to_string()),
    ("base64", |secret| STANDARD.encode(secret)),
    ("base64 in base64", |secret| STANDARD.encode(STANDARD.encode(secret))),
    ("hex", |secret| secret.bytes().map(|b| format!("{b:02x}")).collect()),
    ("escapes", |secret| secret.chars().map(|c| format!("\\u{:04x}", c as u32)).collect()),
    ("percent", |secret| secret.bytes().map(|b| format!("%{b:02X}")).collect()),
    ("joined", |secret| format!("{}\" + \"{}", &secret[..17], &secret[17..])),
];

#[test]
fn line_and_column_are_right_whatever_is_encoded() {
    let mut wrong = Vec::new();
    for (encoding, encode) in ENCODINGS {
        for (number, (form, write)) in FORMS.into_iter().enumerate() {
            for (mark, line_end) in [("", "\n"), ("\u{feff}", "\r\n"), ("\u{feff}", "\n")] {
                let mut random = Random::new(number as u64);
                let secret = keys::secret(&mut random);
                let written = write(&secret);
                // Letters that are wider than a unit, and whose bytes are line ends.
                let text = format!(
                    "{mark}# settings of this program{line_end}{line_end}\u{e9}\u{1f511}\u{010a} AWS_SECRET_ACCESS_KEY = \"{written}\"{line_end}end of the settings{line_end}"
                );
                let folder = tempfile::tempdir().unwrap();
                std::fs::write(folder.path().join("file"), encode(&text)).unwrap();
                let report = run::run(Command::Scan { paths: vec![folder.path().to_path_buf()] }, 1);
                let what = format!(
                    "{form} in {encoding}, {line_end:?}, {}",
                    if mark.is_empty() { "no mark" } else { "marked" }
                );
                let has = |finding: &&keysift::finding::Finding| {
                    finding.credential.parts.iter().any(|(_, part)| part.expose() == secret.as_bytes())
                };
                let Some(found) = report.findings.iter().find(has) else {
                    wrong.push(format!("{what}: not found"));
                    continue;
                };
                let place = found.primary.place;
                // Before it stand three letters, a blank, the name, ` = "`; the key needs two units of UTF-16.
                let units = 4 + 21 + 4 + usize::from(encoding.starts_with("UTF-16"));
                let (column, wide) = (units as u32 + 1, 4 + 21 + 4 + 1 + 1);
                // The last characters of an encoded form are padding, in one that is encoded twice some more.
                let last = column + written.len() as u32;
                let ends = place.end_line == 3 && (last - 4..=last).contains(&place.end_column);
                if (place.line, place.column, place.column_utf16) != (3, column, wide) || !ends {
                    wrong.push(format!("{what}: {place:?}, expected column {column}"));
                }
                if !found.primary.excerpt.text.contains("AWS_SECRET_ACCESS_KEY = \"***\"") {
                    wrong.push(format!("{what}: shown as {:?}", found.primary.excerpt.text));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
