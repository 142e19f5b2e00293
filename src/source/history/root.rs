//! The commit that a history begins with: fingerprints are keyed by it.

use super::commits::Commits;
use super::objects::Objects;
use crate::origin::Oid;
use crate::source::repo::Repo;

/// The commit that HEAD's first parents lead back to, as [`Repo::root_commit`] says it, from the commits at hand. They
/// are indexed.
pub fn root_commit(repo: &Repo, objects: &Objects, commits: &Commits) -> Option<Oid> {
    let shallow = repo.shallow().0;
    let mut number = objects.number(&repo.head_id()?)?;
    // A damaged repository could lead in a circle, which is longer than all commits.
    for _ in 0..commits.list.len() {
        // A parent that is absent has no number of its own, and nothing leads on from it.
        let commit = &commits.list[commits.place(number)?];
        match commits.parents(commit).first() {
            // A history has many commits, and ids lie far apart in memory.
            Some(_) if !shallow.is_empty() && shallow.binary_search(&objects.id(number)).is_ok() => return None,
            Some(&parent) => number = parent,
            None => return Some(objects.id(number)),
        }
    }
    None
}
