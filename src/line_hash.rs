//! GitHub's name for a line of a file: `primaryLocationLineHash`, by which code scanning tells that an alert is the same
//! one in two versions of a file.
//!
//! The uploader computes it too and warns where a report says otherwise, so this is its algorithm to the letter: a
//! polynomial of base 37 over the first 100 UTF-16 units from the start of the line, without spaces and tabs, all line
//! ends as LF, 65535 at the end of the file and zeros behind it; and a number that tells equal lines of a file apart.

use memchr::memchr2;
use rustc_hash::FxHashSet;
use std::collections::BTreeMap;
use std::fmt;

/// Units that a hash covers.
const BLOCK: usize = 100;
/// Units that tell most lines apart, so that few are hashed whole.
const BEGINNING: usize = 8;
const BASE: u64 = 37;
const END: u16 = 65535;

/// The hash of a line, and the how-manieth line with that hash it is, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LineHash {
    pub hash: u64,
    pub count: u32,
}

impl fmt::Display for LineHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}:{}", self.hash, self.count)
    }
}

/// The hashes of those `lines` of `content` (counted from 1, in any order) that it has. Reads as far as the last one,
/// twice: remembering every line instead would take as much as the content.
pub fn line_hashes(content: &[u8], lines: impl IntoIterator<Item = u32>) -> BTreeMap<u32, LineHash> {
    let mut found: BTreeMap<u32, LineHash> =
        lines.into_iter().map(|line| (line, LineHash { hash: 0, count: 0 })).collect();
    let Some((&last, _)) = found.last_key_value() else { return found };
    // Lines of one hash begin alike, if they are not one hash by chance.
    let mut beginnings = FxHashSet::default();
    for (line, rest) in (1..=last).zip(Lines(Some(content))) {
        if let Some(entry) = found.get_mut(&line) {
            *entry = LineHash { hash: hash_of(rest, BLOCK), count: 1 };
            beginnings.insert(hash_of(rest, BEGINNING));
        }
    }
    found.retain(|_, entry| entry.count > 0);
    let mut counts: BTreeMap<u64, u32> = found.values().map(|entry| (entry.hash, 0)).collect();
    for (line, rest) in (1..=last).zip(Lines(Some(content))) {
        if !beginnings.contains(&hash_of(rest, BEGINNING)) {
            continue;
        }
        if let Some(count) = counts.get_mut(&hash_of(rest, BLOCK)) {
            *count += 1;
            if let Some(entry) = found.get_mut(&line) {
                entry.count = *count;
            }
        }
    }
    found
}

/// The polynomial of the first `units` of `content`, which begins with a line.
fn hash_of(content: &[u8], units: usize) -> u64 {
    let add = |hash: u64, unit| hash.wrapping_mul(BASE).wrapping_add(u64::from(unit));
    Units { rest: content, after_cr: false, low: None, ended: false }.take(units).fold(0, add)
}

/// For each line of some content all that is left from its beginning on. What follows the last line's end is a line.
struct Lines<'c>(Option<&'c [u8]>);

impl<'c> Iterator for Lines<'c> {
    type Item = &'c [u8];

    fn next(&mut self) -> Option<&'c [u8]> {
        let line = self.0?;
        self.0 = memchr2(b'\n', b'\r', line).map(|at| {
            let end = if line[at..].starts_with(b"\r\n") { 2 } else { 1 };
            &line[at + end..]
        });
        Some(line)
    }
}

/// The units that are hashed, without end.
struct Units<'c> {
    rest: &'c [u8],
    after_cr: bool,
    /// The second half of a surrogate pair.
    low: Option<u16>,
    ended: bool,
}

impl Iterator for Units<'_> {
    type Item = u16;

    fn next(&mut self) -> Option<u16> {
        const LF: u16 = b'\n' as u16;
        if let Some(low) = self.low.take() {
            return Some(low);
        }
        while let Some((&byte, after)) = self.rest.split_first() {
            let after_cr = std::mem::replace(&mut self.after_cr, byte == b'\r');
            if !byte.is_ascii() {
                return Some(self.wide());
            }
            self.rest = after;
            match byte {
                b' ' | b'\t' => {}
                b'\n' if after_cr => {}
                b'\r' => return Some(LF),
                _ => return Some(u16::from(byte)),
            }
        }
        Some(if std::mem::replace(&mut self.ended, true) { 0 } else { END })
    }
}

impl Units<'_> {
    /// The next character, which is not ASCII, or what stands for bytes that are none.
    fn wide(&mut self) -> u16 {
        // No character, and nothing that was to be one, has more bytes.
        let here = &self.rest[..self.rest.len().min(4)];
        let chunk = here.utf8_chunks().next().expect("there is a byte");
        let Some(character) = chunk.valid().chars().next() else {
            self.rest = &self.rest[chunk.invalid().len()..];
            return char::REPLACEMENT_CHARACTER as u16;
        };
        self.rest = &self.rest[character.len_utf8()..];
        let mut units = [0; 2];
        let [first, low] = match character.encode_utf16(&mut units) {
            [one] => [*one, 0],
            _ => units,
        };
        self.low = (low != 0).then_some(low);
        first
    }
}

#[cfg(test)]
mod tests {
    use super::line_hashes;

    fn all(content: &[u8]) -> Vec<String> {
        line_hashes(content, 1..=20).values().map(ToString::to_string).collect()
    }

    /// The values that GitHub's own tests expect of its uploader.
    #[test]
    fn agrees_with_the_uploader() {
        assert_eq!(all(b""), ["c129715d7a2bc9a3:1"]);
        assert_eq!(
            all(b" a\nb\n  \t\tc\n d"),
            ["271789c17abda88f:1", "54703d4cd895b18:1", "180aee12dab6264:1", "a23a3dc5e078b07b:1"]
        );
        let greetings = [
            "e9496ae3ebfced30:1",
            "fb7c023a8b9ccb3f:1",
            "ce8ba1a563dcdaca:1",
            "e20e36e16fcb0cc8:1",
            "b3edc88f2938467e:1",
            "c8e28b0b4002a3a0:1",
            "c129715d7a2bc9a3:1",
        ];
        for ends in [["\n"; 6], ["\r"; 6], ["\r\n"; 6], ["\n", "\r\n", "\n", "\r", "\r", "\r\n"]] {
            let [a, b, c, d, e, f] = ends;
            let text = format!(" hello; \t{a}world!!!{b}{c}{d}  \t\tGreetings{e} End{f}");
            assert_eq!(all(text.as_bytes()), greetings, "{ends:?}");
        }
        let again = b"Lorem ipsum dolor sit amet.\n".repeat(10);
        assert_eq!(
            all(&again)[4..],
            [
                "a7f2ff13bc495cf2:5",
                "a7f2ff13bc495cf2:6",
                "a7f2ff1481e87703:1",
                "a9cf91f7bbf1862b:1",
                "55ec222b86bcae53:1",
                "cc97dc7b1d7d8f7b:1",
                "c129715d7a2bc9a3:1"
            ]
        );
    }

    /// Characters of two units, bytes that are no text, and a block that ends within them.
    #[test]
    fn what_is_not_ascii() {
        let text = "\u{1f511} key \u{e9}\n".repeat(60);
        let expected = super::hash_of(text.as_bytes(), 100);
        let plain = text.encode_utf16().filter(|unit| *unit != 32).take(100);
        assert_eq!(plain.fold(0u64, |h, u| h.wrapping_mul(37).wrapping_add(u64::from(u))), expected);
        let replaced = "a\u{fffd}\u{fffd}b";
        assert_eq!(super::hash_of(b"a\xff\xf0\x9fb", 100), super::hash_of(replaced.as_bytes(), 100));
    }

    #[test]
    fn only_what_is_asked_for_and_there() {
        let again = b"Lorem ipsum dolor sit amet.\n".repeat(10);
        let some = line_hashes(&again, [3, 99]);
        assert_eq!(some.len(), 1);
        assert_eq!(some[&3].to_string(), "a7f2ff13bc495cf2:3");
        assert!(line_hashes(&again, []).is_empty());
    }
}
