//! One record of the store: what is known of some objects, by their full ids.
//!
//! All of it is numbers in one buffer, read in place: a large history has a million objects, and loading must cost
//! milliseconds. Objects point to one another by their place in the sorted list of ids.

use crate::source::history::MANY;
use gix::hash::{Kind as HashKind, oid};
use rayon::prelude::*;
use std::ops::Range;

/// What a record says of an object, in the lower bits of its byte. The larger one counts where two records differ.
pub const MENTIONED: u8 = 0;
/// It could not be read.
pub const LOST: u8 = 1;
/// It was there, and must be looked at every time: what it gives does not depend on its bytes alone.
pub const AGAIN: u8 = 2;
pub const BLOB: u8 = 3;
pub const COMMIT: u8 = 4;
pub const TAG: u8 = 5;
/// Its entries are among the tree facts.
pub const TREE: u8 = 6;
/// Set beside: something was found in it.
pub const HIT: u8 = 0x80;

/// Raised when a record's form changes.
const FORM: u32 = 3;
const HEADER: usize = 13;

/// What is written: lists in the order in which they lie in the record. Places are in `ids`.
#[derive(Debug, Default)]
pub struct Content {
    /// Sorted, each once, without separators.
    pub ids: Vec<u8>,
    pub kinds: Vec<u8>,
    /// Bytes of each object.
    pub sizes: Vec<u32>,
    pub commits: Vec<Commit>,
    pub parents: Vec<u32>,
    /// A tag and what it points to.
    pub tags: Vec<[u32; 2]>,
    pub trees: Option<Trees>,
}

/// A commit whose tree and parents were all there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Commit {
    pub at: u32,
    pub tree: u32,
    pub time: i64,
    pub parents: u32,
}

/// What is known of the trees of a record.
#[derive(Debug, Default)]
pub struct Trees {
    /// Not all trees were read yet when this was kept: all subtrees of those that were are edges.
    pub partial: bool,
    /// Trees under which something was found: the tree, how many of the subtrees are its own, how many of the blobs.
    pub list: Vec<[u32; 3]>,
    /// Where an edge to a subtree leads, and its name.
    pub subtrees: Vec<[u32; 2]>,
    /// The same of the other edges.
    pub blobs: Vec<[u32; 2]>,
    /// What trees, commits and tags name and what was not there.
    pub absent: Vec<u32>,
    /// Names are not kept, they could be secrets: each is that of an entry, counted from 0, of a tree.
    pub names: Vec<[u32; 2]>,
    /// Commits of other repositories: a name, and the commit.
    pub links: Vec<[u32; 2]>,
}

impl Content {
    /// The record as it is written.
    pub fn write(&self, hash: HashKind) -> Vec<u8> {
        let none = Trees::default();
        let trees = self.trees.as_ref().unwrap_or(&none);
        let header: [usize; HEADER] = [
            FORM as usize,
            hash.len_in_bytes(),
            self.kinds.len(),
            self.commits.len(),
            self.parents.len(),
            self.tags.len(),
            self.trees.as_ref().map_or(0, |trees| 1 + usize::from(trees.partial)),
            trees.list.len(),
            trees.subtrees.len(),
            trees.blobs.len(),
            trees.absent.len(),
            trees.names.len(),
            trees.links.len(),
        ];
        let mut out = Vec::with_capacity(HEADER * 4 + self.ids.len() + self.kinds.len() * 5 + self.commits.len() * 24);
        let number = |out: &mut Vec<u8>, number: u32| out.extend(number.to_le_bytes());
        header.iter().for_each(|&count| number(&mut out, count as u32));
        out.extend(&self.ids);
        out.extend(&self.kinds);
        self.sizes.iter().for_each(|&size| number(&mut out, size));
        for commit in &self.commits {
            number(&mut out, commit.at);
            number(&mut out, commit.tree);
            number(&mut out, commit.parents);
            out.extend(commit.time.to_le_bytes());
        }
        self.parents.iter().for_each(|&parent| number(&mut out, parent));
        self.tags.iter().flatten().for_each(|&place| number(&mut out, place));
        trees.list.iter().flatten().for_each(|&place| number(&mut out, place));
        trees.subtrees.iter().chain(&trees.blobs).flatten().for_each(|&place| number(&mut out, place));
        trees.absent.iter().for_each(|&place| number(&mut out, place));
        trees.names.iter().flatten().for_each(|&place| number(&mut out, place));
        trees.links.iter().flatten().for_each(|&place| number(&mut out, place));
        out
    }
}

/// A record that was read.
pub struct Segment {
    bytes: Vec<u8>,
    id_length: usize,
    pub has_trees: bool,
    /// Some of its trees may lead nowhere.
    pub partial: bool,
    ids: Range<usize>,
    kinds: Range<usize>,
    sizes: Range<usize>,
    commits: Range<usize>,
    parents: Range<usize>,
    tags: Range<usize>,
    trees: Range<usize>,
    subtrees: Range<usize>,
    blobs: Range<usize>,
    absent: Range<usize>,
    names: Range<usize>,
    links: Range<usize>,
}

impl Segment {
    /// Takes a record apart; `None` where it is not of this form, or of another kind of ids.
    pub fn read(bytes: Vec<u8>, hash: HashKind) -> Option<Self> {
        let header: Vec<usize> = bytes.get(..HEADER * 4)?.chunks_exact(4).map(|four| to_u32(four) as usize).collect();
        let id_length = hash.len_in_bytes();
        if header[0] != FORM as usize || header[1] != id_length {
            return None;
        }
        let mut at = HEADER * 4;
        let mut part = |count: usize, width: usize| {
            let start = at;
            at = at.checked_add(count.checked_mul(width)?)?;
            Some(start..at)
        };
        let segment = Self {
            id_length,
            has_trees: header[6] > 0,
            partial: header[6] > 1,
            ids: part(header[2], id_length)?,
            kinds: part(header[2], 1)?,
            sizes: part(header[2], 4)?,
            commits: part(header[3], 20)?,
            parents: part(header[4], 4)?,
            tags: part(header[5], 8)?,
            trees: part(header[7], 12)?,
            subtrees: part(header[8], 8)?,
            blobs: part(header[9], 8)?,
            absent: part(header[10], 4)?,
            names: part(header[11], 8)?,
            links: part(header[12], 8)?,
            bytes,
        };
        (at == segment.bytes.len()).then_some(segment)
    }

    /// How many ids there are.
    pub fn len(&self) -> usize {
        self.kinds.len()
    }

    /// The id at a place below `len`.
    #[inline]
    pub fn id(&self, place: usize) -> &oid {
        let start = self.ids.start + place * self.id_length;
        oid::from_bytes_unchecked(&self.bytes[start..start + self.id_length])
    }

    /// What is said of each.
    pub fn kinds(&self) -> &[u8] {
        &self.bytes[self.kinds.clone()]
    }

    /// Bytes of the object at a place.
    pub fn size_of(&self, place: usize) -> u32 {
        to_u32(&self.bytes[self.sizes.start + place * 4..][..4])
    }

    /// Commits, each with the places of its parents.
    pub fn commits(&self) -> impl Iterator<Item = (Commit, impl Iterator<Item = u32> + '_)> + '_ {
        let mut parents = &self.bytes[self.parents.clone()];
        self.bytes[self.commits.clone()].chunks_exact(20).map_while(move |bytes| {
            let time = i64::from_le_bytes(*bytes[12..].first_chunk()?);
            let commit = Commit { at: to_u32(bytes), tree: to_u32(&bytes[4..]), parents: to_u32(&bytes[8..]), time };
            let (own, rest) = parents.split_at_checked((commit.parents as usize).checked_mul(4)?)?;
            parents = rest;
            Some((commit, own.chunks_exact(4).map(to_u32)))
        })
    }

    pub fn tags(&self) -> impl Iterator<Item = [u32; 2]> + '_ {
        self.rows(&self.tags)
    }

    pub fn trees(&self) -> impl ExactSizeIterator<Item = [u32; 3]> + '_ {
        self.rows(&self.trees)
    }

    pub fn subtrees(&self) -> impl IndexedParallelIterator<Item = [u32; 2]> + '_ {
        self.parallel_rows(&self.subtrees)
    }

    pub fn blobs(&self) -> impl IndexedParallelIterator<Item = [u32; 2]> + '_ {
        self.parallel_rows(&self.blobs)
    }

    pub fn absent(&self) -> impl Iterator<Item = u32> + '_ {
        self.rows(&self.absent).map(|[place]| place)
    }

    pub fn names(&self) -> impl Iterator<Item = [u32; 2]> + '_ {
        self.rows(&self.names)
    }

    pub fn links(&self) -> impl Iterator<Item = [u32; 2]> + '_ {
        self.rows(&self.links)
    }

    fn rows<const N: usize>(&self, part: &Range<usize>) -> impl ExactSizeIterator<Item = [u32; N]> + '_ {
        self.bytes[part.clone()].chunks_exact(4 * N).map(row)
    }

    fn parallel_rows<const N: usize>(&self, part: &Range<usize>) -> impl IndexedParallelIterator<Item = [u32; N]> + '_ {
        self.bytes[part.clone()].par_chunks_exact(4 * N).with_min_len(MANY).map(row)
    }
}

fn row<const N: usize>(bytes: &[u8]) -> [u32; N] {
    std::array::from_fn(|column| to_u32(&bytes[column * 4..]))
}

fn to_u32(bytes: &[u8]) -> u32 {
    u32::from_le_bytes(*bytes.first_chunk().expect("rows are cut in fours"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content() -> Content {
        Content {
            ids: (1..=3).flat_map(|n| [n; 20]).collect(),
            kinds: vec![COMMIT, TREE | HIT, MENTIONED],
            sizes: vec![10, 20, 0],
            commits: vec![Commit { at: 0, tree: 1, time: -5, parents: 1 }],
            parents: vec![2],
            tags: vec![[0, 1]],
            trees: Some(Trees {
                partial: true,
                list: vec![[1, 0, 1]],
                subtrees: vec![],
                blobs: vec![[2, 0]],
                absent: vec![2],
                names: vec![[1, 7]],
                links: vec![[0, 2]],
            }),
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let segment = Segment::read(content().write(HashKind::Sha1), HashKind::Sha1).unwrap();
        assert_eq!((segment.len(), segment.has_trees, segment.partial), (3, true, true));
        assert_eq!(segment.id(1).as_bytes(), [2; 20]);
        assert_eq!((segment.kinds(), segment.size_of(1)), (&[COMMIT, TREE | HIT, MENTIONED][..], 20));
        let commits: Vec<_> =
            segment.commits().map(|(commit, parents)| (commit, parents.collect::<Vec<_>>())).collect();
        assert_eq!(commits, [(content().commits[0], vec![2])]);
        assert_eq!(segment.tags().collect::<Vec<_>>(), [[0, 1]]);
        assert_eq!(segment.trees().collect::<Vec<_>>(), [[1, 0, 1]]);
        assert_eq!(segment.subtrees().collect::<Vec<_>>(), [[0; 2]; 0]);
        assert_eq!(segment.blobs().collect::<Vec<_>>(), [[2, 0]]);
        assert_eq!(segment.absent().collect::<Vec<_>>(), [2]);
        assert_eq!(segment.names().collect::<Vec<_>>(), [[1, 7]]);
        assert_eq!(segment.links().collect::<Vec<_>>(), [[0, 2]]);
    }

    #[test]
    fn what_has_another_form_is_refused() {
        let bytes = content().write(HashKind::Sha1);
        assert!(Segment::read(bytes.clone(), HashKind::Sha256).is_none());
        for length in 0..bytes.len() {
            assert!(Segment::read(bytes[..length].to_vec(), HashKind::Sha1).is_none(), "{length}");
        }
        assert!(Segment::read([&bytes[..], &[0]].concat(), HashKind::Sha1).is_none());
        let mut other = bytes;
        other[0] += 1;
        assert!(Segment::read(other, HashKind::Sha1).is_none());
    }
}
