//! Commits as attribution needs them: tree, parents, times, by object number.

use super::objects::{Number, Objects};
use gix::ObjectId;

/// An object that is named but not there.
pub const ABSENT: Number = u32::MAX;

/// No commit in the list.
const NOWHERE: u32 = u32::MAX;

/// A commit.
#[derive(Debug, Clone)]
pub struct Commit {
    pub number: Number,
    pub tree: Number,
    /// Committer's time, seconds since 1970: orders what has no other order.
    pub time: i64,
    /// Range in [`Commits::parents`].
    parents: (u32, u32),
}

impl Commit {
    fn parents_in<'a>(&self, all: &'a [u32]) -> &'a [u32] {
        &all[self.parents.0 as usize..self.parents.1 as usize]
    }
}

/// Commits, with their parents in one list.
#[derive(Debug, Clone, Default)]
pub struct Commits {
    pub list: Vec<Commit>,
    parents: Vec<Number>,
    /// The places of parents beside `parents`; empty until [`Commits::sort_topologically`].
    parent_places: Vec<u32>,
    /// Where each commit stands in the list, by object number; empty until [`Commits::index`].
    places: Vec<u32>,
    /// Ids that commits name and the repository does not have.
    pub absent: Vec<ObjectId>,
    /// Commits that cannot be read as such.
    pub broken: Vec<Number>,
}

impl Commits {
    /// Adds the commit `number` from its content.
    pub fn add(&mut self, objects: &Objects, number: Number, content: &[u8]) {
        match self.parse(objects, number, content) {
            Some(commit) => self.list.push(commit),
            None => self.broken.push(number),
        }
    }

    fn parse(&mut self, objects: &Objects, number: Number, content: &[u8]) -> Option<Commit> {
        let mut lines = content.split(|&b| b == b'\n');
        let tree = self.resolve(objects, id_after(b"tree ", lines.next()?)?);
        let first = self.parents.len() as u32;
        let mut line = lines.next()?;
        while let Some(id) = id_after(b"parent ", line) {
            let parent = self.resolve(objects, id);
            self.parents.push(parent);
            line = lines.next()?;
        }
        let mut time = 0;
        // "author" comes first, other headers may follow.
        for header in std::iter::once(line).chain(lines).take_while(|l| !l.is_empty()) {
            if let Some(committer) = header.strip_prefix(b"committer ") {
                time = time_of(committer).unwrap_or(0);
                break;
            }
        }
        Some(Commit { number, tree, time, parents: (first, self.parents.len() as u32) })
    }

    fn resolve(&mut self, objects: &Objects, id: ObjectId) -> Number {
        if let Some(number) = objects.number(&id) {
            return number;
        }
        // Git knows the empty tree without storing it.
        if id != ObjectId::empty_tree(objects.hash) {
            self.absent.push(id);
        }
        ABSENT
    }

    /// Adds a commit of which all is known.
    pub fn push(&mut self, number: Number, tree: Number, time: i64, parents: impl Iterator<Item = Number>) {
        let first = self.parents.len() as u32;
        self.parents.extend(parents);
        self.list.push(Commit { number, tree, time, parents: (first, self.parents.len() as u32) });
    }

    /// The parents of a commit.
    pub fn parents(&self, commit: &Commit) -> &[Number] {
        commit.parents_in(&self.parents)
    }

    /// Where those parents of a commit stand in the sorted list that stand in it; each of them before the commit.
    pub fn parent_places(&self, commit: &Commit) -> impl Iterator<Item = usize> {
        let places = commit.parents_in(&self.parent_places);
        places.iter().filter(|&&place| place != NOWHERE).map(|&place| place as usize)
    }

    /// Takes note of where each commit stands in the list, of a repository with so many objects.
    pub fn index(&mut self, objects: usize) {
        self.places.clear();
        self.places.resize(objects, NOWHERE);
        for (place, commit) in (0..).zip(&self.list) {
            self.places[commit.number as usize] = place;
        }
    }

    /// Where a commit stands in the list, as of the last [`Commits::index`].
    #[inline]
    pub fn place(&self, number: Number) -> Option<usize> {
        self.places.get(number as usize).copied().filter(|&place| place != NOWHERE).map(|place| place as usize)
    }

    /// Takes over another thread's commits.
    pub fn append(&mut self, mut other: Commits) {
        // The longer list stays where it is.
        if self.list.len() < other.list.len() {
            std::mem::swap(self, &mut other);
        }
        let shift = self.parents.len() as u32;
        self.parents.extend(other.parents);
        self.list.extend(
            other.list.into_iter().map(|c| Commit { parents: (c.parents.0 + shift, c.parents.1 + shift), ..c }),
        );
        self.absent.extend(other.absent);
        self.broken.extend(other.broken);
    }

    /// Sorts the list so that parents stand before children; among those that could stand in either order the older one
    /// comes first, then the smaller number. The order is the same however the list was gathered.
    pub fn sort_topologically(&mut self, objects: usize) {
        self.sort_by_time();
        self.index(objects);
        // Where each one of the list goes in the order, from the moment that it does.
        let mut placed = vec![NOWHERE; self.list.len()];
        let mut seen = vec![false; self.list.len()];
        let mut order = Vec::with_capacity(self.list.len());
        let mut parent_places = vec![NOWHERE; self.parents.len()];
        let mut stack: Vec<(usize, u32)> = Vec::new();
        for start in 0..self.list.len() {
            if std::mem::replace(&mut seen[start], true) {
                continue;
            }
            stack.push((start, self.list[start].parents.0));
            while let Some((at, next)) = stack.last_mut() {
                let commit = &self.list[*at];
                if *next == commit.parents.1 {
                    placed[*at] = order.len() as u32;
                    order.push(commit.clone());
                    stack.pop();
                    continue;
                }
                let own = *next as usize;
                let Some(parent) = self.place(self.parents[own]) else {
                    *next += 1;
                    continue;
                };
                if std::mem::replace(&mut seen[parent], true) {
                    // In the order already, unless a damaged repository leads in a circle.
                    parent_places[own] = placed[parent];
                    *next += 1;
                } else {
                    // Its turn comes again when the parent is in the order.
                    stack.push((parent, self.list[parent].parents.0));
                }
            }
        }
        self.parent_places = parent_places;
        self.list = order;
        self.index(objects);
    }

    /// Sorts the list by time: who sorts it again, parents first or this way, then has less to do.
    pub fn sort_by_time(&mut self) {
        self.list.sort_by_key(|c| (c.time, c.number));
    }
}

fn id_after(head: &[u8], line: &[u8]) -> Option<ObjectId> {
    ObjectId::from_hex(line.strip_prefix(head)?).ok()
}

/// The seconds in `Name <mail> 1700000000 +0100`.
fn time_of(signature: &[u8]) -> Option<i64> {
    let after = signature.iter().rposition(|&b| b == b'>').map_or(signature, |i| &signature[i + 1..]);
    std::str::from_utf8(after).ok()?.split_ascii_whitespace().next()?.parse().ok()
}
