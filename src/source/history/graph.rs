//! The part of the tree graph that leads to hits: nearly always a small one.

use super::objects::Number;
use super::trees::{Edge, Edges, Tree};

/// Trees under which hits lie, children before parents.
pub struct Graph {
    /// Where a tree stands in `trees`, by object number; `NOWHERE` when no hit lies under it.
    place: Vec<u32>,
    trees: Vec<Tree>,
    subtrees: Vec<Edge>,
    /// Where the tree of each edge of `subtrees` stands in `trees`.
    below: Vec<u32>,
    blobs: Vec<Edge>,
}

/// So many trees ahead are looked at before a tree is looked up by its number.
const AHEAD: usize = 24;
/// Trees are few if there are so many times as many objects.
const FEW: usize = 64;
/// No hit lies there.
const NOWHERE: u32 = u32::MAX;

impl Graph {
    /// For a repository of so many objects. Takes over the trees of `known`, which earlier runs kept, if they are as a
    /// graph must be; else they stay where they are.
    pub fn new(known: Option<&mut Edges>, objects: usize) -> Self {
        let mut graph = Self {
            place: vec![NOWHERE; objects],
            trees: Vec::new(),
            subtrees: Vec::new(),
            below: Vec::new(),
            blobs: Vec::new(),
        };
        if let Some(known) = known {
            graph.adopt(known);
        }
        graph
    }

    /// Takes over trees as they are, which leaves none, if each leads to hits and children stand before parents.
    fn adopt(&mut self, known: &mut Edges) {
        self.below.reserve(known.subtrees.len());
        for (at, tree) in (0..).zip(&known.trees) {
            let subtrees = known.subtrees_of(tree);
            let leads = !subtrees.is_empty() || tree.blobs.0 < tree.blobs.1;
            let place = &mut self.place[tree.number as usize];
            let once = std::mem::replace(place, at) == NOWHERE;
            let first = self.below.len();
            self.below.extend(subtrees.iter().map(|edge| self.place[edge.to as usize]));
            // A child that stands there only since now is not before its parent.
            let in_order = tree.subtrees.0 as usize == first && self.below[first..].iter().all(|&child| child < at);
            if !(leads && once && in_order) {
                self.place.fill(NOWHERE);
                self.below.clear();
                return;
            }
        }
        self.trees = std::mem::take(&mut known.trees);
        self.subtrees = std::mem::take(&mut known.subtrees);
        self.blobs = std::mem::take(&mut known.blobs);
    }

    /// Adds those trees of `parts` that lead to hits and are not there yet, in the order of `roots` where they lie under
    /// these. Of several with one number the last counts.
    pub fn add(&mut self, parts: &[Edges], roots: impl Iterator<Item = Number>) {
        let objects = self.place.len();
        // By number the part, counted from 1, and the place in it: memory that is zero is there when it is looked at.
        let mut source = vec![(0u32, 0u32); objects];
        for (p, part) in (1..).zip(parts) {
            for (t, tree) in (0..).zip(&part.trees) {
                if self.place[tree.number as usize] == NOWHERE {
                    source[tree.number as usize] = (p, t);
                }
            }
        }
        let tree_of = |number: Number| {
            let (p, t) = source[number as usize];
            let part = &parts[p.checked_sub(1)? as usize];
            Some((part, &part.trees[t as usize]))
        };
        let mut seen = vec![false; objects];
        let mut stack: Vec<(Number, u32)> = Vec::new();
        // The order does not depend on how the parts were gathered: first as the commits need them, so that what is
        // needed together lies together, then by number. For a few it does not matter where they lie.
        let numbers = || parts.iter().flat_map(|part| &part.trees).map(|tree| tree.number);
        let mut starts: Vec<Number>;
        if numbers().count() * FEW < objects {
            starts = numbers().collect();
            starts.sort_unstable();
        } else {
            starts = roots.filter(|&root| (root as usize) < objects).chain(0..objects as Number).collect();
        }
        for start in starts {
            if tree_of(start).is_none() || std::mem::replace(&mut seen[start as usize], true) {
                continue;
            }
            stack.push((start, 0));
            while let Some((number, next)) = stack.last_mut() {
                let number = *number;
                let (part, tree) = tree_of(number).expect("only trees are pushed");
                let subtrees = part.subtrees_of(tree);
                if let Some(edge) = subtrees.get(*next as usize) {
                    *next += 1;
                    if tree_of(edge.to).is_some() && !std::mem::replace(&mut seen[edge.to as usize], true) {
                        stack.push((edge.to, 0));
                    }
                    continue;
                }
                stack.pop();
                let blobs = part.blobs_of(tree);
                let first_subtree = self.subtrees.len() as u32;
                for edge in subtrees {
                    let child = self.place[edge.to as usize];
                    if child != NOWHERE {
                        self.subtrees.push(*edge);
                        self.below.push(child);
                    }
                }
                let last_subtree = self.subtrees.len() as u32;
                if blobs.is_empty() && first_subtree == last_subtree {
                    continue;
                }
                let first_blob = self.blobs.len() as u32;
                self.blobs.extend_from_slice(blobs);
                self.place[number as usize] = self.trees.len() as u32;
                self.trees.push(Tree {
                    number,
                    subtrees: (first_subtree, last_subtree),
                    blobs: (first_blob, self.blobs.len() as u32),
                });
            }
        }
    }

    /// How many trees there are.
    pub fn len(&self) -> usize {
        self.trees.len()
    }

    /// Where a tree stands in this graph.
    #[inline]
    pub fn place(&self, tree: Number) -> Option<usize> {
        self.place.get(tree as usize).copied().filter(|&p| p != NOWHERE).map(|p| p as usize)
    }

    /// Where a tree stands, most likely not far behind `near`: memory is slow, and roots of commits lie in their order.
    #[inline]
    pub fn place_behind(&self, near: usize, tree: Number) -> Option<usize> {
        let ahead = self.trees.get(near..).unwrap_or_default().iter().take(AHEAD);
        ahead.zip(near..).find(|(known, _)| known.number == tree).map(|(_, place)| place).or_else(|| self.place(tree))
    }

    /// All of them, children before parents, each with its subtrees under which hits lie and the hits in it.
    pub fn each(&self) -> impl Iterator<Item = (Number, &[Edge], &[Edge])> {
        (0..).zip(&self.trees).map(|(place, tree)| (tree.number, self.subtrees(place), self.blobs(place)))
    }

    /// Subtrees of the tree at `place` under which hits lie.
    pub fn subtrees(&self, place: usize) -> &[Edge] {
        let (from, to) = self.trees[place].subtrees;
        &self.subtrees[from as usize..to as usize]
    }

    /// The same subtrees with where each stands, which is before `place`.
    pub fn children(&self, place: usize) -> impl DoubleEndedIterator<Item = (usize, &Edge)> {
        let (from, to) = self.trees[place].subtrees;
        let range = from as usize..to as usize;
        self.below[range.clone()].iter().map(|&child| child as usize).zip(&self.subtrees[range])
    }

    /// Hit blobs in the tree at `place`.
    pub fn blobs(&self, place: usize) -> &[Edge] {
        let (from, to) = self.trees[place].blobs;
        &self.blobs[from as usize..to as usize]
    }
}
