//! What is known of trees, kept and had back: which lead to finds, what they name that is not there.
//!
//! It holds for the objects that there were. So it is used only while all of them are still there, nothing has come
//! that was missing, and nothing hits that did not; otherwise all trees are read again.

use super::batch::Fact;
use super::draft::Forest;
use super::locate::NOWHERE;
use super::memory::{Mapped, Passing};
use super::segment::{HIT, MENTIONED, TREE};
use crate::source::history::graph::Graph;
use crate::source::history::objects::{Number, Objects};
use crate::source::history::scan;
use crate::source::history::trees::{Edge, Edges, Names, Tree};
use crate::source::repo::{Reader, Repo};
use gix::ObjectId;
use gix::objs::Kind;
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::atomic::{AtomicBool, Ordering};

/// What the tree pass gave.
pub struct Passed<'a> {
    pub repo: &'a Repo,
    pub objects: &'a Objects,
    pub graph: &'a Graph,
    pub names: &'a [Box<[u8]>],
    pub absent: Vec<ObjectId>,
    /// Commits of other repositories, by name, and for each name a tree in which it stands.
    pub links: Vec<(Box<[u8]>, ObjectId)>,
    pub linking: FxHashMap<Box<[u8]>, Number>,
}

/// What is to be kept of the trees that `covers` names. Nothing where a tree cannot be read.
pub fn keep(passed: &Passed<'_>, covers: impl Fn(Number) -> bool) -> Option<Forest> {
    let mut forest = Forest::default();
    let mut kept = Kept::new(passed.repo, passed.objects, passed.names);
    for (tree, subtrees, blobs) in passed.graph.each().filter(|&(tree, ..)| covers(tree)) {
        kept.tree(&mut forest, tree, subtrees, blobs)?;
    }
    for (name, id) in &passed.links {
        let number = kept.name(&mut forest.names, name, *passed.linking.get(name)?)?;
        forest.links.push((number, *id));
    }
    forest.absent.clone_from(&passed.absent);
    Some(forest)
}

/// What is to be kept of some trees while others are still to be read. It is not known yet which of them lead to hits,
/// so all their subtrees are kept. Nothing where a tree cannot be read.
pub fn part(passing: &Passing<'_>, parts: &[Edges]) -> Option<(Vec<Fact>, Forest)> {
    let names = passing.names.list();
    let mut kept = Kept::new(passing.repo, passing.objects, &names);
    let mut forest = Forest { partial: true, ..Forest::default() };
    let mut facts = Vec::new();
    for edges in parts {
        let broken: FxHashSet<Number> = edges.broken.iter().copied().collect();
        for tree in &edges.trees {
            let (subtrees, blobs) = (edges.subtrees_of(tree), edges.blobs_of(tree));
            let again = broken.contains(&tree.number) || blobs.iter().any(|edge| passing.objects.is_name(edge.to));
            if again || passing.fates.get(tree.number) != scan::TREE {
                continue;
            }
            facts.push(Fact { number: tree.number, kind: TREE, size: 0 });
            if !subtrees.is_empty() || !blobs.is_empty() {
                kept.tree(&mut forest, tree.number, subtrees, blobs)?;
            }
        }
        for (name, id) in &edges.gitlinks {
            let number = kept.name(&mut forest.names, name, *edges.linking.get(name)?)?;
            forest.links.push((number, *id));
        }
        forest.absent.extend(&edges.absent);
    }
    Some((facts, forest))
}

/// Gives names their numbers.
struct Kept<'a> {
    objects: &'a Objects,
    /// By the numbers that they have in this run.
    names: &'a [Box<[u8]>],
    reader: Reader<'a>,
    /// The tree that was read last, and its content.
    tree: Option<(Number, Vec<u8>)>,
    known: FxHashMap<Box<[u8]>, u32>,
}

impl<'a> Kept<'a> {
    fn new(repo: &'a Repo, objects: &'a Objects, names: &'a [Box<[u8]>]) -> Self {
        Self { objects, names, reader: repo.objects().reader(), tree: None, known: FxHashMap::default() }
    }

    /// Adds a tree.
    fn tree(&mut self, forest: &mut Forest, tree: Number, subtrees: &[Edge], blobs: &[Edge]) -> Option<()> {
        let names = self.names;
        let mut named = |edges: &[Edge]| -> Option<Vec<Edge>> {
            let mut name = |edge: &Edge| self.name(&mut forest.names, &names[edge.name as usize], tree);
            edges.iter().map(|edge| Some(Edge { to: edge.to, name: name(edge)? })).collect()
        };
        let tree = (tree, named(subtrees)?, named(blobs)?);
        forest.trees.push(tree);
        Some(())
    }

    /// The number of `name`, which an entry of `tree` has.
    fn name(&mut self, names: &mut Vec<(Number, u32)>, name: &[u8], tree: Number) -> Option<u32> {
        if let Some(&known) = self.known.get(name) {
            return Some(known);
        }
        if self.tree.as_ref().is_none_or(|(last, _)| *last != tree) {
            let mut content = Vec::new();
            self.reader.read_kind(&self.objects.id(tree), Kind::Tree, &mut content).ok()?;
            self.tree = Some((tree, content));
        }
        let content = &self.tree.as_ref()?.1;
        let entry = entry_names(content, self.objects.hash).position(|known| known == name)?;
        let number = names.len() as u32;
        names.push((tree, entry as u32));
        self.known.insert(name.into(), number);
        Some(number)
    }
}

/// The names of a tree's entries.
fn entry_names(content: &[u8], hash: gix::hash::Kind) -> impl Iterator<Item = &[u8]> {
    let mut rest = content;
    std::iter::from_fn(move || {
        let nul = memchr::memchr(0, rest)?;
        let name = &rest[memchr::memchr(b' ', &rest[..nul]).map_or(nul, |space| space + 1)..nul];
        rest = rest.get(nul + 1 + hash.len_in_bytes()..)?;
        Some(name)
    })
}

/// The edges that records tell, with names in `names`. `hit` says which objects hit now. Nothing where what was known
/// does not hold any more.
pub fn restore(repo: &Repo, mapped: &[Mapped], names: &Names, hit: &[bool]) -> Option<Edges> {
    let mut edges = Edges::default();
    let mut reader = repo.objects().reader();
    for Mapped { segment, numbers, .. } in mapped.iter().filter(|mapped| mapped.segment.has_trees) {
        let is_new = |(&kind, &number): (&u8, &Number)| {
            kind != MENTIONED && kind & HIT == 0 && hit.get(number as usize).copied().unwrap_or(false)
        };
        if segment.kinds().iter().zip(numbers).any(is_new) {
            return None;
        }
        let number = |place: u32| numbers.get(place as usize).copied().filter(|&number| number != NOWHERE);
        let texts = texts(segment.names(), &|place| (place as usize) < segment.len(), repo, &mut reader, &|place| {
            segment.id(place as usize).to_owned()
        })?;
        let known: Vec<u32> = texts.iter().map(|text| names.intern(text)).collect();
        let holds = AtomicBool::new(true);
        let edge = |[to, name]: [u32; 2]| match (number(to), known.get(name as usize)) {
            (Some(to), Some(&name)) => Edge { to, name },
            _ => {
                holds.store(false, Ordering::Relaxed);
                Edge { to: NOWHERE, name }
            }
        };
        let (mut subtree, mut blob) = (edges.subtrees.len() as u32, edges.blobs.len() as u32);
        edges.subtrees.par_extend(segment.subtrees().map(edge));
        edges.blobs.par_extend(segment.blobs().map(edge));
        edges.trees.reserve(segment.trees().len());
        for [tree, subtrees, blobs] in segment.trees() {
            let subtrees = (subtree, subtree.checked_add(subtrees)?);
            let blobs = (blob, blob.checked_add(blobs)?);
            (subtree, blob) = (subtrees.1, blobs.1);
            edges.trees.push(Tree { number: number(tree)?, subtrees, blobs });
        }
        let all = subtree as usize == edges.subtrees.len() && blob as usize == edges.blobs.len();
        if !all || !holds.into_inner() {
            return None;
        }
        for place in segment.absent() {
            if *numbers.get(place as usize)? != NOWHERE {
                return None;
            }
            edges.absent.insert(segment.id(place as usize).to_owned());
        }
        for (text, [tree, _]) in texts.iter().zip(segment.names()) {
            edges.linking.insert(text.clone(), number(tree)?);
        }
        for [name, commit] in segment.links() {
            numbers.get(commit as usize)?;
            edges.gitlinks.insert((texts.get(name as usize)?.clone(), segment.id(commit as usize).to_owned()));
        }
    }
    Some(edges)
}

/// The names that entries of trees have.
fn texts(
    names: impl Iterator<Item = [u32; 2]>,
    is_place: &dyn Fn(u32) -> bool,
    repo: &Repo,
    reader: &mut Reader<'_>,
    id: &dyn Fn(u32) -> ObjectId,
) -> Option<Vec<Box<[u8]>>> {
    let (mut last, mut content) = (None, Vec::new());
    names
        .map(|[tree, entry]| {
            if last != Some(tree) {
                reader.read_kind(&Some(tree).filter(|&tree| is_place(tree)).map(id)?, Kind::Tree, &mut content).ok()?;
                last = Some(tree);
            }
            entry_names(&content, repo.hash()).nth(entry as usize).map(Into::into)
        })
        .collect()
}
