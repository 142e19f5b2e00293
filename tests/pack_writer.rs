//! The test rig's own test: the real git accepts what the random pack writer makes and reads the same objects from it.
//! Without this, "both ways agree on random packs" could mean that both ways fail to open them.

mod support;

use gix::hash::Kind as Hash;
use std::io::Write;
use std::process::Stdio;
use support::random::Random;
use support::repository::{self, Bases, Repository, Shape};
use support::{content, delta, git, keys};

fn words(random: &mut Random) -> Vec<Vec<u8>> {
    (0..3).map(|_| keys::profile(random).into_bytes()).chain([b"word".to_vec()]).collect()
}

#[test]
fn git_reads_the_random_repositories() {
    let mut seen_delta_of_depth = 0;
    for seed in 0..25 {
        let mut random = Random::new(seed);
        let shape = Shape::any(&mut random);
        let folder = tempfile::tempdir().unwrap();
        let words = words(&mut random);
        let repository = repository::write(folder.path(), &shape, &words, &mut random);
        check(&repository, seed);
        seen_delta_of_depth = seen_delta_of_depth.max(deepest_delta(&repository));
    }
    assert!(seen_delta_of_depth > 5, "no chain of deltas was made: {seen_delta_of_depth}");
}

#[test]
fn chains_may_be_long_and_fans_wide() {
    for bases in [Bases::Chain, Bases::Fan] {
        let mut random = Random::new(7);
        let any = Shape::any(&mut random);
        let shape = Shape { hash: Hash::Sha1, bases, blobs: 400, packs: 1, deltas: 100, blob_size: 200, ..any };
        let folder = tempfile::tempdir().unwrap();
        let words = words(&mut random);
        let repository = repository::write(folder.path(), &shape, &words, &mut random);
        check(&repository, 7);
        let deepest = deepest_delta(&repository);
        assert!(if bases == Bases::Chain { deepest > 100 } else { deepest < 5 }, "{bases:?}: {deepest}");
    }
}

#[test]
fn the_same_seed_makes_the_same_repository() {
    let make = || {
        let mut random = Random::new(3);
        let shape = Shape::any(&mut random);
        let folder = tempfile::tempdir().unwrap();
        repository::write(folder.path(), &shape, &words(&mut Random::new(1)), &mut random).objects
    };
    assert_eq!(make(), make());
}

#[test]
fn a_delta_between_two_contents_makes_the_second() {
    let mut random = Random::new(11);
    let words = words(&mut random);
    for _ in 0..300 {
        let size = random.below(3000);
        let base = content::assemble(&mut random, &words, size);
        let edited = delta::apply(&base, &content::edit(&mut random, &base, &words));
        let ops = delta::between(&mut random, &base, &edited);
        assert_eq!(delta::apply(&base, &ops), edited);
    }
}

/// `git fsck` has no complaint, and `git cat-file` gives every object with its bytes and no other object.
fn check(repository: &Repository, seed: u64) {
    // Submodule commits are absent by design and random tags may name a tag ref of another kind: neither is an error
    // to fsck. Notices such as "dangling commit" go to standard output and are fine.
    git::git(&repository.path, git::START, &["fsck", "--full", "--strict", "--no-progress"]);
    let listed = git::git(
        &repository.path,
        git::START,
        &["cat-file", "--batch-all-objects", "--batch-check=%(objectname) %(objecttype) %(objectsize)"],
    );
    let expected: Vec<String> =
        repository.objects.iter().map(|(id, (kind, content))| format!("{id} {kind} {}", content.len())).collect();
    let mut listed: Vec<&str> = listed.lines().collect();
    listed.sort();
    assert_eq!(listed, expected, "seed {seed}");

    let mut child = git::command(&repository.path, git::START)
        .args(["cat-file", "--batch"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let ids: Vec<u8> = repository.objects.keys().flat_map(|id| format!("{id}\n").into_bytes()).collect();
    // From a thread: git answers before it has read everything, and both pipes would fill up.
    let feed = std::thread::spawn(move || input.write_all(&ids).unwrap());
    let output = child.wait_with_output().unwrap().stdout;
    feed.join().unwrap();
    let mut whole = Vec::new();
    for (id, (kind, content)) in &repository.objects {
        whole.extend(format!("{id} {kind} {}\n", content.len()).into_bytes());
        whole.extend_from_slice(content);
        whole.push(b'\n');
    }
    assert!(output == whole, "seed {seed}: git reads other bytes than were written");
}

/// The longest chain of deltas in any pack, as git counts it.
fn deepest_delta(repository: &Repository) -> usize {
    let mut deepest = 0;
    let folder = repository.path.join("objects/pack");
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "idx") {
            let listed = git::git(&repository.path, git::START, &["verify-pack", "--verbose", path.to_str().unwrap()]);
            // A delta's line: id, type, size, size in the pack, offset, depth, base.
            let depths = listed.lines().filter_map(|line| line.split_whitespace().nth(5)?.parse().ok());
            deepest = depths.fold(deepest, usize::max);
        }
    }
    deepest
}
