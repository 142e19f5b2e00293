//! The page that the human format is set on: width, colours, hanging indents, and numbers as people read them.

use crate::report::document::PlaceEntry;
use crate::report::{Options, Verbosity, link};
use anstyle::{AnsiColor, Style};
use std::io::{self, Write};
use std::path::PathBuf;
use unicode_width::UnicodeWidthStr;

/// Columns before what a label names.
pub const INDENT: usize = 12;
/// A page is never set narrower than this: below it, nothing would fit after the indent.
const NARROWEST: usize = 40;

pub const BOLD: Style = Style::new().bold();
pub const DIM: Style = Style::new().dimmed();
pub const RED: Style = AnsiColor::Red.on_default().bold();
pub const MAGENTA: Style = AnsiColor::Magenta.on_default().bold();
pub const YELLOW: Style = AnsiColor::Yellow.on_default().bold();
pub const GREEN: Style = AnsiColor::Green.on_default().bold();
pub const CYAN: Style = AnsiColor::Cyan.on_default();

/// How to set text.
pub struct Page {
    pub width: usize,
    pub verbosity: Verbosity,
    color: bool,
    /// See [`Options::links`].
    pub links: Option<PathBuf>,
    /// See [`crate::report::document::Head::repository`].
    pub repository: Option<String>,
}

impl Page {
    pub fn new(options: &Options) -> Self {
        Self {
            width: options.width.max(NARROWEST),
            verbosity: options.verbosity,
            color: options.color,
            links: options.links.clone(),
            repository: None,
        }
    }

    /// `text` as a link (OSC 8) to where `place` can be seen, if there are links. An address is plain ASCII: what is not
    /// is percent-encoded.
    pub fn linked(&self, place: &PlaceEntry, text: String) -> String {
        let Some(folder) = &self.links else { return text };
        match link::place(self.repository.as_deref(), place).or_else(|| link::file(folder, place)) {
            Some(address) => format!("\x1b]8;;{address}\x1b\\{text}\x1b]8;;\x1b\\"),
            None => text,
        }
    }

    /// A command on a line of its own, whole, so that it can be copied.
    pub fn command(&self, command: &str, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{}$ {}", " ".repeat(INDENT), self.paint(CYAN, command))
    }

    /// Whether everything is to be listed.
    pub fn verbose(&self) -> bool {
        self.verbosity == Verbosity::Verbose
    }

    /// `text` in `style`, if there are colours.
    pub fn paint(&self, style: Style, text: &str) -> String {
        if self.color && !text.is_empty() { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    /// A label and its text, wrapped beside it. `text` has no escape sequences; `style` colours all of it.
    pub fn labelled(&self, label: &str, style: Style, text: &str, out: &mut dyn Write) -> io::Result<()> {
        let mut head = self.label(label);
        for line in wrap(text, self.width - INDENT) {
            writeln!(out, "{head}{}", self.paint(style, line))?;
            head = " ".repeat(INDENT);
        }
        Ok(())
    }

    /// A label in its column.
    pub fn label(&self, label: &str) -> String {
        let label = format!("  {label:<width$}", width = INDENT - 2);
        if label.trim().is_empty() { label } else { self.paint(DIM, &label) }
    }
}

/// Columns that `text` takes on a terminal.
pub fn columns(text: &str) -> usize {
    text.width()
}

/// `text` in lines of at most `width` columns, broken at spaces. A word that is longer has a line of its own, whole, so
/// that it can still be copied.
pub fn wrap(text: &str, width: usize) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut start = 0;
    let mut end = 0;
    for (at, word) in words(text) {
        if end > start && columns(&text[start..at + word.len()]) > width {
            lines.push(&text[start..end]);
            start = at;
        }
        end = at + word.len();
    }
    lines.push(&text[start..end]);
    lines
}

/// The words of `text` with their offsets.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    text.split(' ').filter_map(move |word| {
        let start = at;
        at += word.len() + 1;
        (!word.is_empty()).then_some((start, word))
    })
}

/// `1 ref`, `3 refs`, `12,345 refs`.
pub fn count(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", thousands(number), if number == 1 { one } else { many })
}

/// A number with commas.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A number of bytes, in decimal units.
pub fn bytes(number: u64) -> String {
    const UNITS: [&str; 6] = ["kB", "MB", "GB", "TB", "PB", "EB"];
    if number < 1000 {
        return count(number, "byte", "bytes");
    }
    let mut value = number as f64 / 1000.0;
    let mut unit = 0;
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    if value < 9.95 { format!("{value:.1} {}", UNITS[unit]) } else { format!("{value:.0} {}", UNITS[unit]) }
}

/// A time in milliseconds, as long as it takes to say.
pub fn duration(ms: u64) -> String {
    let seconds = ms.saturating_add(500) / 1000;
    match ms {
        0..1000 => format!("{ms}ms"),
        1000..59_950 => format!("{:.1}s", ms as f64 / 1000.0),
        _ if seconds < 3600 => format!("{}min {}s", seconds / 60, seconds % 60),
        _ => format!("{}h {}min", seconds / 3600, seconds / 60 % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::{bytes, count, duration, thousands, wrap};

    #[test]
    fn wrapping() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("one", 7), ["one"]);
        assert_eq!(wrap("", 7), [""]);
        assert_eq!(wrap("a verylongword b", 7), ["a", "verylongword", "b"]);
        assert_eq!(wrap("日本 日本", 7), ["日本", "日本"], "wide characters take two columns");
        assert_eq!(wrap("日本 日本", 9), ["日本 日本"]);
    }

    #[test]
    fn numbers() {
        assert_eq!(thousands(0), "0");
        assert_eq!(thousands(999), "999");
        assert_eq!(thousands(1_234_567), "1,234,567");
        assert_eq!(count(1, "ref", "refs"), "1 ref");
        assert_eq!(count(0, "ref", "refs"), "0 refs");
        assert_eq!(bytes(1), "1 byte");
        assert_eq!(bytes(999), "999 bytes");
        assert_eq!(bytes(1500), "1.5 kB");
        assert_eq!(bytes(999_499), "999 kB");
        assert_eq!(bytes(999_600), "1.0 MB");
        assert_eq!(bytes(8_100_000_000), "8.1 GB");
        assert_eq!(bytes(u64::MAX), "18 EB");
        assert_eq!(duration(15), "15ms");
        assert_eq!(duration(1540), "1.5s");
        assert_eq!(duration(59_999), "1min 0s");
        assert_eq!(duration(125_000), "2min 5s");
        assert_eq!(duration(3_725_000), "1h 2min");
        assert_eq!(duration(u64::MAX), "5124095576030h 25min");
    }
}
