//! The part of the tree graph that leads to hits: nearly always a small one.

use super::objects::Number;
use super::trees::{Edge, Edges, Tree};

/// Trees under which hits lie, children before parents.
pub struct Graph {
    /// Where a tree stands in `trees`, by object number; `NOWHERE` when no hit lies under it.
    place: Vec<u32>,
    trees: Vec<Tree>,
    subtrees: Vec<Edge>,
    blobs: Vec<Edge>,
}

/// So many trees ahead are looked at before a tree is looked up by its number.
const AHEAD: usize = 24;
/// No hit lies there.
const NOWHERE: u32 = u32::MAX;

impl Graph {
    /// Keeps what leads to hits: of `known`, which earlier runs kept, and of what the threads gathered. Trees come in the
    /// order of `roots` where they lie under these.
    pub fn new(
        known: Option<&mut Edges>,
        parts: &[Edges],
        objects: usize,
        roots: impl Iterator<Item = Number>,
    ) -> Self {
        let mut graph =
            Self { place: vec![NOWHERE; objects], trees: Vec::new(), subtrees: Vec::new(), blobs: Vec::new() };
        let mut left = known;
        if let Some(known) = left.as_deref_mut()
            && graph.adopt(known)
        {
            left = None;
        }
        graph.add(left.as_deref().into_iter().chain(parts), roots);
        graph
    }

    /// Takes over trees as they are, which leaves them empty, if each leads to hits and children stand before parents.
    fn adopt(&mut self, known: &mut Edges) -> bool {
        for (at, tree) in (0..).zip(&known.trees) {
            let subtrees = known.subtrees_of(tree);
            let leads = !subtrees.is_empty() || tree.blobs.0 < tree.blobs.1;
            let place = &mut self.place[tree.number as usize];
            let once = std::mem::replace(place, at) == NOWHERE;
            // A child that stands there only since now is not before its parent.
            let is_before = |edge: &Edge| self.place(edge.to).is_some_and(|child| child < at as usize);
            if !(leads && once && subtrees.iter().all(is_before)) {
                self.place.fill(NOWHERE);
                return false;
            }
        }
        self.trees = std::mem::take(&mut known.trees);
        self.subtrees = std::mem::take(&mut known.subtrees);
        self.blobs = std::mem::take(&mut known.blobs);
        true
    }

    /// Adds those trees of `parts` that lead to hits and are not there yet. Of several with one number the last counts.
    fn add<'e>(&mut self, parts: impl Iterator<Item = &'e Edges>, roots: impl Iterator<Item = Number>) {
        let parts: Vec<&Edges> = parts.collect();
        let objects = self.place.len();
        let mut source = vec![(NOWHERE, 0u32); objects];
        for (p, part) in (0..).zip(&parts) {
            for (t, tree) in (0..).zip(&part.trees) {
                if self.place[tree.number as usize] == NOWHERE {
                    source[tree.number as usize] = (p, t);
                }
            }
        }
        let tree_of = |number: Number| {
            let (p, t) = source[number as usize];
            (p != NOWHERE).then(|| (parts[p as usize], &parts[p as usize].trees[t as usize]))
        };
        let mut seen = vec![false; objects];
        let mut stack: Vec<(Number, u32)> = Vec::new();
        // The order does not depend on how the parts were gathered: first as the commits need them, so that what is
        // needed together lies together, then by number.
        let roots = roots.filter(|&root| (root as usize) < objects);
        for start in roots.chain(0..objects as Number) {
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
                    if self.place[edge.to as usize] != NOWHERE {
                        self.subtrees.push(*edge);
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

    /// Hit blobs in the tree at `place`.
    pub fn blobs(&self, place: usize) -> &[Edge] {
        let (from, to) = self.trees[place].blobs;
        &self.blobs[from as usize..to as usize]
    }
}
