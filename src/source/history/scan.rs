//! The scanning visitor: what a delta inserts is searched, what it copies keeps its marks.

use super::clean::{Clean, Fingerprint};
use super::commits::Commits;
use super::lines::{Lines, Piece};
use super::objects::{Number, Objects};
use super::store::{Batch, Memory};
use super::tags::Tags;
use crate::container::Missing;
use crate::finding::Hit;
use crate::scanner::{BEHIND, HEAD, LocalWorker, MOST_MARKS, Mark, Spot, Verdict};
use crate::source::lfs;
use crate::source::pack::delta::Script;
use crate::source::pack::file::{Kind, Pack};
use crate::source::pack::walk::{Made, Visitor};
use crate::source::parts::Parts;
use crate::source::text::scan_text;
use std::sync::atomic::{AtomicU8, Ordering};

/// A hit in an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    pub object: Number,
    pub hit: Hit,
}

/// What became of each object, by number.
pub struct Fates(Vec<AtomicU8>);

/// Not seen yet, searched, a copy of one that is counted elsewhere, not of a searched kind.
pub const UNSEEN: u8 = 0;
pub const SEARCHED: u8 = 1;
pub const COPY: u8 = 2;
pub const TREE: u8 = 3;
pub const LOST: u8 = 4;

impl Fates {
    pub fn new(objects: usize) -> Self {
        Self((0..objects).map(|_| AtomicU8::new(UNSEEN)).collect())
    }

    pub fn set(&self, number: Number, fate: u8) {
        self.0[number as usize].store(fate, Ordering::Relaxed);
    }

    pub fn get(&self, number: Number) -> u8 {
        self.0[number as usize].load(Ordering::Relaxed)
    }
}

/// Stands for the lines behind a piece: see [`LocalWorker::spots`].
const NO_MORE: &[u8] = b"\n\0";

/// What is known of a base.
#[derive(Clone, Default)]
pub struct Known {
    /// Sorted.
    marks: Vec<Mark>,
    /// One bit for each stretch of the content in which a mark is.
    sketch: Vec<u64>,
    /// Whether these are all that there is to know. Else the content was judged as a whole, and nothing can be inherited.
    local: bool,
}

/// Bytes of a stretch that a bit of a sketch stands for.
const SKETCHED: u32 = 256;

impl Known {
    /// Draws the sketch of a content of so many bytes, of marks that are sorted.
    fn sketch(&mut self, length: usize) {
        self.sketch.clear();
        // One word behind the last: see `may_have`.
        self.sketch.resize(length / (SKETCHED * u64::BITS) as usize + 2, 0);
        for mark in &self.marks {
            let stretch = mark.at / SKETCHED;
            self.sketch[(stretch / u64::BITS) as usize] |= 1 << (stretch % u64::BITS);
        }
    }

    /// Whether there may be a mark in a stretch of bytes, which is not empty. It says yes to long ones, and yes or no where
    /// nothing is.
    #[inline(always)]
    fn may_have(&self, from: u32, to: u32) -> bool {
        let (first, last) = (from / SKETCHED, (to - 1) / SKETCHED);
        let word = ((first / u64::BITS) as usize).min(self.sketch.len() - 2);
        let shift = first % u64::BITS;
        let bits = self.sketch[word] >> shift | self.sketch[word + 1] << 1 << (u64::BITS - 1 - shift);
        let behind = last - first;
        behind >= u64::BITS || bits << (u64::BITS - 1 - behind.min(u64::BITS - 1)) != 0
    }
}

/// What all threads of the scan share.
pub struct Place<'s> {
    pub objects: &'s Objects,
    pub fates: &'s Fates,
    pub full: bool,
    pub parts: &'s Parts,
    pub memory: &'s Memory,
}

/// One thread's part of the scan.
pub struct ScanVisitor<'s, W> {
    pub worker: W,
    pub objects: &'s Objects,
    pub fates: &'s Fates,
    /// Search every byte of every object.
    pub full: bool,
    /// How to take a blob apart.
    pub parts: &'s Parts,
    /// What earlier runs know.
    memory: &'s Memory,
    /// What need not be searched again.
    clean: Clean,
    /// Which of its threads this is.
    slot: usize,
    pub found: Vec<Found>,
    /// Parts of archives that could not be had.
    pub missing: Vec<(Number, Missing)>,
    /// Objects that could not be had here.
    pub lost: Vec<(Number, &'static str)>,
    pub bytes: u64,
    pub commits: Commits,
    pub tags: Tags,
    hits: Vec<Hit>,
    lines: Lines,
    /// What tells each of their pieces from others, and whether it is known to be clean.
    fingerprints: Vec<Fingerprint>,
    known: Vec<bool>,
    /// Those that are not known, by number, and where they begin in the text.
    fresh: Vec<(usize, usize)>,
    text: Vec<u8>,
    /// Beginnings of lines that may go on with what the lines before begin.
    seams: Vec<u32>,
    /// Copies in which there may be a mark, by number.
    copies: Vec<u32>,
    /// What is to be judged in an object.
    spots: Vec<Spot>,
}

impl<'s, W: LocalWorker> ScanVisitor<'s, W> {
    pub fn new(worker: W, place: &Place<'s>, slot: usize) -> Self {
        let &Place { objects, fates, full, parts, memory } = place;
        Self {
            worker,
            objects,
            fates,
            full,
            parts,
            memory,
            clean: Clean::new(),
            slot,
            found: Vec::new(),
            missing: Vec::new(),
            lost: Vec::new(),
            bytes: 0,
            commits: Commits::default(),
            tags: Tags::default(),
            hits: Vec::new(),
            lines: Lines::default(),
            fingerprints: Vec::new(),
            known: Vec::new(),
            fresh: Vec::new(),
            text: Vec::new(),
            seams: Vec::new(),
            copies: Vec::new(),
            spots: Vec::new(),
        }
    }

    /// Searches an object that no pack's walk gave.
    pub fn visit(&mut self, number: Number, kind: Kind, content: &[u8]) {
        if kind == Kind::Blob {
            self.scan_whole(number, content);
        } else {
            self.link(number, kind, content);
            self.scan_text(number, kind, content);
        }
    }

    /// Lets the memory take note of an object, of this run's facts about which are in the batch or the visitor.
    fn learn(&self, note: impl FnOnce(&mut Batch)) {
        self.memory.learn(self.slot, note);
    }

    /// The number of this very entry, copy or not.
    fn number_of(&self, pack: &Pack, entry: u32) -> Number {
        self.objects.number_in(self.objects.pack_number(pack), pack.entries[entry as usize].position)
    }

    /// The number under which an entry's object goes. Nothing where it is a copy of one that is counted elsewhere, which is
    /// noted.
    fn canonical(&self, pack: &Pack, entry: u32) -> Option<Number> {
        let number = self.objects.canonical(self.objects.pack_number(pack), pack.entries[entry as usize].position);
        if number.is_none() {
            self.fates.set(self.number_of(pack, entry), COPY);
        }
        number
    }

    /// Whether an entry is known from an earlier run, and only what is built on it is not.
    fn is_known(&self, pack: &Pack, entry: u32) -> bool {
        self.memory.knows_any() && self.memory.settles(self.number_of(pack, entry))
    }

    /// Whether what a blob that begins with `head` copies from another keeps its hits.
    fn is_local(&self, head: &[u8]) -> bool {
        self.worker.is_local(head) && !lfs::may_be_pointer(head)
    }

    /// Takes note of an object that links to others.
    fn link(&mut self, number: Number, kind: Kind, content: &[u8]) {
        match kind {
            Kind::Commit => self.commits.add(self.objects, number, content),
            Kind::Tag => self.tags.add(self.objects, number, content),
            _ => {}
        }
    }

    /// Searches all of an object by itself.
    fn scan_whole(&mut self, number: Number, content: &[u8]) {
        self.fates.set(number, SEARCHED);
        self.bytes += content.len() as u64;
        let Self { worker, hits, found, .. } = self;
        let missing = self.parts.each(content, &mut |_, part| {
            hits.clear();
            worker.scan(part, hits);
            found.extend(hits.iter().map(|&hit| Found { object: number, hit }));
        });
        // What lies elsewhere may come; what could not be unpacked is told every time.
        if missing.is_empty() && lfs::pointer(content).is_none() {
            self.learn(|batch| {
                batch.blob(number, content.len(), self.found.last().is_some_and(|f| f.object == number))
            });
        }
        self.missing.extend(missing.into_iter().map(|missing| (number, missing)));
    }

    /// Searches a commit or tag.
    fn scan_text(&mut self, number: Number, kind: Kind, content: &[u8]) {
        self.fates.set(number, SEARCHED);
        self.bytes += content.len() as u64;
        self.hits.clear();
        scan_text(&mut self.worker, content, &mut self.hits);
        self.found.extend(self.hits.iter().map(|&hit| Found { object: number, hit }));
        let hit = !self.hits.is_empty();
        self.learn(|batch| match kind {
            Kind::Tag => batch.tag(number, content.len(), hit, self.tags.target(number)),
            _ => batch.commit(number, content.len(), hit, &self.commits),
        });
    }

    /// Notes a commit or a tag, unless it is a copy. They are small, and hardly ever deltas of one another.
    fn note_text(&mut self, pack: &Pack, entry: u32, kind: Kind, content: &[u8]) {
        if let Some(number) = self.canonical(pack, entry) {
            self.link(number, kind, content);
            self.scan_text(number, kind, content);
        }
    }

    /// Notes what an object's marks amount to, unless it is a copy.
    fn note(&mut self, pack: &Pack, entry: u32, known: &Known, content: &[u8]) {
        let Some(number) = self.canonical(pack, entry) else { return };
        if !known.local {
            return self.scan_whole(number, content);
        }
        self.fates.set(number, SEARCHED);
        self.bytes += content.len() as u64;
        let first = self.found.len();
        if known.marks.iter().any(|mark| mark.verdict != Verdict::Nothing) {
            self.hits.clear();
            self.worker.resolve(&known.marks, &mut self.hits);
            self.found.extend(self.hits.iter().map(|&hit| Found { object: number, hit }));
        }
        self.learn(|batch| batch.blob(number, content.len(), self.found.len() > first));
    }

    /// Appends the spots of the lines that a delta changes in what is now `content`.
    fn changed_spots(&mut self, content: &[u8]) {
        let Self { lines, fingerprints, known, fresh, text, spots, clean, worker, .. } = self;
        let fingerprint = |piece: &Piece| {
            let (range, core) = (piece.range(), piece.core());
            clean.fingerprint(&content[range.clone()], core.start - range.start, range.end - core.end)
        };
        fingerprints.clear();
        fingerprints.extend(lines.pieces.iter().map(fingerprint));
        // All are asked for before the first answer is needed: memory answers many as fast as one.
        known.clear();
        known.extend(fingerprints.iter().map(|&fingerprint| clean.knows(fingerprint)));
        // What is not known is searched in one go.
        text.clear();
        fresh.clear();
        for (number, _) in known.iter().enumerate().filter(|(_, known)| !**known) {
            fresh.push((number, text.len()));
            text.extend_from_slice(&content[lines.pieces[number].range()]);
            text.extend_from_slice(NO_MORE);
        }
        let begun = spots.len();
        worker.spots(text, 0, text.len(), spots);
        let (mut next, mut kept) = (begun, begun);
        for &(number, start) in &*fresh {
            let (range, core) = (lines.pieces[number].range(), lines.pieces[number].core());
            let before = kept;
            let end = start + (core.end - range.start);
            while let Some(&spot) = spots.get(next).filter(|spot| (spot.at as usize) < end) {
                next += 1;
                let at = spot.at as usize + range.start - start;
                if at >= core.start {
                    spots[kept] = Spot { at: at as u32, ..spot };
                    kept += 1;
                }
            }
            if before == kept {
                clean.learn(fingerprints[number]);
            }
        }
        spots.truncate(kept);
    }

    /// Appends the spots that go on from one line to the next where either is another one than before.
    fn continued_spots(&mut self, content: &[u8]) {
        let Self { lines, spots, worker, seams, .. } = self;
        seams.resize(lines.seams.len() + 2 * lines.pieces.len(), 0);
        let mut count = 0;
        // What may go on is told by the byte before the line's beginning, and hardly any does: a loop without branches.
        let mut look = |line: u32| {
            seams[count] = line;
            count += usize::from(worker.may_go_on(content, line as usize));
        };
        lines.seams.iter().for_each(|&line| look(line));
        for piece in &lines.pieces {
            look(piece.begins());
            look(piece.ends());
        }
        spots.extend(seams[..count].iter().filter_map(|&line| worker.continued(content, line as usize)));
    }

    /// Appends the marks that a delta copies from the base, and the spots of those that it does not copy whole.
    fn inherit(&mut self, script: &Script, known: &Known, marks: &mut Vec<Mark>) {
        let base = &known.marks;
        let mut pieces = self.lines.pieces.iter().map(Piece::core).peekable();
        // The first mark behind the last copy.
        let mut next = 0;
        // Few copies have a mark, and which ones is hard to foretell: they are listed without branches.
        self.copies.resize(script.ops.len(), 0);
        let mut count = 0;
        for (number, op) in (0..).zip(&script.ops) {
            self.copies[count] = number;
            count += usize::from(op.copy & known.may_have(op.from, op.from + op.length));
        }
        for op in self.copies[..count].iter().map(|&number| script.ops[number as usize]) {
            let (source, end) = (op.from, op.from + op.length);
            // Most copies go on in the base behind the one before.
            let before = |mark: &Mark| mark.at < source;
            if next > 0 && !before(&base[next - 1]) || base.get(next).is_some_and(before) {
                next = base.partition_point(before);
            }
            while let Some(mark) = base.get(next).filter(|mark| mark.at < end) {
                next += 1;
                let at = (mark.at - source + op.out) as usize;
                while pieces.next_if(|core| core.end <= at).is_some() {}
                if pieces.peek().is_some_and(|core| core.start <= at) {
                    continue;
                }
                // A window that an end of the base cut off must be cut off by the same end here.
                let copied = mark.from >= source && mark.to <= end;
                let same_start = mark.from > 0 || mark.at as usize == BEHIND || source == 0 && op.out == 0;
                let same_end =
                    (mark.to as usize) < script.base_length || mark.to - source + op.out == script.length as u32;
                if copied && same_start && same_end {
                    marks.push(moved(mark, source, op.out));
                } else {
                    self.spots.push(Spot { at: at as u32, rule: mark.rule });
                }
            }
        }
    }
}

/// A mark at its place in the new object.
fn moved(mark: &Mark, source: u32, target: u32) -> Mark {
    let shift = |at: u32| at - source + target;
    let hit = |hit: Hit| Hit { start: shift(hit.start), end: shift(hit.end), ..hit };
    let (at, from, to) = (shift(mark.at), shift(mark.from), shift(mark.to));
    Mark { at, from, to, rule: mark.rule, verdict: mark.verdict.map(hit) }
}

impl<W: LocalWorker + Send> Visitor for ScanVisitor<'_, W> {
    type State = Known;

    fn clear(known: &mut Known) {
        known.marks.clear();
        known.local = false;
    }

    fn wants(&self, kind: Kind) -> bool {
        matches!(kind, Kind::Blob | Kind::Commit | Kind::Tag)
    }

    fn skips(&self, pack: &Pack, entry: u32) -> bool {
        self.memory.knows_any() && self.memory.skips(self.objects.pack_number(pack), entry)
    }

    fn root(&mut self, pack: &Pack, entry: u32, kind: Kind, content: &[u8], state: &mut Known) {
        if self.is_known(pack, entry) {
            return;
        }
        if kind != Kind::Blob {
            self.note_text(pack, entry, kind, content);
            return;
        }
        let is_local = !self.full && self.is_local(&content[..content.len().min(HEAD)]);
        state.local = is_local && self.worker.look(content, &mut state.marks);
        if state.local {
            state.sketch(content.len());
        }
        self.note(pack, entry, state, content);
    }

    fn child(&mut self, pack: &Pack, made: Made<'_, Known>, out: &mut Vec<u8>, state: &mut Known) {
        let script = made.script;
        script.rebuild(made.base, made.delta, out);
        if self.is_known(pack, made.entry) {
            return;
        }
        let head_copied = script.ops.first().is_some_and(|op| op.copy && op.from == 0 && op.length as usize >= HEAD);
        let inherits = made.base_state.local && made.kind == Kind::Blob;
        if !inherits || !head_copied && !self.is_local(&out[..out.len().min(HEAD)]) {
            self.root(pack, made.entry, made.kind, out, state);
            return;
        }
        self.lines.read(script, made.base, out);
        self.spots.clear();
        self.changed_spots(out);
        self.continued_spots(out);
        let marks = &mut state.marks;
        self.inherit(script, made.base_state, marks);
        // Both are made of parts that are sorted.
        self.spots.sort();
        self.spots.dedup();
        self.worker.judge(out, &self.spots, marks);
        marks.sort();
        state.local = marks.len() <= MOST_MARKS;
        if made.needed {
            state.sketch(out.len());
        }
        self.note(pack, made.entry, state, out);
    }

    fn lost(&mut self, pack: &Pack, entry: u32, why: &'static str) {
        let number = self.number_of(pack, entry);
        self.fates.set(number, LOST);
        self.lost.push((number, why));
    }
}
