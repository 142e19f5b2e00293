//! What an id and a secret have in common that stand in different contents: a path, a folder, a commit, or that there
//! are no others.

use crate::finding::Finding;
use crate::origin::Oid;
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;
use std::fmt;

/// Of each finding so many places and commits are looked at.
const LOOKED_AT: usize = 8;
/// A folder or commit with more ids than this tells nothing about which is which.
const CROWD: usize = 16;

/// Where an id or a secret was seen.
pub(super) struct Where {
    paths: BTreeSet<Vec<u8>>,
    commits: BTreeSet<Oid>,
}

/// What two of them share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Common {
    nearness: Nearness,
    commit: bool,
    only: bool,
}

/// How near two paths are. Ordered, the nearest last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Nearness {
    Nothing,
    /// One folder above the other, or beside it.
    Folders,
    /// Both in the topmost folder, where much is.
    Top,
    Folder,
    File,
}

impl Where {
    pub(super) fn of(finding: &Finding) -> Self {
        let places = || finding.places.iter().take(LOOKED_AT);
        let events = finding.exposure.iter().flat_map(|exposure| exposure.introduced.iter().take(LOOKED_AT));
        Self {
            paths: places().filter_map(|place| place.origin.path().map(<[u8]>::to_vec)).collect(),
            commits: places()
                .filter_map(|place| place.origin.commit())
                .chain(events.map(|event| event.commit.id))
                .collect(),
        }
    }

    /// What this and `other` share; `only` where there is no other id and no other secret.
    pub(super) fn common(&self, other: &Self, only: bool) -> Common {
        let pairs = self.paths.iter().flat_map(|one| other.paths.iter().map(move |two| (one, two)));
        let nearness = pairs.map(|(one, two)| nearness(one, two)).max().unwrap_or(Nearness::Nothing);
        Common { nearness, commit: !self.commits.is_disjoint(&other.commits), only }
    }

    /// By what others near this are found.
    fn keys(&self) -> BTreeSet<Key<'_>> {
        let folders = self.paths.iter().flat_map(|path| [folder(path), folder(folder(path))]);
        let files = self.paths.iter().map(|path| Key::File(path));
        folders.map(Key::Folder).chain(files).chain(self.commits.iter().map(Key::Commit)).collect()
    }
}

#[derive(PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Key<'p> {
    File(&'p [u8]),
    Folder(&'p [u8]),
    Commit(&'p Oid),
}

/// The ids and secrets that may have something in common, as secret and id; all of them where there is `only` one each.
pub(super) fn near<'w>(
    ids: impl Iterator<Item = &'w Where>,
    secrets: impl Iterator<Item = &'w Where>,
    only: bool,
) -> BTreeSet<(usize, usize)> {
    let mut by_key: FxHashMap<Key<'_>, Vec<usize>> = FxHashMap::default();
    for (id, places) in ids.enumerate() {
        for key in places.keys() {
            by_key.entry(key).or_default().push(id);
        }
    }
    let mut found = BTreeSet::new();
    for (secret, places) in secrets.enumerate() {
        let near = places.keys().into_iter().filter_map(|key| by_key.get(&key)).filter(|ids| ids.len() <= CROWD);
        found.extend(near.flatten().map(|&id| (secret, id)));
        if only {
            found.insert((secret, 0));
        }
    }
    found
}

impl Common {
    /// How sure it is that they belong together; to compare.
    pub(super) fn weight(self) -> u32 {
        let near = match self.nearness {
            Nearness::Nothing => 0,
            Nearness::Folders => 1,
            Nearness::Top => 2,
            Nearness::Folder => 3,
            Nearness::File => 4,
        };
        near + 2 * u32::from(self.commit) + 2 * u32::from(self.only)
    }

    /// Whether a pair may be made of it.
    pub(super) fn is_enough(self) -> bool {
        self.weight() >= 2
    }

    /// Whether it is more than a mere guess.
    pub(super) fn is_much(self) -> bool {
        self.weight() >= 4
    }
}

impl fmt::Display for Common {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let near = match self.nearness {
            Nearness::Nothing => None,
            Nearness::Folders => Some("neighbouring folders"),
            Nearness::Top | Nearness::Folder => Some("the same folder"),
            Nearness::File => Some("the same file"),
        };
        let commit = self.commit.then_some("the same commit");
        let only = self.only.then_some("no other id or secret was found");
        let all: Vec<&str> = [near, commit, only].into_iter().flatten().collect();
        f.write_str(&all.join(", "))
    }
}

fn nearness(one: &[u8], two: &[u8]) -> Nearness {
    let (above, other) = (folder(one), folder(two));
    if one == two {
        Nearness::File
    } else if above == other {
        if above.is_empty() { Nearness::Top } else { Nearness::Folder }
    } else if folder(above) == other || above == folder(other) || folder(above) == folder(other) {
        Nearness::Folders
    } else {
        Nearness::Nothing
    }
}

/// The folder of a path, or the folder above a folder; of the topmost one itself.
fn folder(path: &[u8]) -> &[u8] {
    let is_separator = |b: &u8| *b == b'/' || cfg!(windows) && *b == b'\\';
    path.iter().rposition(is_separator).map_or(&[], |end| &path[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_nearer_or_farther() {
        for (one, two, expected) in [
            ("a/b/c.env", "a/b/c.env", Nearness::File),
            ("a/b/c.env", "a/b/d.env", Nearness::Folder),
            ("c.env", "d.env", Nearness::Top),
            ("a/c.env", "a/b/d.env", Nearness::Folders),
            ("a/x/c.env", "a/b/d.env", Nearness::Folders),
            ("a/b/c.env", "x/y/d.env", Nearness::Nothing),
        ] {
            assert_eq!(nearness(one.as_bytes(), two.as_bytes()), expected, "{one} {two}");
            assert_eq!(nearness(two.as_bytes(), one.as_bytes()), expected, "{two} {one}");
        }
    }

    #[test]
    fn near_finds_what_has_something_in_common_and_no_crowd() {
        let at = |path: &str| Where { paths: [path.as_bytes().to_vec()].into(), commits: BTreeSet::new() };
        let ids: Vec<Where> = (0..20).map(|n| at(&format!("crowd/{n}"))).chain([at("a/b/id")]).collect();
        let secrets = [at("crowd/s"), at("a/s"), at("x/y/s")];
        let found = near(ids.iter(), secrets.iter(), false);
        assert_eq!(found.into_iter().collect::<Vec<_>>(), [(1, 20)]);
    }
}
