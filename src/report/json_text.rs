//! JSON text that is safe to print.
//!
//! JSON escapes control characters below U+0020 and leaves the rest raw: U+009B starts a terminal sequence all the
//! same, and U+202E turns a line around. These formatters escape them too. The parsed value is the same.

use super::escape::is_hostile;
use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter, Serializer};
use std::io::{self, Write};

/// Writes `value` over many lines, and a line feed.
pub fn write_pretty(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    write(value, PrettyFormatter::new(), out)
}

/// Writes `value` on one line, and a line feed.
pub fn write_line(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    write(value, CompactFormatter, out)
}

fn write(value: &impl Serialize, layout: impl Formatter, out: &mut dyn Write) -> io::Result<()> {
    value.serialize(&mut Serializer::with_formatter(&mut *out, Printable(layout)))?;
    out.write_all(b"\n")
}

/// A layout whose strings hold nothing hostile.
struct Printable<L>(L);

impl<L: Formatter> Formatter for Printable<L> {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let mut plain_from = 0;
        for (at, character) in fragment.char_indices().filter(|&(_, character)| is_hostile(character)) {
            writer.write_all(&fragment.as_bytes()[plain_from..at])?;
            for unit in character.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            plain_from = at + character.len_utf8();
        }
        writer.write_all(&fragment.as_bytes()[plain_from..])
    }

    fn begin_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_array(writer)
    }

    fn end_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array(writer)
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_array_value(writer, first)
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array_value(writer)
    }

    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object(writer)
    }

    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object(writer)
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_object_key(writer, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object_value(writer)
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object_value(writer)
    }
}

#[cfg(test)]
mod tests {
    use super::{write_line, write_pretty};
    use serde_json::{Value, json};

    #[test]
    fn hostile_characters_are_escaped_and_come_back() {
        let value = json!({ "na\u{202e}me": ["a\u{1b}[2Jb", "\u{9b}", "\u{e0041}", "\u{7f}", "plain ü 🔑 \"\\"] });
        for write in
            [|v: &Value, out: &mut Vec<u8>| write_line(v, out), |v: &Value, out: &mut Vec<u8>| write_pretty(v, out)]
        {
            let mut bytes = Vec::new();
            write(&value, &mut bytes).unwrap();
            let text = String::from_utf8(bytes).unwrap();
            assert!(!text.chars().any(|c| c != '\n' && super::is_hostile(c)), "{text:?}");
            assert!(text.contains("\\u202e") && text.contains("\\udb40\\udc41") && text.contains("ü 🔑"));
            assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
        }
    }
}
