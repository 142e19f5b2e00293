//! Commits as attribution needs them: tree, parents, times, by object number.

use super::objects::{Number, Objects};
use gix::ObjectId;

/// An object that is named but not there.
pub const ABSENT: Number = u32::MAX;

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

/// Commits, with their parents in one list.
#[derive(Debug, Default)]
pub struct Commits {
    pub list: Vec<Commit>,
    parents: Vec<Number>,
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
        &self.parents[commit.parents.0 as usize..commit.parents.1 as usize]
    }

    /// Takes over another thread's commits.
    pub fn append(&mut self, other: Commits) {
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
        self.list.sort_by_key(|c| (c.time, c.number));
        let mut place = vec![u32::MAX; objects];
        for (i, commit) in self.list.iter().enumerate() {
            place[commit.number as usize] = i as u32;
        }
        let mut state = vec![0u8; self.list.len()];
        let mut order = Vec::with_capacity(self.list.len());
        let mut stack: Vec<(u32, u32)> = Vec::new();
        for start in 0..self.list.len() as u32 {
            if state[start as usize] != 0 {
                continue;
            }
            state[start as usize] = 1;
            stack.push((start, 0));
            while let Some((commit, next)) = stack.last_mut() {
                let parents = self.parents(&self.list[*commit as usize]);
                match parents.get(*next as usize) {
                    Some(&parent) => {
                        *next += 1;
                        let at = if parent == ABSENT { u32::MAX } else { place[parent as usize] };
                        if at != u32::MAX && state[at as usize] == 0 {
                            state[at as usize] = 1;
                            stack.push((at, 0));
                        }
                    }
                    None => {
                        order.push(*commit);
                        stack.pop();
                    }
                }
            }
        }
        self.list = order.iter().map(|&i| self.list[i as usize].clone()).collect();
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
