//! The lines that a delta changes: what is searched for spots of an object that is made from another.
//!
//! A line is touched where bytes are inserted, where two copies meet within it, and where something is cut off. Lines that
//! are copied whole are not: their spots are those of the base. Of a line without end only what lies near the change is
//! taken, which is as far as spots look.

use super::line_ends;
use crate::scanner::{AHEAD, BEHIND};
use crate::source::pack::delta::Script;
use memchr::{memchr, memrchr};
use std::ops::Range;

/// A line is followed so far from where it was changed.
const FAR: usize = BEHIND + AHEAD;
/// Changes that are so near to one another are one.
const NEAR: u32 = 64;
/// Pieces are cut at line ends when they are longer than that.
const LONG: usize = 512;

/// Some changed lines that follow one another, with the line end before them and the one behind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Piece {
    from: u32,
    to: u32,
    first: u32,
    last: u32,
}

impl Piece {
    /// Where it lies in the object.
    #[inline]
    pub fn range(&self) -> Range<usize> {
        self.from as usize..self.to as usize
    }

    /// The part of it whose spots count.
    #[inline]
    pub fn core(&self) -> Range<usize> {
        self.first as usize..self.last as usize
    }

    /// Where its first line begins, behind the end of another line. Of an object's first line, or one that it holds a part
    /// of, some place in it.
    #[inline]
    pub fn begins(&self) -> u32 {
        self.first + 1
    }

    /// Where the line behind it begins. Where it ends within a line, some place there.
    #[inline]
    pub fn ends(&self) -> u32 {
        self.last + 1
    }

    #[inline]
    fn is_long(&self) -> bool {
        self.last - self.first > LONG as u32
    }
}

/// Something changed: inserted bytes, or the seam of two copies.
#[derive(Debug, Clone, Copy, Default)]
struct Change {
    from: u32,
    to: u32,
    /// Whether the line behind it stands as it was.
    whole: bool,
}

/// The changed lines of one object.
///
/// What an instruction does is hard to foretell, and a processor that guesses wrong loses more time than all the work
/// takes. So the loops here have few branches: what is not wanted is written too, and overwritten.
#[derive(Default)]
pub struct Lines {
    /// In the order of the object. What counts of one lies apart from what counts of the next.
    pub pieces: Vec<Piece>,
    /// Places of lines that stand as they were, each behind another line than before.
    pub seams: Vec<u32>,
    changes: Vec<Change>,
    /// The pieces after long ones were cut.
    cut: Vec<Piece>,
}

impl Lines {
    /// Reads the lines of `content` that are other ones than in `base`, from which `script` made it.
    pub fn read(&mut self, script: &Script, base: &[u8], content: &[u8]) {
        self.list(script, base, content);
        self.extend(content);
        if self.pieces.iter().any(Piece::is_long) {
            self.cut(content);
        }
    }

    /// Lists changes and seams.
    fn list(&mut self, script: &Script, base: &[u8], content: &[u8]) {
        let ops = script.ops.len();
        // Before the first change is a place to write to.
        self.changes.resize(ops + 2, Change::default());
        self.seams.resize(ops + 1, 0);
        let (mut changes, mut seams) = (0, 0);
        let mut change = Change::default();
        // Before the first byte lies no other line.
        let mut inserted = false;
        for op in &script.ops {
            let end = op.out + op.length;
            // What an insertion has for its source is no place in the base.
            let intact = op.copy & is_first(content, op.out as usize) & is_first(base, op.from as usize);
            // The seam behind an insertion belongs to it.
            let seam = op.copy & inserted;
            let changed = !intact & !seam;
            let begins = changed & (changes == 0 || op.out - change.to > NEAR);
            changes += usize::from(begins);
            change = Change {
                from: if begins { op.out } else { change.from },
                to: if changed { if op.copy { op.out } else { end } } else { change.to },
                whole: if seam { intact } else { change.whole & !changed },
            };
            self.changes[changes] = change;
            self.seams[seams] = op.out;
            seams += usize::from(intact & !inserted & (op.out > 0));
            inserted = !op.copy;
        }
        let whole = script.ops.last().is_none_or(|op| op.copy && (op.from + op.length) as usize == script.base_length);
        if !whole && !inserted && !is_first(content, content.len()) {
            changes += 1;
            let end = content.len() as u32;
            self.changes[changes] = Change { from: end, to: end, whole: false };
        }
        self.changes.truncate(changes + 1);
        self.seams.truncate(seams);
    }

    /// Extends each change to the lines that it is in; those that touch become one piece.
    fn extend(&mut self, content: &[u8]) {
        let changes = &self.changes[1..];
        self.pieces.resize(changes.len(), Piece::default());
        let (mut pieces, mut piece) = (0, Piece::default());
        for change in changes {
            let (from, first) = begin(content, change.from as usize);
            let (to, last) = end(content, change.to as usize, change.whole);
            let begins = from >= piece.to;
            pieces += usize::from(begins);
            piece = Piece {
                from: if begins { from } else { piece.from },
                first: if begins { first } else { piece.first },
                to: if begins { to } else { piece.to.max(to) },
                last: if begins { last } else { piece.last.max(last) },
            };
            self.pieces[pieces - 1] = piece;
        }
        self.pieces.truncate(pieces);
    }

    /// Cuts long pieces at line ends.
    fn cut(&mut self, content: &[u8]) {
        let cut = &mut self.cut;
        cut.clear();
        for &(mut piece) in &self.pieces {
            while piece.is_long() {
                let from = piece.first as usize + LONG / 2;
                let Some(line) = memchr(b'\n', &content[from..piece.last as usize]) else { break };
                let line = (from + line) as u32;
                cut.push(Piece { to: line + 1, last: line, ..piece });
                (piece.from, piece.first) = (line, line);
            }
            cut.push(piece);
        }
        std::mem::swap(&mut self.pieces, &mut self.cut);
    }
}

/// Whether a line begins at `at`.
#[inline(always)]
fn is_first(content: &[u8], at: usize) -> bool {
    content.get(at.wrapping_sub(1)).is_none_or(|b| *b == b'\n')
}

/// Where the line begins that the place `at` is in, and its part that counts.
#[inline(always)]
fn begin(content: &[u8], at: usize) -> (u32, u32) {
    if let Some(window) = content[..at].last_chunk() {
        let ends = line_ends::all(window);
        if ends != 0 {
            let line = at as u32 - 1 - ends.leading_zeros();
            return (line, line);
        }
    }
    begin_far(content, at)
}

#[cold]
fn begin_far(content: &[u8], at: usize) -> (u32, u32) {
    let far = at.saturating_sub(FAR);
    let (from, first) = match memrchr(b'\n', &content[far..at]) {
        Some(line) => (far + line, far + line),
        None if far == 0 => (0, 0),
        None => (far, far + BEHIND),
    };
    (from as u32, first as u32)
}

/// Where the line ends that the place `at` is in, and its part that counts; if that is a new line, the one before.
#[inline(always)]
fn end(content: &[u8], at: usize, whole: bool) -> (u32, u32) {
    if let Some(window) = content[at..].first_chunk() {
        let ends = line_ends::all(window);
        if ends != 0 {
            let line = at as u32 + ends.trailing_zeros();
            let last = if whole { at as u32 - 1 } else { line };
            return (last + 1, last);
        }
    }
    if whole { (at as u32, at as u32 - 1) } else { end_far(content, at) }
}

#[cold]
fn end_far(content: &[u8], at: usize) -> (u32, u32) {
    let rest = &content[at..];
    let near = &rest[..rest.len().min(FAR)];
    let (to, last) = match memchr(b'\n', near) {
        Some(line) => (at + line + 1, at + line),
        None if near.len() == rest.len() => (content.len(), content.len()),
        None => (at + FAR, at + BEHIND),
    };
    (to as u32, last as u32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use proptest::sample::{Index, select};

    /// Where a copy begins and how long it is, each as something to choose from; or inserted bytes.
    #[derive(Debug, Clone)]
    enum Step {
        Copy(Index, Index),
        Insert(Vec<u8>),
    }

    fn step(pieces: Vec<Vec<u8>>) -> impl Strategy<Value = Step> {
        prop_oneof![
            3 => any::<(Index, Index)>().prop_map(|(from, to)| Step::Copy(from, to)),
            2 => select(pieces).prop_map(Step::Insert),
        ]
    }

    fn pieces() -> Vec<Vec<u8>> {
        let short = ["\n", "a", "\n\n", "one line\n", "\nb", "some words", " x = 1;\n", "\r\n"].map(String::from);
        let long = [60, 130, 200, 300, 700].map(|length| "long line ".repeat(length / 10));
        short.into_iter().chain(long).map(String::into_bytes).collect()
    }

    /// A delta that does these steps, and what it makes.
    fn delta(base: &[u8], steps: &[Step]) -> (Vec<u8>, Vec<u8>) {
        let (mut content, mut ops) = (Vec::new(), Vec::new());
        // Git cuts at any place, and often at the beginning of a line.
        let mut places: Vec<usize> = memchr::memchr_iter(b'\n', base).map(|at| at + 1).chain([0, base.len()]).collect();
        places.extend((0..base.len()).step_by(7));
        places.sort_unstable();
        for step in steps {
            match step {
                Step::Copy(from, to) => {
                    let (from, to) = (*from.get(&places), *to.get(&places));
                    let (from, to) = (from.min(to), from.max(to));
                    if from < to {
                        ops.push(0xff);
                        ops.extend((from as u32).to_le_bytes());
                        ops.extend(&((to - from) as u32).to_le_bytes()[..3]);
                        content.extend(&base[from..to]);
                    }
                }
                Step::Insert(bytes) => {
                    for bytes in bytes.chunks(127) {
                        ops.push(bytes.len() as u8);
                        ops.extend(bytes);
                    }
                    content.extend(bytes);
                }
            }
        }
        let size = |mut n: usize| {
            let mut bytes = Vec::new();
            while n > 0x7f {
                bytes.push(n as u8 | 0x80);
                n >>= 7;
            }
            bytes.push(n as u8);
            bytes
        };
        ([size(base.len()), size(content.len()), ops].concat(), content)
    }

    /// What a spot at `at` may depend on: its line, as far as spots look, and how much of that is before the spot.
    fn around(text: &[u8], at: usize) -> (&[u8], usize) {
        let (first, last) = (at.saturating_sub(BEHIND), text.len().min(at + AHEAD));
        let begins = text[first..at].iter().rposition(|&b| b == b'\n').map_or(first, |end| first + end + 1);
        let ends = text[at..last].iter().position(|&b| b == b'\n').map_or(last, |end| at + end + 1);
        (&text[begins..ends.max(at)], at - begins)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(600))]
        #[test]
        fn hold_all_that_is_not_as_it_was(
            base in proptest::collection::vec(select(pieces()), 0..14),
            steps in proptest::collection::vec(step(pieces()), 0..12),
        ) {
            let base = base.concat();
            let (delta, content) = delta(&base, &steps);
            let mut script = Script::default();
            script.read(&delta, base.len()).expect("the delta is sound");
            let mut lines = Lines::default();
            lines.read(&script, &base, &content);

            let apart = |a: &Piece, b: &Piece| a.core().end <= b.core().start && a.range().end <= b.range().end;
            prop_assert!(lines.pieces.is_sorted_by(apart), "{:?}", lines.pieces);
            for piece in &lines.pieces {
                let (range, core) = (piece.range(), piece.core());
                prop_assert!(range.start <= core.start && core.start <= core.end && core.end <= range.end);
                prop_assert!(range.end <= content.len());
                // What counts has all around it that its spots depend on.
                for at in core.filter(|&at| content[at] != b'\n') {
                    let (here, there) = (around(&content, at), around(&content[range.clone()], at - range.start));
                    prop_assert!(here == there, "{at} in {piece:?}");
                }
            }
            let counts = |at: usize| lines.pieces.iter().any(|piece| piece.core().contains(&at));
            for at in (0..content.len()).filter(|&at| !counts(at) && content[at] != b'\n') {
                let op = script.ops.iter().find(|op| op.range().contains(&at)).expect("some instruction made it");
                prop_assert!(op.copy, "{at} is inserted: {:?}", lines.pieces);
                let source = at - op.out as usize + op.from as usize;
                prop_assert!(around(&content, at) == around(&base, source), "{at}: {:?}", lines.pieces);
            }
            for line in memchr::memchr_iter(b'\n', &content).map(|end| end + 1).filter(|&line| line < content.len()) {
                let copied = |op: &crate::source::pack::delta::Op| {
                    op.copy && op.range().contains(&(line - 1)) && op.range().contains(&line)
                };
                let is_within = |piece: &Piece| piece.range().start + 1 < line && line <= piece.core().end;
                let is_end = |piece: &Piece| [piece.begins(), piece.ends()].contains(&(line as u32));
                prop_assert!(
                    script.ops.iter().any(copied)
                        || lines.seams.contains(&(line as u32))
                        || lines.pieces.iter().any(|piece| is_within(piece) || is_end(piece)),
                    "the line at {line} goes on unseen: {:?} {:?}", lines.pieces, lines.seams
                );
            }
        }
    }
}
