//! Attribution: which commits brought each credential in and took it out, and what still reaches it.
//!
//! For every tree the set of credentials under it is the union of its subtrees' and its hit blobs' sets. A commit brings
//! a credential in when its tree has it and no parent's has; it takes it out when a parent's tree has it and its own has
//! not. Merges need no special case but one: a merge that lacks what one parent has only repeats a removal if the other
//! side had it before; if that side never had it, the merge dropped it.
//!
//! Sets are bits, so many credentials at a time; with more of them the pass is run again.

use super::commits::{ABSENT, Commits};
use super::graph::Graph;
use super::objects::Number;

/// Credentials in one run of the pass.
pub const BATCH: usize = 256;
type Bits = [u64; BATCH / 64];
const NONE: Bits = [0; BATCH / 64];

fn join(into: &mut Bits, other: &Bits) {
    for (a, b) in into.iter_mut().zip(other) {
        *a |= b;
    }
}

fn without(a: &Bits, b: &Bits) -> Bits {
    std::array::from_fn(|i| a[i] & !b[i])
}

fn each(bits: &Bits) -> impl Iterator<Item = usize> + '_ {
    bits.iter().enumerate().flat_map(|(word, &bits)| {
        std::iter::successors(Some(bits), |b| Some(b & b.wrapping_sub(1)))
            .take_while(|&b| b != 0)
            .map(move |b| word * 64 + b.trailing_zeros() as usize)
    })
}

fn has(bits: &Bits, i: usize) -> bool {
    bits[i / 64] & 1 << (i % 64) != 0
}

/// Something that can reach a credential: a ref's or reflog's object, peeled as far as it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tip {
    /// By place in the sorted list of commits.
    Commit(usize),
    /// A tree or blob that something names without a commit.
    Object(Number),
}

/// What is known of one credential. Commits are places in the sorted list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Life {
    pub introduced: Vec<usize>,
    /// The commit, and the parent that still had it.
    pub removed: Vec<(usize, usize)>,
    pub in_head: bool,
    /// Indices of the refs that reach it.
    pub refs: Vec<usize>,
    pub in_reflog: bool,
    pub commits: usize,
}

/// What the pass works on.
pub struct Input<'a> {
    pub graph: &'a Graph,
    pub commits: &'a Commits,
    /// Where a commit stands in the list, by object number.
    pub commit_place: &'a (dyn Fn(Number) -> Option<usize> + Sync),
    /// The credentials of each hit object, sorted by number: blobs, and commits and tags by their own text.
    pub hits: &'a [(Number, Vec<u32>)],
    pub refs: &'a [Tip],
    /// Tag objects on the way to a ref's tip, whose text the ref reaches too.
    pub ref_tags: &'a [Vec<Number>],
    pub reflog: &'a [Tip],
    pub head: Option<usize>,
}

/// The lives of the credentials `0..count`.
pub fn lives(input: &Input<'_>, count: usize) -> Vec<Life> {
    let mut lives = vec![Life::default(); count];
    for first in (0..count).step_by(BATCH) {
        let last = (first + BATCH).min(count);
        Pass::new(input, first as u32, last as u32).run(&mut lives[first..last]);
    }
    lives
}

struct Pass<'a> {
    input: &'a Input<'a>,
    first: u32,
    last: u32,
    /// By place in the graph.
    trees: Vec<Bits>,
}

impl<'a> Pass<'a> {
    fn new(input: &'a Input<'a>, first: u32, last: u32) -> Self {
        let mut pass = Self { input, first, last, trees: Vec::with_capacity(input.graph.len()) };
        for place in 0..input.graph.len() {
            let mut bits = NONE;
            for edge in input.graph.blobs(place) {
                join(&mut bits, &pass.of_object(edge.to));
            }
            for edge in input.graph.subtrees(place) {
                // Children stand before parents.
                if let Some(child) = input.graph.place(edge.to).filter(|&c| c < place) {
                    let child = pass.trees[child];
                    join(&mut bits, &child);
                }
            }
            pass.trees.push(bits);
        }
        pass
    }

    /// The credentials in an object's own bytes.
    fn of_object(&self, number: Number) -> Bits {
        let mut bits = NONE;
        if let Ok(at) = self.input.hits.binary_search_by_key(&number, |h| h.0) {
            for &credential in &self.input.hits[at].1 {
                if (self.first..self.last).contains(&credential) {
                    let i = (credential - self.first) as usize;
                    bits[i / 64] |= 1 << (i % 64);
                }
            }
        }
        bits
    }

    fn of_tree(&self, tree: Number) -> Bits {
        if tree == ABSENT { NONE } else { self.input.graph.place(tree).map_or(NONE, |p| self.trees[p]) }
    }

    fn run(&self, lives: &mut [Life]) {
        let commits = self.input.commits;
        let n = commits.list.len();
        // In a commit's tree or its own text; and in any commit up to it.
        let mut now: Vec<Bits> = Vec::with_capacity(n);
        let mut ever: Vec<Bits> = Vec::with_capacity(n);
        for (at, commit) in commits.list.iter().enumerate() {
            let tree = self.of_tree(commit.tree);
            let text = self.of_object(commit.number);
            let parents: Vec<usize> = commits
                .parents(commit)
                .iter()
                .filter_map(|&p| (self.input.commit_place)(p))
                .filter(|&p| p < at)
                .collect();
            let mut before = NONE;
            let mut known = NONE;
            for &parent in &parents {
                join(&mut before, &now[parent]);
                join(&mut known, &ever[parent]);
            }
            for i in each(&without(&tree, &before)).chain(each(&without(&text, &tree))) {
                lives[i].introduced.push(at);
            }
            for i in each(&without(&before, &tree)) {
                let had = |p: &&usize| has(&now[**p], i);
                let elsewhere = parents.iter().any(|p| !has(&now[*p], i) && has(&ever[*p], i));
                if let Some(&parent) = parents.iter().find(had).filter(|_| !elsewhere) {
                    lives[i].removed.push((at, parent));
                }
            }
            let mut all = tree;
            join(&mut all, &text);
            for i in each(&all) {
                lives[i].commits += 1;
            }
            join(&mut known, &all);
            now.push(tree);
            ever.push(known);
        }
        let reached = |tip: &Tip| match *tip {
            Tip::Commit(at) => ever[at],
            Tip::Object(number) => {
                let mut bits = self.of_tree(number);
                join(&mut bits, &self.of_object(number));
                bits
            }
        };
        for (r, tip) in self.input.refs.iter().enumerate() {
            let mut bits = reached(tip);
            for &tag in &self.input.ref_tags[r] {
                join(&mut bits, &self.of_object(tag));
            }
            for i in each(&bits) {
                lives[i].refs.push(r);
            }
        }
        for tip in self.input.reflog {
            for i in each(&reached(tip)) {
                lives[i].in_reflog = true;
            }
        }
        if let Some(head) = self.input.head {
            for i in each(&now[head]) {
                lives[i].in_head = true;
            }
        }
    }
}

/// The paths, with the blob at each, under which `credential` lies in a tree; at most `most`, in the tree's order.
pub fn paths_in(
    input: &Input<'_>,
    names: &[Box<[u8]>],
    tree: Number,
    credential: u32,
    most: usize,
) -> Vec<(Vec<u8>, Number)> {
    let holds = |blob: Number| {
        input
            .hits
            .binary_search_by_key(&blob, |h| h.0)
            .is_ok_and(|at| input.hits[at].1.binary_search(&credential).is_ok())
    };
    let mut found = Vec::new();
    let mut looked_at = 0usize;
    let Some(root) = input.graph.place(tree) else { return found };
    let mut stack: Vec<(usize, Vec<u8>)> = vec![(root, Vec::new())];
    // Trees may be nested without end in a hostile repository: the number of steps is bounded.
    while let Some((place, prefix)) = stack.pop() {
        looked_at += 1;
        if found.len() >= most || looked_at > 100_000 {
            break;
        }
        let path_of = |name: u32| {
            let mut path = prefix.clone();
            if !path.is_empty() {
                path.push(b'/');
            }
            path.extend_from_slice(&names[name as usize]);
            path
        };
        for edge in input.graph.blobs(place) {
            if holds(edge.to) {
                found.push((path_of(edge.name), edge.to));
            }
        }
        for edge in input.graph.subtrees(place).iter().rev() {
            if let Some(child) = input.graph.place(edge.to) {
                stack.push((child, path_of(edge.name)));
            }
        }
    }
    found.sort();
    found.truncate(most);
    found
}
