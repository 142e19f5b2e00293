//! Places and excerpts in content: from a byte range to line and column, and to a line of text that is safe to show.
//!
//! Both have to stay linear on hostile content (a line of 10 MB, a million hits in one file): [`Places`] only moves
//! forward, and [`excerpt`] never looks further than its window.

use crate::origin::Place;

/// An excerpt is at most this many bytes long.
pub const EXCERPT_BYTES: usize = 200;
/// Of which at most so many stand before the mark.
const BEFORE_BYTES: usize = 80;

/// What stands for a secret in an excerpt.
pub const HIDDEN: &str = "***";

/// A line of content, shortened, with every secret in it replaced: safe to show.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Excerpt {
    /// Text, lossy UTF-8, at most [`EXCERPT_BYTES`] before escaping. May hold control characters; writers escape it.
    pub text: String,
    /// Byte range in `text` of the mark that stands for this finding's secret.
    pub mark: (usize, usize),
    /// Names of AWS partitions, other than the main one, that the lines around a key pair name.
    pub partitions: Vec<&'static str>,
}

impl Excerpt {
    /// Whether the mark hides something: it does for a secret, and not for a key id.
    pub fn hides(&self) -> bool {
        self.text.get(self.mark.0..self.mark.1) == Some(HIDDEN)
    }
}

/// How the text around a hit is encoded, so far as line ends and columns care.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Units {
    Bytes,
    Utf16Le,
    Utf16Be,
    Utf32Le,
    Utf32Be,
}

impl Units {
    const WIDE: [Self; 4] = [Self::Utf32Le, Self::Utf32Be, Self::Utf16Le, Self::Utf16Be];

    /// Bytes of a code unit.
    fn width(self) -> usize {
        match self {
            Self::Bytes => 1,
            Self::Utf16Le | Self::Utf16Be => 2,
            Self::Utf32Le | Self::Utf32Be => 4,
        }
    }

    /// The code unit at `at`.
    fn unit(self, content: &[u8], at: usize) -> Option<u32> {
        let bytes = content.get(at..at + self.width())?;
        let shifted = |value: u32, &byte: &u8| value << 8 | u32::from(byte);
        Some(match self {
            Self::Bytes | Self::Utf16Be | Self::Utf32Be => bytes.iter().fold(0, shifted),
            Self::Utf16Le | Self::Utf32Le => bytes.iter().rev().fold(0, shifted),
        })
    }

    /// Length of the byte order mark that content begins with.
    fn mark(self, content: &[u8]) -> usize {
        match self {
            Self::Bytes if content.starts_with(b"\xef\xbb\xbf") => 3,
            Self::Bytes => 0,
            _ if self.unit(content, 0) == Some(0xfeff) => self.width(),
            _ => 0,
        }
    }
}

/// Credentials are ASCII, so a hit in wide text shows itself: every second byte is zero, or three of four. Asking the hit
/// and not the byte order mark is right for files without a mark and for a false mark before plain text as well.
fn units(hit: &[u8]) -> Units {
    let is_ascii = |unit: Option<u32>| unit.is_some_and(|unit| (1..0x80).contains(&unit));
    let fits = |units: &Units| {
        let width = units.width();
        hit.len() >= 2 * width
            && hit.len().is_multiple_of(width)
            && (0..hit.len()).step_by(width).all(|at| is_ascii(units.unit(hit, at)))
    };
    Units::WIDE.into_iter().find(fits).unwrap_or(Units::Bytes)
}

/// Bytes of a character in the text that `hit` is a piece of: 1, or 2 or 4 in UTF-16 and UTF-32.
pub fn unit_width(hit: &[u8]) -> usize {
    units(hit).width()
}

/// The place of the bytes `start..end` in `content`. For several hits in one content use [`Places`].
pub fn place(content: &[u8], start: usize, end: usize) -> Place {
    Places::new(content).place(start, end)
}

/// Finds the places of many hits in one content; linear if the hits come in order.
pub struct Places<'c> {
    content: &'c [u8],
    units: Units,
    /// How far the code units lie off their alignment, for wide text only.
    shift: usize,
    at: usize,
    line: u32,
    line_start: usize,
    /// UTF-16 units from the line's start to `counted`.
    wide: usize,
    counted: usize,
}

impl<'c> Places<'c> {
    /// Starts at the beginning of `content`.
    pub fn new(content: &'c [u8]) -> Self {
        let mut places =
            Self { content, units: Units::Bytes, shift: 0, at: 0, line: 1, line_start: 0, wide: 0, counted: 0 };
        places.restart(Units::Bytes, 0);
        places
    }

    /// Lines and columns of the bytes `start..end`. In UTF-16 and UTF-32 text a column counts code units, elsewhere bytes;
    /// a byte order mark counts as nothing.
    pub fn place(&mut self, start: usize, end: usize) -> Place {
        let end = end.min(self.content.len());
        let start = start.min(end);
        let units = units(&self.content[start..end]);
        let shift = start % units.width();
        if units != self.units || shift != self.shift || start < self.at {
            self.restart(units, shift);
        }
        let (line, column, column_utf16) = self.advance(start);
        let (end_line, end_column, end_column_utf16) = self.advance(end);
        Place { line, column, end_line, end_column, column_utf16, end_column_utf16 }
    }

    fn restart(&mut self, units: Units, shift: usize) {
        let mark = units.mark(self.content).max(shift);
        (self.units, self.shift, self.at, self.line, self.line_start) = (units, shift, mark, 1, mark);
        (self.wide, self.counted) = (0, mark);
    }

    fn advance(&mut self, to: usize) -> (u32, u32, u32) {
        while let Some(after) = next_line(self.content, self.units, self.at.max(self.line_start), to) {
            self.line = self.line.saturating_add(1);
            self.line_start = after;
            self.at = after;
        }
        self.at = self.at.max(to);
        let column = to.saturating_sub(self.line_start) / self.units.width() + 1;
        let column = u32::try_from(column).unwrap_or(u32::MAX);
        (self.line, column, if self.units.width() == 2 { column } else { self.wide_column(to) })
    }

    /// The column at `to` in UTF-16 units. Counts each byte of a line once, however many hits there are.
    fn wide_column(&mut self, to: usize) -> u32 {
        if self.counted < self.line_start {
            (self.wide, self.counted) = (0, self.line_start);
        }
        let to = to.max(self.counted);
        self.wide += utf16_length(&self.content[self.counted..to], self.units);
        self.counted = to;
        u32::try_from(self.wide + 1).unwrap_or(u32::MAX)
    }
}

/// UTF-16 units of `bytes`; what is not UTF-8 becomes one replacement character for each broken sequence.
fn utf16_length(bytes: &[u8], units: Units) -> usize {
    if units != Units::Bytes {
        let chars = (0..bytes.len()).step_by(units.width()).filter_map(|at| units.unit(bytes, at));
        return chars.map(|unit| if (0x1_0000..0x11_0000).contains(&unit) { 2 } else { 1 }).sum();
    }
    if bytes.is_ascii() {
        return bytes.len();
    }
    let chunks = bytes.utf8_chunks();
    chunks.map(|c| c.valid().chars().map(char::len_utf16).sum::<usize>() + usize::from(!c.invalid().is_empty())).sum()
}

/// Where the first line that begins after `from` and not after `to` begins.
fn next_line(content: &[u8], units: Units, from: usize, to: usize) -> Option<usize> {
    match units {
        Units::Bytes => {
            let mut at = from;
            loop {
                let end = at + memchr::memchr2(b'\n', b'\r', content.get(at..to)?)?;
                let after =
                    if content[end] == b'\r' && content.get(end + 1) == Some(&b'\n') { end + 2 } else { end + 1 };
                if after <= to {
                    return Some(after);
                }
                at = after;
            }
        }
        _ => {
            let width = units.width();
            let mut at = from;
            while at + width <= to {
                let after = match units.unit(content, at)? {
                    0x0d if units.unit(content, at + width) == Some(0x0a) => at + 2 * width,
                    0x0d | 0x0a => at + width,
                    _ => {
                        at += width;
                        continue;
                    }
                };
                return (after <= to).then_some(after);
            }
            None
        }
    }
}

/// The line around the secret number `which`, at most [`EXCERPT_BYTES`] long, every secret in it replaced by its mark.
///
/// `secrets` are byte ranges in `content` with the text that stands for them, sorted by start; no long one may begin
/// before a short one that it covers. Nothing of a secret's bytes gets into the result, not even its length.
pub fn excerpt(content: &[u8], secrets: &[(usize, usize, String)], which: usize) -> Excerpt {
    let (start, end, mark) = &secrets[which];
    let (start, end) = ((*start).min(content.len()), (*end).min(content.len()));
    let units = units(content.get(start..end).unwrap_or_default());
    let width = units.width();
    let left_bound = start.saturating_sub(EXCERPT_BYTES * width);
    let left_bound = left_bound + (start - left_bound) % width;
    let right_bound = (end + EXCERPT_BYTES * width).min(content.len());

    let text = |from: usize, to: usize| decode(content.get(from..to).unwrap_or_default(), units);
    // What else is hidden may begin or end within a unit.
    let whole = |at: usize| at.saturating_sub(at.wrapping_sub(start) % width);
    let mut after = String::new();
    let mut at = end;
    for (other_start, other_end, other_mark) in &secrets[which + 1..] {
        if *other_start >= right_bound || after.len() > EXCERPT_BYTES {
            break;
        }
        if *other_start >= at {
            after.push_str(&text(at, whole(*other_start)));
            after.push_str(other_mark);
        }
        at = at.max(whole(*other_end + width - 1));
    }
    if at < right_bound {
        after.push_str(&text(at, right_bound));
    }

    let mut before = Vec::new();
    let mut at = start;
    let mut length = 0;
    for (other_start, other_end, other_mark) in secrets[..which].iter().rev() {
        if *other_end <= left_bound || length > EXCERPT_BYTES {
            break;
        }
        if *other_end <= at {
            before.push(text(whole(*other_end + width - 1), at));
            before.push(other_mark.clone());
            length += before[before.len() - 2].len() + other_mark.len();
        }
        at = at.min(whole(*other_start));
    }
    if at > left_bound {
        before.push(text(left_bound, at));
    }
    before.reverse();
    let before = before.concat();

    let before = before.rsplit(['\n', '\r']).next().unwrap_or_default();
    let after = after.split(['\n', '\r']).next().unwrap_or_default();
    let mark = cut_end(mark, EXCERPT_BYTES);
    let room = EXCERPT_BYTES - mark.len();
    let before = cut_start(before, BEFORE_BYTES.max(room.saturating_sub(after.len())).min(room));
    let after = cut_end(after, room - before.len());
    let mark = (before.len(), before.len() + mark.len(), mark);
    Excerpt { text: format!("{before}{}{after}", mark.2), mark: (mark.0, mark.1), partitions: Vec::new() }
}

fn decode(bytes: &[u8], units: Units) -> String {
    let width = units.width();
    let read = (0..bytes.len() / width).filter_map(|at| units.unit(bytes, at * width)).filter(|unit| *unit != 0xfeff);
    match width {
        1 => String::from_utf8_lossy(bytes).into_owned(),
        2 => {
            char::decode_utf16(read.map(|unit| unit as u16)).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
        }
        _ => read.map(|unit| char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER)).collect(),
    }
}

fn cut_end(text: &str, most: usize) -> &str {
    let mut end = most.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

fn cut_start(text: &str, most: usize) -> &str {
    let mut start = text.len().saturating_sub(most);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    &text[start..]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(content: &[u8], needle: &[u8]) -> Place {
        let start = memchr::memmem::find(content, needle).expect("the test plants it");
        place(content, start, start + needle.len())
    }

    /// A place on lines of ASCII, where both ways to count columns agree.
    fn narrow(line: u32, column: u32, end_line: u32, end_column: u32) -> Place {
        Place { line, column, end_line, end_column, column_utf16: column, end_column_utf16: end_column }
    }

    #[test]
    fn editors_count_utf16_units() {
        let content = "é\n\u{1f511}é KEY1 é KEY2\nKEY3".as_bytes();
        let mut broken = content.to_vec();
        let wide = |place: Place| (place.line, place.column, place.column_utf16, place.end_column_utf16);
        assert_eq!(wide(at(content, b"KEY1")), (2, 8, 5, 9));
        assert_eq!(wide(at(content, b"KEY3")), (3, 1, 1, 5));
        let mut places = Places::new(content);
        for (needle, expected) in [(b"KEY1", (2, 8, 5, 9)), (b"KEY2", (2, 16, 12, 16)), (b"KEY3", (3, 1, 1, 5))] {
            let start = memchr::memmem::find(content, needle).expect("the test plants it");
            assert_eq!(wide(places.place(start, start + 4)), expected);
        }
        broken[3..7].copy_from_slice(b"\xff\xe2\x82 ");
        assert_eq!(wide(at(&broken, b"KEY1")), (2, 8, 6, 10), "two broken sequences, a space, one letter, a space");
    }

    #[test]
    fn all_three_line_ends_count() {
        let place = at(b"one\ntwo\r\nthree\rfour KEY1 five", b"KEY1");
        assert_eq!(place, narrow(4, 6, 4, 10));
    }

    #[test]
    fn a_byte_order_mark_is_no_column() {
        assert_eq!(at(b"\xef\xbb\xbfKEY1", b"KEY1").column, 1);
    }

    #[test]
    fn utf16_counts_units_with_and_without_mark_and_at_odd_offsets() {
        for wide in [u16::to_le_bytes as fn(u16) -> [u8; 2], u16::to_be_bytes] {
            let encode = |text: &str| text.encode_utf16().flat_map(wide).collect::<Vec<u8>>();
            let needle = encode("KEY1");
            for text in ["\u{feff}a\r\nb\u{010a} KEY1\n", "a\nb\u{010a} KEY1"] {
                let content = encode(text);
                assert_eq!(at(&content, &needle), narrow(2, 4, 2, 8), "{text:?}");
                let shifted = [b"x", &content[..]].concat();
                assert_eq!(at(&shifted, &needle).line, 2, "{text:?}");
            }
        }
    }

    #[test]
    fn utf32_counts_units_and_editors_count_two_for_some() {
        for wide in [u32::to_le_bytes as fn(u32) -> [u8; 4], u32::to_be_bytes] {
            let encode = |text: &str| text.chars().flat_map(|c| wide(c as u32)).collect::<Vec<u8>>();
            let needle = encode("KEY1");
            for text in ["\u{feff}a\r\nb\u{010a}\u{1f511} KEY1\n", "a\nb\u{0a0d}\u{1f511} KEY1"] {
                let content = encode(text);
                let place = at(&content, &needle);
                assert_eq!((place.line, place.column, place.end_column), (2, 5, 9), "{text:?}");
                assert_eq!((place.column_utf16, place.end_column_utf16), (6, 10), "{text:?}");
                assert_eq!(at(&[b"x", &content[..]].concat(), &needle).line, 2, "{text:?}");
                let start = memchr::memmem::find(&content, &needle).expect("the test plants it");
                assert_eq!(excerpt(&content, &[mark((start, start + 16), "***")], 0).text.chars().nth(3), Some(' '));
            }
        }
    }

    #[test]
    fn a_false_mark_before_plain_text_counts_bytes() {
        assert_eq!(at(b"\xff\xfea\nKEY1", b"KEY1"), narrow(2, 1, 2, 5));
    }

    #[test]
    fn places_in_any_order_are_the_places_one_by_one() {
        let content = b"KEY1\nx KEY2\r\nKEY3\r\rKEY4 KEY5\n";
        let starts: Vec<usize> = memchr::memmem::find_iter(content, b"KEY").collect();
        let mut forward = Places::new(content);
        let mut backward = Places::new(content);
        for &start in &starts {
            assert_eq!(forward.place(start, start + 4), place(content, start, start + 4));
        }
        for &start in starts.iter().rev() {
            assert_eq!(backward.place(start, start + 4), place(content, start, start + 4));
        }
    }

    #[test]
    fn a_hit_over_several_lines_ends_on_its_last() {
        assert_eq!(place(b"a\nbc\nd", 0, 6), narrow(1, 1, 3, 2));
    }

    fn mark(range: (usize, usize), text: &str) -> (usize, usize, String) {
        (range.0, range.1, text.to_string())
    }

    #[test]
    fn an_excerpt_replaces_every_secret_of_its_line() {
        let content = b"before\nid=AAAA key=BBBBBBBB token=CCCC;\nafter";
        let secrets = [mark((10, 14), "AAAA"), mark((19, 27), "***"), mark((34, 38), "***")];
        for which in 0..3 {
            let excerpt = excerpt(content, &secrets, which);
            assert_eq!(excerpt.text, "id=AAAA key=*** token=***;");
            assert_eq!(&excerpt.text[excerpt.mark.0..excerpt.mark.1], secrets[which].2);
        }
    }

    #[test]
    fn an_excerpt_is_bounded_and_never_cuts_a_neighbour_open() {
        let mut content = vec![b'x'; 1000];
        content[300..420].fill(b'S');
        content[500..520].fill(b'T');
        content[600..900].fill(b'S');
        let secrets = [mark((300, 420), "***"), mark((500, 520), "***"), mark((600, 900), "***")];
        let excerpt = excerpt(&content, &secrets, 1);
        assert!(excerpt.text.len() <= EXCERPT_BYTES);
        assert!(!excerpt.text.contains(['S', 'T']), "{}", excerpt.text);
    }

    #[test]
    fn an_excerpt_of_wide_text_is_text() {
        let content: Vec<u8> = "\u{feff}key=KEY12345;\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let excerpt = excerpt(&content, &[mark((10, 26), "***")], 0);
        assert_eq!(excerpt.text, "key=***;");
    }

    #[test]
    fn broken_utf8_and_wide_characters_cut_cleanly() {
        let content = ["é".repeat(300).as_bytes(), b"\xffKEY1\xff", "é".repeat(300).as_bytes()].concat();
        let excerpt = excerpt(&content, &[mark((601, 605), "***")], 0);
        assert!(excerpt.text.len() <= EXCERPT_BYTES);
        assert_eq!(&excerpt.text[excerpt.mark.0..excerpt.mark.1], "***");
    }
}
