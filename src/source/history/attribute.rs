//! Attribution: which commits brought each credential in and took it out, and what still reaches it.
//!
//! For every tree the set of credentials under it is the union of its subtrees' and its hit blobs' sets. A commit brings
//! a credential in when its tree has it and no parent's has; it takes it out when a parent's tree has it and its own has
//! not. Merges need no special case but one: a merge that lacks what one parent has only repeats a removal if the other
//! side had it before; if that side never had it, the merge dropped it.
//!
//! Sets are bits, so many credentials at a time; with more of them the pass is run again. Nearly always one word is
//! enough, and what is moved in memory is what this pass costs.

use super::commits::{ABSENT, Commits};
use super::graph::Graph;
use super::objects::Number;
use rustc_hash::FxHashMap;

/// Words of bits in one run of the pass, where there are more credentials than one word has bits.
const WIDE: usize = 4;
/// Credentials in a word.
const WORD: usize = u64::BITS as usize;

type Bits<const W: usize> = [u64; W];

fn join<const W: usize>(into: &mut Bits<W>, other: &Bits<W>) {
    for (a, b) in into.iter_mut().zip(other) {
        *a |= b;
    }
}

fn without<const W: usize>(a: &Bits<W>, b: &Bits<W>) -> Bits<W> {
    std::array::from_fn(|i| a[i] & !b[i])
}

fn each<const W: usize>(bits: &Bits<W>) -> impl Iterator<Item = usize> + '_ {
    bits.iter().enumerate().flat_map(|(word, &bits)| {
        std::iter::successors(Some(bits), |b| Some(b & b.wrapping_sub(1)))
            .take_while(|&b| b != 0)
            .map(move |b| word * 64 + b.trailing_zeros() as usize)
    })
}

fn has<const W: usize>(bits: &Bits<W>, i: usize) -> bool {
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
    /// Sorted.
    pub commits: &'a Commits,
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
    for (batch, lives) in (0..).zip(lives.chunks_mut(WIDE * WORD)) {
        let first = batch * (WIDE * WORD) as u32;
        match lives.len() {
            0..=WORD => Pass::<1>::new(input, first).run(lives),
            _ => Pass::<WIDE>::new(input, first).run(lives),
        }
    }
    lives
}

struct Pass<'a, const W: usize> {
    input: &'a Input<'a>,
    /// The credentials in each hit object's own bytes.
    objects: FxHashMap<Number, Bits<W>>,
    /// By place in the graph.
    trees: Vec<Bits<W>>,
}

impl<'a, const W: usize> Pass<'a, W> {
    /// Prepares a pass for the credentials from `first` on, as many as there are bits.
    fn new(input: &'a Input<'a>, first: u32) -> Self {
        let mut objects: FxHashMap<Number, Bits<W>> = FxHashMap::default();
        for (number, credentials) in input.hits {
            for i in credentials.iter().filter_map(|c| c.checked_sub(first)).map(|i| i as usize) {
                if i < W * WORD {
                    objects.entry(*number).or_insert([0; W])[i / WORD] |= 1 << (i % WORD);
                }
            }
        }
        let mut pass = Self { input, objects, trees: Vec::with_capacity(input.graph.len()) };
        for place in 0..input.graph.len() {
            let mut bits = [0; W];
            for edge in input.graph.blobs(place) {
                join(&mut bits, &pass.of_object(edge.to));
            }
            for (child, _) in input.graph.children(place) {
                join(&mut bits, &pass.trees[child]);
            }
            pass.trees.push(bits);
        }
        pass
    }

    /// The credentials in an object's own bytes.
    fn of_object(&self, number: Number) -> Bits<W> {
        self.objects.get(&number).copied().unwrap_or([0; W])
    }

    fn of_tree(&self, tree: Number) -> Bits<W> {
        if tree == ABSENT { [0; W] } else { self.input.graph.place(tree).map_or([0; W], |p| self.trees[p]) }
    }

    fn run(&self, lives: &mut [Life]) {
        let commits = self.input.commits;
        let n = commits.list.len();
        // In a commit's tree or its own text; and in any commit up to it.
        let mut now: Vec<Bits<W>> = Vec::with_capacity(n);
        let mut ever: Vec<Bits<W>> = Vec::with_capacity(n);
        let mut parents: Vec<usize> = Vec::new();
        let mut near = 0;
        // Nearly every commit holds what the one before it in the list holds: such are counted together.
        let mut alike = ([0; W], 0);
        for (at, commit) in commits.list.iter().enumerate() {
            let place = Some(commit.tree).filter(|&tree| tree != ABSENT);
            let place = place.and_then(|tree| self.input.graph.place_behind(near, tree));
            near = place.unwrap_or(near);
            let tree = place.map_or([0; W], |place| self.trees[place]);
            let text = self.of_object(commit.number);
            parents.clear();
            parents.extend(commits.parent_places(commit));
            let mut before = [0; W];
            let mut known = [0; W];
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
            if all != alike.0 {
                count(lives, &alike);
                alike = (all, 0);
            }
            alike.1 += 1;
            join(&mut known, &all);
            now.push(tree);
            ever.push(known);
        }
        count(lives, &alike);
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

/// Adds so many commits to each credential that all of them hold.
fn count<const W: usize>(lives: &mut [Life], (bits, commits): &(Bits<W>, usize)) {
    each(bits).for_each(|i| lives[i].commits += commits);
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
        for (child, edge) in input.graph.children(place).rev() {
            stack.push((child, path_of(edge.name)));
        }
    }
    found.sort();
    found.truncate(most);
    found
}
