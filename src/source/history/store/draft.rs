//! From what a run has learned to a record: object numbers, which hold for this run only, become places in a sorted list
//! of full ids.

use super::batch::Batch;
use super::segment::{Commit, Content, HIT, MENTIONED, Trees};
use crate::source::history::objects::{Number, Objects};
use crate::source::history::trees::Edge;
use gix::ObjectId;
use rayon::prelude::*;

/// What is learned of trees.
#[derive(Debug, Default)]
pub struct Forest {
    /// Not all trees were read yet.
    pub partial: bool,
    /// Trees under which something was found: subtrees of which that holds too, and other edges to finds.
    pub trees: Vec<(Number, Vec<Edge>, Vec<Edge>)>,
    /// What is named and not there.
    pub absent: Vec<ObjectId>,
    /// For the name of each number that edges and links have, a tree and the place of an entry that has it.
    pub names: Vec<(Number, u32)>,
    /// Commits of other repositories.
    pub links: Vec<(u32, ObjectId)>,
}

/// The record of `batch`, and of `forest` where the trees were read.
pub fn record(objects: &Objects, batch: &Batch, forest: Option<&Forest>) -> Vec<u8> {
    let places = Places::new(objects, batch, forest);
    let mut content =
        Content { kinds: vec![MENTIONED; places.ids.len()], sizes: vec![0; places.ids.len()], ..Content::default() };
    for fact in &batch.facts {
        let place = places.of(fact.number) as usize;
        let hit = (content.kinds[place] | fact.kind) & HIT;
        content.kinds[place] = (content.kinds[place] & !HIT).max(fact.kind & !HIT) | hit;
        content.sizes[place] = fact.size;
    }
    for commit in &batch.commits.list {
        let parents = batch.commits.parents(commit);
        content.parents.extend(parents.iter().map(|&parent| places.of(parent)));
        content.commits.push(Commit {
            at: places.of(commit.number),
            tree: places.of(commit.tree),
            time: commit.time,
            parents: parents.len() as u32,
        });
    }
    content.tags = batch.tags.iter().map(|&(tag, target)| [places.of(tag), places.of(target)]).collect();
    content.trees = forest.map(|forest| {
        let mut trees = Trees { partial: forest.partial, ..Trees::default() };
        for (tree, subtrees, blobs) in &forest.trees {
            trees.list.push([places.of(*tree), subtrees.len() as u32, blobs.len() as u32]);
            let row = |edge: &Edge| [places.of(edge.to), edge.name];
            trees.subtrees.extend(subtrees.iter().map(row));
            trees.blobs.extend(blobs.iter().map(row));
        }
        trees.absent = forest.absent.iter().map(|id| places.of_id(id)).collect();
        trees.names = forest.names.iter().map(|&(tree, entry)| [places.of(tree), entry]).collect();
        trees.links = forest.links.iter().map(|(name, id)| [*name, places.of_id(id)]).collect();
        trees
    });
    content.ids = places.ids.iter().flat_map(|id| id.as_slice()).copied().collect();
    content.write(objects.hash)
}

/// All ids of a record, sorted.
struct Places {
    ids: Vec<ObjectId>,
    /// By object number.
    by_number: Vec<u32>,
}

impl Places {
    fn new(objects: &Objects, batch: &Batch, forest: Option<&Forest>) -> Self {
        let mut named = vec![false; objects.len()];
        let mut name = |number: Number| named[number as usize] = true;
        batch.facts.iter().for_each(|fact| name(fact.number));
        for commit in &batch.commits.list {
            name(commit.tree);
            batch.commits.parents(commit).iter().for_each(|&parent| name(parent));
        }
        batch.tags.iter().for_each(|&(_, target)| name(target));
        for (_, subtrees, blobs) in forest.iter().flat_map(|forest| &forest.trees) {
            subtrees.iter().chain(blobs).for_each(|edge| name(edge.to));
        }
        forest.iter().flat_map(|forest| &forest.names).for_each(|&(tree, _)| name(tree));
        let mut ids: Vec<(ObjectId, Number)> = (0..objects.len() as Number)
            .filter(|&number| named[number as usize])
            .map(|number| (objects.id(number), number))
            .collect();
        if let Some(forest) = forest {
            let more = forest.absent.iter().chain(forest.links.iter().map(|(_, id)| id));
            ids.extend(more.map(|&id| (id, Number::MAX)));
        }
        ids.par_sort_unstable();
        ids.dedup_by_key(|known| known.0);
        let mut by_number = vec![u32::MAX; objects.len()];
        for (place, &(_, number)) in ids.iter().enumerate() {
            if number != Number::MAX {
                by_number[number as usize] = place as u32;
            }
        }
        Self { ids: ids.into_iter().map(|(id, _)| id).collect(), by_number }
    }

    fn of(&self, number: Number) -> u32 {
        self.by_number[number as usize]
    }

    fn of_id(&self, id: &ObjectId) -> u32 {
        self.ids.binary_search(id).expect("all ids that are written were gathered") as u32
    }
}
