//! GitHub's name for a line of a file: `primaryLocationLineHash`, by which code scanning tells that an alert is the same
//! one in two versions of a file.
//!
//! The uploader computes it too and warns where a report says otherwise, so this is its algorithm to the letter: a
//! polynomial of base 37 over the first 100 UTF-16 units from the start of the line, without spaces and tabs, all line
//! ends as LF, 65535 at the end of the file and zeros behind it; and a number that tells equal lines of a file apart.

use std::collections::BTreeMap;
use std::fmt;

/// Units that a hash covers.
const BLOCK: usize = 100;
const BASE: u64 = 37;
/// `BASE` to the power of `BLOCK`: the weight of the unit that leaves the window.
const LEAVING: u64 = {
    let mut power = 1u64;
    let mut times = 0;
    while times < BLOCK {
        power = power.wrapping_mul(BASE);
        times += 1;
    }
    power
};
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
/// twice: remembering every line's hash instead would take eight times the content.
pub fn line_hashes(content: &[u8], lines: impl IntoIterator<Item = u32>) -> BTreeMap<u32, LineHash> {
    let mut found: BTreeMap<u32, LineHash> =
        lines.into_iter().map(|line| (line, LineHash { hash: 0, count: 0 })).collect();
    let Some((&last, _)) = found.last_key_value() else { return found };
    each_line(content, last, |line, hash| {
        if let Some(entry) = found.get_mut(&line) {
            *entry = LineHash { hash, count: 1 };
        }
    });
    found.retain(|_, entry| entry.count > 0);
    let mut counts: BTreeMap<u64, u32> = found.values().map(|entry| (entry.hash, 0)).collect();
    each_line(content, last, |line, hash| {
        if let Some(count) = counts.get_mut(&hash) {
            *count += 1;
            if let Some(entry) = found.get_mut(&line) {
                entry.count = *count;
            }
        }
    });
    found
}

/// Calls `tell` for every line until line `last`, in order.
fn each_line(content: &[u8], last: u32, tell: impl FnMut(u32, u64)) {
    let mut roller = Roller::new(last, tell);
    for chunk in content.utf8_chunks() {
        for character in chunk.valid().chars() {
            for &unit in &*character.encode_utf16(&mut [0; 2]) {
                roller.read(unit);
            }
            if roller.done {
                return;
            }
        }
        if !chunk.invalid().is_empty() {
            roller.read(char::REPLACEMENT_CHARACTER as u16);
        }
    }
    roller.read(END);
    for _ in 0..BLOCK {
        roller.flush();
        roller.push(0);
    }
}

/// The window that rolls over the content.
struct Roller<F> {
    tell: F,
    last: u32,
    done: bool,
    window: [u16; BLOCK],
    /// For each unit of the window the line that begins with it, or 0.
    begins: [u32; BLOCK],
    at: usize,
    hash: u64,
    line: u32,
    line_start: bool,
    after_cr: bool,
}

impl<F: FnMut(u32, u64)> Roller<F> {
    fn new(last: u32, tell: F) -> Self {
        Self {
            tell,
            last,
            done: false,
            window: [0; BLOCK],
            begins: [0; BLOCK],
            at: 0,
            hash: 0,
            line: 0,
            line_start: true,
            after_cr: false,
        }
    }

    fn read(&mut self, unit: u16) {
        const TAB: u16 = b'\t' as u16;
        const SPACE: u16 = b' ' as u16;
        const LF: u16 = b'\n' as u16;
        const CR: u16 = b'\r' as u16;
        let after_cr = std::mem::replace(&mut self.after_cr, unit == CR);
        if unit == SPACE || unit == TAB || (after_cr && unit == LF) {
            return;
        }
        let unit = if unit == CR { LF } else { unit };
        self.flush();
        if self.line_start {
            self.line_start = false;
            self.line = self.line.saturating_add(1);
            self.begins[self.at] = self.line;
        }
        self.line_start = unit == LF;
        self.push(unit);
    }

    /// Tells the line that begins with the unit about to leave the window: the hash covers its block just now.
    fn flush(&mut self) {
        let line = std::mem::take(&mut self.begins[self.at]);
        if line > 0 {
            (self.tell)(line, self.hash);
            self.done = line >= self.last;
        }
    }

    fn push(&mut self, unit: u16) {
        let leaving = std::mem::replace(&mut self.window[self.at], unit);
        self.hash = self
            .hash
            .wrapping_mul(BASE)
            .wrapping_add(u64::from(unit))
            .wrapping_sub(LEAVING.wrapping_mul(u64::from(leaving)));
        self.at = if self.at + 1 == BLOCK { 0 } else { self.at + 1 };
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

    #[test]
    fn only_what_is_asked_for_and_there() {
        let again = b"Lorem ipsum dolor sit amet.\n".repeat(10);
        let some = line_hashes(&again, [3, 99]);
        assert_eq!(some.len(), 1);
        assert_eq!(some[&3].to_string(), "a7f2ff13bc495cf2:3");
        assert!(line_hashes(&again, []).is_empty());
    }
}
