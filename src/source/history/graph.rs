//! The part of the tree graph that leads to hits: nearly always a small one.

use super::objects::Number;
use super::trees::{Edge, Edges};

/// Trees under which hits lie, children before parents.
pub struct Graph {
    /// Where a tree stands in `trees`, by object number; `NOWHERE` when no hit lies under it.
    place: Vec<u32>,
    trees: Vec<Interesting>,
    subtrees: Vec<Edge>,
    blobs: Vec<Edge>,
}

struct Interesting {
    subtrees: (u32, u32),
    blobs: (u32, u32),
}

/// No hit lies there.
const NOWHERE: u32 = u32::MAX;

impl Graph {
    /// Keeps what leads to hits of the edges that the threads gathered.
    pub fn new(parts: &[Edges], objects: usize) -> Self {
        let mut source = vec![(NOWHERE, 0u32); objects];
        for (p, part) in parts.iter().enumerate() {
            for (t, tree) in part.trees.iter().enumerate() {
                source[tree.number as usize] = (p as u32, t as u32);
            }
        }
        let tree_of = |number: Number| {
            let (p, t) = source[number as usize];
            (p != NOWHERE).then(|| (&parts[p as usize], &parts[p as usize].trees[t as usize]))
        };
        let mut graph =
            Self { place: vec![NOWHERE; objects], trees: Vec::new(), subtrees: Vec::new(), blobs: Vec::new() };
        let mut seen = vec![false; objects];
        let mut stack: Vec<(Number, u32)> = Vec::new();
        // Trees that hold hits themselves are where to begin; all others are interesting through them. Going over all
        // trees in order of their number keeps the result the same however the parts were gathered.
        for start in 0..objects as Number {
            if tree_of(start).is_none() || std::mem::replace(&mut seen[start as usize], true) {
                continue;
            }
            stack.push((start, 0));
            while let Some((number, next)) = stack.last_mut() {
                let number = *number;
                let (part, tree) = tree_of(number).expect("only trees are pushed");
                let subtrees = &part.subtrees[tree.subtrees.0 as usize..tree.subtrees.1 as usize];
                if let Some(edge) = subtrees.get(*next as usize) {
                    *next += 1;
                    if tree_of(edge.to).is_some() && !std::mem::replace(&mut seen[edge.to as usize], true) {
                        stack.push((edge.to, 0));
                    }
                    continue;
                }
                stack.pop();
                let blobs = &part.blobs[tree.blobs.0 as usize..tree.blobs.1 as usize];
                let first_subtree = graph.subtrees.len() as u32;
                for edge in subtrees {
                    if graph.place[edge.to as usize] != NOWHERE {
                        graph.subtrees.push(*edge);
                    }
                }
                let last_subtree = graph.subtrees.len() as u32;
                if blobs.is_empty() && first_subtree == last_subtree {
                    continue;
                }
                let first_blob = graph.blobs.len() as u32;
                graph.blobs.extend_from_slice(blobs);
                graph.place[number as usize] = graph.trees.len() as u32;
                graph.trees.push(Interesting {
                    subtrees: (first_subtree, last_subtree),
                    blobs: (first_blob, graph.blobs.len() as u32),
                });
            }
        }
        graph
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

    /// All of them, each with its subtrees under which hits lie and the hits in it.
    pub fn each(&self) -> impl Iterator<Item = (Number, &[Edge], &[Edge])> {
        let placed = (0..).zip(&self.place).filter(|&(_, &place)| place != NOWHERE);
        placed.map(|(number, &place)| (number, self.subtrees(place as usize), self.blobs(place as usize)))
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
