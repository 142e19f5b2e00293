//! What a run learns of objects as it searches them: gathered by thread, written now and then.

use super::segment::{BLOB, COMMIT, HIT, TAG};
use crate::source::history::commits::{ABSENT, Commits};
use crate::source::history::objects::Number;

/// An object that was searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fact {
    pub number: Number,
    /// One of the kinds of [`super::segment`], perhaps with [`HIT`].
    pub kind: u8,
    pub size: u32,
}

/// Facts with the links of commits and tags among them.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    pub facts: Vec<Fact>,
    pub commits: Commits,
    /// A tag and what it points to.
    pub tags: Vec<(Number, Number)>,
}

impl Batch {
    pub fn append(&mut self, other: Batch) {
        self.facts.extend(other.facts);
        self.commits.append(other.commits);
        self.tags.extend(other.tags);
    }

    /// Adds a blob.
    pub fn blob(&mut self, number: Number, size: usize, hit: bool) {
        self.add(number, BLOB, size, hit);
    }

    fn add(&mut self, number: Number, kind: u8, size: usize, hit: bool) {
        // Content above 4 GiB is not searched.
        if let Ok(size) = u32::try_from(size) {
            self.facts.push(Fact { number, kind: kind | if hit { HIT } else { 0 }, size });
        }
    }

    /// Adds a commit that was added to `commits` last, if it is whole: one that names something absent must be looked
    /// at every time, because that may come.
    pub fn commit(&mut self, number: Number, size: usize, hit: bool, commits: &Commits) {
        let Some(commit) = commits.list.last().filter(|commit| commit.number == number) else { return };
        let parents = commits.parents(commit);
        if commit.tree != ABSENT && !parents.contains(&ABSENT) {
            self.commits.push(number, commit.tree, commit.time, parents.iter().copied());
            self.add(number, COMMIT, size, hit);
        }
    }

    /// Adds a tag of which it is known what it points to.
    pub fn tag(&mut self, number: Number, size: usize, hit: bool, target: Option<Number>) {
        let Some(target) = target else { return };
        self.tags.push((number, target));
        self.add(number, TAG, size, hit);
    }
}
