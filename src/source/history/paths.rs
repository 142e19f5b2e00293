//! How many distinct paths held each credential, over all commits.

use super::commits::{ABSENT, Commits};
use super::graph::Graph;
use super::objects::Number;
use rustc_hash::{FxHashMap, FxHashSet};

/// A hostile repository can have more paths than there is time: counting ends there, and says less than there is.
const STEPS: usize = 4_000_000;
/// A tree was seen in no folder yet.
const NOWHERE: u32 = u32::MAX;

/// For each credential, the number of distinct paths. `hits` is sorted by object number.
pub fn count(graph: &Graph, commits: &Commits, hits: &[(Number, Vec<u32>)], credentials: usize) -> Vec<usize> {
    // A folder is its parent's number and its name; 0 is the root.
    let mut folders: FxHashMap<(u32, u32), u32> = FxHashMap::default();
    // Nearly all trees are only ever seen in one folder; the set holds the other folders of those that are not.
    let mut seen_first = vec![NOWHERE; graph.len()];
    let mut seen_elsewhere: FxHashSet<(u32, u32)> = FxHashSet::default();
    let mut is_new = |tree: u32, folder: u32| match &mut seen_first[tree as usize] {
        first @ &mut NOWHERE => {
            *first = folder;
            true
        }
        first => *first != folder && seen_elsewhere.insert((tree, folder)),
    };
    let mut seen_files: FxHashSet<(u32, u32, Number)> = FxHashSet::default();
    let mut seen_paths: FxHashSet<(u32, u32, u32)> = FxHashSet::default();
    let mut counts = vec![0; credentials];
    let mut stack: Vec<(u32, u32)> = Vec::new();
    let mut steps = 0;
    let mut near = 0;
    for commit in commits.list.iter().filter(|commit| commit.tree != ABSENT) {
        let Some(root) = graph.place_behind(near, commit.tree) else { continue };
        near = root;
        if !is_new(root as u32, 0) {
            continue;
        }
        stack.push((root as u32, 0));
        while let Some((place, folder)) = stack.pop() {
            for edge in graph.blobs(place as usize) {
                steps += 1;
                if !seen_files.insert((folder, edge.name, edge.to)) {
                    continue;
                }
                let Ok(at) = hits.binary_search_by_key(&edge.to, |h| h.0) else { continue };
                for &credential in &hits[at].1 {
                    if seen_paths.insert((credential, folder, edge.name)) {
                        counts[credential as usize] += 1;
                    }
                }
            }
            for (child, edge) in graph.children(place as usize) {
                steps += 1;
                let next = folders.len() as u32 + 1;
                let inner = *folders.entry((folder, edge.name)).or_insert(next);
                if is_new(child as u32, inner) {
                    stack.push((child as u32, inner));
                }
            }
            if steps > STEPS {
                return counts;
            }
        }
    }
    counts
}
