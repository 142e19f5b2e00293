//! The scanning visitor: what a delta inserts is searched, what it copies keeps its marks.

use super::clean::Clean;
use super::commits::Commits;
use super::objects::{Number, Objects};
use super::store::{Batch, Memory};
use super::tags::Tags;
use crate::container::Missing;
use crate::finding::Hit;
use crate::scanner::{AHEAD, BEHIND, HEAD, LocalWorker, Mark, Short, Verdict, View};
use crate::source::lfs;
use crate::source::pack::file::{Kind, Pack};
use crate::source::pack::walk::{Made, Visitor};
use crate::source::parts::Parts;
use crate::source::text::scan_text;
use std::ops::Range;
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

/// What is known of a base.
#[derive(Clone, Default)]
pub struct Known {
    /// Sorted by anchor. `None`: the content was judged as a whole, so nothing can be inherited.
    marks: Option<Vec<Mark>>,
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
    regions: Vec<Range<usize>>,
    piece: Vec<u8>,
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
            regions: Vec::new(),
            piece: Vec::new(),
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

    /// Whether an entry is known from an earlier run, and only what is built on it is not.
    fn is_known(&self, pack: &Pack, entry: u32) -> bool {
        let number = || self.objects.number_in(self.objects.pack_number(pack), pack.entries[entry as usize].position);
        self.memory.knows_any() && self.memory.settles(number())
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

    /// The marks of a whole content, or `None` where it is not judged locally.
    fn marks_of(&mut self, content: &[u8], known: &mut Known) -> bool {
        if !self.is_local(&content[..content.len().min(HEAD)]) {
            return false;
        }
        let marks = known.marks.insert(Vec::new());
        let view = View::whole(content);
        self.clean.look(&mut self.worker, view, 0, content.len(), marks).expect("a whole view holds every window");
        true
    }

    /// Notes a commit or a tag, unless it is a copy. They are small, and hardly ever deltas of one another.
    fn note_text(&mut self, pack: &Pack, entry: u32, kind: Kind, content: &[u8]) {
        let pack_number = self.objects.pack_number(pack);
        let position = pack.entries[entry as usize].position;
        match self.objects.canonical(pack_number, position) {
            Some(number) => {
                self.link(number, kind, content);
                self.scan_text(number, kind, content);
            }
            None => self.fates.set(self.objects.number_in(pack_number, position), COPY),
        }
    }

    /// Notes what an object's marks amount to, unless it is a copy.
    fn note(&mut self, pack: &Pack, entry: u32, known: &Known, content: Option<&[u8]>, length: usize) {
        let pack_number = self.objects.pack_number(pack);
        let position = pack.entries[entry as usize].position;
        let Some(number) = self.objects.canonical(pack_number, position) else {
            self.fates.set(self.objects.number_in(pack_number, position), COPY);
            return;
        };
        match (&known.marks, content) {
            (Some(marks), _) => {
                self.fates.set(number, SEARCHED);
                self.bytes += length as u64;
                let known = self.found.len();
                if marks.iter().any(|m| m.verdict != Verdict::Nothing) {
                    self.hits.clear();
                    self.worker.resolve(marks, &mut self.hits);
                    self.found.extend(self.hits.iter().map(|&hit| Found { object: number, hit }));
                }
                self.learn(|batch| batch.blob(number, length, self.found.len() > known));
            }
            (None, Some(content)) => self.scan_whole(number, content),
            (None, None) => unreachable!("content that is judged as a whole is at hand"),
        }
    }

    /// The marks of an object made by a delta, from those of its base and a look at what changed.
    ///
    /// # Errors
    /// [`Short`] when pieces are not enough and the object must be rebuilt: `whole` was `None`.
    fn inherit(
        &mut self,
        made: &Made<'_, Known>,
        base: &[Mark],
        whole: Option<&[u8]>,
        marks: &mut Vec<Mark>,
    ) -> Result<(), Short> {
        let script = made.script;
        let length = script.length;
        let mut first = 0;
        for region in &self.regions {
            match whole {
                Some(content) => {
                    self.clean.look(&mut self.worker, View::whole(content), region.start, region.end, marks)?;
                }
                None => {
                    let from = region.start.saturating_sub(BEHIND);
                    let to = (region.end + AHEAD).min(length);
                    first = script.rebuild_part(made.base, made.delta, from..to, first, &mut self.piece);
                    let view = View { bytes: &self.piece, offset: from, length };
                    self.clean.look(&mut self.worker, view, region.start, region.end, marks)?;
                }
            }
        }
        if base.is_empty() {
            return Ok(());
        }
        let looked_at = marks.len();
        for op in script.ops.iter().filter(|op| op.copy) {
            let (source, target) = (op.from as usize, op.out as usize);
            let end = source + op.length as usize;
            let first = base.partition_point(|m| (m.at as usize) < source);
            let mut again: Option<(u32, crate::finding::RuleIndex)> = None;
            for mark in base[first..].iter().take_while(|m| (m.at as usize) < end) {
                let at = mark.at as usize - source + target;
                if within(&self.regions, at) {
                    continue;
                }
                let (from, to) = (mark.from as usize, mark.to as usize);
                // A window that an end of the base cut off must be cut off by the same end here.
                let copied = from >= source && to <= end;
                let same_start = from > 0 || mark.at as usize - from == BEHIND || (source == 0 && target == 0);
                let same_end = to < script.base_length || to - source + target == length;
                if copied && same_start && same_end {
                    marks.push(moved(mark, source, target));
                } else if again != Some((mark.at, mark.rule)) {
                    again = Some((mark.at, mark.rule));
                    let content = whole.ok_or(Short)?;
                    self.worker.look_again(View::whole(content), at, mark.rule, marks)?;
                }
            }
        }
        if looked_at > 0 || marks.len() > 1 {
            marks.sort_unstable();
        }
        Ok(())
    }
}

/// A mark at its place in the new object.
fn moved(mark: &Mark, source: usize, target: usize) -> Mark {
    let shift = |at: u32| (at as usize - source + target) as u32;
    let hit = |hit: Hit| Hit { start: shift(hit.start), end: shift(hit.end), ..hit };
    let verdict = match mark.verdict {
        Verdict::Nothing => Verdict::Nothing,
        Verdict::Loose(h) => Verdict::Loose(hit(h)),
        Verdict::Hit(h) => Verdict::Hit(hit(h)),
    };
    Mark { at: shift(mark.at), from: shift(mark.from), to: shift(mark.to), rule: mark.rule, verdict }
}

fn within(regions: &[Range<usize>], at: usize) -> bool {
    let next = regions.partition_point(|r| r.end <= at);
    regions.get(next).is_some_and(|r| r.start <= at)
}

impl<W: LocalWorker + Send> Visitor for ScanVisitor<'_, W> {
    type State = Known;

    fn wants(&self, kind: Kind) -> bool {
        matches!(kind, Kind::Blob | Kind::Commit | Kind::Tag)
    }

    fn skips(&self, pack: &Pack, entry: u32) -> bool {
        self.memory.knows_any() && self.memory.skips(self.objects.pack_number(pack), entry)
    }

    fn root(&mut self, pack: &Pack, entry: u32, kind: Kind, content: &[u8], state: &mut Known) {
        if self.is_known(pack, entry) {
            state.marks = None;
            return;
        }
        if kind != Kind::Blob {
            self.note_text(pack, entry, kind, content);
            return;
        }
        if self.full || !self.marks_of(content, state) {
            state.marks = None;
        }
        self.note(pack, entry, state, Some(content), content.len());
    }

    fn child(&mut self, pack: &Pack, made: Made<'_, Known>, out: &mut Vec<u8>, state: &mut Known) {
        let script = made.script;
        let rebuild = |out: &mut Vec<u8>| script.rebuild(made.base, made.delta, out);
        if self.is_known(pack, made.entry) {
            rebuild(out);
            state.marks = None;
            return;
        }
        let inherited = match &made.base_state.marks {
            Some(marks) if !self.full && made.kind == Kind::Blob => marks,
            _ => {
                rebuild(out);
                self.root(pack, made.entry, made.kind, out, state);
                return;
            }
        };
        script.changed(BEHIND, AHEAD, &mut self.regions);
        let to_read: usize = self.regions.iter().map(|r| r.len() + BEHIND + AHEAD).sum();
        let mut whole = made.needed || to_read * 2 > script.length;
        if whole {
            rebuild(out);
        }
        let head_copied = script.ops.first().is_some_and(|op| op.copy && op.from == 0 && op.length as usize >= HEAD);
        if !head_copied {
            let head = if whole {
                &out[..out.len().min(HEAD)]
            } else {
                script.rebuild_part(made.base, made.delta, 0..script.length.min(HEAD), 0, &mut self.piece);
                &self.piece
            };
            if !self.is_local(head) {
                if !whole {
                    rebuild(out);
                }
                self.note(pack, made.entry, state, Some(out), script.length);
                return;
            }
        }
        let mut marks = Vec::new();
        if self.inherit(&made, inherited, whole.then_some(&**out), &mut marks).is_err() {
            whole = true;
            rebuild(out);
            marks.clear();
            self.inherit(&made, inherited, Some(out), &mut marks).expect("a whole view holds every window");
        }
        state.marks = Some(marks);
        self.note(pack, made.entry, state, whole.then_some(&**out), script.length);
    }

    fn lost(&mut self, pack: &Pack, entry: u32, why: &'static str) {
        let pack_number = self.objects.pack_number(pack);
        let number = self.objects.number_in(pack_number, pack.entries[entry as usize].position);
        self.fates.set(number, LOST);
        self.lost.push((number, why));
    }
}
