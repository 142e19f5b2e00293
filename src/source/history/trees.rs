//! The tree pass: which trees hold which hit blobs and which subtrees.
//!
//! Parsing every entry of every tree is what would cost: 200 million entries in a large history. A tree that a delta
//! makes takes its base's entries over where it copies them; only what the delta inserts, and the entries that straddle
//! a seam, are parsed and looked up.

use super::objects::{Number, Objects};
use super::store::Memory;
use crate::finding::Hit;
use crate::scanner::{SHORTEST_NAME, Worker};
use crate::source::pack::delta::Op;
use crate::source::pack::file::{Kind, Pack};
use crate::source::pack::walk::{Made, Visitor};
use gix::ObjectId;
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Mutex;

/// Numbers by name, names by number.
type NameTable = (FxHashMap<Box<[u8]>, u32>, Vec<Box<[u8]>>);

/// Names of entries that matter, each once.
#[derive(Default)]
pub struct Names {
    inner: Mutex<NameTable>,
}

impl Names {
    pub fn intern(&self, name: &[u8]) -> u32 {
        let mut inner = self.inner.lock().expect("no panic while holding this lock");
        if let Some(&known) = inner.0.get(name) {
            return known;
        }
        let index = inner.1.len() as u32;
        inner.0.insert(name.into(), index);
        inner.1.push(name.into());
        index
    }

    pub fn into_list(self) -> Vec<Box<[u8]>> {
        self.inner.into_inner().expect("no panic while holding this lock").1
    }

    /// All names so far, by their numbers.
    pub fn list(&self) -> Vec<Box<[u8]>> {
        self.inner.lock().expect("no panic while holding this lock").1.clone()
    }
}

/// Names that hold credentials themselves, from all threads.
#[derive(Default)]
pub struct Telling {
    inner: Mutex<TellingTable>,
}

/// Places in the list by name; names, the smallest id of an object that has each, and what was found in it.
type TellingTable = (FxHashMap<Box<[u8]>, usize>, Vec<(Box<[u8]>, ObjectId, Vec<Hit>)>);

impl Telling {
    /// The place of `name` in the list, in which `hits` were found and which `id` has in some tree.
    fn note(&self, name: &[u8], id: &gix::hash::oid, hits: &[Hit]) -> usize {
        let mut inner = self.inner.lock().expect("no panic while holding this lock");
        let next = inner.1.len();
        let at = *inner.0.entry(name.into()).or_insert(next);
        match inner.1.get_mut(at) {
            Some(known) if id < known.1.as_ref() => known.1 = id.to_owned(),
            Some(_) => {}
            None => inner.1.push((name.into(), id.to_owned(), hits.to_vec())),
        }
        at
    }

    pub fn into_list(self) -> Vec<(Box<[u8]>, ObjectId, Vec<Hit>)> {
        self.inner.into_inner().expect("no panic while holding this lock").1
    }
}

/// An entry that leads to hits or may: the object and its name's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edge {
    pub to: Number,
    pub name: u32,
}

/// What one tree holds: ranges in [`Edges`].
#[derive(Debug, Clone, Copy)]
pub struct Tree {
    pub number: Number,
    pub subtrees: (u32, u32),
    pub blobs: (u32, u32),
}

/// Commits of other repositories, each with a name under which it stands in a tree.
pub type Gitlinks = FxHashSet<(Box<[u8]>, ObjectId)>;

/// The trees that one thread saw.
#[derive(Default)]
pub struct Edges {
    pub trees: Vec<Tree>,
    pub subtrees: Vec<Edge>,
    pub blobs: Vec<Edge>,
    /// Ids that trees name and the repository does not have.
    pub absent: FxHashSet<ObjectId>,
    /// Commits of other repositories that trees name, by the name under which they stand.
    pub gitlinks: Gitlinks,
    /// For each of those names a tree in which it stands.
    pub linking: FxHashMap<Box<[u8]>, Number>,
    /// Trees that are not well formed from some byte on.
    pub broken: Vec<Number>,
}

/// So many trees of one thread are handed on together.
const CHUNK: usize = 8192;

/// Trees that threads are done with: while the others are read, these can be kept.
#[derive(Default)]
pub struct Done {
    chunks: Mutex<Vec<Edges>>,
}

impl Done {
    fn add(&self, edges: Edges) {
        self.chunks.lock().expect("no panic while holding this lock").push(edges);
    }

    /// Takes what was added since the last time.
    pub fn take(&self) -> Vec<Edges> {
        std::mem::take(&mut *self.chunks.lock().expect("no panic while holding this lock"))
    }
}

impl Edges {
    /// Subtrees of a tree.
    pub fn subtrees_of(&self, tree: &Tree) -> &[Edge] {
        &self.subtrees[tree.subtrees.0 as usize..tree.subtrees.1 as usize]
    }

    /// Edges of a tree that lead to hits.
    pub fn blobs_of(&self, tree: &Tree) -> &[Edge] {
        &self.blobs[tree.blobs.0 as usize..tree.blobs.1 as usize]
    }
}

/// Where an entry stands in a tree, and where it leads.
type At = (u32, Edge);

/// What is known of a base: where its entries begin, and those that matter.
#[derive(Clone, Default)]
pub struct Entries {
    offsets: Vec<u32>,
    subtrees: Vec<At>,
    blobs: Vec<At>,
    /// Ids of absent objects are noted once, where they are parsed; a tree that inherits such an entry adds nothing.
    broken: bool,
}

/// So many names are known to hold nothing; then a thread begins to learn them again, to bound its memory.
const NAMES_KNOWN: usize = 1 << 18;

/// One thread's part of the tree pass.
pub struct TreeVisitor<'s, W> {
    objects: &'s Objects,
    /// Whether a blob has hits, by number.
    hit: &'s [bool],
    names: &'s Names,
    known_names: FxHashMap<Box<[u8]>, u32>,
    worker: W,
    hits: Vec<Hit>,
    telling: &'s Telling,
    /// Names that hold no credential.
    plain: FxHashSet<Box<[u8]>>,
    pub edges: Edges,
    pub lost: Vec<(Number, &'static str)>,
    /// Says which trees are known.
    memory: Option<&'s Memory>,
    /// Where trees go that this thread is done with.
    done: &'s Done,
    /// The tree that is being parsed.
    current: Number,
}

impl<'s, W: Worker> TreeVisitor<'s, W> {
    pub fn new(
        objects: &'s Objects,
        hit: &'s [bool],
        names: &'s Names,
        worker: W,
        telling: &'s Telling,
        memory: Option<&'s Memory>,
        done: &'s Done,
    ) -> Self {
        Self {
            objects,
            hit,
            names,
            known_names: FxHashMap::default(),
            worker,
            hits: Vec::new(),
            telling,
            plain: FxHashSet::default(),
            edges: Edges::default(),
            lost: Vec::new(),
            memory,
            done,
            current: 0,
        }
    }

    /// The number that `name` has because it holds a credential itself; `id` is an object of that name.
    fn telling(&mut self, name: &[u8], id: &gix::hash::oid) -> Option<Number> {
        if name.len() < SHORTEST_NAME || self.plain.contains(name) {
            return None;
        }
        self.hits.clear();
        self.worker.scan(name, &mut self.hits);
        if self.hits.is_empty() {
            if self.plain.len() >= NAMES_KNOWN {
                self.plain.clear();
            }
            self.plain.insert(name.into());
            return None;
        }
        Some((self.objects.len() + self.telling.note(name, id, &self.hits)) as Number)
    }

    fn intern(&mut self, name: &[u8]) -> u32 {
        if let Some(&known) = self.known_names.get(name) {
            return known;
        }
        let index = self.names.intern(name);
        self.known_names.insert(name.into(), index);
        index
    }

    /// Adds a tree from its content.
    pub fn add(&mut self, number: Number, content: &[u8]) {
        let mut entries = Entries::default();
        self.current = number;
        self.parse_all(content, &mut entries);
        self.note(number, &entries);
    }

    fn parse_all(&mut self, content: &[u8], entries: &mut Entries) {
        let mut at = 0;
        while at < content.len() {
            match self.parse(content, at, entries) {
                Some(end) => at = end,
                None => {
                    entries.broken = true;
                    return;
                }
            }
        }
    }

    /// Parses the entry at `at`; returns where it ends, or `None` when the content ends within it.
    #[inline]
    fn parse(&mut self, content: &[u8], at: usize, entries: &mut Entries) -> Option<usize> {
        let rest = content.get(at..)?;
        let nul = memchr::memchr(0, rest)?;
        let end = nul + 1 + self.objects.hash.len_in_bytes();
        let id = gix::hash::oid::try_from_bytes(rest.get(nul + 1..end)?).ok()?;
        entries.offsets.push(at as u32);
        let space = memchr::memchr(b' ', &rest[..nul]).map_or(nul, |s| s + 1);
        let name = &rest[space..nul];
        if let Some(number) = self.telling(name, id) {
            let name = self.intern(name);
            entries.blobs.push((at as u32, Edge { to: number, name }));
        }
        // "40000" a tree, "160000" a commit of another repository, all else a blob.
        if rest.starts_with(b"160000 ") {
            if self.edges.gitlinks.insert((name.into(), id.to_owned())) && !self.edges.linking.contains_key(name) {
                self.edges.linking.insert(name.into(), self.current);
            }
            return Some(at + end);
        }
        let is_tree = rest.starts_with(b"40000 ") || rest.starts_with(b"040000 ");
        let Some(number) = self.objects.number(id) else {
            let known_to_git = [ObjectId::empty_tree(self.objects.hash), ObjectId::empty_blob(self.objects.hash)];
            if !known_to_git.iter().any(|known| known.as_ref() == id) {
                self.edges.absent.insert(id.to_owned());
            }
            return Some(at + end);
        };
        if !is_tree && !self.hit[number as usize] {
            return Some(at + end);
        }
        let edge = Edge { to: number, name: self.intern(name) };
        let into = if is_tree { &mut entries.subtrees } else { &mut entries.blobs };
        into.push((at as u32, edge));
        Some(at + end)
    }

    fn note(&mut self, number: Number, entries: &Entries) {
        let edges = &mut self.edges;
        if entries.broken {
            edges.broken.push(number);
        }
        let add = |list: &mut Vec<Edge>, new: &[At]| {
            let start = list.len() as u32;
            list.extend(new.iter().map(|e| e.1));
            (start, list.len() as u32)
        };
        let subtrees = add(&mut edges.subtrees, &entries.subtrees);
        let blobs = add(&mut edges.blobs, &entries.blobs);
        edges.trees.push(Tree { number, subtrees, blobs });
        if edges.trees.len() >= CHUNK {
            self.done.add(std::mem::take(edges));
        }
    }

    /// Hands on the trees that are left.
    pub fn finish(self) {
        self.done.add(self.edges);
    }

    /// The number of an entry: of this very copy.
    fn number(&self, pack: &Pack, entry: u32) -> Number {
        self.objects.number_in(self.objects.pack_number(pack), pack.entries[entry as usize].position)
    }

    fn note_packed(&mut self, pack: &Pack, entry: u32, entries: &Entries) {
        let pack_number = self.objects.pack_number(pack);
        if let Some(number) = self.objects.canonical(pack_number, pack.entries[entry as usize].position) {
            self.note(number, entries);
        }
    }

    /// Takes over the base's entries that `op` copies whole, from the one that stands at `next` in the new tree on.
    /// Returns where the first one not taken stands.
    fn take_over(base: &Entries, base_length: usize, op: &Op, next: usize, entries: &mut Entries) -> Option<usize> {
        let (from, target) = (op.from as usize, op.out as usize);
        let base_at = (from + next.checked_sub(target)?) as u32;
        let first = base.offsets.binary_search(&base_at).ok()?;
        let limit = (from + op.length as usize) as u32;
        let mut last = base.offsets.partition_point(|&o| o < limit);
        let end_of = |i: usize| base.offsets.get(i + 1).copied().unwrap_or(base_length as u32);
        if last > first && end_of(last - 1) > limit {
            last -= 1;
        }
        if last == first {
            return None;
        }
        let end = end_of(last - 1);
        let shift = |at: u32| (at as usize - from + target) as u32;
        entries.offsets.extend(base.offsets[first..last].iter().map(|&o| shift(o)));
        let part = |list: &[At], into: &mut Vec<At>| {
            let a = list.partition_point(|e| e.0 < base_at);
            let b = list.partition_point(|e| e.0 < end);
            into.extend(list[a..b].iter().map(|e| (shift(e.0), e.1)));
        };
        part(&base.subtrees, &mut entries.subtrees);
        part(&base.blobs, &mut entries.blobs);
        Some(end as usize - from + target)
    }
}

impl<W: Worker + Send> Visitor for TreeVisitor<'_, W> {
    type State = Entries;

    fn clear(state: &mut Entries) {
        let Entries { offsets, subtrees, blobs, broken } = state;
        offsets.clear();
        subtrees.clear();
        blobs.clear();
        *broken = false;
    }

    fn wants(&self, kind: Kind) -> bool {
        kind == Kind::Tree
    }

    fn skips(&self, pack: &Pack, entry: u32) -> bool {
        self.memory.is_some_and(|memory| memory.skips(self.objects.pack_number(pack), entry))
    }

    fn root(&mut self, pack: &Pack, entry: u32, _kind: Kind, content: &[u8], state: &mut Entries) {
        self.current = self.number(pack, entry);
        self.parse_all(content, state);
        self.note_packed(pack, entry, state);
    }

    fn child(&mut self, pack: &Pack, made: Made<'_, Entries>, out: &mut Vec<u8>, state: &mut Entries) {
        self.current = self.number(pack, made.entry);
        made.script.rebuild(made.base, made.delta, out);
        if made.base_state.broken {
            self.parse_all(out, state);
            self.note_packed(pack, made.entry, state);
            return;
        }
        let mut next = 0;
        for op in &made.script.ops {
            let end = op.range().end;
            while next < end {
                let taken =
                    op.copy.then(|| Self::take_over(made.base_state, made.base.len(), op, next, state)).flatten();
                // An entry that goes on behind this instruction is parsed from the rebuilt tree.
                match taken.or_else(|| self.parse(out, next, state)) {
                    Some(after) => next = after,
                    None => {
                        state.broken = true;
                        break;
                    }
                }
            }
            if state.broken {
                break;
            }
        }
        self.note_packed(pack, made.entry, state);
    }

    fn lost(&mut self, pack: &Pack, entry: u32, why: &'static str) {
        self.lost.push((self.number(pack, entry), why));
    }
}
